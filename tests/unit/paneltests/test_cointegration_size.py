"""How often tests of cointegration reject a true null, and a false one.

`python tests/unit/paneltests/test_cointegration_size.py` prints the table of docs/validation/panel_unit_roots.md.
"""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.signal import lfilter

from spatial_region.core.seeds import generator
from spatial_region.paneltests._kao import kao
from spatial_region.paneltests._pedroni import pedroni


def rejections(n, times, *, rho=1.0, draws=500, seed=1, lags=1):
    """Share of panels in which each of the twelve statistics rejects at 5 %; y = x + e with e_t = rho e_t-1 + u_t."""
    rng = generator(seed, "cointegration", n, times)
    bandwidth = round(4 * (times / 100) ** (2 / 9))
    rejected = np.zeros(12)
    for _ in range(draws):
        x = rng.normal(size=(n, times)).cumsum(axis=1)
        y = x + lfilter([1.0], [1.0, -rho], rng.normal(size=(n, times)), axis=1)
        seven = pedroni(y, x[:, :, None], "constant", lags=lags, bandwidth=bandwidth).standardised
        five = kao(y, x[:, :, None], lags=lags, bandwidth=bandwidth).statistics
        p = stats.norm.cdf(np.concatenate([seven, five]))
        p[0] = 1 - p[0]
        rejected += p < 0.05
    return rejected / draws


def test_size_in_a_long_panel():
    size = rejections(20, 100, draws=150)
    assert (size < 0.25).all()
    assert size.max() > 0.005


def test_power_in_a_panel_of_thirty_times():
    assert (rejections(20, 30, rho=0.2, draws=60)[[0, 2, 3, 5, 6, 9, 10, 11]] > 0.5).all()


if __name__ == "__main__":
    for rho in (1.0, 0.5):
        for n in (12, 30):
            for times in (15, 20, 30, 50, 100):
                values = rejections(n, times, rho=rho)
                print(f"| {rho} | {n} | {times} |", " | ".join(f"{100 * value:.0f}" for value in values), "|")
