"""The summary: one Markdown page that says what was read, what was found, and what to be careful about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from spatial_region import __version__
from spatial_region.cli import markdown
from spatial_region.cli.inputs import Inputs
from spatial_region.cli.studyfile import Parsed
from spatial_region.cli.words import card_in, note_in, word
from spatial_region.core.match import MatchReport
from spatial_region.core.match_words import Language
from spatial_region.core.study import Study

if TYPE_CHECKING:
    from spatial_region.cli.section import Section


def summary(
    parsed: Parsed,
    study: Study,
    reports: Sequence[MatchReport],
    inputs: Inputs,
    sections: Sequence[Section],
    warnings: Mapping[str, Sequence[str]],
) -> str:
    """Return the page."""
    settings = parsed.spec.study
    lang = settings.lang
    made_by = word("made by", lang, version=__version__, file=parsed.path.name, seed=settings.seed)
    parts = [f"# {settings.title or settings.name}"]
    parts += [text for text in (settings.note, made_by) if text]
    parts += _data(study, reports, inputs, lang, settings.source)
    if study.weights:
        parts.append(f"## {word('weights', lang)}")
    for name, w in study.weights.items():
        card = card_in(w.card().astype(str), lang).rename_axis(word("fact", lang)).rename(name).reset_index()
        parts.append(markdown.table(card))
    parts.append(f"## {word('results', lang)}")
    parts += [section.text() for section in sections]
    parts.append(f"## {word('warnings', lang)}")
    listed = [f"- `{step}`: {note_in(text, lang)}" for step, texts in warnings.items() for text in texts]
    parts.append("\n".join(listed) or word("no warnings", lang))
    return "\n\n".join(parts) + "\n"


def _data(
    study: Study, reports: Sequence[MatchReport], inputs: Inputs, lang: Language, source: str | None
) -> list[str]:
    facts = [word("regions", lang, n=study.n)]
    if study.is_panel:
        facts.append(word("times", lang, count=len(study.times), first=study.times[0], last=study.times[-1]))
    comma, stop = ("；", "。") if lang == "zh" else ("; ", ".")
    parts = [f"## {word('data', lang)}", comma.join(facts) + stop]
    if source:
        parts.append(word("source", lang, source=source))
    parts.append(markdown.table(_variables(study, lang)))
    for table, report in zip(inputs.tables, reports, strict=True):
        parts.append(f"### {word('match', lang, file=table.section.path)}")
        parts.append(f"```text\n{report.summary(lang=lang)}\n```")
    return parts


def _variables(study: Study, lang: str) -> pd.DataFrame:
    """Return the variables with labels, units, and how many values there are."""
    rows = []
    for name in study.variables:
        column = study.data[name]
        if _is_key(column):
            continue
        numeric = pd.api.types.is_numeric_dtype(column.dtype)
        extent = (column.min(), column.max()) if numeric else (None, None)
        label, unit = study.labels.get(name, ""), study.units.get(name, "")
        rows.append(
            (f"`{name}`", label, unit, f"{column.notna().sum()} / {len(column)}", *map(markdown.number, extent))
        )
    return pd.DataFrame(
        rows, columns=[word(key, lang) for key in ("variable", "label", "unit", "values", "min", "max")]
    )


def _is_key(column: pd.Series) -> bool:
    """Say whether a column repeats the codes of the regions, so that it tells nothing more."""
    values = column.dropna()
    codes = values.index.get_level_values(0).astype(str)
    if pd.api.types.is_numeric_dtype(values.dtype):
        return len(values) > 0 and bool((pd.to_numeric(codes, errors="coerce") == values.to_numpy()).all())
    return len(values) > 0 and bool((codes == values.astype(str).to_numpy()).all())
