"""Three factors at once: q of their overlay, of the sum of their effects, and of all effects of two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatial_region.geodetector._additive import MOST_LEVELS
from spatial_region.geodetector._joint import CellTable
from spatial_region.geodetector._moments import Outcome, Singletons
from spatial_region.geodetector._pairs import EXACT, kept_total
from spatial_region.geodetector._tails import f_sf

_NULL = 1e-9  # eigenvalues of the scaled normal equations below this are combinations that are not identified
_TIE = 1e-10  # q values closer than this count as equal when the type is named
_MOST_ENTRIES = 20_000_000  # of a dense table of the swept factor against the others


@dataclass(frozen=True)
class TripleTest:
    """Numbers of the interaction detector for three factors; NaN where a test has no degrees of freedom.

    Attributes
    ----------
    q, q_adjusted : float
        Explained by the overlay of the three; adjusted for its number of cells.
    n, cells : int
        Units and cells that were tested.
    singletons : int
        Cells of one unit, whether kept or dropped.
    one_unit_share : float
        Share of all units that are in such cells.
    q_pair, gain : float
        The largest q of the three pairs, and what the third factor adds to it. With one-unit cells dropped, pairs and
        triple rest on different units, and the gain may be negative.
    q_additive, increment, F, df1, df2, p_increment
        Explained by the sum of the three effects; what the overlay explains beyond it, and the F test of that.
    q_two_way, increment_three_way, F_three_way, df1_three_way, p_three_way
        Explained by all effects of two factors together; what the overlay explains beyond them, which is what only the
        three together do, and the F test of that, with the same `df2`.
    """

    q: float
    q_adjusted: float
    n: int
    cells: int
    singletons: int
    one_unit_share: float
    q_pair: float
    gain: float
    q_additive: float
    increment: float
    F: float
    df1: int
    df2: int
    p_increment: float
    q_two_way: float
    increment_three_way: float
    F_three_way: float
    df1_three_way: int
    p_three_way: float


def triple_test(
    outcome: Outcome, table: CellTable, *, q_pairs: Sequence[float], singletons: Singletons = "keep"
) -> TripleTest:
    """Test what the overlay of three factors explains, and what it adds to the effects of one and of two of them.

    Parameters
    ----------
    outcome : Outcome
        The centred variable.
    table : CellTable
        Counts and sums of the overlay of the three.
    q_pairs : sequence of float
        q of the overlays of two of them.
    singletons : {"keep", "drop"}
        With ``"drop"`` the cells of one unit leave: N, SST and all models are those of the units that stay.
    """
    alone = table.counts == 1
    keep = ~alone if singletons == "drop" else np.ones(len(alone), dtype=bool)
    places, counts, sums = table.places[:, keep], table.counts[keep], table.sums[keep]
    n, cells = int(counts.sum()), len(counts)
    total = kept_total(outcome, table) if singletons == "drop" else outcome.total
    means = sums / counts - (sums.sum() / n if n else 0.0)
    comparable = total > 0 and cells > 1
    q = min(float(np.sum(counts * means**2)) / total, 1.0) if comparable else np.nan
    df2 = n - cells
    main, main_rank = _explained(places, counts, means)
    both, both_rank = _explained(_two_way(places), counts, means)
    q_main = float(np.minimum(main / total, q)) if comparable else np.nan
    q_both = float(np.minimum(both / total, q)) if comparable else np.nan
    f, p = _increment_test(q, q_main, cells - main_rank, df2)
    f_three, p_three = _increment_test(q, q_both, cells - both_rank, df2)
    return TripleTest(
        q=q,
        q_adjusted=1 - (1 - q) * (n - 1) / df2 if df2 > 0 else np.nan,
        n=n,
        cells=cells,
        singletons=int(alone.sum()),
        one_unit_share=float(alone.sum()) / outcome.n,
        q_pair=max(q_pairs),
        gain=q - max(q_pairs),
        q_additive=q_main,
        increment=q - q_main,
        F=f,
        df1=cells - main_rank,
        df2=df2,
        p_increment=p,
        q_two_way=q_both,
        increment_three_way=q - q_both,
        F_three_way=f_three,
        df1_three_way=cells - both_rank,
        p_three_way=p_three,
    )


def triple_type(q_singles: Sequence[float], q: float) -> str:
    """Name how three factors act together: the rule of Wang et al. (2010) for two, carried on to three.

    With q values that differ by 1e-10 or less taken as equal, q that of the overlay of the three and `q_singles` that
    of each:

    - ``"weaken, nonlinear"``: q below the least of the three;
    - ``"weaken, univariate"``: q between the least and the largest, or equal to the largest (one factor refines both
      others);
    - ``"enhance, trivariate"``: q above the largest of the three;
    - ``"independent"``: q the sum of the three;
    - ``"enhance, nonlinear"``: q above their sum.

    The overlay refines each factor, so q is below the largest only where one-unit cells are dropped. It has so many
    cells that pure noise is nearly always called "enhance, nonlinear": read the F tests.
    """
    if np.isnan([q, *q_singles]).any():
        return "undefined"
    if q > sum(q_singles) + _TIE:
        return "enhance, nonlinear"
    if q >= sum(q_singles) - _TIE:
        return "independent"
    if q > max(q_singles) + _TIE:
        return "enhance, trivariate"
    if q >= min(q_singles) - _TIE:
        return "weaken, univariate"
    return "weaken, nonlinear"


def _increment_test(q: float, q_smaller: float, df1: int, df2: int) -> tuple[float, float]:
    """F test of what the overlay explains beyond a smaller model."""
    if not (df1 > 0 and df2 > 0 and 1 - q > EXACT):
        return np.nan, np.nan
    f = ((q - q_smaller) / df1) / ((1 - q) / df2)
    return f, float(f_sf(np.asarray(f), np.asarray(df1), np.asarray(df2)))


def _two_way(places: np.ndarray) -> np.ndarray:
    """Return the cells of the three overlays of two: a model that adds them up has all effects of two factors."""
    a, b, c = places
    wide_b, wide_c = int(b.max(initial=0)) + 1, int(c.max(initial=0)) + 1
    return np.array([a * wide_b + b, a * wide_c + c, b * wide_c + c])


def _explained(places: np.ndarray, counts: np.ndarray, means: np.ndarray) -> tuple[float, int]:
    """Return the sum of squares that the added effects of several codes explain, and their rank (constant included).

    The code with most levels is swept out of the normal equations; those of the others are scaled, so that the
    eigenvalues of combinations that are not identified are zero and all others of ordinary size. Where the others
    have more than `MOST_LEVELS` levels together, NaN and the number of cells.
    """
    numbered = [np.unique(own, return_inverse=True)[1] for own in places]
    sizes = [int(own.max(initial=-1)) + 1 for own in numbered]
    swept = int(np.argmax(sizes))
    others = [place for place in range(len(sizes)) if place != swept]
    width = sum(sizes[place] for place in others)
    if width > MOST_LEVELS or width * max(sizes) > _MOST_ENTRIES:
        return np.nan, len(counts)
    starts = np.cumsum([0, *(sizes[place] for place in others[:-1])])
    columns = [numbered[place] + start for place, start in zip(others, starts, strict=True)]
    weight = np.bincount(numbered[swept], weights=counts)
    effect = np.bincount(numbered[swept], weights=counts * means) / weight
    left = counts * (means - effect[numbered[swept]])
    right = sum((np.bincount(one, weights=left, minlength=width) for one in columns), np.zeros(width))
    swept_table = _cross(numbered[swept], columns, counts, (len(weight), width))
    crossed = sum((_cross(one, columns, counts, (width, width)) for one in columns), np.zeros((width, width)))
    root = np.sqrt(np.diag(crossed))
    reduced = (crossed - swept_table.T @ (swept_table / weight[:, None])) / np.outer(root, root)
    eigenvalues, vectors = np.linalg.eigh(reduced)
    kept = eigenvalues > _NULL
    shares = (vectors.T @ (right / root))[kept]
    return float(np.sum(weight * effect**2) + np.sum(shares**2 / eigenvalues[kept])), len(weight) + int(kept.sum())


def _cross(rows: np.ndarray, columns: Sequence[np.ndarray], counts: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the table of units by the levels of one code and of several others."""
    places = np.concatenate([rows * shape[1] + one for one in columns])
    weights = np.tile(counts, len(columns))
    return np.bincount(places, weights=weights, minlength=shape[0] * shape[1]).reshape(shape)
