"""Power of spatial determinants: against plain loops over pairs, and what equal weights make of it."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import spatial_region as sr
from spatial_region.core.seeds import generator
from spatial_region.errors import AlignmentError, InputError, SmallSampleWarning, WeightsError
from spatial_region.geodetector._free_draws import free_draws
from spatial_region.geodetector.spade import spade
from tests.conftest import lattice


def plain_gamma(y, w, rows):
    over, under = 0.0, 0.0
    for i in rows:
        for j in rows:
            if i != j:
                over += w[i, j] * (y[i] - y[j]) ** 2 / 2
                under += w[i, j]
    return over / under if under else np.nan


def plain_psd(y, w, strata):
    groups = [np.flatnonzero(strata == name) for name in np.unique(strata)]
    groups = [rows for rows in groups if np.isfinite(plain_gamma(y, w, rows))]
    kept = np.sort(np.concatenate(groups))
    return 1 - sum(len(rows) * plain_gamma(y, w, rows) for rows in groups) / (len(kept) * plain_gamma(y, w, kept))


@pytest.fixture
def cells():
    regions = lattice(5, 6)
    rng = np.random.default_rng(4)
    data = pd.DataFrame(
        {
            "y": rng.normal(size=30) + np.repeat(np.arange(5), 6),
            "x": rng.normal(size=30),
            "soil": rng.choice(list("abc"), 30),
        },
        index=regions.index,
    )
    return sr.make_study(regions, data)


def with_values(study, **columns):
    return study.with_columns(**{name: pd.Series(list(own), index=study.ids) for name, own in columns.items()})


def weights_of(dense, ids):
    return sr.Weights(ids=pd.Index(ids), sparse=sp.csr_array(dense), standardisation="none")


def test_psd_against_plain_loops_with_directed_weights(cells):
    rng = np.random.default_rng(0)
    dense = rng.random((30, 30)) * (rng.random((30, 30)) < 0.4)
    np.fill_diagonal(dense, 0)
    w = weights_of(dense, cells.ids)
    found = spade(cells, "y", ["soil", "x"], w=w, bins={"x": 4}, permutations=0)
    y, x = cells.data["y"].to_numpy(), cells.data["x"].to_numpy()
    quarters = pd.qcut(x, 4, labels=False)
    assert found.factors.loc["soil", "psd"] == pytest.approx(
        plain_psd(y, dense, cells.data["soil"].to_numpy()), abs=1e-12
    )
    assert found.factors.loc["x", "psd"] == pytest.approx(plain_psd(y, dense, quarters), abs=1e-12)
    kept = plain_psd(x, dense, quarters)
    assert found.factors.loc["x", "psd_of_factor"] == pytest.approx(kept, abs=1e-12)
    assert found.factors.loc["x", "psd_compensated"] == pytest.approx(plain_psd(y, dense, quarters) / kept, abs=1e-12)
    assert np.isnan(found.factors.loc["soil", "psd_compensated"])
    assert np.isnan(found.factors["p_permutation"]).all()


def test_without_weights_inverse_distance_is_taken_as_it_is(cells):
    found = spade(cells, "y", ["soil"], permutations=0)
    centres = cells.regions.geometry.centroid
    distance = np.hypot(
        np.subtract.outer(centres.x.values, centres.x.values), np.subtract.outer(centres.y.values, centres.y.values)
    )
    with np.errstate(divide="ignore"):
        dense = np.where(distance > 0, 1 / distance, 0.0)
    expected = plain_psd(cells.data["y"].to_numpy(), dense, cells.data["soil"].to_numpy())
    assert found.factors.loc["soil", "psd"] == pytest.approx(expected, abs=1e-12)
    assert found.spec.inputs["w"]["kind"] == "inverse_distance"
    named = cells.with_weights(queen=sr.contiguity(cells))
    queen = spade(named, "y", ["soil"], permutations=0)  # the study's only weights
    assert queen.factors["psd"].equals(
        spade(cells, "y", ["soil"], w=named.weights["queen"], permutations=0).factors["psd"]
    )
    assert queen.factors.loc["soil", "psd"] != pytest.approx(expected, abs=1e-3)


def test_equal_weights_give_the_adjusted_q_of_strata_of_equal_size(cells):
    w = weights_of(1.0 - np.eye(30), cells.ids)
    equal = with_values(cells, plot=np.tile(list("pqrstu"), 5))
    found = spade(equal, "y", ["plot", "soil"], w=w, permutations=0).factors
    ordinary = sr.geodetector(equal, "y", ["plot", "soil"], permutations=0).factors
    assert found.loc["plot", "psd"] == pytest.approx(ordinary.loc["plot", "q_adjusted"], abs=1e-13)
    assert found["q"].tolist() == pytest.approx(ordinary["q"].tolist(), abs=1e-14)
    # of unequal strata, each sample variance counts by the size of its stratum
    groups = equal.data.groupby("soil")["y"]
    expected = 1 - (groups.size() * groups.var()).sum() / (30 * equal.data["y"].var())
    assert found.loc["soil", "psd"] == pytest.approx(expected, abs=1e-13)


def test_strata_without_a_linked_pair_are_left_out_and_named(cells):
    soil = np.array(["a", "b"] * 15, dtype=object)
    soil[[0, 29]] = "far"  # two opposite corners, which share no border
    soil[15] = "lone"
    study = with_values(cells, soil=soil)
    w = sr.contiguity(study)
    with pytest.warns(SmallSampleWarning, match=r"no two regions have no spatial variance.*'soil' \(3\)"):
        found = spade(study, "y", ["soil"], w=w, permutations=0)
    assert found.factors.loc["soil", ["n", "left_out"]].tolist() == [27, 3]
    expected = plain_psd(study.data["y"].to_numpy(), w.sparse.toarray(), soil.astype(str))
    assert found.factors.loc["soil", "psd"] == pytest.approx(expected, abs=1e-12)


def test_psmd_is_the_mean_of_the_compensated_powers(cells):
    w = sr.contiguity(cells)
    ks = [2, 3, 4]
    found = spade(cells, "y", ["x", "soil"], w=w, bins={"x": 3}, ks=ks, permutations=0)
    dense, y, x = w.sparse.toarray(), cells.data["y"].to_numpy(), cells.data["x"].to_numpy()
    expected = [
        plain_psd(y, dense, pd.qcut(x, k, labels=False)) / plain_psd(x, dense, pd.qcut(x, k, labels=False)) for k in ks
    ]
    np.testing.assert_allclose(found.levels["psd_compensated"], expected, atol=1e-12)
    assert found.factors.loc["x", "psmd"] == pytest.approx(np.mean(expected), abs=1e-12)
    assert np.isnan(found.factors.loc["soil", "psmd"])


def test_p_is_that_of_plain_loops_over_the_same_draws(cells):
    w = sr.contiguity(cells)
    found = spade(cells, "y", ["x", "soil"], w=w, bins={"x": 3}, ks=[2, 3], permutations=49, seed=9)
    y = cells.data["y"] / 4.0  # as the kernel scales it; powers of two change no draw
    y = (y - y.mean()).to_numpy()
    draws = np.concatenate(list(free_draws(y, 49, generator(9, "spade"))))
    dense, soil, x = w.sparse.toarray(), cells.data["soil"].to_numpy(), cells.data["x"].to_numpy()
    cuts = {k: pd.qcut(x, k, labels=False) for k in (2, 3)}
    kept = {k: plain_psd(x, dense, cut) for k, cut in cuts.items()}

    def p_of(statistic):
        return (1 + sum(statistic(row) >= statistic(y) - 1e-12 for row in draws)) / 50

    assert found.factors.loc["soil", "p_permutation"] == p_of(lambda row: plain_psd(row, dense, soil))
    assert found.factors.loc["x", "p_permutation"] == p_of(lambda row: plain_psd(row, dense, cuts[3]))
    mean = p_of(lambda row: np.mean([plain_psd(row, dense, cuts[k]) / kept[k] for k in cuts]))
    assert found.factors.loc["x", "psmd_p_permutation"] == mean


def test_neither_order_of_rows_nor_units_matter(cells):
    w = sr.contiguity(cells)
    frame = pd.DataFrame(cells.data)
    plain = spade(frame, "y", ["x", "soil"], w=w, bins={"x": 3}, permutations=99)
    shuffled = spade(frame.sample(frac=1, random_state=2), "y", ["x", "soil"], w=w, bins={"x": 3}, permutations=99)
    pd.testing.assert_frame_equal(shuffled.factors, plain.factors, rtol=1e-12)
    scaled = spade(frame.assign(y=8 * frame["y"] - 3), "y", ["x", "soil"], w=w, bins={"x": 3}, permutations=99)
    pd.testing.assert_frame_equal(scaled.factors, plain.factors, rtol=1e-10)
    other = sr.Weights(ids=w.ids, sparse=w.sparse * 5, standardisation="none")
    stronger = spade(frame, "y", ["x", "soil"], w=other, bins={"x": 3}, permutations=99)
    pd.testing.assert_frame_equal(stronger.factors, plain.factors, rtol=1e-12)


def test_missing_regions_leave_the_weights_too(cells):
    frame = pd.DataFrame(cells.data).astype({"x": float})
    frame.loc["r01c01", "x"] = np.nan
    frame.loc["r02c02", "y"] = np.nan
    w = sr.contiguity(cells)
    found = spade(frame, "y", ["x"], w=w, bins=2, missing="drop", permutations=0)
    whole = frame.dropna()
    expected = spade(whole, "y", ["x"], w=w.subset(whole.index), bins=2, permutations=0)
    assert found.factors.equals(expected.factors)
    assert sorted(found.dropped) == ["r01c01", "r02c02"]


def test_errors_say_what_to_do(cells, panel_study):
    frame = pd.DataFrame(cells.data)
    w = sr.contiguity(cells)
    with pytest.raises(WeightsError, match=r"a frame has no weights; pass w="):
        spade(frame, "y", ["soil"])
    with pytest.raises(AlignmentError):
        spade(frame.iloc[1:], "y", ["soil"], w=w)
    with pytest.raises(InputError, match=r"one time; found 3 times. Pass at="):
        spade(panel_study, "y", ["x"], bins=3)
    with pytest.raises(InputError, match=r"'x' is cut by 'optimal'"):
        spade(cells, "y", ["x"], w=w, bins={"x": ("optimal", [2])}, ks=[2, 3])
    checkers = with_values(cells, board=[("black", "white")[(i // 6 + i) % 2] for i in range(30)])
    with pytest.raises(WeightsError, match=r"w links no two regions of one stratum of 'board'"):
        spade(checkers, "y", ["board"], w=sr.contiguity(checkers, kind="rook"))
    halves = with_values(cells, y=np.r_[np.zeros(15), np.ones(15)], half=["s"] * 14 + ["t"] * 16)
    dense = np.zeros((30, 30))
    dense[0, 1] = dense[20, 21] = 1.0
    with pytest.raises(WeightsError, match=r"'y' is equal in both regions of each of the 2 pairs"):
        spade(halves, "y", ["half"], w=weights_of(dense, halves.ids))


def test_result_reads_well(cells):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = spade(cells, "y", ["x", "soil"], bins={"x": 3}, permutations=19)
    assert "SPADE" in found.summary()
    assert "exchangeable" in found.summary()
    assert found.table().equals(found.factors)
    assert found.spec.function == "spade"


def test_a_frame_of_several_times_is_taken_at_one(cells):
    w = sr.contiguity(cells)
    frame = pd.DataFrame(cells.data)
    both = pd.concat({2010: frame, 2020: frame.assign(y=frame["x"])}).swaplevel().rename_axis(["region", "time"])
    found = spade(both, "y", ["soil"], w=w, at=2010, permutations=0)
    assert found.factors.equals(spade(frame, "y", ["soil"], w=w, permutations=0).factors)


def test_bins_that_were_searched_are_named(cells):
    found = spade(cells, "y", ["x"], bins={"x": ("optimal", [2, 3])}, permutations=19)
    assert any("'x' were chosen for their q" in note for note in found.notes)
