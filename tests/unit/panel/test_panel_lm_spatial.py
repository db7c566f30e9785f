"""Score tests for spatial terms against a dense likelihood with a column for every effect."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.errors import OptionError
from spatial_region.panel._lm_spatial import lm_tests

CASES = [
    (effects, row, lee_yu)
    for effects in ("pooled", "region", "time", "twoway")
    for row in (True, False)
    for lee_yu in (False, True)
    if not (lee_yu and effects == "pooled") and (row or not (lee_yu and effects != "region"))
]


def arrays(panel, effects):
    """Regressors, with the intercept last where no effect absorbs it."""
    if effects != "pooled":
        return panel.x, None
    return np.concatenate([panel.x, np.ones((*panel.y.shape, 1))], axis=2), 2


class DenseScore:
    """Numerical gradient of the dense log-likelihood and its information without any score, at least squares."""

    def __init__(self, dense, restricted):
        """`restricted` holds the places of coefficients that are 0 under the null hypothesis."""
        k = dense.design.shape[1]
        free = [place for place in range(k) if place not in restricted]
        theta = np.zeros(k + dense.lag_y + dense.error + 1)
        theta[free] = np.linalg.lstsq(dense.design[:, free], dense.y, rcond=None)[0]
        e = dense.y - dense.design @ theta[:k]
        theta[-1] = e @ e / len(e)
        self.gradient = np.array([self.slope(dense, theta, place) for place in range(len(theta))])
        self.covariance = dense.covariance(theta)
        self.spatial = list(range(k, len(theta) - 1))

    @staticmethod
    def slope(dense, theta, place):
        step = 1e-5 * max(abs(theta[place]), 1e-1)
        up, down = theta.copy(), theta.copy()
        up[place] += step
        down[place] -= step
        return (dense.loglik(up) - dense.loglik(down)) / (2 * step)

    def test(self, places):
        return self.gradient[places] @ self.partial(places) @ self.gradient[places]

    def partial(self, places):
        """Covariance of `places` when only they are added to the null."""
        information = np.linalg.inv(self.covariance)
        tested = [*places, *self.nuisance]
        return np.linalg.inv(information[np.ix_(tested, tested)])[: len(places), : len(places)]

    def robust(self, places, others):
        """Bera and Yoon: the score of `places` less its regression on that of `others`, both given the null."""
        both = np.linalg.inv(self.partial([*places, *others]))
        p = len(places)
        share = both[:p, p:] @ np.linalg.inv(both[p:, p:])
        gradient = self.gradient[places] - share @ self.gradient[others]
        return gradient @ np.linalg.inv(both[:p, :p] - share @ both[p:, :p]) @ gradient


def dense_score(oracle, panel, *, model, effects, lee_yu, restricted):
    dense = oracle.dense(panel, model=model, effects=effects, lee_yu=lee_yu)
    score = DenseScore(dense, restricted)
    tested = [*restricted, *score.spatial]
    score.nuisance = [place for place in range(len(score.gradient)) if place not in tested]
    return score


@pytest.mark.parametrize(("effects", "row", "lee_yu"), CASES)
def test_every_test_is_the_score_test_of_the_dense_likelihood(oracle, effects, row, lee_yu):
    panel = oracle.panel(9, 4, seed=31, row=row, links=3)
    x, intercept = arrays(panel, effects)
    found = lm_tests(
        panel.y, x, w=sp.csr_array(panel.w), effects=effects, lagged=[0, 1], intercept=intercept, lee_yu=lee_yu
    )
    options = {"effects": effects, "lee_yu": lee_yu}
    sac = dense_score(oracle, panel, model="sac", restricted=[], **options)
    after = dense_score(oracle, panel, model="gns", restricted=[], **options)
    sdm = dense_score(oracle, panel, model="sdm", restricted=[2, 3], **options)
    sdem = dense_score(oracle, panel, model="sdem", restricted=[2, 3], **options)
    expected = {}
    for score, suffix in ((sac, ""), (after, "_slx")):
        rho, lam = score.spatial
        expected[f"lm_lag{suffix}"] = score.test([rho]), 1
        expected[f"lm_error{suffix}"] = score.test([lam]), 1
        expected[f"robust_lm_lag{suffix}"] = score.robust([rho], [lam]), 1
        expected[f"robust_lm_error{suffix}"] = score.robust([lam], [rho]), 1
        expected[f"lm_sarma{suffix}"] = score.test([rho, lam]), 2
    expected["lm_wx"] = sdm.test([2, 3]), 2
    expected["lm_sdm"] = sdm.test([2, 3, *sdm.spatial]), 3
    expected["lm_sdem"] = sdem.test([2, 3, *sdem.spatial]), 3
    expected["robust_lm_wx"] = sdm.robust([2, 3], sdm.spatial), 2
    expected["robust_lm_lag_wx"] = sdm.robust(sdm.spatial, [2, 3]), 1
    assert set(found) == set(expected)
    for name, (statistic, df) in expected.items():
        assert found[name].statistic == pytest.approx(statistic, rel=2e-5, abs=1e-6), name
        assert found[name].df == df
        assert found[name].reference == "chi2"


def test_weights_of_the_errors_and_own_links(oracle):
    """Another matrix for the errors, and diagonals that are not 0, against the trace formulas written out densely."""
    panel, other = oracle.panel(8, 3, seed=32), oracle.panel(8, 3, seed=33, row=False)
    w, v = panel.w + np.diag(np.linspace(0, 0.3, 8)), other.w + 0.1 * np.eye(8)
    found = lm_tests(panel.y, panel.x, w=sp.csr_array(w), effects="region", lagged=[], w_error=sp.csr_array(v))
    big = [np.kron(np.eye(3), m) for m in (w, v)]
    design = np.hstack([panel.x.reshape(-1, 2), np.kron(np.ones((3, 1)), np.eye(8))])
    y = panel.y.ravel()
    fitted = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    e = y - fitted
    s2 = e @ e / 24
    gradient = np.array([e @ big[0] @ y / s2 - np.trace(big[0]), e @ big[1] @ e / s2 - np.trace(big[1])])
    # Parameters: coefficients, rho, lambda, sigma2.
    means = np.column_stack([design, big[0] @ fitted, np.zeros((24, 2))])
    information = means.T @ means / s2
    spreads = [s2 * (m + m.T) for m in big] + [np.eye(24)]
    information[-3:, -3:] += [[np.sum(a * b) / (2 * s2**2) for b in spreads] for a in spreads]
    spread = np.linalg.inv(information)[-3:-1, -3:-1]
    assert found["lm_sarma"].statistic == pytest.approx(gradient @ spread @ gradient, rel=1e-10)
    kept = [*range(11), 12]
    alone = np.linalg.inv(information[np.ix_(kept, kept)])[-2, -2]
    assert found["lm_lag"].statistic == pytest.approx(gradient[0] ** 2 * alone, rel=1e-10)


@pytest.mark.parametrize("effects", ["pooled", "twoway"])
def test_neither_units_nor_the_order_of_regions_matter(oracle, effects):
    panel = oracle.panel(12, 4, seed=34)
    x, intercept = arrays(panel, effects)
    w = sp.csr_array(panel.w)
    order = np.random.default_rng(1).permutation(12)
    base = lm_tests(panel.y, x, w=w, effects=effects, lagged=[0, 1], intercept=intercept)
    scaled = x.copy()
    scaled[:, :, 0] = 1e6 * x[:, :, 0] + 3e7
    moved = lm_tests(1e-4 * panel.y + 2, scaled, w=w, effects=effects, lagged=[0, 1], intercept=intercept)
    shuffled = lm_tests(
        panel.y[:, order], x[:, order], w=sp.csr_array(panel.w[np.ix_(order, order)]), effects=effects,
        lagged=[0, 1], intercept=intercept,
    )  # fmt: skip
    for name, value in base.items():
        assert moved[name].statistic == pytest.approx(value.statistic, rel=1e-6)
        assert shuffled[name].statistic == pytest.approx(value.statistic, rel=1e-9)


def test_a_lag_that_the_regressors_span_takes_no_degree_of_freedom(oracle):
    panel = oracle.panel(12, 4, seed=35)
    lag = np.einsum("ij,tj->ti", panel.w, panel.x[:, :, 0])
    x = np.stack([panel.x[:, :, 0], lag], axis=2)
    found = lm_tests(panel.y, x, w=sp.csr_array(panel.w), effects="region", lagged=[0])
    assert found["lm_wx"].df == 0
    assert np.isnan(found["lm_wx"].statistic) and np.isnan(found["lm_wx"].p)
    assert found["lm_sdm"].df == 1
    assert found["lm_sdm"].statistic == pytest.approx(found["lm_lag"].statistic, rel=1e-8)


def test_robust_tests_are_undefined_when_the_mean_has_no_lag(oracle):
    """With an intercept only and row-standardised weights, lag and error have the same score."""
    panel = oracle.panel(12, 1, seed=36)
    found = lm_tests(panel.y, np.ones((1, 12, 1)), w=sp.csr_array(panel.w), effects="pooled", lagged=[], intercept=0)
    assert found["lm_lag"].statistic == pytest.approx(found["lm_error"].statistic, rel=1e-9)
    assert np.isnan(found["robust_lm_lag"].statistic) and np.isnan(found["robust_lm_error"].p)
    assert found["lm_sarma"].df == 1


def test_lee_yu_with_time_effects_needs_equal_row_sums(oracle):
    panel = oracle.panel(12, 4, seed=37, row=False)
    with pytest.raises(OptionError, match=r"rows have equal sums; these range from .* Standardise by rows"):
        lm_tests(panel.y, panel.x, w=sp.csr_array(panel.w), effects="twoway", lagged=[], lee_yu=True)


def test_arrays_given_are_left_alone(oracle):
    panel = oracle.panel(12, 4, seed=38)
    x, intercept = arrays(panel, "pooled")
    before = panel.y.copy(), x.copy()
    lm_tests(panel.y, x, w=sp.csr_array(panel.w), effects="pooled", lagged=[0], intercept=intercept)
    assert np.array_equal(panel.y, before[0]) and np.array_equal(x, before[1])
