"""Against dense maximum likelihood with a dummy for every effect, and against Lee and Yu's explicit transformation."""

from __future__ import annotations

import numpy as np
import pytest

import spatial_region as sr

# With few observations rho and lambda of one model may be hardly told apart; that warning has its own test.
pytestmark = pytest.mark.filterwarnings("ignore::spatial_region.errors.ConvergenceWarning")

EFFECTS = ("pooled", "region", "time", "twoway")


def slopes(fit, dense, k):
    """The package's estimates in the order of the dense problem: k slopes, then rho and lambda."""
    names = [n for n in fit.params.index if n != "Intercept"]
    return fit.params[names].to_numpy(), fit.std_errors[names].to_numpy()


def check(fit, dense, *, k):
    spatial = [fit.params[n] for n in ("rho", "lambda") if n in fit.params.index]
    found, loglik, coefficients, sigma2 = dense.maximise(np.array(spatial) + 0.02)
    estimates, errors = slopes(fit, dense, k)
    np.testing.assert_allclose(estimates, [*coefficients[:k], *found], atol=2e-6)
    assert fit.loglik == pytest.approx(loglik, abs=1e-9)
    assert fit.sigma2 == pytest.approx(sigma2, rel=1e-6)
    covariance = dense.covariance(np.array([*coefficients, *found, sigma2]))
    kept = [*range(k), *range(len(coefficients), len(covariance))]
    expected = np.sqrt(np.diag(covariance))[kept]
    np.testing.assert_allclose([*errors, fit.sigma2_se], expected, rtol=2e-5)
    names = [n for n in fit.params.index if n != "Intercept"]
    np.testing.assert_allclose(
        fit.covariance.loc[names, names], covariance[np.ix_(kept[:-1], kept[:-1])], atol=2e-5 * expected.max() ** 2
    )


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("model", ["sar", "sem", "sac", "sdm", "sdem", "gns"])
def test_equals_dense_dummy_variable_likelihood(oracle, model, effects):
    panel = oracle.panel(14, 6, seed=3)
    fit = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model=model, effects=effects)
    check(fit, oracle.dense(panel, model=model, effects=effects), k=4 if oracle.terms[model][1] else 2)


@pytest.mark.parametrize("effects", ["time", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sem", "sac", "sdm"])
def test_weights_that_are_not_row_standardised(oracle, model, effects):
    """(I - lambda W) 1 is then no multiple of 1, and the filtered period dummies must be projected out."""
    panel = oracle.panel(14, 6, seed=5, row=False)
    fit = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model=model, effects=effects)
    check(fit, oracle.dense(panel, model=model, effects=effects), k=4 if oracle.terms[model][1] else 2)


@pytest.mark.parametrize("effects", ["region", "time", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sem", "sac", "sdm", "sdem"])
def test_lee_yu_equals_the_explicit_transformation(oracle, model, effects):
    panel = oracle.panel(13, 6, seed=4)
    fit = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model=model, effects=effects, lee_yu=True)
    dense = oracle.dense(panel, model=model, effects=effects, lee_yu=True)
    assert fit.nobs == len(dense.y)
    check(fit, dense, k=4 if oracle.terms[model][1] else 2)


@pytest.mark.parametrize("model", ["sar", "sac", "sdem"])
def test_gradient_is_zero_and_curvature_negative_at_the_estimate(oracle, model):
    """Central differences of the full likelihood, nothing concentrated."""
    panel = oracle.panel(14, 6, seed=3)
    fit = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model=model, effects="region")
    dense = oracle.dense(panel, model=model, effects="region")
    spatial = [fit.params[n] for n in ("rho", "lambda") if n in fit.params.index]
    _, coefficients, sigma2 = dense.concentrated(spatial)
    theta = np.array([*coefficients, *spatial, sigma2])
    for place in [*range(4), *range(len(coefficients), len(theta))]:
        step = np.zeros(len(theta))
        step[place] = 1e-4
        up, here, down = (dense.loglik(theta + s * step) for s in (1, 0, -1))
        assert abs(up - down) / 2e-4 < 1e-4
        assert up + down - 2 * here < 0


@pytest.mark.parametrize("effects", ["region", "twoway"])
def test_lag_first_then_demean(oracle, effects):
    """With time effects J W y is not W J y: lagging demeaned data gives another answer unless 1'W = 1'."""
    panel = oracle.panel(14, 6, seed=3)
    fit = sr.spatial_panel("y ~ a + b", panel.study, w=panel.weights, model="sar", effects=effects)
    y = panel.y - panel.y.mean(axis=0) - (panel.y.mean(axis=1, keepdims=True) - panel.y.mean()) * (effects == "twoway")
    lag_first = panel.y @ panel.w.T
    lag_first = lag_first - lag_first.mean(axis=0)
    if effects == "twoway":
        lag_first = lag_first - lag_first.mean(axis=1, keepdims=True)
    same = np.allclose(lag_first, y @ panel.w.T)
    assert same == (effects == "region")
    e = fit.residuals.unstack().to_numpy().T
    np.testing.assert_allclose(e.mean(axis=0), 0, atol=1e-12)
