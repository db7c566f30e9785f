"""GAL, GWT and KWT: the layouts of GeoDa and R's spdep, read with ids kept; libpysal's readers as a second opinion."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal import examples
from libpysal import io as pysal_io

import spatial_region as sr
from spatial_region.errors import AlignmentError, InputError, ReadError, SpatialRegionWarning

IDS = [str(number) for number in range(100, 110)]

# What pygeoda 0.1.3 wrote for nine squares of 1 km in three rows, and a tenth far away: queen contiguity with whole
# numbers for ids; of the three nearest neighbours and of triangular kernel weights within 1.5 km the first lines.
PYGEODA_GAL = """0 10 grid ADCODE
100 3
104 103 101
101 5
105 104 103 102 100
102 3
105 104 101
103 5
107 106 104 101 100
104 8
108 107 106 105 103 102 101 100
105 5
108 107 104 102 101
106 3
107 104 103
107 5
108 106 105 104 103
108 3
104 105 107
109 0

"""
PYGEODA_GWT = """0 10 grid ADCODE
100 104         1414.21356
100 103               1000
100 101               1000
101 102               1000
101 100               1000
101 104               1000
"""
PYGEODA_KWT = """0 10 grid ADCODE
100 104       0.0571909584
100 103        0.333333333
100 101        0.333333333
100 100                  0
"""


@pytest.fixture
def squares() -> gpd.GeoDataFrame:
    cells = [shapely.box(c * 1000, r * 1000, (c + 1) * 1000, (r + 1) * 1000) for r in range(3) for c in range(3)]
    return gpd.GeoDataFrame(geometry=[*cells, shapely.box(9000, 9000, 10000, 10000)], index=IDS, crs=3857)


@pytest.fixture
def queen(squares) -> sr.Weights:
    with pytest.warns(sr.errors.IslandWarning):
        return sr.contiguity(squares)


@pytest.fixture
def put(tmp_path):
    """Write a text or bytes to a file of a name, and return its path."""

    def write(name: str, content: str | bytes, encoding: str = "utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def same(left: sr.Weights, right: sr.Weights) -> None:
    assert list(left.ids) == list(right.ids)
    np.testing.assert_array_equal(left.sparse.toarray(), right.sparse.toarray())


def test_a_gal_file_of_geoda_is_the_contiguity_it_came_from(put, queen):
    w = sr.read_weights(put("grid.gal", PYGEODA_GAL))
    same(w, queen)
    assert list(w.islands) == ["109"]
    assert w.recipe["layer"] == "grid"
    assert w.recipe["id variable"] == "ADCODE"
    assert w.standardisation is None


@pytest.mark.parametrize("header", ['0 10 "my grid" NAME', "0 10 my grid NAME"])
def test_a_layer_with_spaces_and_ids_with_leading_zeros(put, header):
    text = "\r\n".join([header, *PYGEODA_GAL.replace("10", "00").splitlines()[1:]]) + "\r\n"
    w = sr.read_weights(put("grid.gal", text))
    assert list(w.ids) == [f"00{number}" for number in range(10)]
    assert w.recipe["layer"] == "my grid"
    assert w.n_links == 40


def test_gal_of_spdep_in_its_old_and_new_style(put):
    """write.nb.gal: ids 1 to n under a lone n by default, region.id with oldstyle=FALSE, an empty line for no
    neighbours; early versions wrote the 0 of the neighbour list there."""
    old = sr.read_weights(put("old.gal", "3\n1 1\n2\n2 1\n1\n3 0\n\n"))
    oldest = sr.read_weights(put("oldest.gal", "3\n3 0\n0\n1 1\n2\n2 1\n1\n"))
    new = sr.read_weights(put("new.gal", "0 3 unknown unknown\n北京市 1\n天津市\n天津市 1\n北京市\n海南省 0\n\n"))
    assert list(old.ids) == ["1", "2", "3"]
    assert list(oldest.ids) == ["3", "1", "2"]
    same(oldest.reorder(["1", "2", "3"]), old)
    assert list(new.ids) == ["北京市", "天津市", "海南省"]
    assert [list(w.islands) for w in (old, oldest, new)] == [["3"], ["3"], ["海南省"]]
    named = sr.read_weights(
        put("old.gal", "3\n1 1\n2\n2 1\n1\n3 0\n\n"), ids=["北京市", "天津市", "海南省"], by_position=True
    )
    same(named, new)


def test_gal_may_leave_out_the_empty_line_of_an_island(put):
    w = sr.read_weights(put("tight.gal", "0 3 x y\na 0\nb 1\nc\nc 1\nb"))
    assert list(w.islands) == ["a"]
    assert w.n_links == 2


def test_gwt_of_geoda_holds_distances_and_leaves_out_islands(put, squares):
    path = put("k3.gwt", PYGEODA_GWT)
    with pytest.raises(ReadError, match=r"k3.gwt counts 10 regions and names 5: .* Pass ids= with the ids of all 10"):
        sr.read_weights(path)
    w = sr.read_weights(path, ids=squares.index)
    assert list(w.ids) == IDS
    assert w.neighbours("100").to_dict() == {"101": 1000.0, "103": 1000.0, "104": 1414.21356}
    assert "109" in w.islands
    assert (sr.read_weights(path, ids=squares.index, binary=True).sparse.data == 1).all()


def test_kwt_of_geoda(put, squares):
    w = sr.read_weights(put("kernel.kwt", PYGEODA_KWT), ids=squares.index)
    assert w.neighbours("100").to_dict() == {"101": 0.333333333, "103": 0.333333333, "104": 0.0571909584}


def test_gwt_of_spdep(put):
    """write.sn2gwt: numbers 1 to n, or region.id with useInd=TRUE; legacy=TRUE writes n alone."""
    body = "1 2 0.333333333333333\n2 1 0.5\n2 3 0.5\n3 2 1\n"
    same(sr.read_weights(put("a.gwt", "3\n" + body)), sr.read_weights(put("b.gwt", "0 3 unknown unknown\n" + body)))
    w = sr.read_weights(put("c.gwt", "3\n" + body), ids=["x", "y", "z"], by_position=True)
    assert w.neighbours("y").to_dict() == {"x": 0.5, "z": 0.5}
    gap = sr.read_weights(put("d.gwt", "4\n1 3 1\n3 1 1\n4 1 2\n"), ids=list("abcd"), by_position=True)
    assert gap.neighbours("d").to_dict() == {"a": 2.0}
    assert list(gap.islands) == ["b"]


def test_a_weight_of_zero_in_a_gwt_file_is_no_link_and_not_lost_in_silence(put):
    path = put("zero.gwt", "0 2 layer id\na b 0\nb a 0\n")
    with pytest.warns(SpatialRegionWarning, match="lists 2 links between regions with a weight of 0"):
        assert sr.read_weights(path).n_links == 0
    assert sr.read_weights(path, binary=True).n_links == 2


BUNDLED = [
    *("10740_queen.gal", "10740_rook.gal", "baltim_q.gal", "book.gal", "columbus.gal", "desmith.gal", "mexico.gal"),
    *("sids2.gal", "stl.gal", "stl_hom_rook.gal", "states48.gal", "virginia.gal", "virginia_rook.gal", "rook31.gal"),
    *("baltim_k4.gwt", "juvenile.gwt", "baltim.tri.k12.kwt"),
]


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_files_read_as_libpysal_reads_them(name):
    path = examples.get_path(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libpysal warns of islands, of unknown shapefiles, and of its own deprecations
        theirs = sr.Weights.from_w(pysal_io.open(path).read())
    ours = sr.read_weights(path)
    assert list(ours.ids) == list(map(str, theirs.ids))
    np.testing.assert_array_equal(ours.sparse.toarray(), theirs.sparse.toarray())


@pytest.mark.parametrize("name", ["out.gal", "out.gwt"])
def test_libpysal_reads_what_is_written(tmp_path, squares, name):
    part = squares.iloc[:9]
    w = sr.contiguity(part) if name.endswith("gal") else sr.inverse_distance(part)
    path = w.write(tmp_path / name, id_name="ADCODE", layer="grid")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sr.Weights.from_w(pysal_io.open(str(path)).read())
    np.testing.assert_array_equal(
        theirs.reorder([type(theirs.ids[0])(i) for i in w.ids]).sparse.toarray(), w.sparse.toarray()
    )


def test_the_text_of_a_gal_file(tmp_path, queen):
    lines = queen.write(tmp_path / "q.gal", id_name="ADCODE", layer="my grid").read_text().splitlines()
    assert lines[:3] == ['0 10 "my grid" ADCODE', "100 3", "101 103 104"]
    assert lines[-2:] == ["109 0", ""]


def test_gal_holds_no_weights_unless_they_may_be_dropped(tmp_path, queen):
    row = queen.standardise("row")
    with pytest.raises(InputError, match=r"hold no weights; these run from 0.125 to 0.333333. Pass drop_weights=True"):
        row.write(tmp_path / "q.gal")
    assert list(tmp_path.iterdir()) == []
    same(sr.read_weights(row.write(tmp_path / "q.gal", drop_weights=True)), queen)


def test_gwt_refuses_islands_by_name_or_counts_them(tmp_path, queen):
    with pytest.raises(
        InputError, match=r"no place for regions without neighbours; there are 1: 109. Pass islands='omit'"
    ):
        queen.write(tmp_path / "q.gwt")
    path = queen.write(tmp_path / "q.gwt", islands="omit")
    assert path.read_text().startswith("0 10 unknown region\n100 101 1.0\n")
    same(sr.read_weights(path, ids=queen.ids), queen)


@pytest.mark.parametrize("name", ["w.gal", "w.gwt", "w.kwt"])
def test_ids_with_spaces_are_refused_by_name(tmp_path, name):
    w = sr.Weights(pd.Index(["New York", "Ohio"]), np.array([[0, 1], [1, 0]]))
    with pytest.raises(InputError, match=r"1 of 2 ids are empty or have spaces in them: 'New York'"):
        w.write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_chinese_ids_in_utf8_and_gbk(tmp_path):
    w = sr.Weights(pd.Index(["北京市", "天津市"]), np.array([[0, 1], [1, 0]]))
    same(sr.read_weights(w.write(tmp_path / "u.gal")), w)
    path = w.write(tmp_path / "g.gal", encoding="gbk")
    same(sr.read_weights(path), w)
    same(sr.read_weights(path, encoding="gbk"), w)
    with pytest.raises(ReadError, match="g.gal is not utf-8 text"):
        sr.read_weights(path, encoding="utf-8")
    with pytest.raises(InputError, match="the encoding ascii has no '北京市'"):
        w.write(tmp_path / "a.gal", encoding="ascii")


def test_a_study_with_numbers_for_ids(put, squares):
    """Text labels of a file and whole numbers of a study: a named error, and `ids=` as the way out."""
    w = sr.read_weights(put("grid.gal", PYGEODA_GAL))
    frame = squares.set_axis(squares.index.astype(int)).assign(x=np.arange(10.0))
    study = sr.make_study(frame[["geometry"]], frame[["x"]].rename_axis("region"))
    with pytest.raises(AlignmentError, match="One side has text labels and the other numbers"):
        study.with_weights(grid=w)
    brought = sr.read_weights(put("grid.gal", PYGEODA_GAL), ids=study.regions.index)
    assert study.with_weights(grid=brought).weights["grid"].ids.dtype == np.int64
