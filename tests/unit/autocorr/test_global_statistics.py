"""Geary, G, join counts, bivariate Moran, Lee and Moran of rates: peers, invariances, and what is refused."""

from __future__ import annotations

import esda
import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest
from conftest import lattice
from esda.smoothing import assuncao_rate
from libpysal import examples
from scipy import sparse as sp
from scipy import stats

import spatial_region as sr
from spatial_region.autocorr.rates import standardised_rates
from spatial_region.errors import (
    AlignmentError,
    ConstantVariableError,
    InputError,
    MissingValuesError,
    OptionError,
    SmallSampleWarning,
    UnknownNameError,
    WeightsError,
)

UNIVARIATE = [sr.geary, sr.getis_ord_g, sr.join_count]
PAIRED = [sr.bivariate_moran, sr.lee]


@pytest.fixture
def mapped(grid) -> gpd.GeoDataFrame:
    """Cells with quantities and a category."""
    use = np.where(grid["smooth"] > 7, "urban", np.where(grid["noise"] > 0, "forest", "field"))
    return grid.assign(positive=grid["smooth"] + 5, other=grid["smooth"] + 3 * grid["noise"], use=use)


# -- peers: esda 2.9.0 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["HOVAL", "INC", "CRIME"])
def test_geary_and_g_agree_with_esda(columbus, variable):
    w, y = sr.contiguity(columbus), columbus[variable].to_numpy()
    peer, ours = esda.Geary(y, w.to_w(), permutations=0), sr.geary(columbus, variable, w=w, permutations=0)
    random = sr.geary(columbus, variable, w=w, permutations=0, assumption="randomisation", alternative="less")
    np.testing.assert_allclose(
        [ours.C, ours.expected, ours.variance, ours.z, random.variance, random.z, random.p_normal],
        [peer.C, peer.EC, peer.VC_norm, peer.z_norm, peer.VC_rand, peer.z_rand, peer.p_rand],
        rtol=1e-10,
    )
    g, general = esda.G(y, w.to_w(), permutations=0), sr.getis_ord_g(columbus, variable, w=w, permutations=0)
    np.testing.assert_allclose(
        [general.G, general.expected, general.variance, general.z], [g.G, g.EG, g.VG, g.z_norm], rtol=1e-9
    )


def test_g_with_weights_of_distance_counts_them(columbus):
    """esda makes them binary; the formula with the weights, written out."""
    w = sr.inverse_distance(columbus, km=20)
    y, dense = columbus["INC"].to_numpy(), w.sparse.toarray()
    ours = sr.getis_ord_g(columbus, "INC", w=w, permutations=0)
    assert pytest.approx(y @ dense @ y / (np.outer(y, y).sum() - y @ y)) == ours.G
    assert "standardisation=none" in ours.spec.inputs["weights"]


def test_join_counts_agree_with_esda(columbus):
    w = sr.contiguity(columbus)
    high = (columbus["CRIME"] > columbus["CRIME"].median()).rename("high")
    peer = esda.Join_Counts(high.to_numpy().astype(int), w.to_w(), permutations=99)
    ours = sr.join_count(high, w=w, permutations=99)
    assert ours.counts.to_numpy().tolist() == [[peer.ww, peer.bw], [peer.bw, peer.bb]]
    assert ours.unlike == peer.bw
    assert (peer.bb, peer.ww, peer.bw) == (ours.BB, ours.WW, ours.BW)
    assert ours.counts.to_numpy().sum() - ours.unlike == peer.J


def test_permutation_p_agrees_with_esda(columbus):
    """Same tail, other draws: within four standard errors of the difference."""
    w, P = sr.contiguity(columbus), 1999
    y, x = columbus["HOVAL"].to_numpy(), columbus["CRIME"].to_numpy()
    np.random.seed(3)  # noqa: NPY002  # esda's global statistics draw from it
    pairs = [
        (esda.Geary(y, w.to_w(), permutations=P).p_sim, sr.geary(columbus, "HOVAL", w=w, permutations=P)),
        (esda.G(x, w.to_w(), permutations=P).p_sim, sr.getis_ord_g(columbus, "CRIME", w=w, permutations=P)),
        (
            esda.Moran_BV(y, x, w.to_w(), permutations=P).p_sim,
            sr.bivariate_moran(columbus, "HOVAL", other="CRIME", w=w, permutations=P),
        ),
    ]
    for theirs, ours in pairs:
        p = max(ours.p / 2, theirs)
        assert abs(ours.p / 2 - theirs) < 4 * np.sqrt(2 * p * (1 - p) / P) + 2 / P


