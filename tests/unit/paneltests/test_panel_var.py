"""Panel VARs: dummy variables, statsmodels' VAR, plain loops, simulation and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.tsa.api import VAR

import spatial_region as sr
from spatial_region.errors import DuplicateError, IdentificationError, InputError, MissingValuesError, OptionError
from spatial_region.paneltests._panel_var import companion

A = np.array([[0.5, 0.0, 0.1], [0.3, 0.4, 0.0], [0.0, 0.2, 0.3]])


def panel(regions=25, times=16, seed=0, a=A):
    rng = np.random.default_rng(seed)
    k = len(a)
    effect = rng.normal(size=(regions, k))
    values = np.zeros((regions, times + 30, k))
    for t in range(1, times + 30):
        values[:, t] = values[:, t - 1] @ a.T + effect + rng.normal(size=(regions, k))
        values[:, t, 1] += 0.5 * (values[:, t, 0] - values[:, t - 1] @ a.T[:, 0] - effect[:, 0])
    index = pd.MultiIndex.from_product([[f"r{i:03d}" for i in range(regions)], range(2000, 2000 + times)])
    return pd.DataFrame(values[:, 30:].reshape(-1, k), columns=list("xyz")[:k], index=index)


def lagged(data, lags):
    parts = {
        f"L{'' if lag == 1 else lag}.{v}": data.groupby(level=0)[v].shift(lag)
        for lag in range(1, lags + 1)
        for v in data
    }
    return pd.DataFrame(parts)


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway"])
@pytest.mark.parametrize("lags", [1, 2])
def test_equations_are_regressions_with_dummies(effects, lags):
    data = panel()
    x = lagged(data, lags).dropna()
    region, time = (pd.get_dummies(x.index.get_level_values(i), dtype=float).set_axis(x.index) for i in (0, 1))
    inside = {
        "pooled": pd.DataFrame({"one": 1.0}, x.index),
        "region": region,
        "time": time,
        "twoway": pd.concat([region, time.iloc[:, 1:]], axis=1),
    }[effects]
    made = sr.panel_var(data, ["x", "y", "z"], lags=lags, effects=effects)
    codes = pd.factorize(x.index.get_level_values(0))[0]
    nested = 24 if effects in ("region", "twoway") else 0
    residuals = {}
    for name in data:
        design = pd.concat([x, inside], axis=1)
        fit = OLS(data.loc[x.index, name], design).fit(
            cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
        )
        residuals[name] = fit.resid
        ours = made.table().loc[name]
        np.testing.assert_allclose(ours["estimate"], fit.params[x.columns], rtol=1e-8, atol=1e-10)
        factor = 25 / 24 * (len(x) - 1) / (len(x) - design.shape[1] + nested)
        np.testing.assert_allclose(ours["std_error"], fit.bse[x.columns] * np.sqrt(factor), rtol=1e-8)
        for cause in [c for c in data if c != name]:
            places = [x.columns.get_loc(f"L{'' if lag == 1 else lag}.{cause}") for lag in range(1, lags + 1)]
            b = fit.params.iloc[places].to_numpy()
            wald = b @ np.linalg.solve(fit.cov_params().iloc[places, places].to_numpy() * factor, b)
            assert made.granger.loc[(name, cause), "chi2"] == pytest.approx(wald, rel=1e-7)
            assert made.granger.loc[(name, cause), "p"] == pytest.approx(stats.chi2.sf(wald, lags), rel=1e-6)
    assert made.granger.loc[("x", "all"), "df"] == 2 * lags
    errors = pd.DataFrame(residuals)
    df = len(x) - x.shape[1] - inside.shape[1]
    np.testing.assert_allclose(made.sigma, errors.T @ errors / df, rtol=1e-8)


@pytest.mark.parametrize("lags", [1, 2])
def test_one_series_twice_is_the_var_of_statsmodels(lags):
    one = panel(regions=1, times=60).droplevel(0)
    data = pd.concat({"a": one, "b": one})
    made = sr.panel_var(data, ["x", "y", "z"], lags=lags, horizon=8)
    theirs = VAR(one.to_numpy()).fit(lags)
    ours = made.table()["estimate"].to_numpy().reshape(3, 3 * lags)
    np.testing.assert_allclose(ours, theirs.params[1:].T, rtol=1e-8, atol=1e-10)
    roots = np.sort(1 / np.abs(theirs.roots))
    np.testing.assert_allclose(np.sort(made.roots["modulus"]), roots, rtol=1e-8)
    assert made.stable is bool(theirs.is_stable())
    n = 60 - lags
    # Variances differ by degrees of freedom alone, and responses by the root of that.
    ratio = (2 * n / (2 * n - 3 * lags - 2)) / (n / (n - 3 * lags - 1))
    orthogonal = theirs.irf(8).orth_irfs
    found = made.responses["value"].to_numpy().reshape(3, 3, 9).transpose(2, 1, 0)
    np.testing.assert_allclose(found, orthogonal * np.sqrt(ratio), rtol=1e-7, atol=1e-9)
    shares = theirs.fevd(8).decomp
    np.testing.assert_allclose(made.decomposition.to_numpy().reshape(3, 8, 3), shares, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(made.decomposition.sum(axis=1), 1)


def forward_by_loop(data, lags):
    """Helmert's transformation and instrumental variables, a region and a time at a time."""
    zx, zy = 0.0, 0.0
    for _, part in data.groupby(level=0):
        values = part.to_numpy()
        usable = [t for t in range(lags, len(values)) if np.isfinite(values[t - lags : t + 1]).all()]
        past = {t: np.concatenate([values[t - lag] for lag in range(1, lags + 1)]) for t in usable}
        for place, t in enumerate(usable[:-1]):
            later = usable[place + 1 :]
            c = np.sqrt(len(later) / (len(later) + 1))
            y = c * (values[t] - np.mean([values[s] for s in later], axis=0))
            x = c * (past[t] - np.mean([past[s] for s in later], axis=0))
            zx, zy = zx + np.outer(past[t], x), zy + np.outer(past[t], y)
    return np.linalg.solve(zx, zy)


