"""Efficiency against other formulations of the same programmes, closed forms, and what must hold of any score."""

from __future__ import annotations

from time import process_time

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import (
    AlignmentError,
    DuplicateError,
    InputError,
    MissingValuesError,
    OptionError,
    UnknownNameError,
)
from spatial_region.measure import _dea_progress, _dea_solve
from spatial_region.measure._dea_simplex import UNFINISHED
from tests.unit.measure import dea_oracles as oracle


def frames(X, Y, index=None):
    index = [f"u{i:03d}" for i in range(len(X))] if index is None else index
    inputs = pd.DataFrame(X, index=index, columns=[f"x{i}" for i in range(X.shape[1])])
    return inputs, pd.DataFrame(Y, index=index, columns=[f"y{i}" for i in range(Y.shape[1])])


def put(table, region, variable, value):
    changed = table.copy()
    changed.loc[region, variable] = value
    return changed


@pytest.fixture(params=[(0, False), (1, True)], ids=["numbers", "whole numbers with ties"])
def units(request):
    seed, whole = request.param
    return oracle.production(14, 2, 2, seed, whole=whole)


class TestAgainstOtherFormulations:
    @pytest.mark.parametrize("orientation", ["input", "output"])
    def test_radial_scores_equal_those_by_multipliers(self, units, orientation):
        X, Y = units
        made = sr.dea(*frames(X, Y), orientation=orientation).table()
        for vrs, column in ((False, "te"), (True, "pte")):
            theirs = [oracle.multiplier(X, Y, o, orientation=orientation, vrs=vrs) for o in range(len(X))]
            np.testing.assert_allclose(made[column], theirs, rtol=1e-9)

    @pytest.mark.parametrize("orientation", ["input", "output"])
    def test_super_efficiency_equals_that_by_multipliers_without_the_unit(self, units, orientation):
        X, Y = units
        made = sr.dea(*frames(X, Y), model="super", orientation=orientation).table()
        for vrs, column in ((False, "te"), (True, "pte")):
            theirs = [oracle.multiplier(X, Y, o, orientation=orientation, vrs=vrs, exclude=True) for o in range(len(X))]
            np.testing.assert_allclose(made[column], theirs, rtol=1e-9)
        infeasible = made["te"].isna() | made["pte"].isna()
        if not np.array_equal(X, np.round(X)):
            assert infeasible.any()  # the largest or the smallest units have no peer of their size
        assert (made["status"] == "infeasible").equals(infeasible)

    @pytest.mark.parametrize("model", ["ccr", "bcc"])
    @pytest.mark.parametrize("orientation", ["input", "output"])
    def test_slacks_have_the_largest_sum_and_lead_to_the_target(self, units, model, orientation):
        X, Y = units
        made = sr.dea(*frames(X, Y), model=model, orientation=orientation)
        score = made.table()["te" if model == "ccr" else "pte"].to_numpy()
        data = np.hstack([X, Y])
        sums = (made.slacks.to_numpy() / data.mean(axis=0)).sum(axis=1)
        theirs = [
            oracle.largest_slacks(X, Y, o, score[o], orientation=orientation, vrs=model == "bcc") for o in range(len(X))
        ]
        np.testing.assert_allclose(sums, theirs, atol=1e-7)
        shrunk = X * (score[:, None] if orientation == "input" else 1) - made.slacks.to_numpy()[:, :2]
        grown = Y / (score[:, None] if orientation == "output" else 1) + made.slacks.to_numpy()[:, 2:]
        np.testing.assert_allclose(made.targets.to_numpy(), np.hstack([shrunk, grown]), rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize("orientation", ["input", "output", "none"])
    def test_slacks_based_measure_equals_iteration_on_the_fraction(self, orientation):
        X, Y = oracle.production(9, 2, 2, 3)
        made = sr.dea(*frames(X, Y), model="sbm", orientation=orientation).table()
        for vrs, column in ((False, "te"), (True, "pte")):
            theirs = [oracle.sbm(X, Y, o, orientation=orientation, vrs=vrs) for o in range(len(X))]
            np.testing.assert_allclose(made[column], theirs, atol=1e-9)

    @pytest.mark.parametrize("orientation", ["input", "output", "none"])
    def test_slacks_based_super_efficiency_equals_iteration_on_the_fraction(self, orientation):
        X, Y = oracle.production(9, 2, 2, 3)
        tables = frames(X, Y)
        plain = sr.dea(*tables, model="sbm", orientation=orientation).table()
        made = sr.dea(*tables, model="super_sbm", orientation=orientation).table()
        for vrs, column in ((False, "te"), (True, "pte")):
            for o in range(len(X)):
                if plain[column].iloc[o] < 1:
                    assert made[column].iloc[o] == pytest.approx(plain[column].iloc[o], rel=1e-14)
                else:
                    theirs = oracle.super_sbm(X, Y, o, orientation=orientation, vrs=vrs)
                    np.testing.assert_allclose(made[column].iloc[o], theirs, rtol=1e-9)
        assert (made["te"] > 1).any()

    @pytest.mark.parametrize("orientation", ["input", "output"])
    def test_returns_to_scale_equal_those_by_a_programme_of_non_increasing_returns(self, units, orientation):
        X, Y = units
        made = sr.dea(*frames(X, Y), orientation=orientation).table()
        for o in range(len(X)):
            te, pte = made[["te", "pte"]].iloc[o]
            nirs = oracle.multiplier(X, Y, o, orientation=orientation, nirs=True)
            expected = "crs" if abs(te - pte) < 1e-8 else "irs" if abs(nirs - te) < 1e-8 else "drs"
            assert made["returns"].iloc[o] == expected
        assert set(made["returns"]) == {"crs", "irs", "drs"}

    def test_returns_to_scale_of_the_slacks_based_measure(self):
        X, Y = oracle.production(10, 2, 2, 3)
        made = sr.dea(*frames(X, Y), model="sbm", orientation="none").table()
        for o in np.flatnonzero(made["te"] < made["pte"] - 1e-6):
            nirs = oracle.sbm(X, Y, o, nirs=True)
            assert made["returns"].iloc[o] == ("irs" if abs(nirs - made["te"].iloc[o]) < 1e-7 else "drs")
        assert set(made["returns"]) == {"crs", "irs", "drs"}

    def test_one_input_and_one_output_is_relative_productivity(self):
        X, Y = oracle.production(30, 1, 1, 5)
        ratio = (Y / X).ravel()
        made = sr.dea(*frames(X, Y)).table()
        np.testing.assert_allclose(made["te"], ratio / ratio.max(), rtol=1e-13)

    def test_variable_returns_of_one_input_and_output_equal_the_best_of_all_pairs(self):
        X, Y = oracle.production(12, 1, 1, 6)
        x, y = X.ravel(), Y.ravel()
        made = sr.dea(*frames(X, Y), model="bcc").table()["pte"].to_numpy()
        for o in range(12):
            best = min(x[y >= y[o]])
            for low in np.flatnonzero(y < y[o]):
                for high in np.flatnonzero(y > y[o]):
                    share = (y[o] - y[low]) / (y[high] - y[low])
                    best = min(best, (1 - share) * x[low] + share * x[high])
            assert made[o] == pytest.approx(best / x[o], rel=1e-12)

    def test_five_firms_of_coelli(self):
        """Coelli (1996), A Guide to DEAP 2.1, first example: technical efficiency as printed."""
        X = np.array([[2, 5], [2, 4], [6, 6], [3, 2], [6, 2.0]])
        made = sr.dea(*frames(X, np.array([[1], [2], [3], [1], [2.0]]))).table()
        assert made["te"].round(3).tolist() == [0.5, 1.0, 0.833, 0.714, 1.0]

    @pytest.mark.parametrize("model", ["ccr", "sbm", "super", "super_sbm"])
    def test_highs_gives_the_same_when_the_compiled_simplex_gives_up(self, units, model, monkeypatch):
        tables = frames(*units)
        orientation = "none" if "sbm" in model else "input"
        ours = sr.dea(*tables, model=model, orientation=orientation)

        def give_up(*arguments):
            arguments[11][:] = UNFINISHED
            return 0

        monkeypatch.setattr(_dea_solve, "solve_programmes", give_up)
        theirs = sr.dea(*tables, model=model, orientation=orientation)
        pd.testing.assert_frame_equal(ours.table(), theirs.table(), rtol=1e-9)


class TestWhatMustHold:
    @pytest.mark.parametrize("model", ["ccr", "bcc", "sbm"])
    @pytest.mark.parametrize("orientation", ["input", "output"])
    def test_scores_lie_above_zero_and_up_to_one_and_multiply(self, units, model, orientation):
        made = sr.dea(*frames(*units), model=model, orientation=orientation).table()
        for column in ("te", "pte", "se"):
            assert made[column].between(0, 1, inclusive="right").all()
        np.testing.assert_allclose(made["te"], made["pte"] * made["se"], rtol=1e-14)
        assert (made["te"] == 1).any()
        assert (made["te"] < 1).any()

    @pytest.mark.parametrize(("model", "orientation"), [("bcc", "input"), ("super", "output"), ("super_sbm", "none")])
    def test_units_of_measurement_change_nothing(self, units, model, orientation):
        X, Y = units
        ours = sr.dea(*frames(X, Y), model=model, orientation=orientation)
        scaled = sr.dea(*frames(X * [1e6, 1e-5], Y * [3.7, 1e9]), model=model, orientation=orientation)
        pd.testing.assert_frame_equal(ours.table(), scaled.table(), rtol=1e-9)
        np.testing.assert_allclose(scaled.targets / [1e6, 1e-5, 3.7, 1e9], ours.targets, rtol=1e-8)

    @pytest.mark.parametrize("model", ["ccr", "bcc", "super", "sbm", "super_sbm"])
    def test_order_of_rows_and_labels_change_nothing(self, units, model):
        X, Y = units
        ours = sr.dea(*frames(X, Y), model=model)
        order = np.random.default_rng(1).permutation(len(X))
        inputs, outputs = frames(X, Y)
        other = sr.dea(inputs.iloc[order], outputs.iloc[::-1], model=model)
        pd.testing.assert_frame_equal(ours.table(), other.table().sort_index())
        pd.testing.assert_frame_equal(ours.slacks, other.slacks.sort_index())
        renamed = sr.dea(*frames(X, Y, index=range(len(X), 0, -1)), model=model)
        np.testing.assert_array_equal(renamed.table()["te"], ours.table()["te"])
        np.testing.assert_array_equal(renamed.peers["lambda"], ours.peers["lambda"])

    def test_more_output_never_lowers_a_score_and_another_unit_never_raises_one(self, units):
        X, Y = units
        before = sr.dea(*frames(X[:-1], Y[:-1]), model="bcc").table()
        after = sr.dea(*frames(X, Y), model="bcc").table().iloc[:-1]
        better = Y[:-1].copy()
        better[3] *= 1.1
        gained = sr.dea(*frames(X[:-1], better), model="bcc").table()
        for column in ("te", "pte"):
            assert (after[column] <= before[column] + 1e-12).all()
            assert gained[column].iloc[3] >= before[column].iloc[3]

    def test_slacks_count_against_a_unit_in_the_slacks_based_measure(self, units):
        tables = frames(*units)
        radial, slacks = (sr.dea(*tables, model=model).table() for model in ("ccr", "sbm"))
        both = sr.dea(*tables, model="sbm", orientation="none").table()
        assert (slacks["te"] <= radial["te"] + 1e-12).all()
        assert (both["te"] <= slacks["te"] + 1e-12).all()

    @pytest.mark.parametrize("model", ["ccr", "bcc"])
    def test_targets_are_what_peers_make_and_are_efficient(self, units, model):
        X, Y = units
        made = sr.dea(*frames(X, Y), model=model)
        data = pd.DataFrame(np.hstack([X, Y]), index=made.table().index)
        for region, own in made.peers.groupby("region"):
            combined = (data.loc[own["peer"]].to_numpy() * own[["lambda"]].to_numpy()).sum(axis=0)
            np.testing.assert_allclose(made.targets.loc[region], combined, rtol=1e-9)
            if model == "bcc":
                assert own["lambda"].sum() == pytest.approx(1)
        points = made.targets.to_numpy()
        again = sr.dea(*frames(np.vstack([X, points[:, :2]]), np.vstack([Y, points[:, 2:]])), model=model).table()
        assert (again.iloc[len(X) :]["status"] == "efficient").all()

    def test_a_weakly_efficient_unit_has_a_score_of_one_and_slack(self):
        X, Y = np.array([[1.0, 1], [1, 3], [2, 1.5]]), np.ones((3, 1))
        made = sr.dea(*frames(X, Y))
        assert made.table()["status"].tolist() == ["efficient", "weakly efficient", "inefficient"]
        assert made.table()["te"].iloc[1] == 1
        assert made.slacks["x1"].round(12).tolist() == [0.0, 2.0, 0.0]
        assert made.peers.query("region == 'u001'")["peer"].tolist() == ["u000"]

    def test_an_efficient_unit_is_its_own_peer_and_a_twin_changes_no_score(self, units):
        X, Y = units
        made = sr.dea(*frames(X, Y))
        alone = made.table().query("status == 'efficient'").index
        own = made.peers[made.peers["region"].isin(alone)]
        assert (own["region"] == own["peer"]).all()
        assert (own["lambda"] == 1).all()
        twins = sr.dea(*frames(np.vstack([X, X]), np.vstack([Y, Y])), model="super").table()
        np.testing.assert_allclose(twins["te"].iloc[: len(X)], made.table()["te"], rtol=1e-12)  # a twin caps it at one

    def test_inputs_are_not_changed(self, units):
        inputs, outputs = frames(*units)
        before = inputs.copy(), outputs.copy()
        sr.dea(inputs, outputs, model="super")
        pd.testing.assert_frame_equal(inputs, before[0])
        pd.testing.assert_frame_equal(outputs, before[1])

    def test_answers_do_not_depend_on_the_number_of_processors(self, units, monkeypatch):
        tables = frames(*units)
        many = sr.dea(*tables, model="super")
        monkeypatch.setattr(_dea_progress, "processors", lambda: 1)
        one = sr.dea(*tables, model="super")
        pd.testing.assert_frame_equal(many.table(), one.table())
        pd.testing.assert_frame_equal(many.peers, one.peers)


class TestZeros:
    def test_zeros_are_taken_by_radial_models(self):
        X = np.array([[1.0, 0], [0, 1], [1, 1], [2, 3]])
        Y = np.array([[1.0, 0], [0, 1], [1, 1], [1, 1]])
        made = sr.dea(*frames(X, Y)).table()
        theirs = [oracle.multiplier(X, Y, o) for o in range(4)]
        np.testing.assert_allclose(made["te"], theirs, rtol=1e-12)

    def test_a_unit_that_alone_makes_an_output_has_no_super_efficiency(self):
        X, Y = np.array([[1.0], [1], [2]]), np.array([[1.0, 1], [2, 0], [1, 0]])
        for orientation, other in (("input", "infeasible"), ("output", "efficient")):
            made = sr.dea(*frames(X, Y), model="super", orientation=orientation).table()
            assert np.isnan(made["te"].iloc[0])
            assert made["te"].iloc[1] >= 1  # of its size, nobody else makes as much: input-oriented, pte is undefined
            assert made["status"].tolist() == ["infeasible", other, "inefficient"]

    @pytest.mark.parametrize("model", ["sbm", "super_sbm"])
    def test_slacks_based_models_refuse_zeros(self, model):
        inputs, outputs = frames(np.array([[1.0], [0], [2]]), np.ones((3, 1)))
        with pytest.raises(InputError, match=r"'x0' is zero for 1 of 3 units: u001\. .* use ccr or bcc"):
            sr.dea(inputs, outputs, model=model)


class TestPanels:
    @pytest.fixture
    def panel(self):
        X, Y = oracle.production(24, 2, 1, 8)
        index = pd.MultiIndex.from_product([[f"r{i}" for i in range(12)], [2010, 2020]])
        return frames(X, Y, index=index)

    def test_each_time_has_its_own_frontier(self, panel):
        made = sr.dea(*panel)
        for time in (2010, 2020):
            alone = sr.dea(*(table.xs(time, level=1) for table in panel)).table()
            pd.testing.assert_frame_equal(made.table().xs(time, level="time"), alone, check_names=False)
            pd.testing.assert_frame_equal(sr.dea(*panel, at=time).table(), alone)
        assert (made.peers["time"] == made.peers["peer_time"]).all()

    def test_or_all_times_share_one(self, panel):
        pooled = sr.dea(*panel, frontier="pooled").table()
        flat = sr.dea(*frames(*(table.to_numpy() for table in panel))).table()
        np.testing.assert_allclose(pooled["te"], flat["te"], rtol=1e-12)

    def test_variables_of_a_study(self, panel_study):
        study = panel_study.with_columns(work=lambda data: data["y"] ** 2 + 1, made=lambda data: data["x"] ** 2 + 1)
        made = sr.dea("work", ["made"], study=study, at=2010)
        table = study.at(2010).data
        pd.testing.assert_frame_equal(made.table(), sr.dea(table[["work"]], table["made"]).table())
        assert made.table().index.equals(study.ids.rename("region"))
        with pytest.raises(UnknownNameError, match="mad"):
            sr.dea("work", "mad", study=study)

    def test_missing_values_are_named_or_dropped(self, panel):
        inputs, outputs = panel
        inputs = inputs.copy()
        inputs.loc[("r3", 2020), "x1"] = np.nan
        with pytest.raises(MissingValuesError, match="'x1' is missing for 1 of 24 units: r3 at 2020"):
            sr.dea(inputs, outputs)
        made = sr.dea(inputs, outputs, missing="drop")
        assert made.table().loc[("r3", 2020), "status"] == "missing"
        assert made.table().loc[("r3", 2020), ["te", "pte", "se"]].isna().all()
        kept = sr.dea(inputs.dropna(), outputs.loc[inputs.dropna().index]).table()
        pd.testing.assert_frame_equal(made.table().drop(("r3", 2020)), kept)
        assert "1 of 24 units have a missing value" in made.summary()


class TestProgress:
    def test_three_thousand_units_by_six_variables(self):
        """Some 1.5 s of processors, with a limit for slow machines; a sample is solved again by multipliers."""
        X, Y = oracle.production(3000, 3, 3, 9)
        heard, start = [], process_time()
        made = sr.dea(*frames(X, Y), model="bcc", progress=lambda done, total: heard.append(done / total)).table()
        assert process_time() - start < 30
        assert len(heard) == 48  # a report every 128 programmes under either technology
        for o in (0, 1500, 2999):
            assert made["te"].iloc[o] == pytest.approx(oracle.multiplier(X, Y, o), rel=1e-9)
            assert made["pte"].iloc[o] == pytest.approx(oracle.multiplier(X, Y, o, vrs=True), rel=1e-9)

    def test_a_function_hears_of_every_programme(self):
        X, Y = oracle.production(300, 2, 1, 2)
        heard = []
        sr.dea(*frames(X, Y), model="super", progress=lambda done, total: heard.append((done, total)))
        assert len(heard) > 4
        assert [done for done, _ in heard] == sorted(done for done, _ in heard)
        assert heard[-1] == (1200, 1200)

    def test_nothing_is_written_unless_asked_for(self, capsys):
        tables = frames(*oracle.production(20, 1, 1, 2))
        sr.dea(*tables)
        assert capsys.readouterr() == ("", "")
        sr.dea(*tables, progress=True)
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.endswith("40 of 40 programmes\n")

    def test_what_cannot_be_told_is_refused(self):
        with pytest.raises(InputError, match="progress must be True, False or a function"):
            sr.dea(*frames(*oracle.production(5, 1, 1, 2)), progress="yes")


class TestBadInput:
    @pytest.fixture
    def tables(self):
        return frames(*oracle.production(6, 2, 1, 4))

    def test_negative_values_are_named_with_a_remedy(self, tables):
        inputs, outputs = tables
        with pytest.raises(InputError, match=r"'y0' is negative for 1 of 6 units: u002\. .* shift"):
            sr.dea(inputs, put(outputs, "u002", "y0", -1.0))

    def test_infinite_values(self, tables):
        inputs, outputs = tables
        with pytest.raises(InputError, match="'x0' is infinite for 1 of 6 units: u000"):
            sr.dea(put(inputs, "u000", "x0", np.inf), outputs)

    def test_units_that_use_or_make_nothing(self, tables):
        inputs, outputs = tables
        with pytest.raises(InputError, match="1 of 6 units have only zeros as outputs: u001"):
            sr.dea(inputs, put(outputs, "u001", "y0", 0.0))

    def test_a_variable_of_zeros(self, tables):
        inputs, outputs = tables
        with pytest.raises(InputError, match="'none' is zero for every unit; leave it out"):
            sr.dea(inputs.assign(none=0.0), outputs)

    def test_text(self, tables):
        inputs, outputs = tables
        with pytest.raises(InputError, match="'y0' must be numeric"):
            sr.dea(inputs, put(outputs.astype(object), "u001", "y0", "n/a"))

    def test_other_units(self, tables):
        inputs, outputs = tables
        with pytest.raises(AlignmentError, match="u005"):
            sr.dea(inputs, outputs.iloc[:-1])

    def test_twice(self, tables):
        inputs, outputs = tables
        with pytest.raises(DuplicateError, match="both an input and an output: x0"):
            sr.dea(inputs, inputs[["x0"]])
        with pytest.raises(DuplicateError, match="found twice: u000"):
            sr.dea(pd.concat([inputs, inputs.iloc[:1]]), outputs)

    def test_no_labels(self, tables):
        inputs, outputs = tables
        with pytest.raises(InputError, match="inputs must be a DataFrame with a column a variable"):
            sr.dea(inputs.to_numpy(), outputs)
        with pytest.raises(InputError, match="inputs must be a DataFrame"):
            sr.dea(["x0"], outputs)

    def test_options(self, tables):
        for options, words in (
            ({"model": "crs"}, r"model='crs' is not offered"),
            ({"orientation": "inputs"}, "Did you mean 'input'"),
            ({"orientation": "none"}, 'orientation="none" is for model="sbm"'),
            ({"technology": "vrs"}, "contradicts model='ccr'"),
            ({"technology": "nirs", "model": "super"}, "technology='nirs' is not offered"),
            ({"frontier": "time"}, "Choose one of: 'by time', 'pooled'"),
        ):
            with pytest.raises(OptionError, match=words):
                sr.dea(*tables, **options)
        with pytest.raises(InputError, match="at= is for units with time"):
            sr.dea(*tables, at=2010)

    def test_all_missing(self, tables):
        inputs, outputs = tables
        with pytest.raises(MissingValuesError, match="no unit has all"):
            sr.dea(inputs, outputs * np.nan, missing="drop")


class TestResult:
    def test_technology_chooses_whose_slacks_are_kept(self, units):
        tables = frames(*units)
        crs, vrs = (sr.dea(*tables, model="super", technology=name) for name in ("crs", "vrs"))
        pd.testing.assert_frame_equal(crs.table().drop(columns="status"), vrs.table().drop(columns="status"))
        assert not crs.targets.equals(vrs.targets)
        assert sr.dea(*tables, model="bcc").technology == "vrs"

    def test_summary_and_spec(self, units):
        made = sr.dea(*frames(*units), model="bcc", orientation="output")
        text = made.summary()
        assert "BCC (variable returns), output-oriented" in text
        assert "14" in text
        assert "x0, x1" in text
        assert made.spec.function == "dea"
        assert made.spec.options["technology"] == "vrs"

    def test_too_few_units_are_noted(self):
        made = sr.dea(*frames(*oracle.production(6, 2, 2, 1)))
        assert "6 units for 2 inputs and 2 outputs: below" in made.summary()

    def test_table_takes_no_option(self, units):
        with pytest.raises(OptionError, match="no option 'by'"):
            sr.dea(*frames(*units)).table(by="region")
