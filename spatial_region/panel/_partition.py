"""Impacts by order of neighbours: what comes from a region itself, from neighbours, from their neighbours ..."""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array

# Up to this number of regions powers of W are formed whole, and their traces are exact.
_MOST_WHOLE = 2_000
_PROBES = 400
_SEED = 20_090_120


def partitioned_impacts(beta: Array, theta: Array, rho: float, w: sp.csr_array, *, orders: int) -> Array:
    """Return the parts of average impacts that each power of W carries.

    (I - rho W)^-1 (beta I + theta W) = beta I + sum over q >= 1 of (rho^q beta + rho^(q-1) theta) W^q; the direct part
    of order q is its coefficient times tr(W^q) / N, the total one its coefficient times 1'W^q 1 / N.

    Parameters
    ----------
    beta, theta : (k,)
    rho : float
    w : (N, N)
    orders : int
        Highest power of W.

    Returns
    -------
    (orders + 1, 3, k) array
        Direct, indirect and total impacts by order.

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics, section 2.7. doi:10.1201/9781420064254.
    """
    n = w.shape[0]
    own = np.array([float(n), *_traces(w, orders)]) / n
    sums = [1.0]
    reached: Array = np.ones(n)
    for _ in range(orders):
        reached = w @ reached
        sums.append(float(reached.sum() / n))
    q = np.arange(orders + 1)
    coefficients = rho ** q[:, None] * beta
    coefficients[1:] += rho ** q[:-1, None] * theta
    direct, total = coefficients * own[:, None], coefficients * np.array(sums)[:, None]
    return np.stack([direct, total - direct, total], axis=1)


def _traces(w: sp.csr_array, orders: int) -> list[float]:
    """Return tr W, tr W^2 ...: exact for few regions and low orders, else from random signs (relative error 0.1 %)."""
    n = w.shape[0]
    exact = [float(w.trace()), float((w * w.T).sum())][:orders]
    if orders <= 2:
        return exact
    if n <= _MOST_WHOLE:
        power: Array = (w @ w).toarray()
        found = list(exact)
        for _ in range(orders - 2):
            power = w @ power
            found.append(float(np.trace(power)))
        return found
    signs = np.random.default_rng(_SEED).choice([-1.0, 1.0], size=(n, _PROBES))
    block = w @ (w @ signs)
    found = list(exact)
    for _ in range(orders - 2):
        block = w @ block
        found.append(float((signs * block).sum() / _PROBES))
    return found
