"""Composite indices: many indicators, weighted into one score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from spatial_region.core.options import Missing, check_flag, check_option
from spatial_region.core.spec import digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import InputError, OptionError
from spatial_region.measure._composite import Recipe
from spatial_region.measure.composite_layout import assemble, of_factors
from spatial_region.measure.composite_result import CompositeIndex
from spatial_region.measure.factors import analyse
from spatial_region.measure.indicators import (
    Direction,
    read_bounds,
    read_directions,
    read_indicators,
    read_names,
)
from spatial_region.measure.judgements import TOP, read_comparisons, read_shares

Method = Literal["entropy", "topsis", "critic", "pca", "factor", "ahp", "equal", "stated"]
WeightingName = Literal["entropy", "critic", "ahp", "equal", "stated"]
Scaling = Literal["minmax", "vector"]
Inconsistent = Literal["raise", "keep"]


def composite_index(
    study: Study | pd.DataFrame,
    indicators: Sequence[str] | Mapping[str, Sequence[str]],
    *,
    direction: Direction,
    method: Method = "entropy",
    pooled: bool = True,
    nested: bool = True,
    weighting: WeightingName | None = None,
    scaling: Scaling = "minmax",
    bounds: Mapping[str, tuple[float, float]] | None = None,
    shift: float = 0.0,
    shares: Mapping[str, float] | pd.Series | None = None,
    pairwise: pd.DataFrame | Mapping[str, pd.DataFrame] | None = None,
    inconsistent: Inconsistent = "raise",
    components: float | None = None,
    missing: Missing = "raise",
) -> CompositeIndex:
    """Weight many indicators into one score for each region and time.

    Each indicator is first scaled between its worst value (0) and its best (1): ``x = (v - min) / (max - min)`` for a
    benefit, ``x = (max - v) / (max - min)`` for a cost. Scores are ``sum_j w_j x_j``, but for TOPSIS, PCA and factors:

    ============ =======================================================================================================
    ``entropy``  ``p = x / sum x``, ``E = -sum p ln p / ln n`` (0 ln 0 = 0), ``w = (1 - E) / sum (1 - E)``
    ``critic``   ``C_j = s_j sum_k (1 - r_jk)``, ``w = C / sum C``; s the standard deviation, r the correlation
    ``equal``    ``w = 1 / p``
    ``ahp``      w the principal eigenvector of the comparisons by pairs; ``CR = (l - p) / (p - 1) / RI``
    ``stated``   w as stated in `shares`
    ``topsis``   ``d- / (d+ + d-)``, Euclidean distances of ``w x`` to its worst and best values; w by `weighting`
    ``pca``      ``sum_k share_k F_k / sum_k share_k``, F the components of standardised indicators (`factor_analysis`)
    ``factor``   the same after varimax rotation
    ============ =======================================================================================================

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Regions and their data; or a table indexed by region, or by (region, time). For one time pass
        ``study.at(2020)``.
    indicators : sequence of str, or mapping of dimension to sequence of str
        Numeric variables, in any unit; with a mapping, dimensions have scores and weights of their own.
    direction : {"benefit", "cost"}, or mapping of indicator to these
        Whether more is better. One word holds for all indicators; a mapping must name each. There is no default. 1 and
        -1, "+" and "-", "正向" and "负向" are understood too.
    method : str
        See above.
    pooled : bool
        Whether all times are scaled and weighted together, so that scores can be compared over time; or each time by
        itself, so that they compare regions at that time only.
    nested : bool
        With dimensions: weight indicators inside each dimension and then dimensions by their scores (a hierarchy,
        with TOPSIS at both levels if so asked); or weight all indicators at once, a dimension's weight being their sum.
    weighting : {"entropy", "critic", "ahp", "equal", "stated"}, optional
        Weights of TOPSIS; by default those of `shares` or `pairwise` if given, else entropy.
    scaling : {"minmax", "vector"}
        ``"vector"``, for TOPSIS alone, divides each indicator by its Euclidean length, as Hwang and Yoon did. Scores
        then depend on where the scale of an indicator begins.
    bounds : mapping of indicator to (least, largest)
        Goalposts of some or all indicators, as of the human development index, in their units: scaled between these
        instead of the values found, scores can be compared with those of other studies, and no region is at 0 or 1 by
        construction. Values outside are refused.
    shift : float
        Added to scaled values before entropies are taken, as some authors do to avoid ln 0. It is not needed, and
        recorded.
    shares : mapping of indicator to float, or pandas.Series
        Weights for ``"stated"``, such as those of a publication, summing to 1 up to rounding.
    pairwise : pandas.DataFrame, or mapping of dimension to DataFrame
        Comparisons for ``"ahp"``: row over column, from 1/9 to 9, named alike on both sides. With nested dimensions one
        matrix for each dimension of two or more, and ``"dimensions"`` for the dimensions themselves.
    inconsistent : {"raise", "keep"}
        What to do when a consistency ratio exceeds 0.1; with ``"keep"`` it is noted.
    components : int or float, optional
        For ``"pca"`` and ``"factor"``, see `factor_analysis`.
    missing : {"raise", "drop"}
        What to do with missing values; with ``"drop"`` a row that lacks a value has no score, and is noted.

    Returns
    -------
    CompositeIndex

    Raises
    ------
    InputError
        If input is unfit: no direction, values that are no finite numbers, negative values under ``scaling="vector"``
        with entropy weights, values
        outside their bounds, weights that do not sum to 1, comparisons that contradict one another.
    ConstantVariableError
        If an indicator, or the score of a dimension, does not vary among rows weighted together.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    UnknownNameError
        If an indicator does not exist, or a share, direction or matrix is of none.
    DuplicateError
        If an indicator or a label occurs twice.
    AlignmentError
        If a matrix of comparisons has other labels than its indicators.
    ConvergenceError
        If varimax does not settle, because no rotation is best.
    OptionError
        If an option is not offered, or does nothing under the method.

    Notes
    -----
    Weights from data say which indicators differ most between regions, not which matter most: an indicator in which one
    region stands far out weighs most by entropy. With nested dimensions their weights come from their scores, scaled
    between worst and best like indicators; what is added up, or measured from the ideal, are the scores as they are, so
    that a sum of 1 is the best value of every indicator.

    References
    ----------
    Hwang, C.-L., Yoon, K. (1981). *Multiple Attribute Decision Making*. Springer. doi:10.1007/978-3-642-48318-9

    Diakoulaki, D., Mavrotas, G., Papayannakis, L. (1995). Determining objective weights in multiple criteria problems:
    the CRITIC method. *Computers & Operations Research* 22(7), 763-770. doi:10.1016/0305-0548(94)00059-H

    Saaty, T. L. (1977). A scaling method for priorities in hierarchical structures. *Journal of Mathematical
    Psychology* 15(3), 234-281. doi:10.1016/0022-2496(77)90033-5

    Alonso, J. A., Lamata, M. T. (2006). Consistency in the analytic hierarchy process: a new approach. *International
    Journal of Uncertainty, Fuzziness and Knowledge-Based Systems* 14(4), 445-459. doi:10.1142/S0218488506004114

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> table = pd.DataFrame({"income": [20.0, 35, 50], "smoke": [3.0, 1, 2]}, index=["a", "b", "c"])
    >>> made = sr.composite_index(table, ["income", "smoke"], direction={"income": "benefit", "smoke": "cost"})
    >>> made.weights["weight"].round(3).tolist()
    [0.5, 0.5]
    >>> made.scores.round(3).tolist()
    [0.0, 0.75, 0.75]
    """
    names, dimensions = read_names(indicators)
    given = {
        "weighting": weighting,
        "scaling": scaling,
        "bounds": bounds,
        "shift": shift,
        "shares": shares,
        "pairwise": pairwise,
        "components": components,
    }
    chosen = _check_options(method, given, dimensions)
    check_option(inconsistent, Inconsistent, "inconsistent")
    check_flag(pooled, "pooled")
    check_flag(nested, "nested")
    signs = read_directions(direction, names)
    stated, consistency, notes = _stated(
        chosen, names, dimensions if nested else {}, shares, pairwise, keep=inconsistent == "keep"
    )
    data = read_indicators(study, names, missing=missing)
    data.check_vary(pooled=pooled)
    recorded = {**given, "weighting": chosen, "shares": None if shares is None else dict(shares)}
    recorded["pairwise"] = _plain(pairwise)
    goalposts = None if bounds is None else read_bounds(bounds, data)
    recorded["bounds"] = None if bounds is None else {name: list(pair) for name, pair in bounds.items()}
    settings = {"method": method, "pooled": pooled, "nested": nested, "inconsistent": inconsistent, "missing": missing}
    spec = make_spec(
        "composite_index",
        options={**settings, **recorded, "direction": dict(zip(names, signs.astype(int).tolist(), strict=True))},
        inputs={
            "indicators": names,
            "dimensions": dimensions,
            "n": len(data.frame),
            "values_digest": digest(data.frame.to_numpy()),
        },
    )
    if not pooled and data.is_panel:
        notes = (*notes, "Each time was scaled and weighted by itself: compare regions at one time, not over time.")
    if method in ("pca", "factor"):
        factors = analyse(
            data, signs, rotate=method == "factor", components=components, pooled=pooled, options=settings
        )
        return of_factors(data, signs, factors, spec, notes, pooled=pooled)
    recipe = Recipe(
        weighting=chosen if chosen in ("entropy", "critic", "equal") else "stated",  # type: ignore[arg-type]
        topsis=method == "topsis",
        as_vectors=scaling == "vector",
        shift=float(shift),
        groups=tuple(np.array([names.index(name) for name in members]) for members in dimensions.values()),
        nested=nested and bool(dimensions) and chosen != "stated",
        stated=stated,
        bounds=goalposts,
    )
    return assemble(data, signs, recipe, dimensions, consistency, spec, (*data.notes, *notes), pooled=pooled)


def _check_options(method: object, given: Mapping[str, Any], dimensions: dict[str, list[str]]) -> str:
    """Return where weights come from, after refusing options that would do nothing."""
    check_option(method, Method, "method")
    check_option(given["scaling"], Scaling, "scaling")
    if given["weighting"] is not None:
        check_option(given["weighting"], WeightingName, "weighting")
    implied = "stated" if given["shares"] is not None else "ahp" if given["pairwise"] is not None else "entropy"
    chosen = str(given["weighting"] or implied) if method == "topsis" else str(method)
    serves = {
        "weighting": method == "topsis",
        "scaling": method == "topsis" and chosen != "critic",  # correlations of costs that are not turned mislead
        "bounds": method not in ("pca", "factor") and given["scaling"] == "minmax",
        "shift": chosen == "entropy",
        "shares": chosen == "stated",
        "pairwise": chosen == "ahp",
        "components": method in ("pca", "factor"),
    }
    idle = {"scaling": "minmax", "shift": 0.0}
    for name, value in given.items():
        asked = value is not None and (name not in idle or value != idle[name])
        if asked and not serves[name]:
            raise OptionError(f"{name}= does nothing with method={method!r} and weights by {chosen!r}; leave it out.")
    if (
        isinstance(given["shift"], bool)
        or not isinstance(given["shift"], (int, float))
        or not 0 <= given["shift"] < np.inf
    ):
        raise InputError(f"shift must be a finite number of at least 0; found {given['shift']!r}.")
    needed = {"stated": "shares", "ahp": "pairwise"}.get(chosen)
    if needed and given[needed] is None:
        raise InputError(f"weights by {chosen!r} need {needed}=.")
    if dimensions and method in ("pca", "factor"):
        raise InputError(f"{method!r} takes a list of indicators; make the index of each dimension by itself.")
    if TOP in dimensions:
        raise InputError(f"a dimension cannot be called {TOP!r}; rename it.")
    return chosen


def _plain(pairwise: object) -> object:
    """Return matrices as nested dictionaries, fit for JSON."""
    if isinstance(pairwise, pd.DataFrame):
        return pairwise.to_dict()
    if isinstance(pairwise, Mapping):
        return {name: _plain(matrix) for name, matrix in pairwise.items()}
    return pairwise


def _stated(
    chosen: str,
    names: list[str],
    dimensions: dict[str, list[str]],
    shares: object,
    pairwise: object,
    *,
    keep: bool,
) -> tuple[tuple[np.ndarray, ...], pd.DataFrame | None, tuple[str, ...]]:
    if chosen == "stated":
        numbers, notes = read_shares(shares, names)
        return (numbers,), None, notes
    if chosen == "ahp":
        return read_comparisons(pairwise, names, dimensions, keep_inconsistent=keep)
    return (), None, ()
