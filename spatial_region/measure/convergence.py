"""Whether regions converge: dispersion over time (sigma), and growth against the initial level (beta)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from spatial_region.core.options import Missing, check_option
from spatial_region.core.spec import digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import ConstantVariableError, InputError, OptionError
from spatial_region.measure._dispersion import Dispersion, relative_values, trend
from spatial_region.measure._growth_fit import Covariance, Effects, fit
from spatial_region.measure.convergence_result import BetaConvergence, SigmaConvergence, verdict_of
from spatial_region.measure.growth import GROWTH, INITIAL, ControlsAt, Form, growth_of, numeric_times, positive
from spatial_region.measure.speed import convergence_speed

ConvergenceKind = Literal["sigma", "beta"]


def convergence(
    study: Study,
    variable: str,
    *,
    kind: ConvergenceKind = "beta",
    form: Form = "cross-section",
    controls: Sequence[str] = (),
    controls_at: ControlsAt = "start",
    effects: Effects = "pooled",
    covariance: Covariance | Literal["auto"] = "auto",
    dispersion: Dispersion = "sd_log",
    level: float = 0.95,
    missing: Missing = "raise",
) -> SigmaConvergence | BetaConvergence:
    """Test whether regions become more alike (sigma), and whether those that have less grow faster (beta).

    Sigma: the standard deviation of logarithms, or the coefficient of variation, at each time; the slope of its
    logarithm on time.

    Beta: ``ln(y_(t + s) / y_t) / s = a + b ln y_t + controls + e``, growth a unit of time over a span s. Cross-section:
    from the first time of the study to the last, one observation a region. Panel: from each time to the next, with
    effects. Without controls and region effects the regions are taken to grow to one level (absolute), with them each
    to its own (conditional). ``speed = -ln(1 + b s) / s`` and ``half_life = ln 2 / speed``: see `convergence_speed`.

    Spatial: measures of regions do not know models of space. `formula` and `study` of the result do, with `w` of yours:
    ``f = sr.spatial_regression(found.formula, found.study, w=w, model="sdm")`` (``sr.spatial_panel`` for a panel), then
    ``sr.convergence_speed(f.params["log_initial"], f.std_errors["log_initial"], span=found.span)``.

    Parameters
    ----------
    study : Study
        A panel whose times are numbers. ``study.between(first, last)`` chooses a stretch.
    variable : str
        Positive level, such as GDP per head at constant prices.
    kind : {"sigma", "beta"}
        What is tested.
    form : {"cross-section", "panel"}
        Beta only. A panel needs times at equal intervals.
    controls : sequence of str
        Beta only. Variables that steady states depend on, as they are: take logarithms beforehand.
    controls_at : {"start", "mean"}
        When controls count: at the start of each span, or their mean over it (of all times of a cross-section, of both
        ends in a panel), which growth itself may have changed.
    effects : {"pooled", "region", "time", "twoway"}
        Fixed effects of a panel.
    covariance : {"auto", "classical", "robust", "cluster_region"}
        Standard errors of beta. "robust" is HC1; "auto" is "robust", and for a panel "cluster_region".
    dispersion : {"sd_log", "cv"}
        What the trend of sigma is of.
    level : float
        Level of the intervals of speed and half-life.
    missing : {"raise", "drop"}
        What to do with missing values: with ``"drop"``, sigma leaves out regions without all times, beta observations.

    Returns
    -------
    SigmaConvergence or BetaConvergence
        By `kind`.

    Raises
    ------
    InputError
        If `study` is no panel with times that are numbers, values are not positive, times of a panel are not at equal
        intervals, or there are fewer than 4 regions.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    UnknownNameError
        If a variable does not exist.
    IdentificationError
        If a coefficient cannot be told from effects or other regressors.
    ConstantVariableError
        If all regions, or all but one, are equal at a time.
    OptionError
        If an option is not offered, or does not fit `kind` or `form`.

    Notes
    -----
    Dispersions of successive years are of the same regions, and regress on time as if they were T independent numbers;
    their p is far too small: of persistent regions without a trend, 25 to 65 % are "significant" at 5 %. `trend["p"]`
    leaves one region out after the other instead.

    With region effects b is too far below 0, by an amount of order 1 / T (Nickell 1981), and the speed is overstated:
    of a true speed of 0.105, 31 regions and 5 steps make 0.33, 20 steps 0.15. `dynamic_panel` corrects for it.

    References
    ----------
    Barro, R. J. and Sala-i-Martin, X. (1992). Convergence. Journal of Political Economy 100, 223-251.
    doi:10.1086/261816
    Carree, M. and Klomp, L. (1997). Testing the convergence hypothesis: a comment. Review of Economics and Statistics
    79, 683-686. doi:10.1162/003465397557114
    Nickell, S. (1981). Biases in dynamic models with fixed effects. Econometrica 49, 1417-1426. doi:10.2307/1911408

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd, spatial_region as sr
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(range(6), [0] * 6), index=list("abcdef"), crs=4326)
    >>> gaps = pd.Series([-1.0, -0.6, -0.1, 0.3, 0.5, 0.9], index=list("abcdef"))
    >>> years = {year: np.exp(9 + 0.03 * (year - 2000) + gaps * 0.98 ** (year - 2000)) for year in (2000, 2010, 2020)}
    >>> study = sr.make_study(points, pd.DataFrame({"gdp": pd.DataFrame(years).stack()}))
    >>> found = sr.convergence(study, "gdp", kind="beta")
    >>> found.rates[["speed", "half_life"]].round(4).tolist()
    [0.0202, 34.3096]
    >>> sr.convergence(study, "gdp", kind="sigma").table()["relative_to_first"].round(3).tolist()
    [1.0, 0.817, 0.668]
    """
    _check_options(kind, form, tuple(controls), controls_at, effects, covariance, dispersion, missing)
    if isinstance(controls, str):
        raise InputError(f"controls must be a list of names; found the text {controls!r}. Write [{controls!r}].")
    if kind == "sigma":
        return _sigma(study, variable, dispersion, missing)
    return _beta(study, variable, form, list(controls), controls_at, effects, covariance, level, missing)


def _check_options(
    kind: str,
    form: str,
    controls: tuple[str, ...],
    controls_at: str,
    effects: str,
    covariance: str,
    dispersion: str,
    missing: str,
) -> None:
    check_option(kind, ConvergenceKind, "kind")
    check_option(form, Form, "form")
    check_option(controls_at, ControlsAt, "controls_at")
    check_option(effects, Effects, "effects")
    if covariance != "auto":
        check_option(covariance, Covariance, "covariance")
    check_option(dispersion, Dispersion, "dispersion")
    check_option(missing, Missing, "missing")
    if kind == "sigma" and (form != "cross-section" or controls or effects != "pooled" or covariance != "auto"):
        raise OptionError('form=, controls=, effects= and covariance= are for kind="beta"; leave them out for sigma.')
    if kind == "beta" and dispersion != "sd_log":
        raise OptionError('dispersion= is for kind="sigma"; leave it out for beta.')
    if form == "cross-section" and (effects != "pooled" or covariance == "cluster_region"):
        raise OptionError(
            'effects and clusters of regions need several observations a region: pass form="panel", or leave them out.'
        )


def _sigma(study: Study, variable: str, dispersion: Dispersion, missing: Missing) -> SigmaConvergence:
    times = numeric_times(study)
    values, notes = positive(study, variable, missing)
    levels = values.unstack().dropna().sort_index()
    _check_regions(len(levels), variable)
    x = levels.to_numpy()
    _check_varies(x, study.times, variable)
    made = trend(relative_values(x, dispersion), times, relative=dispersion == "cv")
    table = pd.DataFrame(
        {
            "n": len(x),
            "sd_log": np.log(x).std(axis=0),
            "cv": x.std(axis=0) / x.mean(axis=0),
            "relative_to_first": made.dispersion / made.dispersion[0],
        },
        index=pd.Index(study.times, name="time"),
    )
    return SigmaConvergence(
        dispersions=table,
        trend=pd.Series(
            {"slope": made.slope, "se": made.se, "p": made.p, "se_ols": made.se_ols, "p_ols": made.p_ols}, name="trend"
        ),
        ends=pd.Series(
            {
                "ratio": made.ratio,
                "se_log": made.se_ends,
                "p": made.p_ends,
                "t_pitman": made.t_pitman,
                "p_pitman": made.p_pitman,
            },
            name="ends",
        ),
        verdict=verdict_of(made.slope, made.p),
        notes=notes,
        spec=make_spec(
            "convergence",
            options={"kind": "sigma", "dispersion": dispersion, "missing": missing},
            inputs={"variable": variable, "n": len(x), "times": study.times, "values_digest": digest(x)},
        ),
    )


def _check_varies(x: np.ndarray, times: list[Any], variable: str) -> None:
    """Refuse times at which at most one region differs: without it there is no dispersion to compare with."""
    ordered = np.sort(x, axis=0)
    flat = (ordered[0] == ordered[-2]) | (ordered[1] == ordered[-1])
    if flat.any():
        where = ", ".join(str(time) for time, of in zip(times, flat, strict=True) if of)
        raise ConstantVariableError(f"{variable!r} is the same in all regions, or in all but one, at {where}.")


def _beta(
    study: Study,
    variable: str,
    form: Form,
    controls: list[str],
    controls_at: ControlsAt,
    effects: Effects,
    covariance: Covariance | Literal["auto"],
    level: float,
    missing: Missing,
) -> BetaConvergence:
    data = growth_of(study, variable, form=form, controls=controls, controls_at=controls_at, missing=missing)
    rows = data.rows.sort_index()
    _check_regions(rows.index.get_level_values(0).nunique(), variable)
    if covariance == "auto":
        covariance = "robust" if form == "cross-section" else "cluster_region"
    made = fit(rows[GROWTH], rows[[INITIAL, *controls]], effects=effects, covariance=covariance)
    own = made.coefficients.loc[INITIAL]
    rates = convergence_speed(own["estimate"], own["std_error"], span=data.span, level=level, df=made.df)
    notes = list(data.notes)
    if np.isnan(rates["speed"]):
        notes.append(
            f"1 + b span is {1 + own['estimate'] * data.span:.3g}: gaps close within one span; no speed follows."
        )
    if effects in ("region", "twoway"):
        notes.append(
            "With region effects in a panel this short the speed is overstated (Nickell 1981); see dynamic_panel()."
        )
    return BetaConvergence(
        coefficients=made.coefficients,
        rates=rates,
        span=data.span,
        nobs=len(rows),
        df=made.df,
        r2=made.r2,
        formula=f"{GROWTH} ~ {' + '.join([INITIAL, *controls])}",
        study=data.study,
        verdict=verdict_of(own["estimate"], own["p"]),
        notes=tuple(notes),
        spec=make_spec(
            "convergence",
            options={
                "kind": "beta",
                "form": form,
                "controls": controls,
                "controls_at": controls_at,
                "effects": effects,
                "covariance": covariance,
                "level": level,
                "missing": missing,
            },
            inputs={"variable": variable, "n": study.n, "times": study.times, "values_digest": digest(rows.to_numpy())},
        ),
    )


def _check_regions(count: int, variable: str) -> None:
    if count < 4:
        raise InputError(f"{variable!r} has {count} complete regions; convergence needs at least 4.")
