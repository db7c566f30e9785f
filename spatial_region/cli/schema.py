"""What a study file may contain: the sections before the analyses.

Each section is a pydantic model that refuses unknown keys. Defaults of the methods are not repeated here: a key
that is not given is not passed on, so that the public function decides.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Section(BaseModel):
    """A table of the study file."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def given(self, *leave_out: str) -> dict[str, Any]:
        """Return the keys that the file gives, less some."""
        return {key: getattr(self, key) for key in self.model_fields_set if key not in leave_out}


def as_list(value: object) -> object:
    """Let one text stand for a list of one."""
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], Field(min_length=1), BeforeValidator(as_list)]
Text = Annotated[str, Field(min_length=1)]


class StudySection(Section):
    """``[study]``: what the study is called, and the language and seed of its results."""

    name: Annotated[str, Field(pattern=r"^[\w][\w.-]*$", description="Short name; names the folder of several studies")]
    title: Text | None = None
    lang: Literal["en", "zh"] = "en"
    seed: Annotated[int, Field(ge=0, description="Every step derives its own seed from this and its name")] = 42
    source: Annotated[str | None, Field(description="Where the figures come from; printed below maps")] = None
    note: str | None = None


class Boundaries(Section):
    """``[boundaries]``: the regions."""

    source: Annotated[
        Text, Field(description="china_prefectures, china_provinces, libpysal:FILE, or a path beside the study file")
    ]
    id: Annotated[str | None, Field(description="Column with the code of each region")] = None
    name: Annotated[str | None, Field(description="Column with display names")] = None
    crs: Annotated[str | None, Field(description="Coordinate system of a file that states none")] = None
    repair: bool = False
    snap: Annotated[float | None, Field(gt=0, description="Metres within which borders drawn twice are joined")] = None
    layer: str | None = None
    encoding: str | None = None
    show: Annotated[
        Literal["all", "study"], Field(description="Draw all regions on maps, or those of the study only")
    ] = "all"


class Long(Section):
    """``long = { variable = "...", value = "..." }``: a table with one row a region and variable."""

    variable: str
    value: str


class Table(Section):
    """``[[tables]]``: one table of indicators."""

    path: Annotated[Text, Field(description="csv, xlsx, dta or parquet beside the study file, or libpysal:FILE")]
    on: Annotated[str, Field(description="Column with region names or codes")]
    time: str | None = None
    province: Annotated[str | None, Field(description="Column that tells regions of one name apart")] = None
    combine: Annotated[Literal["sum", "mean"] | None, Field(description="How to unite several rows of one region")] = (
        None
    )
    sheet: str | int | None = None
    encoding: str | None = None
    columns: Annotated[
        dict[str, str] | None, Field(description='Columns to keep and their new names: { gdp = "地区生产总值" }')
    ] = None
    wide: Annotated[
        dict[str, str] | None, Field(description='One column a year: { gdp = "gdp_{time}" } makes a panel')
    ] = None
    long: Long | None = None


class Variable(Section):
    """``[variables.NAME]``: label and unit of a variable, or the formula that makes it."""

    label: str | None = None
    label_zh: str | None = None
    unit: str | None = None
    unit_zh: str | None = None
    formula: str | None = None
