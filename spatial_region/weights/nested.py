"""Nested weights: a mixture of two, such as geographic and economic."""

from __future__ import annotations

import numpy as np
from scipy import sparse as sp

from spatial_region.core._algebra import describe
from spatial_region.core.weights import Weights, as_weights, check_same_regions
from spatial_region.errors import InputError


def nested(w1: object, w2: object, *, share: float = 0.5) -> Weights:
    """Mix two weights of the same regions: ``share W1 + (1 - share) W2``, each row-standardised first.

    Without standardisation the mixture would depend on the units: contiguity counts in ones, inverse distances in
    thousandths. A region that has no neighbour under one of the two takes the weights of the other in full, so that
    its row sums to 1 as well.

    Parameters
    ----------
    w1, w2 : Weights, Graph or W
        Often geographic and economic; aligned by label.
    share : float
        Share of the first, from 0 to 1.

    Returns
    -------
    Weights
        Row-standardised, in the order of the first.

    Raises
    ------
    InputError
        If `share` is not a number from 0 to 1, or either is no weights.
    AlignmentError
        If the regions differ.

    References
    ----------
    Debarsy, N. and LeSage, J. (2018). Flexible dependence modeling using convex combinations of different types of
    connectivity structures. Regional Science and Urban Economics 69, 48-68. doi:10.1016/j.regsciurbeco.2018.01.001

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatial_region as sr
    >>> ids = pd.Index(["a", "b", "c"])
    >>> line = sr.Weights(ids, np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    >>> gdp = pd.DataFrame({"gdp_pc": [2.0, 4.0, 8.0]}, index=ids)
    >>> sr.nested(line, sr.economic_distance(gdp, "gdp_pc"), share=0.4).neighbours("a").round(3).to_dict()
    {'b': 0.85, 'c': 0.15}
    """
    number = isinstance(share, (int, float, np.number)) and not isinstance(share, bool)
    if not number or not 0 <= share <= 1:
        raise InputError(f"share must be a number from 0 to 1; found {share!r}.")
    first, second = as_weights(w1), as_weights(w2)
    check_same_regions(second.ids, first.ids, left="w2", right="w1", names=first.names)
    matrix = share * first.standardise("row").sparse + (1 - share) * second.reorder(first.ids).standardise("row").sparse
    recipe = {"kind": "nested", "share": float(share), "first": describe(first), "second": describe(second)}
    names = first.names if first.names is not None else second.names
    return Weights(first.ids, sp.csr_array(matrix), recipe, names).standardise("row")
