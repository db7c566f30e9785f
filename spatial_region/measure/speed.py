"""Speed of convergence and half-life that follow from a regression of growth on the initial level."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.options import check_between
from spatial_region.errors import InputError


def convergence_speed(
    coefficient: float, std_error: float | None = None, *, span: float, level: float = 0.95, df: float | None = None
) -> pd.Series:
    """Turn the coefficient of a growth regression into the speed of convergence and the half-life of a gap.

    For ``ln(y_(t + span) / y_t) / span = a + b ln y_t + ...``, growth a unit of time over `span` units, the
    neoclassical path is ``b = -(1 - exp(-speed span)) / span``, so that

    ``speed = -ln(1 + b span) / span``  and  ``half_life = ln 2 / speed``,

    both in the unit of time of `span`. A gap that is G now is ``G exp(-speed t)`` after t.

    Parameters
    ----------
    coefficient : float
        b: of the logarithm of the initial level, where growth is a unit of time. Of a regression of the whole growth
        ``ln(y_(t + span) / y_t)``, pass the coefficient over `span`.
    std_error : float, optional
        Its standard error, for the intervals.
    span : float
        Units of time from the initial to the final level; in a panel, from one time to the next.
    level : float
        Level of the intervals.
    df : float, optional
        Degrees of freedom of Student's t behind them; normal by default.

    Returns
    -------
    pandas.Series
        speed; speed_se, by the delta method; speed_low, speed_high and half_life_low, half_life_high, the interval of b
        carried over, as both are monotone in b; half_life. A negative speed is divergence, and has no half-life (NaN).
        Where ``1 + b span <= 0`` the gap would be closed within `span`: the speed has no number (NaN). An interval that
        reaches there has an infinite end.

    Raises
    ------
    InputError
        If `coefficient` is no finite number, `std_error` is negative, or `span` or `level` is out of range.

    References
    ----------
    Barro, R. J. and Sala-i-Martin, X. (1992). Convergence. Journal of Political Economy 100, 223-251.
    doi:10.1086/261816

    Examples
    --------
    >>> import spatial_region as sr
    >>> sr.convergence_speed(-0.016484, 0.002, span=20)[["speed", "speed_se", "half_life"]].round(4).tolist()
    [0.02, 0.003, 34.6574]
    """
    if not _finite(coefficient):
        raise InputError(f"coefficient must be a finite number; found {coefficient!r}.")
    if std_error is not None and not (_finite(std_error) and std_error >= 0):
        raise InputError(f"std_error must be a finite number of at least 0; found {std_error!r}.")
    if not (_finite(span) and span > 0):
        raise InputError(f"span must be positive units of time; found {span!r}.")
    check_between(level, "level", low=0, high=1)
    if df is not None and not df > 0:
        raise InputError(f"df must be a positive number of degrees of freedom; found {df!r}.")
    speed = _speed(float(coefficient), span)
    found = {"speed": speed, "speed_se": np.nan, "speed_low": np.nan, "speed_high": np.nan}
    ends = (np.nan, np.nan)
    if std_error is not None:
        # a small b is fast convergence, so that the ends change places
        quantile = stats.norm.ppf((1 + level) / 2) if df is None else stats.t.ppf((1 + level) / 2, df)
        slow, fast = _speed(coefficient + quantile * std_error, span), _speed(coefficient - quantile * std_error, span)
        known = not np.isnan(speed)
        found["speed_se"] = std_error / (1 + coefficient * span) if known else np.nan
        found["speed_low"] = slow
        found["speed_high"] = np.inf if np.isnan(fast) else fast
        ends = (_half_life(found["speed_high"]), np.inf if slow <= 0 else _half_life(slow))
        ends = ends if speed > 0 or np.isnan(speed) else (np.nan, np.nan)
    return pd.Series(
        {**found, "half_life": _half_life(speed), "half_life_low": ends[0], "half_life_high": ends[1]},
        name="convergence",
    )


def _finite(number: object) -> bool:
    real = isinstance(number, (int, float, np.integer, np.floating)) and not isinstance(number, bool)
    return real and bool(np.isfinite(number))  # type: ignore[call-overload]


def _speed(b: float, span: float) -> float:
    return float(-np.log1p(b * span) / span) if 1 + b * span > 0 else np.nan


def _half_life(speed: float) -> float:
    if np.isinf(speed):
        return 0.0
    return float(np.log(2) / speed) if speed > 0 else np.nan
