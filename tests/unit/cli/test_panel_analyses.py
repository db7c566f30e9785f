"""Study files reach the whole family of spatial panel models, and the tests that choose between them."""

from __future__ import annotations

import string

import pandas as pd
import pytest

from spatial_region.cli.words_tests_zh import CHINESE
from spatial_region.panel._verdicts import ENGLISH

FILE = """
[[analyses]]
kind = "spatial_panel"
name = "random"
formula = "log_gdp ~ people"
model = ["ols", "sem"]
effects = "random"
components = "bsk"
[[analyses]]
kind = "spatial_panel"
name = "moments"
formula = "log_gdp ~ people"
model = "slx"
effects = "pooled"
method = "gmm"
covariance = "robust"
[[analyses]]
kind = "dynamic_panel"
name = "past"
formula = "log_gdp ~ people"
model = "sar"
effects = "time"
dynamic = "time"
se = "delta"
[[analyses]]
kind = "spatial_tests"
name = "choice"
formula = "log_gdp ~ people"
effects = "time"
"""


@pytest.fixture
def ran(cells):
    cells.add(FILE)
    result = cells.run()
    assert result.exit_code == 0, result.stderr
    return cells


def read(cells, name):
    return pd.read_csv(cells.output / "tables" / f"{name}.csv", encoding="utf-8-sig")


def test_every_estimator_and_every_test_is_laid_out(ran):
    summary = (ran.output / "summary.md").read_text(encoding="utf-8")
    assert set(read(ran, "random")["term"]) == {"Intercept", "people", "lambda", "phi"}
    assert "Random effects of regions, beside the spatial error process." in summary
    assert "standard errors from the observed information" in summary
    assert "two-stage least squares and moments, standard errors robust to unequal variances, normal." in summary
    assert {"tau", "rho"} <= set(read(ran, "past")["term"])
    assert "| τ |" in summary and "| φ |" in summary
    # The made-up product grows for ever: there is a short run, and no long one.
    assert "Not stable, so that there is no long run" in summary
    written = {path.stem for path in (ran.output / "tables").iterdir()}
    assert "past_sar_impacts_short" in written and "past_sar_impacts_long" not in written
    tests = read(ran, "choice_models_tests").set_index("test")
    assert {"lr_sdm_sar", "wald_sdm_sem"} <= set(tests.index) and tests["verdict"].str.len().min() > 5
    assert "Suggestion: " in summary


def test_tests_speak_chinese(cells):
    cells.add(FILE)
    cells.replace("[study]", '[study]\nlang = "zh"')
    result = cells.run()
    assert result.exit_code == 0, result.stderr
    summary = (cells.output / "summary.md").read_text(encoding="utf-8")
    assert "嵌套模型" in summary and "建议：" in summary and "个体随机效应" in summary
    verdicts = read(cells, "choice_models_tests")["verdict"]
    assert verdicts.str.contains("拒绝").all()


def test_words_of_both_languages_have_the_same_keys_and_fields():
    assert set(CHINESE) == set(ENGLISH)
    for key, text in ENGLISH.items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(t) if name} for t in (text, CHINESE[key])]
        assert fields[0] == fields[1], key


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('covariance = "white"', "covariance"),
        ('components = "splm"', "components"),
        ('endogenous = ["nobody"]', "nobody"),
        ("km = -3", "km"),
    ],
)
def test_wrong_options_are_named_with_their_place(cells, line, found):
    cells.add(f'[[analyses]]\nkind = "spatial_panel"\nformula = "log_gdp ~ people"\n{line}\n')
    result = cells.run()
    assert result.exit_code != 0
    assert found in result.stderr
