"""Granger causality against plain loops, dummy-variable regressions, and simulated nulls."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

import spatial_region as sr
from spatial_region.errors import (
    DuplicateError,
    IdentificationError,
    InputError,
    MissingValuesError,
    OptionError,
    UnknownNameError,
)
from spatial_region.paneltests._granger import averages, region_tests
from spatial_region.paneltests._granger_draws import bootstrap_z


def panel(regions=12, times=18, seed=3, cause=0.4, common=0.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(regions, times)).cumsum(axis=1) * 0.3 + rng.normal(size=(regions, times))
    y = rng.normal(size=(regions, times)) + common * rng.normal(size=times)
    for t in range(1, times):
        y[:, t] += 0.3 * y[:, t - 1] + cause * x[:, t - 1]
    index = pd.MultiIndex.from_product([[f"r{i:02d}" for i in range(regions)], range(2000, 2000 + times)])
    return pd.DataFrame({"x": x.ravel(), "y": y.ravel()}, index=index)


def wald_by_loop(y, x, lags):
    rows = range(lags, len(y))
    full = np.array(
        [[1, *(y[t - k] for k in range(1, lags + 1)), *(x[t - k] for k in range(1, lags + 1))] for t in rows]
    )
    target = np.array([y[t] for t in rows])
    sums = []
    for columns in (full, full[:, : 1 + lags]):
        fitted = columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
        sums.append(((target - fitted) ** 2).sum())
    return (sums[1] - sums[0]) / (sums[0] / (len(target) - full.shape[1]))


@pytest.mark.parametrize("lags", [1, 2, 3])
def test_dumitrescu_hurlin_by_loop(lags):
    data = panel()
    made = sr.causality(data, ["x", "y"], lags=lags)
    wald = [wald_by_loop(part["y"].to_numpy(), part["x"].to_numpy(), lags) for _, part in data.groupby(level=0)]
    row = made.table().loc[("x", "y")]
    np.testing.assert_allclose(made.regions.loc[("x", "y")]["wald"], wald, rtol=1e-9)
    assert row["W_bar"] == pytest.approx(np.mean(wald), rel=1e-10)
    # K F(K, f) has known moments.
    freedom = 18 - 3 * lags - 1
    f = stats.f(lags, freedom)
    z = np.sqrt(12) * (np.mean(wald) - lags * f.mean()) / (lags * f.std())
    assert row["Z_tilde"] == pytest.approx(z, rel=1e-9)
    assert row["Z_bar"] == pytest.approx(np.sqrt(12 / (2 * lags)) * (np.mean(wald) - lags), rel=1e-10)
    assert row["p_Z_tilde"] == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-8)


def test_gaps_leave_out_the_times_without_lags():
    data = panel(times=24)
    holed = data.drop([("r03", 2010), ("r05", 2000)])
    row = sr.causality(holed, ["x", "y"], missing="drop")
    assert row.regions.loc[("x", "y", "r03"), "times"] == 21  # 2010 itself, and 2011 without its lag
    assert row.regions.loc[("x", "y", "r05"), "times"] == 22
    y, x = data.loc["r05"].iloc[1:]["y"].to_numpy(), data.loc["r05"].iloc[1:]["x"].to_numpy()
    assert row.regions.loc[("x", "y", "r05"), "wald"] == pytest.approx(wald_by_loop(y, x, 1), rel=1e-9)
    used = row.regions.loc[("x", "y"), "times"].to_numpy()
    moments = [stats.f(1, n - 3).stats("mv") for n in used]
    mean, variance = np.mean([m for m, _ in moments]), np.mean([v for _, v in moments])
    wald = row.regions.loc[("x", "y"), "wald"].mean()
    assert row.table().loc[("x", "y"), "Z_tilde"] == pytest.approx(np.sqrt(12 / variance) * (wald - mean), rel=1e-9)


def test_pooled_is_the_regression_with_dummies():
    data = panel()
    lags = 2
    wide = {name: data[name].unstack() for name in ("x", "y")}
    blocks = []
    for region in wide["y"].index:
        for t in range(lags, 18):
            blocks.append([region, *(wide[v].loc[region].iloc[t - k] for v in ("y", "x") for k in range(lags + 1))])
    table = pd.DataFrame(blocks, columns=["region", "y0", "y1", "y2", "x0", "x1", "x2"])
    dummies = pd.get_dummies(table["region"], dtype=float)
    design = pd.concat([table[["y1", "y2", "x1", "x2"]], dummies], axis=1)
    fit = OLS(table["y0"], design).fit()
    theirs = fit.f_test(np.eye(len(fit.params))[2:4])
    row = sr.causality(data, ["x", "y"], method="pooled", lags=lags).table().loc[("x", "y")]
    assert row["F"] == pytest.approx(float(theirs.fvalue), rel=1e-9)
    assert row["p"] == pytest.approx(float(theirs.pvalue), rel=1e-7)
    assert row["sum"] == pytest.approx(fit.params["x1"] + fit.params["x2"], rel=1e-9)
    codes = pd.factorize(table["region"])[0]
    robust = OLS(table["y0"], design).fit(cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False})
    spread = robust.cov_params().to_numpy()[2:4, 2:4] * 12 / 11 * (len(table) - 1) / (len(table) - 5)
    tested = fit.params.iloc[2:4].to_numpy()
    assert row["F_cluster"] == pytest.approx(tested @ np.linalg.solve(spread, tested) / 2, rel=1e-8)
    assert row["p_cluster"] == pytest.approx(stats.f.sf(row["F_cluster"], 2, 11), rel=1e-9)


@pytest.mark.parametrize("method", ["dumitrescu-hurlin", "pooled"])
def test_neither_units_nor_order_matter(method):
    data = panel()
    plain = sr.causality(data, ["x", "y"], method=method, lags=2).table()
    other = data.sample(frac=1, random_state=1).assign(x=lambda d: 1e6 * d["x"] - 3e5, y=lambda d: 1e-4 * d["y"] + 7)
    moved = sr.causality(other, ["x", "y"], method=method, lags=2).table()
    kept = plain.columns.drop("sum", errors="ignore")
    pd.testing.assert_frame_equal(plain[kept], moved[kept], rtol=1e-6)


def test_lags_by_criterion():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 20, 40))
    y[:, 2:] += 0.9 * x[:, :-2]
    index = pd.MultiIndex.from_product([range(20), range(40)])
    data = pd.DataFrame({"x": x.ravel(), "y": y.ravel()}, index=index)
    for rule in ("aic", "bic"):
        assert sr.causality(data, ["x", "y"], lags=rule).table().loc[("x", "y"), "lags"] == 2
    assert sr.causality(data, ["x", "y"], lags="bic").table().loc[("y", "x"), "lags"] == 1


def wide(data):
    return data["y"].unstack().to_numpy(), data["x"].unstack().to_numpy()


def test_size_when_regions_are_independent():
    """150 panels without causality: Z-tilde rejects about as often as it says, Z-bar too often when T is short."""
    found = []
    for seed in range(150):
        tested = region_tests(*wide(panel(regions=10, times=14, seed=seed, cause=0.0)), 1)
        found.append(averages(tested.wald, tested.used, 1))
    tilde = np.mean([each.p_z_tilde < 0.05 for each in found])
    assert tilde < 0.12
    assert np.mean([each.p_z_bar < 0.05 for each in found]) > tilde


def test_bootstrap_allows_for_a_common_shock():
    plain, drawn = [], []
    for seed in range(40):
        data = panel(regions=12, times=20, seed=seed, cause=0.0, common=3.0)
        data["x"] = np.tile(np.random.default_rng(seed + 1000).normal(size=20), 12) + 0.1 * data["x"]
        y, x = wide(data)
        tested = region_tests(y, x, 1)
        z = averages(tested.wald, tested.used, 1)
        made = bootstrap_z(y, x, 1, np.random.default_rng(seed), 99)
        plain.append(z.p_z_tilde < 0.05)
        drawn.append(((np.abs(made[:, 1]) >= abs(z.z_tilde)).sum() + 1) / 100 <= 0.05)
    assert np.mean(plain) > 0.12
    assert np.mean(drawn) < 0.15


def test_bootstrap_is_the_same_for_the_same_seed_and_any_order():
    data = panel()
    one = sr.causality(data, ["x", "y"], draws=49, seed=5).table()
    two = sr.causality(data.sample(frac=1, random_state=2), ["y", "x"], draws=49, seed=5).table()
    pd.testing.assert_frame_equal(one, two.loc[one.index], rtol=1e-9)
    assert one["p_Z_tilde_bootstrap"].min() >= 1 / 50


def test_one_tail():
    data = panel()
    both = sr.causality(data, ["x", "y"], draws=199).table()
    upper = sr.causality(data, ["x", "y"], draws=199, alternative="greater").table()
    np.testing.assert_allclose(upper["p_Z_tilde"], stats.norm.sf(both["Z_tilde"]), rtol=1e-9)
    assert (upper["p_Z_tilde_bootstrap"] <= both["p_Z_tilde_bootstrap"] + 1e-12).loc[("x", "y")]
    less = sr.causality(panel(regions=40, times=12, seed=187, cause=0.0), ["x", "y"])
    assert ((less.table()["Z_tilde"] < 0) & (less.table()["p_Z_tilde"] < 0.05)).any()
    assert any("no sign of causality" in note for note in less.notes)
    assert not any("no sign of causality" in note for note in sr.causality(data, ["x", "y"]).notes)


def test_study_and_summary(panel_study):
    with pytest.raises(InputError, match="8 times with all their lags, so 9 times"):
        sr.causality(panel_study, ["x", "y"])
    made = sr.causality(panel_study, ["x", "y"], method="pooled")
    assert made.table().loc[("x", "y"), "rows"] == 128
    assert "Fixed effects bias" in made.summary()


def test_refusals():
    data = panel()
    with pytest.raises(InputError, match="at least 2 variables"):
        sr.causality(data, ["x"])
    with pytest.raises(InputError, match="as text"):
        sr.causality(data, None)
    with pytest.raises(DuplicateError):
        sr.causality(data, ["x", "x"])
    with pytest.raises(UnknownNameError, match="no variable 'z'"):
        sr.causality(data, ["x", "z"])
    with pytest.raises(OptionError):
        sr.causality(data, ["x", "y"], method="toda")
    with pytest.raises(MissingValuesError, match="r01 2003"):
        sr.causality(data.drop([("r01", 2003)]), ["x", "y"])
    with pytest.raises(InputError, match="draws= is for"):
        sr.causality(data, ["x", "y"], method="pooled", draws=9)
    with pytest.raises(InputError, match="leave none"):
        sr.causality(data, ["x", "y"], lags=17)
    still = data.copy()
    still.loc["r04", "x"] = 3.0
    with pytest.raises(IdentificationError, match="r04"):
        sr.causality(still, ["x", "y"])
    with pytest.raises(InputError, match="levels?"):
        sr.causality(data.reset_index(drop=True), ["x", "y"])
    with pytest.raises(DuplicateError):
        sr.causality(pd.concat([data, data.head(1)]), ["x", "y"])
    endless = data.copy()
    endless.iloc[0, 0] = np.inf
    with pytest.raises(InputError, match="infinite"):
        sr.causality(endless, ["x", "y"])
