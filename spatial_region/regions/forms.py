"""From the text of a cell to the spells that it may stand for: whole forms, province prefixes, English endings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from spatial_region.regions.clean import fold_latin, has_han
from spatial_region.regions.history import Reading, Spell, gazetteer

_CODE_AND_NAME = re.compile(r"(\d{6})[-_:. ]*(\D+)|(\D+?)[-_:. (]*(\d{6})\)?")
_PROVINCE_IN_BRACKETS = re.compile(r"([^()]+)\(([^()]+)\)")
_SEPARATORS = "-/·,，、>|_—–. "
# English and pinyin endings, with the ending of the Chinese name that each stands for ("" : any prefecture).
_ENDINGS = {
    "autonomous prefecture": "自治州",
    "autonomous region": "自治区",
    "special administrative region": "特别行政区",
    "autonomous county": "below",
    "autonomous banner": "below",
    "prefecture level city": "市",
    "county level city": "below",
    "forestry district": "below",
    "new area": "below",
    "municipality": "市",
    "city": "市",
    "shi": "市",
    "sar": "特别行政区",
    "province": "省",
    "sheng": "省",
    "prefecture": "",
    "diqu": "地区",
    "league": "盟",
    "meng": "盟",
    "aimag": "盟",
    "zizhizhou": "自治州",
    "zizhiqu": "自治区",
    "county": "below",
    "district": "below",
    "banner": "below",
    "xian": "below",
    "qu": "below",
    "qi": "below",
}
_PEOPLES = {
    "and", "bai", "bouyei", "buyei", "dai", "dong", "hani", "hui", "jingpo", "kazak", "kazakh", "kirghiz", "kirgiz",
    "korean", "kyrgyz", "lisu", "miao", "mongol", "mongolian", "qiang", "tibetan", "tujia", "uighur", "uygur",
    "uyghur", "yi", "zang", "zhuang",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """Spells that a text may stand for; the province that the text itself names; or why it names no region."""

    readings: tuple[Reading, ...] = ()
    province: str | None = None
    reason: str = ""
    detail: str = ""


def find_readings(text: str) -> Found:
    """Return what a cleaned text may stand for."""
    both = _CODE_AND_NAME.fullmatch(text)
    if both:
        return _code_and_name(both[1] or both[4], (both[2] or both[3]).strip(_SEPARATORS + "("))
    bracket = _PROVINCE_IN_BRACKETS.fullmatch(text)
    province = _named_province(bracket[2]) if bracket else None
    if bracket and province:
        found = find_readings(bracket[1].strip())
        inside = tuple(r for r in found.readings if _within(r.spell, province))
        return Found(inside, province, found.reason, found.detail)
    return _find_han(text) if has_han(text) else _find_latin(text)


def _named_province(text: str) -> str | None:
    return _province_forms().get(text) if has_han(text) else _latin_province(fold_latin(text))


def _code_and_name(code: str, name: str) -> Found:
    """A code and a name in one cell have to agree."""
    found = find_readings(name)
    units = {unit for spell in gazetteer().codes.get(code, []) for unit in (spell.unit, spell.region)} - {""}
    agreed = tuple(r for r in found.readings if {r.spell.unit, r.spell.region} & units)
    if found.readings and not agreed:
        return Found(reason="code and name differ", detail=f"{code} is not {name}")
    return Found(agreed, found.province, found.reason, found.detail)


def _find_han(text: str) -> Found:
    book = gazetteer()
    if text in book.forms:
        return Found(tuple(book.forms[text]))
    for province, rest in _without_province(text):
        inside = tuple(r for r in book.forms.get(rest, ()) if _within(r.spell, province))
        if inside:
            return Found(inside, province)
        below = _below_prefecture(rest)
        if below:
            return below
    return _below_prefecture(text) or Found()


def _within(spell: Spell, province: str) -> bool:
    now = gazetteer().current.get(spell.region)
    return spell.province == province or (now is not None and now.province == province)


def _without_province(text: str) -> list[tuple[str, str]]:
    """Return the ways to take a province off the front of a text, the longest form first."""
    forms = [form for form in _province_forms() if text.startswith(form) and len(text) > len(form)]
    forms.sort(key=len, reverse=True)
    split = [(_province_forms()[form], text[len(form) :].strip(_SEPARATORS)) for form in forms]
    return [(province, rest) for province, rest in split if rest]


@lru_cache(maxsize=1)
def _province_forms() -> dict[str, str]:
    return {
        form: reading.spell.code
        for form, readings in gazetteer().forms.items()
        for reading in readings
        if reading.spell.level == "province" and len(form) > 1
    }


def _below_prefecture(text: str) -> Found | None:
    """Recognise a prefecture followed by one of its counties or districts: ``承德市双桥区``."""
    book = gazetteer()
    for cut in range(len(text) - 1, 1, -1):
        head, rest = text[:cut], text[cut:].strip(_SEPARATORS)
        units = {r.spell.unit for r in book.forms.get(head, ()) if r.spell.level != "county"}
        inside = tuple(r for r in book.forms.get(rest, ()) if r.spell.level == "county" and r.spell.unit in units)
        if inside:
            return Found(inside)
    return None


def _find_latin(text: str) -> Found:
    whole, comma, last = text.rpartition(",")
    if comma and whole:
        province = _latin_province(fold_latin(last))
        if province:
            return _in_province(fold_latin(whole), province)
    words = fold_latin(text)
    found = _latin_words(words)
    if found.readings or found.reason:
        return found
    for cut in (1, 2):
        province = _latin_province(words[:cut])
        if province and words[cut:]:
            return _in_province(words[cut:], province)
    return Found()


def _in_province(words: list[str], province: str) -> Found:
    found = _latin_words(words)
    inside = tuple(r for r in found.readings if _within(r.spell, province))
    return Found(inside, province, found.reason, found.detail)


def _latin_province(words: list[str]) -> str | None:
    codes = {r.spell.code for r in _latin_words(words).readings if r.spell.level == "province"}
    return codes.pop() if len(codes) == 1 else None


def _latin_words(words: list[str]) -> Found:
    """Look up words as one name, then without an English or pinyin ending that says the kind of region."""
    book = gazetteer()
    direct = book.latin.get("".join(words))
    if direct:
        return Found(tuple(direct))
    for ending, kind in _ENDINGS.items():
        tail = ending.split()
        stem = words[: -len(tail)]
        if words[-len(tail) :] != tail or not stem:
            continue
        if kind == "below":
            return Found(
                reason="below prefecture level", detail=f"{' '.join(words)} is a county or district by its name"
            )
        if tail[0] == "autonomous":
            while len(stem) > 1 and stem[-1] in _PEOPLES:
                stem = stem[:-1]
        readings = book.latin.get("".join(stem), [])
        return Found(tuple(Reading(r.spell, True) for r in readings if _is_kind(r.spell, kind)))
    return Found()


def _is_kind(spell: Spell, kind: str) -> bool:
    if kind == "":
        return spell.level == "prefecture"
    if kind == "省" and spell.level == "province":
        return not spell.name.endswith("市")
    return spell.name.endswith(kind)
