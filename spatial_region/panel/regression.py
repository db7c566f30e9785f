"""Front door of spatial regression: `spatial_panel` and `spatial_regression`."""

from __future__ import annotations

from collections.abc import Sequence

from spatial_region.core.study import Study
from spatial_region.errors import InputError
from spatial_region.panel.fitting import fit
from spatial_region.panel.options import (
    CovarianceKind,
    Determinant,
    Effects,
    ErrorComponents,
    Method,
    Model,
    MomentKind,
)
from spatial_region.panel.result import SpatialPanelResult
from spatial_region.panel.settings import Settings, as_names


def spatial_panel(
    formula: str,
    study: Study,
    *,
    w: object = None,
    w_error: object = None,
    model: Model = "sdm",
    effects: Effects = "twoway",
    method: Method = "ml",
    lagged: Sequence[str] | None = None,
    lee_yu: bool = False,
    components: ErrorComponents = "kkp",
    serial: bool = False,
    endogenous: Sequence[str] | None = None,
    instruments: Sequence[str] | None = None,
    moments: MomentKind = "auto",
    covariance: CovarianceKind = "auto",
    km: float | None = None,
    lags: int | None = None,
    determinant: Determinant = "auto",
) -> SpatialPanelResult:
    """Regress on regressors, on what neighbours have, and on what neighbours do, in a panel of regions.

    ``y_t = rho W y_t + X_t b + W X_t theta + region and time effects + u_t``, ``u_t = lambda W u_t + e_t``,
    of which each model contains a part. By maximum likelihood: slopes, effects and variance are concentrated
    out, and the log-determinant is that of the N x N matrix, T times. By the method of moments (gmm): W y is
    instrumented by W X and W W X, and lambda solves moment conditions of the residuals.

    Parameters
    ----------
    formula : str
        ``"log(y) ~ a + b"``. Fixed effects take the place of the intercept. Lags are made by the model and are
        called ``W_a``.
    study : Study
        Panel with every variable present for every region and time.
    w : Weights, Graph, W, str, mapping, list, optional
        Weights, or the name of one in the study; None takes the study's only one. A mapping (or `WeightsByTime`)
        from time to weights lets them change. A list of several gives a lag for each: ``W1_a``, ``W2_a``,
        ``rho_1``, ``rho_2``. Weights whose maker decided no standardisation are row-standardised; binary ones
        are used as they are.
    w_error : Weights, Graph, W, str, mapping, optional
        Weights of the disturbance; by default those of the lag.
    model : {"ols", "slx", "sar", "sem", "sac", "sdm", "sdem", "gns"}
        rho: sar, sac, sdm, gns. theta: slx, sdm, sdem, gns. lambda: sem, sac, sdem, gns.
    effects : {"pooled", "region", "time", "twoway", "random"}
        Fixed effects, or random effects of regions.
    method : {"ml", "gmm"}
        Maximum likelihood, or two-stage least squares with moment conditions for lambda.
    lagged : sequence of str, optional
        Regressors whose lag is in the model (slx, sdm, sdem, gns); by default all that are not endogenous.
    lee_yu : bool
        False: the likelihood with a dummy variable for each effect ("direct" approach); sigma2 is then
        too small by about (T - 1) / T, and standard errors with it. True: the transformation of Lee and Yu
        (2010), which removes the effects before the likelihood is written down and corrects this; with
        time effects it needs row-standardised weights without islands.
    components : {"kkp", "bsk"}
        Where random region effects stand. "kkp": inside the spatial error process, ``u_t = lambda W u_t + mu + e_t``
        (Kapoor, Kelejian & Prucha 2007). "bsk": beside it, ``mu + u_t`` (Baltagi, Song & Koh 2003).
    serial : bool
        Whether e_t follows ``e_t = psi e_(t-1) + v_t``; random effects by maximum likelihood only.
    endogenous : sequence of str, optional
        Regressors that are correlated with the disturbance; gmm only.
    instruments : sequence of str, optional
        Variables outside the formula, or expressions such as ``"log(z)"``, that instrument them.
    moments : {"auto", "initial", "weights", "fullweights", "hom", "het"}
        Moment conditions of lambda; gmm only. "initial", "weights" and "fullweights" are those of Kapoor, Kelejian and
        Prucha (2007), which give lambda no standard error; "hom" and "het" those of Drukker, Egger and Prucha (2013),
        for equal and for unequal variances. "auto" takes "hom".
    covariance : str
        Standard errors. Likelihood: "expected" or "observed" information, "quasi" for errors that are not normal.
        Least squares and gmm: "classical", "robust" (unequal variances), "cluster_region", "cluster_time",
        "cluster_both", "driscoll_kraay" (dependence between regions and over time) or "conley" (dependence within
        `km`). "auto" takes "expected", with random effects "observed", and "classical".
    km : float, optional
        Kilometres at which the dependence of "conley" ends.
    lags : int, optional
        Times over which the dependence of "driscoll_kraay" and "conley" reaches: by default
        floor(4 (T / 100)^(2/9)) and 0.
    determinant : {"auto", "eigenvalues", "lu"}
        How the log-determinant is computed; both ways are exact. "auto" chooses by size, and the summary says which.

    Returns
    -------
    SpatialPanelResult
        ``params``, ``std_errors``, ``pvalues``, ``impacts()``, ``table()``, ``summary()`` and more.

    Raises
    ------
    OptionError
        If an option is not offered, or does not fit the others.
    UnknownNameError
        If a variable, function or weights does not exist.
    MissingValuesError
        If the panel is not balanced; the missing (region, time) cells are named.
    IdentificationError
        If a regressor is absorbed by the effects or is a combination of others.
    ConstantVariableError
        If the dependent variable or a regressor is constant.
    WeightsError
        If the weights have no link, or do not suit `lee_yu`.
    ConvergenceError
        If the spatial parameter ends at the bound of its interval.

    Warns
    -----
    IslandWarning
        If regions have no neighbours: their lags are 0.
    ConvergenceWarning
        If a model with both rho and lambda has two maxima of nearly the same height; if the variance of the
        random effects is estimated as 0; if gmm puts rho where the model does not exist.
    SmallSampleWarning
        If standard errors rest on fewer than 10 clusters or times.

    See Also
    --------
    spatial_tests : The tests that choose between the models.
    dynamic_panel : With lags of the dependent variable in time.

    Notes
    -----
    Lags are taken before effects are removed: with time effects the two do not commute, and the information
    matrix removes the effects from G X b once more (G = W (I - rho W)^-1). Packages that lag demeaned data or
    skip the second removal differ; see the validation page.

    References
    ----------
    Elhorst, J. P. (2014). Spatial Econometrics. doi:10.1007/978-3-642-40340-8.
    Lee, L.-F. and Yu, J. (2010). Estimation of spatial autoregressive panel data models with fixed effects.
    Journal of Econometrics 154. doi:10.1016/j.jeconom.2009.08.001.
    Kapoor, M., Kelejian, H. H. and Prucha, I. R. (2007). Panel data models with spatially correlated error
    components. Journal of Econometrics 140. doi:10.1016/j.jeconom.2006.09.004.
    Drukker, D. M., Egger, P. and Prucha, I. R. (2013). On two-step estimation of a spatial autoregressive model with
    autoregressive disturbances and endogenous regressors. Econometric Reviews 32. doi:10.1080/07474938.2013.741020.
    Baltagi, B. H., Song, S. H. and Koh, W. (2003). Testing panel data regression models with spatial error
    correlation. Journal of Econometrics 117. doi:10.1016/S0304-4076(03)00120-9.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd, spatial_region as sr
    >>> x, y = np.divmod(np.arange(30), 6)
    >>> regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(1000 * x, 1000 * y), crs=3857)
    >>> index = pd.MultiIndex.from_product([regions.index, range(2015, 2020)])
    >>> data = pd.DataFrame(np.random.default_rng(1).normal(size=(150, 2)), index=index, columns=["y", "a"])
    >>> study = sr.make_study(regions, data)
    >>> f = sr.spatial_panel("y ~ a", study, w=sr.knn(study, k=4), model="sdm", effects="twoway")
    >>> f.params.index.tolist()
    ['a', 'W_a', 'rho']
    """
    settings = Settings(
        model,
        effects,
        method,
        as_names(lagged, "lagged"),
        lee_yu,
        components,
        serial,
        as_names(endogenous, "endogenous") or (),
        as_names(instruments, "instruments") or (),
        moments,
        covariance,
        km,
        lags,
        determinant,
    )
    settings.check()
    check_study(study)
    if not study.is_panel:
        raise InputError("the study has no time; use sr.spatial_regression for a cross-section.")
    return fit(formula, study, w, settings, function="spatial_panel", at=None, w_error=w_error)


