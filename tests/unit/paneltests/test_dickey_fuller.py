"""The limit of the Dickey-Fuller t ratio: against its integral, published critical values, statsmodels, simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.tsa.adfvalues import mackinnonp

from spatial_region.core.seeds import generator
from spatial_region.paneltests._adf import adf
from spatial_region.paneltests._dickey_fuller import log_tails, probit
from spatial_region.paneltests._dickey_fuller_rows import log_tails_of_rows, shifted
from spatial_region.paneltests._dickey_fuller_table import PIECES
from tests.unit.paneltests.dickey_fuller_exact import tail

TRENDS = {"none": "n", "constant": "c", "trend": "ct"}
PLACES = {"none": (-5.1, -2.2, -0.8, 0.4, 1.9), "constant": (-4.9, -2.9, -1.2, 0.3, 2.2), "trend": (-4.1, -2.3, 0.7)}


@pytest.mark.parametrize("trend", TRENDS)
def test_the_table_is_the_integral(trend):
    for x in PLACES[trend]:
        exact = tail(x, trend, nodes=70)
        below, above = log_tails(np.array([x]), trend)
        assert np.exp(below if x < 0 else above)[0] == pytest.approx(exact, rel=2e-5, abs=1e-9)


# MacKinnon (2010, Queen's Economics Department working paper 1227, table 2), limits of the critical values.
@pytest.mark.parametrize(
    ("trend", "values"),
    [
        ("none", (-2.56574, -1.94100, -1.61682)),
        ("constant", (-3.43035, -2.86154, -2.56677)),
        ("trend", (-3.95877, -3.41049, -3.12705)),
    ],
)
def test_published_critical_values(trend, values):
    p = np.exp(log_tails(np.array(values), trend)[0])
    np.testing.assert_allclose(p, [0.01, 0.05, 0.10], rtol=2e-3)


@pytest.mark.parametrize("trend", TRENDS)
def test_statsmodels_is_near_where_it_is_defined(trend):
    # MacKinnon's (1994) polynomials are rougher: 0.004 at most, next to none in the left tail.
    tau = np.linspace(-5, 0.5, 60)
    theirs = np.array([mackinnonp(value, regression=TRENDS[trend]) for value in tau])
    ours = np.exp(log_tails(tau, trend)[0])
    assert np.abs(ours - theirs).max() < 0.004
    assert np.abs(ours - theirs)[ours < 0.06].max() < 2e-4


@pytest.mark.parametrize("trend", TRENDS)
def test_simulated_long_walks(trend):
    rng = generator(4, trend)
    tau = np.concatenate(
        [adf(rng.normal(size=(5_000, 300)).cumsum(axis=1), 0, trend, corrected=True).tau for _ in range(2)]
    )
    p = np.exp(log_tails(tau, trend)[0])
    # The limit is not yet reached at T = 300: p is uniform up to that and to chance.
    assert stats.kstest(p, "uniform").statistic < 0.02


@pytest.mark.parametrize("trend", TRENDS)
def test_pieces_join_and_p_rises(trend):
    for (_, high, _), (low, _, _) in zip(PIECES[trend], PIECES[trend][1:], strict=False):
        assert high == low
        left, right = probit(np.array([high - 1e-9, high + 1e-9]), trend)
        assert abs(left - right) < 2e-6
    score = probit(np.linspace(-14, 9, 4000), trend)
    assert (np.diff(score) > 0).all()


def test_both_tails_keep_their_digits():
    below, above = log_tails(np.array([-20.0, 12.0]), "constant")
    assert np.isfinite(below).all() and np.isfinite(above).all()
    assert below[0] < -100 and above[1] < -60


@pytest.mark.parametrize("trend", TRENDS)
@pytest.mark.parametrize(("lags", "rows"), [(0, 10), (1, 13), (2, 18), (3, 27), (4, 50)])
def test_p_of_short_regressions_is_uniform(trend, lags, rows):
    walks = generator(5, trend, lags).normal(size=(20_000, rows + lags + 1)).cumsum(axis=1)
    tau = adf(walks, lags, trend, corrected=True).tau
    n = len(tau)
    p = np.exp(log_tails_of_rows(tau, trend, np.full(n, lags), np.full(n, rows))[0])
    assert stats.kstest(p, "uniform").statistic < 0.02
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.006)
    assert (p < 0.01).mean() == pytest.approx(0.01, abs=0.004)


@pytest.mark.parametrize("trend", TRENDS)
def test_the_shift_keeps_the_order_and_vanishes_in_long_regressions(trend):
    score = np.linspace(-9, 7, 2000)
    for lags in range(6):
        for rows in (10 + 2 * lags, 20 + lags, 60):
            ours = shifted(score, trend, np.full(2000, lags), np.full(2000, rows))
            assert (np.diff(ours) > 0).all()
    far = shifted(score, trend, np.zeros(2000, dtype=int), np.full(2000, 10**7))
    np.testing.assert_allclose(far, score, atol=1e-4)
