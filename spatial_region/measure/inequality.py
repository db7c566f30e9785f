"""Inequality between regions in one table: variation, Williamson's index, Gini, Hoover and Theil."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.options import Missing
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec, make_spec
from spatial_region.measure._dagum import gini
from spatial_region.measure._theil import theil_index
from spatial_region.measure.by_label import bring_together


@dataclass(frozen=True, eq=False, repr=False)
class InequalityResult(Result):
    """Measures of inequality at each time.

    Attributes
    ----------
    measures : pandas.DataFrame
        One row a time: see `table`.
    notes : tuple of str
        What a reader must know, such as what is undefined and why.
    spec : Spec
        Settings.
    """

    measures: pd.DataFrame
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return the measures.

        Returns
        -------
        pandas.DataFrame
            Indexed by time, or, for a cross-section, by variable. Columns: n; mean; std; cv; williamson (with weights);
            gini; hoover; theil_T; theil_L; minimum; maximum; gap, maximum less minimum; multiple, maximum over minimum.
            NaN where undefined.
        """
        return self.measures.copy()

    def summary(self) -> str:
        """Return the table as text."""
        text = self.measures.to_string(float_format=lambda number: f"{number:.5g}")
        lines = [f"Inequality of {self.spec.inputs['variable']}", text]
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])


def inequality(values: pd.Series, weights: pd.Series | None = None, *, missing: Missing = "raise") -> InequalityResult:
    """Measure inequality between regions, with the measures that regional studies print, in one table.

    With weights w (1 if none are given), ``p = w / sum(w)``, mean ``m = sum(p x)``, ``s = p x / m``:

    - std, cv: of the regions as such, ``std = sqrt(mean((x - mean(x))**2))`` over n, and ``cv = std / mean(x)``;
    - williamson: ``sqrt(sum(p (x - m)**2)) / m``, with weights only (without, it is cv);
    - gini: ``sum_ij p_i p_j |x_i - x_j| / (2 m)``;
    - hoover: ``sum |s - p| / 2``, the share of the values that would have to move for all to be equal;
    - theil_T, theil_L: see `theil`.

    Parameters
    ----------
    values : pandas.Series
        Non-negative levels by region, or by (region, time), such as GDP per head.
    weights : pandas.Series, optional
        Positive weights, such as population, by region or by (region, time). They enter mean, williamson, gini, hoover
        and both Theil measures; std, cv, minimum and maximum count each region once.
    missing : {"raise", "drop"}
        What to do with regions whose value or weight is missing at a time.

    Returns
    -------
    InequalityResult
        ``table()`` has one row a time.

    Raises
    ------
    InputError
        If values are no labelled, finite, non-negative numbers, all are 0 at a time, weights are not positive, or a
        time has one region only.
    MissingValuesError
        If something is missing and `missing` is ``"raise"``.
    AlignmentError
        If weights do not have the regions of the values.
    DuplicateError
        If a label occurs twice.
    OptionError
        If `missing` is not offered.

    Notes
    -----
    Some programs divide the variance by n - 1 or multiply the Gini by n / (n - 1), as if the regions were a sample. A
    country's regions are all there are, so neither is done here.

    References
    ----------
    Williamson, J. G. (1965). Regional inequality and the process of national development. Economic Development and
    Cultural Change 13, 1-84. doi:10.1086/450136

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> income = pd.Series({"a": 1.0, "b": 5.0, "c": 4.0, "d": 8.0}, name="income")
    >>> people = pd.Series({"a": 4.0, "b": 1.0, "c": 2.0, "d": 1.0})
    >>> found = sr.inequality(income, people).table()
    >>> found[["cv", "williamson", "gini", "hoover", "theil_T", "theil_L"]].round(3).values.tolist()
    [[0.556, 0.775, 0.405, 0.34, 0.291, 0.332]]
    """
    data = bring_together(values, weights, missing=missing)
    rows = {time: _measures(section, data.weighted) for time, section in data.sections()}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(data.axis)
    notes = list(data.notes)
    zero = table.index[table["minimum"] == 0]
    if len(zero):
        where = f" at {', '.join(map(str, zero))}" if data.is_panel else ""
        notes.append(f"A value is 0{where}: Theil's L and the multiple of the minimum are undefined there.")
    return InequalityResult(
        measures=table,
        notes=tuple(notes),
        spec=make_spec("inequality", options={"missing": missing, "weighted": data.weighted}, inputs=data.facts()),
    )


def _measures(section: pd.DataFrame, weighted: bool) -> dict[str, Any]:
    x = np.sort(section["value"].to_numpy())
    order = np.lexsort((section["weight"], section["value"]))
    w = section["weight"].to_numpy()[order]
    p = w / fsum(w)
    mean, plain = fsum(p * x), fsum(x) / len(x)
    std = np.sqrt(fsum((x - plain) ** 2) / len(x)) if x[0] < x[-1] else 0.0
    around = np.sqrt(fsum(p * (x - mean) ** 2)) if x[0] < x[-1] else 0.0
    low, high = x[0], x[-1]
    return {
        "n": len(x),
        "mean": mean,
        "std": std,
        "cv": std / plain,
        **({"williamson": around / mean} if weighted else {}),
        "gini": gini(x, w),
        "hoover": fsum(np.abs(p * x / mean - p)) / 2,
        "theil_T": theil_index(x, w, "T"),
        "theil_L": theil_index(x, w, "L") if low > 0 else np.nan,
        "minimum": low,
        "maximum": high,
        "gap": high - low,
        "multiple": high / low if low > 0 else np.nan,
    }
