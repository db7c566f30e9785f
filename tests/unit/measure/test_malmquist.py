"""Malmquist indices against multipliers solved one by one, closed forms, and identities of the decompositions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import AlignmentError, InputError, MissingValuesError, OptionError
from tests.unit.measure import dea_oracles as oracle

TIMES = [2000, 2005, 2010]


def panel(n=9, m=2, s=1, seed=0, times=TIMES):
    X, Y = oracle.production(n * len(times), m, s, seed)
    index = pd.MultiIndex.from_product([[f"r{i:02d}" for i in range(n)], times], names=["region", "time"])
    growth = 1.08 ** np.tile(range(len(times)), n)[:, None]
    inputs = pd.DataFrame(X, index=index, columns=[f"x{i}" for i in range(m)])
    return inputs, pd.DataFrame(Y * growth, index=index, columns=[f"y{i}" for i in range(s)])


@pytest.fixture
def tables():
    return panel()


def efficiency(tables, frontier, time, region, *, orientation, vrs):
    """Efficiency of one region at one time against the frontier of another, by multipliers."""
    X, Y = (table.xs(frontier, level="time").to_numpy() for table in tables)
    point = tuple(table.loc[(region, time)].to_numpy() for table in tables)
    return oracle.multiplier(X, Y, 0, orientation=orientation, vrs=vrs, point=point)


class TestAgainstMultipliers:
    @pytest.mark.parametrize("orientation", ["input", "output"])
    def test_every_distance(self, tables, orientation):
        made = sr.malmquist(*tables, orientation=orientation, decomposition="ray_desli").distances
        for (region, later), row in made.iterrows():
            pair = (TIMES[TIMES.index(later) - 1], later)
            for vrs, name in ((False, "crs"), (True, "vrs")):
                for a in (0, 1):
                    for b in (0, 1):
                        theirs = efficiency(tables, pair[a], pair[b], region, orientation=orientation, vrs=vrs)
                        np.testing.assert_allclose(row[f"{name}_{a}_{b}"], theirs, rtol=1e-9)
        assert made["crs_0_1"].gt(1).any()
        assert made.isna().any(axis=None)  # under variable returns some are out of reach

    def test_index_and_parts_by_their_formulas(self, tables):
        made = sr.malmquist(*tables).table()
        for (region, later), row in made.iterrows():
            earlier = TIMES[TIMES.index(later) - 1]
            crs = {
                (a, b): efficiency(tables, a, b, region, orientation="input", vrs=False)
                for a in (earlier, later)
                for b in (earlier, later)
            }
            pure = [efficiency(tables, t, t, region, orientation="input", vrs=True) for t in (earlier, later)]
            at_start = crs[earlier, later] / crs[earlier, earlier]
            at_end = crs[later, later] / crs[later, earlier]
            assert row["start"] == earlier
            assert row["malmquist"] == pytest.approx(np.sqrt(at_start * at_end), rel=1e-9)
            assert row["ec"] == pytest.approx(crs[later, later] / crs[earlier, earlier], rel=1e-9)
            assert row["pech"] == pytest.approx(pure[1] / pure[0], rel=1e-9)
            scale = [crs[t, t] / own for t, own in zip((earlier, later), pure, strict=True)]
            assert row["sech"] == pytest.approx(scale[1] / scale[0], rel=1e-9)

    def test_scale_change_of_ray_and_desli_is_the_mean_of_both_frontiers(self, tables):
        made = sr.malmquist(*tables, decomposition="ray_desli")
        d = made.distances
        scale = {pair: d[f"crs_{pair}"] / d[f"vrs_{pair}"] for pair in ("0_0", "0_1", "1_0", "1_1")}
        expected = np.sqrt(scale["0_1"] / scale["0_0"] * scale["1_1"] / scale["1_0"])
        np.testing.assert_allclose(made.table()["sech"], expected, rtol=1e-12)
        assert "ec" not in made.table()


class TestClosedForms:
    def test_one_input_and_output_is_growth_of_productivity(self):
        inputs, outputs = panel(m=1)
        ratio = (outputs["y0"] / inputs["x0"]).unstack("time")
        made = sr.malmquist(inputs, outputs).table()
        best = ratio.max()
        for earlier, later in ((2000, 2005), (2005, 2010)):
            own = made.xs(later, level="time")
            np.testing.assert_allclose(own["malmquist"], ratio[later] / ratio[earlier], rtol=1e-12)
            np.testing.assert_allclose(own["tc"], best[later] / best[earlier], rtol=1e-12)
            np.testing.assert_allclose(
                own["ec"], ratio[later] / best[later] / (ratio[earlier] / best[earlier]), rtol=1e-12
            )

    def test_nothing_changes_when_nothing_changed(self):
        inputs, outputs = panel(times=[2000])
        twice = [pd.concat([t, t.rename(index={2000: 2001}, level="time")]).sort_index() for t in (inputs, outputs)]
        for decomposition in ("fgnz", "ray_desli"):
            made = sr.malmquist(*twice, decomposition=decomposition).table().drop(columns=["start", "status"])
            np.testing.assert_allclose(made, 1.0, rtol=1e-12)

    def test_all_outputs_ten_per_cent_higher_is_technical_change_alone(self):
        inputs, outputs = panel(times=[2000])
        used = pd.concat([inputs, inputs.rename(index={2000: 2001}, level="time")])
        produced = pd.concat([outputs, 1.1 * outputs.rename(index={2000: 2001}, level="time")])
        made = sr.malmquist(used, produced, orientation="output").table()
        np.testing.assert_allclose(made[["malmquist", "tc"]], 1.1, rtol=1e-12)
        np.testing.assert_allclose(made[["ec", "pech", "sech"]], 1.0, rtol=1e-12)


class TestWhatMustHold:
    @pytest.mark.parametrize("base", ["mean", "start", "end"])
    @pytest.mark.parametrize("orientation", ["input", "output"])
    def test_parts_multiply_to_the_index(self, tables, base, orientation):
        options = {"orientation": orientation, "base": base}
        first = sr.malmquist(*tables, **options).table()
        np.testing.assert_allclose(first["malmquist"], first["ec"] * first["tc"], rtol=1e-12)
        np.testing.assert_allclose(first["ec"], first["pech"] * first["sech"], rtol=1e-12)
        second = sr.malmquist(*tables, decomposition="ray_desli", **options).table()
        product = (second["tc"] * second["pech"] * second["sech"]).dropna()
        np.testing.assert_allclose(product, second["malmquist"].loc[product.index], rtol=1e-12)
        np.testing.assert_array_equal(first["malmquist"], second["malmquist"])

    def test_the_mean_base_is_the_geometric_mean_of_the_two(self, tables):
        mean, start, end = (sr.malmquist(*tables, base=base).table() for base in ("mean", "start", "end"))
        for column in ("malmquist", "tc"):
            np.testing.assert_allclose(mean[column], np.sqrt(start[column] * end[column]), rtol=1e-13)

    def test_orientation_does_not_matter_under_constant_returns(self, tables):
        one, other = (sr.malmquist(*tables, orientation=way).table() for way in ("input", "output"))
        np.testing.assert_allclose(one[["malmquist", "ec", "tc"]], other[["malmquist", "ec", "tc"]], rtol=1e-10)

    def test_units_order_and_labels_change_nothing(self, tables):
        inputs, outputs = tables
        made = sr.malmquist(inputs, outputs).table()
        shuffled = inputs.sample(frac=1, random_state=1)
        pd.testing.assert_frame_equal(sr.malmquist(shuffled, outputs).table().sort_index(), made)
        pd.testing.assert_frame_equal(sr.malmquist(inputs * [1e5, 1e-3], outputs * 7).table(), made, rtol=1e-9)

    def test_a_unit_out_of_reach_has_an_index_but_no_parts(self, tables):
        made = sr.malmquist(*tables, decomposition="ray_desli")
        lost = made.table()[made.table()["tc"].isna()]
        assert len(lost)
        assert (lost["status"] == "infeasible").all()
        assert lost["sech"].isna().all()
        assert lost[["malmquist", "pech"]].notna().all(axis=None)
        assert (made.table().drop(lost.index)["status"] == "solved").all()
        assert f"{len(lost)} of 18 changes are infeasible" in made.summary()


class TestMeans:
    def test_geometric_means_by_region_and_time(self, tables):
        made = sr.malmquist(*tables)
        whole = made.table()
        by_time, by_region = made.table(by="time"), made.table(by="region")
        for time, row in by_time.iterrows():
            own = whole.xs(time, level="time")
            assert row["malmquist"] == pytest.approx(np.prod(own["malmquist"]) ** (1 / len(own)), rel=1e-12)
            assert row["n"] == 9
        assert by_region.loc["r03", "tc"] == pytest.approx(np.sqrt(whole.loc["r03", "tc"].prod()), rel=1e-12)
        np.testing.assert_allclose(by_time["malmquist"], by_time["ec"] * by_time["tc"], rtol=1e-12)
        with pytest.raises(OptionError, match="by='year' is not offered"):
            made.table(by="year")

    def test_means_leave_out_changes_without_all_parts(self, tables):
        made = sr.malmquist(*tables, decomposition="ray_desli")
        means = made.table(by="time")
        assert means["n"].sum() == (made.table()["status"] == "solved").sum()
        np.testing.assert_allclose(means["malmquist"], means["tc"] * means["pech"] * means["sech"], rtol=1e-12)


class TestGaps:
    def test_missing_values_and_absent_units(self, tables):
        inputs, outputs = tables
        holed = inputs.copy()
        holed.loc[("r02", 2005), "x0"] = np.nan
        with pytest.raises(MissingValuesError, match="r02 at 2005"):
            sr.malmquist(holed, outputs)
        made = sr.malmquist(holed, outputs, missing="drop").table()
        assert (made.loc["r02", "status"] == "missing").all()
        assert made.loc["r02", "malmquist"].isna().all()
        absent = sr.malmquist(*(t.drop(("r02", 2005)) for t in tables), missing="drop").table()
        pd.testing.assert_frame_equal(made, absent)
        with pytest.raises(MissingValuesError, match="1 of 27 units are absent: r02 at 2005"):
            sr.malmquist(*(t.drop(("r02", 2005)) for t in tables))

    @pytest.mark.parametrize(
        "times", [["2000", "2010"], pd.PeriodIndex(["2000", "2010"], freq="Y"), pd.to_datetime(["2000", "2010"])]
    )
    def test_times_of_any_kind_that_can_be_ordered(self, times):
        made = sr.malmquist(*panel(times=list(times)))
        assert made.table()["start"].eq(times[0]).all()
        assert made.table(by="time").index.tolist() == [times[1]]
        mixed = [t.rename(index={times[1]: 7}, level="time") for t in panel(times=list(times))]
        with pytest.raises(InputError, match="times must be of one kind"):
            sr.malmquist(*mixed)

    def test_a_study(self, panel_study):
        study = panel_study.with_columns(work=lambda data: data["y"] ** 2 + 1, made=lambda data: data["x"] ** 2 + 1)
        by_name = sr.malmquist("work", "made", study=study).table()
        pd.testing.assert_frame_equal(by_name, sr.malmquist(study.data[["work"]], study.data[["made"]]).table())
        assert len(by_name) == 2 * study.n

    def test_one_time_is_too_few(self, tables):
        inputs, outputs = tables
        with pytest.raises(InputError, match="at least two are needed; found 1"):
            sr.malmquist(*(t.xs(2000, level="time", drop_level=False) for t in tables))
        with pytest.raises(InputError, match="at least two are needed; found none"):
            sr.malmquist(inputs.xs(2000, level="time"), outputs.xs(2000, level="time"))

    def test_bad_options_and_other_units(self, tables):
        inputs, outputs = tables
        with pytest.raises(OptionError, match="decomposition='rd' is not offered"):
            sr.malmquist(inputs, outputs, decomposition="rd")
        with pytest.raises(OptionError, match="orientation='none' is not offered"):
            sr.malmquist(inputs, outputs, orientation="none")
        with pytest.raises(OptionError, match="base='first' is not offered"):
            sr.malmquist(inputs, outputs, base="first")
        with pytest.raises(AlignmentError, match="only in inputs"):
            sr.malmquist(inputs, outputs.iloc[1:])

    def test_progress_and_spec(self, tables):
        heard = []
        made = sr.malmquist(*tables, progress=lambda done, total: heard.append((done, total)))
        assert heard[-1] == (9 * (7 + 3), 9 * (7 + 3))  # constant returns: own and neighbouring times; variable: own
        assert made.spec.options["base"] == "mean"
        assert made.spec.inputs["times"] == TIMES
        assert "Grosskopf, Norris & Zhang (1994)\n" in made.summary()
        assert (
            "Ray & Desli (1997), frontier of the start\n"
            in sr.malmquist(*tables, decomposition="ray_desli", base="start").summary()
        )
