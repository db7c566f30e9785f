"""Predictors of Goulard, Laurent and Thomas-Agnan (2017), for the regions of a fit and for other regions.

All are for y = S^-1 (trend + u) with S = I - sum rho_j W_j and B u = e, B = I - lambda M: y is normal with mean
S^-1 trend and precision A'A / sigma2, where A = B S. Fixed effects belong to the trend; periods are then independent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as sp
from scipy.sparse.linalg import SuperLU

from spatial_region.errors import InputError, OptionError
from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import factorise
from spatial_region.panel._operators import factorise_filter

Indices = NDArray[np.intp]
InSample = Literal["trend", "TC", "TS", "BP"]
OutOfSample = Literal["trend", "TC", "TS1", "KP5", "BP", "BPW", "BPN", "TC1", "BP1", "BPW1", "BPN1"]


@dataclass(frozen=True)
class SpatialProcess:
    """Dependence between regions.

    Attributes
    ----------
    lag : (N, N) csr_array or None
        sum_j rho_j W_j.
    error : (N, N) csr_array or None
        lambda M.
    """

    lag: sp.csr_array | None
    error: sp.csr_array | None

    @property
    def regions(self) -> int:
        """Number of regions; the process has at least one part."""
        part = self.lag if self.lag is not None else self.error
        if part is None:
            raise InputError("the model has neither W y nor a spatial error; its prediction is the trend.")
        return int(part.shape[0])

    @property
    def neighbours(self) -> sp.csr_array:
        """The matrix that says which regions are neighbours: that of y, or of the errors where y has none."""
        return self.lag if self.lag is not None else self.error

    def root(self) -> sp.csc_array:
        """Return A = B S, of which A'A is the precision times sigma2."""
        eye = sp.eye_array(self.regions, format="csr")
        s = eye if self.lag is None else eye - self.lag
        return sp.csc_array(s if self.error is None else (eye - self.error) @ s)

    def mean(self, trend: Array) -> Array:
        """Return S^-1 trend, (T, N)."""
        if self.lag is None:
            return trend
        factors = factorise_filter(sp.csc_array(sp.eye_array(self.regions, format="csr") - self.lag))
        return _by_region(factors.solve, trend)

    def among(self, regions: Indices, *, restore: bool) -> SpatialProcess:
        """Return the process of some regions alone.

        Parameters
        ----------
        regions : (n,)
        restore : bool
            Scale each row to the sum that it had, as standardising the weights of those regions anew would.
        """
        return SpatialProcess(*(None if m is None else _part(m, regions, restore) for m in (self.lag, self.error)))


def predict_in_sample(kind: InSample, y: Array, trend: Array, process: SpatialProcess) -> Array:
    """Predict the dependent variable of the regions of a fit.

    Parameters
    ----------
    kind : {"trend", "TC", "TS", "BP"}
        ``"trend"``: Z b + effects. ``"TC"``: the mean of y, S^-1 trend. ``"TS"``: trend and signal, y less its
        innovation. ``"BP"``: the expectation of each region given all others of its period.
    y, trend : (T, N)
    process : SpatialProcess

    Returns
    -------
    (T, N) array

    Raises
    ------
    OptionError
        If there is no such predictor.
    InputError
        If the model has no spatial process.
    """
    if kind == "trend":
        return trend
    if kind == "TC":
        return process.mean(trend)
    root = process.root()
    gap = y - process.mean(trend)
    innovation = _by_region(root.__matmul__, gap)
    if kind == "TS":
        return y - innovation
    if kind == "BP":
        # y_i - E(y_i | others) is (Q gap)_i / Q_ii.
        return y - _by_region(root.T.__matmul__, innovation) / _diagonal(root)
    raise OptionError(f"kind={kind!r} is not offered within the sample; choose 'trend', 'TC', 'TS' or 'BP'.")


