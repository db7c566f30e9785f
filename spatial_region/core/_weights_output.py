"""Where weights go: files and figures, each behind the one door to an upper room."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from spatial_region.core.door import open_roof
from spatial_region.core.options import FileFormat, FileLayout


class WeightsOutput:
    """Verbs of `Weights` that write and draw."""

    def write(
        self,
        path: str | os.PathLike[str],
        *,
        format: FileFormat | None = None,  # noqa: A002
        layout: FileLayout | None = None,
        drop_weights: bool | None = None,
        islands: Literal["raise", "omit"] | None = None,
        id_name: str | None = None,
        layer: str | None = None,
        encoding: str | None = None,
    ) -> Path:
        """Write the weights to a file that GeoDa, ArcGIS, Stata, R, PySAL or a spreadsheet reads; see `read_weights`.

        The file appears whole or not at all, and replaces one of the same name. Numbers are written so that they
        read back to the last bit. npz, parquet and mtx keep everything; what another format cannot hold is refused.

        Parameters
        ----------
        path : str or path
            Where to; the folder must exist.
        format : {"gal", "gwt", "kwt", "swm", "mtx", "npz", "parquet", "xlsx", "csv", "stata"}, optional
            By default told from the suffix (``.txt`` is Stata's).
        layout : {"matrix", "long", "list"}, optional
            csv and xlsx: a square (``matrix``, the default) or one link a row (``long``). stata: a square, or a list of
            neighbours (``list``).
        drop_weights : bool, optional
            gal, and stata's list: whether weights other than 1 may be left out. By default they are refused.
        islands : {"raise", "omit"}, optional
            gwt and kwt have no place for regions without neighbours: refused (default), or counted in the first
            line only, as GeoDa does.
        id_name : str, optional
            gal, gwt, kwt, swm, csv, xlsx: what the ids are called, such as the column of a shapefile; default
            ``region``.
        layer : str, optional
            gal, gwt, kwt: name of the layer; default ``unknown``.
        encoding : str, optional
            Encoding of a text; default UTF-8.

        Returns
        -------
        pathlib.Path
            Where it was written.

        Raises
        ------
        InputError
            If the format cannot hold the ids, the weights or the islands, each named; or the suffix is not known.
        OptionError
            If an option is not one of the format's.
        OutputError
            If the file cannot be written.
        MissingLibraryError
            If parquet is asked for and pyarrow is not installed.
        """
        return open_roof("weights.files").write_weights(
            self,
            path,
            format=format,
            layout=layout,
            drop_weights=drop_weights,
            islands=islands,
            id_name=id_name,
            layer=layer,
            encoding=encoding,
        )

    def plot(self, *, kind: Literal["map", "histogram"] | None = None, regions: object = None, **options: Any) -> Any:
        """Draw the links on a map of `regions`, or the histogram of the numbers of neighbours.

        See `spatial_region.viz.connectivity_map` (``kind="map"``, the default when `regions` are given) and
        `spatial_region.viz.cardinality_histogram` (``kind="histogram"``) for the options.

        Raises
        ------
        OptionError
            If `kind` is not offered.
        InputError
            If a map is asked for without regions, or a histogram with them.
        """
        return open_roof("viz").plot(self, kind=kind, regions=regions, **options)
