"""The harness refuses to compare the times of different answers."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from benchmarks.cases import lattice_case, pysal_cases
from benchmarks.runner import DisagreementError, as_table, check_agreement, run, to_markdown


def test_a_wrong_answer_is_refused():
    right = {"I": np.array([0.5]), "p": np.array([0.01])}
    with pytest.raises(DisagreementError, match="relative difference"):
        check_agreement(right, {"I": np.array([0.5001]), "p": np.array([0.01])}, 999, where="x")
    with pytest.raises(DisagreementError, match="standard errors"):
        check_agreement(right, {"I": np.array([0.5]), "p": np.array([0.2])}, 999, where="x")
    assert check_agreement(right, right, 999, where="x") == (0.0, 0.0)


def test_the_table_has_a_ratio_for_each_case():
    timings = run([lattice_case(6)], task="moran", permutations=99, repeats=1)
    table = as_table(timings)
    assert table["case"].tolist() == ["lattice 6 x 6"]
    assert (table["ratio"] > 0).all()
    assert "esda" in to_markdown(table)


def test_pysal_examples_are_complete():
    for case in pysal_cases():
        assert case.values.notna().all()
        assert case.n == case.graph.n