def test_two_variables_agree_with_esda(columbus):
    w = sr.contiguity(columbus)
    y, x = columbus["HOVAL"].to_numpy(), columbus["INC"].to_numpy()
    ours = sr.bivariate_moran(columbus, "HOVAL", other="INC", w=w, permutations=0)
    assert pytest.approx(esda.Moran_BV(y, x, w.to_w(), permutations=0).I, rel=1e-12) == ours.I
    row = w.standardise("row")
    peer = esda.Spatial_Pearson(connectivity=sp.csr_matrix(row.sparse), permutations=0)
    peer.fit(y[:, None], x[:, None])
    assert pytest.approx(peer.association_[0, 1]) == sr.lee(columbus, "HOVAL", other="INC", w=w, permutations=0).L
    same = columbus.assign(again=columbus["HOVAL"])
    moran = sr.moran(columbus, "HOVAL", w=w, permutations=0)
    assert pytest.approx(moran.I) == sr.bivariate_moran(same, "HOVAL", other="again", w=w, permutations=0).I


def test_rates_agree_with_esda():
    """Sudden infant deaths in North Carolina, 1979 to 1984; 0.1662 and 0.0042 are also in esda's documentation."""
    table = gpd.read_file(examples.get_path("sids2.dbf"), ignore_geometry=True)
    peers = libpysal.io.open(examples.get_path("sids2.gal")).read()
    assert peers.id_order == table["FIPS"].tolist()  # esda matches by position
    table = table.set_index("FIPS")
    w = sr.Weights(pd.Index(peers.id_order), sp.csr_array(peers.sparse))
    ours = sr.moran_rates(table, "SID79", population="BIR79", w=w, permutations=99, alternative="greater")
    peer = esda.Moran_Rate(table["SID79"], table["BIR79"], peers, two_tailed=False, permutations=0)
    np.testing.assert_allclose([ours.I, ours.p_normal], [peer.I, peer.p_norm], rtol=1e-10)
    assert (round(ours.I, 4), round(ours.p_normal, 4)) == (0.1662, 0.0042)
    assert ours.spec.function == "moran_rates"
    assert ours.spec.inputs["mean_rate"] == pytest.approx(table["SID79"].sum() / table["BIR79"].sum())


def test_a_negative_variance_of_rates_is_replaced_as_in_the_source():
    """Rates closer to each other than chance: a < 0, and v_i = m / p_i where a + m / p_i < 0."""
    events, people = np.array([10.0, 21, 29, 2, 11]), np.array([1000.0, 2000, 3000, 210, 1000])
    z, prior = standardised_rates(events, people)
    assert prior.variance < 0
    raw = prior.variance + prior.mean / people
    assert (raw < 0).any()
    assert (raw > 0).any()
    by_hand = (events / people - prior.mean) / np.sqrt(np.where(raw < 0, prior.mean / people, raw))
    np.testing.assert_allclose(z, by_hand)
    np.testing.assert_allclose(z, assuncao_rate(events, people))


# -- invariances -----------------------------------------------------------------------------------------------


def answers(frame: gpd.GeoDataFrame, w: object, **options: object) -> dict[str, list[float]]:
    ask = {"w": w, "permutations": 499, **options}
    results = {
        "moran": sr.moran(frame, "smooth", **ask),
        "geary": sr.geary(frame, "noise", **ask),
        "g": sr.getis_ord_g(frame, "positive", **ask),
        "bivariate": sr.bivariate_moran(frame, "smooth", other="other", **ask),
        "lee": sr.lee(frame, "smooth", other="other", **ask),
        "rates": sr.moran_rates(frame, "other", population="positive", **ask)
        if (frame["other"] >= 0).all()
        else sr.moran(frame, "other", **ask),
        "joins": sr.join_count(frame, "use", **ask),
    }
    return {name: [one.statistic, one.expected, one.variance, one.p] for name, one in results.items()}


def test_the_order_of_rows_changes_nothing(mapped):
    w = sr.contiguity(mapped)
    shuffled = mapped.sample(frac=1, random_state=3)
    before, after = answers(mapped, w), answers(shuffled, sr.contiguity(shuffled))
    for name in before:
        np.testing.assert_array_equal(after[name], before[name], err_msg=name)


