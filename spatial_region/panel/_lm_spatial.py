"""Tests for a spatial lag, spatial errors and lagged regressors from least squares with or without fixed effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import OptionError
from spatial_region.panel._blocks import Array, remove_effects, spatial_lag
from spatial_region.panel._lm_score import Score
from spatial_region.panel._lm_value import TestValue

_SAME_ROW_SUMS = 1e-10


def lm_tests(
    y: Array,
    x: Array,
    *,
    w: sp.csr_array,
    effects: str,
    lagged: list[int],
    intercept: int | None = None,
    lee_yu: bool = False,
    w_error: sp.csr_array | None = None,
) -> dict[str, TestValue]:
    """Return the score tests of one least-squares regression.

    Each asks whether a spatial term is missing from y = X b + effects + e. With e the residuals,
    s2 = e'e / M, m = X b + effects, M_X what X and the effects leave of a vector, and tau periods,

        d_rho = e'W y / s2,                   J = |M_X W m|^2 / s2 + tau Q
        d_lambda = e'W e / s2,                Q = tr(W W + W'W)
        lm_lag = d_rho^2 / J,                 robust_lm_lag = (d_rho - d_lambda)^2 / (J - tau Q)
        lm_error = d_lambda^2 / (tau Q),      robust_lm_error = (d_lambda - d_rho tau Q / J)^2 / (tau Q (1 - tau Q / J))

    for weights whose diagonal is 0, and for lagged regressors the joint score with e'W X / s2.
    This is the exact score test of the likelihood with a dummy for every effect: lags are taken first and effects
    removed from W m afterwards.

    Parameters
    ----------
    y : (T, N)
    x : (T, N, k)
    w : (N, N)
    effects : {"pooled", "region", "time", "twoway"}
    lagged : list of int
        Columns of `x` whose lags the Durbin models contain; without any, only the tests for rho and lambda.
    intercept : int or None
        Column of `x` that is 1 everywhere.
    lee_yu : bool
        The score of the likelihood of Lee and Yu (2010), that of T - 1 periods, N - 1 regions or both, in place of
        that of dummies, whose tests are too large when T is small (region effects) and off centre (time effects).
    w_error : (N, N) or None
        Weights of the error process; `w` if None.

    Returns
    -------
    dict of str to TestValue
        ``lm_lag``, ``lm_error``, ``robust_lm_lag``, ``robust_lm_error``, ``lm_sarma`` (rho and lambda jointly).
        With lagged regressors also ``lm_wx``, ``lm_sdm`` (rho and theta), ``lm_sdem`` (lambda and theta),
        ``robust_lm_wx`` (theta, when rho may be a little off 0), ``robust_lm_lag_wx`` (rho, when theta may be),
        and, from the residuals of the model with W X, ``lm_lag_slx``, ``lm_error_slx``, ``robust_lm_lag_slx``,
        ``robust_lm_error_slx`` and ``lm_sarma_slx``. NaN where the data cannot tell: robust tests when W m is
        explained by X and the effects.

    Raises
    ------
    OptionError
        `lee_yu` with time effects and weights whose rows have different sums.

    References
    ----------
    Anselin, L. (1988). Geographical Analysis 20, 1-17. doi:10.1111/j.1538-4632.1988.tb00159.x
    Anselin, L., Bera, A. K., Florax, R., Yoon, M. J. (1996). Regional Science and Urban Economics 26, 77-104.
    doi:10.1016/0166-0462(95)02111-6
    Anselin, L., Le Gallo, J., Jayet, H. (2008). Spatial panel econometrics. doi:10.1007/978-3-540-75892-1_19
    Debarsy, N., Ertur, C. (2010). Regional Science and Urban Economics 40, 453-470.
    doi:10.1016/j.regsciurbeco.2010.06.001
    Koley, M., Bera, A. K. (2024). Spatial Economic Analysis 19, 30-56. doi:10.1080/17421772.2023.2256810
    Lee, L.-F., Yu, J. (2010). Journal of Econometrics 154, 165-185. doi:10.1016/j.jeconom.2009.08.001
    """
    matrices = (w, w if w_error is None else w_error)
    if lee_yu and effects in ("time", "twoway"):
        _check_row_sums(matrices)
    traces = _traces(matrices, without_mean=lee_yu and effects in ("time", "twoway"))
    periods, regions = y.shape
    tau = periods - int(lee_yu and effects in ("region", "twoway"))
    rows = regions - int(lee_yu and effects in ("time", "twoway"))
    size = _Size(tau, tau * rows)
    wx = spatial_lag(w, x[:, :, lagged]) if lagged else np.empty((periods, regions, 0))
    if intercept is not None:
        # For the digits of variables far from zero; only after lags are taken, as W 1 need not be a multiple of 1.
        x, wx = x - x.mean(axis=(0, 1)), wx - wx.mean(axis=(0, 1))
        x[:, :, intercept] = 1.0
    score = _score(y, x, wx, matrices, effects=effects, traces=traces, size=size)
    found = _lag_and_error(score, "")
    if not lagged:
        return found
    found |= {
        "lm_wx": score.test("theta"),
        "lm_sdm": score.test("rho", "theta"),
        "lm_sdem": score.test("lambda", "theta"),
        "robust_lm_wx": score.robust("theta", against="rho"),
        "robust_lm_lag_wx": score.robust("rho", against="theta"),
    }
    after = np.concatenate([x, wx], axis=2)
    return found | _lag_and_error(
        _score(y, after, wx[:, :, :0], matrices, effects=effects, traces=traces, size=size), "_slx"
    )


@dataclass(frozen=True)
class _Size:
    """Periods and observations of the likelihood."""

    periods: int
    observations: int


@dataclass(frozen=True)
class _Traces:
    """tr W of each matrix, and tr(V W + V'W) of each pair."""

    first: Array
    second: Array


def _lag_and_error(score: Score, suffix: str) -> dict[str, TestValue]:
    return {
        f"lm_lag{suffix}": score.test("rho"),
        f"lm_error{suffix}": score.test("lambda"),
        f"robust_lm_lag{suffix}": score.robust("rho", against="lambda"),
        f"robust_lm_error{suffix}": score.robust("lambda", against="rho"),
        f"lm_sarma{suffix}": score.test("rho", "lambda"),
    }


def _score(
    y: Array,
    z: Array,
    wx: Array,
    matrices: tuple[sp.csr_array, sp.csr_array],
    *,
    effects: str,
    traces: _Traces,
    size: _Size,
) -> Score:
    """Return the score of (rho, lambda, theta) at the least-squares fit of y on z and the effects."""
    lag, error = matrices
    k = z.shape[2]
    basis = np.linalg.qr(remove_effects(z, effects).reshape(y.size, k))[0]

    def leave(blocks: Array) -> Array:
        flat = remove_effects(blocks, effects).reshape(y.size, blocks.shape[2])
        return flat - basis @ (basis.T @ flat)

    e = leave(y[:, :, None]).reshape(y.shape)
    s2 = float((e**2).sum()) / size.observations
    sigma = np.sqrt(s2)
    # In units of sigma; the mean of y under the null, effects and all, is what least squares leaves no residual of.
    moved = np.concatenate([spatial_lag(lag, (y - e)[:, :, None]), wx], axis=2) / sigma
    left = leave(moved)
    pushed, lags = left[:, 0], left[:, 1:]
    both = np.stack([spatial_lag(lag, y[:, :, None])[:, :, 0], spatial_lag(error, e[:, :, None])[:, :, 0]])
    gradient = np.concatenate(
        [(both * e).sum(axis=(1, 2)) / s2 - size.periods * traces.first, lags.T @ e.ravel() / sigma]
    )
    shift = np.column_stack([pushed, np.zeros_like(pushed), lags])
    information = shift.T @ shift
    information[:2, :2] += size.periods * traces.second
    # The variance is estimated too: it takes away what the traces of W itself share with it.
    information[:2, :2] -= 2 * size.periods**2 * np.outer(traces.first, traces.first) / size.observations
    alone = np.insert(((moved - moved.mean(axis=(0, 1))) ** 2).sum(axis=(0, 1)), 1, 0.0)
    alone[:2] += size.periods * np.diag(traces.second)
    return Score(gradient, information, alone, {"rho": [0], "lambda": [1], "theta": list(range(2, 2 + wx.shape[2]))})


def _traces(matrices: tuple[sp.csr_array, sp.csr_array], *, without_mean: bool) -> _Traces:
    """Return the traces of the matrices, or of F'W F where F spans the complement of the unit vector."""
    first = np.array([m.trace() for m in matrices])
    second = np.array([[_product(a, b) + _inner(a, b) for b in matrices] for a in matrices])
    if without_mean:
        # F F' = I - 1 1'/N, so that every trace loses the sums over the unit vector.
        n = matrices[0].shape[0]
        rows = [m @ np.ones(n) for m in matrices]
        columns = [m.T @ np.ones(n) for m in matrices]
        means = np.array([r.sum() for r in rows]) / n
        for i in range(2):
            for j in range(2):
                crossed = (
                    columns[i] @ rows[j] + columns[j] @ rows[i] + rows[i] @ rows[j] + columns[i] @ columns[j]
                ) / n
                second[i, j] += 2 * means[i] * means[j] - crossed
        first = first - means
    return _Traces(first, second)


def _product(a: sp.csr_array, b: sp.csr_array) -> float:
    """Return tr(A B) from the entries that both have."""
    return float((a * sp.csr_array(b.T)).sum())


def _inner(a: sp.csr_array, b: sp.csr_array) -> float:
    """Return tr(A'B)."""
    return float((a * b).sum())


def _check_row_sums(matrices: tuple[sp.csr_array, sp.csr_array]) -> None:
    for matrix in matrices:
        sums = matrix @ np.ones(matrix.shape[0])
        if np.ptp(sums) > _SAME_ROW_SUMS * np.abs(sums).max():
            raise OptionError(
                f"lee_yu=True with time effects needs weights whose rows have equal sums; these range from "
                f"{sums.min():.6g} to {sums.max():.6g}. Standardise by rows and take out islands, or use lee_yu=False."
            )
