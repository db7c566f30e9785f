"""What peers decide differently in panel unit root tests, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

ConventionName = Literal["paper", "plm", "stata"]


@dataclass(frozen=True)
class Convention:
    """Choices that move a statistic without being part of the method.

    Attributes
    ----------
    ratios_by_df : bool
        Whether a series' t ratio has its variance divided by degrees of freedom, or by the number of rows.
    ips_by_rows : bool
        Whether the moments of IPS are looked up at the rows T - p - 1 of the regression, or at T.
    llc_by_rows : bool
        Whether the adjustments of LLC are looked up at the mean of T - p - 1, or at T.
    llc_rounded : bool
        Whether the bandwidth 3.21 T^(1/3) of LLC is rounded, or cut to a whole number.
    llc_drift : bool
        Whether the changes of LLC lose no more than a drift that the null has: nothing with a constant and their mean
        with a trend, as under the published adjustments; or what the regression takes from levels.
    p_by_rows : bool
        Whether p-values of regions' own regressions are those of their rows and lags, or of the limit.
    hadri_by_df : bool
        Whether variances in Hadri's test are divided by degrees of freedom, which he suggests for short panels.
    pp_current : bool
        Whether the correction of Phillips and Perron takes squares of the current levels, or of those before.
    """

    ratios_by_df: bool
    ips_by_rows: bool
    llc_by_rows: bool
    llc_rounded: bool
    llc_drift: bool
    p_by_rows: bool
    hadri_by_df: bool
    pp_current: bool

    def llc_bandwidth(self, times: int) -> int:
        """Return the bandwidth of the long-run variance of the changes."""
        wide = 3.21 * times ** (1 / 3)
        return int(np.round(wide)) if self.llc_rounded else int(wide)


CONVENTIONS: dict[str, Convention] = {
    "paper": Convention(True, True, True, False, True, True, True, False),
    "plm": Convention(False, True, False, True, False, False, False, True),
    "stata": Convention(True, False, True, False, False, False, False, False),
}
