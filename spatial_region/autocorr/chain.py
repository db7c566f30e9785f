"""A labelled Markov chain: transition counts and probabilities, the long run, and what cannot be known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from spatial_region.autocorr._chain import Structure, find_structure, first_passage, row_shares, sojourn, stationary
from spatial_region.core.messages import name_some


@dataclass(frozen=True, eq=False)
class Chain:
    """Transitions among named states, all of the same length of time.

    Attributes
    ----------
    counts : pandas.DataFrame
        Number of moves from the state of the row to that of the column.
    """

    counts: pd.DataFrame

    @property
    def states(self) -> pd.Index:
        """Names of the states, in order."""
        return self.counts.index

    @cached_property
    def _shares(self) -> np.ndarray:
        return row_shares(self.counts.to_numpy())

    @cached_property
    def _structure(self) -> Structure:
        return find_structure(self.counts.to_numpy())

    @property
    def probabilities(self) -> pd.DataFrame:
        """Transition probabilities: counts by the total of their row; NaN for a state that was never left."""
        return self._labelled(self._shares)

    @property
    def closed(self) -> list[list[object]]:
        """Sets of states that lead to one another and to no other."""
        return [self._named(members) for members in self._structure.closed]

    @property
    def absorbing(self) -> list[object]:
        """States that were never left once entered, although there was occasion to."""
        return self._named([members[0] for members in self._structure.closed if len(members) == 1])

    @property
    def transient(self) -> list[object]:
        """States that are left for good, sooner or later."""
        return self._named(self._structure.transient)

    @property
    def never_visited(self) -> list[object]:
        """States that no region was seen in."""
        return self._named(self._structure.never_visited)

    @property
    def never_left(self) -> list[object]:
        """States seen only at the end of steps, so that nothing is known of where they lead."""
        return self._named(self._structure.never_left)

    @property
    def steady_state(self) -> pd.Series:
        """Share of regions in each state in the long run; NaN where the transitions do not determine one.

        They do not when there are several closed sets (it then depends on where regions start: see
        `steady_states`), or when nothing is known of where a state leads.
        """
        found = self.steady_states
        undetermined = len(found) != 1 or bool(self._structure.never_left)
        shares = np.full(len(self.states), np.nan) if undetermined else found.iloc[0].to_numpy()
        return pd.Series(shares, index=self.states, name="steady_state")

    @property
    def steady_states(self) -> pd.DataFrame:
        """Stationary distribution within each closed set, one row a set."""
        closed = self._structure.closed
        shares = np.array([stationary(self._shares, members) for members in closed])
        labels = [", ".join(map(str, self._named(members))) for members in closed]
        return pd.DataFrame(
            shares.reshape(len(closed), len(self.states)), index=pd.Index(labels, name="closed"), columns=self.states
        )

    @property
    def first_passage(self) -> pd.DataFrame:
        """Mean number of steps from the state of the row until that of the column is first entered.

        On the diagonal, until the return. Infinite where it may never be entered; NaN where nothing is known.
        """
        return self._labelled(first_passage(self._shares))

    @property
    def sojourn(self) -> pd.Series:
        """Mean number of steps that a state lasts."""
        return pd.Series(sojourn(self._shares), index=self.states, name="sojourn")

    @property
    def mobility(self) -> float:
        """Shorrocks' index, (k - trace P) / (k - 1): 0 when no region ever moves."""
        k = len(self.states)
        return float((k - np.trace(self._shares)) / (k - 1))

    @property
    def notes(self) -> list[str]:
        """What makes the long run special or unknown, in sentences."""
        structure, said = self._structure, []
        if structure.never_visited:
            said.append(f"never visited: {name_some(self.never_visited)}")
        if structure.never_left:
            said.append(f"seen only at the end, so that the long run is unknown: {name_some(self.never_left)}")
        if self.absorbing:
            said.append(f"absorbing (never left once entered): {name_some(self.absorbing)}")
        if len(structure.closed) > 1:
            sets = "; ".join(name_some(members) for members in self.closed)
            said.append(
                f"the long run depends on the start, since there are {len(structure.closed)} closed sets: {sets}"
            )
        if structure.transient:
            said.append(f"left for good, sooner or later: {name_some(self.transient)}")
        return said

    def _labelled(self, numbers: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(numbers, index=self.counts.index, columns=self.counts.columns)

    def _named(self, members: Sequence[int]) -> list[object]:
        return [self.states[member] for member in members]


def make_chain(counts: np.ndarray, states: Sequence[object]) -> Chain:
    """Return a chain from an array of counts and the names of its states."""
    return Chain(
        pd.DataFrame(counts, index=pd.Index(list(states), name="from"), columns=pd.Index(list(states), name="to"))
    )


def tidy_moves(chain: Chain) -> pd.DataFrame:
    """Return one row for each pair of states: from, to, count, probability."""
    pairs = pd.MultiIndex.from_product([chain.states, chain.states], names=["from", "to"])
    columns = {"count": chain.counts.to_numpy().ravel(), "probability": chain.probabilities.to_numpy().ravel()}
    return pd.DataFrame(columns, index=pairs).reset_index()
