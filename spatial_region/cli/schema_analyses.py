"""What a study file may contain: the analyses, one model for each kind.

Options have the names of the public function of the same name, and are handed to it unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from spatial_region.autocorr.local_moran import Moments
from spatial_region.autocorr.moran import Assumption
from spatial_region.cli.positions import Loc
from spatial_region.cli.schema import (
    Boundaries,
    Names,
    Section,
    StudySection,
    Table,
    Text,
    Variable,
    as_list,
)
from spatial_region.cli.schema_weights import AnyWeights
from spatial_region.core.options import Alternative, Correction, Missing
from spatial_region.measure.grades import Closed
from spatial_region.panel.options import Effects, Method, Model, StandardErrorKind


def _check_time(value: object) -> object:
    times = value if isinstance(value, list) else [value]
    if not times or any(isinstance(time, (bool, dict, list)) for time in times):
        raise ValueError('should be a time, a list of times, or "all"')
    return value


# Validators raise ValueError throughout: pydantic reports that with the place, and lets TypeError through.
def _check_totals(value: object) -> object:
    numbers = list(value.values()) if isinstance(value, dict) else []
    is_named = isinstance(value, (list, dict)) and all(isinstance(name, str) for name in value)
    if not is_named or any(isinstance(n, bool) or not isinstance(n, (int, float)) for n in numbers):
        raise ValueError("should be a list of variables, or { variable = its total }")
    return value


def _check_bins(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, str, list, dict)):
        raise ValueError(  # noqa: TRY004
            'should be a number of strata, a method, ["method", k], a list of edges, or one for each factor'
        )
    return value


def _check_scheme(value: object) -> object:
    numbers = value if isinstance(value, list) else []
    if not isinstance(value, (str, list)) or any(isinstance(n, (bool, str)) for n in numbers):
        raise ValueError('should be a method such as "quantiles", or a list of upper edges')
    return value


Scheme = Annotated[Any, BeforeValidator(_check_scheme)]
At = Annotated[Any, BeforeValidator(_check_time)]
Bins = Annotated[Any, BeforeValidator(_check_bins)]
Totals = Annotated[Any, BeforeValidator(_check_totals)]
Seed = Annotated[int, Field(ge=0)]
Permutations = Annotated[int, Field(ge=0)]
Level = Annotated[float, Field(gt=0, lt=1)]
Models = Annotated[list[Model], BeforeValidator(as_list)]


class Within(Section):
    """``within = { grouping = "plate", group = "West" }``: only the regions of one group."""

    grouping: str
    group: str | int


class Analysis(Section):
    """Shared by all analyses."""

    name: Annotated[str | None, Field(pattern=r"^[\w][\w.-]*$")] = None
    title: Text | None = None
    note: Annotated[str | None, Field(description="A sentence for the summary, below the result")] = None
    within: Within | None = None
    between: Annotated[list[Any] | None, Field(min_length=2, max_length=2, description="First and last time")] = None

    def named_variables(self) -> Iterator[tuple[Loc, str]]:
        """Yield every variable that the options name, and under which key."""
        if isinstance(name := getattr(self, "variable", None), str):
            yield ("variable",), name
        for key in ("variables", "factors"):
            yield from (((key, place), name) for place, name in enumerate(getattr(self, key, None) or []))

    def options(self) -> dict[str, Any]:
        """Return what is handed to the public function, besides study and variable."""
        return self.given(
            "kind", "name", "title", "note", "within", "between", "at", "variable", "variables", "factors"
        )


class Profile(Analysis):
    """Levels, shares, ranks and growth of some variables in each region."""

    kind: Literal["profile"]
    variables: Names
    at: At = None
    base: At = None
    reference: dict[str, float] | None = None
    totals: Totals = None
    missing: Missing | None = None


class Map(Analysis):
    """A choropleth map of one variable."""

    kind: Literal["map"]
    variable: str
    at: At = None
    scheme: Scheme = None
    labels: bool | None = None
    k: Annotated[int, Field(ge=2, le=12)] | None = None
    palette: str | None = None


class Moran(Analysis):
    """Global Moran's I, with its scatterplot."""

    kind: Literal["moran"]
    variable: str
    w: str | None = None
    at: At = None
    permutations: Permutations | None = None
    alternative: Alternative | None = None
    assumption: Assumption | None = None
    missing: Missing | None = None
    seed: Seed | None = None


class MoranByTime(Moran):
    """Global Moran's I at each time of a panel."""

    kind: Literal["moran_by_time"]  # type: ignore[assignment]


class LocalMoran(Analysis):
    """Local Moran's I, with the map of its clusters."""

    kind: Literal["local_moran"]
    variable: str
    w: str | None = None
    at: At = None
    permutations: Annotated[int, Field(ge=1)] | None = None
    alternative: Alternative | None = None
    correction: Correction | None = None
    moments: Moments | None = None
    level: Level | None = None
    missing: Missing | None = None
    seed: Seed | None = None


class SpatialModels(Analysis):
    """Shared by spatial regressions; several models are estimated in turn and set side by side."""

    formula: Text
    w: str | None = None
    model: Models | None = None
    method: Method | None = None
    lagged: Names | None = None
    draws: Annotated[int | None, Field(ge=2, description="Draws behind the standard errors of impacts")] = None
    se: StandardErrorKind | None = None
    missing: Missing | None = None
    seed: Seed | None = None

    def options(self) -> dict[str, Any]:
        """Return what is handed to the function that estimates."""
        asked_afterwards = ("formula", "w", "model", "draws", "se", "missing", "seed")
        return {key: value for key, value in super().options().items() if key not in asked_afterwards}

    def impact_options(self) -> dict[str, Any]:
        """Return what is handed to the function that computes impacts."""
        return {key: value for key, value in super().options().items() if key in ("draws", "se", "seed")}


class SpatialPanel(SpatialModels):
    """Spatial panel models with fixed effects."""

    kind: Literal["spatial_panel"]
    effects: Effects | None = None
    lee_yu: bool | None = None


class SpatialRegression(SpatialModels):
    """The same models on one cross-section."""

    kind: Literal["spatial_regression"]
    at: At = None


class GeoDetector(Analysis):
    """How much of a variable's variance each stratification explains, alone and in pairs."""

    kind: Literal["geodetector"]
    variable: str
    factors: Names
    at: At = None
    bins: Bins = None
    permutations: Permutations | None = None
    missing: Missing | None = None
    seed: Seed | None = None


class Grades(Analysis):
    """Named classes between stated edges, with their map."""

    kind: Literal["grades"]
    variable: str
    edges: Annotated[list[float], Field(min_length=2)]
    labels: Names
    at: At = None
    closed: Closed | None = None
    missing: Missing | None = None


AnyAnalysis = Annotated[
    Profile | Map | Moran | MoranByTime | LocalMoran | SpatialPanel | SpatialRegression | GeoDetector | Grades,
    Field(discriminator="kind"),
]


class StudyFile(Section):
    """A whole study file."""

    study: StudySection
    boundaries: Boundaries
    tables: Annotated[list[Table], Field(min_length=1)]
    variables: dict[str, Variable] = Field(default_factory=dict)
    weights: dict[str, AnyWeights] = Field(default_factory=dict)
    analyses: Annotated[list[AnyAnalysis], Field(min_length=1)]
