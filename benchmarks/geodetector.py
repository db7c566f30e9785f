"""Command: ``python -m benchmarks.geodetector [--quick] [--peers FOLDER]``: GeoDetector beside the registry's packages.

Factor detector and all pairs, on the same integer codes. Each package runs in an environment of its own (made in
FOLDER, or in a temporary folder), since both import under one name. Their q must agree with ours to 1e-9 before a time
is printed; a package that needs more than a minute for one call gets no time. Times are the least of repeated calls by
the clock; data frames and codes are made outside the time. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import spatial_region as sr
from benchmarks.peers.geodetector_env import PEERS, ask, environments

SIZES = (338, 3_000, 100_000, 1_000_000)
FACTORS, STRATA = 10, 5
PATIENCE = 60.0  # seconds for one call of a peer
AGREE = 1e-9
START = 30.0  # seconds allowed on top for starting an interpreter and reading the data


@dataclass(frozen=True)
class Row:
    """One line of the table: least seconds of whole calls, and of kernels alone where that is ours."""

    n: int
    package: str
    seconds: float
    difference: float
    note: str = ""


def problem(n: int, factors: int = FACTORS, strata: int = STRATA, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return y, moved by three of the factors and an interaction, and codes (rows by factors)."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, strata, size=(n, factors))
    y = rng.normal(size=n) + 0.4 * codes[:, 0] - 0.3 * codes[:, 1] + 0.2 * codes[:, 0] * (codes[:, 2] == 1)
    return y, codes


def frame_of(y: np.ndarray, codes: np.ndarray) -> tuple[pd.DataFrame, list[str]]:
    """Return a frame of both and the names of the factors."""
    names = [f"x{place}" for place in range(codes.shape[1])]
    return pd.DataFrame(dict(zip(names, codes.T, strict=True))).assign(y=y), names


def kernels(y: np.ndarray, columns: list[np.ndarray], levels: list[int]) -> tuple[list[float], list[float]]:
    """Return q of factors and of pairs, by the kernels alone: from the variable and codes to every test."""
    from spatial_region.geodetector._joint import narrow_codes, pair_tables
    from spatial_region.geodetector._moments import all_moments, centre, factor_test
    from spatial_region.geodetector._pairs import pair_tests

    outcome = centre(y)
    codes = narrow_codes(columns, levels)
    tests = [factor_test(outcome, own) for own in all_moments(outcome, codes, levels)]
    pairs = pair_tests(outcome, pair_tables(outcome.centred, codes, levels), list(combinations(levels, 2)))
    return [test.q for test in tests], [test.q for test in pairs]


def plainly(y: np.ndarray, columns: list[np.ndarray], levels: list[int]) -> tuple[list[float], list[float]]:
    """Return the same q by numpy's bincount, one factor or pair after the other, and no test."""
    centred = y - y.mean()
    total = centred @ centred

    def q(codes: np.ndarray) -> float:
        counts, sums = np.bincount(codes), np.bincount(codes, weights=centred)
        occurs = counts > 0
        return float((sums[occurs] ** 2 / counts[occurs]).sum() / total)

    pairs = combinations(range(len(levels)), 2)
    return [q(column) for column in columns], [q(columns[a] * levels[b] + columns[b]) for a, b in pairs]


def least(call: Callable[[], Any], *, calls: int = 50, seconds: float = 5.0) -> tuple[float, Any]:
    """Return the least seconds of repeated calls after a first one that is not counted, and the last answer."""
    answer = call()
    taken: list[float] = []
    while len(taken) < 3 or (len(taken) < calls and sum(taken) < seconds):
        start = time.perf_counter()
        answer = call()
        taken.append(time.perf_counter() - start)
    return min(taken), answer


def ours(n: int) -> tuple[list[Row], np.ndarray, np.ndarray]:
    """Return our times at n, and q of factors and pairs."""
    y, codes = problem(n)
    frame, names = frame_of(y, codes)
    whole, found = least(lambda: sr.geodetector(frame, "y", names, permutations=0))
    columns = [np.ascontiguousarray(column) for column in codes.T]
    factors, pairs = found.factors["q"].to_numpy(), found.interactions["q_ab"].to_numpy()
    rows = [Row(n, "this package, whole call", whole, 0.0)]
    for name, run in (("this package, kernels", kernels), ("numpy's bincount, q only", plainly)):
        seconds, (q, q_ab) = least(lambda run=run: run(y, columns, [STRATA] * FACTORS))  # type: ignore[misc]
        difference = float(max(np.abs(factors - q).max(), np.abs(pairs - q_ab).max()))
        if difference > AGREE:
            raise AssertionError(f"{name}: q differs by {difference:.3g} at n = {n}")
        rows.append(Row(n, name, seconds, difference))
    return rows, factors, pairs


