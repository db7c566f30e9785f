"""Generalised method of moments for spatial regression: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from scipy import sparse as sp

from spatial_region.core.options import check_option
from spatial_region.errors import InputError, OptionError
from spatial_region.panel._blocks import Array
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._gmm_equation import make_equation
from spatial_region.panel._gmm_result import GmmEstimate, assemble
from spatial_region.panel._gmm_steps import ErrorProcess, fixed_step, random_step
from spatial_region.panel.options import Parts

__all__ = ["GmmEstimate", "MomentKind", "RandomInstruments", "estimate_gmm"]

MomentKind = Literal["auto", "initial", "weights", "fullweights", "hom", "het"]
RandomInstruments = Literal["g2sls", "ec2sls"]


def estimate_gmm(
    y: Array,
    z: Array,
    weights: Sequence[sp.csr_array],
    *,
    parts: Parts,
    effects: str,
    error: sp.csr_array | None = None,
    interval: tuple[float, float] | None = None,
    endogenous: Array | None = None,
    outside: Array | None = None,
    lag_outside: bool = False,
    orders: int = 2,
    moments: MomentKind = "auto",
    combine: RandomInstruments = "g2sls",
    small_sample: bool = True,
) -> GmmEstimate:
    r"""Fit one model by two-stage least squares and moments of the error process.

    Parameters
    ----------
    y : (T, N)
        T = 1 for a cross-section.
    z : (T, N, k)
        Exogenous regressors: an intercept if wanted (never beside fixed effects), X, and those W X of the model.
    weights : sequence of (N, N)
        One rho for each, if the model has W y; instruments are their powers times `z`.
    parts : Parts
    effects : {"pooled", "region", "time", "twoway", "random"}
    error : (N, N), optional
        Weights of the error process; the first of `weights` without it.
    interval : (low, high), optional
        Where lambda may lie; from the eigenvalues of the error weights without it.
    endogenous : (T, N, e), optional
        Regressors that go with the error.
    outside : (T, N, q), optional
        Instruments for them, q >= e, which are no regressors.
    lag_outside : bool
        Whether the spatial lags of `outside` are instruments as well.
    orders : int
        Highest power of W among the instruments [z, W z, ..., W^orders z].
    moments : str
        For lambda. "initial", "weights", "fullweights": Kapoor, Kelejian and Prucha (2007); with fixed effects, where
        there is one variance only, the first two are the same. "hom", "het": Drukker, Egger and Prucha (2013) and
        Arraiz et al. (2010), whose lambda has a standard error; "het" is robust to unequal variances, and with region
        effects, fixed or random, to any correlation over time. "auto": "hom".
    combine : {"g2sls", "ec2sls"}
        Instruments under random effects: quasi-demeaned, or the means of each region and the deviations from them
        apart (Baltagi and Liu 2011): twice as many, and with a larger bias in small samples.
    small_sample : bool
        Whether variances are divided by degrees of freedom: observations less fixed effects and slopes. False: by
        observations less fixed effects.

    Raises
    ------
    OptionError
        If options are not offered, or do not go together.
    IdentificationError
        If regressors or instruments do not identify the coefficients.
    ConvergenceError
        If the moments have no minimum inside the interval.
    """
    check_option(moments, MomentKind, "moments")
    check_option(combine, RandomInstruments, "combine")
    used = _moments_used(moments, parts)
    if effects == "random" and y.shape[0] < 2:
        raise InputError("effects='random' need at least 2 times; found 1.")
    if parts.lag_y and not weights:
        raise OptionError("a lag of the response needs weights; found none.")
    chosen = _error_weights(weights, error) if parts.error else None
    equation = make_equation(
        y, z, weights, lag_y=parts.lag_y, endogenous=endogenous, outside=outside,
        lag_outside=lag_outside, orders=orders, error=chosen,
    )  # fmt: skip
    process = _error_process(chosen, interval, used)
    if effects == "random":
        last = random_step(equation, process, combine=combine, small_sample=small_sample)
    else:
        last = fixed_step(equation, process, effects, small_sample=small_sample)
    n_weights = len(weights) if parts.lag_y else 0
    tested = weights[0] if weights and chosen is None and effects != "random" else None
    return assemble(
        equation, last, chosen, tested, effects=effects, moments=used, n_weights=n_weights, small_sample=small_sample
    )


def _error_weights(weights: Sequence[sp.csr_array], error: sp.csr_array | None) -> sp.csr_array:
    if error is None and not weights:
        raise OptionError("a spatial error process needs weights; found none.")
    return error if error is not None else weights[0]


def _error_process(w: sp.csr_array | None, interval: tuple[float, float] | None, moments: str) -> ErrorProcess | None:
    if w is None:
        return None
    if interval is None:
        determinant = make_determinant(w, "auto")
        interval = (determinant.low, determinant.high)
    return ErrorProcess(w, interval, moments)


def _moments_used(moments: str, parts: Parts) -> str:
    if not parts.error:
        return "none"
    return "hom" if moments == "auto" else moments
