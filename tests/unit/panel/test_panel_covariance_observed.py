"""Observed information against differences of the dense dummy-variable score, and of the concentrated likelihood."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.panel._blocks import make_blocks, remove_effects
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._estimate import estimate
from spatial_region.panel._information import Filter, covariance
from spatial_region.panel._likelihood import Likelihood
from spatial_region.panel._moments import make_moments
from spatial_region.panel._observed import observed_covariance
from spatial_region.panel.options import PARTS

MODELS = ("sar", "sem", "sac", "sdm", "sdem", "gns")


def fit(panel, *, model, effects, lee_yu=False, determinant="eigenvalues"):
    """The package's estimate, and what its covariances are computed from."""
    parts = PARTS[model]
    w = sp.csr_array(panel.w)
    periods, n, _ = panel.x.shape
    x = panel.x if effects != "pooled" else np.concatenate([np.ones((periods, n, 1)), panel.x], axis=2)
    first = x.shape[2] - panel.x.shape[2]
    blocks = make_blocks(
        panel.y, x, w, lagged=[first, first + 1] if parts.lag_x else [], effects=effects,
        intercept=0 if effects == "pooled" else None,
    )  # fmt: skip
    logdet = make_determinant(w, determinant)
    found = estimate(blocks, w, logdet, parts=parts, effects=effects, lee_yu=lee_yu)
    moments = make_moments(blocks, w, filters_error=parts.error, effects=effects)
    tau = periods - (lee_yu and effects in ("region", "twoway"))
    rows = n - (lee_yu and effects in ("time", "twoway"))
    likelihood = Likelihood(moments, logdet, rows * tau, tau, rows < n)
    error_filter = Filter(w if parts.error else None, found.lam, effects in ("time", "twoway"))
    given = (likelihood, blocks, w, found.residuals, error_filter)
    options = {"rho": found.rho, "sigma2": found.sigma2, "lag_y": parts.lag_y, "effects": effects}
    return found, given, options


def finish(blocks, spread):
    """As the estimator does it: coefficients of regressors that keep their means."""
    back = blocks.back_to_means(len(spread))
    return back @ spread @ back.T


def score(dense, theta):
    """First derivatives of the dense log-likelihood, by dense inverses."""
    k = dense.design.shape[1]
    rho, lam = dense.split(theta[k:-1])
    sigma2 = theta[-1]
    a, b = dense.eye - rho * dense.big_w, dense.eye - lam * dense.big_w
    u = a @ dense.y - dense.design @ theta[:k]
    e = b @ u
    slopes = [*((b @ dense.design).T @ e / sigma2)]
    if dense.lag_y:
        slopes.append(e @ (b @ dense.big_w @ dense.y) / sigma2 - np.trace(np.linalg.solve(a, dense.big_w)))
    if dense.error:
        slopes.append(e @ (dense.big_w @ u) / sigma2 - np.trace(np.linalg.solve(b, dense.big_w)))
    return np.array([*slopes, -len(e) / (2 * sigma2) + e @ e / (2 * sigma2**2)])


def differences(function, theta, step=1e-5):
    """Central differences of a vector, extrapolated once."""
    columns = []
    for place in range(len(theta)):
        move = np.zeros(len(theta))
        move[place] = step * max(abs(theta[place]), 0.1)
        near, far = ((function(theta + s * move) - function(theta - s * move)) / (2 * s * move[place]) for s in (1, 2))
        columns.append((4 * near - far) / 3)
    return np.column_stack(columns)


def at_estimate(dense, found):
    """The dense problem's parameters, coefficients of dummies too, at the package's spatial parameters."""
    spatial = [value for value, has in ((found.rho, dense.lag_y), (found.lam, dense.error)) if has]
    _, coefficients, sigma2 = dense.concentrated(spatial)
    return np.array([*coefficients, *spatial, sigma2])


def dense_observed(dense, theta, k):
    information = -differences(lambda t: score(dense, t), theta)
    kept = [*range(k), *range(dense.design.shape[1], len(theta))]
    return np.linalg.inv((information + information.T) / 2)[np.ix_(kept, kept)]


def agree(ours, theirs, tolerance):
    scale = np.sqrt(np.diag(theirs))
    np.testing.assert_allclose(ours / np.outer(scale, scale), theirs / np.outer(scale, scale), atol=tolerance)


def without_intercept(spread, effects):
    """The dense problem has the constant among the dummies."""
    return spread[1:, 1:] if effects == "pooled" else spread


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway"])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("row", [True, False])
def test_equals_dense_second_derivatives(oracle, model, effects, row):
    panel = oracle.panel(14, 6, seed=3 if row else 5, row=row)
    found, given, options = fit(panel, model=model, effects=effects)
    dense = oracle.dense(panel, model=model, effects=effects)
    theta = at_estimate(dense, found)
    k = 4 if oracle.terms[model][1] else 2
    ours = without_intercept(finish(given[1], observed_covariance(*given, **options)), effects)
    agree(ours, dense_observed(dense, theta, k), 1e-7)


