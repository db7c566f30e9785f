"""Command ``python -m benchmarks.peers.seeds``: how far the number of significant regions depends on the seed.

The counties of `benchmarks.peers.geoda_faults`; two-sided p-values (twice the smaller tail), Benjamini and Hochberg at
5 %. Needs what that needs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import esda
import numpy as np
from libpysal.graph import Graph
from scipy import stats

import spatial_region as sr
from benchmarks.geoda_weights import geoda_weights
from benchmarks.peers.geoda_faults import counties, geoda_p


def discoveries(p: np.ndarray) -> int:
    """Return how many hypotheses Benjamini and Hochberg's rule rejects at 5 %."""
    return int((stats.false_discovery_control(p) <= 0.05).sum())


def over_seeds(two_sided: Callable[[int], np.ndarray], seeds: list[int]) -> str:
    """Return mean and range over seeds of the number of discoveries."""
    found = [discoveries(two_sided(seed)) for seed in seeds]
    return f"mean {np.mean(found):.0f}, {min(found)} to {max(found)}"


def main() -> None:
    """Print the range for each package and number of permutations."""
    frame = counties()
    graph = Graph.build_contiguity(frame, rook=False)
    w = sr.Weights.from_graph(graph)
    rate, alone = frame["rate"], w.cardinalities.to_numpy() == 0
    seeds = [int(seed) for seed in np.random.default_rng(0).integers(1, 2**31 - 1, 40)]
    for permutations in (999, 9_999, 99_999):

        def ours(seed: int, permutations: int = permutations) -> np.ndarray:
            found = sr.local_moran(rate, w=w, permutations=permutations, seed=seed)
            return found.statistics["p"].to_numpy()[~alone]

        print(f"this package, P = {permutations:,}: {over_seeds(ours, seeds)}")
    peer = geoda_weights(w.sparse)
    for mode, some in (("lookup-table", seeds), ("complete", seeds[:20])):

        def geoda(seed: int, mode: str = mode) -> np.ndarray:
            return np.minimum(2 * geoda_p(peer, rate.to_numpy(), mode=mode, seed=seed)[~alone], 1)

        print(f"GeoDa {mode}, P = 999: {over_seeds(geoda, some)}")
    classic = graph.to_W()

    def theirs(seed: int) -> np.ndarray:
        found = esda.Moran_Local(rate.to_numpy(), classic, permutations=999, seed=seed, keep_simulations=False)
        return np.minimum(2 * found.p_sim.astype(float)[~alone], 1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print(f"esda, P = 999: {over_seeds(theirs, seeds)}")


if __name__ == "__main__":
    main()
