"""The harness refuses to compare the times of different answers, and says what it left out."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from benchmarks.adapters import GLOBAL_TASKS, LOCAL_TASKS, adapters, folded
from benchmarks.adapters_ours import exists
from benchmarks.big import measure
from benchmarks.cases import kernel_case, lattice_case, pysal_cases
from benchmarks.report import as_table, page, target, to_markdown
from benchmarks.runner import DisagreementError, check_agreement, run

REPOSITORY = Path(__file__).resolve().parents[3]


def test_a_wrong_answer_is_refused():
    right = {"I": np.array([0.5]), "p": np.array([0.01])}
    with pytest.raises(DisagreementError, match="relative difference"):
        check_agreement(right, {"I": np.array([0.5001]), "p": np.array([0.01])}, 999, where="x")
    with pytest.raises(DisagreementError, match="no number where there is one"):
        check_agreement(right, {"I": np.array([np.nan]), "p": np.array([0.01])}, 999, where="x")
    with pytest.raises(DisagreementError, match="2 values where there are 1"):
        check_agreement(right, {"I": np.array([0.5, 0.5]), "p": np.array([0.01])}, 999, where="x")
    with pytest.raises(DisagreementError, match="standard errors"):
        check_agreement(right, {"I": np.array([0.5]), "p": np.array([0.2])}, 999, where="x")
    with pytest.raises(DisagreementError, match="no p-value"):
        check_agreement(right, {"I": np.array([0.5]), "p": np.array([np.nan])}, 999, where="x")
    assert check_agreement(right, right, 999, where="x") == (0.0, 0.0)


def test_a_refused_package_has_a_reason_and_no_time(monkeypatch):
    """One adapter's statistic is falsified on its way to the check."""

    def falsified(task):
        return [
            replace(a, read=lambda m: {"I": np.array([m.I + 0.01]), "p": np.array([m.p_sim])})
            if a.package == "esda"
            else a
            for a in adapters(task)
        ]

    monkeypatch.setattr("benchmarks.runner.adapters", falsified)
    table = as_table(run([lattice_case(6)], task="moran", permutations=99, repeats=1))
    assert table["ratio"].isna().all()
    assert "refused: esda" in to_markdown(table)
    assert "relative difference" in to_markdown(table)


@pytest.mark.parametrize("task", GLOBAL_TASKS)
def test_global_tasks_agree_with_their_peers_and_have_a_ratio(task):
    check_task(task)


@pytest.mark.slow  # esda compiles for some 10 seconds a statistic
@pytest.mark.parametrize("task", [task for task in LOCAL_TASKS if exists(task)])
def test_local_tasks_agree_with_their_peers_and_have_a_ratio(task):
    check_task(task)


def check_task(task):
    table = as_table(run([lattice_case(8)], task=task, permutations=199, repeats=1))
    assert (table["refusal"] == "").all(), table["refusal"].tolist()
    assert (table["ratio"] > 0).all()
    assert "esda" in to_markdown(table)


@pytest.mark.slow
def test_unequal_weights_are_compared_with_esda_only():
    table = as_table(run([kernel_case(8)], task="local_moran", permutations=199, repeats=1))
    assert [peer.split()[0] for peer in table["peer"]] == ["esda"]
    assert (table["refusal"] == "").all()


def test_pysal_examples_are_complete():
    found = {case.name: case for case in pysal_cases()}
    assert set(found) == {"columbus", "us48", "mexico", "stl", "sids2", "georgia", "tokyo"}
    for case in found.values():
        assert case.values.notna().all()
        assert case.other.notna().all()
        assert case.n == case.graph.n == case.ours.n
        assert 0 < case.binary.sum() < case.n
        assert case.positive.min() > 0
        assert case.islands.sum() == (10 if case.name == "tokyo" else 0)
        assert (case.links.data == 1).all()


def test_every_package_gets_the_same_links():
    for case in (lattice_case(5, 7), kernel_case(5, 7)):
        rows = case.ours.standardise("row").sparse
        assert abs(case.w("r").sparse - rows).max() < 1e-12
        assert abs(case.graph.sparse - case.links).max() == 0
    assert lattice_case(5, 7).links[8].sum() == 8  # an inner cell has eight neighbours
    assert lattice_case(5, 7).links[0].sum() == 3
    weights = kernel_case(5, 7).links.data
    assert (weights > 0).all()
    assert (weights < 1).all()
    assert len(np.unique(weights)) > 100


def test_targets_hold_where_they_were_set():
    assert target("local_moran", 49, "queen", "esda 2.9.0", 999) == 1
    assert target("local_moran", 100_172, "queen", "esda 2.9.0", 999) == 300
    assert target("local_moran", 100_172, "queen", "pygeoda 0.1.3 lookup", 999) == 60
    assert target("local_moran", 100_172, "queen", "pygeoda 0.1.3 complete", 999) == 2000
    assert target("local_moran", 100_172, "triangular kernel", "esda 2.9.0", 999) == 50
    assert target("local_geary", 100_172, "queen", "esda 2.9.0", 999) == 200
    assert target("local_moran", 10_000, "queen", "esda 2.9.0", 999) is None
    assert target("local_moran", 49, "queen", "esda 2.9.0", 99) is None


def test_folded_p_is_the_smaller_tail():
    np.testing.assert_allclose(folded(np.array([0.01, 0.4, 0.995]), 199), [0.01, 0.4, 0.01])


def test_a_fresh_process_tells_its_memory():
    measured = measure("local_moran", side=8, permutations=99)
    assert measured.n == 64
    assert 20 < measured.memory_before <= measured.peak_memory < 4000
    assert measured.seconds > 0
    timings = run([lattice_case(6)], task="moran", permutations=99, repeats=1)
    text = page(as_table(timings), [measured], ["nothing: a line"])
    assert "In a fresh process" in text
    assert "- nothing: a line" in text


def test_the_command_writes_the_page(tmp_path):
    output = tmp_path / "page.md"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "geary", "--output", str(output)]
    subprocess.run(command, check=True, cwd=REPOSITORY)
    assert "| geary | columbus | queen | 49 | 99 | esda" in output.read_text(encoding="utf-8")
