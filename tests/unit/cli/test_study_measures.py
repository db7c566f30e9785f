"""Measures and panel tests in a study file give the numbers of the function called by hand, in both languages."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.cli.run import checked, loaded

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
[variables.gdp]
label = "Output"
label_zh = "产出"
[variables.people]
label = "People"
label_zh = "人口"
[[analyses]]
kind = "{kind}"
name = "it"
{options}
"""


@pytest.fixture
def panel(cells):
    """The small study with a longer panel: 16 cells, 14 years."""
    rng = np.random.default_rng(8)
    rows = []
    for i in range(16):
        level = 10 + i
        for year in range(2000, 2014):
            level *= 1 + 0.04 + 0.03 * rng.normal() - 0.002 * i
            rows.append(
                (i, year, round(level, 4), 3 + i % 5, round(rng.uniform(0.2, 1), 4), round(rng.uniform(5, 9), 4))
            )
    table = pd.DataFrame(rows, columns=["code", "year", "gdp", "people", "green", "waste"])
    table["side"] = np.where(table["code"] % 4 < 2, "w", "e")
    table["half"] = table["side"] + np.where(table["code"] < 8, "1", "2")
    table.to_csv(cells.folder / "panel.csv", index=False)
    cells.kind = lambda kind, options, lang="en": cells.write(HEAD.format(lang=lang, kind=kind, options=options))
    return cells


def study_of(cells) -> sr.Study:
    return loaded(*checked(cells.path))[0]


def made(cells, suffix: str = "", **options) -> pd.DataFrame:
    return pd.read_csv(cells.output / "tables" / f"it{suffix}.csv", encoding="utf-8-sig", **options)


