"""Interval of q, and what p_wang says of shifted values, on the neural tube defects data.

Ends of the interval: independent numpy with scipy 1.17 `ncf` and `brentq`; statsmodels 0.15.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from spatial_region.geodetector._interval import noncentrality_at, q_interval
from spatial_region.geodetector._moments import centre, factor_test, stratum_moments
from spatial_region.geodetector._tails import noncentral_f_sf

FACTORS = ["soiltype", "watershed", "elevation"]


@pytest.fixture
def ntds(shared_reference):
    folder = shared_reference / "geodetector"
    expected = json.loads((folder / "ntds_exact.json").read_text())["ntds_collectdata"]["factor"]
    return pd.read_csv(folder / "ntds_collectdata.csv"), expected


def detect(frame, factor, shift=0.0):
    outcome = centre(frame["incidence"].to_numpy(dtype=float) + shift)
    return factor_test(outcome, stratum_moments(outcome, pd.factorize(frame[factor], sort=True)[0]))


@pytest.mark.parametrize(("column", "level"), [("ci95_ncF", 0.95), ("ci90_ncF", 0.9)])
@pytest.mark.parametrize("factor", FACTORS)
def test_interval(ntds, factor, column, level):
    frame, expected = ntds
    test = detect(frame, factor)
    ends = q_interval(test.F, test.df1, test.df2, len(frame), level)
    np.testing.assert_allclose(np.array(ends), expected[factor][column], rtol=0, atol=1e-12)
    for end, tail in zip(ends, ((1 - level) / 2, (1 + level) / 2), strict=True):
        noncentrality = noncentrality_at(test.F, test.df1, test.df2, tail)
        assert float(end) == pytest.approx(noncentrality / (noncentrality + 185), rel=1e-14)
        assert noncentral_f_sf(test.F, test.df1, test.df2, noncentrality) == pytest.approx(tail, rel=1e-12)


def test_published_p_of_soil_type_depends_on_the_origin_of_the_scale(ntds):
    frame, expected = ntds
    as_given, shifted = detect(frame, "soiltype"), detect(frame, "soiltype", -6.0)
    assert as_given.p_wang == pytest.approx(expected["soiltype"]["p_wang_ddof0"], rel=1e-9)
    assert round(as_given.p_wang, 3) == 0.372
    assert 3e-14 < shifted.p_wang < 5e-14
    assert shifted.q == pytest.approx(as_given.q, abs=1e-13)
    assert shifted.p_central == pytest.approx(as_given.p_central, rel=1e-9)


@pytest.mark.parametrize(("f", "df1", "df2"), [(28.3, 4, 180), (6.2, 4, 491), (74.0, 4, 491), (3.0, 8, 30)])
def test_noncentrality_is_near_that_of_statsmodels(f, df1, df2):
    oneway = pytest.importorskip("statsmodels.stats.oneway")
    theirs = oneway.confint_noncentrality(f, (df1, df2), alpha=0.05)
    ours = [noncentrality_at(f, df1, df2, tail) for tail in (0.025, 0.975)]
    # It stops at 1e-4 or so of the noncentrality (0.024999 for a tail of 0.025 at 3, 8 and 30); ours does not.
    np.testing.assert_allclose(ours, theirs, rtol=2e-3)
    assert noncentral_f_sf(f, df1, df2, ours[0]) == pytest.approx(0.025, rel=1e-12)
