"""What a study file may contain: audits of printed tables.

A check has the name and the options of the class of `spatial_region.checks`; its model is made of the class, so that
the two cannot differ.
"""

from __future__ import annotations

import dataclasses
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import Field, create_model

from spatial_region.cli.schema import Names, Section, Text
from spatial_region.cli.schema_common import Analysis
from spatial_region.measure import checks
from spatial_region.measure._audit_numbers import Rounding

CHECKS = [name for name in checks.__all__ if name != "Check"]


class Audit(Analysis):
    """A printed table, and the rules that its figures must obey."""

    kind: Literal["audit"]
    path: Text
    index: Names
    checks: Annotated[list[dict[str, Any]], Field(min_length=1)]
    decimals: dict[str, Annotated[int, Field(ge=0)]] | None = None
    rounding: Rounding | None = None

    @property
    def subject(self) -> list[str]:
        """The table, for the name and title of the analysis."""
        return [PurePosixPath(self.path).stem]


def model_of(name: str) -> type[Section]:
    """Return the keys that a check may have in a study file: those of its class, and `check`, its name."""
    made = getattr(checks, name)
    hints = get_type_hints(made)
    keys: dict[str, Any] = {"check": (Literal[name], ...)}
    for field in dataclasses.fields(made):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        keys[field.name] = (hints[field.name], ... if required else None)
    return create_model(name, __base__=Section, **keys)


def check_of(given: dict[str, Any]) -> checks.Check:
    """Return the check that a valid table of the study file describes."""
    options = {key: value for key, value in given.items() if key != "check"}
    made: checks.Check = getattr(checks, given["check"])(**options)
    return made
