"""Steps between times: how long they are, and whether they are alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Gaps
from spatial_region.errors import InputError


def time_span(times: Sequence[object]) -> str:
    """Return a few times one by one, and many by their first and last."""
    return name_some(times, limit=8) if len(times) <= 8 else f"{times[0]} to {times[-1]} ({len(times)})"


def step_lengths(times: Sequence[Any]) -> list[float] | None:
    """Return the length of each step: in the unit of numbers, in months for dates, in periods; None for words."""
    if all(isinstance(time, (int, float, np.integer, np.floating)) and not isinstance(time, bool) for time in times):
        places = [float(time) for time in times]
    elif all(isinstance(time, pd.Period) for time in times):
        places = [float(time.ordinal) for time in times]
    elif all(_is_date(time) for time in times):
        monthly = length_unit(times) == " months"
        places = [
            float(12 * time.year + time.month) if monthly else pd.Timestamp(time).timestamp() / 86_400 for time in times
        ]
    else:
        texts = pd.to_numeric(pd.Series([str(time) for time in times]), errors="coerce")
        if texts.isna().any():
            return None
        places = texts.astype(float).tolist()
    return np.diff(places).tolist()


def _is_date(time: object) -> bool:
    return hasattr(time, "year") and hasattr(time, "month") and hasattr(time, "day") and not isinstance(time, pd.Period)


def length_unit(times: Sequence[Any]) -> str:
    """Return what the lengths of steps count: months of dates on one day of the month, else days; else nothing."""
    if not all(_is_date(time) for time in times):
        return ""
    return " months" if len({time.day for time in times}) == 1 else " days"


def equal_lengths(lengths: Sequence[float]) -> bool:
    """Return whether all steps are equally long, up to rounding."""
    return bool(np.ptp(lengths) <= 1e-9 * max(map(abs, lengths)))


def checked_lengths(times: list[Any], label: str, gaps: Gaps) -> list[float] | None:
    """Return the length of each step, after checking that all are alike.

    Raises
    ------
    InputError
        If they are not, and `gaps` is ``"raise"``.
    """
    lengths = step_lengths(times)
    if lengths is None or gaps == "keep" or equal_lengths(lengths):
        return lengths
    sizes, found = np.unique(lengths, return_counts=True)
    usual = sizes[np.argmax(found)]
    odd = [
        f"{start} to {end} ({length:g})"
        for start, end, length in zip(times[:-1], times[1:], lengths, strict=True)
        if length != usual
    ]
    raise InputError(
        f"the steps between the times of {label!r} differ in length: most are {usual:g}{length_unit(times)}, but "
        f"{name_some(odd)}. A step of another length has other probabilities. Leave times out, or count all steps as "
        f"alike with gaps='keep'."
    )
