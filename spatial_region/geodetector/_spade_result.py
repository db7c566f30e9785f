"""What the spatial association detector returns."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from spatial_region.core.result import Result
from spatial_region.core.spec import Spec


@dataclass(frozen=True, eq=False, repr=False)
class SpadeResult(Result):
    """Power of spatial determinants of one variable.

    Attributes
    ----------
    variable : str
        The variable whose spatial variance is explained.
    n : int
        Regions used.
    dropped : pandas.Index
        Regions left out because a value is missing.
    factors : pandas.DataFrame
        Index ``factor``. ``psd``, share of the spatial variance between strata; ``p_permutation``;
        ``psd_of_factor``, the share that the strata keep of the factor's own spatial variance (NaN for strata as given,
        or where they keep none); ``psd_compensated``, psd over it; ``q``, of all regions without weights; ``strata``;
        ``n``, regions that take part, and ``left_out``, those of strata without a linked pair; ``method`` of cutting.
        With `ks` also ``psmd``, mean of the compensated values over them, and ``psmd_p_permutation``.
    levels : pandas.DataFrame
        One row a factor and number of strata in `ks`: ``factor``, ``k``, ``psd``, ``psd_of_factor``,
        ``psd_compensated``, ``n``.
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
    factors: pd.DataFrame
    levels: pd.DataFrame
    permutations: int
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return a copy of `factors`, one row each."""
        return self.factors.copy()

    def summary(self) -> str:
        """Return the factors, the largest power first, and the notes as text."""
        shown = self.factors.sort_values("psd", ascending=False, kind="stable")
        if not self.permutations:
            shown = shown.drop(columns=[name for name in shown.columns if name.endswith("p_permutation")])
        return "\n".join(
            [
                f"Spatial association detector (SPADE) of {self.variable!r}: {self.n} regions, {len(shown)} factors",
                shown.to_string(float_format=lambda value: f"{value:.4g}"),
                *(f"Note: {note}" for note in self.notes),
            ]
        )
