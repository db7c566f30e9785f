"""Estimates of a panel regression: by linearmodels, with one convention for degrees of freedom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_whole_number
from spatial_region.errors import IdentificationError, InputError
from spatial_region.paneltests._formula import PanelDesign
from spatial_region.paneltests._static_choice import as_table
from spatial_region.paneltests._two_stage import TwoStage, small_sample, two_stage
from spatial_region.paneltests._within import NOTHING, demean, effects_count, middling_units

# linearmodels takes a column whose effects leave less than this share of it for a constant, and estimates its level.
_LEVEL = 1e-7


@dataclass(frozen=True)
class Codes:
    """Rows of regions and times, and which of them have fixed effects."""

    region: np.ndarray
    time: np.ndarray
    effects: str

    @property
    def ways(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        by_region, by_time = self.effects in ("region", "twoway"), self.effects in ("time", "twoway")
        return self.region if by_region else None, self.time if by_time else None

    @property
    def taken(self) -> int:
        return effects_count(*self.ways)

    def lost(self, covariance: str, slopes: int) -> int:
        region, time = self.ways
        kept = effects_count(
            None if covariance == "cluster_region" else region, None if covariance == "cluster_time" else time
        )
        return slopes + (max(kept, 1) if self.taken else 0)

    def groups(self, covariance: str) -> np.ndarray | None:
        return {"cluster_region": self.region, "cluster_time": self.time}.get(covariance)


@dataclass(frozen=True)
class Made:
    """Estimates on their way to the result."""

    columns: list[str]
    coefficients: np.ndarray
    covariance: np.ndarray
    residuals: np.ndarray
    absorbed: np.ndarray
    fit: Mapping[str, float]
    df: int
    notes: tuple[str, ...] = ()


def make_codes(design: PanelDesign, effects: str) -> Codes:
    codes = Codes(design.region, design.time, effects)
    if codes.time.max() == 0 or codes.region.max() == 0:
        raise InputError("a panel regression needs at least two regions and two times.")
    return codes


def check_identified(design: PanelDesign, codes: Codes) -> None:
    """Refuse regressors that effects absorb, and those that the ones before them explain; name them."""
    values = design.x.to_numpy()
    left = demean(values, *codes.ways)
    gone = np.linalg.norm(left, axis=0) <= NOTHING * np.linalg.norm(values, axis=0)
    if gone.any():
        raise IdentificationError(
            f"{name_some(design.x.columns[gone])}: effects={codes.effects!r} leave nothing of it, for it does not vary "
            f'within them. Leave it out, or use effects="pooled" or "random".'
        )
    if len(left) <= left.shape[1] + codes.taken:
        raise IdentificationError(
            f"{len(left)} rows cannot identify {left.shape[1]} coefficients and {codes.taken} effects; use fewer."
        )
    scaled = left / np.linalg.norm(left, axis=0)
    weak = np.abs(np.diag(np.linalg.qr(scaled)[1])) < NOTHING
    if weak.any():
        raise IdentificationError(
            f"{name_some(design.x.columns[weak])}: a combination of the other regressors and effects; leave it out."
        )


def ordinary(design: PanelDesign, codes: Codes, effects: str, covariance: str, lags: int | None) -> Made:
    from linearmodels.panel import PanelOLS, PooledOLS, RandomEffects

    index = pd.MultiIndex.from_arrays([codes.region, codes.time], names=["region", "time"])
    y, x = design.y.set_axis(index).rename("y").to_frame(), design.x.set_axis(index)
    of_y, of_x = float(middling_units(y.to_numpy())[0]), middling_units(x.to_numpy())
    y, x = y / of_y, x / of_x
    back = of_y / of_x
    models: dict[str, Any] = {"pooled": PooledOLS, "random": RandomEffects}
    by_region, by_time = (way is not None for way in codes.ways)
    build = partial(models.get(effects) or partial(PanelOLS, entity_effects=by_region, time_effects=by_time), y, x)
    rows, k = x.shape
    if effects == "random" and int(codes.region.max()) + 1 <= k:
        raise IdentificationError(
            f"random effects take the variance between regions from their means: {int(codes.region.max()) + 1} regions "
            f"are too few for {k} coefficients. Use fixed effects, or fewer regressors."
        )
    kinds = {"classical": "unadjusted", "robust": "robust"}
    settings: dict[str, Any] = {"cov_type": kinds.get(covariance, "clustered")}
    if covariance == "driscoll_kraay":
        settings = {"cov_type": "kernel", "kernel": "bartlett", "bandwidth": _lags(lags, int(codes.time.max()) + 1)}
    elif covariance.startswith("cluster"):
        settings |= {"cluster_entity": covariance == "cluster_region", "cluster_time": covariance == "cluster_time"}
    if effects not in models:
        settings |= {"auto_df": False, "count_effects": False}
    flat = np.linalg.norm(demean(x.to_numpy(), *codes.ways), axis=0) <= _LEVEL * np.linalg.norm(x.to_numpy(), axis=0)
    if flat.any():
        raise _all_level(x.columns[flat])
    made: Any = _fit(build, settings, x.columns)
    lost = codes.lost(covariance, k)
    spread = np.asarray(made.cov, dtype=float) * np.outer(back, back)
    spread *= small_sample(rows, lost, codes.groups(covariance))
    coefficients = np.asarray(made.params, dtype=float) * back
    plain = design.y.to_numpy() - design.x.to_numpy() @ coefficients
    residuals = demean(plain[:, None], *codes.ways)[:, 0]
    df = rows - k - codes.taken
    varies = demean(design.y.to_numpy()[:, None], *codes.ways)[:, 0]
    if float(residuals @ residuals) <= NOTHING**2 * float(varies @ varies):
        raise IdentificationError(
            f"{name_some(x.columns)} explain {design.response!r} without residual: it is computed from them, and there "
            "is nothing to estimate. Leave out what it is computed from."
        )
    measures = {f"r2_{kind}": float(getattr(made, f"rsquared_{kind}")) for kind in ("within", "between", "overall")}
    if effects == "random":
        theta = np.asarray(made.theta, dtype=float).ravel()
        parts = made.variance_decomposition * of_y**2
        measures |= {"sigma2": float(parts["Residual"]), "sigma2_region": float(parts["Effects"])}
        ends = {"theta": float(theta.max())} if np.ptp(theta) < 1e-12 else {}
        measures |= ends or {"theta_least": float(theta.min()), "theta_most": float(theta.max())}
    else:
        measures["sigma2"] = float(residuals @ residuals) / df
    return Made(list(x.columns), coefficients, spread, residuals, plain - residuals, measures, df)


def _fit(build: Callable[[], Any], settings: dict[str, Any], names: pd.Index) -> Any:
    """Fit, and say in words what the library finds too close to a constant for its arithmetic."""
    from linearmodels.panel.utility import AbsorbingEffectError

    try:
        return build().fit(debiased=False, **settings)
    except (AbsorbingEffectError, ValueError) as problem:
        if isinstance(problem, ValueError) and "rank" not in str(problem):
            raise
        raise _all_level(names) from problem


def _all_level(names: pd.Index) -> IdentificationError:
    return IdentificationError(
        f"{name_some(names)}: what effects leave of a variable is too small beside its level to compute with. Subtract "
        "its mean, use its logarithm, or leave it out."
    )


def _lags(lags: int | None, times: int) -> int:
    if lags is None:
        return min(int(np.floor(4 * (times / 100) ** (2 / 9))), times - 1)
    if check_whole_number(lags, "lags") >= times:
        raise InputError(f"lags={lags} must be less than the {times} times of the panel.")
    return int(lags)


def instrumented(design: PanelDesign, codes: Codes, covariance: str) -> tuple[Made, pd.DataFrame, pd.DataFrame]:
    ordered = [*(c for c in design.x.columns if c not in design.endogenous), *design.endogenous]
    k2 = len(design.endogenous)
    whole = np.column_stack([design.y, design.x[ordered], design.outside])
    left = demean(whole, *codes.ways)
    k = len(ordered)
    units = middling_units(left)
    left = left / units
    of_y, to_y = float(units[0]), units[0] / units[1 : 1 + k]
    outside = left[:, 1 + k :]
    _check_instruments(design, left[:, 1 : 1 + k - k2], outside, (whole / units)[:, 1 + k :], k2)
    found: TwoStage = two_stage(
        left[:, 0],
        left[:, 1 : 1 + k - k2],
        left[:, 1 + k - k2 : 1 + k],
        outside,
        taken=codes.taken,
        lost=codes.lost(covariance, k),
        covariance=covariance,
        groups=codes.groups(covariance),
    )
    back = [ordered.index(name) for name in design.x.columns]
    coefficients = (found.coefficients * to_y)[back]
    residuals = found.residuals * of_y
    left *= units
    plain = design.y.to_numpy() - design.x.to_numpy() @ coefficients
    df = len(left) - k - codes.taken
    total = float(left[:, 0] @ left[:, 0]) if codes.taken else float(((left[:, 0] - left[:, 0].mean()) ** 2).sum())
    measures = {"r2_within": 1 - float(residuals @ residuals) / total}
    measures["sigma2"] = float(residuals @ residuals) / df
    made = Made(
        list(design.x.columns),
        coefficients,
        (found.covariance * np.outer(to_y, to_y))[np.ix_(back, back)],
        residuals,
        plain - residuals,
        measures,
        df,
        _instrument_notes(found, covariance),
    )
    first = pd.DataFrame(
        [(f, a, b, float(stats.f.sf(f, a, b)), share) for f, a, b, share in found.first_stage],
        index=pd.Index(design.endogenous, name="endogenous"),
        columns=["F", "df1", "df2", "p", "partial_r2"],
    )
    return made, as_table(found.tests), first


def _check_instruments(
    design: PanelDesign, exogenous: np.ndarray, outside: np.ndarray, before: np.ndarray, needed: int
) -> None:
    if outside.shape[1] < needed:
        raise IdentificationError(
            f"{needed} endogenous regressors need at least {needed} instruments; instruments= has {outside.shape[1]}."
        )
    gone = np.linalg.norm(outside, axis=0) <= NOTHING * np.linalg.norm(before, axis=0)
    both = np.column_stack([exogenous, np.where(gone, 1.0, outside)])
    weak = np.abs(np.diag(np.linalg.qr(both / np.linalg.norm(both, axis=0))[1])) < NOTHING
    gone |= weak[exogenous.shape[1] :]
    if gone.any():
        raise IdentificationError(
            f"instruments {name_some(design.outside.columns[gone])}: effects, regressors or other instruments explain "
            f"them entirely; leave them out."
        )


def _instrument_notes(found: TwoStage, covariance: str) -> tuple[str, ...]:
    name = "Kleibergen-Paap rk F" if "Kleibergen-Paap rk F" in found.tests else "Cragg-Donald F"
    notes = []
    if found.tests[name].statistic < 10:
        notes.append(f"{name} is {found.tests[name].statistic:.3g}, below 10: instruments are weak, estimates biased.")
    if covariance != "classical" and "Sargan" in found.tests:
        notes.append(
            "Sargan's test takes errors to have one variance; Hansen's J is the one for these standard errors."
        )
    return tuple(notes)
