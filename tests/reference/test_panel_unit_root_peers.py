"""Panel unit root tests against R: plm 2.6-2 (purtest) and urca 1.3 (ur.pp, punitroot)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import InputError
from spatial_region.paneltests._dickey_fuller import log_tails
from spatial_region.paneltests._fisher import combine

TRENDS = {"none": "none", "intercept": "constant", "constant": "constant", "trend": "trend"}
TESTS = {
    "levinlin": ("llc", "t*"),
    "madwu": ("fisher_adf", "P"),
    "Pm": ("fisher_adf", "Pm"),
    "invnormal": ("fisher_adf", "Z"),
    "logit": ("fisher_adf", "L*"),
    "Wtbar": ("ips", "W"),
    "Ztbar": ("ips", "Z"),
    "tbar": ("ips", "t-bar"),
    "Hcons=TRUE": ("hadri", "Z robust"),
    "Hcons=FALSE": ("hadri", "Z common"),
}


@pytest.fixture(scope="module")
def plm(shared_reference):
    return json.loads((shared_reference / "methods" / "panel_unitroot_plm.json").read_text())["results"]


@pytest.fixture(scope="module")
def urca(shared_reference):
    return json.loads((shared_reference / "methods" / "fisher_pp_urca.json").read_text())["results"]


@pytest.fixture(scope="module")
def grunfeld(shared_reference):
    return pd.read_csv(shared_reference / "methods" / "data" / "Grunfeld.csv").set_index(["firm", "year"])


@pytest.fixture(scope="module")
def produc(shared_reference):
    table = pd.read_csv(shared_reference / "methods" / "data" / "Produc.csv")
    return table.assign(lgsp=np.log(table["gsp"])).set_index(["state", "year"])


def parse(key):
    """Return variable, test, form, trend and lags of one of plm's cases."""
    parts = key.split("|")
    name = parts[-1] if parts[1] in ("ips", "hadri") else parts[1]
    test, form = TESTS[name]
    lags = 0 if test == "hadri" else int(parts[3]) if parts[3].isdigit() else parts[3].lower()
    return parts[0].split("_")[1], test, form, TRENDS[parts[2]], lags


def run(table, variable, test, trend, lags):
    options = {"max_lags": 4} if isinstance(lags, str) else {}
    return sr.unit_root(
        table, variable, test=test, trend=trend, lags=lags, convention="plm", differences=(0,), **options
    )


def test_every_case_of_plm(plm, grunfeld):
    fisher = set()
    for key, theirs in plm.items():
        variable, test, form, trend, lags = parse(key)
        found = run(grunfeld, variable, test, trend, lags)
        units = found.units
        if test != "hadri":
            assert units["lags"].tolist() == theirs["lags"], key
            np.testing.assert_allclose(units["statistic"], theirs["trho"], rtol=1e-9, atol=1e-11)
            # Our p-values are those of the limit itself; MacKinnon's (1996) table and its interpolation are near.
            np.testing.assert_allclose(units["p"], theirs["p_trho"], atol=2e-4)
        if form == "Z" and test == "ips" and trend == "trend":
            # plm takes the moments of a regression with a constant alone, and gets a number of no meaning.
            assert form not in set(found.forms["form"])
            continue
        ours = found.forms.set_index("form").loc[form]
        if test == "fisher_adf":
            fisher.add(form)
            p = np.array(theirs["p_trho"])
            combined = {one.form: one for one in combine(np.log(p), np.log1p(-p))}[form]
            assert combined.statistic == pytest.approx(theirs["statistic"], abs=1e-6), key
            assert combined.p == pytest.approx(theirs["p"], abs=1e-6), key
            # MacKinnon's table ends at p = 0.0001, and urca's values beyond it are up to a fifth off.
            near = p.min() > 2e-4
            assert ours["statistic"] == pytest.approx(theirs["statistic"], abs=0.05 if near else 0.7), key
        else:
            assert ours["statistic"] == pytest.approx(theirs["statistic"], rel=1e-10), key
            if form != "t-bar":
                assert ours["p"] == pytest.approx(theirs["p"], rel=1e-8, abs=1e-300), key
    assert len(fisher) == 4


def test_p_values_of_maddala_and_wu_are_those_of_plm(plm, grunfeld):
    for key, theirs in plm.items():
        variable, test, form, trend, lags = parse(key)
        if form == "P" and test == "fisher_adf":
            assert run(grunfeld, variable, test, trend, lags).table()["p"][0] == pytest.approx(theirs["p"], abs=1e-3)


def test_every_case_of_urca(urca, grunfeld, produc):
    for key, theirs in urca.items():
        name, trend = key.split("|")
        table, variable = (grunfeld, "inv") if name == "Grunfeld_inv" else (produc, "lgsp")
        found = sr.unit_root(
            table, variable, test="fisher_pp", trend=trend, bandwidth=theirs["lag"], convention="plm", differences=(0,)
        )
        np.testing.assert_allclose(found.units["statistic"], theirs["tau"], rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(found.units["p"], theirs["p_mackinnon1996_asy"], atol=2e-4)
        p = np.array(theirs["p_mackinnon1996_asy"])
        combined = {one.form: one for one in combine(np.log(p), np.log1p(-p))}
        for form, statistic, own in (
            ("P", "P", "p_P"),
            ("Z", "Z", "p_Z"),
            ("L*", "Lstar", "p_L"),
            ("Pm", "Pm", "p_Pm"),
        ):
            assert combined[form].statistic == pytest.approx(theirs[statistic], rel=2e-5, abs=2e-5)
            assert combined[form].p == pytest.approx(theirs[own], abs=2e-5)


def test_p_values_of_the_limit_are_those_of_mackinnon(plm):
    for theirs in plm.values():
        if theirs["test"] != "hadri":
            p = np.exp(log_tails(np.array(theirs["trho"]), TRENDS[theirs["exo"]])[0])
            np.testing.assert_allclose(p, theirs["p_trho"], atol=2e-4)


def test_the_conventions_named_by_the_readme(grunfeld):
    options = {"lags": 1, "differences": (0,)}
    values = {
        name: sr.unit_root(grunfeld, "inv", test=["llc", "ips"], convention=name, **options).table()["statistic"]
        for name in ("plm", "stata", "paper")
    }
    np.testing.assert_allclose(values["plm"], [2.015, 2.327], atol=5e-4)
    np.testing.assert_allclose(values["stata"], [2.205, 2.620], atol=5e-4)
    assert values["paper"][1] == pytest.approx(2.550, abs=5e-4)


def test_six_years_are_refused(produc):
    years = produc.index.get_level_values("year")
    with pytest.raises(InputError, match="6 times support no panel unit root test"):
        sr.unit_root(produc[years < 1976], "lgsp")
