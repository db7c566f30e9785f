"""Geometric means of indices of change."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from spatial_region.core.options import check_option

By = Literal["region", "time"]
_NO_INDEX = ["start", "status"]


def geometric_means(changes: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return geometric means of the indices by region or by time, over the changes that have all of them.

    Raises
    ------
    OptionError
        If `by` is not offered.
    """
    check_option(by, By, "by")
    groups = changes.groupby(level=by, sort=by == "time")
    return pd.DataFrame({name: overall(group) for name, group in groups}).T.rename_axis(by).astype({"n": int})


def overall(changes: pd.DataFrame) -> pd.Series:
    """Return geometric means over the changes that have all indices, and how many these are.

    The mean of the whole index is the product of the means of its parts only when all are over the same changes.
    """
    complete = changes.drop(columns=_NO_INDEX).dropna()
    means = np.exp(np.log(complete).mean()) if len(complete) else complete.mean()
    return pd.concat([means, pd.Series({"n": len(complete)})])
