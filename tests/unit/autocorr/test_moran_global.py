"""Global Moran's I against esda, closed forms and full enumeration."""

from __future__ import annotations

from itertools import permutations

import esda
import numpy as np
import pandas as pd
import pytest
from conftest import lattice
from scipy import stats

import spatial_region as sr
from spatial_region.errors import (
    ConstantVariableError,
    InputError,
    MissingValuesError,
    OptionError,
    SmallSampleWarning,
    WeightsError,
)


@pytest.mark.parametrize("variable", ["HOVAL", "INC", "CRIME"])
def test_moments_agree_with_esda(columbus, variable):
    """esda 2.7 to 2.9, row-standardised queen weights."""
    w = sr.contiguity(columbus)
    peer = esda.Moran(columbus[variable].to_numpy(), w.to_w(), permutations=0)
    ours = sr.moran(columbus, variable, w=w, permutations=0)
    random = sr.moran(columbus, variable, w=w, permutations=0, assumption="randomisation")
    np.testing.assert_allclose(
        [ours.I, ours.expected, ours.variance, ours.z, ours.p_normal, random.variance, random.z, random.p_normal],
        [peer.I, peer.EI, peer.VI_norm, peer.z_norm, peer.p_norm, peer.VI_rand, peer.z_rand, peer.p_rand],
        rtol=1e-10,
    )


def test_moments_hold_for_weights_that_are_neither_symmetric_nor_standardised(columbus):
    w = sr.knn(columbus, k=3).standardise("binary")
    peer = esda.Moran(columbus["INC"].to_numpy(), w.to_w(), transformation="B", permutations=0)
    ours = sr.moran(columbus, "INC", w=w, permutations=0)
    np.testing.assert_allclose([ours.I, ours.variance], [peer.I, peer.VI_norm], rtol=1e-10)


def test_every_arrangement_is_taken_when_there_are_few():
    """7 regions have 5040 arrangements: exact p-values, against a plain loop; moments are those of the formula."""
    frame = lattice(1, 7)
    values = pd.Series([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0], index=frame.index)
    w = sr.contiguity(frame)
    dense = w.standardise("row").sparse.toarray()
    z = (values - values.mean()).to_numpy()
    every = np.array([np.array(p) @ dense @ np.array(p) for p in permutations(z)]) / dense.sum() * 7 / (z @ z)
    with pytest.warns(SmallSampleWarning, match="7 regions are too few"):
        ours = sr.moran(values, w=w)
    assert (ours.enumerated, ours.permutations, ours.p_error) == (True, 5040, 0.0)
    greater, less = np.mean(every >= ours.I - 1e-12), np.mean(every <= ours.I + 1e-12)
    assert ours.p == pytest.approx(min(1, 2 * min(greater, less)))
    with pytest.warns(SmallSampleWarning):
        random = sr.moran(values, w=w, assumption="randomisation", alternative="greater")
    assert random.p == pytest.approx(greater)
    assert random.expected == pytest.approx(every.mean(), abs=1e-12)
    assert random.variance == pytest.approx(every.var(), rel=1e-10)
    assert "too few to support inference" in random.summary()


def test_permutation_p_approaches_the_exact_one():
    frame = lattice(2, 5)
    rng = np.random.default_rng(0)
    values = pd.Series(np.arange(10) + rng.normal(scale=3, size=10), index=frame.index)
    w = sr.contiguity(frame)
    exact = sr.moran(values, w=w, permutations=3_628_800, alternative="greater")
    assert exact.enumerated
    sampled = sr.moran(values, w=w, permutations=20_000, alternative="greater")
    assert not sampled.enumerated
    assert abs(sampled.p - exact.p) < 4 * np.sqrt(exact.p * (1 - exact.p) / 20_000) + 1 / 20_001


def test_p_is_uniform_under_the_null():
    """Independent noise: p-values pass a Kolmogorov-Smirnov test, and 5 % are at most 0.05."""
    frame = lattice(6, 6)
    w = sr.contiguity(frame)
    rng = np.random.default_rng(1)
    p = [
        sr.moran(pd.Series(rng.normal(size=36), index=frame.index), w=w, permutations=199, seed=i).p for i in range(400)
    ]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.09


def test_p_never_falls_below_its_resolution(grid):
    ours = sr.moran(grid, "smooth", w=sr.contiguity(grid), permutations=99, alternative="greater")
    assert ours.p == 1 / 100


def test_alternatives_and_seed(grid):
    w = sr.contiguity(grid)
    ask = {"w": w, "permutations": 499}
    greater = sr.moran(grid, "noise", alternative="greater", **ask)
    less = sr.moran(grid, "noise", alternative="less", **ask)
    both = sr.moran(grid, "noise", **ask)
    assert both.p == pytest.approx(min(1, 2 * min(greater.p, less.p)))
    assert greater.p + less.p == pytest.approx(1 + 1 / 500, abs=1e-9)
    assert both.p == sr.moran(grid, "noise", **ask).p
    assert both.simulated[0] != sr.moran(grid, "noise", seed=1, **ask).simulated[0]
    assert both.spec.seed == 42


def test_by_time(panel_study):
    w = sr.contiguity(panel_study)
    table = sr.moran_by_time(panel_study, "y", w=w, permutations=99)
    assert table.index.tolist() == [2000, 2010, 2020]
    assert table.loc[2010, "I"] == sr.moran(panel_study, "y", w=w, at=2010, permutations=0).I
    with pytest.raises(InputError, match="needs a panel"):
        sr.moran_by_time(panel_study.at(2000), "y", w=w)


def test_bad_input(grid, columbus):
    w = sr.contiguity(grid)
    with pytest.raises(ConstantVariableError, match="is 1 in all 64 regions"):
        sr.moran(grid.assign(one=1.0), "one", w=w)
    with pytest.raises(MissingValuesError):
        sr.moran(grid["smooth"].mask(grid.index == "r00c00"), w=w)
    with pytest.raises(OptionError, match="Did you mean 'two-sided'"):
        sr.moran(grid, "smooth", w=w, alternative="twosided")
    with pytest.raises(InputError, match="permutations must be a whole number"):
        sr.moran(grid, "smooth", w=w, permutations=-1)
    with pytest.raises(WeightsError, match="pass w="):
        sr.moran(grid, "smooth")
    with pytest.raises(InputError, match="at least 4 are needed"):
        sr.moran(grid["smooth"].iloc[:3], w=w.subset(grid.index[:3]))
    empty = sr.Weights(grid.index, np.zeros((64, 64)))
    with pytest.raises(WeightsError, match="no region has a neighbour"):
        sr.moran(grid, "smooth", w=empty)


def test_table_and_summary(grid):
    ours = sr.moran(grid, "smooth", w=sr.contiguity(grid), permutations=99)
    row = ours.table().iloc[0]
    assert (row["variable"], row["n"], row["permutations"]) == ("smooth", 64, 99)
    text = str(ours)
    assert "99 permutations, seed 42" in text
    assert "kind=queen" in text
    assert ours.values.sum() == pytest.approx(0)
    slope = np.polyfit(ours.values, ours.lag, 1)[0]
    assert slope == pytest.approx(ours.I)  # the slope of the Moran scatterplot under row-standardisation
