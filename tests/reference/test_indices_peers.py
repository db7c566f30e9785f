"""Indices, factors and coupling against independent numbers: other packages, R, and published tables."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.measure.composite import composite_index
from spatial_region.measure.coupling import coupling_coordination
from spatial_region.measure.factors import factor_analysis
from spatial_region.measure.inflation import vif


@pytest.fixture
def peers(shared_reference):
    return json.loads((shared_reference / "methods" / "entropy_topsis_critic.json").read_text())


@pytest.fixture
def swiss(shared_reference):
    """The table of R's `swiss`, and what R makes of it."""
    folder = shared_reference / "methods"
    numbers = json.loads((folder / "pca_factor_swiss_R.json").read_text())["results"]
    return pd.read_csv(folder / "data" / "swiss.csv", index_col=0), numbers


def aircraft(peers):
    """The fighter aircraft of Hwang and Yoon (1981): pymcdm, pyrepo-mcda and R topsis agree on them."""
    example = peers["hwang_yoon"]
    names = [f"x{j}" for j in range(6)]
    table = pd.DataFrame(example["X"], columns=names, index=["a1", "a2", "a3", "a4"])
    return table, names, dict(zip(names, example["types"], strict=True)), example


def test_topsis_of_hwang_and_yoon(peers):
    table, names, direction, example = aircraft(peers)
    shares = dict(zip(names, example["weights"], strict=True))
    ask = {"direction": direction, "method": "topsis", "scaling": "vector"}
    made = composite_index(table, names, weighting="stated", shares=shares, **ask)
    np.testing.assert_allclose(made.scores, example["topsis_vector"], rtol=1e-13)
    np.testing.assert_allclose(made.distances["d_plus"], example["d_plus"], rtol=1e-13)
    np.testing.assert_allclose(made.distances["d_minus"], example["d_minus"], rtol=1e-13)
    np.testing.assert_allclose(made.scores, example["published"]["C"], atol=1e-3)
    by_entropy = composite_index(table, names, **ask)
    np.testing.assert_allclose(by_entropy.weights["entropy"], example["entropy_E"], rtol=1e-13)
    np.testing.assert_allclose(by_entropy.weights["weight"], example["entropy_w"], rtol=1e-12)
    # The book worked with four digits.
    np.testing.assert_allclose(by_entropy.weights["entropy"], example["published"]["E"], atol=2e-4)
    np.testing.assert_allclose(by_entropy.weights["weight"], example["published"]["w"], atol=2e-3)


@pytest.mark.parametrize("shift", [0, 0.0001, 0.001, 0.01, 0.1])
def test_entropy_of_scaled_indicators(peers, shift):
    table, names, direction, _ = aircraft(peers)
    made = composite_index(table, names, direction=direction, shift=shift)
    np.testing.assert_allclose(made.weights["weight"], peers["minmax_entropy"][f"{shift:g}"], rtol=1e-12)
    np.testing.assert_allclose(made.scaled, peers["minmax"], atol=1e-15)


def test_critic(peers):
    table, names, direction, _ = aircraft(peers)
    made = composite_index(table, names, direction=direction, method="critic")
    np.testing.assert_allclose(made.weights["weight"], peers["critic_minmax"], rtol=1e-12)


def test_entropy_topsis_of_a_panel(peers, shared_reference):
    expected = peers["panel_entropy_topsis_economy31"]
    path = shared_reference / "methods" / "data" / "dea_economy_long.csv"
    table = pd.read_csv(path).set_index(["DMUs", "Period"])
    ask = {"direction": "benefit", "shift": expected["shift"]}
    made = composite_index(table, list(table), method="topsis", **ask)
    np.testing.assert_allclose(made.weights["weight"], expected["pooled_w"], rtol=1e-12)
    np.testing.assert_allclose(made.scores, expected["topsis_minmax_pooled"], rtol=1e-12)
    each = composite_index(table, list(table), pooled=False, **ask)
    for time, weights in expected["yearly_w"].items():
        np.testing.assert_allclose(each.weights.loc[int(time), "weight"], weights, rtol=1e-12)


def test_principal_components_of_r(swiss):
    table, expected = swiss
    made = factor_analysis(table, list(table), rotation="none", components=6)
    np.testing.assert_allclose(made.components["eigenvalue"], expected["prcomp"]["eig"], rtol=1e-11)
    for k, theirs in enumerate(np.array(expected["prcomp"]["rotation"]).T):
        ours = made.loadings[f"F{k + 1}"] / np.sqrt(made.components["eigenvalue"].iloc[k])
        np.testing.assert_allclose(ours * np.sign(ours @ theirs), theirs, atol=1e-11)
    two = factor_analysis(table, list(table), rotation="none", components=2)
    np.testing.assert_allclose(two.loadings[["F1", "F2"]], expected["principal_none"]["loadings"], atol=1e-11)
    np.testing.assert_allclose(two.components["share"][:2], list(expected["principal_none"]["prop"].values()))


def test_varimax_of_r(swiss):
    table, expected = swiss
    theirs = expected["principal_varimax"]
    made = factor_analysis(table, list(table))
    # R stops when the criterion grows by less than 1e-5; ours goes on to the end, and stands higher.
    np.testing.assert_allclose(made.loadings[["F1", "F2"]], theirs["loadings"], atol=5e-7)
    np.testing.assert_allclose(made.scores.head(5), theirs["scores5"], atol=5e-7)
    np.testing.assert_allclose(made.components["variance"][:2], list(theirs["SS"].values()), atol=5e-7)
    np.testing.assert_allclose(made.components["share"][:2], list(theirs["prop"].values()), atol=1e-7)
    np.testing.assert_allclose(made.loadings["communality"], list(theirs["communality"].values()), rtol=1e-11)

    def criterion(loadings):
        squared = np.square(loadings) / np.square(loadings).sum(axis=1, keepdims=True)
        return squared.var(axis=0).sum()

    assert criterion(made.loadings[["F1", "F2"]].to_numpy()) > criterion(np.array(theirs["loadings"]))


