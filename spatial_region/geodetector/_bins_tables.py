"""Tables of stratifications that were compared, and the choice among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial_region.geodetector._tails import f_sf
from spatial_region.geodetector.optimal import Candidate


@dataclass(frozen=True, eq=False)
class Compared:
    """What was tried for one factor, and what was chosen.

    Attributes
    ----------
    candidates : tuple of Candidate
        Every stratification, allowed or not.
    best : Candidate
        Largest q of those allowed.
    levelled : Candidate or None
        Where q levels off; None where too few k are allowed.
    """

    candidates: tuple[Candidate, ...]
    best: Candidate
    levelled: Candidate | None


def compared_table(compared: Mapping[str, Compared], n: int) -> pd.DataFrame:
    """One row a stratification of a factor."""
    rows = [
        (factor, one.method, one.k, one.q, one.n_strata, one.smallest, one.allowed, one is own.best)
        for factor, own in compared.items()
        for one in own.candidates
    ]
    names = ["factor", "method", "k", "q", "strata", "smallest", "allowed", "chosen"]
    table = pd.DataFrame(rows, columns=names)
    adjusted, p = tests_of(table["q"].to_numpy(), table["strata"].to_numpy(), n)
    table.insert(4, "q_adjusted", adjusted)
    table.insert(7, "p_central", p)
    return table


def best_table(compared: Mapping[str, Compared], n: int, p: np.ndarray, p_levelled: np.ndarray) -> pd.DataFrame:
    """One row a factor: the largest q, and that where q levels off."""
    rows = []
    for own, of_best, of_levelled in zip(compared.values(), p, p_levelled, strict=True):
        adjusted, central = tests_of(np.array([own.best.q]), np.array([own.best.n_strata]), n)
        level = own.levelled
        rows.append(
            {
                "method": own.best.method,
                "k": own.best.k,
                "q": own.best.q,
                "q_adjusted": adjusted[0],
                "p_permutation": of_best,
                "p_central": central[0],
                "loess_method": level.method if level else None,
                "loess_k": level.k if level else pd.NA,
                "loess_q": level.q if level else np.nan,
                "loess_p_permutation": of_levelled,
            }
        )
    table = pd.DataFrame(rows, index=pd.Index(list(compared), name="factor"))
    return table.astype({"loess_k": "Int64", "loess_method": object})


def tests_of(q: np.ndarray, strata: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return adjusted q and the p-value of the central F for strata given beforehand."""
    df1, df2 = strata - 1, n - strata
    with np.errstate(divide="ignore"):
        f = q / (1 - q) * df2 / df1
    return 1 - (1 - q) * (n - 1) / df2, f_sf(f, df1, df2)
