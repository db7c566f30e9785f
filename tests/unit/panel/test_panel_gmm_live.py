"""Efficient moments and tests of instruments against spreg (1.8 or newer) and linearmodels; spreg's faults."""

from __future__ import annotations

from types import SimpleNamespace

import libpysal
import numpy as np
import pytest
import spreg
from linearmodels.iv import IV2SLS
from linearmodels.iv.common import cragg_donald_f, kleibergen_paap_f
from scipy import sparse as sp

from spatial_region.panel._gmm import estimate_gmm
from spatial_region.panel._gmm_equation import between
from spatial_region.panel._gmm_moments import ErrorSpace, kelejian_prucha, make_space, moment_variance, solve_moments
from spatial_region.panel._gmm_random import _stack
from spatial_region.panel.options import PARTS

N = 100


def nearest(points, k):
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    return sp.csr_array((distance <= np.sort(distance, axis=1)[:, [k - 1]]) / float(k))


def as_pysal(w):
    rows = [slice(w.indptr[i], w.indptr[i + 1]) for i in range(w.shape[0])]
    neighbours = {i: w.indices[row].tolist() for i, row in enumerate(rows)}
    return libpysal.weights.W(
        neighbours, {i: w.data[row].tolist() for i, row in enumerate(rows)}, silence_warnings=True
    )


@pytest.fixture(scope="module")
def cross():
    rng = np.random.default_rng(8)
    w = nearest(rng.uniform(size=(N, 2)), 5)
    x, outside, e = rng.normal(size=(N, 2)), rng.normal(size=(N, 1)), rng.normal(size=N)
    bad = outside[:, 0] + 0.5 * e + rng.normal(size=N)
    u = np.linalg.solve(np.eye(N) - 0.4 * w.toarray(), e)
    y = np.linalg.solve(np.eye(N) - 0.3 * w.toarray(), 1 + x @ [1.0, -0.5] + 0.5 * bad + u)
    z = np.column_stack([np.ones(N), x])
    return SimpleNamespace(w=w, pysal=as_pysal(w), y=y, x=x, z=z, outside=outside, bad=bad[:, None])


def compare(theirs, ours):
    estimates = [*ours.coefficients, *ours.endogenous, *ours.spatial.values()]
    np.testing.assert_allclose(estimates, theirs.betas.ravel(), rtol=1e-5, atol=1e-6)
    scale = np.sqrt(np.diag(theirs.vm))
    size = len(scale)
    np.testing.assert_allclose(
        ours.covariance[:size, :size] / np.outer(scale, scale), theirs.vm / np.outer(scale, scale), atol=1e-5
    )


@pytest.mark.parametrize("kind", ["hom", "het"])
@pytest.mark.parametrize("model", ["sem", "sac"])
def test_efficient_moments_are_spregs(cross, model, kind):
    """spreg's homoskedastic models take the same moments with A1='het'; its variances divide by n."""
    form = {"A1": "het"} if kind == "hom" else {}
    lags = {} if model == "sem" else {"w_lags": 2}
    peer = getattr(spreg, f"GM_{'Error' if model == 'sem' else 'Combo'}_{kind.title()}")
    theirs = peer(cross.y[:, None], cross.x, w=cross.pysal, **form, **lags)
    ours = estimate_gmm(
        cross.y[None], cross.z[None], [cross.w], parts=PARTS[model], effects="pooled", moments=kind, small_sample=False
    )
    compare(theirs, ours)


@pytest.mark.parametrize("kind", ["initial", "hom", "het"])
def test_endogenous_regressor_beside_lag_and_error_is_spregs(cross, kind):
    name = {"initial": "GM_Combo", "hom": "GM_Combo_Hom", "het": "GM_Combo_Het"}[kind]
    form = {"A1": "het"} if kind == "hom" else {}
    theirs = getattr(spreg, name)(
        cross.y[:, None], cross.x, cross.bad, cross.outside, w=cross.pysal, w_lags=2, lag_q=True, **form
    )
    ours = estimate_gmm(
        cross.y[None], cross.z[None], [cross.w], parts=PARTS["sac"], effects="pooled", moments=kind, small_sample=False,
        endogenous=cross.bad[None], outside=cross.outside[None], lag_outside=True,
    )  # fmt: skip
    compare(theirs, ours)


