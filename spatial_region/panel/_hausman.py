"""Fixed or random effects: Hausman's contrast of the two estimates, and Mundlak's test that region means do not matter.

Both ask whether region effects are unrelated to the regressors. The contrast may be negative in finite samples, as the
two covariances are estimated; the second test never is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp
from scipy.linalg import eigh

from spatial_region.errors import IdentificationError
from spatial_region.panel._blocks import Array, make_blocks, remove_effects, spatial_lag
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._estimate import Estimate, estimate
from spatial_region.panel._lm_value import TestValue, chi2_value
from spatial_region.panel._random import RandomEstimate, estimate_random
from spatial_region.panel._ratio import likelihood_ratio, wald
from spatial_region.panel.options import Parts

# What effects leave of a regressor below this share of its length is rounding.
_NOTHING = 1e-9
# Gain in variance, as a share, below which an estimated one is no gain: the two covariances are estimates, and
# a squared difference divided by almost nothing would decide the test.
_NO_GAIN = 1e-3
# Share of a regressor's length that a further column must add.
_NEW = 1e-7


@dataclass(frozen=True)
class Contrast:
    """Hausman's test, and whether its covariance is one.

    Attributes
    ----------
    value : TestValue
    compared : int
        Number of parameters that are compared.
    negative : int
        Combinations of them whose variance is estimated to be no larger under fixed effects than under random ones,
        which theory rules out; they are left out of the statistic.
    """

    value: TestValue
    compared: int
    negative: int


def contrast(fixed: Array, random: Array, cov_fixed: Array, cov_random: Array) -> Contrast:
    """Return H = d' (V_fixed - V_random)^+ d with d the difference of the estimates (Hausman 1978).

    Combinations of the parameters are taken in which the two covariances are diagonal together: the generalised
    eigenvectors of (V_random, V_fixed), with ratios r_i of variance. Each adds d_i^2 / (1 - r_i), which has no
    unit, and those with r_i > 0.999 add nothing and take no degree of freedom. Where there are none this is the
    plain inverse.

    Parameters
    ----------
    fixed, random : (k,)
        The same parameters under fixed and under random effects.
    cov_fixed, cov_random : (k, k)
    """
    if not (np.isfinite(cov_random).all() and np.isfinite(cov_fixed).all()):
        raise IdentificationError("the covariances of the two estimates are not finite; they cannot be compared.")
    ratios, vectors = eigh(cov_random, cov_fixed)
    difference = vectors.T @ (fixed - random)
    room = 1 - ratios
    kept = room > _NO_GAIN
    if not kept.any():
        return Contrast(TestValue(float("nan"), 0.0, float("nan"), "chi2"), len(fixed), len(fixed))
    statistic = float((difference[kept] ** 2 / room[kept]).sum())
    return Contrast(chi2_value(statistic, int(kept.sum())), len(fixed), int((~kept).sum()))


@dataclass(frozen=True)
class HausmanTests:
    """Tests of random against fixed region effects for one spatial model.

    Attributes
    ----------
    contrast, slopes_only : Contrast
        Of slopes and spatial parameters, and of slopes alone.
    mundlak, mundlak_wald : TestValue
        Likelihood ratio and Wald test of the region means of the regressors in the model with random effects; NaN
        without degrees of freedom when no mean can be told from the other regressors.
    fixed : Estimate
    random : RandomEstimate
    """

    contrast: Contrast
    slopes_only: Contrast
    mundlak: TestValue
    mundlak_wald: TestValue
    fixed: Estimate
    random: RandomEstimate


def hausman_tests(
    y: Array,
    x: Array,
    w: sp.csr_array | None,
    determinant: LogDeterminant | None,
    *,
    parts: Parts,
    lagged: list[int],
    time_effects: bool,
    components: str = "kkp",
) -> HausmanTests:
    """Fit one model with fixed and with random region effects, and compare.

    The fixed effects are removed by the transformation of Lee and Yu (2010): the likelihood with a dummy for every
    region has too small a variance, by T / (T - 1), and the contrast would seem too precise. Time effects are dummies
    in both.

    Parameters
    ----------
    y : (T, N)
    x : (T, N, k)
        Regressors without intercept. Those that do not vary over time are in the model with random effects only.
    w : (N, N) or None
    determinant : LogDeterminant or None
    parts : Parts
    lagged : list of int
        Columns of `x` whose lags are in the model.
    time_effects : bool
    components : {"kkp", "bsk"}
        Whether region effects share the spatial error process.

    Raises
    ------
    IdentificationError
        If fixed effects leave nothing of any regressor, or make some a combination of others.
    """
    varies = _varies(x, time_effects=time_effects)
    dummies = _time_dummies(y) if time_effects else np.empty((*y.shape, 0))
    fixed_lags = [place for place, column in enumerate(varies) if column in lagged]
    within = np.concatenate([x[:, :, varies], dummies], axis=2)
    blocks = make_blocks(y, within, w, lagged=fixed_lags, effects="region")
    _check_independent(blocks.z_within, len(varies))
    fixed = estimate(blocks, w, determinant, parts=parts, effects="region", lee_yu=True)
    regressors = np.concatenate([np.ones((*y.shape, 1)), x, dummies], axis=2)
    lags = [column + 1 for column in lagged]
    random = _fit_random(y, regressors, lags, w, determinant, parts, components)
    # Places of the same slopes in both: regressors first, then dummies, then lags.
    first = len(varies) + dummies.shape[2]
    in_fixed = [*range(len(varies)), *range(first, first + len(fixed_lags))]
    start = regressors.shape[2]
    in_random = [v + 1 for v in varies] + [start + lagged.index(varies[place]) for place in fixed_lags]
    means = _region_means(regressors, spatial_lag(w, x[:, :, lagged]) if w is not None and lagged else x[:, :, :0])
    mundlak = mundlak_wald = TestValue(float("nan"), 0.0, float("nan"), "chi2")
    if means.shape[2]:
        wide = np.concatenate([regressors, means], axis=2)
        augmented = _fit_random(y, wide, lags, w, determinant, parts, components)
        mundlak = likelihood_ratio(augmented.loglik, random.loglik, df=means.shape[2])
        places = [*range(start, start + means.shape[2])]
        spread = augmented.covariance[np.ix_(places, places)]
        mundlak_wald = wald(augmented.coefficients[places], np.eye(len(places)), spread)
    return HausmanTests(
        _contrast_of(fixed, random, in_fixed, in_random, parts, spatial=True),
        _contrast_of(fixed, random, in_fixed, in_random, parts, spatial=False),
        mundlak,
        mundlak_wald,
        fixed,
        random,
    )


def _contrast_of(
    fixed: Estimate, random: RandomEstimate, in_fixed: list[int], in_random: list[int], parts: Parts, *, spatial: bool
) -> Contrast:
    values = [fixed.rho] * parts.lag_y + [fixed.lam] * parts.error
    names = ["rho"] * parts.lag_y + ["lambda"] * parts.error
    count = len(names) if spatial else 0
    k_fixed, k_random = len(fixed.coefficients), len(random.coefficients)
    f = [*in_fixed, *range(k_fixed, k_fixed + count)]
    r = [*in_random, *range(k_random, k_random + count)]
    # One variance in both, that of the efficient estimate: two estimates of it would make even the difference of
    # least squares indefinite. Standard errors of slopes are proportional to its root.
    variance = fixed.sigma2 * (fixed.size / fixed.df_residual if parts.is_linear else 1.0)
    if not variance > 0:
        raise IdentificationError("the fixed-effects estimate leaves no residuals, and no variance to compare.")
    units = np.ones(len(f))
    units[: len(in_fixed)] = np.sqrt(random.sigma2 / variance)
    return contrast(
        np.array([*fixed.coefficients[in_fixed], *values[:count]]),
        np.array([*random.coefficients[in_random], *(random.spatial[name] for name in names[:count])]),
        fixed.covariance[np.ix_(f, f)] * np.outer(units, units),
        random.covariance[np.ix_(r, r)],
    )


def _fit_random(
    y: Array,
    x: Array,
    lagged: list[int],
    w: sp.csr_array | None,
    determinant: LogDeterminant | None,
    parts: Parts,
    components: str,
) -> RandomEstimate:
    blocks = make_blocks(y, x, w, lagged=lagged, effects="pooled", intercept=0)
    return estimate_random(blocks, w, determinant, parts=parts, components=components)


def _varies(x: Array, *, time_effects: bool) -> list[int]:
    """Return the regressors that fixed effects leave something of."""
    within = remove_effects(x, "twoway" if time_effects else "region")
    left = np.linalg.norm(within, axis=(0, 1)) > _NOTHING * np.linalg.norm(x, axis=(0, 1))
    return [int(place) for place in np.flatnonzero(left)]


def _check_independent(within: Array, varying: int) -> None:
    if varying:
        values = within.reshape(-1, within.shape[2])
        values = values / np.linalg.norm(values, axis=0)
        if np.abs(np.diag(np.linalg.qr(values)[1])).min() > _NEW:
            return
    raise IdentificationError(
        "fixed effects leave nothing of the regressors, or make some of them combinations of others, so that there "
        "are no slopes to compare with those of random effects"
    )


def _time_dummies(y: Array) -> Array:
    periods, regions = y.shape
    return np.ascontiguousarray(np.broadcast_to(np.eye(periods)[:, None, 1:], (periods, regions, periods - 1)))


def _region_means(regressors: Array, lags: Array) -> Array:
    """Return the means over time, repeated, of what varies, less means that the regressors and others explain."""
    periods, regions, _ = regressors.shape
    basis = np.linalg.qr(np.concatenate([regressors, lags], axis=2).reshape(periods * regions, -1))[0]
    kept = []
    for values in np.concatenate([regressors, lags], axis=2).transpose(2, 0, 1):
        mean = np.broadcast_to(values.mean(axis=0), values.shape)
        flat = mean.ravel() - basis @ (basis.T @ mean.ravel())
        flat = flat - basis @ (basis.T @ flat)
        length = float(np.linalg.norm(flat))
        if length > _NEW * np.linalg.norm(values):
            kept.append(mean)
            basis = np.column_stack([basis, flat / length])
    return np.stack(kept, axis=2) if kept else np.empty((periods, regions, 0))
