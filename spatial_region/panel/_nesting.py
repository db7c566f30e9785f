"""Whether one fitted model is another with restrictions, and the likelihood ratio if so."""

from __future__ import annotations

import numpy as np

from spatial_region.panel._lm_value import TestValue, mixture_value
from spatial_region.panel._ratio import likelihood_ratio
from spatial_region.panel.design import INTERCEPT
from spatial_region.panel.result import SpatialPanelResult

_EQUAL = 1e-9
# Effects of which each contains the one before it.
_FEWER = {
    ("pooled", "region"),
    ("pooled", "time"),
    ("pooled", "twoway"),
    ("region", "twoway"),
    ("time", "twoway"),
    ("pooled", "random"),
}


def nested_ratio(full: SpatialPanelResult, nested: SpatialPanelResult) -> TestValue | None:
    """Return the likelihood ratio of two fits of the same sample; None when the second is not nested in the first."""
    if full.method != "ml" or nested.method != "ml":
        return None
    if full.lee_yu != nested.lee_yu or full.nobs != nested.nobs:  # likelihoods of different data
        return None
    if not (_same_weights(full, nested) and (_fewer_terms(full, nested) or _fewer_effects(full, nested))):
        return None
    if full.effects == "random" and nested.effects != "random":
        # The variance of the region effects is at its bound under the null.
        return mixture_value(max(2 * (full.loglik - nested.loglik), 0.0), {0: 0.5, 1: 0.5})
    return likelihood_ratio(full.loglik, nested.loglik, df=full.df_model - nested.df_model)


def _fewer_terms(full: SpatialPanelResult, nested: SpatialPanelResult) -> bool:
    same = full.effects == nested.effects
    return same and (_zero_restrictions(full, nested) or _common_factor(full, nested))


def _fewer_effects(full: SpatialPanelResult, nested: SpatialPanelResult) -> bool:
    """Return whether only effects differ; the Lee-Yu transformation of each kind makes other data of a panel."""
    return not full.lee_yu and (nested.effects, full.effects) in _FEWER and _slopes(full) == _slopes(nested)


def _slopes(result: SpatialPanelResult) -> set[str]:
    return {str(name) for name in result.params.index} - {INTERCEPT, "phi"}


def _zero_restrictions(full: SpatialPanelResult, nested: SpatialPanelResult) -> bool:
    """Return whether the nested model is the full one with parameters set to 0."""
    both_errors = full.effects == "random" and {"lambda"} <= set(full.params.index) & set(nested.params.index)
    if both_errors and full.spec.options["components"] != nested.spec.options["components"]:
        return False
    return set(nested.params.index) < set(full.params.index) and _options(full) == _options(nested)


def _common_factor(full: SpatialPanelResult, nested: SpatialPanelResult) -> bool:
    """Return whether the nested model is SEM in the SDM of the same regressors, all of them lagged.

    I - lambda W must make of the intercept, or of time effects, what SDM contains: rows with equal sums.
    """
    if (full.model, nested.model) != ("sdm", "sem") or full.regressors != nested.regressors:
        return False
    if full.lagged != full.regressors or full.weights is None or not {"rho"} <= set(full.params.index):
        return False
    sums = np.asarray(full.weights.sparse.sum(axis=1)).ravel()
    alike = bool(np.ptp(sums) <= _EQUAL * np.abs(sums).max())
    # Region effects outside the error process are not those of SDM.
    matches = full.effects != "random" or nested.spec.options["components"] == "kkp"
    return (
        matches and (alike or full.effects == "region") and full.spec.options["serial"] == nested.spec.options["serial"]
    )


def _options(result: SpatialPanelResult) -> tuple[object, ...]:
    """Return what else makes two models different in kind, beside their parameters."""
    options = result.spec.options
    return tuple(options.get(name) for name in ("endogenous", "instruments", "dynamic"))


def _same_weights(full: SpatialPanelResult, nested: SpatialPanelResult) -> bool:
    """Return whether both have the same weights; a model without spatial terms goes with any."""
    if nested.model == "ols" or nested.weights is None or full.weights is None:
        return nested.model == "ols"
    described, digest = (full.spec.inputs["weights"], full.spec.inputs.get("weights_digest"))
    if (described, digest) != (nested.spec.inputs["weights"], nested.spec.inputs.get("weights_digest")):
        return False
    if digest is None and str(described).startswith(("W1:", "by time")):
        return False  # of several weights a result holds the first only: whether all are the same is not known
    gap = abs(full.weights.sparse - nested.weights.sparse)
    return bool(gap.nnz == 0 or gap.max() == 0)
