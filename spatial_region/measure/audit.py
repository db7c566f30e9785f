"""Audit of printed tables: figures that cannot be true, told with what follows from the other cells."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.options import check_option, check_whole_number
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.errors import InputError, UnknownNameError
from spatial_region.measure import checks
from spatial_region.measure._audit_cells import Cells, Finding, Tally
from spatial_region.measure._audit_numbers import Rounding, show
from spatial_region.regions.tables import read_grid

__all__ = ["audit", "checks"]

Check = checks.Check


@dataclass(frozen=True, eq=False, repr=False)
class Audit(Result):
    """What an audit found, and what it looked at.

    Attributes
    ----------
    findings : pandas.DataFrame
        One row a cell that cannot be true: see `table`.
    checked : pandas.DataFrame
        One row a check, in the order given. Columns: rule; tested, statements that were compared; blank, cells or
        statements left out because a number is missing; findings.
    untested : tuple of str
        Columns of the table that no check has read.
    spec : Spec
        Settings.
    """

    findings: pd.DataFrame
    checked: pd.DataFrame
    untested: tuple[str, ...]
    spec: Spec

    def __bool__(self) -> bool:
        """Whether nothing was found."""
        return self.findings.empty

    def table(self) -> pd.DataFrame:
        """Return the findings.

        Returns
        -------
        pandas.DataFrame
            One row a cell, in the order of checks and rows. Columns: rule; row, its label; column; printed, the text of
            the cell; implied, the value that follows, or the ends of all that may; low and high, these ends as numbers
            (NaN where what follows is no number); message, in words.
        """
        return self.findings.copy()

    def summary(self) -> str:
        """Return findings, what was tested and what was not, as text."""
        lines = [f"Audit of {self.spec.inputs['rows']} rows: {_counted(len(self.findings), 'finding')}"]
        for _, each in self.findings.iterrows():
            lines.append(f"  {each['row']}, {each['column']}: {each['printed']} {each['message']}")
            if each["implied"]:
                lines[-1] += f"; possible: {each['implied']}"
        lines.append("Tested")
        for _, each in self.checked.iterrows():
            blank = f", {each['blank']} blank" if each["blank"] else ""
            found = _counted(each["findings"], "finding")
            lines.append(f"  {each['rule']}: {_counted(each['tested'], 'statement')}{blank}, {found}")
        if self.untested:
            lines.append(f"Not tested: {name_some(self.untested, limit=12)}")
        return "\n".join(lines)


def audit(
    table: str | os.PathLike[str] | pd.DataFrame,
    checks: Sequence[Check] | Check,
    *,
    index: str | Sequence[str] | None = None,
    decimals: Mapping[str, int] | None = None,
    rounding: Rounding = "nearest",
) -> Audit:
    """Check a printed table for figures that cannot be true, as statcheck does for tests in psychology.

    A printed number stands for every number that rounds to it: 0.87 for those from 0.865 to 0.875. A cell is reported
    only when *no* choice of the unrounded numbers makes the rule true, so that rounding never causes a finding. Bounds
    are computed with exact fractions; there is no tolerance to set. Nothing is detected by itself: each check names its
    columns and its rule, and the result says which columns none has read.

    Parameters
    ----------
    table : path or pandas.DataFrame
        The table as printed: a CSV file, or a frame read with ``dtype=str``, so that the zero at the end of ``0.90``
        counts. Of a column of floats, all are taken to be printed with as many decimals as the one that has most.
    checks : Check or sequence of Check
        From ``sr.checks``: `Efficiency`, `Coupling`, `TheilParts`, `Stars`, `Moran`, `MeanOf`, `SumOf`, `Ranks`,
        `Shares`, `Total`, `Formula`, `RowFormula`, `Ascending`, `Bounds`, `Memberships`, `Complete`,
        `ClassEdges`.
    index : str or sequence of str, optional
        Columns that label the rows; by default the index of the frame. Needed for a file.
    decimals : mapping of column to int, optional
        Digits after the point that a column was printed with, where the table has lost zeros at the end.
    rounding : {"nearest", "either"}
        How figures were rounded: to the nearest (half a unit of the last digit to each side), or, where they may also
        have been cut off, either way (a whole unit to each side).

    Returns
    -------
    Audit
        True as a condition when nothing was found; ``table()`` lists the findings.

    Raises
    ------
    InputError
        If a cell that a check names is no number, or a check is incomplete.
    UnknownNameError
        If a check names a column or row that the table lacks.
    DuplicateError
        If a row that a check names occurs twice.
    OptionError
        If `rounding` is not offered.
    ReadError
        If the file cannot be read.

    References
    ----------
    Nuijten, M. B., Hartgerink, C. H. J., van Assen, M. A. L. M., Epskamp, S. and Wicherts, J. M. (2016). The prevalence
    of statistical reporting errors in psychology (1985-2013). Behavior Research Methods 48, 1205-1226.
    doi:10.3758/s13428-015-0664-2
    Brown, N. J. L. and Heathers, J. A. J. (2017). The GRIM test: a simple technique detects numerous anomalies in the
    reporting of results in psychology. Social Psychological and Personality Science 8, 363-369.
    doi:10.1177/1948550616673876

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> printed = pd.DataFrame(
    ...     {"TE": ["0.7434", "0.9860"], "PTE": ["1.0000", "0.7578"], "SE": ["0.7434", "0.8537"]},
    ...     index=["Beijing", "Xinjiang"],
    ... )
    >>> found = sr.audit(printed, sr.checks.Efficiency("TE", "PTE", "SE"))
    >>> found.table()[["row", "column", "printed", "implied"]].values.tolist()
    [['Xinjiang', 'TE', '0.9860', '0.64685 to 0.64701']]
    >>> print(found.summary())
    Audit of 2 rows: 1 finding
      Xinjiang, TE: 0.9860 exceeds the smaller of PTE 0.7578 and SE 0.8537, which is impossible;
        possible: 0.64685 to 0.64701
    Tested
      TE = PTE x SE, TE <= min(PTE, SE): 2 statements, 1 finding
    """
    check_option(rounding, Rounding, "rounding")
    listed = [checks] if isinstance(checks, Check) else list(checks)
    wrong = [check for check in listed if not isinstance(check, Check)]
    if wrong or not listed:
        raise InputError(f"checks must be one or more of sr.checks; found {wrong[0] if wrong else 'none'!r}.")
    for column, places in (decimals or {}).items():
        check_whole_number(places, f"decimals[{column!r}]")
    frame = _labelled(table, index)
    cells = Cells(frame, rounding, {str(column): places for column, places in (decimals or {}).items()})
    rows, seen = [], []
    for check in listed:
        tally = Tally()
        check.examine(cells, tally)
        rows += [_row(check, finding) for finding in tally.findings]
        seen.append({"rule": check.rule, "tested": tally.tested, "blank": tally.blank, "findings": len(tally.findings)})
    return Audit(
        findings=pd.DataFrame(rows, columns=["rule", "row", "column", "printed", "implied", "low", "high", "message"]),
        checked=pd.DataFrame(seen),
        untested=tuple(cells.untested),
        spec=make_spec(
            "audit",
            options={"rules": tuple(check.rule for check in listed), "rounding": rounding, "decimals": decimals},
            inputs={
                "rows": len(frame),
                "columns": tuple(cells.columns),
                "digest": digest(frame.astype(str).to_numpy()),
            },
        ),
    )


def _labelled(table: object, index: str | Sequence[str] | None) -> pd.DataFrame:
    """Return the table with its labels as index."""
    if isinstance(table, (str, os.PathLike)):
        grid = read_grid(Path(table))
        frame = pd.DataFrame(grid[1:], columns=[str(cell) for cell in grid[0]], dtype=object)
        if index is None:
            raise InputError(
                f"say which column labels the rows of {Path(table).name}: index=. It has {name_some(grid[0])}."
            )
    elif isinstance(table, pd.DataFrame):
        frame = table.rename(columns=str)
    else:
        raise InputError(f"table must be the path of a file or a pandas DataFrame; found {type(table).__name__}.")
    if index is None:
        return frame
    columns = [index] if isinstance(index, str) else list(index)
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise UnknownNameError(f"index: no column {absent[0]!r}. The table has {name_some(frame.columns, limit=20)}.")
    return frame.set_index(columns, drop=False)


def _row(check: Check, finding: Finding) -> dict[str, object]:
    bounds = finding.implied
    return {
        "rule": check.rule,
        "row": finding.row,
        "column": finding.column,
        "printed": finding.printed,
        "implied": "" if bounds is None else show(bounds, finding.decimals),
        "low": float("nan") if bounds is None else float(bounds.low),
        "high": float("nan") if bounds is None else float(bounds.high),
        "message": finding.message,
    }


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
