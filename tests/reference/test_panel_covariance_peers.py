"""Clustered and Driscoll-Kraay standard errors against plm 2.6.2 (R 4.2.2) on Munnell's Produc panel."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from spatial_region.panel._blocks import remove_effects
from spatial_region.panel._sandwich import sandwich

X = ["lpcap", "lpc", "lemp", "unemp"]


@pytest.fixture(scope="module")
def produc(shared_reference):
    folder = shared_reference / "panel"
    table = pd.read_csv(folder / "produc_panel.csv").sort_values(["year", "state"])
    wide = table[["lgsp", *X]].to_numpy().reshape(17, 48, 5)
    return wide, json.loads((folder / "produc_splm_ml.json").read_text())["plm"]


@pytest.mark.parametrize(
    ("case", "effects"),
    [
        ("pooling_individual", "pooled"),
        ("within_individual", "region"),
        ("within_time", "time"),
        ("within_twoways", "twoway"),
    ],
)
def test_standard_errors(produc, case, effects):
    """plm's factors for small samples are 1 (HC0) and n / (n - slopes) (HC1), and there is none for few clusters."""
    wide, peer = produc
    within = remove_effects(wide, effects)
    y, z = within[:, :, 0], within[:, :, 1:]
    if effects == "pooled":
        z = np.concatenate([np.ones((17, 48, 1)), z], axis=2)
    k = z.shape[2]
    flat = z.reshape(-1, k)
    inverse = np.linalg.inv(flat.T @ flat)
    e = y - z @ (inverse @ flat.T @ y.ravel())
    expected = peer[case]["robust"]
    clustered = np.sqrt(np.diag(sandwich(z, e, inverse, kind="cluster_region", lost=k)))
    plain = np.sqrt(48 / 47 * 815 / 816 * 816 / (816 - k))
    np.testing.assert_allclose(clustered / plain, expected["HC0_group"], rtol=1e-8)
    np.testing.assert_allclose(clustered / np.sqrt(48 / 47 * 815 / 816), expected["HC1_group"], rtol=1e-8)
    driscoll_kraay = np.sqrt(np.diag(sandwich(z, e, inverse, kind="driscoll_kraay", lost=0)))  # 2 lags here and there
    np.testing.assert_allclose(driscoll_kraay, expected["DK"], rtol=1e-8)
