"""The geographical detector of Wang et al.: the public function."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from copy import deepcopy
from typing import overload

import pandas as pd

from spatial_region.core.frozen import FrozenDict
from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing
from spatial_region.core.seeds import DEFAULT_SEED
from spatial_region.core.spec import make_spec
from spatial_region.core.study import Study
from spatial_region.errors import SmallSampleWarning
from spatial_region.geodetector._detect import detect, detect_parts
from spatial_region.geodetector._moments import Singletons
from spatial_region.geodetector._notes import FEW_UNITS, notes_of_parts, notes_of_skipped, small_strata
from spatial_region.geodetector._parts import CutWithin, Part, Time, parts_of
from spatial_region.geodetector._plans import Permute
from spatial_region.geodetector._rows import Rows, factor_names, gather_rows
from spatial_region.geodetector._settings import Settings, check_settings, name_of, ways_to_permute, weights_to_keep
from spatial_region.geodetector.groups import GeoDetectorGroups
from spatial_region.geodetector.result import GeoDetectorResult
from spatial_region.geodetector.rules import Bins, check_bins


@overload
def geodetector(
    study: Study | pd.DataFrame,
    variable: str,
    factors: Sequence[str],
    *,
    at: object = None,
    time: None = None,
    grouping: None = None,
    bins: Bins = None,
    cut_within: CutWithin = "part",
    singletons: Singletons = "keep",
    missing: Missing = "raise",
    triples: bool = False,
    permute: Permute | Sequence[Permute] = "rows",
    permute_pairs: bool = True,
    w: object = None,
    permutations: int = 999,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> GeoDetectorResult: ...


@overload
def geodetector(
    study: Study | pd.DataFrame,
    variable: str,
    factors: Sequence[str],
    *,
    at: object = None,
    time: Time | None = None,
    grouping: str | pd.Series | None = None,
    bins: Bins = None,
    cut_within: CutWithin = "part",
    singletons: Singletons = "keep",
    missing: Missing = "raise",
    triples: bool = False,
    permute: Permute | Sequence[Permute] = "rows",
    permute_pairs: bool = True,
    w: object = None,
    permutations: int = 999,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> GeoDetectorGroups: ...


def geodetector(
    study: Study | pd.DataFrame,
    variable: str,
    factors: Sequence[str],
    *,
    at: object = None,
    time: Time | None = None,
    grouping: str | pd.Series | None = None,
    bins: Bins = None,
    cut_within: CutWithin = "part",
    singletons: Singletons = "keep",
    missing: Missing = "raise",
    triples: bool = False,
    permute: Permute | Sequence[Permute] = "rows",
    permute_pairs: bool = True,
    w: object = None,
    permutations: int = 999,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> GeoDetectorResult | GeoDetectorGroups:
    r"""Measure how much of a variable's variance each stratification explains, alone and in pairs.

    .. math:: q = 1 - \frac{\sum_h \sum_{i \in h} (y_i - \bar y_h)^2}{\sum_i (y_i - \bar y)^2}

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Where the variable and the factors are. In a study a factor may be a variable or a column of `regions`,
        such as a grouping. A frame has one row a unit; with an index of region and time it is a panel.
    variable : str
        Numeric variable to explain.
    factors : sequence of str
        One or more factors, numeric or categorical.
    at : object, optional
        Time, for a panel. Without it all region-years are pooled as if they were independent, which they are
        not: p-values are then too small, and a note in the result says so.
    time : {"each", "both"}, optional
        Examine each time by itself; ``"both"`` adds all times pooled.
    grouping : str or pandas.Series, optional
        Examine all regions and each group of them: a column of the study, its regions or the frame, or groups
        indexed by region. With `grouping` or `time` the result is a `GeoDetectorGroups`.
    bins : int, str, (str, int), edges, mapping or None
        How numeric factors become strata:

        - ``None`` (default) or ``"as given"``: the values are strata already, in any type. Numbers that are hardly
          ever repeated are refused.
        - an int k: k quantile strata;
        - ``"quantile"``, ``"equal"``, ``"natural"`` (exact Fisher-Jenks), ``"geometric"`` or ``"sd"``, with
          five strata, or with k: ``("natural", 4)``; ``"headtail"``, which finds k itself;
        - ``"optimal"``: the method and k (3 to 8, or ``("optimal", [4, 5])``) with the largest q among
          stratifications with at least three units in each stratum;
        - ``"loess"``: the k at which q levels off, with the best method for it; ``("loess", [3, 4, 5, 6])``;
        - ``"changepoint"`` or ``"tree"``, with k as above: cut where the variable changes, by least squares
          segmentation (the robust geographical detector) or a regression tree;
        - ascending edges, both ends included: ``[0, 10, 100, inf]``. Intervals are closed on the right, the
          first on both sides;
        - a mapping of factor to any of these. Factors it does not name are taken as given.

        Text, bool and category are never cut. Whole numbers with at most 20 distinct, repeated values may be
        codes or quantities: where `bins` is not a mapping they are refused until you say which.
    cut_within : {"part", "whole", "time", "group"}
        Which rows are cut together: those of each part that is examined (the default), all of them, those of each
        time (stratum 1 is then the lowest of its year), or of each group of `grouping`.
    singletons : {"keep", "drop"}
        Strata and overlays of one unit stay, and lift q without evidence, or are left out of the detector they
        occur in (as R's GD and gdverse do).
    missing : {"raise", "drop"}
        What to do with rows in which the variable or a factor is missing.
    triples : bool
        Whether to overlay every three factors as well.
    permute : {"rows", "within_regions", "whole_regions", "spatial"} or several
        Who changes places in the permutations. ``"rows"`` is always made: p_permutation. ``"within_regions"``
        permutes the times of each region, ``"whole_regions"`` gives the whole series of a region to another;
        ``"spatial"`` keeps the spatial autocorrelation of the variable (Moran spectral randomisation: Wagner and
        Dray 2015), and in a panel its serial correlation. Each has its column: p_within_regions, p_whole_regions,
        p_spatial.
    permute_pairs : bool
        Whether to permute pairs too, which takes most of the time where there are many.
    w : Weights, Graph, W or str, optional
        Weights whose spatial patterns ``permute="spatial"`` keeps; the study's only one by default.
    permutations : int
        Permutations behind the p-values; 0 for none. Their time grows with rows, factors and pairs.
    level : float
        Confidence of the intervals of q.
    seed : int
        Seed of the permutations.

    Returns
    -------
    GeoDetectorResult or GeoDetectorGroups
        With `factors`, `interactions`, `triples`, `risk`, `ecological`, `bins` and `candidates`, all DataFrames.

    Raises
    ------
    UnknownNameError
        If the variable, a factor or the time does not exist.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or fewer than three rows are complete.
    ConstantVariableError
        If the variable does not vary.
    DuplicateError
        If a factor is named twice, a column or a row of region and time occurs twice, or a grouping names a region
        twice.
    AlignmentError
        If a grouping has none of the regions.
    WeightsError
        If ``permute="spatial"`` has no weights, or they lack a region or link none.
    OptionError
        If a method or another option does not exist.
    InputError
        If a name is not text, the variable or a factor holds values that are neither numbers nor strata, or a factor
        cannot be cut as asked, has one stratum only, or has every unit in its own; if times, groups or a balanced
        panel are needed and absent; if `w` is given without ``permute="spatial"``.

    Warns
    -----
    SmallSampleWarning
        If strata of a factor have fewer than three units.

    Notes
    -----
    Read ``p_permutation``, for units that are independent. ``p_central`` tests the same hypothesis (all strata have
    one mean) by the F distribution of one-way analysis of variance. ``p_wang`` is the published non-central F
    p-value, given because the literature prints it; its non-centrality changes when a constant is added to the
    variable, so it answers no fixed question. Spatially autocorrelated values, and years of one region, reject true
    nulls far too often by all of these: read ``p_spatial``, or ``p_whole_regions``, for them.

    ``q_lower`` and ``q_upper`` invert the non-central F distribution: strata and their sizes are fixed, and errors
    normal, independent and of one variance.

    Choosing the best of many stratifications inflates q. For factors cut with ``"optimal"``, ``p_permutation``
    compares the chosen q with the largest q of the same stratifications in each permutation, which allows for the
    choice; ``p_wang``, ``p_central`` and the interval do not. ``"loess"``, ``"changepoint"`` and ``"tree"`` are
    likewise made anew for each permutation.

    The overlay of two factors explains at least as much as either. It has so many strata that pure noise is nearly
    always called "enhance, nonlinear" (``noise_nonlinear`` says how often in your data); read ``p_increment``, the F
    test of the overlay against the sum of both effects, before you call a pair synergistic.

    Parts that cannot be examined, such as a group of three regions, are listed with the reason in `skipped`.

    References
    ----------
    Wang, J.-F., Li, X.-H., Christakos, G., Liao, Y.-L., Zhang, T., Gu, X., Zheng, X.-Y. (2010). Geographical
    detectors-based health risk assessment. International Journal of Geographical Information Science 24(1),
    107-127. https://doi.org/10.1080/13658810802443457

    Wang, J.-F., Zhang, T.-L., Fu, B.-J. (2016). A measure of spatial stratified heterogeneity. Ecological
    Indicators 67, 250-256. https://doi.org/10.1016/j.ecolind.2016.02.052

    Wagner, H. H., Dray, S. (2015). Generating spatially constrained null models for irregularly spaced data using
    Moran spectral randomization methods. Methods in Ecology and Evolution 6(10), 1169-1178.
    https://doi.org/10.1111/2041-210X.12407

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> towns = pd.DataFrame({"income": [1.0, 2, 3, 7, 8, 9, 4, 5, 6], "zone": list("aaabbbccc")})
    >>> found = sr.geodetector(towns, "income", ["zone"])
    >>> float(found.factors.loc["zone", "q"])
    0.9
    >>> found.risk[["stratum_a", "stratum_b", "difference"]].values.tolist()
    [['a', 'b', -6.0], ['a', 'c', -3.0], ['b', 'c', 3.0]]
    """
    names = factor_names(factors)
    rows = gather_rows(study, variable, names, at=at, missing=missing, grouping=grouping)
    ways = ways_to_permute(permute)
    check_bins(bins, names)
    settings = Settings(
        variable=variable,
        names=names,
        bins=bins,
        cut_within=cut_within,
        singletons=singletons,
        triples=triples,
        permute=ways,
        columns=ways,
        permute_pairs=permute_pairs,
        w=weights_to_keep(study, w, at) if "spatial" in ways or w is not None else None,
        permutations=permutations,
        level=level,
        seed=seed,
        regions=study if isinstance(study, Study) else None,
        options={
            "variable": variable, "factors": names, "at": at, "time": time, "grouping": name_of(grouping),
            "bins": deepcopy(bins), "cut_within": cut_within, "singletons": singletons, "missing": missing,
            "triples": triples, "permute": ways, "permute_pairs": permute_pairs, "permutations": permutations,
            "level": level,
        },
    )  # fmt: skip
    check_settings(settings, time, rows)
    if time is None and grouping is None:
        found = detect(rows, settings)
        _warn_small({"": found})
        return found
    return _groups(rows, parts_of(rows, time), settings, time is not None)


def _groups(rows: Rows, parts: list[Part], settings: Settings, by_time: bool) -> GeoDetectorGroups:
    made, skipped = detect_parts(rows, parts, settings)
    described = {(part.group, part.time): part.described for part in parts}
    named = {described[key]: part for key, part in made.items()}
    _warn_small(named, depth=4)
    notes = [*notes_of_parts(named), *notes_of_skipped({described[key]: reason for key, reason in skipped.items()})]
    if rows.groups is not None and (outside := rows.regions[rows.groups.isna()].unique()).size:
        notes.append(f"{len(outside)} regions are in no group: {name_some(outside)}.")
    levels = (*(("group",) if rows.groups is not None else ()), *(("time",) if by_time else ()))
    whole = next(iter(made.values()))
    return GeoDetectorGroups(
        variable=settings.variable,
        parts=FrozenDict(made),
        skipped=FrozenDict(skipped),
        levels=levels,
        notes=tuple(notes),
        spec=make_spec("geodetector", options=settings.options, inputs=whole.spec.inputs, seed=whole.spec.seed),
    )


def _warn_small(found: dict[str, GeoDetectorResult], *, depth: int = 3) -> None:
    """Warn once of strata of fewer than three units, in whichever part; `depth` calls below the caller's code."""
    small = {
        f"{factor!r} ({count})" + (f" in {part}" if part else "")
        for part, one in found.items()
        for factor, count in small_strata(one.numbers).items()
    }
    dropped = any(one.spec.options["singletons"] == "drop" for one in found.values())
    if small:
        handled = "Those of one unit are left out" if dropped else "They are kept, and lift q without evidence"
        warnings.warn(
            f"strata with fewer than {FEW_UNITS} units: {name_some(sorted(small))}. {handled}; consider fewer strata.",
            SmallSampleWarning,
            stacklevel=depth,
        )
