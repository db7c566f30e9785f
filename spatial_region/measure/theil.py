"""Theil's measures of inequality, and what lies within and between groups of regions."""

from __future__ import annotations

from math import fsum
from typing import Any

import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing, check_option, check_whole_number
from spatial_region.core.seeds import DEFAULT_SEED, generator
from spatial_region.core.spec import make_spec
from spatial_region.errors import InputError
from spatial_region.measure._theil import Level, TheilKind, between_drawn, decompose, theil_index
from spatial_region.measure.by_label import Labelled, bring_together, group_codes
from spatial_region.measure.theil_result import TheilResult


def theil(
    values: pd.Series,
    weights: pd.Series | None = None,
    *,
    groups: pd.Series | pd.DataFrame | None = None,
    kind: TheilKind = "T",
    permutations: int = 0,
    seed: int = DEFAULT_SEED,
    missing: Missing = "raise",
) -> TheilResult:
    """Measure inequality between regions, and how much of it lies within and between groups of regions.

    With weights w (1 if none are given), mean ``m = sum(w x) / sum(w)``, shares of weights ``p = w / sum(w)`` and of
    values ``s = w x / sum(w x)``,

    ``T = sum s ln(x / m)``  and  ``L = sum p ln(m / x)``.

    T weighs groups by what they have, L by how many they are. For each, with m_g and T_g of group g,

    ``T = sum_g s_g T_g  (within)  +  sum_g s_g ln(m_g / m)  (between)``,  ``L`` alike with p_g and ``ln(m / m_g)``.

    With several columns of groups, the between part is divided further: between the coarsest, between the next inside
    these, and so on (Akita 2003).

    Parameters
    ----------
    values : pandas.Series
        Non-negative levels by region, or by (region, time), such as GDP per head. Not totals: to weigh GDP by
        population, `values` are GDP per head and `weights` are population.
    weights : pandas.Series, optional
        Positive weights, such as population, by region (the same at every time) or by (region, time).
    groups : pandas.Series or pandas.DataFrame, optional
        Group of each region (and time), such as ``sr.grouping(...)`` or a column of ``study.regions``. A DataFrame has
        one column for each level, the coarsest first. Regions that have no value may be among them.
    kind : {"T", "L"}
        Which measure. L is undefined where a value is 0; T is not, as 0 ln 0 = 0.
    permutations : int
        How often the regions, each with its weight, are dealt to groups of the same sizes by chance, to test whether
        more inequality lies between the (coarsest) groups than between any such groups: column ``p_between``,
        ``(1 + draws with at least as much) / (1 + permutations)``. 0 makes no test.
    seed : int
        Seed of the draws.
    missing : {"raise", "drop"}
        What to do with regions whose value, weight or group is missing at a time.

    Returns
    -------
    TheilResult
        ``table()`` has one row a time; ``groups`` one for each group.

    Raises
    ------
    InputError
        If values are no labelled, finite, non-negative numbers; if all are 0 at a time; if L is asked for and a value
        is 0; if weights are not positive; if a time has one region only; if a level of the groups divides none of the
        level before; if permutations are asked for without groups, or are no whole number.
    MissingValuesError
        If something is missing and `missing` is ``"raise"``.
    AlignmentError
        If weights or groups do not have the regions of the values.
    DuplicateError
        If a label occurs twice.
    OptionError
        If `kind` or `missing` is not offered.

    References
    ----------
    Theil, H. (1967). Economics and Information Theory. North-Holland.
    Bourguignon, F. (1979). Decomposable income inequality measures. Econometrica 47, 901-920. doi:10.2307/1914138
    Shorrocks, A. F. (1980). The class of additively decomposable inequality measures. Econometrica 48, 613-625.
    doi:10.2307/1913126
    Akita, T. (2003). Decomposing regional income inequality in China and Indonesia using two-stage nested Theil
    decomposition method. The Annals of Regional Science 37, 55-77. doi:10.1007/s001680200107

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> income = pd.Series({"a": 1.0, "b": 3.0, "c": 4.0, "d": 8.0})
    >>> plate = pd.Series({"a": "west", "b": "west", "c": "east", "d": "east"}, name="plate")
    >>> found = sr.theil(income, groups=plate)
    >>> found.table()[["theil", "between", "within", "share_within"]].round(3).values.tolist()
    [[0.206, 0.131, 0.075, 36.496]]
    >>> found.groups["contribution"].round(3).tolist()
    [0.042, 0.033]
    """
    check_option(kind, TheilKind, "kind")
    data = bring_together(values, weights, groups, missing=missing)
    permutations = check_whole_number(permutations, "permutations")
    if permutations and not data.levels:
        raise InputError("permutations deal regions to groups, and none were given: pass groups=, or permutations=0.")
    if kind == "L":
        _check_positive(data)
    _check_nesting(data)
    rows, details, tests = {}, [], {}
    for time, section in data.sections():
        x, w = section["value"].to_numpy(), section["weight"].to_numpy()
        coded = group_codes(section, data.levels)
        levels = decompose(x, w, [codes for codes, _ in coded], kind)
        rows[time] = {"n": len(x), "theil": theil_index(x, w, kind), **_parts(levels, data.levels)}
        if permutations:
            drawn = between_drawn(x, w, coded[0][0], kind, permutations, generator(seed, "theil", str(time)))
            tests[time] = (1 + (drawn >= levels[0].between * (1 - 1e-10)).sum()) / (1 + permutations)
        details += [
            _details(level, labels, name, time)
            for level, (_, labels), name in zip(levels, coded, data.levels, strict=True)
        ]
    parts = pd.DataFrame.from_dict(rows, orient="index").rename_axis(data.axis)
    for part in parts.columns.drop(["n", "theil"]):
        parts[f"share_{part}"] = 100 * parts[part] / parts["theil"].where(parts["theil"] > 0)
    if permutations:
        parts["p_between"] = pd.Series(tests)
    return TheilResult(
        parts=parts,
        groups=_indexed(pd.concat(details, ignore_index=True), parts["theil"], data) if details else None,
        kind=kind,
        notes=data.notes,
        spec=make_spec(
            "theil",
            options={
                "kind": kind,
                "permutations": permutations,
                "missing": missing,
                "weighted": data.weighted,
                "groups": data.levels,
            },
            inputs=data.facts(),
            seed=seed if permutations else None,
        ),
    )


