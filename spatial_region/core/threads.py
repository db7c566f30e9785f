"""Run a compiled kernel on parts of its tasks, in threads. Answers do not depend on how many there are."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

_WORTH_IT = 2_000_000  # elementary steps below which threads cost more than they save


def in_threads(kernel: Callable[..., None], tasks: np.ndarray, *arguments: Any, steps: float) -> None:
    """Call ``kernel(part, *arguments)`` for parts of `tasks` that together are all of it; kernels release the GIL.

    Each task writes to a place of its own, so that the number of threads changes nothing.
    """
    workers = min(processors(), len(tasks))
    if workers < 2 or steps < _WORTH_IT:
        kernel(tasks, *arguments)
        return
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(kernel, part, *arguments) for part in np.array_split(tasks, workers)]:
            done.result()


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
