"""Im, Pesaran and Shin (2003): the mean of the series' own Dickey-Fuller t ratios, against that under unit roots."""

from __future__ import annotations

import numpy as np

from spatial_region.paneltests._adf import Array, Whole

# Im, Pesaran and Shin (2003), table 3: mean and variance of t by number of rows and lags (0 to 8).
_ROWS = np.array([10, 15, 20, 25, 30, 40, 50, 60, 70, 100], dtype=float)
_NONE = np.nan
_MEANS = {
    "constant": [
        [-1.504, -1.514, -1.522, -1.520, -1.526, -1.523, -1.527, -1.519, -1.524, -1.532],
        [-1.488, -1.503, -1.516, -1.514, -1.519, -1.520, -1.524, -1.519, -1.522, -1.530],
        [-1.319, -1.387, -1.428, -1.443, -1.460, -1.476, -1.493, -1.490, -1.498, -1.514],
        [-1.306, -1.366, -1.413, -1.433, -1.453, -1.471, -1.489, -1.486, -1.495, -1.512],
        [-1.171, -1.260, -1.329, -1.363, -1.394, -1.428, -1.454, -1.458, -1.470, -1.495],
        [_NONE, _NONE, -1.313, -1.351, -1.384, -1.421, -1.451, -1.454, -1.467, -1.494],
        [_NONE, _NONE, _NONE, -1.289, -1.331, -1.380, -1.418, -1.427, -1.444, -1.476],
        [_NONE, _NONE, _NONE, -1.273, -1.319, -1.371, -1.411, -1.423, -1.441, -1.474],
        [_NONE, _NONE, _NONE, -1.212, -1.266, -1.329, -1.377, -1.393, -1.415, -1.456],
    ],
    "trend": [
        [-2.166, -2.167, -2.168, -2.167, -2.172, -2.173, -2.176, -2.174, -2.174, -2.177],
        [-2.173, -2.169, -2.172, -2.172, -2.173, -2.177, -2.180, -2.178, -2.176, -2.179],
        [-1.914, -1.999, -2.047, -2.074, -2.095, -2.120, -2.137, -2.143, -2.146, -2.158],
        [-1.922, -1.977, -2.032, -2.065, -2.091, -2.117, -2.137, -2.142, -2.146, -2.158],
        [-1.750, -1.823, -1.911, -1.968, -2.009, -2.057, -2.091, -2.103, -2.114, -2.135],
        [_NONE, _NONE, -1.888, -1.955, -1.998, -2.051, -2.087, -2.101, -2.111, -2.135],
        [_NONE, _NONE, _NONE, -1.868, -1.923, -1.995, -2.042, -2.065, -2.081, -2.113],
        [_NONE, _NONE, _NONE, -1.851, -1.912, -1.986, -2.036, -2.063, -2.079, -2.112],
        [_NONE, _NONE, _NONE, -1.761, -1.835, -1.925, -1.987, -2.024, -2.046, -2.088],
    ],
}
_VARIANCES = {
    "constant": [
        [1.069, 0.923, 0.851, 0.809, 0.789, 0.770, 0.760, 0.749, 0.736, 0.735],
        [1.255, 1.011, 0.915, 0.861, 0.831, 0.803, 0.781, 0.770, 0.753, 0.745],
        [1.421, 1.078, 0.969, 0.905, 0.865, 0.830, 0.798, 0.789, 0.766, 0.754],
        [1.759, 1.181, 1.037, 0.952, 0.907, 0.858, 0.819, 0.802, 0.782, 0.761],
        [2.080, 1.279, 1.097, 1.005, 0.946, 0.886, 0.842, 0.819, 0.801, 0.771],
        [_NONE, _NONE, 1.171, 1.055, 0.980, 0.912, 0.863, 0.839, 0.814, 0.781],
        [_NONE, _NONE, _NONE, 1.114, 1.023, 0.942, 0.886, 0.858, 0.834, 0.795],
        [_NONE, _NONE, _NONE, 1.164, 1.062, 0.968, 0.910, 0.875, 0.851, 0.806],
        [_NONE, _NONE, _NONE, 1.217, 1.105, 0.996, 0.929, 0.896, 0.871, 0.818],
    ],
    "trend": [
        [1.132, 0.869, 0.763, 0.713, 0.690, 0.655, 0.633, 0.621, 0.610, 0.597],
        [1.453, 0.975, 0.845, 0.769, 0.734, 0.687, 0.654, 0.641, 0.627, 0.605],
        [1.627, 1.036, 0.882, 0.796, 0.756, 0.702, 0.661, 0.653, 0.634, 0.613],
        [2.482, 1.214, 0.983, 0.861, 0.808, 0.735, 0.688, 0.674, 0.650, 0.625],
        [3.947, 1.332, 1.052, 0.913, 0.845, 0.759, 0.705, 0.685, 0.662, 0.629],
        [_NONE, _NONE, 1.165, 0.991, 0.899, 0.792, 0.730, 0.705, 0.673, 0.638],
        [_NONE, _NONE, _NONE, 1.055, 0.945, 0.828, 0.753, 0.725, 0.689, 0.650],
        [_NONE, _NONE, _NONE, 1.145, 1.009, 0.872, 0.786, 0.747, 0.713, 0.661],
        [_NONE, _NONE, _NONE, 1.208, 1.063, 0.902, 0.808, 0.766, 0.728, 0.670],
    ],
}
# The same, table 1: mean and variance without lags, from 6 rows on.
_SHORT_ROWS = np.array([6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 100, 500, 1000, 2000], dtype=float)
_SHORT_MEANS = [
    -1.520, -1.514, -1.501, -1.501, -1.504, -1.514, -1.522, -1.520, -1.526, -1.523, -1.527, -1.532, -1.531, -1.529,
    -1.533,
]  # fmt: skip
_SHORT_VARIANCES = [
    1.745, 1.414, 1.228, 1.132, 1.069, 0.923, 0.851, 0.809, 0.789, 0.770, 0.760, 0.735, 0.715, 0.707, 0.706,
]  # fmt: skip
FEWEST, MOST_LAGS = int(_ROWS[0]), 8


def fewest_rows(lags: int) -> int:
    """Return the fewest rows at which the table has moments of a regression with so many lags."""
    return int(_ROWS[np.isfinite(_MEANS["constant"][min(lags, MOST_LAGS)])][0])


def standardised(tau: Array, mean: Array, variance: Array) -> float:
    """Return sqrt(n) (mean of t - its mean under unit roots) / its standard deviation."""
    return float(np.sqrt(len(tau)) * (tau.mean() - mean.mean()) / np.sqrt(variance.mean()))


def w_moments(rows: Array, lags: Whole, trend: str) -> tuple[Array, Array]:
    """Return mean and variance of each series' t from table 3, interpolated between numbers of rows."""
    found = []
    for table in (_MEANS[trend], _VARIANCES[trend]):
        lines = [np.array(table[min(int(lag), MOST_LAGS)]) for lag in lags]
        found.append(
            np.array(
                [
                    np.interp(count, _ROWS[np.isfinite(line)], line[np.isfinite(line)])
                    for count, line in zip(rows, lines, strict=True)
                ]
            )
        )
    return found[0], found[1]


def z_moments(rows: Array) -> tuple[Array, Array]:
    """Return mean and variance of each series' t from table 1, which has a constant and no lags."""
    return np.interp(rows, _SHORT_ROWS, _SHORT_MEANS), np.interp(rows, _SHORT_ROWS, _SHORT_VARIANCES)
