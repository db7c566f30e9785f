"""What the global statistics have in common: a number, its moments, and p-values from permutations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from spatial_region.autocorr._global_permutation import Draws
from spatial_region.autocorr._inputs import FEW_REGIONS, normal_p
from spatial_region.autocorr._tails import permutation_p
from spatial_region.core.options import Alternative
from spatial_region.core.result import Result, two_columns
from spatial_region.core.spec import Spec

_NO_SPREAD = 1e-13  # variance over the square of the mean, below which a statistic does not vary


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GlobalResult(Result):
    """Base of the global statistics.

    Attributes
    ----------
    expected, variance : float
        Mean and variance of the statistic without spatial association; NaN where no closed form is offered.
    z, p_normal : float
        Standard score, and p-value from the normal distribution.
    p : float or None
        p-value from permutations; None when none were asked for.
    permutations : int
        Number of random arrangements, or of all arrangements when `enumerated`.
    enumerated : bool
        Whether every arrangement of the values was taken, so that `p` has no Monte Carlo error.
    alternative : str
        Side of the tests, of the statistic itself.
    simulated : numpy.ndarray, shape (permutations,)
        The statistic of each arrangement.
    spec : Spec
        Settings.
    """

    expected: float
    variance: float
    z: float
    p_normal: float
    p: float | None
    permutations: int
    enumerated: bool
    alternative: Alternative
    simulated: np.ndarray
    spec: Spec

    symbol: ClassVar[str] = ""
    title: ClassVar[str] = ""

    @property
    def statistic(self) -> float:
        """The statistic, whatever its letter."""
        return float(getattr(self, self.symbol))

    @property
    def n(self) -> int:
        """Number of regions."""
        return int(str(self.spec.inputs["n"]))

    @property
    def p_error(self) -> float | None:
        """Monte Carlo standard error of `p`; 0 when every arrangement was taken."""
        if self.p is None:
            return None
        if self.enumerated:
            return 0.0
        tails = 2.0 if self.alternative == "two-sided" else 1.0
        share = self.p / tails
        return float(tails * np.sqrt(share * (1 - share) / self.permutations))

    def table(self) -> pd.DataFrame:
        """Return one row with the statistic, its moments and the p-values."""
        row = {
            "variable": self.spec.inputs["variable"],
            "at": self.spec.inputs["at"],
            "n": self.n,
            self.symbol: self.statistic,
            "expected": self.expected,
            "variance": self.variance,
            "z": self.z,
            "p_normal": self.p_normal,
            "p": self.p,
            "permutations": self.permutations,
        }
        return pd.DataFrame([row])

    def summary(self) -> str:
        """Return the statistic, its tests and the settings as text."""
        inputs, options = self.spec.inputs, self.spec.options
        at = f" at {inputs['at']}" if inputs["at"] is not None else ""
        under = f" ({options['assumption']})" if "assumption" in options else ""
        rows: list[tuple[str, object]] = [("regions", self.n), *self._statistics()]
        if np.isfinite(self.variance):
            rows += [
                ("expected", self.expected),
                (f"variance{under}", self.variance),
                ("z", self.z),
                (f"p, normal ({self.alternative})", self.p_normal),
            ]
        rows += self._more_p()
        if self.p is not None:
            how = "all arrangements" if self.enumerated else f"{self.permutations} permutations, seed {self.spec.seed}"
            rows.append((f"p, permutation ({self.alternative}; {how})", self.p))
        rows.append(("weights", inputs["weights"]))
        if self.n < FEW_REGIONS:
            rows.append(("caution", f"{self.n} regions are too few to support inference"))
        return two_columns(f"{self.title} of {inputs['variable']}{at}", rows)

    def _statistics(self) -> list[tuple[str, object]]:
        return [(self.symbol, self.statistic)]

    def _more_p(self) -> list[tuple[str, object]]:
        return []


def common_fields(
    statistic: float,
    *,
    expected: float,
    variance: float,
    simulated: np.ndarray,
    draws: Draws,
    alternative: Alternative,
    tolerance: float,
) -> dict[str, Any]:
    """Return the fields that every global statistic has; simulated values within `tolerance` of it are ties."""
    # Where every region is a neighbour of every other no arrangement differs, but for rounding.
    varies = variance > _NO_SPREAD * expected**2
    score = (statistic - expected) / np.sqrt(variance) if varies else np.nan
    return {
        "expected": float(expected),
        "variance": float(variance) if varies else 0.0,
        "z": float(score),
        "p_normal": normal_p(float(score), alternative),
        "p": permutation_p(statistic, simulated, alternative, tolerance=tolerance, exact=draws.every),
        "permutations": len(simulated),
        "enumerated": draws.every,
        "alternative": alternative,
        "simulated": simulated,
    }
