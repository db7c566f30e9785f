"""Block covering: a few groups of factors that hold every pair, so that few passes over the data count all pairs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np

MOST_CELLS = 4096  # of the joint table of a block: count and sum of each cell then stay in the fastest caches
MOST_MEMBERS = 6
_TRIES = 12  # of the greedy search, with its ties broken at random (always in the same way)
_FEW_FACTORS = 20  # beyond which one try has to do

Blocks = tuple[tuple[int, ...], ...]


@lru_cache(maxsize=64)
def cover_pairs(levels: tuple[int, ...], most_cells: int = MOST_CELLS) -> Blocks:
    """Return blocks of factors that hold every pair whose own table has no more than `MOST_CELLS` cells.

    Parameters
    ----------
    levels : tuple of int
        Strata of each factor.
    most_cells : int
        Cells to which a block of three or more may grow. Fewer pay when there are few rows: a table is then
        larger than the data that fill it.

    Returns
    -------
    tuple of tuple of int
        Blocks; members ascend.
    """
    least = sorted(levels)[:3]
    if len(least) < 3 or least[0] * least[1] * least[2] > most_cells:
        return tuple(pair for pair in combinations(range(len(levels)), 2) if _fit(levels, pair))
    luck = np.random.default_rng(0)
    tries = _TRIES if len(levels) <= _FEW_FACTORS else 1
    found = [_greedy(levels, most_cells, [float(x) for x in luck.random(len(levels))]) for _ in range(tries)]
    return min(found, key=len)


def _fit(levels: Sequence[int], pair: tuple[int, int]) -> bool:
    return levels[pair[0]] * levels[pair[1]] <= MOST_CELLS


def _greedy(levels: Sequence[int], most_cells: int, luck: Sequence[float]) -> Blocks:
    """Begin each block with a factor that misses most partners; add, as long as cells allow, who covers most pairs."""
    factors = range(len(levels))
    # Bit j of missing[i] is set while no block holds factors i and j.
    missing = [sum(1 << j for j in factors if j != i and _fit(levels, (i, j))) for i in factors]
    blocks = []
    while any(missing):
        first = max(factors, key=lambda i: (missing[i].bit_count(), luck[i]))
        block, members, cells = [first], 1 << first, levels[first]
        while len(block) < MOST_MEMBERS:
            bound = MOST_CELLS if len(block) == 1 else most_cells
            gains = [
                ((missing[i] & members).bit_count(), missing[i].bit_count(), luck[i], i)
                for i in factors
                if not members >> i & 1 and cells * levels[i] <= bound
            ]
            if not gains or (best := max(gains))[0] == 0:
                break
            block.append(best[-1])
            members |= 1 << best[-1]
            cells *= levels[best[-1]]
        for i in block:
            missing[i] &= ~members
        blocks.append(tuple(sorted(block)))
    return tuple(blocks)
