"""Spatial association detector: how much of the variance between linked regions the strata explain."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing, check_whole_number
from spatial_region.core.sample import draw_sample
from spatial_region.core.seeds import DEFAULT_SEED
from spatial_region.core.spec import digest, make_spec
from spatial_region.core.study import Study
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError, SmallSampleWarning, WeightsError
from spatial_region.geodetector._free_draws import searches
from spatial_region.geodetector._moments import centre, factor_test, stratum_moments
from spatial_region.geodetector._rows import Rows, factor_names, gather_rows
from spatial_region.geodetector._spade_levels import (
    Level,
    all_levels,
    factor_table,
    level_of,
    level_table,
    permutation_columns,
)
from spatial_region.geodetector._spade_result import SpadeResult
from spatial_region.geodetector._spatial_variance import Links, links_of, spatial_q
from spatial_region.geodetector.strata import Bins
from spatial_region.geodetector.stratify import stratify
from spatial_region.weights.distance import inverse_distance


def spade(
    study: Study | pd.DataFrame,
    variable: str,
    factors: Sequence[str],
    *,
    w: object = None,
    at: object = None,
    bins: Bins = None,
    ks: Sequence[int] | None = None,
    permutations: int = 999,
    seed: int = DEFAULT_SEED,
    missing: Missing = "raise",
) -> SpadeResult:
    r"""Measure how much of the differences between linked regions lies between strata (PSD, PSMD).

    q takes every pair of regions alike. The power of a spatial determinant weighs pairs, so that near ones count most:

    .. math:: PSD = 1 - \frac{\sum_h N_h \Gamma_h}{N \Gamma}, \quad
       \Gamma = \frac{\sum_{i \ne j} w_{ij} (y_i - y_j)^2 / 2}{\sum_{i \ne j} w_{ij}}

    with Gamma_h over the pairs within stratum h. Cutting a number into strata loses part of it; PSD over the PSD that
    the same strata have for the factor itself compensates for that, and the mean of this ratio over several numbers of
    strata (`ks`) is the power of spatial and multilevel discretisation determinants (PSMD).

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Where the variable and the factors are. A frame is indexed by region and needs `w`.
    variable : str
        Numeric variable to explain.
    factors : sequence of str
        One or more factors, numeric or categorical.
    w : Weights, Graph, W, WeightsByTime, str, optional
        Weights of pairs, or the name of one in the study, as they are: weights that nobody has standardised stay so.
        None takes the study's only one; if it has none, inverse distance between all regions (power 1), the weights
        of the source.
    at : object, optional
        Time, for a panel.
    bins : int, str, (str, int), edges, mapping or None
        How numeric factors become strata, as in `geodetector`.
    ks : sequence of int, optional
        Numbers of strata for PSMD, by the method that `bins` gives the factor: ``range(3, 9)``, for example.
    permutations : int
        Permutations behind the p-values; 0 for none. Time grows with the number of linked pairs.
    seed : int
        Seed of the permutations.
    missing : {"raise", "drop"}
        What to do with regions in which the variable or a factor is missing.

    Returns
    -------
    SpadeResult
        With `factors` and `levels`.

    Raises
    ------
    UnknownNameError
        If the variable, a factor, the time or the weights do not exist.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or fewer than three regions are complete.
    ConstantVariableError
        If the variable does not vary.
    DuplicateError
        If a factor is named twice, or a column or region occurs twice.
    AlignmentError
        If the frame and the weights do not have the same regions.
    WeightsError
        If there are no weights, or they link no pair of regions within a stratum, or none that differ.
    OptionError
        If a method does not exist.
    InputError
        If there are several times and `at` is not given, a factor cannot be cut as asked, or `ks` meets a method that
        takes no number of strata.

    Warns
    -----
    SmallSampleWarning
        If strata have no linked pair: their spatial variance is 0 / 0, so their regions are left out.
    IslandWarning
        If dropping regions leaves others without neighbours.

    Notes
    -----
    With equal weights Gamma is the sample variance (divisor n - 1), and with strata of equal size besides PSD is the
    adjusted q. PSD can be negative, when linked regions of one stratum differ more than linked regions do in general.

    The p-values permute the variable over the regions, and so test that it is unrelated to both strata and place. With
    weights that reach far, as inverse distance does, a variable that is autocorrelated in space breaks that without any
    effect of the factor: on a lattice with autocorrelation 0.9 a true null was rejected in 77 % of samples at 5 %, and
    in 4 % with weights of neighbours only. For bins that were searched (``"optimal"`` and others) they do not allow
    for the choice.

    References
    ----------
    Cang, X., Luo, W. (2018). Spatial association detector (SPADE). International Journal of Geographical Information
    Science 32(10), 2055-2075. https://doi.org/10.1080/13658816.2018.1476693

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> w = sr.lattice(4, 4)
    >>> plots = pd.DataFrame({"crop": [1.0, 2, 8, 9] * 4, "soil": ["a", "a", "b", "b"] * 4}, index=w.ids)
    >>> found = sr.spade(plots, "crop", ["soil"], w=w)
    >>> round(float(found.factors.loc["soil", "psd"]), 4)
    0.9309
    """
    check_whole_number(permutations, "permutations")
    check_whole_number(seed, "seed")
    names = factor_names(factors)
    listed = ks if ks is None or isinstance(ks, Iterable) else [ks]
    asked = None if listed is None else [check_whole_number(k, "ks", least=2) for k in listed]
    rows, weights = _rows_and_weights(study, variable, names, w, at, missing)
    outcome = centre(rows.y)
    links = links_of(weights.sparse)
    stratified = stratify(rows, outcome, names, bins)
    main = [level_of(one, rows, links, weights) for one in stratified.strata]
    searched = [one.factor for one, own in zip(main, stratified.statistics, strict=True) if searches(own)]
    more = all_levels(main, rows, links, weights, set(searched), asked)
    every = main + more
    psd = spatial_q(links, [one.pairs for one in every], outcome.centred[None, :])[0]
    _check_differs(links, outcome.centred, variable)
    p, p_levels = permutation_columns(outcome.centred, links, main, more, psd, permutations, seed)
    _warn_left_out(main)
    q = [factor_test(outcome, stratum_moments(outcome, one.strata.codes)).q for one in main]
    table = factor_table(main, q, psd[: len(main)], p)
    levels = level_table(more, psd[len(main) :])
    if asked:
        table["psmd"] = levels.groupby("factor")["psd_compensated"].mean().reindex(table.index)
        table["psmd_p_permutation"] = pd.Series(p_levels, dtype=float).reindex(table.index)
    return SpadeResult(
        variable=variable,
        n=outcome.n,
        dropped=rows.dropped,
        factors=table,
        levels=levels,
        permutations=permutations,
        notes=_notes(rows, main, searched, permutations),
        spec=make_spec(
            "spade",
            options={
                "variable": variable, "factors": names, "at": at, "bins": bins, "ks": asked,
                "permutations": permutations, "missing": missing,
            },
            inputs={
                "rows": outcome.n, "dropped": len(rows.dropped), "values": digest(rows.y),
                "w": dict(weights.recipe), "links": len(links.weight),
            },
            seed=seed if permutations else None,
        ),
    )  # fmt: skip


def _rows_and_weights(
    study: Study | pd.DataFrame, variable: str, names: list[str], w: object, at: object, missing: Missing
) -> tuple[Rows, Weights]:
    """Return complete rows and the weights among them, both in the order of the region ids."""
    rows = gather_rows(study, variable, names, at=at, missing=missing)
    if rows.is_panel:
        raise InputError(f"spade() compares regions at one time; found {rows.pooled_times} times. Pass at=.")
    if w is None and isinstance(study, Study) and not study.weights:
        w = inverse_distance(study)
    if w is None and not isinstance(study, Study):
        raise WeightsError("a frame has no weights; pass w=, for example w=sr.inverse_distance(regions).")
    if isinstance(study, pd.DataFrame) and at is not None:
        study, at = study.xs(at, level=1), None
    sample = draw_sample(study, variable, w=w, at=at, missing=missing, undecided="none")
    weights, order = sample.weights.subset(rows.index).sorted_by_id
    return Rows(rows.y[order], rows.factors.iloc[order], rows.dropped), weights


def _check_differs(links: Links, y: np.ndarray, variable: str) -> None:
    if not (y[links.first] != y[links.second]).any():
        raise WeightsError(
            f"{variable!r} is equal in both regions of each of the {len(links.weight)} pairs that w links; there is no "
            f"spatial variance to explain. Use weights with more links."
        )


def _warn_left_out(levels: list[Level]) -> None:
    left = {one.factor: int((~one.pairs.kept).sum()) for one in levels if not one.pairs.kept.all()}
    if left:
        listed = name_some(f"{factor!r} ({count})" for factor, count in left.items())
        warnings.warn(
            f"strata in which w links no two regions have no spatial variance; their regions are left out, "
            f"by factor: {listed}. Use weights with more links, or fewer strata.",
            SmallSampleWarning,
            stacklevel=3,
        )


def _notes(rows: Rows, levels: list[Level], searched: list[str], permutations: int) -> tuple[str, ...]:
    notes = []
    if len(rows.dropped):
        notes.append(f"{len(rows.dropped)} regions with missing values were dropped.")
    left = [level.factor for level in levels if not level.pairs.kept.all()]
    if left:
        notes.append(f"regions of strata without a linked pair are left out: {name_some(map(repr, left))}.")
    if searched:
        notes.append(
            f"bins of {name_some(map(repr, searched))} were chosen for their q; no p-value here allows for it."
        )
    if permutations:
        notes.append(
            "permutations take regions to be exchangeable; with weights that reach far, "
            "autocorrelation alone can make p small."
        )
    return tuple(notes)
