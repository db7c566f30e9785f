"""Mediation: identities, a bootstrap by plain loops, coverage, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatial_region as sr
from spatial_region.core.seeds import generator
from spatial_region.errors import DuplicateError, IdentificationError, InputError, MissingValuesError
from spatial_region.paneltests._mediation import bootstrap_paths, sobel


def panel(regions=30, times=8, seed=0, a=0.5, b=0.8, direct=0.3):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([[f"r{i:02d}" for i in range(regions)], range(2001, 2001 + times)])
    effect = np.repeat(rng.normal(size=regions), times)
    rows = len(index)
    data = pd.DataFrame({"x": rng.normal(size=rows) + effect, "k": rng.normal(size=rows)}, index=index)
    data["m"] = a * data["x"] + 0.2 * data["k"] + effect + rng.normal(size=rows)
    data["y"] = direct * data["x"] + b * data["m"] - data["k"] + effect + rng.normal(size=rows)
    return data


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway"])
def test_total_is_direct_and_indirect(effects):
    data = panel()
    made = sr.mediation(data, "y", cause="x", mediator="m", controls=["k"], effects=effects, draws=0)
    row = made.table()["estimate"]
    assert row["total"] == pytest.approx(row["direct"] + row["indirect"], rel=1e-10)
    assert row["indirect"] == pytest.approx(row["a"] * row["b"], rel=1e-12)
    assert row["share"] == pytest.approx(row["indirect"] / row["total"], rel=1e-12)
    separate = sr.panel_regression("y ~ x + m + k", data, effects=effects)
    assert row[["b", "direct"]].tolist() == pytest.approx(separate.params[["m", "x"]].tolist(), rel=1e-10)
    assert made.table().loc["b", "std_error"] == pytest.approx(separate.std_errors["m"], rel=1e-10)


def test_sobel_by_hand():
    error, z, p = sobel(0.5, -0.4, 0.1, 0.2)
    assert error == pytest.approx(np.sqrt(0.16 * 0.01 + 0.25 * 0.04))
    assert z == pytest.approx(-0.2 / error)
    assert p == pytest.approx(2 * stats.norm.cdf(z))


def by_loop(data, effects, draws, seed):
    """Draw regions, stack their rows, and regress with a dummy for each effect."""
    rng = generator(seed, "mediation", "y", "x", "m")
    regions = sorted(data.index.levels[0])
    found = []
    samples = [np.bincount(rng.integers(len(regions), size=len(regions)), minlength=len(regions)) for _ in range(draws)]
    for counts in samples:
        parts = [data.loc[[region]] for region, n in zip(regions, counts, strict=True) for _ in range(n)]
        rows = pd.concat(parts)
        who = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        when = rows.index.get_level_values(1)
        blocks = [np.ones((len(rows), 1))]
        if effects in ("region", "twoway"):
            blocks.append(pd.get_dummies(who, dtype=float))
        if effects in ("time", "twoway"):
            blocks.append(pd.get_dummies(when, dtype=float))
        d = np.column_stack(blocks)
        fit = lambda y, x: np.linalg.lstsq(np.column_stack([x, rows[["k"]], d]), rows[y], rcond=None)[0]  # noqa: E731, B023
        both = fit("y", rows[["x", "m"]])
        found.append([fit("m", rows[["x"]])[0], both[1], fit("y", rows[["x"]])[0], both[0]])
    return np.array(found)


@pytest.mark.parametrize("effects", ["pooled", "region", "time", "twoway"])
@pytest.mark.parametrize("holes", [0, 23])
def test_bootstrap_by_loop(effects, holes):
    data = panel(regions=14, times=6)
    data = data.drop(data.sample(holes, random_state=1).index) if holes else data
    made = sr.mediation(
        data, "y", cause="x", mediator="m", controls=["k"], effects=effects, draws=100, seed=9, missing="drop"
    )
    slow = by_loop(data.sort_index(), effects, 12, 9)
    np.testing.assert_allclose(made.draws.iloc[:12, :4], slow, rtol=1e-7)
    low, high = np.quantile(made.draws["indirect"], [0.025, 0.975])
    assert made.table().loc["indirect", ["low", "high"]].tolist() == pytest.approx([low, high])


def test_interval_covers():
    """120 panels: the 95 % interval of the indirect effect holds the truth about as often as it says."""
    inside = []
    for seed in range(120):
        data = panel(regions=30, times=5, seed=seed)
        region, time = (pd.factorize(data.index.get_level_values(i))[0] for i in (0, 1))
        columns = [data[name].to_numpy() for name in ("y", "x", "m")]
        drawn = bootstrap_paths(
            *columns,
            data[["k"]].to_numpy(),
            region,
            time,
            ways=(True, True),
            generator=np.random.default_rng(seed),
            draws=300,
        )
        low, high = np.quantile(drawn[:, 0] * drawn[:, 1], [0.025, 0.975])
        inside.append(low <= 0.4 <= high)
    assert 0.88 <= np.mean(inside) <= 0.99


def test_no_mediation_is_seldom_found():
    found = [
        sr.mediation(panel(seed=s, a=0.0), "y", cause="x", mediator="m", draws=199).table().loc["indirect"]
        for s in range(8)
    ]
    assert np.mean([row["p_bootstrap"] < 0.05 for row in found]) <= 0.25
    strong = sr.mediation(panel(), "y", cause="x", mediator="m", draws=199).table().loc["indirect"]
    assert strong["p_bootstrap"] == pytest.approx(0.01)
    assert strong["p"] < 1e-6


def test_units_order_and_seed():
    data = panel()
    one = sr.mediation(data, "y", cause="x", mediator="m", draws=199).table()
    shuffled = data.sample(frac=1, random_state=0).assign(m=lambda d: 1e5 * d["m"] + 3e7)
    two = sr.mediation(shuffled, "y", cause="x", mediator="m", draws=199).table()
    columns = ["estimate", "std_error", "low", "high"]
    np.testing.assert_allclose(
        one.loc[["indirect", "direct"], columns], two.loc[["indirect", "direct"], columns], rtol=1e-5
    )
    other = sr.mediation(data, "y", cause="x", mediator="m", draws=199, seed=1).table()
    assert other.loc["indirect", "low"] != one.loc["indirect", "low"]
    assert list(one.columns) == ["estimate", "std_error", "p", "low", "high", "p_bootstrap"]


def test_steps_beside_each_other():
    made = sr.mediation(panel(), "y", cause="x", mediator="m", controls=["k"], draws=0)
    steps = made.step_table()
    assert steps.loc[("m", "direct"), "estimate"] == made.table().loc["b", "estimate"]
    assert set(steps.index.get_level_values("step")) == {"total", "mediator", "direct"}
    assert "Mediation: x -> m -> y" in made.summary()
    against = sr.mediation(panel(direct=-0.5), "y", cause="x", mediator="m", draws=0)
    assert any("different signs" in note for note in against.notes)


def test_refusals(panel_study):
    data = panel()
    with pytest.raises(DuplicateError, match="named twice: x"):
        sr.mediation(data, "y", cause="x", mediator="x")
    with pytest.raises(MissingValuesError):
        sr.mediation(data.iloc[1:], "y", cause="x", mediator="m")
    with pytest.raises(InputError, match="at least 100"):
        sr.mediation(data, "y", cause="x", mediator="m", draws=50)
    with pytest.raises(IdentificationError):
        sr.mediation(data.assign(m=2 * data["x"]), "y", cause="x", mediator="m")
    made = sr.mediation(
        panel_study.with_columns(m=lambda d: d["x"] + d["y"] ** 2), "y", cause="x", mediator="m", draws=100
    )
    assert made.spec.seed == 42
