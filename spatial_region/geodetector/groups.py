"""Geographical detectors of several parts of a sample, in one tidy result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import Correction, check_keywords, check_option, check_whole_number
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec
from spatial_region.errors import UnknownNameError
from spatial_region.geodetector._parts import POOLED, WHOLE
from spatial_region.geodetector.result import Detector, GeoDetectorResult, short_number


@dataclass(frozen=True, eq=False, repr=False)
class GeoDetectorGroups(Result):
    """Geographical detectors of the whole and of each group, pooled or at each time.

    Tables are those of `GeoDetectorResult`, one part below the other, with the group and the time of each part in
    front: as levels of the index of `factors`, as columns of the others.

    Attributes
    ----------
    variable : str
        The variable whose variance is explained.
    parts : mapping of (group, time) to GeoDetectorResult
        ``"all"`` stands for all regions, ``"pooled"`` for all times.
    skipped : mapping of (group, time) to str
        Parts that could not be examined, and why.
    levels : tuple of str
        What tells the parts apart: ``"group"``, ``"time"`` or both.
    notes : tuple of str
        What a reader must know before quoting a number.
    spec : Spec
        Settings, enough to run it again.
    """

    variable: str
    parts: Mapping[tuple[object, object], GeoDetectorResult]
    skipped: Mapping[tuple[object, object], str]
    levels: tuple[str, ...]
    notes: tuple[str, ...]
    spec: Spec

    @cached_property
    def factors(self) -> pd.DataFrame:
        """Factor detector of every part; index: group, time (where asked for) and factor."""
        return self._stacked(lambda part: part.factors.reset_index()).set_index([*self.levels, "factor"])

    @cached_property
    def interactions(self) -> pd.DataFrame:
        """Interaction detector of every part."""
        return self._stacked(lambda part: part.interactions)

    @cached_property
    def triples(self) -> pd.DataFrame:
        """Overlays of three factors of every part."""
        return self._stacked(lambda part: part.triples)

    @cached_property
    def risk(self) -> pd.DataFrame:
        """Risk detector of every part."""
        return self._stacked(lambda part: part.risk)

    @cached_property
    def ecological(self) -> pd.DataFrame:
        """Ecological detector of every part."""
        return self._stacked(lambda part: part.ecological)

    @cached_property
    def bins(self) -> pd.DataFrame:
        """Strata of every part."""
        return self._stacked(lambda part: part.bins)

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """Stratifications that were tried in every part."""
        return self._stacked(lambda part: part.candidates)

    def part(self, group: object = WHOLE, *, time: object = POOLED) -> GeoDetectorResult:
        """Return the result of one part.

        Raises
        ------
        UnknownNameError
            If there is no such part, or it was skipped.
        """
        hashable = pd.api.types.is_hashable(group) and pd.api.types.is_hashable(time)
        if hashable and (group, time) in self.parts:
            return self.parts[group, time]
        reason = self.skipped.get((group, time)) if hashable else None
        said = (
            f" It was skipped: {reason}"
            if reason
            else did_you_mean(group, [key[0] for key in self.parts if isinstance(key[0], str)])
        )
        known = name_some((f"({key[0]}, {key[1]})" for key in self.parts), limit=20)
        raise UnknownNameError(f"no part {group!r}, {time!r}.{said} There are: {known}.")

    def dominant(self, top: int = 3) -> pd.DataFrame:
        """Return the pairs of factors with the largest q of their overlay in each part.

        This is the table of dominant interactions that studies print: one row for each part and rank.

        Parameters
        ----------
        top : int
            Number of pairs for each part; fewer where there are fewer.

        Returns
        -------
        pandas.DataFrame
            Columns: group, time (where asked for), rank, factor_a, factor_b, q_a, q_b, q_ab, type, p_increment.

        Raises
        ------
        InputError
            If `top` is not a whole number of at least 1.
        """
        check_whole_number(top, "top", least=1)
        columns = ["factor_a", "factor_b", "q_a", "q_b", "q_ab", "type", "p_increment"]

        def strongest(part: GeoDetectorResult) -> pd.DataFrame:
            ranked = part.interactions.sort_values("q_ab", ascending=False, kind="stable").head(top)[columns]
            ranked.insert(0, "rank", range(1, len(ranked) + 1))
            return ranked

        return self._stacked(strongest)

    def table(
        self, detector: Detector = "factor", *, correction: Correction | None = None, **options: Any
    ) -> pd.DataFrame:
        """Return a copy of the table of one detector; p-values are corrected within each part.

        Raises
        ------
        OptionError
            If `detector` or `correction` is not offered, or another option is given.
        """
        check_option(detector, Detector, "detector")
        check_keywords(options, (), "table() of a GeoDetectorGroups, besides detector and correction,")
        stacked = self._stacked(lambda part: _flat(part.table(detector, correction=correction)))
        return stacked.set_index([*self.levels, "factor"]) if detector == "factor" else stacked

    def summary(self) -> str:
        """Return q of each factor in each part, the dominant pairs and the notes as text."""
        q = self.factors["q"].unstack("factor", sort=False)
        parts = [
            f"GeoDetector of {self.variable!r} in {len(self.parts)} parts",
            "q",
            q.to_string(float_format=short_number),
        ]
        if len(self.interactions):
            strongest = self.dominant(1).drop(columns="rank")
            parts += ["Strongest pair", strongest.to_string(index=False, float_format=short_number)]
        parts += [f"Note: {note}" for note in self.notes]
        return "\n".join(parts)

    def _stacked(self, table_of: Callable[[GeoDetectorResult], pd.DataFrame]) -> pd.DataFrame:
        tables = []
        for (group, time), part in self.parts.items():
            table = table_of(part).copy()
            for level, label in zip(("time", "group"), (time, group), strict=True):
                if level in self.levels:
                    table.insert(0, level, [label] * len(table))  # a label may be a tuple
            tables.append(table)
        filled = [table for table in tables if len(table)] or tables[:1]
        return pd.concat(filled, ignore_index=True)


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index() if table.index.name == "factor" else table