@pytest.mark.parametrize("effects", ["region", "time", "twoway"])
@pytest.mark.parametrize("model", MODELS[:5])
def test_lee_yu_equals_the_explicit_transformation(oracle, model, effects):
    panel = oracle.panel(13, 6, seed=4)
    found, given, options = fit(panel, model=model, effects=effects, lee_yu=True)
    dense = oracle.dense(panel, model=model, effects=effects, lee_yu=True)
    theta = at_estimate(dense, found)
    k = 4 if oracle.terms[model][1] else 2
    agree(observed_covariance(*given, **options), dense_observed(dense, theta, k), 1e-7)


@pytest.mark.parametrize("model", ["sar", "gns"])
def test_dense_score_is_the_slope_of_the_dense_likelihood(oracle, model):
    """The oracle's own oracle."""
    panel = oracle.panel(10, 4, seed=3)
    found, _, _ = fit(panel, model=model, effects="time")
    dense = oracle.dense(panel, model=model, effects="time")
    theta = at_estimate(dense, found) + 0.01
    numeric = differences(lambda t: np.array([dense.loglik(t)]), theta, 1e-4).ravel()
    np.testing.assert_allclose(score(dense, theta), numeric, rtol=1e-6, atol=1e-6)


def test_intercept(oracle):
    """Its row as well, and with values far from zero."""
    panel = oracle.panel(14, 6, seed=3)
    panel.y, panel.x = panel.y + 50, panel.x + 20
    found, given, options = fit(panel, model="gns", effects="pooled")
    dense = oracle.dense(panel, model="gns", effects="pooled")
    theta = at_estimate(dense, found)
    theirs = dense_observed(dense, theta, 5)
    order = [4, 0, 1, 2, 3, 5, 6, 7]  # the dense constant comes after the slopes
    ours = finish(given[1], observed_covariance(*given, **options))
    agree(ours, theirs[np.ix_(order, order)], 1e-6)


@pytest.mark.parametrize("model", ["sar", "sem", "sac", "sdm"])
@pytest.mark.parametrize("lee_yu", [False, True])
def test_spatial_block_is_that_of_the_concentrated_likelihood(oracle, model, lee_yu):
    panel = oracle.panel(20, 5, seed=8)
    found, given, options = fit(panel, model=model, effects="twoway", lee_yu=lee_yu)
    parts, likelihood = PARTS[model], given[0]

    def slopes(values):
        values = list(values)
        rho = values.pop(0) if parts.lag_y else 0.0
        lam = values.pop(0) if parts.error else 0.0
        return np.array(likelihood.score(rho, lam))[
            [place for place, has in enumerate((parts.lag_y, parts.error)) if has]
        ]

    at = np.array([value for value, has in ((found.rho, parts.lag_y), (found.lam, parts.error)) if has])
    expected = np.linalg.inv(-differences(slopes, at))
    ours = observed_covariance(*given, **options)[-1 - len(at) : -1, -1 - len(at) : -1]
    np.testing.assert_allclose(ours, expected, rtol=1e-7)


@pytest.mark.parametrize("model", ["sar", "sac", "gns"])
def test_determinant_by_factorisation_gives_the_same(oracle, model):
    panel = oracle.panel(30, 4, seed=9)
    _, given, options = fit(panel, model=model, effects="region")
    _, other, others = fit(panel, model=model, effects="region", determinant="lu")
    agree(observed_covariance(*other, **others), observed_covariance(*given, **options), 1e-6)


def test_close_to_the_expected_information_if_the_model_is_right(oracle):
    """The errors of a model without W X, where y has it, are no spatial process: the two then differ by half."""
    wrong = oracle.panel(400, 12, seed=2)
    right = type(wrong)(**vars(wrong))
    noise = np.random.default_rng(1).normal(size=right.y.shape)
    a, b = (np.eye(400) - value * right.w for value in (0.4, 0.3))
    right.y = np.linalg.solve(a, (right.x @ [1.0, -0.5]).T + np.linalg.solve(b, noise.T)).T
    gaps = []
    for panel in (right, wrong):
        _, given, options = fit(panel, model="sac", effects="region")
        observed, expected = (np.sqrt(np.diag(f(*given, **options))) for f in (observed_covariance, covariance))
        gaps.append(np.abs(observed / expected - 1).max())
    assert 1e-6 < gaps[0] < 0.05
    assert gaps[1] > 0.4


def test_regressors_that_explain_the_lag_do_not_cost_digits(oracle):
    """W y is nearly in the space of the regressors: the differences that inform on rho are small beside it."""
    panel = oracle.panel(14, 6, seed=3)
    shift = 1e4 * panel.x[:, :, 0]
    plain = fit(panel, model="sdm", effects="region")[0]
    # y + (I - rho W)^-1 (shift) has the same rho's likelihood but for slopes of x and W x.
    moved = type(panel)(**vars(panel))
    moved.y = panel.y + np.linalg.solve(np.eye(14) - plain.rho * panel.w, shift.T).T
    found, other, others = fit(moved, model="sdm", effects="region")
    dense = oracle.dense(moved, model="sdm", effects="region")
    theta = at_estimate(dense, found)
    agree(observed_covariance(*other, **others), dense_observed(dense, theta, 4), 1e-4)
    assert np.abs(remove_effects(moved.y[:, :, None], "region")).max() > 1e3
