"""LISA over time: the quadrant of each region at each time, and how regions move between quadrants."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial_region.autocorr._follow import follow
from spatial_region.autocorr._inputs import deviations
from spatial_region.autocorr._moves import QUADRANTS, named_quadrants, sides
from spatial_region.autocorr._space_time import SpaceTime, check_varies, draw_space_time
from spatial_region.autocorr.local_moran import local_moran
from spatial_region.autocorr.transitions_result import NOT_SIGNIFICANT, LisaTransitions
from spatial_region.core.options import Alternative, Correction, Gaps, Missing, check_between
from spatial_region.core.seeds import DEFAULT_SEED
from spatial_region.core.spec import make_spec
from spatial_region.errors import InputError


def lisa_transitions(
    study: object,
    variable: str | None = None,
    *,
    w: object = None,
    level: float | None = None,
    permutations: int | None = None,
    alternative: Alternative = "two-sided",
    correction: Correction | None = None,
    missing: Missing = "raise",
    gaps: Gaps = "raise",
    seed: int = DEFAULT_SEED,
) -> LisaTransitions:
    """Follow each region through the quadrants of the Moran scatterplot (LISA Markov, space-time transitions).

    A region is high (H) or low (L) against the mean of all regions at the time, and so is the weighted mean of its
    neighbours. Between two times a move is of type 0 when neither changes side, I when the region alone does, II when
    its neighbours alone do, and III when both do: IIIA to the same side (HH to LL, LL to HH), IIIB to opposite ones
    (HL to LH, LH to HL). Studies of provinces often number them I, II, III and IV, with IV for no move: the column
    ``type_four`` of ``table()``.

    With F the numbers of moves of each type in a step, and n that of regions with neighbours: stability is ``F0 / n``;
    flux, the moves that part a region from its neighbours or bring it to them, ``(F_I + F_II) / n``; and cohesion, the
    moves in which the two stay together in what they do, ``(F_0 + F_IIIA) / n``.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        A panel; or a table with one row a region and one column a time.
    variable : str, optional
        Name of the variable; not needed for a table.
    w : Weights, WeightsByTime, Graph, W or str, optional
        Weights, the same at each time or one for each, or their name in the study; the study's only one by default.
        Weights whose standardisation nobody has chosen are row-standardised (a copy is).
    level : float, optional
        Level of significance of local Moran's I. Regions that are not significant at a time are then in a fifth state,
        "not significant", of the chain; types of moves and measures are those of the quadrants all the same. By
        default every region counts by its quadrant.
    permutations, alternative, correction
        Of the test, as for `local_moran`, with the same defaults; used when there is a level.
    missing : {"raise", "drop"}
        What to do with regions that lack a value at some time: ``"drop"`` leaves them out at every time.
    gaps : {"raise", "keep"}
        What to do when steps differ in length: a step of one year and one of five have other probabilities. ``"keep"``
        counts them as alike, and the summary says so.
    seed : int
        Seed of the permutations.

    Returns
    -------
    LisaTransitions

    Raises
    ------
    InputError
        If the study has no time, there are fewer than two, steps differ in length, `level` is out of range, or there
        is a correction and no level.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``; regions and times are named.
    ConstantVariableError
        If the variable does not vary at some time.
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
    Papers differ in what they call flux, cohesion and stability: compare the formulas above with theirs.

    The test of independence compares the counts with those of a chain whose own and neighbours' sides move
    independently, each by its own probabilities. Four rows of four counts leave 12 probabilities free, the two
    chains 4, so that the statistic has 8 degrees of freedom (fewer where a move never occurs). giddy counts 9.
    Regions are each other's neighbours and times follow each other, so that p is a description, not a proof.

    References
    ----------
    Rey, S. J. (2001). Spatial empirics for economic growth and convergence. Geographical Analysis 33(3), 195-214.
    https://doi.org/10.1111/j.1538-4632.2001.tb00444.x
    Ye, X., and Rey, S. (2013). A framework for exploratory space-time analysis of economic data. The Annals of
    Regional Science 50(1), 315-339. https://doi.org/10.1007/s00168-011-0470-4

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> chain = pd.DataFrame([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]], list("abcd"), list("abcd"))
    >>> w = sr.Weights(chain.index, chain)
    >>> income = pd.DataFrame({2000: [9, 8, 1, 2], 2010: [9, 2, 1, 8]}, index=list("abcd"))
    >>> moves = sr.lisa_transitions(income, w=w)
    >>> moves.quadrants.loc["b"].tolist(), moves.types.iloc[:, 0].tolist()
    (['HL', 'LL'], ['II', 'I', '0', 'I'])
    """
    if level is not None:
        check_between(level, "level", low=0, high=1)
    elif correction is not None:
        raise InputError(f"correction={correction!r} is for a test, and there is none without level=; pass level=0.05.")
    panel = draw_space_time(study, variable, w=w, missing=missing, gaps=gaps)
    check_varies(panel)
    values, lag = _deviations(panel)
    own, near = sides(values.to_numpy(), lag.to_numpy())
    quadrants = _framed(named_quadrants(own, near), panel)
    test = {"permutations": permutations, "alternative": alternative, "correction": correction}
    states, drawn = (quadrants, None) if level is None else _significant(panel, level, {**test, "seed": seed})
    listed = [*QUADRANTS, NOT_SIGNIFICANT] if level is not None else list(QUADRANTS)
    return follow(
        panel,
        (own, near),
        quadrants=quadrants,
        states=states,
        listed=listed,
        values=values,
        lag=lag,
        level=level,
        spec=make_spec(
            "lisa_transitions",
            options={"level": level, **test, "permutations": drawn, "missing": missing, "gaps": gaps},
            inputs=panel.described(),
            seed=None if level is None else seed,
        ),
    )


def _deviations(panel: SpaceTime) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return deviations from the mean of each time and their lags, from the arithmetic of local Moran's I."""
    values, lag = {}, {}
    for time, w in zip(panel.times, panel.weights, strict=True):
        z, scale = deviations(panel.values[time].to_numpy())
        values[time], lag[time] = scale * z, np.where(w.cardinalities > 0, scale * (w.sparse @ z), np.nan)
    return _framed(values, panel), _framed(lag, panel)


def _significant(panel: SpaceTime, level: float, options: dict[str, object]) -> tuple[pd.DataFrame, int]:
    """Return the cluster of each region at each time, and the number of permutations that were made at most."""
    clusters, drawn = {}, 0
    for time, w in zip(panel.times, panel.weights, strict=True):
        result = local_moran(panel.values[time], w=w, **options)  # type: ignore[arg-type]
        clusters[time] = result.table(level=level)["cluster"].to_numpy()
        drawn = max(drawn, result.permutations)
    return _framed(clusters, panel), drawn


def _framed(columns: object, panel: SpaceTime) -> pd.DataFrame:
    return pd.DataFrame(columns, index=panel.values.index, columns=panel.values.columns)
