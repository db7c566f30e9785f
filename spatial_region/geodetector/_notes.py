"""What a reader must know before quoting a number of a detector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spatial_region.core.messages import name_some
from spatial_region.geodetector._moments import Singletons
from spatial_region.geodetector._numbers import Numbers
from spatial_region.geodetector._rows import Rows
from spatial_region.geodetector.rules import FITTED

if TYPE_CHECKING:  # a result is made of its notes
    from spatial_region.geodetector.result import GeoDetectorResult

FEW_UNITS = 3
_USUAL = 0.5  # of permutations in which noise looks nonlinear, above which the name says little


def small_strata(numbers: Numbers) -> dict[str, int]:
    """Count strata of fewer than three units, of factors that have any."""
    counted = {
        one.factor: int(np.sum(own.counts < FEW_UNITS))
        for one, own in zip(numbers.strata, numbers.moments, strict=True)
    }
    return {factor: count for factor, count in counted.items() if count}


def notes_of(numbers: Numbers, rows: Rows, permutations: int, singletons: Singletons) -> tuple[str, ...]:
    """Return the notes of one sample."""
    return (
        *_on_rows(numbers, rows, singletons),
        *_on_bins(numbers, permutations),
        *_on_permutations(numbers, permutations),
        *_on_pairs([numbers]),
    )


def notes_of_parts(found: Mapping[str, GeoDetectorResult]) -> tuple[str, ...]:
    """Return the notes of several parts, by what messages call them; what many say is said once."""
    samples = [one.numbers for one in found.values()]
    first = next(iter(found.values()))
    said: dict[str, list[str]] = {}
    for part, one in found.items():
        general = {*_on_permutations(one.numbers, one.permutations), *_on_pairs([one.numbers])}
        for note in one.notes:
            if note not in general:
                said.setdefault(note, []).append(part)
    return (
        *(note if len(parts) == len(found) else f"{name_some(parts, limit=8)}: {note}" for note, parts in said.items()),
        *_on_permutations(first.numbers, first.permutations),
        *_on_pairs(samples),
    )


def notes_of_skipped(reasons: Mapping[str, str]) -> tuple[str, ...]:
    """Return why parts were not examined, by what messages call them; what holds of many is said once."""
    alike: dict[str, list[str]] = {}
    for part, reason in reasons.items():
        alike.setdefault(reason, []).append(part)
    return tuple(f"{name_some(parts)}: not examined. {reason}" for reason, parts in alike.items())


def _on_rows(numbers: Numbers, rows: Rows, singletons: Singletons) -> Iterator[str]:
    if len(rows.dropped):
        yield f"{len(rows.dropped)} rows with missing values were dropped."
    if rows.pooled_times > 1:
        yield (
            f"{rows.pooled_times} times are pooled; rows of one region are not independent, so p-values are too small "
            f"(but p_whole_regions, and p_spatial, if asked for: permute=)."
        )
    left = {one.factor: test.singletons for one, test in zip(numbers.strata, numbers.tests, strict=True)}
    if singletons == "drop" and any(left.values()):
        listed = name_some(f"{factor!r} ({count})" for factor, count in left.items() if count)
        yield f"strata of one unit were left out: {listed}. Detectors of different factors so use different rows."
    if singletons == "drop" and numbers.pairs:
        yield "p-values of pairs by permutation are not made where strata of one unit are left out."


def _on_bins(numbers: Numbers, permutations: int) -> Iterator[str]:
    emptied = [one for one in numbers.strata if one.n_strata < one.asked]
    if emptied:
        listed = name_some(f"{one.factor!r} ({one.n_strata} of {one.asked})" for one in emptied)
        yield f"intervals without a unit are no strata: {listed}."
    fitted = [one.factor for one in numbers.strata if one.method in FITTED]
    searched: Sequence[str] = [*numbers.tried, *(factor for factor in fitted if factor not in numbers.tried)]
    if searched:
        corrected = (
            "p_permutation allows for it, p_wang, p_central and the interval do not"
            if permutations
            else "no p-value here allows for it; set permutations=999"
        )
        yield f"q of {name_some(map(repr, searched))} is inflated by choosing the best bins; {corrected}."
        if numbers.pairs:
            yield "p-values of pairs and of risks take chosen strata as given, and are too small for them."


def _on_permutations(numbers: Numbers, permutations: int) -> Iterator[str]:
    if permutations:
        columns = name_some(column for column, p in numbers.p.items() if not np.isnan(p).all())
        yield f"{columns} from {permutations} permutations cannot be below {1 / (permutations + 1):.2g}."


def _on_pairs(samples: Sequence[Numbers]) -> Iterator[str]:
    """Say how often pairs of noise are called nonlinear, in all samples together."""
    if not any(numbers.pairs for numbers in samples):
        return
    shares = np.concatenate([numbers.draws.noise_nonlinear for numbers in samples])
    if np.isnan(shares).all():
        yield 'pure noise is usually called "enhance, nonlinear" as well; read p_increment.'
    elif (usual := shares > _USUAL).any():
        least, most = f"{shares[usual].min():.0%}", f"{shares[usual].max():.0%}"
        yield (
            f'{int(usual.sum())} of {len(shares)} pairs would be called "enhance, nonlinear" in '
            f"{least if least == most else f'{least} to {most}'} of permutations, where no factor has an effect; "
            f"read p_increment."
        )
