"""Refuse coefficients that the data cannot tell apart, naming the variables and the reason."""

from __future__ import annotations

import numpy as np

from spatial_region.core.messages import name_some
from spatial_region.errors import ConstantVariableError, IdentificationError, InputError
from spatial_region.panel._blocks import Array, Blocks
from spatial_region.panel.design import INTERCEPT

# Share of a regressor's length that must remain after effects, and after all regressors before it.
_NOTHING_LEFT = 1e-9
_NOTHING_NEW = 1e-7
# A residual share below which the fit is exact up to rounding.
_EXACT = 1e-13
# Share that is nothing but rounding; a response near its own lag is a matter of the likelihood.
_ROUNDING = 1e-11


def check_identified(
    blocks: Blocks, names: list[str], *, response: str, effects: str, has_spatial_parameter: bool
) -> None:
    """Check that the response and every regressor vary, and that no regressor repeats the others.

    Parameters
    ----------
    blocks : Blocks
    names : list of str
        Of the columns of ``blocks.z``.
    response : str
    effects : str
    has_spatial_parameter : bool
        Whether the model has rho or lambda.

    Raises
    ------
    ConstantVariableError
        If the response or a regressor is constant.
    IdentificationError
        If effects absorb a regressor, or it is a linear combination of others; if the spatial lag of the response
        is a combination of the response and the regressors.
    InputError
        If there are fewer observations than unknowns.
    """
    _check_size(blocks, len(names), effects)
    if np.ptp(blocks.y) == 0:
        raise ConstantVariableError(f"{response!r} is {blocks.y.flat[0]:g} in every row; it needs to vary.")
    if _left(blocks.y, blocks.y_within) < _NOTHING_LEFT:
        raise IdentificationError(f"nothing of {response!r} is left to explain: {_absorbed([response], effects)}.")
    values = blocks.z.reshape(-1, len(names))
    within = blocks.z_within.reshape(-1, len(names))
    for place, name in enumerate(names):
        if name != INTERCEPT and np.ptp(values[:, place]) == 0:
            raise ConstantVariableError(
                f"{name!r} is {values[0, place]:g} in every row, so its coefficient is not identified; leave it out."
            )
    absorbed = [n for place, n in enumerate(names) if _left(values[:, place], within[:, place]) < _NOTHING_LEFT]
    if absorbed:
        raise IdentificationError(f"not identified with effects={effects!r}: {_absorbed(absorbed, effects)}.")
    _check_independent(within, names)
    _check_residuals(blocks, response)
    if has_spatial_parameter:
        _check_lag_of_response(blocks, response, effects)


def _check_size(blocks: Blocks, k: int, effects: str) -> None:
    periods, regions = blocks.y.shape
    if regions < 3:
        raise InputError(f"a spatial regression needs at least 3 regions; found {regions}.")
    if periods == 1 and effects in ("region", "twoway"):
        raise InputError(f"effects={effects!r} need at least 2 times; found 1.")
    lost = {"pooled": 0, "region": regions, "time": periods, "twoway": regions + periods - 1}[effects]
    if blocks.y.size <= lost + k + 2:
        raise InputError(
            f"too few observations: {blocks.y.size} for {k} slopes and {lost} {effects} effects "
            f"(and the variance and spatial parameters). Use fewer regressors or more regions and times."
        )


def _absorbed(names: list[str], effects: str) -> str:
    listed = name_some([repr(name) for name in names])
    why = {
        "region": "does not vary over time (or by less than a billionth of its level), so the region effects absorb it",
        "time": "is the same in all regions at each time, so the time effects absorb it",
        "twoway": "is a sum of a part constant over time and a part common to all regions, so the region and "
        "time effects absorb it",
    }.get(effects, "varies by less than a billionth of its level; subtract a constant from it")
    return (
        f"{listed} {why}. Leave out or choose other effects"
        if len(names) == 1
        else (f"each of {listed} {why}. Leave them out or choose other effects")
    )


def _check_independent(within: Array, names: list[str]) -> None:
    length = np.linalg.norm(within, axis=0)
    _, triangle = np.linalg.qr(within / length)
    for place, name in enumerate(names):
        if abs(triangle[place, place]) > _NOTHING_NEW:
            continue
        shares = np.linalg.lstsq(triangle[:place, :place], triangle[:place, place], rcond=None)[0]
        others = [names[i] for i in range(place) if abs(shares[i]) > 1e-6]
        raise IdentificationError(
            f"{name!r} is a linear combination of {name_some([repr(o) for o in others])} (after the effects are "
            f"removed), so that their coefficients cannot be told apart. Leave one of them out"
            + (", or take its lag out with lagged=." if name.startswith("W_") else ".")
        )


def _check_residuals(blocks: Blocks, response: str) -> None:
    """Refuse a response that the regressors explain exactly; normal equations suffice to see that."""
    k = blocks.z_within.shape[2]
    z, y = blocks.z_within.reshape(-1, k), blocks.y_within.ravel()
    scale = np.linalg.norm(z, axis=0)
    slopes = np.linalg.lstsq(z.T @ z / np.outer(scale, scale), z.T @ y / scale, rcond=None)[0] / scale
    if float(((y - z @ slopes) ** 2).sum()) < _EXACT * float((y**2).sum()):
        raise InputError(f"the regressors explain {response!r} exactly; a likelihood needs residuals that vary.")


def _check_lag_of_response(blocks: Blocks, response: str, effects: str) -> None:
    """Refuse weights that give every region the same average: W y then says nothing that y does not."""
    known = np.column_stack([blocks.z_within.reshape(blocks.y.size, -1), blocks.y_within.ravel()])
    known = known / np.linalg.norm(known, axis=0)
    lag = blocks.wy_within.ravel()
    rest = lag - known @ np.linalg.lstsq(known, lag, rcond=None)[0]
    nothing_at_all = _left(blocks.wy, lag) < _NOTHING_LEFT
    if nothing_at_all or _left(lag, rest) < _ROUNDING:
        raise IdentificationError(
            f"the spatial lag of {response!r} is a combination of {response!r} itself and the regressors (with "
            f"effects={effects!r}), so that rho and lambda are not identified. Weights that link every region to all "
            f"others alike do this; use nearer neighbours."
        )


def _left(whole: Array, within: Array) -> float:
    size = float(np.linalg.norm(whole))
    return float(np.linalg.norm(within)) / size if size > 0 else 0.0
