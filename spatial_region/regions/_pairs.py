"""Read a table of pairs of regions, square or long, and match its labels to regions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.errors import AlignmentError, DuplicateError, InputError, ReadError, UnknownNameError
from spatial_region.regions.cells import read_numbers
from spatial_region.regions.codes import plain_number
from spatial_region.regions.keys import choose_keys
from spatial_region.regions.tables import DEEPEST_HEADER, read_grid, read_table


@dataclass(frozen=True, eq=False)
class Pairs:
    """Values of pairs of regions as a table has them.

    Attributes
    ----------
    labels : each label once, in order of first appearance
    origin, destination : (p,) positions in `labels`
    values : (p,) numbers, NaN where there is none
    square : whether the table had a row and a column for each region
    source : name of the file, or what was given
    """

    labels: list[object]
    origin: np.ndarray
    destination: np.ndarray
    values: np.ndarray
    square: bool
    source: str


def read_pairs(
    table: object,
    origin: str | None,
    destination: str | None,
    variable: str | None,
    *,
    sheet: str | int | None,
    encoding: str | None,
) -> Pairs:
    """Read a square table, or a long one when its columns are named."""
    named = {"origin": origin, "destination": destination, "variable": variable}
    absent = [f"{argument}=" for argument, column in named.items() if column is None]
    if not isinstance(table, (pd.DataFrame, str, Path)):
        raise InputError(f"table must be a DataFrame or the path of a file; found {type(table).__name__}.")
    source = "a DataFrame" if isinstance(table, pd.DataFrame) else Path(table).name
    if len(absent) == 3:
        frame = (
            table
            if isinstance(table, pd.DataFrame)
            else _framed(read_grid(Path(table), sheet=sheet, encoding=encoding), source)
        )
        return _square(_labelled(frame), source)
    if absent:
        raise InputError(f"a long table needs origin=, destination= and variable=; missing: {', '.join(absent)}.")
    columns = [str(origin), str(destination), str(variable)]
    return _long(read_table(table, columns, sheet=sheet, encoding=encoding).frame, columns, source)


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table labelled by its index: a first column of labels, as left by reading a file, becomes it."""
    numbered = isinstance(frame.index, pd.RangeIndex) and frame.shape[1] == frame.shape[0] + 1
    return frame.set_index(frame.columns[0]) if numbered else frame


def _framed(cells: list[list[Any]], source: str) -> pd.DataFrame:
    """Return the square table in a grid of cells: below the first row with two headings beside the first column."""

    def filled(cell: object) -> bool:
        return cell is not None and str(cell).strip() not in ("", "nan")

    heads = [number for number, row in enumerate(cells[:DEEPEST_HEADER]) if sum(map(filled, row[1:])) > 1]
    if not heads:
        raise ReadError(f"{source} has no row of headings; a square table has one for each region.")
    head = cells[heads[0]]
    kept = [column for column, cell in enumerate(head) if column and filled(cell)]
    body = [row + [None] * (len(head) - len(row)) for row in cells[heads[0] + 1 :]]
    body = [row for row in body if any(filled(row[column]) for column in (0, *kept))]
    bare = [row for row in body if not filled(row[0])]
    if bare:
        raise ReadError(f"{source}: {len(bare)} rows have values and no label; the first is {bare[0][:5]}.")
    return pd.DataFrame(
        [[row[column] for column in kept] for row in body],
        index=pd.Index([row[0] for row in body], dtype=object),
        columns=pd.Index([head[column] for column in kept], dtype=object),
        dtype=object,
    )


def _square(frame: pd.DataFrame, source: str) -> Pairs:
    for side, side_labels in (("rows", frame.index), ("columns", frame.columns)):
        keys = pd.Index([_key(label) for label in side_labels])
        if keys.has_duplicates:
            raise DuplicateError(f"{side} of {source}: found twice: {name_some(keys[keys.duplicated()].unique())}.")
    n, m = frame.shape
    labels, codes = _numbered([*frame.index, *frame.columns])
    values = np.column_stack([_numbers(frame.iloc[:, j], frame.columns[j], source) for j in range(m)] or [np.zeros(n)])
    return Pairs(labels, np.repeat(codes[:n], m), np.tile(codes[n:], n), values.ravel(), True, source)


