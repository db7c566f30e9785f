"""What a study file may contain: weights, one model for each kind.

Options have the names and defaults of the public function, and are handed to it unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from spatial_region.cli.positions import Loc
from spatial_region.cli.schema import Section, Text
from spatial_region.core.options import (
    ContiguityKind,
    FileFormat,
    FileLayout,
    Islands,
    KernelFunction,
    Metric,
    ProximityKind,
    Standardisation,
    Ties,
)
from spatial_region.regions.weights_table import Unknown

_NAMED_POINTS = ("centroid", "representative", "edge")


# Validators raise ValueError throughout: pydantic reports that with the place, and lets TypeError through.
def _check_points(value: object) -> object:
    is_pair = isinstance(value, list) and len(value) == 2 and all(isinstance(name, str) and name for name in value)
    if not (is_pair or (isinstance(value, str) and value)):
        raise ValueError('should be "centroid", "representative", "edge", or two columns such as ["lon", "lat"]')
    return tuple(value) if isinstance(value, list) else value


def _check_period(value: object) -> object:
    times = value if isinstance(value, list) else [value]
    if len(times) not in (1, 2) or any(isinstance(time, (bool, dict, list)) for time in times):
        raise ValueError("should be a time, or [first, last] for the mean from one to the other")
    return tuple(times) if isinstance(value, list) and len(times) == 2 else times[0]


def _check_powers(value: object) -> object:
    numbers = value if isinstance(value, list) else []
    if len(numbers) != 2 or any(isinstance(n, bool) or not isinstance(n, (int, float)) or n < 0 for n in numbers):
        raise ValueError("should be two numbers of 0 or above, such as [1.0, 1.0]")
    return tuple(numbers)


Points = Annotated[Any, BeforeValidator(_check_points)]
Period = Annotated[Any, BeforeValidator(_check_period)]
Powers = Annotated[Any, BeforeValidator(_check_powers)]
Positive = Annotated[float, Field(gt=0)]


class WeightsSection(Section):
    """Shared by all weights."""

    standardise: Standardisation | None = None

    def named_variables(self) -> Iterator[tuple[Loc, str]]:
        """Yield every variable that the options name and the study must have, and under which key."""
        for key in ("variable", "grouping"):
            if isinstance(name := getattr(self, key, None), str):
                yield (key,), name
        points = getattr(self, "points", None)
        if isinstance(points, tuple):
            yield from ((("points", place), name) for place, name in enumerate(points))
        elif isinstance(points, str) and points not in _NAMED_POINTS:
            yield ("points",), points

    def options(self) -> dict[str, Any]:
        """Return what is handed to the public function, besides the study and what other sections define."""
        return self.given("kind", "standardise", "path", *REFERENCES)


REFERENCES = ("w", "w1", "w2")


class Contiguity(WeightsSection):
    """Shared borders (rook), or borders and corners (queen)."""

    kind: ContiguityKind
    order: Annotated[int, Field(ge=1)] | None = None
    cumulative: bool | None = None
    snap: Annotated[float | None, Field(gt=0, description="metres")] = None
    islands: Islands | None = None


class BoundaryLength(WeightsSection):
    """Length of the shared border."""

    kind: Literal["boundary_length"]
    snap: Annotated[float | None, Field(gt=0, description="metres")] = None
    islands: Islands | None = None


class Located(WeightsSection):
    """Shared by weights that measure distances between points."""

    points: Points = None
    metric: Metric | None = None
    islands: Islands | None = None


class Knn(Located):
    """The k nearest regions."""

    kind: Literal["knn"]
    k: Annotated[int, Field(ge=1)] | None = None
    mutual: bool | None = None


class DistanceBand(Located):
    """Regions within a distance."""

    kind: Literal["distance_band"]
    km: Positive | None = None


class InverseDistance(Located):
    """Weights that fall with distance."""

    kind: Literal["inverse_distance"]
    km: Positive | None = None
    power: Positive | None = None


class Kernel(Located):
    """Weights from a kernel of distance, with one bandwidth or one for each region."""

    kind: Literal["kernel"]
    function: KernelFunction | None = None
    km: Positive | None = None
    k: Annotated[int, Field(ge=1)] | None = None
    diagonal: bool | None = None


class Gravity(Located):
    """Product of masses over distance."""

    kind: Literal["gravity"]
    variable: Text
    at: Period = None
    mass_power: Powers = None
    power: Positive | None = None
    km: Positive | None = None


class Proximity(WeightsSection):
    """Graphs of proximity: no number of neighbours or distance to choose."""

    kind: ProximityKind
    points: Points = None


class Block(WeightsSection):
    """Regions of one group are neighbours."""

    kind: Literal["block"]
    grouping: Text
    islands: Literal["keep", "raise"] | None = None


class EconomicDistance(WeightsSection):
    """Weights that are large between regions with like values."""

    kind: Literal["economic_distance"]
    variable: Text
    at: Period = None
    power: Positive | None = None
    w: Text | None = None
    ties: Ties | None = None


class Nested(WeightsSection):
    """A mixture of two weights of the file."""

    kind: Literal["nested"]
    w1: Text
    w2: Text
    share: Annotated[float, Field(ge=0, le=1)] | None = None


class Combination(WeightsSection):
    """Links of two weights of the file: in either, in both, in the first only, or in both with values multiplied."""

    kind: Literal["union", "intersection", "difference", "symmetric_difference", "product"]
    w1: Text
    w2: Text


class LinkIslands(WeightsSection):
    """Other weights of the file, with each island linked to the nearest region."""

    kind: Literal["link_islands"]
    w: Text
    points: Points = None
    metric: Metric | None = None


class FromFile(WeightsSection):
    """Shared by weights that stand in a file."""

    path: Annotated[Text, Field(description="beside the study file")]
    sheet: str | int | None = None
    encoding: str | None = None


class WeightsTable(FromFile):
    """Travel times, flows or other numbers of pairs of regions, from a table."""

    kind: Literal["table"]
    origin: str | None = None
    destination: str | None = None
    variable: str | None = None
    power: Positive | None = None
    both_ways: bool | None = None
    unknown: Unknown | None = None
    islands: Literal["keep", "raise"] | None = None

    def named_variables(self) -> Iterator[tuple[Loc, str]]:
        """Yield nothing: `variable` is a column of the table."""
        yield from ()


class WeightsFile(FromFile):
    """Weights that another program saved."""

    kind: Literal["file"]
    format: FileFormat | None = None
    by_position: bool | None = None
    binary: bool | None = None
    layout: FileLayout | None = None


AnyWeights = Annotated[
    Contiguity
    | BoundaryLength
    | Knn
    | DistanceBand
    | InverseDistance
    | Kernel
    | Proximity
    | Block
    | EconomicDistance
    | Gravity
    | Nested
    | Combination
    | LinkIslands
    | WeightsTable
    | WeightsFile,
    Field(discriminator="kind"),
]
