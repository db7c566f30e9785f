"""Markov chains of classes of regions: who rises and falls, and whether it depends on the neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from spatial_region.autocorr._chain import count_moves, homogeneity
from spatial_region.autocorr._classes import check_edges, class_names, classed, find_edges, same_edges
from spatial_region.autocorr._space_time import SpaceTime, draw_space_time
from spatial_region.autocorr.chain import make_chain
from spatial_region.autocorr.markov_result import UNDEFINED, Markov, SpatialMarkov
from spatial_region.core.frozen import FrozenDict
from spatial_region.core.messages import name_some
from spatial_region.core.options import Cut, Gaps, Missing, check_option
from spatial_region.core.spec import make_spec
from spatial_region.errors import InputError

LagBins = Literal["lag", "variable"]


def markov(
    study: object,
    variable: str | None = None,
    *,
    k: int = 5,
    cut: Cut = "by time",
    bins: Sequence[float] | None = None,
    relative: bool = False,
    labels: Sequence[object] | None = None,
    missing: Missing = "raise",
    gaps: Gaps = "raise",
) -> Markov:
    """Estimate how likely regions are to move between classes of a variable in one step of time.

    ``p_ij = n_ij / sum_j n_ij``, with n_ij the number of moves from class i to class j in all steps together.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        A panel; or a table with one row a region and one column a time.
    variable : str, optional
        Name of the variable; not needed for a table.
    k : int
        Number of quantile classes.
    cut : {"by time", "pooled"}
        Whether classes are quantiles of each time, so that a region rises only by overtaking others, or of all times
        together, so that all can rise; the latter makes sense for values that can be compared between times.
    bins : sequence of float, optional
        Inner edges of the classes, in place of `k` and `cut`; the upper edge belongs to a class.
    relative : bool
        Divide by the mean of all regions at the time first.
    labels : sequence, optional
        Names of the classes, lowest first; by default 1 to k.
    missing : {"raise", "drop"}
        What to do with regions that lack a value at some time: ``"drop"`` leaves them out at every time.
    gaps : {"raise", "keep"}
        What to do when steps differ in length; ``"keep"`` counts them as alike.

    Returns
    -------
    Markov

    Raises
    ------
    InputError
        If the study has no time, there are fewer than two, steps differ in length, classes cannot be told apart,
        a mean is not positive, or labels do not fit.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``; regions and times are named.
    UnknownNameError
        If the variable does not exist.
    DuplicateError
        If a region or a time occurs twice.
    OptionError
        If an option is not offered.

    References
    ----------
    Quah, D. (1993). Empirical cross-section dynamics in economic growth. European Economic Review 37(2-3), 426-434.
    https://doi.org/10.1016/0014-2921(93)90031-5
    Bickenbach, F., and Bode, E. (2003). Evaluating the Markov property in studies of economic convergence.
    International Regional Science Review 26(3), 363-392. https://doi.org/10.1177/0160017603253789

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> income = pd.DataFrame({2000: [1, 2, 3, 4], 2010: [1, 3, 2, 4], 2020: [1, 3, 2, 4]}, index=list("abcd"))
    >>> sr.markov(income, k=2, labels=["low", "high"]).probabilities.values.tolist()
    [[0.75, 0.25], [0.25, 0.75]]
    """
    panel = draw_space_time(study, variable, w=None, missing=missing, gaps=gaps, weighted=False)
    inner = check_edges(bins, k)
    values = _scaled(panel, relative)
    edges = _edges(values, inner, k, cut, repr(panel.variable))
    states = class_names(labels, len(edges) + 1)
    codes = classed(values, edges)
    moves = count_moves(codes, len(states))
    ratio, pearson = homogeneity(moves)
    options = {"k": len(states), "cut": _how_cut(inner, cut), "relative": relative, "missing": missing, "gaps": gaps}
    return Markov(
        classes=_named(codes, states, panel).loc[panel.ids],
        edges=edges,
        chain=make_chain(moves.sum(axis=0), states),
        step_counts=panel.by_step(moves, states),
        likelihood_ratio=ratio,
        pearson=pearson,
        names=panel.names,
        step_lengths=panel.step_sentence(),
        spec=make_spec("markov", options=options, inputs=panel.described()),
    )


def spatial_markov(
    study: object,
    variable: str | None = None,
    *,
    w: object = None,
    k: int = 5,
    cut: Cut = "by time",
    bins: Sequence[float] | None = None,
    lag_bins: LagBins = "lag",
    relative: bool = False,
    labels: Sequence[object] | None = None,
    missing: Missing = "raise",
    gaps: Gaps = "raise",
) -> SpatialMarkov:
    """Ask whether a region's chance to rise or fall depends on its neighbours: spatial Markov chains.

    One chain for each class of the weighted mean of the neighbours at the start of a step:
    ``p_ij|l = n_ij|l / sum_j n_ij|l``. Two tests compare them with the chain of all regions together.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        A panel; or a table with one row a region and one column a time.
    variable : str, optional
        Name of the variable; not needed for a table.
    w : Weights, WeightsByTime, Graph, W or str, optional
        Weights, the same at each time or one for each, or their name in the study; the study's only one by default.
        Weights whose standardisation nobody has chosen are row-standardised (a copy is).
    k, cut, bins, relative, labels, missing, gaps
        As for `markov`.
    lag_bins : {"lag", "variable"}
        Whether the neighbours' mean is cut at its own quantiles, so that each class has equally many, or at the edges
        of the variable, so that a class means the same level for regions and neighbours. With `bins`, always the
        latter.

    Returns
    -------
    SpatialMarkov

    Raises
    ------
    InputError
        If the study has no time, there are fewer than two, steps differ in length, classes cannot be told apart,
        a mean is not positive, or labels do not fit.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``; regions and times are named.
    AlignmentError
        If values and weights do not have the same regions.
    UnknownNameError
        If the variable or the weights do not exist.
    DuplicateError
        If a region or a time occurs twice.
    WeightsError
        If there are no weights, or they have no link.
    OptionError
        If an option is not offered.

    Warns
    -----
    IslandWarning
        If leaving regions out leaves others without neighbours.

    Notes
    -----
    Islands have no neighbours' class and are left out of the counts; the summary names them.

    References
    ----------
    Rey, S. J. (2001). Spatial empirics for economic growth and convergence. Geographical Analysis 33(3), 195-214.
    https://doi.org/10.1111/j.1538-4632.2001.tb00444.x
    Rey, S. J., Kang, W., and Wolf, L. (2016). The properties of tests for spatial effects in discrete Markov chain
    models of regional income distribution dynamics. Journal of Geographical Systems 18(4), 377-398.
    https://doi.org/10.1007/s10109-016-0234-x

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> chain = pd.DataFrame([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]], list("abcd"), list("abcd"))
    >>> income = pd.DataFrame({2000: [1, 2, 3, 4], 2010: [1, 3, 2, 4], 2020: [1, 3, 2, 4]}, index=list("abcd"))
    >>> sr.spatial_markov(income, w=sr.Weights(chain.index, chain), k=2).counts.loc[1].values.tolist()
    [[1, 1], [0, 2]]
    """
    check_option(lag_bins, LagBins, "lag_bins")
    panel = draw_space_time(study, variable, w=w, missing=missing, gaps=gaps)
    inner = check_edges(bins, k)
    values = _scaled(panel, relative)
    lags = panel.lags() / panel.values.mean() if relative else panel.lags()
    edges = _edges(values, inner, k, cut, repr(panel.variable))
    own_edges = lag_bins == "lag" and inner is None
    lag_edges = _edges(lags, None, k, cut, f"the lag of {panel.variable!r}") if own_edges else edges
    states = class_names(labels, len(edges) + 1)
    codes, lag_codes = classed(values, edges), classed(lags, lag_edges)
    # An island is in no class of neighbours, and so in no chain at that time.
    moves = np.stack([_moves_from(codes, lag_codes == place, len(states)) for place in range(len(states))])
    ratio, pearson = homogeneity(moves)
    options = {
        "k": len(states),
        "cut": _how_cut(inner, cut),
        "lag_bins": "lag" if own_edges else "variable",
        "relative": relative,
        "missing": missing,
        "gaps": gaps,
    }
    return SpatialMarkov(
        classes=_named(codes, states, panel).loc[panel.ids],
        lag_classes=_named(lag_codes, states, panel).loc[panel.ids],
        edges=edges,
        lag_edges=lag_edges,
        pooled=make_chain(moves.sum(axis=0), states),
        chains=FrozenDict({state: make_chain(part, states) for state, part in zip(states, moves, strict=True)}),
        likelihood_ratio=ratio,
        pearson=pearson,
        names=panel.names,
        step_lengths=panel.step_sentence(),
        spec=make_spec("spatial_markov", options=options, inputs=panel.described()),
    )


def _moves_from(codes: np.ndarray, chosen: np.ndarray, k: int) -> np.ndarray:
    """Return the moves that start where `chosen` holds."""
    total = np.zeros((k, k), dtype=np.int64)
    for step in range(codes.shape[1] - 1):
        pair = codes[chosen[:, step]][:, [step, step + 1]]
        total += count_moves(pair, k)[0]
    return total


def _scaled(panel: SpaceTime, relative: bool) -> pd.DataFrame:
    if not relative:
        return panel.values
    means = panel.values.mean()
    if (means <= 0).any():
        raise InputError(
            f"relative=True divides by the mean of each time, which must be positive; it is not at "
            f"{name_some(means.index[means <= 0])}."
        )
    return panel.values / means


def _edges(values: pd.DataFrame, inner: np.ndarray | None, k: int, cut: Cut, what: str) -> pd.DataFrame:
    if inner is None:
        return find_edges(values, k, cut, what)
    return same_edges(inner, values.columns)


def _how_cut(inner: np.ndarray | None, cut: Cut) -> str:
    return f"quantiles, {cut}" if inner is None else f"edges {', '.join(f'{edge:g}' for edge in inner)}"


def _named(codes: np.ndarray, states: list[object], panel: SpaceTime) -> pd.DataFrame:
    names = np.array([*states, UNDEFINED], dtype=object)
    return pd.DataFrame(names[codes], index=panel.values.index, columns=panel.values.columns)
