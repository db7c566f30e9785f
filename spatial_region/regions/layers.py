"""The boundary layers that come with the package: China's prefectures and provinces, and the nine-dash line."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pyogrio

from spatial_region.errors import ReadError


def china_prefectures() -> Any:
    """Boundaries of China's 375 prefecture-level units, with codes and names.

    Prefecture-level cities, autonomous prefectures, leagues and prefectures, the four municipalities, the
    county-level units directly under a province (in Henan, Hubei, Hainan and Xinjiang), Taiwan, Hong Kong and
    Macao, and three areas of Gansu that the source keeps apart under codes outside GB/T 2260.

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by `adcode` (six digits, as text; the index is called "region"), in longitude and latitude.
        Columns: adcode, name_zh, short_zh, name_en, province_zh, province_adcode, plate (East, Central, West,
        Northeast; empty for Taiwan, Hong Kong and Macao), kind, geometry. A new copy at each call.

    Raises
    ------
    ReadError
        If the file that comes with the package is not there.

    Notes
    -----
    Provenance, licence and how the file is made: `shapefiles/README.md`. 979 pairs of regions touch; Zhoushan,
    Sansha and Taiwan are islands.

    Examples
    --------
    >>> import spatial_region as sr
    >>> regions = sr.china_prefectures()
    >>> len(regions), regions.loc["150400", "name_en"]
    (375, 'Chifeng')
    """
    return _layer("china_prefectures")


def china_provinces() -> Any:
    """Boundaries of China's 34 provinces, dissolved from the prefectures so that the two layers fit exactly.

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by `adcode` (six digits, as text; the index is called "region"), in longitude and latitude, with
        the columns of `china_prefectures`. A new copy at each call.

    Raises
    ------
    ReadError
        If the file that comes with the package is not there.

    Examples
    --------
    >>> import spatial_region as sr
    >>> provinces = sr.china_provinces()
    >>> provinces.loc[provinces["plate"] == "Northeast", "name_en"].tolist()
    ['Liaoning', 'Jilin', 'Heilongjiang']
    """
    return _layer("china_provinces")


def nine_dash_line() -> Any:
    """The nine dashes that maps of China must show, one row each, clockwise from the strait south of Taiwan.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns: dash (1 to 9), name_zh, name_en, geometry, in longitude and latitude. A new copy at each call.

    Raises
    ------
    ReadError
        If the file that comes with the package is not there.

    Examples
    --------
    >>> import spatial_region as sr
    >>> len(sr.nine_dash_line())
    9
    """
    return _read(_path("nine_dash_line")).copy(deep=True)


def _layer(name: str) -> Any:
    regions = _read(_path(name)).copy(deep=True)
    regions.index = regions["adcode"].rename("region")
    regions.attrs["name"] = "name_zh"
    return regions


def _path(name: str) -> Path:
    """The file as installed inside the package, or beside the package in a checkout."""
    package = Path(__file__).resolve().parents[1]
    places = [package / "_shapefiles" / f"{name}.gpkg", package.parent / "shapefiles" / f"{name}.gpkg"]
    for place in places:
        if place.is_file():
            return place
    raise ReadError(
        f"The layer {name!r} that comes with the package is not at {places[0]}. "
        f"Install the package again, or in a checkout run shapefiles/build.py."
    )


@cache
def _read(path: Path) -> Any:
    return pyogrio.read_dataframe(path)
