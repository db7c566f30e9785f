"""Join a table of indicators to regions, row by row by label, with a report of what became of each row."""

from __future__ import annotations

import datetime
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial_region.core.frozen import FrozenDict
from spatial_region.core.match import MatchReport
from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import check_option
from spatial_region.core.study import Study, make_study
from spatial_region.errors import DuplicateError, InputError, JoinWarning, UnknownNameError
from spatial_region.regions.cells import looks_like_a_number, read_numbers
from spatial_region.regions.clean import clean
from spatial_region.regions.codes import plain_number
from spatial_region.regions.combine import REGION, TIME, Combine, combine_rows
from spatial_region.regions.keys import Keys, Resolve, choose_keys
from spatial_region.regions.names import as_year
from spatial_region.regions.resolve import LayerLevel, Resolution
from spatial_region.regions.tables import Table, read_table

WithoutData = Literal["drop", "keep"]
_TIME_KINDS = {int: "years", str: "words", pd.Timestamp: "dates", pd.Period: "periods"}
_YEAR = re.compile(r"(\d{1,4})(?:年|年度)?")
COLUMNS = ["row", "name", "time", "province", "status", "region", "region_name", "reason", "detail", "suggestions"]


def join(
    regions: gpd.GeoDataFrame,
    table: pd.DataFrame | str | Path,
    *,
    on: str,
    time: str | None = None,
    province: str | None = None,
    combine: Combine | Mapping[str, Combine] | None = None,
    regions_without_data: WithoutData = "drop",
    variables: Sequence[str] | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
    resolve: Resolve = "auto",
    level: LayerLevel | None = None,
    names_at: int | None = None,
    aliases: Mapping[str, object] | None = None,
) -> Study:
    """Join a table of indicators to regions by name or code: which row belongs to which region, and which to none?

    Chinese names and codes of 1980-2024 are resolved by rule to the regions of today: short and full names, with
    the province before them, traditional characters, English and pinyin, two- to twelve-digit codes, earlier names
    and codes in the year of the row. A name that means two places, a district, a total or a dissolved unit is
    reported and not joined; likeness never decides. For other regions the values of `on` are compared with the
    region ids.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        One row a region, indexed by region id (see `read_regions`, `china_prefectures`).
    table : pandas.DataFrame or path
        One row a region, or a region and time. Files: csv, tsv, txt (UTF-8 or GBK), xlsx, xls, dta, parquet.
    on : str
        Column with region names or codes.
    time : str, optional
        Column with the year, quarter or date; makes a panel. Rows without a time are reported and not joined.
    province : str, optional
        Column with the province, which decides between places of the same name.
    combine : {"sum", "mean"} or mapping of variable to these, optional
        How to combine rows that belong to one region and time, such as Jinan and Laiwu. By default they raise.
    regions_without_data : {"drop", "keep"}
        Whether regions without any row leave the study or stay with missing values. `Study.basemap` has all.
    variables : sequence of str, optional
        Columns to take; by default all others.
    sheet : str or int, optional
        Sheet of an Excel file, by default the first.
    encoding : str, optional
        Encoding of a text file; by default UTF-8 and GBK are told apart.
    resolve : {"auto", "china", "key"}
        Whether to resolve Chinese names and codes, or to compare region ids; ``auto`` looks at the regions.
    level : {"prefecture", "province"}, optional
        Level of Chinese regions, by default found from their codes.
    names_at : int, optional
        Year whose names the whole table uses, when that is not the year of each row (2024 for a table in which
        today's names stand in all years).
    aliases : mapping of str to region id, optional
        Your own decisions: text in `on`, exactly as written, to region id.

    Returns
    -------
    Study
        Regions in their given order; the panel has every region at every time, gaps as missing values. The report
        is ``study.match``.

    Raises
    ------
    ReadError
        If the file is absent, empty or in another encoding, or its cells can be read in two ways.
    UnknownNameError
        If a column, a sheet or an aliased region does not exist.
    DuplicateError
        If several rows belong to one region and time and `combine` is not given, rows are exact copies, or a region
        occurs twice.
    InputError
        If an argument is of the wrong type, no row is joined, times are written in several ways, a variable named in
        `variables` has cells that are no number, or rows to be combined hold text that differs.
    OptionError
        If an option is not offered.

    Warns
    -----
    JoinWarning
        If rows that name something were not joined.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, spatial_region as sr
    >>> squares = gpd.GeoSeries.from_wkt(["POLYGON((0 0,1 0,1 1,0 1,0 0))", "POLYGON((1 0,2 0,2 1,1 1,1 0))"])
    >>> regions = gpd.GeoDataFrame(geometry=squares.values, index=["420600", "130800"], crs=4490)
    >>> table = pd.DataFrame({"city": ["河北承德", "襄樊市"], "gdp": ["1,000", "2,000"]})
    >>> study = sr.join(regions, table, on="city")
    >>> study.values("gdp").tolist(), len(study.match.renamed)
    ([2000.0, 1000.0], 1)
    """
    _check_options(resolve, level, regions_without_data)
    _check_arguments(on, time, province, variables, aliases)
    _check_regions(regions)
    source = read_table(table, [key for key in (on, time, province) if key], sheet=sheet, encoding=encoding)
    chosen = _choose_variables(source.frame, variables, {on, time, province})
    names = _display_names(regions)
    keys = choose_keys(regions, resolve, level)
    rows = _resolve_rows(source, keys, names, on=on, time=time, province=province, names_at=names_at, aliases=aliases)
    _check_some(rows, on)
    data, missing, words = _read_values(source, rows, chosen, required=variables is not None)
    data, combined = combine_rows(data, rows, chosen, combine)
    keyed, gaps = _arrange(data, regions, names, panel=time is not None, keep=regions_without_data == "keep")
    report = MatchReport(
        rows=rows,
        region_names=names,
        times=tuple(keyed.index.levels[1].tolist()) if time else (),
        gaps=gaps,
        missing=missing,
        combined=combined,
        notes=(*source.notes, *words),
        settings=FrozenDict(
            {"on": on, "time": time, "province": province, "resolve": keys.kind, "level": keys.level,
             "names_at": names_at, "combine": combine, "aliases": dict(aliases) if aliases else None}
        ),
    )  # fmt: skip
    _warn_of_loss(report)
    kept = regions[regions.index.astype(str).isin(keyed.index.get_level_values(0).unique())]
    keyed = keyed.rename(index=dict(zip(kept.index.astype(str), kept.index, strict=True)), level=0)
    return make_study(kept, keyed, name=regions.attrs.get("name"), match=report, basemap=regions)


