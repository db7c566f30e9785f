"""MatrixMarket, NPZ, parquet, spreadsheets and Stata: what they keep, what others read in them, what they refuse."""

from __future__ import annotations

import sys
import warnings
from io import BytesIO

import numpy as np
import openpyxl
import pandas as pd
import pytest
import scipy.io
from libpysal import examples
from libpysal import io as pysal_io
from scipy import sparse as sp

import spatial_region as sr
from spatial_region.errors import InputError, MissingLibraryError, OptionError, OutputError, ReadError, UnknownNameError

IDS = ["001", "北京市", "Zürich"]
MATRIX = np.array([[0, 0.1, 1 / 3], [1e-17, 0, 0], [0, 0, 0]])


@pytest.fixture
def w() -> sr.Weights:
    names = pd.Series(["一", None, "苏黎世"], index=IDS, dtype=object)
    recipe = {"kind": "band", "km": np.float64(12.5), "k": np.int64(3), "note": "汉", "share": None}
    return sr.Weights(pd.Index(IDS), MATRIX, recipe, names)


@pytest.mark.parametrize("name", ["w.mtx", "w.npz", "w.parquet"])
@pytest.mark.parametrize("standardisation", [None, "row", "none"])
def test_exact_formats_keep_everything(tmp_path, w, name, standardisation):
    w = w if standardisation is None else w.standardise(standardisation)
    back = sr.read_weights(w.write(tmp_path / name))
    assert back.ids.equals(w.ids)
    np.testing.assert_array_equal(back.sparse.toarray(), w.sparse.toarray())
    assert dict(back.recipe) == {"kind": "band", "km": 12.5, "k": 3, "note": "汉", "share": None}
    assert back.standardisation == standardisation
    assert back.names.loc["001"] == "一"
    assert pd.isna(back.names.loc["北京市"])
    assert list(back.islands) == ["Zürich"]


@pytest.mark.parametrize("name", ["w.gal", "w.mtx", "w.npz", "w.parquet", "w.csv", "w.swm", "w.txt"])
def test_the_same_weights_give_the_same_bytes(tmp_path, name):
    w = sr.Weights(pd.Index([2, 1]), np.array([[0, 1], [1, 0]]))
    first = w.write(tmp_path / name).read_bytes()
    assert w.write(tmp_path / name).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_scipy_reads_the_mtx_file_and_its_own_comes_without_ids(tmp_path, w):
    path = w.write(tmp_path / "w.mtx")
    assert path.read_bytes().isascii()
    np.testing.assert_array_equal(scipy.io.mmread(path).toarray(), MATRIX)
    scipy.io.mmwrite(tmp_path / "plain.mtx", sp.coo_array(MATRIX))
    plain = sr.read_weights(tmp_path / "plain.mtx")
    assert list(plain.ids) == ["1", "2", "3"]
    named = sr.read_weights(tmp_path / "plain.mtx", ids=IDS, by_position=True)
    assert list(named.ids) == IDS
    np.testing.assert_array_equal(named.sparse.toarray(), MATRIX)


def test_no_line_of_an_mtx_file_is_longer_than_the_format_allows(tmp_path):
    n = 500
    ids = pd.Index([f"区{k}" for k in range(n)])
    w = sr.Weights(ids, sp.csr_array((n, n)), {"kind": "x" * 3000}, pd.Series(["名字很长 " * 3] * n, index=ids))
    path = w.write(tmp_path / "w.mtx")
    assert max(map(len, path.read_text().splitlines())) <= 1024
    back = sr.read_weights(path)
    assert dict(back.recipe) == {"kind": "x" * 3000}
    assert back.names.equals(w.names)
    with pytest.raises(InputError, match="1 of 1 ids are too long"):
        sr.Weights(pd.Index(["y" * 2000]), np.zeros((1, 1))).write(tmp_path / "w.mtx")


