"""SWM: the layout of ArcGIS, packed by hand, the files bundled with libpysal, and libpysal's reader."""

from __future__ import annotations

import re
import warnings
from struct import pack

import numpy as np
import pandas as pd
import pytest
from libpysal import examples
from libpysal import io as pysal_io

import spatial_region as sr
from spatial_region.errors import InputError, ReadError

OLD = b"MYID;GCS_WGS_1984\n"
NEW = b"VERSION@10.1;UNIQUEID@MYID;SPATIALREFNAME@GCS_WGS_1984;WTYPE@0;FIXEDWEIGHTS@%s;HASZ@False;HASID64@%s\n"


def region(label: int, neighbours: list[int], weights: list[float], total: float, *, wide: bool = False) -> bytes:
    """One region as ArcGIS writes it: id, number of neighbours, their ids, weights, sum; nothing more for an island."""
    integer = "q" if wide else "l"
    head = pack(f"<2{integer}", label, len(neighbours))
    if not neighbours:
        return head
    return head + pack(f"<{len(neighbours)}{integer}", *neighbours) + pack(f"<{len(weights) + 1}d", *weights, total)


BODY = region(7, [3, 5], [0.25, 0.75], 4.0) + region(3, [7], [1.0], 2.0) + region(5, [], [], 0)
DENSE = [[0, 0.25, 0.75], [1, 0, 0], [0, 0, 0]]


@pytest.fixture
def put(tmp_path):
    def write(content: bytes):
        path = tmp_path / "w.swm"
        path.write_bytes(content)
        return path

    return write


def check(w: sr.Weights, standardisation) -> None:
    assert list(w.ids) == ["7", "3", "5"]
    np.testing.assert_array_equal(w.sparse.toarray(), DENSE)
    assert w.standardisation == standardisation
    assert w.recipe["id variable"] == "MYID"
    assert w.recipe["crs"] == "GCS_WGS_1984"


def test_old_and_new_headers_and_standardised_rows(put):
    check(sr.read_weights(put(OLD + pack("<2l", 3, 1) + BODY)), "row")
    check(sr.read_weights(put(NEW % (b"False", b"False") + pack("<2l", 3, 0) + BODY)), None)


def test_fixed_weights_are_one_number_for_all_neighbours(put):
    body = region(7, [3, 5], [0.5], 2.0) + region(3, [7], [1.0], 1.0) + region(5, [], [], 0)
    w = sr.read_weights(put(NEW % (b"True", b"False") + pack("<2l", 3, 1) + body))
    assert w.neighbours("7").to_dict() == {"3": 0.5, "5": 0.5}
    assert list(w.islands) == ["5"]


def test_ids_of_64_bits(put):
    """ArcGIS Pro marks them in the header; libpysal 4.14 and GeoDa take them for 32 bits."""
    big = 2**40
    body = region(big, [3], [2.0], 2.0, wide=True) + region(3, [big], [2.0], 2.0, wide=True)
    w = sr.read_weights(put(NEW % (b"False", b"True") + pack("<2q", 2, 0) + body))
    assert w.neighbours(str(big)).to_dict() == {"3": 2.0}


