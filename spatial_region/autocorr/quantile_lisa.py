"""Quantile LISA: where regions whose values lie in the same quantile stand together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from spatial_region.autocorr._local_fields import draw_variables
from spatial_region.autocorr.local_join_count import LocalJoinCount, join_count_fields
from spatial_region.core.correction import check_correction
from spatial_region.core.options import Alternative, Correction, Missing, check_option, check_whole_number
from spatial_region.core.sample import Sample
from spatial_region.errors import InputError


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class QuantileLisa(LocalJoinCount):
    """Local join counts of a quantile; the other attributes are those of `LocalJoinCount`.

    Attributes
    ----------
    limits : pandas.DataFrame
        By variable: lower (not included) and upper limit (included) of the quantile; infinite at the ends.
    """

    title: ClassVar[str] = "Quantile LISA"

    limits: pd.DataFrame


def quantile_lisa(
    study: object,
    variable: str | Sequence[str] | None = None,
    *,
    k: int = 5,
    quantile: int | Sequence[int] | None = None,
    w: object = None,
    at: object = None,
    alternative: Alternative = "greater",
    correction: Correction | None = None,
    missing: Missing = "raise",
    ids: Any = None,
) -> QuantileLisa:
    """Find where regions whose values lie in one quantile stand together: quantile LISA.

    The values are cut into k quantiles, and regions in the chosen one are joined: see `local_join_count`. It finds
    clusters of extreme values, or of middling ones, without any assumption on how association works between them.

    Parameters
    ----------
    study : Study, pandas.DataFrame, pandas.Series or array
        Values by region. An array needs `ids`.
    variable : str or sequence of str, optional
        Name of the variable. Of several, regions are joined that lie in the chosen quantile of each.
    k : int
        Number of quantiles, at least 2.
    quantile : int or sequence of int, optional
        The chosen one, from 1 (lowest values) to `k`, which is the default; of several variables, one for all or one
        for each.
    w : Weights, Graph, W or str, optional
        Weights, or their name in the study; the study's only one by default. Every weight other than zero is a link,
        of whatever size. Links of a region to itself are left out.
    at : object, optional
        Time, for a panel.
    alternative : {"greater", "two-sided", "less"}
        ``"greater"`` finds more joins than by chance, ``"less"`` fewer. Two-sided p-values are twice the smaller tail,
        at most 1.
    correction : {"fdr", "fdr_by", "bonferroni", "holm"} or None
        Correction for testing many regions (those in the quantile); can be changed later, in
        ``table(correction=...)``.
    missing : {"raise", "drop"}
        What to do with regions without a value of each variable.
    ids : sequence, optional
        Region ids, for values that are a bare array.

    Returns
    -------
    QuantileLisa
        Clusters: ``"cluster"``, ``"not significant"``, ``"undefined"`` (no neighbours), and ``"absent"``, which is a
        region outside the quantile: it is not tested.

    Raises
    ------
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    ConstantVariableError
        If a variable does not vary, or no region lies in the chosen quantiles of all variables.
    AlignmentError
        If values and weights do not have the same regions.
    UnknownNameError
        If a variable, the time or the weights do not exist.
    WeightsError
        If there are no weights, or they have no link.
    InputError
        If `k` or `quantile` is out of range, the chosen quantile is empty because too many values are equal, there are
        fewer than 4 regions, or a list of variables is empty or repeats one.
    OptionError
        If an option is not offered.

    Warns
    -----
    SmallSampleWarning
        If there are fewer than 10 regions.

    Notes
    -----
    Limits of quantiles are interpolated between values, and belong to the lower one. Equal values are never parted, so
    that a quantile can hold more regions than another; GeoDa's limits can differ by one region.

    References
    ----------
    Anselin, L. (2020). Local spatial autocorrelation (3): multivariate local spatial autocorrelation. GeoDa workbook.
    Anselin, L., and Li, X. (2019). Journal of Geographical Systems 21, 189-210.
    https://doi.org/10.1007/s10109-019-00299-x

    Examples
    --------
    >>> import geopandas as gpd, shapely, spatial_region as sr
    >>> cells = [shapely.box(x, y, x + 1, y + 1) for x in range(6) for y in range(6)]
    >>> grid = gpd.GeoDataFrame({"gdp": range(36)}, geometry=cells, index=range(36), crs=3857)
    >>> sr.quantile_lisa(grid, "gdp", k=3, w=sr.contiguity(grid)).counts().to_dict()
    {'cluster': 10, 'not significant': 2, 'undefined': 0, 'absent': 24}
    """
    check_option(alternative, Alternative, "alternative")
    check_correction(correction)
    check_whole_number(k, "k", least=2)
    samples = draw_variables(study, variable, w=w, at=at, missing=missing, ids=ids, undecided="none")
    chosen = _chosen(quantile, k, len(samples))
    cut = [_in_quantile(sample, k, place) for sample, place in zip(samples, chosen, strict=True)]
    limits = pd.DataFrame(
        [limit for _, limit in cut], index=[sample.variable for sample in samples], columns=["lower", "upper"]
    )
    options: dict[str, object] = {
        "k": k,
        "quantile": chosen if len(chosen) > 1 else chosen[0],
        "alternative": alternative,
        "correction": correction,
        "missing": missing,
    }
    fields = join_count_fields(
        [inside for inside, _ in cut], None, "quantile_lisa", options, alternative=alternative, correction=correction
    )
    return QuantileLisa(**fields, limits=limits)


def _chosen(quantile: int | Sequence[int] | None, k: int, variables: int) -> list[int]:
    given = [k if quantile is None else quantile] if not isinstance(quantile, Sequence) else list(quantile)
    if len(given) not in (1, variables):
        raise InputError(f"quantile must be one number, or one for each of {variables} variables; found {quantile!r}.")
    for one in given:
        if check_whole_number(one, "quantile", least=1) > k:
            raise InputError(f"quantile must lie between 1 and k={k}; found {one}.")
    return [int(one) for one in (given * variables if len(given) == 1 else given)]


def _in_quantile(sample: Sample, k: int, place: int) -> tuple[Sample, tuple[float, float]]:
    """Return the sample as 1 inside the quantile and 0 outside, and the limits of the quantile."""
    sample.check_varies()
    bounds = [-np.inf, *np.quantile(sample.values, np.arange(1, k) / k), np.inf]
    lower, upper = float(bounds[place - 1]), float(bounds[place])
    inside = (sample.values > lower) & (sample.values <= upper)
    if not inside.any():
        raise InputError(
            f"{sample.described}: quantile {place} of {k} is empty, since too many values equal {lower:g}. "
            f"Pass a smaller k, or another quantile."
        )
    named = f"quantile {place} of {k} of {sample.variable}"
    return replace(sample, values=inside.astype(float), variable=named), (lower, upper)
