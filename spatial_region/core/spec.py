"""What a result needs to be run again: the function, its options, its inputs, the seed and the versions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pandas as pd

from spatial_region.core.frozen import FrozenDict

_RECORDED = ("spatial_region", "numpy", "scipy", "pandas", "geopandas", "shapely", "libpysal", "numba")


@cache
def recorded_versions() -> Mapping[str, str]:
    """Return the version of each recorded library that is installed."""
    found: dict[str, str] = {}
    for name in _RECORDED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from a source tree that is not installed
            continue
    return FrozenDict(found)


@dataclass(frozen=True)
class Spec:
    """Settings of one computation.

    Attributes
    ----------
    function : str
        Public name of the function that ran.
    options : Mapping
        Every option, defaults included.
    inputs : Mapping
        Facts about the data: variable, time, number of regions, recipe of the weights, digests.
    seed : int or None
        Seed of the random numbers; None when none were drawn.
    versions : Mapping
        Version of each library that the numbers may depend on.
    """

    function: str
    options: Mapping[str, object]
    inputs: Mapping[str, object]
    seed: int | None = None
    versions: Mapping[str, str] = field(default_factory=recorded_versions)

    def to_dict(self) -> dict[str, object]:
        """Return plain dictionaries, fit for JSON."""
        return {
            "function": self.function,
            "options": dict(self.options),
            "inputs": dict(self.inputs),
            "seed": self.seed,
            "versions": dict(self.versions),
        }


def make_spec(
    function: str, *, options: Mapping[str, object], inputs: Mapping[str, object], seed: int | None = None
) -> Spec:
    """Build a `Spec` whose mappings cannot be changed."""
    return Spec(function, FrozenDict(options), FrozenDict(inputs), seed)


def digest(values: np.ndarray | pd.Index | pd.Series) -> str:
    """Return a short digest of labels or numbers, to tell whether two runs saw the same data."""
    array = np.asarray(values)
    if array.dtype.kind in "fiu":
        content = np.ascontiguousarray(array).tobytes()
    else:
        content = "\x1f".join(map(str, array.tolist())).encode()
    return hashlib.sha256(content).hexdigest()[:16]
