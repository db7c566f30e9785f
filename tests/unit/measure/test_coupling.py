"""Coupling coordination against plain loops, published output of another package, and what must hold."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_region.errors import (
    AlignmentError,
    DuplicateError,
    InputError,
    MissingValuesError,
    OptionError,
    UnknownNameError,
)
from spatial_region.measure.coupling import coupling_coordination
from spatial_region.measure.grades import grade

VARIANTS = ["standard", "wang", "fan"]


def systems(n=9, k=3, seed=0):
    names = ["economy", "society", "ecology", "culture"][:k]
    values = np.random.default_rng(seed).uniform(0.01, 1, (n, k))
    return pd.DataFrame(values, index=[f"r{i}" for i in range(n)], columns=names)


def by_hand(u, variant):
    n = len(u)
    if variant == "standard":
        return n * math.prod(u) ** (1 / n) / sum(u)
    if variant == "fan":
        return 1 - 2 * math.sqrt(max(n * sum(x * x for x in u) - sum(u) ** 2, 0) / n**2)
    pairs = sum(abs(u[i] - u[j]) for i in range(n) for j in range(i))
    inside = 1 - pairs / sum(range(1, n))
    return math.sqrt(inside * math.prod(x / max(u) for x in u) ** (1 / (n - 1)))


@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize("variant", VARIANTS)
def test_equals_plain_loops(variant, k):
    table = systems(k=k)
    shares = dict(zip(table, np.arange(1, k + 1) / (k * (k + 1) / 2), strict=True))
    made = coupling_coordination(table, shares, variant=variant)
    for region, row in table.iterrows():
        u = row.tolist()
        c, t = by_hand(u, variant), sum(shares[name] * row[name] for name in table)
        found = made.rows.loc[region]
        assert found["C"] == pytest.approx(c, rel=1e-10)
        assert found["T"] == pytest.approx(t, rel=1e-13)
        assert found["D"] == pytest.approx(math.sqrt(c * t), rel=1e-10)
        assert found["relative"] == pytest.approx(min(u) / max(u), rel=1e-13)
        assert found["lagging"] == ("synchronous" if min(u) / max(u) > 0.8 else row.idxmin())
    assert made.variant == variant
    assert made.formula.endswith("T = sum_i a_i Ui; D = sqrt(C T)")


# First rows of the vignette of the R package coupling (Lyu 2026, vignette of 2026-05-12): four scaled scores of the
# Guangzhou metropolitan areas, and C and D by each variant, all as printed there (7 digits).
PRINTED = {
    "U": [
        [0.8179733, 0.3246648, 0.6590316, 0.1308531],
        [0.3020233, 0.1318888, 0.4046987, 0.5173794],
        [0.9209903, 0.3353516, 0.6921477, 0.3141320],
        [0.9604095, 0.3914758, 0.7099999, 0.4316421],
        [0.9061589, 0.3473603, 0.7297774, 0.6909494],
        [0.9456379, 0.4391423, 0.7304117, 0.4792905],
    ],
    "standard": [
        [0.8051958, 0.6237105],
        [0.8914577, 0.5497290],
        [0.8999423, 0.7134825],
        [0.9346128, 0.7632959],
        [0.9440912, 0.7944703],
        [0.9519923, 0.7858001],
    ],
    "wang": [
        [0.4722274, 0.4776480],
        [0.6211236, 0.4588675],
        [0.5375842, 0.5514412],
        [0.5861986, 0.6045044],
        [0.6640321, 0.6662930],
        [0.6319211, 0.6402164],
    ],
    "fan": [
        [0.4593785, 0.4711049],
        [0.7164548, 0.4928249],
        [0.4915051, 0.5272784],
        [0.5399620, 0.5801746],
        [0.5951898, 0.6308098],
        [0.5907777, 0.6190239],
    ],
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_equals_what_the_r_package_coupling_prints(variant):
    table = pd.DataFrame(PRINTED["U"], columns=["PS", "EL", "OH", "IL"], index=list("abcdef"))
    made = coupling_coordination(table, variant=variant)
    np.testing.assert_allclose(made.rows[["C", "D"]].to_numpy(dtype=float), PRINTED[variant], atol=1.5e-7)


# Wang et al. (2021), table 8, years 2008 and 2009: C of ecology and economy in 13 cities of Beijing-Tianjin-Hebei, by
# the standard formula and by theirs. doi:10.31497/zrzyxb.20210319
STANDARD = [
    [0.9989, 0.9935, 0.8868, 0.9073, 0.6821, 0.8328, 0.6816, 0.7789, 0.6871, 0.6101, 0.8017, 0.7867, 0.7191],
    [0.9984, 0.9997, 0.8912, 0.9079, 0.6790, 0.8114, 0.6839, 0.7786, 0.7180, 0.6377, 0.8018, 0.7587, 0.7396],
]
MODIFIED = [
    [0.9404, 0.8660, 0.5440, 0.5769, 0.3006, 0.4780, 0.3344, 0.4171, 0.3278, 0.2700, 0.4374, 0.4196, 0.3738],
    [0.9238, 0.9675, 0.5435, 0.5716, 0.2946, 0.4445, 0.3224, 0.4117, 0.3533, 0.2731, 0.4352, 0.3821, 0.3906],
]


def test_both_degrees_of_wang_and_others_come_from_the_same_levels():
    """The levels are not printed; both degrees together determine them, and they must be levels: from 0 to 1."""
    standard, modified = np.ravel(STANDARD), np.ravel(MODIFIED)
    ratio = ((1 - np.sqrt(1 - standard**2)) / standard) ** 2  # C = 2 sqrt(r) / (1 + r)
    gap = 1 - modified**2 / ratio  # C = sqrt((1 - gap) r)
    high = gap / (1 - ratio)
    assert ((high > 0.15) & (high < 0.75)).all()
    table = pd.DataFrame({"a": high, "b": high * ratio}).rename("city {}".format)
    np.testing.assert_allclose(coupling_coordination(table).C, standard, atol=1e-12)
    np.testing.assert_allclose(coupling_coordination(table, variant="wang").C, modified, atol=1e-12)
    # Read without the outer root, the printed degrees would ask for a gap below 0.
    assert (1 - modified / ratio < 0).all()


@given(st.lists(st.lists(st.floats(0.001, 1), min_size=3, max_size=3), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_degrees_lie_between_0_and_1_and_equal_systems_are_coupled_fully(values):
    table = pd.DataFrame(values, columns=list("abc"), index=[f"r{i}" for i in range(len(values))])
    for variant in VARIANTS:
        rows = coupling_coordination(table, variant=variant).rows
        assert rows[["C", "T", "D"]].apply(lambda x: x.between(0, 1 + 1e-12)).all(axis=None)
        assert (rows["D"] <= np.sqrt(rows["T"]) + 1e-12).all()
        alike = coupling_coordination(table.assign(b=table["a"], c=table["a"]), variant=variant).rows
        np.testing.assert_allclose(alike["C"], 1, rtol=1e-7)
        np.testing.assert_allclose(alike["D"], np.sqrt(table["a"]), rtol=1e-7)
        assert (alike["lagging"] == "synchronous").all()


def test_standard_coupling_ignores_scale_and_the_others_do_not():
    table = systems()
    half = table / 2
    same, moved = coupling_coordination(table), coupling_coordination(half)
    np.testing.assert_allclose(same.C, moved.C, rtol=1e-12)
    np.testing.assert_allclose(moved.D, same.D / math.sqrt(2), rtol=1e-12)
    for variant in ("wang", "fan"):
        assert (coupling_coordination(half, variant=variant).C > coupling_coordination(table, variant=variant).C).all()


def test_two_systems_have_short_forms():
    table = systems(k=2)
    u, v = table["economy"], table["society"]
    np.testing.assert_allclose(coupling_coordination(table).C, 2 * np.sqrt(u * v) / (u + v), rtol=1e-12)
    gap = (u - v).abs()
    ratio = table.min(axis=1) / table.max(axis=1)
    np.testing.assert_allclose(coupling_coordination(table, variant="wang").C, np.sqrt((1 - gap) * ratio), rtol=1e-12)
    np.testing.assert_allclose(coupling_coordination(table, variant="fan").C, 1 - gap, rtol=1e-12)


@pytest.mark.parametrize("variant", VARIANTS)
def test_order_of_rows_and_systems_does_not_matter(variant):
    table = systems(k=4)
    made = coupling_coordination(table, variant=variant)
    other = coupling_coordination(table.iloc[::-1, ::-1], variant=variant)
    np.testing.assert_allclose(other.rows.loc[table.index, ["C", "T", "D"]], made.rows[["C", "T", "D"]], rtol=1e-12)
    assert other.rows.index.equals(table.index[::-1])


def test_zero_systems_are_ruled_and_noted():
    table = pd.DataFrame({"a": [0.0, 0.0, 0.5], "b": [0.8, 0.0, 0.5]}, index=["some", "all", "none"])
    for variant in ("standard", "wang"):
        made = coupling_coordination(table, variant=variant)
        assert made.rows.loc["some", ["C", "T", "D"]].tolist() == [0, 0.4, 0]
        assert np.isnan(made.rows.loc["all", "C"])
        assert made.rows.loc["all", ["T", "D"]].tolist() == [0, 0]
        assert "0 in 1 of 3 rows, so that C and D are 0: some" in made.notes[0]
        assert "All systems are 0 in 1 of 3 rows" in made.notes[1]
    fan = coupling_coordination(table, variant="fan")
    assert fan.rows["C"].round(12).tolist() == [0.2, 1, 1]
    assert fan.rows.loc["all", "D"] == 0
    assert len(fan.notes) == 1
    assert made.rows["lagging"].tolist() == ["a", "synchronous", "synchronous"]


def test_levels_x_100():
    table = systems()
    made = coupling_coordination(100 * table, upper=100, variant="wang")
    np.testing.assert_allclose(made.D, coupling_coordination(table, variant="wang").D, rtol=1e-12)
    with pytest.raises(InputError, match=r"'economy' must lie between 0 and upper=1.*pass upper=100"):
        coupling_coordination(100 * table)
    with pytest.raises(InputError, match="between 0 and upper=100"):
        coupling_coordination(-table, upper=100)


def test_what_lags():
    table = pd.DataFrame({"a": [0.8, 0.81, 0.24, 0.5], "b": [1.0, 1.0, 0.3, 0.1], "c": [1.0, 1.0, 0.3, 0.1]})
    table.index = ["edge", "inside", "edge in floats", "two"]
    assert coupling_coordination(table).rows["lagging"].tolist() == ["a", "synchronous", "a", "b, c"]
    assert coupling_coordination(table, synchronous=0.1).rows["lagging"].tolist() == ["synchronous"] * 4
    assert coupling_coordination(table, synchronous=1).rows["lagging"].tolist() == ["a", "a", "a", "b, c"]


def test_ten_classes_first_closed_then_open_on_the_left():
    # T = U and C = 1 for equal systems: D = sqrt(U).
    edges = [0, 0.1, 0.2, 0.9, 1.0]
    u = pd.Series([d**2 for d in [*edges, 0.1001, 0.9001]], index=[f"r{i}" for i in range(7)])
    table = pd.DataFrame({"a": u, "b": u})
    made = coupling_coordination(table, variant="fan", classes="ten_zh")
    assert made.rows["class"].tolist() == [
        "极度失调",
        "极度失调",
        "严重失调",
        "良好协调",
        "优质协调",
        "严重失调",
        "优质协调",
    ]
    assert made.rows["class"].cat.ordered
    english = coupling_coordination(table, variant="fan", classes="ten").rows["class"]
    assert english.cat.codes.tolist() == made.rows["class"].cat.codes.tolist()
    own = grade(made.D, edges=[0, 0.5, 1], labels=["low", "high"])
    assert own.tolist() == ["low"] * 3 + ["high"] * 2 + ["low", "high"]


def test_series_and_studies(panel_study):
    table = systems(k=2)
    listed = coupling_coordination([table["economy"], table["society"].iloc[::-1]])
    pd.testing.assert_frame_equal(listed.rows, coupling_coordination(table).rows, check_names=False)
    study = panel_study.with_columns(
        p=lambda d: d["x"].rank(pct=True).rename("p"), q=lambda d: d["y"].rank(pct=True).rename("q")
    )
    made = coupling_coordination(study, variables=["p", "q"], classes="ten")
    assert made.table().columns.tolist() == ["name", "C", "T", "D", "relative", "lagging", "class"]
    assert made.rows.index.equals(study.data.index)
    assert "At 2020" in made.summary()
    assert "C = n (U1 U2 ... Un)^(1/n)" in made.summary()
    json.dumps(made.spec.to_dict())
    with pytest.raises(InputError, match="variables="):
        coupling_coordination(study)


def test_missing_rows_raise_or_stay_blank():
    table = systems(k=2)
    table.iloc[2, 0] = np.nan
    with pytest.raises(MissingValuesError, match="r2"):
        coupling_coordination(table)
    made = coupling_coordination(table, missing="drop", classes="ten")
    assert made.D.isna().tolist() == [i == 2 for i in range(9)]
    assert made.rows["class"].isna().sum() == 1


def test_unfit_input_is_refused():
    table = systems(k=2)
    one, two = table["economy"], table["society"]
    with pytest.raises(OptionError, match="'wang'"):
        coupling_coordination(table, variant="wnag")
    with pytest.raises(OptionError, match="'ten'"):
        coupling_coordination(table, classes="tens")
    with pytest.raises(InputError, match="two systems or more"):
        coupling_coordination(table[["economy"]])
    with pytest.raises(InputError, match="must be a DataFrame"):
        coupling_coordination(table.to_numpy())
    with pytest.raises(InputError, match="must have a name"):
        coupling_coordination([one, two.rename(None)])
    with pytest.raises(DuplicateError, match="economy"):
        coupling_coordination([one, one])
    with pytest.raises(AlignmentError, match="r8"):
        coupling_coordination([one, two.iloc[:-1]])
    with pytest.raises(DuplicateError, match="r0"):
        coupling_coordination([one, pd.concat([two, two.head(1)])])
    with pytest.raises(UnknownNameError, match="econmy"):
        coupling_coordination(table, variables=["econmy", "society"])
    with pytest.raises(InputError, match="weights must sum to 1"):
        coupling_coordination(table, {"economy": 0.5, "society": 0.6})
    with pytest.raises(InputError, match="weights lack society"):
        coupling_coordination(table, {"economy": 1})
    with pytest.raises(InputError, match="weights must be a mapping"):
        coupling_coordination(table, [0.5, 0.5])
    for option in ({"upper": 0}, {"upper": np.inf}, {"upper": True}, {"synchronous": 0}, {"synchronous": 1.1}):
        with pytest.raises(InputError, match=next(iter(option))):
            coupling_coordination(table, **option)
