"""Classes of a map, and the legend that names them and counts their regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.patches import Patch

from spatial_region.viz.palettes import HATCH_INK, NO_DATA_COLOUR, NO_DATA_HATCH, OUTLINE_COLOUR
from spatial_region.viz.style import LINE_SPACING, SMALL_SIZE, TEXT_SIZE, new_canvas, text_size, wrap
from spatial_region.viz.words import word

LEGEND_WIDTH = 1.9  # inches a text of the legend may take before it is wrapped


@dataclass(frozen=True)
class MapClass:
    """One class of a map: its key in the data, its label, its colour, and whether the legend shows it empty."""

    key: object
    label: str
    colour: str
    hatch: str = ""
    always: bool = True


NO_DATA = "no data"


def no_data_class(lang: str) -> MapClass:
    """Return the class of regions that have no value."""
    return MapClass(NO_DATA, word(NO_DATA, lang), NO_DATA_COLOUR, NO_DATA_HATCH, always=False)


@dataclass(frozen=True)
class ClassedRegions:
    """Which class each region has, and what the classes are.

    Attributes
    ----------
    keys : pandas.Series
        Class key by region; none missing.
    classes : sequence of MapClass
        In the order of the legend.
    title : str
        Title of the legend.
    note : str
        Line under the legend's title, such as the method of classification.
    """

    keys: pd.Series
    classes: Sequence[MapClass]
    title: str = ""
    note: str = ""

    @property
    def by_key(self) -> Mapping[object, MapClass]:
        """Class of each key."""
        return {each.key: each for each in self.classes}

    @property
    def counts(self) -> Mapping[object, int]:
        """Number of regions in each class."""
        found = self.keys.value_counts()
        return {each.key: int(found.get(each.key, 0)) for each in self.classes}

    def colours(self) -> list[str]:
        """Colour of each region, in order."""
        by_key = self.by_key
        return [by_key[key].colour for key in self.keys]

    def shown(self, *, counted: bool = True) -> list[tuple[MapClass, str]]:
        """Classes that the legend shows, with their labels and counts."""
        counts = self.counts
        listed = [each for each in self.classes if each.always or counts[each.key]]
        return [(each, f"{each.label} ({counts[each.key]})" if counted else each.label) for each in listed]


def add_legend(axes: Any, classed: ClassedRegions, *, counted: bool = True, **placing: Any) -> Any:
    """Add the legend to axes and return it."""
    shown = classed.shown(counted=counted)
    handles = [
        Patch(
            facecolor=each.colour,
            edgecolor=HATCH_INK if each.hatch else OUTLINE_COLOUR,
            linewidth=0.4,
            hatch=each.hatch,
        )
        for each, _ in shown
    ]
    labels = [wrap(label, LEGEND_WIDTH, SMALL_SIZE) for _, label in shown]
    heading = "\n".join(wrap(line, LEGEND_WIDTH + 0.3, TEXT_SIZE) for line in (classed.title, classed.note) if line)
    legend = axes.legend(
        handles,
        labels,
        title=heading or None,
        alignment="left",
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handlelength=1.9,
        handleheight=1.0,
        labelspacing=0.38,
        handletextpad=0.6,
        **placing,
    )
    legend.set_zorder(6)
    for text in (legend.get_title(), *legend.get_texts()):
        text.set_linespacing(LINE_SPACING)
    return legend


def legend_size(classed: ClassedRegions, *, counted: bool = True) -> tuple[float, float]:
    """Return width and height of the legend in inches."""
    for _, label in classed.shown(counted=counted):
        text_size(label, SMALL_SIZE, family=matplotlib.rcParams["font.family"])  # names a missing glyph early
    canvas = new_canvas(6, 6)
    legend = add_legend(canvas.add_axes((0, 0, 1, 1)), classed, counted=counted)
    extent = legend.get_window_extent(canvas.canvas.get_renderer())
    return extent.width / canvas.dpi + 0.02, extent.height / canvas.dpi + 0.02
