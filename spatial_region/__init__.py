"""spatial_region: spatial statistics and spatial econometrics for regional economists.

Public names are loaded on first use, so that ``import spatial_region`` costs next to nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

# Public name -> module that defines it. One name a line, grouped by room; the groups are in the order of the data flow.
_EXPORTS: dict[str, str] = {
    # core
    "Study": "spatial_region.core.study",
    "make_study": "spatial_region.core.study",
    "Weights": "spatial_region.core.weights",
    "WeightsByTime": "spatial_region.core.weights_by_time",
    # regions
    "join": "spatial_region.regions.join",
    "resolve_regions": "spatial_region.regions.names",
    "MatchReport": "spatial_region.core.match",
    # weights
    "contiguity": "spatial_region.weights.contiguity",
    "boundary_length": "spatial_region.weights.boundary",
    "knn": "spatial_region.weights.distance",
    "distance_band": "spatial_region.weights.distance",
    "read_weights": "spatial_region.weights.files.read",
    "inverse_distance": "spatial_region.weights.distance",
    "kernel": "spatial_region.weights.kernel",
    "proximity": "spatial_region.weights.proximity",
    "block": "spatial_region.weights.block",
    "lattice": "spatial_region.weights.lattice",
    "economic_distance": "spatial_region.weights.economic",
    "gravity": "spatial_region.weights.gravity",
    "nested": "spatial_region.weights.nested",
    "weights_from_table": "spatial_region.regions.weights_table",
    "weights_by_time": "spatial_region.weights.by_time",
    "link_islands": "spatial_region.weights.link",
    # regions
    "read_regions": "spatial_region.regions.read",
    "check_coverage": "spatial_region.regions.coverage",
    "china_prefectures": "spatial_region.regions.layers",
    "china_provinces": "spatial_region.regions.layers",
    "nine_dash_line": "spatial_region.regions.layers",
    # autocorr
    "moran": "spatial_region.autocorr.moran",
    "moran_by_time": "spatial_region.autocorr.by_time",
    "moran_rates": "spatial_region.autocorr.rates",
    "bivariate_moran": "spatial_region.autocorr.bivariate",
    "lee": "spatial_region.autocorr.lee",
    "geary": "spatial_region.autocorr.geary",
    "getis_ord_g": "spatial_region.autocorr.getis_ord",
    "join_count": "spatial_region.autocorr.join_count",
    "local_moran": "spatial_region.autocorr.local_moran",
    "local_moran_rates": "spatial_region.autocorr.local_rates",
    "bivariate_local_moran": "spatial_region.autocorr.bivariate_local",
    "local_geary": "spatial_region.autocorr.local_geary",
    "local_g": "spatial_region.autocorr.local_g",
    "local_join_count": "spatial_region.autocorr.local_join_count",
    "quantile_lisa": "spatial_region.autocorr.quantile_lisa",
    "losh": "spatial_region.autocorr.losh",
    "lisa_transitions": "spatial_region.autocorr.transitions",
    "published_moran": "spatial_region.autocorr.published",
    "quadrant_transitions": "spatial_region.autocorr.quadrant_transitions",
    "markov": "spatial_region.autocorr.markov",
    "spatial_markov": "spatial_region.autocorr.markov",
    # geodetector
    "geodetector": "spatial_region.geodetector.detector",
    "compare_bins": "spatial_region.geodetector.compare_bins",
    "spade": "spatial_region.geodetector.spade",
    "lesh": "spatial_region.geodetector.lesh",
    "gozh": "spatial_region.geodetector.gozh",
    "unit_scale": "spatial_region.geodetector.unit_scale",
    # panel
    "dynamic_panel": "spatial_region.panel.dynamic",
    "spatial_tests": "spatial_region.panel.specification",
    "compare": "spatial_region.panel.compare",
    "compare_weights": "spatial_region.panel.weights_choice",
    "compare_models": "spatial_region.panel.weights_choice",
    "spatial_panel": "spatial_region.panel.regression",
    "spatial_regression": "spatial_region.panel.regression",
    # measure
    "profile": "spatial_region.measure.profile",
    "grade": "spatial_region.measure.grades",
    "group_means": "spatial_region.measure.group_means",
    "composite_index": "spatial_region.measure.composite",
    "factor_analysis": "spatial_region.measure.factors",
    "vif": "spatial_region.measure.inflation",
    "coupling_coordination": "spatial_region.measure.coupling",
    "dea": "spatial_region.measure.dea",
    "malmquist": "spatial_region.measure.malmquist",
    "grouping": "spatial_region.measure.grouping",
    "groupings": "spatial_region.measure.grouping",
    "ellipse": "spatial_region.measure.ellipse",
    "audit": "spatial_region.measure.audit",
    "theil": "spatial_region.measure.theil",
    "dagum_gini": "spatial_region.measure.dagum",
    "inequality": "spatial_region.measure.inequality",
    "convergence": "spatial_region.measure.convergence",
    "convergence_speed": "spatial_region.measure.speed",
    "density_over_time": "spatial_region.measure.density",
    "gap": "spatial_region.measure.gaps",
    "rank": "spatial_region.measure.gaps",
    "typology": "spatial_region.measure.typology",
    # paneltests
    "robustness": "spatial_region.paneltests.robustness",
    "panel_var": "spatial_region.paneltests.panel_var",
    "mediation": "spatial_region.paneltests.mediation",
    "moderation": "spatial_region.paneltests.moderation",
    "gmm_panel": "spatial_region.paneltests.gmm",
    "panel_regression": "spatial_region.paneltests.static",
    "unit_root": "spatial_region.paneltests.unit_root",
    "cointegration": "spatial_region.paneltests.cointegration",
    "causality": "spatial_region.paneltests.causality",
}

# Modules that users reach by name: errors to catch and warnings to silence, the figures, and the checks of an audit.
_ROOMS = {"errors": "spatial_region.errors", "viz": "spatial_region.viz", "checks": "spatial_region.measure.checks"}

__all__ = ["__version__", *_EXPORTS]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        value = getattr(import_module(_EXPORTS[name]), name)
        globals()[name] = value
        return value
    if name in _ROOMS:
        return import_module(_ROOMS[name])
    raise AttributeError(f"module 'spatial_region' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_EXPORTS])


class _Package(ModuleType):
    """The package, in which a public function is not hidden by the room that bears its name.

    Importing `spatial_region.geodetector.result` would otherwise put the room in the place of `sr.geodetector`.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _EXPORTS and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
