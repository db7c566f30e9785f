"""Impacts: against the dense matrix of partial derivatives, numerical derivatives, and direct simulation."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import ConvergenceError, ConvergenceWarning, InputError, OptionError
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._impacts import ImpactInput, simulated_impacts

pytestmark = pytest.mark.filterwarnings("ignore::spatial_region.errors.ConvergenceWarning")
COLUMNS = [f"{kind}{part}" for kind in ("direct", "indirect", "total") for part in ("", "_se", "_p")]


def dense_impacts(w, params, name):
    """Average diagonal and row sum of (I - rho W)^-1 (beta I + theta W)."""
    rho, theta = params.get("rho", 0.0), params.get(f"W_{name}", 0.0)
    eye = np.eye(len(w))
    s = np.linalg.solve(eye - rho * w, params[name] * eye + theta * w)
    direct, total = np.trace(s) / len(w), s.sum() / len(w)
    return np.array([direct, total - direct, total])


@pytest.mark.parametrize("row", [True, False])
@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sem", "sac", "sdm", "sdem", "gns"])
def test_impacts_and_delta_errors_equal_dense_derivatives(oracle, model, row):
    panel = oracle.panel(20, 6, seed=8, row=row)
    fit = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model=model, effects="region")
    table = fit.impacts(se="delta").table()
    assert table.columns.tolist() == COLUMNS
    assert table.index.tolist() == ["a", "b"] and table.index.name == "variable"
    for name in ("a", "b"):
        np.testing.assert_allclose(
            table.loc[name, ["direct", "indirect", "total"]].astype(float), dense_impacts(panel.w, fit.params, name),
            atol=1e-12,
        )  # fmt: skip
        gradient = []
        for parameter in fit.params.index:
            up, down = fit.params.copy(), fit.params.copy()
            up[parameter] += 1e-6
            down[parameter] -= 1e-6
            gradient.append((dense_impacts(panel.w, up, name) - dense_impacts(panel.w, down, name)) / 2e-6)
        gradient = np.array(gradient)
        errors = np.sqrt(np.einsum("mi,mn,ni->i", gradient, fit.covariance.to_numpy(), gradient))
        found = table.loc[name, ["direct_se", "indirect_se", "total_se"]].fillna(0.0).astype(float)
        np.testing.assert_allclose(found, errors, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("determinant", ["eigenvalues", "lu"])
@pytest.mark.parametrize("row", [True, False])
def test_draws_are_exact_impacts_of_drawn_parameters(oracle, determinant, row):
    """Each draw of the multipliers equals the dense computation; no series, no stochastic trace."""
    panel = oracle.panel(20, 8, seed=8, row=row)
    fit = sr.spatial_panel(
        "y ~ a + b", panel.study, w=panel.weights, model="sar", effects="region", determinant=determinant
    )
    impacts = fit.impacts(draws=200, seed=1)
    direct, total = impacts.draws["direct"], impacts.draws["total"]
    # For SAR total / direct depends on rho alone, so that it is the same for both regressors in each draw.
    assert np.allclose(direct["a"] / total["a"], direct["b"] / total["b"])
    np.testing.assert_allclose(direct.std(ddof=1), impacts.std_errors["direct"], rtol=1e-12)
    weights = panel.weights.sparse
    given = ImpactInput(np.array([1.0]), np.array([0.5]), 0.4, np.diag([1e-4, 1e-4, 1e-2]), [0], True)
    found = simulated_impacts(
        given, weights, make_determinant(weights, determinant), draws=50, random=np.random.default_rng(0)
    )
    sample = np.array([1.0, 0.5, 0.4]) + np.random.default_rng(0).standard_normal((50, 3)) * [1e-2, 1e-2, 1e-1]
    assert found.rejected == 0
    for (beta, theta, rho), drawn in zip(sample, found.draws, strict=True):
        params = {"a": beta, "W_a": theta, "rho": rho}
        np.testing.assert_allclose(drawn[:, 0], dense_impacts(panel.w, params, "a"), rtol=1e-7)


def test_simulation_agrees_with_delta_and_with_its_seed(us48):
    fit = sr.spatial_panel("growth ~ initial + previous", us48, model="sdm", effects="region")
    delta, simulated = fit.impacts(se="delta").table(), fit.impacts(draws=4000, seed=42).table()
    for kind in ("direct", "indirect", "total"):
        np.testing.assert_allclose(delta[kind], simulated[kind], rtol=1e-12)
        np.testing.assert_allclose(delta[f"{kind}_se"], simulated[f"{kind}_se"], rtol=0.15)
    pd.testing.assert_frame_equal(simulated, fit.impacts(draws=4000, seed=42).table())
    assert not simulated.equals(fit.impacts(draws=4000, seed=43).table())


def test_row_standardised_total_is_the_textbook_ratio(us48):
    fit = sr.spatial_panel("growth ~ initial + previous", us48, model="sdm", effects="region")
    p = fit.params
    total = fit.impacts(se="delta").table()["total"]
    assert total["initial"] == pytest.approx((p["initial"] + p["W_initial"]) / (1 - p["rho"]), rel=1e-12)


def test_some_lags_only(us48):
    fit = sr.spatial_panel("growth ~ initial + previous", us48, model="sdm", effects="region", lagged=["previous"])
    assert fit.params.index.tolist() == ["initial", "previous", "W_previous", "rho"]
    w = us48.weights["queen"].sparse.toarray()
    table = fit.impacts(se="delta").table()
    for name in ("initial", "previous"):
        np.testing.assert_allclose(table.loc[name, "total"], dense_impacts(w, fit.params, name)[2], rtol=1e-10)


def test_no_indirect_impact_has_no_error(us48):
    for model in ("ols", "sem"):
        table = sr.spatial_panel("growth ~ initial + previous", us48, model=model, effects="region").impacts().table()
        assert (table["indirect"] == 0).all()
        assert table[["indirect_se", "indirect_p"]].isna().all().all()
        assert np.isfinite(table[["direct_se", "total_se"]].to_numpy(float)).all()


def test_bad_options(us48):
    fit = sr.spatial_panel("growth ~ initial + previous", us48, model="sar", effects="region")
    with pytest.raises(OptionError, match="'simulation', 'delta'"):
        fit.impacts(se="bootstrap")
    with pytest.raises(InputError, match="draws"):
        fit.impacts(draws=1)


def test_draws_outside_the_parameter_space_are_drawn_again_and_counted(oracle):
    panel = oracle.panel(20, 6, seed=8)
    w = panel.weights.sparse
    given = ImpactInput(np.array([1.0]), np.array([0.0]), 0.95, np.diag([1e-4, 1e-2]), [], True)
    found = simulated_impacts(given, w, make_determinant(w, "eigenvalues"), draws=300, random=np.random.default_rng(0))
    assert 30 < found.rejected < 300
    assert len(found.draws) == 300
    hopeless = ImpactInput(np.array([1.0]), np.array([0.0]), 0.95, np.diag([1e-4, 1e8]), [], True)
    with pytest.raises(ConvergenceError, match="se='delta'"):
        simulated_impacts(hopeless, w, make_determinant(w, "eigenvalues"), draws=300, random=np.random.default_rng(0))


def test_summary_says_how_errors_were_made(us48):
    fit = sr.spatial_panel("growth ~ initial + previous", us48, model="sar", effects="region")
    assert "500 draws, seed 7" in fit.impacts(draws=500, seed=7).summary()
    assert "delta method" in fit.impacts(se="delta").summary()
    assert fit.impacts(draws=500, seed=7).spec.options["draws"] == 500


def test_an_imprecise_rho_is_noticed(oracle):
    """Drawn standard errors do not settle when many draws of rho fall outside; the delta method stays quiet."""
    panel = oracle.panel(20, 6, seed=8)
    fit = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model="sar", effects="region")
    wide = fit.covariance.copy()
    wide.loc["rho", "rho"] = 0.5**2
    imprecise = dataclasses.replace(fit, covariance=wide)
    with pytest.warns(ConvergenceWarning, match="too imprecise for standard errors by simulation"):
        imprecise.impacts(draws=300)
    imprecise.impacts(se="delta")


def test_few_times_with_dummies_are_cautioned(oracle):
    panel = oracle.panel(20, 6, seed=8)
    ask = {"w": panel.weights, "model": "sar"}
    assert "too small with 6 times" in sr.spatial_panel("y ~ a", panel.study, effects="region", **ask).summary()
    for options in ({"effects": "pooled"}, {"effects": "region", "lee_yu": True}):
        assert "caution" not in sr.spatial_panel("y ~ a", panel.study, **options, **ask).summary()
