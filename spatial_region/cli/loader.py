"""From checked inputs to the study: boundaries, tables joined by label, variables by formula, weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from spatial_region.cli.expression import Formula, read_formula
from spatial_region.cli.inputs import BUNDLED, Inputs, TableInput
from spatial_region.cli.problems import unknown_name
from spatial_region.cli.schema import Boundaries
from spatial_region.cli.schema_analyses import StudyFile
from spatial_region.core.geo import unit_metres
from spatial_region.core.match import MatchReport
from spatial_region.core.messages import name_some
from spatial_region.core.study import Study, make_study
from spatial_region.errors import CRSError, InputError
from spatial_region.regions.join import join
from spatial_region.regions.read import read_regions

AREA = "area_km2"


def load_regions(boundaries: Boundaries, path: Path) -> Any:
    """Read the regions, indexed by id, with the column of display names recorded.

    Raises
    ------
    SpatialRegionError
        As `read_regions` does, or if the coordinate system given cannot be used.
    """
    if boundaries.source in BUNDLED:
        regions = BUNDLED[boundaries.source]()
        if boundaries.name:
            regions.attrs["name"] = boundaries.name
        return regions
    source: Any = path
    if boundaries.crs is not None:
        source = _with_crs(path, boundaries)
    options = {} if source is not path else boundaries.given("source", "id", "name", "crs", "repair", "snap", "show")
    return read_regions(
        source,
        id=str(boundaries.id),
        name=boundaries.name,
        repair=boundaries.repair,
        snap=boundaries.snap,
        **options,
    )


def _with_crs(path: Path, boundaries: Boundaries) -> Any:
    import pyogrio
    from pyproj.exceptions import CRSError as ProjError

    crs = boundaries.crs
    frame = pyogrio.read_dataframe(path, layer=boundaries.layer, encoding=boundaries.encoding)
    if frame.crs is not None and frame.crs != crs:
        raise CRSError(
            f"{path.name} states its coordinate system, {frame.crs.to_string()}; crs = {crs!r} would contradict it. "
            f"Leave crs out."
        )
    try:
        return frame.set_crs(crs)
    except ProjError as error:
        raise CRSError(f"no coordinate system {crs!r}: {error}. Write one such as 'EPSG:4326'.") from error


def load_study(spec: StudyFile, inputs: Inputs, regions: Any) -> tuple[Study, tuple[MatchReport, ...]]:
    """Join every table, compute the variables that have formulas, and label them.

    Raises
    ------
    SpatialRegionError
        As `join` does; or if tables share a variable, or a formula cannot be computed.
    """
    joined = [_join(regions, table) for table in inputs.tables]
    study = _unite(joined, [table.section.path for table in inputs.tables])
    study = _add_variables(study, spec)
    zh = spec.study.lang == "zh"
    labels, units = {}, {}
    for name, variable in spec.variables.items():
        label = (variable.label_zh if zh else None) or variable.label
        unit = (variable.unit_zh if zh else None) or variable.unit
        labels.update({name: label} if label else {})
        units.update({name: unit} if unit else {})
    study = replace(study, labels=labels, units=units)
    if spec.boundaries.show == "study":
        study = replace(study, basemap=None)
    reports = tuple(one.match for one in joined if one.match is not None)
    return study, reports


def _join(regions: Any, table: TableInput) -> Study:
    section = table.section
    return join(
        regions, table.frame, on=section.on, time=table.time, province=section.province, combine=section.combine
    )


def _unite(studies: list[Study], paths: list[str]) -> Study:
    """Merge tables by region and time; one without time holds at every time."""
    first = studies[0]
    if len(studies) == 1:
        return first
    owners: dict[str, str] = {}
    for study, path in zip(studies, paths, strict=True):
        for variable in study.variables:
            if variable in owners:
                raise InputError(
                    f"both {owners[variable]} and {path} have a variable {variable!r}. "
                    f"Choose columns and give them other names: columns = {{ new_name = {variable!r} }}."
                )
            owners[variable] = path
    assert first.basemap is not None
    present = set().union(*(study.ids for study in studies))
    regions = first.basemap[first.basemap.index.isin(present)]
    times = sorted({time for study in studies for time in study.times})
    index = pd.MultiIndex.from_product([regions.index, times], names=["region", "time"]) if times else regions.index
    parts = [_on_index(study, index) for study in studies]
    return make_study(regions, pd.concat(parts, axis=1), name=first.name, match=first.match, basemap=first.basemap)


def _on_index(study: Study, index: pd.Index) -> pd.DataFrame:
    if isinstance(index, pd.MultiIndex) and not study.is_panel:
        rows = study.data.reindex(index.get_level_values("region"))
        return rows.set_axis(index)
    return study.data.reindex(index)


def _add_variables(study: Study, spec: StudyFile) -> Study:
    formulas = {name: read_formula(one.formula) for name, one in spec.variables.items() if one.formula is not None}
    for name in in_order(formulas):
        formula = formulas[name]
        if name in study.variables and name not in formula.columns:  # "gdp / 1000" for gdp is meant
            raise InputError(
                f"formula of {name!r}: a table has a column of that name; call the new variable otherwise."
            )
        known = {**{column: study.frame([column])[column] for column in _numeric_columns(study, formula)}}
        if AREA in formula.columns and AREA not in known:
            study = study.with_columns(**{AREA: area_km2(study.regions)})
            known[AREA] = study.data[AREA]
        absent = [column for column in formula.columns if column not in known]
        if absent:
            raise InputError(f"formula of {name!r}: {unknown_name('variable', absent[0], study.variables)}")
        study = study.with_columns(**{name: formula.compute(known, study.names)})
    return study


def _numeric_columns(study: Study, formula: Formula) -> list[str]:
    known = {*study.variables, *map(str, study.regions.columns)}
    return [column for column in formula.columns if column in known]


def in_order(formulas: dict[str, Formula]) -> list[str]:
    """Return the names of formulas so that each comes after those it uses.

    Raises
    ------
    InputError
        If some use each other in a circle.
    """
    ordered: list[str] = []
    waiting = dict(formulas)
    while waiting:
        ready = [n for n, f in waiting.items() if not any(c in waiting and c != n for c in f.columns)]
        if not ready:
            raise InputError(f"formulas that use each other in a circle: {name_some(waiting)}.")
        ordered += ready
        for name in ready:
            del waiting[name]
    return ordered


def area_km2(regions: Any) -> pd.Series:
    """Return the area of each region in square kilometres, in an equal-area projection when coordinates are degrees.

    Raises
    ------
    CRSError
        If the regions have no coordinate system, or one without a length unit.
    """
    crs = regions.crs
    if crs is None:
        raise CRSError("area_km2 needs a coordinate system; give [boundaries] crs, such as 'EPSG:4326' for degrees.")
    if crs.is_geographic:
        return regions.geometry.to_crs("+proj=cea +datum=WGS84").area / 1e6
    return pd.Series(regions.geometry.area * (unit_metres(crs) / 1000) ** 2, index=regions.index)
