"""Run a compiled kernel on slices of its rows, in threads. Answers do not depend on how many there are."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

_WORTH_IT = 4_000_000  # elementary steps below which threads cost more than they save


def in_threads(kernel: Callable[..., None], rows: np.ndarray, *arguments: Any, steps: float) -> None:
    """Call ``kernel(part, *arguments)`` for parts of `rows` that together are all of it; kernels release the GIL."""
    workers = min(_processors(), len(rows))
    if workers < 2 or steps < _WORTH_IT:
        kernel(rows, *arguments)
        return
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(kernel, part, *arguments) for part in np.array_split(rows, workers)]:
            done.result()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
