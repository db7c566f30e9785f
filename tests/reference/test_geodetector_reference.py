"""GeoDetector against R (geodetector 1.0-5, GD 10.8, gdverse 1.7) and independent numpy with 60-digit mpmath."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import SmallSampleWarning

FACTORS = [f"X{i}" for i in range(1, 7)]


def check(g, expected):
    for factor, theirs in expected["factor"].items():
        ours = g.factors.loc[factor]
        assert ours["q"] == pytest.approx(theirs["q"], abs=1e-12)
        assert ours["q_adjusted"] == pytest.approx(theirs["q_adjusted"], abs=1e-12)
        assert ours["F"] == pytest.approx(theirs["F"], rel=1e-10)
        assert ours["noncentrality"] == pytest.approx(theirs["lambda_ddof0"], rel=1e-10)
        assert ours["p_wang"] == pytest.approx(theirs["p_wang_ddof0"], rel=1e-9, abs=0)
        assert ours["p_central"] == pytest.approx(theirs["p_central"], rel=1e-9, abs=0)
        own = g.bins[g.bins["factor"] == factor]
        assert list(own["n"]) == theirs["counts"]
        np.testing.assert_allclose(own["mean"], theirs["means"], rtol=1e-12)
        risk = g.risk[g.risk["factor"] == factor]
        np.testing.assert_allclose(risk["t"], [row["t"] for row in expected["risk"][factor]], rtol=1e-10)
        np.testing.assert_allclose(risk["df"], [row["df"] for row in expected["risk"][factor]], rtol=1e-10)
        np.testing.assert_allclose(risk["p"], [row["p"] for row in expected["risk"][factor]], rtol=1e-10)
    pairs = g.interactions.set_index(["factor_a", "factor_b"])
    for theirs in expected["interaction"]:
        ours = pairs.loc[(theirs["a"], theirs["b"])]
        assert ours["q_ab"] == pytest.approx(theirs["q12_keep_singletons"], abs=1e-12)
        assert (ours["strata"], ours["singletons"]) == (theirs["cells"], theirs["singletons"])
        assert ours["type"].startswith(theirs["type"].lower().rstrip("-"))
        assert ours["q_additive"] == pytest.approx(theirs["r2_additive"], abs=1e-11)
        assert ours["F"] == pytest.approx(theirs["F_interaction"], rel=1e-9)
        assert (ours["df1"], ours["df2"]) == (theirs["df1"], theirs["df2"])
        assert ours["p_increment"] == pytest.approx(theirs["p_interaction"], rel=1e-8, abs=0)
    ratios = g.ecological.set_index(["factor_a", "factor_b"])
    for theirs in expected["ecological"]:
        ours = ratios.loc[(theirs["a"], theirs["b"])]
        assert ours["F"] == pytest.approx(theirs["F_ssw_a_over_b"], rel=1e-10)
        assert ours["p"] == pytest.approx(theirs["p_two_sided"], rel=1e-9)
        assert ours["p_one_sided"] == pytest.approx(theirs["p_one_sided_a_worse"], rel=1e-9)


def test_ntds(shared_reference):
    folder = shared_reference / "geodetector"
    expected = json.loads((folder / "ntds_exact.json").read_text())["ntds_collectdata"]
    frame = pd.read_csv(folder / "ntds_collectdata.csv")
    check(sr.geodetector(frame, "incidence", ["soiltype", "watershed", "elevation"], permutations=0), expected)


@pytest.mark.parametrize("part", ["national", "east", "central", "west"])
def test_synthetic_panel_with_quantile_strata_of_our_own(shared_reference, part):
    folder = shared_reference / "geodetector"
    expected = json.loads((folder / "synth_panel.json").read_text())[part]
    frame = pd.read_csv(folder / "synth_panel31x16.csv")
    rows = frame if part == "national" else frame[frame["region"] == part]
    g = sr.geodetector(rows, "y", FACTORS, bins=5, permutations=0)
    check(g, expected)
    given = rows[["y", *(f"{factor}_{part}" for factor in FACTORS)]].set_axis(["y", *FACTORS], axis=1)
    as_given = sr.geodetector(given, "y", FACTORS, permutations=0)
    assert as_given.factors["q"].equals(g.factors["q"])


def test_codes_above_nine_do_not_collide(shared_reference):
    frame = pd.read_csv(shared_reference / "geodetector" / "collision.csv")
    g = sr.geodetector(frame, "y", ["x1", "x2"], permutations=0)
    assert g.interactions.loc[0, "q_ab"] == pytest.approx(0.309847503376938, abs=1e-12)


def test_a_stratum_of_one_unit_is_kept_and_counted(shared_reference):
    frame = pd.read_csv(shared_reference / "geodetector" / "singleton31.csv")
    with pytest.warns(SmallSampleWarning, match=r"'x' \(1\)"):
        g = sr.geodetector(frame, "y", ["x"], permutations=0)
    assert (g.n, g.factors.loc["x", "singletons"], g.factors.loc["x", "strata"]) == (31, 1, 4)
    groups = frame.groupby("x")["y"]
    left = groups.apply(lambda own: ((own - own.mean()) ** 2).sum()).sum()
    total = ((frame["y"] - frame["y"].mean()) ** 2).sum()
    assert g.factors.loc["x", "q"] == pytest.approx(1 - left / total, abs=1e-14)
