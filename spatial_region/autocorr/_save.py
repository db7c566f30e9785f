"""Write the table of a local statistic where other programs read it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from spatial_region.core.geo import region_frame
from spatial_region.core.messages import did_you_mean
from spatial_region.core.whole_file import write_whole
from spatial_region.errors import InputError

_MAPS = {".gpkg": "GPKG", ".geojson": "GeoJSON"}
_SUFFIXES = (".csv", ".xlsx", *_MAPS)


def save_table(table: pd.DataFrame, path: Path, *, regions: object) -> Path:
    """Write a table by region in the format of the suffix, whole or not at all.

    Raises
    ------
    InputError
        If the suffix is not offered, or a map format is asked for without boundaries.
    OutputError
        If the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(
            f"cannot save as {path.suffix!r}.{did_you_mean(suffix, _SUFFIXES)} Use {', '.join(_SUFFIXES)}."
        )
    plain = table.assign(**{name: table[name].astype(str) for name in table.select_dtypes("category")})
    buffer = BytesIO()
    if suffix == ".csv":
        plain.to_csv(buffer, encoding="utf-8-sig")
    elif suffix == ".xlsx":
        plain.to_excel(buffer, sheet_name="local statistics")
    else:
        _with_boundaries(plain, regions).to_file(buffer, driver=_MAPS[suffix], engine="pyogrio")
    write_whole(path, buffer.getvalue())
    return path


def _with_boundaries(table: pd.DataFrame, regions: object) -> Any:
    if regions is None:
        raise InputError("the values came without boundaries; save as .csv or .xlsx, or compute from a study.")
    frame, _ = region_frame(regions)
    return frame[[frame.geometry.name]].join(table, how="right").reset_index()
