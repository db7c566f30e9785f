"""Least squares with effects of regions and times taken out. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spatial_region.errors import IdentificationError

# What effects leave of a column below this share of its length is rounding.
NOTHING = 1e-9


@dataclass(frozen=True)
class LeastSquares:
    """One fit.

    Attributes
    ----------
    coefficients : (k,)
    residuals : (n,)
    bread : (k, k)
        Inverse of X'X.
    df : int
        Rows less coefficients and effects.
    """

    coefficients: np.ndarray
    residuals: np.ndarray
    bread: np.ndarray
    df: int
    x: np.ndarray

    @property
    def rss(self) -> float:
        """Sum of squared residuals."""
        return float(self.residuals @ self.residuals)

    def classic(self) -> np.ndarray:
        """Return the covariance for errors of one variance."""
        return self.bread * (self.rss / self.df)

    def clustered(self, groups: np.ndarray, *, lost: int) -> np.ndarray:
        """Return the covariance for errors that go together within groups, coded 0 to G - 1.

        ``G/(G-1) (n-1)/(n-lost) (X'X)^-1 (sum_g X_g'e_g e_g'X_g) (X'X)^-1``: `lost` counts the coefficients, and
        effects that are not nested in the groups (one, their constant, if all are).
        """
        count = int(groups.max()) + 1
        rows = len(self.x)
        score = group_sums(self.x * self.residuals[:, None], groups, count)
        factor = count / (count - 1) * (rows - 1) / (rows - lost)
        return factor * self.bread @ (score.T @ score) @ self.bread


def group_sums(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Return the sums of (n, k) values in each of `count` groups."""
    return np.column_stack([np.bincount(groups, column, minlength=count) for column in values.T])


def middling_units(values: np.ndarray) -> np.ndarray:
    """Return a power of 2 near the root mean square of each column, 1 for a column of zeros.

    linearmodels compares variables in their units with a constant of 1: incomes of 10^12 it finds too much alike to be
    told apart, or takes for the constant themselves. In these units it cannot.
    """
    largest = np.abs(values).max(axis=0)
    largest = np.where(largest > 0, largest, 1.0)
    size = np.sqrt(np.square(values / largest).mean(axis=0))
    return np.asarray(2.0 ** np.round(np.log2(np.where(size > 0, size, 1.0) * largest)))


def demean(values: np.ndarray, region: np.ndarray | None, time: np.ndarray | None = None) -> np.ndarray:
    """Take means of regions, of times, or effects of both out of (n, k) values; rows may be absent.

    Parameters
    ----------
    values : (n, k)
    region, time : (n,) or None
        Codes 0, 1, ...
    """
    if region is None and time is None:
        return values
    if region is None or time is None:
        return _less_means(values, region if time is None else time)  # type: ignore[arg-type]
    sizes, widths = np.bincount(region), np.bincount(time)
    complete = len(values) == len(sizes) * len(widths)
    if complete and (sizes == len(widths)).all() and (widths == len(sizes)).all():
        return _less_means(_less_means(values, region), time)
    # Dummies of the fewer dimension, less means of the other, are a basis of what is left to take out.
    many, few = (region, time) if region.max() >= time.max() else (time, region)
    dummies = _less_means((few[:, None] == np.arange(1, few.max() + 1)).astype(float), many)
    left = _less_means(values, many)
    scale = np.linalg.norm(left, axis=0)
    scale[scale == 0] = 1.0
    return left - dummies @ np.linalg.lstsq(dummies, left / scale, rcond=None)[0] * scale


def _less_means(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    count = int(groups.max()) + 1
    size = np.bincount(groups, minlength=count)
    return values - (group_sums(values, groups, count) / np.maximum(size, 1)[:, None])[groups]


def adding(basis: np.ndarray, columns: np.ndarray, before: np.ndarray | None = None) -> np.ndarray:
    """Return the places of the columns that are no combination of `basis` and of the columns before them.

    Parameters
    ----------
    basis : (n, j), columns : (n, k)
    before : (n, k), optional
        The columns before something was taken out of them: what is left must not be rounding.
    """
    # Two turns of Gram and Schmidt: one leaves rounding of the size of the column.
    kept: list[int] = []
    directions: list[np.ndarray] = []
    whole = np.linalg.norm(columns if before is None else before, axis=0)
    for place, column in [*((-1, b) for b in basis.T), *enumerate(columns.T)]:
        left = column
        for _ in range(2):
            for direction in directions:
                left = left - direction * (direction @ left)
        length = float(np.linalg.norm(left))
        size = float(np.linalg.norm(column)) if place < 0 else float(whole[place])
        if length > NOTHING * size:
            directions.append(left / length)
            if place >= 0:
                kept.append(place)
    return np.array(kept, dtype=int)


def effects_count(region: np.ndarray | None, time: np.ndarray | None) -> int:
    """Return the degrees of freedom that effects take: N, T, or N + T - 1; none without effects."""
    sizes = [len(np.unique(codes)) for codes in (region, time) if codes is not None]
    return sum(sizes) - (len(sizes) - 1) if sizes else 0


def least_squares(y: np.ndarray, x: np.ndarray, *, taken: int = 0) -> LeastSquares:
    """Fit y on x, from which `taken` effects were taken out before.

    Raises
    ------
    IdentificationError
        If a column of x is a combination of others, or no degree of freedom is left.
    """
    rows, k = x.shape
    df = rows - k - taken
    if df < 1:
        raise IdentificationError(f"{rows} rows cannot identify {k} coefficients and {taken} effects; use fewer.")
    scale = np.linalg.norm(x, axis=0)
    if (scale == 0).any():
        raise IdentificationError("a regressor is 0 in every row, or effects leave nothing of it.")
    q, r = np.linalg.qr(x / scale)
    if np.abs(np.diag(r)).min(initial=1.0) < NOTHING:
        raise IdentificationError("a regressor is a combination of the others and of the effects; leave one out.")
    inverse = np.linalg.inv(r) / scale[:, None]
    coefficients = inverse @ (q.T @ y)
    return LeastSquares(coefficients, y - x @ coefficients, inverse @ inverse.T, df, x)
