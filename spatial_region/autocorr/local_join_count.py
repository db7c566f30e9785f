"""Local join counts: where regions that have an attribute stand together, tested exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from spatial_region.autocorr._hypergeometric import hypergeometric_moments, hypergeometric_p
from spatial_region.autocorr._inputs import check_testable
from spatial_region.autocorr._local import LocalInputs, local_spec, sorted_inputs
from spatial_region.autocorr._local_fields import draw_variables, local_fields, score
from spatial_region.autocorr.local_result import LocalResult, class_codes
from spatial_region.core.correction import check_correction
from spatial_region.core.messages import name_regions
from spatial_region.core.options import Alternative, Correction, Missing, check_option
from spatial_region.core.sample import Sample
from spatial_region.core.spec import digest
from spatial_region.errors import ConstantVariableError, InputError


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LocalJoinCount(LocalResult):
    """Local join counts of every region; see `LocalResult` for what it shares with other local statistics.

    Attributes
    ----------
    statistics : pandas.DataFrame
        Indexed by region: joins, neighbours (how many there are), expected, variance, z, association, p. Expected,
        variance, z and p are NaN for regions without the attribute, whose joins are 0 by definition.
    """

    title: ClassVar[str] = "Local join counts"
    statistic: ClassVar[str] = "joins"
    class_column: ClassVar[str] = "association"
    classes: ClassVar[tuple[str, ...]] = ("cluster",)
    core_classes: ClassVar[tuple[str, ...]] = ("cluster",)
    untested: ClassVar[tuple[str, ...]] = ("absent",)


def local_join_count(
    study: object,
    variable: str | Sequence[str] | None = None,
    *,
    other: str | None = None,
    w: object = None,
    at: object = None,
    alternative: Alternative = "greater",
    correction: Correction | None = None,
    missing: Missing = "raise",
    ids: Any = None,
) -> LocalJoinCount:
    """Find where regions that have an attribute stand together: local join counts, with exact p-values.

    ``BB_i = x_i sum_j b_ij x_j``, with x equal to 1 in regions that have the attribute and 0 in the others, and b_ij
    equal to 1 for neighbours: of a region that has it, how many neighbours have it too.

    Given that a region has the attribute, and how many others have it, the number among its neighbours is
    hypergeometric if regions are shuffled. The p-values are those of this distribution; nothing is drawn. A region
    without the attribute has no joins whatever its neighbours are, and is not tested.

    Parameters
    ----------
    study : Study, pandas.DataFrame, pandas.Series or array
        Values by region, 0 and 1 or false and true. An array needs `ids`.
    variable : str or sequence of str, optional
        Name of the variable. Of several, a region has the attribute when all are 1 (co-location).
    other : str, optional
        Name of the attribute counted at the neighbours, in place of that of the region itself (bivariate join counts).
        No region may have both; pass both as `variable` to ask where they occur together.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Joins are counted: every weight above or
        below zero is a link, of whatever size. Links of a region to itself are left out.
    at : object, optional
        Time, for a panel.
    alternative : {"greater", "two-sided", "less"}
        ``"greater"`` finds more joins than by chance, ``"less"`` fewer. Two-sided p-values are twice the smaller tail,
        at most 1.
    correction : {"fdr", "fdr_by", "bonferroni", "holm"} or None
        Correction for testing many regions (those that are tested); can be changed later, in
        ``table(correction=...)``.
    missing : {"raise", "drop"}
        What to do with regions without a value of each variable.
    ids : sequence, optional
        Region ids, for values that are a bare array.

    Returns
    -------
    LocalJoinCount
        Clusters: ``"cluster"``, ``"not significant"``, ``"undefined"`` (no neighbours), and ``"absent"``, which is a
        region without the attribute: it is not tested, and no evidence against a cluster.

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    ConstantVariableError
        If every region has the attribute, or none has.
    AlignmentError
        If values and weights do not have the same regions.
    UnknownNameError
        If a variable, the time or the weights do not exist.
    WeightsError
        If there are no weights, or they have no link.
    InputError
        If a value is neither 0 nor 1, a region has both attributes of a bivariate count, there are fewer than 4
        regions, or a list of variables is empty or repeats one.
    OptionError
        If an option is not offered.

    Warns
    -----
    SmallSampleWarning
        If there are fewer than 10 regions.

    Notes
    -----
    GeoDa and esda draw permutations for the same p-values (of ``"greater"``), and give none to a region of 0 joins;
    here its p is 1, so that corrections count it among the tests.

    References
    ----------
    Anselin, L., and Li, X. (2019). Operational local join count statistics for cluster detection. Journal of
    Geographical Systems 21, 189-210. https://doi.org/10.1007/s10109-019-00299-x

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(6) for y in range(6)]
    >>> grid = gpd.GeoDataFrame({"city": [x < 2 for x in range(6) for y in range(6)]}, geometry=cells, crs=3857)
    >>> sr.local_join_count(grid, "city", w=sr.contiguity(grid)).counts().to_dict()
    {'cluster': 10, 'not significant': 2, 'undefined': 0, 'absent': 24}
    """
    check_option(alternative, Alternative, "alternative")
    check_correction(correction)
    asked = variable if other is None else [*_names(variable, other), other]
    samples = draw_variables(study, asked, w=w, at=at, missing=missing, ids=ids, undecided="none")
    for sample in samples:
        _check_binary(sample)
    options: dict[str, object] = {"alternative": alternative, "correction": correction, "missing": missing}
    fields = join_count_fields(
        samples[:-1] if other is not None else samples,
        samples[-1] if other is not None else None,
        "local_join_count", options, alternative=alternative, correction=correction,
    )  # fmt: skip
    return LocalJoinCount(**fields)


def join_count_fields(
    here: list[Sample],
    there: Sample | None,
    function: str,
    options: dict[str, object],
    *,
    alternative: Alternative,
    correction: Correction | None,
    **recorded: object,
) -> dict[str, Any]:
    """Return the fields of a `LocalJoinCount` of regions that have all of `here`, beside those that have `there`."""
    both = np.prod([sample.values for sample in here], axis=0)
    named = ", ".join(sample.variable for sample in here)
    own = replace(here[0], values=both, variable=named)
    check_attribute(own, several=len(here) > 1)
    if there is not None:
        check_attribute(there, several=False)
        _check_apart(own, there)
        own = replace(own, variable=f"{named} and neighbours' {there.variable}")
    check_testable(own, stacklevel=5)
    inputs = sorted_inputs(own)
    order = own.canonical()[1]
    near = (own if there is None else there).values[order]
    columns, p = _joins(inputs, own.values[order] > 0, near, alternative)
    spec = local_spec(
        function, inputs, seed=None, options={**options, "inference": "exact hypergeometric"},
        other_digest=digest(near), **recorded,
    )  # fmt: skip
    return local_fields(
        inputs, columns, p[inputs.place], None,
        alternative=alternative, correction=correction, permutations=0, spec=spec,
    )  # fmt: skip


def _joins(
    inputs: LocalInputs, has: np.ndarray, near: np.ndarray, alternative: Alternative
) -> tuple[dict[str, Any], np.ndarray]:
    links = inputs.others.sparse.copy()
    links.data = (links.data != 0).astype(float)
    drawn, total = np.rint(links.sum(axis=1)).astype(np.int64), len(near) - 1
    found = np.rint(links @ near).astype(np.int64)
    marked = np.rint(near.sum() - near).astype(np.int64)
    tested = has & (drawn > 0)
    mean, variance = hypergeometric_moments(drawn, marked, total)
    p = np.full(len(near), np.nan)
    p[tested] = hypergeometric_p(found[tested], drawn[tested], marked[tested], total, alternative)
    joins = np.where(has, found, 0).astype(float)
    spread = np.where(tested, variance, np.nan)
    expected = np.where(tested, mean, np.nan)
    codes = np.where(drawn == 0, 1, np.where(has, 0, 2))
    columns = {
        "joins": joins,
        "neighbours": drawn.astype(float),
        "expected": expected,
        "variance": spread,
        "z": score(joins, expected, spread),
        "association": class_codes(codes, LocalJoinCount.classes, LocalJoinCount.untested),
    }
    return columns, p


def _names(variable: str | Sequence[str] | None, other: str) -> list[str]:
    if variable is None:
        raise InputError(f"say which variable is joined with other={other!r}.")
    return [variable] if isinstance(variable, str) else list(variable)


def _check_binary(sample: Sample) -> None:
    wrong = ~np.isin(sample.values, (0.0, 1.0))
    if wrong.any():
        values = ", ".join(f"{value:g}" for value in np.unique(sample.values[wrong])[:5])
        raise InputError(
            f"join counts need values of 0 and 1; {sample.described} has others ({values}) in {wrong.sum()} of "
            f"{sample.n} regions: {name_regions(sample.ids[wrong], sample.names)}. "
            f"Say what counts as 1, for example by study['x'] > 5, or use quantile_lisa()."
        )


def check_attribute(sample: Sample, *, several: bool) -> None:
    """Refuse an attribute that every region has, or none.

    Raises
    ------
    ConstantVariableError
        If its values are all 0, or all 1.
    """
    if np.ptp(sample.values) == 0:
        who = "every region has" if sample.values[0] else "no region has"
        what = f"all of {sample.variable}" if several else sample.described
        raise ConstantVariableError(f"{who} {what}; join counts need regions with and without the attribute.")


def _check_apart(own: Sample, other: Sample) -> None:
    together = (own.values > 0) & (other.values > 0)
    if together.any():
        raise InputError(
            f"{own.described} and {other.described} occur together in {together.sum()} of {own.n} regions: "
            f"{name_regions(own.ids[together], own.names)}. Joins of one with the other need them apart; "
            f"pass both in a list, variable=[...], to count joins of regions that have both."
        )
