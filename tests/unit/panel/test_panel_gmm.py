"""Two-stage least squares and moments against dense matrices with a column for every dummy, and their refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp
from scipy.optimize import minimize

from spatial_region.errors import ConvergenceError, IdentificationError, InputError, OptionError
from spatial_region.panel._blocks import spatial_lag
from spatial_region.panel._gmm import estimate_gmm
from spatial_region.panel._instruments import orthonormal, spatial_instruments
from spatial_region.panel.options import PARTS

EFFECTS = ["pooled", "region", "time", "twoway"]
N, PERIODS = 14, 5


@pytest.fixture(scope="module", params=[True, False], ids=["row", "other"])
def panel(request, oracle):
    return oracle.panel(N, PERIODS, seed=5, row=request.param, links=3)


def regressors(panel, model, effects):
    """Intercept where there are no fixed effects, X, and W X."""
    w = sp.csr_array(panel.w)
    parts = [panel.x, spatial_lag(w, panel.x)] if PARTS[model].lag_x else [panel.x]
    if effects in ("pooled", "random"):
        parts.insert(0, np.ones((*panel.y.shape, 1)))
    return np.concatenate(parts, axis=2)


def dummies(effects, periods=PERIODS, n=N):
    region, time = np.kron(np.ones((periods, 1)), np.eye(n)), np.kron(np.eye(periods), np.ones((n, 1)))
    return {
        "pooled": np.zeros((periods * n, 0)),
        "random": np.zeros((periods * n, 0)),
        "region": region,
        "time": time,
        "twoway": np.hstack([region, time[:, 1:]]),
    }[effects]


def flat(blocks):
    return blocks.reshape(blocks.shape[0] * blocks.shape[1], -1)


def dense_2sls(y, z, h):
    """(Z'P Z)^-1 Z'P y by pseudo-inverses."""
    p = h @ np.linalg.pinv(h)
    inverse = np.linalg.inv(z.T @ p @ z)
    return inverse @ z.T @ p @ y, inverse, p


def annihilator(d):
    return np.eye(len(d)) - d @ np.linalg.pinv(d) if d.shape[1] else np.eye(len(d))


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("model", ["sar", "sdm"])
def test_lag_models_are_two_stage_least_squares_with_dummies(panel, model, effects):
    z = regressors(panel, model, effects)
    found = estimate_gmm(panel.y, z, [sp.csr_array(panel.w)], parts=PARTS[model], effects=effects)
    big = np.kron(np.eye(PERIODS), panel.w)
    y, x, d = panel.y.ravel(), flat(z), dummies(effects)
    h = np.hstack([x, big @ x, big @ big @ x, d])
    m = annihilator(d)
    # Partialling the dummies out of everything is two-stage least squares with the dummies among regressors and
    # instruments; here all of it is done in the long form.
    b, inverse, _ = dense_2sls(y, np.hstack([x, (big @ y)[:, None], d]), np.hstack([m @ h, d]))
    k = x.shape[1] + 1
    ours = [*found.coefficients, found.spatial["rho"]]
    np.testing.assert_allclose(ours, b[:k], rtol=1e-8, atol=1e-9)
    residuals = y - np.hstack([x, (big @ y)[:, None], d]) @ b
    df = y.size - k - d.shape[1]
    assert found.df_residual == df
    assert found.sigma2 == pytest.approx(residuals @ residuals / df, rel=1e-9)
    np.testing.assert_allclose(found.covariance, found.sigma2 * inverse[:k, :k], rtol=1e-6)
    np.testing.assert_allclose(found.innovations.ravel(), residuals, atol=1e-9)
    np.testing.assert_allclose(found.effects.ravel(), d @ b[k:], atol=1e-8)


class DenseMoments:
    """Moments of (I - lambda W) u in the space without dummies, from matrices of the size of the panel."""

    def __init__(self, panel, effects):
        self.big = np.kron(np.eye(PERIODS), panel.w)
        d = dummies(effects)
        # All filtered dummies lie in the span of these two, for every lambda.
        self.m = annihilator(np.hstack([d, self.big @ d])) if effects in ("time", "twoway") else annihilator(d)
        self.size = round(np.trace(self.m))
        self.plain = [np.eye(len(self.big)), self.big.T @ self.big, self.big]
        self.traces = np.array([np.trace(self.m @ a) for a in self.plain])

    def kelejian_prucha(self, u, lam, sigma2):
        e = self.m @ (u - lam * self.big @ u)
        return (np.array([e @ a @ e for a in self.plain]) - sigma2 * self.traces) / self.size

    def forms(self):
        inner, both = self.big.T @ self.big, (self.big + self.big.T) / 2
        hollow = [a - np.diag(np.diag(a)) for a in (inner, both)]
        return [a - np.trace(self.m @ a) / self.size * np.eye(len(a)) for a in hollow]

    def drukker(self, u, lam):
        e = self.m @ (u - lam * self.big @ u)
        return np.array([e @ a @ e for a in self.forms()]) / self.size


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("model", ["sem", "sac"])
def test_error_models_minimise_the_moments_and_filter(panel, model, effects):
    z = regressors(panel, model, effects)
    w = sp.csr_array(panel.w)
    found = estimate_gmm(
        panel.y, z, [w], parts=PARTS[model], effects=effects, moments="initial", interval=(-0.98, 0.98)
    )
    dense = DenseMoments(panel, effects)
    y, x, d, big = panel.y.ravel(), flat(z), dummies(effects), dense.big
    m = annihilator(d)
    h = np.hstack([x, big @ x, big @ big @ x])
    endogenous = (big @ y)[:, None] if model == "sac" else np.zeros((y.size, 0))
    full = np.hstack([x, endogenous, d])
    b, _, _ = dense_2sls(y, full, np.hstack([m @ h, d]) if model == "sac" else full)
    u = y - full @ b
    objective = []
    for start in (-0.5, 0.0, 0.5):
        options = {"xatol": 1e-11, "fatol": 1e-22, "maxiter": 2000}
        begin = (start, u @ u / len(u))
        objective.append(
            minimize(lambda p: (dense.kelejian_prucha(u, *p) ** 2).sum(), begin, method="Nelder-Mead", options=options)
        )
    best = min((o for o in objective if abs(o.x[0]) < 0.98), key=lambda o: o.fun)
    assert found.spatial["lambda"] == pytest.approx(best.x[0], abs=1e-6)
    assert found.sigma2_moments == pytest.approx(best.x[1], rel=1e-6)
    # Then the filtered equation, with filtered dummies as columns.
    a = np.eye(y.size) - found.spatial["lambda"] * big
    filtered = a @ full
    last, inverse, _ = dense_2sls(a @ y, filtered, np.hstack([filtered[:, : x.shape[1]], m @ h, a @ d]))
    k = x.shape[1] + endogenous.shape[1]
    np.testing.assert_allclose(
        [*found.coefficients, *list(found.spatial.values())[:-1]], last[:k], rtol=1e-6, atol=1e-7
    )
    residuals = a @ y - filtered @ last
    np.testing.assert_allclose(found.innovations.ravel(), residuals, atol=1e-6)
    np.testing.assert_allclose(found.disturbance.ravel(), np.linalg.solve(a, residuals), atol=1e-6)
    np.testing.assert_allclose(found.covariance[:k, :k], found.sigma2 * inverse[:k, :k], rtol=1e-5, atol=1e-9)
    assert np.isnan(found.covariance[-1]).all()


@pytest.mark.parametrize("effects", [*EFFECTS, "random"])
@pytest.mark.parametrize("kind", ["hom", "het"])
@pytest.mark.parametrize("model", ["sem", "sac"])
def test_joint_covariance_of_slopes_and_lambda(panel, model, kind, effects):
    """Theorem 3 of Drukker, Egger and Prucha with matrices of the size of the panel and a numerical gradient."""
    z = regressors(panel, model, effects)
    w = sp.csr_array(panel.w)
    found = estimate_gmm(
        panel.y, z, [w], parts=PARTS[model], effects=effects, moments=kind, interval=(-0.98, 0.98), small_sample=False
    )
    dense = DenseMoments(panel, effects)
    lam, size, e = found.spatial["lambda"], dense.size, found.residuals.ravel()
    eye, m = np.eye(e.size), annihilator(dummies(effects))
    mean = np.kron(np.ones((PERIODS, PERIODS)) / PERIODS, np.eye(N))
    demean = eye - (found.theta if effects == "random" else 0.0) * mean
    long = flat(z) if model == "sem" else np.hstack([flat(z), (dense.big @ panel.y.ravel())[:, None]])
    estimates = [*found.coefficients, *list(found.spatial.values())[:-1]]
    filtered = eye - lam * dense.big
    star = annihilator(filtered @ dummies(effects)) @ demean @ filtered @ long
    slopes = flat(found.projected) @ found.inverse
    np.testing.assert_allclose(slopes.T @ star, np.eye(len(estimates)), atol=1e-8)
    splits = [eye - mean, mean] if effects == "random" else [eye]
    forms = [split @ form for split in splits for form in dense.forms()]
    added = (
        np.array([-2 * slopes @ star.T @ form @ e for form in forms]).T
        if model == "sac"
        else 0 * slopes[:, : len(forms)]
    )
    added = added if added.shape[1] == len(forms) else np.zeros((e.size, len(forms)))
    u = demean @ m @ (panel.y.ravel() - long @ estimates)

    def moments(value):
        v = dense.m @ (u - value * dense.big @ u)
        return np.array([v @ form @ v for form in forms]) / size

    gradient = -(moments(lam + 1e-6) - moments(lam - 1e-6)) / 2e-6
    clustered = kind == "het" and effects in ("region", "twoway", "random")
    region = np.tile(np.arange(N), PERIODS)
    same = region[:, None] == region if clustered else eye.astype(bool)
    middle = np.where(same, np.outer(e, e), 0) if kind == "het" else eye * (e @ e / size)
    tau = [PERIODS - 1, 1] if effects == "random" else [PERIODS - (effects in ("region", "twoway"))]
    parts = [(split @ e).reshape(PERIODS, N) for split in splits]
    inner, both = panel.w.T @ panel.w, (panel.w + panel.w.T) / 2
    hollow = [form - np.diag(np.diag(form)) for form in (inner, both)]
    psi = added.T @ middle @ added
    for r in range(len(forms)):
        for s in range(len(forms)):
            pair = hollow[r % 2] * hollow[s % 2]
            left, right = parts[r // 2], parts[s // 2]
            if kind == "hom":
                psi[r, s] += 2 * (e @ e / size) ** 2 * tau[r // 2] * pair.sum() * (r // 2 == s // 2)
            elif clustered:
                psi[r, s] += 2 * np.sum(pair * (left.T @ left) * (right.T @ right))
            else:
                psi[r, s] += 2 * sum(np.sum(pair * np.outer(v, v) ** 2) for v in left)
    psi /= size
    weighted = np.linalg.solve(psi, gradient)
    variance = 1 / (gradient @ weighted) / size
    cross = slopes.T @ middle @ added @ weighted * variance
    scale = np.sqrt(np.diag(found.covariance))
    expected = np.block([[slopes.T @ middle @ slopes, cross[:, None]], [cross[None], np.array([[variance]])]])
    np.testing.assert_allclose(found.covariance / np.outer(scale, scale), expected / np.outer(scale, scale), atol=1e-6)


@pytest.mark.parametrize("model", ["ols", "slx", "sem", "sdem"])
def test_random_effects_without_endogenous_regressors_are_generalised_least_squares(panel, model):
    """(X'Omega^-1 X)^-1 X'Omega^-1 y with the whole covariance of the errors, NT x NT."""
    z = regressors(panel, model, "random")
    w = sp.csr_array(panel.w)
    found = estimate_gmm(
        panel.y, z, [w], parts=PARTS[model], effects="random", moments="fullweights", interval=(-0.98, 0.98)
    )
    lam = found.spatial.get("lambda", 0.0)
    spread = np.linalg.inv(np.eye(N) - lam * panel.w)
    mean = np.ones((PERIODS, PERIODS)) / PERIODS
    own = found.sigma2_moments * (np.eye(PERIODS) - mean) + found.sigma2_1 * mean
    precision = np.linalg.inv(np.kron(own, spread @ spread.T))
    x, y = flat(z), panel.y.ravel()
    b = np.linalg.solve(x.T @ precision @ x, x.T @ precision @ y)
    np.testing.assert_allclose(found.coefficients, b, rtol=1e-7)
    scaled = np.linalg.inv(x.T @ precision @ x) * found.sigma2 / found.sigma2_moments
    k = len(b)
    np.testing.assert_allclose(found.covariance[:k, :k], scaled, rtol=1e-7)
    # Best prediction of the effects: covariance of (I - lambda W)^-1 mu with y, times the precision, times residuals.
    between = np.kron(found.sigma2_mu * np.ones((PERIODS, PERIODS)), spread @ spread.T)
    np.testing.assert_allclose(found.effects.ravel(), between @ precision @ (y - x @ b), atol=1e-7)


@pytest.mark.parametrize("kind", ["initial", "weights", "fullweights"])
def test_moments_of_random_effects_are_at_their_minimum(panel, kind):
    z = regressors(panel, "sem", "random")
    w = sp.csr_array(panel.w)
    found = estimate_gmm(panel.y, z, [w], parts=PARTS["sem"], effects="random", moments=kind, interval=(-0.98, 0.98))
    y, x, big = panel.y.ravel(), flat(z), np.kron(np.eye(PERIODS), panel.w)
    u = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    between = np.kron(np.ones((PERIODS, PERIODS)) / PERIODS, np.eye(N))
    forms = [np.eye(len(u)), big.T @ big, big]
    parts = []
    for q, n in ((np.eye(len(u)) - between, N * (PERIODS - 1)), (between, N)):
        parts.append(([q @ form for form in forms], np.array([np.trace(q @ form) for form in forms]), n))

    def conditions(lam, *variances):
        e = u - lam * big @ u
        return np.concatenate(
            [
                (np.array([e @ form @ e for form in products]) - s * traces) / n
                for (products, traces, n), s in zip(parts, variances, strict=False)
            ]
        )

    def best(weight, count):
        solutions = []
        for start in (-0.4, 0.1, 0.6):
            options = {"xatol": 1e-11, "fatol": 1e-22, "maxiter": 4000, "maxfev": 4000}
            begin = (start, *([u @ u / len(u)] * count))
            solutions.append(
                minimize(
                    lambda p: conditions(*p) @ weight @ conditions(*p), begin, method="Nelder-Mead", options=options
                )
            )
        return min((s for s in solutions if abs(s.x[0]) < 0.98), key=lambda s: s.fun).x

    lam, sigma2_v = best(np.eye(3), 1)
    e = u - lam * big @ u
    sigma2_1 = e @ between @ e / N
    if kind == "initial":
        expected = [lam, sigma2_v, sigma2_1]
    else:
        single = [np.eye(N), panel.w.T @ panel.w, (panel.w + panel.w.T) / 2]
        inner = np.array([[2 * np.trace(a @ b) for b in single] for a in single]) / N
        weight = np.kron(
            np.diag([sigma2_v**2 / (PERIODS - 1), sigma2_1**2]), inner if kind == "fullweights" else np.eye(3)
        )
        expected = best(np.linalg.inv(weight), 2)
    ours = [found.spatial["lambda"], found.sigma2_moments, found.sigma2_1]
    np.testing.assert_allclose(ours, expected, rtol=2e-5)


@pytest.mark.parametrize("combine", ["g2sls", "ec2sls"])
def test_random_effects_lag_model(panel, combine):
    """Baltagi and Liu: variances from within and between two-stage least squares, then the quasi-demeaned equation."""
    z = regressors(panel, "sar", "random")
    w = sp.csr_array(panel.w)
    found = estimate_gmm(panel.y, z, [w], parts=PARTS["sar"], effects="random", combine=combine)
    big, x, y = np.kron(np.eye(PERIODS), panel.w), flat(z), panel.y.ravel()
    h = np.hstack([x, big @ x, big @ big @ x])
    full = np.hstack([x, (big @ y)[:, None]])
    q1 = np.kron(np.ones((PERIODS, PERIODS)) / PERIODS, np.eye(N))
    q0 = np.eye(len(y)) - q1
    inside = q0 @ full[:, 1:]
    b, _, _ = dense_2sls(q0 @ y, inside, q0 @ h)
    sigma2_v = ((q0 @ y - inside @ b) ** 2).sum() / (N * (PERIODS - 1) - inside.shape[1])
    b, _, _ = dense_2sls(q1 @ y, q1 @ full, q1 @ h)
    sigma2_1 = ((q1 @ y - q1 @ full @ b) ** 2).sum() / (N - full.shape[1])
    assert found.sigma2_moments == pytest.approx(sigma2_v, rel=1e-7)
    assert found.sigma2_1 == pytest.approx(max(sigma2_1, sigma2_v), rel=1e-7)
    change = q0 + np.sqrt(sigma2_v / max(sigma2_1, sigma2_v)) * q1
    instruments = change @ h if combine == "g2sls" else np.hstack([q0 @ h, q1 @ h])
    b, inverse, _ = dense_2sls(change @ y, change @ full, instruments)
    np.testing.assert_allclose([*found.coefficients, found.spatial["rho"]], b, rtol=1e-7)
    np.testing.assert_allclose(found.covariance, found.sigma2 * inverse, rtol=1e-6)


def test_several_weights_other_error_weights_and_endogenous_regressors(oracle):
    one, two, three = (oracle.panel(30, 4, seed=seed) for seed in (1, 2, 3))
    w1, w2, m = (sp.csr_array(p.w) for p in (one, two, three))
    rng = np.random.default_rng(4)
    outside = rng.normal(size=(4, 30, 2))
    bad = outside @ [1.0, 0.5] + rng.normal(size=(4, 30))
    found = estimate_gmm(
        one.y, one.x, [w1, w2], parts=PARTS["sac"], effects="region", error=m, endogenous=bad[:, :, None],
        outside=outside, lag_outside=True, moments="initial",
    )  # fmt: skip
    assert list(found.spatial) == ["rho_1", "rho_2", "lambda"]
    assert len(found.endogenous) == 1
    assert found.covariance.shape == (6, 6)
    big1, big2, big_m = (np.kron(np.eye(4), w.toarray()) for w in (w1, w2, m))
    demean = annihilator(dummies("region", 4, 30))
    y, x, q = one.y.ravel(), flat(one.x), flat(outside)
    own = np.hstack([x, q])
    h = np.hstack([own, *(np.hstack([b @ own, b @ b @ own]) for b in (big1, big2))])
    h = demean @ np.hstack([h, big_m @ h])
    full = demean @ np.column_stack([x, bad.ravel(), big1 @ y, big2 @ y])
    a = np.eye(len(y)) - found.spatial["lambda"] * big_m
    b, _, _ = dense_2sls(a @ demean @ y, a @ full, np.hstack([a @ full[:, :2], h]))
    ours = [*found.coefficients, *found.endogenous, found.spatial["rho_1"], found.spatial["rho_2"]]
    np.testing.assert_allclose(ours, b, rtol=1e-6)


@pytest.mark.parametrize("effects", ["pooled", "twoway", "random"])
@pytest.mark.parametrize("model", ["sdm", "gns"])
def test_answer_does_not_depend_on_order_or_units(oracle, model, effects):
    n = 60
    panel = oracle.panel(n, PERIODS, seed=3)
    z = regressors(panel, model, effects)
    plain = estimate_gmm(panel.y, z, [sp.csr_array(panel.w)], parts=PARTS[model], effects=effects)
    order = np.random.default_rng(0).permutation(n)
    w = sp.csr_array(panel.w[np.ix_(order, order)])
    moved = estimate_gmm(
        1000 * panel.y[:, order], z[:, order] * 1e-3, [w], parts=PARTS[model], effects=effects
    )  # fmt: skip
    np.testing.assert_allclose(moved.coefficients, plain.coefficients * 1e6, rtol=1e-6)
    for name, value in plain.spatial.items():
        assert moved.spatial[name] == pytest.approx(value, rel=1e-6)
    scale = np.ones(len(plain.covariance))
    scale[: z.shape[2]] = 1e6
    np.testing.assert_allclose(moved.covariance, plain.covariance * np.outer(scale, scale), rtol=1e-5)
    np.testing.assert_allclose(moved.innovations, 1000 * plain.innovations[:, order], rtol=1e-5, atol=1e-5)


def test_callers_arrays_are_left_alone(panel):
    z = regressors(panel, "gns", "pooled")
    before = panel.y.copy(), z.copy()
    estimate_gmm(panel.y, z, [sp.csr_array(panel.w)], parts=PARTS["gns"], effects="pooled")
    assert (panel.y == before[0]).all()
    assert (z == before[1]).all()


def test_instruments_that_repeat_others_are_left_out():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(40, 3))
    basis = orthonormal(
        np.column_stack([columns, columns @ [1.0, 2.0, 3.0], columns[:, :1] * 1e9, rng.normal(size=40)])
    )
    assert basis.kept == (0, 1, 2, 5)
    np.testing.assert_allclose(basis.q.T @ basis.q, np.eye(4), atol=1e-14)


def test_instruments_are_powers_of_all_weights(panel):
    w = sp.csr_array(panel.w)
    both = spatial_instruments(panel.x, [w, sp.csr_array(w.T)], orders=2)
    dense = [panel.w, panel.w @ panel.w, panel.w.T, panel.w.T @ panel.w.T]
    for place, matrix in enumerate(dense):
        np.testing.assert_allclose(both[:, :, 2 + 2 * place : 4 + 2 * place], np.einsum("ij,tjk->tik", matrix, panel.x))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"parts": PARTS["sac"], "effects": "region", "moments": "best"}, OptionError, "moments"),
        ({"parts": PARTS["sar"], "effects": "random", "combine": "mean"}, OptionError, "combine"),
        ({"parts": PARTS["sar"], "effects": "region", "weights": []}, OptionError, "needs weights"),
        ({"parts": PARTS["sem"], "effects": "region", "weights": []}, OptionError, "needs weights"),
    ],
)
def test_options_that_do_not_go_together(panel, options, error, message):
    given = {"weights": [sp.csr_array(panel.w)]} | options
    with pytest.raises(error, match=message):
        estimate_gmm(panel.y, panel.x, **given)


def test_too_few_instruments_are_refused(panel):
    bad = panel.x[:, :, 1:] ** 2
    with pytest.raises(IdentificationError, match="outside instruments; found 0"):
        estimate_gmm(panel.y, panel.x, [], parts=PARTS["ols"], effects="region", endogenous=bad)
    with pytest.raises(IdentificationError, match="found 0"):
        # The outside instrument says what a regressor says already.
        estimate_gmm(
            panel.y, panel.x, [], parts=PARTS["ols"], effects="region", endogenous=bad, outside=panel.x[:, :, :1] * 2
        )


def test_repeated_regressors_and_constant_ones_are_refused(panel):
    w = [sp.csr_array(panel.w)]
    twice = np.concatenate([panel.x, panel.x[:, :, :1] * 3], axis=2)
    with pytest.raises(IdentificationError, match="exogenous regressor 3 of 3"):
        estimate_gmm(panel.y, twice, w, parts=PARTS["sar"], effects="region")


def test_random_effects_need_times_and_regions(panel):
    w = [sp.csr_array(panel.w)]
    with pytest.raises(InputError, match="at least 2 times"):
        estimate_gmm(panel.y[:1], panel.x[:1], w, parts=PARTS["sem"], effects="random")
    wide = np.random.default_rng(0).normal(size=(PERIODS, N, N + 1))
    with pytest.raises(InputError, match="more regions than regressors"):
        estimate_gmm(panel.y, wide, w, parts=PARTS["ols"], effects="random")


def test_lambda_beyond_its_interval_is_no_estimate(panel):
    w = sp.csr_array(panel.w)
    trend = np.linalg.solve(np.eye(N) - 0.999 * panel.w / np.abs(np.linalg.eigvals(panel.w)).max(), np.ones(N))
    y = panel.x[:, :, 0] + 100 * trend * np.arange(1, PERIODS + 1)[:, None]
    with pytest.raises(ConvergenceError, match="no minimum inside"):
        estimate_gmm(y, panel.x, [w], parts=PARTS["sem"], effects="pooled", moments="initial", interval=(-0.1, 0.1))


def test_cross_section_is_a_panel_of_one_period(panel):
    z = regressors(panel, "sac", "pooled")
    w = sp.csr_array(panel.w)
    block = sp.csr_array(sp.block_diag([panel.w] * PERIODS))
    options = {"parts": PARTS["sac"], "effects": "pooled", "moments": "het", "interval": (-0.98, 0.98)}
    panel_fit = estimate_gmm(panel.y, z, [w], **options)
    stacked = estimate_gmm(panel.y.reshape(1, -1), z.reshape(1, N * PERIODS, -1), [block], **options)
    np.testing.assert_allclose(panel_fit.coefficients, stacked.coefficients, rtol=1e-9)
    np.testing.assert_allclose(panel_fit.covariance, stacked.covariance, rtol=1e-8)
