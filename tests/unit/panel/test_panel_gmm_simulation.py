"""Bias, coverage of 95 % intervals and size of tests, on data whose parameters are known: 80 regions, 4 times."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.panel._gmm import estimate_gmm
from spatial_region.panel.options import PARTS

N, PERIODS, REPLICATIONS = 80, 4, 200
RHO, LAMBDA = 0.4, 0.5
SLOPES = np.array([1.0, -0.5])


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(30)
    points = rng.uniform(size=(N, 2))
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    w = (distance <= np.sort(distance, axis=1)[:, [4]]) / 5.0
    x = rng.normal(size=(PERIODS, N, 2)) + rng.normal(size=(1, N, 1))
    return SimpleNamespace(w=w, x=x, region=rng.normal(size=(1, N)), time=rng.normal(size=(PERIODS, 1)))


def simulate(world, *, model, effects, unequal, seed, **options):
    """Return errors of slopes and spatial parameters, their standard errors, and rejections at 5 %."""
    rng = np.random.default_rng(seed)
    parts = PARTS[model]
    spread = np.linalg.inv(np.eye(N) - LAMBDA * world.w) if parts.error else np.eye(N)
    multiplier = np.linalg.inv(np.eye(N) - RHO * world.w) if parts.lag_y else np.eye(N)
    mean = world.x @ SLOPES
    mean = mean + world.region * (effects in ("region", "twoway")) + world.time * (effects in ("time", "twoway"))
    plain = effects in ("pooled", "random")
    z = np.concatenate([np.ones((PERIODS, N, 1)), world.x], axis=2) if plain else world.x
    size = np.sqrt(0.3 + 0.7 * world.x[:, :, 0] ** 2) if unequal else 1.0
    truth = np.array([*SLOPES, *([RHO] if parts.lag_y else []), *([LAMBDA] if parts.error else [])])
    w = sp.csr_array(world.w)
    found = SimpleNamespace(gaps=[], errors=[], rejections=[])
    for _ in range(REPLICATIONS):
        v = size * rng.normal(size=(PERIODS, N))
        v = v + rng.normal(size=(1, N)) * (effects == "random")
        y = (mean + v @ spread.T) @ multiplier.T
        fit = estimate_gmm(y, z, [w], parts=parts, effects=effects, interval=(-1.3, 1.0), **options)
        k = z.shape[2]
        found.gaps.append(np.array([*fit.coefficients[k - 2 :], *fit.spatial.values()]) - truth)
        found.errors.append(np.sqrt(np.diag(fit.covariance))[k - 2 :])
        if fit.overidentification is not None:
            tests = [fit.overidentification.sargan, fit.overidentification.robust]
            tests += [fit.residual_correlation] if fit.residual_correlation is not None else []
            found.rejections.append([test.p < 0.05 for test in tests])
    return np.array(found.gaps), np.array(found.errors), np.array(found.rejections)


CASES = [
    ("sar", "region", False, {}),
    ("sar", "twoway", False, {}),
    ("sem", "twoway", False, {"moments": "hom"}),
    ("sem", "region", True, {"moments": "het"}),
    ("sem", "pooled", True, {"moments": "het"}),
    ("sac", "time", False, {"moments": "hom"}),
    ("sem", "random", False, {"moments": "hom"}),
    ("sar", "random", False, {}),
]


@pytest.mark.parametrize(("model", "effects", "unequal", "options"), CASES)
def test_bias_and_coverage(world, model, effects, unequal, options):
    gaps, errors, _ = simulate(world, model=model, effects=effects, unequal=unequal, seed=31, **options)
    spread = gaps.std(axis=0)
    # Two-stage least squares is biased in small samples, most where rho and lambda are hard to tell apart.
    assert (np.abs(gaps.mean(axis=0)) < (0.5 if model == "sac" else 0.25) * spread).all()
    np.testing.assert_allclose(errors.mean(axis=0) / spread, 1, atol=0.15)
    covered = (np.abs(gaps) < 1.96 * errors).mean(axis=0)
    assert (covered > (0.85 if model == "sac" else 0.89)).all()
    assert (covered < 0.99).all()


@pytest.mark.parametrize("effects", ["pooled", "region", "twoway"])
def test_size_of_the_tests_of_instruments_and_residuals(world, effects):
    """Robust tests under region effects are clustered: demeaned residuals go together over time."""
    _, _, rejections = simulate(world, model="sar", effects=effects, unequal=False, seed=32)
    assert rejections.shape == (REPLICATIONS, 3)
    assert (rejections.mean(axis=0) < 0.11).all()
    assert (rejections.mean(axis=0) > 0.005).all()


def test_equal_variances_taken_for_granted_miss_and_robust_ones_do_not(world):
    """Unequal variances: intervals of the slope they go with are too short without "het"."""
    covered = {}
    for kind in ("hom", "het"):
        gaps, errors, _ = simulate(world, model="sem", effects="pooled", unequal=True, seed=33, moments=kind)
        covered[kind] = (np.abs(gaps) < 1.96 * errors).mean(axis=0)[0]
    assert covered["hom"] < 0.9
    assert covered["het"] > covered["hom"] + 0.03
