"""Every way to cut every factor, side by side: the public function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing, check_option, check_whole_number
from spatial_region.core.seeds import DEFAULT_SEED, derive_seed
from spatial_region.core.spec import digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import InputError
from spatial_region.geodetector._bins_tables import Compared, best_table, compared_table
from spatial_region.geodetector._draws import FreeRows
from spatial_region.geodetector._fitted import LEAST_UNITS, fitted_statistic
from spatial_region.geodetector._largest import Largest
from spatial_region.geodetector._loess import LEAST_KS
from spatial_region.geodetector._moments import Outcome, centre
from spatial_region.geodetector._permutation import permutation_tests
from spatial_region.geodetector._rows import Rows, factor_names, gather_rows
from spatial_region.geodetector._statistics import Reorderable, Statistic
from spatial_region.geodetector.bins_comparison import BinsComparison
from spatial_region.geodetector.optimal import (
    Candidate,
    arrangement_of,
    best_of,
    every_candidate,
    levelled_of,
    levelled_statistic,
)
from spatial_region.geodetector.rules import FITTED, OPTIMAL_KS, FixedMethod
from spatial_region.geodetector.strata import check_span, is_numeric

ComparedMethod = Literal["quantile", "equal", "natural", "geometric", "sd", "headtail", "changepoint", "tree"]


def compare_bins(
    study: Study | pd.DataFrame,
    variable: str,
    factors: Sequence[str],
    *,
    at: object = None,
    methods: Sequence[ComparedMethod] | None = None,
    ks: Sequence[int] | None = None,
    missing: Missing = "raise",
    permutations: int = 999,
    seed: int = DEFAULT_SEED,
) -> BinsComparison:
    r"""Cut numeric factors in every way, and compare how much of a variable's variance the strata explain.

    Which method, and how many strata? And is the best q more than the best of so many would be by chance?

    .. math:: q = 1 - \frac{\sum_h \sum_{i \in h} (y_i - \bar y_h)^2}{\sum_i (y_i - \bar y)^2}

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Where the variable and the factors are. A frame has one row a unit.
    variable : str
        Numeric variable to explain.
    factors : sequence of str
        One or more numeric factors. Naming them here says that they are quantities, not codes.
    at : object, optional
        Time, for a panel. Without it all region-years are pooled as if they were independent.
    methods : sequence of str, optional
        Of ``"quantile"``, ``"equal"``, ``"natural"``, ``"geometric"`` and ``"sd"`` (the default: all five);
        ``"headtail"``, which finds its own number of strata; ``"changepoint"`` and ``"tree"``, which cut where the
        variable changes and therefore have larger q by construction.
    ks : sequence of int, optional
        Numbers of strata; 3 to 8 by default.
    missing : {"raise", "drop"}
        What to do with rows in which the variable or a factor is missing.
    permutations : int
        Permutations behind the p-values; 0 for none.
    seed : int
        Seed of the permutations.

    Returns
    -------
    BinsComparison
        With `candidates`, `best` and `bins`.

    Raises
    ------
    UnknownNameError
        If the variable, a factor or the time does not exist.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``, or fewer than three rows are complete.
    ConstantVariableError
        If the variable does not vary.
    DuplicateError
        If a factor is named twice.
    OptionError
        If a method does not exist.
    InputError
        If a factor is not numeric or no stratification of it has strata of at least three units, or `methods`,
        `ks`, `permutations` or `seed` cannot be used.

    Notes
    -----
    Of many stratifications the best explains something by chance. ``p_permutation`` compares it with the largest q
    over the same stratifications in each permutation of the variable (the maximum statistic); change points and
    trees are found anew in each. ``p_central`` is that of strata given beforehand.

    q grows with the number of strata, so the largest q tends to be that of the largest k. The rule of Song and Wu
    (2021) takes fewer: with f the local quadratic regression of the best q at each k on k (tricube weights, the
    nearest three quarters of the points) and r the rate of increase of f from one k to the next, it takes the first
    k at which r is at most 0.05 after having been above 0.05, and where there is none the k with the largest q. It is
    applied to the methods that do not look at the variable. With six consecutive k, such as the default, the local
    regression runs through nearly every point.

    References
    ----------
    Song, Y., Wang, J., Ge, Y., Xu, C. (2020). An optimal parameters-based geographical detector model enhances
    geographic characteristics of explanatory variables for spatial heterogeneity analysis. GIScience & Remote
    Sensing 57(5), 593-610. https://doi.org/10.1080/15481603.2020.1760434

    Song, Y., Wu, P. (2021). An interactive detector for spatial associations. International Journal of Geographical
    Information Science 35(8), 1676-1701. https://doi.org/10.1080/13658816.2021.1882680

    Zhang, Z., Song, Y., Wu, P. (2022). Robust geographical detector. International Journal of Applied Earth
    Observation and Geoinformation 109, 102782. https://doi.org/10.1016/j.jag.2022.102782

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> rain = [float(i) for i in range(30)]
    >>> towns = pd.DataFrame({"yield": [1.0, 2, 1, 2, 1] * 2 + [5.0, 6, 5, 6, 5] * 4, "rain": rain})
    >>> found = sr.compare_bins(towns, "yield", ["rain"], ks=[3, 4, 5])
    >>> found.bins
    {'rain': ('quantile', 3)}
    >>> round(float(found.best.loc["rain", "q"]), 3)
    0.937
    """
    check_whole_number(permutations, "permutations")
    check_whole_number(seed, "seed")
    wanted = _methods(methods)
    numbers = OPTIMAL_KS if ks is None else _numbers_of_strata(ks)
    names = factor_names(factors)
    rows = gather_rows(study, variable, names, at=at, missing=missing)
    outcome = centre(rows.y)
    if max(numbers) > outcome.n:
        raise InputError(
            f"ks asks for {max(numbers)} strata of {outcome.n} rows. Give fewer, for example ks=[3, 4, 5]."
        )
    values = {factor: _quantity(rows.factors[factor], factor) for factor in names}
    compared = {factor: _compare(x, outcome, wanted, numbers, factor) for factor, x in values.items()}
    p, p_levelled = _p_values(values, compared, outcome, permutations, seed)
    return BinsComparison(
        variable=variable,
        n=outcome.n,
        dropped=rows.dropped,
        candidates=compared_table(compared, outcome.n),
        best=best_table(compared, outcome.n, p, p_levelled),
        permutations=permutations,
        notes=_notes(rows, compared, permutations),
        spec=make_spec(
            "compare_bins",
            options={
                "variable": variable, "factors": names, "at": at, "methods": list(wanted), "ks": list(numbers),
                "missing": missing, "permutations": permutations,
            },
            inputs={"rows": outcome.n, "dropped": len(rows.dropped), "values": digest(rows.y)},
            seed=seed if permutations else None,
        ),
    )  # fmt: skip


def _methods(methods: Sequence[ComparedMethod] | None) -> tuple[str, ...]:
    if methods is None:
        return get_args(FixedMethod)
    if isinstance(methods, str) or not isinstance(methods, Sequence) or not methods:
        raise InputError(f"methods must be a list of methods; found {methods!r}. For example ['quantile', 'natural'].")
    for method in methods:
        check_option(method, ComparedMethod, "methods")
    return tuple(dict.fromkeys(methods))


def _numbers_of_strata(ks: Sequence[int]) -> tuple[int, ...]:
    listed = [ks] if np.ndim(ks) == 0 else list(ks)
    if not listed:
        raise InputError("ks is empty; give at least one number of strata, for example [3, 4, 5].")
    return tuple(sorted({check_whole_number(k, "each of ks", least=2) for k in listed}))


def _quantity(column: pd.Series, factor: str) -> np.ndarray:
    if not is_numeric(column):
        raise InputError(
            f"{factor!r} holds {column.dtype} values, which are strata already; there is nothing to cut. "
            f"Leave it out here, and name it in geodetector()."
        )
    return column.to_numpy(dtype=float)


def _compare(x: np.ndarray, outcome: Outcome, methods: tuple[str, ...], ks: tuple[int, ...], factor: str) -> Compared:
    check_span(x, factor)
    candidates = tuple(every_candidate(x, outcome, ks, methods))
    allowed = [one for one in candidates if one.allowed]
    if not allowed:
        fewer = min(ks) > 2 and len(x) >= 2 * LEAST_UNITS and np.ptp(x) > 0
        raise InputError(
            f"{factor!r} ({len(x)} rows, {len(np.unique(x))} distinct values) has no stratification by "
            f"{name_some(methods, limit=8)} into {name_some(ks, limit=10)} strata of at least {LEAST_UNITS} rows. "
            f"{'Give fewer strata: ks=[2].' if fewer else 'Leave it out.'}"
        )
    fixed = _fixed(candidates)
    levelled = levelled_of(fixed, factor=factor) if len({one.k for one in fixed}) >= LEAST_KS else None
    return Compared(candidates, best_of(allowed), levelled)


def _fixed(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those allowed whose cuts do not depend on the variable."""
    return [one for one in candidates if one.allowed and one.method not in FITTED]


