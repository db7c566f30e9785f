"""Audits of printed tables in a study file."""

from __future__ import annotations

import hashlib
import json
import tomllib

import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.cli.audits import is_sound as sound
from spatial_region.cli.positions import Positions
from spatial_region.cli.problems import Problems
from spatial_region.cli.schema_audit import check_of
from spatial_region.cli.words import note_in

PRINTED = """\
unit,year,TE,PTE,SE,rank,b
A,2000,0.9860,0.7578,0.8537,1,0.1
B,2000,0.7434,1.0000,0.7434,3,0.2
C,2000,0.8974,0.9578,0.8990,2,0.3
mean,2000,0.9000,0.9052,0.8320,,
"""
AUDIT = """
[[analyses]]
kind = "audit"
name = "slips"
path = "printed.csv"
index = "unit"
checks = [
  { check = "Efficiency", te = "TE", pure = "PTE", scale = "SE", where = { unit = ["A", "B", "C"] } },
  { check = "MeanOf", column = ["TE", "PTE", "SE"], row = "mean" },
  { check = "Ranks", rank = "rank", of = "TE", where = { unit = ["A", "B", "C"] } },
]
"""


@pytest.fixture
def audited(cells):
    (cells.folder / "printed.csv").write_text(PRINTED, encoding="utf-8")
    cells.add(AUDIT)
    return cells


def by_hand(cells):
    three = {"unit": ["A", "B", "C"]}
    checks = [
        sr.checks.Efficiency("TE", "PTE", "SE", where=three),
        sr.checks.MeanOf(["TE", "PTE", "SE"], "mean"),
        sr.checks.Ranks("rank", "TE", where=three),
    ]
    return sr.audit(cells.folder / "printed.csv", checks, index="unit")


def saved(cells, name: str) -> pd.DataFrame:
    return pd.read_csv(cells.output / "tables" / f"{name}.csv", encoding="utf-8-sig", dtype=str, keep_default_na=False)


def test_findings_are_those_of_the_function_and_the_file_is_in_the_manifest(audited):
    result = audited.run()
    assert result.exit_code == 0, result.stderr
    found = by_hand(audited)
    assert len(found.findings) == 3  # A and C are no products, and 0.9000 is not the mean
    columns = ["rule", "row", "column", "printed", "implied", "message"]
    assert saved(audited, "slips_findings")[columns].values.tolist() == found.findings[columns].values.tolist()
    assert saved(audited, "slips")["tested"].astype(int).tolist() == found.checked["tested"].tolist()
    manifest = json.loads((audited.output / "manifest.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((audited.folder / "printed.csv").read_bytes()).hexdigest()
    assert digest in manifest["inputs"]["printed.csv"]
    assert manifest["results"]["slips"]["all"]["findings"] == 3
    summary = (audited.output / "summary.md").read_text(encoding="utf-8")
    assert "figures that cannot be true: 3" in summary
    assert "exceeds the smaller of PTE 0.7578 and SE 0.8537, which is impossible" in summary
    assert "Not tested: year, b." in summary


def test_in_chinese(audited):
    audited.replace('name = "cells"\n', 'name = "cells"\nlang = "zh"\n')
    assert audited.run().exit_code == 0
    summary = (audited.output / "summary.md").read_text(encoding="utf-8")
    assert "大于 PTE 0.7578 与 SE 0.8537 中的较小者，不可能" in summary
    assert "不等于其 3 个成员的均值" in summary
    assert "TE = PTE×SE，且 TE 不大于 PTE 与 SE 中的较小者" in summary
    assert "| 行 | 列 | 原文 | 问题 | 推得 |" in summary
    assert "0.64685 至 0.64701" in summary


def test_a_clean_table_has_no_table_of_findings(audited):
    text = AUDIT.split("checks = [")[0]
    audited.write(audited.path.read_text(encoding="utf-8").split(text)[0])
    audited.add(text + 'checks = [{ check = "Shares", columns = ["TE", "SE"], whole = 1, together = false }]\n')
    assert audited.run().exit_code == 0
    assert not (audited.output / "tables" / "slips_findings.csv").exists()
    assert "no figure that cannot be true" in (audited.output / "summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            '"printed.csv"',
            '"prnted.csv"',
            25,
            "no file 'prnted.csv' beside the study file. Did you mean 'printed.csv'?",
        ),
        ('index = "unit"', 'index = "name"', 26, "no column 'name'"),
        ('check = "Efficiency"', 'check = "Eficiency"', 28, "Did you mean 'Efficiency'?"),
        ('{ check = "Efficiency", ', "{ ", 28, "says no check"),
        ('te = "TE"', 'tee = "TE"', 28, "unknown key. Did you mean 'te'?"),
        ('te = "TE", ', "", 28, "is needed and not given"),
        ('te = "TE"', "te = 3", 28, "must be a text in quotes; found 3"),
        ('te = "TE"', 'te = "TEE"', 28, "'TEE'"),
        ('row = "mean"', 'row = "average"', 29, "'average'"),
        ('column = ["TE", "PTE", "SE"]', "column = 4", 29, "is no column that MeanOf can use; found 4"),
        ('column = ["TE", "PTE", "SE"]', "column = []", 29, "column: is empty; name what to check."),
        ('of = "TE"', 'of = "unit"', 30, "'unit' of 'A' is"),
        (
            'index = "unit"',
            'index = "unit"\nwithin = { grouping = "zone", group = "west" }',
            27,
            "reads the table as printed",
        ),
        ('index = "unit"', 'index = "unit"\nrounding = "up"', 27, "'up' is not offered"),
        ('index = "unit"\n', "", 22, "index: is needed"),
    ],
)
def test_wrong_audits_are_told_with_their_line(audited, old, new, line, said):
    audited.replace(old, new)
    result = audited.check()
    assert result.exit_code == 2
    assert f"study.toml:{line}: " in result.stderr, result.stderr
    assert said in result.stderr


