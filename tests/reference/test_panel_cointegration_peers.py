"""Pedroni's and Kao's tests against an independent implementation, in several units."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr

SEVEN = ("panel_v", "panel_rho", "panel_pp", "panel_adf", "group_rho", "group_pp", "group_adf")
FIVE = ("DF_rho", "DF_t", "DF_rho_star", "DF_t_star", "ADF")
CASES = {
    "gdi_gds": "gdi ~ gds",
    "Grunfeld_inv_value": "inv ~ value",
    "Grunfeld_inv_value_capital": "inv ~ value + capital",
    "Produc_lgsp_lpc": "log(gsp) ~ log(pc)",
    "Produc_lgsp_lpc_lemp": "log(gsp) ~ log(pc) + log(emp)",
}


@pytest.fixture(scope="module")
def expected(shared_reference):
    return json.loads((shared_reference / "methods" / "pedroni_kao_reference.json").read_text())["results"]


def load(folder, case):
    if case == "gdi_gds":
        both = {name: pd.read_csv(folder / f"pco_{name}.csv") for name in ("gdi", "gds")}
        index = pd.MultiIndex.from_product([both["gdi"].columns, both["gdi"].index], names=["region", "time"])
        return pd.DataFrame({name: wide.to_numpy().T.ravel() for name, wide in both.items()}, index=index)
    name, keys = ("Grunfeld", ["firm", "year"]) if case.startswith("Grunfeld") else ("Produc", ["state", "year"])
    return pd.read_csv(folder / f"{name}.csv").set_index(keys)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("unit", [1.0, 1e6])
def test_seven_and_five(expected, shared_reference, case, unit):
    table = load(shared_reference / "methods" / "data", case).select_dtypes("number")
    names = {"gdi", "inv", "gsp"} & set(table.columns)
    table = table.assign(**{name: table[name] * unit for name in names})
    for trend, label in (("constant", "pedroni_intercept"), ("trend", "pedroni_trend")):
        theirs = expected[case][label]
        found = sr.cointegration(table, CASES[case], test="pedroni", trend=trend, lags=theirs["p"]).table()
        assert set(found["bandwidth"]) == {theirs["k"]}
        np.testing.assert_allclose(found["statistic"], [theirs["std"][name] for name in SEVEN], rtol=1e-8, atol=1e-9)
    theirs = expected[case]["kao_p1"]
    found = sr.cointegration(table, CASES[case], test="kao", lags=theirs["p"]).table()
    np.testing.assert_allclose(found["statistic"], [theirs[name] for name in FIVE], rtol=1e-8, atol=1e-9)
