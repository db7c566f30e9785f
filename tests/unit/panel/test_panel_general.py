"""Several, separate and time-varying weights against dense maximum likelihood with explicit block-diagonal weights."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse as sp
from scipy.linalg import block_diag
from scipy.optimize import minimize

from spatial_region.errors import OptionError, WeightsError
from spatial_region.panel._blocks import make_blocks
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._estimate import estimate
from spatial_region.panel._general import estimate_general, parameter_names
from spatial_region.panel._operators import make_operators
from spatial_region.panel.options import PARTS

EFFECTS = ("pooled", "region", "time", "twoway")


def weights(n, rng, *, row=True, links=3):
    w = np.zeros((n, n))
    for i in range(n):
        w[i, rng.choice(np.delete(np.arange(n), i), size=links, replace=False)] = rng.uniform(0.5, 1.5, size=links)
    return w / w.sum(axis=1, keepdims=True) if row else w / np.abs(np.linalg.eigvals(w)).max()


def general_panel(*, lags, error, n=11, periods=5, seed=1, row=True):
    """A panel of y = sum rho_j W_j y + ... with `lags` and `error` such as ("fixed", "varying")."""
    rng = np.random.default_rng(seed)

    def draw(kind):
        return [weights(n, rng, row=row) for _ in range(periods if kind == "varying" else 1)]

    w = [draw(kind) for kind in lags]
    m = draw(error) if error else None
    x = rng.normal(size=(periods, n, 2)) + rng.normal(size=(1, n, 1))
    base = x @ [1.0, -0.5] + rng.normal(size=n) + rng.normal(size=(periods, 1))
    y = np.empty((periods, n))
    for t in range(periods):
        of_t = [one[t % len(one)] for one in w]
        last = (m or w[0])[t % len(m or w[0])]
        u = np.linalg.solve(np.eye(n) - 0.3 * last, rng.normal(size=n))
        s = np.eye(n) - sum(value * one for value, one in zip((0.35, 0.2), of_t, strict=False))
        y[t] = np.linalg.solve(s, base[t] + sum(one @ x[t] @ [0.4, 0.2] for one in of_t) + u)
    operators = make_operators([[sp.csr_array(one) for one in part] for part in w], periods)
    of_error = make_operators([[sp.csr_array(one) for one in m]], periods) if m else None
    return SimpleNamespace(y=y, x=x, w=w, m=m, lags=operators, error=of_error)


def fit(panel, *, model, effects, lee_yu=False):
    x, intercept = panel.x, None
    if effects == "pooled":
        x, intercept = np.concatenate([np.ones((*panel.y.shape, 1)), x], axis=2), 0
    lagged = [column for column in range(x.shape[2]) if column != intercept] if PARTS[model].lag_x else []
    return estimate_general(
        panel.y, x, panel.lags, panel.error, parts=PARTS[model], lagged=lagged, effects=effects, lee_yu=lee_yu,
        intercept=intercept,
    )  # fmt: skip


class GeneralDense:
    """Maximum likelihood with a column for every dummy, and matrices of the size of the whole panel."""

    def __init__(self, panel, *, model, effects, lee_yu=False):
        periods, n = panel.y.shape
        parts = PARTS[model]
        f_time, f_region = np.eye(periods), np.eye(n)
        if lee_yu:
            f_time = complement(periods) if effects in ("region", "twoway") else f_time
            f_region = complement(n) if effects in ("time", "twoway") else f_region
        f = np.kron(f_time, f_region)

        def big(one):
            return block_diag(*(one[t % len(one)] for t in range(periods)))

        everything = [big(one) for one in panel.w]
        z = panel.x.reshape(-1, 2)
        z = np.hstack([z, *(one @ z for one in everything)]) if parts.lag_x else z
        first = np.ones((n * periods, 1)) if effects == "pooled" else np.zeros((n * periods, 0))
        dummies = [first]
        if effects in ("region", "twoway") and not lee_yu:
            dummies.append(np.kron(np.ones((periods, 1)), np.eye(n)))
        if effects in ("time", "twoway") and not lee_yu:
            dummies.append(np.kron(np.eye(periods), np.ones((n, 1)))[:, effects == "twoway" :])
        self.k = z.shape[1]
        self.design = f.T @ np.hstack([z, *dummies])
        self.y = f.T @ panel.y.ravel()
        self.lags = [f.T @ one @ f for one in everything] if parts.lag_y else []
        self.error = f.T @ big(panel.m or panel.w[0]) @ f if parts.error else None
        self.eye = np.eye(len(self.y))

    def filters(self, spatial):
        p = len(self.lags)
        a = self.eye - sum((value * one for value, one in zip(spatial[:p], self.lags, strict=True)), 0 * self.eye)
        return a, self.eye if self.error is None else self.eye - spatial[-1] * self.error

    def concentrated(self, spatial):
        a, b = self.filters(spatial)
        (sign_a, log_a), (sign_b, log_b) = np.linalg.slogdet(a), np.linalg.slogdet(b)
        if min(sign_a, sign_b) <= 0:
            return -np.inf, None, None
        coefficients = np.linalg.lstsq(b @ self.design, b @ a @ self.y, rcond=None)[0]
        e = b @ (a @ self.y - self.design @ coefficients)
        sigma2 = e @ e / len(e)
        return -len(e) / 2 * (np.log(2 * np.pi * sigma2) + 1) + log_a + log_b, coefficients, sigma2

    def maximise(self, start):
        best = minimize(
            lambda s: -self.concentrated(s)[0], start, method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000, "initial_simplex": simplex(start)},
        )  # fmt: skip
        return best.x, *self.concentrated(best.x)

    def moments(self, theta):
        a, b = self.filters(theta[self.design.shape[1] : -1])
        inverse = np.linalg.inv(a)
        spread = inverse @ np.linalg.inv(b)
        return inverse @ (self.design @ theta[: self.design.shape[1]]), theta[-1] * spread @ spread.T

    def covariance(self, theta):
        """Inverse expected information of y ~ N(mean, Sigma), by central differences of mean and Sigma."""
        precision = np.linalg.inv(self.moments(theta)[1])
        means, spreads = [], []
        for place in range(len(theta)):
            step = np.zeros(len(theta))
            step[place] = 1e-5 * max(abs(theta[place]), 1e-1)
            (m1, s1), (m0, s0) = self.moments(theta + step), self.moments(theta - step)
            means.append((m1 - m0) / (2 * step[place]))
            spreads.append(precision @ (s1 - s0) / (2 * step[place]))
        means = np.array(means)
        information = means @ precision @ means.T
        information += 0.5 * np.array([[np.sum(s * t.T) for t in spreads] for s in spreads])
        return np.linalg.inv(information)


def simplex(start):
    return np.vstack([start, start + 0.05 * np.eye(len(start))])


def complement(n):
    return np.linalg.svd(np.eye(n) - 1 / n)[0][:, : n - 1]


def check(found, dense, *, intercept):
    spatial = np.array([*found.rho, *([found.lam] if dense.error is not None else [])])
    assert not found.optimum.at_bound
    assert found.gradient < 1e-7
    best, loglik, coefficients, sigma2 = dense.maximise(spatial + 0.03)
    # The intercept comes first here and last among the dense columns.
    mine = np.roll(found.coefficients, -1) if intercept else found.coefficients
    np.testing.assert_allclose([*mine, *spatial], [*coefficients[: len(mine)], *best], atol=2e-6)
    assert found.loglik == pytest.approx(loglik, abs=1e-8)
    assert found.sigma2 == pytest.approx(sigma2, rel=1e-6)
    expected = dense.covariance(np.array([*coefficients, *best, sigma2]))
    kept = [*range(len(mine)), *range(len(coefficients), len(expected))]
    order = [*np.roll(np.arange(len(mine)), -1 if intercept else 0), *range(len(mine), len(kept))]
    errors = np.sqrt(np.diag(expected)[kept])
    scale = np.outer(errors, errors)
    np.testing.assert_allclose(
        found.covariance[np.ix_(order, order)] / scale, expected[np.ix_(kept, kept)] / scale, atol=1e-5
    )


STRUCTURES = {
    "two": {"lags": ("fixed", "fixed"), "error": "fixed"},
    "separate": {"lags": ("fixed",), "error": "fixed"},
    "varying": {"lags": ("varying",), "error": None},
    "varying lag": {"lags": ("varying",), "error": "fixed"},
    "varying error": {"lags": ("fixed",), "error": "varying"},
    "everything": {"lags": ("varying", "fixed"), "error": "varying"},
}


CASES = [(s, "sac", e) for s in STRUCTURES for e in EFFECTS] + [(s, "sdem", "twoway") for s in STRUCTURES]


@pytest.mark.parametrize(("structure", "model", "effects"), CASES)
def test_equals_dense_dummy_variable_likelihood(structure, model, effects):
    panel = general_panel(**STRUCTURES[structure])
    check(fit(panel, model=model, effects=effects), GeneralDense(panel, model=model, effects=effects),
          intercept=effects == "pooled")  # fmt: skip


@pytest.mark.parametrize("effects", ["pooled", "twoway"])
@pytest.mark.parametrize(
    ("structure", "model"), [("two", "sdm"), ("varying", "sar"), ("varying", "sem"), ("two", "gns")]
)
def test_other_models(structure, model, effects):
    panel = general_panel(**STRUCTURES[structure], n=14, periods=6, seed=4)
    check(fit(panel, model=model, effects=effects), GeneralDense(panel, model=model, effects=effects),
          intercept=effects == "pooled")  # fmt: skip


@pytest.mark.parametrize("effects", ["time", "twoway"])
@pytest.mark.parametrize("structure", ["two", "varying", "everything"])
def test_weights_that_are_not_row_standardised(structure, effects):
    panel = general_panel(**STRUCTURES[structure], seed=2, row=False)
    check(fit(panel, model="sac", effects=effects), GeneralDense(panel, model="sac", effects=effects), intercept=False)


@pytest.mark.parametrize(
    ("structure", "effects"),
    [("two", "region"), ("two", "time"), ("two", "twoway"), ("varying", "time"), ("separate", "twoway")],
)
@pytest.mark.parametrize("model", ["sar", "sac"])
def test_lee_yu_equals_the_explicit_transformation(structure, effects, model):
    panel = general_panel(**STRUCTURES[structure], n=16, periods=6, seed=5)
    found = fit(panel, model=model, effects=effects, lee_yu=True)
    dense = GeneralDense(panel, model=model, effects=effects, lee_yu=True)
    assert found.size == len(dense.y)
    assert found.n_effects == 0
    check(found, dense, intercept=False)


@pytest.mark.parametrize("row", [True, False])
@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("model", list(PARTS))
def test_one_fixed_weights_equals_the_fast_path(oracle, model, effects, row):
    panel = oracle.panel(14, 6, seed=3, row=row)
    w, parts = sp.csr_array(panel.w), PARTS[model]
    x, intercept = panel.x, None
    if effects == "pooled":
        x, intercept = np.concatenate([np.ones((6, 14, 1)), x], axis=2), 0
    lagged = [column for column in range(x.shape[2]) if column != intercept] if parts.lag_x else []
    blocks = make_blocks(panel.y, x, w, lagged=lagged, effects=effects, intercept=intercept)
    fast = estimate(blocks, w, make_determinant(w, "auto"), parts=parts, effects=effects, lee_yu=False)
    lags = make_operators([[w]], 6)
    found = estimate_general(panel.y, x, lags, parts=parts, lagged=lagged, effects=effects, intercept=intercept)
    np.testing.assert_allclose(found.coefficients, fast.coefficients, atol=1e-8)
    np.testing.assert_allclose([found.rho.sum(), found.lam], [fast.rho, fast.lam], atol=1e-8)
    errors = np.sqrt(np.diag(fast.covariance))
    np.testing.assert_allclose(found.covariance / np.outer(errors, errors),
                               fast.covariance / np.outer(errors, errors), atol=1e-7)  # fmt: skip
    np.testing.assert_allclose(found.effects, fast.effects, atol=2e-8)
    np.testing.assert_allclose(found.residuals.innovations, fast.residuals.innovations, atol=2e-8)
    for name in ("loglik", "sigma2", "size", "n_effects", "df_residual", "r2", "r2_within", "r2_squared_correlation"):
        assert getattr(found, name) == pytest.approx(getattr(fast, name), abs=1e-8)


def test_equal_matrices_in_all_periods_are_one_matrix():
    panel = general_panel(lags=("fixed",), error=None)
    repeated = make_operators([[sp.csr_array(panel.w[0][0])] * 5], 5)
    assert repeated.constant
    assert len(repeated.matrices[0]) == 1


def test_effects_are_those_of_the_dummies():
    """Under weights of the errors that change over time region effects do not follow from means."""
    panel = general_panel(**STRUCTURES["everything"])
    found = fit(panel, model="sac", effects="twoway")
    dense = GeneralDense(panel, model="sac", effects="twoway")
    _, coefficients, _ = dense.concentrated(np.array([*found.rho, found.lam]))
    effects = (dense.design[:, 2:] @ coefficients[2:]).reshape(panel.y.shape)
    np.testing.assert_allclose(found.effects, effects, atol=1e-10)
    a, _ = dense.filters(np.array([*found.rho, found.lam]))
    disturbance = a @ dense.y - dense.design @ coefficients
    np.testing.assert_allclose(found.residuals.disturbance.ravel(), disturbance, atol=1e-10)


def test_order_of_regions_and_units_change_nothing():
    panel = general_panel(**STRUCTURES["everything"], n=12)
    first = fit(panel, model="gns", effects="twoway")
    order = np.random.default_rng(0).permutation(12)

    def moved(parts):
        return make_operators([[sp.csr_array(w[np.ix_(order, order)]) for w in part] for part in parts], 5)

    other = SimpleNamespace(y=1e6 * panel.y[:, order] + 3e6, x=1e-3 * panel.x[:, order], lags=moved(panel.w),
                            error=moved([panel.m]))  # fmt: skip
    second = fit(other, model="gns", effects="twoway")
    np.testing.assert_allclose(second.coefficients * 1e-9, first.coefficients, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose([*second.rho, second.lam], [*first.rho, first.lam], atol=1e-8)
    k = len(first.coefficients)
    np.testing.assert_allclose(second.covariance[k:-1, k:-1], first.covariance[k:-1, k:-1], rtol=1e-6)


def test_arrays_of_the_caller_stay_as_they_are():
    panel = general_panel(**STRUCTURES["everything"])
    y, x, w = panel.y.copy(), panel.x.copy(), sp.csr_array(panel.w[0][0])
    before = w.copy()
    fit(panel, model="gns", effects="twoway")
    make_operators([[w]], 5)
    np.testing.assert_array_equal(panel.y, y)
    np.testing.assert_array_equal(panel.x, x)
    assert (w != before).nnz == 0


def test_names():
    assert parameter_names(["a", "b"], ["a"], weights=1, parts=PARTS["gns"]) == ["a", "b", "W_a", "rho", "lambda"]
    assert parameter_names(["a", "b"], ["a"], weights=2, parts=PARTS["gns"]) == [
        "a", "b", "W1_a", "W2_a", "rho_1", "rho_2", "lambda",
    ]  # fmt: skip
    assert parameter_names(["a"], [], weights=2, parts=PARTS["sem"]) == ["a", "lambda"]


@pytest.mark.parametrize("effects", ["region", "twoway"])
def test_lee_yu_refuses_weights_that_change(effects):
    with pytest.raises(OptionError, match="same in all periods"):
        fit(general_panel(**STRUCTURES["varying"]), model="sar", effects=effects, lee_yu=True)
    with pytest.raises(OptionError, match="same in all periods"):
        fit(general_panel(**STRUCTURES["varying error"]), model="sem", effects=effects, lee_yu=True)


def test_lee_yu_refuses_rows_that_do_not_sum_to_one():
    with pytest.raises(WeightsError, match="sum to 1"):
        fit(general_panel(**STRUCTURES["two"], row=False), model="sar", effects="time", lee_yu=True)
    with pytest.raises(OptionError, match="pooled"):
        fit(general_panel(**STRUCTURES["two"]), model="sar", effects="pooled", lee_yu=True)


def test_the_error_process_has_one_weights():
    two = general_panel(lags=("fixed", "fixed"), error=None)
    with pytest.raises(OptionError, match="exactly one weights; found 2"):
        fit(two, model="sac", effects="region")
    with pytest.raises(OptionError, match="no weights"):
        estimate_general(two.y, two.x, None, parts=PARTS["sar"], lagged=[], effects="region")
