"""Measures of fit, and the number of fixed effects, shared by every way of estimation."""

from __future__ import annotations

from spatial_region.panel._blocks import Array


def explained_share(residuals: Array, total: Array) -> float:
    """Return 1 - e'e / sum (y - mean)^2."""
    return float(1 - (residuals**2).sum() / ((total - total.mean()) ** 2).sum())


def squared_correlation(predicted: Array, actual: Array) -> float:
    """Return the squared correlation of two arrays of one shape; 0 where one does not vary."""
    left, right = (predicted - predicted.mean()).ravel(), (actual - actual.mean()).ravel()
    length = float((left**2).sum() * (right**2).sum())
    return float((left @ right) ** 2 / length) if length > 0 else 0.0


def count_effects(shape: tuple[int, ...], effects: str) -> int:
    """Return the number of free fixed effects of a (T, N) panel; random ones are none."""
    periods, regions = shape
    return {"region": regions, "time": periods, "twoway": regions + periods - 1}.get(effects, 0)
