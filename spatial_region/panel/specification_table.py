"""The table of tests that choose a spatial model: what each says in words, and what they suggest together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.result import Result, two_columns
from spatial_region.core.spec import Spec
from spatial_region.panel._verdicts import ENGLISH, GROUPS, Finding, Suggestion
from spatial_region.panel.impacts import _show_p, _show_value
from spatial_region.panel.result import SpatialPanelResult

# Times up to which tests under effects by dummy variables reject visibly too often.
_FEW_TIMES = 10


@dataclass(frozen=True, eq=False, repr=False)
class SpatialTests(Result):
    """Tests that choose between spatial models.

    Names of the rows of ``table()``, where ``m`` is a model:

    - ``lr_region_m``, ``lr_time_m``, ``lr_both_m`` and ``f_...``: effects, each given the other, and both;
      ``hausman_m``, ``mundlak_m``; ``lr_random_m`` with ``effects="random"``.
    - ``lm_lag``, ``lm_error``, ``robust_lm_lag``, ``robust_lm_error``, ``lm_sarma`` (both); ``lm_wx``,
      ``robust_lm_wx`` and ``robust_lm_lag_wx`` (lagged regressors, lag), ``lm_sdm``, ``lm_sdem`` (jointly), and with
      ``_slx`` those of the regression with W X; ``bsk_...`` and ``bsjk_...``: Baltagi et al. (2003, 2007).
    - ``lr_full_nested``, ``wald_full_nested``.
    - ``moran_ols`` and ``moran_ols_time``: Moran's I of residuals, standardised; ``cd_m``, ``local_cd_m``,
      ``scaled_lm_m``, ``bias_adjusted_lm_m``: dependence between regions over time.

    Attributes
    ----------
    findings : tuple of Finding
        Each test: key, group, value (statistic, df, p, reference distribution), null and alternative hypothesis.
    level : float
        Level of the verdicts.
    suggestion : Suggestion
        The model that the tests suggest (``model``, ``effects``) and the reasoning (``str(suggestion)``).
    fits : Mapping of str to SpatialPanelResult
        Every model that was fitted under `effects`, by name.
    skipped : Mapping of str to str
        What could not be tested, and why.
    spec : Spec
        Settings.
    """

    findings: tuple[Finding, ...]
    level: float
    suggestion: Suggestion
    fits: Mapping[str, SpatialPanelResult]
    skipped: Mapping[str, str]
    spec: Spec

    def table(self, *, words: Mapping[str, str] = ENGLISH) -> pd.DataFrame:
        """Return one row a test: ``group, statistic, df, p, verdict``; the index names the test.

        Parameters
        ----------
        words : mapping of str to str
            Words of the verdicts; those of another language have the same keys.
        """
        rows = [
            {
                "group": f.group,
                "statistic": f.value.statistic,
                "df": np.nan if f.value.df is None else f.value.df,
                "p": f.value.p,
                "verdict": f.verdict(self.level, words),
            }
            for f in self.findings
        ]
        index = pd.Index([f.key for f in self.findings], name="test")
        return pd.DataFrame(rows, index=index)

    @property
    def verdict_keys(self) -> pd.Series:
        """``rejects``, ``keeps``, ``undefined`` or ``uninformative`` for each test, in no language."""
        keys = {f.key: f.verdict_key(self.level) for f in self.findings}
        return pd.Series(keys, name="verdict", dtype=object).rename_axis("test")

    def _caution(self) -> str | None:
        """Say that tests under effects estimated by dummy variables reject too often in short panels."""
        periods = int(self.spec.inputs["periods"])  # type: ignore[call-overload]
        dummies = self.spec.options["effects"] in ("region", "time", "twoway") and not self.spec.options["lee_yu"]
        if not dummies or periods > _FEW_TIMES:
            return None
        return (
            f"with {periods} times these tests reject a true hypothesis too often, up to three times; pass lee_yu=True"
        )

    def summary(self) -> str:
        """Return the tests by group, the suggestion, and what could not be tested, as text."""
        inputs = self.spec.inputs
        rows: list[tuple[str, object]] = [
            ("formula", inputs["formula"]),
            ("sample", f"{inputs['regions']} regions" + (f" x {inputs['periods']} times" if inputs["periods"] else "")),
            ("effects", self.spec.options["effects"]),
            ("weights", inputs["weights"]),
            ("level", self.level),
            ("caution", self._caution()),
        ]
        parts = [two_columns("Tests that choose a spatial model", [row for row in rows if row[1] is not None])]
        table = self.table()
        for group in GROUPS:
            block = table[table["group"] == group].drop(columns="group")
            if len(block):
                parts.append(f"{ENGLISH[f'group.{group}']}\n{_show(block)}")
        parts.append(f"Suggestion: {self.suggestion.say()}")
        if self.skipped:
            parts.append("\n".join(["Not tested:", *(f"  {what}: {why}" for what, why in self.skipped.items())]))
        return "\n\n".join(parts)


def _show(table: pd.DataFrame) -> str:
    """Return a group as text, verdicts flush left."""
    width = int(table["verdict"].str.len().max())
    shown = pd.DataFrame(
        {
            "statistic": table["statistic"].map(_show_value),
            "df": table["df"].map(_show_value),
            "p": table["p"].map(_show_p),
            "verdict": table["verdict"].str.ljust(width),
        }
    )
    text = shown.rename_axis(None).rename(columns={"verdict": "verdict".ljust(width)})
    with pd.option_context("display.max_colwidth", None):
        return "\n".join(line.rstrip() for line in str(text.to_string()).splitlines())
