"""The coverage check, and snapping: borders broken in known ways must be found, named and mended."""

from __future__ import annotations

import time
from collections.abc import Callable

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph

import spatial_region as sr
from spatial_region.errors import CoverageWarning, CRSError, GeometryError, InputError
from spatial_region.regions._snap import snap_borders
from spatial_region.regions.coverage import CoverageReport
from spatial_region.weights._links import contact_pairs


def frame_of(cells: list[shapely.Geometry], crs: object = 3857) -> gpd.GeoDataFrame:
    ids = pd.Index(list("abcdefghijklmnop")[: len(cells)], name="region")
    return gpd.GeoDataFrame(geometry=cells, index=ids, crs=crs)


def contacts(report: CoverageReport) -> dict[tuple[str, str], str]:
    return {(a, b): c for a, b, c in report.pairs[["first", "second", "contact"]].to_numpy().tolist()}


def displaced(geoms: np.ndarray, degrees: float, seed: int = 0) -> np.ndarray:
    """Every region moved by itself, as by a slipshod digitiser: no two borders coincide any more."""
    rng = np.random.default_rng(seed)
    out = np.empty(len(geoms), dtype=object)
    for k, geom in enumerate(geoms):
        step = rng.uniform(-degrees, degrees, 2)
        out[k] = shapely.transform(geom, lambda xy, step=step: xy + step)
    return out


def redrawn(geoms: np.ndarray, degrees: float, seed: int = 0) -> np.ndarray:
    """Every region simplified by itself after its vertices were moved: the usual way borders break."""
    rng = np.random.default_rng(seed)
    out = np.empty(len(geoms), dtype=object)

    def shake(xy: np.ndarray) -> np.ndarray:
        vertices, which = np.unique(xy, axis=0, return_inverse=True)
        return (vertices + rng.uniform(-degrees, degrees, vertices.shape))[which.ravel()]

    for k, geom in enumerate(geoms):
        fixed = shapely.make_valid(shapely.simplify(shapely.transform(geom, shake), 2 * degrees))
        parts = [p for piece in shapely.get_parts(fixed) for p in shapely.get_parts(piece)]
        out[k] = shapely.MultiPolygon([p for p in parts if p.geom_type == "Polygon"])
    return out


def code_pairs(geoms: np.ndarray, snap: float = 0.0) -> set[tuple[int, int]]:
    contact = contact_pairs(geoms, snap=snap, geographic=True)
    return set(zip(contact.first.tolist(), contact.second.tolist(), strict=True))


def test_a_lattice_fits() -> None:
    cells = [shapely.box(x, y, x + 100, y + 100) for y in (0, 100) for x in (0, 100)]
    report = sr.check_coverage(frame_of(cells))
    assert report.fits
    assert contacts(report) == {
        ("a", "b"): "edge",
        ("a", "c"): "edge",
        ("a", "d"): "corner",
        ("b", "c"): "corner",
        ("b", "d"): "edge",
        ("c", "d"): "edge",
    }
    assert report.n_touching == report.n_shared_vertex == 6
    assert report.table()["pairs"].tolist() == [4, 2, 0, 0, 0]
    assert report.pairs["border_m"].sum() == pytest.approx(400)
    assert "fit together" in repr(report)


def test_t_junctions_fit_and_are_counted() -> None:
    top = [shapely.box(300 * i, 100, 300 * i + 300, 200) for i in range(4)]
    bottom = [shapely.box(400 * i, 0, 400 * i + 400, 100) for i in range(3)]
    report = sr.check_coverage(frame_of(top + bottom))
    assert report.fits
    assert (report.n_touching, report.n_shared_vertex) == (11, 7)
    assert "4 of 11 pairs that touch have no vertex in common" in report.summary()


def test_a_border_digitised_twice_is_named() -> None:
    frame = frame_of([shapely.box(0, 0, 100, 100), shapely.box(100.4, 0, 200, 100), shapely.box(0, 100, 100, 200)])
    frame["label"] = ["Alpha", "Beta", "Gamma"]
    frame.attrs["name"] = "label"
    report = sr.check_coverage(frame, tolerance=1)
    assert not report.fits
    assert contacts(report) == {("a", "b"): "near edge", ("a", "c"): "edge", ("b", "c"): "near corner"}
    assert report.missed["border_m"].iloc[0] == pytest.approx(100, abs=2)
    text = report.summary()
    assert "2 pairs of neighbours come within 1 m" in text
    assert "Alpha (a) - Beta (b)" in text
    assert "snap=1" in text


