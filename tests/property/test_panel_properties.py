"""What must not matter does not: order of rows and regions, names of regions, units of variables."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spatial_region as sr
from spatial_region.errors import ConvergenceError

pytestmark = pytest.mark.filterwarnings("ignore::spatial_region.errors.ConvergenceWarning")
N, TIMES = 18, (2000, 2005, 2010, 2015)
few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
models = st.sampled_from(["ols", "slx", "sar", "sem", "sac", "sdm", "sdem"])
all_effects = st.sampled_from(["pooled", "region", "time", "twoway"])
seeds = st.integers(0, 10_000)


def draw(seed):
    """Regions, data and weights with spatial dependence."""
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"r{i:02d}" for i in range(N)], name="region")
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*rng.uniform(0, 1e5, (2, N))), index=ids, crs=3857)
    index = pd.MultiIndex.from_product([ids, TIMES], names=["region", "time"])
    data = pd.DataFrame(rng.normal(size=(len(index), 2)), index=index, columns=["a", "b"])
    w = np.zeros((N, N))
    for i in range(N):
        w[i, rng.choice(np.delete(np.arange(N), i), size=4, replace=False)] = rng.uniform(0.5, 1.5, 4)
    w /= w.sum(axis=1, keepdims=True)
    mean = 5 + (data["a"] - data["b"]).to_numpy().reshape(N, -1) + rng.normal(size=(N, len(TIMES)))
    data["y"] = np.linalg.solve(np.eye(N) - 0.4 * w, mean).ravel()
    return regions, data, sr.Weights(ids, w, standardisation="row")


def fit(regions, data, w, *, model, effects, formula="y ~ a + b"):
    return sr.spatial_panel(formula, sr.make_study(regions, data), w=w, model=model, effects=effects)


def both(one, two):
    """Two fits, or the same refusal from both."""
    results = []
    for make in (one, two):
        try:
            results.append(make())
        except ConvergenceError:
            results.append(None)
    assert (results[0] is None) == (results[1] is None)
    return results if results[0] is not None else None


def same(one, two, *, scale=1.0):
    np.testing.assert_allclose(two.params, one.params * scale, rtol=2e-6, atol=1e-8)
    np.testing.assert_allclose(two.std_errors, one.std_errors * scale, rtol=2e-5, atol=1e-10)


@few
@given(seeds, models, all_effects)
def test_order_of_rows_and_regions(seed, model, effects):
    regions, data, w = draw(seed)
    rng = np.random.default_rng(seed)
    turned = regions.iloc[rng.permutation(N)]
    fits = both(
        lambda: fit(regions, data, w, model=model, effects=effects),
        lambda: fit(turned, data.iloc[rng.permutation(len(data))], w, model=model, effects=effects),
    )
    if fits:
        same(*fits)
        assert fits[0].loglik == pytest.approx(fits[1].loglik, abs=1e-8)
        pd.testing.assert_series_equal(
            fits[0].residuals, fits[1].residuals.reindex(fits[0].residuals.index), rtol=1e-5, atol=1e-6
        )
        one, two = (f.impacts(draws=50, seed=1).table() for f in fits)
        pd.testing.assert_frame_equal(one, two, rtol=1e-4, atol=1e-8)


@few
@given(seeds, models, all_effects)
def test_names_of_regions(seed, model, effects):
    regions, data, w = draw(seed)
    # The new names sort the other way round.
    names = {name: f"区{N - i:02d}" for i, name in enumerate(regions.index)}
    renamed = regions.rename(index=names), data.rename(index=names, level="region")
    other = sr.Weights(w.ids.map(names), w.sparse, standardisation="row")
    fits = both(
        lambda: fit(regions, data, w, model=model, effects=effects),
        lambda: fit(*renamed, other, model=model, effects=effects),
    )
    if fits:
        same(*fits)


@few
@given(seeds, models, all_effects, st.sampled_from([1e-8, 1e-3, 1e4, 1e9]), st.sampled_from([1e-8, 1e-3, 1e4, 1e9]))
def test_units(seed, model, effects, of_y, of_a):
    regions, data, w = draw(seed)
    fits = both(
        lambda: fit(regions, data, w, model=model, effects=effects),
        lambda: fit(regions, data.assign(y=data["y"] * of_y, a=data["a"] * of_a), w, model=model, effects=effects),
    )
    if not fits:
        return
    one, two = fits
    spatial = {"rho": 1.0, "lambda": 1.0, "a": of_y / of_a, "W_a": of_y / of_a}
    scale = pd.Series({name: spatial.get(name, of_y) for name in one.params.index})
    np.testing.assert_allclose(two.params / scale, one.params, rtol=2e-6, atol=1e-8)
    np.testing.assert_allclose(two.std_errors / scale, one.std_errors, rtol=2e-5)
    np.testing.assert_allclose(two.pvalues, one.pvalues, rtol=1e-4, atol=1e-10)
    assert two.sigma2 / of_y**2 == pytest.approx(one.sigma2, rel=1e-6)
    assert two.r2 == pytest.approx(one.r2, abs=1e-9)
    impacts = [f.impacts(se="delta").table()["total"] for f in fits]
    assert impacts[1]["b"] / of_y == pytest.approx(impacts[0]["b"], rel=1e-5, abs=1e-9)


@few
@given(seeds, st.sampled_from(["sar", "sem", "sdm"]), st.sampled_from(["region", "twoway"]), seeds)
def test_what_the_effects_absorb_does_not_matter(seed, model, effects, other):
    """Adding a constant of its own to each region (and time) changes nothing but the effects, in error models and
    in lag models whose shift is made before the spatial multiplier."""
    regions, data, w = draw(seed)
    rng = np.random.default_rng(other)
    shift = rng.normal(size=(N, 1)) * 100 + (rng.normal(size=(1, len(TIMES))) if effects == "twoway" else 0)
    base = fit(regions, data, w, model=model, effects=effects)
    rho = base.params.get("rho", 0.0)
    moved = data.assign(
        y=data["y"] + np.linalg.solve(np.eye(N) - rho * w.sparse.toarray(), shift * np.ones((N, len(TIMES)))).ravel()
    )
    after = fit(regions, moved, w, model=model, effects=effects)
    # Innovations at the old estimates are the same, so that the likelihood cannot be lower.
    assert after.loglik >= base.loglik - 1e-7
    if model == "sem":
        same(base, after)


@few
@given(seeds, models, all_effects)
def test_determinants_agree(seed, model, effects):
    regions, data, w = draw(seed)
    study = sr.make_study(regions, data)
    options = {"w": w, "model": model, "effects": effects}
    fits = both(
        lambda: sr.spatial_panel("y ~ a + b", study, determinant="eigenvalues", **options),
        lambda: sr.spatial_panel("y ~ a + b", study, determinant="lu", **options),
    )
    if fits:
        same(*fits)
