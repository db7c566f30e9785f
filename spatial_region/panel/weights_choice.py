"""Which weights, or which spatial terms, the data prefer: information criteria and posterior probabilities."""

from __future__ import annotations

from collections.abc import Sequence

from spatial_region.core.messages import name_some
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError, OptionError
from spatial_region.panel.candidates import one_weights
from spatial_region.panel.options import PARTS, Effects, Model
from spatial_region.panel.weighing import ModelChoice, Prior, check_models, check_weighing, weigh, weights_by_name


def compare_weights(
    formula: str,
    study: Study,
    *,
    w: object = None,
    model: Model = "sdm",
    effects: Effects = "twoway",
    at: object = None,
    lagged: Sequence[str] | None = None,
    prior: Prior = "zellner",
) -> ModelChoice:
    """Weigh several spatial weights against each other in the same model.

    Models with different weights are not nested, so that no likelihood ratio test compares them. The marginal
    likelihood does: that of the data when slopes, variance and rho (or lambda) are integrated out, and with it the
    probability of each weights if all were equally probable before,
    ``p_i = m_i / sum m_j``, ``m = int L(y | b, sigma2, rho) p(b, sigma2, rho) db dsigma2 drho``.

    Parameters
    ----------
    formula : str
        ``"log(y) ~ a + b"``.
    study : Study
        Panel, or cross-section.
    w : mapping of str to Weights, or sequence of str, optional
        Weights by name, or names of weights of the study; None takes all weights of the study.
    model : {"slx", "sar", "sem", "sdm", "sdem"}
        Model with at most one of rho and lambda.
    effects : {"pooled", "region", "time", "twoway"}
        Fixed effects of a panel. They are transformed away before the marginal likelihood is written down (Lee & Yu
        2010); with time effects weights need rows that sum to 1. The columns loglik, aic and bic are those of
        `spatial_panel`, with dummies.
    at : object, optional
        Time of the cross-section, for a panel.
    lagged : sequence of str, optional
        Regressors whose lag is in the model; by default all.
    prior : {"zellner", "diffuse"}
        Of the slopes. Zellner's has variance g sigma2 (Z'Z)^-1 with g the larger of observations and slopes squared:
        it has no unit and knows no favourite among weights. The flat one is that of LeSage (2014); it prefers weights
        that smooth more, as their W X varies less. Both are flat in the logarithm of the variance and in rho or
        lambda over the interval where the model exists.

    Returns
    -------
    ModelChoice
        ``table()``, ``best``, ``fits``.

    Raises
    ------
    InputError
        If there are fewer than two weights, or effects are not fixed.
    OptionError
        If an option is not offered, or the model has both rho and lambda, or no spatial term.
    WeightsError
        If rows do not sum to 1 in a model with time effects.
    ConvergenceError
        If a model has no maximum inside its interval; the weights are named.
    UnknownNameError, MissingValuesError, IdentificationError, ConstantVariableError
        See `spatial_panel`.

    References
    ----------
    LeSage, J. P. (2014). Spatial econometric panel data model specification: a Bayesian approach. Spatial Statistics
    9. doi:10.1016/j.spasta.2014.02.002.
    LeSage, J. P. and Parent, O. (2007). Bayesian model averaging for spatial econometric models. Geographical
    Analysis 39. doi:10.1111/j.1538-4632.2007.00703.x.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd, spatial_region as sr
    >>> x, y = np.divmod(np.arange(64), 8)
    >>> regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(1000 * x, 1000 * y), crs=3857)
    >>> near, far = sr.knn(regions, k=4), sr.knn(regions, k=12)
    >>> random = np.random.default_rng(1)
    >>> a = random.normal(size=64)
    >>> u = np.linalg.solve(np.eye(64) - 0.7 * near.standardise("row").sparse.toarray(), a + random.normal(size=64))
    >>> study = sr.make_study(regions, pd.DataFrame({"y": u, "a": a}))
    >>> sr.compare_weights("y ~ a", study, w={"near": near, "far": far}, model="sar").best
    'near'
    """
    check_weighing(study, effects, prior)
    check_models([model])
    if model == "ols":
        raise OptionError("model='ols' has no weights to compare; choose a model with a spatial term.")
    named = weights_by_name(study, w, at=at)
    pairs = {name: (weights, model) for name, weights in named.items()}
    return weigh(formula, study, pairs, "weights", effects=effects, at=at, lagged=lagged, prior=prior)


