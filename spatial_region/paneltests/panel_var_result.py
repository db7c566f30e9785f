"""What a panel vector autoregression returns."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from spatial_region.core.result import Result
from spatial_region.core.spec import Spec


@dataclass(frozen=True, eq=False, repr=False)
class PanelVar(Result):
    """A vector autoregression with the same coefficients in every region.

    Attributes
    ----------
    rows : pandas.DataFrame
        Indexed by (equation, regressor): see `table`.
    lags : int
    lag_table : pandas.DataFrame
        Indexed by lags: aic, bic, hqic, on the same rows; the number chosen is `lags` if a criterion chose it.
    roots : pandas.DataFrame
        Eigenvalues of the companion matrix: real, imaginary, modulus, largest first; for the figure of the unit circle.
    granger : pandas.DataFrame
        Indexed by (effect, cause): chi2, df, p of the Wald test that the lags of the cause have no coefficients in the
        equation of the effect; cause ``"all"`` is every other variable. NaN where regions are too few for it.
    responses : pandas.DataFrame
        Indexed by (impulse, response, horizon): response to one standard deviation of the orthogonalised impulse, and,
        with draws, low and high.
    decomposition : pandas.DataFrame
        Indexed by (response, horizon), a column an impulse: shares of the forecast variance.
    sigma : pandas.DataFrame
        Covariance of the errors.
    names : pandas.Series
    method : str
    notes : tuple of str
    spec : Spec
    """

    rows: pd.DataFrame
    lags: int
    lag_table: pd.DataFrame
    roots: pd.DataFrame
    granger: pd.DataFrame
    responses: pd.DataFrame
    decomposition: pd.DataFrame
    sigma: pd.DataFrame
    names: pd.Series
    method: str
    notes: tuple[str, ...]
    spec: Spec

    @property
    def stable(self) -> bool:
        """Whether every root lies inside the unit circle."""
        return bool(self.roots["modulus"].max() < 1)

    def table(self) -> pd.DataFrame:
        """Return estimates, indexed by (equation, regressor): estimate, std_error (clusters are regions), z, p."""
        return self.rows.copy()

    def summary(self) -> str:
        """Return coefficients, roots and Granger tests as text."""
        where = "all roots inside" if self.stable else "NOT all roots inside"
        state = f"{'stable' if self.stable else 'unstable'}: {where} the unit circle"
        wide = self.rows.assign(
            shown=[f"{b:.4g} ({e:.3g})" for b, e in zip(self.rows["estimate"], self.rows["std_error"], strict=True)]
        )["shown"].unstack("equation")
        order = self.rows.index.get_level_values("regressor").unique()
        columns = self.rows.index.get_level_values("equation").unique()
        parts = [
            f"Panel VAR({self.lags}), {self.method}; {len(self.names)} regions",
            wide.loc[order, columns].to_string(),
            "",
            f"Largest root {self.roots['modulus'].max():.4g}; {state}",
            "",
            "Granger causality (Wald, clusters are regions)",
            self.granger.to_string(float_format=lambda value: f"{value:.4g}"),
        ]
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])
