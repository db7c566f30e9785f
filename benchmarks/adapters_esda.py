"""esda: bare arrays and `W` in; one process and no kept simulations, which is its fastest."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import esda
import numpy as np

from benchmarks.adapters import Adapter, Answer
from benchmarks.cases import Case

PACKAGE = "esda"
QUICK = {"keep_simulations": False, "n_jobs": 1}


def _given(*columns: str, transform: str = "r") -> Callable[[Case], Any]:
    return lambda case: ([getattr(case, column).to_numpy(float) for column in columns], case.w(transform))


def _quiet(function: Callable[..., Any]) -> Callable[[Any, int], Any]:
    def run(prepared: Any, permutations: int) -> Any:
        np.random.seed(1)  # noqa: NPY002  # several statistics have no seed of their own
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*prepared, permutations)

    return run


def _statistic(kind: Any, **options: Any) -> Callable[[Any, int], Any]:
    return _quiet(lambda arrays, w, permutations: kind(*arrays, w, permutations=permutations, **options))


def _estimator(kind: Any) -> Callable[[Any, int], Any]:
    def run(arrays: Any, w: Any, permutations: int) -> Any:
        # Islands must be kept: without them the estimators return fewer values than there are regions, or fail.
        fit = partial(kind(w, permutations=permutations, drop_islands=False, **QUICK).fit, *arrays)
        return fit(permutations=permutations) if kind is esda.Join_Counts_Local else fit()

    return _quiet(run)


def _global(letter: str, z: str) -> Callable[[Any], Answer]:
    return lambda m: {
        letter: np.array([getattr(m, letter)]),
        "z": np.array([getattr(m, z)]),
        "p": np.array([m.p_sim]),
    }


def _local(letter: str, attribute: str) -> Callable[[Any], Answer]:
    return lambda m: {letter: getattr(m, attribute), "p": np.asarray(m.p_sim, dtype=float)}


def _local_geary(m: Any) -> Answer:
    """Return esda's local C in the scale of the sample variance: divided by n / (n - 1)."""
    n = len(m.localG)
    return {"C": m.localG * (n - 1) / n, "p": np.asarray(m.p_sim, dtype=float)}


def _bivariate(m: Any) -> Answer:
    return {"I": m.Is, "p": np.asarray(m.p_sim, dtype=float)}


ESDA = [
    Adapter(PACKAGE, "moran", _given("values"), _statistic(esda.Moran), _global("I", "z_norm")),
    Adapter(PACKAGE, "geary", _given("values"), _statistic(esda.Geary), _global("C", "z_norm")),
    Adapter(PACKAGE, "getis_ord_g", _given("positive", transform="b"), _statistic(esda.G), _global("G", "z_norm")),
    Adapter(
        PACKAGE,
        "join_count",
        _given("binary", transform="b"),
        _statistic(esda.Join_Counts),
        lambda m: {"joins": np.array([m.bb, m.bw]), "p": np.array([m.p_sim_bb])},
    ),
    Adapter(PACKAGE, "local_moran", _given("values"), _statistic(esda.Moran_Local, seed=1, **QUICK), _local("I", "Is")),
    Adapter(PACKAGE, "local_geary", _given("values"), _estimator(esda.Geary_Local), _local_geary),
    Adapter(PACKAGE, "local_g", _given("positive"), _statistic(esda.G_Local, seed=1, **QUICK), _local("G", "Gs")),
    Adapter(
        PACKAGE,
        "local_g_star",
        _given("positive", transform="b"),
        _statistic(esda.G_Local, star=True, seed=1, **QUICK),
        _local("G", "Gs"),
        equal_only=True,  # the weight of a region for itself is a matter of taste otherwise
    ),
    Adapter(
        PACKAGE,
        "bivariate_local_moran",
        _given("values", "other"),
        _statistic(esda.Moran_Local_BV, seed=1, **QUICK),
        _bivariate,
    ),
    Adapter(
        PACKAGE,
        "local_join_count",
        _given("binary", transform="b"),
        _estimator(esda.Join_Counts_Local),
        _local("joins", "LJC"),
        equal_only=True,
    ),
]
