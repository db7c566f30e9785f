"""Pooled, fixed-effects, random-effects and two-stage regressions of a panel, with their tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.options import Missing, check_option
from spatial_region.core.spec import digest, make_spec
from spatial_region.errors import OptionError
from spatial_region.paneltests._formula import read_design
from spatial_region.paneltests._static_choice import choice_tests
from spatial_region.paneltests._static_estimates import Codes, check_identified, instrumented, make_codes, ordinary
from spatial_region.paneltests._static_result import PanelRegression

PanelEffects = Literal["pooled", "region", "time", "twoway", "random"]
PanelCovariance = Literal["classical", "robust", "cluster_region", "cluster_time", "driscoll_kraay"]


def panel_regression(
    formula: str,
    study: object,
    *,
    effects: PanelEffects = "region",
    covariance: PanelCovariance = "cluster_region",
    endogenous: Sequence[str] | None = None,
    instruments: Sequence[str] | None = None,
    lags: int | None = None,
    missing: Missing = "raise",
) -> PanelRegression:
    """Regress a variable on others in a panel without spatial terms, with the tests that choose between estimators.

    ``y_it = x_it' b + a_i + c_t + e_it`` (面板回归: 混合, 固定效应, 双向固定效应, 随机效应, 工具变量). Estimates are
    those of linearmodels; panels need not be balanced. For spatial lags, see `spatial_panel`.

    Parameters
    ----------
    formula : str
        ``"log(y) ~ a + b + a:b"``. Fixed effects take the place of the intercept.
    study : Study or pandas.DataFrame
        Panel; a table is indexed by (region, time).
    effects : {"pooled", "region", "time", "twoway", "random"}
        None, fixed effects of regions, times or both, or random effects of regions (Swamy and Arora 1972).
    covariance : {"cluster_region", "cluster_time", "classical", "robust", "driscoll_kraay"}
        Standard errors: errors may be correlated within regions (or times); are independent with one variance; differ
        in variance; or depend on each other between regions and over some times (not with instruments).
        With n rows, c = n / (n - lost) multiplies all but "classical", and G / (G - 1) (n - 1) / n those of G
        clusters; `lost` counts coefficients and the effects not nested in the clusters.
    endogenous : sequence of str, optional
        Regressors, as the formula writes them, that are correlated with the disturbance: two-stage least squares.
    instruments : sequence of str, optional
        Variables or expressions outside the formula that instrument them.
    lags : int, optional
        Times over which the dependence of "driscoll_kraay" reaches: by default floor(4 (T / 100)^(2/9)).
    missing : {"raise", "drop"}
        With ``"drop"``, rows without a value are left out.

    Returns
    -------
    PanelRegression
        ``params``, ``std_errors``, ``pvalues``, ``tests``, ``first_stage``, ``table()``, ``summary()``. Tests without
        instruments: F of the effects, Breusch-Pagan LM, Hausman (contrast; auxiliary regression, classical and
        cluster-robust), Wooldridge's serial correlation, Pesaran's CD of the residuals. With instruments: Wu-Hausman,
        Cragg-Donald F, Anderson LM, Sargan, and, unless classical, the rk statistics of Kleibergen and Paap and
        Hansen's J.

    Raises
    ------
    InputError
        If the formula cannot be read, the panel has one time, or nothing is left to estimate.
    OptionError
        If an option is not offered, or does not fit the others.
    UnknownNameError
        If a variable does not exist.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    IdentificationError
        If effects leave nothing of a regressor, regressors are combinations of each other, or instruments are too few.
    ConstantVariableError
        If the dependent variable does not vary.

    References
    ----------
    Hausman (1978), doi:10.2307/1913827. Breusch and Pagan (1980), doi:10.2307/2297111. Cragg and Donald (1993),
    doi:10.1017/S0266466600007519. Kleibergen and Paap (2006), doi:10.1016/j.jeconom.2005.02.011. Wooldridge (2010),
    Econometric Analysis of Cross Section and Panel Data, section 10.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> rng = np.random.default_rng(0)
    >>> index = pd.MultiIndex.from_product([range(30), range(2010, 2020)], names=["region", "time"])
    >>> panel = pd.DataFrame({"a": rng.normal(size=300)}, index=index)
    >>> panel["y"] = 2 * panel["a"] + np.repeat(rng.normal(size=30), 10) + rng.normal(size=300)
    >>> fit = sr.panel_regression("y ~ a", panel, effects="twoway")
    >>> fit.table().round(3).loc["a", ["estimate", "std_error"]].tolist()
    [2.047, 0.062]
    >>> fit.tests["p"].round(3)[["F, region effects", "Hausman"]].tolist()
    [0.0, 0.287]
    """
    return regress(
        formula,
        study,
        effects=effects,
        covariance=covariance,
        endogenous=endogenous,
        instruments=instruments,
        lags=lags,
        missing=missing,
    )


def regress(
    formula: str,
    study: object,
    *,
    effects: PanelEffects,
    covariance: PanelCovariance,
    endogenous: Sequence[str] | None = None,
    instruments: Sequence[str] | None = None,
    lags: int | None = None,
    missing: Missing = "raise",
    tests: bool = True,
) -> PanelRegression:
    """Do what `panel_regression` says; the tests that choose between estimators may be left out."""
    check_option(effects, PanelEffects, "effects")
    check_option(covariance, PanelCovariance, "covariance")
    fixed = effects in ("region", "time", "twoway")
    design = read_design(
        formula, study, missing=missing, endogenous=endogenous, instruments=instruments, intercept=not fixed
    )
    if design.endogenous and (effects == "random" or covariance == "driscoll_kraay"):
        raise OptionError('instruments= go with fixed or no effects, and not with covariance="driscoll_kraay".')
    if lags is not None and covariance != "driscoll_kraay":
        raise OptionError('lags= is for covariance="driscoll_kraay".')
    codes = make_codes(design, effects)
    check_identified(design, codes)
    if design.endogenous:
        made, found, first = instrumented(design, codes, covariance)
    else:
        made, first = ordinary(design, codes, effects, covariance, lags), pd.DataFrame()
        found = choice_tests(design, made.residuals, all_of_them=tests)
    notes = list(made.notes)
    if len(design.dropped):
        notes.append(f"{len(design.dropped)} rows without some value were left out.")
    regressors = pd.Index(made.columns, name="regressor")
    params = pd.Series(made.coefficients, regressors, name="estimate")
    errors = pd.Series(np.sqrt(np.diag(made.covariance)), regressors, name="std_error")
    df = _reference_df(covariance, made.df, codes)
    inputs = {"n": int(codes.region.max()) + 1, "rows": len(design.y), "values_digest": digest(design.y.to_numpy())}
    options: dict[str, Any] = {"formula": formula, "effects": effects, "covariance": covariance, "lags": lags}
    options |= {"endogenous": design.endogenous, "instruments": list(design.outside.columns), "missing": missing}
    return PanelRegression(
        formula,
        design.response,
        effects,
        covariance,
        params,
        errors,
        pd.Series(2 * stats.t.sf(np.abs(params / errors), df), regressors, name="p"),
        pd.DataFrame(made.covariance, regressors, regressors),
        pd.Series(made.residuals, design.y.index, name="residual"),
        pd.Series(made.absorbed, design.y.index, name="effect"),
        made.fit,
        len(design.y),
        df,
        found,
        first,
        design.names,
        tuple(notes),
        make_spec("panel_regression", options=options, inputs=inputs),
    )


def _reference_df(covariance: str, df: int, codes: Codes) -> int:
    sums = {"cluster_region": codes.region, "cluster_time": codes.time, "driscoll_kraay": codes.time}
    return min(int(sums[covariance].max()), df) if covariance in sums else df
