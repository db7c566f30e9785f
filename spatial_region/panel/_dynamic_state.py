"""Parameters of a dynamic spatial panel beside its data, away from the maximum of the likelihood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, Blocks, remove_effects
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._dynamic_bias import Point, Setting
from spatial_region.panel._estimate import Estimate
from spatial_region.panel._fit_measures import explained_share, squared_correlation
from spatial_region.panel._information import Filter, Residuals, covariance, inverse_apply, residuals_of
from spatial_region.panel._likelihood import Likelihood
from spatial_region.panel._moments import Moments, make_moments
from spatial_region.panel.options import Parts

_ROW_SUM = 1e-9


@dataclass(frozen=True)
class State:
    """Values of all parameters.

    Attributes
    ----------
    coefficients : (k,)
        Of X, W X, and the lags of y.
    rho, lam, tau, eta, sigma2 : float
    """

    coefficients: Array
    rho: float
    lam: float
    tau: float
    eta: float
    sigma2: float

    def vector(self, parts: Parts) -> Array:
        """Return coefficients, rho, lambda (those in the model) and sigma2."""
        spatial = [*([self.rho] if parts.lag_y else []), *([self.lam] if parts.error else [])]
        return np.array([*self.coefficients, *spatial, self.sigma2])


@dataclass(frozen=True)
class Fit:
    """The data and the model.

    Attributes
    ----------
    lee_yu_region, lee_yu_time : bool
        Whether the effects, if they are in the model, are transformed away.
    lags : list of str
        ``"tau"``, ``"eta"`` or both: the last coefficients.
    """

    blocks: Blocks
    w: sp.csr_array | None
    determinant: LogDeterminant | None
    parts: Parts
    effects: str
    lee_yu_region: bool
    lee_yu_time: bool
    lags: list[str]

    @property
    def has_region(self) -> bool:
        """Whether there are region effects."""
        return self.effects in ("region", "twoway")

    @property
    def has_time(self) -> bool:
        """Whether there are period effects."""
        return self.effects in ("time", "twoway")

    @cached_property
    def moments(self) -> Moments:
        """Cross-products."""
        return make_moments(self.blocks, self.w, filters_error=self.parts.error, effects=self.effects)

    @property
    def residual_size(self) -> int:
        """Degrees of freedom of the disturbances."""
        periods, regions = self.blocks.y.shape
        return (regions - self.has_time) * (periods - self.has_region)

    @cached_property
    def row_standardised(self) -> bool:
        """Whether the rows of W sum to 1."""
        return self.w is not None and float(np.abs(self.w.sum(axis=1) - 1).max()) <= _ROW_SUM

    def marginal(self) -> Fit:
        """Return the fit with the effects transformed away as far as the weights allow."""
        return replace(self, lee_yu_region=True, lee_yu_time=self.lee_yu_time or self.row_standardised)

    def setting(self, *, finite: bool) -> Setting:
        """Return what the likelihood removes."""
        likelihood = self.likelihood
        return Setting(
            self.blocks.y.shape[0],
            self.has_region,
            self.has_time,
            likelihood.periods,
            likelihood.without_unit_root,
            finite,
        )

    def parameter_names(self) -> list[str]:
        """Return a name for each parameter; slopes have none."""
        slopes = [""] * (self.blocks.z.shape[2] - len(self.lags))
        spatial = [*(["rho"] if self.parts.lag_y else []), *(["lambda"] if self.parts.error else [])]
        return [*slopes, *self.lags, *spatial, "sigma2"]

    def places(self) -> dict[str, int]:
        """Return the place of each parameter that has a name."""
        return {name: place for place, name in enumerate(self.parameter_names()) if name}

    def state_of(self, found: Estimate) -> State:
        """Return the parameters of an estimate."""
        lags = dict(zip(self.lags, found.coefficients[-len(self.lags) :].tolist(), strict=True))
        return State(found.coefficients, found.rho, found.lam, lags.get("tau", 0.0), lags.get("eta", 0.0), found.sigma2)

    def state_from(self, vector: Array) -> State:
        """Return the parameters in the order of `parameter_names`."""
        places = self.places()
        value = {name: float(vector[place]) for name, place in places.items()}
        k = self.blocks.z.shape[2]
        rho, lam, tau, eta = (value.get(name, 0.0) for name in ("rho", "lambda", "tau", "eta"))
        return State(vector[:k], rho, lam, tau, eta, value["sigma2"])

    def point(self, state: State) -> Point:
        """Return what the expected score depends on."""
        return Point(state.rho, state.lam, state.tau, state.eta, state.sigma2)

    def filter(self, state: State) -> Filter:
        """Return the filter of the error process."""
        return Filter(self.w if self.parts.error else None, state.lam, self.has_time)

    def residuals(self, state: State) -> Residuals:
        """Return residuals at any values."""
        return residuals_of(self.blocks, state.coefficients, state.rho, self.filter(state))

    def with_sigma2(self, state: State) -> State:
        """Return the state with the variance of its residuals, divided by their degrees of freedom."""
        return replace(state, sigma2=float((self.residuals(state).innovations ** 2).sum()) / self.residual_size)

    @cached_property
    def likelihood(self) -> Likelihood:
        """The likelihood that the uncorrected estimate maximises."""
        periods, regions = self.blocks.y.shape
        tau = periods - (self.lee_yu_region and self.has_region)
        rows = regions - (self.lee_yu_time and self.has_time)
        return Likelihood(self.moments, self.determinant, int(rows * tau), int(tau), bool(rows < regions))

    def covariance(self, state: State) -> Array:
        """Return the inverse of the expected information.

        Conditional on the regressors, lags among them: the information of a period given the past, summed over
        periods. It leaves out that region means of the lags correlate with those of disturbances, which is a share of
        1/T of the whole, as is what the bias correction adds to the variance.
        """
        if self.parts.is_linear:
            return self._linear_covariance(state)
        assert self.w is not None  # the front door has checked it
        return covariance(
            self.likelihood,
            self.blocks,
            self.w,
            self.residuals(state),
            self.filter(state),
            rho=state.rho,
            sigma2=state.sigma2,
            lag_y=self.parts.lag_y,
            effects=self.effects,
        )

    def _linear_covariance(self, state: State) -> Array:
        k = self.blocks.z.shape[2]
        inverse = np.linalg.inv(self.moments.triangle)
        full = np.zeros((k + 1, k + 1))
        full[:k, :k] = inverse @ inverse.T * state.sigma2
        full[k, k] = 2 * state.sigma2**2 / self.residual_size
        return full

    def as_estimate(self, first: Estimate, state: State, spread: Array) -> Estimate:
        """Return an estimate with all that depends on the parameters, but the likelihood's maximum, made anew."""
        residuals = self.residuals(state)
        explained = self.blocks.z @ state.coefficients
        effects = self.blocks.y - state.rho * self.blocks.wy - residuals.disturbance - explained
        predicted = inverse_apply(self.w if self.parts.lag_y else None, state.rho, explained)
        return replace(
            first,
            coefficients=state.coefficients,
            rho=state.rho,
            lam=state.lam,
            sigma2=state.sigma2,
            covariance=spread,
            residuals=residuals,
            effects=effects,
            r2=explained_share(residuals.innovations, self.blocks.y),
            r2_within=explained_share(residuals.innovations, self.blocks.y_within),
            r2_squared_correlation=squared_correlation(
                remove_effects(predicted[:, :, None], self.effects)[:, :, 0], self.blocks.y_within
            ),
        )
