"""Means by group against pandas, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import AlignmentError, DuplicateError, InputError, MissingValuesError, UnknownNameError


@pytest.fixture
def study(panel_study):
    groups = np.where(
        np.arange(panel_study.n) % 3 == 0, "north", np.where(np.arange(panel_study.n) % 3 == 1, "south", None)
    )
    return sr.make_study(panel_study.regions.assign(part=groups), panel_study.data)


def test_groups_against_plain_means(study):
    table = sr.group_means(study, ["x", "y"], grouping="part", at=2010)
    for name in ("x", "y"):
        values = study.values(name, at=2010)
        for group in ("north", "south"):
            own = values[study.regions["part"] == group]
            row = table.loc[(name, group)]
            expected = [len(own), own.mean(), own.std(ddof=1), own.min(), own.max(), own.mean() / values.mean()]
            assert row[["n", "mean", "sd", "minimum", "maximum", "relative_to_all"]].tolist() == pytest.approx(expected)
        assert table.loc[(name, "all"), "n"] == len(values)
        means = table.loc[name]["mean"].iloc[1:]
        assert table.loc[(name, means.idxmax()), "rank"] == 1
    series = sr.group_means(study, "x", grouping=study.regions["part"], at=2010)
    assert series.equals(table.loc[["x"]])


def test_missing_values_are_named_or_left_out(study):
    data = study.data.copy()
    data.loc[("r00c00", 2010), "x"] = np.nan
    gappy = sr.make_study(study.regions, data)
    with pytest.raises(MissingValuesError, match="r00c00"):
        sr.group_means(gappy, "x", grouping="part", at=2010)
    assert sr.group_means(gappy, "x", grouping="part", at=2010, missing="drop").loc[("x", "all"), "n"] == study.n - 1


def test_what_cannot_be_is_refused(study):
    with pytest.raises(InputError, match="say which"):
        sr.group_means(study, "x", grouping="part")
    with pytest.raises(UnknownNameError, match="'plate'"):
        sr.group_means(study, "x", grouping="plate", at=2010)
    with pytest.raises(InputError, match="'part' must be numeric"):
        sr.group_means(study, "part", grouping="part", at=2010, missing="drop")
    with pytest.raises(InputError, match="grouping 'x' changes over time"):
        sr.group_means(study, "y", grouping="x", at=2010)
    with pytest.raises(AlignmentError, match="none of the regions"):
        sr.group_means(study, "x", grouping=pd.Series(["a"], index=["elsewhere"]), at=2010)
    with pytest.raises(DuplicateError, match="found twice"):
        sr.group_means(study, "x", grouping=pd.Series(["a", "b"], index=["r00c00"] * 2), at=2010)