def _check_options(resolve: Resolve, level: LayerLevel | None, without: WithoutData) -> None:
    check_option(resolve, Resolve, "resolve")
    if level is not None:
        check_option(level, LayerLevel, "level")
    check_option(without, WithoutData, "regions_without_data")


def _check_arguments(on: object, time: object, province: object, variables: object, aliases: object) -> None:
    columns = {"on": on, "time": time, "province": province}
    for argument, column in columns.items():
        if not isinstance(column, str) and (column is not None or argument == "on"):
            raise InputError(f"{argument} must be the name of a column of the table; found {column!r}.")
    named = [column for column in columns.values() if column is not None]
    if len(set(named)) < len(named):
        raise InputError(f"on, time and province must be different columns; found {name_some(named)}.")
    if variables is not None and (not isinstance(variables, Iterable) or not list(variables)):
        raise InputError(f"variables must name columns of the table; found {variables!r}. Leave it out to take all.")
    if aliases is not None and not isinstance(aliases, Mapping):
        raise InputError(f"aliases must map texts of the table to region ids; found {type(aliases).__name__}.")


def _check_regions(regions: object) -> None:
    if not isinstance(regions, gpd.GeoDataFrame):
        raise InputError(f"regions must be a GeoDataFrame, such as read_regions gives; found {type(regions).__name__}.")
    if regions.index.nlevels > 1 or regions.index.hasnans:
        raise InputError("regions must be indexed by one complete id each; see read_regions.")
    # As text, since tables hold text: 1 and "1" are one id.
    ids = regions.index.astype(str)
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        raise DuplicateError(f"regions: found twice: {name_some(twice)}. Dissolve or rename them first.")


