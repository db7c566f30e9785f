"""Two variables of the same regions, and what is recorded about them."""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.autocorr._inputs import described_inputs, deviations
from spatial_region.core.options import Alternative, Missing
from spatial_region.core.sample import Sample
from spatial_region.core.spec import Spec, digest, make_spec


def standardised_pair(first: Sample, second: Sample) -> tuple[sp.csr_array, np.ndarray, np.ndarray]:
    """Return weights and both variables sorted by id, these as deviations of length 1."""
    canonical, order = first.canonical()
    x, y = (deviations(values)[0] for values in (canonical.values, second.values[order]))
    return canonical.weights.sparse, x / np.linalg.norm(x), y / np.linalg.norm(y)


def pair_spec(
    function: str,
    first: Sample,
    second: Sample,
    permutations: int,
    alternative: Alternative,
    missing: Missing,
    seed: int,
) -> Spec:
    """Return the settings of a statistic of two variables, both named."""
    canonical, order = first.canonical()
    both = {
        "variable": f"{first.variable} and {second.variable}",
        "x": first.variable,
        "y": second.variable,
        "other_digest": digest(second.values[order]),
    }
    options = {"permutations": permutations, "alternative": alternative, "missing": missing}
    return make_spec(function, options=options, inputs={**described_inputs(first, canonical), **both}, seed=seed)
