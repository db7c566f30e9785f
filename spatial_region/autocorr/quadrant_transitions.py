"""Moves between quadrants that somebody else has determined, such as a published table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial_region.autocorr._follow import follow
from spatial_region.autocorr._moves import QUADRANTS
from spatial_region.autocorr._space_time import draw_space_time
from spatial_region.autocorr.transitions_result import UNDEFINED, LisaTransitions
from spatial_region.core.messages import name_some
from spatial_region.core.options import Gaps, Missing
from spatial_region.core.spec import make_spec
from spatial_region.core.study import Study
from spatial_region.errors import InputError, UnknownNameError

_KNOWN = (*QUADRANTS, UNDEFINED)


def quadrant_transitions(
    study: Study | pd.DataFrame,
    variable: str | None = None,
    *,
    missing: Missing = "raise",
    gaps: Gaps = "raise",
) -> LisaTransitions:
    """Follow each region through quadrants that are given: those of a published table, or of another program.

    The result is that of `lisa_transitions`, without the values behind the quadrants: types of moves, the transition
    matrix, which regions made each move, stability, flux and cohesion.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        A panel; or a table with one row a region and one column a time.
    variable : str, optional
        Variable with the quadrants, as text: HH, LH, LL or HL, the region's own side first; "undefined" for a region
        without neighbours. Not needed for a table.
    missing : {"raise", "drop"}
        What to do with regions that lack a quadrant at some time.
    gaps : {"raise", "keep"}
        What to do with steps of different length.

    Returns
    -------
    LisaTransitions
        `values` and `lag` are NaN.

    Raises
    ------
    InputError
        If a quadrant has another name, there are fewer than two times, or steps differ in length.
    UnknownNameError
        If the variable does not exist.
    MissingValuesError
        If quadrants are missing and `missing` is ``"raise"``.
    OptionError
        If `missing` or `gaps` is not offered.

    References
    ----------
    Rey, S. J. (2001). Spatial empirics for economic growth and convergence. Geographical Analysis 33(3), 195-214.
    https://doi.org/10.1111/j.1538-4632.2001.tb00444.x

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> published = pd.DataFrame({2003: ["HH", "LH", "LL"], 2008: ["HH", "HH", "LL"]}, index=list("abc"))
    >>> moves = sr.quadrant_transitions(published)
    >>> moves.types.iloc[:, 0].tolist(), moves.counts.loc["LH", "HH"]
    (['0', 'I', '0'], np.int64(1))
    """
    named, codes = _read(study, variable)
    panel = draw_space_time(codes, named, w=None, missing=missing, gaps=gaps, weighted=False)
    quadrants = panel.values.apply(
        lambda column: pd.Series(np.array(_KNOWN, dtype=object)[column.astype(int)], column.index)
    )
    own = _sides(quadrants, 0)
    near = _sides(quadrants, 1)
    blank = pd.DataFrame(np.nan, index=panel.values.index, columns=panel.values.columns)
    return follow(
        panel,
        (own, near),
        quadrants=quadrants,
        states=quadrants,
        listed=QUADRANTS,
        values=blank,
        lag=blank,
        level=None,
        spec=make_spec(
            "quadrant_transitions",
            options={"missing": missing, "gaps": gaps},
            inputs={**panel.described(), "weights": "not known: quadrants were given"},
        ),
    )


def _read(study: Study | pd.DataFrame, variable: str | None) -> tuple[str | None, Study | pd.DataFrame]:
    """Return the name of the quadrants, and the data with their numbers in their place."""
    if isinstance(study, Study):
        if variable is None:
            raise UnknownNameError("say which variable holds the quadrants.")
        column = study.frame([variable])[variable]
        return variable, study.with_columns(**{variable: _numbered(column)})
    if not isinstance(study, pd.DataFrame):
        raise InputError(f"study must be a Study, or a DataFrame of region by time; found {type(study).__name__}.")
    return variable, study.apply(_numbered)


def _numbered(column: pd.Series) -> pd.Series:
    text = column.map(lambda value: value.strip() if isinstance(value, str) else value)
    odd = text[text.notna() & ~text.isin(_KNOWN)]
    if len(odd):
        raise InputError(
            f"{column.name!r} must hold quadrants, {', '.join(_KNOWN)}; found {name_some(map(repr, odd.unique()))}, "
            f"first for {odd.index[0]}. Rename them, own side first (HL is high among low)."
        )
    return text.map({quadrant: float(number) for number, quadrant in enumerate(_KNOWN)}).astype(float)


def _sides(quadrants: pd.DataFrame, place: int) -> np.ndarray:
    """Return whether the own side (0) or that of the neighbours (1) is high; -1 for undefined."""
    side = {quadrant: int(quadrant[place] == "H") for quadrant in QUADRANTS} | {UNDEFINED: -1}
    return quadrants.apply(lambda column: column.map(side)).to_numpy(dtype=np.int64)
