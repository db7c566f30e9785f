"""Bias and coverage on data whose parameters are known: two-way SDM and SAR, 50 regions, 6 times."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.panel._blocks import make_blocks
from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._estimate import estimate
from spatial_region.panel.options import PARTS

N, PERIODS, REPLICATIONS = 50, 6, 300
TRUTH = np.array([1.0, 0.5, 0.4])  # beta, theta, rho


@pytest.fixture(scope="module")
def design():
    rng = np.random.default_rng(20)
    points = rng.uniform(size=(N, 2))
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    w = (distance <= np.sort(distance, axis=1)[:, [4]]) / 5.0
    return w, rng.normal(size=(PERIODS, N, 1)), rng.normal(size=(1, N)), rng.normal(size=(PERIODS, 1))


@pytest.fixture(scope="module")
def replications(design):
    w, x, region, time = design
    sparse = sp.csr_array(w)
    determinant = make_determinant(sparse, "eigenvalues")
    inverse = np.linalg.inv(np.eye(N) - TRUTH[2] * w)
    mean = TRUTH[0] * x[:, :, 0] + TRUTH[1] * (x[:, :, 0] @ w.T) + region + time
    rng = np.random.default_rng(21)
    found = {False: [], True: []}
    for _ in range(REPLICATIONS):
        y = (mean + rng.normal(size=(PERIODS, N))) @ inverse.T
        blocks = make_blocks(y, x, sparse, lagged=[0], effects="twoway")
        for lee_yu in found:
            fit = estimate(blocks, sparse, determinant, parts=PARTS["sdm"], effects="twoway", lee_yu=lee_yu)
            errors = np.sqrt(np.diag(fit.covariance))
            found[lee_yu].append([*fit.coefficients, fit.rho, fit.sigma2, *errors])
    return {key: np.array(rows) for key, rows in found.items()}


def test_estimates_with_the_lee_yu_transformation_are_unbiased(replications):
    rows = replications[True]
    truth = [*TRUTH, 1.0]
    simulation_error = rows[:, :4].std(axis=0) / np.sqrt(REPLICATIONS)
    bias = rows[:, :4].mean(axis=0) - truth
    # rho and sigma2 have a small bias of order 1 / (N T) besides.
    assert (np.abs(bias) < 3.5 * simulation_error + [0.005, 0.01, 0.015, 0.02]).all(), bias


def test_intervals_cover_at_their_level(replications):
    rows = replications[True]
    covered = np.abs(rows[:, :3] - TRUTH) < 1.96 * rows[:, 4:7]
    # 95 % plus or minus three simulation errors of 1.3 %
    assert (np.abs(covered.mean(axis=0) - 0.95) < 0.04).all(), covered.mean(axis=0)


def test_dummy_variable_likelihood_has_the_bias_that_lee_and_yu_show(replications):
    plain, transformed = replications[False], replications[True]
    # sigma2 by about (1 - 1/N)(1 - 1/T); intervals too short by the root of it.
    assert plain[:, 3].mean() == pytest.approx((1 - 1 / N) * (1 - 1 / PERIODS), abs=0.03)
    assert transformed[:, 3].mean() == pytest.approx(1.0, abs=0.03)
    covered = (np.abs(plain[:, 0] - TRUTH[0]) < 1.96 * plain[:, 4]).mean()
    assert covered < (np.abs(transformed[:, 0] - TRUTH[0]) < 1.96 * transformed[:, 4]).mean()
    # Time effects push rho down when the period means are estimated.
    assert plain[:, 2].mean() < transformed[:, 2].mean()


def test_standard_errors_equal_the_spread_of_the_estimates(replications):
    rows = replications[True]
    np.testing.assert_allclose(rows[:, 4:8].mean(axis=0), rows[:, :4].std(axis=0), rtol=0.12)
