"""On which line of a TOML file each key stands; the standard parser does not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Loc = tuple[str | int, ...]


class Positions:
    """Line of every table, key and array element of a valid TOML text, found by its path."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Loc, int] = {}
        for loc, line in _Scanner(text).scan():
            self._lines.setdefault(loc, line)  # a table that several headers open stands at the first

    def line(self, loc: Loc) -> int:
        """Return the line of the deepest part of `loc` that is in the file, counted from 1."""
        for end in range(len(loc), 0, -1):
            if loc[:end] in self._lines:
                return self._lines[loc[:end]]
        return 1

    def __contains__(self, loc: Loc) -> bool:
        return loc in self._lines


class _Scanner:
    """Walk through text that `tomllib` has accepted, so that only what matters for positions is looked at."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.i = 0
        self.counted = 0  # characters whose newlines are in `row` already
        self.row = 1
        self.elements: dict[Loc, int] = {}  # how many tables each array of tables has so far

    def scan(self) -> Iterator[tuple[Loc, int]]:
        table: Loc = ()
        while self._skip_blank():
            line = self._line()
            if self.text[self.i] == "[":
                table = self._header()
                yield from ((table[:end], line) for end in range(1, len(table) + 1))
            else:
                yield from self._pair(table)

    def _header(self) -> Loc:
        is_array = self.text.startswith("[[", self.i)
        self.i += 2 if is_array else 1
        keys = self._keys("]")
        self.i += 2 if is_array else 1
        loc = self._resolve(keys)
        if not is_array:
            return loc
        count = self.elements.get(loc, 0)
        self.elements[loc] = count + 1
        return (*loc, count)

    def _resolve(self, keys: list[str]) -> Loc:
        """Return the path of a header, where an array of tables stands for its last table."""
        loc: Loc = ()
        for key in keys[:-1]:
            loc = (*loc, key)
            if loc in self.elements:
                loc = (*loc, self.elements[loc] - 1)
        return (*loc, keys[-1])

    def _pair(self, table: Loc) -> Iterator[tuple[Loc, int]]:
        line = self._line()
        keys = self._keys("=")
        self.i += 1
        for end in range(1, len(keys) + 1):
            yield (*table, *keys[:end]), line
        yield from self._value((*table, *keys))

    def _keys(self, end: str) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip_space()
            keys.append(self._string() if self.text[self.i] in "\"'" else self._bare(end))
            self._skip_space()
            if self.text[self.i] == end:
                return keys
            self.i += 1  # the dot

    def _bare(self, end: str) -> str:
        start = self.i
        while self.text[self.i] not in f". \t{end}":
            self.i += 1
        return self.text[start : self.i]

    def _value(self, loc: Loc) -> Iterator[tuple[Loc, int]]:
        self._skip_space()
        first = self.text[self.i]
        if first in "\"'":
            self._string()
        elif first == "{":
            yield from self._inline(loc)
        elif first == "[":
            yield from self._array(loc)
        else:
            while self.i < len(self.text) and self.text[self.i] not in ",]}#\n":
                self.i += 1

    def _inline(self, loc: Loc) -> Iterator[tuple[Loc, int]]:
        self.i += 1
        while self._skip_blank() and self.text[self.i] != "}":
            if self.text[self.i] == ",":
                self.i += 1
            else:
                yield from self._pair(loc)
        self.i += 1

    def _array(self, loc: Loc) -> Iterator[tuple[Loc, int]]:
        self.i += 1
        place = 0
        while self._skip_blank() and self.text[self.i] != "]":
            if self.text[self.i] == ",":
                self.i += 1
                continue
            yield (*loc, place), self._line()
            yield from self._value((*loc, place))
            place += 1
        self.i += 1

    def _string(self) -> str:
        """Skip a string and return what is between its quotes (escapes matter in no key that we look up)."""
        quote = self.text[self.i]
        mark = quote * 3 if self.text.startswith(quote * 3, self.i) else quote
        start = self.i = self.i + len(mark)
        while not self.text.startswith(mark, self.i):
            self.i += 2 if quote == '"' and self.text[self.i] == "\\" else 1
        while len(mark) == 3 and self.text.startswith(quote, self.i + 3):
            self.i += 1  # up to two quotes may stand just before the closing three
        inside = self.text[start : self.i]
        self.i += len(mark)
        return inside

    def _skip_space(self) -> None:
        while self.i < len(self.text) and self.text[self.i] in " \t":
            self.i += 1

    def _skip_blank(self) -> bool:
        """Skip spaces, line ends and comments; say whether any text is left."""
        while self.i < len(self.text):
            if self.text[self.i] == "#":
                end = self.text.find("\n", self.i)
                self.i = len(self.text) if end < 0 else end
            elif self.text[self.i] in " \t\r\n":
                self.i += 1
            else:
                return True
        return False

    def _line(self) -> int:
        self.row += self.text.count("\n", self.counted, self.i)
        self.counted = self.i
        return self.row


def walk(value: Any, loc: Loc = ()) -> Iterator[Loc]:
    """Yield the path of every key and array element of parsed TOML."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*loc, key)
        yield from walk(child, (*loc, key))
