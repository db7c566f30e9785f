"""Conditional tests keep their size where the other parts of the disturbance are at work: 36 regions, 5 times."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse as sp

from spatial_region.panel._determinant import make_determinant
from spatial_region.panel._lm_conditional import conditional_tests, random_spatial_tests
from spatial_region.panel._lm_random import effect_tests, random_tests
from spatial_region.panel._lm_spatial import lm_tests

REPLICATIONS = 30


def rejections(*, mu=0.0, psi=0.0, lam=0.0, seed, tests):
    """Share of samples in which each test rejects at 5 %."""
    rng = np.random.default_rng(seed)
    chain = np.eye(6, k=1) + np.eye(6, k=-1)
    w = np.kron(np.eye(6), chain) + np.kron(chain, np.eye(6))
    w = w / w.sum(axis=1, keepdims=True)
    inverse = np.linalg.inv(np.eye(36) - lam * w)
    x = np.concatenate([rng.normal(size=(5, 36, 2)), np.ones((5, 36, 1))], axis=2)
    count: dict[str, int] = {}
    for _ in range(REPLICATIONS):
        v = rng.normal(size=(5, 36))
        v[0] /= np.sqrt(1 - psi**2)
        for t in range(1, 5):
            v[t] += psi * v[t - 1]
        y = v @ inverse.T + np.sqrt(mu) * rng.normal(size=36) + x @ [1.0, -1.0, 2.0]
        for name, value in tests(y, x, sp.csr_array(w)).items():
            count[name] = count.get(name, 0) + (value.p < 0.05)
    return {name: value / REPLICATIONS for name, value in count.items()}


def every_test(y, x, w):
    return (
        conditional_tests(y, x, w=w, determinant=make_determinant(w, "eigenvalues"), intercept=2)
        | random_tests(y, x, w=w, intercept=2)
        | effect_tests(y, x, intercept=2)
    )


# With 30 samples a test of 5 % rejects in more than 20 % of them with probability 0.1 %.
NO_MORE = 0.2


@pytest.mark.parametrize(
    ("case", "silent", "loud"),
    [
        ({"psi": 0.5, "lam": 0.4}, ["bsjk_c3"], ["bsk_lm1", "bsk_clm_mu", "bsjk_c1", "bsjk_c2"]),
        ({"mu": 1.0, "lam": 0.4}, ["bsjk_c2"], ["lm_serial", "bsk_clm_lambda", "bsk_clm_mu", "bsjk_c1", "bsjk_c3"]),
        ({"mu": 1.0, "psi": 0.3}, ["bsjk_c1", "bsk_clm_lambda"], ["bsjk_c2", "bsjk_j", "bsk_lm1", "bsk_lmh"]),
    ],
)
def test_conditional_tests_see_through_the_other_parts(case, silent, loud):
    found = rejections(**case, seed=81, tests=every_test)
    assert all(found[name] <= NO_MORE for name in silent), found
    assert all(found[name] > 0.6 for name in loud), found


def test_pooled_spatial_tests_reject_for_region_effects_and_those_given_them_do_not():
    """A region effect repeats one chance pattern in every period: to pooled tests, as much evidence as periods."""

    def tests(y, x, w):
        options = {"w": w, "lagged": [], "intercept": 2}
        pooled = lm_tests(y, x, effects="pooled", **options)
        given = random_spatial_tests(y, x, **options)
        return {"pooled": pooled["lm_error"], "given": given["lm_error"]}

    found = rejections(mu=4.0, seed=82, tests=tests)
    assert found["given"] <= NO_MORE, found
    assert found["pooled"] > 0.2, found
