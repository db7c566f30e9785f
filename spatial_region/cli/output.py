"""The output folder: written beside its place and moved there whole, or not at all."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.errors import OutputError

MANIFEST = "manifest.json"
MADE_BY = "spatial-region"
FORMATS = ("png", "svg")
_NAMED = 7  # files beyond those of an earlier run that are looked at
_FLOATS = "%.10g"  # further digits differ between machines


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_replaceable(folder: Path) -> None:
    """Refuse a place where something stands that no earlier run made, or that was changed since.

    Raises
    ------
    OutputError
        If the place is a file, or a folder with files that would be lost.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder} is a file; name a folder for the results.")
    if Path.cwd().is_relative_to(folder):
        raise OutputError(f"{folder} is the folder that you are in, or holds it; name a folder in it, such as out.")
    known = _outputs_of(folder / MANIFEST)
    files = (Path(root, name) for root, _, names in os.walk(folder) for name in sorted(names))
    named = ((path.relative_to(folder).as_posix(), path) for path in files)
    present = list(islice(named, len(known) + _NAMED))  # a home folder has millions, and a few foreign ones suffice
    foreign = [name for name, _ in present if name not in known and name != MANIFEST]
    if foreign:
        raise OutputError(
            f"{folder} holds files that no earlier run wrote: {name_some(foreign)}. "
            f"Name another folder, or move them away."
        )
    changed = [name for name, path in present if name != MANIFEST and sha256(path) != known[name]]
    if changed:
        raise OutputError(
            f"{folder} holds results that were changed since: {name_some(changed)}. "
            f"Running again would overwrite them; move the folder away, or name another."
        )


def _outputs_of(manifest: Path) -> dict[str, str]:
    try:
        read = json.loads(manifest.read_text(encoding="utf-8"))
        return dict(read["outputs"]) if read["made_by"] == MADE_BY else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # no manifest of ours, so that every file in the folder is foreign


@contextmanager
def whole_folder(place: Path) -> Iterator[Path]:
    """Give a new folder to write to, which becomes `place` when all went well and vanishes otherwise.

    What an earlier run left at `place` is replaced in the end, and kept if anything goes wrong before.

    Raises
    ------
    OutputError
        If the folder cannot be written, or holds what must not be lost.
    """
    place = place.resolve()  # a link stands for the folder that it leads to
    check_replaceable(place)
    draft = place.with_name(f".{place.name}.partial-{os.getpid()}")
    _clear_drafts_of_the_dead(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir()
        (draft / MANIFEST).write_text("", encoding="utf-8")  # a folder on a full or read-only disk fails here
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise OutputError(f"cannot write to {place}: {error.strerror or error}. Name another folder.") from error
    try:
        yield draft
        _move_into_place(draft, place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _clear_drafts_of_the_dead(place: Path) -> None:
    """Remove what a run that was killed outright left beside the place."""
    for left in place.parent.glob(f".{glob.escape(place.name)}.partial-*"):
        number = left.name.rpartition("-")[2]
        if number.isdigit() and not _is_alive(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it lives, and belongs to someone else
        return True
    return True


def _move_into_place(draft: Path, place: Path) -> None:
    check_replaceable(place)  # someone may have written there meanwhile
    former = place.with_name(f".{place.name}.former-{os.getpid()}")
    try:
        if place.exists():
            place.rename(former)
        draft.rename(place)
    except OSError as error:
        raise OutputError(f"cannot move the results to {place}: {error.strerror or error}.") from error
    finally:  # whatever happened, an interrupt between the two moves included
        if former.exists() and not place.exists():
            former.rename(place)
        shutil.rmtree(former, ignore_errors=True)


class Folder:
    """Writes figures, tables and texts into the draft of an output folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._taken: set[str] = set()

    def figure(self, name: str, figure: Any) -> str:
        """Save a figure as PNG and SVG, and return the path of the PNG within the folder."""
        for suffix in FORMATS:
            figure.save(self._path("figures", f"{name}.{suffix}"))
        return f"figures/{name}.png"

    def table(self, name: str, table: pd.DataFrame, *, index: bool = True) -> str:
        """Save a table as CSV that spreadsheets open with Chinese text intact, and return its path."""
        path = self._path("tables", f"{name}.csv")
        text = table.to_csv(index=index, float_format=_FLOATS, lineterminator="\n")
        self._write(path, text, encoding="utf-8-sig")
        return f"tables/{name}.csv"

    def text(self, name: str, text: str) -> None:
        """Save a text in the folder itself."""
        self._write(self.root / name, text, encoding="utf-8")

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of every file but the manifest."""
        files = sorted(path for path in self.root.rglob("*") if path.is_file())
        named = {path.relative_to(self.root).as_posix(): path for path in files}
        return {name: sha256(path) for name, path in named.items() if name != MANIFEST}

    def manifest(self, facts: Mapping[str, Any]) -> None:
        """Write the manifest, last of all."""
        written = {"made_by": MADE_BY, **facts, "outputs": self.digests()}
        self.text(MANIFEST, json.dumps(written, ensure_ascii=False, indent=1, default=_plain) + "\n")

    def _path(self, kind: str, name: str) -> Path:
        path = self.root / kind / name
        if f"{kind}/{name}".casefold() in self._taken:  # some systems do not tell capitals apart
            raise OutputError(f"two analyses would write {kind}/{name}; give one of them another name.")
        self._taken.add(f"{kind}/{name}".casefold())
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write {kind}/{name}: {error.strerror or error}.") from error
        return path

    def _write(self, path: Path, text: str, *, encoding: str) -> None:
        try:
            path.write_text(text, encoding=encoding, newline="\n")
        except OSError as error:
            where = path.relative_to(self.root).as_posix()
            raise OutputError(f"cannot write {where}: {error.strerror or error}.") from error


def _plain(value: Any) -> Any:
    """Return what JSON can hold in place of a NumPy or pandas value."""
    return value.item() if hasattr(value, "item") else str(value)
