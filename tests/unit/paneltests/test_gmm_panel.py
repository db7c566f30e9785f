"""Difference and system GMM: a plain oracle, simulation, options and refusals."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import IdentificationError, InputError, MissingLibraryError, OptionError, UnknownNameError

pytest.importorskip("pyxtabond2")


def panel(regions=100, times=7, seed=0, r=0.6):
    rng = np.random.default_rng(seed)
    effect = rng.normal(size=(regions, 1))
    a = rng.normal(size=(regions, times + 30)) + 0.5 * effect
    y = np.zeros((regions, times + 30))
    common = rng.normal(size=times + 30)
    for t in range(1, times + 30):
        y[:, t] = r * y[:, t - 1] + 0.8 * a[:, t] + effect[:, 0] + common[t] + rng.normal(size=regions)
    index = pd.MultiIndex.from_product([[f"r{i:03d}" for i in range(regions)], range(2000, 2000 + times)])
    return pd.DataFrame({"y": y[:, 30:].ravel(), "a": a[:, 30:].ravel()}, index=index)


def difference_by_loop(data, times, least):
    """One-step difference GMM with collapsed instruments, a region and a time at a time."""
    h = 2 * np.eye(times - 2) - np.eye(times - 2, k=1) - np.eye(times - 2, k=-1)
    zx, zy, zhz = 0.0, 0.0, 0.0
    for _, part in data.groupby(level=0):
        y, a = part["y"].to_numpy(), part["a"].to_numpy()
        z = np.zeros((times - 2, times - least + 1))
        x = np.zeros((times - 2, 2))
        for t in range(2, times):
            for lag in range(least, t + 1):
                z[t - 2, lag - least] = y[t - lag]
            z[t - 2, -1] = a[t] - a[t - 1]
            x[t - 2] = y[t - 1] - y[t - 2], a[t] - a[t - 1]
        d = y[2:] - y[1:-1]
        zx, zy, zhz = zx + z.T @ x, zy + z.T @ d, zhz + z.T @ h @ z
    weight = np.linalg.inv(zhz)
    return np.linalg.solve(zx.T @ weight @ zx, zx.T @ weight @ zy), z.shape[1]


def test_difference_gmm_by_loop():
    data = panel()
    beta, count = difference_by_loop(data, 7, 2)
    fit = sr.gmm_panel("y ~ a", data, steps=1, time_effects=False)
    assert fit.params.tolist() == pytest.approx(beta, rel=1e-8)
    assert fit.instruments == count
    assert fit.nobs == 500


def test_estimates_find_the_truth_where_fixed_effects_do_not():
    """A persistent series: fixed effects are biased downwards by the order 1/T, GMM is not."""
    found = {"difference": [], "system": [], "within": []}
    for seed in range(8):
        data = panel(regions=200, times=6, seed=seed)
        for model in ("difference", "system"):
            found[model].append(sr.gmm_panel("y ~ a", data, model=model).params[["L.y", "a"]])
        lagged = data.assign(before=data.groupby(level=0)["y"].shift())
        fixed = sr.panel_regression("y ~ before + a", lagged, effects="twoway", missing="drop")
        found["within"].append(fixed.params)
    means = {model: np.mean(each, axis=0) for model, each in found.items()}
    assert means["difference"] == pytest.approx([0.6, 0.8], abs=0.06)
    assert means["system"] == pytest.approx([0.6, 0.8], abs=0.06)
    assert means["within"][0] < 0.52


def test_order_units_and_labels():
    data = panel()
    one = sr.gmm_panel("y ~ a", data, model="system", endogenous=["a"])
    assert list(one.params.index) == ["L.y", "a", *(f"time[{t}]" for t in range(2002, 2007)), "Intercept"]
    moved = data.sample(frac=1, random_state=0).assign(a=lambda d: 1000 * d["a"])
    two = sr.gmm_panel("y ~ a", moved, model="system", endogenous=["a"])
    assert two.params["L.y"] == pytest.approx(one.params["L.y"], rel=1e-6)
    assert two.params["a"] * 1000 == pytest.approx(one.params["a"], rel=1e-6)
    assert one.tests.loc["Hansen", "statistic"] == pytest.approx(two.tests.loc["Hansen", "statistic"], rel=1e-5)


def test_roles_of_regressors_change_the_instruments():
    data = panel()
    counts = {
        role: sr.gmm_panel("y ~ a", data, time_effects=False, **{role: ["a"]}).instruments
        for role in ("endogenous", "predetermined")
    }
    plain = sr.gmm_panel("y ~ a", data, time_effects=False).instruments
    # Lags 2 ... 6 of y; and of a 2 ... 6, or 1 ... 6, or itself.
    assert (plain, counts["endogenous"], counts["predetermined"]) == (6, 10, 11)
    assert sr.gmm_panel("y ~ a", data, time_effects=False, depth=2).instruments == 3
    assert sr.gmm_panel("y ~ a", data, time_effects=False, collapse=False).instruments == 5 * 6 // 2 + 1
    own = sr.gmm_panel("y ~ a", data, lags_of={"a": 2})
    assert {"a", "L.a", "L2.a"} <= set(own.params.index)


def test_many_instruments_are_noted():
    fit = sr.gmm_panel("y ~ a", panel(regions=12, times=9), collapse=False, endogenous=["a"])
    assert fit.instruments > fit.regions == 12
    assert any("too many" in note for note in fit.notes)
    assert "Difference GMM: y ~ a" in fit.summary()
    assert fit.spec.options["h"] == 3


def test_tests_of_instruments():
    """Errors that follow a moving average make lag 2 an invalid instrument, which AR(2) sees."""
    rng = np.random.default_rng(3)
    regions, times = 400, 8
    e = rng.normal(size=(regions, times + 31))
    u = e[:, 1:] + 0.9 * e[:, :-1]
    y = np.zeros((regions, times + 30))
    for t in range(1, times + 30):
        y[:, t] = 0.5 * y[:, t - 1] + u[:, t]
    index = pd.MultiIndex.from_product([range(regions), range(times)])
    fit = sr.gmm_panel("y ~ 1", pd.DataFrame({"y": y[:, 30:].ravel()}, index=index))
    assert fit.tests.loc["AR(2)", "p"] < 0.01
    assert "earlier instruments" in fit.tests.loc["AR(2)", "says"]
    clean = sr.gmm_panel("y ~ a", panel(regions=400)).tests
    assert clean.loc["AR(1)", "p"] < 1e-6
    assert clean.loc["AR(2)", "p"] > 0.01


def test_refusals(monkeypatch):
    data = panel(regions=20)
    with pytest.raises(OptionError, match="steps=3"):
        sr.gmm_panel("y ~ a", data, steps=3)
    with pytest.raises(OptionError, match="h=0"):
        sr.gmm_panel("y ~ a", data, h=0)
    with pytest.raises(OptionError, match="exogenous_in="):
        sr.gmm_panel("y ~ a", data, exogenous_in="both")
    with pytest.raises(OptionError, match="not both"):
        sr.gmm_panel("y ~ a", data, endogenous=["a"], predetermined=["a"])
    with pytest.raises(UnknownNameError, match="predetermined="):
        sr.gmm_panel("y ~ a", data, predetermined=["b"])
    with pytest.raises(InputError, match="at least 8 times"):
        sr.gmm_panel("y ~ a", data, lags=6)
    with pytest.raises(IdentificationError, match="does not vary over time"):
        sr.gmm_panel("y ~ a + still", data.assign(still=np.repeat(np.arange(20.0), 7)))
    with pytest.raises(IdentificationError, match="cannot identify"):
        sr.gmm_panel("y ~ a", data, endogenous=["a"], depth=1, lags=2, time_effects=False, lags_of={"a": 2})
    monkeypatch.setitem(sys.modules, "pyxtabond2", None)
    with pytest.raises(MissingLibraryError, match=r"spatial_region\[gmm\]"):
        sr.gmm_panel("y ~ a", data)
