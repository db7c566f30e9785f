"""How often the tests reject a true hypothesis, and a false one: 200 panels on a lattice of 49 regions, 6 times."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.panel import _dependence as dependence
from spatial_region.panel._blocks import make_blocks
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._estimate import estimate
from spatial_region.panel._hausman import hausman_tests
from spatial_region.panel._ratio import common_factor, likelihood_ratio, ratio_f, wald
from spatial_region.panel.options import PARTS

SIDE, PERIODS, DRAWS = 7, 6, 200
REGIONS = SIDE * SIDE
# Three standard deviations of a share of 5 % in 200 samples.
LEAST, MOST = 0.05 - 0.046, 0.05 + 0.046


def lattice():
    near = np.zeros((REGIONS, REGIONS))
    for i in range(REGIONS):
        row, column = divmod(i, SIDE)
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            if 0 <= row + down < SIDE and 0 <= column + right < SIDE:
                near[i, (row + down) * SIDE + column + right] = 1
    return near / near.sum(axis=1, keepdims=True)


W = lattice()
SPARSE = sp.csr_array(W)
DETERMINANT = make_determinant(SPARSE, "auto")


def draw(rng, *, rho=0.0, lam=0.0, theta=0.0, region=1.0, related=0.0):
    x = rng.normal(size=(PERIODS, REGIONS)) + rng.normal(size=REGIONS)
    mu = region * rng.normal(size=REGIONS) + related * x.mean(axis=0)
    u = np.linalg.solve(np.eye(REGIONS) - lam * W, rng.normal(size=(REGIONS, PERIODS))).T
    mean = x + theta * x @ W.T + mu + u
    return np.linalg.solve(np.eye(REGIONS) - rho * W, mean.T).T, x[:, :, None]


def fit(y, x, model, effects, *, lee_yu=False):
    parts = PARTS[model]
    intercept = 0 if effects == "pooled" else None
    lagged = [0] if parts.lag_x else []
    if effects == "pooled":
        x, lagged = np.concatenate([np.ones_like(x), x], axis=2), [place + 1 for place in lagged]
    blocks = make_blocks(y, x, SPARSE, lagged=lagged, effects=effects, intercept=intercept)
    determinant = None if parts.is_linear else DETERMINANT
    return estimate(blocks, SPARSE, determinant, parts=parts, effects=effects, lee_yu=lee_yu)


def restrictions(y, x, nested):
    """LR and Wald of a nested model in SDM, region effects transformed away."""
    full = fit(y, x, "sdm", "region", lee_yu=True)
    small = fit(y, x, nested, "region", lee_yu=True)
    ratio = likelihood_ratio(full.loglik, small.loglik, df=1)
    beta, theta = full.coefficients[:1], full.coefficients[1:2]
    if nested == "sem":
        return ratio, common_factor(beta, theta, full.rho, full.covariance[:3, :3])
    return ratio, wald(theta, np.eye(1), full.covariance[1:2, 1:2])


@pytest.mark.parametrize("nested", ["sar", "sem"])
def test_size_of_nested_models(nested):
    rng = np.random.default_rng(1)
    truth = {"rho": 0.4} if nested == "sar" else {"lam": 0.4}
    found = [restrictions(*draw(rng, **truth), nested) for _ in range(DRAWS)]
    ratios, walds = (np.array([pair[i].statistic for pair in found]) for i in (0, 1))
    for statistics in (ratios, walds):
        assert LEAST <= np.mean(statistics > 3.841) <= MOST
    # Asymptotically one test: they agree on nearly every sample.
    assert np.corrcoef(ratios, walds)[0, 1] > 0.97
    assert np.mean((ratios > 3.841) != (walds > 3.841)) < 0.03


@pytest.mark.parametrize("nested", ["sar", "sem"])
def test_power_of_nested_models(nested):
    rng = np.random.default_rng(2)
    found = [restrictions(*draw(rng, rho=0.4, theta=0.7), nested) for _ in range(30)]
    assert np.mean([ratio.p < 0.05 and other.p < 0.05 for ratio, other in found]) > 0.9


def test_many_effects_inflate_the_likelihood_ratio_and_not_its_f():
    """49 region effects in 147 observations: the LR rejects far too often, its F about as often as it says."""
    rng = np.random.default_rng(3)
    ratios, fs = [], []
    for _ in range(DRAWS):
        y, x = (values[:3] for values in draw(rng, rho=0.3, theta=0.3, region=0.0))
        full, small = fit(y, x, "sdm", "region"), fit(y, x, "sdm", "pooled")
        ratio = likelihood_ratio(full.loglik, small.loglik, df=REGIONS - 1)
        ratios.append(ratio.p)
        fs.append(ratio_f(ratio.statistic, observations=full.size, df=REGIONS - 1, df_residual=full.df_residual).p)
    assert np.mean(np.array(ratios) < 0.05) > 0.2
    assert LEAST <= np.mean(np.array(fs) < 0.05) <= MOST


@pytest.mark.parametrize("model", ["ols", "sar"])
def test_size_and_power_of_mundlaks_test(model):
    rng = np.random.default_rng(4)
    rho = 0.4 if model == "sar" else 0.0

    def tests(count, **truth):
        return [
            hausman_tests(
                *draw(rng, rho=rho, **truth),
                SPARSE,
                DETERMINANT if model == "sar" else None,
                parts=PARTS[model],
                lagged=[],
                time_effects=False,
            )
            for _ in range(count)
        ]

    null = tests(DRAWS)
    assert LEAST <= np.mean([t.mundlak.p < 0.05 for t in null]) <= MOST
    assert LEAST <= np.mean([t.mundlak_wald.p < 0.05 for t in null]) <= MOST
    assert all(t.mundlak.statistic >= 0 for t in null)
    assert np.mean([t.slopes_only.value.p < 0.05 for t in null]) <= 0.12
    assert np.mean([t.mundlak.p < 0.05 for t in tests(30, related=1.5)]) > 0.9


def test_size_of_dependence():
    """CD, local CD and bias-adjusted LM after region effects; CD after time effects lies far off its distribution."""
    rng = np.random.default_rng(5)
    rejected = {"cd": 0, "local": 0, "adjusted": 0, "time": 0, "local time": 0}
    for _ in range(DRAWS):
        y, x = draw(rng)
        e = fit(y, x, "ols", "region").residuals.innovations
        sums = dependence.pair_sums(e)
        rejected["cd"] += dependence.pesaran_cd(sums, PERIODS).p < 0.05
        rejected["local"] += dependence.local_cd(e, SPARSE).p < 0.05
        rejected["adjusted"] += dependence.bias_adjusted_lm(sums, PERIODS, REGIONS).p < 0.05
        e = fit(y, x, "ols", "twoway").residuals.innovations
        rejected["time"] += abs(dependence.pesaran_cd(dependence.pair_sums(e), PERIODS).statistic) < 1
        rejected["local time"] += dependence.local_cd(e, SPARSE, after_time_effects=True).p < 0.05
    shares = {name: count / DRAWS for name, count in rejected.items()}
    for name in ("cd", "local", "local time", "adjusted"):
        assert LEAST <= shares[name] <= MOST + 0.02, shares
    # A standard normal would lie within 1 in 68 % of samples: after time effects CD is nearly a constant below -1.
    assert shares["time"] < 0.05, shares


def test_power_of_local_dependence():
    rng = np.random.default_rng(6)
    found = []
    for _ in range(30):
        y, x = draw(rng, lam=0.4)
        found.append(dependence.local_cd(fit(y, x, "ols", "region").residuals.innovations, SPARSE).p)
    assert np.mean(np.array(found) < 0.05) > 0.9
