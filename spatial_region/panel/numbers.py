"""What every way of estimation gives, before names are put on it, and where impacts come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._general_impacts import (
    GeneralImpactInput,
    general_delta_impacts,
    general_simulated_impacts,
)
from spatial_region.panel._impacts import ImpactEstimate, ImpactInput, delta_impacts, simulated_impacts
from spatial_region.panel._operators import Operators


class ImpactSource(Protocol):
    """Average impacts of one model from its labelled estimates."""

    def delta(self, params: pd.Series, covariance: pd.DataFrame) -> ImpactEstimate:
        """Return impacts with standard errors by the delta method."""
        ...

    def simulate(
        self, params: pd.Series, covariance: pd.DataFrame, *, draws: int, random: np.random.Generator
    ) -> ImpactEstimate:
        """Return impacts with standard errors from draws of the estimates."""
        ...


@dataclass(frozen=True)
class SingleWeightsImpacts:
    """Impacts of a model with one W: (I - rho W)^-1 (beta I + theta W).

    Attributes
    ----------
    regressors : list of str
        Without the intercept.
    lagged : list of str
        Those whose lag ``W_a`` is in the model.
    w : (N, N) or None
    determinant : LogDeterminant or None
        None when the model has no rho.
    """

    regressors: list[str]
    lagged: list[str]
    w: sp.csr_array | None
    determinant: LogDeterminant | None

    def delta(self, params: pd.Series, covariance: pd.DataFrame) -> ImpactEstimate:
        """Return impacts with standard errors by the delta method."""
        return delta_impacts(self.given(params, covariance), self.w, self.determinant)

    def simulate(
        self, params: pd.Series, covariance: pd.DataFrame, *, draws: int, random: np.random.Generator
    ) -> ImpactEstimate:
        """Return impacts with standard errors from draws of the estimates."""
        return simulated_impacts(self.given(params, covariance), self.w, self.determinant, draws=draws, random=random)

    def given(self, params: pd.Series, covariance: pd.DataFrame) -> ImpactInput:
        """Return the estimates that matter, without their names."""
        lags = [f"W_{name}" for name in self.lagged]
        rho = ["rho"] if self.determinant is not None else []
        kept = [*self.regressors, *lags, *rho]
        theta = pd.Series(0.0, index=self.regressors)
        theta[self.lagged] = params[lags].to_numpy()
        return ImpactInput(
            params[self.regressors].to_numpy(dtype=float),
            theta.to_numpy(),
            float(params["rho"]) if rho else 0.0,
            covariance.loc[kept, kept].to_numpy(dtype=float),
            [self.regressors.index(name) for name in self.lagged],
            bool(rho),
        )


@dataclass(frozen=True)
class GeneralImpacts:
    """Impacts of a model with several weights, or weights by time: (I - sum rho_j W_j)^-1 (beta I + sum theta_j W_j).

    Attributes
    ----------
    regressors, lagged : list of str
        As in `SingleWeightsImpacts`.
    prefixes : list of str
        What the names of lags begin with, by weights.
    rhos : list of str
        Names of the parameters of W y; empty without.
    lags : Operators
    """

    regressors: list[str]
    lagged: list[str]
    prefixes: list[str]
    rhos: list[str]
    lags: Operators

    def delta(self, params: pd.Series, covariance: pd.DataFrame) -> ImpactEstimate:
        """Return impacts with standard errors by the delta method."""
        return general_delta_impacts(self.given(params, covariance), self.lags)

    def simulate(
        self, params: pd.Series, covariance: pd.DataFrame, *, draws: int, random: np.random.Generator
    ) -> ImpactEstimate:
        """Return impacts with standard errors from draws of the estimates."""
        return general_simulated_impacts(self.given(params, covariance), self.lags, draws=draws, random=random)

    def given(self, params: pd.Series, covariance: pd.DataFrame) -> GeneralImpactInput:
        """Return the estimates that matter, without their names."""
        kept = [*self.regressors, *(f"{p}_{name}" for p in self.prefixes for name in self.lagged), *self.rhos]
        places = [self.regressors.index(name) for name in self.lagged]
        theta = np.zeros((len(self.prefixes), len(self.regressors)))
        for row, prefix in enumerate(self.prefixes):
            theta[row, places] = params[[f"{prefix}_{name}" for name in self.lagged]].to_numpy(dtype=float)
        return GeneralImpactInput(
            params[self.regressors].to_numpy(dtype=float),
            theta,
            params[self.rhos].to_numpy(dtype=float) if self.rhos else np.zeros(len(self.prefixes)),
            covariance.loc[kept, kept].to_numpy(dtype=float),
            places,
            bool(self.rhos),
        )


@dataclass(frozen=True)
class Numbers:
    """Estimates of one model.

    Attributes
    ----------
    coefficients : (k,)
        Of the regressors and their lags.
    spatial : Mapping of str to float
        The other parameters in order, by name: tau, eta, rho, lambda, psi, phi.
    covariance : (k + p, k + p)
        Of coefficients and the other parameters; NaN where a method gives none.
    sigma2, sigma2_se, loglik : float
        NaN where a method gives none.
    size : int
        Observations behind the estimates.
    df_model, df_residual : int
    df_t : int or None
        Degrees of freedom of Student's t for the estimates; None for the normal distribution.
    innovations : (T, N)
    effects : (T, N) or None
        Sum of region and period effects; None without.
    r2, r2_within, r2_squared_correlation : float
    components : Mapping of str to float
        Variances of region effects and the like.
    diagnostics : pandas.DataFrame or None
        Tests of the instruments.
    """

    coefficients: Array
    spatial: Mapping[str, float]
    covariance: Array
    sigma2: float
    sigma2_se: float
    loglik: float
    size: int
    df_model: int
    df_residual: int
    innovations: Array
    effects: Array | None
    r2: float
    r2_within: float
    r2_squared_correlation: float
    components: Mapping[str, float] = field(default_factory=dict)
    diagnostics: pd.DataFrame | None = None
    df_t: int | None = None
