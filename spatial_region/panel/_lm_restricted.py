"""Score of one covariance parameter of a random-effects model, at a restricted maximum likelihood estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import OptionError
from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._traces import compute_traces

# Most regions for the test for serial correlation: its traces of products of inverses need them densely.
MOST_DENSE = 2000


@dataclass(frozen=True)
class Restricted:
    """Estimate of y = Z b + u, u = mu + (I - lambda W)^-1 v, v_t = psi v_t-1 + e_t, stationary.

    Attributes
    ----------
    disturbance : (T, N)
        u, region effects and all.
    sigma2 : float
        Variance of e.
    lam, psi : float
    phi : float
        Variance of mu, divided by `sigma2`.
    """

    disturbance: Array
    sigma2: float
    lam: float = 0.0
    psi: float = 0.0
    phi: float = 0.0


def serial_covariance(psi: float, periods: int) -> tuple[Array, Array]:
    """Return V of a stationary autoregression with unit innovations, and its derivative in psi, each (T, T)."""
    apart = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    scale = 1 / (1 - psi**2)
    powers = psi**apart
    slopes = apart * psi ** np.maximum(apart - 1, 0)
    return scale * powers, scale * slopes + 2 * psi * scale**2 * powers


def root_for_lambda(fit: Restricted, w: sp.csr_array) -> float:
    """Return the signed root of the score statistic of lambda where it is 0.

    u has covariance A x I with A = sigma2 (phi J + V), and the derivative in lambda is sigma2 V x (W + W').
    Without links of a region with itself lambda shares no information with the other parameters.

    Parameters
    ----------
    fit : Restricted
        With lambda 0.
    w : (N, N)
        With a diagonal of 0.
    """
    periods = len(fit.disturbance)
    v = serial_covariance(fit.psi, periods)[0]
    inverse = np.linalg.inv(fit.phi + v)
    inner = inverse @ v
    pushed = (w @ fit.disturbance.T).T
    gradient = float(((inner @ inverse @ fit.disturbance) * pushed).sum()) / fit.sigma2
    both = float((w * w).sum() + (w * sp.csr_array(w.T)).sum())
    return gradient / float(np.sqrt(both * (inner * inner.T).sum()))


def root_for_mu(fit: Restricted, w: sp.csr_array, determinant: LogDeterminant, *, serial: bool) -> float:
    """Return the signed root of the score statistic of sigma2_mu where it is 0.

    u has covariance sigma2 V x S, S = (B'B)^-1, B = I - lambda W.

    Parameters
    ----------
    fit : Restricted
        With phi 0.
    w : (N, N)
    determinant : LogDeterminant
        Of `w`.
    serial : bool
        Whether psi was estimated.
    """
    periods, regions = fit.disturbance.shape
    v, slope = serial_covariance(fit.psi, periods)
    inverse = np.linalg.inv(v)
    weight = inverse.sum(axis=0)
    b = sp.csr_array(sp.eye_array(regions, format="csr") - fit.lam * w)
    p = sp.csr_array(b.T @ b)
    length = float(p.trace())
    squared = float((p * p).sum())
    pushed = p @ (weight @ fit.disturbance) / fit.sigma2
    gradient = (float(pushed @ pushed) - weight.sum() * length / fit.sigma2) / 2
    traces = compute_traces(w, determinant, rho=None, lam=fit.lam, without_unit_root=False)
    # S R with R = W'B + B'W has the trace of H + H', and R S R S that of its square.
    first, second = 2 * traces.h, 2 * (traces.hh + traces.outer_hh)
    mixed = 2 * float(w.trace() - fit.lam * (w * w).sum())
    time = np.stack([np.eye(periods), np.outer(weight, np.ones(periods)), inverse @ slope, np.eye(periods)])
    space = np.array(
        [
            [regions, length, regions, first],
            [length, squared, length, mixed],
            [regions, length, regions, first],
            [first, mixed, first, second],
        ]
    )
    information = np.einsum("iab,jba->ij", time, time) * space / 2
    # Parameters sigma2, sigma2_mu, psi, lambda; the first two are in units of sigma2.
    units = np.array([1 / fit.sigma2, 1 / fit.sigma2, 1.0, 1.0])
    return _root(gradient, information * np.outer(units, units), place=1, estimated=[0, *([2] if serial else []), 3])


def root_for_psi(fit: Restricted, w: sp.csr_array) -> float:
    """Return the signed root of the score statistic of psi where it is 0.

    Over time u splits into a region's mean, with covariance T sigma2_mu I + sigma2 S, and deviations, with sigma2 S.

    Parameters
    ----------
    fit : Restricted
        With psi 0.
    w : (N, N)

    Raises
    ------
    OptionError
        More than 2,000 regions.
    """
    periods, regions = fit.disturbance.shape
    if regions > MOST_DENSE:
        raise OptionError(
            f"the test for serial correlation given random effects and spatial errors needs a dense inverse; "
            f"{regions} regions are more than the {MOST_DENSE} that it is offered for. "
            f"Compare the likelihoods of the models with and without serial correlation instead."
        )
    s2, matrix = fit.sigma2, w.toarray()
    b = np.eye(regions) - fit.lam * matrix
    p = b.T @ b
    r = matrix.T @ b + b.T @ matrix
    # In units of sigma2: K^-1 = Z S with Z the inverse covariance of a region's mean, and Z = P K^-1.
    k = np.linalg.inv(periods * fit.phi * p + np.eye(regions))
    z, rs = p @ k, np.linalg.solve(p, r.T).T
    zeros = np.zeros_like(k)
    means = [k, periods * z, k @ rs]
    deviations = [np.eye(regions), zeros, rs]
    g = np.eye(periods, k=1) + np.eye(periods, k=-1)
    centre = np.eye(periods) - 1 / periods
    along = g.sum() / periods
    gradient = _gradient_of_psi(fit, z, p, g, float(np.trace(k)))
    information = np.zeros((4, 4))
    for i in range(3):
        for j in range(3):
            information[i, j] = (means[i] * means[j].T).sum() + (periods - 1) * (deviations[i] * deviations[j].T).sum()
        information[i, 3] = information[3, i] = along * ((means[i] * k.T).sum() - np.trace(deviations[i]))
    eg = centre @ g
    cross = float((g.sum(axis=0) ** 2).sum() / periods) - along**2
    information[3, 3] = along**2 * (k * k.T).sum() + 2 * cross * np.trace(k) + float((eg * eg.T).sum()) * regions
    units = np.array([1 / s2, 1 / s2, 1.0, 1.0])
    # At phi = 0 the variance of mu is at its bound, and known there.
    estimated = [0, *([1] if fit.phi > 0 else []), 2]
    return _root(gradient, information / 2 * np.outer(units, units), place=3, estimated=estimated)


def _gradient_of_psi(fit: Restricted, z: Array, p: Array, g: Array, trace: float) -> float:
    """Return the score of psi at 0: -tr(Omega^-1 Omega_psi) / 2 + u' Omega^-1 Omega_psi Omega^-1 u / 2."""
    u = fit.disturbance
    periods, regions = u.shape
    mean = u.mean(axis=0)
    deviations = u - mean
    # Omega^-1 u, period by period, and S times it: (I x S)(E x P) leaves deviations as they are, and S Z = K^-1.
    solved = deviations @ p + z @ mean
    pushed = deviations + np.linalg.solve(p, z @ mean)
    quadratic = float((solved * (g @ pushed)).sum()) / fit.sigma2
    along = g.sum() / periods
    return (quadratic - along * (trace - regions)) / 2


def _root(gradient: float, information: Array, *, place: int, estimated: list[int]) -> float:
    """Return the score over its standard deviation, the parameters in `estimated` partialled out."""
    kept = [place, *estimated]
    block = information[np.ix_(kept, kept)]
    scale = np.sqrt(np.diag(block))
    variance = float(np.linalg.inv(block / np.outer(scale, scale))[0, 0]) / scale[0] ** 2
    return gradient * float(np.sqrt(variance))
