"""Change points against ruptures 1.1.10, natural and head/tail breaks against mapclassify 2.10.

The numbers of ruptures are those of ``Dynp(model="l2", min_size=3, jump=1)`` on y in the order of x.
"""

from __future__ import annotations

import mapclassify
import numpy as np
import pytest

from spatial_region.geodetector._breaks import assign, natural_edges
from spatial_region.geodetector._changepoint import BestSegments, best_segments, cells_of
from spatial_region.geodetector._moments import centre

RUPTURES = {
    2: ([47], 0.3323986264472175),
    3: ([47, 80], 0.43192258043334164),
    4: ([16, 47, 80], 0.44857485672019926),
    5: ([16, 34, 47, 80], 0.4831508152304026),
    6: ([16, 34, 39, 47, 80], 0.4971960061143349),
    7: ([16, 34, 47, 80, 109, 113], 0.5218303644866223),
}


def steps() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    x = np.round(rng.uniform(0, 100, 120), 6)
    return x, np.round(np.where(x < 30, 1, np.where(x < 62, 3, 2)) + rng.normal(size=120), 6)


@pytest.mark.parametrize("k", list(RUPTURES))
def test_change_points_are_those_of_ruptures(k):
    x, y = steps()
    outcome, cells = centre(y), cells_of(x)
    cuts, q = RUPTURES[k]
    assert best_segments(outcome.centred, cells, 7, 3)[k, 1:k].tolist() == cuts
    assert BestSegments(cells, (k,), 3).q_of(outcome.centred[None, :])[0] == pytest.approx(q, rel=1e-12)


def test_cuts_at_every_fifth_place_only_which_is_what_ruptures_does_unless_told_otherwise_explain_less():
    # Dynp(model="l2", min_size=3), as the registry's geodetector 0.2.0 calls it, cuts at 15, 35, 50 and 80.
    x, y = steps()
    outcome = centre(y)
    parts = np.split(outcome.centred[np.argsort(x)], [15, 35, 50, 80])
    coarse = sum(part.sum() ** 2 / len(part) for part in parts) / outcome.total
    assert coarse < RUPTURES[5][1] - 0.02


@pytest.mark.parametrize("kind", ["lognormal", "whole numbers", "far from zero"])
@pytest.mark.parametrize("k", [2, 4, 7])
def test_natural_breaks_explain_as_much_as_those_of_mapclassify(kind, k):
    rng = np.random.default_rng(k)
    x = {
        "lognormal": rng.lognormal(size=300),
        "whole numbers": rng.poisson(20, 300).astype(float),
        "far from zero": 1e6 + rng.normal(size=300),
    }[kind]

    def within(codes):
        return sum(((x[codes == h] - x[codes == h].mean()) ** 2).sum() for h in np.unique(codes))

    own = within(assign(x, natural_edges(x, [k])[k]))
    theirs = within(mapclassify.FisherJenks(x, k=k).yb)
    # Its running sums lose digits far from zero; ours may then be better, never worse.
    assert own <= theirs * (1 + 1e-10)
    if kind != "far from zero":
        assert own == pytest.approx(theirs, rel=1e-10)