def same(table: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Compare the numbers of a saved table with those of a result, whatever labels rows and columns have."""
    wanted = expected.select_dtypes("number").to_numpy(dtype=float)
    found = table[list(expected.select_dtypes("number").columns)].to_numpy(dtype=float)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


def frame(study: sr.Study, name: str) -> pd.Series:
    return study.frame([name])[name]


def sides(study: sr.Study, name: str) -> pd.Series:
    return study.data[name].groupby(level="region").first()


CASES = {
    "composite_index": (
        'indicators = { rich = ["gdp"], clean = ["green", "waste"] }\n'
        'direction = { gdp = "benefit", green = "benefit", waste = "cost" }\nmethod = "entropy"',
        lambda s: sr.composite_index(
            s,
            {"rich": ["gdp"], "clean": ["green", "waste"]},
            direction={"gdp": "benefit", "green": "benefit", "waste": "cost"},
            method="entropy",
        ).table(),
    ),
    "coupling_coordination": (
        'variables = ["gdp", "people"]\nupper = 60\nweights = { gdp = 0.6, people = 0.4 }',
        lambda s: sr.coupling_coordination(
            s, {"gdp": 0.6, "people": 0.4}, variables=["gdp", "people"], upper=60
        ).table(),
    ),
    "inequality": (
        'variable = "gdp"\nweights = "people"',
        lambda s: sr.inequality(frame(s, "gdp"), frame(s, "people")).table(),
    ),
    "theil": (
        'variable = "gdp"\nweights = "people"\ngroups = ["side", "half"]',
        lambda s: sr.theil(
            frame(s, "gdp"),
            frame(s, "people"),
            groups=pd.DataFrame({"side": sides(s, "side"), "half": sides(s, "half")}),
        ).table(),
    ),
    "theil_l": (
        'variable = "gdp"\ngroups = "side"',
        lambda s: sr.theil(frame(s, "gdp"), groups=sides(s, "side"), kind="L").table(),
    ),
    "dagum_gini": (
        'variable = "gdp"\ngroups = "zone"',
        lambda s: sr.dagum_gini(frame(s, "gdp"), groups=s.regions["zone"]).table(),
    ),
    "sigma_convergence": (
        'variable = "gdp"\ndispersion = "cv"',
        lambda s: sr.convergence(s, "gdp", kind="sigma", dispersion="cv").table(),
    ),
    "beta_convergence": (
        'variable = "gdp"\ncontrols = ["green"]\nform = "panel"\neffects = "region"',
        lambda s: sr.convergence(s, "gdp", kind="beta", controls=["green"], form="panel", effects="region").table(),
    ),
    "unit_root": (
        'variable = ["gdp", "green"]\ntest = ["ips", "llc"]\nlags = 1',
        lambda s: sr.unit_root(s, ["gdp", "green"], test=["ips", "llc"], lags=1).table(),
    ),
    "ellipse": (
        'variable = "gdp"\nat = [2000, 2013]',
        lambda s: sr.ellipse(s, "gdp", at=[2000, 2013]).table(),
    ),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", CASES)
def test_numbers_are_those_of_the_function(panel, kind, lang):
    options, by_hand = CASES[kind]
    panel.kind(kind, options, lang)
    result = panel.run()
    assert result.exit_code == 0, result.stderr
    same(made(panel), by_hand(study_of(panel)))
    summary = (panel.output / "summary.md").read_text(encoding="utf-8")
    shown = re.findall(r"\(((?:figures|tables)/[^)]+)\)", summary)
    assert len(shown) >= 1
    if lang == "zh":
        assert english_headings(summary) == set()


# Symbols and names that stand in Chinese texts too.
IN_USE = {
    "C",
    "T",
    "D",
    "L",
    "p",
    "e1",
    "e2",
    "w1",
    "w2",
    "e",
    "w",
    "IPS",
    "LLC",
    "R2",
    "t",
    "z",
    "I",
    "ln",
    "CSV",
    "SVG",
    "q",
    "PSD",
    "PSMD",
}


def english_headings(summary: str) -> set[str]:
    """Return English words in the headings of tables and in captions, but for names of the data and of formulas."""
    results = summary.split("## 结果")[1].split("## 警告")[0]
    lines = results.splitlines()
    heads = [line for line, below in pairwise(lines) if re.fullmatch(r"\|[\s:|-]+\|", below)]
    words = set(re.findall(r"[A-Za-z_]{2,}\d*", re.sub(r"`[^`]*`|\]\([^)]*\)", "", " ".join(heads))))
    return words - IN_USE - {"green", "waste", "side", "half", "zone", "Dagum", "rich", "clean"}


def test_group_means_and_efficiency_at_several_times(panel):
    panel.kind("group_means", 'variables = ["gdp", "green"]\ngrouping = "zone"\nat = [2000, 2013]')
    assert panel.run().exit_code == 0
    study = study_of(panel)
    for year in (2000, 2013):
        by_hand = sr.group_means(study, ["gdp", "green"], grouping=study.regions["zone"], at=year)
        same(made(panel, f"_{year}"), by_hand)
    panel.kind(
        "dea", 'inputs = ["people"]\noutputs = ["gdp", "green"]\nmodel = "bcc"\norientation = "output"\nat = "all"'
    )
    panel.replace('name = "it"\n', 'name = "it"\nbetween = [2012, 2013]\n')
    result = panel.run()
    assert result.exit_code == 0, result.stderr
    for year in (2012, 2013):
        by_hand = sr.dea(["people"], ["gdp", "green"], study=study, at=year, model="bcc", orientation="output")
        same(made(panel, f"_{year}"), by_hand.table())


def test_ellipses_at_all_times_and_at_one(panel):
    panel.kind("ellipse", 'variable = "gdp"\nat = "all"')
    assert panel.run().exit_code == 0
    assert len(made(panel)) == 14
    assert len(made(panel, "_moves")) == 13
    panel.kind("ellipse", 'variable = "gdp"\nat = 2003')
    assert panel.run().exit_code == 0
    same(made(panel), sr.ellipse(study_of(panel), "gdp", at=2003).table())


DETECTORS = {
    "compare_bins": (
        'factors = ["green", "waste"]\nmethods = ["quantile", "equal"]\nks = [2, 3]\n',
        "_best",
        lambda s, o: sr.compare_bins(s, "gdp", ["green", "waste"], methods=["quantile", "equal"], ks=[2, 3], **o).best,
    ),
    "gozh": (
        'factors = ["green", "side"]\nleast_units = 3\nleast_split = 6\n',
        "_zones",
        lambda s, o: sr.gozh(s, "gdp", ["green", "side"], least_units=3, least_split=6, **o).zones,
    ),
    "lesh": (
        'factors = ["green", "side"]\nbins = { green = ["quantile", 2] }\n',
        "_factors",
        lambda s, o: sr.lesh(s, "gdp", ["green", "side"], bins={"green": ("quantile", 2)}, **o).factors,
    ),
    "spade": (
        'factors = ["green", "side"]\nbins = { green = ["quantile", 2] }\nks = [2, 3]\n',
        "",
        lambda s, o: sr.spade(s, "gdp", ["green", "side"], bins={"green": ("quantile", 2)}, ks=[2, 3], **o).factors,
    ),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", DETECTORS)
def test_detectors_are_those_of_the_function(panel, kind, lang):
    options, suffix, by_hand = DETECTORS[kind]
    panel.kind(kind, f'variable = "gdp"\n{options}at = 2005\npermutations = 99\nseed = 3', lang)
    result = panel.run()
    assert result.exit_code == 0, result.stderr
    expected = by_hand(study_of(panel), {"at": 2005, "permutations": 99, "seed": 3})
    same(made(panel, f"_2005{suffix}"), expected)
    summary = (panel.output / "summary.md").read_text(encoding="utf-8")
    assert "99" in summary
    if lang == "zh":
        assert english_headings(summary) == set()
        assert "贡献（%）" not in summary  # shares of q are no percentages
        assert re.search(r"\| (natural|equal|quantile) \|", summary) is None
    figures = sorted(path.name for path in (panel.output / "figures").glob("*.png"))
    assert figures == {"compare_bins": ["it_2005_candidates.png"], "gozh": ["it_2005_map.png"]}.get(kind, [])


def test_zones_of_a_pooled_panel_have_no_map_and_spade_needs_a_time(panel):
    panel.kind("gozh", 'variable = "gdp"\nfactors = ["green"]\npermutations = 9')
    assert panel.run().exit_code == 0
    assert len(made(panel, "_members")) == 16 * 14
    panel.kind("spade", 'variable = "gdp"\nfactors = ["green"]')
    problem = panel.check().stderr
    assert "study.toml:18: [analyses.1]: say for which time" in problem


@pytest.mark.parametrize(
    ("kind", "options", "line", "said"),
    [
        ("composite_index", 'indicators = ["gdp", "grene"]\ndirection = "benefit"', 21, "no variable 'grene'"),
        ("composite_index", 'indicators = { a = ["grene"] }\ndirection = "benefit"', 21, "Did you mean 'green'?"),
        ("composite_index", 'indicators = ["gdp"]\ndirection = "up"', 22, "'up' is not offered"),
        ("coupling_coordination", 'variables = ["gdp"]', 21, "at least 2 items"),
        ("theil", 'variable = "gdp"\ngroups = ["side", "hafl"]', 22, "Did you mean 'half'?"),
        ("inequality", 'variable = "side"', 21, "'side' must be numeric here"),
        ("dagum_gini", 'variable = "gdp"', 18, "groups"),
        ("dea", 'inputs = ["people"]\noutputs = "gdp"\nat = 1999', 23, "no time 1999"),
        ("dea", 'inputs = ["people"]\noutputs = "gdp"\nat = 2001\nmodel = "bbc"', 24, "Did you mean 'bcc'?"),
        ("unit_root", 'variable = "gdp"\ntest = "ipss"', 22, "Did you mean 'ips'?"),
        ("ellipse", 'variable = "gdp"\nat = [2000, 2050]', 22, "no time 2050"),
        ("beta_convergence", 'variable = "gdp"\ncontrols = ["gren"]', 22, "Did you mean 'green'?"),
        ("gozh", 'variable = "gdp"\nfactors = ["green"]\nleave = 3', 23, "Did you mean 'leaves'?"),
        ("gozh", 'variable = "gdp"\nfactors = ["people"]\ncategorical = ["peple"]', 23, "Did you mean 'people'?"),
        ("lesh", 'variable = "gdp"\nfactors = ["green"]\noverlay = "trees"', 23, "Did you mean 'tree'?"),
        ("compare_bins", 'variable = "gdp"\nfactors = ["green"]\nmethods = ["quantiles"]', 23, "'quantile'"),
        ("spade", 'variable = "gdp"\nfactors = ["green"]\nat = 2001\nks = [1]', 24, "greater than or equal to 2"),
    ],
)
def test_wrong_options_are_told_with_their_line(panel, kind, options, line, said):
    panel.kind(kind, options)
    result = panel.check()
    assert result.exit_code == 2
    assert f"study.toml:{line}: " in result.stderr
    assert said in result.stderr
