"""Tests for one of random effects, serial correlation and spatial errors that allow for the others."""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.panel._blocks import Array, make_blocks, spatial_lag
from spatial_region.panel._determinant import LogDeterminant
from spatial_region.panel._lm_random import check_no_own_links
from spatial_region.panel._lm_restricted import MOST_DENSE, Restricted, root_for_lambda, root_for_mu, root_for_psi
from spatial_region.panel._lm_spatial import lm_tests
from spatial_region.panel._lm_value import TestValue, chi2_value, normal_value
from spatial_region.panel._random import estimate_random
from spatial_region.panel.options import PARTS


def conditional_tests(
    y: Array,
    x: Array,
    *,
    w: sp.csr_array,
    determinant: LogDeterminant,
    intercept: int | None = None,
) -> dict[str, TestValue]:
    """Return the score tests for one part of the disturbance given maximum likelihood estimates of the others.

    The disturbance is u_t = mu + (I - lambda W)^-1 v_t with v_t = psi v_t-1 + e_t. A test for one part that ignores the
    others, as those of `random_tests`, rejects because of them; these do not.

    Parameters
    ----------
    y : (T, N)
    x : (T, N, k)
    w : (N, N)
        Without links of a region with itself.
    determinant : LogDeterminant
        Of `w`.
    intercept : int or None
        Column of `x` that is 1 everywhere.

    Returns
    -------
    dict of str to TestValue
        ``bsk_clm_lambda``: spatial errors, given region effects (normal, two-sided). ``bsk_clm_mu``: region effects,
        given spatial errors (normal, upper tail, as a variance is not negative). With at least three periods
        ``bsjk_c1``: spatial errors, given region effects and serial correlation (chi-squared); ``bsjk_c2``: serial
        correlation, given region effects and spatial errors (chi-squared; up to 2,000 regions, left out beyond);
        ``bsjk_c3``: region effects, given serial correlation and spatial errors (normal, upper tail; its square is the
        published statistic).

    Raises
    ------
    InputError
        Weights of a region with itself.
    IdentificationError
        A single period.

    References
    ----------
    Baltagi, B. H., Song, S. H., Koh, W. (2003). Journal of Econometrics 117, 123-150.
    doi:10.1016/S0304-4076(03)00120-9
    Baltagi, B. H., Song, S. H., Jung, B. C., Koh, W. (2007). Journal of Econometrics 140, 5-51.
    doi:10.1016/j.jeconom.2006.09.001
    """
    check_no_own_links(w)
    blocks = make_blocks(y, x, w, lagged=[], effects="pooled", intercept=intercept)

    def fit(*, error: bool, serial: bool, region: bool) -> Restricted:
        found = estimate_random(
            blocks,
            w,
            determinant,
            parts=PARTS["sem" if error else "ols"],
            components="bsk",
            serial=serial,
            region_component=region,
        )
        value = found.spatial.get
        return Restricted(found.disturbance, found.sigma2, value("lambda", 0.0), value("psi", 0.0), value("phi", 0.0))

    tests = {
        "bsk_clm_lambda": normal_value(root_for_lambda(fit(error=False, serial=False, region=True), w)),
        "bsk_clm_mu": normal_value(
            root_for_mu(fit(error=True, serial=False, region=False), w, determinant, serial=False), upper=True
        ),
    }
    if len(y) < 3:  # two periods do not tell region effects from serial correlation
        return tests
    tests["bsjk_c1"] = chi2_value(root_for_lambda(fit(error=False, serial=True, region=True), w) ** 2, 1)
    if y.shape[1] <= MOST_DENSE:
        tests["bsjk_c2"] = chi2_value(root_for_psi(fit(error=True, serial=False, region=True), w) ** 2, 1)
    tests["bsjk_c3"] = normal_value(
        root_for_mu(fit(error=True, serial=True, region=False), w, determinant, serial=True), upper=True
    )
    return tests


def random_spatial_tests(
    y: Array,
    x: Array,
    *,
    w: sp.csr_array,
    lagged: list[int],
    intercept: int | None = None,
) -> dict[str, TestValue]:
    """Return the tests of `lm_tests` for a model with random region effects.

    Under the null u_t = mu + e_t. At its maximum likelihood estimate, with a share
    1 - sqrt(sigma2 / (sigma2 + T sigma2_mu)) of a region's means taken off y and X, errors are alike, and W, the same
    in every period, is what it was: the score of the random-effects likelihood is that of pooled least squares on
    these. The alternatives are y = rho W y + ... and the errors of Kapoor, Kelejian and Prucha, in which region
    effects share the spatial process; ``bsk_clm_lambda`` of `conditional_tests` is for region effects that do not.

    Parameters
    ----------
    y : (T, N)
    x : (T, N, k)
    w : (N, N)
        Without links of a region with itself.
    lagged : list of int
        Columns of `x` whose lags the Durbin models contain.
    intercept : int or None
        Column of `x` that is 1 everywhere.

    Returns
    -------
    dict of str to TestValue
        Those of `lm_tests`. Tests after the model with W X take its own estimate of the share.

    Raises
    ------
    InputError
        Weights of a region with itself.
    IdentificationError
        A single period.

    References
    ----------
    Baltagi, B. H., Liu, L. (2008). Testing for random effects and spatial lag dependence in panel data models.
    Statistics & Probability Letters 78, 3304-3306.
    He, M., Lin, K.-P. (2015). Econometrics 3, 761-797. doi:10.3390/econometrics3040761
    Kapoor, M., Kelejian, H. H., Prucha, I. R. (2007). Journal of Econometrics 140, 97-130.
    doi:10.1016/j.jeconom.2006.09.004
    """
    check_no_own_links(w)

    def tests(z: Array, columns: list[int]) -> dict[str, TestValue]:
        blocks = make_blocks(y, z, None, lagged=[], effects="pooled", intercept=intercept)
        share = estimate_random(blocks, None, None, parts=PARTS["ols"]).theta
        left = z - share * z.mean(axis=0)
        if intercept is not None:
            left[:, :, intercept] = 1.0  # what is left is a multiple of it
        within = y - share * y.mean(axis=0)
        return lm_tests(within, left, w=w, effects="pooled", lagged=columns, intercept=intercept)

    found = tests(x, lagged)
    if not lagged:
        return found
    wider = tests(np.concatenate([x, spatial_lag(w, x[:, :, lagged])], axis=2), [])
    return found | {f"{name}_slx": value for name, value in wider.items()}
