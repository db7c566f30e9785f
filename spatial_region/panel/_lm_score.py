"""Score of extra parameters at least squares, and the tests that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from spatial_region.panel._blocks import Array
from spatial_region.panel._lm_value import TestValue, chi2_value, normal_value

# Below this share of the information of a parameter alone, what others leave of it is rounding.
_NOTHING = 1e-12


@dataclass(frozen=True)
class Score:
    """Derivative of the log-likelihood in parameters that are 0 under the null hypothesis.

    Attributes
    ----------
    gradient : (p,)
        At the restricted maximum likelihood estimate.
    information : (p, p)
        Expected information of these parameters, all others partialled out.
    alone : (p,)
        Information of each parameter before anything was partialled out: the yardstick of what counts as nothing.
    groups : dict of str to list of int
        Places of the parameters of each name.
    """

    gradient: Array
    information: Array
    alone: Array
    groups: dict[str, list[int]]

    def test(self, *names: str) -> TestValue:
        """Test that the parameters `names` are 0, given that all others are."""
        places = self._places(names)
        return _quadratic(self.gradient[places], self.information[np.ix_(places, places)], self.alone[places])

    def robust(self, name: str, *, against: str) -> TestValue:
        """Test that parameters `name` are 0 when `against` may be a little off 0 (Bera and Yoon 1993).

        The score and its information are those that the score of `against` does not explain.
        """
        places, others = self._places((name,)), self._places((against,))
        cross = self.information[np.ix_(places, others)]
        share = np.linalg.solve(self.information[np.ix_(others, others)], cross.T).T
        gradient = self.gradient[places] - share @ self.gradient[others]
        information = self.information[np.ix_(places, places)] - share @ cross.T
        return _quadratic(gradient, information, self.alone[places])

    def upper(self, name: str, *, against: str | None = None) -> TestValue:
        """Test one parameter that cannot be negative: the signed root of its statistic, large values only."""
        value = self.test(name) if against is None else self.robust(name, against=against)
        (place,) = self.groups[name]
        gradient = self.gradient[place]
        if against is not None:
            (other,) = self.groups[against]
            gradient -= self.information[place, other] / self.information[other, other] * self.gradient[other]
        return normal_value(np.copysign(np.sqrt(value.statistic), gradient), upper=True)

    def _places(self, names: tuple[str, ...]) -> list[int]:
        return [place for name in names for place in self.groups[name]]


def _quadratic(gradient: Array, information: Array, alone: Array) -> TestValue:
    """Return g' I^-1 g on as many degrees of freedom as the information has directions.

    A lag that the other columns span takes no degree of freedom; where nothing is left at all, the statistic is not
    defined and NaN.
    """
    scale = np.sqrt(np.where(alone > 0, alone, 1.0))
    values, vectors = eigh(information / np.outer(scale, scale))
    kept = values > _NOTHING
    if not kept.any():
        return TestValue(float("nan"), 0.0, float("nan"), "chi2")
    along = vectors[:, kept].T @ (gradient / scale)
    return chi2_value(float((along**2 / values[kept]).sum()), int(kept.sum()))
