"""The weights type: region ids, a sparse matrix in their order, and the recipe that made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp
from scipy.sparse.csgraph import connected_components

from spatial_region.core._algebra import WeightsAlgebra, is_symmetric
from spatial_region.core._libpysal import from_libpysal_graph, from_libpysal_w, to_libpysal_graph, to_libpysal_w
from spatial_region.core._weights_card import make_card, make_histogram
from spatial_region.core._weights_output import WeightsOutput
from spatial_region.core.frozen import FrozenDict
from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import Standardisation, check_option
from spatial_region.core.spec import digest
from spatial_region.errors import AlignmentError, DuplicateError, InputError, MissingValuesError, WeightsError


class RowFacts:
    """Facts of each row of weights, each computed when it is asked for; read-only arrays of shape (n,)."""

    def __init__(self, matrix: sp.csr_array) -> None:
        self._matrix = matrix

    @cached_property
    def own(self) -> np.ndarray:
        """Weight of a region for itself."""
        return _frozen(self._matrix.diagonal())

    @cached_property
    def sums(self) -> np.ndarray:
        """Sum of the weights of a row."""
        return _frozen(self._matrix @ np.ones(self._matrix.shape[0]))

    @cached_property
    def squares(self) -> np.ndarray:
        """Sum of the squared weights of a row."""
        return _frozen(self._matrix.power(2) @ np.ones(self._matrix.shape[0]))

    @cached_property
    def first(self) -> np.ndarray:
        """First weight of a row, 1 for an empty one."""
        first, filled = np.ones(self._matrix.shape[0]), np.diff(self._matrix.indptr) > 0
        first[filled] = self._matrix.data[self._matrix.indptr[:-1][filled]]
        return _frozen(first)

    @cached_property
    def equal(self) -> np.ndarray:
        """Whether all weights of a row are the same."""
        sizes = np.diff(self._matrix.indptr)
        odd = self._matrix.data != np.repeat(self.first, sizes)
        equal = np.ones(len(sizes), dtype=bool)
        if odd.any():
            equal[np.repeat(np.arange(len(sizes)), sizes)[odd]] = False
        return _frozen(equal)


@dataclass(frozen=True, eq=False, repr=False)
class Weights(WeightsAlgebra, WeightsOutput):
    """Spatial weights: who is whose neighbour, and with what weight. Never changes; every verb returns a new one.

    Parameters
    ----------
    ids : pandas.Index
        Region ids, one for each row of `sparse`; unique.
    sparse : scipy.sparse array or matrix, shape (n, n)
        Weight of region j for region i, finite and not negative. A region is not its own neighbour
        unless the recipe says so (kernel weights).
    recipe : Mapping
        How the weights were made: kind, k, km, snap, order and the like.
    names : pandas.Series, optional
        Display name of each region, indexed by id.
    standardisation : {"row", "binary", "none"} or None
        None while nobody has decided; statistics then row-standardise a copy and say so.

    Raises
    ------
    WeightsError
        If the matrix is not square, does not fit `ids`, or has negative or non-finite weights.
    DuplicateError
        If an id occurs twice.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> w = sr.Weights(pd.Index(["a", "b", "c"]), np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]))
    >>> w.n, w.n_links, list(w.islands)
    (3, 2, ['c'])
    """

    ids: pd.Index
    sparse: sp.csr_array
    recipe: Mapping[str, object] = field(default_factory=dict)
    names: pd.Series | None = None
    standardisation: Standardisation | None = None

    def __post_init__(self) -> None:
        ids = pd.Index(self.ids, name="region")
        if ids.has_duplicates:
            raise DuplicateError(
                f"weights need each region once; found twice: {name_some(ids[ids.duplicated()].unique())}."
            )
        if self.standardisation is not None:
            check_option(self.standardisation, Standardisation, "standardisation")
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "sparse", _frozen_csr(_in_order(self.sparse, ids), len(ids)))
        object.__setattr__(self, "recipe", FrozenDict(self.recipe))

    def __setstate__(self, state: Mapping[str, object]) -> None:
        self.__dict__.update(state)
        for part in (self.sparse.data, self.sparse.indices, self.sparse.indptr):
            part.flags.writeable = False  # a copy through pickle comes back writable

    # -- facts ---------------------------------------------------------------------------------------------

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.ids)

    @property
    def n_links(self) -> int:
        """Number of directed links: positive weights, a region's weight for itself left out."""
        return int(self.sparse.nnz - np.count_nonzero(self.rows.own))

    @property
    def cardinalities(self) -> pd.Series:
        """Number of neighbours of each region, itself left out."""
        return pd.Series(self._counts.copy(), index=self.ids, name="cardinality")

    @cached_property
    def _counts(self) -> np.ndarray:
        return (np.diff(self.sparse.indptr) - (self.rows.own != 0)).astype(np.int64)

    @cached_property
    def ids_digest(self) -> str:
        """Short digest of the ids in their order."""
        return digest(self.ids if pd.api.types.is_integer_dtype(self.ids.dtype) else self.ids.astype(str))

    @cached_property
    def rows(self) -> RowFacts:
        """Facts of each row, which moments and tests of statistics need."""
        return RowFacts(self.sparse)

    @cached_property
    def others(self) -> Weights:
        """The weights without those of a region for itself."""
        if not self.rows.own.any():
            return self
        rest = sp.csr_array(self.sparse - sp.diags_array(self.rows.own))
        return replace(self, sparse=rest)

    @property
    def islands(self) -> pd.Index:
        """Ids of the regions without neighbours."""
        return self.ids[self._counts == 0]

    @property
    def components(self) -> pd.Series:
        """Label of the connected component that each region belongs to, counted from 0."""
        return pd.Series(self._labels.copy(), index=self.ids, name="component")

    @cached_property
    def _labels(self) -> np.ndarray:
        return np.asarray(connected_components(self.sparse, directed=False)[1])

    @property
    def n_components(self) -> int:
        """Number of connected components, islands included."""
        return int(self._labels.max()) + 1 if self.n else 0

    @property
    def is_symmetric(self) -> bool:
        """Whether the weight of j for i always equals that of i for j."""
        return self._symmetric

    @cached_property
    def _symmetric(self) -> bool:
        return is_symmetric(self.sparse)

    def histogram(self) -> pd.Series:
        """Return the number of regions with 0, 1, 2 ... neighbours, indexed by the number of neighbours."""
        return make_histogram(self._counts)

    def neighbours(self, region: object) -> pd.Series:
        """Return the weights of one region's neighbours, indexed by their ids.

        Raises
        ------
        AlignmentError
            If the region is not in the weights.
        """
        row = self._positions([region])[0]
        start, stop = self.sparse.indptr[row], self.sparse.indptr[row + 1]
        return pd.Series(
            self.sparse.data[start:stop].copy(),
            index=self.ids[self.sparse.indices[start:stop]],
            name="weight",
        )

    # -- verbs ---------------------------------------------------------------------------------------------

    def standardise(self, standardisation: Standardisation = "row") -> Weights:
        """Return the weights so that each row sums to 1 (`row`; islands stay 0), or each weight is 1 (`binary`).

        With ``"none"`` the weights stay as they are, and statistics use them so instead of row-standardising a copy.

        Raises
        ------
        OptionError
            If the standardisation is not offered.
        """
        check_option(standardisation, Standardisation, "standardisation")
        if standardisation == "row":
            return self._row_standardised
        if standardisation == "none":
            return replace(self, standardisation="none")
        matrix = self.sparse.copy()
        matrix.data = np.ones_like(matrix.data)
        return replace(self, sparse=matrix, standardisation=standardisation)

    @cached_property
    def _row_standardised(self) -> Weights:
        matrix = self.sparse.copy()
        matrix.data = matrix.data / np.repeat(self.rows.sums, np.diff(matrix.indptr))
        return replace(self, sparse=matrix, standardisation="row")

    @cached_property
    def sorted_by_id(self) -> tuple[Weights, np.ndarray]:
        """The same weights with the ids in order, numbers by size and others by their text; and where each stood."""
        numbers = pd.api.types.is_integer_dtype(self.ids.dtype)
        keys = self.ids if numbers else self.ids.astype(str)
        if keys.is_monotonic_increasing:
            return self, np.arange(self.n)
        order = np.argsort(np.asarray(keys, dtype=None if numbers else object), kind="stable")
        return replace(self, ids=self.ids[order], sparse=self.sparse[order][:, order]), order

    def subset(self, ids: Iterable[object]) -> Weights:
        """Return the weights among some regions, in the order given; row-standardised weights are so again.

        Raises
        ------
        AlignmentError
            If a region is not in the weights.
        """
        wanted = as_index(ids)
        rows = self._positions(wanted)
        part = replace(self, ids=wanted, sparse=self.sparse[rows][:, rows])
        whole = len(wanted) == self.n
        return part.standardise("row") if self.standardisation == "row" and not whole else part

    def reorder(self, ids: Iterable[object]) -> Weights:
        """Return the same weights with the regions in the order of `ids`.

        Raises
        ------
        AlignmentError
            If the regions are not the same; both sides are named.
        """
        wanted = as_index(ids)
        if self.ids.equals(wanted):
            return self
        check_same_regions(wanted, self.ids, left="the data", right="w", names=self.names)
        return self.subset(wanted)

    def lag(self, values: pd.Series) -> pd.Series:
        """Return the spatial lag W y of labelled values, aligned by label; an island's lag is missing.

        Raises
        ------
        InputError
            If `values` carries no labels.
        AlignmentError
            If its regions are not those of the weights.
        MissingValuesError
            If a value is missing.
        """
        if not isinstance(values, pd.Series):
            raise InputError("w.lag needs a pandas Series indexed by region, so that no order is guessed.")
        check_same_regions(values.index, self.ids, left="values", right="w", names=self.names)
        aligned = values.reindex(self.ids).astype(float)
        if aligned.isna().any():
            missing = aligned.index[aligned.isna()]
            raise MissingValuesError(
                f"values are missing for {len(missing)} of {self.n} regions: {name_regions(missing, self.names)}."
            )
        lagged = pd.Series(self.sparse @ aligned.to_numpy(), index=self.ids, name=f"W_{values.name}")
        return lagged.mask(self.cardinalities == 0).reindex(values.index)

    def _aligned(self, other: object) -> Weights:
        """Return other weights in the order of these."""
        w = as_weights(other)
        check_same_regions(w.ids, self.ids, left="the other weights", right="these", names=self.names)
        return w.reorder(self.ids)

    def _positions(self, ids: Iterable[object]) -> np.ndarray:
        wanted = as_index(ids)
        rows = self.ids.get_indexer(wanted)
        if (rows < 0).any():
            raise AlignmentError(f"not in the weights: {name_some(wanted[rows < 0])}.")
        return rows

    # -- to and from libpysal ------------------------------------------------------------------------------

    def to_graph(self) -> Any:
        """Return a `libpysal.graph.Graph` with the same regions, links and weights; islands are kept."""
        return to_libpysal_graph(self.ids, self.sparse, self.standardisation)

    def to_w(self) -> Any:
        """Return a `libpysal.weights.W` with the same regions, links and weights."""
        return to_libpysal_w(self.ids, self.sparse)

    @classmethod
    def from_graph(cls, graph: Any) -> Weights:
        """Return weights from a `libpysal.graph.Graph`."""
        ids, matrix, decided = from_libpysal_graph(graph)
        return cls(ids, matrix, {"kind": "libpysal.graph.Graph"}, standardisation=decided)

    @classmethod
    def from_w(cls, w: Any) -> Weights:
        """Return weights from a `libpysal.weights.W`."""
        ids, matrix, decided = from_libpysal_w(w)
        return cls(ids, matrix, {"kind": "libpysal.weights.W"}, standardisation=decided)

    # -- card ----------------------------------------------------------------------------------------------

    def card(self) -> pd.Series:
        """Return the facts of the weights: regions, links, neighbours, symmetry, components, islands, recipe.

        Components are listed by size, those of five regions or fewer with their regions.
        """
        return make_card(self)

    def __repr__(self) -> str:
        facts = self.card()
        width = max(len(label) for label in facts.index)
        return "\n".join(["Spatial weights", *(f"  {key:<{width}}  {value}" for key, value in facts.items())])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(k)}</th><td>{escape(str(v))}</td></tr>" for k, v in self.card().items())
        return f"<table><caption>Spatial weights</caption>{rows}</table>"


