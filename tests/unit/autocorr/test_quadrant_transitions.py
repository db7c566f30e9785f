"""Transitions of given quadrants are those of the values that have these quadrants."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import InputError, MissingValuesError, UnknownNameError


@pytest.fixture
def from_values(panel_study):
    w = sr.contiguity(panel_study)
    return sr.lisa_transitions(panel_study, "x", w=w)


def test_given_quadrants_move_as_those_of_values(from_values):
    given = sr.quadrant_transitions(from_values.quadrants)
    for name in ("quadrants", "states", "types", "type_counts", "cohesion", "expected", "counts"):
        pd.testing.assert_frame_equal(getattr(given, name), getattr(from_values, name), check_names=False)
    assert given.independence.statistic == pytest.approx(from_values.independence.statistic)
    assert given.members(first_last=True)["count"].tolist() == from_values.members(first_last=True)["count"].tolist()
    assert given.values.isna().all(axis=None)
    assert "quadrants were given" in given.summary()


def test_a_study_may_hold_them(panel_study, from_values):
    long = from_values.quadrants.unstack().swaplevel().rename_axis(["region", "time"])
    study = panel_study.with_columns(quadrant=long.reindex(panel_study.data.index))
    given = sr.quadrant_transitions(study, "quadrant")
    pd.testing.assert_frame_equal(given.counts, from_values.counts)
    assert given.plot(kind="maps", regions=study) is not None
    with pytest.raises(UnknownNameError, match="say which variable"):
        sr.quadrant_transitions(study)


def test_islands_and_gaps_and_slips(from_values):
    quadrants = from_values.quadrants.copy()
    quadrants.iloc[0, 0] = "undefined"
    assert sr.quadrant_transitions(quadrants).types.iloc[0, 0] == "undefined"
    quadrants.iloc[1, 1] = "hh"
    with pytest.raises(InputError, match=r"must hold quadrants, HH, LH, LL, HL, undefined; found 'hh'"):
        sr.quadrant_transitions(quadrants)
    quadrants.iloc[1, 1] = np.nan
    with pytest.raises(MissingValuesError):
        sr.quadrant_transitions(quadrants)
    assert sr.quadrant_transitions(quadrants, missing="drop").n == len(quadrants) - 1
    with pytest.raises(InputError, match="found list"):
        sr.quadrant_transitions([["HH"]])
