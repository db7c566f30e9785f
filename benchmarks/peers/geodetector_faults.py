"""Command ``python -m benchmarks.peers.geodetector_faults [--peers FOLDER]``: faults of the registry's packages, run.

Each example is as small as it can be; the page ``docs/validation/geodetector_peers.md`` says what is seen.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import spatial_region as sr
from benchmarks.peers.geodetector_env import ask, environments


@dataclass(frozen=True)
class Example:
    """Data on which a package errs: the variable, and codes or values (rows by factors)."""

    y: np.ndarray
    x: np.ndarray

    @property
    def frame(self) -> pd.DataFrame:
        """The same as a frame with y, x0, x1, ..."""
        return pd.DataFrame({"y": self.y} | {f"x{place}": column for place, column in enumerate(self.x.T)})

    def ours(self, **options: Any) -> sr.GeoDetectorResult:
        """Return what this package says, of strata as given and without permutations unless asked otherwise."""
        factors = [f"x{place}" for place in range(self.x.shape[1])]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sr.errors.SmallSampleWarning)
            return sr.geodetector(self.frame, "y", factors, **({"permutations": 0} | options))


def q_of(y: np.ndarray, codes: np.ndarray) -> float:
    """Return q by plain loops."""
    within = sum(((y[codes == code] - y[codes == code].mean()) ** 2).sum() for code in np.unique(codes))
    return float(1 - within / ((y - y.mean()) ** 2).sum())


def twelve_codes() -> Example:
    """Twelve integer codes of a nominal factor, eight rows each."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(12), 8)
    return Example(rng.permutation(12)[codes] + rng.normal(size=96), codes[:, None])


def one_alone() -> Example:
    """Strata of 12, 10, 8 and 1 rows; the last is far off."""
    return Example(np.append(np.arange(30) % 6, 40.0), np.repeat([0, 1, 2, 3], [12, 10, 8, 1])[:, None])


def grid() -> Example:
    """Four levels by four, one row in each cell, y = 0 ... 15."""
    return Example(np.arange(16.0), np.column_stack([np.repeat(np.arange(4), 4), np.tile(np.arange(4), 4)]))


