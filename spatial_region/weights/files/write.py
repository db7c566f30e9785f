"""`Weights.write`: one door for every format; what a format cannot hold is refused by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from spatial_region.core.options import FileFormat, FileLayout, check_keywords, check_option
from spatial_region.core.weights import Weights
from spatial_region.core.whole_file import write_whole
from spatial_region.errors import InputError, OptionError
from spatial_region.weights.files._ids import kind_of_ids, text_ids
from spatial_region.weights.files.gal import write_gal
from spatial_region.weights.files.gwt import write_gwt
from spatial_region.weights.files.mtx import write_mtx
from spatial_region.weights.files.npz import write_npz
from spatial_region.weights.files.parquet import write_parquet
from spatial_region.weights.files.read import format_of
from spatial_region.weights.files.stata import write_stata
from spatial_region.weights.files.swm import write_swm
from spatial_region.weights.files.tables import write_cells_file

_DEFAULTS: dict[str, Any] = {
    "layout": "matrix",
    "drop_weights": False,
    "islands": "raise",
    "id_name": "region",
    "layer": "unknown",
    "encoding": "utf-8",
}
_TAKES: dict[str, tuple[str, ...]] = {
    "gal": ("drop_weights", "id_name", "layer", "encoding"),
    "gwt": ("islands", "id_name", "layer", "encoding"),
    "kwt": ("islands", "id_name", "layer", "encoding"),
    "swm": ("id_name",),
    "mtx": (),
    "npz": (),
    "parquet": (),
    "xlsx": ("layout", "id_name"),
    "csv": ("layout", "id_name", "encoding"),
    "stata": ("layout", "drop_weights"),
}
_LAYOUTS = {"xlsx": ("matrix", "long"), "csv": ("matrix", "long"), "stata": ("matrix", "list")}


def write_weights(
    w: Weights,
    path: str | os.PathLike[str],
    *,
    format: FileFormat | None = None,  # noqa: A002
    **options: Any,
) -> Path:
    """Write weights to a file; see `Weights.write`, through which it is reached."""
    target = Path(path)
    form = format_of(target, format)
    given = {name: value for name, value in options.items() if value is not None}
    check_keywords(given, _TAKES[form], f"write() of {form}")
    settings = {**_DEFAULTS, **given}
    _check(settings, form)
    if kind_of_ids(w.ids) and len(set(text_ids(w))) < w.n:
        raise InputError("two ids are the same text; a file could not tell them apart.")
    content = _content(w, form, settings)
    write_whole(target, content if isinstance(content, bytes) else _encoded(content, settings["encoding"]))
    return target


def _check(settings: Mapping[str, Any], form: str) -> None:
    check_option(settings["layout"], FileLayout, "layout")
    if form in _LAYOUTS and settings["layout"] not in _LAYOUTS[form]:
        raise OptionError(
            f"{form} files have the layouts {' and '.join(_LAYOUTS[form])}; found {settings['layout']!r}."
        )
    if settings["islands"] not in ("raise", "omit"):
        raise OptionError(f"islands={settings['islands']!r} is not offered. Choose one of: 'raise', 'omit'.")
    for name, forbidden in (("id_name", " \t\r\n;@"), ("layer", '"\r\n')):
        value = settings[name]
        if not isinstance(value, str) or not value or any(character in value for character in forbidden):
            raise InputError(f"{name} must be a text without any of {forbidden!r}; found {value!r}.")


def _content(w: Weights, form: str, settings: Mapping[str, Any]) -> str | bytes:
    layer, id_name, layout = settings["layer"], settings["id_name"], settings["layout"]
    drop = bool(settings["drop_weights"])
    writers: dict[str, Callable[[], str | bytes]] = {
        "gal": lambda: write_gal(w, layer=layer, id_name=id_name, drop_weights=drop),
        "gwt": lambda: write_gwt(w, form, layer=layer, id_name=id_name, islands=settings["islands"]),
        "kwt": lambda: write_gwt(w, form, layer=layer, id_name=id_name, islands=settings["islands"]),
        "swm": lambda: write_swm(w, id_name=id_name),
        "mtx": lambda: write_mtx(w),
        "npz": lambda: write_npz(w),
        "parquet": lambda: write_parquet(w),
        "xlsx": lambda: write_cells_file(w, form, layout=layout, id_name=id_name),
        "csv": lambda: write_cells_file(w, form, layout=layout, id_name=id_name),
        "stata": lambda: write_stata(w, layout=layout, drop_weights=drop),
    }
    return writers[form]()


def _encoded(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except LookupError as error:
        raise InputError(f"there is no encoding {encoding!r}; usual ones are 'utf-8' and 'gb18030'.") from error
    except UnicodeEncodeError as error:
        bad = text[error.start : error.end]
        raise InputError(f"the encoding {encoding} has no {bad!r}; usual ones are 'utf-8' and 'gb18030'.") from error
