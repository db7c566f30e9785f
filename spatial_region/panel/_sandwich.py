"""Covariances of linear and instrumental-variable slopes that do not trust the errors to be alike or independent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse as sp

from spatial_region.core.options import check_option
from spatial_region.errors import InputError
from spatial_region.panel._blocks import Array, spatial_lag

SandwichKind = Literal[
    "robust", "cluster_region", "cluster_time", "cluster_both", "driscoll_kraay", "conley", "conley_serial"
]
# Share of the largest eigenvalue below which a negative one is rounding, not a fault of the kernel.
_ROUNDING = 1e-12
# Effects whose levels each lie within one cluster: they do not use up degrees of freedom.
_NESTED = {"cluster_region": {"region"}, "cluster_time": {"time"}, "cluster_both": {"region", "time"}}


@dataclass(frozen=True)
class Sandwich:
    """A covariance, and whether it had to be mended.

    Attributes
    ----------
    covariance : (m, m)
        Positive semi-definite.
    lags : int or None
        Last serial lag with a weight.
    clusters : int or None
        Number of clusters, the smaller one of two ways.
    least : float
        Smallest eigenvalue before the mending, as a share of the largest; negative if there was something to mend.
    """

    covariance: Array
    lags: int | None
    clusters: int | None
    least: float


def sandwich(
    regressors: Array,
    residuals: Array,
    inverse: Array,
    *,
    kind: str,
    lost: int,
    lags: int | None = None,
    near: sp.csr_array | None = None,
) -> Array:
    """Return the covariance of slopes b, inverse @ S @ inverse; see `make_sandwich`."""
    found = make_sandwich(regressors, residuals, inverse, kind=kind, lost=lost, lags=lags, near=near)
    return found.covariance


def make_sandwich(
    regressors: Array,
    residuals: Array,
    inverse: Array,
    *,
    kind: str,
    lost: int,
    lags: int | None = None,
    near: sp.csr_array | None = None,
) -> Sandwich:
    r"""Return the covariance V = c A S A of slopes, with A = `inverse` and s_it = z_it e_it the scores.

    ==================  ================================================================================
    kind                S
    ==================  ================================================================================
    robust              sum of s_it s_it' (White 1980); c = n / (n - lost): HC1
    cluster_region      sum over i of (sum_t s_it)(sum_t s_it)' (Arellano 1987); c = n / (n - lost) f(N)
    cluster_time        sum over t of (sum_i s_it)(sum_i s_it)'; c = n / (n - lost) f(T)
    cluster_both        the two, each with its f, less that of "robust" (Cameron, Gelbach & Miller 2011)
    driscoll_kraay      sum over t and t* of k(t - t*) (sum_i s_it)(sum_i s_it*)'; c = n / (n - lost)
    conley              sum over t, t*, i, j of k(t - t*) near_ij s_it s_jt*'; c = n / (n - lost)
    conley_serial       sum over t of near_ij s_it s_jt', and over i of k(t - t*) s_it s_it*' for t != t*
    ==================  ================================================================================

    n = N T; f(G) = G / (G - 1) (n - 1) / n; k(h) = 1 - h / (lags + 1) up to `lags`, Bartlett's weights.
    The two spatial kinds are the same without serial lags. With them, "conley" is Conley's (1999) product of kernels,
    which lets a shock reach the neighbours later and is that of Driscoll and Kraay when all regions are near;
    "conley_serial" is Hsiang's (2010), where a shock meets later periods of its own region only.

    Differences of sums ("cluster_both", "conley_serial") and kernels of distance that are not positive definite can
    give a variance below zero. The negative eigenvalues of C^-1 V C^-T, with A = C C', are then set to zero: those
    of V itself, as Cameron, Gelbach and Miller propose, would make the answer depend on the units of the variables.

    Parameters
    ----------
    regressors : (T, N, m)
        Effects removed; of two-stage least squares, projected on the instruments.
    residuals : (T, N)
    inverse : (m, m)
        Inverse cross-product of the regressors.
    kind : str
        See the table.
    lost : int
        Slopes and effects that are estimated; `degrees_lost` counts them.
    lags : int, optional
        Serial lags. Newey and West's (1994) floor(4 (T / 100)^(2/9)) for "driscoll_kraay", 0 for the spatial kinds.
    near : (N, N), optional
        Symmetric kernel of distance with a unit diagonal; `conley_kernel` makes it.

    Raises
    ------
    OptionError
        If `kind` is not offered.
    InputError
        If there are fewer than two clusters, no degrees of freedom, too many lags, or `near` is absent or no kernel.

    References
    ----------
    White (1980), doi:10.2307/1912934. Arellano (1987), doi:10.1111/j.1468-0084.1987.mp49004006.x.
    Driscoll and Kraay (1998), doi:10.1162/003465398557825. Conley (1999), doi:10.1016/S0304-4076(98)00084-0.
    Hsiang (2010), doi:10.1073/pnas.1009510107. Cameron, Gelbach and Miller (2011), doi:10.1198/jbes.2010.07136.
    """
    check_option(kind, SandwichKind, "kind")
    periods, regions = residuals.shape
    size = residuals.size
    if lost >= size:
        raise InputError(
            f"no degrees of freedom are left: {size} observations, and {lost} slopes and effects. Drop regressors, or "
            f"use fewer effects."
        )
    # In units of the slopes: the sums then need no division by cross-products of any size.
    influence = (regressors * residuals[:, :, None]) @ inverse
    groups = {"cluster_region": regions, "cluster_time": periods, "cluster_both": min(regions, periods)}.get(kind)
    if groups is not None and groups < 2:
        raise InputError(f"kind={kind!r} needs at least two clusters; there is {groups}.")
    if kind == "driscoll_kraay" and periods < 2:
        raise InputError("kind='driscoll_kraay' needs at least two times, whose sums it compares; there is 1.")
    last = _serial_lags(kind, lags, periods)
    if kind == "robust":
        middle = _own(influence)
    elif kind.startswith("cluster"):
        middle = _clustered(influence, kind)
    elif kind == "driscoll_kraay":
        total = influence.sum(axis=1, keepdims=True)
        middle = _serial(total, total, last or 0)
    else:
        middle = _spatial(influence, _check_near(near, kind, regions), last or 0, serial=kind == "conley_serial")
    mended, least = _positive(size / (size - lost) * (middle + middle.T) / 2, inverse)
    return Sandwich(mended, last, groups, least)


def degrees_lost(kind: str, *, slopes: int, effects: str, regions: int, periods: int) -> int:
    """Return `lost`: the slopes, and those effects that are not nested in clusters.

    Region effects do not count when regions are the clusters: an effect and all observations it is estimated from lie
    in one cluster, whose sum of scores already bears the loss (Cameron & Miller 2015, section III.B,
    doi:10.3368/jhr.50.2.317). One parameter is then counted in their place, the constant that they contain.
    `slopes` counts the intercept of a model without effects.
    """
    nested = _NESTED.get(kind, set())
    ways = {"pooled": set(), "region": {"region"}, "time": {"time"}, "twoway": {"region", "time"}}[effects]
    counts = {"region": regions, "time": periods}
    kept = ways - nested
    free = sum(counts[way] for way in kept) - (len(kept) == 2)
    return slopes + (max(free, 1) if ways else 0)


def reference_df(kind: str, *, df_residual: int, regions: int, periods: int) -> int:
    """Return the degrees of freedom of Student's t for these standard errors.

    Clusters less one, of the smaller number with two ways, for that many independent sums are averaged (Cameron &
    Miller 2015); times less one for Driscoll and Kraay's, which are sums over regions (Hoechle 2007,
    doi:10.1177/1536867X0700700301); those of the residuals otherwise. As in Stata and fixest.
    """
    sums = {"cluster_region": regions, "cluster_time": periods, "driscoll_kraay": periods}
    sums["cluster_both"] = min(regions, periods)
    return min(sums[kind] - 1, df_residual) if kind in sums else df_residual


def default_lags(periods: int) -> int:
    """Return Newey and West's (1994) floor(4 (T / 100)^(2/9)), but fewer than T."""
    return min(int(np.floor(4 * (periods / 100) ** (2 / 9))), periods - 1)


