"""Study files show the chart of each measure beside its tables and maps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

HEAD = """\
[study]
name = "cells"
lang = "{lang}"
[boundaries]
source = "cells.gpkg"
id = "code"
name = "name"
[[tables]]
path = "panel.csv"
on = "code"
time = "year"
[variables.side]
label = "Side"
label_zh = "两侧"
[[analyses]]
kind = "{kind}"
name = "it"
{options}
"""
TWO = 'variables = ["green", "blue"]'
INDEX = 'indicators = { nature = ["green", "blue"], work = ["gdp"] }\ndirection = "benefit"'


@pytest.fixture
def panel(cells):
    """The small study with three years of positive numbers."""
    rng = np.random.default_rng(4)
    index = pd.MultiIndex.from_product([range(16), (2000, 2005, 2010)], names=["code", "year"])
    table = pd.DataFrame(rng.uniform(0.2, 1, (48, 3)).round(4), index=index, columns=["gdp", "green", "blue"])
    table = table.reset_index()
    table["side"] = np.where(table["code"] % 4 < 2, "w", "e")
    table["half"] = table["side"] + np.where(table["code"] < 8, "1", "2")
    table.to_csv(cells.folder / "panel.csv", index=False)
    return cells


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("composite_index", INDEX, {"it_bars"}),
        ("coupling_coordination", TWO, {"it_trend", "it_2010_bars"}),
        ("coupling_coordination", f"{TWO}\nbetween = [2005, 2005]", {"it_2005_bars"}),
        ("theil", 'variable = "gdp"\ngroups = ["side", "half"]', {"it_contributions"}),
        ("theil_l", 'variable = "gdp"', {"it_contributions"}),
        ("theil", 'variable = "gdp"\nbetween = [2005, 2005]', set()),
        ("dagum_gini", 'variable = "gdp"\ngroups = "side"', {"it_contributions"}),
        ("dea", 'inputs = ["green"]\noutputs = ["gdp"]\nat = [2000, 2010]', {"it_2000_bars", "it_2010_bars"}),
    ],
)
def test_each_measure_has_its_chart(panel, kind: str, options: str, expected: set[str], lang: str) -> None:
    panel.write(HEAD.format(lang=lang, kind=kind, options=options))
    answer = panel.run()
    assert answer.exit_code == 0, answer.output
    summary = (panel.output / "summary.md").read_text(encoding="utf-8")
    drawn = {path.stem for path in (panel.output / "figures").glob("*.png")}
    charts = {name for name in drawn if name.endswith(("bars", "trend", "contributions"))}
    assert charts == expected
    for name in charts:
        assert (panel.output / "figures" / f"{name}.svg").is_file()
        assert f"figures/{name}.png" in summary
