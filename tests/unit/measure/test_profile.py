import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import DuplicateError, InputError, MissingValuesError, OptionError, UnknownNameError
from spatial_region.measure.profile import profile

# Published: Mi Qixing, China Investment, 2025-07 (GDP per head 2023; population 2010 and 2023; change in %).
PUBLISHED = {
    "150400": ("Chifeng", 55144, 1.06, 433.84, 396.7, -8.56),
    "150500": ("Tongliao", 57056, 1.10, 314.01, 280.7, -10.61),
    "130800": ("Chengde", 56075, 1.08, 347.63, 330.22, -5.01),
    "130300": ("Qinhuangdao", 64491, 1.24, np.nan, np.nan, 3.92),
    "211300": ("Chaoyang", 37368, 0.72, 328.48, 278.8, -15.12),
}
NAMES = [row[0] for row in PUBLISHED.values()]


@pytest.fixture
def study():
    ids = list(PUBLISHED)
    regions = gpd.GeoDataFrame({"name_en": NAMES}, geometry=gpd.points_from_xy(range(5), [0] * 5), index=ids, crs=4326)
    rows = {}
    for region, (_, gdp, _, then, now, _) in PUBLISHED.items():
        rows[region, 2010] = (np.nan, then)
        rows[region, 2023] = (gdp, now)
    data = pd.DataFrame.from_dict(rows, orient="index", columns=["gdp_pc", "population"])
    data.index = pd.MultiIndex.from_tuples(data.index)
    return sr.make_study(regions, data, name="name_en")


def test_reproduces_the_published_ratios_to_the_region(study):
    got = profile(study, ["gdp_pc"], at=2023, reference={"gdp_pc": 51893}).table("gdp_pc")
    assert got["relative"].round(2).tolist() == [row[2] for row in PUBLISHED.values()]
    assert got["gap"].tolist() == [row[1] - 51893 for row in PUBLISHED.values()]
    assert got["rank"].tolist() == [4, 2, 3, 1, 5]
    assert "base" not in got.columns


def test_reproduces_the_published_changes_and_leaves_the_unpublished_blank(study):
    made = profile(study, ["population"], at=2023, base=2010, totals={"population": 2094.31}, missing="drop")
    got = made.table("population")
    expected = pd.Series({k: row[5] for k, row in PUBLISHED.items()}).where(
        ~np.isnan([r[3] for r in PUBLISHED.values()])
    )
    pd.testing.assert_series_equal(got["change_pct"].round(2), expected, check_names=False)
    assert got.loc["150400", "share"] == pytest.approx(100 * 396.7 / 2094.31)
    assert got.loc["150400", "growth_pct"] == pytest.approx(100 * ((396.7 / 433.84) ** (1 / 13) - 1))
    assert "Qinhuangdao (130300)" in made.notes[0]


def test_default_reference_and_total_are_those_of_the_regions(study):
    got = profile(study.select(["150400", "150500"]), ["population"], at=2023, totals=["population"]).table(
        "population"
    )
    assert got["relative"].mean() == pytest.approx(1)
    assert got["share"].sum() == pytest.approx(100)


def test_growth_compounds_to_the_change(study):
    made = profile(study.select(["150400"]), ["population"], at=2023, base=2010).table("population").iloc[0]
    assert made["base"] * (1 + made["growth_pct"] / 100) ** 13 == pytest.approx(made["value"])


def test_ties_share_the_better_rank_and_zero_base_has_no_growth():
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1, 2], [0, 0, 0]), index=list("abc"), crs=4326)
    index = pd.MultiIndex.from_product([list("abc"), [1, 2]])
    panel = sr.make_study(regions, pd.DataFrame({"x": [0.0, 5, 2, 5, 1, 3]}, index=index))
    got = profile(panel, ["x"], at=2, base=1).table("x")
    assert got["rank"].tolist() == [1, 1, 3]
    assert np.isnan(got.loc["a", "growth_pct"])
    assert got.loc["a", "change"] == 5


def test_missing_values_raise_by_name(study):
    with pytest.raises(MissingValuesError, match=r"'population' at 2023 is missing for 1 of 5 regions: Qinhuangdao"):
        profile(study, ["population"], at=2023)


def test_bad_requests_are_refused(study):
    with pytest.raises(InputError, match="before"):
        profile(study, ["gdp_pc"], at=2010, base=2023)
    with pytest.raises(UnknownNameError, match="gdp_pc"):
        profile(study, ["gdp_pc"], at=2023, totals=["gdp"])
    with pytest.raises(UnknownNameError):
        profile(study, ["gdp"], at=2023)
    with pytest.raises(UnknownNameError):
        profile(study, ["gdp_pc"], at=2023).table("gdp")


