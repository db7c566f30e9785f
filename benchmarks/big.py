"""Command ``python -m benchmarks.big``: one case of this package in this process; prints its figures as JSON.

Run through `measure`, which starts a fresh process, so that peak memory and first calls are those of the case alone.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SMALL_SIDE = 7


@dataclass(frozen=True)
class Measured:
    """Seconds and megabytes of one case in a fresh process."""

    task: str
    n: int
    permutations: int
    cached: bool
    import_seconds: float
    first_small_seconds: float
    small_seconds: float
    first_seconds: float
    seconds: float
    cpu_seconds: float
    memory_before: float
    peak_memory: float


def measure(task: str, *, side: int, permutations: int, cached: bool = True) -> Measured:
    """Run a lattice of side x side cells in a fresh process; without `cached`, it finds no compiled kernels."""
    command = [sys.executable, "-m", "benchmarks.big", task, str(side), str(permutations)]
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, **({} if cached else {"NUMBA_CACHE_DIR": empty})}
        answer = subprocess.run(
            command, capture_output=True, check=True, text=True, env=environment, cwd=Path(__file__).parents[1]
        )
    return Measured(**{**json.loads(answer.stdout), "cached": cached})


def _measure_here(task: str, side: int, permutations: int) -> Measured:
    start = time.perf_counter()
    import spatial_region as sr

    function = getattr(sr, task)
    import_seconds = time.perf_counter() - start
    small, big = (_prepared(sr, s) for s in (SMALL_SIDE, side))
    first_small, _ = _timed(function, small, 999)
    small_seconds, _ = _timed(function, small, 999)
    before = _peak_memory()
    first, _ = _timed(function, big, permutations)
    seconds, cpu = _timed(function, big, permutations)
    return Measured(
        task, side * side, permutations, True, import_seconds, first_small, small_seconds,
        first, seconds, cpu, before, _peak_memory(),
    )  # fmt: skip


def _prepared(sr: Any, side: int) -> tuple[Any, Any]:
    import numpy as np
    import pandas as pd

    from benchmarks.lattices import queen_links

    ids = pd.RangeIndex(side * side)
    row, column = np.divmod(np.arange(side * side), side)
    noise = np.random.default_rng(0).normal(size=side * side)
    return pd.Series(np.sin(row / 9) + np.cos(column / 7) + noise, ids, name="y"), sr.Weights(
        ids, queen_links(side, side)
    )


def _timed(function: Any, prepared: tuple[Any, Any], permutations: int) -> tuple[float, float]:
    values, w = prepared
    clock, cpu = time.perf_counter(), time.process_time()
    function(values, w=w, permutations=permutations)
    return time.perf_counter() - clock, time.process_time() - cpu


def _peak_memory() -> float:
    """Return the peak resident memory of this process in MB.

    Linux's own count is read where there is one: `getrusage` also remembers the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on macOS


def main() -> None:
    """Print the figures of one case."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.big", description=__doc__)
    parser.add_argument("task")
    parser.add_argument("side", type=int)
    parser.add_argument("permutations", type=int)
    options = parser.parse_args()
    print(json.dumps(asdict(_measure_here(options.task, options.side, options.permutations))))


if __name__ == "__main__":
    main()
