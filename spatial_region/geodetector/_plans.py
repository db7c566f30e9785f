"""From rows and weights to ways of permuting: who may change places with whom."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError, WeightsError
from spatial_region.geodetector._draws import Balance, Draws, FreeRows, WholeRegions, WithinRegions, balance
from spatial_region.geodetector._rows import Rows
from spatial_region.geodetector._spatial_draws import MOST_REGIONS, SpatialModes, SpatialSigns, spatial_modes

Permute = Literal["rows", "within_regions", "whole_regions", "spatial"]

COLUMNS: dict[Permute, str] = {
    "rows": "p_permutation",
    "within_regions": "p_within_regions",
    "whole_regions": "p_whole_regions",
    "spatial": "p_spatial",
}
NEED_TIMES = frozenset({"within_regions", "whole_regions"})


class Plans:
    """Ways to permute the rows of a sample and of its parts; the spatial patterns of a set of regions are kept."""

    def __init__(self, w: Weights | None) -> None:
        self._w = w
        self._modes: dict[str, SpatialModes] = {}

    def draws(self, permute: Permute, rows: Rows) -> Draws:
        """Return one way to permute.

        Raises
        ------
        InputError
            If rows are not by region and time and the way needs that, or region and time do not occur once each.
        WeightsError
            If the way needs weights and there are none, or they lack a region or link none.
        """
        if permute == "rows":
            return FreeRows()
        if permute in NEED_TIMES and rows.pooled_times < 2:
            raise InputError(
                f"permute={permute!r} needs rows by region and several times; these have "
                f"{'one time' if rows.is_panel else 'no time'}. Pass a study that is a panel, without at=."
            )
        if permute == "within_regions":
            return WithinRegions(pd.factorize(rows.regions)[0])
        if permute == "whole_regions":
            regions, ids = pd.factorize(rows.regions)
            times = _times(rows)
            _check_balance(balance(regions, times), ids, rows, permute)
            return WholeRegions(regions, times)
        return self._spatial(rows)

    def _spatial(self, rows: Rows) -> SpatialSigns:
        if self._w is None:
            raise WeightsError(
                "permute='spatial' needs weights, whose patterns it keeps; pass w=, for example w=sr.contiguity(study)."
            )
        if not _links_any(self._w):
            raise WeightsError(
                f"w links no two of its {len(self._w.ids)} regions, so that permute='spatial' has no pattern to keep. "
                f"Use weights with links, or permute='rows'."
            )
        ids = rows.regions.unique()
        stray = ids.difference(self._w.ids)
        if len(stray):
            raise WeightsError(
                f"w lacks {len(stray)} of {len(ids)} regions of the rows: {name_some(stray)}. "
                f"Index the rows by region id, and build the weights from the same regions."
            )
        if len(ids) > MOST_REGIONS:
            raise InputError(
                f"permute='spatial' needs the eigenvectors of the weights and takes at most {MOST_REGIONS} regions; "
                f"there are {len(ids)}. Aggregate them, or examine one group of regions at a time: grouping=."
            )
        own, _ = self._w.subset(ids).sorted_by_id
        regions, times = own.ids.get_indexer(rows.regions), _times(rows)
        _check_balance(balance(regions, times), own.ids, rows, "spatial")
        if own.ids_digest not in self._modes:
            self._modes[own.ids_digest] = spatial_modes(own.sparse)
        return SpatialSigns(self._modes[own.ids_digest], regions, times)


def _links_any(w: Weights) -> bool:
    """Whether any region is linked with another one."""
    links = w.sparse.tocoo()
    return bool(((links.row != links.col) & (links.data != 0)).any())


def _times(rows: Rows) -> np.ndarray:
    if not rows.is_panel:
        return np.zeros(len(rows.y), dtype=np.int64)
    return pd.Index(rows.times).get_indexer(rows.index.get_level_values(1))


def _check_balance(found: Balance, ids: pd.Index, rows: Rows, permute: Permute) -> None:
    if found.balanced:
        return
    odd = found.repeated if len(found.repeated) else found.missing
    times = rows.times or [None]
    listed = [f"{ids[region]}" + (f" at {times[time]}" if rows.is_panel else "") for region, time in odd[:5]]
    more = f" and {len(odd) - 5} more" if len(odd) > 5 else ""
    what = "occur more than once" if len(found.repeated) else "have no row"
    raise InputError(
        f"permute={permute!r} needs each region once at every time; {', '.join(listed)}{more} {what}. "
        f"Keep the regions that are complete, or take one time: at=."
    )
