"""What `markov` and `spatial_markov` return: classes by time, and the chains of the moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from spatial_region.autocorr._chain import ChiSquare
from spatial_region.autocorr._steps import time_span
from spatial_region.autocorr.chain import Chain, tidy_moves
from spatial_region.core.messages import name_regions
from spatial_region.core.result import Result, two_columns
from spatial_region.core.spec import Spec

UNDEFINED = "undefined"


@dataclass(frozen=True, eq=False, repr=False)
class Markov(Result):
    """Markov chain of classes.

    Attributes
    ----------
    classes : pandas.DataFrame
        Region by time: class.
    edges : pandas.DataFrame
        Upper edge of each class but the highest, at each time; a value equal to it is in the lower class.
    chain : Chain
        Moves among classes, all steps together.
    step_counts : pandas.DataFrame
        By step and class: number of moves to each class.
    likelihood_ratio, pearson : ChiSquare
        Tests that the probabilities are the same in every step.
    names : pandas.Series
        Display names.
    step_lengths : str
        How long the steps are.
    spec : Spec
        Settings.
    """

    classes: pd.DataFrame
    edges: pd.DataFrame
    chain: Chain
    step_counts: pd.DataFrame
    likelihood_ratio: ChiSquare
    pearson: ChiSquare
    names: pd.Series
    step_lengths: str
    spec: Spec

    @property
    def counts(self) -> pd.DataFrame:
        """Number of moves between classes."""
        return self.chain.counts

    @property
    def probabilities(self) -> pd.DataFrame:
        """Probability of each move, given the class it starts from."""
        return self.chain.probabilities

    @property
    def steady_state(self) -> pd.Series:
        """Share of regions in each class in the long run; NaN where the moves do not determine one."""
        return self.chain.steady_state

    @property
    def first_passage(self) -> pd.DataFrame:
        """Mean number of steps until a class is first entered; on the diagonal, until the return."""
        return self.chain.first_passage

    def table(self) -> pd.DataFrame:
        """Return one row for each pair of classes: from, to, count, probability."""
        return tidy_moves(self.chain)

    def summary(self) -> str:
        """Return the matrix, the long run and the tests as text."""
        rows = _shared_rows(self.spec, self.classes, self.step_lengths)
        rows += [
            ("mobility (Shorrocks)", self.chain.mobility),
            ("same in every step, LR", _shown(self.likelihood_ratio)),
            ("same in every step, Pearson", _shown(self.pearson)),
            *[("note", note) for note in self.chain.notes],
        ]
        return two_columns(f"Markov chain of {self.spec.inputs['variable']}", rows) + "\n" + _matrix(self.chain)


@dataclass(frozen=True, eq=False, repr=False)
class SpatialMarkov(Result):
    """Markov chains of classes, one for each class of the neighbours.

    Attributes
    ----------
    classes, lag_classes : pandas.DataFrame
        Region by time: class of the region, and of the weighted mean of its neighbours ("undefined" for islands).
    edges, lag_edges : pandas.DataFrame
        Upper edge of each class but the highest, at each time.
    pooled : Chain
        Moves among classes whatever the neighbours; islands are left out.
    chains : Mapping of Chain
        Moves of regions whose neighbours were in a class at the start of the step, by that class.
    likelihood_ratio, pearson : ChiSquare
        Tests that the probabilities do not depend on the neighbours.
    names : pandas.Series
        Display names.
    step_lengths : str
        How long the steps are.
    spec : Spec
        Settings.
    """

    classes: pd.DataFrame
    lag_classes: pd.DataFrame
    edges: pd.DataFrame
    lag_edges: pd.DataFrame
    pooled: Chain
    chains: Mapping[object, Chain]
    likelihood_ratio: ChiSquare
    pearson: ChiSquare
    names: pd.Series
    step_lengths: str
    spec: Spec

    @property
    def counts(self) -> pd.DataFrame:
        """Number of moves, by class of the neighbours and of the region."""
        return pd.concat({key: chain.counts for key, chain in self.chains.items()}, names=["lag", "from"])

    @property
    def probabilities(self) -> pd.DataFrame:
        """Probability of each move, by class of the neighbours and of the region; NaN where none was seen."""
        return pd.concat({key: chain.probabilities for key, chain in self.chains.items()}, names=["lag", "from"])

    @property
    def steady_state(self) -> pd.DataFrame:
        """Long-run shares by class of the neighbours; NaN where the moves do not determine them."""
        return pd.DataFrame({key: chain.steady_state for key, chain in self.chains.items()}).T.rename_axis("lag")

    @property
    def first_passage(self) -> pd.DataFrame:
        """Mean first passage times by class of the neighbours."""
        return pd.concat({key: chain.first_passage for key, chain in self.chains.items()}, names=["lag", "from"])

    @property
    def notes(self) -> list[str]:
        """What makes the long run of a chain special or unknown, by class of the neighbours."""
        return [f"neighbours in {key}: {note}" for key, chain in self.chains.items() for note in chain.notes]

    def table(self) -> pd.DataFrame:
        """Return one row for each pair of classes and class of the neighbours: lag, from, to, count, probability."""
        parts = [tidy_moves(chain).assign(lag=key) for key, chain in self.chains.items()]
        stacked = pd.concat(parts, ignore_index=True)
        return stacked[["lag", "from", "to", "count", "probability"]]

    def summary(self) -> str:
        """Return the matrices, the long run and the tests as text."""
        rows = _shared_rows(self.spec, self.classes, self.step_lengths)
        islands = self.lag_classes.eq(UNDEFINED).any(axis=1)
        if islands.any():
            rows.append(("no neighbours, left out", name_regions(islands.index[islands], self.names)))
        rows += [
            ("the same whatever the neighbours, LR", _shown(self.likelihood_ratio)),
            ("the same whatever the neighbours, Pearson", _shown(self.pearson)),
            *[("note", note) for note in self.notes],
        ]
        parts = [two_columns(f"Spatial Markov chain of {self.spec.inputs['variable']}", rows)]
        parts += [f"All regions\n{_matrix(self.pooled)}"]
        parts += [f"Neighbours in class {key}\n{_matrix(chain)}" for key, chain in self.chains.items()]
        return "\n".join(parts)


def _shared_rows(spec: Spec, classes: pd.DataFrame, steps: str) -> list[tuple[str, object]]:
    inputs, options = spec.inputs, spec.options
    scaled = ", of values relative to the mean" if options["relative"] else ""
    rows: list[tuple[str, object]] = [
        ("regions", len(classes)),
        ("times", time_span(list(classes.columns))),
        ("steps", steps),
        ("classes", f"{options['k']}: {options['cut']}{scaled}"),
    ]
    if "weights" in inputs:
        rows.append(("weights", inputs["weights"]))
    if inputs["dropped"]:
        rows.append(("missing, left out", inputs["dropped"]))
    return rows


def _shown(test: ChiSquare) -> str:
    return f"chi2 = {test.statistic:.4g}, df = {test.df}, p = {test.p:.3g}"


def _matrix(chain: Chain) -> str:
    matrix = chain.probabilities.assign(moves=chain.counts.sum(axis=1), steady_state=chain.steady_state)
    return matrix.round(3).to_string(na_rep="-")
