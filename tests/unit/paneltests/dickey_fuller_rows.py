"""How the coefficients of `_dickey_fuller_rows` were made: simulated quantiles of t ratios in short regressions.

`python tests/unit/paneltests/dickey_fuller_rows.py` simulates random walks for each trend, 0 to 4 lags and 10 to 200
rows, takes quantiles s of the probit of the limit, whose normal counterparts z are known, and fits z - s by
sum over m = 1, 2 and j = 0 ... 4 of c_mj s^j / rows^m, in least squares weighted by the precision of a quantile.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from spatial_region.paneltests._adf import TERMS, adf
from spatial_region.paneltests._dickey_fuller import probit

ROWS = (10, 12, 15, 20, 25, 30, 40, 60, 100, 200)
LEVELS = np.concatenate(
    [
        [0.0005, 0.001, 0.002, 0.005],
        np.arange(0.01, 0.1, 0.01),
        np.arange(0.1, 0.91, 0.05),
        [0.92, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998],
    ]
)


def powers(s, rows):
    return [s**j / rows**m for m in (1, 2) for j in range(5)]


def fit(trend, lags, rng):
    x, y, weight = [], [], []
    for rows in ROWS:
        if rows < max(10, lags + TERMS[trend] + 7):
            continue
        batches = 12 if rows <= 40 else 5
        tau = [
            adf(rng.normal(size=(5000, rows + lags + 1)).cumsum(axis=1), lags, trend, corrected=True).tau
            for _ in range(batches)
        ]
        quantiles = probit(np.quantile(np.concatenate(tau), LEVELS), trend)
        for s, z, level in zip(quantiles, ndtri(LEVELS), LEVELS, strict=True):
            x.append(powers(s, rows))
            y.append(z - s)
            weight.append(np.exp(-z * z / 2) / np.sqrt(level * (1 - level)))
    w = np.array(weight)
    return np.linalg.lstsq(np.array(x) * w[:, None], np.array(y) * w, rcond=None)[0]


if __name__ == "__main__":
    generator = np.random.default_rng(20261125)
    for trend in TERMS:
        print(f'    "{trend}": [')
        for lags in range(5):
            print("        [" + ", ".join(f"{value:.4f}" for value in fit(trend, lags, generator)) + "],")
        print("    ],")
