"""The stratifications that the spatial association detector compares: one a factor, or one a number of strata."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.core.seeds import generator
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError, WeightsError
from spatial_region.geodetector._free_draws import free_draws, reached
from spatial_region.geodetector._moments import centre
from spatial_region.geodetector._rows import Rows
from spatial_region.geodetector._spatial_variance import Links, SpatialStrata, spatial_q, weigh_pairs
from spatial_region.geodetector.rules import FITTED
from spatial_region.geodetector.strata import Rule, Strata, rule_strata

_CUT_BY_K = ("quantile", "equal", "natural", "geometric", "sd")


@dataclass(frozen=True, eq=False)
class Level:
    """One stratification of one factor, and what it keeps of the factor's own spatial variance."""

    factor: str
    strata: Strata
    pairs: SpatialStrata
    kept: float  # NaN for strata as given


def level_of(strata: Strata, rows: Rows, links: Links, weights: Weights) -> Level:
    """Weigh the pairs of one stratification.

    Raises
    ------
    WeightsError
        If no two regions of one stratum are linked.
    """
    pairs = weigh_pairs(links, strata.codes)
    if pairs is None:
        raise WeightsError(
            f"w links no two regions of one stratum of {strata.factor!r} ({weights.n} regions, {len(links.weight)} "
            f"linked pairs, {strata.n_strata} strata). Use weights with more links, or fewer strata."
        )
    kept = np.nan
    if np.isfinite(strata.lower).any() or np.isfinite(strata.upper).any():
        x = centre(rows.factors[strata.factor].to_numpy(dtype=float)).centred
        kept = float(spatial_q(links, [pairs], x[None, :])[0, 0])
    return Level(strata.factor, strata, pairs, kept if kept > 0 else np.nan)


def all_levels(
    main: list[Level], rows: Rows, links: Links, weights: Weights, searched: set[str], ks: list[int] | None
) -> list[Level]:
    """Cut every factor that is cut by a rule into each number of strata.

    Raises
    ------
    InputError
        If a method takes no number of strata.
    """
    found = []
    for level in main if ks else ():
        method = level.strata.method
        if np.isnan(level.kept):
            continue
        if method not in _CUT_BY_K or level.factor in searched:
            shown = "optimal" if level.factor in searched and method not in FITTED else method
            raise InputError(
                f"ks= needs a method that takes a number of strata; {level.factor!r} is cut by {shown!r}. "
                f"Choose one of {', '.join(map(repr, _CUT_BY_K))} in bins=, or leave ks= out."
            )
        x = rows.factors[level.factor].to_numpy(dtype=float)
        for k in ks or ():
            found.append(level_of(rule_strata(x, Rule(method, (k,)), factor=level.factor), rows, links, weights))
    return found


def permutation_columns(
    y: np.ndarray,
    links: Links,
    main: list[Level],
    more: list[Level],
    psd: np.ndarray,
    permutations: int,
    seed: int,
) -> tuple[np.ndarray, dict[str, float]]:
    """Return p of PSD by factor, and of PSMD by factor: its mean over the levels is taken in every permutation."""
    multilevel = sorted({level.factor for level in more})
    mean = np.zeros((len(main) + len(more), len(multilevel)))
    for place, level in enumerate(more, start=len(main)):
        own = [other for other in more if other.factor == level.factor]
        mean[place, multilevel.index(level.factor)] = 1 / (len(own) * level.kept)
    if not permutations:
        return np.full(len(main), np.nan), dict.fromkeys(multilevel, np.nan)
    statistics = np.hstack([np.eye(len(main) + len(more))[:, : len(main)], mean])
    observed = psd @ statistics
    counts = np.zeros(statistics.shape[1], dtype=np.int64)
    strata = [level.pairs for level in main + more]
    for draws in free_draws(y, permutations, generator(seed, "spade")):
        counts += reached(spatial_q(links, strata, draws) @ statistics, observed)
    p = (counts + 1) / (permutations + 1)
    return p[: len(main)], dict(zip(multilevel, p[len(main) :].tolist(), strict=True))


def factor_table(levels: list[Level], q: list[float], psd: np.ndarray, p: np.ndarray) -> pd.DataFrame:
    """One row a factor."""
    kept = np.array([level.kept for level in levels])
    return pd.DataFrame(
        {
            "psd": psd,
            "p_permutation": p,
            "psd_of_factor": kept,
            "psd_compensated": psd / kept,
            "q": q,
            "strata": [level.strata.n_strata for level in levels],
            "n": [int(level.pairs.kept.sum()) for level in levels],
            "left_out": [int((~level.pairs.kept).sum()) for level in levels],
            "method": [level.strata.method for level in levels],
        },
        index=pd.Index([level.factor for level in levels], name="factor"),
    )


def level_table(levels: list[Level], psd: np.ndarray) -> pd.DataFrame:
    """One row a factor and number of strata."""
    kept = np.array([level.kept for level in levels], dtype=float)
    return pd.DataFrame(
        {
            "factor": pd.Series([level.factor for level in levels], dtype=object),
            "k": [level.strata.asked for level in levels],
            "psd": psd,
            "psd_of_factor": kept,
            "psd_compensated": psd / kept,
            "n": [int(level.pairs.kept.sum()) for level in levels],
        }
    )
