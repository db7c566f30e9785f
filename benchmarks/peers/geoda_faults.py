"""Command ``python -m benchmarks.peers.geoda_faults``: GeoDa's false discovery rate, its generator, and islands.

Needs ``pip install pygeoda==0.1.3 bokeh_sampledata==2026.1``; the second has the counties of the United States
(Census Bureau, public domain) and their rates of unemployment in 2009 (Bureau of Labor Statistics, public domain).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp
from libpysal.graph import Graph
from scipy import stats

import spatial_region as sr
from benchmarks.geoda_weights import geoda_weights
from benchmarks.lattices import queen_links

OUTSIDE = {"AK", "HI", "PR", "GU", "VI", "AS", "MP"}
DEFAULT_GEODA_SEED = 123456789


def counties() -> gpd.GeoDataFrame:
    """Return the 3,109 counties of the 48 adjoining states and Washington, in the order of their codes."""
    from bokeh_sampledata.unemployment import data as rates
    from bokeh_sampledata.us_counties import records

    frame = gpd.GeoDataFrame(records(), geometry="geometry", crs=4269)
    frame = frame[~frame["state"].isin(OUTSIDE)].set_index("fips")
    return frame.assign(rate=[rates[int(code[:2]), int(code[2:])] for code in frame.index])


def geoda_p(w: object, values: np.ndarray, *, mode: str, seed: int, permutations: int = 999) -> np.ndarray:
    """Return GeoDa's pseudo p-values: the smaller tail, one thread."""
    import pygeoda

    found = pygeoda.local_moran(
        w, values.tolist(), permutations=permutations, permutation_method=mode, seed=seed, cpu_threads=1
    )
    return np.array(found.lisa_pvalues())


@dataclass(frozen=True)
class Cutoffs:
    """GeoDa's cut-off of p at a false discovery rate of 5 %, and how many regions it and the rule of 1995 find."""

    smallest_p: float
    geoda_cutoff: float
    bonferroni: float
    geoda_regions: int
    benjamini_hochberg_regions: int


def false_discovery(w: object, values: np.ndarray, *, permutations: int, mode: str = "lookup-table") -> Cutoffs:
    """Compare GeoDa's `lisa_fdr` with Benjamini and Hochberg's (1995) rule on the very same p-values."""
    import pygeoda

    found = pygeoda.local_moran(
        w, values.tolist(), permutations=permutations, permutation_method=mode, seed=DEFAULT_GEODA_SEED, cpu_threads=1
    )
    p = np.array(found.lisa_pvalues())
    p = p[np.array(found.lisa_num_nbrs()) > 0]
    adjusted = stats.false_discovery_control(p, method="bh")
    cutoff = found.lisa_fdr(0.05)
    return Cutoffs(p.min(), cutoff, found.lisa_bo(0.05), int((p <= cutoff).sum()), int((adjusted <= 0.05).sum()))


def expected_regions(values: pd.Series, w: sr.Weights, *, permutations: int = 999) -> float:
    """Return how many regions have p (smaller tail) at most 0.05 on average over independent draws.

    The tails themselves come from 999,999 draws; the count of 999 of them is binomial.
    """
    many = 999_999
    p = sr.local_moran(values, w=w, permutations=many, alternative="greater").statistics["p"].dropna().to_numpy()
    tail = (p * (many + 1) - 1) / many
    most = int(0.05 * (permutations + 1)) - 1
    low, high = stats.binom.cdf(most, permutations, tail), stats.binom.sf(permutations - most - 1, permutations, tail)
    return float((low + high).sum())


def geoda_regions(peer: object, values: np.ndarray, alone: np.ndarray, seeds: Iterable[int]) -> str:
    """Return mean, standard error and range over seeds of the number of regions with p at most 0.05."""
    found = [(geoda_p(peer, values, mode="lookup-table", seed=s)[~alone] <= 0.05).sum() for s in seeds]
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    return f"mean {np.mean(found):.1f} (standard error {error:.1f}), {min(found)} to {max(found)}"


def random_maps(links: sp.csr_array, maps: int, rng: np.random.Generator) -> Iterator[sp.csr_array]:
    """Yield the lattice with its cells renumbered at random, so that no number says anything about place."""
    for _ in range(maps):
        order = rng.permutation(links.shape[0])
        yield sp.csr_array(links[order][:, order])


def rejections(order: str, *, seed: int, mode: str | None, side: int = 50, maps: int = 10) -> float:
    """Return the share of p-values (smaller tail) at most 0.05 on random maps.

    Every arrangement of the values on the map is equally likely, so that the share must be 0.10 on average; with
    draws that all regions share (P = 999), it varies by about 0.01 with the seed. `order` says how the values stand
    in the table: ``"sorted"`` or ``"shuffled"``. `mode` None asks this package.
    """
    rng = np.random.default_rng(seed)  # other maps and values for every seed
    shares = []
    for links in random_maps(queen_links(side, side), maps, rng):
        values = rng.normal(size=side * side)
        values = np.sort(values) if order == "sorted" else values
        if mode is None:
            ids = pd.RangeIndex(side * side)
            found = sr.local_moran(pd.Series(values, ids), w=sr.Weights(ids, links), permutations=999, seed=seed)
            p = found.statistics["p"].to_numpy() / 2
        else:
            p = geoda_p(geoda_weights(links), values, mode=mode, seed=seed)
        shares.append((p <= 0.05).mean())
    return float(np.mean(shares))


