"""Small maps for the figures, and what was really drawn on them."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.colors import to_hex
from matplotlib.text import Text

from spatial_region import viz
from spatial_region.viz.projection import map_view


@pytest.fixture
def squares() -> gpd.GeoDataFrame:
    """4 x 3 squares of half a degree in central Europe."""
    cells = [shapely.box(10 + c / 2, 48 + r / 2, 10.5 + c / 2, 48.5 + r / 2) for r in range(3) for c in range(4)]
    names = [f"Place {number}" for number in range(12)]
    ids = pd.Index([f"s{number:02d}" for number in range(12)], name="region")
    frame = gpd.GeoDataFrame({"name": names}, geometry=cells, index=ids, crs=4326)
    frame.attrs["name"] = "name"
    return frame


@pytest.fixture
def pixel_colours() -> Callable[[viz.Figure, gpd.GeoDataFrame], pd.Series]:
    """Return the colour of the page at the middle of each region: what a reader sees, not what was asked for."""

    def look(figure: viz.Figure, regions: gpd.GeoDataFrame) -> pd.Series:
        canvas = figure.figure
        canvas.canvas.draw()
        page = np.asarray(canvas.canvas.buffer_rgba())
        (axes,) = [each for each in canvas.axes if each.get_label() == "map"]
        points = shapely.point_on_surface(np.asarray(map_view(regions.geometry).geometry.array))
        across, up = axes.transData.transform(shapely.get_coordinates(points)).T
        rows = page.shape[0] - 1 - up.astype(int)
        seen = page[rows, across.astype(int), :3] / 255
        return pd.Series([to_hex(colour) for colour in seen], index=regions.index)

    return look


@pytest.fixture
def texts() -> Callable[[viz.Figure], list[str]]:
    """Return every text of a figure."""
    return lambda figure: [text.get_text() for text in figure.figure.findobj(Text) if text.get_text()]