def test_the_scale_of_raw_weights_changes_no_p(mapped):
    raw = sr.contiguity(mapped)
    scaled = sr.Weights(raw.ids, raw.sparse * 7.5)
    before, after = answers(mapped, raw), answers(mapped, scaled)
    for name in before:
        assert after[name][-1] == before[name][-1], name
        if name not in {"g", "joins"}:  # whose statistics are in units of the weights
            np.testing.assert_allclose(after[name], before[name], rtol=1e-9, err_msg=name)


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1e6), (1e5, 1.0), (-3.0, -2.0)])
def test_units_of_the_variable_change_nothing(mapped, shift, scale):
    w = sr.contiguity(mapped)
    moved = mapped.assign(noise=mapped["noise"] * scale + shift, smooth=mapped["smooth"] * scale + shift)
    for function, options in (
        (sr.geary, {"variable": "noise"}),
        (sr.bivariate_moran, {"variable": "noise", "other": "smooth"}),
        (sr.lee, {"variable": "noise", "other": "smooth"}),
    ):
        one = function(mapped, w=w, permutations=499, **options)
        two = function(moved, w=w, permutations=499, **options)
        np.testing.assert_allclose(two.statistic, one.statistic, rtol=1e-7)
        assert two.p == one.p


def test_g_does_not_depend_on_units_but_on_the_zero(mapped):
    w = sr.contiguity(mapped)
    one = sr.getis_ord_g(mapped, "positive", w=w, permutations=499)
    scaled = sr.getis_ord_g(mapped.assign(positive=mapped["positive"] * 1e150), "positive", w=w, permutations=499)
    np.testing.assert_allclose([scaled.G, scaled.z, scaled.p], [one.G, one.z, one.p], rtol=1e-10)
    shifted = sr.getis_ord_g(mapped.assign(positive=mapped["positive"] + 100), "positive", w=w, permutations=0)
    assert pytest.approx(one.G, rel=1e-4) != shifted.G


def test_names_of_categories_change_nothing_and_their_own_order_is_kept(mapped):
    w = sr.contiguity(mapped)
    plain = sr.join_count(mapped, "use", w=w, permutations=99)
    chinese = mapped["use"].map({"urban": "城市", "field": "农田", "forest": "森林"})
    ordered = pd.Series(pd.Categorical(chinese, categories=["森林", "城市", "农田", "水体"]), index=mapped.index)
    named = sr.join_count(ordered.rename("用地"), w=w, permutations=99)
    assert list(named.counts.index) == ["森林", "城市", "农田"]
    assert named.counts.loc["森林", "城市"] == plain.counts.loc["forest", "urban"]
    assert named.p == plain.p
    assert "joins 森林 : 城市" in named.summary()


# -- behaviour -------------------------------------------------------------------------------------------------


def test_alternatives_speak_of_the_statistic(mapped):
    """Similar neighbours make C small, and unlike joins few; high values together make G large."""
    w = sr.contiguity(mapped)
    assert sr.geary(mapped, "smooth", w=w, permutations=499, alternative="less").p < 0.01
    assert sr.geary(mapped, "smooth", w=w, permutations=499, alternative="greater").p > 0.99
    joins = sr.join_count(mapped, "use", w=w, permutations=499, alternative="less")
    assert joins.p < 0.01
    assert joins.pairs.loc[("urban", "urban"), "p"] > 0.99
    corner = mapped.assign(positive=np.where(mapped["smooth"] > 10, 10.0, 1.0))
    assert sr.getis_ord_g(corner, "positive", w=w, permutations=499, alternative="greater").p < 0.01


@pytest.mark.filterwarnings("ignore::spatial_region.errors.IslandWarning")
@pytest.mark.parametrize("function", [sr.moran, *UNIVARIATE])
def test_islands_stay_in_n_and_add_nothing(function, mapped):
    far = lattice(1, 1).assign(geometry=lattice(1, 1).geometry.translate(1e6, 1e6), positive=7.5, use="urban")
    far.index = ["island"]
    both = pd.concat([mapped[["geometry", "positive", "use"]], far])
    variable = "use" if function is sr.join_count else "positive"
    ours = function(both, variable, w=sr.contiguity(both), permutations=99)
    alone = function(mapped, variable, w=sr.contiguity(mapped), permutations=99)
    assert ours.n == alone.n + 1
    assert ours.spec.inputs["islands"] == "island"
    if function is sr.join_count:
        assert ours.counts.equals(alone.counts)
    assert np.isfinite([ours.statistic, ours.expected, ours.variance, ours.p]).all()


