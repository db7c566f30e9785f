"""Quadrants of the Moran scatterplot over time, and types of moves between them. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np

QUADRANTS = ("HH", "LH", "LL", "HL")
MOVES = ("0", "I", "II", "IIIA", "IIIB")
# The same moves by the numbering of provincial studies, in which IV is no move.
MOVES_OF_FOUR = {"0": "IV", "I": "I", "II": "II", "IIIA": "III", "IIIB": "III"}
_NAMED = np.array([["LL", "LH"], ["HL", "HH"]], dtype=object)


def sides(values: np.ndarray, lag: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return whether own values, and lags, are high (1), low (0), or undefined (-1: NaN in `lag`).

    Both are deviations, (n, times). A value equal to the mean counts as low, as in local Moran's I.
    """
    undefined = np.isnan(lag)
    return (
        np.where(undefined, -1, (values > 0).astype(np.int64)),
        np.where(undefined, -1, (np.nan_to_num(lag) > 0).astype(np.int64)),
    )


def named_quadrants(own: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return the quadrant: own side first, then that of the neighbours; "undefined" where there is none."""
    return np.where(own < 0, "undefined", _NAMED[own, near])


def move_types(own: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return the type of each move, (n, steps), by number in `MOVES`; -1 where a quadrant is undefined.

    0: neither changes side. I: the region does. II: its neighbours do. III: both do, to the same side (A) or
    to opposite sides (B).
    """
    moved, near_moved = own[:, 1:] != own[:, :-1], near[:, 1:] != near[:, :-1]
    together = own[:, 1:] == near[:, 1:]
    kinds = np.where(moved & near_moved, np.where(together, 3, 4), moved + 2 * near_moved)
    undefined = (own[:, 1:] < 0) | (own[:, :-1] < 0)
    return np.where(undefined, -1, kinds)


def type_of_move(start: str, end: str) -> str:
    """Return the type of the move between two quadrants, such as ``"IIIA"`` from HH to LL."""
    own = np.array([[int(start[0] == "H"), int(end[0] == "H")]])
    near = np.array([[int(start[1] == "H"), int(end[1] == "H")]])
    return MOVES[int(move_types(own, near)[0, 0])]


def measures(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Return stability, flux and cohesion from the numbers of moves of each type, (..., 5); NaN of no move at all."""
    total = counts.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "moves": total,
            "stability": counts[..., 0] / total,
            "flux": (counts[..., 1] + counts[..., 2]) / total,
            "cohesion": (counts[..., 0] + counts[..., 3]) / total,
        }
