"""Traces of products of G = W (I - rho W)^-1 and H = W (I - lambda W)^-1, exact, one block of columns at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import factorise

_BLOCK = 512


@dataclass(frozen=True)
class Traces:
    """Traces of G, H and their products; `outer` is with one factor transposed.

    Attributes
    ----------
    g, h : float
        tr G, tr H.
    gg, gh, hh : float
        tr(G G), tr(G H), tr(H H).
    outer_gg, outer_gh, outer_hh : float
        tr(G' G), tr(G' H), tr(H' H).
    """

    g: float
    h: float
    gg: float
    gh: float
    hh: float
    outer_gg: float
    outer_gh: float
    outer_hh: float


def compute_traces(w: sp.csr_array, rho: float, lam: float, *, without_unit_root: bool) -> Traces:
    """Return the traces, of the whole matrices or of their part orthogonal to the unit vector.

    Parameters
    ----------
    w : (N, N)
    rho, lam : float
        0 for a process that the model does not have.
    without_unit_root : bool
        Lee-Yu with time effects and row-standardised weights: the traces of F'GF, where F spans the
        complement of the unit vector. As G 1 = 1 / (1 - rho), they follow from those of G and its column sums.
    """
    n = w.shape[0]
    identity = sp.eye_array(n, format="csc")
    by_rho, by_lam = (factorise(identity - value * sp.csc_array(w)) for value in (rho, lam))
    sums = np.zeros(6)
    first = np.zeros(2)
    columns = np.zeros((2, n))
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        unit = np.zeros((n, stop - start))
        unit[np.arange(start, stop), np.arange(stop - start)] = 1.0
        g, h = w @ by_rho.solve(unit), w @ by_lam.solve(unit)
        place = (np.arange(start, stop), np.arange(stop - start))
        first += [g[place].sum(), h[place].sum()]
        gg, gh, hh = (w @ by_rho.solve(g))[place], (w @ by_rho.solve(h))[place], (w @ by_lam.solve(h))[place]
        sums += [gg.sum(), gh.sum(), hh.sum(), (g * g).sum(), (g * h).sum(), (h * h).sum()]
        columns[0, start:stop], columns[1, start:stop] = g.sum(axis=0), h.sum(axis=0)
    if without_unit_root:
        a, b = 1 / (1 - rho), 1 / (1 - lam)
        cross = columns @ columns.T / n
        first -= [a, b]
        sums -= [a * a, a * b, b * b, cross[0, 0], cross[0, 1], cross[1, 1]]
    return Traces(*map(float, (*first, *sums)))


def impact_sums(w: sp.csr_array, rho: float) -> Array:
    """Return tr G / N, tr(G G) / N, 1'G 1 / N and 1'G G 1 / N: the multipliers of average impacts."""
    n = w.shape[0]
    factors = factorise(sp.eye_array(n, format="csc") - rho * sp.csc_array(w))
    own = np.zeros(2)
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        place = (np.arange(start, stop), np.arange(stop - start))
        unit = np.zeros((n, stop - start))
        unit[place] = 1.0
        g = w @ factors.solve(unit)
        own += [g[place].sum(), (w @ factors.solve(g))[place].sum()]
    once = w @ factors.solve(np.ones(n))
    twice = w @ factors.solve(once)
    return np.array([own[0], own[1], once.sum(), twice.sum()]) / n


def mean_row_sum(w: sp.csr_array, rho: float) -> float:
    """Return 1'G 1 / N."""
    n = w.shape[0]
    factors = factorise(sp.eye_array(n, format="csc") - rho * sp.csc_array(w))
    return float((w @ factors.solve(np.ones(n))).sum() / n)
