"""The result of a spatial regression: labelled estimates, and what can be asked of them afterwards."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.options import check_between, check_option, check_whole_number
from spatial_region.core.result import Result, two_columns
from spatial_region.core.seeds import DEFAULT_SEED, generator
from spatial_region.core.spec import Spec, make_spec
from spatial_region.core.weights import Weights
from spatial_region.errors import ConvergenceError, ConvergenceWarning
from spatial_region.panel.impacts import Impacts, label_impacts, show_table
from spatial_region.panel.model_weights import ModelWeights
from spatial_region.panel.numbers import ImpactSource
from spatial_region.panel.options import PARTS, TITLES, Parts, StandardErrorKind
from spatial_region.panel.postestimation import PostEstimation
from spatial_region.panel.printing import Printable


@dataclass(frozen=True, eq=False, repr=False)
class SpatialPanelResult(PostEstimation, Printable, Result):
    """Estimates of a spatial regression on a panel or a cross-section.

    Attributes
    ----------
    params : pandas.Series
        Slopes, slopes of spatial lags (``W_a``), then ``rho`` (of W y) and ``lambda`` (of the disturbance);
        with random effects also ``psi`` (serial correlation) and ``phi`` (variance of the region effects over
        that of the innovations). Several weights have ``W1_a``, ``W2_a``, ``rho_1``, ``rho_2``.
    covariance : pandas.DataFrame
        Of `params`, of the kind that `covariance_kind` names: by default from the expected information of all
        parameters jointly; models without spatial parameter (``ols``, ``slx``) have the classical covariance
        with the unbiased variance. NaN where a method gives none.
    sigma2 : float
        Sum of squared residuals divided by `nobs` (maximum likelihood; not corrected for degrees of freedom).
    sigma2_se : float
        Its standard error; NaN by the method of moments.
    loglik : float
        Log-likelihood at the estimates; NaN by the method of moments.
    nobs : int
        Observations in the likelihood: regions times periods, less what the Lee-Yu transformation removes.
    df_model : int
        Estimated parameters: slopes, spatial parameters, variance, and fixed effects unless transformed away.
    df_residual : int
        Regions times periods, less slopes and fixed effects.
    residuals, fitted : pandas.Series
        Innovations e = (I - lambda W)(y - rho W y - Z b - effects), and y - e; labelled as the study's table.
    region_effects, time_effects : pandas.Series or None
        Estimated fixed effects, as deviations from `intercept`.
    intercept : float or None
        Mean of the fixed effects; None when the formula's own intercept is among `params`.
    r2 : float
        1 - e'e / sum (y - mean)^2: what regressors, lags and effects explain together.
    r2_within : float
        The same with the effects removed from y in the denominator; with random effects the means of regions are
        removed from e and y.
    r2_squared_correlation : float
        Squared correlation of y with its prediction from the regressors, (I - rho W)^-1 Z b, both without
        fixed effects.
    bounds : tuple of float or None
        Interval of rho and lambda in which the model exists.
    model, effects, method : str
    lee_yu : bool
    weights : Weights or None
        As used, after standardisation; the first of several.
    model_weights : ModelWeights or None
        All of them.
    response : str
        Dependent variable, as written in the formula.
    covariance_kind : str
        Kind of standard errors: ``"expected"``, ``"observed"``, ``"classical"``, ``"robust"`` ...
    components : pandas.Series
        Variances behind random effects (``sigma2_mu``, ``sigma2_e``, ``theta`` ...); empty otherwise.
    df_t : int or None
        Degrees of freedom of Student's t behind p-values (least squares); None for the normal distribution.
    diagnostics : pandas.DataFrame or None
        Tests of instruments: strength of the first stage, overidentification; None for a likelihood.
    spec : Spec
        Settings.
    """

    params: pd.Series
    covariance: pd.DataFrame
    sigma2: float
    sigma2_se: float
    loglik: float
    nobs: int
    df_model: int
    df_residual: int
    residuals: pd.Series
    fitted: pd.Series
    region_effects: pd.Series | None
    time_effects: pd.Series | None
    intercept: float | None
    r2: float
    r2_within: float
    r2_squared_correlation: float
    bounds: tuple[float, float] | None
    model: str
    effects: str
    method: str
    lee_yu: bool
    weights: Weights | None
    spec: Spec
    regressors: list[str] = field(repr=False)
    lagged: list[str] = field(repr=False)
    response: str
    covariance_kind: str
    components: pd.Series
    diagnostics: pd.DataFrame | None
    df_t: int | None
    model_weights: ModelWeights | None = field(repr=False)
    _impact_source: ImpactSource = field(repr=False)

    # -- inference -----------------------------------------------------------------------------------------

    @property
    def std_errors(self) -> pd.Series:
        """Standard errors of `params`."""
        return pd.Series(np.sqrt(np.diag(self.covariance)), index=self.params.index, name="std_error")

    @property
    def zvalues(self) -> pd.Series:
        """Estimates divided by their standard errors."""
        return (self.params / self.std_errors).rename("z")

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p-values: normal, or Student's t with `df_t` degrees of freedom for least squares."""
        tail = self._distribution.sf(np.abs(self.zvalues.to_numpy()))
        return pd.Series(2 * tail, index=self.params.index, name="p")

    @property
    def ids(self) -> pd.Index:
        """Region ids, in the order of the study."""
        index = self.residuals.index
        return index.get_level_values(0).unique() if isinstance(index, pd.MultiIndex) else index

    @property
    def times(self) -> list[Any]:
        """Times, ascending; empty for a cross-section."""
        index = self.residuals.index
        return index.get_level_values(1).unique().tolist() if isinstance(index, pd.MultiIndex) else []

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Return confidence intervals, columns ``low`` and ``high``.

        Raises
        ------
        InputError
            If `level` is not between 0 and 1.
        """
        check_between(level, "level", low=0, high=1)
        half = self._distribution.ppf(0.5 + level / 2) * self.std_errors
        return pd.DataFrame({"low": self.params - half, "high": self.params + half})

    @property
    def aic(self) -> float:
        """Akaike information criterion, with `df_model` parameters."""
        return 2 * self.df_model - 2 * self.loglik

    @property
    def bic(self) -> float:
        """Bayesian information criterion, with `df_model` parameters and `nobs` observations."""
        return float(np.log(self.nobs)) * self.df_model - 2 * self.loglik

    # -- impacts -------------------------------------------------------------------------------------------

    def impacts(self, *, se: StandardErrorKind = "simulation", draws: int = 1000, seed: int = DEFAULT_SEED) -> Impacts:
        """Return what a unit change in each regressor does to the region itself and to the others.

        ``dy/dx = (I - rho W)^-1 (beta I + theta W)``: the mean of its diagonal (direct), of its row sums
        (total), and their difference (indirect), from exact traces.

        Parameters
        ----------
        se : {"simulation", "delta"}
            Standard errors from draws of the estimates' normal distribution (LeSage & Pace 2009), or from
            exact derivatives. The point estimates are the same.
        draws : int
            Number of draws, at least 2.
        seed : int
            Seed of the draws.

        Returns
        -------
        Impacts
            Its ``table()`` has one row a variable. The intercept has no impact.

        Raises
        ------
        OptionError
            If `se` is not offered.
        ConvergenceError
            If rho, or most draws of it, lie outside the interval where the model exists.

        Warns
        -----
        ConvergenceWarning
            If more than one in a thousand draws of rho lie outside: the moments of the others are not those of the
            estimate.

        References
        ----------
        LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. doi:10.1201/9781420064254.
        """
        check_option(se, StandardErrorKind, "se")
        check_whole_number(draws, "draws", least=2)
        self._check_rho()
        spec = make_spec(
            "impacts",
            options={"se": se, "draws": draws if se == "simulation" else None},
            inputs={"model": self.model, **self.spec.inputs},
            seed=seed if se == "simulation" else None,
        )
        if se == "delta":
            found = self._impact_source.delta(self.params, self.covariance)
        else:
            found = self._impact_source.simulate(
                self.params, self.covariance, draws=draws, random=generator(seed, "impacts")
            )
            warn_of_rejected(found.rejected, draws)
        return label_impacts(found, self.regressors, has_indirect=self.has_indirect, spec=spec)

    @property
    def has_indirect(self) -> bool:
        """Whether a change in one region reaches others."""
        return self._parts.lag_y or self._parts.lag_x

    def _check_rho(self) -> None:
        if self.bounds is None or "rho" not in self.params.index:
            return
        low, high = self.bounds
        if not low < self.params["rho"] < high:
            raise ConvergenceError(
                f"rho = {self.params['rho']:.6g} lies outside ({low:.6g}, {high:.6g}), where the model exists, so that "
                f"there are no impacts and no predictions. Use method='ml', whose rho stays inside, or stronger "
                f"instruments."
            )

    # -- tables --------------------------------------------------------------------------------------------

    def table(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return one row a parameter: ``estimate, std_error, z, p, low, high``."""
        columns = {"estimate": self.params, "std_error": self.std_errors, "z": self.zvalues, "p": self.pvalues}
        return pd.DataFrame(columns).join(self.conf_int(level)).rename_axis("parameter")

    def summary(self) -> str:
        """Return the estimates, the fit and the settings as text."""
        text = show_table(self.table())
        return f"{two_columns(self._title, [*self._settings(), *self._fit()])}\n\n{text}"

    @property
    def _title(self) -> str:
        how = "maximum likelihood" if self.method == "ml" else "two-stage least squares and moments"
        return f"{TITLES[self.model]}, {how}"

    def _settings(self) -> list[tuple[str, object]]:
        inputs = self.spec.inputs
        sample = f"{inputs['regions']} regions" + (f" x {inputs['periods']} times" if inputs["periods"] else "")
        rows: list[tuple[str, object]] = [("formula", inputs["formula"]), ("sample", sample)]
        if inputs["periods"]:
            rows.append(("effects", self._effects_said))
        if inputs["at"] is not None:
            rows.append(("at", inputs["at"]))
        if self.weights is not None:
            rows.append(("weights", inputs["weights"]))
        if self.bounds is not None:
            rows.append(
                ("log-determinant", f"{inputs['determinant']}; between {self.bounds[0]:.4g} and {self.bounds[1]:.4g}")
            )
        if self._parts.lag_x and len(self.lagged) < len(self.regressors):
            rows.append(("lagged", ", ".join(self.lagged)))
        for key in ("endogenous", "instruments"):
            if self.spec.options.get(key):
                rows.append((key, ", ".join(map(str, self.spec.options[key]))))  # type: ignore[call-overload]
        return rows

    def _fit(self) -> list[tuple[str, object]]:
        rows: list[tuple[str, object]] = []
        if not np.isnan(self.loglik):
            counted = f"({self.df_model} parameters, {self.nobs} observations)"
            rows += [("log-likelihood", self.loglik), ("AIC / BIC", f"{self.aic:.6g} / {self.bic:.6g} {counted}")]
        rows += [
            ("sigma2", self.sigma2),
            *((name, float(value)) for name, value in self.components.items() if name != "sigma2_e"),
            ("R2", self.r2),
            *([("R2 within", self.r2_within)] if self.effects != "pooled" else []),
            ("R2 squared correlation", self.r2_squared_correlation),
            ("standard errors", self._standard_errors),
        ]
        if self.has_small_t_bias:
            rows.append(("caution", self._caution()))
        return rows

    @property
    def has_small_t_bias(self) -> bool:
        """Whether few times and fixed effects by dummy variables make sigma2 and standard errors too small.

        ``lee_yu=True`` removes the effects before the likelihood is written down.
        """
        few = 0 < int(self.spec.inputs["periods"]) < 10  # type: ignore[call-overload]
        dummies = self.effects in ("region", "time", "twoway") and not self.lee_yu
        return bool(few and dummies and self.method == "ml" and not self._parts.is_linear)

    # -- helpers -------------------------------------------------------------------------------------------

    @property
    def _parts(self) -> Parts:
        return PARTS[self.model]

    def _caution(self) -> str:
        return f"sigma2 and standard errors are too small with {self.spec.inputs['periods']} times (lee_yu)"

    @property
    def _distribution(self) -> Any:
        return stats.norm if self.df_t is None else stats.t(self.df_t)

    @property
    def _effects_said(self) -> str:
        if self.effects != "random":
            return self.effects + (" (Lee-Yu transformation)" if self.lee_yu else "")
        if not self._parts.error:
            return "random"
        inside = self.spec.options["components"] == "kkp"
        return "random, " + ("within the spatial error process" if inside else "beside the spatial error process")

    @property
    def _standard_errors(self) -> str:
        kind = _COVARIANCE_NAMES[self.covariance_kind]
        return f"{kind}, normal" if self.df_t is None else f"{kind}, t with {self.df_t} degrees of freedom"


_COVARIANCE_NAMES = {
    "classical": "classical",
    "expected": "expected information",
    "observed": "observed information",
    "quasi": "sandwich of information and scores (errors not normal)",
    "robust": "robust to unequal variances",
    "cluster_region": "clustered by region",
    "cluster_time": "clustered by time",
    "cluster_both": "clustered by region and time",
    "driscoll_kraay": "Driscoll-Kraay",
    "conley": "Conley",
}


def warn_of_rejected(rejected: int, draws: int) -> None:
    """Say when more than one in a thousand draws lay outside the parameter space: those next to its end then count."""
    if rejected > 0.001 * draws:
        warnings.warn(
            f"{rejected} draws of rho lay outside the interval where the model exists, beside {draws} inside: rho is "
            f"too imprecise for standard errors by simulation. Use impacts(se='delta').",
            ConvergenceWarning,
            stacklevel=3,
        )
