"""LISA transitions and Markov chains of classes: giddy's numbers, plain loops, and what input is refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import geopandas as gpd
import mapclassify
import numpy as np
import pandas as pd
import pytest
from libpysal import examples

import spatial_region as sr
from spatial_region.autocorr._steps import step_lengths
from spatial_region.errors import (
    AlignmentError,
    ConstantVariableError,
    DuplicateError,
    InputError,
    IslandWarning,
    MissingValuesError,
    OptionError,
    UnknownNameError,
    WeightsError,
)


@pytest.fixture(scope="module")
def us48() -> sr.Study:
    """Income per head of 48 states, 1929 to 2009 (usjoin, bundled with libpysal)."""
    frame = gpd.read_file(examples.get_path("us48.shp")).set_index("STATE_FIPS").set_crs(4269)
    table = pd.read_csv(examples.get_path("usjoin.csv"), dtype={"STATE_FIPS": str})
    table.index = table["STATE_FIPS"].str.zfill(2)
    income = table[[str(year) for year in range(1929, 2010)]].rename(columns=int).loc[frame.index].astype(float)
    index = pd.MultiIndex.from_product([frame.index, income.columns])
    data = pd.DataFrame({"income": income.to_numpy().ravel()}, index=index)
    return sr.make_study(frame, data, name="STATE_NAME").with_weights(queen=sr.contiguity(frame))


@pytest.fixture(scope="module")
def states(us48: sr.Study):
    return sr.lisa_transitions(us48, "income")


# Numbers of giddy 2.3.8 with libpysal 4.14.1 on us48, queen contiguity, order HH LH LL HL.
GIDDY_LISA_COUNTS = [[1087, 44, 4, 34], [41, 470, 36, 1], [5, 34, 1422, 39], [30, 1, 40, 552]]
# Its Spatial_Markov of incomes relative to the mean, 5 pooled quantiles of both: likelihood ratio and Q.
GIDDY_SPATIAL = {"LR": 170.6588284308426, "Q": 200.62372763076806, "df": 60}
GIDDY_SPATIAL_BY_TIME = {"LR": 180.78896819100862, "df": 52}
GIDDY_STEADY_STATE_OF_LAG_1 = [0.43509425180358, 0.26353269723063, 0.20363043984175, 0.06841982778683, 0.02932278333721]


def test_us48_has_the_counts_of_giddy(states):
    assert states.counts.to_numpy().tolist() == GIDDY_LISA_COUNTS
    assert list(states.counts.index) == ["HH", "LH", "LL", "HL"]
    np.testing.assert_allclose(states.probabilities.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(states.steady_state @ states.probabilities, states.steady_state, atol=1e-14)
    np.testing.assert_allclose(1 / np.diag(states.first_passage), states.steady_state, rtol=1e-12)


def test_everything_that_giddy_gets_right_is_equal(us48, states):
    """Runs where giddy is installed (2.3.8 asks for an older esda than others need, so nothing depends on it)."""
    markov = pytest.importorskip("giddy.markov")
    wide = us48.wide("income")
    graph = us48.weights["queen"].to_w()
    graph.transform = "r"
    peer = markov.LISA_Markov(wide.to_numpy(), graph)
    quadrants = np.array(["", "HH", "LH", "LL", "HL"], dtype=object)[peer.q]
    assert (states.quadrants.to_numpy() == quadrants).all()
    np.testing.assert_allclose(states.steady_state, peer.steady_state, rtol=1e-10)
    np.testing.assert_allclose(states.first_passage, peer.mfpt, rtol=1e-10)
    relative = (wide / wide.mean()).to_numpy()
    for fixed, cut in [(True, "pooled"), (False, "by time")]:
        peer = markov.Spatial_Markov(relative, graph, k=5, m=5, fixed=fixed)
        ours = sr.spatial_markov(us48, "income", k=5, cut=cut, relative=True)
        assert (ours.counts.to_numpy().reshape(5, 5, 5) == peer.T).all()
        assert ours.likelihood_ratio.statistic == pytest.approx(peer.LR, rel=1e-10)
        assert ours.pearson.statistic == pytest.approx(peer.Q, rel=1e-10)
        assert ours.likelihood_ratio.df == peer.dof_hom
        if fixed:
            np.testing.assert_allclose(ours.steady_state, peer.S.astype(float), rtol=1e-9)
            np.testing.assert_allclose(ours.first_passage.to_numpy().reshape(5, 5, 5), peer.F, rtol=1e-9)
            alone = sr.markov(us48, "income", k=5, cut=cut, relative=True)
            assert (alone.counts.to_numpy() == peer.transitions).all()
            np.testing.assert_allclose(alone.chain.sojourn, markov.sojourn_time(peer.p), rtol=1e-10)


def test_independence_against_a_plain_calculation(us48, states):
    """giddy transposes the panel on the way, so that its statistic depends on the order of the states; ours cannot."""
    wide = us48.wide("income")
    high = (wide > wide.mean()).to_numpy().astype(int)
    shares = us48.weights["queen"].standardise("row").sparse
    near = (shares @ wide.to_numpy() > wide.mean().to_numpy()).astype(int)

    def chain(codes):
        counts = np.zeros((2, 2))
        for start, end in zip(codes[:, :-1].ravel(), codes[:, 1:].ravel(), strict=True):
            counts[start, end] += 1
        return counts / counts.sum(axis=1, keepdims=True)

    own_chain, near_chain = chain(high), chain(near)
    side = {"HH": (1, 1), "LH": (0, 1), "LL": (0, 0), "HL": (1, 0)}
    statistic = 0.0
    for start, row in states.counts.iterrows():
        for end, seen in row.items():
            (a, b), (c, d) = side[start], side[end]
            expected = row.sum() * own_chain[a, c] * near_chain[b, d]
            assert states.expected.loc[start, end] == pytest.approx(expected, rel=1e-12)
            statistic += (seen - expected) ** 2 / expected
    assert states.independence.statistic == pytest.approx(statistic, rel=1e-12) == pytest.approx(60.32690123888705)
    assert states.independence.df == 8


def test_independence_of_giddy_depends_on_the_order_of_the_table(us48, states):
    """giddy 2.3.8 estimates the two chains along the regions; along the times its own functions agree with ours."""
    giddy = pytest.importorskip("giddy.markov")
    wide, w = us48.wide("income"), us48.weights["queen"].standardise("row")

    def theirs(ids):
        graph = w.reorder(ids).to_w()
        graph.transform = "r"
        return giddy.LISA_Markov(wide.loc[ids].to_numpy(), graph).chi_2[0]

    assert abs(theirs(us48.ids) - theirs(us48.ids.sort_values())) > 10
    relative = (wide / wide.mean()).to_numpy()
    own = giddy.Markov(relative < 1, summary=False).p
    near = giddy.Markov(w.sparse @ relative < 1, summary=False).p
    order = [0, 2, 3, 1]  # of HH, HL, LH, LL, since a class of False comes first and is high
    product = np.kron(own, near)[np.ix_(order, order)]
    expected = states.counts.sum(axis=1).to_numpy()[:, None] * product
    statistic, _, df = giddy.chi2(states.counts.to_numpy(), expected)
    assert statistic == pytest.approx(states.independence.statistic, rel=1e-12)
    assert df == 9  # the two chains that were estimated are not counted


def test_quadrants_and_states_are_those_of_local_moran(us48):
    some = us48.between(1995, 2000)
    found = sr.lisa_transitions(some, "income", level=0.05, permutations=199, seed=3)
    for year in (1995, 1998):
        table = sr.local_moran(some, "income", at=year, permutations=199, seed=3).table(level=0.05)
        assert found.quadrants[year].tolist() == table["quadrant"].tolist()
        assert found.states[year].tolist() == table["cluster"].tolist()
    assert list(found.counts.index) == ["HH", "LH", "LL", "HL", "not significant"]
    assert found.counts.to_numpy().sum() == 48 * 5
    assert "level 0.05" in found.summary()
    assert found.spec.seed == 3
    assert found.types.equals(sr.lisa_transitions(some, "income").types)


def test_moves_add_up(states):
    table = states.table()
    assert len(table) == 48 * 80
    assert table["type"].value_counts().reindex(["0", "I", "II", "IIIA", "IIIB"]).tolist() == (
        states.type_counts.sum().tolist()
    )
    four = {"0": "IV", "I": "I", "II": "II", "IIIA": "III", "IIIB": "III"}
    assert (table["type"].map(four) == table["type_four"]).all()
    # Off-diagonal counts by type, from the matrix alone.
    counts = states.counts
    assert states.type_counts["IIIA"].sum() == counts.loc["HH", "LL"] + counts.loc["LL", "HH"]
    assert states.type_counts["IIIB"].sum() == counts.loc["HL", "LH"] + counts.loc["LH", "HL"]
    assert states.type_counts["0"].sum() == np.trace(counts)
    assert states.step_counts.groupby("state", sort=False).sum().to_numpy().tolist() == counts.to_numpy().tolist()
    last = pd.crosstab(states.quadrants[1929], states.quadrants[2009])
    assert states.first_last.counts.to_numpy().tolist() == (
        last.reindex(index=counts.index, columns=counts.index, fill_value=0).to_numpy().tolist()
    )
    share = states.cohesion.loc[(2007, 2008)]
    moves = states.type_counts.loc[(2007, 2008)]
    assert share["flux"] == (moves["I"] + moves["II"]) / 48
    assert share["cohesion"] == (moves["0"] + moves["IIIA"]) / 48


def test_members_are_named_by_move():
    table, w = chained({1: [9, 8, 1, 2], 2: [9, 2, 1, 8], 3: [9, 8, 1, 2]}, names=["京", "津", "冀", "晋"])
    found = sr.lisa_transitions(table, w=w).members()
    moves = ["quadrant_from", "quadrant_to", "type", "type_four"]
    # By hand, against a mean of 5; the neighbours of the third average 5, which counts as low.
    assert found.loc[(1, 2), moves].to_numpy().tolist() == [
        ["HH", "HL", "II", "II"],
        ["LL", "LL", "0", "IV"],
        ["LL", "HL", "I", "I"],
        ["HL", "LL", "I", "I"],
    ]
    assert found.loc[(1, 2), "names"].tolist() == [["京"], ["冀"], ["晋"], ["津"]]
    ends = sr.lisa_transitions(table, w=w).members(first_last=True)
    assert ends["type"].eq("0").all()
    assert ends["count"].sum() == 4


def test_table_follows_regions_then_time(us48):
    found = sr.lisa_transitions(us48.between(2005, 2008), "income").table()
    assert found.index.get_level_values(0).tolist() == np.repeat(us48.ids, 3).tolist()
    assert found.index.to_frame()["from"].tolist() == [2005, 2006, 2007] * 48


def chained(values: dict, names=None, links=None):
    """A row of regions, each the neighbour of the next, and their values by time."""
    table = pd.DataFrame(values)
    n = len(table)
    table.index = names or list("abcdefghij")[:n]
    matrix = np.zeros((n, n))
    for i, j in links or [(i, i + 1) for i in range(n - 1)]:
        matrix[i, j] = matrix[j, i] = 1
    return table, sr.Weights(table.index, matrix)


def test_islands_are_undefined_and_left_out():
    table, w = chained(
        {1: [1, 2, 3, 9, 5], 2: [3, 2, 1, 9, 5], 3: [1, 2, 3, 1, 9]}, links=[(0, 1), (1, 2), (2, 3)],
        names=["北京", "天津", "河北", "山西", "海南"],
    )  # fmt: skip
    found = sr.lisa_transitions(table, w=w)
    assert (found.quadrants.loc["海南"] == "undefined").all()
    assert (found.table().loc["海南", ["type", "type_four"]] == "undefined").all(axis=None)
    assert found.counts.to_numpy().sum() == 4 * 2
    assert found.cohesion["moves"].tolist() == [4, 4]
    assert "海南" in found.summary()
    chain = sr.spatial_markov(table, w=w, k=2)
    assert chain.counts.to_numpy().sum() == 4 * 2
    assert (chain.lag_classes.loc["海南"] == "undefined").all()
    assert "海南" in chain.summary()
    assert sr.markov(table, k=2).counts.to_numpy().sum() == 5 * 2  # no neighbours needed


def test_missing_values_are_named_with_their_time():
    table, w = chained({1: [1, 2, 3, 9, 5], 2: [3, np.nan, 1, 9, 5], 3: [1, np.nan, 3, np.inf, 9]})
    with pytest.raises(MissingValuesError, match=r"2 of 5 regions: b at 2, 3; d at 3"):
        sr.lisa_transitions(table, w=w)
    with pytest.warns(IslandWarning, match="3 of 3 regions"), pytest.raises(WeightsError, match="no region has"):
        sr.lisa_transitions(table, w=w, missing="drop")
    ring, w = chained({1: [1, 2, 3, 9], 2: [3, np.nan, 1, 9]}, links=[(0, 1), (1, 2), (2, 3), (3, 0)])
    found = sr.lisa_transitions(ring, w=w, missing="drop")
    assert found.quadrants.index.tolist() == ["a", "c", "d"]
    assert found.quadrants.equals(sr.lisa_transitions(ring.drop("b"), w=w.subset(["a", "c", "d"])).quadrants)
    assert "b" in found.summary()


def test_steps_of_other_lengths():
    table, w = chained({2000: [1, 2, 3, 9], 2005: [3, 2, 1, 9], 2010: [1, 3, 2, 9], 2011: [1, 2, 9, 3]})
    for refused in (lambda: sr.lisa_transitions(table, w=w), lambda: sr.markov(table, k=2)):
        with pytest.raises(InputError, match=r"most are 5, but 2010 to 2011 \(1\)"):
            refused()
    assert "NOT of one length (1 to 5)" in sr.lisa_transitions(table, w=w, gaps="keep").summary()
    assert "3, each of 5" in sr.lisa_transitions(table.rename(columns={2011: 2015}), w=w).summary()
    words = table.set_axis(["base", "mid", "new", "old"], axis=1)
    dates = table.set_axis(pd.to_datetime(["2000-01-01", "2005-01-01", "2010-01-01", "2015-01-01"]), axis=1)
    assert "each of 60 months" in sr.lisa_transitions(dates, w=w).summary()
    assert "unknown length" in sr.lisa_transitions(words, w=w).summary()


def test_lengths_of_steps():
    assert step_lengths([2000, 2001, 2003]) == [1, 2]
    assert step_lengths(["2000", "2005"]) == [5]
    assert step_lengths(list(pd.period_range("2000-01", periods=3, freq="Q"))) == [1, 1]
    assert step_lengths(list(pd.date_range("2000-01-01", periods=4, freq="YS"))) == [12, 12, 12]  # leap year or not
    assert step_lengths([pd.Timestamp("2000-01-01"), pd.Timestamp("2000-01-08")]) == [7]
    assert step_lengths(["before", "after"]) is None


def test_refusals(us48):
    table, w = chained({1: [1, 2, 3, 9], 2: [4, 4, 4, 4], 3: [1, 2, 3, 9]})
    with pytest.raises(ConstantVariableError, match="at 2;"):
        sr.lisa_transitions(table, w=w)
    with pytest.raises(InputError, match="at least two times"):
        sr.lisa_transitions(table[[1]], w=w)
    with pytest.raises(InputError, match="without time"):
        sr.lisa_transitions(us48.at(2000), "income")
    with pytest.raises(InputError, match="say which variable"):
        sr.lisa_transitions(us48)
    with pytest.raises(InputError, match="Study with time"):
        sr.lisa_transitions(table.to_numpy(), w=w)
    with pytest.raises(UnknownNameError, match="incom"):
        sr.lisa_transitions(us48, "incom")
    with pytest.raises(WeightsError, match="needs weights"):
        sr.lisa_transitions(table[[1, 3]])
    with pytest.raises(AlignmentError, match="z"):
        sr.lisa_transitions(table.rename(index={"a": "z"}), w=w)
    with pytest.raises(DuplicateError, match="found twice"):
        sr.lisa_transitions(table.set_axis([1, 1, 2], axis=1), w=w)
    with pytest.raises(InputError, match="level"):
        sr.lisa_transitions(us48, "income", level=5)
    with pytest.raises(InputError, match="there is none without level="):
        sr.lisa_transitions(us48, "income", correction="fdr")
    with pytest.raises(OptionError, match="gaps"):
        sr.lisa_transitions(us48, "income", gaps="fill")
    with pytest.raises(InputError, match="must be numeric"):
        sr.lisa_transitions(table.astype(object).replace(9, "nine"), w=w)


def test_classes_that_cannot_be_made(us48):
    table = pd.DataFrame({1: [0, 0, 0, 0, 1], 2: [1, 2, 3, 4, 5]}, index=list("abcde"))
    with pytest.raises(InputError, match="too many equal values at 1 for 4"):
        sr.markov(table, k=4)
    with pytest.raises(InputError, match="must be positive; it is not at 1"):
        sr.markov(table - 5, k=2, relative=True)
    with pytest.raises(InputError, match="labels must name each of the 2"):
        sr.markov(table, k=2, labels=["low"])
    with pytest.raises(InputError, match="rising"):
        sr.markov(table, bins=[1, 1])
    with pytest.raises(OptionError, match="cut"):
        sr.markov(us48, "income", cut="yearly")
    with pytest.raises(OptionError, match="lag_bins"):
        sr.spatial_markov(us48, "income", lag_bins="own")
    with pytest.raises(InputError, match="k must be"):
        sr.markov(us48, "income", k=1)


def test_given_edges_and_names():
    table = pd.DataFrame({1: [1, 2, 3, 4], 2: [2, 3, 4, 5]}, index=list("abcd"))
    found = sr.markov(table, bins=[2, 3], labels=["低", "中", "高"])
    assert found.classes[1].tolist() == ["低", "低", "中", "高"]  # the upper edge belongs to a class
    assert found.counts.to_numpy().tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 1]]
    assert found.chain.absorbing == ["高"]
    assert found.steady_state.tolist() == [0, 0, 1]
    assert "absorbing" in found.summary()
    assert found.table().query("count > 0")["probability"].tolist() == [0.5, 0.5, 1, 1]


def test_quantiles_by_time_hold_equally_many(us48):
    found = sr.markov(us48, "income", k=4)
    wide = us48.wide("income")
    for year in (1929, 1970, 2009):
        assert found.classes[year].tolist() == (mapclassify.Quantiles(wide[year], k=4).yb + 1).tolist()
    assert found.classes.apply(pd.Series.value_counts).isin([11, 12, 13]).all(axis=None)  # 12, but for equal incomes
    np.testing.assert_allclose(found.steady_state, 0.25, atol=0.01)  # ranks only change places
    assert found.step_counts.to_numpy().sum() == 48 * 80


def test_spatial_markov_by_counting(us48):
    found = sr.spatial_markov(us48, "income", k=3, lag_bins="variable", relative=True, cut="pooled")
    assert found.edges.equals(found.lag_edges)
    seen = found.counts * 0
    for region in us48.ids:
        for start, end in zip(range(1929, 2009), range(1930, 2010), strict=True):
            row = (found.lag_classes.loc[region, start], found.classes.loc[region, start])
            seen.loc[row, found.classes.loc[region, end]] += 1
    assert seen.equals(found.counts)
    assert found.pooled.counts.equals(sr.markov(us48, "income", k=3, relative=True, cut="pooled").counts)
    assert found.table()["count"].sum() == 48 * 80


def test_spatial_markov_numbers_of_giddy(us48):
    found = sr.spatial_markov(us48, "income", k=5, cut="pooled", relative=True)
    assert found.likelihood_ratio.statistic == pytest.approx(GIDDY_SPATIAL["LR"], rel=1e-10)
    assert found.pearson.statistic == pytest.approx(GIDDY_SPATIAL["Q"], rel=1e-10)
    assert found.pearson.df == GIDDY_SPATIAL["df"]
    np.testing.assert_allclose(found.steady_state.loc[1], GIDDY_STEADY_STATE_OF_LAG_1, rtol=1e-10)
    by_time = sr.spatial_markov(us48, "income", k=5, relative=True)
    assert by_time.likelihood_ratio.statistic == pytest.approx(GIDDY_SPATIAL_BY_TIME["LR"], rel=1e-10)
    assert by_time.likelihood_ratio.df == GIDDY_SPATIAL_BY_TIME["df"]


@pytest.mark.parametrize("kind", ["lisa", "spatial"])
def test_order_and_names_of_regions_do_not_matter(us48, kind):
    def run(table, w):
        if kind == "lisa":
            return sr.lisa_transitions(table, w=w, level=0.1, permutations=99)
        return sr.spatial_markov(table, w=w, k=4)

    wide, w = us48.wide("income")[list(range(1990, 2000))], us48.weights["queen"]
    first = run(wide, w)
    shuffled = wide.sample(frac=1, random_state=1)
    second = run(shuffled, w)
    name = "states" if kind == "lisa" else "classes"
    assert getattr(second, name).index.equals(shuffled.index)
    assert getattr(second, name).loc[wide.index].equals(getattr(first, name))
    assert second.counts.equals(first.counts)
    renamed = {region: f"省{1000 - place}" for place, region in enumerate(us48.ids)}
    other = sr.Weights(w.ids.map(renamed), w.sparse, w.recipe)
    third = (sr.lisa_transitions if kind == "lisa" else run)(wide.rename(index=renamed), w=other)
    if kind == "lisa":
        assert third.quadrants.to_numpy().tolist() == first.quadrants.to_numpy().tolist()
    else:
        assert third.counts.equals(first.counts)


def test_nothing_of_the_caller_changes(us48):
    wide = us48.wide("income")
    before = wide.copy()
    found = sr.lisa_transitions(wide, w=us48.weights["queen"])
    assert wide.equals(before)
    with pytest.raises(FrozenInstanceError):
        found.level = 0.1


def test_published_quadrants_follow_the_same_conventions(shared_reference):
    """31 provinces in four years, as printed: the moves that a reader would count by hand."""
    path = shared_reference.parent / "data" / "urbanisation_quadrants.csv"
    if not path.is_file():
        pytest.skip("the printed table is not present")
    printed = pd.read_csv(path).pivot(index="province", columns="year", values="quadrant")
    from spatial_region.autocorr._moves import MOVES, move_types

    own, near = (printed.map(lambda q, place=place: int(q[place] == "H")).to_numpy() for place in (0, 1))
    kinds = move_types(own, near)
    for step, (start, end) in enumerate([(2003, 2008), (2008, 2013), (2013, 2018)]):
        stays = (printed[start] == printed[end]).sum()
        assert (kinds[:, step] == MOVES.index("0")).sum() == stays
        changed_own = (printed[start].str[0] != printed[end].str[0]) & (printed[start].str[1] == printed[end].str[1])
        assert (kinds[:, step] == MOVES.index("I")).sum() == changed_own.sum()


def test_weights_that_differ_by_time(us48):
    """Each time has its own neighbours; an island at one time is undefined then and not at others."""
    some, queen = us48.between(2000, 2002), us48.weights["queen"]
    cut = queen.sparse.toarray()
    cut[0] = cut[:, 0] = 0
    by_time = sr.WeightsByTime({2000: queen, 2001: sr.Weights(queen.ids, cut), 2002: queen})
    found = sr.lisa_transitions(some, "income", w=by_time)
    fixed = sr.lisa_transitions(some, "income", w=queen)
    island = us48.ids[0]
    assert (found.quadrants == "undefined").sum().tolist() == [0, 1, 0]
    assert found.quadrants[2000].equals(fixed.quadrants[2000])
    assert (found.types.loc[island] == "undefined").all()
    assert found.counts.to_numpy().sum() == 2 * 47
    assert found.first_last.counts.equals(fixed.first_last.counts)
    assert "others at other times" in found.spec.inputs["weights"]
    alone = sr.local_moran(some, "income", w=by_time.at(2001), at=2001, permutations=99)
    assert found.quadrants[2001].tolist() == alone.table()["quadrant"].tolist()
    assert sr.spatial_markov(some, "income", w=by_time, k=3).counts.to_numpy().sum() == 48 + 47
    with pytest.raises(WeightsError, match="no weights for 1 of 3 times"):
        sr.lisa_transitions(some, "income", w=sr.WeightsByTime({2000: queen, 2002: queen}))
