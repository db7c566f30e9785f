"""Traces of products of G_j = W_j S^-1 and H = M B^-1, with S = I - sum rho_j W_j and B = I - lambda M."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp
from scipy.sparse.linalg import SuperLU

from spatial_region.core.seeds import DEFAULT_SEED, generator
from spatial_region.panel._blocks import Array
from spatial_region.panel._operators import Operators, factorise_filter, joint_groups

# Up to this number of regions traces are exact, by solving for each region; beyond, they are means over random signs.
_MOST_EXACT = 5000
_PROBES = 500
_CHUNK = 256


@dataclass(frozen=True)
class GeneralTraces:
    """Sums over periods, for the processes (G_1 .. G_p, H) that the model has, in the space of the innovations.

    There G_j becomes B G_j B^-1, which is G_j where M is the only W.

    Attributes
    ----------
    first : (q,)
        tr G_j, tr H.
    inner, outer : (q, q)
        tr(G_i G_j) and tr(G_i' G_j).
    """

    first: Array
    inner: Array
    outer: Array


def compute_general_traces(
    lags: Operators | None,
    error: Operators | None,
    *,
    rho: Array,
    lam: float,
    drop_period: bool = False,
    without_unit_root: bool = False,
) -> GeneralTraces:
    """Return the traces, of the whole matrices or of their part orthogonal to the unit vector.

    Parameters
    ----------
    lags, error : Operators or None
        None for a process that the model does not have.
    rho : (p,)
    lam : float
    drop_period : bool
        Lee-Yu with region effects: T - 1 periods count.
    without_unit_root : bool
        Lee-Yu with time effects: the traces of F' G F, where F spans the complement of the unit vector.
    """
    q = (lags.count if lags is not None else 0) + (error is not None)
    sums = np.zeros((1 + 2 * q, q))
    for period, count in joint_groups(lags, error):
        step = _Period(lags, error, period, rho, lam)
        for probes in _probes(step.regions):
            z = probes - probes.mean(axis=0) if without_unit_root else probes
            right, left = step.forward(z), step.backward(z)
            if without_unit_root:
                right, left = right - right.mean(axis=1, keepdims=True), left - left.mean(axis=1, keepdims=True)
            flat, flat_left = right.reshape(q, -1), left.reshape(q, -1)
            sums += (count - drop_period) * np.vstack([flat @ z.ravel(), flat_left @ flat.T, flat @ flat.T])
    inner = sums[1 : 1 + q]
    return GeneralTraces(sums[0], (inner + inner.T) / 2, sums[1 + q :])


class _Period:
    """Products of the matrices of one period with vectors."""

    def __init__(self, lags: Operators | None, error: Operators | None, period: int, rho: Array, lam: float) -> None:
        self.weights: list[sp.csr_array] = lags.at(period) if lags is not None else []
        self.regions = (lags or error).regions  # type: ignore[union-attr]
        self.s: SuperLU | None = factorise_filter(lags.filter(period, rho)) if lags is not None else None
        self.m: sp.csr_array | None = None
        self.b: sp.csc_array | None = None
        self.b_factors: SuperLU | None = None
        if error is not None:
            self.m = error.at(period)[0]
            self.b = error.filter(period, np.array([lam]))
            self.b_factors = factorise_filter(self.b)

    def forward(self, z: Array) -> Array:
        """Return B G_j B^-1 z for each j, then H z."""
        eased = self.b_factors.solve(z) if self.b_factors is not None else z
        results = []
        if self.s is not None:
            solved = self.s.solve(eased)
            results = [w @ solved for w in self.weights]
            results = [self.b @ one for one in results] if self.b is not None else results
        if self.m is not None:
            results.append(self.m @ eased)
        return np.array(results)

    def backward(self, z: Array) -> Array:
        """Return (B G_j B^-1)' z for each j, then H' z."""
        results = []
        if self.s is not None:
            pulled = self.b.T @ z if self.b is not None else z
            results = [self.s.solve(np.ascontiguousarray(w.T @ pulled), trans="T") for w in self.weights]
            if self.b_factors is not None:
                results = [self.b_factors.solve(one, trans="T") for one in results]
        if self.m is not None and self.b_factors is not None:
            results.append(self.b_factors.solve(np.ascontiguousarray(self.m.T @ z), trans="T"))
        return np.array(results)


def _probes(n: int) -> Iterator[Array]:
    """Yield columns whose outer products sum to I: its own columns, or random signs for which that holds on average."""
    if n <= _MOST_EXACT:
        for start in range(0, n, _CHUNK):
            stop = min(start + _CHUNK, n)
            block = np.zeros((n, stop - start))
            block[np.arange(start, stop), np.arange(stop - start)] = 1.0
            yield block
        return
    random = generator(DEFAULT_SEED, "panel", "general traces")
    for start in range(0, _PROBES, _CHUNK):
        size = min(_CHUNK, _PROBES - start)
        yield (2.0 * random.integers(0, 2, size=(n, size)) - 1) / np.sqrt(_PROBES)
