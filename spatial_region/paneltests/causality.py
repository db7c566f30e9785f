"""Granger causality between variables of a panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations as ordered_pairs
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.messages import name_regions
from spatial_region.core.options import Missing, check_option, check_whole_number
from spatial_region.core.result import Result
from spatial_region.core.seeds import DEFAULT_SEED, generator
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.errors import IdentificationError, InputError
from spatial_region.paneltests._frame import PanelFrame, check_names, panel_frame
from spatial_region.paneltests._granger import RegionTests, averages, lag_rows, region_tests
from spatial_region.paneltests._granger_draws import bootstrap_z
from spatial_region.paneltests._within import NOTHING, demean, least_squares

CausalityMethod = Literal["dumitrescu-hurlin", "pooled"]
LagRule = Literal["aic", "bic"]
CausalityTail = Literal["two-sided", "greater"]


@dataclass(frozen=True, eq=False, repr=False)
class Causality(Result):
    """Whether the past of one variable helps to predict another, for every ordered pair.

    Attributes
    ----------
    rows : pandas.DataFrame
        Indexed by (cause, effect): see `table`.
    regions : pandas.DataFrame
        Indexed by (cause, effect, region): wald, p, times. Empty for pooled tests.
    names : pandas.Series
        Display names of the regions.
    method : str
    notes : tuple of str
    spec : Spec
    """

    rows: pd.DataFrame
    regions: pd.DataFrame
    names: pd.Series
    method: str
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return one row for each (cause, effect).

        Columns of ``"dumitrescu-hurlin"``: lags, regions, times (of the shortest region, after lags), W_bar, Z_bar,
        p_Z_bar, Z_tilde, p_Z_tilde, and, with draws, p_Z_bar_bootstrap and p_Z_tilde_bootstrap. Columns of
        ``"pooled"``: lags, regions, rows, F, p, F_cluster, p_cluster, sum (of the coefficients of the cause).
        """
        return self.rows.copy()

    def summary(self) -> str:
        """Return the table and the notes as text."""
        title = "Dumitrescu-Hurlin tests" if self.method == "dumitrescu-hurlin" else "Pooled tests, region effects"
        shown = self.rows.to_string(float_format=lambda value: f"{value:.5g}")
        lines = [f"{title}: H0, the cause does not Granger-cause the effect in any region", shown]
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])


