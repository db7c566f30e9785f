"""Factor analysis of indicators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from spatial_region.core.options import Missing, check_flag, check_option
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.core.study import Study
from spatial_region.errors import InputError
from spatial_region.measure._factors import (
    Components,
    bartlett,
    choose_count,
    eigenvalues_of,
    extract,
    is_singular,
    kmo,
)
from spatial_region.measure._normalise import z_scores
from spatial_region.measure.indicators import Direction, Indicators, read_directions, read_indicators, read_names

Rotation = Literal["varimax", "none"]


@dataclass(frozen=True, eq=False, repr=False)
class FactorAnalysis(Result):
    """Components of standardised indicators.

    Tables have the time as their first level when each time was analysed by itself.

    Attributes
    ----------
    loadings : pandas.DataFrame
        Correlation of each indicator with each component (F1, F2, ...), communality, and kmo of each indicator.
    components : pandas.DataFrame
        One row a component, all of them: eigenvalue; and of those kept: variance (sum of squared loadings, after
        rotation), share of the variance of all indicators, cumulative, both from 0 to 1.
    tests : pandas.DataFrame
        n; kmo; bartlett, its df and p. NaN where the correlation matrix is singular.
    scores : pandas.DataFrame
        Scores of each row on each component: mean 0, variance 1 (divisor n - 1), uncorrelated.
    index_score : pandas.Series
        Scores added with the shares of variance of their components: ``sum_k share_k F_k / sum_k share_k``.
    coefficients : pandas.Series
        What each standardised indicator is multiplied by in `index_score`.
    notes : tuple of str
        What a reader must know.
    spec : Spec
        Settings.
    """

    loadings: pd.DataFrame
    components: pd.DataFrame
    tests: pd.DataFrame
    scores: pd.DataFrame
    index_score: pd.Series
    coefficients: pd.Series
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return the loadings."""
        return self.loadings.copy()

    def summary(self) -> str:
        """Return tests, components and loadings as text."""

        def shown(table: pd.DataFrame) -> str:
            return table.to_string(float_format=lambda x: f"{x:.4g}")

        parts = ["Factor analysis", shown(self.tests), shown(self.components.dropna()), shown(self.loadings)]
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])


def factor_analysis(
    study: Study | pd.DataFrame,
    variables: Sequence[str],
    *,
    direction: Direction = "benefit",
    rotation: Rotation = "varimax",
    components: float | None = None,
    pooled: bool = True,
    missing: Missing = "raise",
) -> FactorAnalysis:
    """Sum up correlated indicators in a few components: principal components, rotated by varimax.

    Indicators are standardised, and R is their correlation matrix with eigenvalues l and eigenvectors e. Loadings are
    ``e_k sqrt(l_k)``, turned together by the rotation of Kaiser (1958); scores are ``z e_k / sqrt(l_k)``, turned alike.
    A component's sign is that with which its loadings sum to a positive number.

    KMO compares correlations with partial correlations (above 0.5 is acceptable, above 0.8 good); Bartlett's test asks
    whether there is any correlation: ``-(n - 1 - (2 p + 5) / 6) ln det R``, chi-squared with p (p - 1) / 2 degrees of
    freedom.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Regions and their data; or a table indexed by region, or by (region, time).
    variables : sequence of str
        At least two.
    direction : {"benefit", "cost"} or mapping of variable to these
        Costs are turned before anything else. Loadings of costs so turned have the other sign.
    rotation : {"varimax", "none"}
        Whether to turn the components.
    components : int or float, optional
        How many to keep; a number below 1 keeps as many as reach that share of the variance. By default those with an
        eigenvalue above 1.
    pooled : bool
        Whether all times make one analysis, or one each.
    missing : {"raise", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    FactorAnalysis

    Raises
    ------
    InputError
        If `study` or `variables` are unfit, or `components` is not between 1 and the number of variables.
    UnknownNameError
        If a variable does not exist.
    DuplicateError
        If a variable or a label occurs twice.
    ConstantVariableError
        If a variable does not vary.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    ConvergenceError
        If varimax does not settle, because no rotation is best.
    OptionError
        If `rotation` or `missing` is not offered.

    References
    ----------
    Kaiser, H. F. (1958). The varimax criterion for analytic rotation in factor analysis. *Psychometrika* 23, 187-200.
    doi:10.1007/BF02289233

    Examples
    --------
    >>> import pandas as pd, spatial_region as sr
    >>> columns = {"gdp": [1.0, 2, 3, 5], "wages": [1.0, 2, 4, 5], "rain": [3.0, 1, 3, 2]}
    >>> table = pd.DataFrame(columns, index=["a", "b", "c", "d"])
    >>> made = sr.factor_analysis(table, ["gdp", "wages", "rain"], components=2)
    >>> made.loadings[["F1", "F2", "communality"]].round(2).values.tolist()
    [[0.99, -0.12, 0.99], [0.99, 0.04, 0.99], [-0.04, 1.0, 1.0]]
    """
    check_option(rotation, Rotation, "rotation")
    check_flag(pooled, "pooled")
    names, dimensions = read_names(variables, "variables")
    if dimensions:
        raise InputError("variables must be a list; analyse each dimension by itself.")
    data = read_indicators(study, names, missing=missing)
    signs = read_directions(direction, names)
    options = {"rotation": rotation, "components": components, "pooled": pooled, "missing": missing}
    return analyse(data, signs, rotate=rotation == "varimax", components=components, pooled=pooled, options=options)


