"""The public function on studies and frames: which rows it takes, what it refuses, and what it returns."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import (
    ConstantVariableError,
    DuplicateError,
    InputError,
    MissingValuesError,
    OptionError,
    SmallSampleWarning,
    UnknownNameError,
)


@pytest.fixture
def study(panel_study):
    """Three years of 8 x 8 cells; the columns of `regions` hold a plate and names."""
    columns = np.arange(64) % 8
    regions = panel_study.regions.assign(
        plate=np.where(columns < 4, "West", "East"), label=[f"Cell {i}" for i in range(64)]
    )
    return sr.make_study(regions, panel_study.data, name="label")


def test_a_column_of_regions_is_a_factor_at_one_time(study):
    g = sr.geodetector(study, "y", ["plate"], at=2010, permutations=0)
    values = study.values("y", at=2010)
    east = study.regions["plate"] == "East"
    between = 32 * (values[east].mean() - values.mean()) ** 2 + 32 * (values[~east].mean() - values.mean()) ** 2
    assert g.factors.loc["plate", "q"] == pytest.approx(between / ((values - values.mean()) ** 2).sum(), rel=1e-12)
    assert g.n == 64
    assert not any("pooled" in note for note in g.notes)


def test_without_a_time_a_panel_is_pooled_and_a_note_says_so(study):
    g = sr.geodetector(study, "y", ["plate", "x"], bins=4, permutations=0)
    assert g.n == 192
    assert any("3 times are pooled" in note for note in g.notes)
    flat = study.frame(["y", "plate", "x"]).reset_index(drop=True)
    assert sr.geodetector(flat, "y", ["plate", "x"], bins=4, permutations=0).factors.equals(g.factors)


def test_missing_values_are_named_and_dropped_only_on_request(study):
    data = study.data.copy()
    data.loc[("r00c03", 2020), "x"] = np.nan
    data.loc[("r01c00", 2020), "x"] = np.inf
    gappy = sr.make_study(study.regions, data, name="label")
    message = r"'x' at 2020 is missing for 2 of 64 regions: Cell 3 \(r00c03\), Cell 8 \(r01c00\). Pass missing=\"drop\""
    with pytest.raises(MissingValuesError, match=message):
        sr.geodetector(gappy, "y", ["x"], at=2020, bins=4)
    with pytest.raises(MissingValuesError, match=r"2 of 192 rows: Cell 3 \(r00c03\) at 2020, Cell 8"):
        sr.geodetector(gappy, "y", ["x"], bins=4)
    g = sr.geodetector(gappy, "y", ["x"], at=2020, bins=4, missing="drop", permutations=0)
    assert list(g.dropped) == ["r00c03", "r01c00"]
    assert g.n == 62
    left = study.at(2020).select(study.ids.drop(["r00c03", "r01c00"]))
    assert sr.geodetector(left, "y", ["x"], bins=4, permutations=0).factors.equals(g.factors)


def test_blank_text_is_missing_and_no_stratum(study):
    regions = study.regions.assign(plate=study.regions["plate"].where(np.arange(64) > 1, " "))
    with pytest.raises(MissingValuesError, match="'plate' at 2020 is missing for 2 of 64"):
        sr.geodetector(sr.make_study(regions, study.data), "y", ["plate"], at=2020)


def test_a_constant_variable_and_too_few_rows_are_refused():
    frame = pd.DataFrame({"y": [0.1 + 0.2] * 6, "x": list("aabbcc")})
    with pytest.raises(ConstantVariableError, match="'y' is 0.3 in all 6 rows"):
        sr.geodetector(frame, "y", ["x"])
    frame = pd.DataFrame({"y": [1.0, 2, np.nan], "x": list("aab")})
    with pytest.raises(MissingValuesError, match="2 of 3 rows are complete"):
        sr.geodetector(frame, "y", ["x"], missing="drop")


def test_names_are_checked(study):
    with pytest.raises(UnknownNameError, match="Did you mean 'plate'"):
        sr.geodetector(study, "y", ["plates"], at=2020)
    with pytest.raises(DuplicateError, match="names twice: x"):
        sr.geodetector(study, "y", ["x", "plate", "x"], at=2020)
    with pytest.raises(InputError, match="cannot be its own factor"):
        sr.geodetector(study, "y", ["y"], at=2020)
    with pytest.raises(InputError, match="factors is empty"):
        sr.geodetector(study, "y", [], at=2020)
    with pytest.raises(InputError, match=r"'plate' must be numeric.*'West'"):
        sr.geodetector(study, "plate", ["x"], at=2020)
    with pytest.raises(UnknownNameError, match="no time 1999"):
        sr.geodetector(study, "y", ["plate"], at=1999)
    with pytest.raises(OptionError, match="missing='skip'"):
        sr.geodetector(study, "y", ["plate"], at=2020, missing="skip")
    with pytest.raises(InputError, match="permutations must be a whole number"):
        sr.geodetector(study, "y", ["plate"], at=2020, permutations=-1)


def test_other_inputs_are_refused(study):
    with pytest.raises(InputError, match="Study or a DataFrame; found list"):
        sr.geodetector([1, 2], "y", ["x"])
    with pytest.raises(InputError, match="the frame has no time"):
        sr.geodetector(study.frame(["y", "plate"]).droplevel(1), "y", ["plate"], at=2020)


def test_a_frame_labelled_by_region_and_time_is_a_panel(study):
    frame = study.frame(["y", "plate"])
    found = sr.geodetector(frame, "y", ["plate"], at=2020, permutations=0)
    assert found.factors.equals(sr.geodetector(study, "y", ["plate"], at=2020, permutations=0).factors)
    with pytest.raises(UnknownNameError, match="no time 1999"):
        sr.geodetector(frame, "y", ["plate"], at=1999)


def test_small_strata_warn_and_are_counted():
    frame = pd.DataFrame({"y": np.arange(9.0) ** 2, "x": list("aaaabbbbc")})
    with pytest.warns(SmallSampleWarning, match=r"fewer than 3 units: 'x' \(1\)"):
        g = sr.geodetector(frame, "y", ["x"], permutations=0)
    assert g.factors.loc["x", "singletons"] == 1
    assert np.isnan(g.bins.set_index("stratum").loc["c", "sd"])


def test_tables_have_the_promised_columns(study):
    g = sr.geodetector(study, "y", ["plate", "x"], at=2020, bins=4, permutations=19)
    assert list(g.factors.columns[:7]) == [
        "q", "p_wang", "p_central", "p_permutation", "strata", "n", "singletons",
    ]  # fmt: skip
    assert g.factors.index.name == "factor"
    assert "q_adjusted" in g.factors
    assert list(g.interactions.columns[:6]) == ["factor_a", "factor_b", "q_a", "q_b", "q_ab", "type"]
    assert len(g.interactions) == 1
    assert len(g.risk) == 1 + 6
    assert len(g.ecological) == 1
    assert list(g.bins["factor"]) == ["plate"] * 2 + ["x"] * 4
    for detector, table in [("factor", g.factors), ("interaction", g.interactions), ("risk", g.risk)]:
        assert g.table(detector).equals(table)
        assert g.table(detector) is not table
    with pytest.raises(OptionError, match="Did you mean 'interaction'"):
        g.table("interactions")


def test_one_factor_has_no_pairs(study):
    g = sr.geodetector(study, "y", ["plate"], at=2020, permutations=0)
    assert g.interactions.empty
    assert "q_ab" in g.interactions
    assert g.ecological.empty
    assert "Interactions" not in g.summary()
    assert g.factors["p_permutation"].isna().all()


def test_summary_and_spec_say_how_it_was_made(study):
    g = sr.geodetector(study, "y", ["plate", "x"], at=2020, bins="optimal", permutations=19, seed=7)
    text = g.summary()
    assert "64 rows, 2 factors" in text
    assert "cannot be below 0.05" in text
    assert g.spec.function == "geodetector"
    assert g.spec.seed == 7
    assert g.spec.options["bins"] == "optimal"
    again = sr.geodetector(study, seed=g.spec.seed, **g.spec.options)
    assert again.factors.equals(g.factors)
    assert pickle.loads(pickle.dumps(g)).risk.equals(g.risk)


def test_the_callers_frame_is_left_alone(study):
    frame = study.frame(["y", "x", "plate"])
    before = frame.copy(deep=True)
    sr.geodetector(frame, "y", ["plate", "x"], bins=3, permutations=9)
    pd.testing.assert_frame_equal(frame, before)


def test_the_function_is_not_hidden_by_the_room_of_its_name():
    code = (
        "import spatial_region.geodetector.result\n"
        "from spatial_region.geodetector.result import GeoDetectorResult\n"
        "import spatial_region as sr\n"
        "assert callable(sr.geodetector), sr.geodetector\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
