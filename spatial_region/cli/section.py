"""One section of the summary, and the files that belong to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from spatial_region.cli import markdown
from spatial_region.cli.output import Folder
from spatial_region.cli.schema_autocorr import WeightsFigures
from spatial_region.cli.schema_common import Analysis
from spatial_region.cli.words import note_in, word
from spatial_region.core.study import Study


class Section:
    """Collects what an analysis has to say, and saves its figures and tables as it goes."""

    def __init__(self, title: str, folder: Folder, lang: str) -> None:
        self.title = title
        self.lang = lang
        self._folder = folder
        self._parts: list[str] = []

    def say(self, text: str) -> None:
        """Add a paragraph."""
        self._parts.append(text)

    def heading(self, text: str) -> None:
        """Add a heading within the section."""
        self._parts.append(f"#### {text}")

    def caution(self, text: str) -> None:
        """Add a caution that no reader should miss."""
        self._parts.append(f"> **{word('caution', self.lang)}.** {text}")

    def note(self, text: str) -> None:
        """Add a note of the author of the study."""
        self._parts.append(f"*{word('note', self.lang)}:* {text}")

    def notes(self, notes: Iterable[str]) -> None:
        """Add notes of a result."""
        listed = [f"- {note_in(note, self.lang)}" for note in notes]
        if listed:
            self._parts.append("\n".join(listed))

    def figure(self, name: str, figure: Any, caption: str) -> None:
        """Save a figure and show it."""
        path = self._folder.figure(name, figure)
        vector = path.removesuffix("png") + "svg"
        self._parts.append(f"![{caption}]({path})\n\n*{caption}* ([{word('picture', self.lang)}]({vector}))")

    def table(
        self,
        name: str,
        table: pd.DataFrame,
        caption: str,
        *,
        shown: pd.DataFrame | None = None,
        index: bool = True,
        limit: int = markdown.SHOWN,
    ) -> None:
        """Save a table and show it, or show another, shorter one in its place; a long one is cut."""
        link = self._saved(name, table, index=index)
        visible = shown if shown is not None else table.reset_index() if index else table
        cut = ""
        if len(visible) > limit:
            cut = " " + word("first rows", self.lang, shown=limit, count=len(visible))
        self._parts.append(f"**{caption}**{cut} ({link})\n\n{markdown.table(visible.head(limit))}")

    def data(self, name: str, table: pd.DataFrame) -> None:
        """Save the numbers behind a figure and say where they are."""
        self._parts.append(f"({self._saved(name, table, index=True)})")

    def _saved(self, name: str, table: pd.DataFrame, *, index: bool) -> str:
        path = self._folder.table(name, table, index=index)
        return f"[{word('whole table', self.lang)}]({path})"

    def text(self) -> str:
        """Return the section as Markdown."""
        return "\n\n".join([f"### {self.title}", *self._parts])


def title_of(one: Analysis, study: Study, lang: str) -> str:
    """Return the title that the study file gives an analysis, else one of its kind, variable and weights."""
    if one.title:
        return one.title
    named = [study.labels.get(variable, variable) for variable in one.subject]
    if isinstance(one, WeightsFigures):
        return word("weights of", lang, variable=one.w or next(iter(study.weights)))
    kind = "local_g_star" if getattr(one, "star", None) else str(one.kind)  # type: ignore[attr-defined]
    title = word(kind, lang, variable=word("and", lang).join(named))
    w = getattr(one, "w", None)
    return word("weighted", lang, title=title, w=w) if w and len(study.weights) > 1 else title
