"""Vector autoregressions of panels: lag choice, roots, Granger tests, impulse responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.options import Missing, check_between, check_option, check_whole_number
from spatial_region.core.seeds import DEFAULT_SEED, generator
from spatial_region.core.spec import digest, make_spec
from spatial_region.errors import InputError, OptionError
from spatial_region.paneltests import _panel_var as numbers
from spatial_region.paneltests._frame import check_names, panel_frame
from spatial_region.paneltests._gmm_frame import lag_name
from spatial_region.paneltests._panel_var import Rows, VectorFit, fit_rows, make_rows
from spatial_region.paneltests.mediation import FixedEffects
from spatial_region.paneltests.panel_var_result import PanelVar

VarMethod = Literal["within", "gmm"]
VarLags = Literal["aic", "bic", "hqic"]


def panel_var(
    study: object,
    variables: Sequence[str],
    *,
    lags: int | VarLags = "bic",
    max_lags: int = 3,
    effects: FixedEffects = "region",
    method: VarMethod = "within",
    horizon: int = 10,
    draws: int = 0,
    level: float = 0.95,
    missing: Missing = "raise",
    seed: int = DEFAULT_SEED,
) -> PanelVar:
    """Explain several variables by the past of all of them, in a panel (面板向量自回归, PVAR).

    ``y_it = A_1 y_i,t-1 + ... + A_p y_i,t-p + a_i + c_t + e_it``, y of K variables, the same A in every region.
    "within" takes effects out by means; its lags are biased by the order 1/T. "gmm" takes them out by forward
    deviations and instruments the lags by their own levels, as many as there are coefficients (Love and Zicchino 2006;
    Abrigo and Love 2016); it is consistent for many regions and few times. Standard errors are those of clusters of
    regions. Levels that instrument are less the mean of all regions and times, so that where a scale begins does not
    matter.

    Responses are to one standard deviation of errors made orthogonal in the order of `variables`: a variable moves
    those after it at once, and those before it a time later. Variables should be stationary.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Panel; a table is indexed by (region, time). A lag is the previous time of the panel.
    variables : sequence of str
        Two or more variables, in the order of the orthogonalisation.
    lags : int, "aic", "bic" or "hqic"
        p, or the criterion that chooses it, all with the same rows.
    max_lags : int
        Most lags of the table of criteria, fewer if there is no room.
    effects : {"region", "twoway", "time", "pooled"}
        Fixed effects; "gmm" needs those of regions.
    method : {"within", "gmm"}
    horizon : int
        Times that responses reach.
    draws : int
        Bootstrap samples of whole regions for bands of the responses; 0 for none.
    level : float
        Confidence of the bands.
    missing : {"raise", "drop"}
        With ``"drop"``, times without all lags are left out, region by region.
    seed : int
        Seed of the draws.

    Returns
    -------
    PanelVar
        ``table()``, ``lag_table``, ``roots``, ``stable``, ``granger``, ``responses``, ``decomposition``.

    Raises
    ------
    InputError
        If there are fewer than two variables or too few times, or a number is out of range.
    OptionError
        If an option is not offered, or "gmm" comes without effects of regions.
    IdentificationError
        If lags are combinations of each other, or rows too few.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    UnknownNameError
        If a variable does not exist.
    DuplicateError
        If a variable is named twice.

    References
    ----------
    Holtz-Eakin, Newey and Rosen (1988), doi:10.2307/1913103. Love and Zicchino (2006),
    doi:10.1016/j.qref.2005.11.007. Abrigo and Love (2016), doi:10.1177/1536867X1601600314.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> rng = np.random.default_rng(0)
    >>> values = np.zeros((30, 25, 2))
    >>> for t in range(1, 25):
    ...     values[:, t] = values[:, t - 1] @ [[0.5, 0.3], [0.0, 0.4]] + rng.normal(size=(30, 2))
    >>> index = pd.MultiIndex.from_product([range(30), range(2000, 2025)], names=["region", "time"])
    >>> panel = pd.DataFrame(values.reshape(-1, 2), columns=["x", "y"], index=index)
    >>> made = sr.panel_var(panel, ["x", "y"])
    >>> made.lags, made.stable, made.granger["p"].round(3)[[("y", "x"), ("x", "y")]].tolist()
    (1, True, [0.0, 0.116])
    """
    check_option(effects, FixedEffects, "effects")
    check_option(method, VarMethod, "method")
    if method == "gmm" and effects not in ("region", "twoway"):
        raise OptionError('method="gmm" takes effects of regions out; use effects="region" or "twoway".')
    check_between(level, "level", low=0, high=1)
    check_whole_number(horizon, "horizon", least=1)
    if 0 < check_whole_number(draws, "draws") < 100:
        raise InputError(f"draws={draws} are too few for the ends of a band; take at least 100, or 0.")
    named = check_names(variables, least=2)
    frame = panel_frame(study, named, missing=missing)
    values = np.stack([frame.wide(name) for name in named], axis=2)
    scale = np.nanstd(values, axis=(0, 1))
    if not (scale > 0).all():
        raise InputError(f"{named[int(np.argmin(scale))]!r} does not vary, so its past explains nothing.")
    values = (values - np.nanmean(values, axis=(0, 1))) / scale  # numbers of one size, whatever the units
    ways = {"by_region": effects in ("region", "twoway"), "by_time": effects in ("time", "twoway")}
    table = _lag_table(values, lags, max_lags, ways, method)
    chosen = int(table[lags].idxmin()) if isinstance(lags, str) else int(lags)
    rows = make_rows(values, chosen, first=chosen, forward=method == "gmm", **ways)
    fit = fit_rows(rows)
    notes = _notes(method, effects, draws, len(frame.absent), len(frame.values))
    options: dict[str, object] = {
        "lags": lags,
        "max_lags": max_lags,
        "effects": effects,
        "method": method,
        "horizon": horizon,
    }
    options |= {"draws": draws, "level": level, "missing": missing}
    return PanelVar(
        _estimates(fit, named, scale, chosen),
        chosen,
        table,
        _roots(fit),
        _granger(fit, named, chosen),
        _responses(rows, fit, named, scale, horizon, draws, level, seed),
        _decomposition(fit, named, horizon),
        pd.DataFrame(fit.sigma * np.outer(scale, scale), named, named),
        frame.names,
        f"{method}, effects: {effects}",
        notes,
        make_spec(
            "panel_var",
            options=options,
            inputs={"variables": named, "rows": len(rows.y), "values_digest": digest(frame.values.to_numpy())},
            seed=seed if draws else None,
        ),
    )


def _lag_table(
    values: np.ndarray, lags: int | VarLags, max_lags: int, ways: dict[str, bool], method: str
) -> pd.DataFrame:
    most = check_whole_number(max_lags, "max_lags", least=1)
    if isinstance(lags, str):
        check_option(lags, VarLags, "lags")
    else:
        most = max(most, check_whole_number(lags, "lags", least=1))
    times = values.shape[1]
    # Effects of regions and forward deviations need two explained times at least.
    room = times - 2
    if room < 1 or (not isinstance(lags, str) and lags > room):
        raise InputError(f"{times} times have no room for {lags} lags; use fewer, or more times.")
    found = {}
    for count in range(1, min(most, room) + 1):
        rows = make_rows(values, count, first=min(most, room), forward=method == "gmm", **ways)
        found[count] = numbers.criteria(rows, fit_rows(rows))
    table = pd.DataFrame.from_dict(found, orient="index", columns=["aic", "bic", "hqic"])
    return table.rename_axis("lags")


def _labels(named: list[str], lags: int) -> list[str]:
    return [lag_name(name, lag) for lag in range(1, lags + 1) for name in named]


def _estimates(fit: VectorFit, named: list[str], scale: np.ndarray, lags: int) -> pd.DataFrame:
    back = scale[None, :] / np.tile(scale, lags)[:, None]
    estimate = (fit.coefficients * back).T.ravel()
    error = np.sqrt(np.diag(fit.covariance)) * back.T.ravel()
    index = pd.MultiIndex.from_product([named, _labels(named, lags)], names=["equation", "regressor"])
    z = estimate / error
    return pd.DataFrame({"estimate": estimate, "std_error": error, "z": z, "p": 2 * stats.norm.sf(np.abs(z))}, index)


def _roots(fit: VectorFit) -> pd.DataFrame:
    values = np.linalg.eigvals(numbers.companion(fit.coefficients))
    table = pd.DataFrame({"real": values.real, "imaginary": values.imag, "modulus": np.abs(values)})
    ordered = table.sort_values(["modulus", "real", "imaginary"], ascending=False)
    return ordered.reset_index(drop=True).rename_axis("root")


def _granger(fit: VectorFit, named: list[str], lags: int) -> pd.DataFrame:
    k = len(named)
    rows = {}
    for i, effect in enumerate(named):
        others = [j for j in range(k) if j != i]
        for cause, which in [*((named[j], [j]) for j in others), ("all", others)]:
            if cause == "all" and k == 2:
                continue
            places = [lag * k + j for lag in range(lags) for j in which]
            at = [i * k * lags + place for place in places]
            statistic = numbers.wald(fit.coefficients[places, i], fit.covariance[np.ix_(at, at)])
            rows[(effect, cause)] = (statistic, len(places), float(stats.chi2.sf(statistic, len(places))))
    index = pd.MultiIndex.from_tuples(list(rows), names=["effect", "cause"])
    return pd.DataFrame(list(rows.values()), index=index, columns=["chi2", "df", "p"])


def _responses(
    rows: Rows,
    fit: VectorFit,
    named: list[str],
    scale: np.ndarray,
    horizon: int,
    draws: int,
    level: float,
    seed: int,
) -> pd.DataFrame:
    found = numbers.responses(fit.coefficients, fit.sigma, horizon) * scale[None, :, None]
    index = pd.MultiIndex.from_product([named, named, range(horizon + 1)], names=["impulse", "response", "horizon"])
    table = pd.DataFrame({"value": found.transpose(2, 1, 0).ravel()}, index)
    if draws:
        made = numbers.bootstrap_responses(rows, horizon, generator(seed, "panel_var", *named), draws)
        low, high = np.quantile(made * scale[None, None, :, None], [(1 - level) / 2, (1 + level) / 2], axis=0)
        table["low"], table["high"] = low.transpose(2, 1, 0).ravel(), high.transpose(2, 1, 0).ravel()
    return table


def _decomposition(fit: VectorFit, named: list[str], horizon: int) -> pd.DataFrame:
    found = numbers.shares(numbers.responses(fit.coefficients, fit.sigma, horizon - 1))
    index = pd.MultiIndex.from_product([named, range(1, horizon + 1)], names=["response", "horizon"])
    return pd.DataFrame(found.transpose(1, 0, 2).reshape(-1, len(named)), index, pd.Index(named, name="impulse"))


def _notes(method: str, effects: str, draws: int, absent: int, rows: int) -> tuple[str, ...]:
    notes = []
    if method == "within" and effects in ("region", "twoway"):
        notes.append('fixed effects bias the lags by the order 1/T; method="gmm" does not, and is less precise.')
    if draws:
        notes.append(f"bands by {draws} samples of whole regions.")
    if absent:
        notes.append(f"{absent} of {rows} rows have missing values.")
    return tuple(notes)