@pytest.mark.parametrize("variable", ["noise", "positive", "use"])
def test_p_is_uniform_when_nothing_is_spatial(mapped, variable):
    """Shuffled maps: the p-values of 200 of them pass a Kolmogorov-Smirnov test."""
    w = sr.contiguity(mapped)
    rng = np.random.default_rng(5)
    function = {"noise": sr.geary, "positive": sr.getis_ord_g, "use": sr.join_count}[variable]
    p = []
    for draw in range(200):
        values = pd.Series(rng.permutation(mapped[variable].to_numpy()), index=mapped.index)
        if variable != "use":
            values = values + np.abs(rng.normal(scale=0.01, size=64))
        p.append(function(values, w=w, permutations=199, seed=draw).p)
    if variable == "use":  # counts are whole numbers, so that p is uniform at most
        assert np.mean(np.array(p) <= 0.05) < 0.09
    else:
        assert stats.kstest(p, "uniform").pvalue > 0.01


@pytest.mark.parametrize(("function", "correlation"), [(sr.bivariate_moran, 0.0), (sr.lee, 0.8)])
def test_p_of_two_variables_is_uniform_when_nothing_is_spatial(mapped, function, correlation):
    """Lee's permutations keep pairs together, so that correlation at the same place does no harm."""
    w = sr.contiguity(mapped)
    rng = np.random.default_rng(6)
    p = []
    for draw in range(200):
        pair = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], size=64)
        frame = pd.DataFrame(pair, columns=["a", "b"], index=mapped.index)
        p.append(function(frame, "a", other="b", w=w, permutations=199, seed=draw).p)
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_missing_values_of_either_variable_are_dropped_from_both(mapped):
    w = sr.contiguity(mapped)
    holes = mapped.copy()
    holes.loc[holes.index[:2], "smooth"] = np.nan
    holes.loc[holes.index[5], "other"] = np.nan
    with pytest.raises(MissingValuesError, match="'smooth' is missing for 2 of 64"):
        sr.bivariate_moran(holes, "smooth", other="other", w=w)
    kept = holes.drop(holes.index[[0, 1, 5]])
    for function in PAIRED:
        ours = function(holes, "smooth", other="other", w=w, permutations=99, missing="drop")
        direct = function(kept, "smooth", other="other", w=sr.contiguity(kept), permutations=99)
        assert (ours.n, ours.p) == (61, direct.p)
        assert ours.statistic == pytest.approx(direct.statistic, rel=1e-12)
        assert ours.spec.inputs["dropped"] == ", ".join([holes.index[0], holes.index[1], holes.index[5]])


def test_panels_and_bare_arrays(panel_study, grid):
    w = sr.contiguity(panel_study)
    direct = sr.geary(panel_study.values("y", at=2010), w=w, permutations=99)
    assert sr.geary(panel_study, "y", w=w, at=2010, permutations=99).C == direct.C
    array = sr.geary(grid["noise"].to_numpy(), w=w, ids=list(grid.index), permutations=99)
    assert array.C == sr.geary(grid, "noise", w=w, permutations=99).C
    by_time = sr.moran_by_time(panel_study, "y", w=w, statistic="geary", permutations=99)
    assert by_time.loc[2010, "C"] == direct.C
    assert list(by_time.index) == [2000, 2010, 2020]
    study = panel_study.with_columns(kind=pd.Series("a", panel_study.ids).where(grid["smooth"] > 7, "b"))
    at = sr.join_count(study, "kind", w=w, at=2010, permutations=9)
    assert at.spec.inputs["at"] == 2010
    with pytest.raises(OptionError, match="statistic='gearys' is not offered"):
        sr.moran_by_time(panel_study, "y", w=w, statistic="gearys")


def test_results_say_what_they_are(mapped):
    w = sr.contiguity(mapped)
    ours = sr.geary(mapped, "noise", w=w, permutations=99)
    assert list(ours.table().columns) == [
        *("variable", "at", "n", "C", "expected", "variance", "z", "p_normal", "p", "permutations")
    ]
    assert "Geary's C of noise" in str(ours)
    assert "99 permutations, seed 42" in str(ours)
    lee = sr.lee(mapped, "smooth", other="other", w=w, permutations=99)
    assert "Lee's L of smooth and other" in str(lee)
    assert "variance" in lee.summary()
    joins = sr.join_count(mapped, "use", w=w, permutations=0)
    assert joins.p is None
    assert list(joins.table().index[-2:]) == ["urban : urban", "unlike"]
    assert joins.table()["p"].isna().all()


