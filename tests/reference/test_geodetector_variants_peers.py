"""Shares and zones against the registry's geodetector 0.2.0 (scikit-learn 1.9.1), and trees against scikit-learn.

The peer ran in an environment of its own, with trees of depth 30 and at least 60 units a leaf; its figures stand here.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from spatial_region.geodetector.gozh import gozh
from spatial_region.geodetector.lesh import lesh

GROWTH = {"least_units": 60, "least_split": 2, "share": 1e-9}  # the peer neither prunes nor asks for units to split
TREE_SHARES = {
    "x0": 0.2616105453272327,
    "x1": 0.023522721466861286,
    "x2": 0.02399343403187005,
    "x3": 0.0045178667782417034,
}
FULL_SHARES = {"x0": 0.2632475750995541, "x1": 0.11482686349266914, "x2": 0.11932492445059824}
ZONES = {
    ("x0",): 0.293815555119159,
    ("x1",): 0.02312106731349861,
    ("x2",): 0.021196595356488324,
    ("x3",): 0.029820944780950764,
    ("x0", "x1"): 0.293815555119159,
    ("x0", "x2"): 0.29986176895883676,
    ("x0", "x3"): 0.2972125974263675,
    ("x1", "x2"): 0.1372355938088453,
    ("x1", "x3"): 0.0386466033262961,
    ("x2", "x3"): 0.029820944780950764,
}


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(7)
    made = pd.DataFrame({f"x{i}": np.round(rng.normal(size=600), 3) for i in range(4)})
    return made.assign(y=np.round(made["x0"] + made["x1"] * made["x2"] + rng.normal(size=600), 3))


def test_shares_of_the_full_overlay(frame):
    names = list(FULL_SHARES)
    thirds = frame.assign(**{name: pd.qcut(frame[name], 3, labels=False) for name in names})
    shares = lesh(thirds, "y", names, bins=dict.fromkeys(names)).factors["share"]
    np.testing.assert_allclose(shares, list(FULL_SHARES.values()), atol=1e-14)


def test_shares_of_trees(frame):
    shares = lesh(frame, "y", list(TREE_SHARES), overlay="tree", **GROWTH).factors["share"]
    np.testing.assert_allclose(shares, list(TREE_SHARES.values()), atol=1e-14)


@pytest.mark.parametrize("names", ZONES)
def test_q_of_zones_of_one_factor_and_of_two(frame, names):
    assert gozh(frame, "y", list(names), permutations=0, **GROWTH).q == pytest.approx(ZONES[names], abs=1e-14)
