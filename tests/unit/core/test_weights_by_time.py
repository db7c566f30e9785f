"""Weights by time: one a time, aligned once, picked by the time that a statistic looks at."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.core.sample import draw_sample, resolve_weights
from spatial_region.errors import AlignmentError, InputError, UnknownNameError, WeightsError


@pytest.fixture
def by_time(panel_study) -> sr.WeightsByTime:
    return sr.weights_by_time(panel_study, lambda one: sr.economic_distance(one, "y"))


def test_each_time_has_the_weights_of_its_own_values(panel_study, by_time):
    assert by_time.times == [2000, 2010, 2020]
    assert by_time.ids.equals(panel_study.ids)
    for time in by_time.times:
        alone = sr.economic_distance(panel_study, "y", at=time)
        np.testing.assert_array_equal(by_time[time].sparse.toarray(), alone.sparse.toarray())
    assert abs(by_time[2000].sparse - by_time[2010].sparse).max() > 0


def test_a_statistic_takes_the_weights_of_its_time(panel_study, by_time):
    for time in by_time.times:
        drawn = draw_sample(panel_study, "x", w=by_time, at=time).weights
        expected = by_time.at(time).standardise("row")
        np.testing.assert_array_equal(drawn.sparse.toarray(), expected.sparse.toarray())
    table = sr.moran_by_time(panel_study, "x", w=by_time, permutations=0)
    for time in by_time.times:
        one = sr.moran(panel_study, "x", w=by_time.at(time), at=time, permutations=0)
        assert table.loc[time, "I"] == one.I
    local = sr.local_moran(panel_study, "x", w=by_time, at=2010, permutations=99)
    alone = sr.local_moran(panel_study, "x", w=by_time[2010], at=2010, permutations=99)
    pd.testing.assert_series_equal(local.table()["I"], alone.table()["I"])


def test_a_regression_of_one_time_takes_its_weights(panel_study, by_time):
    fit = sr.spatial_regression("y ~ x", panel_study, w=by_time, at=2010, model="sar")
    alone = sr.spatial_regression("y ~ x", panel_study, w=by_time[2010], at=2010, model="sar")
    assert fit.loglik == alone.loglik


def test_a_study_of_one_time_needs_no_at(panel_study, by_time):
    one = panel_study.between(2010, 2010)
    assert draw_sample(one, "x", w=by_time).weights.recipe == by_time[2010].recipe


def test_a_missing_time_is_named(panel_study, by_time):
    part = sr.WeightsByTime({time: by_time[time] for time in (2000, 2020)})
    with pytest.raises(WeightsError, match="no weights for 1 of 3 times of the study: 2010"):
        draw_sample(panel_study, "x", w=part, at=2000)
    with pytest.raises(UnknownNameError, match=r"no weights for 1999; there are: 2000, 2010, 2020"):
        by_time[1999]
    with pytest.raises(UnknownNameError, match="no weights for"):
        by_time.at([2000])
    with pytest.raises(UnknownNameError, match="no time 1999"):
        draw_sample(panel_study, "x", w=by_time, at=1999)


def test_where_one_weights_is_needed_it_says_so(panel_study, by_time):
    with pytest.raises(InputError, match=r"differs by time.*w\.at\(2020\)"):
        resolve_weights(panel_study, by_time)
    with pytest.raises(InputError, match=r"found WeightsByTime\. Of weights by time take those of one"):
        draw_sample(panel_study.values("x", at=2000), w=by_time)


def test_aligned_by_label_and_sorted_by_time(panel_study):
    w = sr.knn(panel_study, k=3)
    shuffled = w.reorder(w.ids[::-1])
    by_time = sr.WeightsByTime({2001: w, 2000: shuffled})
    assert by_time.times == [2000, 2001]
    np.testing.assert_array_equal(by_time[2000].sparse.toarray(), by_time[2001].sparse.toarray())
    back = sr.weights_by_time(panel_study, lambda one: shuffled)
    assert back.ids.equals(panel_study.ids)
    np.testing.assert_array_equal(back[2000].sparse.toarray(), w.sparse.toarray())
    built = sr.weights_by_time(panel_study, lambda one: w.to_graph())
    np.testing.assert_array_equal(built[2000].sparse.toarray(), w.sparse.toarray())


def test_bad_input(panel_study, by_time):
    w = by_time[2000]
    with pytest.raises(AlignmentError, match=r"weights of 2001 .* and those of 2000"):
        sr.WeightsByTime({2000: w, 2001: w.subset(w.ids[1:])})
    with pytest.raises(AlignmentError, match="1 only in the data"):
        sr.weights_by_time(panel_study, lambda one: w.subset(w.ids[1:]))
    for bad in ({}, [w], None):
        with pytest.raises(InputError, match="a mapping of at least one time"):
            sr.WeightsByTime(bad)
    with pytest.raises(InputError, match="times must be of one kind"):
        sr.WeightsByTime({2000: w, "2001": w})
    with pytest.raises(InputError, match="found int"):
        sr.weights_by_time(panel_study, lambda one: 5)
    with pytest.raises(InputError, match="build must be a function"):
        sr.weights_by_time(panel_study, w)
    with pytest.raises(InputError, match="needs a panel study"):
        sr.weights_by_time(panel_study.at(2000), lambda one: w)


def test_card_and_immutability(by_time):
    assert repr(by_time).splitlines()[0] == "Spatial weights of 64 regions by time: 3 times (2000 to 2020)"
    assert "  2010  4032 links, 0 islands" in repr(by_time)
    assert by_time.table().loc[2010, "links"] == 4032
    assert "<table" in by_time._repr_html_()
    with pytest.raises(TypeError):
        by_time[2000] = by_time[2010]
    back = pickle.loads(pickle.dumps(by_time))
    assert back.times == by_time.times
    np.testing.assert_array_equal(back[2020].sparse.toarray(), by_time[2020].sparse.toarray())
