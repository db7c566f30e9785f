"""Tables of the result, from the numbers of the kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from spatial_region.geodetector._comparisons import variance_ratio, welch_tests
from spatial_region.geodetector._moments import FactorTest, Moments
from spatial_region.geodetector._pairs import PairTest
from spatial_region.geodetector.optimal import Candidate
from spatial_region.geodetector.strata import Strata

TIE = 1e-10  # q values closer than this count as equal when the type of an interaction is named

_PAIR_COLUMNS = (
    "factor_a", "factor_b", "q_a", "q_b", "q_ab", "type", "q_adjusted", "strata", "singletons",
    "q_additive", "increment", "F", "df1", "df2", "p_increment",
)  # fmt: skip
_RISK_COLUMNS = (
    "factor", "stratum_a", "stratum_b", "mean_a", "mean_b", "difference", "t", "df", "p",
)  # fmt: skip
_ECOLOGICAL_COLUMNS = ("factor_a", "factor_b", "F", "df1", "df2", "p", "p_one_sided")


def interaction_type(q_a: float, q_b: float, q_ab: float) -> str:
    """Name how two factors act together, after Wang et al. (2010).

    With q values that differ by 1e-10 or less taken as equal:

    - ``"weaken, nonlinear"``: q_ab < min(q_a, q_b);
    - ``"weaken, univariate"``: q_ab between the two, or equal to the larger (one factor refines the other);
    - ``"enhance, bivariate"``: q_ab > max(q_a, q_b);
    - ``"independent"``: q_ab = q_a + q_b;
    - ``"enhance, nonlinear"``: q_ab > q_a + q_b.

    The overlay of complete strata refines both factors, so q_ab is never below the larger of the two.
    """
    if q_ab > q_a + q_b + TIE:
        return "enhance, nonlinear"
    if q_ab >= q_a + q_b - TIE:
        return "independent"
    if q_ab > max(q_a, q_b) + TIE:
        return "enhance, bivariate"
    if q_ab >= min(q_a, q_b) - TIE:
        return "weaken, univariate"
    return "weaken, nonlinear"


def factor_table(
    strata: Sequence[Strata], moments: Sequence[Moments], tests: Sequence[FactorTest], p: np.ndarray
) -> pd.DataFrame:
    """One row a factor."""
    rows = {
        "q": [test.q for test in tests],
        "p_wang": [test.p_wang for test in tests],
        "p_central": [test.p_central for test in tests],
        "p_permutation": p,
        "strata": [one.n_strata for one in strata],
        "n": [len(one.codes) for one in strata],
        "singletons": [int(np.sum(one.counts == 1)) for one in moments],
        "q_adjusted": [test.q_adjusted for test in tests],
        "F": [test.F for test in tests],
        "df1": [test.df1 for test in tests],
        "df2": [test.df2 for test in tests],
        "noncentrality": [test.noncentrality for test in tests],
        "method": [one.method for one in strata],
    }
    return pd.DataFrame(rows, index=pd.Index([one.factor for one in strata], name="factor"))


def interaction_table(
    names: Sequence[str], q: Sequence[float], pairs: Sequence[tuple[int, int, PairTest]]
) -> pd.DataFrame:
    """One row a pair of factors."""
    rows = [
        (
            names[a], names[b], q[a], q[b], test.q, interaction_type(q[a], q[b], test.q), test.q_adjusted,
            test.cells, test.singletons, test.q_additive, test.increment, test.F, test.df1, test.df2,
            test.p_increment,
        )
        for a, b, test in pairs
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(_PAIR_COLUMNS))


def risk_table(strata: Sequence[Strata], moments: Sequence[Moments], mean: float, scale: float) -> pd.DataFrame:
    """One row a pair of strata of one factor."""
    parts = []
    for one, own in zip(strata, moments, strict=True):
        tests = welch_tests(own)
        labels = np.array(one.labels, dtype=object)
        means = scale * (own.centred_means + mean)
        a, b = tests.first, tests.second
        columns = (
            one.factor,
            labels[a],
            labels[b],
            means[a],
            means[b],
            scale * tests.difference,
            tests.t,
            tests.df,
            tests.p,
        )
        parts.append(pd.DataFrame(dict(zip(_RISK_COLUMNS, columns, strict=True))))
    return pd.concat(parts, ignore_index=True)


def ecological_table(names: Sequence[str], moments: Sequence[Moments]) -> pd.DataFrame:
    """One row a pair of factors."""
    rows = []
    for a, first in enumerate(names):
        for b in range(a + 1, len(names)):
            ratio = variance_ratio(moments[a], moments[b])
            rows.append((first, names[b], ratio.F, ratio.df, ratio.df, ratio.p, ratio.p_one_sided))
    return pd.DataFrame(rows, columns=list(_ECOLOGICAL_COLUMNS))


def bins_table(strata: Sequence[Strata], moments: Sequence[Moments], mean: float, scale: float) -> pd.DataFrame:
    """One row a stratum."""
    parts = []
    for one, own in zip(strata, moments, strict=True):
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
                    "mean": scale * (own.centred_means + mean),
                    "sd": np.where(own.counts > 1, scale * spread, np.nan),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def candidate_table(tried: dict[str, tuple[Candidate, list[Candidate]]]) -> pd.DataFrame:
    """One row a stratification that was tried for a factor cut optimally."""
    rows = [
        (factor, one.method, one.k, one.q, one is best)
        for factor, (best, candidates) in tried.items()
        for one in candidates
    ]
    return pd.DataFrame(rows, columns=["factor", "method", "k", "q", "chosen"])
