"""Random effects against statsmodels' MixedLM, spreg 1.9.0 and a closed form; bias and coverage by simulation."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import spreg
import statsmodels.api as sm
from libpysal.weights import lat2W
from scipy import sparse as sp

from spatial_region.panel._blocks import make_blocks
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._random import estimate_random
from spatial_region.panel.options import PARTS

N, T = 30, 6


@pytest.fixture(scope="module")
def lattice_panel():
    w = lat2W(6, 5)
    w.transform = "r"
    return simulate(w.full()[0], N, T, np.random.default_rng(3), rho=0.4, phi=1.5), w


def simulate(w, n, periods, rng, *, rho=0.0, lam=0.0, psi=0.0, phi=0.0, theta=0.0, own=False):
    x = rng.normal(size=(periods, n, 2)) + rng.normal(size=(1, n, 2))
    v = rng.normal(size=(periods, n))
    v[0] /= np.sqrt(1 - psi**2)
    for t in range(1, periods):
        v[t] += psi * v[t - 1]
    mu = np.sqrt(phi) * rng.normal(size=n)
    b = np.eye(n) - lam * w
    u = np.linalg.solve(b, v.T).T + mu if own else np.linalg.solve(b, (v + mu).T).T
    y = np.linalg.solve(np.eye(n) - rho * w, (1 + x @ [1.0, -0.5] + theta * x[:, :, 0] @ w.T + u).T).T
    return SimpleNamespace(y=y, x=np.concatenate([np.ones((periods, n, 1)), x], axis=2), w=w)


def fit(panel, model, determinant=None, **options):
    w = sp.csr_array(panel.w)
    lagged = [1, 2] if PARTS[model].lag_x else []
    blocks = make_blocks(panel.y, panel.x, w, lagged=lagged, effects="pooled", intercept=0)
    return estimate_random(blocks, w, determinant or make_determinant(w, "auto"), parts=PARTS[model], **options)


def test_without_spatial_terms_equals_statsmodels(lattice_panel):
    """Estimates, likelihood, all standard errors (its Hessian is of all parameters too), and predicted effects."""
    panel, _ = lattice_panel
    regions = np.tile(np.arange(N), T)
    peer = sm.MixedLM(panel.y.ravel(), panel.x.reshape(-1, 3), groups=regions).fit(reml=False, method="bfgs", gtol=1e-9)
    found = fit(panel, "ols")
    np.testing.assert_allclose(found.coefficients, peer.fe_params, atol=1e-7)
    assert found.spatial["phi"] == pytest.approx(float(peer.cov_re[0, 0] / peer.scale), rel=1e-6)
    assert found.sigma2 == pytest.approx(peer.scale, rel=1e-7)
    assert found.loglik == pytest.approx(peer.llf, abs=1e-9)
    # statsmodels gives phi and its error in units of sigma2.
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance))[:-1], peer.bse, rtol=1e-5)
    effects = np.array([np.ravel(effect)[0] for effect in peer.random_effects.values()])
    np.testing.assert_allclose(found.region_effects, effects, atol=1e-6)


def test_lag_model_equals_spreg(lattice_panel):
    """spreg 1.9.0 gives sqrt(sigma2 / (sigma2 + T sigma2_mu)) as phi, and leaves N log of it out of its likelihood."""
    panel, w = lattice_panel
    wide = np.concatenate([panel.x[:, :, 1].T, panel.x[:, :, 2].T], axis=1)
    peer = spreg.Panel_RE_Lag(panel.y.T, wide, w)
    found = fit(panel, "sar")
    np.testing.assert_allclose(found.coefficients, peer.betas[:3, 0], rtol=1e-6)
    assert found.spatial["rho"] == pytest.approx(float(peer.rho), abs=1e-6)
    assert 1 - found.theta == pytest.approx(float(peer.phi), abs=1e-6)
    assert found.loglik == pytest.approx(float(peer.logll) + N * np.log(1 - found.theta), abs=1e-4)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.skipif(spreg.__version__ != "1.9.0", reason="a fault of this version")
def test_spreg_has_no_answer_for_the_error_model(lattice_panel):
    """Its likelihood is not a number where its search starts, and its information there is singular."""
    panel, w = lattice_panel
    wide = np.concatenate([panel.x[:, :, 1].T, panel.x[:, :, 2].T], axis=1)
    with pytest.raises(np.linalg.LinAlgError):
        spreg.Panel_RE_Error(panel.y.T, wide, w)
    assert np.isfinite(fit(panel, "sem", components="bsk").covariance).all()


@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sdm"])
def test_covariance_equals_the_closed_form(lattice_panel, model):
    """Hessian of -NT/2 log s2 - N/2 log(1 + T phi) - [Q_within + Q_between / (1 + T phi)] / (2 s2) + T log|A|."""
    panel, _ = lattice_panel
    found = fit(panel, model)
    np.testing.assert_allclose(found.covariance, closed_form(panel, found, PARTS[model]), rtol=1e-6, atol=1e-10)


def closed_form(panel, found, parts):
    periods, n = panel.y.shape
    z = panel.x if not parts.lag_x else np.concatenate([panel.x, panel.w @ panel.x[:, :, 1:]], axis=2)
    k = z.shape[2]
    at, s2 = found.spatial, found.sigma2
    wy = panel.y @ panel.w.T
    e = panel.y - at.get("rho", 0.0) * wy - z @ found.coefficients
    share = 1 + periods * at["phi"]
    # Moving a parameter by one moves the residual by minus its column.
    columns = np.concatenate([z, wy[:, :, None]], axis=2) if parts.lag_y else z
    between, within = columns.mean(axis=0), (columns - columns.mean(axis=0)).reshape(-1, columns.shape[2])
    e_between = e.mean(axis=0)
    m = columns.shape[2]
    hessian = np.zeros((m + 2, m + 2))
    hessian[:m, :m] = -(within.T @ within + periods * between.T @ between / share) / s2
    if parts.lag_y:
        g = panel.w @ np.linalg.inv(np.eye(n) - at["rho"] * panel.w)
        hessian[k, k] -= periods * np.trace(g @ g)
    q = periods * e_between @ e_between
    hessian[:m, m] = hessian[m, :m] = -(periods**2) * between.T @ e_between / share**2 / s2
    hessian[m, m] = n * periods**2 / 2 / share**2 - periods**2 * q / share**3 / s2
    weighted = columns.reshape(-1, m).T @ (e - e_between).ravel() + periods * between.T @ e_between / share
    hessian[:m, m + 1] = hessian[m + 1, :m] = -weighted / s2**2
    hessian[m, m + 1] = hessian[m + 1, m] = -periods * q / (2 * share**2 * s2**2)
    hessian[m + 1, m + 1] = -n * periods / (2 * s2**2)
    scale = np.sqrt(-np.diag(hessian))
    return np.linalg.inv(-hessian / np.outer(scale, scale)) / np.outer(scale, scale)


@pytest.mark.parametrize(
    ("model", "options", "truth"),
    [
        ("sdm", {}, {"rho": 0.4, "theta": 0.3, "phi": 1.0}),
        ("sem", {"components": "kkp", "serial": True}, {"lam": 0.4, "psi": 0.5, "phi": 2.0}),
        ("sem", {"components": "bsk"}, {"lam": 0.4, "phi": 1.0, "own": True}),
    ],
    ids=["sdm", "sem-kkp-serial", "sem-bsk"],
)
def test_intervals_cover_the_truth(model, options, truth):
    """100 panels of 36 regions and 6 periods: bias below three standard errors of its mean, coverage about 95 %."""
    w = lat2W(6, 6)
    w.transform = "r"
    dense = w.full()[0]
    determinant = make_determinant(sp.csr_array(dense), "auto")
    rng = np.random.default_rng(12)
    names = {"lam": "lambda"}
    wanted = {names.get(key, key): value for key, value in truth.items() if key in ("rho", "lam", "psi")}
    places = [("b", 1, 1.0), ("b", 2, -0.5), *((name, None, value) for name, value in wanted.items())]
    errors, inside = [], []
    for _ in range(100):
        found = fit(simulate(dense, 36, 6, rng, **truth), model, determinant, **options)
        k, order = len(found.coefficients), list(found.spatial)
        spread = np.sqrt(np.diag(found.covariance))
        values = [found.coefficients[i] if i is not None else found.spatial[name] for name, i, _ in places]
        sizes = [spread[i] if i is not None else spread[k + order.index(name)] for name, i, _ in places]
        gaps = np.array(values) - [value for *_, value in places]
        errors.append(gaps)
        inside.append(np.abs(gaps) < 1.96 * np.array(sizes))
    errors, inside = np.array(errors), np.array(inside).mean(axis=0)
    deviation = errors.std(axis=0)
    # Maximum likelihood is biased by order 1 / N: a quarter of a standard deviation is allowed for beside the noise.
    assert (np.abs(errors.mean(axis=0)) < 0.25 * deviation + 3 * deviation / 10).all()
    assert ((inside > 0.88) & (inside < 1.0)).all()


def test_regressors_that_do_not_change_are_identified(lattice_panel):
    """A regressor that is the same in every period is identified, unlike under region effects."""
    panel, _ = lattice_panel
    fixed = np.arange(N) % 5.0
    wider = np.concatenate([panel.x, np.broadcast_to(fixed, (T, N))[:, :, None]], axis=2)
    found = fit(SimpleNamespace(y=panel.y, x=wider, w=panel.w), "sar")
    assert np.isfinite(found.covariance).all()
    between = sm.OLS(panel.y.mean(axis=0), wider.mean(axis=0)).fit()
    assert abs(found.coefficients[-1] - between.params[-1]) < 2 * between.bse[-1]
