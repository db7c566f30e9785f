"""What a study file may contain: weights as a figure, spatial association, and moves between classes.

Options have the names of the public function of the same name, and are handed to it unchanged.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from spatial_region.autocorr.by_time import Statistic
from spatial_region.autocorr.join_count import Sampling
from spatial_region.autocorr.local_g import GInference
from spatial_region.autocorr.local_moran import Inference, Moments
from spatial_region.autocorr.markov import LagBins
from spatial_region.autocorr.moran import Assumption
from spatial_region.cli.schema_common import Analysis, At, Level, Permutations, Seed, Variables, Wholes
from spatial_region.core.options import Alternative, Correction, Cut, Gaps, Missing


def _check_edges(value: object) -> object:
    numbers = value if isinstance(value, list) else []
    if not numbers or any(isinstance(n, bool) or not isinstance(n, (int, float)) for n in numbers):
        raise ValueError("should be a list of upper edges")
    return value


def _check_labels(value: object) -> object:
    if not isinstance(value, list) or any(isinstance(label, (bool, dict, list)) for label in value):
        raise ValueError("should be a list with the name of each class")
    return value


Edges = Annotated[Any, BeforeValidator(_check_edges)]
Labels = Annotated[Any, BeforeValidator(_check_labels)]


class WeightsFigures(Analysis):
    """The links of weights on a map, and how many neighbours regions have."""

    kind: Literal["weights"]
    w: str | None = None

    @property
    def subject(self) -> list[str]:
        """The weights that the figures are about."""
        return [self.w] if self.w else []


class Association(Analysis):
    """Shared by statistics of spatial association."""

    w: str | None = None
    at: At = None
    alternative: Alternative | None = None
    missing: Missing | None = None


class GlobalStatistic(Association):
    """Shared by global statistics."""

    variable: str
    permutations: Permutations | None = None
    seed: Seed | None = None


class Moran(GlobalStatistic):
    """Global Moran's I, with its scatterplot."""

    kind: Literal["moran"]
    assumption: Assumption | None = None


class MoranByTime(GlobalStatistic):
    """Global Moran's I, or Geary's C or G, at each time of a panel."""

    kind: Literal["moran_by_time"]
    statistic: Statistic | None = None
    assumption: Assumption | None = None


class MoranRates(GlobalStatistic):
    """Moran's I of rates, allowing for small populations."""

    kind: Literal["moran_rates"]
    population: str
    assumption: Assumption | None = None


class Geary(GlobalStatistic):
    """Global Geary's C."""

    kind: Literal["geary"]
    assumption: Assumption | None = None


class GetisOrdG(GlobalStatistic):
    """Global Getis-Ord G."""

    kind: Literal["getis_ord_g"]


class JoinCount(GlobalStatistic):
    """Join counts of categories."""

    kind: Literal["join_count"]
    sampling: Sampling | None = None


class BivariateMoran(GlobalStatistic):
    """Moran's I of one variable and the neighbours' values of another."""

    kind: Literal["bivariate_moran"]
    other: str


class Lee(GlobalStatistic):
    """Lee's L of two variables."""

    kind: Literal["lee"]
    other: str


class LocalStatistic(Association):
    """Shared by local statistics."""

    correction: Correction | None = None
    level: Level | None = None


class Conditional(LocalStatistic):
    """Shared by local statistics that are tested by permutations."""

    permutations: Permutations | None = None
    stop_after: Annotated[int, Field(ge=1)] | None = None
    seed: Seed | None = None


class LocalMoran(Conditional):
    """Local Moran's I, with the map of its clusters."""

    kind: Literal["local_moran"]
    variable: str
    inference: Inference | None = None
    moments: Moments | None = None


class LocalMoranRates(Conditional):
    """Local Moran's I of rates, allowing for small populations."""

    kind: Literal["local_moran_rates"]
    variable: str
    population: str
    inference: Inference | None = None
    moments: Moments | None = None


class BivariateLocalMoran(Conditional):
    """Local Moran's I of one variable and the neighbours' values of another."""

    kind: Literal["bivariate_local_moran"]
    variable: str
    other: str


class LocalGeary(Conditional):
    """Local Geary's c of one variable, or of several."""

    kind: Literal["local_geary"]
    variable: Variables


class LocalG(Conditional):
    """Getis-Ord G or G* of each region."""

    kind: Literal["local_g"]
    variable: str
    star: bool | None = None
    inference: GInference | None = None


class LocalJoinCount(LocalStatistic):
    """Local join counts of one binary variable, or of several at once."""

    kind: Literal["local_join_count"]
    variable: Variables
    other: str | None = None


class QuantileLisa(LocalStatistic):
    """Local join counts of the regions in one class of quantiles."""

    kind: Literal["quantile_lisa"]
    variable: Variables
    k: Annotated[int, Field(ge=2)] | None = None
    quantile: Wholes = None


class Losh(LocalStatistic):
    """Local spatial heteroscedasticity."""

    kind: Literal["losh"]
    variable: str


class OverTime(Analysis):
    """Shared by analyses of moves from time to time."""

    variable: str
    missing: Missing | None = None
    gaps: Gaps | None = None


class LisaTransitions(OverTime):
    """Moves between the quadrants of the Moran scatterplot."""

    kind: Literal["lisa_transitions"]
    w: str | None = None
    level: Level | None = None
    permutations: Permutations | None = None
    alternative: Alternative | None = None
    correction: Correction | None = None
    seed: Seed | None = None


class PublishedMoran(Analysis):
    """z and p of printed Moran's I and their standard errors."""

    kind: Literal["published_moran"]
    times: Annotated[list[int | str], Field(min_length=1)]
    I: Annotated[list[float], Field(min_length=1)]  # noqa: E741 - the statistic's name
    se: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)]
    n: Annotated[int, Field(ge=3)] | None = None
    alternative: Alternative | None = None

    @model_validator(mode="after")
    def _as_many(self) -> PublishedMoran:
        if not len(self.times) == len(self.I) == len(self.se):
            raise ValueError(
                f"has {len(self.times)} times, {len(self.I)} I and {len(self.se)} se; give one of each a time"
            )
        return self


class QuadrantTransitions(OverTime):
    """Moves between quadrants that a table gives."""

    kind: Literal["quadrant_transitions"]


class Markov(OverTime):
    """Moves between classes of a variable."""

    kind: Literal["markov"]
    k: Annotated[int, Field(ge=2)] | None = None
    cut: Cut | None = None
    bins: Edges = None
    relative: bool | None = None
    labels: Labels = None


class SpatialMarkov(OverTime):
    """The same, by class of the neighbours."""

    kind: Literal["spatial_markov"]
    w: str | None = None
    k: Annotated[int, Field(ge=2)] | None = None
    cut: Cut | None = None
    bins: Edges = None
    lag_bins: LagBins | None = None
    relative: bool | None = None
    labels: Labels = None
