"""Faults known from other packages, each by its name: a global statistic here must not have them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import AlignmentError, InputError, MissingValuesError

ONE = {"moran": sr.moran, "geary": sr.geary, "g": sr.getis_ord_g, "joins": sr.join_count}
TWO = {"bivariate": sr.bivariate_moran, "lee": sr.lee}
ALL = [*ONE, *TWO, "rates"]


@pytest.fixture
def frame(grid):
    return grid.assign(y=np.round(grid["smooth"] + 5), x=grid["noise"] + 9, people=1000.0 + np.arange(64))


def ask(name: str, frame: object, w: object, **options: object) -> object:
    if name in ONE:
        return ONE[name](frame, "y", w=w, permutations=199, **options)
    if name in TWO:
        return TWO[name](frame, "y", other="x", w=w, permutations=199, **options)
    return sr.moran_rates(frame, "y", population="people", w=w, permutations=199, **options)


@pytest.mark.parametrize("name", ALL)
def test_one_nan_does_not_make_p_0001(name, frame):
    """esda 2.9.0 returns I = nan with p = 0.001."""
    frame.loc["r02c05", "y"] = np.nan
    with pytest.raises(MissingValuesError, match="'y' is missing for 1 of 64 regions: r02c05"):
        ask(name, frame, sr.contiguity(frame))
    assert np.isfinite(ask(name, frame, sr.contiguity(frame), missing="drop").p)


@pytest.mark.parametrize("name", ALL)
def test_a_shuffled_table_does_not_change_the_statistic_silently(name, frame):
    w = sr.contiguity(frame)
    shuffled = frame.sample(frac=1, random_state=1)
    one, two = ask(name, frame, w), ask(name, shuffled, w)
    assert (two.statistic, two.p) == (one.statistic, one.p)
    if name in ONE:
        with pytest.raises(InputError, match="carries no labels"):
            ONE[name](shuffled["y"].to_numpy(), w=w)
        with pytest.raises(AlignmentError, match="ids must equal w.ids"):
            ONE[name](shuffled["y"].to_numpy(), w=w, ids=list(shuffled.index))


@pytest.mark.parametrize("name", ALL)
def test_the_caller_s_weights_and_values_are_not_rewritten(name, frame):
    """esda.Moran(y, w) sets w.transform = 'R' for good."""
    w = sr.contiguity(frame)
    peers = w.to_w()
    peers.transform = "B"
    before, values = peers.sparse.toarray(), frame.copy()
    ask(name, frame, peers)
    assert peers.transform == "B"
    np.testing.assert_array_equal(peers.sparse.toarray(), before)
    pd.testing.assert_frame_equal(frame, values)
    ask(name, frame, w)
    assert w.standardisation is None
    assert (w.sparse.data == 1).all()


@pytest.mark.parametrize("name", ALL)
def test_no_global_generator_is_read_or_moved(name, frame):
    """esda's global statistics draw from numpy's global generator, and have no seed."""
    w = sr.contiguity(frame)
    np.random.seed(1)  # noqa: NPY002
    one = ask(name, frame, w, seed=7)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    two = ask(name, frame, w, seed=7)
    np.testing.assert_array_equal(one.simulated, two.simulated)
    np.random.seed(1)  # noqa: NPY002
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert not np.array_equal(ask(name, frame, w, seed=8).simulated, one.simulated)


@pytest.mark.parametrize("name", ALL)
def test_a_two_sided_p_is_never_above_1(name, frame):
    """Ties make both tails larger than one half: twice the smaller is then above 1."""
    w = sr.contiguity(frame)
    ties = frame.assign(y=np.where(np.arange(64) % 2, 1.0, 2.0), x=np.where(np.arange(64) % 3, 1.0, 2.0), people=10.0)
    for seed in range(8):
        result = ask(name, ties.assign(y=ties["y"].sample(frac=1, random_state=seed).to_numpy()), w, seed=seed)
        assert 0 < result.p <= 1
        assert np.isnan(result.p_normal) or 0 <= result.p_normal <= 1
    joins = sr.join_count(pd.Series(["a"] * 63 + ["b"], index=frame.index), w=w, permutations=199)
    assert (joins.pairs["p"] <= 1).all()


@pytest.mark.parametrize("name", ALL)
def test_p_is_not_below_what_the_permutations_can_tell(name, frame):
    result = ask(name, frame, sr.contiguity(frame))
    assert result.p >= 1 / 200
    assert isinstance(result.p, float)  # not float32, in which p <= 0.001 fails at 0.001


def test_a_spike_among_zeros_is_not_significant(frame):
    """Its neighbours are all zero, as in nearly every arrangement: rounding must not break the ties.

    Of the 64 places of the spike, those with as many neighbours give the same I; 0 < p, by hand.
    """
    w = sr.contiguity(frame)
    spike = pd.Series(0.0, index=frame.index).where(frame.index != "r04c04", 100.0)
    for offset in (0.0, 1e6):
        ours = sr.moran(spike + offset, w=w, permutations=4999)
        # I depends on the place only through the weights of its neighbours for it, and I of most places is the same.
        statistics = np.array(
            [sr.moran(pd.Series(np.eye(64)[i], frame.index), w=w, permutations=0).I for i in range(64)]
        )
        place = statistics[list(frame.index).index("r04c04")]
        tails = np.mean(statistics >= place - 1e-9), np.mean(statistics <= place + 1e-9)
        truth = min(1.0, 2 * min(tails))
        assert ours.p == pytest.approx(truth, abs=4 * np.sqrt(truth * (1 - truth + 1e-3) / 4999))
