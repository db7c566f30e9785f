"""How often strata that were chosen or fitted reject a true null: python -m benchmarks.geodetector_bins_null_size.

Factor and variable are independent normal values. Columns: share of data sets with p <= 0.05 when the strata are
tested as if they had been given beforehand (central F), and by permutation with the cut made anew in each.
"""

from __future__ import annotations

import sys

import numpy as np

from spatial_region.core.seeds import generator
from spatial_region.geodetector._draws import FreeRows
from spatial_region.geodetector._moments import centre, factor_test, stratum_moments
from spatial_region.geodetector._permutation import permutation_tests
from spatial_region.geodetector.cutting import cut_factor
from spatial_region.geodetector.rules import parse_rule

RULES = {
    "best of 5 methods x k 3..8": "optimal",
    "where q levels off, k 3..8": "loess",
    "5 change points": ("changepoint", 5),
    "tree of 5 leaves": ("tree", 5),
    "5 quantile strata (given)": 5,
}
LEVEL = 0.05


def rejections(n: int, trials: int, permutations: int) -> np.ndarray:
    """Return the share of data sets of `n` units rejected, rules by (as given, cut anew)."""
    rng = generator(5, "bins null size", n)
    rejected = np.zeros((len(RULES), 2))
    for trial in range(trials):
        x, outcome = rng.normal(size=n), centre(rng.normal(size=n))
        made = [cut_factor(x, parse_rule(rule, "x"), outcome, factor="x") for rule in RULES.values()]
        p = permutation_tests(
            outcome.centred,
            [one.statistic for one in made],
            draws=FreeRows(),
            permutations=permutations,
            seed=trial,
        )
        central = [factor_test(outcome, stratum_moments(outcome, one.strata.codes)).p_central for one in made]
        rejected += np.column_stack((np.array(central) <= LEVEL, p <= LEVEL))
    return rejected / trials


def main(trials: int = 1_000, permutations: int = 199) -> None:
    """Print the table for several sizes."""
    for n in (60, 100, 338):
        print(f"n = {n}, {trials} data sets, {permutations} permutations: as given, cut anew")
        for name, row in zip(RULES, rejections(n, trials, permutations), strict=True):
            print(f"  {name:<30} {row[0]:6.3f} {row[1]:6.3f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
