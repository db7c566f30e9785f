"""Audits of a study file: are their checks sound, and does the printed table have what they name?"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from spatial_region.cli.inputs import Inputs
from spatial_region.cli.positions import Loc
from spatial_region.cli.problems import Problems, shown, translate, unknown_name
from spatial_region.cli.schema_audit import CHECKS, Audit, check_of, model_of
from spatial_region.cli.studyfile import Parsed
from spatial_region.errors import ReadError, SpatialRegionError, UnknownNameError
from spatial_region.measure.audit import audit


def check_audits(parsed: Parsed, inputs: Inputs) -> None:
    """Note every check that is not sound, or that the printed table does not fit."""
    for place, _, one in parsed.analyses:
        if not isinstance(one, Audit):
            continue
        loc: Loc = ("analyses", place)
        for key in ("within", "between"):
            if getattr(one, key) is not None:
                advice = "an audit reads the table as printed; pick rows with where = {...} in a check."
                parsed.problems.add((*loc, key), advice)
        for number, given in enumerate(one.checks):
            here = (*loc, "checks", number)
            if is_sound(given, here, parsed.problems) and one.path in inputs.files:
                _try(one, given, here, parsed, inputs)


def is_sound(given: dict[str, Any], loc: Loc, problems: Problems) -> bool:
    """Note what is wrong with the keys of a check; say whether nothing is."""
    name = given.get("check")
    if name is None:
        problems.add(loc, f'says no check; give check = "..." and one of: {", ".join(CHECKS)}.')
        return False
    if name not in CHECKS:
        problems.add((*loc, "check"), unknown_name("check", name, CHECKS))
        return False
    model = model_of(str(name))
    try:
        model.model_validate(given)
    except ValidationError as error:
        for found in error.errors():
            key = str(found["loc"][0])
            # A value that fits none of several types is found wrong once for each; the keys say more than the types.
            several = len(found["loc"]) > 1 and key in given
            message = f"is no {key} that {name} can use; found {shown(given[key])}." if several else None
            problems.add((*loc, key), message or translate(found, model))
        return False
    empty = [key for key, field in model.model_fields.items() if field.is_required() and given[key] in ("", [])]
    for key in empty:
        problems.add((*loc, key), "is empty; name what to check.")
    return not empty


def _try(one: Audit, given: dict[str, Any], loc: Loc, parsed: Parsed, inputs: Inputs) -> None:
    """Run one check, to note what the table lacks; an audit takes less time than drawing a map."""
    options = one.given(*(key for key in type(one).model_fields if key not in ("index", "decimals", "rounding")))
    try:
        audit(inputs.files[one.path], check_of(given), **options)
    except ReadError as error:
        parsed.problems.add((*loc[:2], "path"), str(error))
    except UnknownNameError as error:
        is_index = str(error).startswith("index: ")
        where = (*loc[:2], "index") if is_index else loc
        parsed.problems.add(where, str(error).removeprefix("index: "))
    except SpatialRegionError as error:
        parsed.problems.add(loc, str(error))
