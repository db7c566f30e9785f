"""Dagum's decomposition of the Gini by its definitions, in plain loops over pairs of regions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inequality.gini import Gini

import spatial_region as sr
from spatial_region.errors import InputError

REGIONS = [f"r{i:02d}" for i in range(15)]


def plain(x, w, g):
    """Dagum (1997), definition after definition: the three parts, G_gh and D_gh of each pair."""
    n = len(x)
    mean = {
        k: sum(w[i] * x[i] for i in range(n) if g[i] == k) / sum(w[i] for i in range(n) if g[i] == k) for k in set(g)
    }
    weight = {k: sum(w[i] for i in range(n) if g[i] == k) for k in set(g)}
    values = {k: weight[k] * mean[k] for k in set(g)}
    p = {k: weight[k] / sum(weight.values()) for k in weight}
    s = {k: values[k] / sum(values.values()) for k in values}
    inside, net, over, gini, affluence = 0.0, 0.0, 0.0, {}, {}
    for a in weight:
        for b in weight:
            pairs = [
                (w[i] * w[j] / weight[a] / weight[b], x[i], x[j])
                for i in range(n)
                for j in range(n)
                if g[i] == a and g[j] == b
            ]
            gini[a, b] = sum(c * abs(y - z) for c, y, z in pairs) / (mean[a] + mean[b])
            if a == b:
                inside += gini[a, a] * p[a] * s[a]
            elif (mean[a], a) > (mean[b], b):  # of two equal means, either is the richer
                d = sum(c * (y - z) for c, y, z in pairs if y > z)
                q = sum(c * (z - y) for c, y, z in pairs if y < z)
                affluence[a, b] = (d - q) / (d + q)
                both = gini[a, b] * (p[a] * s[b] + p[b] * s[a])
                net += both * affluence[a, b]
                over += both * (1 - affluence[a, b])
    return inside, net, over, gini, affluence


def plain_gini(x, w):
    mean = sum(a * b for a, b in zip(x, w, strict=True)) / sum(w)
    total = sum(v * u * abs(a - b) for a, v in zip(x, w, strict=True) for b, u in zip(x, w, strict=True))
    return total / (2 * mean * sum(w) ** 2)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000), kinds=st.integers(2, 4), ties=st.booleans(), weighted=st.booleans())
def test_every_number_is_that_of_the_definitions(seed, kinds, ties, weighted):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 5, 15).astype(float) + 0.5 if ties else rng.lognormal(0, 1, 15)
    w = rng.uniform(0.5, 3, 15) if weighted else np.ones(15)
    g = np.append(np.arange(kinds), rng.integers(0, kinds, 15 - kinds)).astype(str)
    inside, net, over, gini, affluence = plain(x, w, g)
    values, weights, groups = (pd.Series(column, REGIONS) for column in (x, w, g))
    found = sr.dagum_gini(values, weights if weighted else None, groups=groups)
    row = found.table().iloc[0]
    assert row["gini"] == pytest.approx(plain_gini(x, w), rel=1e-12)
    np.testing.assert_allclose(row[["within", "between", "transvariation"]], [inside, net, over], 1e-10, 1e-14)
    assert row[["within", "between", "transvariation"]].sum() == pytest.approx(row["gini"], rel=1e-13)
    for label, own in found.groups.iterrows():
        assert own["gini"] == pytest.approx(gini[label, label], rel=1e-12, abs=1e-15)
    for (a, b), pair in found.pairs.iterrows():
        assert pair["gini"] == pytest.approx(gini[a, b], rel=1e-12)
        if (a, b) in affluence:
            assert pair["affluence"] == pytest.approx(affluence[a, b], rel=1e-10, abs=1e-13)
    parts = found.groups["contribution"].sum() + found.pairs[["net", "transvariation"]].to_numpy().sum()
    assert parts == pytest.approx(row["gini"], rel=1e-12)
    assert found.groups["share"].sum() + found.pairs["share"].sum() == pytest.approx(100, rel=1e-12)
    order = rng.permutation(REGIONS)
    again = sr.dagum_gini(values[order], weights[order] if weighted else None, groups=groups)
    assert again.table().equals(found.table())
    scaled = sr.dagum_gini(values * 3e5, weights * 7 if weighted else None, groups=groups).table().iloc[0]
    np.testing.assert_allclose(scaled, row, rtol=1e-11, atol=1e-14)


def test_groups_that_do_not_overlap_have_no_transvariation():
    values = pd.Series([1.0, 2, 3, 10, 11, 15], REGIONS[:6])
    groups = pd.Series(list("aaabbb"), REGIONS[:6])
    found = sr.dagum_gini(values, groups=groups)
    assert found.table()["transvariation"].item() == 0
    assert found.pairs.loc[("b", "a"), "affluence"] == 1


def test_equal_means_have_no_net_part():
    found = sr.dagum_gini(pd.Series([1.0, 3, 2, 2], REGIONS[:4]), groups=pd.Series(list("aabb"), REGIONS[:4]))
    assert found.table()["between"].item() == 0
    assert found.pairs["affluence"].item() == 0


def test_a_group_of_zeros():
    values = pd.Series([0.0, 0, 2, 4, 0, 0], REGIONS[:6])
    found = sr.dagum_gini(values, groups=pd.Series(list("aabbcc"), REGIONS[:6]))
    assert np.isnan(found.groups.loc["a", "gini"])
    assert np.isnan(found.pairs.loc[("a", "c"), "gini"])
    assert found.table()[["within", "between", "transvariation"]].sum(axis=1).item() == pytest.approx(
        plain_gini(values.tolist(), [1] * 6)
    )


def test_gini_is_that_of_the_package_inequality():
    x = np.random.default_rng(0).lognormal(0, 1, 400)
    series = pd.Series(x, [f"c{i}" for i in range(400)])
    assert sr.inequality(series).table()["gini"].item() == pytest.approx(Gini(x).g, rel=1e-12)


def test_panel_and_refusals():
    rng = np.random.default_rng(1)
    index = pd.MultiIndex.from_product([REGIONS, [2001, 2002]])
    panel = pd.Series(rng.lognormal(size=30), index, name="gdp")
    groups = pd.Series(list("aaaaabbbbbccccc"), REGIONS)
    found = sr.dagum_gini(panel, groups=groups)
    for time in (2001, 2002):
        alone = sr.dagum_gini(panel.xs(time, level=1), groups=groups)
        assert found.table().loc[time].tolist() == alone.table().iloc[0].tolist()
        assert found.pairs.loc[time].equals(alone.pairs)
        assert found.groups.loc[time].equals(alone.groups)
    assert found.pairs.index.names == ["time", "group_a", "group_b"]
    assert "Pairs" in found.summary()
    with pytest.raises(InputError, match="lies in one group, a"):
        sr.dagum_gini(panel, groups=groups.replace({"b": "a", "c": "a"}))
    with pytest.raises(InputError, match="one column of groups; found 2"):
        sr.dagum_gini(panel, groups=pd.DataFrame({"a": groups, "b": groups}))
    with pytest.raises(InputError, match="pass groups="):
        sr.dagum_gini(panel, groups=None)


def test_many_regions_and_times_are_quick():
    import time

    rng = np.random.default_rng(5)
    index = pd.MultiIndex.from_product([range(3000), range(2000, 2020)])
    panel = pd.Series(rng.lognormal(size=60_000), index)
    groups = pd.Series(rng.integers(0, 31, 3000), range(3000))
    sr.dagum_gini(panel[:40], groups=groups)
    start = time.perf_counter()
    sr.dagum_gini(panel, groups=groups)
    assert time.perf_counter() - start < 8  # under a second alone; the machine may be shared
