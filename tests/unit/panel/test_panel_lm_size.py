"""Size and power of the score tests for spatial terms: 49 regions on a lattice, 6 times."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.panel._lm_spatial import lm_tests


def rook(side):
    chain = np.eye(side, k=1) + np.eye(side, k=-1)
    w = np.kron(np.eye(side), chain) + np.kron(chain, np.eye(side))
    return w / w.sum(axis=1, keepdims=True)


REPLICATIONS = 250
NAMES = ("lm_lag", "lm_error", "robust_lm_lag", "robust_lm_error", "lm_sarma", "lm_wx", "lm_sdm", "robust_lm_lag_wx")


def rejections(effects, *, lee_yu, rho=0.0, lam=0.0, seed=40, replications=REPLICATIONS):
    """Share of samples in which each test rejects at 5 %: 49 regions on a lattice, 6 times, two regressors."""
    rng = np.random.default_rng(seed)
    w = rook(7)
    x = rng.normal(size=(6, 49, 2)) + rng.normal(size=(1, 49, 1)) + rng.normal(size=(6, 1, 1))
    intercept = None
    mean = x @ [1.0, -0.5]
    if effects == "pooled":
        x, intercept = np.concatenate([x, np.ones((6, 49, 1))], axis=2), 2
    mean = mean + (effects in ("region", "twoway")) * rng.normal(size=(1, 49))
    mean = mean + (effects in ("time", "twoway")) * rng.normal(size=(6, 1))
    lag, error = np.linalg.inv(np.eye(49) - rho * w), np.linalg.inv(np.eye(49) - lam * w)
    count = dict.fromkeys(NAMES, 0)
    for _ in range(replications):
        y = (mean + rng.normal(size=(6, 49)) @ error.T) @ lag.T
        found = lm_tests(
            y, x, w=sp.csr_array(w), effects=effects, lagged=[0, 1], intercept=intercept, lee_yu=lee_yu
        )  # fmt: skip
        for name in NAMES:
            count[name] += found[name].p < 0.05
    return {name: value / replications for name, value in count.items()}


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway"])
def test_size_at_five_per_cent_under_the_lee_yu_likelihood(effects):
    """Within 3 simulation errors (1.4 % each) of 5 %."""
    sizes = rejections(effects, lee_yu=effects != "pooled")
    assert all(abs(size - 0.05) < 0.042 for size in sizes.values()), sizes


def test_the_test_of_dummies_rejects_too_often_when_there_are_few_periods():
    """Its variance counts N T observations where N (T - 1) are left, and period means put lambda off centre."""
    sizes = rejections("twoway", lee_yu=False)
    assert sizes["lm_error"] > 0.08


def test_power():
    lag = rejections("twoway", lee_yu=True, rho=0.3, replications=100)
    error = rejections("twoway", lee_yu=True, lam=0.3, replications=100)
    assert lag["lm_lag"] > 0.9 and lag["lm_sarma"] > 0.9 and lag["robust_lm_lag"] > 0.5
    assert error["lm_error"] > 0.7 and error["robust_lm_error"] > 0.2
    # Robust tests look away from the other alternative, but only near the null.
    assert lag["robust_lm_error"] < 0.4 and error["robust_lm_lag"] < 0.3
