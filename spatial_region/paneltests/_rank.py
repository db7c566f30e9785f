"""Are instruments strong enough? Rank tests of the first stage. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular

from spatial_region.paneltests._within import group_sums

Array = np.ndarray


def canonical_smallest(x: Array, z: Array) -> float:
    """Return the smallest squared canonical correlation of endogenous regressors and instruments.

    Parameters
    ----------
    x : (n, k), z : (n, q)
        Less what exogenous regressors and effects explain.
    """
    qx, qz = np.linalg.qr(x)[0], np.linalg.qr(z)[0]
    return float(np.linalg.svd(qz.T @ qx, compute_uv=False).min() ** 2)


def rank_statistic(x: Array, z: Array, *, wald: bool, groups: Array | None) -> float:
    """Return the rk statistic of Kleibergen and Paap (2006) for rank k - 1 of the first stage.

    The first stage's coefficients, scaled by Cholesky factors of Z'Z and of the covariance of x (or of its residuals),
    are written by singular values; what belongs to the smallest is 0 if an endogenous regressor has no instrument.
    Scores ``z_i x_i'`` (Lagrange multiplier form) or ``z_i v_i'`` (Wald form) give its variance, summed within groups.

    Parameters
    ----------
    x : (n, k), z : (n, q)
        Less what exogenous regressors and effects explain; q >= k.
    wald : bool
    groups : (n,) or None
        Codes of clusters; None for each row on its own.
    """
    coefficients = np.linalg.lstsq(z, x, rcond=None)[0]
    spread = x - z @ coefficients if wald else x
    f, g = np.linalg.cholesky(z.T @ z).T, np.linalg.cholesky(spread.T @ spread).T
    theta = f @ solve_triangular(g.T, coefficients.T, lower=True).T
    left, _, right = np.linalg.svd(theta, full_matrices=True)
    k, q = x.shape[1], z.shape[1]
    # Any orthonormal basis of the two null spaces gives the same quadratic form.
    a, b = left[:, k - 1 : q], right[k - 1]
    part = a.T @ theta @ b
    # Scores of theta: (F^-T z) (G^-T v)'.
    first = solve_triangular(f.T, z.T, lower=True).T @ a
    second = solve_triangular(g.T, spread.T, lower=True).T @ b
    scores = first * second[:, None]
    if groups is not None:
        scores = group_sums(scores, groups, int(groups.max()) + 1)
    return float(part @ np.linalg.solve(scores.T @ scores, part))
