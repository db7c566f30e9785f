"""The options of figures, checked in one place before anything is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from numbers import Real
from typing import Any

import pandas as pd

from spatial_region.core.options import check_keywords, check_option
from spatial_region.errors import InputError
from spatial_region.viz.style import Lang

_TEXTS = ("title", "legend", "source", "approval")


def read_options(figure: Callable[..., object], options: Mapping[str, Any], offered: type) -> str:
    """Refuse options that a figure does not take or cannot draw, and return its language.

    Parameters
    ----------
    figure : callable
        The public function of the figure; its own keywords are suggested as well.
    options : mapping
        What it was given besides these.
    offered : type
        `MapOptions` or `ChartOptions`.

    Raises
    ------
    OptionError
        If an option or the language is not offered.
    InputError
        If a text is not text, the width not a positive number, or labels, borders or inset are of another type.
    """
    own = [name for name, each in signature(figure).parameters.items() if each.kind is Parameter.KEYWORD_ONLY]
    check_keywords(options, [*own, *offered.__annotations__], f"{figure.__name__}()")
    lang = options.get("lang", "en")
    check_option(lang, Lang, "lang")
    for name in _TEXTS:
        if not isinstance(options.get(name, ""), (str, type(None))):
            raise InputError(f"{name} must be text; found {options[name]!r}.")
    width = options.get("width", 1.0)
    if isinstance(width, bool) or not isinstance(width, Real) or not 0 < float(width) < math.inf:
        raise InputError(f"width must be a positive number of inches; found {width!r}.")
    if not isinstance(options.get("labels", False), (bool, pd.Series, type(None))):
        raise InputError(f"labels must be True, False or a Series of texts by region; found {options['labels']!r}.")
    if not isinstance(options.get("inset"), (bool, type(None))):
        raise InputError(f"inset must be True, False or None; found {options['inset']!r}.")
    borders = options.get("borders")
    if borders is not None and not hasattr(borders, "geometry"):
        raise InputError(f"borders must be a GeoDataFrame; found {type(borders).__name__}.")
    return str(lang)


def language(options: Mapping[str, Any]) -> str:
    """Return the language that options ask for.

    Raises
    ------
    OptionError
        If it is not offered.
    """
    lang = options.get("lang", "en")
    check_option(lang, Lang, "lang")
    return str(lang)
