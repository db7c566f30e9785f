"""Weights of one regression: one for all, several at once, by time, or others for the error."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp
from scipy.sparse.csgraph import connected_components

from spatial_region.core.messages import name_regions
from spatial_region.core.sample import resolve_weights
from spatial_region.core.spec import digest
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights
from spatial_region.core.weights_by_time import WeightsByTime
from spatial_region.errors import IslandWarning, OptionError, WeightsError
from spatial_region.panel.settings import Settings

# Row sums may differ from 1 by rounding.
_ONE = 1e-9


@dataclass(frozen=True)
class ModelWeights:
    """Weights in the order of the study, standardised as their maker decided, else by row.

    Attributes
    ----------
    lags : tuple of tuple of Weights
        One entry for each weights: itself, or one for each time of the study.
    error : tuple of Weights or None
        Of the disturbance; None when those of the lag serve.
    """

    lags: tuple[tuple[Weights, ...], ...]
    error: tuple[Weights, ...] | None = None

    @property
    def single(self) -> Weights | None:
        """The weights, when one that does not change serves all terms."""
        return self.first if self.is_single_lag and self.error is None else None

    @property
    def is_single_lag(self) -> bool:
        """Whether one weights that does not change serves all lags of y and regressors."""
        return len(self.lags) == 1 and len(self.lags[0]) == 1

    @property
    def has_constant_error(self) -> bool:
        """Whether the weights of the error do not change."""
        return self.error is None or len(self.error) == 1

    @property
    def first(self) -> Weights:
        """Weights that stand for all in pictures and checks of regions."""
        return self.lags[0][0]

    @property
    def prefixes(self) -> list[str]:
        """What the names of spatial lags begin with: ``W``, or ``W1``, ``W2`` ..."""
        return ["W"] if len(self.lags) == 1 else [f"W{place + 1}" for place in range(len(self.lags))]

    def sparse_lags(self) -> list[list[sp.csr_array]]:
        """Return the matrices of the lags: for each weights, one or one for each time."""
        return [[w.sparse for w in each] for each in self.lags]

    def sparse_error(self) -> list[sp.csr_array] | None:
        """Return the matrices of the disturbance, when they are others."""
        return None if self.error is None else [w.sparse for w in self.error]

    def digest(self) -> str:
        """Return a digest of all values, to tell whether two models saw the same weights."""
        every = [w for each in self.lags for w in each] + list(self.error or ())
        parts = [digest(array) for w in every for array in (w.sparse.indptr, w.sparse.indices, w.sparse.data)]
        return digest(np.array(parts))

    def describe(self) -> str:
        """Return the recipes as text."""
        said = [_describe(each) for each in self.lags]
        text = said[0] if len(said) == 1 else "; ".join(f"W{i + 1}: {one}" for i, one in enumerate(said))
        return text if self.error is None else f"{text}; error: {_describe(self.error)}"


def rho_names(count: int) -> list[str]:
    """Return the names of the parameters of W y for so many weights."""
    return ["rho"] if count == 1 else [f"rho_{place + 1}" for place in range(count)]


def model_weights(study: Study, w: object, w_error: object, settings: Settings, *, at: object) -> ModelWeights | None:
    """Return aligned weights, after checking that they suit the model; None for a model without spatial terms.

    Raises
    ------
    WeightsError
        If weights have no link, no cycle, or do not suit the Lee-Yu transformation.
    OptionError
        If `w_error` is given to a model without spatial error.
    """
    if w is None and not settings.needs_weights:
        return None
    if w_error is not None and not settings.parts.error:
        raise OptionError(f"w_error= is for a spatial error process; model={settings.model!r} has none.")
    listed = list(w) if isinstance(w, (list, tuple)) else [w]
    if not listed:
        raise OptionError("w=[] holds no weights; pass one, or a list of several.")
    lags = tuple(resolve_one(study, one, at=at) for one in listed)
    if len(lags) > 1 and settings.parts.error and w_error is None:
        raise OptionError(f"model={settings.model!r} with several weights needs w_error=, the weights of the error.")
    error = None if w_error is None else resolve_one(study, w_error, at=at)
    found = ModelWeights(lags, error)
    if settings.needs_weights:
        for each in (*lags, *([error] if error is not None else [])):
            for weights in each:
                _check_links(weights, study, settings)
        _warn_of_islands(found, study)
    return found


def resolve_one(study: Study, w: object, *, at: object) -> tuple[Weights, ...]:
    """Return one weights in the order of the study, or one for each of its times where they differ."""
    if isinstance(w, str) and w in study.weights:
        w = study.weights[w]
    if isinstance(w, Mapping) and not isinstance(w, WeightsByTime):
        w = WeightsByTime(w)
    if isinstance(w, WeightsByTime) and at is None and len(study.times) > 1:
        each = tuple(_standardised(resolve_weights(study, w, at=time)) for time in study.times)
        return each if any(_differ(each[0], other) for other in each[1:]) else each[:1]
    return (_standardised(resolve_weights(study, w, at=at)),)


def _differ(one: Weights, other: Weights) -> bool:
    return one is not other and bool(abs(one.sparse - other.sparse).max() > 0)


def _standardised(w: Weights) -> Weights:
    return w if w.standardisation else w.standardise("row")


def _check_links(weights: Weights, study: Study, settings: Settings) -> None:
    if weights.n_links == 0:
        raise WeightsError("the weights have no link at all, so there are no spatial lags.")
    sums = np.asarray(weights.sparse.sum(axis=1)).ravel()
    if settings.lee_yu and settings.effects in ("time", "twoway") and np.abs(sums - 1).max() > _ONE:
        odd = weights.ids[np.abs(sums - 1) > _ONE]
        raise WeightsError(
            f"lee_yu=True with effects={settings.effects!r} needs weights whose rows all sum to 1; those of "
            f"{len(odd)} of {weights.n} regions do not: {name_regions(odd, study.names)}. Use w.standardise('row') "
            f"without islands, or lee_yu=False."
        )
    if not settings.parts.is_linear:
        _check_cycle(weights, study)


def _check_cycle(weights: Weights, study: Study) -> None:
    """Refuse links that never lead back: all eigenvalues are then 0, and nothing bounds rho or lambda."""
    count, _ = connected_components(weights.sparse, directed=True, connection="strong")
    if count == weights.n and not weights.sparse.diagonal().any():
        first = weights.ids[np.diff(weights.sparse.indptr) > 0]
        raise WeightsError(
            f"no chain of links leads back to where it starts (the weights can be sorted to a triangle), so that "
            f"nothing bounds rho or lambda. {len(first)} of {weights.n} regions have neighbours: "
            f"{name_regions(first, study.names)}. Make links mutual, or use model='slx'."
        )


def _warn_of_islands(found: ModelWeights, study: Study) -> None:
    islands = found.first.islands
    for weights in (w for each in found.lags for w in each):
        islands = islands.union(weights.islands, sort=False)
    if len(islands):
        warnings.warn(
            f"{len(islands)} of {study.n} regions have no neighbours: {name_regions(islands, study.names)}. "
            f"Their spatial lags are 0, so that they neither give nor receive spillovers.",
            IslandWarning,
            stacklevel=5,
        )


def _describe(each: tuple[Weights, ...]) -> str:
    weights = each[0]
    recipe = ", ".join(f"{key}={value}" for key, value in weights.recipe.items()) or "no recipe"
    by_time = f"by time ({len(each)} times): " if len(each) > 1 else ""
    return f"{by_time}{recipe}; standardisation={weights.standardisation}"
