"""Choosing a spatial model: all tests in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from spatial_region.core.frozen import FrozenDict
from spatial_region.core.options import check_between, check_option
from spatial_region.core.spec import make_spec
from spatial_region.core.study import Study
from spatial_region.errors import InputError, OptionError
from spatial_region.panel._decision import suggest
from spatial_region.panel.candidates import Candidates, one_weights, warn_once
from spatial_region.panel.findings import all_findings
from spatial_region.panel.model_weights import ModelWeights
from spatial_region.panel.options import Effects, Model
from spatial_region.panel.specification_table import SpatialTests


def spatial_tests(
    formula: str,
    study: Study,
    *,
    w: object = None,
    effects: Effects = "twoway",
    at: object = None,
    lagged: Sequence[str] | None = None,
    level: float = 0.05,
    lee_yu: bool = False,
) -> SpatialTests:
    """Test which effects and which spatial terms a regression needs, and say what the tests suggest.

    Four questions, in the order a paper uses:

    - *effects*: likelihood ratio and F tests of region and time effects in OLS and in the spatial Durbin model, and
      whether region effects may be random (Hausman's contrast, Mundlak's test);
    - *lm*: Lagrange multiplier tests of OLS for a spatial lag, spatial errors and lagged regressors, each also robust
      to the other; with ``effects="pooled"`` or ``"random"`` those of Baltagi et al. for random effects too;
    - *models*: likelihood ratio and Wald tests of what each model nests; SDM to SEM is theta + rho beta = 0, by the
      delta method;
    - *residuals*: Moran's I of OLS residuals, of all times and of each, and dependence between regions over time
      (Pesaran's CD, its local version over neighbours, scaled LM) before and after the Durbin model.

    The suggestion follows Elhorst (2010): SDM, unless it can be reduced to SAR or SEM and robust LM tests agree. It
    is a reading of these tests, not a law; disagreements are part of its words.

    Parameters
    ----------
    formula : str
        ``"log(y) ~ a + b"``.
    study : Study
        Panel, or cross-section.
    w : Weights, Graph, W, str, optional
        One weights that does not change over time, or its name in the study; None takes the study's only one.
    effects : {"pooled", "region", "time", "twoway", "random"}
        Effects under which spatial models are compared. No matter for a cross-section.
    at : object, optional
        Time of the cross-section, to test one time of a panel.
    lagged : sequence of str, optional
        Regressors whose lag is in the Durbin models; by default all.
    level : float
        Level of the verdicts, between 0 and 1.
    lee_yu : bool
        Lee and Yu's (2010) transformation in spatial models and LM tests; advisable with few times.

    Returns
    -------
    SpatialTests
        ``table()``, ``suggestion``, ``fits``, ``skipped``.

    Raises
    ------
    OptionError
        If an option is not offered, or `w` holds several weights.
    InputError
        If `level` is not between 0 and 1, or `at` is given for a cross-section.
    UnknownNameError, MissingValuesError, IdentificationError, ConstantVariableError, WeightsError
        See `spatial_panel`. Models that are not identified beside OLS are left out, and named in ``skipped``.

    Notes
    -----
    Every test holds for disturbances with one variance. LR tests of region effects count N - 1 of them: with few
    times they reject too often, and the F of the same ratio is the one to go by. Hausman's contrast needs the
    difference of two covariances to be positive definite, which it often is not; Mundlak's test asks the same
    question and has no such problem. Pesaran's CD says nothing after time effects (Juodis & Reese 2022).

    References
    ----------
    Anselin, L., Bera, A. K., Florax, R. and Yoon, M. J. (1996). Simple diagnostic tests for spatial dependence.
    Regional Science and Urban Economics 26. doi:10.1016/0166-0462(95)02111-6.
    Debarsy, N. (2012). The Mundlak approach in the spatial Durbin panel data model. Spatial Economic Analysis 7.
    doi:10.1080/17421772.2011.647059.
    Elhorst, J. P. (2010). Applied spatial econometrics: raising the bar. Spatial Economic Analysis 5.
    doi:10.1080/17421770903541772.
    Juodis, A. and Reese, S. (2022). The incidental parameters problem in testing for remaining cross-section
    correlation. Journal of Business & Economic Statistics 40. doi:10.1080/07350015.2021.1906687.
    Pesaran, M. H. (2021). General diagnostic tests for cross-sectional dependence in panels. Empirical Economics 60.
    doi:10.1007/s00181-020-01875-7.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd, spatial_region as sr
    >>> x, y = np.divmod(np.arange(30), 6)
    >>> regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(1000 * x, 1000 * y), crs=3857)
    >>> index = pd.MultiIndex.from_product([regions.index, range(2015, 2020)])
    >>> data = pd.DataFrame(np.random.default_rng(1).normal(size=(150, 2)), index=index, columns=["y", "a"])
    >>> study = sr.make_study(regions, data)
    >>> tests = sr.spatial_tests("y ~ a", study, w=sr.knn(study, k=4), effects="region")
    >>> tests.table().loc["lr_sdm_sar", "verdict"]
    'does not reject SAR'
    >>> tests.suggestion.model
    'ols'
    """
    check_option(effects, Effects, "effects")
    check_between(level, "level", low=0, high=1)
    if not isinstance(study, Study):
        raise InputError(f"study must be a Study (sr.join or sr.make_study); found {type(study).__name__}.")
    if not isinstance(lee_yu, bool):
        raise OptionError(f"lee_yu must be True or False; found {lee_yu!r}.")
    if lee_yu and effects in ("pooled", "random"):
        raise OptionError(f"lee_yu=True transforms fixed effects away; effects={effects!r} has none.")
    weights = one_weights(study, w, at=at)
    study = study.at(at) if at is not None else study
    used: Effects = effects if study.is_panel else "pooled"
    candidates = Candidates(formula, study, weights, lagged)
    lee_yu = lee_yu and study.is_panel
    with warn_once():
        base = candidates.fit("ols", used, lee_yu=lee_yu)
        found = all_findings(candidates, used, lee_yu=lee_yu)
    fits = {"ols": base}
    for model in get_args(Model):
        made = candidates.get(model, used, lee_yu=lee_yu) if model in found.models else None
        fits |= {model: made} if made is not None else {}
    suggestion = suggest(
        {f.key: f for f in found.findings},
        level=level,
        effects=used if study.is_panel else None,
        logliks={model: fit.loglik for model, fit in fits.items()},
    )
    spec = make_spec(
        "spatial_tests",
        options={
            "effects": used if study.is_panel else None,
            "at": at,
            "lagged": None if lagged is None else tuple(lagged),
            "level": level,
            "lee_yu": lee_yu,
        },
        inputs={**base.spec.inputs, "at": at, "weights": ModelWeights(((weights,),)).describe()},
    )
    return SpatialTests(
        tuple(found.findings), level, suggestion, FrozenDict(fits), FrozenDict(candidates.skipped), spec
    )
