"""Command ``python -m benchmarks.peers.esda_faults``: known faults of esda, whether they hold today, and our answer.

Every check states the truth without esda: by our package, or by the definition of the statistic in plain numpy.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import esda
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from esda.significance import calculate_significance
from libpysal import examples
from libpysal.weights import Queen, W
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

import spatial_region as sr
from spatial_region.errors import IslandWarning, SpatialRegionError


@dataclass(frozen=True)
class Finding:
    """What esda answers, what is true (or what we answer), and whether the fault is there."""

    fault: str
    esda: str
    truth: str
    holds: bool


@dataclass(frozen=True)
class Map:
    """49 neighbourhoods of Columbus, Ohio, with ids whose alphabetical order is not their row order."""

    frame: gpd.GeoDataFrame
    weights: sr.Weights

    def values(self, variable: str) -> np.ndarray:
        """Return a variable as an array, in row order."""
        return self.frame[variable].to_numpy()

    def w(self, transform: str = "r") -> W:
        """Return queen contiguity as a fresh `W`."""
        w = Queen.from_dataframe(self.frame, use_index=True, silence_warnings=True)
        w.transform = transform
        return w


def columbus() -> Map:
    """Return libpysal's columbus example."""
    frame = gpd.read_file(examples.get_path("columbus.shp"))
    frame.index = pd.Index([f"r{i}" for i in range(len(frame))], name="region")  # "r10" sorts before "r2"
    return _map(frame)


def _map(frame: gpd.GeoDataFrame) -> Map:
    return Map(frame, sr.contiguity(frame.set_crs(3857, allow_override=True)))


def one_missing_value(m: Map) -> Finding:
    y = m.values("HOVAL").copy()
    y[3] = np.nan
    found = esda.Moran_Local(y, m.w(), seed=1)
    low = int(((found.p_sim <= 0.05) & (found.q == 3)).sum())
    ours = _error_of(lambda: sr.local_moran(pd.Series(y, m.frame.index, name="HOVAL"), w=m.weights))
    text = (
        f"{low} of 49 regions significant Low-Low, largest p = {found.p_sim.max():.3f}; "
        f"global p = {esda.Moran(y, m.w()).p_sim:.3f}"
    )
    return Finding("one missing value", text, ours, low == 49)


def shuffled_table(m: Map) -> Finding:
    right = esda.Moran(m.frame["HOVAL"], m.w(), permutations=0).I
    other = esda.Moran(m.frame["HOVAL"].sample(frac=1, random_state=0), m.w(), permutations=0).I
    ours = sr.moran(m.frame.sample(frac=1, random_state=0), "HOVAL", w=m.weights, permutations=0).I
    return Finding(
        "rows of the table in another order",
        f"I = {other:.3f}, without a word",
        f"I = {ours:.3f}",
        abs(other - right) > 1e-9,
    )


def weights_rewritten(m: Map) -> Finding:
    w = m.w("b")
    esda.Moran(m.values("HOVAL"), w, permutations=0)
    before = m.weights.sparse.copy()
    sr.moran(m.frame, "HOVAL", w=m.weights, permutations=0)
    kept = "unchanged" if (before != m.weights.sparse).nnz == 0 else "changed"
    return Finding("the caller's weights", f"binary before, {w.transform!r} after", kept, w.transform != "B")


def global_generator(m: Map) -> Finding:
    moved = _moves_generator(lambda: esda.Moran(m.values("HOVAL"), m.w()))
    ours = _moves_generator(lambda: sr.moran(m.frame, "HOVAL", w=m.weights, permutations=99))
    return Finding(
        "numpy's global generator (esda.Moran)",
        "advanced; the statistic has no seed" if moved else "untouched",
        "advanced" if ours else "untouched; every result carries its seed",
        moved,
    )


def seed_ignored(m: Map) -> Finding:
    p = [esda.Geary_Local(m.w(), seed=1).fit(m.values("HOVAL")).p_sim for _ in range(2)]
    differ = int((p[0] != p[1]).sum())
    ours = [sr.local_geary(m.frame, "HOVAL", w=m.weights, permutations=999, seed=1).table()["p"] for _ in range(2)]
    text = f"two runs with seed=1 differ in {differ} of 49 p-values"
    return Finding("seed= of Geary_Local", text, f"differ in {int((ours[0] != ours[1]).sum())}", differ > 0)


