"""Figures: maps, scatterplots and charts of results, ready to print, in English or Chinese.

Every function returns a `Figure`, which saves itself as PNG, SVG or PDF and carries the data that it shows.
"""

from spatial_region.viz import detector_plots as _detector_plots  # noqa: F401  adds its figures to plot
from spatial_region.viz import measure_plots as _measure_plots  # noqa: F401  adds its figures to plot
from spatial_region.viz import paneltest_plots as _paneltest_plots  # noqa: F401  adds its figures to plot
from spatial_region.viz import transition_plots as _transition_plots  # noqa: F401  adds its figures to plot
from spatial_region.viz.bars import factor_bars
from spatial_region.viz.bins_chart import bins_chart
from spatial_region.viz.cardinality import cardinality_histogram
from spatial_region.viz.categories import category_map
from spatial_region.viz.choropleth import choropleth
from spatial_region.viz.clusters import cluster_map, significance_map
from spatial_region.viz.contributions import contributions
from spatial_region.viz.coupling_chart import coupling_chart
from spatial_region.viz.density_curves import density_curves
from spatial_region.viz.efficiency_bars import efficiency_bars
from spatial_region.viz.ellipse_map import ellipse_map
from spatial_region.viz.factors_by import factors_by
from spatial_region.viz.figure import Figure
from spatial_region.viz.heatmap import interaction_heatmap
from spatial_region.viz.history import quadrant_history
from spatial_region.viz.impulse_responses import impulse_responses
from spatial_region.viz.intervals import interval_plot
from spatial_region.viz.layout import layout_faults
from spatial_region.viz.multiples import small_multiples
from spatial_region.viz.path_diagram import path_diagram
from spatial_region.viz.paths import region_path
from spatial_region.viz.permutations import permutation_histogram
from spatial_region.viz.plot import plot
from spatial_region.viz.risk_matrix import risk_matrix
from spatial_region.viz.scatter import moran_scatter
from spatial_region.viz.score_bars import score_bars
from spatial_region.viz.slopes import slopes
from spatial_region.viz.strata_map import strata_map
from spatial_region.viz.transitions import transition_heatmap
from spatial_region.viz.trend import moran_trend
from spatial_region.viz.unit_circle import unit_circle
from spatial_region.viz.weights import connectivity_map

__all__ = [
    "Figure",
    "bins_chart",
    "cardinality_histogram",
    "category_map",
    "choropleth",
    "cluster_map",
    "connectivity_map",
    "contributions",
    "coupling_chart",
    "density_curves",
    "efficiency_bars",
    "ellipse_map",
    "factor_bars",
    "factors_by",
    "impulse_responses",
    "interaction_heatmap",
    "interval_plot",
    "layout_faults",
    "moran_scatter",
    "moran_trend",
    "path_diagram",
    "permutation_histogram",
    "plot",
    "quadrant_history",
    "region_path",
    "risk_matrix",
    "score_bars",
    "significance_map",
    "slopes",
    "small_multiples",
    "strata_map",
    "transition_heatmap",
    "unit_circle",
]
