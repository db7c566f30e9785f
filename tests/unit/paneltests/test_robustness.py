"""Variants of one regression: each is the regression that it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatial_region as sr
from spatial_region.errors import IdentificationError, InputError, OptionError, UnknownNameError


def panel(regions=24, times=9, seed=0):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([[f"r{i:02d}" for i in range(regions)], range(2001, 2001 + times)])
    data = pd.DataFrame(rng.normal(size=(len(index), 4)), index=index, columns=["a", "b", "a2", "z"])
    data["part"] = np.repeat(np.array(["east", "west", "centre"])[np.arange(regions) % 3], times)
    data["late"] = (data.index.get_level_values(1) > 2005).astype(int)
    data["y"] = np.where(data["part"] == "east", 1.5, 0.5) * data["a"] + data["b"] + rng.normal(size=len(index))
    data["y2"] = 2 * data["y"] + rng.normal(size=len(index))
    data.iloc[5, 0] = 40.0
    return data


def test_every_variant_is_that_regression():
    data = panel()
    made = sr.robustness(
        "y ~ a + b",
        data,
        grouping="part",
        between={"early": (2001, 2004)},
        leave_out={"without r00": ["r00"]},
        responses=["y2"],
        replace={"a": ["a2"]},
        winsorise=0.02,
    )
    low, high = data.quantile(0.02, numeric_only=True), data.quantile(0.98, numeric_only=True)
    drawn = data.assign(**{v: data[v].clip(low[v], high[v]) for v in ("y", "a", "b")})
    expected = {
        "all": ("y ~ a + b", data),
        "part: centre": ("y ~ a + b", data[data["part"] == "centre"]),
        "part: east": ("y ~ a + b", data[data["part"] == "east"]),
        "part: west": ("y ~ a + b", data[data["part"] == "west"]),
        "early": ("y ~ a + b", data[data.index.get_level_values(1) <= 2004]),
        "without r00": ("y ~ a + b", data.drop("r00")),
        "response: y2": ("y2 ~ a + b", data),
        "a: a2": ("y ~ a2 + b", data),
        "winsorised 2%": ("y ~ a + b", drawn),
    }
    assert list(made.fits) == list(expected)
    for variant, (formula, rows) in expected.items():
        fit = sr.panel_regression(formula, rows, effects="twoway")
        np.testing.assert_allclose(made.fits[variant].params, fit.params, rtol=1e-10)
        np.testing.assert_allclose(made.fits[variant].std_errors, fit.std_errors, rtol=1e-10)
        row = made.table().loc[(variant, "b")]
        assert row["nobs"] == len(rows)
        assert row["p"] == pytest.approx(fit.pvalues["b"], rel=1e-8)
    assert abs(made.fits["winsorised 2%"].params["a"] - 0.8) < abs(made.fits["all"].params["a"] - 0.8)


def test_differences_between_groups():
    made = sr.robustness("y ~ a + b", panel().assign(a=lambda d: d["a"].clip(-3, 3)), grouping="part")
    row = made.differences.loc[("centre", "east", "a")]
    one, two = made.fits["part: centre"], made.fits["part: east"]
    z = (one.params["a"] - two.params["a"]) / np.sqrt(one.std_errors["a"] ** 2 + two.std_errors["a"] ** 2)
    assert row["z"] == pytest.approx(z)
    assert row["p"] == pytest.approx(2 * stats.norm.sf(abs(z)))
    assert row["p"] < 0.001
    assert len(made.differences) == 6


def test_a_grouping_by_series_and_by_study(panel_study):
    data = panel()
    series = data["part"].groupby(level=0).first().rename("plate")
    made = sr.robustness("y ~ a", data.drop(columns="part"), grouping=series.drop("r00"))
    assert list(made.fits) == ["all", "plate: centre", "plate: east", "plate: west"]
    assert any("1 regions have no group" in note for note in made.notes)
    halves = pd.Series({region: "north" if region < "r04" else "south" for region in panel_study.ids})
    study = sr.robustness("y ~ x", panel_study, grouping=halves)
    direct = sr.panel_regression("y ~ x", panel_study.select(halves.index[halves == "north"]), effects="twoway")
    assert study.fits["group: north"].params["x"] == pytest.approx(direct.params["x"])


def test_the_printed_table():
    made = sr.robustness("y ~ a + b", panel(), between={"early": (2001, 2004)})
    wide = made.wide(digits=2)
    b, p = made.fits["all"].params["b"], made.fits["all"].pvalues["b"]
    assert wide.loc["b", "all"] == f"{b:.2f}" + "*" * sum(p < edge for edge in (0.01, 0.05, 0.1))
    assert wide.loc["rows", "early"] == "96"
    assert wide.iloc[1]["all"] == f"({made.fits['all'].std_errors['a']:.2f})"
    assert "Robustness of y ~ a + b" in made.summary()
    assert made.table().loc[("all", "a"), "same_sign"]


def test_expressions_keep_their_form():
    data = panel().assign(size=lambda d: np.exp(d["y"]), other=lambda d: np.exp(d["y2"]))
    made = sr.robustness("log(size) ~ a", data, responses=["other"])
    fit = sr.panel_regression("log(other) ~ a", data, effects="twoway")
    assert made.fits["response: other"].params["a"] == pytest.approx(fit.params["a"])


def test_refusals():
    data = panel()
    with pytest.raises(OptionError, match="no variant"):
        sr.robustness("y ~ a", data)
    with pytest.raises(UnknownNameError, match="no grouping 'parts'"):
        sr.robustness("y ~ a", data, grouping="parts")
    with pytest.raises(InputError, match="changes over time"):
        sr.robustness("y ~ a", data, grouping="late")
    with pytest.raises(InputError, match="no time from 1990"):
        sr.robustness("y ~ a", data, between={"old": (1990, 1995)})
    with pytest.raises(UnknownNameError, match="not in the panel: r99"):
        sr.robustness("y ~ a", data, leave_out={"x": ["r99"]})
    with pytest.raises(UnknownNameError, match="replace= names 'q'"):
        sr.robustness("y ~ a", data, replace={"q": ["b"]})
    with pytest.raises(InputError, match="winsorise must lie between"):
        sr.robustness("y ~ a", data, winsorise=0.6)
    with pytest.raises(InputError, match="which has 2"):
        sr.robustness("I(y + y2) ~ a", data, responses=["b"])
    with pytest.raises(OptionError, match="two variants"):
        sr.robustness("y ~ a", data, between={"all": (2001, 2004)})
    with pytest.raises(IdentificationError, match="variant 'early': late"):
        sr.robustness("y ~ a + late", data, effects="region", between={"early": (2001, 2004)})
