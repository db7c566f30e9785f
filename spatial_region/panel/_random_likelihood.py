"""Log-likelihood of a panel with random region effects, and its derivatives."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._random_moments import RandomMoments, Serial, serial_weights
from spatial_region.panel._random_spread import CommonSpread, ErrorWeights, OwnSpread, Spread


@dataclass(frozen=True)
class Point:
    """Parameters of the covariance, 0 where the model does not have them."""

    rho: float = 0.0
    lam: float = 0.0
    psi: float = 0.0
    phi: float = 0.0


# In the order in which results give them.
PARAMETERS = ("rho", "lam", "psi", "phi")


@dataclass(frozen=True)
class State:
    """Everything about one point that does not depend on the slopes.

    Attributes
    ----------
    gram : (m, m)
        Cross-products of y, W y and the regressors in the metric of the inverse covariance, times sigma2.
    solved : (N, m) or None
        M^-1 times the filtered part along the region effects; None when M is a multiple of I.
    volume : float
        The log-likelihood less what depends on residuals and sigma2.
    """

    point: Point
    serial: Serial
    spread: Spread
    gram: Array
    solved: Array | None
    volume: float


@dataclass(frozen=True)
class Slopes:
    """Derivatives at one point, in the order rho, lambda, psi, phi.

    Attributes
    ----------
    product : (4, m)
        Derivative of the cross-products times c = (1, -rho, -b); that in rho, which moves c and not them, is 0.
    volume : (4,)
    """

    product: Array
    volume: Array


@dataclass(frozen=True)
class RandomLikelihood:
    """The function to maximise.

    log L = -NT/2 log(2 pi sigma2) - c'G c / (2 sigma2) + T log|A| + T log|B| + N/2 log(1 - psi^2) - 1/2 log|M|

    with A = I - rho W, B = I - lambda W and M = I + delta B B' or (1 + delta) I, delta = phi 1'V^-1 1.

    Attributes
    ----------
    moments : RandomMoments
    determinant, determinant_error : LogDeterminant or None
        None where the model has no rho, or no lambda.
    weights : ErrorWeights or None
        Given when the region effects stand outside the error process.
    """

    moments: RandomMoments
    determinant: LogDeterminant | None
    determinant_error: LogDeterminant | None
    weights: ErrorWeights | None

    @property
    def size(self) -> int:
        """Number of observations."""
        return self.moments.periods * self.moments.regions

    def common(self) -> RandomLikelihood:
        """Return the likelihood in which the region effects share the error process: a cheap neighbour."""
        return replace(self, weights=None)

    def state(self, point: Point) -> State:
        """Return the cross-products and the volume at one point."""
        moments = self.moments
        serial = serial_weights(point.psi, moments.periods)
        delta = point.phi * serial.length
        gram = moments.within_gram(point.lam, serial)
        spread: Spread
        if self.weights is None:
            spread, solved = CommonSpread(delta, moments.regions), None
            gram += spread.solve(moments.between_gram(point.lam, serial))
        else:
            spread = OwnSpread(self.weights, point.lam, delta)
            along = moments.along(point.lam, serial)
            solved = spread.solve(along)
            gram += along.T @ solved
        volume = moments.periods * (_value(self.determinant, point.rho) + _value(self.determinant_error, point.lam))
        volume += moments.regions / 2 * np.log1p(-(point.psi**2)) - spread.logdet / 2
        return State(point, serial, spread, gram, solved, float(volume))

    def combination(self, state: State) -> tuple[Array, float]:
        """Return c = (1, -rho, -b) with the best slopes b, and c'G c."""
        start = np.array([1.0, -state.point.rho])
        gram = state.gram
        slopes = np.linalg.solve(gram[2:, 2:], gram[2:, :2] @ start)
        c = np.concatenate([start, -slopes])
        return c, float(c @ gram @ c)

    def at(self, point: Point) -> float:
        """Return the log-likelihood with slopes and sigma2 at their best."""
        state = self.state(point)
        return self.concentrated(state, self.combination(state)[1])

    def at_each(self, rhos: Array, point: Point) -> Array:
        """Return the same for many rho, the other parameters being those of `point`, where rho is 0.

        The sum of squares is quadratic in rho.
        """
        state = self.state(point)
        gram = state.gram
        slopes = np.linalg.solve(gram[2:, 2:], gram[2:, :2])
        (a, b), (_, c) = gram[:2, :2] - gram[:2, 2:] @ slopes
        heights = [self.concentrated(state, float(a - 2 * rho * b + rho**2 * c)) for rho in rhos]
        volumes = [_value(self.determinant, float(rho)) for rho in rhos]
        return np.array(heights) + self.moments.periods * np.array(volumes)

    def concentrated(self, state: State, ssr: float) -> float:
        """Return the log-likelihood from the weighted sum of squared residuals, in the units of y."""
        sigma2 = ssr / self.size
        scale = self.size * np.log(self.moments.scale)
        return float(state.volume - self.size / 2 * (np.log(2 * np.pi * sigma2) + 1) - scale)

    def value_and_score(self, point: Point) -> tuple[float, Array]:
        """Return the concentrated log-likelihood and its derivatives in rho, lambda, psi and phi.

        By the envelope theorem slopes and sigma2 need not be differentiated.
        """
        state = self.state(point)
        c, ssr = self.combination(state)
        return self.concentrated(state, ssr), self.score(state, c, ssr / self.size)

    def score(self, state: State, c: Array, sigma2: float) -> Array:
        """Return the derivatives of the log-likelihood at given slopes and sigma2."""
        slopes = self.slopes(state, c)
        score = slopes.volume - slopes.product @ c / (2 * sigma2)
        score[0] += state.gram[1] @ c / sigma2
        return score

    def slopes(self, state: State, c: Array) -> Slopes:
        """Return the derivatives of cross-products and volume."""
        moments, point, serial = self.moments, state.point, state.serial
        within_lam, within_psi = moments.within_slopes(point.lam, serial)
        by_lam, by_psi, pull = self._along_slopes(state, c)
        trace_delta, trace_lam = state.spread.traces
        # delta = phi * length, so that phi and psi both move M.
        delta_psi = point.phi * serial.length_slope
        product = np.stack(
            [
                np.zeros_like(c),
                within_lam @ c + by_lam,
                within_psi @ c + by_psi - delta_psi * pull,
                -serial.length * pull,
            ]
        )
        volume = np.array(
            [
                -moments.periods * _trace(self.determinant, point.rho),
                -moments.periods * _trace(self.determinant_error, point.lam) - trace_lam / 2,
                -moments.regions * point.psi / (1 - point.psi**2) - delta_psi * trace_delta / 2,
                -serial.length * trace_delta / 2,
            ]
        )
        return Slopes(product, volume)

    def _along_slopes(self, state: State, c: Array) -> tuple[Array, Array, Array]:
        """Return the derivatives of H'M^-1 H c in lambda and, with M held, psi; and minus that in delta."""
        point, serial, spread = state.point, state.serial, state.spread
        if isinstance(spread, CommonSpread) or state.solved is None:
            by_lam, by_psi = self.moments.between_slopes(point.lam, serial)
            own = spread.solve(self.moments.between_gram(point.lam, serial) @ c)
            return spread.solve(by_lam @ c), spread.solve(by_psi @ c), spread.solve(own)
        along_lam, along_psi = self.moments.along_slopes(point.lam, serial)
        solved = state.solved @ c
        return (
            along_lam.T @ solved + state.solved.T @ (along_lam @ c - spread.by_lam(solved)),
            along_psi.T @ solved + state.solved.T @ (along_psi @ c),
            state.solved.T @ spread.by_delta(solved),
        )


def _value(determinant: LogDeterminant | None, at: float) -> float:
    return 0.0 if determinant is None or at == 0 else determinant.value(at)


def _trace(determinant: LogDeterminant | None, at: float) -> float:
    return 0.0 if determinant is None else determinant.trace(at)
