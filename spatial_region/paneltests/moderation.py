"""Moderation: how an effect depends on another variable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from spatial_region.core.options import Missing, check_between, check_option
from spatial_region.core.result import Result
from spatial_region.core.spec import Spec, digest, make_spec
from spatial_region.errors import ConstantVariableError
from spatial_region.paneltests._frame import check_names, panel_frame
from spatial_region.paneltests._static_result import PanelRegression
from spatial_region.paneltests._within import NOTHING, demean
from spatial_region.paneltests.mediation import FixedEffects, check_apart
from spatial_region.paneltests.static import PanelCovariance, regress


@dataclass(frozen=True, eq=False, repr=False)
class Moderation(Result):
    """How the effect of one variable changes with another.

    Attributes
    ----------
    regression : PanelRegression
        With cause and moderator less their means, and their product, called ``"cause:moderator"``.
    slopes : pandas.DataFrame
        Indexed by place (``mean - sd``, ``mean``, ``mean + sd`` of the moderator): see `table`.
    bounds : tuple of float
        Values of the moderator, in its own unit, at which the effect passes into or out of significance at `level`
        (Johnson and Neyman): none, one or two, ascending.
    significant : str
        Where the effect is significant: ``"everywhere"``, ``"nowhere"``, ``"below"``, ``"above"`` (one bound),
        ``"between"`` or ``"outside"`` (two).
    variable, cause, moderator : str
    level : float
    names : pandas.Series
    notes : tuple of str
    spec : Spec
    """

    regression: PanelRegression
    slopes: pd.DataFrame
    bounds: tuple[float, ...]
    significant: str
    variable: str
    cause: str
    moderator: str
    level: float
    names: pd.Series
    notes: tuple[str, ...]
    spec: Spec

    def table(self) -> pd.DataFrame:
        """Return the effect at three values of the moderator: moderator, slope, std_error, t, p, low, high."""
        return self.slopes.copy()

    def summary(self) -> str:
        """Return the regression, the slopes and the bounds as text."""
        shown = self.slopes.to_string(float_format=lambda value: f"{value:.5g}")
        ends = " and ".join(f"{value:.5g}" for value in self.bounds)
        where = f"{self.significant} {ends}" if ends else self.significant
        parts = [
            f"Moderation: effect of {self.cause} on {self.variable} by {self.moderator}",
            self.regression.table().to_string(float_format=lambda value: f"{value:.5g}"),
            "",
            shown,
            f"Significant at {1 - self.level:.3g} (Johnson-Neyman): {where}",
        ]
        return "\n".join([*parts, *(f"Note: {note}" for note in self.notes)])


def moderation(
    study: object,
    variable: str,
    *,
    cause: str,
    moderator: str,
    controls: Sequence[str] = (),
    effects: FixedEffects = "twoway",
    covariance: PanelCovariance = "cluster_region",
    level: float = 0.95,
    missing: Missing = "raise",
) -> Moderation:
    """Estimate how the effect of a cause x on y changes with a moderator z (调节效应).

    ``y = b1 (x - mean x) + b2 (z - mean z) + b3 (x - mean x)(z - mean z) + controls + effects``. The effect of x at z
    is ``b1 + b3 (z - mean z)``, with ``se^2 = v11 + 2 (z - mean z) v13 + (z - mean z)^2 v33``; it is given at the mean
    of z and one standard deviation to either side, and the values of z at which it becomes significant are those of
    Johnson and Neyman. With fixed effects b3 also carries differences between regions, not only changes over time.

    Parameters
    ----------
    study : Study or pandas.DataFrame
        Panel; a table is indexed by (region, time).
    variable : str
        The outcome y.
    cause, moderator : str
        x and z. A moderator that effects absorb, such as a dummy of coastal regions, has no term of its own.
    controls : sequence of str
        Further regressors.
    effects : {"twoway", "region", "time", "pooled"}
        Fixed effects.
    covariance : str
        Standard errors; see `panel_regression`.
    level : float
        Confidence of intervals and bounds.
    missing : {"raise", "drop"}
        With ``"drop"``, rows without one of the variables are left out.

    Returns
    -------
    Moderation

    Raises
    ------
    DuplicateError
        If a variable is named twice.
    ConstantVariableError
        If the moderator does not vary.
    UnknownNameError
        If a variable does not exist.
    MissingValuesError
        If values are missing and `missing` is ``"raise"``.
    IdentificationError
        If effects leave nothing of a variable, or variables are combinations of each other.
    OptionError
        If an option is not offered.
    InputError
        If `level` is out of range.

    References
    ----------
    Aiken and West (1991), Multiple Regression: Testing and Interpreting Interactions. Bauer and Curran (2005),
    doi:10.1207/s15327906mbr4003_5.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> rng = np.random.default_rng(0)
    >>> index = pd.MultiIndex.from_product([range(40), range(2010, 2020)], names=["region", "time"])
    >>> panel = pd.DataFrame(rng.normal(size=(400, 2)), columns=["x", "z"], index=index)
    >>> panel["y"] = (0.4 + 0.5 * panel["z"]) * panel["x"] + rng.normal(size=400)
    >>> made = sr.moderation(panel, "y", cause="x", moderator="z")
    >>> made.table()["slope"].round(2).tolist(), made.significant
    ([-0.1, 0.42, 0.94], 'outside')
    """
    check_option(effects, FixedEffects, "effects")
    check_between(level, "level", low=0, high=1)
    others = check_names(controls, least=0, argument="controls")
    named = check_apart([variable, cause, moderator, *others], "variable, cause, moderator and controls")
    frame = panel_frame(study, named, missing=missing)
    table = frame.values.drop(frame.absent)
    z = table[moderator]
    middle, spread = float(z.mean()), float(z.std())
    if not spread > 0:
        raise ConstantVariableError(f"the moderator {moderator!r} does not vary, so no effect can depend on it.")
    product = f"{cause}:{moderator}"
    table = table.assign(**{cause: table[cause] - table[cause].mean(), moderator: z - middle})
    table[product] = table[cause] * table[moderator]
    notes = []
    regressors = [cause, moderator, product, *others]
    if _is_absorbed(table[moderator], effects):
        regressors.remove(moderator)
        notes.append(f"{moderator!r} does not vary within the effects, which stand for its own term.")
    if len(frame.absent):
        notes.append(f"{len(frame.absent)} rows without some value were left out.")
    formula = f"`{variable}` ~ " + " + ".join(f"`{name}`" for name in regressors)
    fit = regress(formula, table, effects=effects, covariance=covariance, missing="drop", tests=False)
    b1, b3 = float(fit.params[cause]), float(fit.params[product])
    v = fit.covariance.loc[[cause, product], [cause, product]].to_numpy()
    reach = float(stats.t.ppf((1 + level) / 2, fit.df))
    bounds, significant = johnson_neyman(b1, b3, v, reach)
    options = {"cause": cause, "moderator": moderator, "controls": others, "effects": effects, "covariance": covariance}
    return Moderation(
        fit,
        _slopes(b1, b3, v, middle, spread, reach, fit.df),
        tuple(middle + bound for bound in bounds),
        significant,
        variable,
        cause,
        moderator,
        level,
        frame.names,
        tuple(notes),
        make_spec(
            "moderation",
            options={**options, "level": level, "missing": missing},
            inputs={"variable": variable, "rows": len(table), "values_digest": digest(table.to_numpy())},
        ),
    )


def johnson_neyman(b1: float, b3: float, v: np.ndarray, reach: float) -> tuple[tuple[float, ...], str]:
    """Return where ``|b1 + b3 z| = reach * se(z)``, and on which side the left is larger.

    ``(b3^2 - reach^2 v33) z^2 + 2 (b1 b3 - reach^2 v13) z + (b1^2 - reach^2 v11) = 0``.
    """
    square = b3**2 - reach**2 * v[1, 1]
    middle = b1 * b3 - reach**2 * v[0, 1]
    rest = b1**2 - reach**2 * v[0, 0]
    room = middle**2 - square * rest
    if square == 0 and middle != 0:
        return (-rest / (2 * middle),), "above" if middle > 0 else "below"
    if room <= 0:
        return (), "everywhere" if rest > 0 else "nowhere"
    # The root that adds numbers of one sign, and the other from their product: no digits cancel.
    q = -(middle + np.copysign(np.sqrt(room), middle))
    roots = sorted((float(q / square), float(rest / q))) if q != 0 else sorted([0.0, 0.0])
    return tuple(roots), "outside" if square > 0 else "between"


def _slopes(b1: float, b3: float, v: np.ndarray, middle: float, spread: float, reach: float, df: int) -> pd.DataFrame:
    away = np.array([-spread, 0.0, spread])
    slope = b1 + b3 * away
    error = np.sqrt(v[0, 0] + 2 * away * v[0, 1] + away**2 * v[1, 1])
    return pd.DataFrame(
        {
            "moderator": middle + away,
            "slope": slope,
            "std_error": error,
            "t": slope / error,
            "p": 2 * stats.t.sf(np.abs(slope / error), df),
            "low": slope - reach * error,
            "high": slope + reach * error,
        },
        index=pd.Index(["mean - sd", "mean", "mean + sd"], name="at"),
    )


def _is_absorbed(z: pd.Series, effects: str) -> bool:
    codes = [np.unique(z.index.get_level_values(i).to_numpy(), return_inverse=True)[1] for i in (0, 1)]
    region = codes[0] if effects in ("region", "twoway") else None
    time = codes[1] if effects in ("time", "twoway") else None
    left = demean(z.to_numpy()[:, None], region, time)
    return bool(np.linalg.norm(left) <= NOTHING * np.linalg.norm(z))
