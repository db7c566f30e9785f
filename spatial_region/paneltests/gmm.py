"""Dynamic panels without spatial terms: difference and system GMM, by pyxtabond2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.options import Missing, check_between, check_option, check_whole_number
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.errors import IdentificationError, MissingLibraryError, OptionError
from spatial_region.paneltests._gmm_frame import REGION, TIME, DynamicFrame, make_frame

DynamicModel = Literal["difference", "system"]
DynamicCovariance = Literal["robust", "classical"]
Equation = Literal["both", "difference", "level"]

_EQUATIONS = {"both": "both", "difference": "diff", "level": "level"}


@dataclass(frozen=True, eq=False, repr=False)
class DynamicPanel(Result):
    """Difference or system GMM.

    Attributes
    ----------
    formula, response, model : str
    params, std_errors, pvalues : pandas.Series
        Indexed by regressor: ``L.y`` is the first lag of y, ``time[2010]`` the dummy of a time; p-values are normal.
    tests : pandas.DataFrame
        Indexed by test (AR(1), AR(2), Hansen, Sargan): statistic, df, p, says.
    instruments, regions, nobs : int
        Number of instruments, of regions, and of explained rows (of the level equation, for a system).
    names : pandas.Series
    notes : tuple of str
    spec : Spec
    """

    formula: str
    response: str
    model: str
    params: pd.Series
    std_errors: pd.Series
    pvalues: pd.Series
    tests: pd.DataFrame
    instruments: int
    regions: int
    nobs: int
    names: pd.Series
    notes: tuple[str, ...]
    spec: Spec

    def table(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return estimates, indexed by regressor: estimate, std_error, z, p, low, high.

        Parameters
        ----------
        level : float
            Confidence of the interval from low to high.

        Raises
        ------
        InputError
            If `level` does not lie between 0 and 1.
        """
        check_between(level, "level", low=0, high=1)
        reach = float(stats.norm.ppf((1 + level) / 2)) * self.std_errors
        return pd.DataFrame(
            {
                "estimate": self.params,
                "std_error": self.std_errors,
                "z": self.params / self.std_errors,
                "p": self.pvalues,
                "low": self.params - reach,
                "high": self.params + reach,
            }
        ).rename_axis("regressor")

    def summary(self) -> str:
        """Return coefficients, tests and notes as text."""
        options = self.spec.options
        facts = f"{options['steps']}-step, {options['covariance']}, h = {options['h']}"
        parts = [
            f"{self.model.capitalize()} GMM: {self.formula}",
            f"  {self.nobs} rows; {self.regions} regions; {self.instruments} instruments; {facts}",
            "",
            self.table().to_string(float_format=lambda value: f"{value:.5g}"),
            "",
            self.tests.to_string(float_format=lambda value: f"{value:.5g}", na_rep=""),
        ]
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])


