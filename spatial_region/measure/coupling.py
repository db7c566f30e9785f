"""Coupling coordination: whether systems develop alike, and at which level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Literal

import numpy as np
import pandas as pd

from spatial_region.core.options import Missing, check_option
from spatial_region.core.spec import digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import InputError
from spatial_region.measure._coupling import FORMULAS, Variant, coupling
from spatial_region.measure.coupling_result import CouplingResult
from spatial_region.measure.grades import grade
from spatial_region.measure.indicators import name_rows
from spatial_region.measure.judgements import read_shares
from spatial_region.measure.systems import check_range, read_systems

Classes = Literal["ten", "ten_zh"]

# Ten classes of D in tenths, the first closed on both sides and the others left-open and right-closed.
TEN_EDGES = tuple(tenth / 10 for tenth in range(11))
TEN_CLASSES: dict[str, tuple[str, ...]] = {
    "ten": (
        "extreme imbalance",
        "severe imbalance",
        "moderate imbalance",
        "mild imbalance",
        "near coordination",
        "bare coordination",
        "primary coordination",
        "intermediate coordination",
        "good coordination",
        "superior coordination",
    ),
    "ten_zh": (
        "极度失调",
        "严重失调",
        "中度失调",
        "轻度失调",
        "临界协调",
        "勉强协调",
        "初级协调",
        "中级协调",
        "良好协调",
        "优质协调",
    ),
}


def coupling_coordination(
    systems: pd.DataFrame | Sequence[pd.Series] | Study,
    weights: Mapping[str, float] | pd.Series | None = None,
    *,
    variables: Sequence[str] | None = None,
    variant: Variant = "standard",
    upper: float = 1.0,
    synchronous: float = 0.8,
    classes: Classes | None = None,
    missing: Missing = "raise",
) -> CouplingResult:
    """Say how far two or more systems of a region develop alike (C), how far they have come (T), and both at once (D).

    With the levels U1 ... Un of n systems, each from 0 to 1, and their shares a:
    ``T = sum_i a_i U_i``, ``D = sqrt(C T)``, and C by `variant`:

    ============ =================================================================================================
    ``standard`` ``n (prod_i U_i)^(1/n) / sum_i U_i``: geometric over arithmetic mean
    ``wang``     ``sqrt{[1 - sum_{i>j} |U_i - U_j| / (n (n - 1) / 2)] [prod_i (U_i / max U)]^(1 / (n - 1))}``
    ``fan``      ``1 - 2 sqrt{[n sum_i U_i^2 - (sum_i U_i)^2] / n^2}``: 1 less twice the standard deviation
    ============ =================================================================================================

    Parameters
    ----------
    systems : pandas.DataFrame, sequence of pandas.Series, or Study
        Levels of the systems, such as composite indices: a column each, indexed by region or by (region, time); or
        Series of one index each, with names.
    weights : mapping of system to float, or pandas.Series, optional
        Shares of the systems in T, summing to 1; equal by default. (Not spatial weights.)
    variables : sequence of str, optional
        Names of the systems, for a study; or those columns of a table that are meant.
    variant : {"standard", "wang", "fan"}
        Which C. Degrees by different variants cannot be compared.
    upper : float
        Level of a perfect system: 1, or 100 for an index "x 100". Levels are divided by it; those below 0 or above it
        are refused.
    synchronous : float
        Systems are called synchronous when the lowest is more than this times the highest; otherwise the lowest lags.
    classes : {"ten", "ten_zh"}, optional
        Grade D into ten classes of a tenth each, [0, 0.1], (0.1, 0.2] ... (0.9, 1], named in English or Chinese. For
        other classes pass ``result.D`` to `grade`.
    missing : {"raise", "drop"}
        What to do with missing values; with ``"drop"`` a row that lacks a value is blank, and noted.

    Returns
    -------
    CouplingResult
        Its `table` has the columns C, T, D, relative, lagging and class.

    Raises
    ------
    InputError
        If there are fewer than two systems, levels are no numbers between 0 and `upper`, shares are not positive or do
        not sum to 1, or an option is unfit.
    UnknownNameError
        If a system does not exist.
    AlignmentError
        If Series do not have the same labels.
    DuplicateError
        If a system or a label occurs twice.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    OptionError
        If `variant`, `classes` or `missing` is not offered.

    Notes
    -----
    Systems at zero: when some but not all systems of a row are 0, C by the standard and by Wang's formula is 0, and so
    is D, however high the others are. When all are 0, both are 0 / 0: C is NaN, T is 0, and D is 0, its limit, since
    ``D <= sqrt(T)``. By Fan's formula C is then 1. Such rows are noted. An index that is scaled between the worst and
    the best region has such zeros by construction.

    C by the standard formula is a ratio of means, high for any systems of similar size however low: 0.05 and 0.06 are
    coupled to 0.996. Wang's and Fan's forms were made to spread C over 0 to 1.

    References
    ----------
    Wang, S., Kong, W., Ren, L., Zhi, D., Dai, B. (2021). Research on misuses and modification of coupling coordination
    degree model in China (国内耦合协调度模型的误区及修正). *Journal of Natural Resources* 36(3), 793-810.
    doi:10.31497/zrzyxb.20210319

    Fan, D., Ke, H., Cao, R. (2024). Modification and improvement of coupling coordination degree model.
    *Statistics & Decision* 40(22), 41-46. doi:10.13546/j.cnki.tjyjc.2024.22.007

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> systems = pd.DataFrame({"economy": [0.9, 0.2], "ecology": [0.4, 0.2]}, index=["a", "b"])
    >>> made = sr.coupling_coordination(systems, classes="ten")
    >>> made.table()[["C", "T", "D"]].round(3).values.tolist()
    [[0.923, 0.65, 0.775], [1.0, 0.2, 0.447]]
    >>> made.table()[["lagging", "class"]].values.tolist()
    [['ecology', 'intermediate coordination'], ['synchronous', 'near coordination']]
    """
    check_option(variant, Variant, "variant")
    if classes is not None:
        check_option(classes, Classes, "classes")
    bound = _positive(upper, "upper")
    threshold = _positive(synchronous, "synchronous")
    if threshold > 1:
        raise InputError(f"synchronous must be at most 1, the ratio of equal systems; found {synchronous!r}.")
    data = read_systems(systems, variables, missing)
    names = list(data.frame.columns)
    shares, notes = _shares(weights, names)
    check_range(data, bound)
    levels = (data.frame / bound).clip(upper=1.0)
    rows, ruled = _degrees(levels, data.names, shares, variant, threshold)
    if classes is not None:
        rows["class"] = grade(rows["D"].clip(upper=1.0), edges=TEN_EDGES, labels=TEN_CLASSES[classes])
    options = {"variant": variant, "upper": bound, "synchronous": threshold, "classes": classes, "missing": missing}
    return CouplingResult(
        rows=rows.reindex(data.index),
        systems=levels.reindex(data.index),
        shares=pd.Series(shares, index=pd.Index(names, name="system"), name="share"),
        variant=variant,
        formula=f"{FORMULAS[variant]}; T = sum_i a_i Ui; D = sqrt(C T)",
        names=data.names,
        notes=(*data.notes, *notes, *ruled),
        spec=make_spec(
            "coupling_coordination",
            options={**options, "weights": dict(zip(names, shares.tolist(), strict=True))},
            inputs={"systems": names, "n": len(levels), "values_digest": digest(data.frame.to_numpy())},
        ),
    )


def _positive(number: object, argument: str) -> float:
    if isinstance(number, bool) or not isinstance(number, Real) or not 0 < float(number) < np.inf:
        raise InputError(f"{argument} must be a positive finite number; found {number!r}.")
    return float(number)


def _shares(weights: object, names: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    if weights is None:
        return np.full(len(names), 1.0 / len(names)), ()
    return read_shares(weights, names, argument="weights")


def _degrees(
    levels: pd.DataFrame, names: pd.Series | None, shares: np.ndarray, variant: Variant, threshold: float
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    values = levels.to_numpy()
    c, t = coupling(values, variant), values @ shares
    nothing = (values == 0).all(axis=1)
    some = (values == 0).any(axis=1) & ~nothing
    low, high = values.min(axis=1), values.max(axis=1)
    relative = np.divide(low, high, out=np.full(len(values), np.nan), where=high > 0)
    # A hair below the threshold, so that 0.24 / 0.3, which is 0.7999..., is taken for 0.8.
    lags = relative <= threshold * (1 + 1e-12)
    rows = pd.DataFrame(
        {
            "C": c,
            "T": t,
            "D": np.where(nothing, 0.0, np.sqrt(c * t)),
            "relative": relative,
            "lagging": np.where(lags & ~nothing & (low < high), _lowest(levels), "synchronous"),
        },
        index=levels.index,
    )
    return rows, _rule_zeros(levels.index, names, some, nothing, variant)


def _lowest(levels: pd.DataFrame) -> np.ndarray:
    """Return the name of the lowest system of each row; several that are equally low are listed."""
    values, names = levels.to_numpy(), levels.columns.to_numpy(dtype=object)
    found = names[values.argmin(axis=1)]
    at_bottom = values == values.min(axis=1, keepdims=True)
    for row in np.flatnonzero(at_bottom.sum(axis=1) > 1):
        found[row] = ", ".join(map(str, names[at_bottom[row]]))
    return np.asarray(found)


def _rule_zeros(
    index: pd.Index, names: pd.Series | None, some: np.ndarray, nothing: np.ndarray, variant: Variant
) -> tuple[str, ...]:
    notes = []
    if some.any() and variant != "fan":
        notes.append(
            f"Some system is 0 in {some.sum()} of {len(index)} rows, so that C and D are 0: "
            f"{name_rows(index[some], names)}. An index scaled between the worst and the best region has such zeros by "
            "construction."
        )
    if nothing.any():
        ruling = "C is 1" if variant == "fan" else "C is undefined (0 / 0)"
        notes.append(
            f"All systems are 0 in {nothing.sum()} of {len(index)} rows, where {ruling} and D is 0: "
            f"{name_rows(index[nothing], names)}."
        )
    return tuple(notes)
