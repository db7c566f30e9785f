"""From a panel to the table, regressors and instruments that difference and system GMM take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean, name_some
from spatial_region.core.options import Missing, check_whole_number
from spatial_region.errors import InputError, OptionError, UnknownNameError
from spatial_region.paneltests._formula import INTERCEPT, PanelDesign, read_design

REGION, TIME = "_region_", "_time_"


@dataclass(frozen=True, eq=False)
class DynamicFrame:
    """What the estimator is given.

    Attributes
    ----------
    design : PanelDesign
    table : pandas.DataFrame
        Rows with their variables, each in units of `scale`, and columns of codes of regions and of places in time.
    scale : pandas.Series
        Of each column but codes: a power of 2 near the standard deviation of its variable, 1 for dummies. The
        estimator drops directions below a share of the largest, and values of 10^6 would leave it few.
    lagged : list of str
        Lags of the dependent variable.
    regressors : list of str
        All others but dummies, lags included.
    dummies : list of str
        Of times.
    exogenous : list of str
        Regressors that are their own instruments.
    """

    design: PanelDesign
    table: pd.DataFrame
    scale: pd.Series
    lagged: list[str]
    regressors: list[str]
    dummies: list[str]
    exogenous: list[str]


def lag_name(variable: str, lag: int) -> str:
    """Return ``L.y``, ``L2.y`` ..."""
    return f"L{'' if lag == 1 else lag}.{variable}"


def make_frame(
    formula: str,
    study: object,
    *,
    lags: int,
    lags_of: Mapping[str, int],
    endogenous: Sequence[str],
    predetermined: Sequence[str],
    time_effects: bool,
    missing: Missing,
) -> DynamicFrame:
    """Read the formula, and add lags and dummies.

    Raises
    ------
    UnknownNameError
        If an option names something that is no regressor.
    OptionError
        If a regressor is called endogenous and predetermined.
    InputError
        If too few times are left.
    """
    bare = read_design(formula, study, missing=missing, intercept=False, bare=True)
    names = list(bare.x.columns)
    for option, given in (("endogenous", endogenous), ("predetermined", predetermined), ("lags_of", lags_of)):
        for name in given:
            if name not in names:
                raise UnknownNameError(
                    f"{option}= names {name!r}, which is not a regressor.{did_you_mean(name, names)} "
                    f"There are: {name_some([n for n in names if n != INTERCEPT], limit=20)}."
                )
    both = sorted(set(endogenous) & set(predetermined))
    if both:
        raise OptionError(f"{name_some(both)}: either endogenous or predetermined, not both.")
    whole = pd.MultiIndex.from_product([bare.y.index.levels[0], bare.y.index.levels[1]], names=["region", "time"])
    wide = pd.concat([bare.y.rename(bare.response), bare.x], axis=1).reindex(whole)
    units = _units(wide)
    table = wide / units
    scale = units.to_dict()
    lagged = [_add_lag(table, scale, bare.response, lag) for lag in range(1, lags + 1)]
    regressors: list[str] = []
    exogenous: list[str] = []
    for name in names:
        own = [name]
        most = check_whole_number(lags_of.get(name, 0), f"lags_of[{name!r}]")
        own += [_add_lag(table, scale, name, lag) for lag in range(1, most + 1)]
        regressors += own
        exogenous += [] if name in endogenous or name in predetermined else own
    times = list(bare.y.index.levels[1])
    longest = max([lags, *(int(v) for v in lags_of.values())])
    if len(times) < longest + 2:
        raise InputError(
            f"{longest} lags in differences need at least {longest + 2} times; the panel has {len(times)}."
        )
    dummies = _add_dummies(table, times, longest + 1) if time_effects else []
    table[REGION] = np.repeat(np.arange(len(whole.levels[0])), len(times))
    table[TIME] = np.tile(np.arange(len(times)), len(whole.levels[0]))
    units = pd.Series({**scale, **dict.fromkeys(dummies, 1.0)})
    return DynamicFrame(bare, table[wide.notna().all(axis=1)], units, lagged, regressors, dummies, exogenous)


def _units(wide: pd.DataFrame) -> pd.Series:
    spread = wide.std(ddof=0)
    varies = spread > 1e-12 * wide.abs().max()  # what is left of a constant is rounding
    return 2.0 ** np.round(np.log2(spread.where(varies, 1.0)))


def _add_lag(table: pd.DataFrame, scale: dict[str, float], variable: str, lag: int) -> str:
    label = lag_name(variable, lag)
    table[label] = table[variable].groupby(level=0).shift(lag)  # the index is complete: a row is a time
    scale[label] = scale[variable]
    return label


def _add_dummies(table: pd.DataFrame, times: list[object], first: int) -> list[str]:
    """Add a dummy for each time whose difference is explained."""
    when = table.index.get_level_values(1)
    labels = []
    for time in times[first:]:
        label = f"time[{time}]"
        table[label] = (when == time).astype(float)
        labels.append(label)
    return labels