def analyse(
    data: Indicators,
    signs: np.ndarray,
    *,
    rotate: bool,
    components: float | None,
    pooled: bool,
    options: dict[str, Any],
) -> FactorAnalysis:
    """Analyse each section of the data; see `factor_analysis`."""
    names = list(data.frame.columns)
    if len(names) < 2:
        raise InputError("a factor analysis needs at least two indicators.")
    _check_count(components, len(names))
    data.check_vary(pooled=pooled)
    keep = components if components is None else int(components) if components >= 1 else float(components)
    notes = list(data.notes)
    parts = [
        (time, _section(rows, signs, keep, rotate=rotate, notes=notes, time=time))
        for time, rows in data.sections(pooled=pooled)
    ]

    def stacked(which: str) -> Any:
        tables = [part[which] for _, part in parts]
        if parts[0][0] is None:
            return tables[0]
        return pd.concat(tables, keys=[time for time, _ in parts], names=["time"])

    def by_label(which: str) -> Any:
        return pd.concat([part[which] for _, part in parts]).reindex(data.index)

    return FactorAnalysis(
        loadings=stacked("loadings"),
        components=stacked("components"),
        tests=stacked("tests") if parts[0][0] is None else stacked("tests").droplevel(1),
        scores=by_label("scores"),
        index_score=by_label("index_score"),
        coefficients=stacked("coefficients"),
        notes=tuple(notes),
        spec=make_spec(
            "factor_analysis",
            options={**options, "direction": dict(zip(names, signs.astype(int).tolist(), strict=True))},
            inputs={"variables": names, "n": len(data.frame), "values_digest": digest(data.frame.to_numpy())},
        ),
    )


def _check_count(components: float | None, p: int) -> None:
    if components is None:
        return
    number = not isinstance(components, bool) and isinstance(components, Real)
    if not number or not (0 < components < 1 or (float(components).is_integer() and 1 <= components <= p)):
        raise InputError(
            f"components must be a whole number from 1 to {p} (the number of indicators), or a share of variance "
            f"between 0 and 1; found {components!r}."
        )


def _section(
    rows: pd.DataFrame, signs: np.ndarray, components: int | float | None, *, rotate: bool, notes: list[str], time: Any
) -> dict[str, Any]:
    values = z_scores(rows.to_numpy(), signs)
    correlation = values.T @ values / (len(values) - 1)
    eigenvalues = eigenvalues_of(correlation)
    count = choose_count(eigenvalues, components)
    possible = int((eigenvalues > 1e-10).sum())
    if count > possible:
        raise InputError(
            f"{count} components are asked for; {len(rows)} rows of {len(eigenvalues)} indicators span {possible}. "
            "Ask for fewer, or leave out indicators that repeat others."
        )
    found = extract(correlation, count, rotate=rotate)
    singular = is_singular(correlation)
    if singular:
        where = "" if time is None else f" at {time}"
        notes.append(f"The correlation matrix{where} is singular, so that KMO and Bartlett's test are undefined.")
    return _tables(rows, values, found, correlation, singular=singular)


def _tables(
    rows: pd.DataFrame, values: np.ndarray, found: Components, correlation: np.ndarray, *, singular: bool
) -> dict[str, Any]:
    p, count = found.loadings.shape
    called = [f"F{k + 1}" for k in range(count)]
    overall, each = (np.nan, np.full(p, np.nan)) if singular else kmo(correlation)
    statistic, df, p_value = (np.nan, np.nan, np.nan) if singular else bartlett(correlation, len(rows))
    loadings = pd.DataFrame(found.loadings, index=rows.columns.rename("indicator"), columns=called)
    variance = np.full(p, np.nan)
    variance[:count] = found.variance
    table = pd.DataFrame(
        {
            "eigenvalue": found.eigenvalues,
            "variance": variance,
            "share": variance / p,
            "cumulative": np.cumsum(variance) / p,
        },
        index=pd.Index([f"F{k + 1}" for k in range(p)], name="component"),
    )
    scores = values @ found.coefficients
    shares = found.variance / found.variance.sum()
    tests = {"n": len(rows), "kmo": overall, "bartlett": statistic, "df": df, "p": p_value}
    return {
        "loadings": loadings.assign(communality=np.square(found.loadings).sum(axis=1), kmo=each),
        "components": table,
        "tests": pd.DataFrame(tests, index=pd.Index(["indicators"])),
        "scores": pd.DataFrame(scores, index=rows.index, columns=called),
        "index_score": pd.Series(scores @ shares, index=rows.index, name="score"),
        "coefficients": pd.Series(found.coefficients @ shares, index=loadings.index, name="coefficient"),
    }
