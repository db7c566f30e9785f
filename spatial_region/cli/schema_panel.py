"""What a study file may contain: spatial regressions, and the tests that choose between them.

Options have the names of the public function of the same name, and are handed to it unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from spatial_region.cli.positions import Loc
from spatial_region.cli.schema import Names, Text
from spatial_region.cli.schema_common import Analysis, At, Level, Models, Seed
from spatial_region.core.options import Missing
from spatial_region.panel.dynamic import Correction, FixedEffects
from spatial_region.panel.options import (
    CovarianceKind,
    Determinant,
    Dynamic,
    Effects,
    ErrorComponents,
    Method,
    MomentKind,
    StandardErrorKind,
)

_AFTERWARDS = ("draws", "se", "seed")


class Regression(Analysis):
    """Shared by spatial regressions; several models are estimated in turn and set side by side."""

    formula: Text
    w: str | None = None
    model: Models | None = None
    lagged: Names | None = None
    determinant: Determinant | None = None
    draws: Annotated[int | None, Field(ge=2, description="Draws behind the standard errors of impacts")] = None
    se: StandardErrorKind | None = None
    missing: Missing | None = None
    seed: Seed | None = None

    def options(self) -> dict[str, Any]:
        """Return what is handed to the function that estimates."""
        asked_elsewhere = ("formula", "w", "model", "missing", *_AFTERWARDS)
        return {key: value for key, value in super().options().items() if key not in asked_elsewhere}

    def impact_options(self) -> dict[str, Any]:
        """Return what is handed to the function that computes impacts."""
        return {key: value for key, value in super().options().items() if key in _AFTERWARDS}


class SpatialModels(Regression):
    """Shared by static regressions."""

    w_error: str | None = None
    method: Method | None = None
    endogenous: Names | None = None
    instruments: Names | None = None
    moments: MomentKind | None = None
    covariance: CovarianceKind | None = None
    km: Annotated[float | None, Field(gt=0)] = None

    def named_variables(self) -> Iterator[tuple[Loc, str]]:
        """Yield every variable that the options name, and under which key."""
        yield from super().named_variables()
        yield from ((("endogenous", place), name) for place, name in enumerate(self.endogenous or []))


class SpatialPanel(SpatialModels):
    """Spatial panel models with fixed or random effects."""

    kind: Literal["spatial_panel"]
    effects: Effects | None = None
    lee_yu: bool | None = None
    components: ErrorComponents | None = None
    serial: bool | None = None
    lags: Annotated[int | None, Field(ge=0)] = None


class SpatialRegression(SpatialModels):
    """The same models on one cross-section."""

    kind: Literal["spatial_regression"]
    at: At = None


class DynamicPanel(Regression):
    """Spatial panel models with lags of the dependent variable in time."""

    kind: Literal["dynamic_panel"]
    dynamic: Dynamic | None = None
    effects: FixedEffects | None = None
    correction: Correction | None = None
    lee_yu: bool | None = None


class SpatialTests(Analysis):
    """The tests that choose between spatial models, in one table."""

    kind: Literal["spatial_tests"]
    formula: Text
    w: str | None = None
    effects: Effects | None = None
    at: At = None
    lagged: Names | None = None
    level: Level | None = None
    lee_yu: bool | None = None
    missing: Missing | None = None

    def options(self) -> dict[str, Any]:
        """Return what is handed to the function that tests."""
        return {key: value for key, value in super().options().items() if key not in ("formula", "w", "missing")}
