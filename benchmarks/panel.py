"""Command ``python -m benchmarks.panel``: spatial panels against spreg, and how time and memory grow with regions.

Every line runs in a fresh process with one thread, so that peak memory is its own. spreg's fixed-effects lag model is
the nearest thing it has to a spatial panel: no lags of regressors, no effects of time, no impacts. Before speed is
compared, the package's own lag model with region effects must give spreg's estimates.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

RUNS = (("ours", 338, 20, 3), ("ours", 3_000, 20, 5), ("ours", 10_000, 20, 5), ("ours", 30_000, 10, 5))
LARGE = ("ours", 100_000, 10, 5)
PEER = (("spreg", 338, 20, 3), ("spreg", 3_000, 20, 5))
_AGREE = 1e-5


def run(who: str, regions: int, periods: int, regressors: int) -> dict[str, Any]:
    """Run one line in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.panel", "--one", who, str(regions), str(periods), str(regressors)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    answer = subprocess.run(
        command, capture_output=True, check=True, text=True, env=os.environ | threads, cwd=Path(__file__).parents[1]
    )
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def problem(regions: int, periods: int, regressors: int) -> tuple[Any, Any, str]:
    """Return a study with points in the plane, weights of six nearest neighbours, and a formula."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from scipy import sparse as sp
    from scipy.sparse.linalg import splu

    import spatial_region as sr

    random = np.random.default_rng(0)
    places = random.uniform(3e6, 4e6, size=(2, regions))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*places), crs=3857)
    w = sr.knn(points, k=6).standardise("row")
    x = random.normal(size=(periods, regions, regressors))
    sums = x.sum(axis=2)
    mean = sums + 0.3 * (w.sparse @ sums.T).T + random.normal(size=(periods, regions)) + random.normal(size=regions)
    matrix = sp.csc_matrix(sp.eye_array(regions) - 0.4 * w.sparse)
    solver = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    names = [f"x{place}" for place in range(regressors)]
    columns = {"y": solver.solve(mean.T).ravel()} | {n: x[:, :, i].T.ravel() for i, n in enumerate(names)}
    index = pd.MultiIndex.from_product([points.index, range(periods)])
    study = sr.make_study(points, pd.DataFrame(columns, index=index))
    return study.with_weights(knn=w), w, "y ~ " + " + ".join(names)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def one(who: str, regions: int, periods: int, regressors: int) -> dict[str, Any]:
    """Run one line here: seconds of the second run for small problems, of the first one for large."""
    import spatial_region as sr

    study, w, formula = problem(regions, periods, regressors)
    found: dict[str, Any] = {"who": who, "regions": regions, "periods": periods, "regressors": regressors}
    if who == "spreg":
        return found | _spreg(study, w, regressors)
    sr.spatial_panel("y ~ x0", study, w=w, model="slx", effects="twoway")  # modules are loaded
    before = _peak()
    for _ in range(2 if regions < 50_000 else 1):
        start = time.perf_counter()
        fit = sr.spatial_panel(formula, study, w=w, model="sdm", effects="twoway")
        fit.impacts(se="delta")
        seconds = time.perf_counter() - start
        start = time.perf_counter()
        fit.impacts()
        draws = time.perf_counter() - start
    found |= {"seconds": seconds, "draws": draws, "gigabytes": _peak() - before, "process": _peak()}
    found["determinant"] = fit.spec.inputs["determinant"]
    if regions <= 3_000:
        lag = sr.spatial_panel(formula, study, w=w, model="sar", effects="region")
        found["lag"] = [float(value) for value in lag.params]
    return found


def _spreg(study: Any, w: Any, regressors: int) -> dict[str, Any]:
    import warnings

    import numpy as np
    import spreg

    def column(name: str) -> Any:
        return study.wide(name).to_numpy().T.reshape(-1, 1)

    peer = w.to_w()
    y, x = column("y"), np.hstack([column(f"x{place}") for place in range(regressors)])
    before = _peak()
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = spreg.Panel_FE_Lag(y, x, peer)
    seconds = time.perf_counter() - start
    lag = [float(value) for value in model.betas.ravel()]
    return {"seconds": seconds, "gigabytes": _peak() - before, "process": _peak(), "lag": lag}


def main() -> None:
    """Print a table of all lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=4, metavar=("WHO", "REGIONS", "PERIODS", "REGRESSORS"))
    parser.add_argument("--quick", action="store_true", help="338 regions only")
    parser.add_argument("--large", action="store_true", help="100,000 regions too")
    asked = parser.parse_args()
    if asked.one:
        who, *sizes = asked.one
        print(json.dumps(one(who, *map(int, sizes))))
        return
    lines = (RUNS[0], PEER[0]) if asked.quick else (*RUNS, *((LARGE,) if asked.large else ()), *PEER)
    results = [run(*line) for line in lines]
    print(
        "| who | regions x times, regressors | fit and impacts (s) | draws (s) | GB above start | process GB | ratio |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for found in results:
        size = f"{found['regions']:,} x {found['periods']}, {found['regressors']}"
        cells = [f"{found['seconds']:.3f}", f"{found['draws']:.3f}" if "draws" in found else "-"]
        print(
            f"| {found['who']} | {size} | {' | '.join(cells)} | {found['gigabytes']:.2f} | {found['process']:.2f} "
            f"| {_ratio(found, results)} |"
        )


def _ratio(found: dict[str, Any], results: list[dict[str, Any]]) -> str:
    """Return how many times longer spreg takes, after checking that the lag models agree."""
    if found["who"] == "ours":
        return "-"
    same = next(r for r in results if r["who"] == "ours" and r["regions"] == found["regions"])
    gap = max(abs(a - b) for a, b in zip(same["lag"], found["lag"], strict=True))
    if gap > _AGREE:
        raise SystemExit(f"the estimates differ by {gap:.2g}; speed is not compared.")
    return f"{found['seconds'] / same['seconds']:.1f} (estimates of the lag model differ by {gap:.0e})"


if __name__ == "__main__":
    main()
