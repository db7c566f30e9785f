"""What can be asked of a fit afterwards: predictions, moments of effects, impacts by order of neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.options import check_whole_number
from spatial_region.core.study import Study
from spatial_region.errors import OptionError
from spatial_region.panel._partition import partitioned_impacts
from spatial_region.panel.impacts import KINDS
from spatial_region.panel.numbers import SingleWeightsImpacts
from spatial_region.panel.prediction import PredictionKind, predict

if TYPE_CHECKING:
    from spatial_region.panel.result import SpatialPanelResult

UnknownTime = Literal["raise", "mean", "last"]


class PostEstimation:
    """Questions to a fit."""

    @property
    def _fit_itself(self) -> SpatialPanelResult:
        return cast("SpatialPanelResult", self)

    def predict(
        self,
        study: Study | None = None,
        *,
        kind: PredictionKind = "TC",
        w: object = None,
        unknown_time: UnknownTime = "raise",
    ) -> pd.Series:
        """Predict the dependent variable: of the fit itself, of other times, or of regions without data.

        With S = I - rho W, B = I - lambda W and the trend Z b + effects, after Goulard, Laurent and Thomas-Agnan
        (2017): "trend"; "TC", the mean S^-1 trend; "TS", y less its innovation; "BP", the best predictor, the
        expectation given the observed y of the same time. For regions without data also "TS1", "KP5", "BPW", "BPN"
        and, one region at a time, "TC1", "BP1", "BPW1", "BPN1".

        Parameters
        ----------
        study : Study, optional
            None predicts for the data of the fit. Else a study with the regressors: of the same regions at any times,
            or of these and further regions (without region effects in the model). The dependent variable is not
            needed.
        kind : str
            See above. "TS" and "BP" of the same regions need the dependent variable, and are for the data of the fit.
        w : Weights, str, optional
            Weights of all regions of a study with further regions.
        unknown_time : {"raise", "mean", "last"}
            Time effect of times that the fit has not seen: refuse, their mean, or the last one.

        Returns
        -------
        pandas.Series
            Labelled as the study's table; for further regions, those alone.

        Raises
        ------
        OptionError
            If `kind` is not offered for the model or the study, or time effects are unknown.
        InputError
            If the study lacks regions of the fit, or region effects of further regions are unknown.
        UnknownNameError, MissingValuesError
            If the study lacks a regressor or values.

        References
        ----------
        Goulard, M., Laurent, T. and Thomas-Agnan, C. (2017). About predictions in spatial autoregressive models:
        optimal and almost optimal strategies. Spatial Economic Analysis 12. doi:10.1080/17421772.2017.1300679.
        """
        return predict(self._fit_itself, study, kind=kind, w=w, unknown_time=unknown_time)

    def effects_moments(self) -> pd.DataFrame:
        """Return moments of the estimated effects: rows ``region`` and ``time``, those that the model has.

        Columns ``n, mean, std, min, max, skewness, kurtosis`` (excess over the normal's); fixed effects are deviations
        from `intercept`, random ones predictions, which are shrunk and vary less than the effects themselves.

        Raises
        ------
        OptionError
            If the model has no effects.
        """
        fit = self._fit_itself
        effects = {"region": fit.region_effects, "time": fit.time_effects}
        found = {kind: values for kind, values in effects.items() if values is not None}
        if not found:
            raise OptionError("the model has no effects; fit it with effects='region', 'time', 'twoway' or 'random'.")
        rows = {
            kind: {
                "n": len(values),
                "mean": float(values.mean()),
                "std": float(values.std()),
                "min": float(values.min()),
                "max": float(values.max()),
                "skewness": float(stats.skew(values)),
                "kurtosis": float(stats.kurtosis(values)),
            }
            for kind, values in found.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("effects")

    def partition_impacts(self, orders: int = 10) -> pd.DataFrame:
        """Return the parts of the impacts that stem from the region itself, from neighbours, from their neighbours ...

        ``(I - rho W)^-1 (beta I + theta W) = beta I + sum over q of (rho^q beta + rho^(q-1) theta) W^q``: the part of
        order q is what W^q carries.

        Parameters
        ----------
        orders : int
            Highest order, at least 1.

        Returns
        -------
        pandas.DataFrame
            Index ``variable`` and ``order``; columns ``direct, indirect, total`` and ``share``, the part of the total
            impact that orders up to this one add up to. Traces are exact up to 2,000 regions; beyond, those of orders
            above 2 come from 400 random signs, always the same.

        Raises
        ------
        OptionError
            If the model has no spatial lag, or several or changing weights.
        InputError
            If `orders` is no whole number of at least 1.
        ConvergenceError
            If rho lies outside the interval where the model exists.

        References
        ----------
        LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. doi:10.1201/9781420064254.
        """
        check_whole_number(orders, "orders", least=1)
        fit = self._fit_itself
        source = fit._impact_source
        if not isinstance(source, SingleWeightsImpacts) or source.w is None or not fit.has_indirect:
            raise OptionError("impacts by order need a model with W y or W X, and one weights that does not change.")
        fit._check_rho()
        given = source.given(fit.params, fit.covariance)
        parts = partitioned_impacts(given.beta, given.theta, given.rho, source.w, orders=orders)
        whole = source.delta(fit.params, fit.covariance).value[2]
        index = pd.MultiIndex.from_product([fit.regressors, range(orders + 1)], names=["variable", "order"])
        columns = {kind: parts[:, i].T.ravel() for i, kind in enumerate(KINDS)}
        shares = np.cumsum(parts[:, 2], axis=0) / np.where(whole == 0, np.nan, whole)
        return pd.DataFrame({**columns, "share": shares.T.ravel()}, index=index)
