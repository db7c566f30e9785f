"""The standard deviational ellipse of weighted points. Arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, hypot

import numpy as np


@dataclass(frozen=True)
class EllipseShape:
    """Centre, semi-axes and direction, in the units of the points.

    Attributes
    ----------
    x, y : float
        Weighted mean centre.
    major, minor : float
        Semi-axes.
    rotation : float
        Direction of the major axis in degrees clockwise from up, from 0 up to 180; NaN where the axes are equal.
    """

    x: float
    y: float
    major: float
    minor: float
    rotation: float


def weighted_ellipse(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> EllipseShape:
    """Return the ellipse whose semi-axes are sqrt(2) standard deviations along the principal axes.

    The variances along the axes are the eigenvalues of the weighted covariance matrix (divisor: the sum of weights),
    which for two dimensions have a closed form. Sums do not depend on the order of the points.
    """
    weight = fsum(w)
    # Deviations from any point near the middle first, so that squares of large coordinates do not cancel.
    x0, y0 = float(np.median(x)), float(np.median(y))
    dx, dy = x - x0, y - y0
    cx, cy = fsum(w * dx) / weight, fsum(w * dy) / weight
    dx, dy = dx - cx, dy - cy
    xx, yy, xy = (fsum(w * product) / weight for product in (dx * dx, dy * dy, dx * dy))
    middle, spread = (xx + yy) / 2, hypot((xx - yy) / 2, xy)
    major = middle + spread
    minor = max((xx * yy - xy * xy) / major, 0.0) if major > 0 else 0.0  # the product of eigenvalues: no cancelling
    if spread <= 1e-12 * middle:
        rotation = float("nan")
    else:
        rotation = float(np.degrees(0.5 * np.arctan2(2 * xy, yy - xx))) % 180.0
    return EllipseShape(x0 + cx, y0 + cy, (2 * major) ** 0.5, (2 * minor) ** 0.5, rotation)


def inside(shape: EllipseShape, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return which points lie in the ellipse."""
    along, across = _own_axes(shape, x - shape.x, y - shape.y)
    return np.asarray((along / shape.major) ** 2 + (across / shape.minor) ** 2 <= 1.0)


def outline(shape: EllipseShape, points: int) -> np.ndarray:
    """Return points on the ellipse, shape (points + 1, 2), the last of them the first again."""
    angle = np.linspace(0.0, 2 * np.pi, points + 1)
    angle[-1] = 0.0
    along, across = shape.major * np.cos(angle), shape.minor * np.sin(angle)
    sine, cosine = _direction(shape)
    return np.column_stack([shape.x + along * sine + across * cosine, shape.y + along * cosine - across * sine])


def _own_axes(shape: EllipseShape, dx: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sine, cosine = _direction(shape)
    return dx * sine + dy * cosine, dx * cosine - dy * sine


def _direction(shape: EllipseShape) -> tuple[float, float]:
    turned = 0.0 if np.isnan(shape.rotation) else np.radians(shape.rotation)
    return float(np.sin(turned)), float(np.cos(turned))
