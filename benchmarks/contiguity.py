"""Command: ``python -m benchmarks.contiguity [--side N] [--polygons N]``: queen contiguity from polygons in memory.

Each package runs in a process of its own. Its neighbours are compared with ours before a time is reported; peak memory
is that of the whole process (ru_maxrss: interpreter, packages, geometries, and whatever making these took), and then
what lies above the memory held when the geometries were there and nothing else was done.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import Voronoi

PACKAGES = ("spatial_region", "spatial_region rook", "libpysal Graph", "libpysal W")


def square_cells(side: int) -> np.ndarray:
    """Return side x side square cells."""
    rows, columns = np.divmod(np.arange(side * side), side)
    return np.asarray(shapely.box(columns, rows, columns + 1, rows + 1))


def irregular_polygons(count: int, *, steps: int = 8, seed: int = 0) -> np.ndarray:
    """Return Voronoi cells of random points, each edge bent at `steps` - 1 points that both of its sides share."""
    rng = np.random.default_rng(seed)
    points = rng.random((count, 2))
    mirrored = [points, points * [-1, 1], points * [1, -1], [2, 0] + points * [-1, 1], [0, 2] + points * [1, -1]]
    diagram = Voronoi(np.concatenate(mirrored))  # mirror images close the cells at the border of the square
    bends: dict[tuple[int, int], np.ndarray] = {}
    share = np.linspace(0, 1, steps + 1)[1:-1, None]
    polygons = []
    for cell in range(count):
        region = diagram.regions[diagram.point_region[cell]]
        ring = []
        for a, b in zip(region, region[1:] + region[:1], strict=True):
            key = (min(a, b), max(a, b))
            if key not in bends:
                low, high = diagram.vertices[key[0]], diagram.vertices[key[1]]
                across = (high - low)[::-1] * [-1, 1]
                bends[key] = low + share * (high - low) + rng.uniform(-0.04, 0.04, (steps - 1, 1)) * across
            ring.append(diagram.vertices[a][None])
            ring.append(bends[key] if key == (a, b) else bends[key][::-1])
        polygons.append(np.concatenate(ring))
    sizes = [len(ring) for ring in polygons]
    offsets = np.concatenate([[0], np.cumsum([size + 1 for size in sizes])])
    closed = np.concatenate([np.vstack([ring, ring[:1]]) for ring in polygons])
    return np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, closed, (offsets, np.arange(count + 1))))


def _ours(kind: str) -> Callable[[gpd.GeoDataFrame], Any]:
    import spatial_region as sr

    return lambda frame: sr.contiguity(frame, kind=kind).sparse


def _graph(frame: gpd.GeoDataFrame) -> Any:
    from libpysal.graph import Graph

    return Graph.build_contiguity(frame, rook=False).sparse


def _w(frame: gpd.GeoDataFrame) -> Any:
    from libpysal.weights import Queen

    return Queen.from_dataframe(frame, use_index=False, silence_warnings=True).sparse


def builder(package: str) -> Callable[[gpd.GeoDataFrame], Any]:
    """Return the function of a package that makes the matrix of neighbours."""
    made = {"libpysal Graph": _graph, "libpysal W": _w}
    return made[package] if package in made else _ours("rook" if package.endswith("rook") else "queen")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # GiB; the system counts in KiB


def _held() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**30


def measure_here(package: str, case: str, size: int) -> dict[str, float | str]:
    """Run one package in this process: warm it up on 44,100 cells, then time it on all."""
    build = builder(package)
    build(gpd.GeoDataFrame(geometry=square_cells(210), crs=3857))  # enough for the compiled loops to be loaded
    geoms = square_cells(size) if case == "square cells" else irregular_polygons(size)
    frame = gpd.GeoDataFrame(geometry=geoms, crs=3857)
    before, wall, cpu = _held(), time.perf_counter(), time.process_time()
    matrix = build(frame)
    cpu, wall, peak = time.process_time() - cpu, time.perf_counter() - wall, _peak()
    table = matrix.tocsr()
    table.sort_indices()
    links = np.concatenate([table.indptr.astype(np.int64), table.indices.astype(np.int64)])
    return {
        "package": package,
        "case": case,
        "polygons": len(geoms),
        "coordinates": int(shapely.get_num_coordinates(geoms).sum()),
        "cpu": cpu,
        "wall": wall,
        "peak": peak,
        "above": peak - before,
        "links": hashlib.sha256(links.tobytes()).hexdigest(),
    }


def measure(package: str, case: str, size: int) -> dict[str, Any]:
    """Run one package in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.contiguity", "--one", package, case, str(size)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def compare(sizes: dict[str, int], packages: tuple[str, ...] = PACKAGES) -> pd.DataFrame:
    """Return a row for each package and case, after its links have been found equal to ours.

    Raises
    ------
    AssertionError
        If a package finds other queen neighbours.
    """
    rows = []
    for case, size in sizes.items():
        ours: dict[str, Any] = {}
        for package in packages:
            found = measure(package, case, size)
            ours = ours or found
            if not package.endswith("rook") and found["links"] != ours["links"]:
                raise AssertionError(f"{package} finds other neighbours among {size} {case}")
            rows.append({**found, "ratio": found["cpu"] / ours["cpu"]})
    return pd.DataFrame(rows).drop(columns="links")


def to_markdown(table: pd.DataFrame) -> str:
    """Return the table as Markdown."""
    lines = [
        "| case | polygons | coordinates | package | CPU s | wall s | ratio | peak GiB | above the geometries |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in table.itertuples(index=False):
        lines.append(
            f"| {row.case} | {row.polygons:,} | {row.coordinates:,} | {row.package} | {row.cpu:.2f} | {row.wall:.2f} | "
            f"{row.ratio:.1f} | {row.peak:.2f} | {row.above:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contiguity", description=__doc__)
    parser.add_argument("--side", type=int, default=1000, help="side of the square of cells")
    parser.add_argument("--polygons", type=int, default=50_000, help="number of irregular polygons")
    parser.add_argument("--one", nargs=3, metavar=("PACKAGE", "CASE", "SIZE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        package, case, size = options.one
        print(json.dumps(measure_here(package, case, int(size))))
        return
    print(to_markdown(compare({"square cells": options.side, "irregular polygons": options.polygons})))


if __name__ == "__main__":
    main()
