"""Checks for `spatial_region.audit`: each names columns of a printed table and the rule that they must obey."""

from spatial_region.measure._audit_arithmetic import Ascending, Bounds, Formula, RowFormula, Shares, Total
from spatial_region.measure._audit_check import Check
from spatial_region.measure._audit_measures import Coupling, Efficiency, TheilParts
from spatial_region.measure._audit_rows import ClassEdges, MeanOf, Memberships, Ranks, SumOf
from spatial_region.measure._audit_tests import Moran, Stars

__all__ = [
    "Ascending",
    "Bounds",
    "Check",
    "ClassEdges",
    "Coupling",
    "Efficiency",
    "Formula",
    "MeanOf",
    "Memberships",
    "Moran",
    "Ranks",
    "RowFormula",
    "Shares",
    "Stars",
    "SumOf",
    "TheilParts",
    "Total",
]
