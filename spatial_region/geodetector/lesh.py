"""Local explanatory power: shares of q that belong to each factor, for the whole and in every place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing, check_option, check_whole_number
from spatial_region.core.seeds import DEFAULT_SEED
from spatial_region.core.spec import digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import InputError
from spatial_region.geodetector._lesh_game import OverlayKind, against_noise, full_game, tree_game
from spatial_region.geodetector._lesh_result import LeshResult, pair_table, share_table, zone_tables
from spatial_region.geodetector._moments import centre
from spatial_region.geodetector._rows import Rows, factor_names, gather_rows
from spatial_region.geodetector._tree_factors import categorical_names, check_growth
from spatial_region.geodetector.gozh import LEAST_SPLIT, LEAST_UNITS, SHARE
from spatial_region.geodetector.strata import Bins

MOST_FACTORS = 12


def lesh(
    study: Study | pd.DataFrame,
    variable: str,
    factors: Sequence[str],
    *,
    at: object = None,
    bins: Bins = None,
    overlay: OverlayKind = "full",
    leaves: int | None = None,
    least_units: int = LEAST_UNITS,
    least_split: int = LEAST_SPLIT,
    share: float = SHARE,
    categorical: Sequence[str] | None = None,
    permutations: int = 0,
    seed: int = DEFAULT_SEED,
    missing: Missing = "raise",
) -> LeshResult:
    r"""Share q of all factors together among the factors, for the whole, by zone and by region.

    Factors overlap, so their own q do not add up. The Shapley share of a factor is what it adds to q of the overlay,
    averaged over all orders in which the factors can be laid over each other:

    .. math:: \phi_f = \sum_{S \not\ni f} \frac{|S|! (m - |S| - 1)!}{m!} [q(S \cup f) - q(S)], \quad
       \sum_f \phi_f = q

    with q of no factor 0. Since q is a sum over regions, so is each share: `local` says where it lies.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Where the variable and the factors are. A frame has one row a unit.
    variable : str
        Numeric variable to explain.
    factors : sequence of str
        One to twelve factors: m of them have 2^m - 1 overlays.
    at : object, optional
        Time, for a panel. Without it all region-years are pooled as if they were independent.
    bins : int, str, (str, int), edges, mapping or None
        How numeric factors become strata for the full overlay, as in `geodetector`.
    overlay : {"full", "tree"}
        What q of a set of factors is taken of: every combination of their strata (``"full"``), or the zones of a
        regression tree grown on them (``"tree"``, as in the source; see `gozh`).
    leaves, least_units, least_split, share, categorical
        How trees grow, and which numbers are codes, as in `gozh`; the full overlay does not use them.
    permutations : int
        Permutations behind ``p_permutation``; none by default. Each takes all 2^m - 1 overlays.
    seed : int
        Seed of the permutations.
    missing : {"raise", "drop"}
        What to do with rows in which the variable or a factor is missing.

    Returns
    -------
    LeshResult
        With `q`, `factors` (the shares), `pairs`, `zones`, `zone_shares` and `local`.

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
        If a method or an overlay does not exist.
    InputError
        If there are more than twelve factors, a factor cannot be cut as asked, `bins` is given for trees, or a number
        is out of its range.

    Notes
    -----
    A full overlay of many factors has so many cells that noise explains much. ``expected`` is the share that a factor
    has on average when the variable is permuted: compare ``share`` with it. It is exact for the full overlay, where q
    of noise is (cells - 1)/(n - 1) on average. ``p_permutation`` asks whether a share is larger than permutations of
    the variable make it, in which no factor explains anything. A factor beside strong ones then passes less often than
    it should, not more often; ``p_last`` asks whether it adds anything to all the others. A share is no effect: a
    factor that merely resembles another takes part of its share.

    In region i the set S explains how much nearer the mean of its stratum is than the mean of all,

    .. math:: q_i(S) = \frac{(y_i - \bar y)^2 - (y_i - \bar y_{S(i)})^2}{\sum_j (y_j - \bar y)^2}

    which may be negative, and sums over regions to q(S). A zone takes the sum of its regions. With trees a larger set
    can explain less than a smaller one, since a tree is grown greedily, so shares may be negative.

    The source divides q of a pair in proportion to the shares of its two factors in the whole; here ``share_a`` and
    ``share_b`` are the Shapley shares within the pair, (q_ab + q_a - q_b)/2.

    References
    ----------
    Li, Y., Luo, P., Song, Y., Zhang, L., Qu, Y., Hou, Z. (2023). A locally explained heterogeneity model for examining
    wetland disparity. International Journal of Digital Earth 16(2), 4533-4552.
    https://doi.org/10.1080/17538947.2023.2271883

    Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games 2, 307-317.
    https://doi.org/10.1515/9781400881970-018

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> towns = pd.DataFrame({"income": range(1, 9), "coast": list("nnnnyyyy"), "city": list("nnyynnyy")})
    >>> found = sr.lesh(towns, "income", ["coast", "city"])
    >>> found.factors["share"].round(4).to_dict()
    {'coast': 0.7619, 'city': 0.1905}
    >>> round(float(found.q), 4)
    0.9524
    """
    check_option(overlay, OverlayKind, "overlay")
    check_whole_number(permutations, "permutations")
    check_whole_number(seed, "seed")
    growth = check_growth(leaves, least_units, least_split, share)
    as_codes = categorical_names(categorical)
    names = _few_factors(factors)
    if overlay == "tree" and bins is not None:
        raise InputError('overlay="tree" takes numbers as they are; leave bins= out, or pass overlay="full".')
    rows = gather_rows(study, variable, names, at=at, missing=missing)
    outcome = centre(rows.y)
    game = tree_game(rows, outcome, growth, as_codes) if overlay == "tree" else full_game(rows, outcome, names, bins)
    expected, p = against_noise(outcome.centred, game, len(names), overlay, permutations, seed)
    shares = game.shares
    zones, zone_shares = zone_tables(outcome, names, shares, game.rules)
    q, left = float(shares.q[-1]), outcome.n - len(zones)
    return LeshResult(
        variable=variable,
        overlay=overlay,
        n=outcome.n,
        dropped=rows.dropped,
        q=q,
        q_adjusted=1 - (1 - q) * (outcome.n - 1) / left if left else np.nan,
        factors=share_table(names, shares, expected, p, searched=overlay == "tree"),
        pairs=pair_table(names, shares.q),
        zones=zones,
        zone_shares=zone_shares,
        members=pd.Series(shares.zones + 1, index=rows.index, name="zone"),
        local=pd.DataFrame(shares.local.T, index=rows.index, columns=pd.Index(names, name="factor")),
        permutations=permutations,
        notes=_notes(rows, zones, overlay, game.searched),
        spec=make_spec(
            "lesh",
            options={
                "variable": variable, "factors": names, "at": at, "bins": bins, "overlay": overlay, "leaves": leaves,
                "least_units": least_units, "least_split": least_split, "share": share,
                "categorical": as_codes,
                "permutations": permutations, "missing": missing,
            },
            inputs={"rows": outcome.n, "dropped": len(rows.dropped), "values": digest(rows.y)},
            seed=seed if permutations else None,
        ),
    )  # fmt: skip


def _few_factors(factors: object) -> list[str]:
    names = factor_names(factors)
    if len(names) > MOST_FACTORS:
        raise InputError(
            f"factors names {len(names)} factors, whose sets are {2 ** len(names) - 1:,} overlays; "
            f"lesh() takes at most {MOST_FACTORS}. Leave out those with the smallest q, "
            f"or take gozh(), which grows one tree of all."
        )
    return names


def _notes(rows: Rows, zones: pd.DataFrame, overlay: OverlayKind, searched: list[str]) -> tuple[str, ...]:
    notes = []
    if len(rows.dropped):
        notes.append(f"{len(rows.dropped)} rows with missing values were dropped.")
    if rows.pooled_times > 1:
        notes.append(f"{rows.pooled_times} times are pooled; rows of one region are not independent.")
    alone = int((zones["n"] == 1).sum())
    if alone:
        notes.append(
            f"{alone} of {len(rows.y)} rows are alone in their cell, which explains them fully without evidence; "
            f"compare share with expected."
        )
    if searched:
        notes.append(
            f"bins of {name_some(map(repr, searched))} were chosen for their q; neither expected nor p_permutation "
            f"allows for it."
        )
    if overlay == "tree":
        notes.append("the zones were searched so as to make q large; compare share with expected (permutations=999).")
    return tuple(notes)
