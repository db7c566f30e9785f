"""Command: ``python -m benchmarks.dea [--quick]``: efficiency of 3,000 units with 6 variables, beside plain HiGHS.

Three kinds of data: production with economies of scale; whole numbers with many ties; and units on a sphere, where
every unit is efficient and no programme is small. Plain HiGHS solves the same programmes one by one over all units, for
a sample of them; scores must agree to 1e-9 before a time is printed. Also a panel of productivity. Times are seconds of
processors, all threads together, which a busy machine does not change; with two processors half as much passes by the
clock. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from functools import partial

import numpy as np
import pandas as pd

import spatial_region as sr
from spatial_region.measure._dea_programmes import radial, slacks_based
from spatial_region.measure._dea_solve import ask_highs

AGREE = 1e-9
MODELS = (("bcc", "input"), ("bcc", "output"), ("sbm", "none"), ("super", "input"), ("super_sbm", "none"))


def production(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    X = rng.lognormal(size=(n, 3))
    Y = (X @ rng.dirichlet(np.ones(3), 3).T) ** 0.8 * rng.uniform(0.3, 1, (n, 1)) * rng.uniform(0.8, 1, (n, 3))
    return X, Y


def whole_numbers(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(1, 20, (n, 3)).astype(float), rng.integers(1, 20, (n, 3)).astype(float)


def sphere(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    Y = np.abs(rng.normal(size=(n, 5))) + 0.05
    return 1 + 0.001 * rng.normal(size=(n, 1)), Y / np.linalg.norm(Y, axis=1, keepdims=True)


DATA = {"production": production, "whole numbers, ties": whole_numbers, "sphere, all efficient": sphere}


def frames(X: np.ndarray, Y: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    index = [f"u{place}" for place in range(len(X))]
    inputs = pd.DataFrame(X, index=index, columns=[f"x{place}" for place in range(X.shape[1])])
    return inputs, pd.DataFrame(Y, index=index, columns=[f"y{place}" for place in range(Y.shape[1])])


def plain_highs(X: np.ndarray, Y: np.ndarray, model: str, sample: np.ndarray) -> tuple[float, np.ndarray]:
    """Seconds a programme, and scores under constant returns of the sampled units, by HiGHS over all units."""
    X, Y = X / X.mean(axis=0), Y / Y.mean(axis=0)
    units = np.hstack([X, Y, np.ones((len(X), 1))])
    if model == "sbm":
        write = partial(slacks_based, orientation="none")
    else:
        write = partial(radial, orientation="input", slacks=False)
    scores, start = [], time.process_time()
    for unit in sample:
        scores.append(ask_highs(units, -1, write(X[[unit]], Y[[unit]], vrs=False), 0)[1])
    return (time.process_time() - start) / len(sample), np.array(scores)


def compare(n: int, rng: np.random.Generator) -> list[str]:
    lines = [
        "| data | model, orientation | processor seconds | efficient | plain HiGHS, extrapolated |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for name, make in DATA.items():
        X, Y = make(n, rng)
        sample = rng.choice(n, size=10, replace=False)
        for model, orientation in MODELS:
            start = time.process_time()
            table = sr.dea(*frames(X, Y), model=model, orientation=orientation).table()
            seconds = time.process_time() - start
            peer = ""
            if (model, orientation) in (("bcc", "input"), ("sbm", "none")):
                each, scores = plain_highs(X, Y, model, sample)
                difference = np.abs(table["te"].to_numpy()[sample] - scores).max()
                peer = f"{2 * n * each:.0f} s" if difference < AGREE else f"differs by {difference:.0e}"
            efficient = int(table["status"].isin(["efficient", "infeasible"]).sum())
            lines.append(f"| {name} | {model}, {orientation} | {seconds:.1f} | {efficient} | {peer} |")
    return lines


def productivity(n: int, times: int, rng: np.random.Generator) -> str:
    X, Y = production(n * times, rng)
    index = pd.MultiIndex.from_product([range(n), range(times)], names=["region", "time"])
    tables = (pd.DataFrame(X, index=index).add_prefix("x"), pd.DataFrame(Y, index=index).add_prefix("y"))
    start = time.process_time()
    sr.malmquist(*tables)
    return f"Malmquist, {n:,} units, {times} times: {time.process_time() - start:.1f} s."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="300 units and 5 times")
    n, times = (300, 5) if parser.parse_args().quick else (3_000, 20)
    rng = np.random.default_rng(0)
    small = frames(*production(30, rng))
    for model, orientation in MODELS:  # compile, or load what was compiled
        sr.dea(*small, model=model, orientation=orientation)
    load = os.getloadavg()[0]
    print(f"{n:,} units, 6 variables; {os.cpu_count()} processors ({platform.machine()}), load {load:.1f}.\n")
    print("\n".join(compare(n, rng)))
    print()
    print(productivity(n, times, rng))


if __name__ == "__main__":
    main()
