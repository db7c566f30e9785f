"""The geographical detector of Wang et al.: the public function."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing, check_whole_number
from spatial_region.core.seeds import DEFAULT_SEED, generator
from spatial_region.core.spec import digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import SmallSampleWarning
from spatial_region.geodetector._joint import narrow_codes, pair_tables
from spatial_region.geodetector._moments import Moments, Outcome, all_moments, centre, factor_test
from spatial_region.geodetector._pairs import pair_tests
from spatial_region.geodetector._permutation import Arrangement, permutation_p
from spatial_region.geodetector._report import candidate_table, factor_table, interaction_table
from spatial_region.geodetector._rows import Rows, factor_names, gather_rows
from spatial_region.geodetector.optimal import Candidate, arrangement_of
from spatial_region.geodetector.result import GeoDetectorResult
from spatial_region.geodetector.strata import (
    Bins,
    Strata,
)
from spatial_region.geodetector.stratify import stratify

_FEW_UNITS = 3


def geodetector(
    study: Study | pd.DataFrame,
    variable: str,
    factors: Sequence[str],
    *,
    at: object = None,
    bins: Bins = None,
    missing: Missing = "raise",
    permutations: int = 999,
    seed: int = DEFAULT_SEED,
) -> GeoDetectorResult:
    r"""Measure how much of a variable's variance each stratification explains, alone and in pairs.

    .. math:: q = 1 - \frac{\sum_h \sum_{i \in h} (y_i - \bar y_h)^2}{\sum_i (y_i - \bar y)^2}

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Where the variable and the factors are. In a study a factor may be a variable or a column of `regions`,
        such as a grouping. A frame has one row a unit.
    variable : str
        Numeric variable to explain.
    factors : sequence of str
        One or more factors, numeric or categorical.
    at : object, optional
        Time, for a panel. Without it all region-years are pooled as if they were independent, which they are
        not: p-values are then too small, and a note in the result says so.
    bins : int, str, (str, int), edges, mapping or None
        How numeric factors become strata:

        - ``None`` (default) or ``"as given"``: the values are strata already, in any type. Numbers that are hardly
          ever repeated are refused.
        - an int k: k quantile strata;
        - ``"quantile"``, ``"equal"``, ``"natural"`` (exact Fisher-Jenks), ``"geometric"`` or ``"sd"``, with
          five strata, or with k: ``("natural", 4)``;
        - ``"optimal"``: the method and k (3 to 8, or ``("optimal", [4, 5])``) with the largest q among
          stratifications with at least three units in each stratum;
        - ascending edges, both ends included: ``[0, 10, 100, inf]``. Intervals are closed on the right, the
          first on both sides;
        - a mapping of factor to any of these. Factors it does not name are taken as given.

        Text, bool and category are never cut. Whole numbers with at most 20 distinct, repeated values may be
        codes or quantities: where `bins` is not a mapping they are refused until you say which.
    missing : {"raise", "drop"}
        What to do with rows in which the variable or a factor is missing.
    permutations : int
        Permutations behind ``p_permutation``; 0 for none. Their time grows with rows and factors: 999 of a million
        rows take about half a minute.
    seed : int
        Seed of the permutations.

    Returns
    -------
    GeoDetectorResult
        With `factors`, `interactions`, `risk`, `ecological`, `bins` and `candidates`, all DataFrames.

    Raises
    ------
    UnknownNameError
        If the variable, a factor or the time does not exist.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or fewer than three rows are complete.
    ConstantVariableError
        If the variable does not vary.
    DuplicateError
        If a factor is named twice, or a column of the frame occurs twice.
    OptionError
        If a method does not exist.
    InputError
        If a name is not text, the variable or a factor holds values that are neither numbers nor strata, or a factor
        cannot be cut as asked, has one stratum only, or has every unit in its own.

    Warns
    -----
    SmallSampleWarning
        If strata of a factor have fewer than three units.

    Notes
    -----
    Read ``p_permutation``. ``p_central`` tests the same hypothesis (all strata have one mean) by the F
    distribution of one-way analysis of variance. ``p_wang`` is the published non-central F p-value, given because
    the literature prints it; its non-centrality changes when a constant is added to the variable, so it answers no
    fixed question. All of them take units to be independent: spatially autocorrelated values reject too often.

    Choosing the best of many stratifications inflates q. For factors cut with ``"optimal"``, ``p_permutation``
    compares the chosen q with the largest q of the same stratifications in each permutation, which allows for the
    choice; ``p_wang`` and ``p_central`` do not allow for it.

    The overlay of two factors explains at least as much as either. It has so many strata that pure noise is nearly
    always called "enhance, nonlinear"; read ``p_increment``, the F test of the overlay against the sum of both
    effects, before you call a pair synergistic.

    References
    ----------
    Wang, J.-F., Li, X.-H., Christakos, G., Liao, Y.-L., Zhang, T., Gu, X., Zheng, X.-Y. (2010). Geographical
    detectors-based health risk assessment. International Journal of Geographical Information Science 24(1),
    107-127. https://doi.org/10.1080/13658810802443457

    Wang, J.-F., Zhang, T.-L., Fu, B.-J. (2016). A measure of spatial stratified heterogeneity. Ecological
    Indicators 67, 250-256. https://doi.org/10.1016/j.ecolind.2016.02.052

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
    check_whole_number(permutations, "permutations")
    check_whole_number(seed, "seed")
    names = factor_names(factors)
    rows = gather_rows(study, variable, names, at=at, missing=missing)
    outcome = centre(rows.y)
    stratified = stratify(rows, outcome, names, bins)
    strata, tried = list(stratified.strata), dict(stratified.tried)
    levels = [one.n_strata for one in strata]
    codes = narrow_codes([one.codes for one in strata], levels)
    moments = all_moments(outcome, codes, levels)
    tests = [factor_test(outcome, own) for own in moments]
    p = _permutation_column(rows, outcome, strata, tried, permutations, seed)
    found = pair_tests(outcome, pair_tables(outcome.centred, codes, levels), list(combinations(levels, 2)))
    pairs = [(a, b, test) for (a, b), test in zip(combinations(range(len(names)), 2), found, strict=True)]
    _warn_small(strata, moments)
    return GeoDetectorResult(
        variable=variable,
        n=outcome.n,
        dropped=rows.dropped,
        factors=factor_table(strata, moments, tests, p),
        interactions=interaction_table(names, [test.q for test in tests], pairs),
        candidates=candidate_table(tried),
        permutations=permutations,
        notes=_notes(rows, strata, tried, permutations, len(pairs)),
        spec=make_spec(
            "geodetector",
            options={
                "variable": variable, "factors": names, "at": at, "bins": bins, "missing": missing,
                "permutations": permutations,
            },
            inputs={"rows": outcome.n, "dropped": len(rows.dropped), "values": digest(rows.y)},
            seed=seed if permutations else None,
        ),
        mean=outcome.mean,
        scale=outcome.scale,
        strata=tuple(strata),
        moments=tuple(moments),
    )  # fmt: skip


