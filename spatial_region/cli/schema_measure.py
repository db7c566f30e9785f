"""What a study file may contain: indices, coupling, inequality, convergence, efficiency, and tests of panels.

Options have the names of the public function of the same name, and are handed to it unchanged; where the function takes
Series, the file names variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from spatial_region.cli.positions import Loc
from spatial_region.cli.schema import Names, as_list
from spatial_region.cli.schema_common import Analysis, At, Level
from spatial_region.core.options import Cut, Missing
from spatial_region.measure._coupling import Variant
from spatial_region.measure._dispersion import Dispersion
from spatial_region.measure._growth_fit import Effects
from spatial_region.measure.composite import Inconsistent, Method, Scaling, WeightingName
from spatial_region.measure.coupling import Classes
from spatial_region.measure.dea import Model, Orientation, Returns
from spatial_region.measure.growth import ControlsAt, Form
from spatial_region.paneltests._adf import Rule, Trend
from spatial_region.paneltests._conventions import ConventionName
from spatial_region.paneltests._unit_root_tests import TestName

Direction = Literal["benefit", "cost"] | Literal[1, -1]


class NamesVariables(Analysis):
    """Options of which some, `_variables`, name variables: one, several, or lists by dimension."""

    _variables: tuple[str, ...] = ()

    def named_variables(self) -> Iterator[tuple[Loc, str]]:
        """Yield every variable that the options name, and under which key."""
        for key in self._variables:
            yield from _listed((key,), getattr(self, key, None))

    @property
    def subject(self) -> list[str]:
        """The variables that the analysis is about, for its name and title."""
        first = self._variables[0]
        return [name for loc, name in self.named_variables() if loc[0] == first]


def _listed(loc: Loc, value: object) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _listed((*loc, key), inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _listed((*loc, place), inner)


class CompositeIndex(NamesVariables):
    """A composite index of indicators, with weights that the data or the author gives."""

    kind: Literal["composite_index"]
    indicators: Names | dict[str, Names]
    direction: Direction | dict[str, Direction]
    method: Method | None = None
    pooled: bool | None = None
    nested: bool | None = None
    weighting: WeightingName | None = None
    scaling: Scaling | None = None
    bounds: dict[str, Annotated[list[float], Field(min_length=2, max_length=2)]] | None = None
    shift: Annotated[float, Field(ge=0)] | None = None
    shares: dict[str, float] | None = None
    inconsistent: Inconsistent | None = None
    components: float | None = None
    missing: Missing | None = None
    _variables = ("indicators",)


class CouplingCoordination(NamesVariables):
    """How far systems of indices are coupled, and how well they are coordinated."""

    kind: Literal["coupling_coordination"]
    variables: Annotated[list[str], Field(min_length=2)]
    weights: dict[str, float] | None = None
    variant: Variant | None = None
    upper: Annotated[float, Field(gt=0)] | None = None
    synchronous: Annotated[float, Field(gt=0, le=1)] | None = None
    classes: Classes | None = None
    missing: Missing | None = None
    _variables = ("variables",)


class GroupMeans(NamesVariables):
    """Means of variables in the groups of a grouping."""

    kind: Literal["group_means"]
    variables: Names
    grouping: str
    at: At = None
    missing: Missing | None = None
    _variables = ("variables", "grouping")


class Inequality(NamesVariables):
    """Measures of inequality between regions at each time."""

    kind: Literal["inequality"]
    variable: str
    weights: str | None = None
    missing: Missing | None = None
    _variables = ("variable", "weights")


class Theil(NamesVariables):
    """Theil's T (`theil`) or L (`theil_l`), in all and within and between groups."""

    kind: Literal["theil", "theil_l"]
    variable: str
    weights: str | None = None
    groups: Annotated[list[str] | None, BeforeValidator(as_list)] = None
    missing: Missing | None = None
    _variables = ("variable", "weights", "groups")


class DagumGini(NamesVariables):
    """Dagum's Gini coefficient within groups, between them, and of their overlap."""

    kind: Literal["dagum_gini"]
    variable: str
    groups: str
    weights: str | None = None
    missing: Missing | None = None
    _variables = ("variable", "weights", "groups")


class Convergence(NamesVariables):
    """Whether regions become more alike: dispersion (`sigma_convergence`) or growth from below (`beta_convergence`)."""

    kind: Literal["sigma_convergence", "beta_convergence"]
    variable: str
    form: Form | None = None
    controls: Annotated[list[str] | None, BeforeValidator(as_list)] = None
    controls_at: ControlsAt | None = None
    effects: Effects | None = None
    covariance: Literal["auto", "classical", "robust", "cluster_region"] | None = None
    dispersion: Dispersion | None = None
    level: Level | None = None
    missing: Missing | None = None
    _variables = ("variable", "controls")


class Dea(NamesVariables):
    """Efficiency of regions that turn inputs into outputs (data envelopment analysis)."""

    kind: Literal["dea"]
    inputs: Names
    outputs: Names
    at: At = None
    model: Model | None = None
    orientation: Orientation | None = None
    technology: Returns | None = None
    frontier: Cut | None = None
    missing: Missing | None = None
    _variables = ("outputs", "inputs")


class UnitRoot(NamesVariables):
    """Whether variables of a panel have unit roots, in levels and differences."""

    kind: Literal["unit_root"]
    variable: Names
    test: Annotated[list[TestName] | None, BeforeValidator(as_list)] = None
    trend: Trend | None = None
    lags: int | Rule | None = None
    max_lags: int | None = None
    bandwidth: int | None = None
    differences: list[int] | None = None
    demean: bool | None = None
    convention: ConventionName | None = None
    level: Level | None = None
    missing: Missing | None = None
    _variables = ("variable",)


class Ellipse(NamesVariables):
    """Standard deviational ellipse and centre of gravity at each time, and the way of the centre."""

    kind: Literal["ellipse"]
    variable: str
    at: At = None
    missing: Missing | None = None
    _variables = ("variable",)
