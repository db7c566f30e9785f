"""Instruments of spatial models: spatial lags of the exogenous variables, and an orthonormal basis of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.errors import IdentificationError
from spatial_region.panel._blocks import Array, spatial_lag

# Share of a column's length that must be new, beside all columns before it. W3 X of a smooth variable is nearly a
# combination of X, W X and W2 X, and still tells something, so that only rounding is dropped.
_NOTHING_NEW = 1e-9


@dataclass(frozen=True)
class Basis:
    """Orthonormal columns that span all instruments.

    Attributes
    ----------
    q : (n, L)
    kept : (L,) of int
        Places of the columns that bring something new, in the order given.
    """

    q: Array
    kept: tuple[int, ...]

    def project(self, values: Array) -> Array:
        """Return the part of `values` (n, m) that the instruments explain."""
        return self.q @ (self.q.T @ values)

    def annihilate(self, values: Array) -> Array:
        """Return what is left of `values` (n, m)."""
        return values - self.project(values)


def spatial_instruments(
    z: Array,
    weights: Sequence[sp.csr_array],
    *,
    orders: int = 2,
    outside: Array | None = None,
    lag_outside: bool = False,
    error: sp.csr_array | None = None,
) -> Array:
    """Return the instruments [Z, W Z, ..., W^orders Z] for all weights, and those from outside (T, N, m).

    With Z = [X, W X] these are X to W^(orders + 1) X. With an error process of weights M that are not among `weights`,
    the lags M H of all these columns are added: the best instruments are the filtered ones, (I - lambda M) H.

    Parameters
    ----------
    z : (T, N, k)
        Exogenous regressors with those spatial lags of them that the model contains.
    weights : sequence of (N, N)
        Those of the lags of the dependent variable.
    orders : int
        Highest power of W.
    outside : (T, N, q), optional
        Instruments that are no regressors.
    lag_outside : bool
        Whether the spatial lags of the outside instruments are instruments too.
    error : (N, N), optional
        Weights of the error process, if they are not among `weights`.

    Notes
    -----
    Kelejian and Prucha (1998), doi:10.1023/A:1007707430416; (2010), doi:10.1016/j.jeconom.2009.10.025.
    """
    own = [z] if outside is None else [z, outside]
    lagged = [z] if outside is None or not lag_outside else [z, outside]
    parts = [*own]
    for w in weights:
        power = np.concatenate(lagged, axis=2)
        for _ in range(orders):
            power = spatial_lag(w, power)
            parts.append(power)
    every = np.concatenate(parts, axis=2)
    if error is None or any(error is w for w in weights):
        return every
    return np.concatenate([every, spatial_lag(error, every)], axis=2)


def orthonormal(columns: Array, *, must: int = 0) -> Basis:
    """Return an orthonormal basis of the columns (n, m), without those that repeat the others.

    Gram and Schmidt's steps, each done twice, keep the columns in their order: the first of several that say the
    same stays.

    Parameters
    ----------
    columns : (n, m)
    must : int
        The first so many are regressors, and must all be kept.

    Raises
    ------
    IdentificationError
        If one of the first `must` columns is a combination of those before it.
    """
    q = np.empty(columns.shape, order="F")
    kept: list[int] = []
    for place in range(columns.shape[1]):
        size = float(np.linalg.norm(columns[:, place]))
        new = columns[:, place] / size if size > 0 else columns[:, place]
        before = q[:, : len(kept)]
        for _ in range(2):
            new = new - before @ (before.T @ new)
        left = float(np.linalg.norm(new))
        if left > _NOTHING_NEW:
            q[:, len(kept)] = new / left
            kept.append(place)
        elif place < must:
            raise IdentificationError(
                f"exogenous regressor {place + 1} of {must} is zero or a linear combination of those before it, after "
                f"the effects are removed and the errors filtered; its coefficient is not identified. Leave it out."
            )
    return Basis(q[:, : len(kept)], tuple(kept))
