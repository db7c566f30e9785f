"""Difference and system GMM against Stata 18 (xtabond, xtabond2), as published by the StatsPAI project."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr

pytest.importorskip("pyxtabond2")

PLAIN = {"time_effects": False, "collapse": False}
STAGES = {"one": {**PLAIN, "steps": 1}, "two": {**PLAIN, "steps": 2}}
LONG = {"lags": 2, "lags_of": {"w": 1, "k": 2}}
SYSTEM = {"model": "system", "exogenous_in": "both"}
CASES = {
    "A1_ar1_1step_robust": ("n ~ 1", STAGES["one"]),
    "A3_ar2_1step_robust": ("n ~ 1", {**STAGES["one"], "lags": 2}),
    "A4_ar1_2step_wc": ("n ~ 1", STAGES["two"]),
    "A5_ar1_2step_conv": ("n ~ 1", {**STAGES["two"], "covariance": "classical"}),
    "A6_ar1_maxldep3": ("n ~ 1", {**STAGES["one"], "depth": 3}),
    "B1_ab1991_1step_robust": ("n ~ w + k", {**STAGES["one"], **LONG}),
    "B2_ab1991_2step_wc": ("n ~ w + k", {**STAGES["two"], **LONG}),
    "B3_ab1991_yeardum": ("n ~ w + k", {**STAGES["one"], **LONG, "time_effects": True}),
    "C1_w_predetermined": ("n ~ w + k", {**STAGES["one"], **LONG, "endogenous": ["w"]}),
    "D1_x2_diff_1step": ("n ~ 1", STAGES["one"]),
    "D2_x2_diff_collapse": ("n ~ 1", {**STAGES["one"], "collapse": True}),
    "D3_x2_diff_ivwk": ("n ~ w + k", STAGES["one"]),
    "D4_x2_sys_1step": ("n ~ w + k", {**STAGES["one"], **SYSTEM}),
    "D5_x2_sys_2step_wc": ("n ~ w + k", {**STAGES["two"], **SYSTEM}),
    "D6_x2_sys_collapse": ("n ~ w + k", {**STAGES["two"], **SYSTEM, "collapse": True}),
    "F4_x2_diff_cluster_id": ("n ~ w + k", STAGES["one"]),
    "G1_ah_levels": ("n ~ 1", {**STAGES["one"], "collapse": True, "depth": 1}),
    "G3_ah_levels_wk": ("n ~ w + k", {**STAGES["one"], "collapse": True, "depth": 1}),
    "I6_gap_diff_1step": ("n ~ 1", STAGES["one"]),
    "I7_gap_diff_2step_wc": ("n ~ 1", STAGES["two"]),
    "I9_gap_sys_1step": ("n ~ 1", {**STAGES["one"], "model": "system"}),
    "I10_gap_wk_1step": ("n ~ w + k", STAGES["one"]),
    "I1_gap_collapse_lag2": ("n ~ 1", {**STAGES["one"], "collapse": True, "depth": 1}),
}


@pytest.fixture(scope="module")
def stata(shared_reference):
    return json.loads((shared_reference / "methods" / "gmm_abdata_stata18_from_StatsPAI.json").read_text())


@pytest.fixture(scope="module")
def abdata(shared_reference):
    return pd.read_csv(shared_reference / "methods" / "data" / "abdata_stata.csv").set_index(["id", "year"])


def _label(name):
    if name.startswith("yr"):
        return f"time[{name[2:]}]"
    return {"_cons": "Intercept"}.get(name, name)


@pytest.mark.parametrize("case", list(CASES))
def test_agrees_with_stata(stata, abdata, case):
    formula, options = CASES[case]
    data = abdata
    if case.startswith("I"):
        identity = abdata.index.get_level_values("id")
        data = abdata[~((identity % 3 == 0) & (abdata.index.get_level_values("year") == 1980))]
    fit = sr.gmm_panel(formula, data, missing="drop", **options)
    theirs, extra = stata[case], stata[case]["e"]
    for name, value in theirs["coef"].items():
        assert fit.params[_label(name)] == pytest.approx(value, rel=1e-8, abs=1e-10), name
    for name, value in theirs["se"].items():
        assert fit.std_errors[_label(name)] == pytest.approx(value, rel=1e-8), name
    assert (fit.nobs, fit.regions) == (extra["N"], extra["N_g"])
    assert fit.instruments == extra.get("j", extra.get("zrank"))
    for ours, keys in {"AR(1)": ("ar1", "arm1"), "AR(2)": ("ar2", "arm2"), "Hansen": ("hansen",)}.items():
        for key in keys:
            if key in extra and (ours != "Hansen" or extra["hansen_df"] > 0):
                assert fit.tests.loc[ours, "statistic"] == pytest.approx(extra[key], rel=1e-7), key
    if extra.get("hansen_df", 0) > 0:
        assert fit.tests.loc["Hansen", ["df", "p"]].tolist() == pytest.approx([extra["hansen_df"], extra["hansenp"]])
        assert fit.tests.loc["Sargan", "statistic"] == pytest.approx(extra["sargan"], rel=1e-8)
        assert fit.tests.loc["Sargan", "p"] == pytest.approx(extra["sarganp"], rel=1e-5, abs=1e-300)


def test_classical_one_step_but_for_the_degrees_of_freedom(stata, abdata):
    """xtabond divides by n - k, xtabond2 by n."""
    fit = sr.gmm_panel("n ~ 1", abdata, missing="drop", covariance="classical", **STAGES["one"])
    theirs = stata["A2_ar1_1step_classic"]
    assert fit.std_errors["L.n"] * np.sqrt(751 / 750) == pytest.approx(theirs["se"]["L.n"], rel=1e-9)
    assert fit.tests.loc["Sargan", "statistic"] * 750 / 751 == pytest.approx(theirs["e"]["sargan"], rel=1e-9)


def test_weights_of_the_first_step_move_a_system(abdata):
    """Blundell and Bond's (1998) equation of employment: 0.811, 0.871 or 0.936 for h = 1, 2, 3, by 113 instruments."""
    options = {"model": "system", "lags_of": {"w": 1, "k": 1}, "endogenous": ["w", "k"], "steps": 1, "collapse": False}
    fits = [sr.gmm_panel("n ~ w + k", abdata, missing="drop", h=h, **options) for h in (1, 2, 3)]
    assert [fit.params["L.n"] for fit in fits] == pytest.approx([0.811, 0.871, 0.936], abs=5e-4)
    assert {fit.instruments for fit in fits} == {113}


def test_orthogonal_deviations_of_the_engine_are_not_those_of_stata(stata, abdata):
    """Why gmm_panel does not offer them: another place of the instruments, and other AR tests."""
    from pyxtabond2 import GMMStyle, IVStyle, PyXtabond2

    data = abdata.assign(**{"L.n": abdata.groupby("id")["n"].shift()}).reset_index()
    theirs = stata["D7_x2_fod_diff"]
    found = {}
    for least in (1, 2):
        found[least] = PyXtabond2(
            data, "id", "year", "n", ["L.n", "w", "k"], gmm=[GMMStyle("n", (least, None))],
            iv=[IVStyle(["w", "k"], "diff")], robust=True, orthogonal=True,
        ).fit()  # fmt: skip
    assert (found[2].engine.n_instruments, found[1].engine.n_instruments, theirs["e"]["j"]) == (23, 30, 30)
    assert found[1].beta.ravel()[0] == pytest.approx(theirs["coef"]["L.n"], rel=1e-9)
    ar = [float(found[1].diag["ar"][order][0]) - theirs["e"][f"ar{order}"] for order in (1, 2)]
    assert ar == pytest.approx([0.40, 0.23], abs=0.005)