def test_summary_names_regions(study):
    text = repr(profile(study, ["gdp_pc"], at=2023))
    assert "Profile of gdp_pc" in text
    assert "Chifeng" in text


def with_gdp(study, value, region="150500"):
    gdp = study.data["gdp_pc"].astype(float)
    gdp[region, 2023] = value
    return study.with_columns(gdp_pc=gdp)


def test_infinite_values_are_refused_with_their_regions(study):
    with pytest.raises(InputError, match=r"'gdp_pc' is infinite for 1 of 5 regions: Tongliao \(150500\)"):
        profile(with_gdp(study, np.inf), ["gdp_pc"], at=2023)


@pytest.mark.parametrize("bad", [0, np.nan, -5.0, np.inf, "a", None, True])
@pytest.mark.parametrize("argument", ["reference", "totals"])
def test_what_is_divided_by_must_be_positive_and_finite(study, argument, bad):
    with pytest.raises(InputError, match=f"{argument} of 'gdp_pc' must be a positive finite number; found"):
        profile(study, ["gdp_pc"], at=2023, **{argument: {"gdp_pc": bad}})


def test_negative_values_have_no_share_and_are_named(study):
    with pytest.raises(InputError, match=r"negative for 1 of 5 regions.*Tongliao \(150500\)"):
        profile(with_gdp(study, -1.0), ["gdp_pc"], at=2023, totals=["gdp_pc"])


def test_values_that_are_all_zero_have_no_share(study):
    with pytest.raises(InputError, match="'population' is 0 in all regions"):
        profile(study.with_columns(population=study.data["population"] * 0.0), ["population"], at=2023,
                totals=["population"], missing="drop")  # fmt: skip


def test_a_mean_that_is_not_positive_leaves_relative_blank_and_says_so(study):
    made = profile(study.with_columns(gdp_pc=-study.data["gdp_pc"]), ["gdp_pc"], at=2023)
    assert made.rows["relative"].isna().all()
    assert "which nothing can be relative to" in made.notes[0]


@pytest.mark.parametrize(
    ("variables", "said"),
    [([], "variables is empty"), (None, "found None"), (5, "found 5"), ([("a", "b")], "found .'a', 'b'.")],
)
def test_variables_must_be_names(study, variables, said):
    with pytest.raises(InputError, match=said):
        profile(study, variables, at=2023)


def test_one_name_is_a_list_of_one_and_a_name_twice_is_refused(study):
    assert profile(study, "gdp_pc", at=2023).rows.equals(profile(study, ["gdp_pc"], at=2023).rows)
    with pytest.raises(DuplicateError, match="variables names twice: gdp_pc"):
        profile(study, ["gdp_pc", "gdp_pc"], at=2023)


def test_regions_alone_are_no_study(study):
    with pytest.raises(InputError, match="study must be a Study.*found GeoDataFrame"):
        profile(study.regions, ["gdp_pc"])


def test_complex_and_datetime_are_refused_with_variable_and_type(study):
    for values in (study.data["gdp_pc"] + 1j, pd.Series(pd.Timestamp("2001"), index=study.data.index)):
        with pytest.raises(
            InputError, match=rf"'gdp_pc' must be real numbers.*found {values.dtype} ".replace("[", r"\[")
        ):
            profile(study.with_columns(gdp_pc=values), ["gdp_pc"], at=2023)


def test_table_refuses_options_it_does_not_have(study):
    with pytest.raises(OptionError, match="no option 'zz'"):
        profile(study, ["gdp_pc"], at=2023).table("gdp_pc", zz=1)


@pytest.mark.parametrize("reference", [["gdp_pc"], 5, "gdp_pc"])
def test_reference_must_be_a_mapping(study, reference):
    with pytest.raises(InputError, match="reference must be a mapping"):
        profile(study, ["gdp_pc"], at=2023, reference=reference)


def test_units_are_carried():
    regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1], [0, 0]), index=["a", "b"], crs=4326)
    data = pd.DataFrame({"gdp": [1.0, 2.0], "share": [3.0, 4.0]}, index=["a", "b"])
    made = profile(sr.make_study(regions, data, units={"gdp": "yuan", "other": "km"}), ["gdp", "share"])
    assert dict(made.units) == {"gdp": "yuan"}
    assert "Profile of gdp (yuan)" in made.summary()
    assert "Profile of share\n" in made.summary()
