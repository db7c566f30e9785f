"""Weights, Moran and local Moran against numbers on which spdep 1.2-7, GeoDa (pygeoda 0.1.3) and esda 2.8.2 agree."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest

import spatial_region as sr

CASES = ["columbus", "us48", "stl"]


@pytest.fixture(params=CASES)
def case(request, shared_reference):
    folder = shared_reference / "autocorr"
    frame = gpd.read_file(folder / f"{request.param}.gpkg")
    # The peers took the coordinates as a plane; as km they are not mistaken for degrees.
    frame = frame.set_geometry(frame.geometry.scale(1000, 1000, origin=(0, 0))).set_crs(3857, allow_override=True)
    return frame, json.loads((folder / "autocorr.json").read_text(encoding="utf-8"))["data"][request.param]


def test_neighbour_sets(case):
    frame, reference = case
    built = {
        "queen": sr.contiguity(frame),
        "rook": sr.contiguity(frame, kind="rook"),
        "queen2": sr.contiguity(frame, order=2),
        "knn4": sr.knn(frame, k=4),
        "distmin": sr.distance_band(frame),
    }
    for kind, w in built.items():
        neighbours = [sorted(w.neighbours(region).index) for region in w.ids]
        assert neighbours == [sorted(row) for row in reference["weights"][kind]["neighbors"]], kind
    threshold = reference["weights"]["distmin"]["threshold"]
    assert built["distmin"].recipe["km"] == pytest.approx(threshold, rel=1e-12)


def test_moran_and_local_moran(case):
    frame, reference = case
    w, n = sr.contiguity(frame), len(frame)
    for variable, expected in reference["stats"].items():
        value = {key: np.array(entry["value"]) for key, entry in expected.items() if "value" in entry}
        normal = sr.moran(frame, variable, w=w, permutations=0)
        random = sr.moran(frame, variable, w=w, permutations=0, assumption="randomisation")
        np.testing.assert_allclose(normal.I, value["moran.I"], rtol=1e-10)
        np.testing.assert_allclose(normal.expected, value["moran.EI"], rtol=1e-10)
        np.testing.assert_allclose(normal.variance, value["moran.VI_norm"], rtol=1e-10)
        np.testing.assert_allclose(normal.p_normal, value["moran.p_norm_two_sided"], rtol=1e-8)
        np.testing.assert_allclose(random.variance, value["moran.VI_rand"], rtol=1e-10)
        np.testing.assert_allclose(random.p_normal, value["moran.p_rand_two_sided"], rtol=1e-8)
        conditional = sr.local_moran(frame, variable, w=w, permutations=9).table()
        total = sr.local_moran(frame, variable, w=w, permutations=9, moments="total").table()
        scale = n / (n - 1)  # the reference moments are for I over the variance with divisor n
        np.testing.assert_allclose(conditional["I"], value["local_moran.Is"], rtol=1e-10, atol=1e-12)
        for ours, theirs, power in [
            (conditional["expected"], "local_moran.EIc", 1),
            (conditional["variance"], "local_moran.VIc", 2),
            (total["expected"], "local_moran.EI", 1),
            (total["variance"], "local_moran.VI", 2),
        ]:
            np.testing.assert_allclose(ours * scale**power, value[theirs], rtol=1e-10, atol=1e-13, err_msg=theirs)
        codes = {1: "HH", 2: "LH", 3: "LL", 4: "HL"}
        assert conditional["quadrant"].tolist() == [codes[q] for q in expected["local_moran.quadrant"]["value"]]
