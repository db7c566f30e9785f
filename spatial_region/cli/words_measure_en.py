"""English words of the measures."""

from __future__ import annotations

MEASURES = {
    "composite_index": "Composite index",
    "coupling_coordination": "Coupling coordination of {variable}",
    "group_means": "{variable}: means by group",
    "inequality": "{variable}: inequality between regions",
    "theil": "{variable}: Theil's T",
    "theil_l": "{variable}: Theil's L",
    "dagum_gini": "{variable}: Dagum's Gini coefficient",
    "sigma_convergence": "{variable}: sigma convergence",
    "beta_convergence": "{variable}: beta convergence",
    "dea": "Efficiency: {variable}",
    "unit_root": "{variable}: panel unit roots",
    "ellipse": "{variable}: standard deviational ellipse",
    "weights of indicators": "Weights of the indicators",
    "weights of dimensions": "Weights of the dimensions",
    "coupling said": "{formula}",
    "means by time": "Means of all regions",
    "by group": "By group",
    "by pair of groups": "By pair of groups",
    "between level": "between_{level}",
    "share between level": "share_between_{level}",
    "way of the centre": "Way of the centre",
    "audit": "Audit of {variable}",
    "audit found": "`{path}`, {rows} rows: {tested} statements tested; figures that cannot be true: {found}.",
    "audit clean": "`{path}`, {rows} rows: {tested} statements tested, and no figure that cannot be true.",
    "findings": "Figures that do not fit together, and what follows from the others",
    "rules tested": "What was tested",
    "columns not tested": "Not tested: {columns}.",
    "implied to": "{low} to {high}",
}
