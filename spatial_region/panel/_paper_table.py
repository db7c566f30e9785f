"""Estimates side by side as text: standard errors in brackets below, statistics of fit at the foot."""

from __future__ import annotations

import numpy as np
import pandas as pd

_STARS = ((0.01, "***"), (0.05, "**"), (0.1, "*"))


def paper_table(
    estimates: pd.DataFrame, std_errors: pd.DataFrame, pvalues: pd.DataFrame, fit: pd.DataFrame
) -> pd.DataFrame:
    """Return the cells of a table as in a paper; the row of a standard error has no name.

    Parameters
    ----------
    estimates, std_errors, pvalues : pandas.DataFrame
        Parameters in rows, fits in columns; NaN where there is none.
    fit : pandas.DataFrame
        Statistics in rows, fits in columns.
    """
    rows: list[tuple[str, list[str]]] = []
    values = (table.to_numpy(dtype=float).tolist() for table in (estimates, std_errors, pvalues))
    for name, row, errors, p in zip(estimates.index, *values, strict=True):
        cells = [_cell(*cell) for cell in zip(row, errors, p, strict=True)]
        rows.append((str(name), [estimate for estimate, _ in cells]))
        rows.append(("", [error for _, error in cells]))
    rows += [(str(name), [_show(value) for value in fit.loc[name]]) for name in fit.index]
    index = pd.Index([name for name, _ in rows], name="parameter")
    return pd.DataFrame([cells for _, cells in rows], index=index, columns=estimates.columns)


def _cell(estimate: float, error: float, p: float) -> tuple[str, str]:
    if np.isnan(estimate):
        return "", ""
    marks = next((mark for bound, mark in _STARS if p < bound), "")
    return f"{estimate:.4g}{marks}", "" if np.isnan(error) else f"({error:.3g})"


def _show(value: object) -> str:
    if isinstance(value, (bool, np.bool_, str, int, np.integer)):
        return str(value)
    return "" if value is None or np.isnan(float(value)) else f"{float(value):.6g}"  # type: ignore[arg-type]