def order_of_the_statistics(m: Map) -> Finding:
    y, dense = m.values("HOVAL"), m.w().sparse.toarray()
    z = (y - y.mean()) / y.std()
    truth = (dense * (z[:, None] - z[None, :]) ** 2).sum(axis=1)
    found = esda.Geary_Local(m.w()).fit(y).localG
    wrong = int((np.abs(found - truth) > 1e-9).sum())
    same_set = np.allclose(np.sort(found), np.sort(truth))
    text = f"{wrong} of 49 values at another region" + (
        " (the values are right, their places are not)" if same_set else ""
    )
    c = sr.local_geary(m.frame, "HOVAL", w=m.weights, permutations=9).table()["C"]
    ours = int((np.abs(c * 49 / 48 - truth) > 1e-9).sum())  # ours has the variance of the sample
    return Finding("order of local Geary and of its ids", text, f"{ours} of 49 values wrong", wrong > 0)


def order_of_the_join_counts(m: Map) -> Finding:
    y = (m.values("HOVAL") > np.median(m.values("HOVAL"))).astype(int)
    truth = y * (m.w("b").sparse @ y)
    wrong = int((truth != esda.Join_Counts_Local(m.w("b")).fit(y).LJC).sum())
    joins = sr.local_join_count(pd.Series(y, m.frame.index), w=m.weights).table()["joins"]
    return Finding(
        "order of local join counts and of their ids",
        f"{wrong} of 49 counts wrong",
        f"{int((joins != truth).sum())} of 49 counts wrong",
        wrong > 0,
    )


def spike_among_zeros(m: Map) -> Finding:
    y = np.zeros(49)
    y[10] = 100.0
    found = esda.Moran_Local(y, m.w(), seed=1)
    ours = sr.local_moran(pd.Series(y, m.frame.index), w=m.weights, permutations=999).table()["p"].iloc[10]
    return Finding(
        "a spike whose neighbours are all zero", f"p = {found.p_sim[10]:.3f}", f"p = {ours:g}", found.p_sim[10] < 0.05
    )


def zeros_far_from_the_spike(m: Map) -> Finding:
    y = np.zeros(49)
    y[10] = 100.0
    far = next(i for i, region in enumerate(m.frame.index) if i != 10 and m.w().cardinalities[region] == 4
               and "r10" not in m.w()[region])  # fmt: skip
    found = esda.Moran_Local(y, m.w(), seed=1, permutations=9999).p_sim[far]
    series = pd.Series(y, m.frame.index)
    tails = [sr.local_moran(series, w=m.weights, permutations=9999, alternative=side).table()["p"].iloc[far]
             for side in ("less", "greater")]  # fmt: skip
    text = f"p = {found:.3f}"
    truth = f"{tails[0]:.3f} for the side of the lag (44/48 = 0.917), {tails[1]:g} for the other"
    return Finding("a zero with four zeros around it", text, truth, abs(found - tails[0]) > 0.5)


def island(m: Map) -> Finding:
    frame = m.frame.copy()
    frame.loc["r48", "geometry"] = shapely.box(100, 100, 101, 101)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IslandWarning)
        lonely = _map(frame)
    found = esda.Moran_Local(m.values("HOVAL"), lonely.w(), seed=1)
    ours = sr.local_moran(frame, "HOVAL", w=lonely.weights, permutations=99).table().loc["r48"]
    text = f"p = {found.p_sim[48]:.3f}, {found.get_cluster_labels()[48]}"
    return Finding("an island", text, f"p = {ours['p']}, {ours['cluster']}", found.p_sim[48] < 0.05)


def single_precision(m: Map) -> Finding:
    p = esda.Moran_Local(m.values("DISCBD"), m.w(), seed=1, keep_simulations=False).p_sim
    literal, double = int((p <= 0.001).sum()), int((p <= np.float64(0.001)).sum())
    ours = sr.local_moran(m.frame, "DISCBD", w=m.weights, permutations=999).table()["p"]
    text = f"{p.dtype}: p <= 0.001 in {literal} regions, p <= np.float64(0.001) in {double}"
    return Finding("p in single precision (keep_simulations=False)", text, str(ours.dtype), p.dtype != np.float64)


def two_sided_above_one(m: Map) -> Finding:
    p = calculate_significance(np.zeros(1), np.zeros((1, 999)), alternative="two-sided")
    ours = sr.local_moran(m.frame, "HOVAL", w=m.weights, permutations=99).table()["p"].max()
    text = f"calculate_significance gives p = {p:.3f} where all draws tie"
    return Finding("a two-sided p above 1", text, f"at most 1 (largest here {ours:g})", p > 1)


