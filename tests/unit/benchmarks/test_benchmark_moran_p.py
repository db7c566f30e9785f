"""The comparison of p-values of Moran's I in the tail runs, and finds what the documentation says."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.moran_p import compare, to_markdown


def test_the_usual_p_is_1_7_to_28_times_too_small():
    """HOVAL of columbus and HR7984 of stl, one-sided, variance under randomisation; and once 100 times too small."""
    table = compare(20_000).set_index("example")
    ratio, count = table["permutation / randomisation"], table["draws as large"]
    for example, expected in (("columbus HOVAL", 1.69), ("stl HR7984", 28.2), ("stl HR8893", 100)):
        assert ratio[example] == pytest.approx(expected, rel=4 / np.sqrt(count[example]))
    # The saddlepoint is within 3 % of the exact p of normal values wherever this can be computed.
    known = table["exact, normal values"].dropna()
    np.testing.assert_allclose(table["saddlepoint"][known.index], known, rtol=0.03)
    assert (known / table["normal"][known.index]).min() > 0.99
    assert "| stl HR7984 | 78 |" in to_markdown(table.reset_index())
