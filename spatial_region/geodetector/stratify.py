"""The strata of every factor of a sample, as `bins` asks for them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.errors import InputError
from spatial_region.geodetector._moments import Outcome, Singletons
from spatial_region.geodetector._rows import Rows
from spatial_region.geodetector._statistics import FixedStrata, Statistic
from spatial_region.geodetector.cut_within import cut_within
from spatial_region.geodetector.cutting import Cutting, cut_factors
from spatial_region.geodetector.optimal import Candidate
from spatial_region.geodetector.rules import FITTED, SEARCHED, Bins, Cut, Rule, cuts_by_factor, parse_rule
from spatial_region.geodetector.strata import Strata, check_strata, given_strata, is_numeric, may_be_codes


@dataclass(frozen=True, eq=False)
class Stratified:
    """Strata of each factor, and how they came about.

    Attributes
    ----------
    strata : tuple of Strata
        In the order of the factors.
    statistics : tuple of Statistic
        What the permutation test computes for each factor.
    tried : mapping of str to (Candidate, tuple of Candidate)
        For each factor whose bins were searched: the chosen stratification, and all that were compared.
    """

    strata: tuple[Strata, ...]
    statistics: tuple[Statistic, ...]
    tried: Mapping[str, tuple[Candidate, tuple[Candidate, ...]]]

    @property
    def codes(self) -> list[np.ndarray]:
        """Codes of each factor."""
        return [one.codes for one in self.strata]

    @property
    def levels(self) -> list[int]:
        """Number of strata of each factor."""
        return [one.n_strata for one in self.strata]

    def restricted(self, mask: np.ndarray, singletons: Singletons = "keep") -> Stratified:
        """Return the strata of some of the rows; strata without a row are left out.

        Raises
        ------
        InputError
            If a factor has one stratum left, or a stratum for each row.
        """
        return given(tuple(_restricted(one, mask) for one in self.strata), singletons)


def stratify(
    rows: Rows,
    outcome: Outcome,
    names: Sequence[str],
    bins: Bins,
    *,
    groups: Sequence[Hashable] | None = None,
    singletons: Singletons = "keep",
) -> Stratified:
    """Cut, or take as given, every factor; within each of `groups` if these are given.

    Raises
    ------
    UnknownNameError
        If `bins` names something that is not a factor.
    OptionError
        If a method does not exist.
    InputError
        If a factor cannot be cut as asked.
    """
    strata: dict[str, Strata] = {}
    wanted: dict[str, tuple[np.ndarray, Rule]] = {}
    for factor, (cut, named) in cuts_by_factor(bins, names).items():
        column = rows.factors[factor]
        if not is_to_be_cut(column, factor, cut, named=named):
            strata[factor] = given_strata(column, factor, declared=named)
            continue
        rule, x = parse_rule(cut, factor), column.to_numpy(dtype=float)
        if groups is None:
            wanted[factor] = x, rule
        else:
            strata[factor] = check_strata(cut_within(x, groups, rule, factor=factor))
    made = cut_factors(wanted, outcome)
    return _joined(names, strata, made, singletons)


def given(strata: tuple[Strata, ...], singletons: Singletons = "keep") -> Stratified:
    """Return strata that no search has made."""
    return Stratified(strata, tuple(FixedStrata(one.codes, one.n_strata, singletons) for one in strata), {})


def is_to_be_cut(column: pd.Series, factor: str, cut: Cut, *, named: bool) -> bool:
    """Whether the values of a factor are quantities to be cut, not strata already.

    Raises
    ------
    InputError
        If values that are strata already were to be cut, or whole numbers may be codes or quantities.
    """
    if cut is None:
        return False
    parse_rule(cut, factor)
    if not is_numeric(column):
        if named:
            raise InputError(
                f"{factor!r} holds {column.dtype} values, which are strata already and cannot be cut. "
                f"Leave it out of bins, or give None for it."
            )
        return False
    if not named and may_be_codes(column):
        values = sorted(column.unique())
        raise InputError(
            f"{factor!r} holds whole numbers with {len(values)} distinct values "
            f"({name_some(f'{value:g}' for value in values)}): codes of strata, or quantities to cut? Say which: "
            f"bins={{{factor!r}: None, ...}} for codes, bins={{{factor!r}: {cut!r}, ...}} to cut."
        )
    return True


def check_not_searched(bins: Bins, names: Sequence[str], why: str) -> None:
    """Refuse bins that look at the variable.

    Raises
    ------
    InputError
        Naming the factor, the method and why it is refused.
    """
    for factor, (cut, _) in cuts_by_factor(bins, names).items():
        if cut is not None and (method := parse_rule(cut, factor).method) in SEARCHED | FITTED:
            raise InputError(
                f"bins for {factor!r}: {method!r} looks at the variable that is explained, and {why}. "
                f"Choose quantile, equal, natural, geometric, sd or head/tail strata, or edges."
            )


def _joined(
    names: Sequence[str], strata: Mapping[str, Strata], made: Mapping[str, Cutting], singletons: Singletons
) -> Stratified:
    cuttings = [made.get(name) for name in names]
    own = [cutting.strata if cutting else strata[name] for name, cutting in zip(names, cuttings, strict=True)]
    statistics = []
    for one, cutting in zip(own, cuttings, strict=True):
        fixed = cutting is None or isinstance(cutting.statistic, FixedStrata)
        statistics.append(
            FixedStrata(one.codes, one.n_strata, singletons) if fixed or cutting is None else cutting.statistic
        )
    tried = {
        name: (cutting.chosen, cutting.candidates)
        for name, cutting in zip(names, cuttings, strict=True)
        if cutting is not None and cutting.chosen is not None
    }
    return Stratified(tuple(own), tuple(statistics), tried)


def _restricted(strata: Strata, mask: np.ndarray) -> Strata:
    occupied, codes = np.unique(strata.codes[mask], return_inverse=True)
    return check_strata(
        Strata(
            strata.factor,
            codes.astype(np.int64),
            tuple(strata.labels[place] for place in occupied),
            strata.method,
            strata.lower[occupied],
            strata.upper[occupied],
            strata.asked,
        )
    )
