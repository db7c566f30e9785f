"""What tests of cointegration return."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from spatial_region.core.result import Result
from spatial_region.core.spec import Spec

NULL = "no cointegration in any region"


@dataclass(frozen=True, eq=False, repr=False)
class Cointegration(Result):
    """Tests of cointegration in a panel; the null is no cointegration in any region.

    Attributes
    ----------
    formula : str
    tests : pandas.DataFrame
        See `table`.
    units : pandas.DataFrame
        Index ``region``; what each adds to Pedroni's statistics: name, rho (of its residual on the one before), tau (t
        ratio of its augmented regression), long_run_deviation (of the changes of y given those of x, in the unit of y).
        Empty without Pedroni's tests.
    level : float
        Level of the verdicts.
    trend : str
    notes : tuple of str
        What a reader must know before quoting a number.
    spec : Spec
        Settings, enough to run it again.
    """

    formula: str
    tests: pd.DataFrame
    units: pd.DataFrame
    level: float
    trend: str
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return one row for each statistic.

        Columns: test (pedroni, kao), name, dimension (within: one coefficient of the residuals for all regions under
        the alternative; between: one for each), statistic (standard normal under the null), p, rejects (when the
        statistic is large or small), verdict, regions, times, lags, bandwidth.
        """
        return self.tests.copy()

    def summary(self) -> str:
        """Return the statistics, how many reject, and the notes as text."""
        shown = self.tests[["test", "name", "dimension", "statistic", "p", "verdict"]]
        lines = [
            f"Cointegration of {self.formula}: H0, {NULL}; verdicts at the {100 * self.level:g} % level",
            shown.to_string(index=False, float_format=lambda value: f"{value:.4f}"),
        ]
        for test, mine in self.tests.groupby("test", sort=False):
            count = int((mine["p"] < self.level).sum())
            lines.append(f"  {str(test).capitalize()}: {count} of {len(mine)} statistics reject no cointegration.")
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])
