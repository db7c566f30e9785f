"""Everything that a detector computed, before it is laid out as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spatial_region.geodetector._moments import FactorTest, Moments, Outcome, Singletons
from spatial_region.geodetector._pair_permutations import PairPermutations
from spatial_region.geodetector._pairs import PairTest
from spatial_region.geodetector._triples import TripleTest
from spatial_region.geodetector.optimal import Candidate
from spatial_region.geodetector.strata import Strata


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers of one sample.

    Attributes
    ----------
    outcome : Outcome
        The variable, scaled and centred.
    strata, moments, tests : tuple
        One a factor.
    limits : (numpy.ndarray, numpy.ndarray)
        Lower and upper confidence limits of q of each factor.
    p : mapping of str to numpy.ndarray
        Permutation p-values of each factor, by column of the table.
    pairs : tuple of (int, int, PairTest)
        Places of the two factors, and their test.
    draws : PairPermutations
        What permutations say of the pairs.
    triples : tuple of (int, int, int, TripleTest)
        Places of three factors, and their test; empty unless asked for.
    singletons : {"keep", "drop"}
        What became of strata of one unit.
    tried : mapping of str to (Candidate, tuple of Candidate)
        Stratifications that were compared.
    """

    outcome: Outcome
    strata: tuple[Strata, ...]
    moments: tuple[Moments, ...]
    tests: tuple[FactorTest, ...]
    limits: tuple[np.ndarray, np.ndarray]
    p: Mapping[str, np.ndarray]
    pairs: tuple[tuple[int, int, PairTest], ...]
    draws: PairPermutations
    triples: tuple[tuple[int, int, int, TripleTest], ...]
    singletons: Singletons
    tried: Mapping[str, tuple[Candidate, tuple[Candidate, ...]]]

    @property
    def names(self) -> list[str]:
        """Factors."""
        return [one.factor for one in self.strata]