def gmm_panel(
    formula: str,
    study: object,
    *,
    model: DynamicModel = "difference",
    lags: int = 1,
    lags_of: Mapping[str, int] | None = None,
    endogenous: Sequence[str] = (),
    predetermined: Sequence[str] = (),
    depth: int | None = None,
    collapse: bool = True,
    exogenous_in: Equation = "difference",
    time_effects: bool = True,
    steps: Literal[1, 2] = 2,
    covariance: DynamicCovariance = "robust",
    h: Literal[1, 2, 3] = 3,
    missing: Missing = "raise",
) -> DynamicPanel:
    """Regress a variable on its own past and on others, by difference or system GMM (差分 / 系统 GMM).

    ``y_it = sum_k r_k y_i,t-k + x_it' b + a_i + c_t + e_it``. Differences remove a_i, and earlier levels instrument
    them (Arellano and Bond 1991); a system adds the equation in levels, instrumented by earlier differences (Blundell
    and Bond 1998). For panels with many regions and few times; for spatial lags, see `dynamic_panel`. Estimates are
    those of pyxtabond2, which agree with Stata's xtabond2; its orthogonal deviations are not offered.

    Parameters
    ----------
    formula : str
        ``"log(y) ~ a + b"``; lags of y are added by `lags`, and effects need no term.
    study : Study or pandas.DataFrame
        Panel; a table is indexed by (region, time). A lag is the previous time of the panel.
    model : {"difference", "system"}
    lags : int
        Lags of y among the regressors, called ``L.y``, ``L2.y`` ...
    lags_of : mapping of str to int, optional
        Lags of regressors to add: ``{"a": 1}`` adds ``L.a``.
    endogenous : sequence of str
        Regressors correlated with e_it: levels from two times before instrument them, as they do y.
    predetermined : sequence of str
        Regressors correlated with earlier errors only: levels from one time before instrument them. All others are
        taken for strictly exogenous, and instrument themselves.
    depth : int, optional
        How many lags of each variable serve as instruments; None for all there are.
    collapse : bool
        One instrument for each lag, rather than for each lag and time. Without it their number grows with the square
        of the number of times.
    exogenous_in : {"difference", "both", "level"}
        Equation that exogenous regressors instrument. In levels they are valid only if they are unrelated to the region
        effects a_i, which is seldom so; xtabond2 takes "both" for a system unless told otherwise. Dummies of times
        instrument the equation in differences, and in a system that in levels.
    time_effects : bool
        Whether to add dummies of times.
    steps : {1, 2}
        One or two steps; standard errors of two are corrected as in Windmeijer (2005), when robust.
    covariance : {"robust", "classical"}
    h : {1, 2, 3}
        Weights of the first step: the identity; the covariance of differenced white noise; and, for a system, that of
        differences with levels too. Stata's xtabond2 takes 3. It changes the estimates of a system.
    missing : {"raise", "drop"}
        With ``"drop"``, rows without a value are left out.

    Returns
    -------
    DynamicPanel
        ``params``, ``tests`` (AR(1), AR(2), Hansen, Sargan), ``instruments``, ``regions``, ``table()``, ``summary()``.

    Raises
    ------
    MissingLibraryError
        If pyxtabond2 is not installed.
    OptionError
        If an option is not offered, or does not fit the others.
    UnknownNameError
        If a variable does not exist, or an option names something that is no regressor.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    IdentificationError
        If there are fewer instruments than coefficients, or the estimates are not identified.
    InputError
        If the formula cannot be read, or there are too few times.
    ConstantVariableError
        If the dependent variable does not vary.

    References
    ----------
    Arellano and Bond (1991), doi:10.2307/2297968. Blundell and Bond (1998), doi:10.1016/S0304-4076(98)00009-8.
    Windmeijer (2005), doi:10.1016/j.jeconom.2004.02.005. Roodman (2009), doi:10.1177/1536867X0900900106.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> rng = np.random.default_rng(0)
    >>> a, noise, y = rng.normal(size=(80, 9)), rng.normal(size=(80, 9)), np.zeros((80, 9))
    >>> for t in range(1, 9):
    ...     y[:, t] = 0.5 * y[:, t - 1] + a[:, t] + noise[:, t]
    >>> index = pd.MultiIndex.from_product([range(80), range(2001, 2010)], names=["region", "time"])
    >>> fit = sr.gmm_panel("y ~ a", pd.DataFrame({"y": y.ravel(), "a": a.ravel()}, index=index), time_effects=False)
    >>> fit.params.round(2).tolist(), fit.instruments
    ([0.51, 1.0], 7)
    """
    _check_options(model, covariance, exogenous_in, steps, h, lags, depth)
    library = _library()
    endogenous, predetermined = _listed(endogenous), _listed(predetermined)
    frame = make_frame(
        formula, study, lags=lags, lags_of=dict(lags_of or {}), endogenous=endogenous, predetermined=predetermined,
        time_effects=time_effects, missing=missing,
    )  # fmt: skip
    gmm, own = _instruments(library, frame, model, endogenous, predetermined, depth, collapse, _EQUATIONS[exogenous_in])
    columns = [*frame.lagged, *frame.regressors, *frame.dummies]
    estimator = library.PyXtabond2(
        frame.table.reset_index(drop=True), REGION, TIME, frame.design.response, columns, gmm=gmm, iv=own,
        model_type=model, twostep=steps == 2, robust=covariance == "robust", h=h,
    )  # fmt: skip
    made = _fit(estimator, len(columns))
    regressors = pd.Index([{"_cons": "Intercept"}.get(name, name) for name in made.x_names], name="regressor")
    units = frame.scale[frame.design.response] / frame.scale.reindex(made.x_names).fillna(1.0).to_numpy()
    params = pd.Series(made.beta.ravel() * units, regressors, name="estimate")
    errors = pd.Series(made.se.ravel() * units, regressors, name="std_error")
    engine = made.engine
    rows = int(engine.is_level.sum()) if model == "system" else int(engine.n_obs)
    options: dict[str, Any] = {"formula": formula, "model": model, "lags": lags, "lags_of": dict(lags_of or {})}
    options |= {"endogenous": endogenous, "predetermined": predetermined, "depth": depth, "collapse": collapse}
    options |= {"exogenous_in": exogenous_in, "time_effects": time_effects, "steps": steps, "covariance": covariance}
    options |= {"h": h, "missing": missing}
    return DynamicPanel(
        formula,
        frame.design.response,
        model,
        params,
        errors,
        pd.Series(2 * stats.norm.sf(np.abs(params / errors)), regressors, name="p"),
        _tests(made),
        int(engine.n_instruments),
        int(engine.N_groups),
        rows,
        frame.design.names,
        _notes(made, frame, steps, covariance),
        make_spec(
            "gmm_panel",
            options=options,
            inputs={"rows": rows, "values_digest": digest(frame.design.y.to_numpy()), "engine": library.__version__},
        ),
    )


