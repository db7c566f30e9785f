"""Overlays with one-unit cells kept and dropped against independent numpy with 60-digit mpmath, and against a peer."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from spatial_region.geodetector._joint import pair_tables
from spatial_region.geodetector._moments import centre, factor_test, stratum_moments
from spatial_region.geodetector._pairs import pair_tests

FACTORS = [f"X{i}" for i in range(1, 7)]


def read(folder, part):
    if part == "ntds":
        frame = pd.read_csv(folder / "ntds_collectdata.csv")
        factors = ["soiltype", "watershed", "elevation"]
        expected = json.loads((folder / "ntds_exact.json").read_text())["ntds_collectdata"]
        return frame["incidence"], {factor: frame[factor] for factor in factors}, expected
    frame = pd.read_csv(folder / "synth_panel31x16.csv")
    rows = frame if part == "national" else frame[frame["region"] == part]
    expected = json.loads((folder / "synth_panel.json").read_text())[part]
    return rows["y"], {factor: rows[f"{factor}_{part}"] for factor in FACTORS}, expected


@pytest.mark.parametrize("part", ["ntds", "national", "east", "central", "west"])
def test_overlays_of_all_pairs(shared_reference, part):
    y, factors, expected = read(shared_reference / "geodetector", part)
    outcome = centre(y.to_numpy(dtype=float))
    codes = [pd.factorize(own, sort=True)[0] for own in factors.values()]
    levels = [int(own.max()) + 1 for own in codes]
    tables = pair_tables(outcome.centred, codes, levels)
    pairs = list(combinations(levels, 2))
    kept = pair_tests(outcome, tables, pairs)
    dropped = pair_tests(outcome, tables, pairs, singletons="drop")
    numbers = {(row["a"], row["b"]): row for row in expected["interaction"]}
    for names, keep, drop in zip(combinations(factors, 2), kept, dropped, strict=True):
        theirs = numbers[names]
        assert keep.q == pytest.approx(theirs["q12_keep_singletons"], abs=1e-12)
        assert drop.q == pytest.approx(theirs["q12_drop_singletons"], abs=1e-12)
        assert (keep.cells, keep.singletons) == (theirs["cells"], theirs["singletons"])
        assert (drop.cells, drop.n) == (theirs["cells"] - theirs["singletons"], len(y) - theirs["singletons"])
        assert keep.q_additive == pytest.approx(theirs["r2_additive"], abs=1e-12)
        assert pytest.approx(theirs["F_interaction"], rel=1e-10) == keep.F
        assert (keep.df1, keep.df2) == (theirs["df1"], theirs["df2"])
        assert keep.p_increment == pytest.approx(theirs["p_interaction"], rel=1e-9, abs=0)


def test_overlays_without_one_unit_cells_equal_those_of_a_peer(shared_reference):
    """Interaction detector of the registry package geodetector 0.2.0, which always drops them."""
    y, factors, _ = read(shared_reference / "geodetector", "ntds")
    outcome = centre(y.to_numpy())
    codes = [pd.factorize(own)[0] for own in factors.values()]
    levels = [int(own.max()) + 1 for own in codes]
    tables = pair_tables(outcome.centred, codes, levels)
    found = pair_tests(outcome, tables, list(combinations(levels, 2)), singletons="drop")
    peer = [0.7231835614505173, 0.6629798049353235, 0.7102780882741824]
    assert [test.q for test in found] == pytest.approx(peer, abs=1e-13)


def test_a_stratum_of_one_unit_that_leaves(shared_reference):
    """Registry package geodetector 0.2.0 drops it without saying so, and finds the q below."""
    frame = pd.read_csv(shared_reference / "geodetector" / "singleton31.csv")
    outcome = centre(frame["y"].to_numpy())
    moments = stratum_moments(outcome, pd.factorize(frame["x"])[0])
    test = factor_test(outcome, moments, singletons="drop")
    assert (test.n, test.strata, test.singletons) == (30, 3, 1)
    assert test.q == pytest.approx(0.2838975079387178, abs=1e-13)
    left = frame[frame.groupby("x")["y"].transform("size") > 1]
    within = ((left["y"] - left.groupby("x")["y"].transform("mean")) ** 2).sum()
    assert test.q == pytest.approx(1 - within / ((left["y"] - left["y"].mean()) ** 2).sum(), abs=1e-13)
    assert np.isfinite(test.p_wang)
