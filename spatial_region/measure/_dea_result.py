"""What efficiency analyses return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from spatial_region.core.options import check_keywords
from spatial_region.core.result import Result, two_columns
from spatial_region.core.spec import Spec

MODELS = {
    "ccr": "CCR (constant returns)",
    "bcc": "BCC (variable returns)",
    "sbm": "slacks-based measure",
    "super": "radial super-efficiency",
    "super_sbm": "slacks-based super-efficiency",
}


@dataclass(frozen=True, eq=False, repr=False)
class Efficiency(Result):
    """Efficiency of units, as `dea` returns it.

    Attributes
    ----------
    scores : pandas.DataFrame
        Indexed by region, or (region, time): see `table`.
    slacks : pandas.DataFrame
        Same index, one column a variable, in its unit: input in excess and output short of the target, after the
        radial change. Of ``super_sbm`` beyond the frontier: what inputs may grow and outputs shrink by.
    targets : pandas.DataFrame
        Same shape: inputs and outputs of the point on the frontier that the unit is compared with.
    peers : pandas.DataFrame
        One row a unit and peer: region (time), peer (peer_time), lambda. An efficient unit is its own peer.
    technology : str
        ``"crs"`` or ``"vrs"``, that slacks, targets, peers and status are about.
    notes : tuple of str
        What a reader must know.
    spec : Spec
        Settings.
    """

    scores: pd.DataFrame
    slacks: pd.DataFrame
    targets: pd.DataFrame
    peers: pd.DataFrame
    technology: str
    notes: tuple[str, ...]
    spec: Spec

    def table(self, **options: Any) -> pd.DataFrame:
        """Return the scores.

        Returns
        -------
        pandas.DataFrame
            Indexed by region, or (region, time). Columns: te, technical efficiency under constant returns; pte, pure
            technical efficiency under variable returns; se, scale efficiency; returns, ``"crs"``, ``"irs"`` or
            ``"drs"``; status, ``"efficient"``, ``"weakly efficient"`` (score of one, with slack), ``"inefficient"``,
            ``"infeasible"`` (a score is NaN because its programme has no solution) or ``"missing"``.

        Raises
        ------
        OptionError
            If an option is given.
        """
        check_keywords(options, (), "table() of an Efficiency")
        return self.scores.copy()

    def summary(self) -> str:
        """Return the settings, counts and means of the scores as text."""
        options = self.spec.options
        oriented = {"input": "input-oriented", "output": "output-oriented", "none": "not oriented"}
        rows: list[tuple[str, object]] = [
            ("units", len(self.scores)),
            ("inputs", ", ".join(map(str, self.spec.inputs["inputs"]))),  # type: ignore[call-overload]
            ("outputs", ", ".join(map(str, self.spec.inputs["outputs"]))),  # type: ignore[call-overload]
            *((f"mean {name}", float(self.scores[name].mean())) for name in ("te", "pte", "se")),
            ("status", _counts(self.scores["status"])),
            ("returns to scale", _counts(self.scores["returns"])),
        ]
        title = f"Data envelopment analysis: {MODELS[str(options['model'])]}, {oriented[str(options['orientation'])]}"
        return "\n".join([two_columns(title, rows), *(f"Note: {note}" for note in self.notes)])


@dataclass(frozen=True, eq=False, repr=False)
class Productivity(Result):
    """Malmquist indices of productivity change, as `malmquist` returns them.

    Attributes
    ----------
    changes : pandas.DataFrame
        Indexed by (region, time): see `table`.
    distances : pandas.DataFrame
        Same index: the efficiencies that the indices are made of. ``crs_0_1`` is the efficiency of the unit of the
        later time (second figure) against the frontier of the earlier time (first figure) under constant returns.
    notes : tuple of str
        What a reader must know.
    spec : Spec
        Settings.
    """

    changes: pd.DataFrame
    distances: pd.DataFrame
    notes: tuple[str, ...]
    spec: Spec

    def table(self, **options: Any) -> pd.DataFrame:
        """Return the indices, or their geometric means.

        Parameters
        ----------
        by : {"region", "time"}, optional
            Geometric means over the times of each region, or over the regions at each time.

        Returns
        -------
        pandas.DataFrame
            Indexed by (region, time), time being the later of two. Columns: start, the earlier time; malmquist, change
            of total factor productivity (above one is growth); ec, change of efficiency (``"fgnz"`` only); tc, change
            of technology; pech, of pure technical efficiency; sech, of scale efficiency; status. With `by`: means of
            those columns, and n, the number of changes that all of them are means of.

        Raises
        ------
        OptionError
            If another option is given, or `by` is not offered.
        """
        from spatial_region.measure._dea_means import geometric_means

        check_keywords(options, ("by",), "table() of a Productivity")
        by = options.get("by")
        return self.changes.copy() if by is None else geometric_means(self.changes, by)

    def summary(self) -> str:
        """Return the geometric means over time and over all as text."""
        from spatial_region.measure._dea_means import geometric_means, overall

        options = self.spec.options
        means = geometric_means(self.changes, "time")
        means.loc["all"] = overall(self.changes)
        shown = means.to_string(float_format=lambda number: f"{number:.4f}")
        named = {"fgnz": "Färe, Grosskopf, Norris & Zhang (1994)", "ray_desli": "Ray & Desli (1997)"}
        parts = named[str(options["decomposition"])]
        if options["base"] != "mean":
            parts += f", frontier of the {options['base']}"
        title = (
            f"Malmquist productivity, {options['orientation']}-oriented, {parts}\n"
            "Geometric means over units, by the later time"
        )
        counts = f"status: {_counts(self.changes['status'])}"
        return "\n".join([title, shown, counts, *(f"Note: {note}" for note in self.notes)])


def _counts(column: pd.Series) -> str:
    counted = column.dropna().value_counts()
    # Largest first, ties by name, so that the text does not depend on the order of rows.
    listed = sorted(counted.items(), key=lambda item: (-int(item[1]), str(item[0])))
    return ", ".join(f"{count} {name}" for name, count in listed)
