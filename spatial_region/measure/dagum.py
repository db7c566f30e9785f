"""Dagum's decomposition of the Gini by groups of regions."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum

import numpy as np
import pandas as pd

from spatial_region.core.options import Missing
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec, make_spec
from spatial_region.errors import InputError
from spatial_region.measure._dagum import Groups, dagum, gini
from spatial_region.measure.by_label import Labelled, bring_together, group_codes


@dataclass(frozen=True, eq=False, repr=False)
class DagumResult(Result):
    """The Gini at each time, and its three parts.

    Attributes
    ----------
    parts : pandas.DataFrame
        One row a time: see `table`.
    groups : pandas.DataFrame
        One row for each group (and time). Columns: n, number of regions; mean; value_share and weight_share, in %;
        gini, inside the group; contribution, its part of the Gini of all; share, that part in %.
    pairs : pandas.DataFrame
        One row for each two groups (and time), the richer first. Columns: gini, between the two; affluence, their
        relative economic affluence D; net and transvariation, their parts of the Gini of all; share, of both parts
        together, in %.
    notes : tuple of str
        What a reader must know.
    spec : Spec
        Settings.
    """

    parts: pd.DataFrame
    groups: pd.DataFrame
    pairs: pd.DataFrame
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return the Gini and its parts.

        Returns
        -------
        pandas.DataFrame
            Indexed by time, or, for a cross-section, by variable. Columns: n; gini; within; between, the net part;
            transvariation; share_within, share_between, share_transvariation, in %, NaN where the Gini is 0.
        """
        return self.parts.copy()

    def summary(self) -> str:
        """Return the tables as text."""
        lines = [f"Dagum's decomposition of the Gini of {self.spec.inputs['variable']}"]
        for title, frame in (("", self.parts), ("Groups", self.groups), ("Pairs", self.pairs)):
            lines += [title] if title else []
            lines.append(frame.to_string(float_format=lambda number: f"{number:.5g}"))
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])


