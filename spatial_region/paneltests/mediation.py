"""Mediation: how much of an effect passes through another variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from spatial_region.core.frozen import FrozenDict
from spatial_region.core.messages import name_some
from spatial_region.core.options import Missing, check_between, check_option, check_whole_number
from spatial_region.core.result import Result
from spatial_region.core.seeds import DEFAULT_SEED, generator
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.errors import DuplicateError, InputError
from spatial_region.paneltests._frame import check_names, panel_frame
from spatial_region.paneltests._mediation import bootstrap_paths, sobel
from spatial_region.paneltests._static_result import PanelRegression
from spatial_region.paneltests.static import PanelCovariance, regress

FixedEffects = Literal["pooled", "region", "time", "twoway"]
_STEPS = ("total", "mediator", "direct")


@dataclass(frozen=True, eq=False, repr=False)
class Mediation(Result):
    """Total, direct and indirect effect of one variable on another.

    Attributes
    ----------
    rows : pandas.DataFrame
        Indexed by effect: see `table`.
    steps : Mapping of str to PanelRegression
        The three regressions: ``"total"`` (y on x), ``"mediator"`` (m on x) and ``"direct"`` (y on x and m).
    draws : pandas.DataFrame
        Bootstrap draws of a, b, total, direct and indirect; empty without draws.
    variable, cause, mediator : str
    notes : tuple of str
    spec : Spec
    """

    rows: pd.DataFrame
    steps: Mapping[str, PanelRegression]
    draws: pd.DataFrame
    variable: str
    cause: str
    mediator: str
    notes: tuple[str, ...]
    spec: Spec

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", FrozenDict(self.steps))

    def table(self) -> pd.DataFrame:
        """Return one row for each of a (x on m), b (m on y), total, direct, indirect and share.

        Columns: estimate; std_error and p, by the regressions, and of the indirect effect by Sobel; low and high, the
        percentile interval of the bootstrap; p_bootstrap, twice the smaller share of draws on either side of 0. The
        share is indirect over total; it means little when the total is small, or has another sign.
        """
        return self.rows.copy()

    def step_table(self) -> pd.DataFrame:
        """Return the three regressions beside each other: estimate, std_error and p by (regressor, step)."""
        parts = {step: fit.table()[["estimate", "std_error", "p"]] for step, fit in self.steps.items()}
        return pd.concat(parts, names=["step"]).swaplevel().rename_axis(["regressor", "step"])

    def summary(self) -> str:
        """Return the effects and the notes as text."""
        head = f"Mediation: {self.cause} -> {self.mediator} -> {self.variable}"
        shown = self.rows.to_string(float_format=lambda value: f"{value:.5g}", na_rep="")
        return "\n".join([head, shown, *(f"Note: {note}" for note in self.notes)])


def mediation(
    study: object,
    variable: str,
    *,
    cause: str,
    mediator: str,
    controls: Sequence[str] = (),
    effects: FixedEffects = "twoway",
    covariance: PanelCovariance = "cluster_region",
    draws: int = 999,
    level: float = 0.95,
    missing: Missing = "raise",
    seed: int = DEFAULT_SEED,
) -> Mediation:
    """Split the effect of a cause x on y into a direct part and one that passes through a mediator m (中介效应).

    Three regressions with the same rows, controls and effects::

        y = c x + controls + effects          the total effect c
        m = a x + controls + effects
        y = c' x + b m + controls + effects   the direct effect c'

    The indirect effect is a b = c - c'. Sobel's test takes a b to be normal, which it is not in small samples; the
    bootstrap draws whole regions, so that errors may be correlated over time, and gives a percentile interval. Neither
    shows causation: m must be unrelated to whatever else moves y.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Panel; a table is indexed by (region, time).
    variable : str
        The outcome y.
    cause, mediator : str
        x and m.
    controls : sequence of str
        Further regressors of all three.
    effects : {"twoway", "region", "time", "pooled"}
        Fixed effects.
    covariance : str
        Standard errors of the regressions and of Sobel's test; see `panel_regression`.
    draws : int
        Bootstrap samples; 0 for none.
    level : float
        Confidence of the interval.
    missing : {"raise", "drop"}
        With ``"drop"``, rows without one of the variables are left out of all three regressions.
    seed : int
        Seed of the draws.

    Returns
    -------
    Mediation

    Raises
    ------
    DuplicateError
        If a variable is named twice.
    UnknownNameError
        If a variable does not exist.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    IdentificationError
        If effects leave nothing of a variable, or variables are combinations of each other, in the panel or in a draw.
    OptionError
        If an option is not offered.
    InputError
        If a number is out of range.

    References
    ----------
    Baron and Kenny (1986), doi:10.1037/0022-3514.51.6.1173. Sobel (1982), doi:10.2307/270723. Preacher and Hayes
    (2008), doi:10.3758/BRM.40.3.879.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> rng = np.random.default_rng(0)
    >>> index = pd.MultiIndex.from_product([range(40), range(2010, 2020)], names=["region", "time"])
    >>> panel = pd.DataFrame({"x": rng.normal(size=400)}, index=index)
    >>> panel["m"] = 0.5 * panel["x"] + rng.normal(size=400)
    >>> panel["y"] = 0.3 * panel["x"] + 0.8 * panel["m"] + rng.normal(size=400)
    >>> made = sr.mediation(panel, "y", cause="x", mediator="m", draws=199)
    >>> made.table()["estimate"].round(2)[["direct", "indirect"]].tolist()
    [0.36, 0.45]
    """
    check_option(effects, FixedEffects, "effects")
    check_between(level, "level", low=0, high=1)
    if 0 < check_whole_number(draws, "draws") < 100:
        raise InputError(f"draws={draws} are too few for the ends of an interval; take at least 100, or 0.")
    others = check_names(controls, least=0, argument="controls")
    named = check_apart([variable, cause, mediator, *others], "variable, cause, mediator and controls")
    frame = panel_frame(study, named, missing=missing)
    table = frame.values.drop(frame.absent)
    plus = "".join(f" + `{name}`" for name in others)
    formulas = (
        f"`{variable}` ~ `{cause}`{plus}",
        f"`{mediator}` ~ `{cause}`{plus}",
        f"`{variable}` ~ `{cause}` + `{mediator}`{plus}",
    )
    steps = {
        step: regress(formula, table, effects=effects, covariance=covariance, missing="drop", tests=False)
        for step, formula in zip(_STEPS, formulas, strict=True)
    }
    rows = _effects(steps, cause, mediator)
    drawn = pd.DataFrame(columns=["a", "b", "total", "direct", "indirect"], dtype=float)
    if draws:
        drawn = _bootstrap(table, named, effects, draws, seed)
        _add_intervals(rows, drawn, level)
    notes = [f"intervals by {draws} samples of whole regions."] if draws else []
    if len(frame.absent):
        notes.append(f"{len(frame.absent)} rows without some value were left out.")
    if np.sign(rows.loc["direct", "estimate"]) != np.sign(rows.loc["indirect", "estimate"]):
        notes.append(
            "direct and indirect effect have different signs: the mediator masks a part, and a share misleads."
        )
    options: dict[str, object] = {
        "cause": cause,
        "mediator": mediator,
        "controls": others,
        "effects": effects,
        "covariance": covariance,
    }
    options |= {"draws": draws, "level": level, "missing": missing}
    inputs = {"variable": variable, "rows": len(table), "values_digest": digest(table.to_numpy())}
    return Mediation(
        rows,
        steps,
        drawn,
        variable,
        cause,
        mediator,
        tuple(notes),
        make_spec("mediation", options=options, inputs=inputs, seed=seed if draws else None),
    )


def check_apart(named: list[str], what: str) -> list[str]:
    """Return names, after refusing one that stands twice.

    Raises
    ------
    DuplicateError
        If one is named twice.
    """
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise DuplicateError(f"{what} must differ; named twice: {name_some(twice)}.")
    return named


def _effects(steps: dict[str, PanelRegression], cause: str, mediator: str) -> pd.DataFrame:
    cells = {
        "a": ("mediator", cause),
        "b": ("direct", mediator),
        "total": ("total", cause),
        "direct": ("direct", cause),
    }
    rows = {
        effect: (steps[step].params[name], steps[step].std_errors[name], steps[step].pvalues[name])
        for effect, (step, name) in cells.items()
    }
    (a, error_a, _), (b, error_b, _) = rows["a"], rows["b"]
    error, _, p = sobel(a, b, error_a, error_b)
    rows["indirect"] = (a * b, error, p)
    rows["share"] = (a * b / rows["total"][0], np.nan, np.nan)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "std_error", "p"]).rename_axis("effect")


def _bootstrap(table: pd.DataFrame, named: list[str], effects: str, draws: int, seed: int) -> pd.DataFrame:
    values = table.to_numpy()
    region = np.unique(table.index.get_level_values(0).to_numpy(), return_inverse=True)[1]
    time = np.unique(table.index.get_level_values(1).to_numpy(), return_inverse=True)[1]
    ways = (effects in ("region", "twoway"), effects in ("time", "twoway"))
    controls = values[:, 3:] if any(ways) else np.column_stack([np.ones(len(values)), values[:, 3:]])
    found = bootstrap_paths(
        values[:, 0],
        values[:, 1],
        values[:, 2],
        controls,
        region,
        time,
        ways=ways,
        generator=generator(seed, "mediation", *named[:3]),
        draws=draws,
    )
    return pd.DataFrame(found, columns=["a", "b", "total", "direct"]).assign(indirect=lambda d: d["a"] * d["b"])


def _add_intervals(rows: pd.DataFrame, drawn: pd.DataFrame, level: float) -> None:
    rows[["low", "high", "p_bootstrap"]] = np.nan
    ends = [(1 - level) / 2, (1 + level) / 2]
    for effect in drawn.columns:
        low, high = np.quantile(drawn[effect], ends)
        below = float((drawn[effect] <= 0).sum())
        tail = min(below, len(drawn) - below)
        rows.loc[effect, ["low", "high", "p_bootstrap"]] = low, high, min(1.0, 2 * (tail + 1) / (len(drawn) + 1))
