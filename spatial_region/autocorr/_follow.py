"""From quadrants at each time to moves between them, whoever determined the quadrants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from spatial_region.autocorr._chain import count_moves, independence
from spatial_region.autocorr._moves import MOVES, QUADRANTS, measures, move_types
from spatial_region.autocorr._space_time import SpaceTime
from spatial_region.autocorr.chain import make_chain
from spatial_region.autocorr.transitions_result import UNDEFINED, LisaTransitions
from spatial_region.core.spec import Spec

_BY_SIDES = [3, 1, 0, 2]  # from 2 * own + near to HH, LH, LL, HL


def follow(
    panel: SpaceTime,
    sides: tuple[np.ndarray, np.ndarray],
    *,
    quadrants: pd.DataFrame,
    states: pd.DataFrame,
    listed: Sequence[str],
    values: pd.DataFrame,
    lag: pd.DataFrame,
    level: float | None,
    spec: Spec,
) -> LisaTransitions:
    """Count moves by type, among states and from first to last.

    Parameters
    ----------
    panel : SpaceTime
        Regions and times.
    sides : (numpy.ndarray, numpy.ndarray), shape (n, times)
        Whether own values and lags are high, of `panel.values` row by row; -1 for undefined.
    quadrants, states, values, lag : pandas.DataFrame
        Region by time, as `LisaTransitions` holds them.
    listed : sequence of str
        All states there can be.
    level : float or None
        Level of significance of `states`.
    spec : Spec
        Settings.
    """
    own, near = sides
    codes = pd.DataFrame({time: pd.Index(listed).get_indexer(states[time]) for time in states}).to_numpy()
    moves = count_moves(codes, len(listed))
    kinds = move_types(own, near)
    found = np.stack([np.bincount(step[step >= 0], minlength=len(MOVES)) for step in kinds.T])
    chi2, expected = independence(own, near)
    ids, labels = panel.ids, np.array([*MOVES, UNDEFINED], dtype=object)
    return LisaTransitions(
        quadrants=quadrants.loc[ids],
        states=states.loc[ids],
        types=pd.DataFrame(labels[kinds], index=panel.values.index, columns=panel.steps).loc[ids],
        type_counts=pd.DataFrame(found, index=panel.steps, columns=pd.Index(MOVES, name="type")),
        cohesion=pd.DataFrame(measures(found), index=panel.steps),
        chain=make_chain(moves.sum(axis=0), listed),
        first_last=make_chain(count_moves(codes[:, [0, -1]], len(listed))[0], listed),
        step_counts=panel.by_step(moves, listed),
        independence=chi2,
        expected=make_chain(expected[np.ix_(_BY_SIDES, _BY_SIDES)], QUADRANTS).counts,
        values=values.loc[ids],
        lag=lag.loc[ids],
        names=panel.names,
        level=level,
        spec=spec,
        step_lengths=panel.step_sentence(),
        regions=panel.regions,
    )
