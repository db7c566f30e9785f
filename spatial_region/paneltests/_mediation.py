"""Indirect effects in panels, and their bootstrap by clusters. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from spatial_region.errors import IdentificationError
from spatial_region.paneltests._within import demean, group_sums

# Columns have length 1 in the panel: below this a sample has nothing of one.
_NOTHING = 1e-7
_SINGULAR = 1e13


@dataclass(frozen=True)
class Paths:
    """Coefficients of one cause: on the mediator (a), of the mediator (b), total (c) and direct (c')."""

    a: float
    b: float
    total: float
    direct: float

    @property
    def indirect(self) -> float:
        """The product a b; equal to c - c' in linear models on the same rows."""
        return self.a * self.b


def sobel(a: float, b: float, error_a: float, error_b: float) -> tuple[float, float, float]:
    """Return the standard error of a b to first order, z and its two-sided p-value (Sobel 1982).

    ``se = sqrt(b^2 se_a^2 + a^2 se_b^2)``.
    """
    error = float(np.sqrt(b**2 * error_a**2 + a**2 * error_b**2))
    z = a * b / error if error > 0 else np.nan
    return error, z, float(2 * stats.norm.sf(abs(z)))


def bootstrap_paths(
    y: np.ndarray,
    x: np.ndarray,
    m: np.ndarray,
    controls: np.ndarray,
    region: np.ndarray,
    time: np.ndarray,
    *,
    ways: tuple[bool, bool],
    generator: np.random.Generator,
    draws: int,
) -> np.ndarray:
    """Return (draws, 4) values of a, b, c and c' in samples of whole regions, drawn with replacement.

    A region drawn twice is two regions, each with its own effect; with effects of times these are estimated anew.

    Parameters
    ----------
    y, x, m : (n,), controls : (n, k)
        Sorted by region; a constant is in `controls` when there are no effects.
    region, time : (n,)
        Codes.
    ways : (bool, bool)
        Whether regions and times have effects.
    """
    regions = int(region.max()) + 1
    whole = np.column_stack([y, m, x, controls])
    if ways[0]:
        # Region effects are the same in every sample, as a region is drawn whole.
        whole = demean(whole, region)
    elif not ways[1]:
        # The constant among the controls stays; numbers without their means keep more digits.
        varies = np.ptp(whole, axis=0) > 0
        whole[:, varies] -= whole[:, varies].mean(axis=0)
    length = np.linalg.norm(whole, axis=0)
    whole = whole / np.where(length > 0, length, 1.0)
    counts = np.stack([np.bincount(generator.integers(regions, size=regions), minlength=regions) for _ in range(draws)])
    if not ways[1]:
        cross = _by_region(whole, counts, region)
    elif len(whole) == regions * (int(time.max()) + 1):
        cross = _by_region(whole, counts, region) - _by_time(whole, counts, region, time)
    else:
        cross = _by_rows(whole, counts, region, time, own=ways[0])
    found = np.array([_paths(part) for part in cross]) * _units(length)
    undefined = np.isnan(found).any(axis=1)
    if undefined.any():
        raise IdentificationError(
            f"in {int(undefined.sum())} of {draws} bootstrap samples the coefficients are not identified; use fewer "
            f"controls, or regions that vary more."
        )
    return found


def _units(length: np.ndarray) -> np.ndarray:
    y, m, x = length[:3]
    return np.array([m / x, y / m, y / x, y / x])


def _by_region(whole: np.ndarray, counts: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Return the cross-products of every sample, (draws, p, p): those of its regions, added."""
    regions, p = counts.shape[1], whole.shape[1]
    products = (whole[:, :, None] * whole[:, None, :]).reshape(len(whole), p * p)
    return (counts @ group_sums(products, region, regions)).reshape(len(counts), p, p)


def _by_time(whole: np.ndarray, counts: np.ndarray, region: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return what means of times take out of the cross-products of every sample of a complete panel."""
    regions, times, p = counts.shape[1], int(time.max()) + 1, whole.shape[1]
    blocks = np.empty((regions, times, p))
    blocks[region, time] = whole
    means = (counts @ blocks.reshape(regions, times * p)).reshape(len(counts), times, p) / regions
    return regions * np.einsum("dti,dtj->dij", means, means)


def _by_rows(whole: np.ndarray, counts: np.ndarray, region: np.ndarray, time: np.ndarray, *, own: bool) -> np.ndarray:
    """Return the cross-products of every sample, less effects that are estimated from its rows."""
    starts = np.searchsorted(region, np.arange(counts.shape[1] + 1))
    cross = np.empty((len(counts), whole.shape[1], whole.shape[1]))
    for draw, count in enumerate(counts):
        chosen = np.repeat(np.arange(len(count)), count)
        rows = np.concatenate([np.arange(starts[i], starts[i + 1]) for i in chosen])
        sizes = starts[chosen + 1] - starts[chosen]
        codes = np.unique(time[rows], return_inverse=True)[1]
        sample = demean(whole[rows], np.repeat(np.arange(len(chosen)), sizes) if own else None, codes)
        cross[draw] = sample.T @ sample
    return cross


def _paths(cross: np.ndarray) -> np.ndarray:
    """Return a, b, c and c' from cross-products of y, m, x, controls; NaN where they are not identified."""
    inner, right = cross[2:, 2:], cross[2:, :2]
    scale = np.sqrt(np.maximum(np.diag(inner), 0))
    if (scale < _NOTHING).any():
        return np.full(4, np.nan)
    inner = inner / np.outer(scale, scale)
    if np.linalg.cond(inner) > _SINGULAR:
        return np.full(4, np.nan)
    solved = np.linalg.solve(inner, right / scale[:, None]) / scale[:, None]
    size = cross[1, 1] - right[:, 1] @ solved[:, 1]
    if size <= _NOTHING**2 * cross[1, 1]:
        return np.full(4, np.nan)
    a, total = solved[0, 1], solved[0, 0]
    b = (cross[0, 1] - right[:, 1] @ solved[:, 0]) / size  # the regression of y on what is left of m
    return np.array([a, b, total, total - a * b])
