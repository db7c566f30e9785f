"""Diagonal of G = W (I - rho W)^-1: exact by solves in batches, or estimated with random signs for many regions."""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, spatial_lag
from spatial_region.panel._determinant import factorise
from spatial_region.panel._information import inverse_apply

# Up to this number of regions N solves are cheap; their right-hand sides are taken so many at a time.
MOST_EXACT = 3000
_BATCH = 250
# Vectors of signs of each of the two independent estimates.
_SIGNS = 32
_SEED = 20041


def multiplier_diagonals(w: sp.csr_array, value: float, key: Array) -> tuple[Array, Array]:
    """Return two estimates (N,) of the diagonal of G, whose errors are independent, so that products are unbiased.

    Up to 3,000 regions both are exact. Beyond, G = W + rho W W + rho^2 W G W: the first two diagonals are exact, and
    that of the last is the mean of s * (W G W s) over vectors s of random signs (Hutchinson 1990,
    doi:10.1080/03610919008812866; Bekas, Kokiopoulou & Saad 2007, doi:10.1016/j.apnum.2007.01.003).

    Parameters
    ----------
    w : (N, N)
    value : float
        rho, or lambda.
    key : (N,)
        Some number of each region, by whose rank it gets its signs: they do not depend on the order of regions.
    """
    n = w.shape[0]
    if n <= MOST_EXACT:
        exact = _exact(w, value)
        return exact, exact
    known = w.diagonal() + value * np.asarray(w.multiply(w.T).sum(axis=1)).ravel()
    rank = np.empty(n, dtype=np.intp)
    rank[np.argsort(key, kind="stable")] = np.arange(n)
    random = np.random.default_rng(_SEED)
    signs = random.choice([-1.0, 1.0], size=(2 * _SIGNS, n))[:, rank]
    pushed = _lag(w, inverse_apply(w, value, _lag(w, _lag(w, signs))))
    first, second = (signs * pushed).reshape(2, _SIGNS, n).mean(axis=1)
    return known + value**2 * first, known + value**2 * second


def _exact(w: sp.csr_array, value: float) -> Array:
    n = w.shape[0]
    factors = factorise(sp.eye_array(n, format="csc") - value * sp.csc_array(w))
    columns = sp.csc_array(w)
    diagonal = np.empty(n)
    for start in range(0, n, _BATCH):
        some = np.arange(start, min(start + _BATCH, n))
        solved = factors.solve(columns[:, some].toarray())
        diagonal[some] = solved[some, np.arange(len(some))]
    return diagonal


def _lag(w: sp.csr_array, rows: Array) -> Array:
    return spatial_lag(w, rows[:, :, None])[:, :, 0]
