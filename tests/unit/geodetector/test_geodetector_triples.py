"""Overlays of three factors against least squares on dummies, and the rule that names them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from spatial_region.geodetector import _triples
from spatial_region.geodetector._joint import overlay_table
from spatial_region.geodetector._moments import centre
from spatial_region.geodetector._triples import triple_test, triple_type


def dummies(*codes):
    cells = np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].ravel()
    return (cells[:, None] == np.unique(cells)).astype(float)


def explained(y, *parts):
    X = np.hstack(parts)
    fitted = X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return 1 - ((y - fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum(), np.linalg.matrix_rank(X)


def sample(levels, n, seed):
    rng = np.random.default_rng(seed)
    codes = [rng.permutation(np.concatenate((np.arange(level), rng.integers(0, level, n - level)))) for level in levels]
    y = rng.normal(size=n) + codes[0] * 0.4 + (codes[1] == 1) * (codes[2] == 0) * 2 + 30
    return y, codes


def detect(y, codes, levels, *, q_pairs=(0.0, 0.0, 0.0), singletons="keep"):
    outcome = centre(y)
    return triple_test(
        outcome, overlay_table(outcome.centred, codes, levels, (0, 1, 2)), q_pairs=q_pairs, singletons=singletons
    )


@pytest.mark.parametrize("singletons", ["keep", "drop"])
@pytest.mark.parametrize("levels", [(3, 4, 2), (5, 5, 5), (2, 3, 9), (4, 14, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_all_numbers_equal_least_squares(levels, singletons, seed):
    y, codes = sample(levels, 150, seed)
    test = detect(y, codes, levels, singletons=singletons)
    cell = np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].ravel()
    alone = np.bincount(cell)[cell] == 1
    assert test.singletons == alone.sum()
    assert test.one_unit_share == alone.mean()
    if singletons == "drop":
        y, codes = y[~alone], [own[~alone] for own in codes]
    a, b, c = codes
    q, cells = explained(y, dummies(a, b, c))
    assert (test.n, test.cells, test.df2) == (len(y), cells, len(y) - cells)
    assert test.q == pytest.approx(q, abs=1e-11)
    assert test.q_adjusted == pytest.approx(1 - (1 - q) * (len(y) - 1) / test.df2, abs=1e-10)
    main, rank = explained(y, dummies(a), dummies(b), dummies(c))
    both, rank_both = explained(y, dummies(a, b), dummies(a, c), dummies(b, c))
    assert test.q_additive == pytest.approx(main, abs=1e-10)
    assert test.q_two_way == pytest.approx(both, abs=1e-10)
    assert (test.df1, test.df1_three_way) == (cells - rank, cells - rank_both)
    f = (q - main) / test.df1 / ((1 - q) / test.df2)
    assert pytest.approx(f, rel=1e-7) == test.F
    assert test.p_increment == pytest.approx(stats.f.sf(f, test.df1, test.df2), rel=1e-6)
    if test.df1_three_way:
        f = (q - both) / test.df1_three_way / ((1 - q) / test.df2)
        assert pytest.approx(f, rel=1e-6) == test.F_three_way
        assert test.p_three_way == pytest.approx(stats.f.sf(f, test.df1_three_way, test.df2), rel=1e-5)


def test_order_of_the_factors_does_not_matter():
    levels = (3, 5, 4)
    y, codes = sample(levels, 200, 5)
    one, other = detect(y, codes, levels), detect(y, codes[::-1], levels[::-1])
    for name in ("q", "q_additive", "q_two_way", "p_increment", "p_three_way"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9)


def test_the_gain_is_over_the_largest_pair():
    levels = (3, 4, 2)
    y, codes = sample(levels, 150, 1)
    test = detect(y, codes, levels, q_pairs=(0.1, 0.3, 0.2))
    assert test.q_pair == 0.3
    assert test.gain == test.q - 0.3


def test_only_the_three_together_are_found_by_the_three_way_test():
    """The outcome is the parity of three factors: no one and no two of them explain anything."""
    rng = np.random.default_rng(4)
    codes = [np.arange(80) // 4 % 2, np.arange(80) // 2 % 2, np.arange(80) % 2]
    parity = (codes[0] + codes[1] + codes[2]) % 2
    test = detect(parity + 0.0, codes, (2, 2, 2))
    assert (test.q, test.q_additive, test.q_two_way) == (pytest.approx(1), pytest.approx(0), pytest.approx(0))
    noisy = detect(parity + rng.normal(size=80) * 0.5, codes, (2, 2, 2))
    assert (noisy.df1, noisy.df1_three_way, noisy.df2) == (4, 1, 72)
    assert noisy.p_three_way < 1e-6


def test_a_third_factor_that_is_made_of_the_two_adds_nothing():
    y, (a, b, _) = sample((3, 4, 2), 120, 2)
    test = detect(y, [a, b, a * 4 + b], (3, 4, 12))
    assert (test.df1, test.df1_three_way) == (0, 0)
    assert test.increment == pytest.approx(0, abs=1e-11)
    assert np.isnan([test.F, test.p_increment, test.F_three_way, test.p_three_way]).all()


def test_all_units_alone():
    outcome = centre(np.arange(8.0) ** 2)
    codes = [np.arange(8) // 4, np.arange(8) // 2 % 2, np.arange(8) % 2]
    table = overlay_table(outcome.centred, codes, (2, 2, 2), (0, 1, 2))
    kept = triple_test(outcome, table, q_pairs=(0.9, 0.9, 0.9))
    dropped = triple_test(outcome, table, q_pairs=(0.9, 0.9, 0.9), singletons="drop")
    assert (kept.q, kept.df2, kept.one_unit_share) == (pytest.approx(1), 0, 1.0)
    assert (dropped.n, dropped.cells, dropped.singletons) == (0, 0, 8)
    assert np.isnan([kept.F, kept.q_adjusted, dropped.q, dropped.q_additive, dropped.F]).all()


def test_beyond_the_limit_of_levels_the_smaller_models_are_not_fitted(monkeypatch):
    monkeypatch.setattr(_triples, "MOST_LEVELS", 5)
    y, codes = sample((3, 4, 2), 150, 1)
    test = detect(y, codes, (3, 4, 2))
    assert np.isfinite([test.q, test.q_adjusted, test.q_additive]).all()  # 3 + 2 levels beside those swept out
    assert np.isnan([test.q_two_way, test.F_three_way, test.p_three_way]).all()


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        (0.05, "weaken, nonlinear"),
        (0.2, "weaken, univariate"),
        (0.3, "weaken, univariate"),
        (0.3 + 1e-9, "enhance, trivariate"),
        (0.6, "independent"),
        (0.6 + 1e-12, "independent"),
        (0.6 + 1e-9, "enhance, nonlinear"),
    ],
)
def test_types_and_their_tolerance(q, expected):
    assert triple_type((0.1, 0.3, 0.2), q) == triple_type((0.3, 0.2, 0.1), q) == expected


def test_the_three_way_test_keeps_its_size():
    """Effects of two factors, none of three: p is uniform (300 samples; the bound is exceeded once in 1000)."""
    rng = np.random.default_rng(12)
    codes = [rng.integers(0, 3, 200), rng.integers(0, 2, 200), rng.integers(0, 4, 200)]
    centre_of = codes[0] * codes[1] * 0.8 - (codes[2] == 1) * codes[0]
    p = [detect(rng.normal(size=200) + centre_of, codes, (3, 2, 4)).p_three_way for _ in range(300)]
    assert stats.kstest(p, "uniform").pvalue > 0.001
