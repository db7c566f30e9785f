"""The models between which tests choose: each fitted once, its failure kept as a reason."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from spatial_region.core.sample import resolve_weights
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights
from spatial_region.errors import ConvergenceError, InputError, OptionError, UnknownNameError, WeightsError
from spatial_region.panel._blocks import Array
from spatial_region.panel.options import PARTS, Effects, Model
from spatial_region.panel.regression import spatial_panel, spatial_regression
from spatial_region.panel.result import SpatialPanelResult

_EQUAL = 1e-9


@dataclass
class Candidates:
    """Fits of one formula, made when they are first asked for.

    Attributes
    ----------
    formula : str
    study : Study
    w : Weights
        In the order of the study, standardised.
    lagged : sequence of str or None
    skipped : dict of str to str
        Models that could not be fitted, and why.
    """

    formula: str
    study: Study
    w: Weights
    lagged: Sequence[str] | None
    skipped: dict[str, str] = field(default_factory=dict)
    _fits: dict[tuple[str, str, bool], SpatialPanelResult | None] = field(default_factory=dict)

    def get(self, model: Model, effects: Effects, *, lee_yu: bool = False) -> SpatialPanelResult | None:
        """Return one fit; None when the data do not identify it, with the reason in `skipped`."""
        key = (model, effects, lee_yu)
        if key not in self._fits:
            try:
                self._fits[key] = self.fit(model, effects, lee_yu=lee_yu)
            except (OptionError, UnknownNameError, WeightsError):
                raise  # the caller's to mend, and not a matter of this model
            except (ConvergenceError, InputError) as problem:
                self._fits[key] = None
                self.skipped[f"{model}, {effects}"] = str(problem)
        return self._fits[key]

    def fit(self, model: Model, effects: Effects, *, lee_yu: bool = False) -> SpatialPanelResult:
        """Return one fit, or raise what keeps it from being made."""
        lagged = self.lagged if PARTS[model].lag_x else None
        if not self.study.is_panel:
            return spatial_regression(self.formula, self.study, w=self.w, model=model, lagged=lagged)
        return spatial_panel(
            self.formula, self.study, w=self.w, model=model, effects=effects, lagged=lagged, lee_yu=lee_yu
        )

    @property
    def rows_sum_alike(self) -> bool:
        """Whether every row of the weights has the same sum: W 1 is then a multiple of 1."""
        sums = np.asarray(self.w.sparse.sum(axis=1)).ravel()
        return bool(np.ptp(sums) <= _EQUAL * np.abs(sums).max())


def one_weights(study: Study, w: object, *, at: object) -> Weights:
    """Return the one weights of a comparison, in the order of the study and standardised.

    Raises
    ------
    OptionError
        If several weights are given.
    """
    if isinstance(w, (list, tuple)):
        raise OptionError("w= holds several weights; tests between models take one. Call once for each.")
    weights = resolve_weights(study, w, at=at)
    return weights if weights.standardisation else weights.standardise("row")


def residual_array(fit: SpatialPanelResult, periods: int) -> Array:
    """Return residuals as (T, N); the labels are region by region in the order of the study."""
    return np.ascontiguousarray(fit.residuals.to_numpy(dtype=float).reshape(-1, periods).T)


@contextmanager
def warn_once() -> Iterator[None]:
    """Give each warning once: a dozen fits of the same data would repeat that of one island a dozen times."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    seen = set()
    for warning in caught:
        said = (warning.category, str(warning.message))
        if said not in seen:
            seen.add(said)
            warnings.warn(warning.message, stacklevel=4)
