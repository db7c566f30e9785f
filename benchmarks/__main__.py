"""Command: ``python -m benchmarks [--output FILE] [--quick] [--only TASK ...] [--repeats N]``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks.adapters import GLOBAL_TASKS, TASKS
from benchmarks.adapters_ours import exists, function_of
from benchmarks.big import Measured, measure
from benchmarks.cases import Case, kernel_case, lattice_case, pysal_cases
from benchmarks.geoda_weights import available
from benchmarks.report import as_table, page
from benchmarks.runner import Timing, run

KERNEL_TASKS = ("local_moran", "local_geary", "local_g", "bivariate_local_moran")
MIDDLE, LARGE = (100, 100), (316, 317)  # about 10,000 and 100,000 cells


def cases(task: str, *, quick: bool) -> Iterator[Case]:
    """Yield the cases of a task: maps, lattices, and unequal weights where the statistic has use for them."""
    if quick:
        yield from (case for case in pysal_cases() if case.name in {"columbus", "us48"})
        yield lattice_case(12)
        if task in KERNEL_TASKS:
            yield kernel_case(12)
        return
    yield from pysal_cases()
    yield lattice_case(*MIDDLE)
    if task in GLOBAL_TASKS:
        return
    yield lattice_case(*LARGE)
    if task in KERNEL_TASKS:
        yield kernel_case(*MIDDLE)
    if task == "local_moran":
        yield kernel_case(*LARGE)


def large_cases(*, quick: bool) -> list[Measured]:
    """Measure this package in fresh processes: with and without compiled kernels, and a million cells."""
    if quick:
        return [measure("local_moran", side=20, permutations=99)]
    return [
        measure("local_moran", side=7, permutations=999, cached=False),
        measure("local_moran", side=7, permutations=999),
        measure("local_moran", side=317, permutations=999),
        measure("local_moran", side=1000, permutations=99_999),
    ]


def main() -> None:
    """Run the cases and print, or write, the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--output", type=Path, help="Markdown file to write; printed otherwise")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small cases and 99 permutations: seconds")
    parser.add_argument("--only", nargs="+", choices=[*TASKS, "big"], default=[*TASKS, "big"], metavar="TASK")
    options = parser.parse_args()
    timings: list[Timing] = []
    skipped = [] if available() else ["pygeoda is not installed (`pip install pygeoda==0.1.3`)."]
    for task in (task for task in TASKS if task in options.only):
        if not exists(task):
            skipped.append(f"{task}: this package has no `{function_of(task)}`.")
            continue
        timings += run(
            cases(task, quick=options.quick),
            task=task,
            permutations=99 if options.quick else 999,
            repeats=1 if options.quick else options.repeats,
        )
    measured = large_cases(quick=options.quick) if "big" in options.only else []
    text = page(as_table(timings), measured, skipped)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
