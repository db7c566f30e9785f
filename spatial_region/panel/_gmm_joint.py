"""Efficient moments of lambda whose variance is known, and the covariance of slopes and lambda jointly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, spatial_lag
from spatial_region.panel._gmm_moments import ErrorSpace, MomentEquations
from spatial_region.panel._gmm_tsls import TwoStage


@dataclass(frozen=True)
class QuadraticMoments:
    """Quadratic forms e'A e of innovations whose expectation is zero: two, or two within and two between regions.

    A_1 = W'W and A_2 = (W + W') / 2 without their diagonals, so that the expectation is zero whatever the variances
    of the innovations, and no third or fourth moment enters their covariance. With time effects a multiple of I,
    `centre`, is taken off: the removed period means leave an expectation of order 1.

    Attributes
    ----------
    space : ErrorSpace
    forms : pair of (N, N)
    centre : pair of float
    splits : bool
        Whether means over time and deviations from them have moments apart, as under random effects.
    """

    space: ErrorSpace
    forms: tuple[sp.csr_array, sp.csr_array]
    centre: tuple[float, float]
    splits: bool

    @property
    def count(self) -> int:
        """Number of moments."""
        return 4 if self.splits else 2

    def part(self, place: int, blocks: Array) -> Array:
        """Return the part of `blocks` (T, N) that moment `place` takes: deviations (0, 1), means (2, 3), or all."""
        if not self.splits:
            return blocks
        mean = np.broadcast_to(blocks.mean(axis=0, keepdims=True), blocks.shape)
        return blocks - mean if place < 2 else mean

    def apply(self, place: int, blocks: Array) -> Array:
        """Return A v for the matrix of moment `place`."""
        v = np.ascontiguousarray(self.part(place, blocks))
        return spatial_lag(self.forms[place % 2], v[:, :, None])[:, :, 0] - self.centre[place % 2] * v

    def traces(self) -> Array:
        """Return tr(A_r A_s) of all pairs of moments."""
        own = np.array([[float(left.multiply(right).sum()) for right in self.forms] for left in self.forms])
        if not self.splits:
            return self.space.periods * own
        nothing = np.zeros_like(own)
        return np.block([[(self.space.periods - 1) * own, nothing], [nothing, own]])

    def equations(self, residuals: Array) -> MomentEquations:
        """Return the moments of u - lambda W u as equations in lambda and its square."""
        a = self.space.project(residuals)
        b = self.space.project(spatial_lag(self.space.w, residuals[:, :, None])[:, :, 0])
        left, right = np.empty((self.count, 2)), np.empty(self.count)
        for place in range(self.count):
            form_b = self.apply(place, b)
            left[place] = 2 * (a * form_b).sum(), -(b * form_b).sum()
            right[place] = (a * self.apply(place, a)).sum()
        return MomentEquations(left / self.space.size, np.zeros((self.count, 0)), right / self.space.size)


def make_quadratic(space: ErrorSpace, *, splits: bool) -> QuadraticMoments:
    """Return the moments of Arraiz, Drukker, Kelejian and Prucha (2010), doi:10.1111/j.1467-9787.2009.00618.x.

    For random effects they are taken within and between regions, as Kapoor, Kelejian and Prucha (2007) do with theirs.
    """
    forms = (_hollow(sp.csr_array(space.w.T @ space.w)), _hollow(sp.csr_array((space.w + space.w.T) / 2)))
    centre = (space.trace(forms[0]) / space.size, space.trace(forms[1]) / space.size)
    return QuadraticMoments(space, forms, centre, splits)


@dataclass(frozen=True)
class Influence:
    """What the estimated slopes add to the moments of lambda: a_r = -2 P_H Z (Z'P_H Z)^-1 Z'A_r e.

    Attributes
    ----------
    innovations : (T, N)
        e: residuals of the filtered equation.
    slopes : (T, N, m)
        P_H Z (Z'P_H Z)^-1, so that b - beta is the sum of slopes times innovations.
    moments : (T, N, c)
        a_r; 0 when no regressor is endogenous, as exogenous ones do not go with A e.
    """

    innovations: Array
    slopes: Array
    moments: Array


def make_influence(fit: TwoStage, quadratic: QuadraticMoments, shape: tuple[int, int]) -> Influence:
    """Return the influence of the slopes of a filtered equation whose stacked residuals have `shape` (T, N)."""
    e = fit.residuals.reshape(shape)
    m = fit.regressors.shape[1]
    slopes = fit.projected @ fit.inverse
    moments = np.zeros((e.size, quadratic.count))
    if fit.n_endogenous:
        pushed = np.column_stack([quadratic.apply(place, e).ravel() for place in range(quadratic.count)])
        moments = -2 * slopes @ (fit.regressors.T @ pushed)
    return Influence(e, slopes.reshape(*shape, m), moments.reshape(*shape, quadratic.count))


def moment_covariance(quadratic: QuadraticMoments, influence: Influence, *, robust: bool, by_region: bool) -> Array:
    """Return Psi (c, c), the covariance of the moments times the sample size.

    Parameters
    ----------
    quadratic : QuadraticMoments
    influence : Influence
    robust : bool
        False: equal variances, 2 s4 tr A_r A_s + s2 a_r'a_s. True: 2 sum of a_ij b_ij e_i^2 e_j^2 + a_r' diag(e^2) a_s.
    by_region : bool
        With `robust`: products are first summed over the periods of a region, (e_i'e_j)^2. Innovations less their
        region means go together over time.
    """
    e = influence.innovations
    size = quadratic.space.size
    if robust:
        scores = _scores(influence.moments, e, by_region=by_region)
        return (2 * _linked(quadratic, e, by_region=by_region) + scores.T @ scores) / size
    sigma2 = float((e**2).sum()) / size
    a = influence.moments.reshape(e.size, -1)
    return (2 * sigma2**2 * quadratic.traces() + sigma2 * a.T @ a) / size


def joint_covariance(
    quadratic: QuadraticMoments,
    influence: Influence,
    equations: MomentEquations,
    lam: float,
    *,
    robust: bool,
    by_region: bool,
) -> Array:
    """Return the covariance (m + 1, m + 1) of the slopes and lambda, with sigma2 = e'e / n.

    Notes
    -----
    Drukker, Egger and Prucha (2013), doi:10.1080/07474938.2013.741020, theorem 3, with innovations in the space that
    fixed effects leave.
    """
    e = influence.innovations
    size = quadratic.space.size
    psi = moment_covariance(quadratic, influence, robust=robust, by_region=by_region)
    gradient = equations.left @ np.array([1.0, 2 * lam])
    weighted = np.linalg.solve(psi, gradient)
    variance = 1 / float(gradient @ weighted) / size
    if robust:
        slopes = _scores(influence.slopes, e, by_region=by_region)
        upper = slopes.T @ slopes
        cross = slopes.T @ _scores(influence.moments, e, by_region=by_region)
    else:
        sigma2 = float((e**2).sum()) / size
        flat = influence.slopes.reshape(e.size, -1)
        upper = sigma2 * flat.T @ flat
        cross = sigma2 * flat.T @ influence.moments.reshape(e.size, -1)
    beside = (cross @ weighted * variance)[:, None]
    return np.block([[upper, beside], [beside.T, np.array([[variance]])]])


def _scores(values: Array, e: Array, *, by_region: bool) -> Array:
    """Return values times innovations, one row for each observation or, summed over time, each region."""
    products = values * e[:, :, None]
    return products.sum(axis=0) if by_region else products.reshape(-1, values.shape[2])


def _linked(quadratic: QuadraticMoments, e: Array, *, by_region: bool) -> Array:
    """Return sums over links of a_ij b_ij E(e_i e_j)^2 for all pairs of moments; (e_i'e_j)^2 `by_region`."""
    union = sp.coo_array(abs(quadratic.forms[0]) + abs(quadratic.forms[1]))
    rows, columns = union.coords
    values = np.column_stack([_entries(quadratic.forms[place % 2], rows, columns) for place in range(quadratic.count)])
    if not by_region:
        spread = sum((period[rows] * period[columns]) ** 2 for period in e)
        return np.asarray(values.T @ (values * np.asarray(spread)[:, None]))
    for place in range(quadratic.count):
        part = quadratic.part(place, e)
        values[:, place] *= sum(period[rows] * period[columns] for period in part)
    return np.asarray(values.T @ values)


def _entries(matrix: sp.csr_array, rows: Array, columns: Array) -> Array:
    return np.asarray(sp.csr_matrix(matrix)[rows, columns]).ravel()


def _hollow(matrix: sp.csr_array) -> sp.csr_array:
    """Return the matrix without its diagonal."""
    return sp.csr_array(matrix - sp.diags_array(matrix.diagonal()))
