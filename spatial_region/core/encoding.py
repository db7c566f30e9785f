"""Text encodings told apart by proof: UTF-8 is self-checking, GB 18030 is believed when it reads as common Chinese."""

from __future__ import annotations

import codecs

from spatial_region.errors import InputError, ReadError

_MARKED = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Share of the non-ASCII characters that has to be in GB 2312, the set of common characters, punctuation and letters.
COMMON = 0.95


def decode(data: bytes, file: str, encoding: str | None) -> tuple[str, str]:
    """Return the text of a file and its encoding; never text in which characters are garbled.

    Raises
    ------
    ReadError
        If the bytes are in none of the encodings tried, or not in the one given.
    InputError
        If the encoding given does not exist.
    """
    if encoding is not None:
        if not isinstance(encoding, str):
            raise InputError(f"encoding must be a name such as 'utf-8' or 'gb18030'; found {encoding!r}.")
        return _decode_as_told(data, file, encoding), encoding
    for mark, name in _MARKED.items():
        if data.startswith(mark):
            return _strictly(data, file, name), "utf-8" if name == "utf-8-sig" else name
    if _is_utf8(data):
        return data.decode("utf-8"), "utf-8"
    if _reads_as_chinese(data):
        return data.decode("gb18030"), "GB 18030 (GBK)"
    raise ReadError(
        f"{file} is neither UTF-8 nor GB 18030 (GBK) text. Pass encoding=, for example 'big5' or 'cp1252', "
        "or save the file as UTF-8."
    )


def _decode_as_told(data: bytes, file: str, encoding: str) -> str:
    try:
        known = codecs.lookup(encoding).name
        b"a".decode(known)  # base64 and rot13 are codecs and no encodings of text
    except (LookupError, ValueError) as error:
        raise InputError(f"there is no encoding {encoding!r}; usual ones are 'utf-8' and 'gb18030'.") from error
    text = _strictly(data, file, known).removeprefix("\ufeff")
    # Nearly any bytes can be read as Latin or GBK characters, so a file that proves to be another is refused.
    if not known.startswith("utf") and not data.isascii():
        if _is_utf8(data):
            raise ReadError(f"{file} is UTF-8 text and would be garbled as {encoding}. Leave encoding= out.")
        if not known.startswith(("gb", "hz", "big5", "euc", "shift", "cp9")) and _reads_as_chinese(data):
            raise ReadError(f"{file} is Chinese text in GBK and would be garbled as {encoding}. Leave encoding= out.")
    return text


def _strictly(data: bytes, file: str, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ReadError(
            f"{file} is not {encoding} text: byte {error.start} (line {line}) does not fit. "
            "Leave encoding= out to have UTF-8 and GBK told apart."
        ) from error


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _reads_as_chinese(data: bytes) -> bool:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    foreign = [character for character in text if ord(character) > 127]
    common = sum(_is_common(character) for character in foreign)
    return bool(foreign) and common >= COMMON * len(foreign)


def _is_common(character: str) -> bool:
    try:
        return len(character.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False
