"""The strata of every factor of a sample, as `bins` asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.errors import InputError
from spatial_region.geodetector._moments import Outcome
from spatial_region.geodetector._rows import Rows
from spatial_region.geodetector.optimal import Candidate, best_of, try_all
from spatial_region.geodetector.strata import (
    Bins,
    Cut,
    Strata,
    _checked,
    cut_strata,
    cuts_by_factor,
    given_strata,
    is_numeric,
    may_be_codes,
    parse_rule,
    rule_strata,
)


@dataclass(frozen=True, eq=False)
class Stratified:
    """Strata of each factor, and what was tried for those whose bins were searched.

    Attributes
    ----------
    strata : tuple of Strata
        In the order of the factors.
    tried : mapping of str to (Candidate, list of Candidate)
        For each factor cut optimally: the chosen stratification, and all that were compared.
    """

    strata: tuple[Strata, ...]
    tried: Mapping[str, tuple[Candidate, list[Candidate]]]


def stratify(rows: Rows, outcome: Outcome, names: Sequence[str], bins: Bins) -> Stratified:
    """Cut, or take as given, every factor.

    Raises
    ------
    UnknownNameError
        If `bins` names something that is not a factor.
    OptionError
        If a method does not exist.
    InputError
        If a factor cannot be cut as asked.
    """
    strata = []
    tried: dict[str, tuple[Candidate, list[Candidate]]] = {}
    for factor, (cut, named) in cuts_by_factor(bins, names).items():
        column = rows.factors[factor]
        if not is_to_be_cut(column, factor, cut, named=named):
            strata.append(given_strata(column, factor, declared=named))
            continue
        rule = parse_rule(cut, factor)
        x = column.to_numpy(dtype=float)
        if rule.method == "optimal":
            candidates = try_all(x, outcome, rule.ks, factor=factor)
            best = best_of(candidates)
            tried[factor] = best, candidates
            strata.append(cut_strata(x, best.edges, factor=factor, method=best.method))
        else:
            strata.append(rule_strata(x, rule, factor=factor))
    return Stratified(tuple(strata), tried)


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


def restricted(strata: Strata, mask: np.ndarray) -> Strata:
    """Return the strata of some of the rows; strata without a row are left out.

    Raises
    ------
    InputError
        If one stratum only is left, or each row has its own.
    """
    occupied, codes = np.unique(strata.codes[mask], return_inverse=True)
    return _checked(
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