def test_an_overlap_is_measured() -> None:
    report = sr.check_coverage(frame_of([shapely.box(0, 0, 1000, 1000), shapely.box(990, 0, 2000, 1000)]))
    assert not report.fits
    assert report.overlaps["area_km2"].tolist() == [pytest.approx(0.01)]
    assert contacts(report)[("a", "b")] in ("edge", "overlap")
    assert "1 pairs overlap, by 0.01 km2" in report.summary()


def test_one_region_within_another_is_an_overlap() -> None:
    report = sr.check_coverage(frame_of([shapely.box(0, 0, 1000, 1000), shapely.box(400, 400, 600, 600)]))
    assert report.overlaps[["first", "second"]].to_numpy().tolist() == [["a", "b"]]
    assert contacts(report) == {("a", "b"): "overlap"}


def test_a_sliver_is_found_and_a_lake_is_not() -> None:
    left = shapely.Polygon([(0, 0), (1000, 0), (1000, 300), (999, 400), (1000, 500), (1000, 1000), (0, 1000)])
    lake = shapely.box(300, 300, 500, 500)
    right = shapely.box(1000, 0, 2000, 1000)
    report = sr.check_coverage(frame_of([left.difference(lake), right]), tolerance=2)
    assert len(report.gaps) == 1
    gap = report.gaps.iloc[0]
    assert gap["regions"] == ("a", "b")
    assert gap["area_km2"] == pytest.approx(100e-6)
    assert gap["width_m"] == pytest.approx(1, rel=0.02)
    assert "1 slivers lie between regions" in report.summary()


def test_a_narrow_neck_of_a_third_region_is_not_a_gap() -> None:
    neck = shapely.box(1000, 0, 1001, 1000)
    report = sr.check_coverage(
        frame_of([shapely.box(0, 0, 1000, 1000), neck, shapely.box(1001, 0, 2000, 1000)]), tolerance=5
    )
    assert report.fits
    assert contacts(report) == {("a", "b"): "edge", ("b", "c"): "edge"}


@pytest.mark.parametrize(
    ("crs", "factor"), [(3857, 1.0), ("+proj=merc +units=km +datum=WGS84", 1e-3), (2263, 1 / 0.3048006)]
)
def test_the_unit_of_the_map_does_not_matter(crs: object, factor: float) -> None:
    cells = [shapely.box(0, 0, 100, 100), shapely.box(100.4, 0, 200, 100), shapely.box(0, 100, 100, 200)]
    scaled = [shapely.transform(c, lambda xy: xy * factor) for c in cells]
    report = sr.check_coverage(frame_of(scaled, crs), tolerance=1)
    assert contacts(report) == {("a", "b"): "near edge", ("a", "c"): "edge", ("b", "c"): "near corner"}
    assert report.pairs["border_m"].tolist()[1] == pytest.approx(100, rel=1e-6)


def test_degrees_are_not_metres() -> None:
    """A gap of 0.002 degrees is 222 m: found within 300 m, not within 100 m."""
    frame = frame_of([shapely.box(0, 0, 1, 1), shapely.box(1.002, 0, 2, 1)], 4326)
    assert len(sr.check_coverage(frame, tolerance=100).missed) == 0
    assert len(sr.check_coverage(frame, tolerance=300).missed) == 1


def test_columbus_and_us48_fit() -> None:
    """libpysal's examples: contacts equal those of libpysal 4.14 where it compares geometry."""
    for name in ("columbus.shp", "us48.shp"):
        frame = gpd.read_file(libpysal.examples.get_path(name)).set_crs(4326, allow_override=True)
        report = sr.check_coverage(frame)
        touching = Graph.build_contiguity(frame, rook=False, strict=True)
        assert report.n_touching >= touching.n_edges / 2
        assert report.n_shared_vertex == Graph.build_contiguity(frame, rook=False).n_edges / 2


def test_errors() -> None:
    cell = shapely.box(0, 0, 1, 1)
    with pytest.raises(CRSError, match="no coordinate reference system"):
        sr.check_coverage(frame_of([cell], None))
    with pytest.raises(GeometryError, match="1 of 2 regions have no geometry: b"):
        sr.check_coverage(frame_of([cell, shapely.Polygon()]))
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(GeometryError, match="invalid geometry: b"):
        sr.check_coverage(frame_of([cell, bow]))
    for wrong in (0, -1, np.nan, np.inf):
        with pytest.raises(InputError, match="tolerance must be a positive"):
            sr.check_coverage(frame_of([cell]), tolerance=wrong)
    with pytest.raises(InputError, match="GeoDataFrame"):
        sr.check_coverage([cell])


