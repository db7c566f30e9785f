"""Run one analysis of a study file and lay out what it found: the tests that choose between spatial models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

import spatial_region as sr
from spatial_region.cli import schema_panel as spec
from spatial_region.cli.analyses_models import complete
from spatial_region.cli.checks import times_of
from spatial_region.cli.markdown import number
from spatial_region.cli.task import Task
from spatial_region.cli.words import word
from spatial_region.cli.words_tests_zh import CHINESE
from spatial_region.panel._verdicts import ENGLISH, GROUPS


def run_spatial_tests(one: spec.SpatialTests, task: Task) -> None:
    """Lay out the table of tests with their verdicts, and what they suggest together."""
    words: Mapping[str, str] = CHINESE if task.lang == "zh" else ENGLISH
    for time in times_of(one, task.study) if one.at is not None else [None]:
        study = complete(one, task, time, ["sdm"])
        options = {key: value for key, value in one.options().items() if key != "at"}
        made = sr.spatial_tests(one.formula, study, w=one.w, **options, **({} if time is None else {"at": time}))
        said = [f"`{one.formula}`.", word("weights used", task.lang, w=task.weights_name(one.w))]
        task.section.say(" ".join(said))
        whole = made.table(words=words)
        for group in GROUPS:
            block = whole[whole["group"] == group]
            if len(block):
                title = task.titled(words[f"group.{group}"], time)
                name = task.named(time, f"{group}_tests")
                task.section.table(name, block, title, shown=_shown(block, task), limit=len(block))
        task.section.say(word("suggested", task.lang, text=made.suggestion.say(words)))
        if made.skipped:
            task.section.say(word("not tested", task.lang, tests=", ".join(made.skipped)))


def _shown(block: pd.DataFrame, task: Task) -> pd.DataFrame:
    rows = [
        [
            f"`{name}`",
            number(float(row["statistic"])),
            "–" if pd.isna(row["df"]) else f"{row['df']:g}",
            "–" if pd.isna(row["p"]) else "< 0.001" if row["p"] < 0.001 else f"{row['p']:.3f}",
            row["verdict"],
        ]
        for name, row in block.iterrows()
    ]
    return pd.DataFrame(rows, columns=[word(key, task.lang) for key in ("test", "statistic", "df", "p", "verdict")])


RUNNERS: dict[str, Callable[[Any, Task], None]] = {"spatial_tests": run_spatial_tests}