def compare_models(
    formula: str,
    study: Study,
    *,
    w: object = None,
    models: Sequence[Model] = ("slx", "sdm", "sdem"),
    effects: Effects = "twoway",
    at: object = None,
    lagged: Sequence[str] | None = None,
    prior: Prior = "zellner",
) -> ModelChoice:
    """Weigh several spatial models with the same weights against each other.

    SDM (spillovers that feed back) and SDEM (spillovers to neighbours only) are not nested; their marginal
    likelihoods, explained in `compare_weights`, tell how far the data prefer one.

    Parameters
    ----------
    formula : str
        ``"log(y) ~ a + b"``.
    study : Study
        Panel, or cross-section.
    w : Weights, Graph, W, str, optional
        One weights, or its name in the study; None takes the study's only one.
    models : sequence of {"ols", "slx", "sar", "sem", "sdm", "sdem"}
        Models with at most one of rho and lambda.
    effects, at, lagged, prior
        See `compare_weights`. ``prior="diffuse"`` needs models with the same slopes, such as the default ones: a flat
        prior of one slope more has an arbitrary constant.

    Returns
    -------
    ModelChoice
        ``table()``, ``best``, ``fits``.

    Raises
    ------
    InputError
        If there are fewer than two models, or effects are not fixed.
    OptionError
        If an option is not offered, a model has both rho and lambda, or the prior is diffuse and slopes differ.
    WeightsError
        If rows do not sum to 1 in a model with time effects.
    ConvergenceError
        If a model has no maximum inside its interval; the model is named.
    UnknownNameError, MissingValuesError, IdentificationError, ConstantVariableError
        See `spatial_panel`.

    References
    ----------
    LeSage, J. P. (2014). Spatial econometric panel data model specification: a Bayesian approach. Spatial Statistics
    9. doi:10.1016/j.spasta.2014.02.002.
    LeSage, J. P. (2015). Software for Bayesian cross section and panel spatial model comparison. Journal of
    Geographical Systems 17. doi:10.1007/s10109-015-0217-3.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd, spatial_region as sr
    >>> x, y = np.divmod(np.arange(30), 6)
    >>> regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(1000 * x, 1000 * y), crs=3857)
    >>> data = pd.DataFrame(np.random.default_rng(1).normal(size=(30, 2)), columns=["y", "a"])
    >>> study = sr.make_study(regions, data)
    >>> sr.compare_models("y ~ a", study, w=sr.knn(study, k=4)).table()["probability"].sum().round(6)
    np.float64(1.0)
    """
    check_weighing(study, effects, prior)
    listed: list[Model] = list(models) if isinstance(models, (list, tuple, set, frozenset)) else []
    if isinstance(models, str):
        raise InputError(
            f"models= needs at least 2 different models in a list, such as ['sar', 'sdm']; found {models!r}."
        )
    check_models(listed)
    if len(set(listed)) < 2 or len(set(listed)) < len(listed):
        raise InputError(f"models= needs at least 2 different models; found {name_some(listed) or 'none'}.")
    if prior == "diffuse" and len({PARTS[model].lag_x for model in listed}) > 1:
        raise OptionError(
            f"prior='diffuse' compares models with the same slopes; {name_some(listed)} differ in lagged regressors. "
            f"Use prior='zellner', or models=('slx', 'sdm', 'sdem') or ('ols', 'sar', 'sem')."
        )
    weights = one_weights(study, w, at=at)
    pairs: dict[str, tuple[Weights, Model]] = {model: (weights, model) for model in listed}
    return weigh(formula, study, pairs, "model", effects=effects, at=at, lagged=lagged, prior=prior)