@pytest.mark.parametrize(
    ("rule", "chinese"),
    [
        ("0 <= score <= 1", "score 在 0 与 1 之间"),
        ("0 <= se", "se 不小于 0"),
        ("min <= mean <= max", "min <= mean <= max"),
        ("TE = PTE x SE, TE <= min(PTE, SE)", "TE = PTE×SE，且 TE 不大于 PTE 与 SE 中的较小者"),
        ("shares a, b: each 0 to 100, sum <= 100", "份额 a, b：各在 0 至 100 之间，合计不超过 100"),
        ("value: west is the mean of its members", "value：west 为其成员的均值"),
        (
            "has stars for p <= 0.05, while b -0.094**, t -1.21 allow none",
            "星号表示 p ≤ 0.05，而 b -0.094**, t -1.21 不应有星号",
        ),
        ("shares 0.9 with (0.80—0.90]", "与 (0.80—0.90] 共有 0.9"),
        ("gap = country - west", "gap = country - west"),
    ],
)
def test_rules_and_findings_in_chinese(rule, chinese):
    assert note_in(rule, "zh") == chinese
    assert note_in(rule, "en") == rule


@pytest.mark.parametrize("value", [1, True, "", "x", [], ["a"], [1, "a"], {"a": 1}])
@pytest.mark.parametrize("key", ["check", "te", "where", "column", "row", "members", "of", "by"])
def test_any_value_of_a_check_is_read_or_refused_in_words(audited, key, value):
    """Whatever stands in a check, what is wrong is told with its line, and nothing else is raised."""
    raw = tomllib.loads(audited.path.read_text(encoding="utf-8"))
    given = raw["analyses"][1]["checks"]
    place = next((n for n, check in enumerate(given) if key in check), 1)
    given[place][key] = value
    problems = Problems(audited.path, Positions(""))
    if sound(given[place], ("analyses", 1, "checks", place), problems):
        try:
            sr.audit(audited.folder / "printed.csv", check_of(given[place]), index="unit")
        except sr.errors.SpatialRegionError as error:
            assert str(error)
    else:
        assert problems.found
        assert all(problem.where.startswith(f"[analyses.2] checks [{place + 1}]") for problem in problems.found)
