r"""Spatially constrained draws: Moran spectral randomisation by random signs.

Let :math:`V` hold the eigenvectors of :math:`H \frac{W + W'}{2} H`, :math:`H` the centring matrix, without the constant
one. A draw is :math:`y^* = \bar y + V S V' y`, :math:`S` diagonal with independent signs: the "singleton" procedure of
Wagner and Dray (2015). Mean, variance and Moran's I of :math:`y^*` are those of :math:`y` exactly, as is the share of
variance of every eigenvector, and so the autocorrelation at all scales.

Under Gaussian errors whose covariance is a function of that matrix (beside the constant), signs leave the distribution
of :math:`y` as it is, whatever the strata: the test is then exact. Otherwise it is as good as these eigenvectors
diagonalise the covariance; with the weights of a row-standardised process, or an exponential covariance, it still has
its level. A linear trend over the whole map is no such process, and is allowed for in part only.

*Power* is the price. Strata that are compact zones look like the few broad patterns that they are made of, and a
change of signs leaves much of what they explain; strata that lie scattered over the map keep their power.

*Repeated eigenvalues* (lattices; two regions with the same neighbours; islands, all of which have the eigenvalue zero)
leave the eigenvectors open. Signs are right for any choice of them, since the errors have one variance in all
directions of that space; the choice here is fixed by the order of the regions in `w`, not by the routine that computes
them. Two such regions exchange their values or keep them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.linalg
import scipy.sparse

from spatial_region.geodetector._draws import BoundDraws, rows_by_region
from spatial_region.geodetector._shuffle import random_signs, scattered_numbers

MOST_REGIONS = 4_000  # whose eigenvectors are computed: 16 million numbers, and about a minute
_REPEATED = 1e-9  # eigenvalues this close, relative to the largest, count as equal


@dataclass(frozen=True, eq=False)
class SpatialModes:
    """Spatial patterns of all scales, orthonormal and each of mean zero.

    Attributes
    ----------
    vectors : numpy.ndarray, shape (n, n - 1)
        Eigenvectors of the doubly centred, symmetrised weights, without the constant one.
    values : numpy.ndarray, shape (n - 1,)
        Their eigenvalues, descending: Moran's I of each pattern but for a factor of all.
    """

    vectors: np.ndarray
    values: np.ndarray


def spatial_modes(w: scipy.sparse.sparray | np.ndarray) -> SpatialModes:
    """Return the modes of spatial weights, shape (n, n), n at most `MOST_REGIONS`."""
    dense = np.asarray(w, dtype=np.float64) if isinstance(w, np.ndarray) else w.toarray()
    n = len(dense)
    # The unit of weights is free, and theirs may be tiny (a distance squared in metres) beside the 1 added below.
    unit = float(np.ldexp(1.0, int(np.frexp(np.abs(dense).max(initial=0.0))[1])))
    dense = dense / unit
    symmetric = (dense + dense.T) / 2
    centred = symmetric - symmetric.mean(axis=0)
    centred -= centred.mean(axis=1)[:, None]
    centred = (centred + centred.T) / 2
    # The constant gets an eigenvalue above all others, apart from the islands' zero.
    beyond = 2 * max(float(np.abs(centred).sum(axis=1).max()), 1.0)
    values, vectors = scipy.linalg.eigh(centred + beyond / n, overwrite_a=True, check_finite=False)
    values, vectors = values[-2::-1], vectors[:, -2::-1]
    vectors = vectors - vectors.mean(axis=0)
    scale = max(float(np.abs(values).max(initial=0.0)), np.finfo(float).tiny)
    return SpatialModes(_settled(vectors, values, _REPEATED * scale), values * unit)


def _settled(vectors: np.ndarray, values: np.ndarray, tolerance: float) -> np.ndarray:
    """Return eigenvectors chosen by the order of regions where eigenvalues repeat.

    Within such a space they are the axes of a diagonal matrix with a number of its own for each place in that order.
    The numbers look random: evenly spaced ones share symmetries with lattices, and would leave axes open.
    """
    settled = vectors.copy()
    place = scattered_numbers(len(vectors))
    starts = np.concatenate(([0], np.flatnonzero(-np.diff(values) > tolerance) + 1, [len(values)]))
    for begin, end in pairwise(starts):
        if end - begin > 1:
            space = vectors[:, begin:end]
            _, turn = scipy.linalg.eigh(space.T @ (place[:, None] * space))
            settled[:, begin:end] = space @ turn
    return settled


@dataclass(frozen=True, eq=False)
class SpatialSigns:
    """Random signs of spatial modes; in a balanced panel the same at all times, which keeps serial correlation too.

    Attributes
    ----------
    modes : SpatialModes
        Of the weights among the regions.
    regions, times : numpy.ndarray of int, shape (n,)
        Region 0 .. R-1, in the order of the weights, and time 0 .. T-1 of each row; each combination occurs once
        (see `balance`). One cross-section has the one time 0.
    """

    modes: SpatialModes
    regions: np.ndarray
    times: np.ndarray

    def bind(self, y: np.ndarray, ties: Sequence[np.ndarray], seed: int) -> BoundDraws:
        """Return the draws for the outcome `y`, shape (n,)."""
        rows = rows_by_region(self.regions, self.times).T
        values = y[rows]
        means = values.mean(axis=1, keepdims=True)
        vectors, number = self.modes.vectors, np.uint64(seed)
        coefficients = (values - means) @ vectors

        def fill(first: int, out: np.ndarray) -> None:
            signs = random_signs(number, first, len(out), coefficients.shape[1])
            turned = (signs[:, None, :] * coefficients).reshape(-1, coefficients.shape[1]) @ vectors.T
            out[:] = (turned.reshape(len(out), *values.shape) + means).reshape(out.shape)

        return BoundDraws(rows.ravel(), values.ravel(), fill)
