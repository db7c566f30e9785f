"""Geary, G, join counts, bivariate Moran, Lee and saddlepoint p against numbers on which peers agree.

spdep 1.2-7 (R 4.2.2) and esda 2.8.2; see the conventions in the file.
"""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest

import spatial_region as sr


@pytest.fixture(params=["columbus", "us48", "stl"])
def case(request, shared_reference):
    folder = shared_reference / "autocorr"
    frame = gpd.read_file(folder / f"{request.param}.gpkg").set_crs(3857, allow_override=True)
    reference = json.loads((folder / "autocorr.json").read_text(encoding="utf-8"))["data"][request.param]
    return frame, sr.contiguity(frame), reference


def test_geary(case):
    frame, w, reference = case
    for variable, peers in reference["stats"].items():
        normal = sr.geary(frame, variable, w=w, permutations=0)
        random = sr.geary(frame, variable, w=w, permutations=0, assumption="randomisation")
        ours = [normal.C, normal.expected, normal.variance, random.variance]
        wanted = [peers[f"geary.{name}"]["value"] for name in ("C", "EC", "VC_norm", "VC_rand")]
        np.testing.assert_allclose(ours, wanted, rtol=1e-10, err_msg=variable)


def test_getis_ord(case):
    frame, w, reference = case
    for variable, peers in reference["stats"].items():
        if frame[variable].min() < 0:
            continue
        ours = sr.getis_ord_g(frame, variable, w=w, permutations=0)
        wanted = [peers[f"G_binary.{name}"]["value"] for name in ("G", "EG", "VG")]
        np.testing.assert_allclose([ours.G, ours.expected, ours.variance], wanted, rtol=1e-10, err_msg=variable)


def test_join_counts(case):
    frame, w, reference = case
    for variable, peers in reference["stats"].items():
        high = (frame[variable] > frame[variable].median()).map({True: "1", False: "0"})
        table = sr.join_count(high, w=w, permutations=0).table().loc[["0 : 0", "1 : 1", "0 : 1", "unlike"]]
        for column, key in (("joins", "stat"), ("expected", "E"), ("variance", "V")):
            wanted = peers["join_counts_gt_median"]["spdep"][key]
            np.testing.assert_allclose(table[column], wanted, rtol=1e-10, err_msg=variable)


def test_two_variables(case):
    frame, w, reference = case
    if "bivariate" not in reference:
        pytest.skip("no pair of variables for this map")
    peers = reference["bivariate"]
    moran = sr.bivariate_moran(frame, peers["x"], other=peers["y"], w=w, permutations=0)
    lee = sr.lee(frame, peers["x"], other=peers["y"], w=w, permutations=0)
    np.testing.assert_allclose([moran.I, lee.L], [peers["global_I"], peers["lee_L"]["value"]], rtol=1e-10)


def test_saddlepoint(case):
    frame, w, reference = case
    modelled = {v: p["moran_normal_model"] for v, p in reference["stats"].items() if "moran_normal_model" in p}
    assert modelled
    for variable, peer in modelled.items():
        ours = sr.moran(frame, variable, w=w, permutations=0, alternative="greater")
        np.testing.assert_allclose(ours.p_normal, peer["p_normal"][0][0], rtol=1e-9, err_msg=variable)
        np.testing.assert_allclose(ours.p_saddlepoint, peer["p_sad"], rtol=1e-9, err_msg=variable)
        np.testing.assert_allclose(ours.p_saddlepoint, peer["p_exact"], rtol=0.01, err_msg=variable)
