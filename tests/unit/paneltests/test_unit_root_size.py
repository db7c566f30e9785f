"""How often panel unit root tests reject a true null, and a false one: what their short-T warnings rest on.

`python tests/unit/paneltests/test_unit_root_size.py` prints the tables of docs/validation/panel_unit_roots.md.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from spatial_region.core.seeds import generator
from spatial_region.paneltests._conventions import CONVENTIONS
from spatial_region.paneltests._unit_root_tests import RUN, Options, Series

ALL = ("llc", "ips", "fisher_adf", "fisher_pp", "hadri")


def rejections(test, n, times, *, trend="constant", lags=1, convention="paper", rho=1.0, draws=1000, seed=1):
    """Share of panels in which a test rejects at 5 %; y_t = rho y_t-1 + e_t, from 50 times before the first."""
    rng = generator(seed, test, n, times)
    options = Options(trend, lags, None, None, CONVENTIONS[convention])
    lengths = np.full(n, times)
    rejected = 0
    for _ in range(draws):
        values = lfilter([1.0], [1.0, -rho], rng.normal(size=(n, times + 50)), axis=1)[:, 50:]
        series = values - values.mean(axis=1, keepdims=True)
        rejected += RUN[test](Series(series, lengths), options).forms[0].p < 0.05
    return rejected / draws


@pytest.mark.parametrize(("test", "trend", "high"), [
    ("ips", "constant", 0.08), ("ips", "trend", 0.08), ("llc", "constant", 0.11), ("llc", "trend", 0.11),
    ("fisher_adf", "constant", 0.08), ("fisher_adf", "trend", 0.08),
])  # fmt: skip
def test_size_of_the_default_at_twenty_five_times(test, trend, high):
    assert 0.025 < rejections(test, 20, 25, trend=trend, draws=400) < high


@pytest.mark.parametrize(("test", "low"), [("llc", 0.3), ("ips", 0.12)])
def test_the_convention_of_plm_rejects_a_true_null_too_often(test, low):
    assert rejections(test, 20, 25, convention="plm", draws=300) > low


def test_size_of_hadri_under_independence():
    assert 0.02 < rejections("hadri", 20, 50, rho=0.0, draws=400) < 0.09


@pytest.mark.parametrize("test", ["llc", "ips", "fisher_adf", "fisher_pp"])
def test_power_against_a_stationary_panel(test):
    assert rejections(test, 20, 30, rho=0.6, draws=60) > 0.9


def table(title, rows):
    print(f"\n{title}")
    for label, values in rows:
        print("|", label, "|", " | ".join(f"{100 * value:.1f}" for value in values), "|")


if __name__ == "__main__":
    SIZES = [(n, times) for n in (12, 30) for times in (15, 20, 25, 50)]
    for trend, lags, sizes, draws in (
        ("constant", 0, SIZES, 1000),
        ("constant", 1, SIZES, 1000),
        ("trend", 1, SIZES, 1000),
        ("constant", "sic", [(30, 15), (30, 25), (30, 50)], 300),
    ):
        rows = []
        for n, times in sizes:
            options = {"trend": trend, "lags": lags, "draws": draws}
            values = [rejections(test, n, times, rho=0.0 if test == "hadri" else 1.0, **options) for test in ALL]
            rows.append((f"{n} | {times}", values))
        table(f"size, {trend}, lags={lags}", rows)
    for name in ("paper", "plm", "stata"):
        rows = [
            (f"{name} | {times}", [rejections(test, 30, times, convention=name) for test in ALL[:4]])
            for times in (15, 25, 50)
        ]
        table("size by convention, a constant, lags=1", rows)
    rows = [(times, [rejections(test, 30, times, rho=0.9, draws=300) for test in ALL[:4]]) for times in (15, 25, 50)]
    table("power, rho 0.9, a constant, lags=1", rows)
