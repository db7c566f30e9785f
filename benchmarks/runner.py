"""Run every case through every adapter of a task; refuse to report a time where the answers differ."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.adapters import ADAPTERS, Adapter, Answer
from benchmarks.cases import Case

OURS = "spatial_region"
EXACT = 1e-9  # largest relative difference allowed between deterministic numbers


class DisagreementError(AssertionError):
    """Two packages gave different answers, so their times may not be compared."""


@dataclass(frozen=True)
class Timing:
    """Seconds of one adapter on one case, and how far its answer lies from ours."""

    task: str
    case: str
    n: int
    permutations: int
    package: str
    version: str
    seconds: float
    first_seconds: float
    largest_difference: float
    largest_p_score: float


def run(cases: Iterable[Case], *, task: str, permutations: int, repeats: int) -> list[Timing]:
    """Time every adapter of a task on every case, after its answer has been checked against ours."""
    adapters = sorted((a for a in ADAPTERS if a.task == task), key=lambda a: a.package != OURS)
    found = []
    for case in cases:
        reference: Answer | None = None
        for adapter in adapters:
            prepared = adapter.prepare(case)
            first, answer = _timed(adapter, prepared, permutations)
            reference = reference if reference is not None else answer
            difference, score = check_agreement(reference, answer, permutations, where=f"{task}, {case.name}")
            seconds = [_timed(adapter, prepared, permutations)[0] for _ in range(repeats)]
            found.append(
                Timing(
                    task, case.name, case.n, permutations, adapter.package, adapter.version,
                    statistics.median(seconds), first, difference, score,
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
        scale = np.maximum(np.abs(ours[key]), 1e-3 * np.nanmax(np.abs(ours[key])))
        largest = max(largest, float(np.nanmax(np.abs(ours[key] - theirs[key]) / scale)))
    if largest > EXACT:
        raise DisagreementError(f"{where}: relative difference {largest:.3g}")
    pooled = np.clip((ours["p"] + theirs["p"]) / 2, 5 / permutations, 0.5)
    scores = np.abs(ours["p"] - theirs["p"]) / np.sqrt(2 * pooled * (1 - pooled) / permutations)
    # The largest of n standard normal scores stays below this with probability of about 0.999.
    bound = float(np.sqrt(2 * np.log(len(scores) * 1000)))
    if np.nanmax(scores) > bound:
        raise DisagreementError(f"{where}: p-values differ by {np.nanmax(scores):.2f} standard errors (> {bound:.2f})")
    return largest, float(np.nanmax(scores))


def as_table(timings: list[Timing]) -> pd.DataFrame:
    """Return a row a case with seconds of each package and the ratio of theirs to ours."""
    frame = pd.DataFrame(timings)
    keys = ["task", "case", "n", "permutations"]
    ours = frame[frame["package"] == OURS].set_index(keys)
    rows = []
    for _, row in frame[frame["package"] != OURS].iterrows():
        base = ours.loc[tuple(row[keys])]
        rows.append(
            {
                **row[keys],
                "peer": f"{row['package']} {row['version']}",
                "peer seconds": row["seconds"],
                "our seconds": base["seconds"],
                "ratio": row["seconds"] / base["seconds"],
                "peer first call": row["first_seconds"],
                "our first call": base["first_seconds"],
                "largest relative difference": row["largest_difference"],
                "largest p difference (standard errors)": row["largest_p_score"],
            }
        )
    return pd.DataFrame(rows)


def machine() -> str:
    """Describe the machine without naming it."""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def to_markdown(table: pd.DataFrame) -> str:
    """Return the table as Markdown, times in milliseconds."""
    shown = pd.DataFrame(
        {
            "task": table["task"],
            "case": table["case"],
            "n": table["n"].map("{:,}".format),
            "P": table["permutations"].map("{:,}".format),
            "peer": table["peer"],
            "peer (ms)": (1e3 * table["peer seconds"]).map("{:,.2f}".format),
            "ours (ms)": (1e3 * table["our seconds"]).map("{:,.2f}".format),
            "ratio": table["ratio"].map("{:,.1f}".format),
            "peer first call (s)": table["peer first call"].map("{:.2f}".format),
            "our first call (s)": table["our first call"].map("{:.2f}".format),
            "largest relative difference": table["largest relative difference"].map("{:.1e}".format),
            "p, standard errors apart": table["largest p difference (standard errors)"].map("{:.2f}".format),
        }
    )
    head = "| " + " | ".join(shown.columns) + " |"
    rule = "|" + "|".join(" --- " for _ in shown.columns) + "|"
    body = ["| " + " | ".join(map(str, row)) + " |" for row in shown.itertuples(index=False)]
    return "\n".join([head, rule, *body])


def _timed(adapter: Adapter, prepared: object, permutations: int) -> tuple[float, Answer]:
    start = time.perf_counter()
    result = adapter.run(prepared, permutations)
    seconds = time.perf_counter() - start
    return seconds, adapter.read(result)
