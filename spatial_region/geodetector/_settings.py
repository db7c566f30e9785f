"""What the caller of a detector asked for, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import pandas as pd

from spatial_region.core.options import check_between, check_flag, check_option, check_whole_number
from spatial_region.core.sample import resolve_weights
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights, as_weights
from spatial_region.errors import InputError
from spatial_region.geodetector._moments import Singletons
from spatial_region.geodetector._parts import CutWithin, Time
from spatial_region.geodetector._plans import Permute
from spatial_region.geodetector._rows import Rows
from spatial_region.geodetector.rules import Bins


@dataclass(frozen=True, eq=False)
class Settings:
    """What the caller asked for; see `spatial_region.geodetector`."""

    variable: str
    names: list[str]
    bins: Bins
    cut_within: CutWithin
    singletons: Singletons
    triples: bool
    permute: tuple[Permute, ...]
    columns: tuple[Permute, ...]  # that the tables have, whether or not the way can be taken in a part
    permute_pairs: bool
    w: Weights | None
    permutations: int
    level: float
    seed: int
    regions: object
    options: Mapping[str, object]  # as given, for the record


def check_settings(settings: Settings, time: Time | None, rows: Rows) -> None:
    """Refuse options that do not exist, or do not fit the rows.

    Raises
    ------
    InputError
        If numbers are no numbers, or times, groups or the spatial permutation are needed and absent.
    OptionError
        If an option is not offered.
    """
    check_whole_number(settings.permutations, "permutations")
    check_whole_number(settings.seed, "seed")
    check_between(settings.level, "level", low=0, high=1)
    check_option(settings.singletons, Singletons, "singletons")
    check_option(settings.cut_within, CutWithin, "cut_within")
    for name, value in (("triples", settings.triples), ("permute_pairs", settings.permute_pairs)):
        check_flag(value, name)
    if settings.w is not None and "spatial" not in settings.permute:
        raise InputError('w is used by permute="spatial" only, which was not asked for. Pass that, or leave w= out.')
    if time is not None:
        check_option(time, Time, "time")
    if settings.cut_within == "time" and not rows.is_panel:
        raise InputError('cut_within="time" needs rows by region and time; these have no time.')
    if settings.cut_within == "group" and rows.groups is None:
        raise InputError('cut_within="group" needs groups; pass grouping=, the name of a column.')


def ways_to_permute(permute: object) -> tuple[Permute, ...]:
    """Return the ways to permute, rows first, each once."""
    given: list[Any] = [permute] if isinstance(permute, str) or not isinstance(permute, Iterable) else list(permute)
    for one in given:
        check_option(one, Permute, "permute")
    return tuple(one for one in get_args(Permute) if one == "rows" or one in given)


def weights_to_keep(study: object, w: object, at: object) -> Weights | None:
    """Return the weights whose spatial patterns permutations keep."""
    if isinstance(study, Study):
        return resolve_weights(study, w, at=at)
    return None if w is None else as_weights(w)


def name_of(grouping: str | pd.Series | None) -> object:
    """Return what the record calls a grouping."""
    return grouping if grouping is None or isinstance(grouping, str) else str(grouping.name)
