"""Weights from a table of pairs of regions, such as travel times: matched by label, never by position."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.geo import region_frame
from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Islands, check_option
from spatial_region.core.weights import Weights
from spatial_region.errors import AlignmentError, InputError
from spatial_region.regions._pairs import Pairs, match_regions, read_pairs
from spatial_region.weights._build import finish
from spatial_region.weights.distance import check_positive

Unknown = Literal["raise", "drop"]
_ADVICE = "Complete the table, or link them to the nearest with sr.link_islands(w, study)."


def weights_from_table(
    table: pd.DataFrame | str | Path,
    study: object = None,
    *,
    origin: str | None = None,
    destination: str | None = None,
    variable: str | None = None,
    power: float | None = None,
    both_ways: bool | None = None,
    unknown: Unknown = "raise",
    islands: Islands = "keep",
    sheet: str | int | None = None,
    encoding: str | None = None,
) -> Weights:
    """Weights from travel times, flows or any other numbers of pairs of regions.

    A square table has a row and a column for each region, headed by its label. A long table has a row for each pair,
    with `origin`, `destination` and `variable` naming its columns. Row labels and `origin` are the region whose
    neighbours are listed. Pairs without a value are no links, and what a table says of a region and itself is left
    out. The two directions of a pair may differ.

    Parameters
    ----------
    table : pandas.DataFrame or path
        A csv, txt, tsv, xlsx, xls, dta or parquet file is read as `join` reads it. A square DataFrame is labelled by
        its index and columns.
    study : Study or geopandas.GeoDataFrame, optional
        Regions to which labels are matched: by id, by display name, and for regions of China by any name or code that
        `resolve_regions` knows. Without it, labels are taken for ids.
    origin, destination, variable : str, optional
        Columns of a long table.
    power : float, optional
        For costs, such as hours: weights are ``value ** -power``. By default values are the weights.
    both_ways : bool, optional
        Whether a pair given once holds for both directions. By default values stand for their own direction, and a
        table that has no pair in both is refused, since such a table usually means both.
    unknown : {"raise", "drop"}
        Labels that stand for none of the regions: refused, or left out and counted in the recipe.
    islands : {"keep", "raise"}
        Regions without links: kept and named, or refused.
    sheet : str or int, optional
        Sheet of a workbook; the first by default.
    encoding : str, optional
        Encoding of a text file; UTF-8 and GBK are told apart by default.

    Returns
    -------
    Weights
        In the order of the study, or of first appearance; not yet standardised.

    Raises
    ------
    OptionError
        If `unknown` is not offered.
    InputError
        If only some columns of a long table are named, values are no numbers, negative, or 0 where `power` needs
        them above 0, a table gives each pair in one direction only, or two directions differ under `both_ways`.
    UnknownNameError
        If a label stands for no region, or a column does not exist.
    AlignmentError
        If a region is not in the table, or a square table has other labels in its rows than in its columns.
    DuplicateError
        If a label or a pair occurs twice, or two labels stand for one region.
    ReadError
        If the file cannot be read.
    WeightsError
        If there are islands and they were forbidden.

    Warns
    -----
    IslandWarning
        If regions have no link.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> hours = pd.DataFrame({"from": ["甲", "甲", "乙"], "to": ["乙", "丙", "丙"], "hours": [2.0, 4.0, 1.0]})
    >>> w = sr.weights_from_table(
    ...     hours, origin="from", destination="to", variable="hours", power=1, both_ways=True
    ... )
    >>> w.neighbours("丙").to_dict()
    {'甲': 0.25, '乙': 1.0}
    """
    check_option(unknown, Unknown, "unknown")
    check_option(islands, Islands, "islands")
    if islands == "nearest":
        raise InputError("weights_from_table() has no islands='nearest': the table says who is near.")
    power = None if power is None else check_positive(power, "power")
    pairs = read_pairs(table, origin, destination, variable, sheet=sheet, encoding=encoding)
    frame, names = (None, None) if study is None else region_frame(study)
    ids, place, dropped = match_regions(pairs, frame, names, drop_unknown=unknown == "drop")
    _check_covered(pairs, ids, place, names)
    matrix, on_diagonal = _matrix(pairs, ids, place, names, power=power, both_ways=both_ways)
    recipe: dict[str, object] = {"kind": "table", "source": pairs.source}
    recipe |= {
        key: value for key, value in (("variable", variable), ("power", power), ("both_ways", both_ways)) if value
    }
    recipe |= {"diagonal": f"left out ({on_diagonal} values)"} if on_diagonal else {}
    recipe |= {"unknown labels left out": dropped} if dropped else {}
    recipe["islands"] = islands
    regions = pd.DataFrame(index=ids)
    return finish(matrix, regions, names, recipe=recipe, islands=islands, advice=_ADVICE)


def _check_covered(pairs: Pairs, ids: pd.Index, place: np.ndarray, names: pd.Series | None) -> None:
    """Refuse a table that does not speak of every region."""
    sides = {"rows": pairs.origin, "columns": pairs.destination} if pairs.square else {"table": None}
    for side, labels in sides.items():
        present = place if labels is None else place[labels]
        absent = np.setdiff1d(np.arange(len(ids)), present[present >= 0])
        if len(absent):
            raise AlignmentError(
                f"{len(absent)} of {len(ids)} regions are not in the {side} of {pairs.source}: "
                f"{name_regions(ids[absent], names)}. Add them, or select the others from the study first."
            )


def _matrix(
    pairs: Pairs,
    ids: pd.Index,
    place: np.ndarray,
    names: pd.Series | None,
    *,
    power: float | None,
    both_ways: bool | None,
) -> tuple[sp.csr_array, int]:
    """Return the weights, and how many values stand on the diagonal."""
    rows, columns, values = place[pairs.origin], place[pairs.destination], pairs.values
    known = (rows >= 0) & (columns >= 0) & ~np.isnan(values)
    if both_ways:
        known &= values != 0  # the empty half of a triangular table
    own = known & (rows == columns)
    rows, columns, values = (part[known & ~own] for part in (rows, columns, values))

    def named(wrong: np.ndarray) -> str:
        shown = (
            f"{name_regions([ids[i]], names)} to {name_regions([ids[j]], names)}: {value:g}"
            for i, j, value in zip(rows[wrong], columns[wrong], values[wrong], strict=True)
        )
        return name_some(shown)

    wrong = ~np.isfinite(values) | (values < 0)
    if wrong.any():
        raise InputError(f"weights cannot come from negative or infinite values; found {wrong.sum()}: {named(wrong)}.")
    if power is not None and (values == 0).any():
        raise InputError(
            f"power= needs values above 0; found {(values == 0).sum()} of 0: {named(values == 0)}. "
            f"Leave pairs without a link blank."
        )
    given = sp.csr_array((values, (rows, columns)), shape=(len(ids), len(ids)))
    given.eliminate_zeros()
    given = _both_directions(given, both_ways, named_pairs=lambda i, j: name_regions([ids[i], ids[j]], names))
    if power is not None:
        given.data = given.data**-power
    return given, int((own & (pairs.values != 0)).sum())


def _both_directions(given: sp.csr_array, both_ways: bool | None, *, named_pairs: Any) -> sp.csr_array:
    """Return the values of both directions, when a pair given once holds for both; refuse what is not clear."""
    shared = (given != 0).multiply(given.T != 0)
    if both_ways is None and given.nnz and not shared.nnz:
        raise InputError(
            f"the table gives each of its {given.nnz} pairs in one direction only. Pass both_ways=True if they hold "
            f"for both directions, or both_ways=False if the reverse is no link."
        )
    if not both_ways:
        return given
    apart = sp.coo_array(sp.triu((given - given.T).multiply(shared)))
    if np.any(apart.data != 0):
        at = np.flatnonzero(apart.data)
        shown = name_some(named_pairs(apart.row[k], apart.col[k]) for k in at)
        raise InputError(f"both_ways=True, but {len(at)} pairs have two different values: {shown}.")
    return sp.csr_array(given.maximum(given.T))
