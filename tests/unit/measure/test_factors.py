"""Factor analysis and variance inflation against definitions, statsmodels, scikit-learn and closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.optimize

from spatial_region.errors import (
    ConstantVariableError,
    IdentificationError,
    InputError,
    MissingValuesError,
    OptionError,
    UnknownNameError,
)
from spatial_region.measure._factors import varimax
from spatial_region.measure.factors import factor_analysis
from spatial_region.measure.inflation import vif

NAMES = [f"x{i}" for i in range(6)]


def table(n=40, seed=4):
    rng = np.random.default_rng(seed)
    two = rng.normal(size=(n, 2))
    loadings = np.array([[0.9, 0], [0.8, 0.1], [0.7, 0.2], [0, 0.9], [0.1, 0.8], [0.5, 0.5]])
    values = two @ loadings.T + 0.5 * rng.normal(size=(n, 6))
    return pd.DataFrame(values * [1, 10, 100, 1, 5, 2] + 3, index=[f"r{i:02d}" for i in range(n)], columns=NAMES)


def criterion(loadings):
    squared = (loadings / np.sqrt((loadings**2).sum(axis=1, keepdims=True))) ** 2
    return squared.var(axis=0).sum()


def test_unrotated_components_equal_statsmodels():
    from statsmodels.multivariate.pca import PCA

    data = table()
    made = factor_analysis(data, NAMES, rotation="none", components=3)
    peer = PCA(data, ncomp=3, standardize=True, normalize=True)
    np.testing.assert_allclose(made.components["eigenvalue"], np.linalg.svd(peer.transformed_data)[1] ** 2 / 40)
    ours, theirs = made.scores.to_numpy(), np.asarray(peer.factors)
    for k in range(3):
        assert abs(np.corrcoef(ours[:, k], theirs[:, k])[0, 1]) == pytest.approx(1, rel=1e-12)
    z = (data - data.mean()) / data.std()
    for k, name in enumerate(["F1", "F2", "F3"]):
        np.testing.assert_allclose(
            made.loadings[name], [np.corrcoef(z[c], ours[:, k])[0, 1] for c in NAMES], rtol=1e-10
        )


@pytest.mark.parametrize("rotation", ["none", "varimax"])
def test_scores_are_uncorrelated_with_variance_1_and_loadings_rebuild_the_correlations(rotation):
    data = table()
    made = factor_analysis(data, NAMES, rotation=rotation, components=6)
    np.testing.assert_allclose(made.scores.cov(), np.eye(6), atol=1e-12)
    np.testing.assert_allclose(made.scores.mean(), 0, atol=1e-12)
    loadings = made.loadings[[f"F{k}" for k in range(1, 7)]]
    np.testing.assert_allclose(loadings @ loadings.T, data.corr(), atol=1e-12)
    np.testing.assert_allclose(made.loadings["communality"], 1, rtol=1e-12)
    assert made.components["cumulative"].iloc[-1] == pytest.approx(1)
    assert made.components["variance"].is_monotonic_decreasing


def test_varimax_of_two_components_is_the_best_of_all_angles():
    made = factor_analysis(table(), NAMES, components=2)
    start = factor_analysis(table(), NAMES, components=2, rotation="none").loadings[["F1", "F2"]].to_numpy()

    def turned(angle):
        c, s = np.cos(angle), np.sin(angle)
        return start @ np.array([[c, -s], [s, c]])

    angles = np.linspace(0, np.pi / 2, 2001)
    best = max(angles, key=lambda a: criterion(turned(a)))
    found = scipy.optimize.minimize_scalar(
        lambda a: -criterion(turned(a)), bounds=(best - 0.01, best + 0.01), method="bounded", options={"xatol": 1e-12}
    )
    assert criterion(made.loadings[["F1", "F2"]].to_numpy()) == pytest.approx(-found.fun, rel=1e-13)


def test_varimax_of_three_is_a_rotation_that_no_plane_improves():
    rng = np.random.default_rng(8)
    loadings = rng.normal(size=(9, 3))
    rotation = varimax(loadings)
    np.testing.assert_allclose(rotation.T @ rotation, np.eye(3), atol=1e-13)
    reached = criterion(loadings @ rotation)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        for angle in (-0.3, -1e-3, 1e-3, 0.3, np.pi / 5):
            plane = np.eye(3)
            c, s = np.cos(angle), np.sin(angle)
            plane[np.ix_([i, j], [i, j])] = [[c, -s], [s, c]]
            assert criterion(loadings @ rotation @ plane) <= reached + 1e-14
    assert reached == pytest.approx(criterion(loadings @ varimax_by_svd(loadings)), rel=1e-10)


def varimax_by_svd(loadings):
    """Kaiser's rotation by another algorithm: fixed points of a polar decomposition."""
    unit = loadings / np.linalg.norm(loadings, axis=1, keepdims=True)
    rotation = np.eye(unit.shape[1])
    for _ in range(3000):
        turned = unit @ rotation
        gradient = unit.T @ (turned**3 - turned * (turned**2).mean(axis=0))
        left, _, right = np.linalg.svd(gradient)
        rotation = left @ right
    return rotation


