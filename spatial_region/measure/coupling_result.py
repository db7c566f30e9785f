"""What coupling coordination returns."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec
from spatial_region.measure._coupling import Variant


@dataclass(frozen=True, eq=False, repr=False)
class CouplingResult(Result):
    """Coupling, level and coordination of systems, by region and time.

    Attributes
    ----------
    rows : pandas.DataFrame
        See `table`.
    systems : pandas.DataFrame
        The systems, from 0 to 1.
    shares : pandas.Series
        Share of each system in T.
    variant : {"standard", "wang", "fan"}
        Which C.
    formula : str
        The formulas of C, T and D.
    names : pandas.Series or None
        Display names of the regions.
    notes : tuple of str
        What a reader must know.
    spec : Spec
        Settings.
    """

    rows: pd.DataFrame
    systems: pd.DataFrame
    shares: pd.Series
    variant: Variant
    formula: str
    names: pd.Series | None
    notes: tuple[str, ...]
    spec: Spec

    @property
    def C(self) -> pd.Series:
        """Degree of coupling."""
        return self.rows["C"]

    @property
    def T(self) -> pd.Series:
        """Level of development."""
        return self.rows["T"]

    @property
    def D(self) -> pd.Series:
        """Degree of coupling coordination."""
        return self.rows["D"]

    def table(self) -> pd.DataFrame:
        """Return the three degrees of each row.

        Returns
        -------
        pandas.DataFrame
            Indexed by region, or (region, time). Columns: name, for a study; C, T, D; relative, the lowest system over
            the highest; lagging, the name of the lowest, or "synchronous"; class, when asked for. NaN for a row that
            lacks a value.
        """
        made = self.rows.copy()
        if self.names is not None:
            made.insert(0, "name", self.names.reindex(made.index.get_level_values(0)).to_numpy())
        return made

    def summary(self) -> str:
        """Return the formulas, means by time, and the table (of the last time), as text."""
        parts = [f"Coupling coordination of {name_some(self.systems.columns, limit=10)} ({self.variant})", self.formula]
        made = self.table()
        if isinstance(made.index, pd.MultiIndex):
            parts.append(_text(self.rows[["C", "T", "D"]].groupby(level=1).mean().rename_axis("mean at")))
            last = made.index.get_level_values(1).max()
            made = made.xs(last, level=1)
            parts.append(f"At {last}")
        parts.append(_text(made.sort_values("D", ascending=False, kind="stable").head(20)))
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])


def _text(table: pd.DataFrame) -> str:
    return table.to_string(float_format=lambda x: f"{x:.4f}", na_rep="")