def _p_values(
    values: dict[str, np.ndarray], compared: dict[str, Compared], outcome: Outcome, permutations: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the p-value of the largest q of each factor, and of its q where it levels off."""
    statistics: list[Statistic] = [_largest(values[factor], own.candidates) for factor, own in compared.items()]
    levelled = [factor for factor, own in compared.items() if own.levelled is not None]
    statistics += [levelled_statistic(values[factor], _fixed(compared[factor].candidates)) for factor in levelled]
    p = permutation_tests(
        outcome.centred,
        statistics,
        draws=FreeRows(),
        permutations=permutations,
        seed=derive_seed(seed, "compare_bins"),
    )
    of_levelled = dict(zip(levelled, p[len(compared) :], strict=True))
    return p[: len(compared)], np.array([of_levelled.get(factor, np.nan) for factor in compared])


def _largest(x: np.ndarray, candidates: Sequence[Candidate]) -> Statistic:
    allowed = [one for one in candidates if one.allowed]
    parts: list[Reorderable] = []
    if fixed := _fixed(candidates):
        parts.append(arrangement_of(x, fixed))
    for method in sorted(FITTED):
        if ks := tuple(one.k for one in allowed if one.method == method):
            parts.append(fitted_statistic(x, method, ks))
    return Largest(parts)


def _notes(rows: Rows, compared: dict[str, Compared], permutations: int) -> tuple[str, ...]:
    notes = []
    if len(rows.dropped):
        notes.append(f"{len(rows.dropped)} rows with missing values were dropped.")
    if rows.pooled_times > 1:
        notes.append(
            f"{rows.pooled_times} times are pooled; rows of one region are not independent, so p-values are too small."
        )
    corrected = (
        "p_permutation allows for it, p_central does not"
        if permutations
        else "no p-value here allows for it; set permutations=999"
    )
    notes.append(f"q is inflated by choosing the best of many; {corrected}.")
    barred = [factor for factor, own in compared.items() if not all(one.allowed for one in own.candidates)]
    if barred:
        notes.append(
            f"stratifications with fewer strata than asked or strata of fewer than {LEAST_UNITS} rows are listed but "
            f"not chosen: {name_some(map(repr, barred))}."
        )
    return tuple(notes)