@pytest.mark.parametrize("header", ["pattern symmetric", "integer symmetric"])
def test_mtx_with_one_triangle(tmp_path, header):
    value = "" if header.startswith("pattern") else " 1"
    path = tmp_path / "s.mtx"
    path.write_text(f"%%MatrixMarket matrix coordinate {header}\n3 3 2\n2 1{value}\n3 1{value}\n")
    np.testing.assert_array_equal(sr.read_weights(path).sparse.toarray(), [[0, 1, 1], [1, 0, 0], [1, 0, 0]])


@pytest.mark.parametrize("name", ["wmat.mtx", "virginia_queen.mtx", "stata_sparse.txt", "stata_full.txt"])
def test_bundled_files_read_as_libpysal_reads_them(name):
    path = examples.get_path(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sr.Weights.from_w(pysal_io.open(path, "r", *(["stata_text"] if name.endswith("txt") else [])).read())
    ours = sr.read_weights(path)
    assert list(ours.ids) == list(map(str, theirs.ids))
    np.testing.assert_array_equal(ours.sparse.toarray(), theirs.sparse.toarray())


def test_npz_of_scipy_and_no_pickle(tmp_path, w):
    sp.save_npz(tmp_path / "plain.npz", sp.csr_array(MATRIX))
    np.testing.assert_array_equal(sr.read_weights(tmp_path / "plain.npz").sparse.toarray(), MATRIX)
    with np.load(w.write(tmp_path / "w.npz"), allow_pickle=False) as parts:
        assert all(parts[name].dtype != object for name in parts.files)
    np.savez(tmp_path / "evil.npz", ids=np.array([{}], dtype=object), data=[], indices=[], indptr=[0, 0])
    with pytest.raises(ReadError, match=r"evil.npz is not a readable NPZ file: Object arrays cannot be loaded"):
        sr.read_weights(tmp_path / "evil.npz")


def test_parquet_of_a_libpysal_graph(tmp_path, w):
    w.to_graph().to_parquet(tmp_path / "graph.parquet")
    back = sr.read_weights(tmp_path / "graph.parquet")
    assert back.ids.equals(w.ids)
    np.testing.assert_array_equal(back.sparse.toarray(), MATRIX)
    assert list(back.islands) == ["Zürich"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"focal": ["a"], "neighbor": ["b"]}, "has no column weight; it has: focal, neighbor"),
        ({"focal": ["a", None], "neighbor": ["b", "a"], "weight": [1.0, 1.0]}, "the column focal is empty in 1 of"),
        ({"focal": ["a"], "neighbor": ["b"], "weight": ["x"]}, "a weight is no number"),
        ({"focal": ["a", "b"], "neighbor": ["b", "a"], "weight": [1.0, -1.0]}, "row 2: found .*-1.0.* not negative"),
        ({"focal": ["a", "a"], "neighbor": ["b", "b"], "weight": [1.0, 1.0]}, "row 2: the link from 'a' to 'b' comes"),
    ],
)
def test_faulty_parquet_files(tmp_path, columns, message):
    pd.DataFrame(columns).to_parquet(tmp_path / "w.parquet")
    with pytest.raises(ReadError, match=message):
        sr.read_weights(tmp_path / "w.parquet")