def causality(
    study: object,
    variables: Sequence[str],
    *,
    method: CausalityMethod = "dumitrescu-hurlin",
    lags: int | LagRule = 1,
    max_lags: int = 4,
    alternative: CausalityTail = "two-sided",
    draws: int = 0,
    missing: Missing = "raise",
    seed: int = DEFAULT_SEED,
) -> Causality:
    """Test whether the past of each variable helps to predict each other one (Granger causality, 格兰杰因果检验).

    ``y_it = a_i + sum_k b_ik y_i,t-k + sum_k c_ik x_i,t-k + e_it``, k = 1 ... K; the null is that all c are 0.

    - ``"dumitrescu-hurlin"``: each region has its own coefficients. ``W_bar`` is the mean of the regions' Wald
      statistics; ``Z_bar = sqrt(N / 2K) (W_bar - K)`` for long panels; ``Z_tilde`` takes mean and variance from the
      F distribution with the T at hand, and is the one to read when T is short. The alternative is causality in some
      regions, perhaps not all.
    - ``"pooled"``: coefficients are the same everywhere and regions have fixed effects; an F test, and one robust to
      heteroskedasticity and any correlation within regions. With few times the fixed effects bias the coefficients
      of the lags of y (by the order 1/T).

    Variables should be stationary; take differences first when unit-root tests say so. A lag is the previous time of
    the panel.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Panel; a table is indexed by (region, time).
    variables : sequence of str
        Two or more variables; every ordered pair is tested.
    method : {"dumitrescu-hurlin", "pooled"}
    lags : int, "aic" or "bic"
        K; or the number up to `max_lags` with the smallest criterion, summed over regions, on the same rows.
    max_lags : int
        Most lags that a criterion may choose.
    alternative : {"two-sided", "greater"}
        Tails of Z_bar and Z_tilde. Causality makes them large, so that "greater" is the test with power; programs print
        "two-sided", which also rejects where the past helps less than chance would.
    draws : int
        Bootstrap draws for p-values that allow for dependence between regions, which the normal ones do not;
        0 for none. For ``"dumitrescu-hurlin"`` on a complete panel.
    missing : {"raise", "drop"}
        With ``"drop"``, times without all lags are left out, region by region.
    seed : int
        Seed of the draws.

    Returns
    -------
    Causality

    Raises
    ------
    InputError
        If the panel is too short (``Z_tilde`` needs more than 5 + 3K times), there are fewer than two variables, or
        draws are asked for where they are not made.
    IdentificationError
        If lags are constant or combinations of each other in a region.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    UnknownNameError
        If a variable does not exist.
    DuplicateError
        If a variable or a row is found twice.
    OptionError
        If an option is not offered.

    References
    ----------
    Dumitrescu, E.-I. and Hurlin, C. (2012). Testing for Granger non-causality in heterogeneous panels. Economic
    Modelling 29(4), 1450-1460. doi:10.1016/j.econmod.2012.02.014

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> noise = np.random.default_rng(1).normal(size=(2, 20, 30))
    >>> x, y = noise[0], noise[1]
    >>> y[:, 1:] += 0.5 * x[:, :-1]
    >>> index = pd.MultiIndex.from_product([range(20), range(30)], names=["region", "time"])
    >>> panel = pd.DataFrame({"x": x.ravel(), "y": y.ravel()}, index=index)
    >>> sr.causality(panel, ["x", "y"]).table()[["Z_tilde", "p_Z_tilde"]].round(3)
                  Z_tilde  p_Z_tilde
    cause effect
    x     y        18.403      0.000
    y     x         0.235      0.814
    """
    check_option(method, CausalityMethod, "method")
    check_option(alternative, CausalityTail, "alternative")
    check_whole_number(draws, "draws")
    named = check_names(variables, least=2)
    frame = panel_frame(study, named, missing=missing)
    if draws and (method == "pooled" or len(frame.absent)):
        raise InputError('draws= is for method="dumitrescu-hurlin" on a panel without missing values.')
    wides = {name: frame.wide(name) for name in named}
    rows, parts = {}, {}
    for cause, caused in ordered_pairs(named, 2):
        y, x = wides[caused], wides[cause]
        count = _choose_lags(y, x, lags, max_lags)
        if method == "pooled":
            rows[(cause, caused)] = _pooled(y, x, count)
            continue
        found = _by_region(y, x, count, frame, (cause, caused))
        tested = averages(found.wald, found.used, count, upper=alternative == "greater")
        row: dict[str, float] = {"lags": count, "regions": len(y), "times": int(found.used.min())}
        row |= {"W_bar": tested.w_bar, "Z_bar": tested.z_bar, "p_Z_bar": tested.p_z_bar}
        row |= {"Z_tilde": tested.z_tilde, "p_Z_tilde": tested.p_z_tilde}
        if draws:
            made = bootstrap_z(y, x, count, generator(seed, "causality", cause, caused), draws)
            row["p_Z_bar_bootstrap"], row["p_Z_tilde_bootstrap"] = _share_beyond(
                made, np.array([tested.z_bar, tested.z_tilde]), alternative
            )
        rows[(cause, caused)] = row
        parts[(cause, caused)] = pd.DataFrame(
            {"wald": found.wald, "p": stats.chi2.sf(found.wald, count), "times": found.used}, index=frame.regions
        )
    index = pd.MultiIndex.from_tuples(list(rows), names=["cause", "effect"])
    table = pd.DataFrame(list(rows.values()), index=index)
    whole = ["lags", "regions", "times" if method == "dumitrescu-hurlin" else "rows"]
    options = {
        "method": method,
        "lags": lags,
        "max_lags": max_lags,
        "alternative": alternative,
        "draws": draws,
        "missing": missing,
    }
    return Causality(
        table.astype(dict.fromkeys(whole, int)),
        pd.concat(parts, names=["cause", "effect", "region"]).sort_index() if parts else pd.DataFrame(),
        frame.names,
        method,
        _notes(frame, method, draws, table),
        make_spec(
            "causality",
            options=options,
            inputs={"variables": named, "n": len(frame.regions), "values_digest": digest(frame.values.to_numpy())},
            seed=seed if draws else None,
        ),
    )


def _share_beyond(made: np.ndarray, found: np.ndarray, alternative: str) -> np.ndarray:
    """Return the share of draws as far out as what was found, which counts as one of them."""
    if alternative == "two-sided":
        made, found = np.abs(made), np.abs(found)
    return np.asarray(((made >= found).sum(axis=0) + 1) / (len(made) + 1))


