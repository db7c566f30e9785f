"""Command: ``python -m benchmarks.geodetector_null_size [--samples N]``: how often GeoDetector's p reject at 5 %.

First where strata and variable have nothing to do with each other (size), then where they do (power). Sections:

- independent units;
- a panel whose regions keep a level of their own and whose errors are serially correlated, with strata that regions
  keep, and with strata that change from year to year;
- spatial autocorrelation of both (simultaneous autoregression, coefficient 0.6 or 0.9): a lattice, and the prefectures;
- the best of many stratifications, with and without the allowance for choosing;
- how many pairs of pure noise are called "enhance, nonlinear".

Every share carries its standard error over samples. Prints Markdown.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csc_array, eye_array
from scipy.sparse.linalg import splu

import spatial_region as sr

LEVEL = 0.05
STRATA = 5
PERMUTATIONS = 199
ROWS, WITHIN, WHOLE, SPATIAL = "rows", "within_regions", "whole_regions", "spatial"
COLUMNS = {
    "p_wang": "p_wang",
    "p_central": "p_central",
    "p_permutation": ROWS,
    "p_within_regions": WITHIN,
    "p_whole_regions": WHOLE,
    "p_spatial": SPATIAL,
}


@dataclass(frozen=True)
class Situation:
    """A way of drawing data: a frame with ``y`` and ``strata`` for an effect (0: the null is true)."""

    name: str
    draw: Callable[[np.random.Generator, float], pd.DataFrame]
    effect: float  # of which the power is shown
    permute: tuple[str, ...]
    w: sr.Weights | None = None


def effects(codes: np.ndarray, size: float) -> np.ndarray:
    """Return what strata add: equal steps with mean 0 and standard deviation `size` over equal strata."""
    steps = np.arange(STRATA) - (STRATA - 1) / 2
    return np.asarray(size * (steps / steps.std())[codes])


def independent(n: int, mean: float) -> Callable[[np.random.Generator, float], pd.DataFrame]:
    """Return a draw of independent units, with unequal strata at random: with equal ones `p_wang` ignores the mean."""
    sizes = np.round(n * np.array([0.40, 0.25, 0.15, 0.12, 0.08])).astype(int)

    def draw(rng: np.random.Generator, effect: float) -> pd.DataFrame:
        codes = rng.permutation(np.repeat(np.arange(STRATA), sizes))
        return pd.DataFrame({"y": mean + rng.normal(size=n) + effects(codes, effect), "strata": _named(codes)})

    return draw


def panel(regions: int, times: int, *, serial: float | None) -> Callable[[np.random.Generator, float], pd.DataFrame]:
    """Return a draw of a panel: region effects and errors with serial correlation 0.7, both of variance 1.

    Strata are of regions, once and for all (`serial` None), or quintiles of a variable that has region effects too, and
    changes from year to year with serial correlation `serial`.
    """
    index = pd.MultiIndex.from_product([[f"r{i:02d}" for i in range(regions)], range(times)], names=["region", "time"])

    def series(rng: np.random.Generator, kept: float) -> np.ndarray:
        noise = rng.normal(size=(regions, times))
        for time in range(1, times):
            noise[:, time] = kept * noise[:, time - 1] + np.sqrt(1 - kept**2) * noise[:, time]
        return np.asarray(noise + rng.normal(size=(regions, 1)))

    def draw(rng: np.random.Generator, effect: float) -> pd.DataFrame:
        if serial is None:
            codes = np.repeat(rng.permutation(np.arange(regions) % STRATA), times)
        else:
            codes = _quintiles(series(rng, serial).ravel())
        return pd.DataFrame(
            {"y": series(rng, 0.7).ravel() + effects(codes, effect), "strata": _named(codes)}, index=index
        )

    return draw


def autocorrelated(w: sr.Weights, rho: float) -> Callable[[np.random.Generator, float], pd.DataFrame]:
    """Return a draw of (I - rho W)^-1 e for the variable, and for another one whose quintiles are the strata.

    W is the symmetric matrix D^-1/2 C D^-1/2 of links C and numbers of neighbours D, whose largest eigenvalue is 1.
    """
    links = w.sparse.copy()
    links.data[:] = 1.0
    root = 1 / np.sqrt(np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1.0))
    solver = splu(csc_array(eye_array(w.n) - rho * csc_array(links.multiply(root[:, None]).multiply(root[None, :]))))
    index = pd.Index(w.ids, name="region")

    def field(rng: np.random.Generator) -> np.ndarray:
        values = solver.solve(rng.normal(size=w.n))
        return np.asarray((values - values.mean()) / values.std())

    def draw(rng: np.random.Generator, effect: float) -> pd.DataFrame:
        codes = _quintiles(field(rng))
        return pd.DataFrame({"y": field(rng) + effects(codes, effect), "strata": _named(codes)}, index=index)

    return draw


def _quintiles(values: np.ndarray) -> np.ndarray:
    ranks = np.argsort(np.argsort(values))
    return np.asarray(ranks * STRATA // len(values))


def _named(codes: np.ndarray) -> np.ndarray:
    return np.array(list("abcde"))[codes]


def situations() -> Iterator[Situation]:
    """Yield every situation, in the order of the table."""
    for mean in (0.0, 5.0):
        yield Situation(f"100 independent units, mean {mean:g}", independent(100, mean), 0.3, (ROWS,))
    yield Situation("30 regions, 10 years; strata kept", panel(30, 10, serial=None), 0.6, (ROWS, WHOLE))
    for serial, words in ((0.0, "at once"), (0.7, "slowly")):
        yield Situation(
            f"30 regions, 10 years; strata change {words}", panel(30, 10, serial=serial), 0.3, (ROWS, WITHIN, WHOLE)
        )
    lattice = sr.lattice(15, 15)
    prefectures = sr.contiguity(sr.china_prefectures(), kind="queen")
    for rho in (0.6, 0.9):
        yield Situation(
            f"15 x 15 lattice, both autocorrelated ({rho})", autocorrelated(lattice, rho), 0.3, (ROWS, SPATIAL), lattice
        )
    for rho in (0.6, 0.9):
        yield Situation(
            f"{prefectures.n} prefectures, both autocorrelated ({rho})",
            autocorrelated(prefectures, rho),
            0.3,
            (ROWS, SPATIAL),
            prefectures,
        )


def p_values(situation: Situation, frame: pd.DataFrame, seed: int) -> pd.Series:
    """Return all p-values of the one factor of a draw."""
    options: dict[str, Any] = {"permute": situation.permute}
    if situation.w is not None:
        options["w"] = situation.w
    found = sr.geodetector(frame, "y", ["strata"], permutations=PERMUTATIONS, seed=seed, **options)
    return found.factors.loc["strata"].reindex(list(COLUMNS)).astype(float)


def shares(situation: Situation, effect: float, samples: int) -> dict[str, str]:
    """Return the share of samples rejected at 5 % by each p-value, with its standard error."""
    rng = np.random.default_rng(1)
    found = pd.DataFrame([p_values(situation, situation.draw(rng, effect), seed) for seed in range(samples)])
    return {
        column: percent(float((found[column] <= LEVEL + 1e-12).mean()), samples) if found[column].notna().all() else ""
        for column in COLUMNS
    }


def percent(share: float, samples: int) -> str:
    """Return a share of samples and its standard error, in per cent."""
    return f"{100 * share:.1f} ± {100 * np.sqrt(max(share * (1 - share), 1 / samples / 4) / samples):.1f}"


def best_of_many(samples: int, n: int = 100) -> dict[str, str]:
    """Return the share of true nulls rejected when the best of 5 methods and 3 to 8 strata is taken."""
    rng = np.random.default_rng(2)
    rows = []
    for seed in range(samples):
        frame = pd.DataFrame({"y": rng.normal(size=n), "x": rng.normal(size=n)})
        found = sr.geodetector(frame, "y", ["x"], bins="optimal", permutations=PERMUTATIONS, seed=seed)
        rows.append(found.factors.loc["x", ["p_wang", "p_central", "p_permutation"]].astype(float))
    table = pd.DataFrame(rows)
    return {column: percent(float((table[column] <= LEVEL + 1e-12).mean()), samples) for column in table}


def noise_pairs(samples: int, n: int, strata: int) -> dict[str, str]:
    """Return how often a pair of noise is called "enhance, nonlinear", and rejected by the test of the increment."""
    rng = np.random.default_rng(3)
    called, rejected = 0, 0
    for _ in range(samples):
        frame = pd.DataFrame({name: rng.permutation(np.arange(n) % strata) for name in ("a", "b")})
        found = sr.geodetector(frame.assign(y=rng.normal(size=n)), "y", ["a", "b"], permutations=0).interactions.iloc[0]
        called += found["type"] == "enhance, nonlinear"
        rejected += found["p_increment"] <= LEVEL
    return {"called": percent(called / samples, samples), "rejected": percent(rejected / samples, samples)}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.geodetector_null_size", description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    samples = parser.parse_args().samples
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for title in ("Size: the null is true", "Power: strata matter"):
            print(f"{title}\n\n| situation | " + " | ".join(f"`{column}`" for column in COLUMNS) + " |")
            print("| --- |" + " --- |" * len(COLUMNS))
            for situation in situations():
                effect = situation.effect if title.startswith("Power") else 0.0
                row = shares(situation, effect, samples)
                print(f"| {situation.name} | " + " | ".join(row[column] for column in COLUMNS) + " |", flush=True)
            print()
        chosen = best_of_many(samples)
        print(
            "Best of 5 methods and 3 to 8 strata, n = 100, a true null: "
            + ", ".join(f"`{k}` {v} %" for k, v in chosen.items())
        )
        print('\n| pairs of noise | called "enhance, nonlinear" | `p_increment` at most 5 % |\n| --- | --- | --- |')
        for n, strata in ((338, 3), (338, 5), (3_000, 5), (3_000, 3)):
            row = noise_pairs(samples, n, strata)
            print(f"| n = {n:,}, {strata} strata each | {row['called']} | {row['rejected']} |")


if __name__ == "__main__":
    main()