def _check_positive(data: Labelled) -> None:
    zero = data.frame.index[data.frame["value"] == 0]
    if len(zero):
        raise InputError(
            f"Theil's L is undefined where a value is 0, as it takes its logarithm: {data.name!r} is 0 at "
            f'{len(zero)} of {len(data.frame)} labels: {name_some(zero)}. Use kind="T", or leave them out.'
        )


def _check_nesting(data: Labelled) -> None:
    """Refuse a level that divides no group of the level before: its columns are then in the wrong order."""
    for depth in range(1, len(data.levels)):
        upper, both = list(data.levels[:depth]), list(data.levels[: depth + 1])
        if len(data.frame.drop_duplicates(both)) == len(data.frame.drop_duplicates(upper)):
            raise InputError(
                f"the groups {both[-1]!r} divide no group of {upper[-1]!r}; give the columns of groups "
                "from the coarsest to the finest."
            )


def _parts(levels: list[Level], names: tuple[str, ...]) -> dict[str, float]:
    if not levels:
        return {}
    several = {f"between_{name}": level.between for name, level in zip(names, levels, strict=True)}
    between = fsum(level.between for level in levels)
    within = fsum(levels[-1].contribution)
    return {**(several if len(levels) > 1 else {}), "between": between, "within": within}


def _details(level: Level, labels: list[str], name: str, time: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "time": time,
            "level": name,
            "group": labels,
            "n": level.n,
            "mean": level.mean,
            "value_share": 100 * level.value_share,
            "weight_share": 100 * level.weight_share,
            "index": level.index,
            "contribution": level.contribution,
        }
    )


def _indexed(details: pd.DataFrame, whole: pd.Series, data: Labelled) -> pd.DataFrame:
    total = details["time"].map(whole)
    details = details.assign(share=100 * details["contribution"] / total.where(total > 0))
    keys = ["time", "level", "group"] if data.is_panel else ["level", "group"]
    return details.set_index(keys)[details.columns.drop(["time", "level", "group"])]
