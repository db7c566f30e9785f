"""Local Geary, G, bivariate Moran and LOSH against numbers of spdep 1.2-7, GeoDa (pygeoda 0.1.3) and esda 2.8.2."""

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


def test_local_geary(case):
    frame, w, reference = case
    for variable, peers in reference["stats"].items():
        ours = sr.local_geary(frame, variable, w=w, permutations=9).table()["C"]
        np.testing.assert_allclose(ours, peers["local_geary"]["value"], rtol=1e-10, atol=1e-13, err_msg=variable)


def test_local_g(case):
    frame, w, reference = case
    compared = 0
    for variable, peers in reference["stats"].items():
        if frame[variable].min() < 0:
            continue
        for star, name in ((False, "local_G"), (True, "local_Gstar")):
            for kind, weights in (("B", w.standardise("binary")), ("W", w.standardise("row"))):
                ours = sr.local_g(frame, variable, w=weights, star=star, permutations=9).table()
                for column, key in (("G", "G"), ("z", "z"), ("expected", "EG"), ("variance", "VG")):
                    entry = peers.get(f"{name}_{kind}.{key}")
                    if entry is not None:
                        np.testing.assert_allclose(
                            ours[column], entry["value"], rtol=1e-9, atol=1e-12, err_msg=f"{variable} {name} {key}"
                        )
                        compared += 1
    assert compared >= 12


def test_several_variables(case):
    frame, w, reference = case
    if "bivariate" in reference:
        peers = reference["bivariate"]
        ours = sr.bivariate_local_moran(frame, peers["x"], other=peers["y"], w=w, permutations=9).table()["I"]
        np.testing.assert_allclose(ours, peers["local_Is"]["value"], rtol=1e-10, atol=1e-13)
    value = reference["local_multigeary"]["value"]
    names = list(reference["stats"])
    subsets = [names[:2], names[:3], names]
    distances = [
        np.abs(sr.local_geary(frame, chosen, w=w, permutations=9).table()["C"] - value).max() for chosen in subsets
    ]
    assert min(distances) < 1e-12


def test_losh(case):
    frame, w, reference = case
    for variable, peers in reference["stats"].items():
        if "losh.Hi" in peers:
            ours = sr.losh(frame, variable, w=w).table()["H"]
            np.testing.assert_allclose(ours, peers["losh.Hi"]["value"], rtol=1e-10, err_msg=variable)
