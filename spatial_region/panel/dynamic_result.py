"""The result of a dynamic spatial panel: estimates with their correction, stability, short and long run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.options import check_option, check_whole_number
from spatial_region.core.seeds import DEFAULT_SEED, generator
from spatial_region.core.spec import make_spec
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._dynamic_impacts import (
    DynamicImpactInput,
    convergence_effect,
    long_run_impacts,
    short_run,
    simulated_long_run,
    simulated_short_run,
)
from spatial_region.panel._dynamic_stability import Stability
from spatial_region.panel._impacts import ImpactEstimate, delta_impacts
from spatial_region.panel.impacts import Impacts, label_impacts
from spatial_region.panel.options import StandardErrorKind
from spatial_region.panel.result import SpatialPanelResult, warn_of_rejected

Run = Literal["short", "long"]


@dataclass(frozen=True, eq=False, repr=False)
class DynamicPanelResult(SpatialPanelResult):
    """Estimates of a spatial panel with lags of the dependent variable in time.

    Attributes beside those of `SpatialPanelResult`; `params` also holds ``tau`` and ``eta``. The log-likelihood is the
    maximum, at `uncorrected`: a correction leaves it. sigma2 of corrected estimates is divided by degrees of freedom.

    Attributes
    ----------
    dynamic : {"time", "space_time", "both"}
    correction : {"none", "analytical", "score"}
        Correction of the bias that was made.
    correction_note : str
        Why it is not the one asked for; empty otherwise.
    uncorrected : pandas.Series
        Where the conditional likelihood is highest.
    stability : Stability
        ``radius`` (largest modulus of an eigenvalue of the way from one time to the next; stable below 1), ``stable``,
        ``total`` (tau + rho + eta), ``total_se``.
    """

    dynamic: str
    correction: str
    correction_note: str
    uncorrected: pd.Series
    stability: Stability
    _w: sp.csr_array | None = field(repr=False)
    _log_determinant: LogDeterminant | None = field(repr=False)

    @property
    def bias(self) -> pd.Series:
        """Uncorrected less corrected estimates."""
        return (self.uncorrected - self.params).rename("bias")

    def impacts(
        self,
        *,
        se: StandardErrorKind = "simulation",
        draws: int = 1000,
        seed: int = DEFAULT_SEED,
        run: Run = "short",
    ) -> Impacts:
        """Return what a unit change in each regressor does: at once, or to the level that y tends to.

        Short run: ``(I - rho W)^-1 (beta I + theta W)``. Long run, after a lasting change:
        ``[(1 - tau) I - (rho + eta) W]^-1 (beta I + theta W)``.

        Parameters
        ----------
        se, draws, seed
            See `SpatialPanelResult.impacts`.
        run : {"short", "long"}

        Returns
        -------
        Impacts

        Raises
        ------
        OptionError
            If `se` or `run` is not offered.
        InputError
            If the process is not stable, so that there is no long run.
        ConvergenceError
            If most draws lie outside the parameter space.

        Warns
        -----
        ConvergenceWarning
            If more than one in a thousand draws lie outside.

        References
        ----------
        Elhorst, J. P. (2014). Spatial Econometrics. doi:10.1007/978-3-642-40340-8.
        """
        check_option(se, StandardErrorKind, "se")
        check_option(run, Run, "run")
        check_whole_number(draws, "draws", least=2)
        found = self._found(se, draws, seed, run)
        spec = make_spec(
            "impacts",
            options={"se": se, "draws": draws if se == "simulation" else None, "run": run},
            inputs={"model": f"{self.model}, {run} run", **self.spec.inputs},
            seed=seed if se == "simulation" else None,
        )
        reaches = self._parts.lag_y or self._parts.lag_x or (run == "long" and self.dynamic != "time")
        return label_impacts(found, self.regressors, has_indirect=reaches, spec=spec)

    def _found(self, se: str, draws: int, seed: int, run: str) -> ImpactEstimate:
        given, w, determinant, stable = self._given(), self._w, self._log_determinant, self.stability.stable
        if se == "delta":
            if run == "long":
                return long_run_impacts(given, w, determinant, stable=stable)
            return delta_impacts(short_run(given), w, determinant if self._parts.lag_y else None)
        random = generator(seed, "impacts", run)
        if run == "long":
            found = simulated_long_run(given, w, determinant, stable=stable, draws=draws, random=random)
        else:
            found = simulated_short_run(given, w, determinant, draws=draws, random=random)
        warn_of_rejected(found.rejected, draws)
        return found

    def convergence(self) -> pd.DataFrame:
        """Return what a higher y now does to its growth until the next time; below 0 where regions converge.

        Rows direct, indirect and total; columns ``estimate`` and ``std_error`` (delta method).
        """
        found = convergence_effect(self._given(), self._w, self._log_determinant)
        index = pd.Index(["direct", "indirect", "total"], name="effect")
        return pd.DataFrame({"estimate": found.value[:, 0], "std_error": found.se[:, 0]}, index=index)

    def _given(self) -> DynamicImpactInput:
        named = [name for name in ("tau", "eta", "rho") if name in self.params.index]
        lags = [f"W_{name}" for name in self.lagged]
        kept = [*self.regressors, *lags, *named]
        theta = pd.Series(0.0, index=self.regressors)
        theta[self.lagged] = self.params[lags].to_numpy()
        values = {name: float(self.params[name]) for name in named}
        return DynamicImpactInput(
            self.params[self.regressors].to_numpy(dtype=float),
            theta.to_numpy(),
            values.get("tau", 0.0),
            values.get("eta", 0.0),
            values.get("rho", 0.0),
            self.covariance.loc[kept, kept].to_numpy(dtype=float),
            [self.regressors.index(name) for name in self.lagged],
            named,
        )

    @property
    def _title(self) -> str:
        return f"Dynamic panel: {super()._title}"

    def _fit(self) -> list[tuple[str, object]]:
        one = self.stability
        said = f"{'stable' if one.stable else 'NOT stable'}: largest eigenvalue over time {one.radius:.4g}"
        if one.row_standardised and not np.isnan(one.total):
            said += f"; tau + rho + eta = {one.total:.4g} (std. error {one.total_se:.3g})"
        corrected = {"none": "none", "analytical": "analytical", "score": "adjusted score"}[self.correction]
        note = {"": "", "unstable": " (not stable)", "no root": " (the adjusted score has no root)"}
        return [
            *super()._fit(),
            ("bias correction", corrected + note[self.correction_note]),
            ("stability", said),
        ]

    @property
    def has_small_t_bias(self) -> bool:
        """Whether no correction was made though effects bias the estimates."""
        return self.correction == "none" and self.effects != "pooled"

    def _caution(self) -> str:
        return "the lag of y and the effects bias all estimates by the order of 1 / times; none was corrected"


def dynamic_fields(result: SpatialPanelResult) -> dict[str, Any]:
    """Return the fields of a result, to be taken over by a dynamic one."""
    return {name: getattr(result, name) for name in SpatialPanelResult.__dataclass_fields__}
