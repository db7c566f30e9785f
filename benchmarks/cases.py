"""Cases: a map, variables and weights that every adapter receives in the form its package wants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp
from libpysal import examples
from libpysal.graph import Graph
from scipy.spatial import KDTree

import spatial_region as sr
from benchmarks.lattices import queen_links

KERNEL_NEIGHBOURS = 8


@dataclass(frozen=True, eq=False)
class Case:
    """Values of two variables by region, and links between the regions as a sparse matrix without diagonal."""

    name: str
    values: pd.Series
    other: pd.Series
    links: sp.csr_array
    weights: str = "queen"

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.values)

    @property
    def equal(self) -> bool:
        """Whether the weights of a row are equal."""
        return self.weights == "queen"

    @property
    def positive(self) -> pd.Series:
        """The values, moved where they are positive, as G needs them."""
        return self.values - min(0.0, self.values.min()) + (1.0 if self.values.min() <= 0 else 0.0)

    @property
    def binary(self) -> pd.Series:
        """Whether a value is above the third quartile: 0 and 1."""
        return (self.values > self.values.quantile(0.75)).astype(int)

    @cached_property
    def islands(self) -> np.ndarray:
        """Regions without neighbours."""
        return np.diff(self.links.indptr) == 0

    @cached_property
    def ours(self) -> sr.Weights:
        """The links as our weights; not standardised."""
        return sr.Weights(self.values.index, self.links)

    @cached_property
    def graph(self) -> Graph:
        """The links as `libpysal.graph.Graph`, numbered in the order of the rows.

        Numbers, since esda's local Geary and local join counts come in the order of the sorted ids.
        """
        return Graph.from_sparse(self.links)

    def w(self, transform: str) -> Any:
        """Return the links as `libpysal.weights.W`, numbered in the order of the rows."""
        w = self.graph.to_W()
        w.transform = transform
        return w


def pysal_cases() -> Iterator[Case]:
    """Yield every polygon example that libpysal bundles with a variable, by queen contiguity.

    The others have no variable (10740, Chicago77, virginia, the lattices of wmat) or have fewer than five polygons.
    """
    for name, frame, variable, other in _pysal_maps():
        frame.index = frame.index.astype(str)
        graph = Graph.build_contiguity(frame, rook=False)
        values, second = (frame[column].astype(float) for column in (variable, other))
        links = sp.csr_array(graph.sparse)
        links.eliminate_zeros()  # libpysal links an island to itself with weight 0
        yield Case(name, values, second, links)


def _pysal_maps() -> Iterator[tuple[str, gpd.GeoDataFrame, str, str]]:
    for name, file, variable, other in [
        ("columbus", "columbus.shp", "HOVAL", "INC"),
        ("mexico", "mexicojoin.shp", "PCGDP1990", "PCGDP1940"),
        ("stl", "stl_hom.shp", "HR8893", "PE87"),
        ("sids2", "sids2.shp", "SIDR79", "SIDR74"),
        ("georgia", "G_utm.shp", "PctBach", "PctRural"),
    ]:
        yield name, gpd.read_file(examples.get_path(file)), variable, other
    states = gpd.read_file(examples.get_path("us48.shp"))
    income = pd.read_csv(examples.get_path("usjoin.csv")).set_index("Name")[["2009", "1969"]]
    yield "us48", states.join(income, on="STATE_NAME"), "2009", "1969"
    wards = gpd.read_file(examples.get_path("tokyomet262.shp"))
    census = pd.read_csv(examples.get_path("Tokyomortality.csv")).set_index("IDnum0")[["UNEMP", "POP65"]]
    yield "tokyo", wards.join(census, on="AreaID"), "UNEMP", "POP65"


def lattice_case(rows: int, columns: int | None = None) -> Case:
    """Return square cells by queen contiguity, with a smooth variable and noise."""
    columns = rows if columns is None else columns
    row, column = np.divmod(np.arange(rows * columns), columns)
    ids = pd.Index([f"{r:04d}-{c:04d}" for r, c in zip(row, column, strict=True)])
    noise = np.random.default_rng(0).normal(size=(2, rows * columns))
    values = pd.Series(np.sin(row / 9) + np.cos(column / 7) + noise[0], index=ids, name="y")
    other = pd.Series(np.sin(row / 5) + noise[1], index=ids, name="x")
    return Case(f"lattice {rows} x {columns}", values, other, queen_links(rows, columns))


def kernel_case(rows: int, columns: int | None = None) -> Case:
    """Return the cells of `lattice_case` with unequal weights: an adaptive triangular kernel.

    The eight nearest neighbours of jittered centres, with weight ``1 - distance / distance of the ninth``.
    """
    queen = lattice_case(rows, columns)
    columns = rows if columns is None else columns
    at = np.column_stack(np.divmod(np.arange(queen.n), columns)) + np.random.default_rng(2).uniform(
        -0.3, 0.3, size=(queen.n, 2)
    )
    distance, neighbour = KDTree(at).query(at, k=KERNEL_NEIGHBOURS + 2)
    weight = 1.0 - distance[:, 1:-1] / distance[:, -1:]
    start = np.arange(queen.n + 1) * KERNEL_NEIGHBOURS
    links = sp.csr_array((weight.ravel(), neighbour[:, 1:-1].ravel(), start), shape=(queen.n, queen.n))
    links.sort_indices()
    return Case(queen.name, queen.values, queen.other, links, weights="triangular kernel")