def theirs(name: str, python: Path, n: int, q: np.ndarray, q_ab: np.ndarray) -> Row:
    """Return the time of a registry package at n, after its q has been found equal to ours.

    Raises
    ------
    AssertionError
        If it finds another q.
    """
    y, codes = problem(n)
    label = PEERS[name].replace("==", " ")
    start = time.perf_counter()
    try:
        found = ask(python, "factors", y, codes, seconds=PATIENCE + START)
    except subprocess.TimeoutExpired:
        return Row(n, label, np.nan, np.nan, f"gave no answer in {time.perf_counter() - start:.0f} s")
    difference = max(np.abs(q - found["q"]).max(), np.abs(q_ab - found["q_ab"]).max())
    if not difference <= AGREE:
        raise AssertionError(f"{label}: q differs by {difference:.3g} at n = {n}")
    return Row(n, label, found["seconds"], float(difference))


def compare(pythons: dict[str, Path], sizes: tuple[int, ...]) -> list[Row]:
    """Return all lines; a package that was too slow once is not asked about more rows."""
    rows: list[Row] = []
    slow: set[str] = set()
    for n in sizes:
        mine, q, q_ab = ours(n)
        rows += mine
        for name, python in pythons.items():
            if name in slow:
                rows.append(Row(n, PEERS[name].replace("==", " "), np.nan, np.nan, "not tried, too slow before"))
                continue
            found = theirs(name, python, n, q, q_ab)
            rows.append(found)
            if not found.seconds <= PATIENCE:
                slow.add(name)
    return rows


def to_markdown(rows: list[Row]) -> str:
    """Return the table, with ratios to our whole call in the same run."""
    lines = [
        "| n | package | seconds | over our whole call | largest difference of q |",
        "| ---: | --- | ---: | ---: | ---: |",
    ]
    whole = {row.n: row.seconds for row in rows if row.package.endswith("whole call")}
    for row in rows:
        if row.note:
            lines.append(f"| {row.n:,} | {row.package} | {row.note} | | |")
        else:
            lines.append(
                f"| {row.n:,} | {row.package} | {row.seconds:.4g} | {row.seconds / whole[row.n]:.2f} | "
                f"{row.difference:.1e} |"
            )
    return "\n".join(lines)


def own_figures(*, quick: bool) -> list[tuple[str, float]]:
    """Return the seconds of what the registry's packages do not do: exact optimal strata of many rows, permutations."""
    n = 10_000 if quick else 100_000
    rng = np.random.default_rng(1)
    numeric = rng.lognormal(size=(n, FACTORS))
    frame, names = frame_of(rng.normal(size=n) + np.log(numeric[:, 0]), numeric)
    figures = []
    seconds, _ = least(lambda: sr.geodetector(frame, "y", names, bins="optimal", permutations=0), calls=5)
    figures.append(
        (f'n = {n:,}, 10 numeric factors, `bins="optimal"` (5 methods x k 3..8, exact natural breaks)', seconds)
    )
    table, columns = frame_of(*problem(3_000))
    permutations = 99 if quick else 999
    seconds, _ = least(lambda: sr.geodetector(table, "y", columns, permutations=permutations), calls=5)
    figures.append((f"n = 3,000, 10 factors, 45 pairs, {permutations} permutations", seconds))
    small, columns = frame_of(*problem(338))
    seconds, _ = least(lambda: sr.geodetector(small, "y", columns, permutations=permutations), calls=20)
    figures.append((f"n = 338, 10 factors, 45 pairs, {permutations} permutations", seconds))
    return figures


def optimal_of_peer(python: Path, *, n: int = 338) -> tuple[float, float]:
    """Return seconds of the optimal strata of three factors by the registry's geodetector, and by this package.

    They try the same five methods for k from 3 to 8; a stratification with strata of one or two units may be chosen
    there and not here, and the geometric intervals are not tried there (a method that is not known to its search is
    skipped), so that q may differ.
    """
    rng = np.random.default_rng(2)
    x = rng.lognormal(size=(n, 3))
    y = rng.normal(size=n) + np.log(x[:, 0])
    found = ask(python, "optimal", y, x, seconds=PATIENCE + START)
    frame, names = frame_of(y, x)
    seconds, _ = least(lambda: sr.geodetector(frame, "y", names, bins="optimal", permutations=0), calls=5)
    return float(found["seconds"]), seconds


def main() -> None:
    """Print tables of times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.geodetector", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows, few permutations")
    parser.add_argument("--peers", type=Path, help="folder for the environments of the peers, kept for the next run")
    parser.add_argument("--alone", action="store_true", help="without peers")
    options = parser.parse_args()
    sizes = SIZES[:2] if options.quick else SIZES
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, pandas {pd.__version__}, {os.cpu_count()} cores\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sr.errors.SmallSampleWarning)
        if options.alone:
            print(to_markdown(compare({}, sizes)))
        else:
            with environments(options.peers) as pythons:
                print(to_markdown(compare(pythons, sizes)))
                peer, here = optimal_of_peer(pythons["geodetector"])
                print(
                    f"\nOptimal strata of 3 numeric factors at n = 338: {PEERS['geodetector'].replace('==', ' ')} "
                    f"{peer:.2f} s, this package {here:.4f} s ({peer / here:.0f} times)."
                )
        print("\n| this package | seconds |\n| --- | ---: |")
        for what, seconds in own_figures(quick=options.quick):
            print(f"| {what} | {seconds:.3f} |")


if __name__ == "__main__":
    main()
