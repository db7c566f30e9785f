"""Variables of a regression with several or time-varying weights, and what is left of them beside the effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, Blocks, remove_effects
from spatial_region.panel._determinant import factorise
from spatial_region.panel._operators import Operators


@dataclass(frozen=True)
class GeneralBlocks:
    """Variables of one regression, before and after means are removed.

    Attributes
    ----------
    y : (T, N)
    wy : (T, N, p)
        W_jt y_t, lags first: means are removed afterwards.
    z : (T, N, k)
        Regressors, then their lags by W_1, by W_2 and so on.
    y_within, wy_within, z_within
        The same without their effects; beside an intercept, which absorbs them, without their means.
    intercept : int or None
        Place of the intercept among the columns of `z`, without effects.
    """

    y: Array
    wy: Array
    z: Array
    y_within: Array
    wy_within: Array
    z_within: Array
    intercept: int | None

    def with_one_lag(self, place: int) -> Blocks:
        """Return the variables with one of the lags of y (zeros without any), for the checks of identification."""
        has_lags = self.wy.shape[2] > 0
        return Blocks(
            self.y,
            self.wy[:, :, place] if has_lags else np.zeros_like(self.y),
            self.z,
            self.y_within,
            self.wy_within[:, :, place] if has_lags else np.zeros_like(self.y),
            self.z_within,
            self.intercept,
        )

    def with_means(self, coefficients: Array, rho: Array) -> Array:
        """Return the coefficients of the original variables: only the intercept differs."""
        if self.intercept is None:
            return coefficients
        means = (self.z - self.z_within).mean(axis=(0, 1))
        gap = (self.y - self.y_within).mean() - (self.wy - self.wy_within).mean(axis=(0, 1)) @ rho
        changed = coefficients.copy()
        changed[self.intercept] += gap - coefficients @ means
        return changed

    def back_to_means(self, count: int) -> Array:
        """Return the derivative of all parameters, coefficients first, in those of regressors without means."""
        back = np.eye(count)
        if self.intercept is not None:
            back[self.intercept, : self.z.shape[2]] -= (self.z - self.z_within).mean(axis=(0, 1))
        return back


def make_general_blocks(
    y: Array,
    x: Array,
    lags: Operators | None,
    *,
    lag_y: bool,
    lagged: list[int],
    effects: str,
    intercept: int | None = None,
) -> GeneralBlocks:
    """Lag the variables, then remove means.

    Parameters
    ----------
    y : (T, N)
    x : (T, N, k)
    lags : Operators or None
        None when neither y nor a regressor is lagged.
    lag_y : bool
    lagged : list of int
        Columns of `x` whose lags by each weights are regressors too.
    effects : {"pooled", "region", "time", "twoway"}
    intercept : int or None
        Column of `x` that is 1 everywhere.
    """
    wy: Array = np.zeros((*y.shape, 0))
    if lags is not None and lag_y:
        wy = np.concatenate(lags.lag(y[:, :, None]), axis=2)
    z = np.concatenate([x, *lags.lag(x[:, :, lagged])], axis=2) if lags is not None and lagged else x
    if intercept is None:
        within = [remove_effects(block, effects) for block in (y[:, :, None], wy, z)]
    else:
        within = [block - block.mean(axis=(0, 1)) for block in (y[:, :, None], wy, z)]
        within[2][:, :, intercept] = 1.0
    return GeneralBlocks(y, wy, z, within[0][:, :, 0], within[1], within[2], intercept)


@dataclass(frozen=True)
class EffectRemoval:
    """Generalised least squares of variables on the dummies of the effects, under u = lambda M_t u + e.

    The filtered dummies of a region, (I - lambda M_t) e_i, span the same space as the dummies themselves if M is the
    same in all periods; otherwise they vary over time, and the region effects follow from N normal equations,
    sum_t B_t' B_t with B_t = I - lambda M_t, which are sparse. The filtered dummy of a period is (I - lambda M_t) 1.

    Attributes
    ----------
    error : Operators or None
    effects : str
    ones : (T, N)
        M_t 1.
    normal : tuple of two (N, N) csr_array or None
        sum_t (M_t + M_t') and sum_t M_t' M_t, where the normal equations are needed.
    """

    error: Operators | None
    effects: str
    ones: Array
    normal: tuple[sp.csr_array, sp.csr_array] | None

    def apply(self, lam: float, v: Array, mv: Array) -> tuple[Array, Array]:
        """Return v less its effects and the lag M_t of that, for `v` (T, N, m) without means and its lag `mv`."""
        if self.error is None or self.effects == "pooled":
            return v, mv
        if self.effects in ("region", "twoway") and not self.error.constant:
            return self._by_region(lam, v, mv)
        return self._by_period(lam, v, mv) if self.effects in ("time", "twoway") else (v, mv)

    def _by_period(self, lam: float, v: Array, mv: Array) -> tuple[Array, Array]:
        dummies = 1 - lam * self.ones
        along = np.einsum("tn,tnm->tm", dummies, v - lam * mv) / (dummies**2).sum(axis=1)[:, None]
        return v - along[:, None, :], mv - self.ones[:, :, None] * along[:, None, :]

    def _by_region(self, lam: float, v: Array, mv: Array) -> tuple[Array, Array]:
        """Solve for all effects at once; of the periods the first is left out, as region effects contain it."""
        assert self.error is not None
        assert self.normal is not None
        periods, regions, m = v.shape
        weights = [self.error.at(period)[0] for period in range(periods)]
        eye = sp.eye_array(regions, format="csr")
        linear, quadratic = self.normal
        factors = factorise(sp.csc_array(periods * eye - lam * linear + lam**2 * quadratic))
        e = v - lam * mv
        right = e.sum(axis=0)
        for w, block in zip(weights, e, strict=True):
            right -= lam * (w.T @ block)
        in_time: Array = np.zeros((periods, m))
        by_region = factors.solve(right)
        if self.effects == "twoway" and periods > 1:
            dummies = (1 - lam * self.ones)[1:]
            cross = np.column_stack([d - lam * (w.T @ d) for w, d in zip(weights[1:], dummies, strict=True)])
            solved = factors.solve(cross)
            schur = np.diag((dummies**2).sum(axis=1)) - cross.T @ solved
            rest = np.einsum("tn,tnm->tm", dummies, e[1:]) - solved.T @ right
            in_time[1:] = np.linalg.solve(schur, rest)
            by_region = by_region - solved @ in_time[1:]
        pushed = np.stack([w @ by_region for w in weights])
        return (
            v - by_region - in_time[:, None, :],
            mv - pushed - self.ones[:, :, None] * in_time[:, None, :],
        )


def make_removal(error: Operators | None, *, effects: str, periods: int, regions: int) -> EffectRemoval:
    """Prepare what does not depend on lambda."""
    if error is None:
        return EffectRemoval(None, effects, np.zeros((periods, regions)), None)
    ones = error.lag(np.ones((periods, regions, 1)))[0][:, :, 0]
    if error.constant or effects not in ("region", "twoway"):
        return EffectRemoval(error, effects, ones, None)
    linear, quadratic = sp.csr_array((regions, regions)), sp.csr_array((regions, regions))
    for period, members in error.groups():
        m = error.at(period)[0]
        linear = linear + len(members) * (m + m.T)
        quadratic = quadratic + len(members) * (m.T @ m)
    return EffectRemoval(error, effects, ones, (linear, quadratic))


class GeneralMoments:
    """Gram matrix of (y, W_1 y .. W_p y, Z) with orthonormal Z, filtered by I - lambda M_t and without effects.

    Attributes
    ----------
    variables, lags : (T, N, 1 + p + k)
        The variables without means, and M_t times them (0 without an error process).
    scale : float
        Norm of y without its effects, by which y and its lags are divided.
    triangle : (k, k)
        R of Z = Q R; Q takes the place of Z.
    removal : EffectRemoval
    """

    def __init__(self, blocks: GeneralBlocks, error: Operators | None, *, effects: str) -> None:
        periods, regions, k = blocks.z_within.shape
        basis, self.triangle = np.linalg.qr(blocks.z_within.reshape(-1, k))
        self.scale = float(np.linalg.norm(blocks.y_within))
        self.responses = 1 + blocks.wy.shape[2]
        self.variables = np.concatenate(
            [
                blocks.y_within[:, :, None] / self.scale,
                blocks.wy_within / self.scale,
                basis.reshape(periods, regions, k),
            ],
            axis=2,
        )
        self.lags = error.lag(self.variables)[0] if error is not None else np.zeros_like(self.variables)
        self.removal = make_removal(error, effects=effects, periods=periods, regions=regions)
        self._seen: dict[float, tuple[Array, Array]] = {}

    def split(self, lam: float) -> tuple[Array, Array]:
        """Return the variables less their effects, and the lags of that."""
        return self.removal.apply(lam, self.variables, self.lags)

    def filtered(self, lam: float) -> tuple[Array, Array]:
        """Return the Gram matrix of the filtered variables, and its derivative in lambda.

        By the envelope theorem the estimated effects need not be differentiated.
        """
        if lam not in self._seen:
            u, mu = self.split(lam)
            width = u.shape[2]
            e, mu = (u - lam * mu).reshape(-1, width), mu.reshape(-1, width)
            across = e.T @ mu
            self._seen[lam] = (e.T @ e, -across - across.T)
        return self._seen[lam]
