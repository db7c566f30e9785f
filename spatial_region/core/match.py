"""The report of a join: what became of every row of the table and of every region."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import pandas as pd

from spatial_region.core.match_words import MATCH_WORDS, Language, Words, more_in
from spatial_region.core.messages import name_regions, name_some
from spatial_region.core.options import check_option

STATUSES = ("matched", "renamed", "merged", "respelled", "ambiguous", "unmatched")
# Rows that name no region, and rows of regions outside the boundaries, are not a loss.
NO_LOSS = frozenset({"total", "note", "blank", "outside"})
SHOWN = 12
WIDE_FROM = 0x2E7F  # characters above are as wide as two letters


@dataclass(frozen=True, eq=False, repr=False)
class MatchReport:
    """What a join did with every row of the table and with every region.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row for each row of the table: row (its number in the file, or its label in the frame), name, time,
        province, status, region (id or empty), region_name, reason, detail, suggestions.
    region_names : pandas.Series
        Display name of every region of the boundaries, indexed by id.
    times : tuple
        Times of the panel; empty for a cross-section.
    gaps : pandas.DataFrame
        Combinations of region and time without a row, for regions that have some; columns region, name, time.
    missing : pandas.DataFrame
        Cells that were read as missing because of a mark such as ``—``; columns row, variable, text.
    combined : pandas.DataFrame
        Rows that were combined into one; columns region, name, time, rows.
    notes : tuple of str
        What was noticed while reading: encoding, header row, text columns.
    settings : Mapping
        How the join was made: on, time, province, resolve, level, combine.
    """

    rows: pd.DataFrame
    region_names: pd.Series
    times: tuple[Any, ...] = ()
    gaps: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["region", "name", "time"]))
    missing: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["row", "variable", "text"]))
    combined: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["region", "name", "time", "rows"]))
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    # -- tables --------------------------------------------------------------------------------------------

    def table(self) -> pd.DataFrame:
        """Return every row of the table with its status, region and reason."""
        return self.rows.copy()

    @property
    def matched(self) -> pd.DataFrame:
        """Rows whose name or code is that of a region today."""
        return self._of("matched")

    @property
    def renamed(self) -> pd.DataFrame:
        """Rows with a name or code that the region bears in another year than the row's, or bore before."""
        return self._of("renamed")

    @property
    def merged(self) -> pd.DataFrame:
        """Rows of units that have gone wholly into a region."""
        return self._of("merged")

    @property
    def respelled(self) -> pd.DataFrame:
        """Rows of a key join that differ from the region id in zeros, case or spaces only."""
        return self._of("respelled")

    @property
    def ambiguous(self) -> pd.DataFrame:
        """Rows whose name means two places; none was chosen."""
        return self._of("ambiguous")

    @property
    def unmatched(self) -> pd.DataFrame:
        """Rows that stand for no region, with the reason and near names."""
        return self._of("unmatched")

    @property
    def joined(self) -> pd.DataFrame:
        """Rows that went into the study."""
        return self.rows[self.rows["region"] != ""].copy()

    @property
    def lost(self) -> pd.DataFrame:
        """Rows that name something and were not joined; totals, notes and regions outside are no loss."""
        left = self.rows[self.rows["region"] == ""]
        return left[~left["reason"].isin(NO_LOSS)].copy()

    @property
    def regions_without_data(self) -> pd.DataFrame:
        """Regions of the boundaries that no row was joined to; columns region, name."""
        absent = self.region_names[~self.region_names.index.isin(self.rows["region"])]
        return pd.DataFrame({"region": absent.index, "name": absent.to_numpy()})

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows by status, of regions with and without data, and of gaps."""
        by_status = Counter(self.rows["status"])
        without = len(self.regions_without_data)
        return {
            "rows": len(self.rows),
            **{status: by_status[status] for status in STATUSES},
            "lost": len(self.lost),
            "regions": len(self.region_names) - without,
            "regions_without_data": without,
            "gaps": len(self.gaps),
        }

    def _of(self, status: str) -> pd.DataFrame:
        return self.rows[self.rows["status"] == status].copy()

    # -- words ---------------------------------------------------------------------------------------------

    def summary(self, *, lang: Language = "en") -> str:
        """Return the report as text.

        Parameters
        ----------
        lang : {"en", "zh"}
            Language of the report's own words. Details of renamed and dissolved units are in English in both.

        Raises
        ------
        OptionError
            If `lang` is not offered.
        """
        check_option(lang, Language, "lang")
        words, counts = MATCH_WORDS[lang], self.counts
        lines = [words["title"].format(rows=counts["rows"], on=self.settings.get("on"))]
        listed = {status: counts[status] for status in STATUSES if counts[status] or status != "respelled"}
        facts = [(words[status], count, "") for status, count in listed.items()]
        facts.append((words["regions"], counts["regions"], words["have data"].format(all=len(self.region_names))))
        if self.times:
            facts.append(
                (words["times"], len(self.times), words["span"].format(first=self.times[0], last=self.times[-1]))
            )
            facts.append((words["gaps"], counts["gaps"], words["without row"]))
        lines += [f"  {_padded(name)} {count:>6}{said}" for name, count, said in facts]
        for status in STATUSES[1:]:
            lines += self._section(status, lang)
        lines += self._closing(lang)
        return "\n".join(lines)

    def _section(self, status: str, lang: Language) -> list[str]:
        rows, words = self._of(status), MATCH_WORDS[lang]
        if rows.empty:
            return []
        said = rows.groupby(["name", "region", "region_name", "reason", "detail", "suggestions"], sort=False)
        lines = ["", words["heading"].format(name=words[status].capitalize())]
        for count, (key, part) in enumerate(said):
            if count == SHOWN:
                lines.append("  " + words["more"].format(count=said.ngroups - SHOWN, where=f"study.match.{status}"))
                break
            said_of_rows = words["listed"].format(said=_describe(*key, words=words), rows=_rows_in_words(part, words))
            lines.append(f"  {said_of_rows}")
        return lines

    def _closing(self, lang: Language) -> list[str]:
        lines: list[str] = []
        words = MATCH_WORDS[lang]
        if len(self.combined):
            lines += ["", words["combined"].format(how=self.settings.get("combine"), count=len(self.combined))]
            lines += [
                "  " + words["combined row"].format(name=_with_time(row.name, row.time), rows=row.rows)
                for row in _first(self.combined)
            ]
        without = self.regions_without_data
        if len(without):
            named = name_regions(without["region"], self.region_names, limit=SHOWN)
            lines += ["", words["without data"], f"  {more_in(named, lang)}"]
        if len(self.gaps):
            by_region = self.gaps.groupby("region", sort=False)["time"].agg(lambda times: name_some(times, limit=8))
            lines += ["", words["heading"].format(name=words["gaps"].capitalize())]
            lines += [
                f"  {name_regions([region], self.region_names)}: {more_in(times, lang)}"
                for region, times in by_region[:SHOWN].items()
            ]
            if len(by_region) > SHOWN:
                lines.append("  " + words["more"].format(count=len(by_region) - SHOWN, where="study.match.gaps"))
        if len(self.missing):
            marks = Counter(self.missing["text"])
            said = ", ".join(f"{text!r} x {count}" for text, count in marks.most_common(SHOWN))
            lines += ["", words["missing"].format(count=len(self.missing), said=said)]
        if self.notes:
            lines += ["", words["heading"].format(name=words["notes"]), *(f"  {note}" for note in self.notes)]
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for a manifest."""
        changed = self.rows[~self.rows["status"].isin(["matched"])]
        return {
            "settings": {key: value for key, value in self.settings.items() if value is not None},
            "counts": self.counts,
            "not_plainly_matched": _plain(changed),
            "combined": _plain(self.combined),
            "regions_without_data": self.regions_without_data["region"].astype(str).tolist(),
            "gaps": _plain(self.gaps),
            "missing_marks": _plain(self.missing),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.summary())}</pre>"