def hashed(keys: np.ndarray) -> np.ndarray:
    """Return T. Wang's 64-bit integer hash of keys (public domain, 2007), the generator of GeoDa, in [0, 1)."""
    u = np.uint64
    key = keys.astype(u)
    key = ~key + (key << u(21))
    key ^= key >> u(24)
    key *= u(265)
    key ^= key >> u(14)
    key *= u(21)
    key ^= key >> u(28)
    key += key << u(31)
    return key / 2.0**64


def reproduced(seed: int, *, side: int = 7, permutations: int = 99) -> int:
    """Return for how many of side**2 cells GeoDa's p (complete mode) follows from the hash of seed, seed + 1, ...

    A neighbour is drawn as ``floor(u * (n - 1) + 1/2)``, again where it is the region itself or drawn already; so the
    first and the last region of the table are drawn half as often as the others.
    """
    links, n = queen_links(side, side), side * side
    y = np.random.default_rng(0).normal(size=n)
    z = (y - y.mean()) / y.std(ddof=1)
    p = geoda_p(geoda_weights(links), y, mode="complete", seed=seed, permutations=permutations)
    numbers, same = iter(hashed(np.arange(seed, seed + 20 * n * permutations))), 0
    for i in range(n):
        own = links.indices[links.indptr[i] : links.indptr[i + 1]]
        larger = 0
        for _ in range(permutations):
            drawn: set[int] = set()
            while len(drawn) < len(own):
                chosen = int(next(numbers) * (n - 1) + 0.5)
                drawn |= {chosen} - {i}
            larger += z[i] * z[list(drawn)].mean() > z[i] * z[own].mean()
        same += bool(np.isclose(p[i], (min(larger, permutations - larger) + 1) / (permutations + 1)))
    return same


def serial_correlation(start: int, count: int, lag: int) -> tuple[float, float]:
    """Return the correlation of consecutive numbers of the generator `lag` apart, and its standard score."""
    numbers = hashed(np.arange(start, start + count))
    r = float(np.corrcoef(numbers[:-lag], numbers[lag:])[0, 1])
    return r, r * np.sqrt(count - lag)


def main() -> None:
    """Print every comparison."""
    frame = counties()
    w = sr.Weights.from_graph(Graph.build_contiguity(frame, rook=False))
    peer, values = geoda_weights(w.sparse), frame["rate"].to_numpy()
    alone = w.cardinalities.to_numpy() == 0
    print(f"{w.n} counties; without neighbours: {list(w.islands)}")
    print("GeoDa's p there:", geoda_p(peer, values, mode="lookup-table", seed=1)[alone].tolist())
    for permutations in (999, 9_999, 99_999):
        print(false_discovery(peer, values, permutations=permutations))
    first, second = (geoda_p(peer, values, mode="complete", seed=seed) for seed in (1, 2))
    print(f"complete mode, seeds 1 and 2: {(first == second).mean():.1%} of the p-values are identical")
    print(f"p-values of 49 cells that follow from consecutive hashed keys: {reproduced(1)}, {reproduced(123_456_789)}")
    print(f"regions with p <= 0.05, expected with independent draws: {expected_regions(frame['rate'], w):.1f}")
    for name, seeds in [
        ("1, 30001, 60001, ...", 1 + 30_000 * np.arange(200)),
        ("1, 3000001, 6000001, ...", 1 + 3_000_000 * np.arange(200)),
        ("at random below 2**31", np.random.default_rng(0).integers(1, 2**31 - 1, 200)),
    ]:
        print(f"GeoDa, lookup, 200 seeds {name}: {geoda_regions(peer, values, alone, map(int, seeds))}")
    far_apart = [1 + 30_000 * k for k in range(20)]  # no key of one run occurs in another, in the lookup mode
    for order in ("sorted", "shuffled"):
        for mode in ("lookup-table", None):
            shares = [rejections(order, seed=seed, mode=mode) for seed in far_apart]
            spread = f"standard deviation {np.std(shares, ddof=1):.4f}, {min(shares):.4f} to {max(shares):.4f}"
            print(f"{mode or 'this package':13s} {order:9s} 20 seeds: mean {np.mean(shares):.4f}, {spread}")
        for seed in (1, DEFAULT_GEODA_SEED):
            print(f"complete      {order:9s} seed {seed}: {rejections(order, seed=seed, mode='complete'):.4f}")
    for start in (1, 20_001, DEFAULT_GEODA_SEED):
        found = [serial_correlation(start, 14_000, lag) for lag in (1, 2, 3)]
        shown = ", ".join(f"{r:.3f} (standard score {score:.1f})" for r, score in found)
        print(f"14,000 keys from {start}: correlation at lags 1 to 3 {shown}")


if __name__ == "__main__":
    main()
