"""Two-stage least squares on variables less effects: estimates by linearmodels, and the tests of instruments.

Arrays in, values out. Effects that were taken out count as estimated parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spatial_region.errors import IdentificationError
from spatial_region.paneltests._rank import canonical_smallest, rank_statistic
from spatial_region.paneltests._static_tests import Value
from spatial_region.paneltests._within import NOTHING, group_sums, least_squares

Array = np.ndarray


@dataclass(frozen=True)
class TwoStage:
    """Estimates: exogenous regressors first, endogenous ones after them.

    Attributes
    ----------
    coefficients : (k,)
    covariance : (k, k)
    residuals : (n,)
    tests : dict of str to Value
    first_stage : list of (partial F, df1, df2, partial R2), one for each endogenous regressor
    """

    coefficients: Array
    covariance: Array
    residuals: Array
    tests: dict[str, Value]
    first_stage: list[tuple[float, int, int, float]]


def two_stage(
    y: Array,
    exogenous: Array,
    endogenous: Array,
    outside: Array,
    *,
    taken: int,
    lost: int,
    covariance: str,
    groups: Array | None,
) -> TwoStage:
    """Estimate, and test the instruments.

    Parameters
    ----------
    y : (n,), exogenous : (n, k1), endogenous : (n, k2), outside : (n, q)
        Less effects; a constant, if there is one, is in `exogenous`.
    taken : int
        Number of effects taken out before.
    lost : int
        Coefficients and effects that the covariance counts.
    covariance : {"classical", "robust", "cluster_region", "cluster_time"}
    groups : (n,) or None
        Codes of the clusters, when `covariance` has some.

    Raises
    ------
    IdentificationError
        If there are fewer instruments than endogenous regressors, or some are combinations of others.
    """
    from linearmodels.iv import IV2SLS

    k1, k2, q = exogenous.shape[1], endogenous.shape[1], outside.shape[1]
    if q < k2:
        raise IdentificationError(f"{k2} endogenous regressors need at least {k2} instruments; there are {q}.")
    rows = len(y)
    fit = IV2SLS(y, exogenous if k1 else None, endogenous, outside)
    settings: dict[str, Any] = {"cov_type": "clustered", "clusters": groups}
    if groups is None:
        settings = {"cov_type": "robust" if covariance == "robust" else "unadjusted"}
    made = fit.fit(debiased=False, **settings)
    factor = small_sample(rows, lost, groups)
    x = np.column_stack([exogenous, endogenous])
    coefficients = np.asarray(made.params, dtype=float)
    residuals = y - x @ coefficients
    counted = lost - k1 - k2
    tests, first = _tests(
        y, exogenous, endogenous, outside, residuals, taken, counted, groups, covariance != "classical"
    )
    return TwoStage(coefficients, np.asarray(made.cov, dtype=float) * factor, residuals, tests, first)


def _tests(
    y: Array,
    exogenous: Array,
    endogenous: Array,
    outside: Array,
    residuals: Array,
    taken: int,
    counted: int,
    groups: Array | None,
    robust: bool,
) -> tuple[dict[str, Value], list[tuple[float, int, int, float]]]:
    rows, k1, k2, q = len(y), exogenous.shape[1], endogenous.shape[1], outside.shape[1]
    left = partial_out(exogenous, np.column_stack([endogenous, outside]))
    x, z = left[:, :k2], left[:, k2:]
    df = rows - k1 - q - taken
    fits = [least_squares(column, z, taken=taken + k1) for column in x.T]
    first = []
    for column, fit in zip(x.T, fits, strict=True):
        total = float(column @ column)
        first.append(((total - fit.rss) / q / (fit.rss / df), q, df, 1 - fit.rss / total))
    smallest = canonical_smallest(x, z)
    freedom = q - k2 + 1
    tests = {
        "Wu-Hausman": _wu_hausman(y, exogenous, endogenous, np.column_stack([f.residuals for f in fits]), taken),
        "Cragg-Donald F": Value(smallest / (1 - smallest) * df / q, "none", q, df),
        "Anderson LM": Value(rows * smallest, "chi2", freedom),
    }
    if robust:
        tests["Kleibergen-Paap rk LM"] = Value(rank_statistic(x, z, wald=False, groups=groups), "chi2", freedom)
        wald = rank_statistic(x, z, wald=True, groups=groups)
        # As for coefficients: effects that are not nested in the clusters count.
        scale = 1 / small_sample(rows, k1 + q + counted, groups)
        tests["Kleibergen-Paap rk F"] = Value(wald * scale / q, "none", q, df)
    if q > k2:
        instruments = np.column_stack([exogenous, outside])
        fitted = residuals - partial_out(instruments, residuals[:, None])[:, 0]
        share = float(fitted @ fitted / (residuals @ residuals))
        tests["Sargan"] = Value(rows * share, "chi2", q - k2)
        if robust:
            tests["Hansen J"] = Value(_hansen(exogenous, endogenous, outside, y, residuals, groups), "chi2", q - k2)
    return tests, first


def _hansen(
    exogenous: Array, endogenous: Array, outside: Array, y: Array, residuals: Array, groups: Array | None
) -> float:
    """Return ``g' S^-1 g``, g = Z'e at the estimate that makes it least, S from the residuals of two stages."""
    x = np.column_stack([exogenous, endogenous])
    z = np.column_stack([exogenous, outside])
    x, z = x / np.linalg.norm(x, axis=0), z / np.linalg.norm(z, axis=0)
    scores = z * residuals[:, None]
    if groups is not None:
        scores = group_sums(scores, groups, int(groups.max()) + 1)
    spread = scores.T @ scores
    scale = np.sqrt(np.diag(spread))
    spread = spread / np.outer(scale, scale)
    if np.linalg.eigvalsh(spread).min() < NOTHING:
        return float("nan")  # fewer clusters than instruments: no covariance of full rank
    root = np.linalg.cholesky(spread)
    zx, zy = np.linalg.solve(root, (z.T @ x) / scale[:, None]), np.linalg.solve(root, (z.T @ y) / scale)
    left = zy - zx @ np.linalg.lstsq(zx, zy, rcond=None)[0]
    return float(left @ left)


def _wu_hausman(y: Array, exogenous: Array, endogenous: Array, first: Array, taken: int) -> Value:
    """F test of the first stage's residuals beside all regressors."""
    without = least_squares(y, np.column_stack([exogenous, endogenous]), taken=taken)
    scale = np.linalg.norm(first, axis=0) > NOTHING * np.linalg.norm(endogenous, axis=0)
    if not scale.all():
        raise IdentificationError("instruments explain an endogenous regressor without error; it is not endogenous.")
    added = least_squares(y, np.column_stack([exogenous, endogenous, first]), taken=taken)
    k2 = endogenous.shape[1]
    return Value((without.rss - added.rss) / k2 / (added.rss / added.df), "F", k2, added.df)


def small_sample(rows: int, lost: int, groups: Array | None) -> float:
    """Return the factor of a covariance: n / (n - lost), with G groups times G / (G - 1) (n - 1) / n."""
    factor = rows / (rows - lost)
    if groups is None:
        return factor
    count = int(groups.max()) + 1
    return factor * count / (count - 1) * (rows - 1) / rows


def partial_out(basis: Array, values: Array) -> Array:
    """Return (n, k) values less what the columns of `basis` explain."""
    if basis.shape[1] == 0:
        return values
    q = np.linalg.qr(basis / np.linalg.norm(basis, axis=0))[0]
    left = values - q @ (q.T @ values)
    return left - q @ (q.T @ left)
