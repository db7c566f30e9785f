"""Zones from one regression tree of all factors, and how much of the variance they explain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from spatial_region.core.options import Missing, check_whole_number
from spatial_region.core.seeds import DEFAULT_SEED, generator
from spatial_region.core.spec import digest, make_spec
from spatial_region.core.study import Study
from spatial_region.geodetector._free_draws import free_draws, reached
from spatial_region.geodetector._gozh_result import GozhResult, factor_table, split_table, zone_table
from spatial_region.geodetector._moments import Outcome, centre
from spatial_region.geodetector._overlay_tree import Growth, Tree, grow_tree, largest_between, presort
from spatial_region.geodetector._rows import Rows, factor_names, gather_rows
from spatial_region.geodetector._tree_factors import TreeFactors, categorical_names, check_growth, tree_factors

LEAST_UNITS = 7
LEAST_SPLIT = 20
SHARE = 0.01


def gozh(
    study: Study | pd.DataFrame,
    variable: str,
    factors: Sequence[str],
    *,
    at: object = None,
    leaves: int | None = None,
    least_units: int = LEAST_UNITS,
    least_split: int = LEAST_SPLIT,
    share: float = SHARE,
    categorical: Sequence[str] | None = None,
    permutations: int = 999,
    seed: int = DEFAULT_SEED,
    missing: Missing = "raise",
) -> GozhResult:
    r"""Divide the regions into zones by a regression tree of all factors, and measure what the zones explain.

    Which combinations of the factors part high values of the variable from low ones? A tree of squared errors answers
    without cutting the factors first: each split is the one cut, of all factors and places, that adds most to

    .. math:: q = 1 - \frac{\sum_h \sum_{i \in h} (y_i - \bar y_h)^2}{\sum_i (y_i - \bar y)^2}

    and its leaves are the zones h.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Where the variable and the factors are. A frame has one row a unit.
    variable : str
        Numeric variable to explain.
    factors : sequence of str
        Numbers are taken as they are, ordered categories by their order, text, bool and other categories without
        one: those of lowest mean go to one side, which is the best of all their divisions in two.
    at : object, optional
        Time, for a panel. Without it all region-years are pooled as if they were independent.
    leaves : int, optional
        Most zones: the split that adds most to q comes first, until there are so many. By default the whole tree is
        grown and pruned by `share`.
    least_units : int
        Units that a zone must have.
    least_split : int
        Units that a node must have to be split.
    share : float
        For pruning without `leaves`: each further zone must add more than this to q (cost-complexity pruning).
    categorical : sequence of str, optional
        Numeric factors that are codes. Whole numbers with at most 20 distinct, repeated values are refused until you
        say which are codes; ``[]`` for none.
    permutations : int
        Permutations behind ``p_permutation``; 0 for none. The tree is grown and pruned anew for each.
    seed : int
        Seed of the permutations.
    missing : {"raise", "drop"}
        What to do with rows in which the variable or a factor is missing.

    Returns
    -------
    GozhResult
        With `q`, `p_permutation`, `zones` (rules in words), `members` (zone by row, for a map), `splits`, `factors`.

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
        If `missing` is not offered.
    InputError
        If a factor does not vary, whole numbers may be codes or quantities, or a number is out of its range.

    Notes
    -----
    The zones were searched so as to make q large, so the F tests of the factor detector do not apply to them: they
    take the zones to be known before the variable was seen. ``p_permutation`` compares q with that of the best tree
    of each permuted variable, which allows for the search. It takes units to be independent.

    Without `leaves`, the rules are those of the defaults of the usual implementation in R (nodes of 20 units, leaves
    of 7, complexity 0.01), so q is that of the published applications; no cross-validation takes part.

    Of splits that gain equally the first factor in the order of `factors` is taken, then the lowest cut.

    References
    ----------
    Luo, P., Song, Y., Huang, X., Ma, H., Liu, J., Yao, Y., Meng, L. (2022). Identifying determinants of
    spatio-temporal disparities in soil moisture of the Northern Hemisphere using a geographically optimal zones-based
    heterogeneity model. ISPRS Journal of Photogrammetry and Remote Sensing 185, 111-128.
    https://doi.org/10.1016/j.isprsjprs.2022.01.009

    Breiman, L., Friedman, J. H., Olshen, R. A., Stone, C. J. (1984). Classification and Regression Trees. Wadsworth.
    https://doi.org/10.1201/9781315139470

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> rng = np.random.default_rng(0)
    >>> towns = pd.DataFrame({"rain": rng.uniform(0, 100, 200), "soil": rng.choice(["clay", "loam", "sand"], 200)})
    >>> towns["crop"] = np.where((towns["rain"] > 40) & (towns["soil"] != "sand"), 3.0, 1.0) + rng.normal(0, 0.3, 200)
    >>> found = sr.gozh(towns, "crop", ["rain", "soil"])
    >>> found.zones["rule"].tolist()
    ['soil in {sand}', 'rain <= 40 and soil in {clay, loam}', 'rain > 40 and soil in {clay, loam}']
    >>> bool(found.q > 0.9), float(found.p_permutation)
    (True, 0.001)
    """
    check_whole_number(permutations, "permutations")
    check_whole_number(seed, "seed")
    growth = check_growth(leaves, least_units, least_split, share)
    as_codes = categorical_names(categorical)
    names = factor_names(factors)
    rows = gather_rows(study, variable, names, at=at, missing=missing)
    outcome = centre(rows.y)
    given = tree_factors(rows, as_codes)
    tree, p = _grow_and_test(outcome, given, growth, permutations, seed)
    members = pd.Series(tree.zones() + 1, index=rows.index, name="zone")
    zones = zone_table(outcome, tree, given)
    splits = split_table(outcome, tree, given)
    q, left = float(zones["share"].sum()), outcome.n - len(zones)
    return GozhResult(
        variable=variable,
        factors=factor_table(splits, names),
        n=outcome.n,
        dropped=rows.dropped,
        q=q,
        q_adjusted=1 - (1 - q) * (outcome.n - 1) / left if left else np.nan,
        p_permutation=p,
        zones=zones,
        members=members,
        splits=splits,
        permutations=permutations,
        notes=_notes(rows, tree, permutations),
        spec=make_spec(
            "gozh",
            options={
                "variable": variable, "factors": names, "at": at, "leaves": leaves, "least_units": least_units,
                "least_split": least_split, "share": share,
                "categorical": as_codes,
                "permutations": permutations, "missing": missing,
            },
            inputs={"rows": outcome.n, "dropped": len(rows.dropped), "values": digest(rows.y)},
            seed=seed if permutations else None,
        ),
    )  # fmt: skip


def _grow_and_test(
    outcome: Outcome, given: TreeFactors, growth: Growth, permutations: int, seed: int
) -> tuple[Tree, float]:
    """Return the tree, in the caller's order of rows, and its permutation p."""
    rows = np.lexsort((*given.codes, outcome.centred))  # so that the order of rows does not matter
    y, codes = outcome.centred[rows], np.ascontiguousarray(given.codes[:, rows])
    order = presort(codes)
    found = grow_tree(y, codes, order, given.categorical, growth)
    tree = Tree(rows[found.order], found.start, found.end, found.factor, found.left, found.right, found.between)
    if not permutations:
        return tree, np.nan
    as_large = 0
    for draws in free_draws(y, permutations, generator(seed, "gozh")):
        between = largest_between(draws, codes, order, given.categorical, growth)
        as_large += int(reached(between[:, None], np.array([found.between]))[0])
    return tree, (as_large + 1) / (permutations + 1)


def _notes(rows: Rows, tree: Tree, permutations: int) -> tuple[str, ...]:
    notes = []
    if len(rows.dropped):
        notes.append(f"{len(rows.dropped)} rows with missing values were dropped.")
    if rows.pooled_times > 1:
        notes.append(
            f"{rows.pooled_times} times are pooled; rows of one region are not independent, "
            f"so p_permutation is too small."
        )
    if tree.factor[0] < 0:
        notes.append("no split adds enough to q; all rows are one zone.")
    allowed = "p_permutation allows for it" if permutations else "set permutations=999 for a p-value that allows for it"
    notes.append(f"the zones were searched so as to make q large; {allowed}.")
    return tuple(notes)
