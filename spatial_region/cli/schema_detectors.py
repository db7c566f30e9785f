"""What a study file may contain: the detectors beside the GeoDetector of factors and pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from spatial_region.cli.positions import Loc
from spatial_region.cli.schema import Names, as_list
from spatial_region.cli.schema_common import Analysis, At, Bins, Permutations, Seed
from spatial_region.core.options import Missing
from spatial_region.geodetector._lesh_game import OverlayKind
from spatial_region.geodetector.compare_bins import ComparedMethod

Strata = Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1)]


class Detector(Analysis):
    """Shared by the detectors."""

    variable: str
    factors: Names
    at: At = None
    permutations: Permutations | None = None
    missing: Missing | None = None
    seed: Seed | None = None


class CompareBins(Detector):
    """q of numeric factors, cut by every method into every number of strata."""

    kind: Literal["compare_bins"]
    methods: Annotated[list[ComparedMethod] | None, BeforeValidator(as_list)] = None
    ks: Strata | None = None


class Zones(Detector):
    """Detectors that grow a regression tree."""

    leaves: Annotated[int, Field(ge=1)] | None = None
    least_units: Annotated[int, Field(ge=1)] | None = None
    least_split: Annotated[int, Field(ge=1)] | None = None
    share: Annotated[float, Field(ge=0)] | None = None
    categorical: Annotated[list[str] | None, BeforeValidator(as_list)] = None

    def named_variables(self) -> Iterator[tuple[Loc, str]]:
        """Yield every variable that the options name, and under which key."""
        yield from super().named_variables()
        yield from ((("categorical", place), name) for place, name in enumerate(self.categorical or []))


class Gozh(Zones):
    """Zones of a regression tree on all factors, and the variance that lies between them."""

    kind: Literal["gozh"]


class Lesh(Zones):
    """The share that each factor has in q of all of them."""

    kind: Literal["lesh"]
    bins: Bins = None
    overlay: OverlayKind | None = None


class Spade(Detector):
    """The power of spatial determinants: how much of the variance among neighbours lies between strata."""

    kind: Literal["spade"]
    w: str | None = None
    bins: Bins = None
    ks: Strata | None = None

    @classmethod
    def needs_weights(cls, given: Mapping[str, Any]) -> bool:
        """Say no: without weights in the file, inverse distance between all regions is taken."""
        return False
