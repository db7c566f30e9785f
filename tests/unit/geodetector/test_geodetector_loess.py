"""Where q levels off: the local regression against scikit-misc and plain loops, the rule against cases by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from spatial_region.geodetector._loess import LevelledOff, candidate_q, levels_off, smoother

# The example of R's sdsfun::loess_optnum, and the fitted values of loess(q ~ k) by scikit-misc 0.5.3 (the Fortran of
# R's loess) with surface="direct" and with the default surface="interpolate".
Q = [
    0.26045642,
    0.64120405,
    0.43938704,
    0.95165535,
    0.46347836,
    0.25385338,
    0.78778726,
    0.9593833,
    0.83247885,
    0.09285196,
]
DIRECT = [
    0.27394008,
    0.54322016,
    0.69429906,
    0.72012379,
    0.52643568,
    0.37535342,
    0.6973153,
    0.89432287,
    0.70063096,
    0.16364473,
]
INTERPOLATED = [
    0.27394008,
    0.54322016,
    0.69429906,
    0.72012379,
    0.52643568,
    0.37535342,
    0.6973153,
    0.89432287,
    0.70063096,
    0.16304707,
]


def by_loops(ks, q):
    fitted = []
    near = int(0.75 * len(ks))
    for k in ks:
        away = np.abs(ks - k)
        reach = sorted(away)[near - 1]
        weights = [(1 - (a / reach) ** 3) ** 3 if a < reach else 0.0 for a in away]
        fitted.append(np.polyval(np.polyfit(ks - k, q, 2, w=np.sqrt(weights)), 0.0))
    return np.array(fitted)


def test_local_regression_equals_scikit_misc_and_nearly_its_interpolation():
    fitted = smoother(np.arange(3, 13)) @ Q
    np.testing.assert_allclose(fitted, DIRECT, atol=6e-9)
    np.testing.assert_allclose(fitted, INTERPOLATED, atol=1e-3)


def test_the_example_of_sdsfun_levels_off_at_six_as_its_manual_prints():
    assert range(3, 13)[levels_off(range(3, 13), np.array([Q]))[0]] == 6


@pytest.mark.parametrize("ks", [np.arange(3, 12), np.arange(2, 23), np.array([2, 3, 5, 6, 8, 9, 12, 15, 20])])
def test_local_regression_equals_plain_loops(ks):
    q = np.random.default_rng(len(ks)).random(len(ks))
    np.testing.assert_allclose(smoother(ks) @ q, by_loops(ks.astype(float), q), atol=1e-10)


@pytest.mark.parametrize("ks", [[2, 3, 4], [3, 4, 5, 6], [3, 4, 5, 6, 7], [3, 4, 5, 6, 7, 8], [2, 5, 9]])
def test_with_few_k_the_fit_runs_through_q(ks):
    np.testing.assert_allclose(smoother(np.array(ks)), np.eye(len(ks)), atol=1e-10)


@pytest.mark.parametrize("ks", [range(3, 12), range(2, 23)])
def test_quadratics_are_kept(ks):
    ks = np.array(ks)
    np.testing.assert_allclose(smoother(ks) @ (0.1 + 0.03 * ks - 0.001 * ks**2), 0.1 + 0.03 * ks - 0.001 * ks**2)


def test_the_first_k_at_which_the_gain_falls_to_a_twentieth():
    ks = [3, 4, 5, 6, 7, 8]
    # Rates 0.5, 0.2, 0.03: the fourth. A rate that never was above 0.05, or never falls to it: the largest q.
    cases = [
        ([0.2, 0.3, 0.36, 0.371, 0.45, 0.5], 3),
        ([0.2, 0.25, 0.25, 0.4, 0.4, 0.4], 2),
        ([0.40, 0.41, 0.415, 0.42, 0.425, 0.43], 5),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 5),
        ([0.5, 0.4, 0.45, 0.3, 0.2, 0.1], 3),  # down, up by an eighth, down
        ([0.5, 0.4, 0.3, 0.2, 0.1, 0.05], 0),
    ]
    for q, expected in cases:
        assert levels_off(ks, np.array([q]))[0] == expected, q
    together = levels_off(ks, np.array([q for q, _ in cases]))
    assert together.tolist() == [expected for _, expected in cases]


def test_the_statistic_chooses_anew_in_every_row():
    rng = np.random.default_rng(4)
    n = 40
    key = rng.permutation(n)
    rows = rng.normal(size=(20, n))
    rows -= rows.mean(axis=1, keepdims=True)
    ks = (3, 4, 5, 3, 4, 5)
    bounds = tuple(np.sort(np.concatenate(([0, n], rng.choice(np.arange(1, n), k - 1, replace=False)))) for k in ks)
    order = np.argsort(key)
    chosen = []
    for y in rows:
        q = []
        for own in bounds:
            parts = [y[order[low:high]] for low, high in pairwise(own)]
            q.append(1 - sum(((part - part.mean()) ** 2).sum() for part in parts) / (y @ y))
        best = [max(q[0], q[3]), max(q[1], q[4]), max(q[2], q[5])]
        rates = [0.0, best[1] / best[0] - 1, best[2] / best[1] - 1]
        take = next((i for i in (1, 2) if rates[i] <= 0.05 < rates[i - 1]), int(np.argmax(best)))
        chosen.append(best[take])
        np.testing.assert_allclose(candidate_q(y[None, :], order, bounds)[0], q, rtol=1e-10)
    statistic = LevelledOff(key, bounds, ks)
    np.testing.assert_allclose(statistic.q_of(rows), chosen, rtol=1e-10)
    assert np.any(np.array(chosen) < np.array([candidate_q(y[None, :], order, bounds).max() for y in rows]) - 1e-9)
    again = rng.permutation(n)
    np.testing.assert_allclose(statistic.in_order(again).q_of(rows[:, again]), chosen, rtol=1e-10)
