"""What ids a format can hold, asked before anything is written."""

from __future__ import annotations

from unicodedata import category

import numpy as np
import pandas as pd

from spatial_region.core.messages import name_some
from spatial_region.core.weights import Weights
from spatial_region.errors import InputError

_CONTROL = ("Cc", "Cs", "Zl", "Zp")  # controls, halves of characters, and line ends


def kind_of_ids(ids: pd.Index) -> str:
    """Return whether ids are ``"text"`` or ``"integer"``.

    Raises
    ------
    InputError
        If they are neither, or both.
    """
    kinds = {_kind(label) for label in ids}
    if kinds == {"text"}:
        _check_characters(ids)
        return "text"
    if kinds == {"integer"}:
        return "integer"
    found = ", ".join(sorted(kinds)) or "no region"
    raise InputError(f"a weights file needs ids that are all text or all whole numbers; found: {found}.")


def _kind(label: object) -> str:
    if isinstance(label, str):
        return "text"
    if isinstance(label, (int, np.integer)) and not isinstance(label, bool):
        return "integer" if -(2**63) <= label < 2**63 else "integer of more than 64 bits"
    return type(label).__name__


def _check_characters(ids: pd.Index) -> None:
    bad = [label for label in ids if not label or any(category(character) in _CONTROL for character in label)]
    if bad:
        raise InputError(
            f"a weights file needs ids without line ends and other control characters, and none that is empty; "
            f"{len(bad)} of {len(ids)} are otherwise: {name_some(repr(label) for label in bad)}."
        )


def text_ids(w: Weights) -> list[str]:
    """Return the ids as text."""
    kind_of_ids(w.ids)
    return [str(label) for label in w.ids]


def word_ids(w: Weights, form: str) -> list[str]:
    """Return the ids as words that can stand between spaces.

    Raises
    ------
    InputError
        If an id is empty or has a space in it.
    """
    ids = text_ids(w)
    bad = [label for label in ids if label.split() != [label]]
    if bad:
        raise InputError(
            f"{form} files separate ids by spaces, and {len(bad)} of {len(ids)} ids are empty or have spaces in them: "
            f"{name_some(repr(label) for label in bad)}. Give the regions other ids, or write another format: "
            f"npz, parquet, mtx, csv or xlsx."
        )
    return ids


def number_ids(w: Weights, form: str) -> list[int]:
    """Return the ids as whole numbers.

    Raises
    ------
    InputError
        If an id is text that is no whole number, or starts with a 0 that would be lost.
    """
    ids = text_ids(w)
    bad = [label for label in ids if not _is_plain_number(label)]
    if bad:
        raise InputError(
            f"{form} files hold ids that are whole numbers without leading zeros; {len(bad)} of {len(ids)} are not: "
            f"{name_some(bad)}. Give the regions other ids, or write another format: npz, parquet, mtx, csv or xlsx."
        )
    return [int(label) for label in ids]


def _is_plain_number(label: str) -> bool:
    digits = label.removeprefix("-")
    return digits.isascii() and digits.isdigit() and str(int(label)) == label


def check_binary(w: Weights, form: str, *, drop_weights: bool) -> None:
    """Refuse weights other than 1 for a format that only says who is whose neighbour.

    Raises
    ------
    InputError
        If there are such weights, and dropping them was not asked for.
    """
    if drop_weights or (w.sparse.data == 1).all():
        return
    low, high = w.sparse.data.min(), w.sparse.data.max()
    raise InputError(
        f"{form} files say who is whose neighbour and hold no weights; these run from {low:g} to {high:g}. "
        f"Pass drop_weights=True to write the neighbours alone, or write another format."
    )
