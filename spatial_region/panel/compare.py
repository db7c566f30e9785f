"""Fitted models side by side, with the likelihood ratios of those that are nested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from spatial_region.core.frozen import FrozenDict
from spatial_region.core.messages import name_some
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec, make_spec
from spatial_region.errors import DuplicateError, InputError
from spatial_region.panel._nesting import nested_ratio
from spatial_region.panel._paper_table import paper_table
from spatial_region.panel.impacts import _show_p, _show_value
from spatial_region.panel.result import SpatialPanelResult

_SPATIAL = ("rho", "lambda", "tau", "eta", "psi", "phi")
_FIT = (
    "model",
    "effects",
    "method",
    "lee_yu",
    "nobs",
    "df_model",
    "sigma2",
    "loglik",
    "aic",
    "bic",
    "r2",
    "r2_within",
    "r2_squared_correlation",
)
# Inputs that say which data a fit has seen.
_SAMPLE = ("ids", "times", "values")


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Result):
    """Several fits of the same response.

    Attributes
    ----------
    estimates, std_errors, pvalues : pandas.DataFrame
        Parameters in rows, fits in columns; NaN where a model does not contain a parameter.
    fit : pandas.DataFrame
        Statistics of each fit in columns: loglik, aic, bic, r2, r2_within, r2_squared_correlation, sigma2, nobs,
        df_model and the settings.
    ratios : pandas.DataFrame
        Likelihood ratio of every nested pair: columns ``full, nested, statistic, df, p``.
    spec : Spec
        Settings.
    """

    estimates: pd.DataFrame
    std_errors: pd.DataFrame
    pvalues: pd.DataFrame
    fit: pd.DataFrame
    ratios: pd.DataFrame
    spec: Spec

    def table(self, *, stars: bool = False) -> pd.DataFrame:
        """Return one row a parameter, columns (fit, ``estimate`` | ``std_error`` | ``p``).

        Parameters
        ----------
        stars : bool
            True: text as in a paper, the standard error in brackets below each estimate, ``***`` for p below 0.01,
            ``**`` below 0.05 and ``*`` below 0.1, with the statistics of fit in the last rows.
        """
        if stars:
            return self._as_text()
        blocks = {"estimate": self.estimates, "std_error": self.std_errors, "p": self.pvalues}
        joined = pd.concat(blocks, axis=1).swaplevel(axis=1)
        order = [(name, kind) for name in self.estimates.columns for kind in blocks]
        return joined[order].rename_axis("parameter")

    def summary(self) -> str:
        """Return the table as in a paper, and the likelihood ratios, as text."""
        with pd.option_context("display.unicode.east_asian_width", True, "display.width", None):
            parts = [f"Comparison of {len(self.fit.columns)} fits of {self.spec.inputs['response']}"]
            parts.append(str(self._as_text().rename_axis(None).to_string()))
            parts.append("* p < 0.1, ** p < 0.05, *** p < 0.01; standard errors in brackets")
            if len(self.ratios):
                shown = self.ratios.assign(
                    statistic=self.ratios["statistic"].map(_show_value), p=self.ratios["p"].map(_show_p)
                )
                parts.append("Likelihood ratio tests\n" + str(shown.to_string(index=False)))
        return "\n\n".join(parts)

    def _as_text(self) -> pd.DataFrame:
        return paper_table(self.estimates, self.std_errors, self.pvalues, self.fit)


def compare(results: Sequence[SpatialPanelResult] | Mapping[str, SpatialPanelResult]) -> Comparison:
    """Set fitted models side by side, and test those that are nested.

    Parameters
    ----------
    results : sequence or mapping of str to SpatialPanelResult
        Fits of the same response for the same regions and times. A mapping names them; otherwise they are called by
        model, and by effects and method where these differ.

    Returns
    -------
    Comparison
        ``table()`` (``stars=True`` as in a paper), ``fit``, ``ratios``.

    Raises
    ------
    InputError
        If there are fewer than two results, or they do not have the same response and sample.
    DuplicateError
        If two results cannot be told apart by model, effects, method and weights; name them with a mapping.

    Notes
    -----
    The likelihood ratio 2 (log L_full - log L_nested) is given for pairs of maximum-likelihood fits with the same
    weights and the same transformation of the data, where one is the other with parameters set to 0, with fewer fixed
    effects, or (SEM in SDM) with theta = -rho beta. ``lee_yu=True`` and ``False`` are likelihoods of different data,
    whose values cannot be compared; nor can the information criteria of those columns.

    References
    ----------
    Elhorst, J. P. (2014). Spatial Econometrics. doi:10.1007/978-3-642-40340-8.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd, spatial_region as sr
    >>> x, y = np.divmod(np.arange(30), 6)
    >>> regions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(1000 * x, 1000 * y), crs=3857)
    >>> data = pd.DataFrame(np.random.default_rng(1).normal(size=(30, 2)), columns=["y", "a"])
    >>> study = sr.make_study(regions, data).with_weights(near=sr.knn(regions, k=4))
    >>> fits = [sr.spatial_regression("y ~ a", study, model=model) for model in ("ols", "sar", "sdm")]
    >>> sr.compare(fits).ratios[["full", "nested", "df"]].to_numpy().tolist()
    [['sar', 'ols', 1], ['sdm', 'ols', 2], ['sdm', 'sar', 1]]
    """
    named = _named(results)
    _check_sample(named)
    order: dict[str, None] = {}
    for result in named.values():
        order |= dict.fromkeys(map(str, result.params.index))
    spatial = [name for prefix in _SPATIAL for name in order if name.split("_")[0] == prefix]
    rows = [name for name in order if name not in spatial] + spatial
    tables = {
        kind: pd.DataFrame({name: getattr(result, kind) for name, result in named.items()}).reindex(rows)
        for kind in ("params", "std_errors", "pvalues")
    }
    fit = pd.DataFrame({name: {key: getattr(result, key) for key in _FIT} for name, result in named.items()})
    first = next(iter(named.values()))
    spec = make_spec(
        "compare",
        options={},
        inputs={
            "response": first.response,
            **{key: first.spec.inputs[key] for key in _SAMPLE},
            "fits": tuple(named),
        },
    )
    return Comparison(
        tables["params"].rename_axis("parameter"),
        tables["std_errors"].rename_axis("parameter"),
        tables["pvalues"].rename_axis("parameter"),
        fit.reindex(list(_FIT)),
        _ratios(named),
        spec,
    )


def _named(results: object) -> Mapping[str, SpatialPanelResult]:
    if isinstance(results, Mapping):
        named = {str(name): result for name, result in results.items()}
    elif isinstance(results, Iterable) and not isinstance(results, (str, SpatialPanelResult)):
        listed = list(results)
        _check_type(listed)
        labels = [_label(result, listed) for result in listed]
        repeated = sorted({label for label in labels if labels.count(label) > 1})
        if repeated:
            raise DuplicateError(
                f"several results would be called {name_some(repeated)}; name them: compare({{'first': ..., ...}})."
            )
        named = dict(zip(labels, listed, strict=True))
    else:
        raise InputError(f"compare takes a list or mapping of results; found {type(results).__name__}.")
    _check_type(list(named.values()))
    if len(named) < 2:
        raise InputError(f"compare needs at least 2 results; found {len(named)}.")
    return FrozenDict(named)


def _check_type(results: list[Any]) -> None:
    for result in results:
        if not isinstance(result, SpatialPanelResult):
            raise InputError(
                f"compare takes results of sr.spatial_panel and sr.spatial_regression; found {type(result).__name__}."
            )


def _label(result: SpatialPanelResult, others: list[SpatialPanelResult]) -> str:
    parts = [result.model]
    parts += [result.effects] if len({other.effects for other in others}) > 1 else []
    parts += [result.method] if len({other.method for other in others}) > 1 else []
    parts += ["lee_yu"] if result.lee_yu and len({other.lee_yu for other in others}) > 1 else []
    return ", ".join(parts)


def _check_sample(named: Mapping[str, SpatialPanelResult]) -> None:
    first_name, first = next(iter(named.items()))
    for name, result in named.items():
        here, there = result.spec.inputs, first.spec.inputs
        if all(here[key] == there[key] for key in _SAMPLE):
            continue
        said = [f"{n!r}: {r.response}, {_sample(r)}" for n, r in ((first_name, first), (name, result))]
        raise InputError(
            f"results side by side need the same response, regions and times; found {said[0]}, and {said[1]}"
            f"{'' if here['regions'] != there['regions'] else ' (names or values differ)'}. Fit them on one study."
        )


def _sample(result: SpatialPanelResult) -> str:
    inputs = result.spec.inputs
    at = f" at {inputs['at']}" if inputs["at"] is not None else ""
    return f"{inputs['regions']} regions" + (f" x {inputs['periods']} times" if inputs["periods"] else "") + at


def _ratios(named: Mapping[str, SpatialPanelResult]) -> pd.DataFrame:
    rows = []
    for full_name, full in named.items():
        for nested_name, nested in named.items():
            value = nested_ratio(full, nested) if full is not nested else None
            if value is not None:
                rows.append((full_name, nested_name, value.statistic, value.df, value.p))
    table = pd.DataFrame(rows, columns=["full", "nested", "statistic", "df", "p"])
    return table.astype({"df": "Int64"})
