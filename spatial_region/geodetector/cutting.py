"""One numeric factor cut as asked: its strata, what was tried, and the statistic that makes its permutation p honest.

Strata that were chosen or fitted by what they explain have a larger q than strata given beforehand. Their p-value
compares it with q of strata that are chosen or fitted anew for each permutation.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from spatial_region.core.threads import processors
from spatial_region.geodetector._breaks import RULES
from spatial_region.geodetector._fitted import fitted_statistic
from spatial_region.geodetector._moments import Outcome
from spatial_region.geodetector._statistics import FixedStrata, Statistic
from spatial_region.geodetector.optimal import (
    Candidate,
    arrangement_of,
    best_of,
    levelled_of,
    levelled_statistic,
    try_all,
)
from spatial_region.geodetector.rules import FITTED, SEARCHED, Rule
from spatial_region.geodetector.strata import Strata, cut_strata, rule_strata

_WORTH_IT = 20_000  # values in all factors below which threads cost more than they save


@dataclass(frozen=True, eq=False)
class Cutting:
    """Strata of a factor and how they came about.

    Attributes
    ----------
    strata : Strata
        The strata.
    statistic : Statistic
        What the permutation test computes of each permuted outcome.
    candidates : tuple of Candidate
        What was compared, where a rule searched; else empty.
    chosen : Candidate or None
        The one of them that was taken.
    """

    strata: Strata
    statistic: Statistic
    candidates: tuple[Candidate, ...] = ()
    chosen: Candidate | None = None


def cut_factor(x: np.ndarray, rule: Rule, outcome: Outcome, *, factor: str) -> Cutting:
    """Cut a numeric factor by any rule.

    Parameters
    ----------
    x : numpy.ndarray, shape (n,)
        Values of the factor.
    rule : Rule
        How to cut it; `parse_rule` reads one.
    outcome : Outcome
        The variable that is explained.
    factor : str
        Name, for messages.

    Raises
    ------
    InputError
        If the values are too few or too often equal for what was asked.
    """
    if rule.method in SEARCHED:
        return _searched(x, rule, outcome, factor)
    strata = rule_strata(x, rule, factor=factor, outcome=outcome)
    statistic: Statistic = FixedStrata(strata.codes, strata.n_strata)
    if rule.method in FITTED:
        statistic = fitted_statistic(x, rule.method, rule.ks)
    return Cutting(strata, statistic)


def cut_factors(wanted: Mapping[str, tuple[np.ndarray, Rule]], outcome: Outcome) -> dict[str, Cutting]:
    """Cut several numeric factors, in threads where it pays. The answer is that of `cut_factor` for each.

    Raises
    ------
    InputError
        If the values of a factor are too few or too often equal for what was asked.
    """
    workers = min(processors(), len(wanted))
    if workers < 2 or len(wanted) * outcome.n < _WORTH_IT:
        return {factor: cut_factor(x, rule, outcome, factor=factor) for factor, (x, rule) in wanted.items()}
    with ThreadPoolExecutor(workers) as pool:
        pending = {
            factor: pool.submit(cut_factor, x, rule, outcome, factor=factor) for factor, (x, rule) in wanted.items()
        }
        return {factor: one.result() for factor, one in pending.items()}


def _searched(x: np.ndarray, rule: Rule, outcome: Outcome, factor: str) -> Cutting:
    methods = tuple(RULES) if rule.by is None else (rule.by,)
    candidates = tuple(try_all(x, outcome, rule.ks, factor=factor, methods=methods))
    statistic: Statistic
    if rule.method == "loess":
        chosen, statistic = levelled_of(candidates, factor=factor), levelled_statistic(x, candidates)
    else:
        chosen, statistic = best_of(candidates), arrangement_of(x, candidates)
    return Cutting(cut_strata(x, chosen.edges, factor=factor, method=chosen.method), statistic, candidates, chosen)