def _serial_lags(kind: str, lags: int | None, periods: int) -> int | None:
    if kind in ("robust", "cluster_region", "cluster_time", "cluster_both"):
        if lags is not None:
            raise InputError(f"lags={lags!r} has no meaning for kind={kind!r}; leave it out.")
        return None
    if lags is None:
        return default_lags(periods) if kind == "driscoll_kraay" else 0
    if not 0 <= lags < periods:
        raise InputError(f"lags must be from 0 to {periods - 1}, one less than the periods; found {lags}.")
    return int(lags)


def _check_near(near: sp.csr_array | None, kind: str, regions: int) -> sp.csr_array:
    if near is None:
        raise InputError(f"kind={kind!r} needs near=, the kernel of distance between regions.")
    if near.shape != (regions, regions):
        raise InputError(f"near must be {regions} x {regions}; found {near.shape[0]} x {near.shape[1]}.")
    if abs(near.diagonal() - 1).max() > _ROUNDING or abs(near - near.T).max() > _ROUNDING:
        raise InputError("near must be symmetric, with 1 on the diagonal: each region is near itself.")
    return near


def _own(influence: Array) -> Array:
    return np.einsum("tnk,tnl->kl", influence, influence)


def _clustered(influence: Array, kind: str) -> Array:
    periods, regions, _ = influence.shape
    size = periods * regions
    by_region, by_time = influence.sum(axis=0), influence.sum(axis=1)
    middle = np.zeros((influence.shape[2],) * 2)
    if kind != "cluster_time":
        middle += regions / (regions - 1) * (size - 1) / size * by_region.T @ by_region
    if kind != "cluster_region":
        middle += periods / (periods - 1) * (size - 1) / size * by_time.T @ by_time
    # One observation is in both ways' clusters; its own factor, with n groups, is 1.
    return middle - _own(influence) if kind == "cluster_both" else middle


