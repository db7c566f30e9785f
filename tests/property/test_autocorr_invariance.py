"""Row order of the table, order of the regions, and units of the map never change an answer."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from conftest import lattice
from hypothesis import given, settings
from hypothesis import strategies as st

import spatial_region as sr

FRAME = lattice(5, 6)


@st.composite
def variables(draw):
    """Values that vary, on the cells of FRAME; few distinct values, so that ties are common."""
    values = draw(st.lists(st.integers(-20, 20), min_size=30, max_size=30).filter(lambda v: len(set(v)) > 2))
    return pd.Series(values, index=FRAME.index, dtype=float, name="x")


@settings(max_examples=25, deadline=None)
@given(values=variables(), seed=st.integers(0, 2**20), k=st.integers(1, 8))
def test_order_of_rows_and_regions(values, seed, k):
    rng = np.random.default_rng(seed)
    w = sr.knn(FRAME, k=k)
    regions = FRAME.iloc[rng.permutation(30)]
    table = values.iloc[rng.permutation(30)]
    study = sr.make_study(regions, table.to_frame())
    other = sr.knn(study, k=k)
    assert sr.moran(study, "x", w=other, permutations=99).table().equals(sr.moran(values, w=w, permutations=99).table())
    local = sr.local_moran(study, "x", w=other, permutations=99)
    expected = sr.local_moran(values, w=w, permutations=99)
    pd.testing.assert_frame_equal(
        local.table().reindex(FRAME.index), expected.table(), check_exact=True, check_names=False
    )


@settings(max_examples=25, deadline=None)
@given(values=variables(), scale=st.floats(1e-3, 1e6), shift=st.floats(-1e3, 1e3))
def test_units_of_the_variable(values, scale, shift):
    w = sr.contiguity(FRAME)
    before = sr.local_moran(values, w=w, permutations=199).table()
    after = sr.local_moran(values * scale + shift, w=w, permutations=199).table()
    # A lag of exactly zero may round to either side; elsewhere everything is as before.
    clear = before["lag"].abs() > 1e-9 * values.abs().max()
    clear &= (values - values.mean()).abs() > 1e-9 * values.abs().max()
    np.testing.assert_allclose(after["I"], before["I"], rtol=1e-6, atol=1e-9)
    assert after.loc[clear, "quadrant"].equals(before.loc[clear, "quadrant"])
    np.testing.assert_allclose(after["p"], before["p"], atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(factor=st.sampled_from([1e-3, 1.0, 1e3]), values=variables())
def test_units_of_the_map(factor, values):
    unit = {1e-3: "km", 1.0: "m", 1e3: "mm"}[factor]
    # The false easting keeps coordinates in km away from what could be degrees.
    plane = "+proj=aeqd +lat_0=35 +lon_0=105 +x_0=500000 +datum=WGS84 +units="
    there = FRAME.set_geometry(FRAME.geometry.translate(500_000)).set_crs(f"{plane}m", allow_override=True)
    moved = there.to_crs(f"{plane}{unit}")
    for build in (
        lambda f: sr.contiguity(f, snap=1.0),
        lambda f: sr.knn(f, k=3),
        lambda f: sr.distance_band(f, km=1.5),
    ):
        ours = sr.moran(values, w=build(moved), permutations=49)
        reference = sr.moran(values, w=build(FRAME), permutations=49)
        assert np.isclose(ours.I, reference.I)
        assert ours.p == reference.p


@settings(max_examples=10, deadline=None)
@given(scale=st.floats(0.01, 100))
def test_scaling_weights_before_standardising(scale):
    w = sr.inverse_distance(FRAME, km=2.5)
    scaled = sr.Weights(w.ids, w.sparse * scale)
    values = pd.Series(np.arange(30.0) % 7, index=FRAME.index)
    assert np.isclose(sr.moran(values, w=w, permutations=0).I, sr.moran(values, w=scaled, permutations=0).I, rtol=1e-12)


def test_geographic_and_projected_layers_agree_on_who_touches():
    plain = FRAME.geometry.scale(1e-4, 1e-4, origin=(0, 0))
    degrees = gpd.GeoDataFrame(geometry=plain).set_crs(4326, allow_override=True)
    for kind in ("queen", "rook"):
        assert (sr.contiguity(degrees, kind=kind).sparse != sr.contiguity(FRAME, kind=kind).sparse).nnz == 0