# -- what is refused -------------------------------------------------------------------------------------------


def test_negative_values_have_no_g(mapped):
    with pytest.raises(InputError, match=r"negative in \d+ of 64 regions: r\d\dc\d\d.*Use moran\(\) or geary\(\)"):
        sr.getis_ord_g(mapped, "noise", w=sr.contiguity(mapped))
    one = pd.Series(0.0, index=mapped.index).where(mapped.index != "r03c03", 5.0)
    with pytest.raises(InputError, match="positive in one region only: r03c03"):
        sr.getis_ord_g(one, w=sr.contiguity(mapped))


def test_zero_populations_and_negative_events_are_named(mapped):
    w = sr.contiguity(mapped)
    people = mapped.assign(people=1000.0, deaths=np.arange(64))
    people.loc["r02c02", "people"] = 0
    with pytest.raises(InputError, match="'people' is zero or negative in 1 of 64 regions: r02c02; a population must"):
        sr.moran_rates(people, "deaths", population="people", w=w)
    people["people"] = 1000.0
    with pytest.raises(InputError, match="'deaths' is negative in 1 of 64 regions: r00c00"):
        sr.moran_rates(people.assign(deaths=people["deaths"] - 1), "deaths", population="people", w=w)
    with pytest.raises(InputError, match="zero in all 64 regions"):
        sr.moran_rates(people.assign(deaths=0), "deaths", population="people", w=w)
    people.loc["r01c01", "people"] = np.nan
    with pytest.raises(MissingValuesError, match="'people' is missing for 1 of 64 regions: r01c01"):
        sr.moran_rates(people, "deaths", population="people", w=w)


@pytest.mark.parametrize("function", UNIVARIATE)
def test_a_constant_is_refused(function, mapped):
    with pytest.raises(ConstantVariableError):
        function(mapped.assign(same=3.0), "same", w=sr.contiguity(mapped))


def test_a_constant_partner_is_refused(mapped):
    frame = mapped.assign(same=3.0)
    for function in PAIRED:
        with pytest.raises(ConstantVariableError, match="'same' is 3 in all 64 regions"):
            function(frame, "smooth", other="same", w=sr.contiguity(mapped))
        with pytest.raises(InputError, match="two variables are needed"):
            function(mapped["smooth"], "smooth", other="other", w=sr.contiguity(mapped))
        with pytest.raises(UnknownNameError, match="othr"):
            function(mapped, "smooth", other="othr", w=sr.contiguity(mapped))


def test_black_and_white_are_two(mapped):
    with pytest.raises(InputError, match="of two categories; there are 3"):
        sr.join_count(mapped, "use", w=sr.contiguity(mapped), permutations=0).BB  # noqa: B018


def test_monte_carlo_error(mapped):
    """The spread of p over seeds is the error that each result states, for one and for two sides."""
    w = sr.contiguity(mapped)
    for alternative in ("two-sided", "greater"):
        results = [
            sr.geary(mapped, "noise", w=w, permutations=399, alternative=alternative, seed=seed) for seed in range(120)
        ]
        spread, stated = np.std([one.p for one in results]), np.mean([one.p_error for one in results])
        assert 0.75 < spread / stated < 1.3


def test_a_quantity_is_no_category(mapped):
    with pytest.raises(InputError, match="has 64 different values.*at most 30 categories"):
        sr.join_count(mapped, "noise", w=sr.contiguity(mapped))


@pytest.mark.parametrize("function", UNIVARIATE)
def test_faulty_input_is_named(function, mapped):
    w, variable = sr.contiguity(mapped), "use" if function is sr.join_count else "positive"
    with pytest.raises(OptionError, match="alternative='two_sided' is not offered"):
        function(mapped, variable, w=w, alternative="two_sided")
    with pytest.raises(InputError, match="permutations"):
        function(mapped, variable, w=w, permutations=-1)
    with pytest.raises(WeightsError, match="needs weights"):
        function(mapped, variable)
    with pytest.raises(AlignmentError):
        function(mapped.iloc[1:], variable, w=w)
    few = mapped.iloc[:9].assign(use=["a", "b", "a"] * 3)
    with pytest.warns(SmallSampleWarning, match="9 regions are too few"):
        function(few, variable, w=sr.contiguity(few), permutations=9)
