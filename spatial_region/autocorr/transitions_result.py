"""What `lisa_transitions` returns: quadrants by time, moves between them, and their chain."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from spatial_region.autocorr._chain import ChiSquare
from spatial_region.autocorr._moves import MOVES, MOVES_OF_FOUR, QUADRANTS, measures, type_of_move
from spatial_region.autocorr._steps import time_span
from spatial_region.autocorr.chain import Chain
from spatial_region.core.messages import name_regions
from spatial_region.core.result import Result, two_columns
from spatial_region.core.spec import Spec

NOT_SIGNIFICANT, UNDEFINED = "not significant", "undefined"


@dataclass(frozen=True, eq=False, repr=False)
class LisaTransitions(Result):
    """Quadrants of all regions at all times, and the moves between them.

    Attributes
    ----------
    quadrants : pandas.DataFrame
        Region by time: HH, LH, LL, HL (own value first), or "undefined" for an island.
    states : pandas.DataFrame
        The same, with "not significant" where local Moran's I is not, if a level was given; what the chain counts.
    types : pandas.DataFrame
        Region by step (from, to): type of the move between quadrants, "0", "I", "II", "IIIA", "IIIB" or "undefined".
    type_counts : pandas.DataFrame
        Step by type: number of regions.
    cohesion : pandas.DataFrame
        By step: moves (regions with a quadrant), stability, flux, cohesion.
    chain : Chain
        Moves among states, all steps together.
    first_last : Chain
        Moves from the first time to the last, in one step.
    step_counts : pandas.DataFrame
        By step and state: number of moves to each state.
    independence : ChiSquare
        Test that own moves and those of neighbours are independent.
    expected : pandas.DataFrame
        Counts among quadrants that independence would give.
    values, lag : pandas.DataFrame
        Region by time: deviation from the mean of the time, and its spatial lag.
    names : pandas.Series
        Display names.
    level : float or None
        Level of significance of `states`.
    spec : Spec
        Settings.
    step_lengths : str
        How long the steps are.
    regions : Study or None
        Where the boundaries are, for maps.
    """

    quadrants: pd.DataFrame
    states: pd.DataFrame
    types: pd.DataFrame
    type_counts: pd.DataFrame
    cohesion: pd.DataFrame
    chain: Chain
    first_last: Chain
    step_counts: pd.DataFrame
    independence: ChiSquare
    expected: pd.DataFrame
    values: pd.DataFrame
    lag: pd.DataFrame
    names: pd.Series
    level: float | None
    spec: Spec
    step_lengths: str
    regions: object = None

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.quadrants)

    @property
    def counts(self) -> pd.DataFrame:
        """Number of moves between states, all steps together."""
        return self.chain.counts

    @property
    def probabilities(self) -> pd.DataFrame:
        """Probability of each move, given the state it starts from."""
        return self.chain.probabilities

    @property
    def steady_state(self) -> pd.Series:
        """Share of regions in each state in the long run; NaN where the moves do not determine one."""
        return self.chain.steady_state

    @property
    def first_passage(self) -> pd.DataFrame:
        """Mean number of steps until a state is first entered; on the diagonal, until the return."""
        return self.chain.first_passage

    @property
    def totals(self) -> pd.Series:
        """Stability, flux and cohesion of all steps together."""
        found = measures(self.type_counts.to_numpy().sum(axis=0))
        return pd.Series({key: float(value) for key, value in found.items()}, name="all steps")

    def table(self) -> pd.DataFrame:
        """Return one row for each region and step.

        Returns
        -------
        pandas.DataFrame
            Indexed by region, from and to; columns quadrant_from, quadrant_to, state_from, state_to, type (0, I, II,
            IIIA, IIIB), type_four (I, II, III, IV; see `lisa_transitions`), name.
        """
        parts = []
        for start, end in self.types.columns:
            types = self.types[(start, end)]
            part = pd.DataFrame(
                {
                    "quadrant_from": self.quadrants[start],
                    "quadrant_to": self.quadrants[end],
                    "state_from": self.states[start],
                    "state_to": self.states[end],
                    "type": types,
                    "type_four": types.map(MOVES_OF_FOUR).fillna(UNDEFINED),
                    "name": self.names,
                }
            )
            parts.append(part.assign(**{"from": start, "to": end}).set_index(["from", "to"], append=True))
        # Region by region, times ascending, in the order of the caller's regions.
        stacked = pd.concat(parts)
        place = np.arange(len(stacked)).reshape(len(parts), self.n).T.ravel()
        return stacked.iloc[place]

    def members(self, *, first_last: bool = False) -> pd.DataFrame:
        """Return which regions made each move: the table that studies of provinces print.

        Parameters
        ----------
        first_last : bool
            Whether to compare the first time with the last only, and not each time with the next.

        Returns
        -------
        pandas.DataFrame
            Indexed by from and to; columns quadrant_from, quadrant_to, type, type_four, count, regions (ids), names.
            Moves of type 0 are those that stay. Regions without a quadrant are left out.
        """
        times = list(self.quadrants.columns)
        steps = [(times[0], times[-1])] if first_last else list(self.types.columns)
        rows = []
        for step in steps:
            start, end = self.quadrants[step[0]], self.quadrants[step[1]]
            for pair in product(QUADRANTS, repeat=2):
                ids = self.quadrants.index[(start == pair[0]) & (end == pair[1])]
                if len(ids):
                    kind = type_of_move(*pair)
                    shown = self.names.loc[ids].tolist()
                    rows.append((*step, *pair, kind, MOVES_OF_FOUR[kind], len(ids), ids.tolist(), shown))
        columns = ["from", "to", "quadrant_from", "quadrant_to", "type", "type_four", "count", "regions", "names"]
        return pd.DataFrame(rows, columns=columns).set_index(["from", "to"])

    def summary(self) -> str:
        """Return moves by type, the transition matrix, the long run and the tests as text."""
        inputs, chi2, islands = self.spec.inputs, self.independence, self.quadrants.eq(UNDEFINED).any(axis=1)
        totals = self.totals
        rows: list[tuple[str, object]] = [
            ("regions", self.n),
            ("times", time_span(list(self.quadrants.columns))),
            ("steps", self.step_lengths),
            ("moves of type " + ", ".join(MOVES), ", ".join(map(str, self.type_counts.sum()))),
            ("stability, flux, cohesion", ", ".join(f"{totals[key]:.3f}" for key in totals.index[1:])),
            ("own and neighbours' moves independent", f"chi2 = {chi2.statistic:.4g}, df = {chi2.df}, p = {chi2.p:.3g}"),
            ("weights", inputs["weights"]),
        ]
        if islands.any():
            rows.append(("no neighbours, left out", name_regions(islands.index[islands], self.names)))
        if inputs["dropped"]:
            rows.append(("missing, left out", inputs["dropped"]))
        if self.level is not None:
            options = self.spec.options
            how = f"{options['permutations']} permutations, {options['alternative']}, seed {self.spec.seed}"
            rows.append(("significance", f"level {self.level:g}, correction {options['correction'] or 'none'}, {how}"))
        rows += [("note", note) for note in self.chain.notes]
        matrix = self.probabilities.assign(moves=self.counts.sum(axis=1), steady_state=self.steady_state)
        shown = matrix.round(3).to_string(na_rep="-")
        return two_columns(f"LISA transitions of {inputs['variable']}", rows) + "\n" + shown
