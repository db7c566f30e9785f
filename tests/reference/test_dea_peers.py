"""Efficiency against R Benchmarking 0.33 and deaR 1.5.3, where their numbers are present."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr


@pytest.fixture(scope="module")
def peers(shared_reference):
    path = shared_reference / "methods" / "dea_R.json"
    if not path.is_file():
        pytest.skip("the numbers of R are not present")
    return json.loads(path.read_text())["results"]


@pytest.fixture(scope="module")
def read(shared_reference):
    return lambda name, **options: pd.read_csv(shared_reference / "methods" / "data" / f"dea_{name}.csv", **options)


def numbers(values):
    """Numbers of R, where NA, Inf and -Inf stand for programmes without a solution."""
    return np.array([np.nan if isinstance(value, str) else value for value in values], dtype=float)


def tables(read, name):
    if name == "coelli1998":
        data = read("coelli1998", index_col="dmus")
        return data[["input1", "input2"]], data[["output"]]
    data = read("charnes1981_pft", index_col="firm")
    return data[[f"x{i}" for i in range(1, 6)]], data[["y1", "y2", "y3"]]


@pytest.mark.parametrize("orientation", ["input", "output"])
@pytest.mark.parametrize("name", ["coelli1998", "charnes1981"])
class TestRadial:
    @staticmethod
    def theirs(peers, name, orientation, what):
        """Benchmarking's output-oriented scores are phi, ours one over it."""
        found = numbers(peers[name][f"{orientation.removesuffix('put')} {what}"])
        return found if orientation == "input" else 1 / found

    def test_scores(self, peers, read, name, orientation):
        made = sr.dea(*tables(read, name), orientation=orientation).table()
        for ours, what in (("te", "crs"), ("pte", "vrs"), ("se", "scale")):
            np.testing.assert_allclose(made[ours], self.theirs(peers, name, orientation, what), rtol=2e-12)

    def test_returns_to_scale_follow_from_their_third_score(self, peers, read, name, orientation):
        made = sr.dea(*tables(read, name), orientation=orientation).table()
        crs, vrs, nirs = (self.theirs(peers, name, orientation, what) for what in ("crs", "vrs", "drs"))
        same = np.abs(crs / vrs - 1) < 1e-9
        expected = np.where(same, "crs", np.where(np.abs(nirs - crs) < 1e-9, "irs", "drs"))
        assert made["returns"].tolist() == expected.tolist()

    def test_super_efficiency(self, peers, read, name, orientation):
        made = sr.dea(*tables(read, name), model="super", orientation=orientation).table()
        for ours, what in (("te", "super crs"), ("pte", "super vrs")):
            np.testing.assert_allclose(made[ours], self.theirs(peers, name, orientation, what), rtol=2e-12)
        assert made["pte"].isna().any()
        assert (made.loc[made["pte"].isna(), "status"] == "infeasible").all()

    def test_slacks(self, peers, read, name, orientation):
        made = sr.dea(*tables(read, name), model="bcc", orientation=orientation)
        start = orientation.removesuffix("put")
        theirs = np.hstack([np.array(peers[name][f"{start} vrs slack {side}"]) for side in "xy"])
        np.testing.assert_allclose(made.slacks, theirs, atol=1e-8)


class TestSlacksBased:
    @pytest.fixture
    def data(self, read):
        table = read("tone2001", index_col="DMU")
        return table[["Input1", "Input2"]], table[["Output1", "Output2"]]

    @pytest.mark.parametrize(("orientation", "theirs"), [("none", "no"), ("input", "io"), ("output", "oo")])
    def test_scores(self, peers, data, orientation, theirs):
        made = sr.dea(*data, model="sbm", orientation=orientation).table()
        for column, returns in (("te", "crs"), ("pte", "vrs")):
            np.testing.assert_allclose(made[column], peers["tone2001"][f"sbm {theirs} {returns}"], rtol=1e-12)

    def test_super_efficiency(self, peers, data):
        """deaR gives one to units inside the frontier, which here keep their slacks-based score."""
        made = sr.dea(*data, model="super_sbm", orientation="none").table()["te"]
        np.testing.assert_allclose(made.clip(lower=1), peers["tone2001"]["supersbm_no_crs"], rtol=1e-12)


class TestMalmquist:
    @pytest.fixture
    def data(self, read):
        long = read("economy_long").rename(columns={"DMUs": "region", "Period": "time"}).set_index(["region", "time"])
        return long[["Capital", "Labor"]], long[["GIOV"]]

    @pytest.mark.parametrize("decomposition", ["fgnz", "rd"])
    @pytest.mark.parametrize("returns", ["crs", "vrs"])
    @pytest.mark.parametrize("orientation", ["input", "output"])
    def test_dear(self, peers, data, orientation, returns, decomposition):
        """deaR's Ray and Desli refer to the earlier frontier alone; where a part is missing so is its index."""
        theirs = peers["economy_malmquist"][f"{orientation[0]}o {returns} {decomposition}"]
        options = {"decomposition": "ray_desli", "base": "start"} if decomposition == "rd" else {}
        made = sr.malmquist(*data, orientation=orientation, **options).table()
        regions = data[0].index.unique("region")
        compared = 0
        for key, column in (("mi", "malmquist"), ("tc", "tc"), ("pech", "pech"), ("sech", "sech"), ("ec", "ec")):
            if theirs[key]:
                expected = np.array([numbers(row) for row in theirs[key]])
                ours = made[column].unstack("time").reindex(regions).to_numpy().T
                if key == "mi":
                    ours = np.where(np.isnan(expected), np.nan, ours)
                np.testing.assert_allclose(ours, expected, rtol=5e-12)
                compared += 1
        assert compared >= 3

    def test_benchmarking(self, peers, data):
        """First and second year; output-oriented, Benchmarking's index is the reciprocal."""
        made = sr.malmquist(*data)
        theirs = peers["economy_malmq_benchmarking_in_crs"]
        first = made.table().xs(2006, level="time")
        for key, column in (("m", "malmquist"), ("tc", "tc"), ("ec", "ec")):
            np.testing.assert_allclose(first[column], theirs[key], rtol=5e-12)
            upside_down = numbers(peers["economy_malmq_benchmarking_out_crs"][key])
            np.testing.assert_allclose(first[column], 1 / upside_down, rtol=5e-12)
        distances = made.distances.xs(2006, level="time")
        for key, column in (("e00", "crs_0_0"), ("e10", "crs_0_1"), ("e11", "crs_1_1"), ("e01", "crs_1_0")):
            np.testing.assert_allclose(distances[column], theirs[key], rtol=5e-12)
