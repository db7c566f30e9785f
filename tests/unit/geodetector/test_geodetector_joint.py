"""Joint tables against plain loops; blocks that must hold every pair; threads that must change nothing."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest

from spatial_region.core import threads
from spatial_region.geodetector import _joint
from spatial_region.geodetector._blocks import MOST_CELLS, MOST_MEMBERS, cover_pairs
from spatial_region.geodetector._joint import narrow_codes, overlay_table, pair_tables


def by_loops(y, codes):
    """Return {places: (count, sum)} in the order of places."""
    cells = defaultdict(lambda: [0, 0.0])
    for value, *places in zip(y.tolist(), *(own.tolist() for own in codes), strict=True):
        cells[tuple(places)][0] += 1
        cells[tuple(places)][1] += value
    return dict(sorted(cells.items()))


def agree(table, y, codes):
    expected = by_loops(y, codes)
    assert list(map(tuple, table.places.T.tolist())) == list(expected)
    assert table.counts.tolist() == [count for count, _ in expected.values()]
    assert table.counts.dtype == np.int64
    np.testing.assert_allclose(table.sums, [total for _, total in expected.values()], rtol=0, atol=1e-11)


def sample(levels, n, seed=1):
    rng = np.random.default_rng(seed)
    codes = [np.concatenate((np.arange(level), rng.integers(0, level, n - level))) for level in levels]
    for own in codes:
        rng.shuffle(own)
    return rng.normal(size=n), codes


@pytest.mark.parametrize(
    "levels",
    [
        (5,) * 10,
        (2, 3),
        (7,),
        (5, 5, 300, 2000),
        (3, 4, 5, 6, 7, 8, 5, 5, 10, 31),
        (2,) * 25,
        (64, 64, 65, 63, 2, 2, 2),
        (4096, 1, 2, 3),
    ],
)
@pytest.mark.parametrize("most_cells", [10, 200, MOST_CELLS])
def test_blocks_hold_every_pair_that_fits_and_no_table_grows_too_large(levels, most_cells):
    blocks = cover_pairs(levels, most_cells)
    held = {pair for block in blocks for pair in combinations(block, 2)}
    wanted = {pair for pair in combinations(range(len(levels)), 2) if levels[pair[0]] * levels[pair[1]] <= MOST_CELLS}
    assert wanted <= held
    for block in blocks:
        cells = np.prod([levels[member] for member in block])
        assert 2 <= len(block) <= MOST_MEMBERS
        assert cells <= (MOST_CELLS if len(block) == 2 else most_cells)
        assert list(block) == sorted(set(block))


def test_few_blocks_hold_many_pairs():
    # No six blocks of five can be beaten (Schoenheim); the greedy search comes within one or two of it.
    assert 6 <= len(cover_pairs((5,) * 10)) <= 8
    assert len(cover_pairs((5,) * 10, 42)) == 45


@pytest.mark.parametrize(
    ("levels", "n"),
    [
        ((3, 4, 2, 5), 40),
        ((3, 4, 2, 5, 3, 6, 4), 6000),
        ((2, 300, 3), 2500),  # two bytes a code
        ((70, 80, 3, 4), 3000),  # one pair with more cells than a block may have
        ((70, 80, 3, 4), 100),  # and with far more cells than units
        ((2, 2), 2),
    ],
)
def test_tables_of_all_pairs_equal_plain_loops(levels, n):
    y, codes = sample(levels, n)
    tables = pair_tables(y, codes, levels)
    pairs = list(combinations(range(len(levels)), 2))
    assert len(tables) == len(pairs)
    for (a, b), table in zip(pairs, tables, strict=True):
        agree(table, y, [codes[a], codes[b]])
        assert (table.row == table.places[0]).all()
        assert (table.column == table.places[1]).all()


def test_one_factor_has_no_pairs():
    assert pair_tables(np.ones(3), [np.array([0, 1, 0])], [2]) == []


@pytest.mark.parametrize("members", [(0, 1, 2), (3, 1), (4, 2, 0, 1), (2,)])
def test_overlay_of_any_factors_equals_plain_loops(members):
    levels = (3, 4, 2, 5, 3)
    y, codes = sample(levels, 500)
    agree(overlay_table(y, codes, levels, members), y, [codes[member] for member in members])
    narrow = narrow_codes(codes, levels)
    agree(overlay_table(y, narrow, levels, members), y, [codes[member] for member in members])


@pytest.mark.parametrize("narrow", [False, True])
def test_overlay_of_more_cells_than_an_integer_can_number(narrow):
    levels = [400] * 9  # 400^9 > 2^64
    y, codes = sample(levels, 600)
    given = narrow_codes(codes, levels) if narrow else codes
    agree(overlay_table(y, given, levels, range(9)), y, codes)


def test_the_sum_of_a_unit_that_is_alone_is_its_value():
    levels = (9, 8, 7, 6)
    y, codes = sample(levels, 400)
    for (a, b), table in zip(combinations(range(4), 2), pair_tables(y, codes, levels), strict=True):
        for place in np.flatnonzero(table.counts == 1):
            mine = (codes[a] == table.row[place]) & (codes[b] == table.column[place])
            assert table.sums[place] == y[mine][0]


def test_sums_are_the_same_bits_on_any_number_of_cores(monkeypatch):
    levels = (3, 4, 2, 5, 3)
    y, codes = sample(levels, 9000)
    monkeypatch.setattr(_joint, "_ROWS_PER_PART", 1000)
    monkeypatch.setattr(threads, "_WORTH_IT", 0)
    found = []
    for workers in (1, 2, 5):
        monkeypatch.setattr(threads, "processors", lambda workers=workers: workers)
        found.append(pair_tables(y, codes, levels))
    for first, *others in zip(*found, strict=True):
        for other in others:
            assert (first.sums == other.sums).all()
            assert (first.counts == other.counts).all()
    for (a, b), table in zip(combinations(range(5), 2), found[0], strict=True):
        agree(table, y, [codes[a], codes[b]])


@pytest.mark.parametrize(("most", "kind"), [(5, np.uint8), (256, np.uint8), (257, np.uint16), (70_000, np.uint32)])
def test_narrow_codes_are_the_codes(most, kind):
    y, codes = sample((3, most), 80_000)
    before = [own.copy() for own in codes]
    narrow = narrow_codes(codes, (3, most))
    assert narrow.dtype == kind
    assert all((own == given).all() for own, given in zip(narrow, codes, strict=True))
    assert narrow_codes(narrow, (3, most)) is narrow
    table = pair_tables(y, narrow, (3, most))[0]
    assert table.counts.sum() == 80_000
    assert all((own == given).all() for own, given in zip(codes, before, strict=True))
