"""Cases: a map, a variable and weights that every adapter receives in the form its package wants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from libpysal import examples
from libpysal.graph import Graph


@dataclass(frozen=True)
class Case:
    """One map and one variable, with queen contiguity, row-standardised."""

    name: str
    values: pd.Series
    geometry: gpd.GeoSeries

    @cached_property
    def graph(self) -> Graph:
        """Queen contiguity by libpysal, so that every package starts from the same links."""
        return Graph.build_contiguity(self.geometry, rook=False).transform("r")

    @cached_property
    def w(self) -> Any:
        """The same links as `libpysal.weights.W`."""
        w = self.graph.to_W()
        w.transform = "r"
        return w

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.values)


# PySAL's own polygon examples that are bundled with libpysal, with the variables its documentation uses.
PYSAL_EXAMPLES = [
    ("columbus", "columbus.shp", "HOVAL"),
    ("us48", "us48.shp", None),
    ("mexico", "mexicojoin.shp", "PCGDP1990"),
    ("stl", "stl_hom.shp", "HR8893"),
    ("sids2", "sids2.shp", "SIDR79"),
    ("georgia", "G_utm.shp", "PctBach"),
]


def pysal_cases() -> Iterator[Case]:
    """Yield PySAL's own examples."""
    for name, file, variable in PYSAL_EXAMPLES:
        frame = gpd.read_file(examples.get_path(file))
        frame.index = frame.index.astype(str)
        if name == "us48":
            table = pd.read_csv(examples.get_path("usjoin.csv")).set_index("Name")["2009"]
            values = pd.Series(table.reindex(frame["STATE_NAME"]).to_numpy(dtype=float), index=frame.index, name="2009")
        else:
            values = frame[variable].astype(float)
        yield Case(name, values, frame.geometry)


def lattice_case(side: int) -> Case:
    """Return `side` x `side` square cells with a smooth variable and noise."""
    rows, columns = np.divmod(np.arange(side * side), side)
    cells = shapely.box(columns, rows, columns + 1, rows + 1)
    ids = pd.Index([f"{row:04d}-{column:04d}" for row, column in zip(rows, columns, strict=True)])
    noise = np.random.default_rng(0).normal(size=side * side)
    values = pd.Series(np.sin(rows / 9) + np.cos(columns / 7) + noise, index=ids, name="y")
    return Case(f"lattice {side} x {side}", values, gpd.GeoSeries(cells, index=ids))