def test_one_region_alone() -> None:
    report = sr.check_coverage(frame_of([shapely.box(0, 0, 1, 1)]))
    assert report.fits
    assert len(report.pairs) == 0


def test_the_default_tolerance_follows_the_size_of_the_regions() -> None:
    assert sr.check_coverage(sr.china_prefectures()).tolerance == 200
    small = frame_of([shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)])
    assert sr.check_coverage(small).tolerance == 2


@pytest.mark.slow
def test_speed_on_prefectures() -> None:
    regions = sr.china_prefectures()
    sr.check_coverage(regions)
    start = time.perf_counter()
    sr.check_coverage(regions)
    assert time.perf_counter() - start < 5  # under 1 s on an idle machine


BREAKS = [
    pytest.param(displaced, 0.0005, 120.0, id="displaced by up to 56 m"),
    pytest.param(displaced, 0.001, 250.0, id="displaced by up to 111 m"),
    pytest.param(redrawn, 0.0005, 100.0, id="redrawn within 56 m"),
    pytest.param(redrawn, 0.001, 400.0, id="redrawn within 111 m, generous snap"),
]


@pytest.mark.parametrize(("broken", "degrees", "snap"), BREAKS)
def test_broken_prefectures_get_their_neighbours_back(
    broken: Callable[[np.ndarray, float], np.ndarray], degrees: float, snap: float
) -> None:
    """China's prefectures, broken on purpose, have no common vertex left; snapping gives back all 979 pairs."""
    whole = sr.china_prefectures()
    geoms = whole.geometry.to_numpy()
    true = code_pairs(geoms)
    wrecked = broken(geoms, degrees)
    exact = contact_pairs(wrecked, geographic=True)
    assert exact.vertex.sum() == 0
    assert code_pairs(wrecked) <= true
    assert broken is redrawn or len(exact.first) < len(true) - 20
    assert true <= code_pairs(wrecked, snap=snap)
    mended, lost = snap_borders(wrecked, snap=snap, geographic=True)
    assert not lost.any()
    assert code_pairs(mended) == true
    assert shapely.coverage_is_valid(mended)
    assert contact_pairs(mended, geographic=True).vertex.sum() == len(true)


def test_a_region_handed_to_its_neighbour_is_noticed() -> None:
    """With this displacement and distance GEOS 3.14 gives all of Chaoyang to Tongliao: refused, not passed on."""
    wrecked = displaced(sr.china_prefectures().geometry.to_numpy(), 0.003, seed=1)
    mended, lost = snap_borders(wrecked, snap=500, geographic=True)
    kept = ~lost
    change = shapely.area(mended[kept]) / shapely.area(wrecked[kept]) - 1
    assert np.abs(change).max() < 0.2
    assert lost.any()


def test_read_regions_warns_of_broken_borders_and_mends_them() -> None:
    whole = sr.china_prefectures()
    whole = whole[whole["province_adcode"].isin(["130000", "150000", "210000"])]
    broken = displaced(whole.geometry.to_numpy(), 0.001)
    wrecked = whole.set_geometry(gpd.GeoSeries(broken, whole.index, crs=whole.crs))
    with pytest.warns(CoverageWarning, match=r"do not touch, so exact contiguity misses them.*snap=200"):
        sr.read_regions(wrecked, id="adcode", name="name_zh")
    mended = sr.read_regions(wrecked, id="adcode", name="name_zh", snap=250)  # no warning: warnings are errors here
    assert code_pairs(mended.geometry.to_numpy()) == code_pairs(whole.geometry.to_numpy())


def test_snapping_leaves_a_layer_that_fits_alone() -> None:
    whole = sr.china_provinces()
    read = sr.read_regions(whole, id="adcode", snap=100)
    assert shapely.equals_identical(read.geometry.to_numpy(), whole.geometry.to_numpy()).all()


def test_snapping_that_would_lose_a_region_is_refused() -> None:
    cells = [shapely.box(0, 0, 1000, 1000), shapely.box(1000.5, 0, 1003, 3), shapely.box(1003.5, 0, 2000, 1000)]
    frame = frame_of(cells).reset_index()
    with pytest.raises(GeometryError, match=r"lost their shape in snapping within 50 m.*b"):
        sr.read_regions(frame, id="region", snap=50, check=False)


def test_lengths_that_are_called_degrees_are_refused():
    cells = [shapely.box(1e5 * i, 0, 1e5 * (i + 1), 1e5) for i in range(3)]
    with pytest.raises(CRSError, match="cannot be degrees"):
        sr.check_coverage(gpd.GeoDataFrame(geometry=cells, index=list("abc"), crs=4326))
