"""Are the times of a study in an order, and evenly spaced? A lag in time needs both."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.study import Study
from spatial_region.errors import InputError


def check_times(study: Study, *, what: str) -> None:
    """Refuse times whose order is not that of their values, or whose steps differ.

    Dates are taken as they are: months and years do not have the same number of days.

    Raises
    ------
    InputError
        If times are text that is no number, or sorts in another order than its numbers; if steps differ.
    """
    times = study.times
    if all(isinstance(time, (pd.Period, dt.date, np.datetime64)) for time in times):
        return
    if all(isinstance(time, str) for time in times):
        numeric = [re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", time) for time in times]
        if not all(numeric):
            raise InputError(
                f"{what} needs times in an order, and these are text: {name_some(times)}. Make them numbers or dates "
                f"in the table."
            )
    values = np.asarray([float(time) for time in times])
    steps = np.diff(values)
    if (steps <= 0).any():
        raise InputError(
            f"{what} needs times in an order; as text they sort as {name_some(times, limit=8)}. Make them numbers in "
            f"the table."
        )
    if len(steps) and not np.allclose(steps, steps[0]):
        raise InputError(
            f"the times are not equally spaced, so that {what} would mean different spans: "
            f"{name_some(times, limit=8)}. Keep times with one step."
        )
