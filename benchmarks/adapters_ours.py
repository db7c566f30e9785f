"""This package: labelled values and weights in, a result object out, both within the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import spatial_region as sr
from benchmarks.adapters import Adapter, Answer
from benchmarks.cases import Case

PACKAGE = "spatial_region"
SEED = 1


def exists(task: str) -> bool:
    """Return whether the package has the statistic of a task."""
    return function_of(task) in sr.__all__


def function_of(task: str) -> str:
    """Return the name of the public function behind a task."""
    return "local_g" if task == "local_g_star" else task


def _run(task: str, **options: Any) -> Callable[[Any, int], Any]:
    def run(prepared: Any, permutations: int) -> Any:
        data, variable, w, more = prepared
        return getattr(sr, function_of(task))(
            data, variable, w=w, permutations=permutations, seed=SEED, **options, **more
        )

    return run


def _run_exact(prepared: Any, permutations: int) -> Any:
    """Local join counts have an exact p-value, whatever the number of permutations."""
    data, variable, w, _ = prepared
    return sr.local_join_count(data, variable, w=w)


def _one(column: str) -> Callable[[Case], Any]:
    return lambda case: (getattr(case, column), None, case.ours, {})


def _two(case: Case) -> Any:
    return pd.DataFrame({"a": case.values, "b": case.other}), "a", case.ours, {"other": "b"}


def _binary(case: Case) -> Any:
    return case.binary, None, case.ours.standardise("none"), {}


def _global(letter: str) -> Callable[[Any], Answer]:
    return lambda m: {
        letter: np.array([getattr(m, letter)]),
        "z": np.array([m.z]),
        "p": np.array([m.p / 2]),
    }


def _local(letter: str) -> Callable[[Any], Answer]:
    return lambda m: {letter: m.statistics[letter].to_numpy(float), "p": m.statistics["p"].to_numpy(float) / 2}


def _local_joins(m: Any) -> Answer:
    """Return the joins and the tail that peers report: of at least as many, or of fewer, whichever is smaller."""
    p = m.statistics["p"].to_numpy(float)
    return {"joins": m.statistics["joins"].to_numpy(float), "p": np.minimum(p, 1.0 - p)}


def _join_count(m: Any) -> Answer:
    pair = m.pairs.loc[(1, 1)]
    return {"joins": np.array([pair["joins"], m.unlike]), "p": np.array([pair["p"]])}


OURS = [
    Adapter(PACKAGE, "moran", _one("values"), _run("moran"), _global("I")),
    Adapter(PACKAGE, "geary", _one("values"), _run("geary"), _global("C")),
    Adapter(PACKAGE, "getis_ord_g", _one("positive"), _run("getis_ord_g"), _global("G")),
    Adapter(PACKAGE, "join_count", _binary, _run("join_count", alternative="greater"), _join_count),
    Adapter(PACKAGE, "local_moran", _one("values"), _run("local_moran"), _local("I")),
    Adapter(PACKAGE, "local_geary", _one("values"), _run("local_geary"), _local("C")),
    Adapter(PACKAGE, "local_g", _one("positive"), _run("local_g", star=False), _local("G")),
    Adapter(PACKAGE, "local_g_star", _one("positive"), _run("local_g", star=True), _local("G")),
    Adapter(PACKAGE, "bivariate_local_moran", _two, _run("bivariate_local_moran"), _local("I")),
    Adapter(PACKAGE, "local_join_count", _binary, _run_exact, _local_joins),
]
