"""Broken text files name the line and what was expected there; labels are brought to ids in one way or not."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import AlignmentError, DuplicateError, InputError, ReadError

HEADER = "0 3 layer id\n"
GAL = "a 1\nb\nb 2\na c\nc 1\nb\n"
GWT = "a b 0.5\nb a 1\nb c 2\nc b 1\n"


@pytest.fixture
def put(tmp_path):
    def write(name: str, content: str | bytes):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


FAULTS = [
    ("w.gal", "", "w.gal is empty"),
    ("w.gal", " \n\n", "w.gal is empty"),
    ("w.gal", "hello\n", "line 1: found 'hello'; needed '0 n layer variable' or the number of regions n alone"),
    ("w.gal", "0 0 layer id\n", "line 1: found '0 0 layer id'"),
    ("w.gal", "7 3 layer id\n" + GAL, "line 1: found '7 3 layer id'"),
    ("w.gal", "0 4 layer id\n" + GAL, "line 8: the file ends after 3 regions; line 1 says that there are 4"),
    ("w.gal", "0 2 layer id\n" + GAL, "line 6: the file goes on after its 2 regions; line 1 says that there are 2"),
    ("w.gal", HEADER + GAL[:-2], "line 7: found 0 neighbours of region 'c'; line 6 says that it has 1"),
    ("w.gal", HEADER + "a 1\nb\nb 3\na c\nc 1\nb\n", "line 5: found 2 neighbours of region 'b'; line 4 says"),
    ("w.gal", HEADER + "a 1\nb\nb x\na c\n", "line 4: found 'b x'; needed the id of a region and its number"),
    ("w.gal", HEADER + "a 1\nb\nb 1\nz\nc 0\n", "line 5: region 'z' is not among the 3 regions of the file"),
    ("w.gal", HEADER + "a 1\nb\na 1\nb\nb 0\n", "line 4: region 'a' was given in line 2 already"),
    ("w.gal", HEADER + "a 2\nb b\nb 0\nc 0\n", "line 3: the link from 'a' to 'b' was given already; each comes once"),
    ("w.gal", (HEADER + GAL).encode().replace(b"b", b"\xff\xfe\x00"), "w.gal is neither UTF-8 nor GB 18030"),
    ("w.gwt", HEADER + "a b\n", "line 2: found 'a b'; needed the id of a region, the id of its neighbour and a weight"),
    ("w.gwt", HEADER + GWT[:-2], "line 5: found 'c b'; needed the id"),
    ("w.gwt", HEADER + "a b x\n", "line 2: found 'x'; a weight must be a number"),
    ("w.gwt", HEADER + "\na b 1\n\na c 1_0\n", "line 5: found '1_0'; a weight must be a number"),
    ("w.gwt", HEADER + "a b nan\n", "line 2: found 'nan'; a weight must be finite and not negative"),
    ("w.gwt", HEADER + "a b 1\nb a -1\n", "line 3: found '-1'; a weight must be finite and not negative"),
    ("w.gwt", HEADER + "a b 1e999\n", "line 2: found '1e999'; a weight must be finite"),
    (
        "w.gwt",
        HEADER + GWT + "c d 1\n",
        "line 6: region 'd' is the 4th that the file names; line 1 says that there are 3",
    ),
    ("w.gwt", HEADER + GWT + "a b 0.5\n", "line 6: the link from 'a' to 'b' was given already"),
    ("w.kwt", "0 3 layer\n" + GWT, "line 1: found '0 3 layer'"),
    ("w.txt", "2\n1 0 1\n2 1\n", "line 2: the link|line 2: region '0' is not among the 2 regions"),
    ("w.txt", "2\n1 0 1\n", "line 2: the file has 1 regions; line 1 says that there are 2"),
    ("w.txt", "2\n1 0 1\n2 1 0\n3 0 0\n", "line 4: the file has 3 regions; line 1 says that there are 2"),
    ("w.txt", "2\n1 0 1\n2 . 0\n", "line 3: found '.'; a weight must be a number"),
    ("w.txt", "2\n1 0 1\nb 1 0\n", "line 3: found 'b' for an id; ids are whole numbers"),
    ("w.txt", "2\n1 0 1\n1 1 0\n", "line 3: region '1' was given in line 2 already"),
    ("w.txt", "5 1 1\n1 0 1\n", "line 1: the matrix is banded; export it from Stata without truncation"),
    ("w.txt", "x\n1 0 1\n", "line 1: found 'x'; needed the number of regions alone"),
    ("w.csv", "id,a,b\n", "has 1 rows with content"),
    ("w.csv", "id,a,b\na,0,x\nb,1,0\n", "line 2: found 'x'; a weight must be a number"),
    ("w.csv", "id,a,b\na,0,1\nb,,0\n", "line 3: the weight for 'a' is empty; write 0 where there is none"),
    ("w.csv", "id,a,b\na,0,1\nb,1,0,5\n", "line 3: found 4 cells; the header has 3"),
    (
        "w.csv",
        "id,a,b,c\na,0,1,1\nb,1,0,1\nd,1,1,0\n",
        "neither a square with the same ids .* its first row is: id, a, b, c",
    ),
    ("w.csv", "from,to,weight\na,b,1\na,b,2\n", "line 3: the link from 'a' to 'b' was given already"),
    ("w.csv", "from,to,weight\n,b,1\n", "line 2: an id is empty"),
    ("w.csv", "from,to,weight\na,,1\n", "line 2: an id is empty"),
    ("w.csv", "from,to,weight\na,b,\n", "line 2: the weight is empty; a link needs a weight"),
    ("w.csv", 'from,to,weight\na,"b,1\n', "cannot be split into cells"),
    ("w.mtx", "1 2 3\n", "is not a readable MatrixMarket file"),
    ("w.mtx", "%%MatrixMarket matrix coordinate real general\n2 3 1\n1 1 1\n", "need a square matrix of real numbers"),
    ("w.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 2 1\n", "is not a readable MatrixMarket file"),
    ("w.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 2 1\n1 2 1\n", "1 links come twice"),
    (
        "w.mtx",
        '%%MatrixMarket matrix coordinate real general\n% spatial_region {"recipe": {}}\n2 2 0\n',
        "2 rows, and 0",
    ),
    ("w.npz", b"PK nothing", "is not a readable NPZ file"),
    ("w.parquet", b"PAR1 nothing", "is not a readable parquet file"),
    ("w.xlsx", b"PK nothing", "is not a readable Excel file"),
]


@pytest.mark.parametrize(("name", "content", "message"), FAULTS)
def test_a_broken_file_is_named_with_its_line(put, name, content, message):
    with pytest.raises(ReadError, match=message):
        sr.read_weights(put(name, content))


def test_a_layout_that_was_asked_for(put):
    path = put("w.csv", "id,a,b\na,0,1\nc,1,0\n")
    with pytest.raises(ReadError, match="2 stand along one only: b, c"):
        sr.read_weights(path, layout="matrix")
    with pytest.raises(ReadError, match=r"line 2: found 2 numbers; needed an id and 2 weights"):
        sr.read_weights(put("w.txt", "2\n1 2\n2 1\n"), layout="matrix")


LABELS = "0 3 layer id\n007 1\n8\n8 0\n\n9 0\n\n"


@pytest.mark.parametrize(
    "ids", [pd.Index([9, 8, 7]), ["9", "008", "7"], np.array([9.0, 8.0, 7.0]), pd.Index(["009", "08", "0007"])]
)
def test_labels_that_are_whole_numbers_go_by_number(put, ids):
    w = sr.read_weights(put("w.gal", LABELS), ids=ids)
    assert list(w.ids) == list(ids)
    np.testing.assert_array_equal(w.sparse.toarray(), [[0, 0, 0], [0, 0, 0], [0, 1, 0]])


def test_labels_go_by_text_first(put):
    text = "0 2 layer id\n01 1\n1\n1 0\n\n"
    w = sr.read_weights(put("w.gal", text), ids=["1", "01"])
    assert w.neighbours("01").index.tolist() == ["1"]
    with pytest.raises(AlignmentError, match=r"w.gal \(2 regions\) and ids \(2 regions\) differ; 1 only in w.gal: 01"):
        sr.read_weights(put("w.gal", text), ids=["1", "001"])


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        (["a", "b"], AlignmentError, "3 only in w.gal: 007, 8, 9; 2 only in ids: a, b. .* pass by_position=True"),
        ([7, 8, 9, 10], AlignmentError, r"w.gal \(3 regions\) and ids \(4 regions\) differ"),
        ([7, 8, 8], DuplicateError, "ids: found twice: 8"),
        ("789", InputError, "ids must be a list or an index of region ids; found str"),
        (["7", 7, 8], AlignmentError, "differ"),
    ],
)
def test_ids_that_do_not_fit_are_refused(put, ids, error, message):
    with pytest.raises(error, match=message):
        sr.read_weights(put("w.gal", LABELS), ids=ids)


def test_numbers_that_are_no_positions_are_refused(put):
    with pytest.raises(AlignmentError, match=r"to number its regions from 1 to 3.*2 of them labelled otherwise: 8, 9"):
        sr.read_weights(put("w.gal", LABELS.replace("007", "1")), ids=["x", "y", "z"], by_position=True)
    with pytest.raises(AlignmentError, match="it has 2 regions"):
        sr.read_weights(put("w.gal", "2\n1 0\n\n2 0\n\n"), ids=["x", "y", "z"], by_position=True)


def test_names_follow_their_regions(tmp_path):
    w = sr.Weights(pd.Index(["1", "2"]), np.array([[0, 1], [0, 0]]), {}, pd.Series(["one", "two"], index=["1", "2"]))
    back = sr.read_weights(w.write(tmp_path / "w.npz"), ids=[2, 1])
    assert back.names.to_dict() == {2: "two", 1: "one"}
    assert back.neighbours(1).index.tolist() == [2]


def test_a_gwt_file_with_a_region_too_many_missing(put):
    path = put("w.gwt", "0 4 layer id\n" + GWT)
    with pytest.raises(ReadError, match=re.escape("w.gwt counts 4 regions and names 3")):
        sr.read_weights(path)
    w = sr.read_weights(path, ids=list("dcba"))
    assert list(w.ids) == list("dcba")
    assert list(w.islands) == ["d"]
    with pytest.raises(AlignmentError, match="2 only in ids: d, e"):
        sr.read_weights(path, ids=list("abcde"))