def _permutation_column(
    rows: Rows,
    outcome: Outcome,
    strata: list[Strata],
    tried: dict[str, tuple[Candidate, list[Candidate]]],
    permutations: int,
    seed: int,
) -> np.ndarray:
    if not permutations:
        return np.full(len(strata), np.nan)
    arrangements = [
        arrangement_of(rows.factors[one.factor].to_numpy(dtype=float), tried[one.factor][1])
        if one.factor in tried
        else Arrangement(one.codes, (np.concatenate(([0], np.cumsum(np.bincount(one.codes)))),))
        for one in strata
    ]
    return permutation_p(outcome.centred, arrangements, permutations, generator(seed, "geodetector"))


def _warn_small(strata: list[Strata], moments: list[Moments]) -> None:
    small = {
        one.factor: int(np.sum(own.counts < _FEW_UNITS))
        for one, own in zip(strata, moments, strict=True)
        if own.counts.min() < _FEW_UNITS
    }
    if small:
        listed = name_some(f"{factor!r} ({count})" for factor, count in small.items())
        warnings.warn(
            f"strata with fewer than {_FEW_UNITS} units: {listed}. They are kept, and lift q without evidence; "
            f"consider fewer strata.",
            SmallSampleWarning,
            stacklevel=3,
        )


def _notes(
    rows: Rows,
    strata: list[Strata],
    tried: dict[str, tuple[Candidate, list[Candidate]]],
    permutations: int,
    n_pairs: int,
) -> tuple[str, ...]:
    notes = []
    if len(rows.dropped):
        notes.append(f"{len(rows.dropped)} rows with missing values were dropped.")
    if rows.pooled_times > 1:
        notes.append(
            f"{rows.pooled_times} times are pooled; rows of one region are not independent, so p-values are too small."
        )
    emptied = [one for one in strata if one.n_strata < one.asked]
    if emptied:
        listed = name_some(f"{one.factor!r} ({one.n_strata} of {one.asked})" for one in emptied)
        notes.append(f"intervals without a unit are no strata: {listed}.")
    if tried:
        corrected = (
            "p_permutation allows for it, p_wang and p_central do not"
            if permutations
            else "no p-value here allows for it; set permutations=999"
        )
        notes.append(f"q of {name_some(map(repr, tried))} is inflated by choosing the best bins; {corrected}.")
    if permutations:
        notes.append(f"p_permutation from {permutations} permutations cannot be below {1 / (permutations + 1):.2g}.")
    if n_pairs:
        notes.append('pure noise is usually called "enhance, nonlinear" as well; read p_increment.')
    return tuple(notes)
