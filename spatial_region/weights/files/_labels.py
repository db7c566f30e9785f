"""Labels of a file brought to the ids of a study: only where there is one way to do it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import sparse as sp

from spatial_region.core.messages import name_some
from spatial_region.core.weights import as_index
from spatial_region.errors import AlignmentError, DuplicateError, InputError, ReadError
from spatial_region.weights.files._content import Content, whole_number

_WHOLE = re.compile(r"0*(\d+)(?:\.0+)?")


def check_named(content: Content, file: str) -> None:
    """Refuse a file that counts regions without naming them.

    Raises
    ------
    ReadError
        If there are such regions.
    """
    if content.unnamed:
        total = len(content.ids) + content.unnamed
        raise ReadError(
            f"{file} counts {total} regions and names {len(content.ids)}: this format leaves out regions without "
            f"neighbours. Pass ids= with the ids of all {total}, for example ids=study.ids."
        )


def bring_to(content: Content, ids: Iterable[object], file: str, *, by_position: bool) -> Content:
    """Return the content with the labels, types and order of `ids`.

    Raises
    ------
    DuplicateError
        If an id occurs twice.
    AlignmentError
        If the regions are not the same, or are so in more ways than one.
    """
    if isinstance(ids, str) or not isinstance(ids, Iterable):
        raise InputError(f"ids must be a list or an index of region ids; found {type(ids).__name__}.")
    wanted = as_index(ids)
    if wanted.has_duplicates:
        raise DuplicateError(f"ids: found twice: {name_some(wanted[wanted.duplicated()].unique())}.")
    places = _numbered(content, len(wanted), file) if by_position else _matched(content, wanted, file)
    n = len(wanted)
    links = content.matrix.tocoo()
    matrix = sp.csr_array(sp.coo_array((links.data, (places[links.row], places[links.col])), shape=(n, n)))
    names = content.names
    if names is not None:
        names = pd.Series(names.reindex(content.ids).to_numpy(), index=wanted[places])
    return replace(content, ids=wanted, matrix=matrix, names=names, unnamed=0)


def _numbered(content: Content, n: int, file: str) -> np.ndarray:
    """Return places of labels that are themselves the numbers 1 to n."""
    numbers = [whole_number(str(label)) for label in content.ids]
    outside = [
        label for label, number in zip(content.ids, numbers, strict=True) if number is None or not 1 <= number <= n
    ]
    total = len(content.ids) + content.unnamed
    if outside or total != n or len(set(numbers)) != len(numbers):
        found = f"it has {total} regions, {len(outside)} of them labelled otherwise" + (
            f": {name_some(outside)}" if outside else ""
        )
        raise AlignmentError(
            f"by_position=True needs {file} to number its regions from 1 to {n}, the number of ids; {found}."
        )
    return np.array(numbers, dtype=np.int64) - 1


def _matched(content: Content, wanted: pd.Index, file: str) -> np.ndarray:
    """Return where each label is among the ids: by its text, else by the whole number that it writes."""
    missing = len(wanted) - len(content.ids)
    for form in (_text, _number):
        left, right = [form(label) for label in content.ids], [form(label) for label in wanted]
        if None in left or None in right or len(set(left)) < len(left) or len(set(right)) < len(right):
            continue
        places = pd.Index(right, dtype=object).get_indexer(pd.Index(left, dtype=object))
        if (places >= 0).all() and missing == content.unnamed:
            return np.asarray(places)
    raise _mismatch(content, wanted, file)


def _mismatch(content: Content, wanted: pd.Index, file: str) -> AlignmentError:
    ours, theirs = {_text(label) for label in wanted}, {_text(label) for label in content.ids}
    only_file = [label for label in content.ids if _text(label) not in ours]
    only_ids = [label for label in wanted if _text(label) not in theirs]
    parts = [
        f"{len(only)} only in {side}: {name_some(only)}"
        for side, only in ((file, only_file), ("ids", only_ids))
        if only
    ]
    total = len(content.ids) + content.unnamed
    return AlignmentError(
        f"{file} ({total} regions) and ids ({len(wanted)} regions) differ; {'; '.join(parts) or 'as text some agree'}. "
        f"If the file numbers the regions from 1 to n in the order of ids, pass by_position=True."
    )


def _text(label: object) -> str | None:
    if isinstance(label, (float, np.floating)) and float(label).is_integer():
        return str(int(label))
    return str(label)


def _number(label: object) -> str | None:
    found = _WHOLE.fullmatch(str(label))
    return found[1] if found else None