def dagum_gini(
    values: pd.Series,
    weights: pd.Series | None = None,
    *,
    groups: pd.Series,
    missing: Missing = "raise",
) -> DagumResult:
    """Divide the Gini of regions into a part within groups, a net part between them, and their overlap.

    Between groups g and h with means m_g >= m_h, the Gini is ``G_gh = E|x_g - x_h| / (m_g + m_h)``. With shares of
    weights p and of values s,

    ``G = sum_g G_gg p_g s_g + sum_(g<h) c_gh G_gh D_gh + sum_(g<h) c_gh G_gh (1 - D_gh)``, where

    ``c_gh = p_g s_h + p_h s_g``: the parts within, net between, and of transvariation. D_gh is the
    relative economic affluence, ``(d - p) / (d + p)`` with ``d = E(x_g - x_h)+`` and ``p = E(x_h - x_g)+``, which is
    ``(m_g - m_h) / E|x_g - x_h|``. The part of transvariation is there because poorer groups have rich regions; it is 0
    where groups do not overlap.

    Parameters
    ----------
    values : pandas.Series
        Non-negative levels by region, or by (region, time), such as GDP per head.
    weights : pandas.Series, optional
        Positive weights, such as population, by region or by (region, time); 1 if none are given.
    groups : pandas.Series
        Group of each region (and time). Regions that have no value may be among them.
    missing : {"raise", "drop"}
        What to do with regions whose value, weight or group is missing at a time.

    Returns
    -------
    DagumResult
        ``table()`` has one row a time; ``groups`` one for each group, ``pairs`` one for each two.

    Raises
    ------
    InputError
        If values are no labelled, finite, non-negative numbers, all are 0 at a time, weights are not positive, `groups`
        has several columns, or a time has one region or one group only.
    MissingValuesError
        If something is missing and `missing` is ``"raise"``.
    AlignmentError
        If weights or groups do not have the regions of the values.
    DuplicateError
        If a label occurs twice.
    OptionError
        If `missing` is not offered.

    References
    ----------
    Dagum, C. (1997). A new approach to the decomposition of the Gini income inequality ratio. Empirical Economics 22,
    515-531. doi:10.1007/BF01205777

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> income = pd.Series({"a": 1.0, "b": 5.0, "c": 4.0, "d": 8.0})
    >>> plate = pd.Series({"a": "west", "b": "west", "c": "east", "d": "east"})
    >>> found = sr.dagum_gini(income, groups=plate)
    >>> found.table()[["gini", "within", "between", "transvariation"]].round(3).values.tolist()
    [[0.306, 0.111, 0.167, 0.028]]
    >>> found.pairs["affluence"].round(3).to_dict()
    {('east', 'west'): 0.857}
    """
    if isinstance(groups, pd.DataFrame) and len(groups.columns) != 1:
        raise InputError(
            f"dagum_gini() takes one column of groups; found {len(groups.columns)}. Use theil() for levels."
        )
    if groups is None:
        raise InputError("dagum_gini() divides by groups: pass groups=, or use inequality() for the Gini alone.")
    data = bring_together(values, weights, groups, missing=missing)
    rows, inside, between = {}, [], []
    for time, section in data.sections():
        ((codes, labels),) = group_codes(section, data.levels)
        if len(labels) < 2:
            raise InputError(
                f"{data.name!r} at {time} lies in one group, {labels[0]}; a decomposition needs at least two."
            )
        x, w = section["value"].to_numpy(), section["weight"].to_numpy()
        made = dagum(x, w, codes)
        parts = [fsum(made.within), fsum(made.net.ravel()), fsum(made.transvariation.ravel())]
        rows[time] = dict(zip(["n", "gini", *_PARTS], [len(x), gini(x, w), *parts], strict=True))
        inside.append(_group_rows(made, labels).assign(time=time))
        between.append(_pair_rows(made, labels).assign(time=time))
    parts_by_time = pd.DataFrame.from_dict(rows, orient="index").rename_axis(data.axis)
    whole = parts_by_time["gini"].where(parts_by_time["gini"] > 0)
    for part in _PARTS:
        parts_by_time[f"share_{part}"] = 100 * parts_by_time[part] / whole
    return DagumResult(
        parts=parts_by_time,
        groups=_indexed(inside, ["group"], ["contribution"], whole, data),
        pairs=_indexed(between, ["group_a", "group_b"], ["net", "transvariation"], whole, data),
        notes=data.notes,
        spec=make_spec(
            "dagum_gini",
            options={"missing": missing, "weighted": data.weighted, "groups": data.levels},
            inputs=data.facts(),
        ),
    )


_PARTS = ("within", "between", "transvariation")


def _group_rows(made: Groups, labels: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": labels,
            "n": made.n,
            "mean": made.mean,
            "value_share": 100 * made.value_share,
            "weight_share": 100 * made.weight_share,
            "gini": np.diag(made.gini),
            "contribution": made.within,
        }
    )


def _pair_rows(made: Groups, labels: list[str]) -> pd.DataFrame:
    rows = []
    for a in range(len(labels)):
        for b in range(a + 1, len(labels)):
            richer, poorer = (a, b) if made.mean[a] >= made.mean[b] else (b, a)
            rows.append(
                {
                    "group_a": labels[richer],
                    "group_b": labels[poorer],
                    "gini": made.gini[a, b],
                    "affluence": made.affluence[a, b],
                    "net": made.net[a, b],
                    "transvariation": made.transvariation[a, b],
                }
            )
    return pd.DataFrame(rows)


def _indexed(
    rows: list[pd.DataFrame], keys: list[str], parts: list[str], whole: pd.Series, data: Labelled
) -> pd.DataFrame:
    """Return rows of all times under their labels, with the share that their parts have in the Gini."""
    table = pd.concat(rows, ignore_index=True)
    table["share"] = 100 * table[parts].sum(axis="columns") / table["time"].map(whole)
    table = table.set_index(["time", *keys] if data.is_panel else keys)
    return table.drop(columns="time") if "time" in table else table
