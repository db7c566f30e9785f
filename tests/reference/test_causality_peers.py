"""Dumitrescu-Hurlin tests against R (plm 2.6-2)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr

COLUMN = {"Zbar": "Z_bar", "Ztilde": "Z_tilde", "Wbar": "W_bar"}


def test_dumitrescu_hurlin(shared_reference):
    folder = shared_reference / "methods"
    produc = pd.read_csv(folder / "data" / "Produc.csv").set_index(["state", "year"])
    tables = {
        "Grunfeld": pd.read_csv(folder / "data" / "Grunfeld.csv").set_index(["firm", "year"]),
        "Produc": produc.assign(lgsp=np.log(produc["gsp"]), lpc=np.log(produc["pc"])),
    }
    expected = json.loads((folder / "dumitrescu_hurlin_plm.json").read_text())["results"]
    assert len(expected) == 18
    for label, theirs in expected.items():
        data, formula, statistic, lags = label.split()
        effect, cause = formula.split("~")
        ours = sr.causality(tables[data], [cause, effect], lags=int(lags))
        row = ours.table().loc[(cause, effect)]
        assert row[COLUMN[statistic]] == pytest.approx(theirs["stat"], rel=1e-11), label
        if isinstance(theirs["p"], float):
            assert row[f"p_{COLUMN[statistic]}"] == pytest.approx(theirs["p"], rel=1e-8), label
        each = ours.regions.xs((cause, effect))
        key = "firm" if data == "Grunfeld" else "state"
        for unit in theirs["indgranger"]:
            region = int(unit[key]) if key == "firm" else unit[key]
            assert each.loc[region, "wald"] == pytest.approx(unit["Chisq"], rel=1e-8), (label, region)
            assert each.loc[region, "p"] == pytest.approx(unit["p-value"], rel=1e-7), (label, region)
