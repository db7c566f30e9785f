"""Checks for `spatial_region.audit`: each names columns of a printed table and the rule that they must obey."""

from spatial_region.measure._audit_arithmetic import Formula, RowFormula, Total
from spatial_region.measure._audit_check import Check
from spatial_region.measure._audit_coupling import Coupling
from spatial_region.measure._audit_groups import ClassEdges, Complete, Memberships
from spatial_region.measure._audit_limits import Ascending, Bounds, Shares
from spatial_region.measure._audit_measures import Efficiency, TheilParts
from spatial_region.measure._audit_rows import MeanOf, Ranks, SumOf
from spatial_region.measure._audit_tests import Moran, Stars

__all__ = [
    "Ascending",
    "Bounds",
    "Check",
    "ClassEdges",
    "Complete",
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
