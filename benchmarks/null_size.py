"""Command: ``python -m benchmarks.null_size [--samples N]``: how often local tests reject where there is no pattern.

Independent, skewed values (exponential) on a lattice of 7 x 7 cells; the share of regional p-values at or below some
levels, with its standard error over samples (the regions of a sample are not independent). Prints Markdown.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

LEVELS = (0.01, 0.05, 0.10, 0.50)
SIDE = 7


def tests() -> dict[str, Callable[[pd.DataFrame, int], pd.Series]]:
    """Return each test: from values and a seed to the p-values of the regions."""
    import spatial_region as sr

    queen = sr.lattice(SIDE, SIDE)
    rng = np.random.default_rng(99)
    matrix = queen.sparse.copy()
    matrix.data = rng.uniform(0.2, 1.0, matrix.nnz)
    unequal = sr.Weights(queen.ids, matrix)

    def p(result: object) -> pd.Series:
        return pd.Series(result.statistics["p"])  # type: ignore[attr-defined]

    return {
        "local Moran, equal weights": lambda v, s: p(sr.local_moran(v, "x", w=queen, permutations=999, seed=s)),
        "local Moran, unequal weights": lambda v, s: p(sr.local_moran(v, "x", w=unequal, permutations=999, seed=s)),
        "local Moran, unequal, stopped after 20": lambda v, s: p(
            sr.local_moran(v, "x", w=unequal, permutations=999, stop_after=20, seed=s)
        ),
        "local Moran, total randomisation": lambda v, s: p(
            sr.local_moran(v, "x", w=queen, inference="total", permutations=999, seed=s)
        ),
        "local Moran, normal distribution": lambda v, s: p(
            sr.local_moran(v, "x", w=queen, inference="analytic", seed=s)
        ),
        "local Geary": lambda v, s: p(sr.local_geary(v, "x", w=queen, permutations=999, seed=s)),
        "local Geary, unequal weights": lambda v, s: p(sr.local_geary(v, "x", w=unequal, permutations=999, seed=s)),
        "local Geary, two variables": lambda v, s: p(sr.local_geary(v, ["x", "y"], w=queen, permutations=999, seed=s)),
        "G": lambda v, s: p(sr.local_g(v, "x", w=queen, permutations=999, seed=s)),
        "G*": lambda v, s: p(sr.local_g(v, "x", star=True, w=queen, permutations=999, seed=s)),
        "bivariate local Moran": lambda v, s: p(
            sr.bivariate_local_moran(v, "x", other="y", w=queen, permutations=999, seed=s)
        ),
        "LOSH, chi-square as published": lambda v, s: p(sr.losh(v, "x", w=queen)),
    }


def shares(samples: int) -> pd.DataFrame:
    """Return the share of p-values at most each level, and its standard error, by test."""
    rows = {}
    ids = None
    for name, test in tests().items():
        rng = np.random.default_rng(1)
        found = np.empty((samples, len(LEVELS)))
        for sample in range(samples):
            if ids is None:
                import spatial_region as sr

                ids = sr.lattice(SIDE, SIDE).ids
            values = pd.DataFrame({key: rng.exponential(size=SIDE * SIDE) for key in ("x", "y")}, index=ids)
            p = test(values, sample).to_numpy()
            found[sample] = [(p <= level + 1e-12).mean() for level in LEVELS]
        rows[name] = [
            f"{mean:.4f} ± {error:.4f}"
            for mean, error in zip(found.mean(axis=0), found.std(axis=0) / np.sqrt(samples), strict=True)
        ]
    return pd.DataFrame(rows, index=[f"p ≤ {level:g}" for level in LEVELS]).T


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.null_size", description=__doc__)
    parser.add_argument("--samples", type=int, default=2000)
    options = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = shares(options.samples)
    print("| test | " + " | ".join(table.columns) + " |")
    print("| --- |" + " --- |" * len(table.columns))
    for name, row in table.iterrows():
        print(f"| {name} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
