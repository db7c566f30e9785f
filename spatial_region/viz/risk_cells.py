"""The cells of risk matrices, checked: means on the diagonal, differences of means below it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from spatial_region.core.correction import adjusted_p
from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import Correction
from spatial_region.errors import DuplicateError, InputError, UnknownNameError

_NEEDED = ("factor", "stratum_a", "stratum_b", "mean_a", "mean_b", "difference")


def risk_cells(
    risk: pd.DataFrame, factors: Sequence[str] | None, *, p: str, level: float, correction: Correction | None
) -> dict[str, pd.DataFrame]:
    """Return the cells of each factor, in the order of its strata.

    A cell has row, column, difference (row minus column; the mean on the diagonal), p, p_adjusted and significant
    (None where the test is undefined, and on the diagonal).

    Raises
    ------
    UnknownNameError
        If a column is absent or there is no such factor.
    DuplicateError
        If a pair of strata occurs twice.
    InputError
        If the table has no row, a pair of strata is absent, or a p-value does not lie between 0 and 1.
    """
    absent = [name for name in (*_NEEDED, p) if name not in risk]
    if absent:
        raise UnknownNameError(f"risk has no column {name_some(absent)}; it has {name_some(risk.columns, limit=20)}.")
    outside = (risk[p] < 0) | (risk[p] > 1)
    if outside.any():
        raise InputError(f"{p} must lie between 0 and 1; found {risk.loc[outside, p].tolist()[:5]}.")
    if risk.empty:
        raise InputError("risk has no row: it needs two strata of a factor at least.")
    known = list(dict.fromkeys(risk["factor"]))
    chosen = known if factors is None else [factors] if isinstance(factors, str) else list(factors)
    unknown = [name for name in chosen if name not in known]
    if unknown or not chosen:
        raise UnknownNameError(
            f"no factor {name_some(unknown) or 'was named'}.{did_you_mean(unknown[0], known) if unknown else ''} "
            f"There are: {name_some(known, limit=20)}."
        )
    return {
        name: _cells_of(name, risk[risk["factor"] == name], p=p, level=level, correction=correction)
        for name in dict.fromkeys(chosen)
    }


def _cells_of(factor: str, rows: pd.DataFrame, *, p: str, level: float, correction: Correction | None) -> pd.DataFrame:
    order = _order(factor, rows)
    means = dict(zip(rows["stratum_a"], rows["mean_a"], strict=True))
    means.update(zip(rows["stratum_b"], rows["mean_b"], strict=True))
    adjusted = adjusted_p(rows[p].to_numpy(dtype=float), correction)
    cells: dict[tuple[object, object], tuple[float, float, float, object]] = {
        (stratum, stratum): (float(means[stratum]), np.nan, np.nan, None) for stratum in order
    }
    for row, raw, own in zip(rows.itertuples(), rows[p], adjusted, strict=True):
        # The table holds a minus b, where a comes first; the cell is in the row of b.
        verdict = None if np.isnan(own) else bool(own <= level)
        cells[row.stratum_b, row.stratum_a] = (-float(row.difference), float(raw), float(own), verdict)
    place = {stratum: number for number, stratum in enumerate(order)}
    listed = sorted(cells, key=lambda cell: (place[cell[0]], place[cell[1]]))
    table = pd.DataFrame([(factor, *cell) for cell in listed], columns=["factor", "row", "column"])
    table[["difference", "p", "p_adjusted"]] = [cells[cell][:3] for cell in listed]
    table["significant"] = pd.Series([cells[cell][3] for cell in listed], dtype=object)
    return table


def _order(factor: str, rows: pd.DataFrame) -> list[object]:
    """Return the strata in their order, whatever the order of the rows: the k-th of L comes first in L - k pairs."""
    first = rows["stratum_a"].value_counts()
    strata = list(dict.fromkeys([*rows["stratum_a"], *rows["stratum_b"]]))
    pairs = list(zip(rows["stratum_a"], rows["stratum_b"], strict=True))
    twice = len(pairs) - len({frozenset(pair) for pair in pairs})
    if twice or any(a == b for a, b in pairs):
        raise DuplicateError(f"risk: a pair of strata of {factor!r} occurs twice, or a stratum is paired with itself.")
    if len(pairs) != len(strata) * (len(strata) - 1) // 2:
        raise InputError(
            f"risk must have every pair of strata; {factor!r} has {len(strata)} strata and {len(pairs)} pairs. "
            f"A table of several groups or times is drawn for one of them."
        )
    order = sorted(strata, key=lambda stratum: -int(first.get(stratum, 0)))
    place = {stratum: number for number, stratum in enumerate(order)}
    if any(place[a] > place[b] for a, b in pairs):
        raise InputError(f"risk: in each pair of strata of {factor!r}, stratum_a must come before stratum_b.")
    return order