def _check_options(
    model: object, covariance: object, exogenous_in: object, steps: object, h: object, lags: object, depth: object
) -> None:
    """Refuse options that are not offered, or do not fit each other."""
    for value, alias, option in ((model, DynamicModel, "model"), (covariance, DynamicCovariance, "covariance")):
        check_option(value, alias, option)
    for number, allowed, option in ((steps, (1, 2), "steps"), (h, (1, 2, 3), "h")):
        if number not in allowed or isinstance(number, bool):
            raise OptionError(f"{option}={number!r} is not offered. Choose one of: {', '.join(map(str, allowed))}.")
    check_whole_number(lags, "lags", least=1)
    if depth is not None:
        check_whole_number(depth, "depth", least=1)
    check_option(exogenous_in, Equation, "exogenous_in")
    if model == "difference" and exogenous_in != "difference":
        raise OptionError('exogenous_in= other than "difference" is for model="system".')


def _library() -> ModuleType:
    try:
        return import_module("pyxtabond2")
    except ModuleNotFoundError as error:
        if error.name != "pyxtabond2":
            raise
        raise MissingLibraryError(
            "gmm_panel() needs 'pyxtabond2', which is not installed. Run: pip install 'spatial_region[gmm]'"
        ) from error


def _listed(names: Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _instruments(
    library: ModuleType,
    frame: DynamicFrame,
    model: str,
    endogenous: list[str],
    predetermined: list[str],
    depth: int | None,
    collapse: bool,
    equation: str,
) -> tuple[list[Any], list[Any]]:
    """Return groups of instruments: lags of levels, and regressors that instrument themselves."""
    groups = []
    for names, least in (([frame.design.response, *endogenous], 2), (predetermined, 1)):
        if names:
            lag = (least, None if depth is None else least + depth - 1)
            groups.append(library.GMMStyle(names, lag=lag, collapse=collapse))
    own = [library.IVStyle(frame.exogenous, equation)] if frame.exogenous else []
    if frame.dummies:
        own.append(library.IVStyle(frame.dummies, "level" if model == "system" else "diff"))
    return groups, own


def _fit(estimator: Any, slopes: int) -> Any:
    """Estimate, and refuse what is not identified."""
    try:
        made = estimator.fit()
    except ValueError as problem:
        if "Under-identified" not in str(problem):
            raise
        raise IdentificationError(
            f"the instruments cannot identify {slopes} coefficients ({problem}) Let more lags serve (depth=), use "
            f"collapse=False, or drop regressors."
        ) from problem
    z, x = (
        part / np.where(np.linalg.norm(part, axis=0) > 0, np.linalg.norm(part, axis=0), 1.0)
        for part in (made.engine.Z, made.engine.X)
    )
    singular = np.linalg.svd(z.T @ x, compute_uv=False)
    ranked = int((singular > 1e-9 * singular.max()).sum())
    if ranked < len(made.x_names) or not np.isfinite(made.se).all():
        raise IdentificationError(
            "the coefficients are not identified: a regressor does not vary over time, or is a combination of others "
            "and of the dummies of times. Leave it out, or use time_effects=False."
        )
    return made


def _tests(made: Any) -> pd.DataFrame:
    rows = {}
    for order, (z, _) in made.diag["ar"].items():
        says = "expected: differences of white noise are correlated once" if order == 1 else ""
        p = float(2 * stats.norm.sf(abs(z)))
        if order == 2:
            says = "errors are correlated over time: earlier instruments are needed" if p < 0.05 else "not refuted"
        rows[f"AR({order})"] = (float(z), np.nan, p, says)
    freedom = int(made.diag["df"])
    hansen = made.diag["hansen"][0]
    if np.isnan(hansen):
        hansen = getattr(made.engine, "hansen_1step_robust", (np.nan,))[0]
    for name, value in (("Hansen", hansen), ("Sargan", made.diag["sargan"][0])):
        p = float(stats.chi2.sf(value, freedom)) if freedom > 0 and np.isfinite(value) else np.nan
        says = "" if np.isnan(p) else "some instrument is not exogenous" if p < 0.05 else "instruments are not refuted"
        rows[name] = (float(value) if freedom > 0 else np.nan, freedom, p, says)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["statistic", "df", "p", "says"]).rename_axis("test")


def _notes(made: Any, frame: DynamicFrame, steps: int, covariance: str) -> tuple[str, ...]:
    notes = []
    count, regions = int(made.engine.n_instruments), int(made.engine.N_groups)
    if count > regions:
        notes.append(
            f"{count} instruments for {regions} regions: too many, so that estimates near those of fixed effects and "
            f"Hansen's p nears 1. Use collapse=True, or fewer lags (depth=)."
        )
    hansen = _tests(made).loc["Hansen", "p"]
    if hansen > 0.99:
        notes.append(f"Hansen's p of {hansen:.3f} is no support: it is a sign of too many instruments.")
    if steps == 2 and covariance == "classical":
        notes.append("Two-step standard errors without correction are far too small in samples of this kind.")
    if len(frame.design.dropped):
        notes.append(f"{len(frame.design.dropped)} rows without some value were left out.")
    return tuple(notes)