def _notes(frame: PanelFrame, method: str, draws: int, table: pd.DataFrame) -> tuple[str, ...]:
    notes = []
    if len(frame.absent):
        notes.append(f"{len(frame.absent)} of {len(frame.values)} rows have missing values.")
    if method == "pooled":
        notes.append("Fixed effects bias coefficients of lags by the order 1/T; see gmm_panel for short panels.")
        return tuple(notes)
    if not draws:
        notes.append("p-values take regions to be independent; draws= gives some that do not.")
    if ((table["Z_tilde"] < 0) & (table["p_Z_tilde"] < 0.05)).any():
        notes.append("A small p with Z_tilde below 0 is no sign of causality: the past helps less than by chance.")
    return tuple(notes)


def _by_region(y: np.ndarray, x: np.ndarray, lags: int, frame: PanelFrame, pair: tuple[str, str]) -> RegionTests:
    found = region_tests(y, x, lags)
    need = 2 * lags + 6
    short = frame.regions[found.used < need]
    if len(short):
        raise InputError(
            f"{lags} lag(s) of {pair[0]!r} and {pair[1]!r} need {need} times with all their lags, so {need + lags} "
            f"times without gaps, in each region; fewer in {name_regions(short, frame.names)}. "
            f'Use fewer lags, method="pooled", or leave the regions out.'
        )
    undefined = frame.regions[np.isnan(found.wald)]
    if len(undefined):
        raise IdentificationError(
            f"lags of {pair[0]!r} and {pair[1]!r} are constant, or combinations of each other, in "
            f"{name_regions(undefined, frame.names)}. Leave these regions out, or use fewer lags."
        )
    return found


def _choose_lags(y: np.ndarray, x: np.ndarray, lags: int | LagRule, max_lags: int) -> int:
    if not isinstance(lags, str):
        return _check_room(check_whole_number(lags, "lags", least=1), y)
    check_option(lags, LagRule, "lags")
    most = _check_room(check_whole_number(max_lags, "max_lags", least=1), y)
    best, chosen = np.inf, 1
    for count in range(1, most + 1):
        found = region_tests(y, x, count, first=most)
        n = found.used
        penalty = 2.0 if lags == "aic" else np.log(n)
        value = float((n * np.log(found.rss / n) + penalty * (2 * count + 1)).sum())
        if value < best:
            best, chosen = value, count
    if not np.isfinite(best):
        raise InputError(f'lags="{lags}" needs more times than {y.shape[1]} for up to {most} lags; lower max_lags=.')
    return chosen


def _check_room(lags: int, y: np.ndarray) -> int:
    if lags >= y.shape[1] - 1:
        raise InputError(f"{lags} lags leave none of {y.shape[1]} times to explain; use fewer.")
    return lags


def _pooled(y: np.ndarray, x: np.ndarray, lags: int) -> dict[str, float]:
    regions = len(y)
    now = y[:, lags:]
    columns = np.concatenate([lag_rows(y, lags, lags), lag_rows(x, lags, lags)], axis=2)
    complete = np.isfinite(now) & np.isfinite(columns).all(axis=2)
    region = np.unique(np.broadcast_to(np.arange(regions)[:, None], now.shape)[complete], return_inverse=True)[1]
    level = np.column_stack([now[complete], columns[complete]])
    stacked = demean(level, region)
    present = int(region.max()) + 1 if len(region) else 0
    if present < 2:
        raise IdentificationError(f"a pooled test needs at least 2 regions with all lags; found {present}.")
    if (np.linalg.norm(stacked, axis=0) <= NOTHING * np.linalg.norm(level, axis=0)).any():
        raise IdentificationError(
            "a variable does not change over time in any region, so that its past explains nothing, and nothing "
            "explains it. Leave it out."
        )
    whole = least_squares(stacked[:, 0], stacked[:, 1:], taken=present)
    part = least_squares(stacked[:, 0], stacked[:, 1 : 1 + lags], taken=present)
    f = (part.rss - whole.rss) / lags / (whole.rss / whole.df)
    tested = whole.coefficients[lags:]
    spread = whole.clustered(region, lost=2 * lags + 1)[lags:, lags:]
    f_cluster = float(tested @ np.linalg.solve(spread, tested)) / lags
    return {
        "lags": lags,
        "regions": present,
        "rows": len(region),
        "F": f,
        "p": float(stats.f.sf(f, lags, whole.df)),
        "F_cluster": f_cluster,
        "p_cluster": float(stats.f.sf(f_cluster, lags, present - 1)),
        "sum": float(tested.sum()),
    }