def _choose_variables(frame: pd.DataFrame, variables: Sequence[str] | None, keys: set[str | None]) -> list[str]:
    offered = [column for column in frame.columns if column not in keys]
    if variables is None:
        chosen = [column for column in offered if frame[column].notna().any()]
        if not chosen:
            raise InputError("the table has no column besides its keys; nothing to join.")
        return chosen
    for variable in [variables] if isinstance(variables, str) else variables:
        if variable not in offered:
            raise UnknownNameError(
                f"the table has no variable {variable!r}.{did_you_mean(variable, offered)} "
                f"It has: {name_some(offered, limit=20)}."
            )
    return [variables] if isinstance(variables, str) else list(variables)


def _display_names(regions: gpd.GeoDataFrame) -> pd.Series:
    column = regions.attrs.get("name")
    shown = regions[column] if column in regions.columns else regions.index.to_series()
    return pd.Series(shown.astype(str).to_numpy(), index=regions.index.astype(str), name="name")


def _resolve_rows(
    source: Table,
    keys: Keys,
    names: pd.Series,
    *,
    on: str,
    time: str | None,
    province: str | None,
    names_at: int | None,
    aliases: Mapping[str, object] | None,
) -> pd.DataFrame:
    """Return the fate of every row of the table, in the order of the table."""
    frame = source.frame
    own = {str(name): str(region) for name, region in (aliases or {}).items()}
    for name, region in own.items():
        if region not in names.index:
            raise UnknownNameError(f"aliases: {name!r} is given the region {region!r}, which does not exist.")
    times = _read_times(frame[time], keys) if time else pd.Series([None] * len(frame), dtype=object)
    provinces = frame[province] if province else pd.Series([None] * len(frame), dtype=object)
    listed = []
    for row, cell, when, where in zip(source.rows, frame[on], times, provinces, strict=True):
        if str(cell) in own:
            found = Resolution("renamed", own[str(cell)], detail="by the alias given")
        else:
            found = keys.resolve(cell, names_at or (None if pd.isna(when) else when), where)
        if time and found.region and pd.isna(when):
            found = Resolution("unmatched", reason="no time", detail=f"{time!r} holds no year in this row")
        shown = names.get(found.region, "")
        near = ", ".join(found.candidates)
        fate = (found.status, found.region, shown, found.reason, found.detail, near)
        listed.append((row, "" if cell is None else cell, when, where, *fate))
    # Objects, so that a year beside a blank stays 2020 and is not read as 2020.0.
    return pd.DataFrame(listed, columns=COLUMNS, dtype=object)


def _read_times(column: pd.Series, keys: Keys) -> pd.Series:
    """Return times as whole years where they are; None where a note or nothing stands."""
    labels = [_read_time(value) for value in column]
    if keys.kind == "china":
        labels = [label if _has_year(label) else None for label in labels]
    return pd.Series(labels, index=column.index, dtype=object)


def _read_time(value: object) -> object:
    """Return ``2010``, ``2010.0``, ``"2010年"`` as 2010; quarters and rounds of a survey as they stand.

    Dates are timestamps, from a frame as from a workbook; none is taken for its year.
    """
    if isinstance(value, (datetime.date, np.datetime64)):
        stamp = pd.Timestamp(value)
        return None if pd.isna(stamp) else stamp
    if isinstance(value, pd.Period):
        return value
    text = clean(plain_number(value))
    if text.lower() in ("", "nan", "none", "nat", "<na>"):
        return None
    year = _YEAR.fullmatch(text)
    return int(year[1]) if year else text


def _has_year(label: object) -> bool:
    try:
        return as_year(label) is not None
    except InputError:
        return False


def _check_some(rows: pd.DataFrame, on: str) -> None:
    if (rows["region"] != "").any():
        return
    reasons = ", ".join(f"{reason} ({count})" for reason, count in rows["reason"].value_counts().items())
    examples = name_some([f"{row.name}: {row.detail or row.reason}" for row in rows.itertuples(index=False)])
    raise InputError(f"no row is joined on {on!r}: {reasons}. First rows: {examples}.")


