"""spatial_region: spatial statistics and spatial econometrics for regional economists.

Public names are loaded on first use, so that ``import spatial_region`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Public name -> module that defines it. One name a line, grouped by room; the groups are in the order of the data flow.
_EXPORTS: dict[str, str] = {
    # core
    "Study": "spatial_region.core.study",
    "make_study": "spatial_region.core.study",
    "Weights": "spatial_region.core.weights",
    # weights
    "contiguity": "spatial_region.weights.contiguity",
    "knn": "spatial_region.weights.distance",
    "distance_band": "spatial_region.weights.distance",
    "inverse_distance": "spatial_region.weights.distance",
    # autocorr
    "moran": "spatial_region.autocorr.moran",
    "moran_by_time": "spatial_region.autocorr.moran",
    "local_moran": "spatial_region.autocorr.local_moran",
}

__all__ = ["__version__", *_EXPORTS]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        value = getattr(import_module(_EXPORTS[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'spatial_region' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_EXPORTS])
