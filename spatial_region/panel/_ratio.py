"""Tests between nested models: likelihood ratio, its F, and Wald tests by the delta method."""

from __future__ import annotations

import numpy as np
from scipy import stats

from spatial_region.panel._blocks import Array
from spatial_region.panel._lm_value import TestValue, chi2_value


def likelihood_ratio(full: float, nested: float, *, df: int) -> TestValue:
    """Return 2 (log L_full - log L_nested), chi-squared with `df` degrees of freedom when the nested model holds.

    A full model cannot fit worse than one that it nests, but by the stopping rule of the search: that much is
    taken for 0.
    """
    statistic = 2 * (full - nested)
    tiny = 1e-7 * max(abs(full), abs(nested), 1.0)
    return chi2_value(max(statistic, 0.0) if statistic > -tiny else statistic, df)


def wald(restrictions: Array, jacobian: Array, covariance: Array) -> TestValue:
    """Return r' (J V J')^-1 r, chi-squared with one degree of freedom a restriction when all of them are 0.

    Parameters
    ----------
    restrictions : (m,)
        Values of the restricted functions of the parameters at the estimates.
    jacobian : (m, p)
        Their derivatives in the parameters (the delta method).
    covariance : (p, p)
        Of the parameters.
    """
    spread = jacobian @ covariance @ jacobian.T
    # Restrictions in the units of their standard errors: theta of a variable in cents is as good as one in millions.
    errors = np.sqrt(np.diag(spread))
    scaled = restrictions / errors
    correlation = spread / np.outer(errors, errors)
    return chi2_value(float(scaled @ np.linalg.solve(correlation, scaled)), len(restrictions))


def common_factor(beta: Array, theta: Array, rho: float, covariance: Array) -> TestValue:
    """Return the Wald test of theta + rho beta = 0, under which a Durbin model is one with spatial errors.

    (I - lambda W) y = (I - lambda W) X beta + e is a Durbin model with rho = lambda and theta = -lambda beta.

    Parameters
    ----------
    beta, theta : (k,)
        Slopes of the lagged regressors, and of their lags, in the same order.
    rho : float
    covariance : (2k + 1, 2k + 1)
        Of beta, theta and rho.
    """
    k = len(beta)
    jacobian = np.hstack([rho * np.eye(k), np.eye(k), beta[:, None]])
    return wald(theta + rho * beta, jacobian, covariance)


def ratio_f(ratio: float, *, observations: int, df: int, df_residual: int) -> TestValue:
    """Return F = (exp(LR / M) - 1) df_residual / df, of F(df, df_residual) when the nested model holds.

    In a linear model with normal disturbances this is the F test itself, as LR = M log(SSR_nested / SSR_full). In
    others it keeps the likelihood ratio from rejecting too often when `df` is a sizeable share of the observations.

    Parameters
    ----------
    ratio : float
        Likelihood ratio statistic.
    observations : int
        M of the likelihood.
    df : int
        Restrictions that are tested.
    df_residual : int
        Observations less all coefficients and effects of the full model.
    """
    statistic = float(np.expm1(ratio / observations)) * df_residual / df
    return TestValue(statistic, float(df), float(stats.f.sf(statistic, df, df_residual)), "F")
