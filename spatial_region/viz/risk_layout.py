"""Sizes of risk matrices in inches, measured before they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from spatial_region.errors import InputError
from spatial_region.viz.style import SMALL_SIZE, TEXT_SIZE, breaks_within, text_size, wrap

_LARGEST, _LEAST = 0.72, 0.14  # inches of a cell
_LABEL_ROOM = 1.25  # inches that a stratum's label may take before it is wrapped,
_LABEL_SHARE = 0.28  # and what share of its panel
_MOST_LINES = 3  # of a label under a column, before it is turned


@dataclass(frozen=True)
class RiskPanel:
    """One matrix: its cells, its texts as wrapped, and the inches they take.

    Attributes
    ----------
    cells : pandas.DataFrame
        Row by row, as `risk_cells` gives them, with stars and colour.
    heading : str
        Name of the factor.
    labels, below : list of str
        Strata beside the rows and under the columns.
    turned : bool
        Whether the labels under the columns are turned.
    side, foot, head : float
        Inches left of, below and above the matrix.
    """

    cells: pd.DataFrame
    heading: str
    labels: list[str]
    below: list[str]
    turned: bool
    side: float
    foot: float
    head: float


def cell_size(parts: Mapping[object, pd.DataFrame], names: Mapping[str, str], room: float) -> float:
    """Return the size of a cell that fits every panel of `room` inches, so that all are drawn alike.

    Raises
    ------
    InputError
        If cells would be too small to see.
    """
    cell = _LARGEST
    for factor, part in parts.items():
        labels = _wrapped(part, names, room)
        fits = (room - _widest(labels)) / len(labels)
        if fits < _LEAST:
            raise InputError(
                f"cells of {factor!r} with {len(labels)} strata would be {max(fits, 0):.2f} inches wide; "
                f"pass fewer columns=, fewer factors= or a larger width=."
            )
        cell = min(cell, fits)
    return cell


def measure_panel(factor: object, part: pd.DataFrame, names: Mapping[str, str], room: float, cell: float) -> RiskPanel:
    """Wrap and measure the texts of one matrix."""
    labels = _wrapped(part, names, room)
    whole = _shown(part, names)
    below = [wrap(label, cell - 0.06, SMALL_SIZE) for label in whole]
    split = not all(breaks_within(label, cell - 0.06, SMALL_SIZE) for label in whole)
    turned = split or max(label.count("\n") for label in below) >= _MOST_LINES
    if turned:
        below = labels
        if max(text_size(label, SMALL_SIZE)[1] for label in below) > cell:  # neighbours would touch
            below = whole
    foot = max(text_size(label, SMALL_SIZE)[not turned] for label in below) + 0.1
    heading = wrap(str(names.get(str(factor), factor)), room, TEXT_SIZE)
    head = text_size(heading, TEXT_SIZE)[1] + 0.12
    return RiskPanel(part, heading, labels, below, turned, _widest(labels), foot, head)


def _shown(part: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    strata = part.loc[part["row"] == part["column"], "row"]
    return [str(names.get(stratum, stratum)) for stratum in strata]


def _wrapped(part: pd.DataFrame, names: Mapping[str, str], room: float) -> list[str]:
    """Return the labels beside the rows, in one line each where the rows are too low for more."""
    whole = _shown(part, names)
    labels = [wrap(label, min(_LABEL_ROOM, _LABEL_SHARE * room), SMALL_SIZE) for label in whole]
    fits = (room - _widest(labels)) / len(labels)
    crowded = max(text_size(label, SMALL_SIZE)[1] for label in labels) > min(fits, _LARGEST)
    return [wrap(label, 2 * _LABEL_ROOM, SMALL_SIZE) for label in whole] if crowded else labels


def _widest(labels: list[str]) -> float:
    return max(text_size(label, SMALL_SIZE)[0] for label in labels) + 0.1
