"""Composite indices against plain loops, identities and closed forms."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spatial_region as sr
from spatial_region.errors import (
    AlignmentError,
    ConstantVariableError,
    DuplicateError,
    InputError,
    MissingValuesError,
    OptionError,
    UnknownNameError,
)
from spatial_region.measure.composite import composite_index

NAMES = ["gdp", "parks", "smoke", "schools"]
DIRECTION = {"gdp": "benefit", "parks": "benefit", "smoke": "cost", "schools": "benefit"}
DIMENSIONS = {"economy": ["gdp", "schools"], "nature": ["smoke", "parks"]}


def panel(regions=7, times=(2010, 2015, 2020), seed=3):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([[f"r{i}" for i in range(regions)], times], names=["region", "time"])
    return pd.DataFrame(rng.lognormal(size=(len(index), 4)) * [1e4, 1, 50, 3], index=index, columns=NAMES)


# -- oracles: plain loops over lists ---------------------------------------------------------------------------------


def scaled_by_hand(table):
    columns = {}
    for name in table:
        values = table[name].tolist()
        low, high = min(values), max(values)
        up = DIRECTION[name] == "benefit"
        columns[name] = [(v - low if up else high - v) / (high - low) for v in values]
    return columns


def entropy_by_hand(columns, shift=0.0):
    divergence = {}
    for name, values in columns.items():
        total = sum(v + shift for v in values)
        e = 0.0
        for v in values:
            p = (v + shift) / total
            e -= p * math.log(p) if p > 0 else 0.0
        divergence[name] = 1 - e / math.log(len(values))
    return {name: d / sum(divergence.values()) for name, d in divergence.items()}


def critic_by_hand(columns):
    information = {}
    for a, x in columns.items():
        mean = sum(x) / len(x)
        sd = math.sqrt(sum((v - mean) ** 2 for v in x) / (len(x) - 1))
        conflict = sum(1 - np.corrcoef(x, y)[0, 1] for b, y in columns.items() if a != b)
        information[a] = sd * conflict
    return {name: c / sum(information.values()) for name, c in information.items()}


def sum_by_hand(columns, w):
    n = len(next(iter(columns.values())))
    return [sum(w[name] * columns[name][i] for name in columns) for i in range(n)]


def topsis_by_hand(columns, w):
    n = len(next(iter(columns.values())))
    scores = []
    for i in range(n):
        plus = math.sqrt(sum((w[c] * (columns[c][i] - max(columns[c]))) ** 2 for c in columns))
        minus = math.sqrt(sum((w[c] * (columns[c][i] - min(columns[c]))) ** 2 for c in columns))
        scores.append(minus / (plus + minus))
    return scores


WEIGHTS = {
    "entropy": entropy_by_hand,
    "critic": critic_by_hand,
    "equal": lambda columns: dict.fromkeys(columns, 1 / len(columns)),
}


@pytest.mark.parametrize("method", list(WEIGHTS))
def test_weights_and_sums_equal_plain_loops(method):
    table = panel()
    made = composite_index(table, NAMES, direction=DIRECTION, method=method)
    columns = scaled_by_hand(table)
    w = WEIGHTS[method](columns)
    np.testing.assert_allclose(made.weights["weight"], [w[name] for name in NAMES], rtol=1e-12)
    np.testing.assert_allclose(made.scores, sum_by_hand(columns, w), rtol=1e-12)
    np.testing.assert_allclose(made.scaled, pd.DataFrame(columns, index=table.index), rtol=1e-12)
    assert made.scores.index.equals(table.index)


@pytest.mark.parametrize("weighting", list(WEIGHTS))
def test_topsis_equals_plain_loops(weighting):
    table = panel()
    made = composite_index(table, NAMES, direction=DIRECTION, method="topsis", weighting=weighting)
    columns = scaled_by_hand(table)
    np.testing.assert_allclose(made.scores, topsis_by_hand(columns, WEIGHTS[weighting](columns)), rtol=1e-12)
    d = made.distances
    np.testing.assert_allclose(made.scores, d["d_minus"] / (d["d_plus"] + d["d_minus"]), rtol=1e-14)


@pytest.mark.parametrize("topsis", [False, True])
@pytest.mark.parametrize("weighting", ["entropy", "critic", "equal"])
def test_nested_dimensions_equal_plain_loops(weighting, topsis):
    table = panel()
    how = {"method": "topsis", "weighting": weighting} if topsis else {"method": weighting}
    made = composite_index(table, DIMENSIONS, direction=DIRECTION, **how)
    columns = scaled_by_hand(table)
    combine = topsis_by_hand if topsis else sum_by_hand
    upper, inner = {}, {}
    for dimension, members in DIMENSIONS.items():
        part = {name: columns[name] for name in members}
        inner[dimension] = WEIGHTS[weighting](part)
        upper[dimension] = combine(part, inner[dimension])
    v = WEIGHTS[weighting]({d: [(x - min(u)) / (max(u) - min(u)) for x in u] for d, u in upper.items()})
    np.testing.assert_allclose(made.dimensions, pd.DataFrame(upper, index=table.index), rtol=1e-12)
    np.testing.assert_allclose(made.scores, combine(upper, v), rtol=1e-12)
    np.testing.assert_allclose(made.dimension_weights["weight"], list(v.values()), rtol=1e-12)
    for dimension, members in DIMENSIONS.items():
        for name in members:
            row = made.weights.loc[name]
            assert row["dimension"] == dimension
            assert row["within"] == pytest.approx(inner[dimension][name], rel=1e-12)
            assert row["weight"] == pytest.approx(v[dimension] * inner[dimension][name], rel=1e-12)


def test_flat_dimensions_are_parts_of_the_whole():
    table = panel()
    flat = composite_index(table, NAMES, direction=DIRECTION)
    made = composite_index(table, DIMENSIONS, direction=DIRECTION, nested=False)
    np.testing.assert_allclose(made.scores, flat.scores, rtol=1e-12)
    np.testing.assert_allclose(made.dimensions @ made.dimension_weights["weight"], made.scores, rtol=1e-12)
    by_dimension = made.weights.groupby("dimension")["weight"].sum()
    np.testing.assert_allclose(made.dimension_weights["weight"], by_dimension[list(DIMENSIONS)], rtol=1e-12)


def test_a_shift_enters_the_weights_alone():
    table = panel()
    made = composite_index(table, NAMES, direction=DIRECTION, shift=0.01)
    columns = scaled_by_hand(table)
    w = entropy_by_hand(columns, shift=0.01)
    np.testing.assert_allclose(made.weights["weight"], [w[name] for name in NAMES], rtol=1e-12)
    np.testing.assert_allclose(made.scores, sum_by_hand(columns, w), rtol=1e-12)
    assert made.spec.options["shift"] == 0.01


@pytest.mark.parametrize("method", ["entropy", "topsis", "critic", "pca", "factor"])
def test_each_time_by_itself_equals_its_cross_section(method):
    table = panel()
    made = composite_index(table, NAMES, direction=DIRECTION, method=method, pooled=False)
    for time in (2010, 2015, 2020):
        alone = composite_index(table.xs(time, level="time"), NAMES, direction=DIRECTION, method=method)
        np.testing.assert_allclose(made.scores.xs(time, level="time"), alone.scores, rtol=1e-12)
        np.testing.assert_allclose(made.weights.loc[time, "weight"], alone.weights["weight"], rtol=1e-12)
        assert made.ranks.xs(time, level="time").tolist() == alone.ranks.tolist()
    assert "not over time" in made.notes[0]


@pytest.mark.parametrize("method", ["entropy", "topsis", "critic", "equal", "pca", "factor"])
def test_units_and_order_of_rows_and_indicators_do_not_matter(method):
    table = panel()
    made = composite_index(table, NAMES, direction=DIRECTION, method=method)
    moved = table * [1e-4, 3, 7, 1e3] + [5, -2, 0, 11]
    shuffled = moved.sample(frac=1, random_state=1)
    other = composite_index(shuffled, NAMES[::-1], direction=DIRECTION, method=method)
    np.testing.assert_allclose(other.scores.reindex(table.index), made.scores, rtol=1e-9, atol=1e-12)
    same = composite_index(table.sample(frac=1, random_state=1), NAMES, direction=DIRECTION, method=method)
    assert (same.scores.reindex(table.index) == made.scores).all()  # to the last bit


@pytest.mark.parametrize("method", ["entropy", "topsis", "critic", "pca", "factor"])
def test_a_cost_is_a_benefit_turned(method):
    table = panel()
    turned = table.assign(smoke=-table["smoke"])
    made = composite_index(table, NAMES, direction=DIRECTION, method=method)
    other = composite_index(turned, NAMES, direction="benefit", method=method)
    np.testing.assert_allclose(made.scores, other.scores, rtol=1e-12, atol=1e-14)


@given(st.integers(0, 10**6), st.sampled_from(["entropy", "critic", "equal", "topsis"]))
@settings(max_examples=40, deadline=None)
def test_scores_lie_between_0_and_1_weights_sum_to_1_and_better_is_never_worse(seed, method):
    table = panel(seed=seed)
    made = composite_index(table, NAMES, direction=DIRECTION, method=method)
    assert made.scores.between(0, 1).all()
    assert made.weights["weight"].sum() == pytest.approx(1, rel=1e-12)
    assert (made.weights["weight"] >= 0).all()
    best = pd.DataFrame(
        {name: [table[name].max() if DIRECTION[name] == "benefit" else table[name].min()] for name in NAMES},
        index=pd.MultiIndex.from_tuples([("best", 2010)], names=["region", "time"]),
    )
    assert composite_index(pd.concat([table, best]), NAMES, direction=DIRECTION, method=method).scores.iloc[
        -1
    ] == pytest.approx(1, rel=1e-12)


@given(st.integers(0, 10**6), st.sampled_from(["entropy", "critic", "equal"]), st.booleans(), st.booleans())
@settings(max_examples=30, deadline=None)
def test_dimensions_keep_what_must_hold(seed, weighting, topsis, nested):
    table = panel(seed=seed)
    how = {"method": "topsis", "weighting": weighting} if topsis else {"method": weighting}
    made = composite_index(table, DIMENSIONS, direction=DIRECTION, nested=nested, **how)
    assert made.scores.between(0, 1).all()
    assert made.dimensions.apply(lambda x: x.between(0, 1)).all(axis=None)
    assert made.weights["weight"].sum() == pytest.approx(1, rel=1e-12)
    assert made.dimension_weights["weight"].sum() == pytest.approx(1, rel=1e-12)
    of_dimension = made.weights.groupby("dimension")["weight"].sum()
    np.testing.assert_allclose(of_dimension[list(DIMENSIONS)], made.dimension_weights["weight"], rtol=1e-12)
    if not topsis:
        np.testing.assert_allclose(made.scaled[made.weights.index] @ made.weights["weight"], made.scores, rtol=1e-12)


def test_vector_scaling_is_that_of_hwang_and_yoon():
    table = panel()
    shares = {"gdp": 0.4, "parks": 0.3, "smoke": 0.2, "schools": 0.1}
    made = composite_index(
        table, NAMES, direction=DIRECTION, method="topsis", scaling="vector", weighting="stated", shares=shares
    )
    v = {n: [x / math.sqrt(sum(y * y for y in table[n])) * shares[n] for x in table[n]] for n in NAMES}
    for i, score in enumerate(made.scores):
        plus = minus = 0.0
        for name in NAMES:
            best, worst = (max, min) if DIRECTION[name] == "benefit" else (min, max)
            plus += (v[name][i] - best(v[name])) ** 2
            minus += (v[name][i] - worst(v[name])) ** 2
        assert score == pytest.approx(math.sqrt(minus) / (math.sqrt(plus) + math.sqrt(minus)), rel=1e-12)


def test_stated_shares_are_published_weights():
    table = panel()
    shares = {"gdp": 0.33, "parks": 0.33, "smoke": 0.17, "schools": 0.16}
    made = composite_index(table, NAMES, direction=DIRECTION, method="stated", shares=shares)
    w = {name: share / 0.99 for name, share in shares.items()}
    np.testing.assert_allclose(made.scores, sum_by_hand(scaled_by_hand(table), w), rtol=1e-12)
    assert "sum to 0.99" in made.notes[0]


def test_stated_bounds_replace_the_values_found():
    table = panel()
    bounds = {"gdp": (0.0, 1e6), "smoke": (0, 5000)}
    made = composite_index(table, NAMES, direction=DIRECTION, bounds=bounds)
    columns = scaled_by_hand(table)
    columns["gdp"] = [v / 1e6 for v in table["gdp"]]
    columns["smoke"] = [(5000 - v) / 5000 for v in table["smoke"]]
    w = entropy_by_hand(columns)
    np.testing.assert_allclose(made.scores, sum_by_hand(columns, w), rtol=1e-12)
    assert made.weights.loc["smoke", ["low", "high"]].tolist() == [0, 5000]
    assert made.weights.loc["parks", ["low", "high"]].tolist() == [table["parks"].min(), table["parks"].max()]
    half = composite_index(table.iloc[:9], NAMES, direction=DIRECTION, bounds=bounds, method="equal")
    np.testing.assert_allclose(half.scaled["gdp"], made.scaled["gdp"].iloc[:9], rtol=1e-14)
    json.dumps(made.spec.to_dict())
    ask = {"direction": DIRECTION}
    with pytest.raises(InputError, match="'gdp' lies outside its bounds 0 to 1"):
        composite_index(table, NAMES, bounds={"gdp": (0, 1)}, **ask)
    with pytest.raises(UnknownNameError, match="'gpd'"):
        composite_index(table, NAMES, bounds={"gpd": (0, 1)}, **ask)
    for wrong in ((1, 0), (0,), "01", (0, np.inf), 5):
        with pytest.raises(InputError, match="two ascending numbers"):
            composite_index(table, NAMES, bounds={"gdp": wrong}, **ask)
    with pytest.raises(InputError, match="bounds must be a mapping"):
        composite_index(table, NAMES, bounds=[(0, 1)], **ask)
    with pytest.raises(OptionError, match="bounds= does nothing"):
        composite_index(table, NAMES, bounds=bounds, method="pca", **ask)


def test_topsis_takes_the_weights_it_is_given():
    table = panel()
    shares = {"gdp": 0.4, "parks": 0.3, "smoke": 0.2, "schools": 0.1}
    stated = composite_index(table, NAMES, direction=DIRECTION, method="topsis", shares=shares)
    judged = composite_index(table, NAMES, direction=DIRECTION, method="topsis", pairwise=matrix(NAMES, shares))
    by_hand = topsis_by_hand(scaled_by_hand(table), shares)
    np.testing.assert_allclose(stated.scores, by_hand, rtol=1e-12)
    np.testing.assert_allclose(judged.scores, by_hand, rtol=1e-12)
    assert (stated.spec.options["weighting"], judged.spec.options["weighting"]) == ("stated", "ahp")


def matrix(names, w):
    return pd.DataFrame([[w[a] / w[b] for b in names] for a in names], index=names, columns=names)


def test_consistent_comparisons_give_back_their_weights():
    table = panel()
    w = {"gdp": 0.4, "parks": 0.3, "smoke": 0.2, "schools": 0.1}
    pairs = matrix(NAMES, w).sample(frac=1, random_state=2)  # labels count, not places
    made = composite_index(table, NAMES, direction=DIRECTION, method="ahp", pairwise=pairs)
    np.testing.assert_allclose(made.weights["weight"], list(w.values()), rtol=1e-12)
    assert made.consistency.loc["indicators", "eigenvalue"] == pytest.approx(4, rel=1e-12)
    assert made.consistency.loc["indicators", "consistency_ratio"] == pytest.approx(0, abs=1e-12)
    json.dumps(made.spec.to_dict())


def test_a_hierarchy_of_comparisons():
    pairwise = {
        "economy": matrix(DIMENSIONS["economy"], {"gdp": 0.75, "schools": 0.25}),
        "nature": matrix(DIMENSIONS["nature"], {"smoke": 0.5, "parks": 0.5}),
        "dimensions": matrix(list(DIMENSIONS), {"economy": 0.6, "nature": 0.4}),
    }
    made = composite_index(panel(), DIMENSIONS, direction=DIRECTION, method="ahp", pairwise=pairwise)
    assert made.weights["weight"].round(12).to_dict() == {"gdp": 0.45, "schools": 0.15, "smoke": 0.2, "parks": 0.2}
    assert len(made.consistency) == 3


def test_inconsistent_comparisons_have_the_eigenvalue_of_their_closed_form():
    # Characteristic polynomial of [[1, a, b], [1/a, 1, c], [1/b, 1/c, 1]]: with x = a c / b,
    # the largest root is 1 + x^(1/3) + x^(-1/3), in closed form.
    a, b, c = 3.0, 0.5, 4.0
    names = NAMES[:3]
    pairs = pd.DataFrame([[1, a, b], [1 / a, 1, c], [1 / b, 1 / c, 1]], index=names, columns=names)
    table = panel()[names]
    up = {name: DIRECTION[name] for name in names}
    with pytest.raises(InputError, match=r"consistency ratio of 1\.174"):
        composite_index(table, names, direction=up, method="ahp", pairwise=pairs)
    made = composite_index(table, names, direction=up, method="ahp", pairwise=pairs, inconsistent="keep")
    x = a * c / b
    largest = 1 + x ** (1 / 3) + x ** (-1 / 3)
    row = made.consistency.loc["indicators"]
    assert row["eigenvalue"] == pytest.approx(largest, rel=1e-12)
    assert row["consistency_index"] == pytest.approx((largest - 3) / 2, rel=1e-12)
    assert row["consistency_ratio"] == pytest.approx((largest - 3) / 2 / 0.5245, rel=1e-12)
    # For three items the eigenvector is the geometric mean of the rows.
    geometric = np.cbrt(pairs.prod(axis=1))
    np.testing.assert_allclose(made.weights["weight"], geometric / geometric.sum(), rtol=1e-12)
    assert "contradict" in made.notes[0]


@pytest.mark.parametrize("order", [3, 4, 5, 7, 10])
def test_random_indices_are_those_of_random_matrices(order):
    from spatial_region.measure._ahp import RANDOM_INDEX

    rng = np.random.default_rng(order)
    scale = np.concatenate([1 / np.arange(9, 1, -1), np.arange(1, 10)])
    draws = 6000
    matrices = np.ones((draws, order, order))
    rows, columns = np.triu_indices(order, 1)
    above = rng.choice(scale, (draws, len(rows)))
    matrices[:, rows, columns], matrices[:, columns, rows] = above, 1 / above
    index = (np.abs(np.linalg.eigvals(matrices)).max(axis=1) - order) / (order - 1)
    error = index.std() / math.sqrt(draws)
    assert abs(index.mean() - RANDOM_INDEX[order]) < 4 * error
    assert error < 0.01


# -- labels, ranks, missing values, study --------------------------------------------------------------------------


def test_ranks_are_within_a_time_and_ties_share_the_better():
    index = pd.MultiIndex.from_product([["a", "b", "c"], [1, 2]], names=["region", "time"])
    table = pd.DataFrame({"x": [3.0, 0, 3, 5, 1, 5], "y": [3.0, 0, 3, 5, 1, 5]}, index=index)
    made = composite_index(table, ["x", "y"], direction="benefit", method="equal")
    assert made.ranks.unstack().to_numpy().tolist() == [[1, 3], [1, 1], [3, 1]]


def test_a_study_gives_names_and_its_order(panel_study):
    made = composite_index(panel_study, ["x", "y"], direction={"x": "cost", "y": "benefit"})
    assert made.scores.index.equals(panel_study.data.index)
    table = made.table()
    assert table.columns.tolist() == ["name", "score", "rank"]
    by_table = composite_index(panel_study.data, ["x", "y"], direction={"x": "cost", "y": "benefit"})
    np.testing.assert_array_equal(by_table.scores, made.scores)
    assert "entropy, 2 indicators" in made.summary()
    assert "Scores at 2020" in made.summary()


def test_missing_rows_raise_or_stay_without_a_score():
    table = panel()
    table.iloc[4, 1] = np.nan
    with pytest.raises(MissingValuesError, match="'parks' missing in 1 of 21 rows"):
        composite_index(table, NAMES, direction=DIRECTION)
    made = composite_index(table, NAMES, direction=DIRECTION, missing="drop")
    assert made.scores.isna().tolist() == [i == 4 for i in range(21)]
    assert made.ranks.isna().sum() == 1
    rest = composite_index(table.drop(table.index[4]), NAMES, direction=DIRECTION)
    np.testing.assert_array_equal(made.scores.dropna(), rest.scores)
    assert made.notes[0].startswith("Without a score")


def test_messages_name_regions_and_times(panel_study):
    regions = panel_study.regions.assign(called=["Region " + region for region in panel_study.ids])
    data = panel_study.data.copy()
    data.iloc[4, 0] = np.nan
    study = sr.make_study(regions, data, name="called")
    with pytest.raises(MissingValuesError, match=r"'y' missing in 1 of 192 rows: Region r00c01 \(r00c01\) at 2010\."):
        composite_index(study, ["x", "y"], direction="benefit")


def test_the_caller_keeps_his_table():
    table = panel()
    before = table.copy()
    composite_index(table, DIMENSIONS, direction=DIRECTION, method="topsis")
    pd.testing.assert_frame_equal(table, before)


# -- refusals -------------------------------------------------------------------------------------------------------


def test_constants_are_refused_by_name_and_time():
    table = panel()
    table["parks"] = 2.0
    with pytest.raises(ConstantVariableError, match="parks"):
        composite_index(table, NAMES, direction=DIRECTION)
    table = panel()
    table.loc[(slice(None), 2015), "smoke"] = 1.0
    composite_index(table, NAMES, direction=DIRECTION)
    with pytest.raises(ConstantVariableError, match="2015.*smoke.*pooled=True"):
        composite_index(table, NAMES, direction=DIRECTION, pooled=False)


def test_directions_must_be_stated():
    table = panel()
    with pytest.raises(TypeError, match="direction"):
        composite_index(table, NAMES)
    with pytest.raises(InputError, match="not stated for 1 of 4 indicators: smoke"):
        composite_index(table, NAMES, direction={k: v for k, v in DIRECTION.items() if k != "smoke"})
    with pytest.raises(UnknownNameError, match="'smog'"):
        composite_index(table, NAMES, direction={**DIRECTION, "smog": -1})
    for wrong in ("good", 0, None, True, 2):
        with pytest.raises(InputError, match="direction of 'gdp'"):
            composite_index(table, NAMES, direction={**DIRECTION, "gdp": wrong})
    words = {"gdp": 1, "parks": "正向", "smoke": "-", "schools": "+"}
    same = composite_index(table, NAMES, direction=words)
    np.testing.assert_array_equal(same.scores, composite_index(table, NAMES, direction=DIRECTION).scores)
    series = composite_index(table, NAMES, direction=pd.Series(DIRECTION))
    np.testing.assert_array_equal(series.scores, same.scores)


@pytest.mark.parametrize(
    ("error", "match", "options"),
    [
        (OptionError, "'entropy'", {"method": "entorpy"}),
        (OptionError, "weighting= does nothing", {"weighting": "equal"}),
        (OptionError, "scaling= does nothing", {"scaling": "vector"}),
        (OptionError, "scaling= does nothing", {"method": "topsis", "scaling": "vector", "weighting": "critic"}),
        (OptionError, "shift= does nothing", {"method": "critic", "shift": 0.1}),
        (OptionError, "shares= does nothing", {"shares": {"gdp": 1}}),
        (OptionError, "pairwise= does nothing", {"pairwise": pd.DataFrame()}),
        (OptionError, "components= does nothing", {"components": 2}),
        (InputError, "shift must be", {"shift": -0.1}),
        (InputError, "need shares=", {"method": "stated"}),
        (InputError, "need pairwise=", {"method": "ahp"}),
        (InputError, "shares lack", {"method": "stated", "shares": {"gdp": 1}}),
        (InputError, "must sum to 1", {"method": "stated", "shares": dict.fromkeys(NAMES, 0.2)}),
        (
            InputError,
            "positive number",
            {"method": "stated", "shares": dict(zip(NAMES, [0.5, 0.5, 0, 0], strict=True))},
        ),
        (UnknownNameError, "'x'", {"method": "stated", "shares": {**dict.fromkeys(NAMES, 0.2), "x": 0.2}}),
        (InputError, "components must be", {"method": "pca", "components": 5}),
        (InputError, "components must be", {"method": "pca", "components": 1.5}),
        (InputError, "must be a DataFrame", {"method": "ahp", "pairwise": [[1]]}),
    ],
)
def test_unfit_options_are_refused(error, match, options):
    with pytest.raises(error, match=match):
        composite_index(panel(), NAMES, direction=DIRECTION, **options)


def test_unfit_comparisons_are_refused():
    pairs = matrix(NAMES, {"gdp": 0.4, "parks": 0.3, "smoke": 0.2, "schools": 0.1})
    ask = {"direction": DIRECTION, "method": "ahp"}
    with pytest.raises(AlignmentError, match="schools"):
        composite_index(panel(), NAMES, pairwise=pairs.iloc[:3], **ask)
    one_sided = pairs.copy()
    one_sided.loc["gdp", "parks"] = 5.0
    with pytest.raises(InputError, match="not reciprocal"):
        composite_index(panel(), NAMES, pairwise=one_sided, **ask)
    with pytest.raises(InputError, match="positive"):
        composite_index(panel(), NAMES, pairwise=-pairs, **ask)
    with pytest.raises(InputError, match="1 / 3"):
        composite_index(panel(), NAMES, pairwise=pairs.astype(str), **ask)
    with pytest.raises(InputError, match="mapping of dimension to matrix"):
        composite_index(panel(), DIMENSIONS, pairwise=pairs, **ask)
    with pytest.raises(InputError, match="'nature' is absent"):
        composite_index(
            panel(), DIMENSIONS, pairwise={"economy": matrix(["gdp", "schools"], {"gdp": 1, "schools": 1})}, **ask
        )
    rounded = pairs.round(2)  # as printed
    assert composite_index(panel(), NAMES, pairwise=rounded, **ask).weights["weight"].sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("error", "indicators"),
    [
        (InputError, []),
        (InputError, "gdp"),
        (InputError, [1]),
        (DuplicateError, ["gdp", "gdp"]),
        (DuplicateError, {"a": ["gdp"], "b": ["gdp"]}),
        (UnknownNameError, ["gpd"]),
        (InputError, {"a": []}),
        (InputError, {"dimensions": ["gdp"], "b": ["parks"]}),
    ],
)
def test_unfit_indicators_are_refused(error, indicators):
    with pytest.raises(error):
        composite_index(panel(), indicators, direction="benefit")


def test_unfit_tables_are_refused():
    table = panel()
    ask = {"direction": "benefit"}
    with pytest.raises(InputError, match="pass a Study, or a DataFrame"):
        composite_index(table.to_numpy(), NAMES, **ask)
    with pytest.raises(DuplicateError, match="r0"):
        composite_index(table.droplevel("time"), NAMES, **ask)
    with pytest.raises(InputError, match="no rows"):
        composite_index(table.iloc[:0], NAMES, **ask)
    with pytest.raises(InputError, match="infinite"):
        composite_index(table.replace(table.iloc[0, 0], np.inf), NAMES, **ask)
    with pytest.raises(InputError, match="must be numeric"):
        composite_index(table.assign(gdp="much"), NAMES, **ask)
    with pytest.raises(InputError, match="at least two regions"):
        composite_index(table.iloc[:1], NAMES, **ask)
    with pytest.raises(InputError, match="negative values"):
        composite_index(table.assign(gdp=-table["gdp"]), NAMES, method="topsis", scaling="vector", **ask)


def test_indicators_that_repeat_one_another_have_no_critic_weights():
    table = panel().assign(twice=lambda t: 2 * t["gdp"] + 1)
    with pytest.raises(InputError, match="perfectly correlated"):
        composite_index(table, ["gdp", "twice"], direction="benefit", method="critic")


def test_a_dimension_in_balance_cannot_be_weighted():
    table = panel().assign(debt=lambda t: t["gdp"])
    dimensions = {"money": ["gdp", "debt"], "nature": ["parks", "smoke"]}
    up = {"gdp": 1, "debt": -1, "parks": 1, "smoke": -1}
    with pytest.raises(ConstantVariableError, match="money"):
        composite_index(table, dimensions, direction=up, method="equal")


def test_a_dimension_of_one_indicator_is_that_indicator():
    dimensions = {"money": ["gdp"], "rest": ["parks", "schools"]}
    for method in ("entropy", "critic", "equal"):
        made = composite_index(panel(), dimensions, direction="benefit", method=method)
        np.testing.assert_allclose(made.dimensions["money"], made.scaled["gdp"], rtol=1e-12)
        assert made.weights.loc["gdp", "within"] == 1


def test_coefficients_that_are_no_weights_are_said():
    rng = np.random.default_rng(5)
    common = rng.normal(size=60)
    table = pd.DataFrame({f"x{i}": common + 0.5 * rng.normal(size=60) for i in range(4)})
    table["against"] = -common + 0.5 * rng.normal(size=60)
    names = list(table)
    made = composite_index(table.rename("r{}".format), names, direction="benefit", method="pca")
    assert made.weights["weight"].isna().all()
    assert "against" in made.notes[-1]
    turned = composite_index(
        table.rename("r{}".format), names, direction={n: -1 if n == "against" else 1 for n in names}, method="pca"
    )
    assert turned.weights["weight"].sum() == pytest.approx(1)
    assert abs(np.corrcoef(turned.scores, common)[0, 1]) > 0.95