@pytest.mark.parametrize("holes", [False, True])
def test_gmm_by_loop(holes):
    data = panel(regions=40, times=8)
    data -= data.mean()  # instruments are levels: a constant would be a further instrument
    if holes:
        data.loc[[("r003", 2004), ("r007", 2000)]] = np.nan
        data -= data.mean()
    made = sr.panel_var(data, ["x", "y", "z"], lags=1, method="gmm", missing="drop")
    np.testing.assert_allclose(
        made.table()["estimate"].to_numpy().reshape(3, 3).T, forward_by_loop(data, 1), rtol=1e-8, atol=1e-10
    )


def test_gmm_finds_the_truth_where_means_do_not():
    found = {"within": [], "gmm": []}
    for seed in range(12):
        data = panel(regions=300, times=6, seed=seed)
        for method in found:
            made = sr.panel_var(data, ["x", "y", "z"], lags=1, method=method, effects="twoway")
            found[method].append(made.table()["estimate"].to_numpy().reshape(3, 3))
    bias = {method: np.abs(np.mean(each, axis=0) - A).max() for method, each in found.items()}
    assert bias["gmm"] < 0.06
    assert bias["within"] > 0.15


def test_lags_by_criterion():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 30, 2))
    for t in range(2, 30):
        values[:, t] += 0.3 * values[:, t - 1] + 0.4 * values[:, t - 2]
    index = pd.MultiIndex.from_product([range(30), range(30)])
    data = pd.DataFrame(values.reshape(-1, 2), columns=["x", "y"], index=index)
    for rule in ("aic", "bic", "hqic"):
        made = sr.panel_var(data, ["x", "y"], lags=rule, max_lags=4)
        assert made.lags == int(made.lag_table[rule].idxmin())
    assert made.lags == 2
    assert len(made.table()) == 8


def test_roots_and_stability():
    made = sr.panel_var(panel(), ["x", "y", "z"], lags=2)
    b = made.table()["estimate"].to_numpy().reshape(3, 6).T
    values = np.linalg.eigvals(companion(b))
    np.testing.assert_allclose(np.sort(made.roots["modulus"]), np.sort(np.abs(values)), rtol=1e-8)
    assert made.stable
    wild = sr.panel_var(panel(a=np.array([[1.15, 0.0], [0.0, 0.2]]), times=8), ["x", "y"], lags=1, effects="pooled")
    assert not wild.stable
    assert "NOT all roots inside" in wild.summary()


def test_bands():
    """They hold the response of the panel, nearly always the true one, and do not depend on the order of rows."""
    data = panel(regions=80, times=20)
    made = sr.panel_var(data, ["x", "y", "z"], lags=1, draws=200, horizon=5)
    assert (
        (made.responses["low"] <= made.responses["value"]) & (made.responses["value"] <= made.responses["high"])
    ).mean() > 0.95
    again = sr.panel_var(data.sample(frac=1, random_state=1), ["x", "y", "z"], lags=1, draws=200, horizon=5)
    pd.testing.assert_frame_equal(made.responses, again.responses, rtol=1e-8)
    by_hand = made.table()["std_error"]
    step = made.responses.xs(1, level="horizon")
    width = (step["high"] - step["low"])[("z", "z")] / (2 * 1.96)
    assert width == pytest.approx(by_hand[("z", "L.z")], rel=0.35)


def test_units():
    data = panel()
    one = sr.panel_var(data, ["x", "y"], lags=2)
    two = sr.panel_var(data.assign(x=1e5 * data["x"] + 3e6), ["x", "y"], lags=2)
    np.testing.assert_allclose(one.granger["chi2"], two.granger["chi2"], rtol=1e-6)
    np.testing.assert_allclose(one.roots["modulus"], two.roots["modulus"], rtol=1e-7)
    assert two.table().loc[("x", "L.y"), "estimate"] == pytest.approx(
        1e5 * one.table().loc[("x", "L.y"), "estimate"], rel=1e-6
    )
    np.testing.assert_allclose(
        two.responses.loc["x", "x"]["value"], 1e5 * one.responses.loc["x", "x"]["value"], rtol=1e-6
    )


def test_refusals(panel_study):
    data = panel()
    with pytest.raises(InputError, match="no room for 2 lags"):
        sr.panel_var(panel_study, ["x", "y"], lags=2)
    with pytest.raises(InputError, match="at least 2 variables"):
        sr.panel_var(data, ["x"])
    with pytest.raises(DuplicateError):
        sr.panel_var(data, ["x", "x"])
    with pytest.raises(OptionError, match="effects of regions"):
        sr.panel_var(data, ["x", "y"], method="gmm", effects="pooled")
    with pytest.raises(OptionError, match="lags="):
        sr.panel_var(data, ["x", "y"], lags="ic")
    with pytest.raises(InputError, match="at least 100"):
        sr.panel_var(data, ["x", "y"], draws=20)
    with pytest.raises(MissingValuesError):
        sr.panel_var(data.iloc[1:], ["x", "y"])
    with pytest.raises(IdentificationError, match="combinations"):
        sr.panel_var(data.assign(y=2 * data["x"]), ["x", "y"])
    with pytest.raises(InputError, match="does not vary"):
        sr.panel_var(data.assign(y=1.0), ["x", "y"])
