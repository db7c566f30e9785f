"""Cross-products of a panel with random region effects, from which every likelihood evaluation follows.

The disturbance of region i has covariance sigma2 (phi J + V) over time, with J all ones and V that of a first-order
autoregression with unit innovations (the unit matrix when psi is 0). With P'P = V^-1 and q the direction of P 1, the
panel splits into a part along q, where the region effects are, and its complement, where they are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, Blocks, spatial_lag


@dataclass(frozen=True)
class Serial:
    """Scalars of V^-1, and their derivatives in psi.

    Attributes
    ----------
    terms, terms_slope : (4,)
        Weights of the products of a region's deviations from its mean over time: of all periods, of inner periods,
        of neighbouring periods, and of the sum of the first and the last.
    length, length_slope : float
        1'V^-1 1, the weight of the region effect's variance.
    mean, mean_slope, ends, ends_slope : float
        The part along q is mean * (mean over time) + ends * (first + last deviation).
    """

    terms: Array
    terms_slope: Array
    length: float
    length_slope: float
    mean: float
    mean_slope: float
    ends: float
    ends_slope: float


def serial_weights(psi: float, periods: int) -> Serial:
    """Return the scalars for one psi between -1 and 1.

    V^-1 has 1, 1 + psi^2, ..., 1 + psi^2, 1 on its diagonal and -psi beside it, so that
    V^-1 1 = (1 - psi) [(1 - psi) 1 + psi (e_1 + e_T)].
    """
    gap = 1 - psi
    inner = 2 + (periods - 2) * gap
    length, length_slope = gap * inner, -inner - gap * (periods - 2)
    ratio = np.sqrt(gap / inner)
    ends, ends_slope = psi * ratio, ratio - psi / (inner**2 * ratio)
    root = np.sqrt(length)
    return Serial(
        np.array([1.0, psi**2, -psi, -(ends**2)]),
        np.array([0.0, 2 * psi, -1.0, -2 * ends * ends_slope]),
        float(length),
        float(length_slope),
        float(root),
        float(length_slope / (2 * root)),
        float(ends),
        float(ends_slope),
    )


@dataclass(frozen=True)
class RandomMoments:
    """What one pass over the panel leaves; columns are y, W y and the regressors, made orthonormal.

    Attributes
    ----------
    within : (4, 3, m, m)
        Products of deviations from means over time, weighted by `Serial.terms` and, for the error process, by
        1, -lambda, lambda^2.
    between : (3, 3, m, m)
        Products of the part along q: of means, of means with ends, of ends; the second index as above.
    means, ends : (N, m)
        Means over time, and first plus last deviation from them.
    lagged_means, lagged_ends : (N, m)
        Their spatial lags by the weights of the error process (0 without one).
    scale : float
        Norm of y, by which y and W y are divided.
    triangle : (k, k)
        R of Z = Q R; the regressors are Q.
    periods, regions : int
    """

    within: Array
    between: Array
    means: Array
    ends: Array
    lagged_means: Array
    lagged_ends: Array
    scale: float
    triangle: Array
    periods: int
    regions: int

    def within_gram(self, lam: float, serial: Serial) -> Array:
        """Return the cross-products orthogonal to q, filtered by I - lambda W."""
        return _weigh(self.within, serial.terms, np.array([1.0, -lam, lam**2]))

    def within_slopes(self, lam: float, serial: Serial) -> tuple[Array, Array]:
        """Return its derivatives in lambda and psi."""
        by_lam = _weigh(self.within, serial.terms, np.array([0.0, -1.0, 2 * lam]))
        return by_lam, _weigh(self.within, serial.terms_slope, np.array([1.0, -lam, lam**2]))

    def between_gram(self, lam: float, serial: Serial) -> Array:
        """Return the cross-products of the part along q, filtered by I - lambda W."""
        mean, ends = serial.mean, serial.ends
        return _weigh(self.between, np.array([mean**2, mean * ends, ends**2]), np.array([1.0, -lam, lam**2]))

    def between_slopes(self, lam: float, serial: Serial) -> tuple[Array, Array]:
        """Return its derivatives in lambda and psi."""
        mean, ends = serial.mean, serial.ends
        terms = np.array([mean**2, mean * ends, ends**2])
        crossed = serial.mean_slope * ends + mean * serial.ends_slope
        terms_slope = np.array([2 * mean * serial.mean_slope, crossed, 2 * ends * serial.ends_slope])
        by_lam = _weigh(self.between, terms, np.array([0.0, -1.0, 2 * lam]))
        return by_lam, _weigh(self.between, terms_slope, np.array([1.0, -lam, lam**2]))

    def along(self, lam: float, serial: Serial) -> Array:
        """Return the part along q, filtered by I - lambda W: (N, m)."""
        return self._combine(lam, serial.mean, serial.ends)

    def along_slopes(self, lam: float, serial: Serial) -> tuple[Array, Array]:
        """Return its derivatives in lambda and psi."""
        by_lam = -(serial.mean * self.lagged_means + serial.ends * self.lagged_ends)
        return by_lam, self._combine(lam, serial.mean_slope, serial.ends_slope)

    def _combine(self, lam: float, mean: float, ends: float) -> Array:
        return mean * (self.means - lam * self.lagged_means) + ends * (self.ends - lam * self.lagged_ends)


def make_random_moments(blocks: Blocks, w_error: sp.csr_array | None) -> RandomMoments:
    """Make one pass over the blocks of a panel without fixed effects.

    Parameters
    ----------
    blocks : Blocks
        Made with ``effects="pooled"``.
    w_error : (N, N) or None
        Weights of the error process.
    """
    periods, regions, k = blocks.z_within.shape
    basis, triangle = np.linalg.qr(blocks.z_within.reshape(periods * regions, k))
    scale = float(np.linalg.norm(blocks.y_within))
    dependent = np.stack([blocks.y_within, blocks.wy_within], axis=2) / scale
    variables = np.concatenate([dependent, basis.reshape(periods, regions, k)], axis=2)
    lags = spatial_lag(w_error, variables) if w_error is not None else np.zeros_like(variables)
    means, lagged_means = variables.mean(axis=0), lags.mean(axis=0)
    variables, lags = variables - means, lags - lagged_means
    # Deviations sum to zero over time: products of them lose no digits to large differences between regions.
    within = np.stack(
        [
            _pairs(variables, lags),
            _pairs(variables[1:-1], lags[1:-1]),
            _neighbours(variables, lags),
            _pairs((variables[0] + variables[-1])[None], (lags[0] + lags[-1])[None]),
        ]
    )
    ends, lagged_ends = variables[0] + variables[-1], lags[0] + lags[-1]
    parts = means, ends, lagged_means, lagged_ends
    return RandomMoments(within, _between(*parts), *parts, scale, triangle, periods, regions)


def _weigh(products: Array, first: Array, second: Array) -> Array:
    return np.einsum("i,j,ijmn->mn", first, second, products)


def _between(means: Array, ends: Array, lagged_means: Array, lagged_ends: Array) -> Array:
    """Return the products of means, of means with ends (both ways), and of ends, for 1, -lambda and lambda^2."""
    by_means, by_ends = _pairs(means[None], lagged_means[None]), _pairs(ends[None], lagged_ends[None])
    crossed = means.T @ ends
    lagged = lagged_means.T @ lagged_ends
    mixed = means.T @ lagged_ends + lagged_means.T @ ends
    both = np.stack([crossed + crossed.T, mixed + mixed.T, lagged + lagged.T])
    return np.stack([by_means, both, by_ends])


def _pairs(variables: Array, lags: Array) -> Array:
    """Return V'V, V'(W V) + (W V)'V and (W V)'(W V), summed over periods."""
    crossed = _cross(variables, lags)
    return np.stack([_cross(variables, variables), crossed + crossed.T, _cross(lags, lags)])


def _neighbours(variables: Array, lags: Array) -> Array:
    """Return the same with each period's neighbours in time in place of itself."""
    own = _cross(variables[1:], variables[:-1])
    crossed = _cross(variables[1:], lags[:-1]) + _cross(variables[:-1], lags[1:])
    lagged = _cross(lags[1:], lags[:-1])
    return np.stack([own + own.T, crossed + crossed.T, lagged + lagged.T])


def _cross(left: Array, right: Array) -> Array:
    k = left.shape[2]
    return left.reshape(-1, k).T @ right.reshape(-1, k)
