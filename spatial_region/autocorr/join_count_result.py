"""What `join_count` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from spatial_region.autocorr.global_result import GlobalResult
from spatial_region.errors import InputError


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class JoinCount(GlobalResult):
    """Join counts and their tests. `expected`, `z`, `p` and the like are those of `unlike`; `pairs` has the others.

    Attributes
    ----------
    unlike : float
        Joins between regions of different categories (BW, when there are two): few where categories cluster.
    counts : pandas.DataFrame
        Joins between each two categories; on the diagonal those within one (BB and WW, when there are two).
    pairs : pandas.DataFrame
        One row for each two categories, indexed by both: joins, expected, variance, z, p_normal, p.
    sizes : pandas.Series
        Number of regions of each category.
    """

    symbol: ClassVar[str] = "unlike"
    title: ClassVar[str] = "Join counts"

    unlike: float
    counts: pd.DataFrame
    pairs: pd.DataFrame
    sizes: pd.Series

    @property
    def BB(self) -> float:
        """Joins within the second of two categories, as of True or 1."""
        return float(self._of_two().iloc[1, 1])

    @property
    def WW(self) -> float:
        """Joins within the first of two categories, as of False or 0."""
        return float(self._of_two().iloc[0, 0])

    @property
    def BW(self) -> float:
        """Joins between two categories."""
        return float(self._of_two().iloc[0, 1])

    def _of_two(self) -> pd.DataFrame:
        if len(self.counts) != 2:
            raise InputError(
                f"BB, WW and BW are of two categories; there are {len(self.counts)}. See counts and pairs."
            )
        return self.counts

    def table(self) -> pd.DataFrame:
        """Return one row for each two categories, and a last one, ``unlike``, for all different ones together."""
        total = pd.DataFrame(
            {
                "joins": self.unlike,
                "expected": self.expected,
                "variance": self.variance,
                "z": self.z,
                "p_normal": self.p_normal,
                "p": self.p,
            },
            index=["unlike"],
        )
        pairs = self.pairs.set_axis([f"{a} : {b}" for a, b in self.pairs.index])
        return pd.concat([pairs, total.astype(pairs.dtypes)]).rename_axis("pair")

    def _statistics(self) -> list[tuple[str, object]]:
        rows: list[tuple[str, object]] = [
            (f"joins {a} : {b}", f"{row['joins']:.6g} (expected {row['expected']:.6g}, p {_shown(row['p'])})")
            for (a, b), row in self.pairs.iterrows()
        ]
        return [*rows, ("joins of unlike", self.unlike)]


def _shown(p: float) -> str:
    return "not computed" if np.isnan(p) else f"{p:.4g}"
