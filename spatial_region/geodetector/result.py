"""What the geographical detector returns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import Correction, check_keywords, check_option
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec
from spatial_region.errors import UnknownNameError
from spatial_region.geodetector._numbers import Numbers
from spatial_region.geodetector._report import (
    bins_table,
    candidate_table,
    corrected,
    ecological_table,
    factor_table,
    interaction_table,
    risk_table,
    strata_of_rows,
    triple_table,
)

Detector = Literal["factor", "interaction", "triple", "risk", "ecological"]

_SHOWN_PAIRS = 10
_P_COLUMNS = ("p_permutation", "p_within_regions", "p_whole_regions", "p_spatial")


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
    permutations : int
        How many permutations made the permutation p-values.
    level : float
        Confidence of the intervals of q.
    notes : tuple of str
        What a reader must know before quoting a number.
    spec : Spec
        Settings, enough to run it again.
    index : pandas.Index
        Labels of the rows used.
    regions : Study or geopandas.GeoDataFrame or None
        Where the boundaries are, when the caller's data had them; for maps of strata.
    """

    variable: str
    n: int
    dropped: pd.Index
    permutations: int
    level: float
    notes: tuple[str, ...]
    spec: Spec
    index: pd.Index
    regions: object
    numbers: Numbers

    @cached_property
    def factors(self) -> pd.DataFrame:
        """Factor detector; index ``factor``.

        ``q``, share of variance between strata; ``p_wang``, ``p_central``, ``p_permutation`` and what else was asked
        for (see `geodetector` for which to read); ``strata``; ``n``; ``singletons``, strata of one unit;
        ``q_adjusted``; ``q_lower`` and ``q_upper``, confidence limits; ``F``, ``df1``, ``df2``; ``noncentrality``;
        ``method`` of cutting.
        """
        return factor_table(self.numbers)

    @cached_property
    def interactions(self) -> pd.DataFrame:
        """Interaction detector, one row a pair.

        ``factor_a``, ``factor_b``, ``q_a``, ``q_b``, ``q_ab``, ``type``; of the overlay ``q_adjusted``, ``strata``,
        ``singletons`` and ``one_unit_share``, the share of units that are alone in their stratum; ``q_additive`` (of
        the two effects without interaction), ``increment`` over it, its F test ``F``, ``df1``, ``df2``,
        ``p_increment`` and the permutation p of that, ``p_increment_permutation``; ``p_permutation`` of ``q_ab``;
        ``noise_nonlinear``, the share of permutations in which the pair would be "enhance, nonlinear" too.
        """
        return interaction_table(self.numbers)

    @cached_property
    def triples(self) -> pd.DataFrame:
        """Overlays of three factors, when asked for: as `interactions`, with ``q_pair`` of the strongest pair.

        ``q_additive`` is that of the three effects without any interaction, and ``increment`` what all interactions
        add to it.
        """
        return triple_table(self.numbers)

    @cached_property
    def risk(self) -> pd.DataFrame:
        """Every pair of strata of a factor: means, difference, Welch's ``t``, Satterthwaite's ``df``, two-sided ``p``.

        NaN where a stratum has one unit, or no variance exists. ``p_games_howell`` allows for comparing all pairs of
        strata of a factor; for other corrections see `table`.
        """
        return risk_table(self.numbers)

    @cached_property
    def ecological(self) -> pd.DataFrame:
        """Every pair of factors: does one leave more variance unexplained than the other?

        ``F`` of Wang et al. (2010) is the sum of squares within strata of a over that of b, with N - 1 and N - 1
        degrees of freedom; ``F_mean_square`` divides each by its N - L first. ``p`` is two-sided; a small
        ``p_one_sided`` says that b explains more than a. Both take the two sums for independent, while they come from
        the same values, and are conservative. ``p_paired`` is for the same rows: a t test of the
        ``difference`` in adjusted q, from paired squared residuals (of all rows, whatever becomes of strata of one
        unit).
        """
        return ecological_table(self.numbers)

    @cached_property
    def bins(self) -> pd.DataFrame:
        """Every stratum: ``factor``, ``method``, ``stratum``, ``lower`` and ``upper``, ``n``, ``mean``, ``sd``."""
        return bins_table(self.numbers)

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """Of factors whose bins were searched, each stratification tried: factor, method, k, q, chosen."""
        return candidate_table(self.numbers)

    def strata_by_row(self, factor: str) -> pd.Series:
        """Return the stratum of each row, as an ordered category; for a map, or as a column of a table.

        Raises
        ------
        UnknownNameError
            If it is not a factor.
        """
        names = self.numbers.names
        if factor not in names:
            raise UnknownNameError(
                f"no factor {factor!r}.{did_you_mean(factor, names)} There are: {name_some(names, limit=20)}."
            )
        return strata_of_rows(self.numbers, self.index, factor)

    def table(
        self, detector: Detector = "factor", *, correction: Correction | None = None, **options: Any
    ) -> pd.DataFrame:
        """Return a copy of the table of one detector.

        Parameters
        ----------
        detector : {"factor", "interaction", "triple", "risk", "ecological"}
            Which.
        correction : {"fdr", "fdr_by", "bonferroni", "holm"}, optional
            Adds p-values corrected for their number: of all factors, all pairs, or the pairs of strata of one
            factor. For pairs that is ``p_increment``, for factors each permutation p (else ``p_central``).

        Raises
        ------
        OptionError
            If `detector` or `correction` is not offered, or another option is given.
        """
        check_option(detector, Detector, "detector")
        check_keywords(options, (), "table() of a GeoDetectorResult, besides detector and correction,")
        tables = {"factor": "factors", "interaction": "interactions", "triple": "triples"}
        table = getattr(self, tables.get(detector, detector)).copy()
        if correction is None:
            return table
        check_option(correction, Correction, "correction")
        columns = {"interaction": ("p_increment",), "triple": ("p_increment",), "factor": self._p_columns}
        return corrected(
            table, columns.get(detector, ("p",)), correction, within="factor" if detector == "risk" else None
        )

    def summary(self) -> str:
        """Return factors, the strongest pairs and the notes as text."""
        shown = self.factors[
            ["q", "q_lower", "q_upper", "q_adjusted", *self._p_columns, "p_central", "p_wang", "strata", "method"]
        ]
        shown = shown.loc[:, ~shown.columns.duplicated()]
        parts = [
            f"GeoDetector of {self.variable!r}: {self.n} rows, {len(self.factors)} factors",
            shown.sort_values("q", ascending=False).to_string(float_format=short_number),
        ]
        if len(self.interactions):
            ranked = self.interactions.sort_values("q_ab", ascending=False, kind="stable").head(_SHOWN_PAIRS)
            columns = ["factor_a", "factor_b", "q_a", "q_b", "q_ab", "type", "p_increment"]
            parts += [
                f"Interactions, {len(ranked)} strongest of {len(self.interactions)}",
                ranked[columns].to_string(index=False, float_format=short_number),
            ]
        parts += [f"Note: {note}" for note in self.notes]
        return "\n".join(parts)

    @property
    def _p_columns(self) -> tuple[str, ...]:
        """Columns of p-values to read: those from permutations, if there are any."""
        made = tuple(column for column in _P_COLUMNS if column in self.numbers.p) if self.permutations else ()
        return made or ("p_central",)


def short_number(value: float) -> str:
    """Write a number with four decimals, or as a power of ten when it is too small for that."""
    return f"{value:.4f}" if value == 0 or abs(value) >= 1e-4 else f"{value:.1e}"
