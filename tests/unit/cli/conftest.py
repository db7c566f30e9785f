"""A small study in a folder of its own: 16 cells over three years, whose file a test may change."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from spatial_region.cli.main import app

STUDY = """\
[study]
name = "cells"
[boundaries]
source = "cells.gpkg"
id = "code"
name = "name"
[[tables]]
path = "data.csv"
on = "code"
time = "year"
[variables.log_gdp]
formula = "log(gdp)"
[weights.queen]
kind = "queen"
[[analyses]]
kind = "moran"
variable = "log_gdp"
w = "queen"
at = 2001
permutations = 99
"""


class StudyFolder:
    """A folder with a study file, and a way to run the command on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "study.toml"
        self.output = folder / "results"
        self.write(STUDY)

    def write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")

    def replace(self, old: str, new: str) -> None:
        text = self.path.read_text(encoding="utf-8")
        assert old in text
        self.write(text.replace(old, new))

    def add(self, text: str) -> None:
        self.write(self.path.read_text(encoding="utf-8") + text)

    def call(self, *arguments: str):
        return CliRunner().invoke(app, [str(one) for one in arguments])

    def run(self):
        return self.call("run", self.path, "--output", self.output)

    def check(self):
        return self.call("check", self.path)


@pytest.fixture
def cells(tmp_path: Path) -> StudyFolder:
    shapes = [shapely.box(x, y, x + 1, y + 1) for y in range(4) for x in range(4)]
    codes = [f"{i:02d}" for i in range(16)]
    zones = ["west" if i % 4 < 2 else "east" for i in range(16)]
    frame = gpd.GeoDataFrame(
        {"code": codes, "name": [f"Cell {c}" for c in codes], "zone": zones}, geometry=shapes, crs=4326
    )
    frame.to_file(tmp_path / "cells.gpkg")
    rng = np.random.default_rng(5)
    rows = [
        (int(c), y, round(10 + int(c) + rng.normal(), 3), 3 + int(c) % 5) for c in codes for y in (2000, 2001, 2002)
    ]
    table = pd.DataFrame(rows, columns=["code", "year", "gdp", "people"])
    table.to_csv(tmp_path / "data.csv", index=False)
    return StudyFolder(tmp_path)