def as_index(ids: Iterable[object]) -> pd.Index:
    """Return ids as an index named ``region``."""
    return (ids if isinstance(ids, pd.Index) else pd.Index(list(ids))).rename("region")


def as_weights(w: object) -> Weights:
    """Return `w` as `Weights`, whether it came from this package or from libpysal.

    Raises
    ------
    InputError
        If it is none of `Weights`, `libpysal.graph.Graph` and `libpysal.weights.W`.
    """
    if isinstance(w, Weights):
        return w
    converters: dict[str, Callable[[Any], Weights]] = {"Graph": Weights.from_graph, "W": Weights.from_w}
    for kind in type(w).__mro__:
        if kind.__module__.startswith("libpysal.") and kind.__name__ in converters:
            return converters[kind.__name__](w)
    advice = " Of weights by time take those of one: w.at(time)." if isinstance(w, Mapping) else ""
    raise InputError(
        f"w must be spatial_region.Weights, libpysal.graph.Graph or libpysal.weights.W; "
        f"found {type(w).__name__}.{advice}"
    )


def check_same_regions(
    left_ids: pd.Index, right_ids: pd.Index, *, left: str, right: str, names: pd.Series | None = None
) -> None:
    """Refuse two sets of labels that differ, naming what stands on one side only.

    Raises
    ------
    DuplicateError
        If a label occurs twice on the left.
    AlignmentError
        If the sets differ.
    """
    if left_ids.has_duplicates:
        raise DuplicateError(f"{left}: found twice: {name_some(left_ids[left_ids.duplicated()].unique())}.")
    if left_ids.equals(right_ids):
        return
    only_left, only_right = left_ids.difference(right_ids), right_ids.difference(left_ids)
    if len(only_left) == 0 and len(only_right) == 0:
        return
    parts = [
        f"{len(only)} only in {side}: {name_regions(only, names)}"
        for side, only in ((left, only_left), (right, only_right))
        if len(only)
    ]
    kinds = {pd.api.types.infer_dtype(left_ids), pd.api.types.infer_dtype(right_ids)}
    hint = " One side has text labels and the other numbers." if len(kinds) > 1 else ""
    raise AlignmentError(
        f"{left} ({len(left_ids)} regions) and {right} ({len(right_ids)} regions) differ; {'; '.join(parts)}.{hint} "
        f"Build w from the same study, or take a part with w.subset(ids) or study.select(ids)."
    )


