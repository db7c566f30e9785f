"""Maps of local statistics other than Moran's I: colours by class, whether or not the others occur."""

from __future__ import annotations

import matplotlib.colors
import pytest

import spatial_region as sr
from spatial_region.errors import InputError

RESULTS = {
    "geary": (lambda f, w: sr.local_geary(f, "smooth", w=w, permutations=199), {"High-High": "#b2182b"}),
    "several": (lambda f, w: sr.local_geary(f, ["smooth", "noise"], w=w, permutations=199), {"Positive": "#336ea1"}),
    "g": (lambda f, w: sr.local_g(f, "smooth", w=w, permutations=199), {"Hot spot": "#ff0000", "Cold spot": "#0000ff"}),
    "quantile": (lambda f, w: sr.quantile_lisa(f, "smooth", w=w), {"Cluster": "#ff0000"}),
    "losh": (lambda f, w: sr.losh(f, "smooth", w=w, alternative="two-sided"), {}),
}


@pytest.mark.parametrize("name", RESULTS)
def test_each_local_statistic_has_its_maps(grid, name):
    make, wanted = RESULTS[name]
    result = make(grid, sr.contiguity(grid))
    data = result.plot().data
    colours = dict(zip(data["label"], data["colour"], strict=True))
    for label, colour in wanted.items():
        assert colours[label] == colour
    assert all(matplotlib.colors.is_color_like(colour) for colour in colours.values())
    assert len(result.plot(kind="significance", lang="zh").data) == 64
    with pytest.raises(InputError, match="no scatterplot"):
        result.plot(kind="scatter")
