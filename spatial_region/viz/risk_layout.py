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


def measure_panels(
    parts: Mapping[object, pd.DataFrame], names: Mapping[str, str], room: float
) -> tuple[float, list[RiskPanel]]:
    """Return the size of a cell that fits every panel of `room` inches, and the panels.

    Raises
    ------
    InputError
        If cells would be too small to see.
    """
    whole = {factor: _shown(part, names) for factor, part in parts.items()}
    labels = {factor: _wrapped(texts, room) for factor, texts in whole.items()}
    while True:
        fits = {factor: (room - _widest(texts)) / len(texts) for factor, texts in labels.items()}
        cell = min(_LARGEST, *fits.values())
        # Labels of several lines that are higher than a row would touch: these stay in one line, which is wider.
        crowded = [factor for factor, texts in labels.items() if _highest(texts) > cell and texts != whole[factor]]
        if not crowded:
            break
        labels.update({factor: whole[factor] for factor in crowded})
    if cell < _LEAST:
        factor = min(fits, key=fits.__getitem__)
        raise InputError(
            f"cells of {factor!r} with {len(labels[factor])} strata would be {max(cell, 0):.2f} inches wide; "
            f"pass fewer columns=, fewer factors= or a larger width=."
        )
    return cell, [
        _measured(str(names.get(str(factor), factor)), part, whole[factor], labels[factor], room, cell)
        for factor, part in parts.items()
    ]


def _measured(
    factor: str, part: pd.DataFrame, whole: list[str], labels: list[str], room: float, cell: float
) -> RiskPanel:
    below = [wrap(label, cell - 0.06, SMALL_SIZE) for label in whole]
    split = not all(breaks_within(label, cell - 0.06, SMALL_SIZE) for label in whole)
    turned = split or max(label.count("\n") for label in below) >= _MOST_LINES
    if turned:
        below = labels if _highest(labels) <= cell else whole
    foot = max(text_size(label, SMALL_SIZE)[not turned] for label in below) + 0.1
    heading = wrap(factor, room, TEXT_SIZE)
    head = text_size(heading, TEXT_SIZE)[1] + 0.12
    return RiskPanel(part, heading, labels, below, turned, _widest(labels), foot, head)


def _shown(part: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    strata = part.loc[part["row"] == part["column"], "row"]
    return [str(names.get(stratum, stratum)) for stratum in strata]


def _wrapped(whole: list[str], room: float) -> list[str]:
    """Wrap labels to their share of the panel, or to as little more as keeps words whole."""
    limit = min(_LABEL_ROOM, _LABEL_SHARE * room)
    while limit < _LABEL_ROOM and not all(breaks_within(label, limit, SMALL_SIZE) for label in whole):
        limit += 0.05
    return [wrap(label, limit, SMALL_SIZE) for label in whole]


def _widest(labels: list[str]) -> float:
    return max(text_size(label, SMALL_SIZE)[0] for label in labels) + 0.1


def _highest(labels: list[str]) -> float:
    return max(text_size(label, SMALL_SIZE)[1] for label in labels)
