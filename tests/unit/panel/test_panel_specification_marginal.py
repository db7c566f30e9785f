"""The log marginal likelihood against brute-force integration over rho (or lambda) and sigma, densely."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import betaln, gammaln

from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._marginal import evidence
from spatial_region.panel._marginal import integrate as integrate_kernel
from spatial_region.panel.options import Parts

TERMS = {
    "ols": (False, False, False),
    "slx": (False, True, False),
    "sar": (True, False, False),
    "sdm": (True, True, False),
    "sem": (False, False, True),
    "sdem": (False, True, True),
}


def transformed(panel, effects):
    """Explicit orthonormal transformation: y, Z, W of the data without their effects, as one long vector."""
    periods, n = panel.y.shape
    f_time = complement(periods) if effects in ("region", "twoway") else np.eye(periods)
    f_region = complement(n) if effects in ("time", "twoway") else np.eye(n)
    f = np.kron(f_time, f_region)
    big_w = np.kron(np.eye(f_time.shape[1]), f_region.T @ panel.w @ f_region)
    return f.T @ panel.y.ravel(), f.T @ panel.x.reshape(-1, 2), big_w


def complement(n):
    return np.linalg.svd(np.eye(n) - 1 / n)[0][:, : n - 1]


def brute_force(panel, *, model, effects, prior, bounds):
    """log of the integral over r and log sigma of N(y; mean, covariance): slopes are integrated as a Gaussian.

    Flat slopes: the textbook completion of the square. Zellner's: y is Gaussian with the prior's covariance added,
    evaluated as such; only the flat intercept needs the square completed.
    """
    lag_y, lag_x, error = TERMS[model]
    y, z, big_w = transformed(panel, effects)
    z = np.hstack([z, big_w @ z]) if lag_x else z
    ones = np.ones((len(y), 1)) if effects == "pooled" else np.zeros((len(y), 0))
    m, k = z.shape
    g = max(m, k * k)
    eye = np.eye(m)

    def log_density(r, log_sigma):
        sigma2 = np.exp(2 * log_sigma)
        a = eye - (r if lag_y else 0.0) * big_w
        b = eye - (r if error else 0.0) * big_w
        volume = np.linalg.slogdet(a)[1] + np.linalg.slogdet(b)[1]
        v, x, one = b @ a @ y, b @ z, b @ ones
        if prior == "diffuse":
            flat, spread = np.hstack([one, x]), sigma2 * eye
        else:
            centred = x - one @ np.linalg.lstsq(one, x, rcond=None)[0] if one.shape[1] else x
            flat = one
            x = centred
            spread = sigma2 * (eye + g * x @ np.linalg.inv(x.T @ x) @ x.T)
        precision = np.linalg.inv(spread)
        inner = flat.T @ precision @ flat
        best = np.linalg.solve(inner, flat.T @ precision @ v) if flat.shape[1] else np.zeros(0)
        e = v - flat @ best
        height = -0.5 * (m * np.log(2 * np.pi) + np.linalg.slogdet(spread)[1] + e @ precision @ e)
        height += flat.shape[1] / 2 * np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(inner)[1] if flat.shape[1] else 0.0
        # p(sigma2) = 1 / sigma2 is 2 in log sigma.
        return height + volume + np.log(2.0)

    nodes, masses = np.polynomial.legendre.leggauss(60)
    sigmas, sigma_masses = 3.0 * nodes, 3.0 * masses
    if lag_y or error:
        low, high = bounds
        half = (high - low) / 2
        points, point_masses = low + half * (nodes + 1), masses * half / (high - low)
    else:
        points, point_masses = [0.0], [1.0]
    table = np.array([[log_density(r, s) for s in sigmas] for r in points])
    top = table.max()
    return top + np.log(np.asarray(point_masses) @ np.exp(table - top) @ sigma_masses)


def ours(panel, *, model, effects, prior):
    lag_y, lag_x, error = TERMS[model]
    w = panel.weights.sparse
    x, intercept = panel.x, None
    lagged = [0, 1] if lag_x else []
    if effects == "pooled":
        x, intercept = np.concatenate([np.ones((*panel.y.shape, 1)), panel.x], axis=2), 0
        lagged = [place + 1 for place in lagged]
    determinant = make_determinant(w, "auto") if lag_y or error else None
    found = evidence(
        panel.y,
        x,
        w,
        parts=Parts(lag_y, lag_x, error),
        lagged=lagged,
        effects=effects,
        intercept=intercept,
        prior=prior,
    )
    return found, determinant


@pytest.mark.parametrize("prior", ["diffuse", "zellner"])
@pytest.mark.parametrize("effects", ["pooled", "region", "twoway"])
@pytest.mark.parametrize("model", sorted(TERMS))
def test_brute_force(oracle, model, effects, prior):
    panel = oracle.panel(7, 3, seed=5)
    found, determinant = ours(panel, model=model, effects=effects, prior=prior)
    bounds = (determinant.low, determinant.high) if determinant is not None else None
    expected = brute_force(panel, model=model, effects=effects, prior=prior, bounds=bounds)
    assert found.log_marginal == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("a", "b"), [(3, 40), (4, 4), (200, 3), (2e6, 3e6)])
def test_integral_of_a_beta_density(a, b):
    """Narrow and lopsided tops: the beta function in closed form, with its mean and variance."""
    found, mean, std = integrate_kernel(
        lambda x: (a - 1) * np.log(x) + (b - 1) * np.log1p(-x), np.linspace(1e-8, 1 - 1e-8, 61)
    )
    assert found == pytest.approx(betaln(a, b), rel=1e-9, abs=1e-9)
    assert mean == pytest.approx(stats.beta.mean(a, b), rel=1e-8)
    assert std == pytest.approx(stats.beta.std(a, b), rel=1e-6)


def test_posterior_moments_of_rho(oracle):
    """Adaptive quadrature of the concentrated posterior, written with logarithms of dense determinants."""
    panel = oracle.panel(12, 4, seed=2)
    found, determinant = ours(panel, model="sar", effects="region", prior="diffuse")
    y, z, big_w = transformed(panel, "region")

    def log_posterior(r):
        a = np.eye(len(y)) - r * big_w
        e = a @ y - z @ np.linalg.lstsq(z, a @ y, rcond=None)[0]
        return np.linalg.slogdet(a)[1] - (len(y) - z.shape[1]) / 2 * np.log(e @ e)

    top = max(log_posterior(r) for r in np.linspace(determinant.low + 1e-3, determinant.high - 1e-3, 200))
    low, high = determinant.low + 1e-9, determinant.high - 1e-9
    moments = [
        integrate.quad(lambda r, p=p: r**p * np.exp(log_posterior(r) - top), low, high, epsabs=1e-11, limit=200)[0]
        for p in range(3)
    ]
    assert found.mean == pytest.approx(moments[1] / moments[0], abs=1e-7)
    assert found.std == pytest.approx(np.sqrt(moments[2] / moments[0] - (moments[1] / moments[0]) ** 2), abs=1e-7)


@pytest.mark.parametrize("model", ["sar", "sdm"])
def test_difference_to_published_software(oracle, model):
    """LeSage's MATLAB functions and SDPDmod (R) add the integral over rho itself where its logarithm belongs.

    They take the top of the integrand, add sum (r_i + r_i+1) (f_i+1 - f_i) / 2, which is minus the integral (by
    parts), and have (2 pi)^(-v/2) for pi^(-v/2). Both explain the whole difference. What is missing is the width of
    the posterior of rho: models with rho look better than those without by its logarithm.
    """
    panel = oracle.panel(12, 4, seed=2)
    found, determinant = ours(panel, model=model, effects="region", prior="diffuse")
    y, z, big_w = transformed(panel, "region")
    z = np.hstack([z, big_w @ z]) if model == "sdm" else z
    half = (len(y) - z.shape[1]) / 2
    grid = np.linspace(determinant.low + 1e-4, determinant.high - 1e-4, 4001)
    eigenvalues = np.linalg.eigvals(panel.w)
    basis = np.linalg.qr(z)[0]
    e0, e1 = (v - basis @ (basis.T @ v) for v in (y, big_w @ y))
    ssr = e0 @ e0 - 2 * grid * (e0 @ e1) + grid**2 * (e1 @ e1)
    volume = 3 * np.log(np.abs(1 - grid[:, None] * eigenvalues)).sum(axis=1)
    height = volume - half * np.log(ssr)
    f = np.exp(height - height.max())
    by_parts = ((grid[1:] + grid[:-1]) * np.diff(f) / 2).sum()
    integral = ((f[1:] + f[:-1]) * np.diff(grid) / 2).sum()
    assert by_parts == pytest.approx(-integral, abs=1e-6)
    constant = gammaln(half) - half * np.log(2 * np.pi) - np.linalg.slogdet(z.T @ z)[1] / 2
    theirs = constant - np.log(determinant.high - determinant.low) + height.max() + by_parts
    missing = np.log(integral) + integral + half * np.log(2)
    assert found.log_marginal - theirs == pytest.approx(missing, abs=1e-6)
    # Close to a normal density: the width is sqrt(2 pi) standard deviations of rho.
    assert np.log(integral) == pytest.approx(np.log(np.sqrt(2 * np.pi) * found.std), abs=0.1)
