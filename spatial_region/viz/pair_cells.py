"""The cells of an interaction heatmap, checked: single factors on the diagonal, pairs below it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.errors import DuplicateError, InputError, UnknownNameError

# Marker of each type of interaction, strongest first.
TYPE_MARKS = {
    "enhance, nonlinear": "^",
    "enhance, bivariate": "o",
    "independent": "D",
    "weaken, univariate": "s",
    "weaken, nonlinear": "v",
}
NOISE = "noise_nonlinear"


def pair_cells(interactions: pd.DataFrame, factors: pd.DataFrame | pd.Series | None) -> tuple[pd.DataFrame, list[str]]:
    """Return one row a cell (row, column, q, type and, where given, noise_nonlinear), and the order of the factors.

    Raises
    ------
    UnknownNameError
        If a column is absent, a factor of a pair has no q, or a type is not known.
    DuplicateError
        If a pair occurs twice.
    InputError
        If q or noise_nonlinear does not lie between 0 and 1.
    """
    absent = [name for name in ("factor_a", "factor_b", "q_ab", "type") if name not in interactions]
    if absent:
        raise UnknownNameError(f"interactions has no column {name_some(absent)}.")
    single = _single(interactions, factors)
    order = list(single)
    stray = set(interactions["factor_a"]).union(interactions["factor_b"]) - set(order)
    if stray:
        raise UnknownNameError(f"no q is given for factors of pairs: {name_some(sorted(stray))}.")
    unknown = set(interactions["type"]) - {*TYPE_MARKS, "undefined"}
    if unknown:
        raise UnknownNameError(
            f"unknown type of interaction {name_some(sorted(unknown))}; there are: {'; '.join(TYPE_MARKS)}."
        )
    place = {factor: number for number, factor in enumerate(order)}
    rows: dict[tuple[str, str], tuple[float, str, float]] = {}
    rows.update({(factor, factor): (q, "", np.nan) for factor, q in single.items()})
    for pair in interactions.itertuples():
        later, earlier = sorted((pair.factor_a, pair.factor_b), key=place.__getitem__, reverse=True)
        if (later, earlier) in rows:
            raise DuplicateError(f"the pair of {later!r} and {earlier!r} occurs twice.")
        kind = "" if np.isnan(pair.q_ab) or pair.type == "undefined" else str(pair.type)  # nothing was left to compare
        rows[later, earlier] = (float(pair.q_ab), kind, float(getattr(pair, NOISE, np.nan)))
    listed = sorted(rows, key=lambda cell: (place[cell[0]], place[cell[1]]))
    cells = pd.DataFrame([(*cell, *rows[cell]) for cell in listed], columns=["row", "column", "q", "type", NOISE])
    for column in ("q", NOISE):
        outside = (cells[column] < 0) | (cells[column] > 1)
        if outside.any():
            raise InputError(f"{column} must lie between 0 and 1; found {cells.loc[outside, column].tolist()[:5]}.")
    return cells if NOISE in interactions else cells.drop(columns=NOISE), order


def _single(interactions: pd.DataFrame, factors: pd.DataFrame | pd.Series | None) -> dict[str, float]:
    if factors is not None:
        series = factors["q"] if isinstance(factors, pd.DataFrame) else factors
        return {str(factor): float(q) for factor, q in series.items()}
    single: dict[str, float] = {}
    for factor, q in (("factor_a", "q_a"), ("factor_b", "q_b")):
        if q not in interactions:
            raise UnknownNameError(f"interactions has no column {q}; pass factors=.")
        for name, value in zip(interactions[factor], interactions[q], strict=True):
            single.setdefault(str(name), float(value))
    return single


def is_hollow(cells: pd.DataFrame, level: float) -> pd.Series:
    """Return which cells are called "enhance, nonlinear" as permuted values would be too."""
    if NOISE not in cells:
        return pd.Series(False, index=cells.index)
    return (cells["type"] == "enhance, nonlinear") & (cells[NOISE] > level)