def _in_order(matrix: Any, ids: pd.Index) -> Any:
    """Return a labelled matrix in the order of the ids; any other as it is, in whose order the ids then are."""
    if not isinstance(matrix, pd.DataFrame):
        return matrix
    for side, labels in (("rows", matrix.index), ("columns", matrix.columns)):
        check_same_regions(labels, ids, left=f"{side} of the matrix", right="ids")
    return matrix.reindex(index=ids, columns=ids).to_numpy(dtype=float)


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def _frozen_csr(matrix: Any, n: int) -> sp.csr_array:
    """Return a sorted, read-only CSR copy without explicit zeros, after checking it."""
    if not sp.issparse(matrix) and np.ndim(matrix) != 2:
        raise WeightsError(f"weights need a square matrix; found {type(matrix).__name__}.")
    csr = sp.csr_array(matrix, dtype=np.float64, copy=True)
    if csr.shape != (n, n):
        raise WeightsError(f"weights of {n} regions need a {n} x {n} matrix; found {csr.shape[0]} x {csr.shape[1]}.")
    csr.sum_duplicates()
    if not np.isfinite(csr.data).all():
        raise WeightsError("weights must be finite; found NaN or infinity.")
    if (csr.data < 0).any():
        raise WeightsError(f"weights must not be negative; the smallest found is {csr.data.min():g}.")
    csr.eliminate_zeros()
    csr.sort_indices()
    for part in (csr.data, csr.indices, csr.indptr):
        part.flags.writeable = False
    return csr
