"""What `theil` returns: the index at each time, and its parts."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.measure._theil import TheilKind


@dataclass(frozen=True, eq=False, repr=False)
class TheilResult(Result):
    """Theil's T or L at each time, and its parts.

    Attributes
    ----------
    parts : pandas.DataFrame
        One row a time: see `table`.
    groups : pandas.DataFrame or None
        One row for each group of each level and time. Index: time (for a panel), level, group; a group of a finer level
        is named with those that it lies in, ``"east / coast"``. Columns: n, number of regions; mean; value_share and
        weight_share, in %; index, the inequality inside the group; contribution, its part of the whole; share, that
        part in %. The last level's contributions add to `within`; those of a coarser level hold what the finer ones
        divide further.
    kind : {"T", "L"}
        Which measure.
    notes : tuple of str
        What a reader must know.
    spec : Spec
        Settings.
    """

    parts: pd.DataFrame
    groups: pd.DataFrame | None
    kind: TheilKind
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return the index and its parts.

        Returns
        -------
        pandas.DataFrame
            Indexed by time, or, for a cross-section, by variable. Columns: n; theil; and with groups: between (with
            several levels one for each, ``between_plate``, ``between_province``, and their sum), within, and the share
            of each in %, ``share_between``, ..., ``share_within``. Shares are NaN where there is no inequality at all.
            With permutations: p_between.
        """
        return self.parts.copy()

    def wide(self, level: str | None = None) -> pd.DataFrame:
        """Return one row a time with the groups side by side, as papers print them.

        Parameters
        ----------
        level : str, optional
            Name of the level of groups; the coarsest by default.

        Returns
        -------
        pandas.DataFrame
            Indexed like `table`. Columns, in two levels: ("whole", "theil"); ("index", group), the inequality inside
            each group; ("share", group), what lies inside it, in %; ("share", "within") and ("share", "between") of the
            groups of this level, which add to 100.

        Raises
        ------
        InputError
            If no groups were given.
        UnknownNameError
            If there is no such level.
        """
        if self.groups is None:
            raise InputError("wide() lays groups side by side, and none were given: theil(..., groups=).")
        levels = list(self.groups.index.unique("level"))
        level = levels[0] if level is None else level
        if level not in levels:
            raise UnknownNameError(f"no level {level!r} of groups; there are: {name_some(levels)}.")
        own = self.groups.xs(level, level="level")
        if "time" not in own.index.names:
            own = pd.concat({self.parts.index[0]: own}, names=[self.parts.index.name])
        shares = own["share"].unstack("group")
        within = shares.sum(axis="columns", min_count=1)  # a group may be absent at a time
        shares = shares.assign(within=within, between=100 - within)
        whole = self.parts[["theil"]]
        return pd.concat({"whole": whole, "index": own["index"].unstack("group"), "share": shares}, axis="columns")

    def summary(self) -> str:
        """Return the tables as text."""
        called = {"T": "T", "L": "L (mean log deviation)"}[self.kind]
        lines = [f"Theil {called} of {self.spec.inputs['variable']}", self.parts.to_string(float_format=_short)]
        if self.groups is not None:
            lines += ["Groups", self.groups.to_string(float_format=_short)]
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])


def _short(number: float) -> str:
    return f"{number:.5g}"
