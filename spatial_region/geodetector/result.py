"""What the geographical detector returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from spatial_region.core.options import check_keywords, check_option
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec
from spatial_region.geodetector._moments import Moments
from spatial_region.geodetector._report import bins_table, ecological_table, risk_table
from spatial_region.geodetector.strata import Strata

Detector = Literal["factor", "interaction", "risk", "ecological"]

_SHOWN_PAIRS = 10


@dataclass(frozen=True, eq=False, repr=False)
class GeoDetectorResult(Result):
    """Factor, interaction, risk and ecological detectors of one variable.

    Attributes
    ----------
    variable : str
        The variable whose variance is explained.
    n : int
        Rows used.
    dropped : pandas.Index
        Labels of rows left out because a value is missing.
    factors : pandas.DataFrame
        Index ``factor``. ``q``, share of variance between strata; ``p_wang``, ``p_central``,
        ``p_permutation`` (see `geodetector` for which to read); ``strata``; ``n``; ``singletons``, strata of one
        unit; ``q_adjusted``; ``F``, ``df1``, ``df2``; ``noncentrality``; ``method`` of cutting.
    interactions : pandas.DataFrame
        One row a pair: ``factor_a``, ``factor_b``, ``q_a``, ``q_b``, ``q_ab``, ``type``, ``q_adjusted`` (of the
        overlay), ``strata`` and ``singletons`` of the overlay, ``q_additive`` (of the two effects without
        interaction), ``increment`` over it, and its F test: ``F``, ``df1``, ``df2``, ``p_increment``.
    candidates : pandas.DataFrame
        For factors cut optimally, each stratification tried: ``factor``, ``method``, ``k``, ``q``, ``chosen``.
    permutations : int
        How many permutations made ``p_permutation``.
    notes : tuple of str
        What a reader must know before quoting a number.
    spec : Spec
        Settings, enough to run it again.
    """

    variable: str
    n: int
    dropped: pd.Index
    factors: pd.DataFrame
    interactions: pd.DataFrame
    candidates: pd.DataFrame
    permutations: int
    notes: tuple[str, ...]
    spec: Spec
    mean: float = field(default=0.0)  # over the scale, as the moments are
    scale: float = field(default=1.0)
    strata: tuple[Strata, ...] = field(default=())
    moments: tuple[Moments, ...] = field(default=())

    @cached_property
    def risk(self) -> pd.DataFrame:
        """Every pair of strata of a factor: means, difference, Welch's ``t``, Satterthwaite's ``df``, two-sided ``p``.

        NaN where a stratum has one unit, or no variance exists. The p-values are not corrected for their number.
        """
        return risk_table(self.strata, self.moments, self.mean, self.scale)

    @cached_property
    def ecological(self) -> pd.DataFrame:
        """Every pair of factors: ``F``, what a leaves unexplained over what b leaves, with N - 1 and N - 1 df.

        ``p`` is two-sided; a small ``p_one_sided`` says that b explains more than a. Both sums of squares come
        from the same values, so the test is approximate.
        """
        return ecological_table(list(self.factors.index), self.moments)

    @cached_property
    def bins(self) -> pd.DataFrame:
        """Every stratum: ``factor``, ``method``, ``stratum``, ``lower`` and ``upper``, ``n``, ``mean``, ``sd``."""
        return bins_table(self.strata, self.moments, self.mean, self.scale)

    def table(self, detector: Detector = "factor", **options: Any) -> pd.DataFrame:
        """Return a copy of the table of one detector.

        Raises
        ------
        OptionError
            If `detector` is not one of the four, or another option is given.
        """
        check_option(detector, Detector, "detector")
        check_keywords(options, (), "table() of a GeoDetectorResult, besides detector,")
        tables = {"factor": "factors", "interaction": "interactions", "risk": "risk", "ecological": "ecological"}
        return getattr(self, tables[detector]).copy()

    def summary(self) -> str:
        """Return factors, the strongest pairs and the notes as text."""
        shown = self.factors[["q", "q_adjusted", "p_permutation", "p_central", "p_wang", "strata", "method"]]
        if not self.permutations:
            shown = shown.drop(columns="p_permutation")
        parts = [
            f"GeoDetector of {self.variable!r}: {self.n} rows, {len(self.factors)} factors",
            shown.sort_values("q", ascending=False).to_string(float_format=_short),
        ]
        if len(self.interactions):
            ranked = self.interactions.sort_values("q_ab", ascending=False, kind="stable").head(_SHOWN_PAIRS)
            columns = ["factor_a", "factor_b", "q_a", "q_b", "q_ab", "type", "p_increment"]
            parts += [
                f"Interactions, {len(ranked)} strongest of {len(self.interactions)}",
                ranked[columns].to_string(index=False, float_format=_short),
            ]
        parts += [f"Note: {note}" for note in self.notes]
        return "\n".join(parts)


def _short(value: float) -> str:
    return f"{value:.4f}" if value == 0 or abs(value) >= 1e-4 else f"{value:.1e}"