def test_parquet_without_pyarrow_is_advice(tmp_path, w, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'spatial_region\[parquet\]'"):
        w.write(tmp_path / "w.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["w.csv", "w.xlsx"])
@pytest.mark.parametrize("layout", ["matrix", "long"])
def test_spreadsheets(tmp_path, w, name, layout):
    back = sr.read_weights(w.write(tmp_path / name, layout=layout))
    assert back.ids.equals(w.ids)
    np.testing.assert_array_equal(back.sparse.toarray(), MATRIX)
    assert back.standardisation is None


def test_the_text_of_csv_files(tmp_path, w):
    square = w.write(tmp_path / "a.csv", id_name="code").read_text(encoding="utf-8")
    assert square == "code,001,北京市,Zürich\n001,0,0.1,0.3333333333333333\n北京市,1e-17,0,0\nZürich,0,0,0\n"
    long = w.write(tmp_path / "b.csv", layout="long").read_text(encoding="utf-8")
    assert long.splitlines()[-1] == "Zürich,,"
    gbk = w.subset(IDS[:2]).write(tmp_path / "c.csv", encoding="gbk")
    assert list(sr.read_weights(gbk).ids) == IDS[:2]


def test_a_square_may_have_its_columns_in_another_order_and_another_delimiter(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("\ufeffid;b;a\na;2;0\nb;0;1\n\n", encoding="utf-8")
    assert sr.read_weights(path).neighbours("a").to_dict() == {"b": 2.0}


def test_links_under_other_names_and_without_weights(tmp_path):
    path = tmp_path / "l.csv"
    path.write_text("year,to,from\n2020,b,a\n2020,a,b\n2020,a,c\n")
    w = sr.read_weights(path)
    assert list(w.ids) == ["a", "b", "c"]
    assert w.neighbours("c").to_dict() == {"a": 1.0}
    path.write_text("x,y,z\na,b,0.5\n")
    assert sr.read_weights(path).neighbours("a").to_dict() == {"b": 0.5}


def test_sheets_and_types_of_cells(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["notes"])
    page = book.create_sheet("W")
    for row in (["id", 110000, 120000], [110000, 0, 0.5], [120000, 1, 0], [None, None, None]):
        page.append(row)
    book.save(tmp_path / "w.xlsx")
    for sheet in ("W", 1):
        w = sr.read_weights(tmp_path / "w.xlsx", sheet=sheet)
        assert w.ids.tolist() == [110000, 120000]
        assert w.ids.dtype == np.int64
    with pytest.raises(UnknownNameError, match="has no sheet 'V'; it has: Sheet, W"):
        sr.read_weights(tmp_path / "w.xlsx", sheet="V")
    with pytest.raises(ReadError, match="1 rows with content"):
        sr.read_weights(tmp_path / "w.xlsx")


def test_a_sheet_has_limits(tmp_path):
    n = 16_384
    wide = sr.Weights(pd.RangeIndex(n), sp.csr_array((n, n)))
    with pytest.raises(InputError, match=r"16,384 columns.* Pass layout='long'"):
        wide.write(tmp_path / "w.xlsx")
    large = sr.Weights(pd.Index([10**15, 1]), np.zeros((2, 2)))
    with pytest.raises(InputError, match="keeps 15 digits of a number; ids have more: 1000000000000000"):
        large.write(tmp_path / "w.xlsx")


STATA = """4
20029 0 .225898983673981 .259698923068494 .746562405514367
33003 .225898983673981 0 .123515701241913 .187089086384635
41021 .259698923068494 .123515701241913 0 .264715523882705
48227 .746562405514367 .187089086384635 .264715523882705 0
"""


def test_stata_matrix_and_list(tmp_path):
    """The layout of `spmatrix export` as Stata's manual shows it, and the neighbour list of `spmat export`."""
    path = tmp_path / "w.txt"
    path.write_text(STATA)
    w = sr.read_weights(path)
    assert list(w.ids) == ["20029", "33003", "41021", "48227"]
    assert w.neighbours("33003").to_dict() == {
        "20029": 0.225898983673981,
        "41021": 0.123515701241913,
        "48227": 0.187089086384635,
    }
    assert w.is_symmetric
    path.write_text("3\n1 2\n2 1\n3\n")
    listed = sr.read_weights(path)
    assert listed.n_links == 2
    assert list(listed.islands) == ["3"]
    full = sr.Weights(pd.Index([5, 3]), np.array([[0, 1 / 3], [0, 0]]))
    assert full.write(path).read_text() == "2\n5 0 0.3333333333333333\n3 0 0\n"
    assert full.standardise("binary").write(path, layout="list").read_text() == "2\n5 3\n3\n"
    with pytest.raises(InputError, match="Stata's neighbour list files say who is whose neighbour and hold no weights"):
        full.write(path, layout="list")


def test_a_full_stata_matrix_whose_first_weight_is_not_zero(tmp_path):
    """libpysal takes a file for a neighbour list when the second number of its second line is not 0."""
    path = tmp_path / "w.txt"
    path.write_text("2\n1 .5 1\n2 1 .5\n")
    np.testing.assert_array_equal(sr.read_weights(path).sparse.toarray(), [[0.5, 1], [1, 0.5]])


def test_ids_of_other_types_and_mixtures_are_refused(tmp_path):
    for ids, found in (
        (pd.Index([1.5, 2.5]), "float"),
        (pd.Index(["a", 1], dtype=object), "integer, text"),
        (pd.Index([2**80, 1], dtype=object), "integer, integer of more than 64 bits"),
    ):
        w = sr.Weights(ids, np.array([[0, 1], [1, 0]]))
        with pytest.raises(InputError, match=f"all text or all whole numbers; found: {found}"):
            w.write(tmp_path / "w.npz")
    w = sr.Weights(pd.Index(["a\nb", "c"]), np.array([[0, 1], [1, 0]]))
    with pytest.raises(InputError, match=r"1 of 2 are otherwise: 'a\\nb'"):
        w.write(tmp_path / "w.csv")
    assert list(tmp_path.iterdir()) == []


def test_options_belong_to_formats(tmp_path, w):
    for name, options, message in (
        ("w.npz", {"layout": "long"}, r"write\(\) of npz has no option 'layout'"),
        ("w.csv", {"layout": "list"}, "csv files have the layouts matrix and long"),
        ("w.gal", {"format": "gall"}, "Did you mean 'gal'"),
        ("w.gwt", {"islands": "keep"}, "Choose one of: 'raise', 'omit'"),
    ):
        with pytest.raises(OptionError, match=message):
            w.write(tmp_path / name, **options)
    for name, options, message in (
        ("w.doc", {}, r"the suffix '.doc' is not known"),
        ("w.gal", {"id_name": "a b", "drop_weights": True}, "id_name must be a text without any of"),
        ("w.gwt", {"encoding": "nope", "islands": "omit"}, "there is no encoding 'nope'"),
    ):
        with pytest.raises(InputError, match=message):
            w.write(tmp_path / name, **options)
    with pytest.raises(OutputError, match="cannot write"):
        w.write(tmp_path / "no" / "w.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path, w):
    path = w.standardise("binary").write(tmp_path / "w.gal")
    before = path.read_bytes()
    with pytest.raises(InputError):
        w.write(path)
    assert path.read_bytes() == before


def test_what_is_not_given_is_not_guessed(tmp_path, w):
    with pytest.raises(OptionError, match=r"read_weights\(\) of npz has no option 'sheet'"):
        sr.read_weights(w.write(tmp_path / "w.npz"), sheet=0)
    with pytest.raises(InputError, match="pass ids=, too"):
        sr.read_weights(tmp_path / "w.npz", by_position=True)
    with pytest.raises(ReadError, match="no file"):
        sr.read_weights(tmp_path / "nothing.gal")
    (tmp_path / "folder.gal").mkdir()
    with pytest.raises(ReadError, match="is a folder"):
        sr.read_weights(tmp_path / "folder.gal")
    (tmp_path / "renamed.dat").write_bytes((tmp_path / "w.npz").read_bytes())
    assert sr.read_weights(tmp_path / "renamed.dat", format="npz").n == 3


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("w.npz", lambda parts: {**parts, "indptr": parts["indptr"][:-1]}),
        ("w.npz", lambda parts: {**parts, "indices": parts["indices"] + 9}),
        ("w.npz", lambda parts: {**parts, "record": np.array("{")}),
        ("w.npz", lambda parts: {**parts, "record": np.array('{"recipe": {}, "standardisation": "odd"}')}),
        ("w.npz", lambda parts: {key: value for key, value in parts.items() if key != "data"}),
    ],
)
def test_damaged_npz_files(tmp_path, w, name, change):
    with np.load(w.write(tmp_path / name)) as archive:
        parts = {key: archive[key] for key in archive.files}
    content = BytesIO()
    np.savez(content, **change(parts))
    (tmp_path / name).write_bytes(content.getvalue())
    with pytest.raises(ReadError, match="damaged|lacks|not known"):
        sr.read_weights(tmp_path / name)
