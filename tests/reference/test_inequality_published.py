"""Published tables of Theil indices, ranks and multiples: what follows from the printed figures, and what does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr

REPOSITORY = Path(__file__).resolve().parents[2]
PLATES = ["E", "C", "W"]
PROVINCES = pd.Series({"E": 11.0, "C": 8.0, "W": 12.0})


@pytest.fixture(scope="module")
def printed() -> pd.DataFrame:
    """Theil by plate, 2003-2018: Zhao Yu, Xie Qiyang and Ding Baogen, Regional Economic Review 2020(5), table 3."""
    return pd.read_csv(REPOSITORY / "docs" / "studies" / "urbanisation" / "urbanisation_theil.csv").set_index("year")


def value_shares(row: pd.Series, t: float, own: float, part: float) -> pd.Series:
    """Share of all values that each plate must have: its part of T is that times T_g. Arguments shift the figures."""
    return pd.Series(
        {g: (row[f"share_{g}"] + part) / 100 * (row["T_total"] + t) / (row[f"T_{g}"] + own) for g in PLATES}
    )


def test_parts_of_the_printed_whole_add_up(printed):
    plates = printed[[f"share_{g}" for g in PLATES]].sum(axis="columns")
    assert (plates - printed["share_within"]).abs().max() < 0.2 + 1e-9  # four figures rounded to 0.1
    np.testing.assert_allclose(printed["share_within"] + printed["share_between"], 100, atol=1e-9)


def test_printed_indices_imply_shares_of_values_that_add_to_one_in_every_year_but_2014(printed):
    wrong = []
    for year, row in printed.iterrows():
        low = value_shares(row, -0.0005, 0.0005, -0.05).sum()
        high = value_shares(row, 0.0005, -0.0005, 0.05).sum()
        if not low <= 1 <= high:
            wrong.append(year)
    assert wrong == [2014]
    low = value_shares(printed.loc[2014], -0.0005, 0.0005, -0.05).sum()
    assert low == pytest.approx(1.030, abs=5e-4)


def test_the_printed_between_part_is_not_that_of_unweighted_provinces(printed):
    """With 11, 8 and 12 provinces counted once, the between part follows from the shares; only 2003 agrees."""
    rng = np.random.default_rng(0)
    agree = []
    for year, row in printed.iterrows():
        printed_part = (row["T_total"] * row["share_between"]) / 100
        shares = pd.DataFrame(
            {  # all that the printed figures may have been before rounding
                g: (row[f"share_{g}"] + rng.uniform(-0.05, 0.05, 120))
                / 100
                * (row["T_total"] + rng.uniform(-5e-4, 5e-4, 120))
                / (row[f"T_{g}"] + rng.uniform(-5e-4, 5e-4, 120))
                for g in PLATES
            }
        )
        implied = sr.theil((shares / PROVINCES).T.stack(), PROVINCES).table()["theil"]  # noqa: PD013
        if implied.min() <= printed_part <= implied.max():
            agree.append(year)
    assert agree == [2003]


def test_a_country_made_of_the_printed_indices_gives_them_back(printed):
    """Provinces invented so that each plate has its printed index and implied share: the table follows from them."""
    row = printed.loc[2003]
    shares = value_shares(row, 0, 0, 0)
    shares = shares / shares.sum()
    values, plates = [], []
    for g in PLATES:
        n = int(PROVINCES[g])
        own = spread_with_index(n, row[f"T_{g}"])
        values += list(own / own.sum() * shares[g])
        plates += [g] * n
    labels = [f"p{i:02d}" for i in range(31)]
    found = sr.theil(pd.Series(values, labels), groups=pd.Series(plates, labels))
    for g in PLATES:
        assert found.groups.loc[("group", g), "index"] == pytest.approx(row[f"T_{g}"], abs=1e-6)
    whole = found.table().iloc[0]
    assert whole["theil"] == pytest.approx(row["T_total"], abs=0.002)
    for g in PLATES:
        assert found.groups.loc[("group", g), "share"] == pytest.approx(row[f"share_{g}"], abs=0.4)
    assert whole["share_within"] == pytest.approx(row["share_within"], abs=0.5)


def spread_with_index(n: int, target: float) -> np.ndarray:
    """Values 1 ... n to a power whose Theil T is the target, by bisection."""
    low, high = 0.0, 50.0
    for _ in range(80):
        power = (low + high) / 2
        x = np.arange(1, n + 1) ** power
        p = x / x.sum()
        if (p * np.log(p * n)).sum() < target:
            low = power
        else:
            high = power
    return np.arange(1, n + 1) ** low


@pytest.mark.parametrize("index", ["quality", "resilience"])
def test_printed_ranks_of_twelve_provinces_in_six_years(index):
    """Sun Hui and Yuan Weipeng, Regional Economic Review 2020(5), tables 4 and 5."""
    table = pd.read_csv(REPOSITORY / "docs" / "studies" / "west" / f"western_{index}.csv", dtype={"adcode": str})
    table = table[table["adcode"].notna() & (table["adcode"] != "100000")].set_index(["adcode", "year"])
    ours = sr.rank(table["value"])
    differ = table.assign(ours=ours)[ours != table["rank"]]
    assert len(table) == 72
    assert len(differ) == 1  # the second of two equal values, which the authors rank behind the first
    region, year = differ.index[0]
    equal = table.xs(year, level="year")["value"]
    assert (equal == equal[region]).sum() == 2
    assert (differ["rank"] - differ["ours"]).item() == 1


def test_speed_in_the_states_is_near_the_two_per_cent_of_barro_and_sala_i_martin():
    import geopandas as gpd
    from libpysal import examples

    states = gpd.read_file(examples.get_path("us48.shp")).set_crs(4269).set_index("STATE_FIPS")
    wide = pd.read_csv(examples.get_path("usjoin.csv"), dtype={"STATE_FIPS": str})
    wide = wide.set_index(wide.pop("STATE_FIPS").str.zfill(2)).drop(columns="Name")
    long = wide.rename(columns=int).rename_axis(columns="year").stack().rename("income")  # noqa: PD013
    study = sr.make_study(states, long.to_frame())
    found = sr.convergence(study.between(1929, 1980), "income")
    assert found.rates["speed"] == pytest.approx(0.0225, abs=5e-5)
    assert 0.015 < found.rates["speed_low"] < found.rates["speed_high"] < 0.03


# R REAT 3.0.0, functions betaconv.ols and betaconv.speed: the annual growth is regressed, and its coefficient is then
# turned into a speed by -ln(1 + b) / T, which is right for growth of the whole span only.
@pytest.mark.parametrize(
    ("span", "speed", "theirs"), [(1, 0.02, 34.66), (10, 0.02, 379.0), (20, 0.02, 833.8), (50, 0.02, 2723.9)]
)
def test_half_lives_of_a_peer_grow_with_the_span(span, speed, theirs):
    b = -(1 - np.exp(-speed * span)) / span
    assert sr.convergence_speed(b, span=span)["half_life"] == pytest.approx(np.log(2) / speed, rel=1e-9)
    assert np.log(2) / (-np.log(1 + b) / span) == pytest.approx(theirs, rel=1e-3)
