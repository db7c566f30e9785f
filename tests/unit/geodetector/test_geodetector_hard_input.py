"""The detector at the ends of the number range, and values that are no numbers or strata: named errors only."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.geodetector._draws import FreeRows
from spatial_region.geodetector._permutation import permutation_tests
from spatial_region.geodetector._statistics import BestOf


@pytest.fixture
def towns() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    zone = np.repeat(list("abc"), 12)
    return pd.DataFrame(
        {
            "y": rng.normal(size=36) + (zone == "a"),
            "zone": zone,
            "belt": np.tile(list("wxyz"), 9),
            "x": rng.normal(size=36),
        }
    )


@pytest.mark.parametrize("power", [995, -660, -1000])  # about 1e300, 1e-199 and 1e-301
def test_the_unit_of_the_variable_changes_no_share_and_no_p(towns, power):
    factor = 2.0**power  # a power of two, so that every digit must agree
    plain = sr.geodetector(towns, "y", ["zone", "belt"], permutations=99)
    far = sr.geodetector(towns.assign(y=towns["y"] * factor), "y", ["zone", "belt"], permutations=99)
    pd.testing.assert_frame_equal(far.factors, plain.factors, check_exact=True)
    pd.testing.assert_frame_equal(far.interactions, plain.interactions, check_exact=True)
    pd.testing.assert_frame_equal(far.ecological, plain.ecological, check_exact=True)
    assert far.risk["t"].tolist() == plain.risk["t"].tolist()
    assert (far.risk["difference"] / factor).tolist() == plain.risk["difference"].tolist()
    assert (far.bins["mean"] / factor).tolist() == plain.bins["mean"].tolist()
    assert (far.bins["sd"] / factor).tolist() == plain.bins["sd"].tolist()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_range_beyond_the_largest_number_still_has_its_q():
    frame = pd.DataFrame({"y": [-1.7e308, -1.6e308, -1e307, 1.7e308, 1.6e308, 1.5e308], "g": list("aaabbb")})
    unit = frame.assign(y=frame["y"] / 1e308)
    found, expected = (sr.geodetector(each, "y", ["g"], permutations=0).factors["q"] for each in (frame, unit))
    assert found["g"] == pytest.approx(expected["g"], rel=1e-14)


def test_means_and_spreads_are_in_the_unit_of_the_variable(towns):
    found = sr.geodetector(towns, "y", ["zone"], permutations=0).bins.set_index("stratum")
    groups = towns.groupby("zone")["y"]
    np.testing.assert_allclose(found["mean"], groups.mean(), rtol=1e-13)
    np.testing.assert_allclose(found["sd"], groups.std(), rtol=1e-13)


def test_overlapping_stratifications_agree_with_brute_force():
    """The largest sum of squares over several cuts of one order, counted one permutation and one stratum at a time."""
    rng = np.random.default_rng(11)
    y, key = rng.normal(size=25), rng.integers(0, 12, 25)
    order = np.argsort(key, kind="stable")
    ends = np.concatenate(([0], np.cumsum(np.bincount(key))))
    bounds = (ends[[0, 4, 8, -1]], ends[[0, 6, -1]])
    centred = y - y.mean()
    (p,) = permutation_tests(centred, [BestOf(key, bounds)], draws=FreeRows(), permutations=120, seed=5)

    def largest(values: np.ndarray, places: np.ndarray) -> float:
        kept = [sum(values[places[a:b]].sum() ** 2 / (b - a) for a, b in pairwise(each)) for each in bounds]
        return max(kept)

    draws = FreeRows().bind(centred, [], 5)
    permuted = np.empty((120, 25))
    draws.fill(0, permuted)
    own_order = np.argsort(key[draws.order], kind="stable")
    reached = sum(largest(one, own_order) >= largest(centred, order) for one in permuted)
    assert p == (reached + 1) / 121
    assert 0 < reached < 120


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("y", "'y' holds complex128 values"),
        ("zone", "'zone' holds complex128 values"),
    ],
)
def test_complex_numbers_are_refused_with_variable_and_type(towns, column, said):
    frame = towns.assign(**{column: np.arange(36) % 5 + 2j})
    with pytest.raises(sr.errors.InputError, match=said):
        sr.geodetector(frame, "y", ["zone"])


def test_a_list_in_a_cell_is_refused_with_its_row(towns):
    cells = towns["zone"].astype(object)
    cells[3] = ["a", "b"]
    with pytest.raises(sr.errors.InputError, match=r"'zone' .*1 rows with others, such as \['a', 'b'\]: 3"):
        sr.geodetector(towns.assign(zone=cells), "y", ["zone"])


def test_datetimes_are_no_numbers_to_explain(towns):
    with pytest.raises(sr.errors.InputError, match="'y' must be numeric.*datetime64"):
        sr.geodetector(towns.assign(y=pd.date_range("2000", periods=36)), "y", ["zone"])


@pytest.mark.parametrize("factors", [5, None, ["zone", 5], [("a", "b")], [["zone"]]])
def test_factors_must_be_names(towns, factors):
    with pytest.raises(sr.errors.InputError, match="factors must be names of columns, as text; found"):
        sr.geodetector(towns, "y", factors)


@pytest.mark.parametrize("variable", [5, ("a", "y"), None])
def test_the_variable_must_be_a_name(towns, variable):
    with pytest.raises(sr.errors.InputError, match="variable must be the name of a column, as text; found"):
        sr.geodetector(towns, variable, ["zone"])


def test_columns_that_occur_twice_are_refused(towns):
    frame = pd.concat([towns, towns[["zone"]]], axis=1)
    with pytest.raises(sr.errors.DuplicateError, match="columns that occur twice: zone"):
        sr.geodetector(frame, "y", ["zone"])


def test_table_refuses_options_it_does_not_have(towns):
    found = sr.geodetector(towns, "y", ["zone"], permutations=0)
    with pytest.raises(sr.errors.OptionError, match="no option 'zz'"):
        found.table("factor", zz=1)
