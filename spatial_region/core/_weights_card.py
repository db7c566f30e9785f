"""The card of weights: what there is to know of them, in a dozen lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_regions

if TYPE_CHECKING:
    from spatial_region.core.weights import Weights

_SMALL = 5  # a component of so many regions or fewer has them named
_LISTED = 5


def make_card(w: Weights) -> pd.Series:
    """Return the facts of weights, in the order in which they are shown."""
    counts = w.cardinalities.to_numpy()
    recipe = ", ".join(f"{key}={value}" for key, value in w.recipe.items())
    facts: dict[str, object] = {
        "regions": w.n,
        "links": w.n_links,
        "density (%)": round(100 * w.n_links / max(w.n * (w.n - 1), 1), 4),
        "neighbours (min / mean / max)": f"{counts.min()} / {counts.mean():.2f} / {counts.max()}" if w.n else "-",
        "symmetric": "yes" if w.is_symmetric else "no",
        "components": w.n_components,
        "component sizes": _component_sizes(w),
        "islands": f"{len(w.islands)}" + (f": {name_regions(w.islands, w.names)}" if len(w.islands) else ""),
        "standardisation": w.standardisation or "none chosen (statistics use row)",
        "recipe": recipe or "-",
    }
    if w.n_components < 2:
        del facts["component sizes"]
    return pd.Series(facts, name="weights", dtype=object)


def _component_sizes(w: Weights) -> str:
    """Return the sizes of the components: ``330; 2 (a, b); 1 x 3``. Small ones are named, the sixth and on counted.

    No word of a language is in it.
    """
    labels = w.components.to_numpy()
    sizes = np.bincount(labels) if len(labels) else np.zeros(0, dtype=int)
    by_size = np.argsort(-sizes, kind="stable")
    larger = by_size[sizes[by_size] > 1]
    shown = [
        f"{sizes[label]}" + (f" ({name_regions(w.ids[labels == label], w.names)})" if sizes[label] <= _SMALL else "")
        for label in larger[:_LISTED]
    ]
    rest, single = sizes[larger[_LISTED:]], len(sizes) - len(larger)
    if len(rest):
        shown.append(
            f"{rest.min()} x {len(rest)}" if rest.min() == rest.max() else f"{rest.min()}-{rest.max()} x {len(rest)}"
        )
    return "; ".join([*shown, *([f"1 x {single}"] if single else [])])


def make_histogram(counts: np.ndarray) -> pd.Series:
    """Return the number of regions with 0, 1, 2 ... neighbours, indexed by the number of neighbours."""
    regions = np.bincount(counts) if len(counts) else np.zeros(0, dtype=np.int64)
    return pd.Series(regions, index=pd.RangeIndex(len(regions), name="cardinality"), name="regions")