def _long(frame: pd.DataFrame, columns: Sequence[str], source: str) -> Pairs:
    origin, destination, variable = columns
    values = _numbers(frame[variable], variable, source)
    blank = np.array([[not _key(label) for label in frame[side]] for side in (origin, destination)]).T
    half = blank.any(axis=1) & ~np.isnan(values)
    if half.any():
        raise InputError(f"{source}: {half.sum()} rows have a value and lack {origin!r} or {destination!r}.")
    kept = ~blank.any(axis=1)  # rows without a pair and without a value are notes
    labels, codes = _numbered([*frame.loc[kept, origin], *frame.loc[kept, destination]])
    first, second = np.split(codes, 2)
    pair = first * len(labels) + second
    twice = pd.Series(pair).duplicated().to_numpy()
    if twice.any():
        shown = name_some(
            f"{labels[code // len(labels)]} to {labels[code % len(labels)]}" for code in np.unique(pair[twice])
        )
        raise DuplicateError(f"{source}: pairs found twice: {shown}.")
    return Pairs(labels, first, second, values[kept], False, source)


def _numbers(column: pd.Series, name: object, source: str) -> np.ndarray:
    numbers = read_numbers(column)
    if len(numbers.words):
        shown = name_some(f"{word!r}" for word in numbers.words.unique())
        raise InputError(f"{source}: {name} has {len(numbers.words)} values that are no numbers: {shown}.")
    return numbers.values.to_numpy(dtype=float, na_value=np.nan)


def _key(label: object) -> str:
    """Return a label as text: 110000, 110000.0 and "110000" are one."""
    blank = label is None or label is pd.NA or (isinstance(label, float) and np.isnan(label))
    return "" if blank else plain_number(label).strip()


def _numbered(labels: list[object]) -> tuple[list[object], np.ndarray]:
    """Return each label once, and the number of each."""
    codes, _ = pd.factorize(np.array([_key(label) for label in labels], dtype=object))
    return [labels[place] for place in pd.Series(codes).drop_duplicates().index], codes


def match_regions(
    pairs: Pairs, frame: Any, names: pd.Series | None, *, drop_unknown: bool
) -> tuple[pd.Index, np.ndarray, int]:
    """Return the ids of the regions, the position of each label among them (-1 for none), and how many have none.

    Raises
    ------
    UnknownNameError
        If a label stands for no region, unless these are dropped.
    DuplicateError
        If two labels stand for one region.
    AlignmentError
        If no label stands for a region.
    """
    if frame is None:
        return pd.Index(pairs.labels), np.arange(len(pairs.labels)), 0
    ids = frame.index
    found = _known_labels(frame, names)
    by_id = {str(region): [number] for number, region in enumerate(ids)}
    place, unknown = np.full(len(pairs.labels), -1), []
    keys = None
    for number, label in enumerate(pairs.labels):
        text = _key(label)
        places = found.get(text, [])
        why = f"a name of {len(places)} regions"
        if not places:
            keys = keys or choose_keys(frame, "auto", None)
            resolved = keys.resolve(label, None, None)
            why = resolved.detail or resolved.reason.removeprefix("unknown")
            if resolved.status in ("matched", "renamed", "respelled"):
                places = by_id[resolved.region]
        if len(places) == 1:
            place[number] = places[0]
        else:
            unknown.append(f"{text} ({why})" if why else text)
    if unknown and not drop_unknown:
        hint = "" if " (" in unknown[0] else did_you_mean(unknown[0], found)
        raise UnknownNameError(
            f"{pairs.source}: {len(unknown)} of {len(place)} labels stand for no region of the study: "
            f"{name_some(unknown)}.{hint} Give ids or names of the regions, or pass unknown='drop'."
        )
    _check_once(pairs, ids, place)
    return ids, place, len(unknown)


def _known_labels(frame: Any, names: pd.Series | None) -> dict[str, list[int]]:
    """Return the positions of the regions with each id, or else with each display name."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate([] if names is None else names):
        found[_key(name)].append(number)
    return {**found, **{_key(region): [number] for number, region in enumerate(frame.index)}}


def _check_once(pairs: Pairs, ids: pd.Index, place: np.ndarray) -> None:
    labels: dict[int, list[object]] = defaultdict(list)
    for label, position in zip(pairs.labels, place.tolist(), strict=True):
        if position >= 0:
            labels[position].append(label)
    if not labels:
        raise AlignmentError(f"{pairs.source}: no label stands for a region of the study: {name_some(pairs.labels)}.")
    twice = {position: several for position, several in labels.items() if len(several) > 1}
    if twice:
        shown = name_some(f"{' and '.join(map(str, several))} ({ids[position]})" for position, several in twice.items())
        raise DuplicateError(f"{pairs.source}: labels that stand for one region: {shown}. Keep one of each.")
