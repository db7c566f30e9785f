"""Tables of the result, from the numbers of the kernels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from spatial_region.core.correction import adjusted_p
from spatial_region.core.options import Correction
from spatial_region.geodetector._comparisons import dependent_comparison, games_howell, variance_ratio, welch_tests
from spatial_region.geodetector._numbers import Numbers
from spatial_region.geodetector._triples import triple_type
from spatial_region.geodetector._types import interaction_type

_PAIR_COLUMNS = (
    "factor_a", "factor_b", "q_a", "q_b", "q_ab", "type", "q_adjusted", "strata", "singletons", "one_unit_share",
    "q_additive", "increment", "F", "df1", "df2", "p_increment",
)  # fmt: skip
_TRIPLE_FIELDS = (
    "q_pair", "gain", "q_adjusted", "strata", "singletons", "one_unit_share", "q_additive", "increment", "F", "df1",
    "df2", "p_increment", "q_two_way", "increment_three_way", "F_three_way", "df1_three_way", "p_three_way",
)  # fmt: skip
_ECOLOGICAL_COLUMNS = (
    "factor_a", "factor_b", "F", "df1", "df2", "p", "p_one_sided", "F_mean_square", "df1_mean_square",
    "df2_mean_square", "p_mean_square", "p_one_sided_mean_square", "difference", "t", "df", "p_paired",
)  # fmt: skip


def factor_table(numbers: Numbers) -> pd.DataFrame:
    """One row a factor."""
    tests = numbers.tests
    rows = {
        "q": [test.q for test in tests],
        "p_wang": [test.p_wang for test in tests],
        "p_central": [test.p_central for test in tests],
        **numbers.p,
        "strata": [test.strata for test in tests],
        "n": [test.n for test in tests],
        "singletons": [test.singletons for test in tests],
        "q_adjusted": [test.q_adjusted for test in tests],
        "q_lower": numbers.limits[0],
        "q_upper": numbers.limits[1],
        "F": [test.F for test in tests],
        "df1": [test.df1 for test in tests],
        "df2": [test.df2 for test in tests],
        "noncentrality": [test.noncentrality for test in tests],
        "method": [one.method for one in numbers.strata],
    }
    return pd.DataFrame(rows, index=pd.Index(numbers.names, name="factor"))


def interaction_table(numbers: Numbers) -> pd.DataFrame:
    """One row a pair of factors."""
    names, q = numbers.names, [test.q for test in numbers.tests]
    rows = [
        (
            names[a], names[b], q[a], q[b], test.q, interaction_type(q[a], q[b], test.q), test.q_adjusted,
            test.cells, test.singletons, test.one_unit_share, test.q_additive, test.increment, test.F, test.df1,
            test.df2, test.p_increment,
        )
        for a, b, test in numbers.pairs
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(_PAIR_COLUMNS))
    return table.assign(
        p_increment_permutation=numbers.draws.p_increment_permutation,
        p_permutation=numbers.draws.p_overlay,
        noise_nonlinear=numbers.draws.noise_nonlinear,
    )


def triple_table(numbers: Numbers) -> pd.DataFrame:
    """One row for every three factors."""
    names, q = numbers.names, [test.q for test in numbers.tests]
    rows = []
    for a, b, c, test in numbers.triples:
        named = dict(zip(("factor_a", "factor_b", "factor_c"), (names[a], names[b], names[c]), strict=True))
        single = {"q_a": q[a], "q_b": q[b], "q_c": q[c]}
        fields = {name: getattr(test, "cells" if name == "strata" else name) for name in _TRIPLE_FIELDS}
        rows.append({**named, **single, "q_abc": test.q, "type": triple_type([q[a], q[b], q[c]], test.q), **fields})
    columns = ["factor_a", "factor_b", "factor_c", "q_a", "q_b", "q_c", "q_abc", "type", *_TRIPLE_FIELDS]
    return pd.DataFrame(rows, columns=columns)


def risk_table(numbers: Numbers) -> pd.DataFrame:
    """One row a pair of strata of one factor."""
    scale = numbers.outcome.scale
    parts = []
    for one, own in zip(numbers.strata, numbers.moments, strict=True):
        tests = welch_tests(own)
        labels = np.array(one.labels, dtype=object)
        means = scale * (own.centred_means + numbers.outcome.mean)
        a, b = tests.first, tests.second
        parts.append(
            pd.DataFrame(
                {
                    "factor": one.factor,
                    "stratum_a": labels[a],
                    "stratum_b": labels[b],
                    "mean_a": means[a],
                    "mean_b": means[b],
                    "difference": scale * tests.difference,
                    "t": tests.t,
                    "df": tests.df,
                    "p": tests.p,
                    "p_games_howell": games_howell(tests, len(own.counts)),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def corrected(
    table: pd.DataFrame, columns: Sequence[str], correction: Correction, *, within: str | None = None
) -> pd.DataFrame:
    """Return a copy in which each of `columns` is followed by itself, corrected for all rows (of one `within`)."""
    families = [table] if within is None else [own for _, own in table.groupby(within, sort=False)]
    made = table.copy()
    for column in columns:
        adjusted = pd.concat(
            pd.Series(adjusted_p(own[column].to_numpy(dtype=float), correction), index=own.index) for own in families
        )
        made.insert(int(made.columns.get_loc(column)) + 1, f"{column}_adjusted", adjusted)
    return made


def ecological_table(numbers: Numbers) -> pd.DataFrame:
    """One row a pair of factors: F as published, F of mean squares, and the paired comparison on the same rows."""
    names, codes = numbers.names, [one.codes for one in numbers.strata]
    moments = [one.without_singletons() if numbers.singletons == "drop" else one for one in numbers.moments]
    rows = []
    for a, b in combinations(range(len(names)), 2):
        ratio = variance_ratio(moments[a], moments[b])
        means = variance_ratio(moments[a], moments[b], "mean_square")
        paired = dependent_comparison(numbers.outcome, numbers.moments[a], numbers.moments[b], codes[a], codes[b])
        rows.append(
            (
                names[a], names[b], ratio.F, ratio.df1, ratio.df2, ratio.p, ratio.p_one_sided,
                means.F, means.df1, means.df2, means.p, means.p_one_sided,
                paired.difference, paired.t, paired.df, paired.p,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(_ECOLOGICAL_COLUMNS))


def bins_table(numbers: Numbers) -> pd.DataFrame:
    """One row a stratum."""
    parts = []
    for one, own in zip(numbers.strata, numbers.moments, strict=True):
        spread = np.sqrt(own.within / np.maximum(own.counts - 1, 1))
        parts.append(
            pd.DataFrame(
                {
                    "factor": one.factor,
                    "method": one.method,
                    "stratum": list(one.labels),
                    "lower": one.lower,
                    "upper": one.upper,
                    "n": own.counts,
                    "mean": numbers.outcome.scale * (own.centred_means + numbers.outcome.mean),
                    "sd": np.where(own.counts > 1, numbers.outcome.scale * spread, np.nan),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def candidate_table(numbers: Numbers) -> pd.DataFrame:
    """One row a stratification that was tried for a factor whose bins were searched."""
    rows = [
        (factor, one.method, one.k, one.q, one is best)
        for factor, (best, candidates) in numbers.tried.items()
        for one in candidates
    ]
    return pd.DataFrame(rows, columns=["factor", "method", "k", "q", "chosen"])


def strata_of_rows(numbers: Numbers, index: pd.Index, factor: str) -> pd.Series:
    """Return the stratum of each row, as an ordered category."""
    one = numbers.strata[numbers.names.index(factor)]
    labels = pd.Categorical.from_codes(one.codes, categories=list(one.labels), ordered=True)
    return pd.Series(labels, index=index, name=factor)