def _padded(name: str) -> str:
    """Return a name as wide as ten letters; a Chinese character takes the room of two."""
    width = sum(2 if ord(sign) > WIDE_FROM else 1 for sign in name)
    return name + " " * (10 - width)


def _describe(
    name: object, region: str, region_name: str, reason: str, detail: str, suggestions: object, *, words: Words
) -> str:
    said = f"{name}" if str(name).strip() else words["empty"]
    if region:
        said += f" -> {region_name} ({region})" if str(name) != region_name else f" ({region})"
    elif reason and reason != "ambiguous":
        said += f": {words.get(f'reason {reason}', reason)}"
    if detail:
        said += f": {words.get(f'detail {detail}', detail)}"
    near = f"{words['near']}{suggestions}" if suggestions and reason == "unknown" else ""
    return said + near


def _rows_in_words(part: pd.DataFrame, words: Words) -> str:
    rows = part["row"].unique()  # a wide table gives one row for each of its times
    label = words["row"] if len(rows) == 1 else words["rows"]
    listed = name_some(rows, limit=3)
    times = part["time"].dropna().unique()
    said = label.format(rows=listed if words is MATCH_WORDS["en"] else more_in(listed, "zh"))
    if len(times) == 1:
        return said + words["when"].format(time=times[0])
    if len({type(time) for time in times}) > 1:  # rows that are not joined may hold words beside years
        return said + words["when"].format(time=name_some(times, limit=3))
    return said + words["from to"].format(first=min(times), last=max(times)) if len(times) else said


def _with_time(name: str, time: Any) -> str:
    return name if pd.isna(time) else f"{name} {time}"  # a cross-section has no time


def _first(frame: pd.DataFrame) -> list[Any]:
    return list(frame.head(SHOWN).itertuples(index=False))


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    text = frame.astype(object).where(frame.notna(), None)
    return [{str(key): _scalar(value) for key, value in row.items()} for row in text.to_dict(orient="records")]


def _scalar(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    return plain if isinstance(plain, (str, int, float, bool, type(None))) else str(plain)