def test_kmo_and_bartlett_by_their_definitions():
    data = table()
    made = factor_analysis(data, NAMES)
    z = ((data - data.mean()) / data.std()).to_numpy()
    correlation = np.corrcoef(z.T)
    squared = partial = 0.0
    for i in range(6):
        for j in range(6):
            if i == j:
                continue
            others = [k for k in range(6) if k not in (i, j)]
            rest = z[:, others]
            a = z[:, i] - rest @ np.linalg.lstsq(rest, z[:, i], rcond=None)[0]
            b = z[:, j] - rest @ np.linalg.lstsq(rest, z[:, j], rcond=None)[0]
            partial += np.corrcoef(a, b)[0, 1] ** 2
            squared += correlation[i, j] ** 2
    assert made.tests.loc["indicators", "kmo"] == pytest.approx(squared / (squared + partial), rel=1e-10)
    statistic = -(40 - 1 - (2 * 6 + 5) / 6) * np.log(np.linalg.det(correlation))
    assert made.tests.loc["indicators", "bartlett"] == pytest.approx(statistic, rel=1e-10)
    assert made.tests.loc["indicators", "df"] == 15


def test_bartlett_rejects_as_often_as_it_says():
    rng = np.random.default_rng(1)
    names = list("abcd")
    p = [
        factor_analysis(pd.DataFrame(rng.normal(size=(50, 4)), columns=names), names).tests["p"].iloc[0]
        for _ in range(300)
    ]
    rate = np.mean(np.array(p) < 0.05)
    assert 0.02 < rate < 0.09  # four standard errors about 0.05


def test_the_index_is_the_sum_with_shares_of_variance():
    data = table()
    made = factor_analysis(data, NAMES, components=2)
    shares = made.components["share"].iloc[:2] / made.components["cumulative"].iloc[1]
    np.testing.assert_allclose(made.index_score, made.scores.to_numpy() @ shares.to_numpy(), rtol=1e-12)
    z = (data - data.mean()) / data.std()
    np.testing.assert_allclose(z @ made.coefficients, made.index_score, rtol=1e-9, atol=1e-12)


def test_how_many_components():
    data = table()
    eigenvalues = factor_analysis(data, NAMES).components["eigenvalue"]
    assert factor_analysis(data, NAMES).scores.shape[1] == (eigenvalues > 1).sum()
    reached = eigenvalues.cumsum() / 6
    assert factor_analysis(data, NAMES, components=0.85).scores.shape[1] == (reached < 0.85).sum() + 1
    assert factor_analysis(data, NAMES, components=np.int64(2)).scores.shape[1] == 2
    assert factor_analysis(data, NAMES, components=1).scores.shape[1] == 1
    for wrong in (0, 7, -1, 2.5, True, "two"):
        with pytest.raises(InputError, match="components must be"):
            factor_analysis(data, NAMES, components=wrong)


def test_costs_turn_their_loadings():
    data = table()
    made = factor_analysis(data, NAMES, components=1, direction={**dict.fromkeys(NAMES, 1), "x0": -1})
    other = factor_analysis(data.assign(x0=-data["x0"]), NAMES, components=1)
    np.testing.assert_allclose(made.loadings, other.loadings, rtol=1e-12)


def test_singular_correlations_are_said_and_named():
    data = table().assign(total=lambda t: t["x0"] + t["x1"])
    made = factor_analysis(data, [*NAMES, "total"], components=2)
    assert np.isnan(made.tests["kmo"].iloc[0])
    assert "singular" in made.notes[0]
    assert np.isfinite(made.scores.to_numpy()).all()
    with pytest.raises(InputError, match="40 rows of 7 indicators span 6"):
        factor_analysis(data, [*NAMES, "total"], components=7)
    with pytest.raises(IdentificationError, match=r"x0, x1, total are linear"):
        vif(data, [*NAMES, "total"])


def test_vif_equals_its_regressions_and_statsmodels():
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.outliers_influence import variance_inflation_factor
    from statsmodels.tools import add_constant

    data = table()
    found = vif(data, NAMES)
    design = add_constant(data)
    for place, name in enumerate(NAMES):
        r2 = OLS(data[name], add_constant(data.drop(columns=name))).fit().rsquared
        assert found[name] == pytest.approx(1 / (1 - r2), rel=1e-10)
        assert found[name] == pytest.approx(variance_inflation_factor(design.to_numpy(), place + 1), rel=1e-10)
    np.testing.assert_allclose(vif(data * 1e6 - 7, NAMES), found, rtol=1e-8)


def test_a_panel_in_one_analysis_or_one_each(panel_study):
    together = factor_analysis(panel_study, ["x", "y"], components=1)
    assert len(together.scores) == 192
    each = factor_analysis(panel_study, ["x", "y"], components=1, pooled=False)
    assert each.tests.index.tolist() == [2000, 2010, 2020]
    assert each.loadings.index.names == ["time", "indicator"]
    alone = factor_analysis(panel_study.at(2010), ["x", "y"], components=1)
    np.testing.assert_allclose(each.loadings.loc[2010], alone.loadings, rtol=1e-12)
    assert "Factor analysis" in each.summary()
    assert each.table().equals(each.loadings)


def test_unfit_input_is_refused():
    data = table()
    with pytest.raises(OptionError, match="'varimax'"):
        factor_analysis(data, NAMES, rotation="varimx")
    with pytest.raises(InputError, match="at least two"):
        factor_analysis(data, ["x0"])
    with pytest.raises(InputError, match="each dimension by itself"):
        factor_analysis(data, {"a": NAMES})
    with pytest.raises(UnknownNameError, match="x9"):
        vif(data, ["x0", "x9"])
    with pytest.raises(InputError, match="at least two names"):
        vif(data, ["x0"])
    with pytest.raises(InputError, match="more than 6 rows"):
        vif(data.head(6), NAMES)
    with pytest.raises(ConstantVariableError, match="x0"):
        vif(data.assign(x0=1.0), NAMES)
    data.iloc[0, 0] = np.nan
    with pytest.raises(MissingValuesError, match="r00"):
        vif(data, NAMES)
    np.testing.assert_array_equal(vif(data, NAMES, missing="drop"), vif(data.iloc[1:], NAMES))
