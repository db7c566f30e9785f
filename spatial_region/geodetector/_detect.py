"""From complete rows to a result: strata, tests and permutations of one sample, or of its parts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np

from spatial_region.core.seeds import derive_seed
from spatial_region.core.spec import digest, make_spec
from spatial_region.errors import SpatialRegionError
from spatial_region.geodetector._interval import q_interval
from spatial_region.geodetector._joint import narrow_codes, overlay_table, pair_tables
from spatial_region.geodetector._moments import Outcome, Singletons, all_moments, centre, factor_test
from spatial_region.geodetector._notes import notes_of
from spatial_region.geodetector._numbers import Numbers
from spatial_region.geodetector._pair_permutations import pair_permutations
from spatial_region.geodetector._pairs import pair_tests
from spatial_region.geodetector._parts import POOLED, WHOLE, Part
from spatial_region.geodetector._permutation import permutation_tests
from spatial_region.geodetector._plans import COLUMNS, NEED_TIMES, Plans
from spatial_region.geodetector._rows import Rows
from spatial_region.geodetector._settings import Settings
from spatial_region.geodetector._triples import TripleTest, triple_test
from spatial_region.geodetector.result import GeoDetectorResult
from spatial_region.geodetector.stratify import Stratified, check_not_searched, stratify


def detect(rows: Rows, settings: Settings) -> GeoDetectorResult:
    """Run every detector on one sample."""
    outcome = centre(rows.y)
    return _result(rows, settings, _whole_strata(rows, outcome, settings), Plans(settings.w), outcome)


def detect_parts(
    rows: Rows, parts: list[Part], settings: Settings
) -> tuple[dict[tuple[object, object], GeoDetectorResult], dict[tuple[object, object], str]]:
    """Run every detector on each part; return the results, and why the other parts have none.

    Raises
    ------
    SpatialRegionError
        The first reason, if no part can be examined.
    """
    plans = Plans(settings.w)
    shared = None if settings.cut_within == "part" else _whole_strata(rows, centre(rows.y), settings)
    made: dict[tuple[object, object], GeoDetectorResult] = {}
    skipped: dict[tuple[object, object], SpatialRegionError] = {}
    for part in parts:
        own = rows.take(part.mask)
        try:
            own.check(settings.variable)
            outcome = centre(own.y)
            if shared is None:
                stratified = stratify(own, outcome, settings.names, settings.bins, singletons=settings.singletons)
            else:
                stratified = shared.restricted(part.mask, settings.singletons)
            fitting = settings if part.time == POOLED else _for_one_time(settings)
            made[part.group, part.time] = _result(own, fitting, stratified, plans, outcome)
        except SpatialRegionError as fault:  # kept with its reason; it is not a fault of the other parts
            skipped[part.group, part.time] = fault
    if not made:
        part, first = parts[0], next(iter(skipped.values()))
        if len(parts) == 1 or (part.group, part.time) == (WHOLE, POOLED):
            raise first
        raise type(first)(f"none of {len(parts)} parts can be examined. {part.described}: {first}") from first
    return made, {key: str(fault) for key, fault in skipped.items()}


def _for_one_time(settings: Settings) -> Settings:
    """Leave out ways of permuting that need several times; their column stays, empty."""
    return replace(settings, permute=tuple(way for way in settings.permute if way not in NEED_TIMES))


def _whole_strata(rows: Rows, outcome: Outcome, settings: Settings) -> Stratified:
    groups: list[Hashable] | None = None
    if settings.cut_within == "time":
        groups = list(rows.index.get_level_values(1))
    elif settings.cut_within == "group":
        assert rows.groups is not None
        groups = list(rows.groups)
    elif settings.cut_within == "whole":
        check_not_searched(settings.bins, settings.names, "its strata are not those of a part of the rows")
    return stratify(rows, outcome, settings.names, settings.bins, groups=groups, singletons=settings.singletons)


def _result(
    rows: Rows, settings: Settings, stratified: Stratified, plans: Plans, outcome: Outcome
) -> GeoDetectorResult:
    numbers = _numbers(rows, settings, stratified, plans, outcome)
    return GeoDetectorResult(
        variable=settings.variable,
        n=outcome.n,
        dropped=rows.dropped,
        permutations=settings.permutations,
        level=settings.level,
        notes=notes_of(numbers, rows, settings.permutations, settings.singletons),
        spec=make_spec(
            "geodetector",
            options=settings.options,
            inputs={"rows": outcome.n, "dropped": len(rows.dropped), "values": digest(rows.y)},
            seed=settings.seed if settings.permutations else None,
        ),
        index=rows.index,
        regions=settings.regions,
        numbers=numbers,
    )


def _numbers(rows: Rows, settings: Settings, stratified: Stratified, plans: Plans, outcome: Outcome) -> Numbers:
    levels, keep = stratified.levels, settings.singletons
    codes = narrow_codes(stratified.codes, levels)
    moments = all_moments(outcome, codes, levels)
    tests = [factor_test(outcome, own, singletons=keep) for own in moments]
    tables = pair_tables(outcome.centred, codes, levels) if len(levels) > 1 else []
    places = list(combinations(range(len(levels)), 2))
    pairs = pair_tests(outcome, tables, [(levels[a], levels[b]) for a, b in places], singletons=keep)
    q_pair = {place: test.q for place, test in zip(places, pairs, strict=True)}
    return Numbers(
        outcome=outcome,
        strata=stratified.strata,
        moments=tuple(moments),
        tests=tuple(tests),
        limits=q_interval(
            np.array([test.F for test in tests]),
            np.array([test.df1 for test in tests]),
            np.array([test.df2 for test in tests]),
            np.array([test.n for test in tests]),
            settings.level,
        ),
        p=_permutation_columns(rows, settings, stratified, plans, outcome),
        pairs=tuple((*place, test) for place, test in zip(places, pairs, strict=True)),
        draws=pair_permutations(
            outcome.centred,
            stratified.codes,
            levels=levels,
            # Cells of one unit differ from draw to draw in what leaving them out means; no such test is made.
            permutations=settings.permutations if settings.permute_pairs and keep == "keep" else 0,
            seed=derive_seed(settings.seed, "geodetector"),
        ),
        triples=tuple(
            (a, b, c, _triple(outcome, codes, levels, (a, b, c), q_pair, keep))
            for a, b, c in (combinations(range(len(levels)), 3) if settings.triples else ())
        ),
        singletons=keep,
        tried=stratified.tried,
    )


def _triple(
    outcome: Outcome,
    codes: np.ndarray,
    levels: list[int],
    members: tuple[int, int, int],
    q_pair: Mapping[tuple[int, int], float],
    singletons: Singletons,
) -> TripleTest:
    table = overlay_table(outcome.centred, codes, levels, members)
    q_pairs = [q_pair[a, b] for a, b in combinations(members, 2)]
    return triple_test(outcome, table, q_pairs=q_pairs, singletons=singletons)


def _permutation_columns(
    rows: Rows, settings: Settings, stratified: Stratified, plans: Plans, outcome: Outcome
) -> dict[str, np.ndarray]:
    blank = np.full(len(stratified.strata), np.nan)
    found = {column: blank for way, column in COLUMNS.items() if way in settings.columns}
    if settings.permutations:
        for way in settings.permute:
            found[COLUMNS[way]] = permutation_tests(
                outcome.centred,
                stratified.statistics,
                draws=plans.draws(way, rows),
                permutations=settings.permutations,
                seed=derive_seed(settings.seed, "geodetector"),
            )
    return found
