"""Colours by class. A class has its colour whether or not the other classes occur."""

from __future__ import annotations

import matplotlib
from matplotlib.colors import ListedColormap, to_hex

from spatial_region.core.messages import did_you_mean
from spatial_region.errors import OptionError

# Those of GeoDa, which readers of LISA maps know by heart.
CLUSTER_COLOURS = {
    "HH": "#ff0000",
    "LL": "#0000ff",
    "LH": "#a7adf9",
    "HL": "#f4ada8",
    "not significant": "#eeeeee",
    "undefined": "#999999",
}
# Classes of each local statistic with their colours; the first family that has all names of a map is meant.
_PLAIN = {"not significant": "#eeeeee", "undefined": "#999999"}
CLASS_FAMILIES: tuple[dict[str, str], ...] = (
    CLUSTER_COLOURS,
    {"HH": "#b2182b", "LL": "#ef8a62", "other positive": "#fddbc7", "negative": "#67adc7", **_PLAIN},
    {"positive": "#336ea1", "negative": "#67adc7", **_PLAIN},
    {"high": "#ff0000", "low": "#0000ff", **_PLAIN},
    {"cluster": "#ff0000", **_PLAIN, "absent": "#fffdf2"},
    {"heterogeneous": "#ff0000", "homogeneous": "#0000ff", **_PLAIN},
)
NO_DATA_COLOUR, NO_DATA_HATCH, HATCH_INK = "#ffffff", "//////", "#9a9a9a"
SIGNIFICANCE_COLOURS = ("#84f576", "#53c53c", "#348124", "#1a4a10")  # from the weakest level to the strongest
BORDER_COLOUR, OUTLINE_COLOUR = "#9a9a9a", "#333333"
_MOST_SEPARATE = 20  # colours of a qualitative colormap; those of a scale have 256


def sequence(palette: str, count: int) -> list[str]:
    """Return `count` colours from light to dark (or from one end to the other) of a matplotlib colormap.

    Of a colormap of separate colours, such as ``"Set2"``, they are the first ones: its last is often a grey, which
    reads as missing data.

    Raises
    ------
    OptionError
        If there is no such colormap.
    """
    if palette not in matplotlib.colormaps:
        known = list(matplotlib.colormaps)
        raise OptionError(
            f"palette={palette!r} is not a matplotlib colormap.{did_you_mean(palette, known)} "
            f"For example 'YlOrRd', 'YlGnBu', 'viridis', 'RdBu_r'."
        )
    colours = matplotlib.colormaps[palette]
    if isinstance(colours, ListedColormap) and count <= colours.N <= _MOST_SEPARATE:
        return [to_hex(colours(place)) for place in range(count)]
    low, high = 0.08, 0.92  # the very ends are too light for paper and too dark to tell apart
    return [to_hex(colours(low + (high - low) * place / max(count - 1, 1))) for place in range(count)]
