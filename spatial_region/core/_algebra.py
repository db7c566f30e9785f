"""Algebra of weights: sets of links, products, powers, and the two directions of a link.

The kernels take sparse matrices in one order and return new ones; `WeightsAlgebra` gives them to `Weights` as methods
that align by label and record what was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.options import Standardisation, Symmetry, check_option, check_whole_number

if TYPE_CHECKING:
    from spatial_region.core.weights import Weights


class WeightsAlgebra:
    """Methods that make weights from weights. The regions of both must be the same, in whatever order."""

    if TYPE_CHECKING:
        ids: pd.Index
        sparse: sp.csr_array
        recipe: Mapping[str, object]
        names: pd.Series | None
        standardisation: Standardisation | None

        def _aligned(self, other: object) -> Weights: ...

    def union(self, other: object) -> Weights:
        """Return weights of 1 for the links in either of the two.

        This and the other set operations look at links only, whatever their weights: the result is binary and
        not yet standardised.

        Raises
        ------
        AlignmentError
            If the regions differ.
        InputError
            If `other` is no weights.
        """
        other = self._aligned(other)
        return self._made("union", union(self.sparse, other.sparse), other=other)

    def intersection(self, other: object) -> Weights:
        """Return weights of 1 for the links in both.

        Raises
        ------
        AlignmentError
            If the regions differ.
        InputError
            If `other` is no weights.
        """
        other = self._aligned(other)
        return self._made("intersection", intersection(self.sparse, other.sparse), other=other)

    def difference(self, other: object) -> Weights:
        """Return weights of 1 for the links in these and not in the other.

        Raises
        ------
        AlignmentError
            If the regions differ.
        InputError
            If `other` is no weights.
        """
        other = self._aligned(other)
        return self._made("difference", difference(self.sparse, other.sparse), other=other)

    def symmetric_difference(self, other: object) -> Weights:
        """Return weights of 1 for the links in one of the two and not in both.

        Raises
        ------
        AlignmentError
            If the regions differ.
        InputError
            If `other` is no weights.
        """
        other = self._aligned(other)
        matrix = union(difference(self.sparse, other.sparse), difference(other.sparse, self.sparse))
        return self._made("symmetric_difference", matrix, other=other)

    def product(self, other: object) -> Weights:
        """Return ``w_ij v_ij``, element by element, of the weights as they stand, not yet standardised.

        With contiguity on one side and economic distance on the other, neighbours weigh more the more alike their
        economies are, and regions that do not touch weigh nothing.

        Raises
        ------
        AlignmentError
            If the regions differ.
        InputError
            If `other` is no weights.
        """
        other = self._aligned(other)
        return self._made("product", sp.csr_array(self.sparse.multiply(other.sparse)), other=other)

    def higher_order(self, order: int, *, cumulative: bool = False) -> Weights:
        """Return weights of 1 for regions that are `order` steps away, counted along the shortest way.

        Parameters
        ----------
        order : int
            2 for neighbours of neighbours, and so on; 1 gives the links as they are. One-way links are walked from
            a region to its neighbours.
        cumulative : bool
            Whether regions that are fewer steps away count too.

        Raises
        ------
        InputError
            If `order` is not a whole number of at least 1.
        """
        check_whole_number(order, "order", least=1)
        matrix = higher_order(self.sparse, order, cumulative=cumulative)
        return self._made("higher_order", matrix, order=order, cumulative=cumulative)

    def transpose(self) -> Weights:
        """Return the weights with each link turned round: the weight of i for j becomes that of j for i.

        Rows that summed to 1 become columns that do; such weights are then used as they are.
        """
        chosen: Standardisation | None = "none" if self.standardisation == "row" else self.standardisation
        return replace(self._made("transpose", sp.csr_array(self.sparse.T)), standardisation=chosen)

    def symmetrise(self, rule: Symmetry = "max") -> Weights:
        """Return symmetric weights.

        Parameters
        ----------
        rule : {"max", "min", "mean"}
            Of the weights of i for j and of j for i, both take the larger (for nearest neighbours: either names
            the other), the smaller (each names the other), or the mean.

        Raises
        ------
        OptionError
            If the rule is not offered.
        """
        check_option(rule, Symmetry, "rule")
        keeps = self.standardisation is None or (self.standardisation == "binary" and rule != "mean")
        chosen: Standardisation | None = self.standardisation if keeps else "none"
        return replace(self._made("symmetrise", symmetrise(self.sparse, rule), rule=rule), standardisation=chosen)

    def _made(self, kind: str, matrix: Any, *, other: Weights | None = None, **options: object) -> Weights:
        """Return weights of the same regions by another matrix, the recipe naming those that it was made of."""
        mine = cast("Weights", self)
        of = {"of": describe(mine)} if other is None else {"first": describe(mine), "second": describe(other)}
        names = mine.names if mine.names is not None or other is None else other.names
        return replace(mine, sparse=matrix, recipe={"kind": kind, **options, **of}, names=names, standardisation=None)


def describe(w: Weights) -> str:
    """Return the recipe of weights in one line: ``queen (order=1, islands=keep)``, and how they were standardised."""
    kind = str(w.recipe.get("kind", "given"))
    options = [f"{key}={value}" for key, value in w.recipe.items() if key != "kind"]
    if w.standardisation:
        options.append(f"standardisation={w.standardisation}")
    return f"{kind} ({', '.join(options)})" if options else kind


def pattern(matrix: sp.csr_array) -> sp.csr_array:
    """Return a 1 for each link."""
    ones = sp.csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)
    ones.has_canonical_format = True  # as Weights guarantees; scipy would look through every row
    return ones


def union(first: sp.csr_array, second: sp.csr_array) -> sp.csr_array:
    """Return a 1 for each link in either matrix."""
    return sp.csr_array(pattern(first).maximum(pattern(second)))


def intersection(first: sp.csr_array, second: sp.csr_array) -> sp.csr_array:
    """Return a 1 for each link in both matrices."""
    return sp.csr_array(pattern(first).multiply(pattern(second)))


def difference(first: sp.csr_array, second: sp.csr_array) -> sp.csr_array:
    """Return a 1 for each link in the first matrix and not in the second."""
    left = sp.csr_array(pattern(first) - intersection(first, second))
    left.eliminate_zeros()
    return left


def higher_order(matrix: sp.csr_array, order: int, *, cumulative: bool) -> sp.csr_array:
    """Return a 1 for each pair whose shortest path has `order` steps, or at most so many."""
    step = pattern(matrix)
    reached = sp.eye_array(matrix.shape[0], format="csr", dtype=np.float64)
    shell = reached
    for _ in range(order):
        ahead = sp.csr_array(shell @ step)
        ahead.sort_indices()
        shell = difference(ahead, reached)
        if shell.nnz == 0:
            break  # nobody is farther away
        reached = sp.csr_array(reached + shell)
    if not cumulative:
        return shell
    return difference(reached, sp.eye_array(matrix.shape[0], format="csr", dtype=np.float64))


def symmetrise(matrix: sp.csr_array, rule: Symmetry) -> sp.csr_array:
    """Return the larger, the smaller or the mean of the matrix and its transpose, element by element."""
    turned = sp.csr_array(matrix.T)
    if rule == "mean":
        return sp.csr_array((matrix + turned) / 2)
    return sp.csr_array(matrix.maximum(turned) if rule == "max" else matrix.minimum(turned))


def is_symmetric(matrix: sp.csr_array) -> bool:
    """Whether a matrix with sorted rows equals its transpose."""
    turned = sp.csr_array(matrix.T)
    turned.sort_indices()
    return all(
        np.array_equal(mine, other)
        for mine, other in (
            (matrix.indptr, turned.indptr),
            (matrix.indices, turned.indices),
            (matrix.data, turned.data),
        )
    )
