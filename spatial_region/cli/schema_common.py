"""What all analyses of a study file have in common, and the values that their options may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from spatial_region.cli.positions import Loc
from spatial_region.cli.schema import Section, Text, as_list
from spatial_region.panel.options import Model


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


def _check_variables(value: object) -> object:
    names = value if isinstance(value, list) else [value]
    if not names or any(not isinstance(name, str) or not name for name in names):
        raise ValueError("should be a variable, or a list of variables")
    return value


def _check_whole(value: object) -> object:
    numbers = value if isinstance(value, list) else [value]
    if not numbers or any(isinstance(n, bool) or not isinstance(n, int) for n in numbers):
        raise ValueError("should be a whole number, or a list of whole numbers")
    return value


Scheme = Annotated[Any, BeforeValidator(_check_scheme)]
At = Annotated[Any, BeforeValidator(_check_time)]
Bins = Annotated[Any, BeforeValidator(_check_bins)]
Totals = Annotated[Any, BeforeValidator(_check_totals)]
Variables = Annotated[Any, BeforeValidator(_check_variables)]
Wholes = Annotated[Any, BeforeValidator(_check_whole)]
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
        for key in ("variable", "other", "population", "variables", "factors", "grouping"):
            named = getattr(self, key, None)
            if isinstance(named, str):
                yield (key,), named
            else:
                yield from (((key, place), name) for place, name in enumerate(named or []))

    @property
    def subject(self) -> list[str]:
        """The variables that the analysis is about, for its name and title."""
        named = getattr(self, "variable", None)
        other = getattr(self, "other", None)
        return [*([named] if isinstance(named, str) else named or []), *([other] if other else [])]

    @classmethod
    def needs_weights(cls, given: Mapping[str, Any]) -> bool:
        """Whether an analysis, as the file gives it, cannot do without weights."""
        return "w" in cls.model_fields

    def options(self) -> dict[str, Any]:
        """Return what is handed to the public function, besides study and variable."""
        return self.given(
            "kind", "name", "title", "note", "within", "between", "at", "variable", "variables", "factors"
        )
