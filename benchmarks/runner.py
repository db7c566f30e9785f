"""Run every case through every adapter of a task; refuse to report a time where the answers differ."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.adapters import Adapter, Answer, adapters
from benchmarks.cases import Case

OURS = "spatial_region"
EXACT = 1e-9  # largest relative difference allowed between deterministic numbers
LONG = 5.0  # seconds after which a call is not repeated any more


class DisagreementError(AssertionError):
    """Two packages gave different answers, so their times may not be compared."""


@dataclass(frozen=True)
class Timing:
    """Seconds of one adapter on one case, and how far its answer lies from ours."""

    task: str
    case: str
    weights: str
    n: int
    permutations: int
    package: str
    label: str
    seconds: float
    cpu_seconds: float
    first_seconds: float
    largest_difference: float
    largest_p_score: float
    refusal: str = ""  # why there is no time


def run(cases: Iterable[Case], *, task: str, permutations: int, repeats: int) -> list[Timing]:
    """Time every adapter of a task on every case, after its answer has been checked against ours.

    A package that is not installed, or does not take the weights of a case, is left out. One whose answer differs gets
    no time, and the reason.
    """
    found = []
    for case in cases:
        reference: Answer | None = None
        for adapter in adapters(task):
            if not adapter.available or not adapter.takes(case):
                continue
            prepared = adapter.prepare(case)
            first, first_cpu, answer = _timed(adapter, prepared, permutations)
            reference = reference if reference is not None else answer
            seconds = cpu = difference = score = float("nan")
            refusal = ""
            try:
                difference, score = check_agreement(
                    reference, answer, permutations, where=f"{adapter.label}, {task}, {case.name}"
                )
            except DisagreementError as error:
                refusal = str(error)
            else:
                seconds, cpu = _typical(adapter, prepared, permutations, first=(first, first_cpu), repeats=repeats)
            found.append(
                Timing(
                    task, case.name, case.weights, case.n, permutations, adapter.package, adapter.label,
                    seconds, cpu, first, difference, score, refusal,
                )
            )  # fmt: skip
    return found


def check_agreement(ours: Answer, theirs: Answer, permutations: int, *, where: str) -> tuple[float, float]:
    """Return the largest relative difference of exact numbers and the largest z score between p-values.

    Raises
    ------
    DisagreementError
        If an exact number differs, or p-values differ by more than Monte Carlo error allows.
    """
    largest = 0.0
    for key in ours.keys() & theirs.keys() - {"p"}:
        if len(ours[key]) != len(theirs[key]):
            raise DisagreementError(f"{where}: {len(theirs[key])} values where there are {len(ours[key])}")
        known = np.isfinite(ours[key])  # ours is undefined for islands
        if not np.isfinite(theirs[key][known]).all():
            raise DisagreementError(f"{where}: no number where there is one")
        here, there = ours[key][known], theirs[key][known]
        scale = np.maximum(np.abs(here), 1e-3 * np.abs(here).max())
        largest = max(largest, float((np.abs(here - there) / scale).max()))
    if largest > EXACT:
        raise DisagreementError(f"{where}: relative difference {largest:.3g}")
    both = np.isfinite(ours["p"]) & np.isfinite(theirs["p"])
    if not both.any():
        raise DisagreementError(f"{where}: no p-value to compare")
    p, q = ours["p"][both], theirs["p"][both]
    pooled = np.clip((p + q) / 2, 5 / permutations, 0.5)
    scores = np.abs(p - q) / np.sqrt(2 * pooled * (1 - pooled) / permutations)
    # The largest of n standard normal scores stays below this with probability of about 0.999.
    bound = float(np.sqrt(2 * np.log(len(scores) * 1000)))
    if scores.max() > bound:
        raise DisagreementError(f"{where}: p-values differ by {scores.max():.2f} standard errors (> {bound:.2f})")
    return largest, float(scores.max())


def _typical(
    adapter: Adapter, prepared: object, permutations: int, *, first: tuple[float, float], repeats: int
) -> tuple[float, float]:
    """Return the median seconds, by the clock and of the processor, of warm calls.

    A long first call of a package that compiles nothing is as good as a warm one.
    """
    calls = [first] if first[0] > LONG and not adapter.compiles else []
    while not calls or (len(calls) < repeats and sum(clock for clock, _ in calls) < LONG):
        calls.append(_timed(adapter, prepared, permutations)[:2])
    return statistics.median(clock for clock, _ in calls), statistics.median(cpu for _, cpu in calls)


def _timed(adapter: Adapter, prepared: object, permutations: int) -> tuple[float, float, Answer]:
    clock, cpu = time.perf_counter(), time.process_time()
    result = adapter.run(prepared, permutations)
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    return clock, cpu, adapter.read(result)
