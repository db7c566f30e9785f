"""What a study file may contain: the analyses, one model for each kind.

Options have the names of the public function of the same name, and are handed to it unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from spatial_region.cli import schema_autocorr as autocorr
from spatial_region.cli import schema_detectors as detectors
from spatial_region.cli import schema_measure as measure
from spatial_region.cli import schema_panel as panel
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
from spatial_region.cli.schema_audit import Audit
from spatial_region.cli.schema_common import (
    Analysis,
    At,
    Bins,
    Level,
    Permutations,
    Scheme,
    Seed,
    Totals,
)
from spatial_region.cli.schema_weights import AnyWeights
from spatial_region.core.options import Missing
from spatial_region.geodetector._moments import Singletons
from spatial_region.geodetector._parts import CutWithin, Time
from spatial_region.geodetector._plans import Permute
from spatial_region.measure.grades import Closed


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


class GeoDetector(Analysis):
    """How much of a variable's variance each stratification explains, alone and in pairs."""

    kind: Literal["geodetector"]
    variable: str
    factors: Names
    at: At = None
    time: Time | None = None
    grouping: Text | None = None
    bins: Bins = None
    cut_within: CutWithin | None = None
    singletons: Singletons | None = None
    triples: bool | None = None
    permute: Annotated[list[Permute] | None, BeforeValidator(as_list)] = None
    permute_pairs: bool | None = None
    w: str | None = None
    permutations: Permutations | None = None
    level: Level | None = None
    missing: Missing | None = None
    seed: Seed | None = None

    @classmethod
    def needs_weights(cls, given: Mapping[str, Any]) -> bool:
        """Whether it is to keep the spatial patterns of weights."""
        permute = as_list(given.get("permute", []))
        return isinstance(permute, list) and "spatial" in permute


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
    Profile
    | Map
    | autocorr.WeightsFigures
    | autocorr.Moran
    | autocorr.MoranByTime
    | autocorr.MoranRates
    | autocorr.Geary
    | autocorr.GetisOrdG
    | autocorr.JoinCount
    | autocorr.BivariateMoran
    | autocorr.Lee
    | autocorr.LocalMoran
    | autocorr.LocalMoranRates
    | autocorr.BivariateLocalMoran
    | autocorr.LocalGeary
    | autocorr.LocalG
    | autocorr.LocalJoinCount
    | autocorr.QuantileLisa
    | autocorr.Losh
    | autocorr.LisaTransitions
    | autocorr.QuadrantTransitions
    | autocorr.PublishedMoran
    | autocorr.Markov
    | autocorr.SpatialMarkov
    | panel.SpatialPanel
    | panel.SpatialRegression
    | panel.DynamicPanel
    | panel.SpatialTests
    | GeoDetector
    | detectors.CompareBins
    | detectors.Gozh
    | detectors.Lesh
    | detectors.Spade
    | measure.CompositeIndex
    | measure.CouplingCoordination
    | measure.GroupMeans
    | measure.Inequality
    | measure.Theil
    | measure.DagumGini
    | measure.Convergence
    | measure.Dea
    | measure.UnitRoot
    | measure.Ellipse
    | Audit
    | Grades,
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
