"""Rules that cut a numeric factor into intervals: edges from values, and strata from edges.

Intervals are open on the left and closed on the right; the first is closed on both sides. Values are to be given in
ascending order, so that edges do not depend on the order of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from spatial_region.core.frozen import FrozenDict
from spatial_region.geodetector._natural import natural_starts

Rule = Callable[[np.ndarray, Sequence[int]], dict[int, np.ndarray]]

HEAD_SHARE = 0.4  # the largest share of values that still is a head to be divided
_ROUNDING = 8  # units in the last place of the largest value by which the rounding of a sum may move an edge
_RATIO_ROUNDING = 1e-13  # the same for products, relative to the edge


def quantile_edges(x: np.ndarray, ks: Sequence[int]) -> dict[int, np.ndarray]:
    """Edges with equally many values between them (linear interpolation: type 7 of Hyndman and Fan, 1996).

    The place of each edge is found in whole numbers, so that an edge which falls on a value is that value.
    """
    ordered = np.sort(x)
    last = len(x) - 1
    edges = {}
    for k in ks:
        place, rest = np.divmod(np.arange(k + 1) * last, k)
        above = ordered[np.minimum(place + 1, last)]
        edges[k] = ordered[place] + (above - ordered[place]) * (rest / k)
    return edges


def equal_edges(x: np.ndarray, ks: Sequence[int]) -> dict[int, np.ndarray]:
    """Edges at equal distances from the least to the greatest value."""
    return {k: _on_values(np.linspace(x.min(), x.max(), k + 1), x) for k in ks}


def geometric_edges(x: np.ndarray, ks: Sequence[int]) -> dict[int, np.ndarray]:
    """Edges at equal ratios from the least to the greatest value; none when a value is not positive."""
    if x.min() <= 0:
        return {}
    edges = {k: np.geomspace(x.min(), x.max(), k + 1) for k in ks}
    return {k: _on_values(own, x, _RATIO_ROUNDING * own[1:-1]) for k, own in edges.items()}


def sd_edges(x: np.ndarray, ks: Sequence[int]) -> dict[int, np.ndarray]:
    """Edges one standard deviation apart and centred on the mean; the outer intervals take the tails."""
    scale = np.ldexp(1.0, int(np.frexp(np.abs(x).max())[1]))  # a power of two, so that squares do not overflow
    mean, sd = (x / scale).mean() * scale, (x / scale).std() * scale
    edges = {}
    for k in ks:
        inner = mean + sd * (np.arange(1, k) - k / 2)
        outer = [min(x.min(), inner[0])], [max(x.max(), inner[-1])]
        edges[k] = _on_values(np.concatenate((outer[0], inner, outer[1])), x)
    return edges


def natural_edges(x: np.ndarray, ks: Sequence[int]) -> dict[int, np.ndarray]:
    """Edges of natural breaks; none for a k above the number of distinct values. One programme serves all k."""
    values, counts = np.unique(x, return_counts=True)
    reachable = [k for k in ks if k <= len(values)]
    if not reachable:
        return {}
    starts = natural_starts(values, counts, max(reachable))
    return {k: np.concatenate((values[:1], values[starts[k, 1:k] - 1], values[-1:])) for k in reachable}


def headtail_edges(x: np.ndarray) -> np.ndarray:
    """Edges of head/tail breaks: the mean of all values, then the mean of those above it, and so on.

    The values above a mean are its head. A head is divided in turn while it holds at most two fifths of the values
    that were divided (Jiang 2013: the head must be a minority) and its values differ. The data decide how many
    edges there are; constant values have none between the outer two.
    """
    edges = [x.min()]
    head = x
    while head.min() < head.max():
        # The mean of nearly equal values may round up to the largest of them, which would leave an empty head.
        mean = _on_values(np.array([head.min(), head.mean(), head.max()]), head)[1]
        mean = min(mean, np.nextafter(head.max(), -np.inf))
        edges.append(mean)
        above = head[head > mean]
        minority = len(above) <= HEAD_SHARE * len(head)
        head = above
        if not minority:
            break
    return np.array([*edges, x.max()])


RULES: Mapping[str, Rule] = FrozenDict(
    {
        "quantile": quantile_edges,
        "equal": equal_edges,
        "natural": natural_edges,
        "geometric": geometric_edges,
        "sd": sd_edges,
    }
)


def _on_values(edges: np.ndarray, x: np.ndarray, rounding: np.ndarray | float | None = None) -> np.ndarray:
    """Move inner edges up to the value that they would be but for rounding, so that it falls below its edge.

    Of 1, 2, 4, 8, 16 the geometric edge at 8 is 7.999999999999999: without this, strata would depend on the unit in
    which a factor is measured. `rounding` is how far to look.
    """
    if rounding is None:
        rounding = _ROUNDING * float(np.spacing(np.abs(x).max()))
    inner = edges[1:-1]
    reach = np.minimum(inner + np.minimum(rounding, 1e-6 * (x.max() - x.min())), x.max())
    values = x[np.maximum(np.searchsorted(x, reach, side="right") - 1, 0)]
    return np.concatenate((edges[:1], np.maximum(inner, np.where(values <= reach, values, inner)), edges[-1:]))


def assign(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Number of the interval of each value, from 0. Values are taken to lie between the outer edges."""
    return np.searchsorted(edges[1:-1], x, side="left")