def nested() -> Example:
    """A factor of two strata, one of four, and one of two that the four divide further."""
    rng = np.random.default_rng(0)
    fine = np.repeat(np.arange(4), 10)
    y = rng.normal(size=40) + fine + 2 * (fine // 2)
    return Example(y, np.column_stack([np.tile([0, 1], 20), fine, fine // 2]))


def twice() -> Example:
    """The same factor under two names."""
    fine = nested().x[:, 1]
    return Example(nested().y, np.column_stack([fine, fine]))


def strong_and_weak() -> Example:
    """A factor with a strong effect, then one with none."""
    rng = np.random.default_rng(0)
    fine, other = np.repeat(np.arange(4), 10), np.tile([0, 1], 20)
    return Example(rng.normal(size=40) + 3 * fine, np.column_stack([fine, other]))


def certain() -> Example:
    """Three strata so far apart that p is about 1e-133."""
    codes = np.repeat([0, 1, 2], 60)
    return Example(8 * codes + np.random.default_rng(0).normal(size=180), codes[:, None])


def unequal(shift: float = 0.0) -> Example:
    """Three strata of 20, 30 and 50 rows with a moderate effect, all values raised by `shift`."""
    codes = np.repeat([0, 1, 2], [20, 30, 50])
    return Example(np.random.default_rng(1).normal(size=100) + 0.5 * codes + shift, codes[:, None])


def tenths() -> Example:
    """Three levels 0.1, 0.2 and 0.3."""
    levels = np.tile([0.1, 0.2, 0.3], 20)
    return Example(30 * levels + np.random.default_rng(0).normal(size=60), levels[:, None])


def noise(columns: int, rows: int = 100) -> Example:
    """Columns of noise that have nothing to do with y."""
    rng = np.random.default_rng(4)
    return Example(rng.normal(size=rows), rng.normal(size=(rows, columns)))


def pasted(example: Example, paste: Callable[[str, str], str]) -> float:
    """Return q of the overlay of two factors whose codes are pasted to one text."""
    texts = [paste(str(a), str(b)) for a, b in example.x]
    return q_of(example.y, np.unique(texts, return_inverse=True)[1])


def colliding() -> Example:
    """Codes 1 and 11 by 2 and 12, two rows in each cell; y is 1 at (1, 12), -1 at (11, 2) and 0 elsewhere."""
    a, b = np.repeat([1, 1, 11, 11], 2), np.repeat([2, 12, 2, 12], 2)
    return Example(np.repeat([0.0, 1.0, -1.0, 0.0], 2), np.column_stack([a, b]))


def underscored() -> Example:
    """The same with strata named x and x_y by y_z and z: two of the four overlays read x_y_z when joined by "_"."""
    example = colliding()
    names = np.array([["x", "z"], ["x_y", "y_z"]])
    return Example(
        example.y, np.column_stack([names[(example.x[:, 0] > 1) * 1, 0], names[(example.x[:, 1] > 3) * 1, 1]])
    )


def shares_without_the_empty_set(q: dict[frozenset[str], float], factors: list[str]) -> dict[str, float]:
    """Return Shapley sums over non-empty sets of other factors only, which leaves out what a factor explains alone."""
    return {one: sum(_terms(q, factors, one, smallest=1)) for one in factors}


def shapley_shares(q: dict[frozenset[str], float], factors: list[str]) -> dict[str, float]:
    """Return Shapley shares of q; they sum to q of all factors."""
    return {one: sum(_terms(q, factors, one, smallest=0)) for one in factors}


def _terms(q: dict[frozenset[str], float], factors: list[str], one: str, *, smallest: int) -> list[float]:
    others = [factor for factor in factors if factor != one]
    m = len(factors)
    return [
        factorial(size) * factorial(m - size - 1) / factorial(m) * (q[frozenset((*some, one))] - q[frozenset(some)])
        for size in range(smallest, m)
        for some in combinations(others, size)
    ]


def main() -> None:
    """Print what each package says of each example."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.geodetector_faults", description=__doc__)
    parser.add_argument("--peers", type=Path, help="folder for the environments of the peers, kept for the next run")
    parser.add_argument("--columns", type=int, default=400, help="columns of noise for the size of the best of many")
    options = parser.parse_args()
    examples = {
        "twelve codes": twelve_codes(), "one alone": one_alone(), "grid": grid(), "nested": nested(),
        "twice": twice(), "certain": certain(), "unequal": unequal(), "unequal + 100": unequal(100.0),
    }  # fmt: skip
    with environments(options.peers) as pythons:
        for name, example in examples.items():
            found = example.ours()
            pairs = found.interactions[["q_ab", "type"]].values.tolist() if example.x.shape[1] > 1 else []
            print(f"{name}\n  ours: q {found.factors['q'].tolist()} p {found.factors['p_wang'].tolist()} {pairs}")
            for python in pythons.values():
                told = ask(python, "factors", example.y, example.x)
                print(f"  {told['package']}: q {told['q']} p {told['p']} {told['q_ab']} {told['type']}")
        reverse = Example(strong_and_weak().y, strong_and_weak().x[:, ::-1])
        for python in pythons.values():
            print("ecological", [ask(python, "ecological", some.y, some.x) for some in (strong_and_weak(), reverse)])
        python = pythons["geodetector"]
        print(
            "tenths",
            ask(python, "optimal", tenths().y, tenths().x),
            tenths().ours(bins={"x0": None}).factors["q"].tolist(),
        )
        print("shares of the grid", ask(python, "shares", grid().y, grid().x)["share"])
        told = ask(python, "optimal", noise(options.columns).y, noise(options.columns).x)
        print(
            f"share of {options.columns} columns of noise with p <= 5 %:", float(np.mean(np.array(told["p"]) <= 0.05))
        )
        print("methods chosen:", pd.Series(told["method"]).value_counts().to_dict())
    example = colliding()
    print(
        "joined by _",
        pasted(underscored(), lambda a, b: f"{a}_{b}"),
        underscored().ours().interactions["q_ab"].tolist(),
    )
    print("pasted", pasted(example, lambda a, b: a + b + "_"), "true", example.ours().interactions["q_ab"].tolist())


if __name__ == "__main__":
    main()