def _serial(left: Array, right: Array, lags: int, *, first: int = 0) -> Array:
    """Return the sum over h from `first` of k(h) (G_h + G_h'), with G_h the sum of left_t right_(t-h)'."""
    middle = np.zeros((left.shape[2],) * 2)
    for lag in range(first, lags + 1):
        cross = np.einsum("tnk,tnl->kl", left[lag:], right[: len(right) - lag])
        middle += (1 - lag / (lags + 1)) * (cross if lag == 0 else cross + cross.T)
    return middle


def _spatial(influence: Array, near: sp.csr_array, lags: int, *, serial: bool) -> Array:
    spread = spatial_lag(near, influence)
    if serial:
        return _serial(influence, spread, 0) + _serial(influence, influence, lags, first=1)
    return _serial(influence, spread, lags)


def _positive(covariance: Array, inverse: Array) -> tuple[Array, float]:
    """Return the covariance with negative eigenvalues in the metric of `inverse` set to 0, and the least share."""
    scale = np.sqrt(np.diag(inverse))
    root = np.linalg.cholesky(inverse / np.outer(scale, scale)) * scale[:, None]
    inner = np.linalg.solve(root, np.linalg.solve(root, covariance).T)
    values, vectors = np.linalg.eigh((inner + inner.T) / 2)
    least = float(values[0] / max(abs(values[-1]), np.finfo(float).tiny))
    if least >= -_ROUNDING:
        return covariance, least
    half = root @ vectors * np.sqrt(np.maximum(values, 0))
    return half @ half.T, least