def spatial_regression(
    formula: str,
    study: Study,
    *,
    w: object = None,
    w_error: object = None,
    model: Model = "sar",
    at: object = None,
    method: Method = "ml",
    lagged: Sequence[str] | None = None,
    endogenous: Sequence[str] | None = None,
    instruments: Sequence[str] | None = None,
    moments: MomentKind = "auto",
    covariance: CovarianceKind = "auto",
    km: float | None = None,
    determinant: Determinant = "auto",
) -> SpatialPanelResult:
    """Regress on regressors, on what neighbours have, and on what neighbours do, in one cross-section.

    ``y = rho W y + X b + W X theta + u``, ``u = lambda W u + e``, of which each model contains a part; by exact
    maximum likelihood or the method of moments, as in `spatial_panel` with one time and no effects.

    Parameters
    ----------
    formula : str
        ``"log(y) ~ a + b"``, with an intercept unless ``+ 0`` is written. The intercept is not lagged.
    study : Study
        Cross-section, or panel with `at`.
    w, w_error, model, method, lagged, endogenous, instruments, moments, covariance, km, determinant
        See `spatial_panel`.
    at : object, optional
        Time, for a panel.

    Returns
    -------
    SpatialPanelResult

    Raises
    ------
    InputError
        If the study is a panel and `at` is not given.
    OptionError, UnknownNameError, MissingValuesError, IdentificationError, ConstantVariableError, WeightsError,
    ConvergenceError
        See `spatial_panel`.

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. doi:10.1201/9781420064254.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd, spatial_region as sr
    >>> x, y = np.divmod(np.arange(30), 6)
    >>> regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(1000 * x, 1000 * y), crs=3857)
    >>> data = pd.DataFrame(np.random.default_rng(1).normal(size=(30, 2)), columns=["y", "a"])
    >>> study = sr.make_study(regions, data)
    >>> sr.spatial_regression("y ~ a", study, w=sr.knn(study, k=4), model="sar").params.index.tolist()
    ['Intercept', 'a', 'rho']
    """
    settings = Settings(
        model,
        "pooled",
        method,
        as_names(lagged, "lagged"),
        endogenous=as_names(endogenous, "endogenous") or (),
        instruments=as_names(instruments, "instruments") or (),
        moments=moments,
        covariance=covariance,
        km=km,
        determinant=determinant,
    )
    settings.check()
    check_study(study)
    if study.is_panel and at is None:
        raise InputError(
            f"the study has {len(study.times)} times; say which, at={study.times[-1]!r}, or use sr.spatial_panel."
        )
    if at is not None:
        study = study.at(at)
    return fit(formula, study, w, settings, function="spatial_regression", at=at, w_error=w_error)


def check_study(study: object) -> None:
    """Refuse anything but a study.

    Raises
    ------
    InputError
        If it is something else.
    """
    if not isinstance(study, Study):
        raise InputError(f"study must be a Study (sr.join or sr.make_study); found {type(study).__name__}.")
