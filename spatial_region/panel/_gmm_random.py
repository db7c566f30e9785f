"""Variances and spatial error parameter of random region effects, by moments within and between regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import ConvergenceError, InputError
from spatial_region.panel._blocks import Array, spatial_lag
from spatial_region.panel._gmm_equation import Equation, between, within
from spatial_region.panel._gmm_moments import (
    ErrorSpace,
    MomentEquations,
    kelejian_prucha,
    make_space,
    moment_variance,
    solve_moments,
)
from spatial_region.panel._gmm_tsls import TwoStage

RandomMoments = Literal["initial", "weights", "fullweights"]


@dataclass(frozen=True)
class Components:
    """Error components u = lambda W u + mu + v.

    Attributes
    ----------
    lam : float
        0 without a spatial error process.
    sigma2_v : float
    sigma2_1 : float
        sigma2_v + T sigma2_mu, not smaller than sigma2_v: a negative variance of the effects counts as 0.
    """

    lam: float
    sigma2_v: float
    sigma2_1: float

    @property
    def theta(self) -> float:
        """Share of the region means that quasi-demeaning takes off."""
        return float(1 - np.sqrt(self.sigma2_v / self.sigma2_1))


def swamy_arora(equation: Equation) -> Components:
    """Return the variances from two-stage least squares within and between regions, each by its degrees of freedom.

    Notes
    -----
    Baltagi and Liu (2011), doi:10.1016/j.econlet.2011.03.005, with W y among the endogenous regressors; without any,
    Swamy and Arora (1972).
    """
    periods, regions = equation.y.shape
    inner, outer = _within(equation), _between(equation)
    df_within = regions * (periods - 1) - inner.regressors.shape[1]
    df_between = regions - outer.regressors.shape[1]
    if df_within < 1 or df_between < 1:
        raise InputError(
            f"random effects need more regions than regressors: {regions} regions leave {df_between} degrees of "
            f"freedom between regions. Use fewer regressors, or fixed effects."
        )
    return _components(0.0, inner.ssr / df_within, outer.ssr / df_between)


def kapoor_kelejian_prucha(
    equation: Equation, w: sp.csr_array, interval: tuple[float, float], *, moments: RandomMoments
) -> Components:
    """Return lambda and both variances by the moments of Kapoor, Kelejian and Prucha (2007).

    Residuals are those of least squares or, if a regressor is endogenous, of two-stage least squares within and
    between regions.

    Parameters
    ----------
    equation : Equation
    w : (N, N)
    interval : (low, high)
    moments : {"initial", "weights", "fullweights"}
        Three moments within regions; six, weighted by their variances; six, weighted by their covariance.

    Notes
    -----
    doi:10.1016/j.jeconom.2006.09.004
    """
    shape = equation.y.shape
    if equation.endogenous.shape[2]:
        inside, outside = _within(equation).residuals.reshape(shape), _between(equation).residuals.reshape(1, -1)
    else:
        residuals = equation.solve().residuals.reshape(shape)
        inside = residuals - residuals.mean(axis=0, keepdims=True)
        outside = between(residuals[:, :, None])[:, :, 0]
    first = kelejian_prucha(inside, make_space(w, shape, "region"))
    start = solve_moments(first, interval)
    ahead = outside - start.lam * spatial_lag(w, outside[:, :, None])[:, :, 0]
    sigma2_v, sigma2_1 = float(start.variances[0]), float((ahead**2).sum()) / shape[1]
    _check_positive(sigma2_v, start.lam)
    if moments == "initial":
        return _components(start.lam, sigma2_v, sigma2_1)
    second = kelejian_prucha(outside, ErrorSpace(w, np.zeros((shape[1], 0)), 1))
    spread = np.diag([sigma2_v**2 / (shape[0] - 1), sigma2_1**2])
    weight = np.kron(spread, moment_variance(w) if moments == "fullweights" else np.eye(3))
    found = solve_moments(_stack(first, second), interval, weight=weight)
    _check_positive(float(found.variances.min()), found.lam)
    return _components(found.lam, float(found.variances[0]), float(found.variances[1]))


def _stack(first: MomentEquations, second: MomentEquations) -> MomentEquations:
    """Return moments within and between, each with a variance of its own."""
    nothing = np.zeros_like(first.variances)
    variances = np.block([[first.variances, nothing], [nothing, second.variances]])
    return MomentEquations(
        np.concatenate([first.left, second.left]), variances, np.concatenate([first.right, second.right])
    )


def _components(lam: float, sigma2_v: float, sigma2_1: float) -> Components:
    return Components(lam, sigma2_v, max(sigma2_1, sigma2_v))


def _check_positive(sigma2: float, lam: float) -> None:
    if sigma2 <= 0:
        raise ConvergenceError(
            f"the moments give a negative variance ({sigma2:.3g}, lambda = {lam:.6g}): they do not fit these "
            f"residuals. Check the weights, or use method='ml'."
        )


def _within(equation: Equation) -> TwoStage:
    return equation.map(within("region")).varying(equation).solve()


def _between(equation: Equation) -> TwoStage:
    return equation.map(between).varying(equation).solve()


def predicted_effects(epsilon: Array, components: Components) -> Array:
    """Return the best predictor of mu (N,) from epsilon = mu + v (T, N)."""
    return np.asarray((1 - components.sigma2_v / components.sigma2_1) * epsilon.mean(axis=0))
