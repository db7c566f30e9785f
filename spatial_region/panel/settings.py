"""Options of one regression, and which of them go together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from spatial_region.core.options import check_option
from spatial_region.errors import OptionError
from spatial_region.panel.options import (
    PARTS,
    SANDWICHES,
    CovarianceKind,
    Determinant,
    Effects,
    ErrorComponents,
    Method,
    Model,
    MomentKind,
    Parts,
)


@dataclass(frozen=True)
class Settings:
    """Options of one regression; see `spatial_region.spatial_panel` for their meaning."""

    model: Model
    effects: Effects = "pooled"
    method: Method = "ml"
    lagged: tuple[str, ...] | None = None
    lee_yu: bool = False
    components: ErrorComponents = "kkp"
    serial: bool = False
    endogenous: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    moments: MomentKind = "auto"
    covariance: CovarianceKind = "auto"
    km: float | None = None
    lags: int | None = None
    determinant: Determinant = "auto"

    @property
    def parts(self) -> Parts:
        """Spatial terms of the model."""
        return PARTS[self.model]

    @property
    def needs_weights(self) -> bool:
        """Whether the model has a spatial term at all."""
        return self.parts.lag_x or not self.parts.is_linear

    @property
    def fixed_effects(self) -> str:
        """Effects that are removed: random ones are not."""
        return "pooled" if self.effects == "random" else self.effects

    @property
    def is_least_squares(self) -> bool:
        """Whether ordinary least squares gives the estimates."""
        return self.method == "ml" and self.parts.is_linear and self.effects != "random"

    @property
    def covariance_used(self) -> str:
        """The covariance that ``"auto"`` stands for."""
        if self.covariance != "auto":
            return self.covariance
        if self.method == "gmm" or self.is_least_squares:
            return "classical"
        return "observed" if self.effects == "random" else "expected"

    def check(self) -> None:
        """Refuse options that are not offered, or that do not go together."""
        check_option(self.model, Model, "model")
        check_option(self.effects, Effects, "effects")
        check_option(self.method, Method, "method")
        check_option(self.determinant, Determinant, "determinant")
        check_option(self.components, ErrorComponents, "components")
        check_option(self.covariance, CovarianceKind, "covariance")
        check_option(self.moments, MomentKind, "moments")
        for name in ("lee_yu", "serial"):
            if not isinstance(getattr(self, name), (bool, np.bool_)):
                raise OptionError(f"{name} must be True or False; found {getattr(self, name)!r}.")
        if self.lagged is not None and not self.parts.lag_x:
            offered = ", ".join(repr(name) for name, parts in PARTS.items() if parts.lag_x)
            raise OptionError(
                f"lagged= chooses the lags of regressors, and model={self.model!r} has none; they are in {offered}."
            )
        self._check_lee_yu()
        self._check_random()
        self._check_instruments()
        self._check_moments()
        self._check_covariance()

    def _check_lee_yu(self) -> None:
        if self.lee_yu and self.effects in ("pooled", "random"):
            raise OptionError(f"lee_yu=True transforms fixed effects away; effects={self.effects!r} has none.")
        if self.lee_yu and self.method == "gmm":
            raise OptionError("lee_yu=True belongs to the likelihood; use method='ml'.")

    def _check_random(self) -> None:
        if self.serial and not (self.effects == "random" and self.method == "ml"):
            raise OptionError("serial=True adds serial correlation to random effects by method='ml'; use both.")

        if self.components == "bsk" and self.method == "gmm":
            raise OptionError("components='bsk' is for the likelihood; by method='gmm' region effects are 'kkp'.")

    def _check_instruments(self) -> None:
        if self.method == "ml" and (self.endogenous or self.instruments):
            raise OptionError("endogenous= and instruments= need method='gmm'; a likelihood has no instruments.")
        if self.endogenous and len(self.instruments) < len(self.endogenous):
            raise OptionError(
                f"{len(self.endogenous)} endogenous regressors need at least as many instruments that are not "
                f"regressors; found {len(self.instruments)}. Pass instruments=[...]."
            )
        if self.instruments and not self.endogenous:
            raise OptionError("instruments= without endogenous= has nothing to instrument; name the regressors.")

    def _check_moments(self) -> None:
        if self.moments == "auto":
            return
        if self.method == "ml" or not self.parts.error:
            raise OptionError(f"moments={self.moments!r} is for lambda by method='gmm': sem, sac, sdem and gns.")
        if self.covariance not in ("auto", "classical"):
            raise OptionError(
                f"covariance={self.covariance!r} chooses the moments of lambda itself; leave moments= out."
            )

    @property
    def moments_used(self) -> MomentKind:
        """Moments of lambda: those that bear unequal variances when the covariance does."""
        return "het" if self.has_joint_sandwich else self.moments

    @property
    def has_joint_sandwich(self) -> bool:
        """Whether lambda and the slopes have a robust covariance together."""
        return self.method == "gmm" and self.parts.error and self.effects != "random" and self.covariance in SANDWICHES

    def _check_covariance(self) -> None:
        kind = self.covariance
        if kind in SANDWICHES and not (self.method == "gmm" or self.is_least_squares):
            raise OptionError(
                f"covariance={kind!r} allows unequal variances, under which the likelihood's rho and lambda are "
                f"themselves biased. Use method='gmm', or covariance='quasi' for errors that are not normal."
            )
        if self.has_joint_sandwich:
            offered = "cluster_region" if self.effects in ("region", "twoway") else "robust"
            if kind != offered:
                raise OptionError(
                    f"covariance={kind!r} is not offered for lambda by method='gmm' with effects={self.effects!r}; "
                    f"{offered!r} is."
                )
        if kind in ("expected", "observed", "quasi") and (self.method == "gmm" or self.is_least_squares):
            raise OptionError(
                f"covariance={kind!r} comes from a likelihood with rho or lambda; use 'classical' or one of "
                f"{', '.join(map(repr, SANDWICHES))}."
            )
        if kind == "classical" and not (self.method == "gmm" or self.is_least_squares):
            raise OptionError("covariance='classical' is for least squares and gmm; use 'expected' or 'observed'.")
        if self.effects == "random" and self.method == "ml" and kind not in ("auto", "observed"):
            raise OptionError("random effects by method='ml' have covariance='observed' only.")
        if self.lags is not None and kind not in ("driscoll_kraay", "conley"):
            raise OptionError("lags= (times over which errors are alike) is for 'driscoll_kraay' and 'conley'.")
        if self.lags is not None and not (isinstance(self.lags, (int, np.integer)) and self.lags >= 0):
            raise OptionError(f"lags must be a whole number from 0; found {self.lags!r}.")
        if (kind == "conley") != (self.km is not None):
            raise OptionError("covariance='conley' and km= (kilometres within which errors are alike) go together.")


def as_names(names: object, option: str) -> tuple[str, ...] | None:
    """Return the names that an option lists; one name may stand by itself.

    Raises
    ------
    OptionError
        If something else than text is listed.
    """
    if names is None or isinstance(names, str):
        return names if names is None else (names,)
    listed = tuple(names) if isinstance(names, Iterable) else (names,)
    for name in listed:
        if not isinstance(name, str):
            raise OptionError(f"{option}= takes names of variables, such as ['a', 'b']; found {name!r}.")
    return listed