def _read_values(
    source: Table, rows: pd.DataFrame, variables: list[str], *, required: bool
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return the variables of the joined rows as numbers where they are numbers; missing marks; notes on text."""
    joined = rows.index[rows["region"] != ""]
    columns, missing, notes = {}, [], []
    for variable in variables:
        numbers = read_numbers(source.frame.loc[joined, variable])
        cells = [f"{text!r} (row {rows.loc[label, 'row']})" for label, text in numbers.words.items()]
        has_numbers = bool(numbers.values.notna().any())
        if cells and has_numbers and required:
            raise InputError(
                f"{variable!r} has {len(cells)} of {len(joined)} cells that are no number: {name_some(cells)}. "
                "Correct them, or leave the variable out."
            )
        if cells and has_numbers:
            notes.append(f"{variable!r} is kept as text: {len(cells)} cells are no number: {name_some(cells)}")
        alike = [cell for cell, text in zip(cells, numbers.words, strict=True) if looks_like_a_number(text)]
        if not has_numbers and len(alike) > len(cells) / 2:
            notes.append(
                f"{variable!r} is kept as text, but its cells look like numbers with a unit or a strange comma: "
                f"{name_some(alike)}. Write plain numbers if it is to be analysed"
            )
        if cells:
            text = source.frame.loc[joined, variable]
            columns[variable] = text.mask(text.map(lambda cell: isinstance(cell, str) and not cell.strip()))
            continue
        columns[variable] = numbers.values
        if len(numbers.marked):
            freed = [f"{text!r} (row {rows.loc[label, 'row']})" for label, text in numbers.marked.items()]
            notes.append(f"{variable!r}: footnote marks are taken off {len(freed)} cells: {name_some(freed)}")
        missing += [(rows.loc[label, "row"], variable, text) for label, text in numbers.missing.items()]
    data = pd.DataFrame(columns, index=joined)
    data.insert(0, REGION, rows.loc[joined, "region"])
    data.insert(1, TIME, rows.loc[joined, "time"].infer_objects())
    return data, pd.DataFrame(missing, columns=["row", "variable", "text"]), notes


def _arrange(
    data: pd.DataFrame, regions: gpd.GeoDataFrame, names: pd.Series, *, panel: bool, keep: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the data in the order of the regions, and the combinations of region and time that have no row."""
    present = set(data[REGION])
    ids = pd.Index([region for region in regions.index.astype(str) if keep or region in present], name="region")
    gaps = pd.DataFrame(columns=["region", "name", "time"])
    if not panel:
        return data.drop(columns=TIME).set_index(REGION).reindex(ids), gaps
    times = data[TIME].unique().tolist()
    kinds = {_TIME_KINDS.get(type(when), "words"): when for when in times}
    if len(kinds) > 1:
        examples = ", ".join(f"{kind} ({when})" for kind, when in kinds.items())
        raise InputError(f"the times are written in several ways: {examples}. Write them in one way.")
    try:
        times = sorted(times)
    except (TypeError, ValueError) as error:  # periods of several lengths, dates with and without a zone
        raise InputError(f"the times have no order: {error}. Write them in one way.") from error
    product = pd.MultiIndex.from_product([ids, times], names=["region", "time"])
    keyed = data.set_index([REGION, TIME])
    absent = product[~product.isin(keyed.index)]
    gaps = pd.DataFrame(
        [(region, names[region], when) for region, when in absent if region in present], columns=gaps.columns
    )
    return keyed.reindex(product), gaps


def _warn_of_loss(report: MatchReport) -> None:
    lost = report.lost
    if lost.empty:
        return
    reasons = ", ".join(f"{count} {reason}" for reason, count in lost["reason"].value_counts().items())
    examples = name_some(dict.fromkeys(lost["name"].astype(str)))
    told = lost["reason"].eq("ambiguous").any() and report.times and not report.settings["names_at"]
    advice = " If the table uses today's names in all years, pass names_at=2024." if told else ""
    warnings.warn(
        f"{len(lost)} of {len(report.rows)} rows are not joined ({reasons}): {examples}. "
        f"print(study.match) says why for each.{advice}",
        JoinWarning,
        stacklevel=3,
    )