def test_spreg_cuts_the_coefficient_of_an_endogenous_regressor(cross):
    """GM_Endog_Error_Het bounds its last coefficient by 0.9 as if it were rho: another unit, another answer."""
    fits = []
    for unit in (1.0, 0.1):
        fits.append(
            spreg.GM_Endog_Error_Het(cross.y[:, None], cross.x, unit * cross.bad, cross.outside, w=cross.pysal).betas
        )
    assert abs(fits[0][3, 0]) < 0.9
    # In tenths the coefficient is ten times larger, and is cut; the other coefficients change with it.
    assert abs(fits[1][3, 0]) == pytest.approx(0.9)
    assert abs(fits[1][3, 0] / 10 - fits[0][3, 0]) > 0.1
    options = {"parts": PARTS["sem"], "effects": "pooled", "moments": "het", "outside": cross.outside[None]}
    ours = [
        estimate_gmm(cross.y[None], cross.z[None], [cross.w], endogenous=unit * cross.bad[None], **options)
        for unit in (1.0, 0.1)
    ]
    np.testing.assert_allclose(ours[1].endogenous, 10 * ours[0].endogenous, rtol=1e-8)
    assert ours[1].spatial["lambda"] == pytest.approx(ours[0].spatial["lambda"], rel=1e-8)


def test_covariance_of_the_moments_is_that_of_normal_errors_and_not_spregs(cross):
    """Tau of Kapoor, Kelejian and Prucha, by simulation; spreg's _get_Tau lacks a 2, and divides by N twice."""
    w = cross.w
    e = np.random.default_rng(0).normal(size=(20_000, N))
    we = e @ w.toarray().T
    moments = np.column_stack([(e * e).sum(axis=1), (we * we).sum(axis=1), (we * e).sum(axis=1)]) / N
    simulated = N * np.cov(moments.T)
    ours = moment_variance(w)
    np.testing.assert_allclose(ours, simulated, atol=0.05 * np.abs(ours).max())
    theirs = spreg.sp_panels._get_Tau(w, float(w.power(2).sum()))
    assert theirs[0, 1] == pytest.approx(ours[0, 1] / N, rel=1e-9)
    assert theirs[1, 1] == pytest.approx(ours[1, 1] / 2, rel=1e-9)


def test_partially_weighted_moments_are_lower_than_spregs(oracle):
    """spreg's GM_KKP stops its search early; the equations are the same."""
    panel = oracle.panel(30, 6, seed=2)
    w = sp.csr_array(panel.w)
    z = np.concatenate([np.ones((6, 30, 1)), panel.x], axis=2)
    theirs = spreg.GM_KKP(panel.y.reshape(-1, 1), panel.x.reshape(-1, 2), as_pysal(w)).betas.ravel()[-3:]
    ours = estimate_gmm(panel.y, z, [w], parts=PARTS["sem"], effects="random", moments="weights")
    flat = z.reshape(-1, 3)
    u = (panel.y.ravel() - flat @ np.linalg.lstsq(flat, panel.y.ravel(), rcond=None)[0]).reshape(6, 30)
    inside = kelejian_prucha(u - u.mean(axis=0), make_space(w, u.shape, "region"))
    mean = between(u[:, :, None])[:, :, 0]
    both = _stack(inside, kelejian_prucha(mean, ErrorSpace(w, np.zeros((30, 0)), 1)))
    start = solve_moments(inside, (-1.0, 1.0))
    ahead = mean - start.lam * (w @ mean[0])[None]
    weight = np.diag(np.repeat([start.variances[0] ** 2 / 5, ((ahead**2).sum() / 30) ** 2], 3))

    def objective(lam, sigma2_v, sigma2_1):
        gap = both.left @ [lam, lam**2] + both.variances @ [sigma2_v, sigma2_1] - both.right
        return gap @ np.linalg.solve(weight, gap)

    mine = [ours.spatial["lambda"], ours.sigma2_moments, ours.sigma2_1]
    assert objective(*mine) <= objective(*theirs)
    np.testing.assert_allclose(mine, theirs, rtol=0.05)


