"""Run tasks in threads, and report their progress from the thread of the caller."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, TypeVar

from spatial_region.core.threads import processors
from spatial_region.errors import InputError

Progress = bool | Callable[[int, int], Any]
Answer = TypeVar("Answer")
_BETWEEN = 0.1  # seconds between two updates of the line on the terminal


def run_tasks(
    tasks: Sequence[Callable[[Callable[[int], None]], Answer]], total: int, progress: Progress
) -> list[Answer]:
    """Run each task, which is given a function to report how many programmes it has solved, and return the answers.

    Each task is done by one thread from beginning to end, so that answers do not depend on how many threads there are.

    Raises
    ------
    InputError
        If `progress` is neither a flag nor a function.
    """
    show = _shower(progress)
    queue: SimpleQueue[int | None] = SimpleQueue()

    def work(task: Callable[[Callable[[int], None]], Answer]) -> Answer:
        try:
            return task(queue.put)
        finally:
            queue.put(None)

    with ThreadPoolExecutor(max(1, min(processors(), len(tasks)))) as pool:
        futures = [pool.submit(work, task) for task in tasks]
        ended, done = 0, 0
        while ended < len(tasks):
            count = queue.get()
            if count is None:
                ended += 1
            else:
                done += count
                show(done, total)
        return [future.result() for future in futures]


def _shower(progress: object) -> Callable[[int, int], Any]:
    if callable(progress):
        return progress
    if not isinstance(progress, bool):
        raise InputError(f"progress must be True, False or a function of (done, total); found {progress!r}.")
    return _Line() if progress else lambda done, total: None


class _Line:
    """One line on the terminal that is written over; standard output is left to the caller."""

    def __init__(self) -> None:
        self.last = -_BETWEEN

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self.last < _BETWEEN:
            return
        self.last = now
        sys.stderr.write(f"\r{done:,} of {total:,} programmes{chr(10) if done == total else ''}")
        sys.stderr.flush()
