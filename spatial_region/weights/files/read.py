"""`read_weights`: one door for every format."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from spatial_region.core.messages import did_you_mean
from spatial_region.core.options import FileFormat, FileLayout, check_keywords, check_option
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError, ReadError, SpatialRegionWarning
from spatial_region.weights.files._content import Content, Source
from spatial_region.weights.files._labels import bring_to, check_named
from spatial_region.weights.files.gal import read_gal
from spatial_region.weights.files.gwt import read_gwt
from spatial_region.weights.files.mtx import read_mtx
from spatial_region.weights.files.npz import read_npz
from spatial_region.weights.files.parquet import read_parquet
from spatial_region.weights.files.stata import read_stata
from spatial_region.weights.files.swm import read_swm
from spatial_region.weights.files.tables import read_cells_file

SUFFIXES: dict[str, FileFormat] = {
    ".gal": "gal",
    ".gwt": "gwt",
    ".kwt": "kwt",
    ".swm": "swm",
    ".mtx": "mtx",
    ".npz": "npz",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".csv": "csv",
    ".txt": "stata",
}
_READERS: dict[str, Callable[[Source], Content]] = {
    "gal": read_gal,
    "gwt": lambda source: read_gwt(source, "gwt"),
    "kwt": lambda source: read_gwt(source, "kwt"),
    "swm": read_swm,
    "mtx": read_mtx,
    "npz": read_npz,
    "parquet": read_parquet,
    "xlsx": lambda source: read_cells_file(source, "xlsx"),
    "csv": lambda source: read_cells_file(source, "csv"),
    "stata": read_stata,
}
_TAKES = {
    "encoding": {"gal", "gwt", "kwt", "csv", "stata"},
    "layout": {"xlsx", "csv", "stata"},
    "sheet": {"xlsx"},
}


def read_weights(
    path: str | os.PathLike[str],
    *,
    format: FileFormat | None = None,  # noqa: A002
    ids: Iterable[object] | None = None,
    by_position: bool = False,
    binary: bool = False,
    layout: FileLayout | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
) -> Weights:
    r"""Read spatial weights from a file of GeoDa, ArcGIS, Stata, R, PySAL, a spreadsheet, or of `Weights.write`.

    ========== ================= ===================================== ================== ======================
    format     suffix            what it holds                         ids come back as   recipe, standardisation
    ========== ================= ===================================== ================== ======================
    gal        .gal              neighbours, no weights                text               no
    gwt, kwt   .gwt .kwt         links with weights; no islands        text               no
    swm        .swm              links with weights                    text               whether rows sum to 1
    mtx        .mtx              links with weights                    as written         both
    npz        .npz              links with weights, names             as written         both
    parquet    .parquet          links with weights, names             as written         both
    xlsx       .xlsx             square or list of links               as the cells are   no
    csv        .csv              square or list of links               text               no
    stata      .txt              square or list of neighbours          text               no
    ========== ================= ===================================== ================== ======================

    Regions keep the order of the file. Text formats do not say whether an id is text or a number, so it stays text,
    as `read_regions` gives it, and ``007`` stays ``007``; `ids` brings labels to the type and order of a study.

    GeoDa's GWT files of distance bands and of nearest neighbours hold **distances**, in which a far region weighs
    more than a near one: pass ``binary=True`` for weights of 1.

    Parameters
    ----------
    path : str or path
        The file.
    format : {"gal", "gwt", "kwt", "swm", "mtx", "npz", "parquet", "xlsx", "csv", "stata"}, optional
        Its format; by default told from the suffix.
    ids : iterable, optional
        Ids of all regions, such as ``study.ids``. The weights get these, in this order. A label of the file is the id
        with the same text, or, if both sides have whole numbers only, the one with the same number (``007`` and 7).
    by_position : bool
        With `ids`: the file numbers its regions from 1 to n in the order of `ids`, as R's spdep does by default.
    binary : bool
        Whether every link that is listed weighs 1, whatever the file says.
    layout : {"matrix", "long", "list"}, optional
        For spreadsheets a square (``matrix``) or one link a row (``long``), for Stata a square or a list of neighbours
        (``list``); by default told from the content.
    sheet : str or int, optional
        Sheet of a workbook, by name or by number from 0; by default the first.
    encoding : str, optional
        Encoding of a text; by default UTF-8 and GBK are told apart.

    Returns
    -------
    Weights
        As the file has them; standardisation None unless the file says what was decided.

    Raises
    ------
    ReadError
        If the file is absent, empty, damaged, or contradicts itself; the line and what was expected are named.
    OptionError
        If `format` or `layout` is not offered, or an option is not one of the format's.
    InputError
        If the suffix is not known, or `by_position` is given without `ids`.
    AlignmentError
        If the regions of the file are not `ids`.
    DuplicateError
        If one of `ids` occurs twice.
    UnknownNameError
        If a workbook has no such sheet.
    MissingLibraryError
        If parquet is asked for and pyarrow is not installed.

    Warns
    -----
    SpatialRegionWarning
        If a GWT file lists links with a weight of 0, which are none.

    Examples
    --------
    >>> import pathlib, tempfile, spatial_region as sr
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "three.gal"
    >>> _ = path.write_text("0 3 counties FIPS\n001 1\n002\n002 1\n001\n003 0\n\n")
    >>> w = sr.read_weights(path)
    >>> list(w.ids), w.n_links, list(w.islands)
    (['001', '002', '003'], 2, ['003'])
    >>> list(sr.read_weights(path, ids=[3, 2, 1]).ids)
    [3, 2, 1]
    """
    target = Path(path)
    form = format_of(target, format)
    given = {"layout": layout, "sheet": sheet, "encoding": encoding}
    taken = [name for name, forms in _TAKES.items() if form in forms]
    check_keywords([name for name, value in given.items() if value is not None], taken, f"read_weights() of {form}")
    if layout is not None:
        check_option(layout, FileLayout, "layout")
    if by_position and ids is None:
        raise InputError("by_position=True says that the file numbers the regions of ids=; pass ids=, too.")
    source = Source(_bytes_of(target), target.name, encoding, layout, sheet)
    content = _READERS[form](source)
    if len(content.ids) == 0:
        raise ReadError(f"{target.name} has no region.")
    if binary:
        ones = content.matrix.copy()
        ones.data = np.ones_like(ones.data)
        content = replace(content, matrix=ones, recipe={**content.recipe, "binary": True}, standardisation=None)
    elif content.zeros and form == "gwt":
        warnings.warn(
            f"{target.name} lists {content.zeros} links between regions with a weight of 0, which are left out. "
            f"If its numbers are distances, pass binary=True.",
            SpatialRegionWarning,
            stacklevel=2,
        )
    if ids is not None:
        content = bring_to(content, ids, target.name, by_position=by_position)
    check_named(content, target.name)
    labels = pd.Index(list(content.ids))  # text in the type that pandas gives to text
    return Weights(labels, content.matrix, content.recipe, content.names, content.standardisation)


def format_of(target: Path, format: str | None) -> FileFormat:  # noqa: A002
    """Return the format that was asked for, or that the suffix tells.

    Raises
    ------
    OptionError
        If the format is not offered.
    InputError
        If the suffix is not known.
    """
    if format is not None:
        check_option(format, FileFormat, "format")
        return format  # type: ignore[return-value]
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"{target.name!r}: the suffix {suffix!r} is not known.{did_you_mean(suffix, SUFFIXES)} "
            f"Pass format=, or use one of: {', '.join(SUFFIXES)}."
        )
    return SUFFIXES[suffix]


def _bytes_of(target: Path) -> bytes:
    if not target.is_file():
        raise ReadError(f"{str(target)!r} is a folder." if target.is_dir() else f"no file {str(target)!r}.")
    try:
        data = target.read_bytes()
    except OSError as error:
        raise ReadError(f"{str(target)!r} cannot be read: {error.strerror or error}.") from error
    if not data.strip():
        raise ReadError(f"{target.name} is empty.")
    return data