@pytest.fixture(scope="module")
def instrumented():
    rng = np.random.default_rng(3)
    z = np.column_stack([np.ones(300), rng.normal(size=300)])
    outside, e = rng.normal(size=(300, 4)), rng.normal(size=300) * (1 + np.abs(z[:, 1]))
    first = outside @ [1.0, 0.5, 0.0, 0.2] + 0.5 * e + rng.normal(size=300)
    second = outside @ [0.0, 0.3, 0.4, 0.2] + 0.3 * e + rng.normal(size=300)
    bad = np.column_stack([first, second])
    return z @ [1.0, 2.0] + bad @ [0.5, -1.0] + e, z, bad, outside


def test_estimates_and_tests_of_instruments_are_linearmodels(instrumented):
    y, z, bad, outside = instrumented
    ours = estimate_gmm(
        y[None], z[None], [], parts=PARTS["ols"], effects="pooled", endogenous=bad[None], outside=outside[None]
    )
    theirs = IV2SLS(y, z, bad, outside).fit(cov_type="unadjusted", debiased=True)
    np.testing.assert_allclose([*ours.coefficients, *ours.endogenous], theirs.params, rtol=1e-10)
    np.testing.assert_allclose(ours.covariance, theirs.cov, rtol=1e-9)
    assert ours.overidentification.sargan.statistic == pytest.approx(theirs.sargan.stat, rel=1e-9)
    assert ours.overidentification.sargan.p == pytest.approx(theirs.sargan.pval, rel=1e-9)
    assert ours.overidentification.robust.statistic == pytest.approx(theirs.wooldridge_overid.stat, rel=1e-9)
    table = theirs.first_stage.diagnostics
    np.testing.assert_allclose(ours.first_stage.f, table["f.stat"], rtol=1e-9)
    np.testing.assert_allclose(ours.first_stage.partial_r2, table["partial.rsquared"], rtol=1e-9)
    assert ours.first_stage.cragg_donald == pytest.approx(cragg_donald_f(bad, outside, z), rel=1e-9)
    assert ours.first_stage.kleibergen_paap == pytest.approx(kleibergen_paap_f(bad, outside, z), rel=1e-9)


def test_conditional_f_by_its_definition(instrumented):
    """Sanderson and Windmeijer: F of what two-stage least squares on the other endogenous regressor leaves."""
    y, z, bad, outside = instrumented
    ours = estimate_gmm(
        y[None], z[None], [], parts=PARTS["ols"], effects="pooled", endogenous=bad[None], outside=outside[None]
    )
    every = np.hstack([z, outside])
    for place in (0, 1):
        fit = IV2SLS(bad[:, place], z, bad[:, [1 - place]], outside).fit()
        left = np.asarray(fit.resids)
        restricted = ((left - z @ np.linalg.lstsq(z, left, rcond=None)[0]) ** 2).sum()
        full = ((left - every @ np.linalg.lstsq(every, left, rcond=None)[0]) ** 2).sum()
        expected = (restricted - full) / 3 / (full / (300 - 6))
        assert ours.first_stage.conditional_f[place] == pytest.approx(expected, rel=1e-8)


def test_weak_instruments_show(cross):
    """An instrument that says nothing has an F near 1."""
    noise = np.random.default_rng(1).normal(size=(1, N, 2))
    ours = estimate_gmm(
        cross.y[None],
        cross.z[None],
        [],
        parts=PARTS["ols"],
        effects="pooled",
        endogenous=cross.bad[None],
        outside=noise,
    )
    assert ours.first_stage.cragg_donald < 3
    assert ours.first_stage.f[0] == pytest.approx(ours.first_stage.cragg_donald)


def test_anselin_kelejian_is_spregs_for_symmetric_weights(cross):
    """spreg takes 2 W for W + W', the derivative of u'W u; the two differ when links are one-sided."""
    steps = np.abs(np.arange(N)[:, None] - np.arange(N))
    ring = sp.csr_array(np.isin(np.minimum(steps, N - steps), (1, 2)) / 4.0)
    for w, same in ((ring, True), (cross.w, False)):
        theirs = spreg.GM_Lag(cross.y[:, None], cross.x, w=as_pysal(w), w_lags=2, spat_diag=True).ak_test
        ours = estimate_gmm(
            cross.y[None], cross.z[None], [w], parts=PARTS["sar"], effects="pooled", small_sample=False
        ).residual_correlation
        assert (ours.statistic == pytest.approx(float(theirs[0]), rel=1e-6)) is same
