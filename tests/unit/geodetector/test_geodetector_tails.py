"""Tails against scipy 1.x where it is accurate, against an integral, and against the limit where scipy fails."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from spatial_region.geodetector import _tails
from spatial_region.geodetector._tails import f_sf, noncentral_f_sf, t_two_sided


@pytest.mark.parametrize("f", [0.2, 1.0, 3.7, 40.0, 900.0])
def test_central_tails_equal_scipy(f):
    assert f_sf(np.asarray(f), np.asarray(4), np.asarray(180)) == pytest.approx(stats.f.sf(f, 4, 180), rel=1e-11)
    assert noncentral_f_sf(f, 4, 180, 0.0) == pytest.approx(stats.f.sf(f, 4, 180), rel=1e-11)
    assert t_two_sided(np.asarray(-f), np.asarray(11.3)) == pytest.approx(2 * stats.t.sf(f, 11.3), rel=1e-11)


@pytest.mark.parametrize("noncentrality", [1e-6, 0.3, 5.0, 80.0, 900.0])
@pytest.mark.parametrize("share", [0.2, 0.9, 1.3, 3.0])
def test_noncentral_tail_equals_scipy_where_it_is_accurate(noncentrality, share):
    f = share * (4 + noncentrality) / 4
    assert noncentral_f_sf(f, 4, 180, noncentrality) == pytest.approx(stats.ncf.sf(f, 4, 180, noncentrality), rel=1e-10)


def test_noncentral_tail_equals_the_integral_over_the_denominator():
    f, df1, df2, noncentrality = 6.0, 3, 25, 12.0

    def above(v: float) -> float:
        return stats.ncx2.sf(f * df1 * v / df2, df1, noncentrality) * stats.chi2.pdf(v, df2)

    expected = integrate.quad(above, 0, 200, epsabs=0, epsrel=1e-11, limit=400)[0]
    assert noncentral_f_sf(f, df1, df2, noncentrality) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("noncentrality", [1e10, 1e12, 1e14])
@pytest.mark.parametrize("share", [0.9, 1.0, 1.2])
def test_noncentral_tail_at_large_noncentrality_is_that_of_its_denominator(noncentrality, share):
    # The numerator is then all but constant. scipy 1.17.1 gives 0.0211 for the true 0.0502 at 1e12 and 1.2.
    f = share * noncentrality / 4
    limit = stats.chi2.cdf(noncentrality * 180 / (4 * f), 180)
    assert noncentral_f_sf(f, 4, 180, noncentrality) == pytest.approx(limit, rel=1e-5)


def test_wide_weights_summed_in_steps_equal_those_summed_singly(monkeypatch):
    stepped = noncentral_f_sf(3000.0, 4, 180, 1.1e4)
    monkeypatch.setattr(_tails, "_POINTS_PER_SD", 10**9)
    assert noncentral_f_sf(3000.0, 4, 180, 1.1e4) == pytest.approx(stepped, rel=1e-12)


def test_limits():
    assert noncentral_f_sf(0.0, 4, 180, 3.0) == 1.0
    assert noncentral_f_sf(np.inf, 4, 180, 3.0) == 0.0
    assert np.isnan(noncentral_f_sf(1.0, 4, 0, 3.0))
    assert np.isnan(f_sf(np.asarray(1.0), np.asarray(0), np.asarray(5)))
