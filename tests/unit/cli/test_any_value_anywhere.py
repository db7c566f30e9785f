"""Whatever value stands under whatever key: a study file is read, or refused in words with a line."""

import copy
import json
import tomllib
from pathlib import Path

import pytest

from spatial_region.cli.positions import walk
from spatial_region.cli.studyfile import read_study_file
from spatial_region.errors import StudyFileError

STUDIES = Path(__file__).resolve().parents[3] / "docs" / "studies"
VALUES = [1, -1, 1.5, True, "", "x", [], {}, ["a"], [1, "a"], [[1]], {"a": 1}, {"kind": "moran"}, [{"kind": 3}]]


def written(value):
    """Return a value as TOML, in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def document(raw):
    return "\n".join(f"{json.dumps(key)} = {written(value)}" for key, value in raw.items()) + "\n"


@pytest.mark.parametrize("name", ["border", "provinces", "us48"])
def test_any_value_is_read_or_refused_in_words(name, tmp_path):
    raw = tomllib.loads((STUDIES / name / "study.toml").read_text(encoding="utf-8"))
    assert tomllib.loads(document(raw)) == raw
    raw["analyses"] = list({one["kind"]: one for one in raw["analyses"]}.values())  # one of each kind is enough
    path = tmp_path / "study.toml"
    refused = 0
    for loc in list(walk(raw)):
        for value in VALUES:
            changed = copy.deepcopy(raw)
            part = changed
            for key in loc[:-1]:
                part = part[key]
            part[loc[-1]] = value
            path.write_text(document(changed), encoding="utf-8")
            try:
                read_study_file(path).problems.raise_any()
            except StudyFileError as error:
                refused += 1
                assert all(line.startswith(f"{path}:") for line in str(error).splitlines()), (loc, value, str(error))
    assert refused > 100
