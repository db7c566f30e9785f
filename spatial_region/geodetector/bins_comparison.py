"""What the comparison of bins returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from spatial_region.core.result import Result
from spatial_region.core.spec import Spec
from spatial_region.geodetector.result import short_number

_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False)
class BinsComparison(Result):
    """q of every factor for every method and number of strata.

    Attributes
    ----------
    variable : str
        The variable that is explained.
    n : int
        Rows used.
    dropped : pandas.Index
        Labels of rows left out because a value is missing.
    candidates : pandas.DataFrame
        One row a stratification: ``factor``, ``method``, ``k``; ``q``, ``q_adjusted``; ``strata`` with units and
        units in the ``smallest``; ``p_central``, which does not allow for choosing; ``allowed``, whether it has k
        strata of at least three units; ``chosen``, whether its q is the largest of those allowed.
    best : pandas.DataFrame
        Index ``factor``: ``method``, ``k``, ``q``, ``q_adjusted``, ``p_central`` of the largest q, and its
        ``p_permutation``, which allows for choosing; ``loess_method``, ``loess_k``, ``loess_q`` where q levels off,
        and ``loess_p_permutation``, for which each permutation chooses by the same rule.
    permutations : int
        How many permutations made the p-values.
    notes : tuple of str
        What a reader must know before quoting a number.
    spec : Spec
        Settings, enough to run it again.
    """

    variable: str
    n: int
    dropped: pd.Index
    candidates: pd.DataFrame
    best: pd.DataFrame
    permutations: int
    notes: tuple[str, ...]
    spec: Spec

    @property
    def bins(self) -> dict[str, Any]:
        """The best cut of each factor, to be given to `geodetector` as its `bins`.

        `geodetector` then takes it as if it had been chosen beforehand; report the p-values of this comparison.
        """
        return {
            factor: method if method == "headtail" else (method, int(k))
            for factor, method, k in zip(self.best.index, self.best["method"], self.best["k"], strict=True)
        }

    def table(self) -> pd.DataFrame:
        """Return a copy of `candidates`."""
        return self.candidates.copy()

    def summary(self) -> str:
        """Return the best cut of each factor and the notes as text."""
        shown = self.best if self.permutations else self.best.drop(columns=["p_permutation", "loess_p_permutation"])
        ranked = shown.sort_values("q", ascending=False, kind="stable")
        parts = [
            f"Bins for {self.variable!r}: {self.n} rows, {len(self.best)} factors, "
            f"{len(self.candidates)} stratifications",
            ranked.head(_SHOWN).to_string(float_format=short_number, na_rep="-"),
        ]
        if len(ranked) > _SHOWN:
            parts.append(f"and {len(ranked) - _SHOWN} more factors")
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])
