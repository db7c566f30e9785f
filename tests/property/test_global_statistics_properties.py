"""What holds between the global statistics, for any values and any weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spatial_region as sr

pytestmark = pytest.mark.filterwarnings("ignore::spatial_region.errors.SmallSampleWarning")


@st.composite
def problems(draw: st.DrawFn) -> tuple[pd.Series, pd.Series, sr.Weights]:
    """Values that vary, categories, and weights with a link, of 5 to 14 regions."""
    n = draw(st.integers(5, 14))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dense = rng.uniform(0.1, 3, (n, n)) * (rng.random((n, n)) < draw(st.sampled_from([0.2, 0.5, 0.9])))
    np.fill_diagonal(dense, 0)
    dense[0, 1] = 1.0
    ids = pd.Index([f"区{i}" for i in rng.permutation(n)])
    values = rng.integers(0, draw(st.sampled_from([3, 1000])), n).astype(float)
    values[:2] = [0.0, 5.0]
    values[2] = 7.0
    kinds = np.array(["甲", "乙", "丙"])[np.r_[0, 1, rng.integers(0, 3, n - 2)]]
    return pd.Series(values, ids, name="v"), pd.Series(kinds, ids, name="k"), sr.Weights(ids, dense)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_geary_is_moran_and_the_squares_at_the_ends_of_links(problem):
    values, _, w = problem
    z, dense = (values - values.mean()).to_numpy(), w.standardise("row").sparse.toarray()
    n, s0 = len(z), dense.sum()
    moran = sr.moran(values, w=w, permutations=0).I
    ends = (dense.sum(axis=0) + dense.sum(axis=1)) @ z**2 / (z @ z)
    expected = (n - 1) / (2 * s0) * ends - (n - 1) / n * moran
    np.testing.assert_allclose(sr.geary(values, w=w, permutations=0).C, expected, rtol=1e-9, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_joins_add_up_and_categories_can_be_merged(problem):
    _, kinds, w = problem
    ours = sr.join_count(kinds, w=w, permutations=0)
    total = w.sparse.sum() / 2
    np.testing.assert_allclose(ours.pairs["joins"].sum(), total)
    np.testing.assert_allclose(ours.pairs["expected"].sum(), total)
    one = kinds == "甲"
    merged = sr.join_count(one, w=w, permutations=0)
    rest = ours.counts.drop(index="甲", columns="甲")
    np.testing.assert_allclose(merged.BB, ours.counts.loc["甲", "甲"], atol=1e-12)
    np.testing.assert_allclose(merged.BW, ours.counts.loc["甲"].drop("甲").sum(), atol=1e-12)
    np.testing.assert_allclose(merged.WW, np.triu(rest).sum(), atol=1e-9)
    # A category as 0 and 1: its joins are a sum that G has on top, and the unlike ones a sum that C has.
    numbers, raw = one.astype(float), w.standardise("none")
    z = numbers - numbers.mean()
    geary = sr.geary(numbers, w=raw, permutations=0).C
    np.testing.assert_allclose(geary * 2 * total * float((z**2).sum()) / (len(z) - 1), merged.BW, rtol=1e-9, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(problems(), st.sampled_from(["moran", "geary", "getis_ord_g", "join_count", "bivariate", "lee"]))
def test_one_sided_p_values_make_the_two_sided_one(problem, name):
    values, kinds, w = problem
    frame = pd.DataFrame({"v": values, "u": np.arange(len(values)) % 4, "k": kinds})

    def ask(alternative: str) -> float:
        options = {"w": w, "permutations": 99, "alternative": alternative}
        if name in {"bivariate", "lee"}:
            return {"bivariate": sr.bivariate_moran, "lee": sr.lee}[name](frame, "v", other="u", **options).p
        return getattr(sr, name)(frame, "k" if name == "join_count" else "v", **options).p

    greater, less, both = ask("greater"), ask("less"), ask("two-sided")
    assert greater + less >= 1
    assert both == min(1.0, 2 * min(greater, less))
    assert min(greater, less) >= 1 / 100


@settings(max_examples=25, deadline=None)
@given(problems())
def test_new_names_and_another_order_change_nothing(problem):
    """Names that sort as the old ones do; draws are keyed by place in sorted order."""
    values, kinds, w = problem
    frame = pd.DataFrame({"v": values, "k": kinds})
    order = np.random.default_rng(len(values)).permutation(len(values))
    names = pd.Series([f"r{i:02d}" for i in range(len(values))], index=sorted(values.index))
    other = sr.Weights(pd.Index(names[w.ids]), w.sparse)
    moved = frame.iloc[order].set_axis(pd.Index(names[frame.index[order]]))
    for function, variable in ((sr.moran, "v"), (sr.geary, "v"), (sr.getis_ord_g, "v"), (sr.join_count, "k")):
        one, two = function(frame, variable, w=w, permutations=49), function(moved, variable, w=other, permutations=49)
        # Rows are standardised in the caller's order, so that the last bit may differ; the p-value may not.
        np.testing.assert_allclose([one.statistic, one.z], [two.statistic, two.z], rtol=1e-9, atol=1e-12)
        assert one.p == two.p
