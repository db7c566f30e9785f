"""Typologies over years: the class of each region at each time, and the way it went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing, check_option
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.errors import InputError, MissingValuesError
from spatial_region.measure.by_label import check_labels

_KINDS = ("stable", "rising", "falling", "fluctuating, higher", "fluctuating, lower", "fluctuating, back")


@dataclass(frozen=True, eq=False, repr=False)
class Typology(Result):
    """Classes of regions over time.

    Attributes
    ----------
    regions : pandas.DataFrame
        One row a region: see `table`.
    counts : pandas.DataFrame
        Number of regions in each class (columns) at each time.
    moves : pandas.DataFrame
        Number of moves from the class of one time (rows) to that of the next (columns), over all times.
    kinds : pandas.Series
        Number of regions of each kind of history.
    notes : tuple of str
        What a reader must know.
    spec : Spec
        Settings.
    """

    regions: pd.DataFrame
    counts: pd.DataFrame
    moves: pd.DataFrame
    kinds: pd.Series
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return the history of each region.

        Returns
        -------
        pandas.DataFrame
            Indexed by region. Columns: first, last, lowest, highest class; usual, the class of most times (of equally
            many the later one); changes, how often the class changed; kind: stable; rising and falling, never the other
            way; or fluctuating, and then higher, lower or back at the end; path, the classes in order, equal ones once.
        """
        return self.regions.copy()

    def summary(self) -> str:
        """Return counts by time, kinds and moves as text."""
        parts = [
            f"Typology of {self.spec.inputs['variable']}, {len(self.regions)} regions",
            self.counts.to_string(),
            "Histories: " + ", ".join(f"{count} {kind}" for kind, count in self.kinds.items() if count),
            "Moves from one time (rows) to the next (columns)",
            self.moves.to_string(),
        ]
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])


def typology(grades: pd.Series, *, missing: Missing = "raise") -> Typology:
    """Follow the class of each region over time: stable, rising, falling or fluctuating.

    Parameters
    ----------
    grades : pandas.Series
        Ordered categories by (region, time), as `grade` returns them, or ``pandas.Categorical(..., ordered=True)``.
    missing : {"raise", "drop"}
        What to do with regions that lack a class at some time: with ``"drop"`` they are left out and noted.

    Returns
    -------
    Typology
        ``table()`` has the history of each region; ``counts`` the classes at each time; ``moves`` those between times.

    Raises
    ------
    InputError
        If `grades` are not by region and time, no ordered categories, or of fewer than two times.
    MissingValuesError
        If a class is missing and `missing` is ``"raise"``.
    DuplicateError
        If a label occurs twice.
    OptionError
        If `missing` is not offered.

    See Also
    --------
    markov : The chain of such classes, with its tests.

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> index = pd.MultiIndex.from_product([["a", "b", "c"], [2000, 2010, 2020]], names=["region", "time"])
    >>> scores = pd.Series([0.1, 0.5, 0.9, 0.6, 0.6, 0.7, 0.9, 0.2, 0.5], index=index, name="score")
    >>> found = sr.typology(sr.grade(scores, edges=[0, 0.3, 0.8, 1], labels=["low", "middle", "high"]))
    >>> found.table()[["kind", "path"]].values.tolist()[0]
    ['rising', 'low → middle → high']
    >>> found.table()["kind"].tolist()
    ['rising', 'stable', 'fluctuating, lower']
    """
    check_option(missing, Missing, "missing")
    given = check_labels(grades, "grades")
    if given.index.nlevels != 2:
        raise InputError("grades must be indexed by (region, time), to follow them over time; found one level.")
    if not isinstance(given.dtype, pd.CategoricalDtype) or not given.dtype.ordered:
        raise InputError(
            f"grades must be ordered categories, as grade() returns them, so that rising means something; "
            f"found {given.dtype}."
        )
    labels = [str(label) for label in given.cat.categories]
    codes = pd.Series(given.cat.codes.to_numpy(), index=given.index).unstack(fill_value=-1).sort_index(axis="columns")
    codes = codes.reindex(given.index.get_level_values(0).unique())
    if len(codes.columns) < 2:
        raise InputError(f"a history needs at least two times; found {name_some(codes.columns)}.")
    codes, notes = _complete(codes, missing)
    table = pd.DataFrame([_history(row, labels) for row in codes.to_numpy()], index=codes.index.rename("region"))
    order = pd.CategoricalDtype(labels, ordered=True)
    table = table.astype(dict.fromkeys(["first", "last", "lowest", "highest", "usual"], order))
    places = codes.to_numpy()
    counts = np.array([np.bincount(column, minlength=len(labels)) for column in places.T])
    moves = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(moves, (places[:, :-1].ravel(), places[:, 1:].ravel()), 1)
    return Typology(
        regions=table,
        counts=pd.DataFrame(counts, index=codes.columns.rename("time"), columns=pd.Index(labels, name="class")),
        moves=pd.DataFrame(moves, index=pd.Index(labels, name="from"), columns=pd.Index(labels, name="to")),
        kinds=table["kind"].value_counts().reindex(_KINDS, fill_value=0),
        notes=notes,
        spec=make_spec(
            "typology",
            options={"missing": missing},
            inputs={
                "variable": "grades" if given.name is None else str(given.name),
                "n": len(codes),
                "classes": labels,
                "times": codes.columns.tolist(),
                "values_digest": digest(codes.sort_index().to_numpy()),
            },
        ),
    )


def _complete(codes: pd.DataFrame, missing: Missing) -> tuple[pd.DataFrame, tuple[str, ...]]:
    gaps = codes == -1
    if not gaps.to_numpy().any():
        return codes, ()
    cells = [f"{region} {time}" for (region, time), absent in gaps.stack(future_stack=True).items() if absent]  # noqa: PD013
    found = f"{len(cells)} of {codes.size} (region, time) have no class: {name_some(cells)}."
    kept = codes[~gaps.any(axis="columns")]
    if missing == "raise" or not len(kept):
        raise MissingValuesError(f'{found} Pass missing="drop" or fill them first.')
    return kept, (f"Left out {len(codes) - len(kept)} regions: {found}",)


def _history(codes: np.ndarray, labels: list[str]) -> dict[str, object]:
    steps = np.diff(codes)
    path = [codes[0], *codes[1:][steps != 0]]
    times = np.bincount(codes, minlength=len(labels))
    often = np.flatnonzero(times == times.max())
    usual = next(code for code in codes[::-1] if code in often)
    return {
        "first": labels[codes[0]],
        "last": labels[codes[-1]],
        "lowest": labels[codes.min()],
        "highest": labels[codes.max()],
        "usual": labels[usual],
        "changes": int((steps != 0).sum()),
        "kind": _kind(steps),
        "path": " → ".join(labels[code] for code in path),
    }


def _kind(steps: np.ndarray) -> str:
    if not steps.any():
        return "stable"
    if (steps >= 0).all():
        return "rising"
    if (steps <= 0).all():
        return "falling"
    total = steps.sum()
    return f"fluctuating, {'higher' if total > 0 else 'lower' if total < 0 else 'back'}"