def predict_out_of_sample(
    kind: OutOfSample, y: Array, trend: Array, process: SpatialProcess, *, sampled: Indices, wanted: Indices
) -> Array:
    """Predict the dependent variable of regions without data.

    Parameters
    ----------
    kind : str
        ``"trend"``, ``"TC"`` (mean of y), ``"TS1"`` (trend + rho W y of neighbours in the sample), ``"KP5"`` (trend +
        lambda M u of those); ``"BP"``: expectation given y of the sample, the best predictor; ``"BPW"``: given
        W y of the wanted regions only; ``"BPN"``: given their neighbours only, by the process of wanted regions and
        neighbours alone. ``"TC1"``, ``"BP1"``, ``"BPW1"``, ``"BPN1"``: each wanted region with the sample, as if there
        were no other, weights restored to their row sums.
    y : (T, n)
        Of the sample.
    trend : (T, N)
        Of all regions.
    process : SpatialProcess
        Of all regions.
    sampled : (n,)
        Places of the regions with data among all regions, in the order of `y`.
    wanted : (m,)
        Places of the others.

    Returns
    -------
    (T, m) array

    Raises
    ------
    OptionError
        If there is no such predictor, or not for this model.
    InputError
        If the model has no spatial process.
    """
    if kind == "trend":
        return trend[:, wanted]
    if kind == "TC":
        return process.mean(trend)[:, wanted]
    if kind in ("TS1", "KP5"):
        matrix, values = (process.lag, y) if kind == "TS1" else (process.error, y - trend[:, sampled])
        if matrix is None:
            missing = "W y" if kind == "TS1" else "a spatial error"
            raise OptionError(f"kind={kind!r} needs a model with {missing}; choose 'BP' or 'TC'.")
        return trend[:, wanted] + _by_region(matrix[wanted][:, sampled].__matmul__, values)
    together = {"BP": _best, "BPW": _given_lags, "BPN": _given_neighbours}
    alone: dict[str, Callable[..., Array]] = {f"{name}1": function for name, function in together.items()}
    alone["TC1"] = partial(predict_out_of_sample, "TC")
    if kind in together:
        return together[kind](y, trend, process, sampled=sampled, wanted=wanted)
    if kind not in alone:
        raise OptionError(
            f"kind={kind!r} is not offered; choose 'trend', 'TC', 'TS1', 'KP5', "
            f"{', '.join(map(repr, [*together, *alone]))}."
        )
    last, n = np.array([len(sampled)]), np.arange(len(sampled))
    columns = []
    for region in wanted:
        places = np.append(sampled, region)
        one = process.among(places, restore=True)
        columns.append(alone[kind](y, trend[:, places], one, sampled=n, wanted=last)[:, 0])
    return np.array(columns).T


def conditional_sd(process: SpatialProcess, *, sigma2: float, wanted: Indices | None = None) -> Array:
    """Return the standard deviations of the errors of ``"BP"``, from the innovations alone.

    Parameters
    ----------
    process : SpatialProcess
    sigma2 : float
    wanted : (m,) or None
        Regions without data; None within the sample, each region given all others.
    """
    root = process.root()
    if wanted is None:
        return np.sqrt(sigma2 / _diagonal(root))
    inverse = _normal(root, wanted).solve(np.eye(len(wanted)))
    return np.sqrt(sigma2 * np.diag(inverse))


def _best(y: Array, trend: Array, process: SpatialProcess, *, sampled: Indices, wanted: Indices) -> Array:
    """E(y_o | y_s) = mean_o - Q_oo^-1 Q_os (y_s - mean_s)."""
    mean, root = process.mean(trend), process.root()
    seen = _by_region(root[:, sampled].__matmul__, y - mean[:, sampled])
    pulled = _by_region(root[:, wanted].T.__matmul__, seen)
    return mean[:, wanted] - _by_region(_normal(root, wanted).solve, pulled)


def _given_lags(y: Array, trend: Array, process: SpatialProcess, *, sampled: Indices, wanted: Indices) -> Array:
    """E(y_o | W_os y_s); regions with the same neighbours make that redundant, which least squares allows for."""
    mean, factors = process.mean(trend), factorise_filter(process.root())
    across = process.neighbours[wanted][:, sampled]
    combinations = np.zeros((process.regions, len(wanted)))
    combinations[sampled] = across.T.toarray()
    spread = factors.solve(factors.solve(combinations, trans="T"))
    gap = across @ (y - mean[:, sampled]).T
    return mean[:, wanted] + (spread[wanted] @ np.linalg.lstsq(combinations.T @ spread, gap, rcond=None)[0]).T


def _given_neighbours(y: Array, trend: Array, process: SpatialProcess, *, sampled: Indices, wanted: Indices) -> Array:
    """The best predictor from the precision that wanted regions and their neighbours would have by themselves."""
    mean = process.mean(trend)
    matrices = [m for m in (process.lag, process.error) if m is not None]
    reached = np.unique(np.concatenate([m[wanted][:, sampled].indices for m in matrices]))
    n = len(reached)
    if n == 0:
        return mean[:, wanted]
    places = np.concatenate([sampled[reached], wanted])
    root = process.among(places, restore=False).root()
    seen = _by_region(root[:, :n].__matmul__, y[:, reached] - mean[:, sampled[reached]])
    pulled = _by_region(root[:, n:].T.__matmul__, seen)
    return mean[:, wanted] - _by_region(_normal(root, np.arange(n, len(places))).solve, pulled)


def _by_region(function: Callable[[Array], Array], values: Array) -> Array:
    """Apply a function of (N, T) arrays to a (T, N) array."""
    return np.ascontiguousarray(function(np.ascontiguousarray(values.T)).T)


def _diagonal(root: sp.csc_array) -> Array:
    return np.asarray(root.power(2).sum(axis=0)).ravel()


def _normal(root: sp.csc_array, regions: Indices) -> SuperLU:
    columns = root[:, regions]
    return factorise(sp.csc_array(columns.T @ columns))


def _part(matrix: sp.csr_array, regions: Indices, restore: bool) -> sp.csr_array:
    part = sp.csr_array(matrix[regions][:, regions])
    if not restore:
        return part
    left, before = np.asarray(part.sum(axis=1)).ravel(), np.asarray(matrix.sum(axis=1)).ravel()[regions]
    share = np.divide(before, left, out=np.zeros_like(left), where=left != 0)
    return sp.csr_array(sp.diags_array(share) @ part)
