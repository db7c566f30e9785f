"""What table libraries read from a result: coefficients, statistics and labels, with no dependency either way.

The names with double underscores are those that `maketables` looks for.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd

from spatial_region.panel.options import TITLES

_STATISTICS = {
    "N": "nobs",
    "ll": "loglik",
    "loglik": "loglik",
    "aic": "aic",
    "bic": "bic",
    "r2": "r2",
    "r2_within": "r2_within",
    "r2_squared_correlation": "r2_squared_correlation",
    "sigma2": "sigma2",
    "se_type": "covariance_kind",
}
_STATISTIC_LABELS = {
    "N": "Observations",
    "loglik": "Log-likelihood",
    "aic": "AIC",
    "bic": "BIC",
    "r2": "R2",
    "r2_within": "R2 within",
    "r2_squared_correlation": "R2 squared correlation",
    "sigma2": "sigma2",
}
_EFFECTS = {"region": "region", "time": "time", "twoway": "region+time"}


class _Estimates(Protocol):
    model: str
    effects: str
    covariance_kind: str
    response: str

    def table(self, *, level: float = 0.95) -> pd.DataFrame: ...


class Printable:
    """Coefficient table, statistics and labels under the names that table libraries look for."""

    @property
    def __maketables_coef_table__(self: _Estimates) -> pd.DataFrame:
        """Estimates in columns ``b, se, t, p`` and 95 % limits."""
        table = self.table(level=0.95).rename(
            columns={"estimate": "b", "std_error": "se", "z": "t", "low": "ci95l", "high": "ci95u"}
        )
        return table.rename_axis("Coefficient")

    def __maketables_stat__(self, key: str) -> Any:
        """Return one statistic, None where the model has none."""
        if key == "model_type":
            return TITLES[self.model]  # type: ignore[attr-defined]
        value = getattr(self, _STATISTICS[key], None) if key in _STATISTICS else None
        return None if isinstance(value, float) and np.isnan(value) else value

    @property
    def __maketables_depvar__(self: _Estimates) -> str:
        """Name of the dependent variable."""
        return self.response

    @property
    def __maketables_fixef_string__(self: _Estimates) -> str | None:
        """Fixed effects, joined by ``+``."""
        return _EFFECTS.get(self.effects)

    @property
    def __maketables_vcov_info__(self: _Estimates) -> dict[str, Any]:
        """Kind of the standard errors."""
        return {"vcov_type": self.covariance_kind, "clustervar": None}

    @property
    def __maketables_stat_labels__(self) -> dict[str, str]:
        """Labels of the statistics."""
        return dict(_STATISTIC_LABELS)

    @property
    def __maketables_default_stat_keys__(self) -> list[str]:
        """Statistics to be printed unless others are asked for."""
        keys = ("N", "loglik", "aic", "bic", "r2", "r2_within", "sigma2")
        return [key for key in keys if self.__maketables_stat__(key) is not None]
