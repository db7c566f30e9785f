"""Run the audits of a study file and lay out what they found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

import spatial_region as sr
from spatial_region.cli.inputs import locate
from spatial_region.cli.schema_audit import Audit, check_of
from spatial_region.cli.task import Task
from spatial_region.cli.words import in_words, note_in, word
from spatial_region.core.messages import name_some

_SHOWN = ["row", "column", "printed", "message", "implied"]
_MOST = 60


def run_audit(one: Audit, task: Task) -> None:
    """Lay out which printed figures cannot be true, and what was looked at."""
    options = one.given("kind", "name", "title", "note", "within", "between", "path", "checks")
    made = sr.audit(locate(one.path, task.folder), [check_of(given) for given in one.checks], **options)
    found, lang = made.findings, task.lang
    key = "audit found" if len(found) else "audit clean"
    rows, tested = int(str(made.spec.inputs["rows"])), int(made.checked["tested"].sum())
    task.section.say(word(key, lang, path=one.path, rows=rows, tested=tested, found=len(found)))
    if len(found):
        shown = _translated(found[_SHOWN], "message", lang)
        shown["implied"] = [_span(text, lang) for text in shown["implied"]]
        shown = in_words(shown, lang)
        caption = word("findings", lang)
        task.section.table(task.named(None, "findings"), found, caption, shown=shown, index=False, limit=_MOST)
    shown = in_words(_translated(made.checked, "rule", lang), lang)
    task.section.table(task.name, made.checked, word("rules tested", lang), shown=shown, index=False)
    untested = [column for column in made.untested if column not in one.index]
    if untested:
        task.section.say(word("columns not tested", lang, columns=name_some(untested, limit=20)))
    task.record(None, rows=rows, tested=tested, findings=len(found))


def _translated(table: pd.DataFrame, column: str, lang: str) -> pd.DataFrame:
    return table.assign(**{column: [note_in(text, lang) for text in table[column]]})


def _span(implied: str, lang: str) -> str:
    low, between, high = implied.partition(" to ")
    return word("implied to", lang, low=low, high=high) if between else implied


RUNNERS: dict[str, Callable[[Any, Task], None]] = {"audit": run_audit}
