"""Names of the options of spatial regression, and what each model contains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Model = Literal["ols", "slx", "sar", "sem", "sac", "sdm", "sdem", "gns"]
Effects = Literal["pooled", "region", "time", "twoway", "random"]
Method = Literal["ml", "gmm"]
Determinant = Literal["auto", "eigenvalues", "lu"]
StandardErrorKind = Literal["simulation", "delta"]
ErrorComponents = Literal["kkp", "bsk"]
Dynamic = Literal["time", "space_time", "both"]
MomentKind = Literal["auto", "initial", "weights", "fullweights", "hom", "het"]
CovarianceKind = Literal[
    "auto",
    "classical",
    "expected",
    "observed",
    "quasi",
    "robust",
    "cluster_region",
    "cluster_time",
    "cluster_both",
    "driscoll_kraay",
    "conley",
]
# Covariances of regression coefficients that allow errors to differ, or to be alike within a group.
SANDWICHES = ("robust", "cluster_region", "cluster_time", "cluster_both", "driscoll_kraay", "conley")


@dataclass(frozen=True)
class Parts:
    """Which spatial terms a model contains: W y, W X, and W in the disturbance."""

    lag_y: bool
    lag_x: bool
    error: bool

    @property
    def is_linear(self) -> bool:
        """Whether least squares is already maximum likelihood."""
        return not (self.lag_y or self.error)


PARTS: dict[str, Parts] = {
    "ols": Parts(False, False, False),
    "slx": Parts(False, True, False),
    "sar": Parts(True, False, False),
    "sem": Parts(False, False, True),
    "sac": Parts(True, False, True),
    "sdm": Parts(True, True, False),
    "sdem": Parts(False, True, True),
    "gns": Parts(True, True, True),
}

TITLES: dict[str, str] = {
    "ols": "Linear model (OLS)",
    "slx": "Spatially lagged regressors (SLX)",
    "sar": "Spatial autoregressive model (SAR)",
    "sem": "Spatial error model (SEM)",
    "sac": "Spatial autoregressive model with spatial errors (SAC)",
    "sdm": "Spatial Durbin model (SDM)",
    "sdem": "Spatial Durbin error model (SDEM)",
    "gns": "General nesting spatial model (GNS)",
}