def test_kmo_bartlett_and_vif_of_r(swiss):
    table, expected = swiss
    made = factor_analysis(table, list(table))
    row = made.tests.loc["indicators"]
    assert row["kmo"] == pytest.approx(expected["KMO"]["overall"], rel=1e-11)
    np.testing.assert_allclose(made.loadings["kmo"], list(expected["KMO"]["items"].values()), rtol=1e-11)
    assert row["bartlett"] == pytest.approx(expected["bartlett"]["chisq"], rel=1e-11)
    assert row["df"] == expected["bartlett"]["df"]
    assert row["p"] == pytest.approx(expected["bartlett"]["p"], rel=1e-9)
    theirs = expected["vif"]
    np.testing.assert_allclose(vif(table, list(theirs)), list(theirs.values()), rtol=1e-11)


def test_an_index_of_components_weighs_them_by_their_variance(swiss):
    table, expected = swiss
    direction = {**dict.fromkeys(table, "benefit")}
    made = composite_index(table, list(table), direction=direction, method="pca", components=2)
    eigenvalues, scores = expected["prcomp"]["eig"][:2], np.array(expected["prcomp"]["scores5"])[:, :2]
    # prcomp's scores have the eigenvalue as variance, and its first component points down.
    unit = scores / np.sqrt(eigenvalues) * [-1, 1]
    if made.factors.scores.iloc[0, 0] * unit[0, 0] < 0:
        unit[:, 0] *= -1
    share = np.array(eigenvalues) / sum(eigenvalues)
    np.testing.assert_allclose(made.scores.head(5), unit @ share, atol=1e-10)


@pytest.fixture
def west():
    """Resilience and quality of twelve western provinces, x 100, 2000-2019, and the printed means of the region."""
    folder = Path(__file__).resolve().parents[2] / "docs" / "studies" / "west"
    tables = {
        name: pd.read_csv(folder / f"western_{name}.csv", dtype={"adcode": str}) for name in ("resilience", "quality")
    }
    levels = {
        name: table[table["adcode"].notna() & (table["adcode"] != "100000")].set_index(["adcode", "year"])["value"]
        for name, table in tables.items()
    }
    means = {
        name: table[table["region"] == "西部地区均值"].set_index("year")["value"] for name, table in tables.items()
    }
    return pd.DataFrame(levels), pd.DataFrame(means)


def test_coupling_of_the_western_provinces(west):
    """Sun Hui and Yuan Weipeng, Regional Economic Review 2020(5), tables 4 and 5; our own C, T and D from them."""
    levels, _ = west
    assert levels.shape == (72, 2)
    made = coupling_coordination(levels, upper=100, classes="ten_zh")
    u, v = levels["resilience"] / 100, levels["quality"] / 100
    np.testing.assert_allclose(made.D, np.sqrt(np.sqrt(u * v)), rtol=1e-12)  # with equal shares D = (u v)^(1/4)
    by_year = made.D.groupby(level=1).mean()
    assert by_year.is_monotonic_increasing
    assert made.rows["class"].notna().all()


def test_every_western_sum_of_weights_is_one(shared_reference):
    folder = shared_reference.parent / "data"
    table = pd.read_csv(folder / "western_indicator_weights.csv")
    np.testing.assert_allclose(table.groupby("index")["weight"].sum(), 1, atol=0.005)


def test_ten_classes_are_the_published_ones(shared_reference):
    published = pd.read_csv(shared_reference.parent / "data" / "coupling_classes.csv")
    u = published["upper"] ** 2
    table = pd.DataFrame({"a": u, "b": u}).rename(index="c{}".format)
    ours = coupling_coordination(table, variant="fan", classes="ten_zh").rows["class"].astype(str)
    theirs = published["type"].str.removesuffix("型")
    # The lowest class is printed as "extreme coordination" under the heading of imbalance: a slip.
    assert theirs[0] == "极度协调"
    assert published["degree"][0] == "失调衰退"
    assert ours.iloc[1:].tolist() == theirs.iloc[1:].tolist()
    assert ours.iloc[0] == "极度失调"


def test_public_names():
    assert sr.composite_index is composite_index
    assert sr.coupling_coordination is coupling_coordination
    assert sr.factor_analysis is factor_analysis
    assert sr.vif is vif


def test_printed_totals_of_integration_are_sums_of_dimensions_not_weighted_sums(shared_reference):
    """Liu Rongzeng et al., Regional Economic Review 2020(5), tables 1 and 4."""
    data = shared_reference.parent / "data"
    weights = pd.read_csv(data / "integration_indicator_weights.csv")
    scores = pd.read_csv(data / "integration_scores.csv").pivot(index="province", columns="dimension", values="score")
    total = scores.pop("城乡高质量融合水平")
    assert weights["weight"].sum() == pytest.approx(1)
    assert total.min() > 1  # which no weighted sum of values from 0 to 1 can be
    np.testing.assert_allclose(scores.sum(axis=1), total, rtol=1e-12)
    of_dimensions = weights.groupby("level1")["weight"].sum()
    assert scores["交通信息网络"].min() > of_dimensions["交通信息网络"]
