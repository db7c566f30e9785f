"""Command ``python -m benchmarks.panel_dynamic_montecarlo``: bias and coverage of dynamic panels, before and after.

Panels of 50 regions (five nearest neighbours, row-standardised) over 5, 10 or 25 explained times with two-way effects,
started 50 times before the first: y_t = rho W y_t + tau y_(t-1) + eta W y_(t-1) + x_t + effects + e_t, normal errors,
tau = 0.5, eta = -0.2, rho = 0.4.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from benchmarks.panel_montecarlo import Z95, N, make_design
from spatial_region.panel._dynamic import Correction, estimate_dynamic
from spatial_region.panel.options import PARTS

TAU, ETA, RHO, BETA = 0.5, -0.2, 0.4, 1.0
TRUTH = np.array([BETA, TAU, ETA, RHO, 1.0])
NAMES = ("beta", "tau", "eta", "rho", "sigma2")
BURN_IN = 50
CORRECTIONS: tuple[Correction, ...] = ("none", "analytical", "score")


def rows(periods: int, count: int) -> dict[str, NDArray[np.float64]]:
    """Return estimates and standard errors of every sample, by correction."""
    design = make_design(5)
    w = design.w.toarray()
    random = np.random.default_rng(periods)
    region, inverse = random.normal(size=N), np.linalg.inv(np.eye(N) - RHO * w)
    collected: dict[str, list[NDArray[np.float64]]] = {kind: [] for kind in CORRECTIONS}
    for _ in range(count):
        y, x = _sample(random, region, w, inverse, periods)
        for kind in CORRECTIONS:
            found = estimate_dynamic(
                y, x, design.w, design.determinant,
                parts=PARTS["sar"], lagged=[], effects="twoway", dynamic="both", correction=kind,
            ).estimate  # fmt: skip
            errors = np.sqrt(np.diag(found.covariance))
            collected[kind].append(np.array([*found.coefficients, found.rho, found.sigma2, *errors]))
    return {kind: np.array(values) for kind, values in collected.items()}


def _sample(
    random: np.random.Generator,
    region: NDArray[np.float64],
    w: NDArray[np.float64],
    inverse: NDArray[np.float64],
    periods: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x = random.normal(size=(BURN_IN + periods, N))
    past = np.zeros(N)
    path = []
    for regressor in x:
        mean = TAU * past + ETA * (w @ past) + BETA * regressor + region + random.normal()
        past = inverse @ (mean + random.normal(size=N))
        path.append(past)
    return np.array(path[BURN_IN - 1 :]), x[BURN_IN:, :, None]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=500)
    count = parser.parse_args().samples
    print("| T | parameter | " + " | ".join(f"bias, RMSE, coverage: {kind}" for kind in CORRECTIONS) + " |")
    print("| --- | --- | --- | --- | --- |")
    for periods in (5, 10, 25):
        found = rows(periods, count)
        for place, name in enumerate(NAMES):
            cells = []
            for values in found.values():
                gap, error = values[:, place] - TRUTH[place], values[:, len(NAMES) + place]
                covered = 100 * (np.abs(gap) < Z95 * error).mean()
                cells.append(f"{gap.mean():.3f}, {np.sqrt((gap**2).mean()):.3f}, {covered:.1f}")
            print(f"| {periods} | {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