def z_of_local_g(m: Map) -> Finding:
    y, dense = m.values("HOVAL"), m.w().sparse.toarray()
    truth = np.array([_z_of_g(np.delete(dense[i], i), np.delete(y, i)) for i in range(49)])
    found = esda.G_Local(y, m.w(), transform="R", n_jobs=1, seed=1)
    ratio = truth / found.Zs
    text = f"{found.Zs[4]:.3f} at r4; too small by a factor of {ratio.min():.2f} to {ratio.max():.2f}"
    ours = sr.local_g(m.frame, "HOVAL", w=m.weights, permutations=9).table()["z"]
    answer = f"{truth[4]:.3f} at r4; ours differs by {np.abs(ours - truth).max():.0e} at most"
    return Finding("z of local G, rows standardised", text, answer, np.abs(ratio - 1).max() > 1e-6)


def labels_by_position(m: Map) -> Finding:
    found = esda.Moran_Local(m.values("HOVAL"), m.w(), seed=1)
    right = _colours(m, found.plot(m.frame))
    mixed = m.frame.sample(frac=1, random_state=0)
    wrong = int((_colours(m, found.plot(mixed)) != right).sum())
    clusters = sr.local_moran(m.frame, "HOVAL", w=m.weights, permutations=999).table()["cluster"]
    ours = [sr.viz.cluster_map(frame, clusters).data["colour"].reindex(m.frame.index) for frame in (m.frame, mixed)]
    return Finding(
        "map of a table in another order",
        f"{wrong} of 49 regions in the wrong colour",
        f"{int((ours[0] != ours[1]).sum())} in the wrong colour",
        wrong > 0,
    )


def colours_of_absent_classes(m: Map) -> Finding:
    found = esda.Moran_Local(m.values("HOVAL"), m.w(), seed=1)
    seen = [
        dict(zip(found.get_cluster_labels(level), _colours(m, found.plot(m.frame, crit_value=level)), strict=True))
        for level in (0.05, 0.011)
    ]
    moved = [label for label in seen[1] if seen[0][label] != seen[1][label]]
    text = f"{len(seen[0])} classes, then {len(seen[1])}: " + (
        f"{moved} change colour" if moved else "the colours stay"
    )
    return Finding(
        "colours when a class is absent (Moran_Local.plot)", text, "a colour belongs to a class", bool(moved)
    )


CHECKS: list[Callable[[Map], Finding]] = [
    one_missing_value, shuffled_table, weights_rewritten, global_generator, seed_ignored, order_of_the_statistics,
    order_of_the_join_counts, spike_among_zeros, zeros_far_from_the_spike, island, single_precision,
    two_sided_above_one, z_of_local_g, labels_by_position, colours_of_absent_classes,
]  # fmt: skip


def findings() -> list[Finding]:
    """Run every check on the columbus example."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (DeprecationWarning, FutureWarning, RuntimeWarning, UserWarning))
        return [check(columbus()) for check in CHECKS]


def _z_of_g(weights: np.ndarray, others: np.ndarray) -> float:
    """Return the standard score of a weighted sum of values drawn without replacement (Ord and Getis 1995)."""
    n, total, squares = len(others), weights.sum(), (weights**2).sum()
    variance = others.var() * (n * squares - total**2) / (n - 1)
    return float((weights @ others - total * others.mean()) / np.sqrt(variance))


def _moves_generator(run: Callable[[], object]) -> bool:
    np.random.seed(0)  # noqa: NPY002  # the global generator is what is looked at
    before = np.random.get_state()[1:3]  # noqa: NPY002
    run()
    after = np.random.get_state()[1:3]  # noqa: NPY002
    return bool((before[0] != after[0]).any() or before[1] != after[1])


def _colours(m: Map, axes: Any) -> pd.Series:
    """Return the colour in which each region was painted: patches are told apart by their corner."""
    corner = {
        tuple(row[:2].round(6)): region for region, row in zip(m.frame.index, m.frame.bounds.to_numpy(), strict=True)
    }
    painted = {}
    for drawn in axes.collections:
        colour = to_hex(drawn.get_facecolor()[0])
        for path in drawn.get_paths():
            painted[corner[tuple(path.vertices.min(axis=0).round(6))]] = colour
    plt.close(axes.figure)
    return pd.Series(painted).reindex(m.frame.index)


def _error_of(run: Callable[[], object]) -> str:
    try:
        run()
    except SpatialRegionError as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def main() -> None:
    """Print the findings as a Markdown table."""
    print(f"esda {esda.__version__}\n\n| fault | esda | truth, or this package | holds |\n| --- | --- | --- | --- |")
    for found in findings():
        print(f"| {found.fault} | {found.esda} | {found.truth} | {'yes' if found.holds else 'no'} |")


if __name__ == "__main__":
    main()
