"""What the shares of q return, and their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from spatial_region.core.result import Result
from spatial_region.core.spec import Spec
from spatial_region.geodetector._moments import Outcome
from spatial_region.geodetector._shapley import Shares
from spatial_region.geodetector._tails import f_sf

_EXACT = 1e-13  # a remaining share of variance below this is rounding


@dataclass(frozen=True, eq=False, repr=False)
class LeshResult(Result):
    """Shapley shares of q, for the whole, by zone and by row.

    Attributes
    ----------
    variable : str
        The variable whose variance is explained.
    overlay : str
        ``"full"`` or ``"tree"``.
    n : int
        Rows used.
    dropped : pandas.Index
        Labels of rows left out because a value is missing.
    q : float
        q of all factors together; the shares sum to it.
    q_adjusted : float
        1 - (1 - q)(n - 1)/(n - zones); NaN if every row has its own zone.
    factors : pandas.DataFrame
        Index ``factor``: ``share`` of q; ``percent`` of q; ``expected``, the share that the factor has on average if
        the variable is noise (exact for the full overlay, mean of the permutations for trees); ``p_permutation``;
        ``q_alone``; ``q_last``, what it adds to all the others, and ``p_last``, the F test of that (NaN for trees,
        whose zones were searched, and where no degree of freedom is left).
    pairs : pandas.DataFrame
        One row a pair: ``factor_a``, ``factor_b``, ``q_ab``, and ``share_a``, ``share_b``, their shares of it.
    zones : pandas.DataFrame
        Index ``zone``: ``rule``, ``n``, ``mean`` and ``share``, what lies in the zone of q.
    zone_shares : pandas.DataFrame
        Index ``zone``, one column a factor: what lies in the zone of the share of the factor.
    members : pandas.Series
        Zone of each row.
    local : pandas.DataFrame
        One row a row, one column a factor: what lies in it of the share of the factor. Columns sum to `share`.
    permutations : int
        How many permutations made ``p_permutation``.
    notes : tuple of str
        What a reader must know before quoting a number.
    spec : Spec
        Settings, enough to run it again.
    """

    variable: str
    overlay: str
    n: int
    dropped: pd.Index
    q: float
    q_adjusted: float
    factors: pd.DataFrame
    pairs: pd.DataFrame
    zones: pd.DataFrame
    zone_shares: pd.DataFrame
    members: pd.Series
    local: pd.DataFrame
    permutations: int
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return a copy of `factors`, one row each."""
        return self.factors.copy()

    def summary(self) -> str:
        """Return q, the shares, the largest first, and the notes as text."""
        shown = self.factors.sort_values("share", ascending=False, kind="stable")
        if not self.permutations:
            shown = shown.drop(columns="p_permutation")
        return "\n".join(
            [
                f"Shares of q of {self.variable!r} (LESH, {self.overlay} overlay): {self.n} rows, "
                f"{len(shown)} factors, {len(self.zones)} zones",
                f"q = {self.q:.4f}, adjusted {self.q_adjusted:.4f}",
                shown.to_string(float_format=lambda value: f"{value:.4g}"),
                *(f"Note: {note}" for note in self.notes),
            ]
        )


def share_table(
    names: Sequence[str], shares: Shares, expected: np.ndarray, p: np.ndarray, *, searched: bool
) -> pd.DataFrame:
    """One row a factor; zones that were searched have no F test."""
    m = len(names)
    whole = shares.q[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        percent = np.where(whole > 0, 100 * shares.share / whole, np.nan)
    return pd.DataFrame(
        {
            "share": shares.share,
            "percent": percent,
            "expected": expected,
            "p_permutation": p,
            "q_alone": [shares.q[1 << f] for f in range(m)],
            "q_last": [whole - shares.q[2**m - 1 - (1 << f)] for f in range(m)],
            "p_last": np.full(m, np.nan) if searched else p_of_last(shares, m),
        },
        index=pd.Index(names, name="factor"),
    )


def p_of_last(shares: Shares, m: int) -> np.ndarray:
    r"""Test what each factor adds to the overlay of all the others.

    .. math:: F = \frac{(q - q_{-f}) / (c - c_{-f})}{(1 - q) / (n - c)}

    with c and c_{-f} cells of the overlay with and without the factor; NaN where q is 1 or the factor divides no cell.
    """
    without = 2**m - 1 - (1 << np.arange(m))
    df1 = (shares.cells[-1] - shares.cells[without]).astype(float)
    df2 = np.full(m, float(len(shares.zones) - shares.cells[-1]))
    left = 1 - shares.q[-1]
    if left <= _EXACT:
        return np.full(m, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        f = (shares.q[-1] - shares.q[without]) / df1 / (left / df2)
    return f_sf(np.where(np.isfinite(f), np.maximum(f, 0.0), np.nan), df1, df2)


def pair_table(names: Sequence[str], q: np.ndarray) -> pd.DataFrame:
    """One row a pair, with the Shapley shares of the game of the two."""
    found = []
    for a, b in combinations(range(len(names)), 2):
        both, one, other = q[1 << a | 1 << b], q[1 << a], q[1 << b]
        found.append((names[a], names[b], both, (both + one - other) / 2, (both + other - one) / 2))
    return pd.DataFrame(found, columns=["factor_a", "factor_b", "q_ab", "share_a", "share_b"])


def zone_tables(
    outcome: Outcome, names: Sequence[str], shares: Shares, rules: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a zone: rule, size and mean; and the share of each factor in it."""
    counts = np.bincount(shares.zones)
    index = pd.RangeIndex(1, len(counts) + 1, name="zone")
    means = np.bincount(shares.zones, weights=outcome.centred) / counts
    parts = np.stack([np.bincount(shares.zones, weights=own) for own in shares.local], axis=1)
    zones = pd.DataFrame(
        {
            "rule": list(rules),
            "n": counts,
            "mean": outcome.scale * (means + outcome.mean),
            "share": parts.sum(axis=1),
        },
        index=index,
    )
    return zones, pd.DataFrame(parts, index=index, columns=pd.Index(names, name="factor"))
