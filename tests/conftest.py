"""Data that several tests share: libpysal's bundled examples, a lattice, and the independent numbers when present."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal import examples

import spatial_region as sr

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_reference() -> Path:
    """Folder with numbers from independent peers; it may not be distributed, so these tests run where it is present."""
    folder = REPOSITORY.parent / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip("the folder with independent reference numbers is not present")
    return folder


@pytest.fixture
def columbus() -> gpd.GeoDataFrame:
    """49 neighbourhoods of Columbus, Ohio (Anselin 1988), bundled with libpysal; its arbitrary units taken as km."""
    frame = gpd.read_file(examples.get_path("columbus.shp")).set_index("POLYID")
    frame = frame.set_index(frame.index.astype(int).astype(str))
    return frame.set_geometry(frame.geometry.scale(1000, 1000, origin=(0, 0))).set_crs(3857, allow_override=True)


def lattice(rows: int, columns: int, *, size: float = 1000.0, crs: int | None = 3857) -> gpd.GeoDataFrame:
    """Square cells of `size` units, with ids like ``r03c11``."""
    cells = [
        shapely.box(c * size, r * size, (c + 1) * size, (r + 1) * size) for r in range(rows) for c in range(columns)
    ]
    ids = [f"r{r:02d}c{c:02d}" for r in range(rows) for c in range(columns)]
    return gpd.GeoDataFrame(geometry=cells, index=pd.Index(ids, name="region"), crs=crs)


@pytest.fixture
def grid() -> gpd.GeoDataFrame:
    """8 x 8 cells with a smooth variable and a noisy one."""
    frame = lattice(8, 8)
    rng = np.random.default_rng(7)
    noise = rng.normal(size=64)
    rows, columns = np.divmod(np.arange(64), 8)
    return frame.assign(smooth=rows + columns + 0.5 * noise, noise=rng.normal(size=64))


@pytest.fixture
def panel_study(grid: gpd.GeoDataFrame) -> sr.Study:
    """The 8 x 8 cells over three years."""
    index = pd.MultiIndex.from_product([grid.index, [2000, 2010, 2020]], names=["region", "time"])
    rng = np.random.default_rng(11)
    base = np.repeat(grid["smooth"].to_numpy(), 3)
    data = pd.DataFrame({"y": base + rng.normal(size=192), "x": rng.normal(size=192)}, index=index)
    return sr.make_study(grid[["geometry"]], data)