@pytest.mark.parametrize(
    "name",
    ["ohio.swm", "us48_CONTIGUITY_EDGES_ONLY.swm", "us48_INVERSE_DISTANCE.swm", "sids2.swm", "virginia_queen.swm"],
)
def test_bundled_files_read_as_libpysal_reads_them(name):
    path = examples.get_path(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sr.Weights.from_w(pysal_io.open(path).read())
    ours = sr.read_weights(path, ids=theirs.ids)
    assert ours.ids.equals(theirs.ids)
    np.testing.assert_array_equal(ours.sparse.toarray(), theirs.sparse.toarray())


@pytest.mark.parametrize("standardisation", [None, "row"])
def test_what_is_written_reads_back_here_and_in_libpysal(tmp_path, standardisation):
    matrix = np.array([[0, 0.1, 1 / 3], [2.5, 0, 0], [1e-300, 0, 0]])
    w = sr.Weights(pd.Index([30, 10, 20]), matrix)
    w = w if standardisation is None else w.standardise(standardisation)
    path = w.write(tmp_path / "w.swm", id_name="MYID")
    back = sr.read_weights(path, ids=w.ids)
    assert back.standardisation == standardisation
    np.testing.assert_array_equal(back.sparse.toarray(), w.sparse.toarray())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sr.Weights.from_w(pysal_io.open(str(path)).read())
    np.testing.assert_array_equal(theirs.reorder(w.ids).sparse.toarray(), w.sparse.toarray())


def test_the_header_has_every_field_that_arcgis_asks_for(tmp_path):
    """The fields that Esri's own reader (WeightsUtilities.SWMReader) looks up without a default."""
    w = sr.Weights(pd.Index([1, 2]), np.array([[0, 1], [1, 0]]))
    first = w.write(tmp_path / "w.swm", id_name="MYID").read_bytes().split(b"\n")[0].decode()
    fields = dict(field.split("@") for field in first.split(";"))
    needed = "VERSION UNIQUEID SPATIALREFNAME INPUTFC WTYPE DISTANCEMETHOD EXPONENT THRESHOLD NUMNEIGHS INPUTTABLE "
    needed += "TIMEFIELD TIMETYPE TIMEVALUE INPUTNET IMPEDANCEFIELD BARRIERFC UTURNPOLICY RESTRICTIONS USEHIERARCHY "
    needed += "SEARCHTOLERANCE ADDCONCEPT FIXEDWEIGHTS HASID64"
    assert set(needed.split()) <= set(fields)
    assert fields["UNIQUEID"] == "MYID"
    assert fields["HASID64"] == "False"
    int(fields["WTYPE"])


def test_large_ids_are_written_with_64_bits(tmp_path):
    w = sr.Weights(pd.Index([2**31, 2**62]), np.array([[0, 1], [1, 0]]))
    path = w.write(tmp_path / "w.swm")
    assert b"HASID64@True" in path.read_bytes()
    assert sr.read_weights(path, ids=w.ids).ids.equals(w.ids)


def test_islands_of_libpysal_have_a_sum_of_weights(tmp_path):
    """libpysal 4.14.1 writes 8 bytes after an island that its own reader does not skip, and then fails on the file."""
    w = sr.Weights(pd.Index([1, 2, 3]), np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]]))
    path = tmp_path / "theirs.swm"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = pysal_io.open(str(path), "w")
        out.write(w.to_w())
        out.close()
    back = sr.read_weights(path, ids=w.ids)
    np.testing.assert_array_equal(back.sparse.toarray(), w.sparse.toarray())


@pytest.mark.parametrize("ids", [["001", "002"], ["a", "b"], ["1.0", "2"]])
def test_ids_that_are_no_plain_numbers_are_refused_by_name(tmp_path, ids):
    w = sr.Weights(pd.Index(ids), np.array([[0, 1], [1, 0]]))
    with pytest.raises(InputError, match=rf"SWM files hold ids that are whole numbers.*{re.escape(ids[0])}"):
        w.write(tmp_path / "w.swm")
    assert list(tmp_path.iterdir()) == []


COUNTS = pack("<2l", 3, 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x00\x01" * 40, "does not begin with the line of text"),
        (b"\xff\xfe;x\n" + COUNTS, "does not begin with the line of text"),
        (b"just a text\n" + COUNTS, "begins with 'just a text'; an SWM file names its id variable and CRS"),
        (OLD, "ends at byte 18, within its first two numbers"),
        (OLD + pack("<2l", 3, 9) + BODY, "found 3 regions and the mark 9"),
        (OLD + pack("<2l", -1, 0) + BODY, "found -1 regions"),
        (OLD + COUNTS + BODY[:-3], r"within region 3 of 3; it is cut off"),
        (OLD + COUNTS + BODY[:20], r"within the neighbours of region 7 \(1 of 3\); it is cut off"),
        (OLD + COUNTS + BODY + b"1234", "4 bytes are left after its 3 regions"),
        (OLD + pack("<2l", 2, 0) + region(1, [2], [1.0], 1) + region(1, [2], [1.0], 1), "regions come twice: 1"),
        (OLD + pack("<2l", 1, 0) + region(1, [9], [1.0], 1), "neighbours are not among its 1 regions: 9"),
        (OLD + pack("<2l", 2, 0) + region(1, [2, 2], [1.0, 1.0], 2) + region(2, [], [], 0), "a link comes twice"),
        (OLD + pack("<2l", 2, 0) + region(1, [2], [-1.0], 1) + region(2, [], [], 0), "not negative"),
        (OLD + pack("<2l", 2, 0) + region(1, [2], [np.nan], 1) + region(2, [], [], 0), "must be finite"),
        (OLD + pack("<2l", 2, 1) + region(1, [2], [2.0], 1) + region(2, [], [], 0), r"do not sum to 1.*region 1 \(2\)"),
        (OLD + pack("<2l", 2, 0) + pack("<2l", 1, -4), "region 1 has -4 neighbours"),
        (b"", "is empty"),
    ],
)
def test_damaged_files(put, content, message):
    with pytest.raises(ReadError, match=message):
        sr.read_weights(put(content))
