"""Least squares of growth on initial levels, by linearmodels. Frames in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.errors import IdentificationError

Effects = Literal["pooled", "region", "time", "twoway"]
Covariance = Literal["classical", "robust", "cluster_region"]


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients with their standard errors, t and p, the degrees of freedom behind p, and R2."""

    coefficients: pd.DataFrame
    df: int
    r2: float


def fit(y: pd.Series, x: pd.DataFrame, *, effects: Effects, covariance: Covariance) -> Fit:
    """Return least squares with an intercept, or with fixed effects in its place.

    Raises
    ------
    IdentificationError
        If there are too few observations, or a regressor is a combination of others or absorbed by the effects.
    """
    _check_rank(x, effects)
    # linearmodels compares regressors in their units with a constant of 1: 10^12 are too much alike to be told apart.
    units = 2.0 ** np.round(np.log2(np.sqrt((x**2).mean())))
    x = x / units
    if isinstance(y.index, pd.MultiIndex) and effects != "pooled":
        x = x - x.mean()  # effects take out the level; what is left of a large one would be rounding
    estimates, errors, df, r2 = (
        _panel(y, x, effects, covariance) if isinstance(y.index, pd.MultiIndex) else _section(y, x, covariance)
    )
    back = units.reindex(estimates.index).fillna(1.0)
    estimates, errors = estimates / back, errors / back
    t = estimates / errors
    table = pd.DataFrame(
        {"estimate": estimates, "std_error": errors, "t": t, "p": 2 * stats.t.sf(np.abs(t), df)},
        index=pd.Index(estimates.index, name="regressor"),
    )
    return Fit(table, df, r2)


def _section(y: pd.Series, x: pd.DataFrame, covariance: str) -> tuple[pd.Series, pd.Series, int, float]:
    from linearmodels.iv import IV2SLS

    design = x.copy()
    design.insert(0, "Intercept", 1.0)
    # without instruments this is least squares; "robust" with debiased=True is HC1
    kind = "unadjusted" if covariance == "classical" else "robust"
    made = IV2SLS(y, design, None, None).fit(cov_type=kind, debiased=True)
    return made.params, made.std_errors, int(made.df_resid), float(made.rsquared)


def _panel(
    y: pd.Series, x: pd.DataFrame, effects: Effects, covariance: Covariance
) -> tuple[pd.Series, pd.Series, int, float]:
    from linearmodels.panel import PanelOLS

    design = x.copy()
    if effects == "pooled":
        design.insert(0, "Intercept", 1.0)
    # a time that linearmodels takes as one, whatever numbers the labels are
    ordinal = {time: place for place, time in enumerate(sorted(y.index.unique(1)))}
    index = pd.MultiIndex.from_arrays([y.index.get_level_values(0), y.index.get_level_values(1).map(ordinal)])
    model = PanelOLS(
        y.set_axis(index),
        design.set_axis(index),
        entity_effects=effects in ("region", "twoway"),
        time_effects=effects in ("time", "twoway"),
    )
    settings: dict[str, dict[str, Any]] = {
        "classical": {"cov_type": "unadjusted"},
        "robust": {"cov_type": "robust"},
        "cluster_region": {
            "cov_type": "clustered",
            "cluster_entity": True,
            "debiased": False,
            "group_debias": False,
            "auto_df": False,
            "count_effects": False,
        },
    }
    made = model.fit(**settings[covariance])
    df, errors = int(made.df_resid), made.std_errors
    if covariance == "cluster_region":
        # Effects of regions lie in one cluster each and count as one parameter, the constant that they contain.
        regions, times = (y.index.unique(level).size for level in (0, 1))
        counted = x.shape[1] + (times if effects in ("time", "twoway") else 1)
        errors = errors * np.sqrt(regions / (regions - 1) * (len(y) - 1) / (len(y) - counted))
        df = min(df, regions - 1)  # that many independent sums
    return made.params, errors, df, float(made.rsquared)


def _check_rank(x: pd.DataFrame, effects: Effects) -> None:
    """Refuse regressors that effects or others explain wholly, after taking out means of regions and times."""
    values = x.copy()
    absorbed = 1 if effects == "pooled" else 0
    if effects == "pooled" or not isinstance(x.index, pd.MultiIndex):
        values = values - values.mean()
        absorbed = 1
    else:
        levels = [level for level, way in ((0, "region"), (1, "time")) if effects in (way, "twoway")]
        absorbed = max(x.index.unique(level).size for level in levels)
        for _ in range(500):  # of unbalanced panels, means of regions and times are taken in turns
            before = values
            for level in levels:
                values = values - values.groupby(level=level).transform("mean")
            if (values - before).abs().to_numpy().max() <= 1e-12 * before.abs().to_numpy().max():
                break
    if len(x) <= len(x.columns) + absorbed:
        raise IdentificationError(
            f"{len(x)} observations are too few for {len(x.columns)} regressors and {absorbed} intercepts."
        )
    scale = np.sqrt((x**2).mean())
    left = np.sqrt((values**2).mean())
    gone = list(x.columns[left < 1e-9 * scale.where(scale > 0, 1.0)])
    if gone:
        raise IdentificationError(
            f"{', '.join(map(repr, gone))} does not vary{' once the effects are taken out' if absorbed > 1 else ''}; "
            "leave it out, or choose other effects."
        )
    if np.linalg.matrix_rank((values / left).to_numpy(), tol=1e-7 * np.sqrt(len(x))) < len(x.columns):
        raise IdentificationError(
            f"the regressors {', '.join(map(repr, x.columns))} are combinations of one another; leave one out."
        )
