"""Named groupings of China's regions: always by name, with their source, never assumed."""

from __future__ import annotations

import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from spatial_region.core.geo import region_frame
from spatial_region.core.match_words import Language
from spatial_region.core.messages import did_you_mean, name_regions, name_some
from spatial_region.core.options import check_option
from spatial_region.errors import AlignmentError, GroupingWarning, InputError, UnknownNameError
from spatial_region.measure._grouping_names import GROUPS, KEYS, PUBLISHED


def groupings(name: str | None = None) -> pd.DataFrame:
    """List the named groupings of provinces, prefectures and cities, or the members of one.

    Parameters
    ----------
    name : str, optional
        One grouping, as for `grouping`: its members are listed, also those that are areas without a code.

    Returns
    -------
    pandas.DataFrame
        Without `name`, one row a grouping, indexed by its key. Columns: name, in English; name_zh, as printed; groups,
        how many; members; coded, members that are regions with a code; overlapping, whether a region is in several
        groups; stated, whether the source states the members (else they are implied by its figures); basis, how the
        members are known; source.
        With `name`, one row a member in the order of the source. Columns: group; group_en; member, as printed; region,
        its code (missing for areas without one).

    Raises
    ------
    UnknownNameError
        If there is no such grouping, or the name is that of a group which has several memberships.

    Examples
    --------
    >>> import spatial_region as sr
    >>> known = sr.groupings()
    >>> len(known), known.loc["four_plates_31", "name_zh"]
    (24, '四大板块（31省）')
    >>> sr.groupings("northwest_southwest")["group"].value_counts().to_dict()
    {'西北': 6, '西南': 6}
    """
    if name is None:
        return _catalogue().copy()
    members = _members(_find(name))
    made = members[["group", "member", "adcode"]].rename(columns={"adcode": "region"}).reset_index(drop=True)
    made.insert(1, "group_en", made["group"].map(_english))
    return made


def grouping(name: str, study: object = None, *, group: str | None = None, lang: Language = "zh") -> pd.Series:
    """Return which group each region belongs to, under a named grouping.

    The literature has several memberships under one word: "East, Central, West" are 10, 6 and 12 provinces without the
    Northeast in one article, 10, 6 and 11 beside a Northeast in another, and 11, 8 and 12 in a third. A grouping is
    therefore always named, and a plain ``"east"`` is refused with the list of them.

    Parameters
    ----------
    name : str
        Key of a grouping in `groupings`, such as ``"four_plates_31"``, or its name in Chinese as printed.
    study : Study or geopandas.GeoDataFrame, optional
        Regions to check the grouping against; the result then has these regions only, in their order. A prefecture
        takes the group of its province, unless the grouping names the prefecture itself.
    group : str, optional
        One group only, in Chinese or English; needed where groups share members.
    lang : {"zh", "en"}
        Language of the names of groups.

    Returns
    -------
    pandas.Series
        Group by region id (``region``, six-digit code), named like the key; fit for ``grouping=`` of `geodetector`, for
        ``Study.within``, for `block` and for ``groups=`` of `theil`. Its ``attrs`` hold name, source, basis and stated.

    Raises
    ------
    UnknownNameError
        If there is no such grouping or group, or the name is that of a group which has several memberships.
    InputError
        If groups share members and no `group` is given, or no member has a code.
    AlignmentError
        If no region of `study` is a member.
    OptionError
        If `lang` is not offered.

    Warns
    -----
    GroupingWarning
        If the grouping leaves regions of the study out, or names members that the study lacks; and if it names areas
        that have no code.

    Examples
    --------
    >>> import spatial_region as sr
    >>> plates = sr.grouping("four_plates_31", lang="en")
    >>> plates["210000"], len(plates), plates.attrs["stated"]
    ('Northeast', 31, False)
    >>> sr.grouping("east_central_west_11_8_12", lang="en")["210000"]
    'East'
    """
    check_option(lang, Language, "lang")
    code = _find(name)
    facts = _catalogue().loc[KEYS[code][0]]
    members = _chosen(_members(code), group, facts.name)
    areas = members.loc[members["adcode"].isna(), "member"]
    if len(areas) == len(members):
        raise InputError(
            f"{facts.name!r} names areas and no regions: {name_some(areas)}. Its source does not say which regions "
            f"they cover; see sr.groupings({facts.name!r})."
        )
    coded = members[members["adcode"].notna()]
    if len(areas):
        warnings.warn(
            f"{facts.name!r} names {len(areas)} areas without a code, which are left out: {name_some(areas)}.",
            GroupingWarning,
            stacklevel=2,
        )
    labels = coded["group"] if lang == "zh" else coded["group"].map(_english)
    index = pd.Index(coded["adcode"].to_numpy(dtype=object), name="region")
    made = pd.Series(labels.to_numpy(dtype=object), index=index, name=facts.name)
    if study is not None:
        made = _of_study(made, coded["member"].set_axis(index), study)
    made.attrs.update(
        name=facts.name,
        name_zh=facts["name_zh"],
        source=facts["source"],
        basis=facts["basis"],
        stated=bool(facts["stated"]),
    )
    return made


def _chosen(members: pd.DataFrame, group: str | None, key: object) -> pd.DataFrame:
    """Return the members of one group, or of all when none is in two of them."""
    if group is not None:
        known = list(dict.fromkeys(members["group"]))
        wanted = [label for label in known if _plain(group) in {_plain(label), _plain(_english(label))}]
        if not wanted:
            raise UnknownNameError(f"{key!r} has no group {group!r}. There are: {name_some(known, limit=20)}.")
        return members[members["group"] == wanted[0]]
    coded = members.dropna(subset="adcode")
    twice = coded[coded["adcode"].duplicated(keep=False)]
    if len(twice):
        shared = twice.drop_duplicates("adcode")
        named = pd.Series(shared["member"].to_numpy(), index=shared["adcode"])
        raise InputError(
            f"the groups of {key!r} share {len(shared)} members: {name_regions(named.index, named)}. "
            f"Pick one with group=: {name_some(dict.fromkeys(members['group']), limit=20)}."
        )
    return members


def _of_study(groups: pd.Series, members: pd.Series, study: object) -> pd.Series:
    """Return the groups of the study's regions, and warn of what does not fit."""
    frame, names = region_frame(study)
    ids = frame.index
    # What names the region itself decides; a prefecture or county else belongs to the group of its province.
    text = np.array([str(region) for region in ids], dtype=object)
    source = np.where(np.isin(text, groups.index), text, [f"{region[:2]}0000" for region in text])
    made = pd.Series(groups.reindex(source).to_numpy(), index=ids.rename("region"), name=groups.name)
    if made.isna().all():
        raise AlignmentError(
            f"{groups.name!r} has none of the {len(ids)} regions: it is labelled {name_some(groups.index, limit=3)}, "
            f"the study {name_regions(ids, names, limit=3)}. Label the regions by six-digit codes, "
            "of the level of the members."
        )
    lacking = members[~members.index.isin(source)]
    left_out = ids[made.isna()]
    faults = []
    if len(left_out):
        faults.append(f"leaves out {len(left_out)} of {len(ids)} regions of the study: {name_regions(left_out, names)}")
    if len(lacking):
        faults.append(
            f"names {len(lacking)} of {len(members)} members that the study lacks: "
            f"{name_regions(lacking.index, lacking)}"
        )
    if faults:
        warnings.warn(f"{groups.name!r} {'; and '.join(faults)}.", GroupingWarning, stacklevel=3)
    return made.dropna()


@cache
def _file() -> pd.DataFrame:
    return pd.read_csv(Path(__file__).with_name("_groupings.csv"), dtype=object, encoding="utf-8")


def _members(code: str) -> pd.DataFrame:
    return _file()[_file()["system"] == code]


@cache
def _catalogue() -> pd.DataFrame:
    rows: dict[str, dict[str, Any]] = {}
    for code, (key, name) in KEYS.items():
        members = _members(code)
        coded = members["adcode"].dropna()
        first = members.iloc[0]
        rows[key] = {
            "name": name,
            "name_zh": first["system_name"],
            "groups": members["group"].nunique(),
            "members": len(members),
            "coded": len(coded),
            "overlapping": bool(coded.duplicated().any()),
            "stated": first["basis"].startswith("stated"),
            "basis": first["basis"],
            "source": _source(first["source"]),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("grouping")


def _source(printed: str) -> str:
    """Return the authors and where they published, as far as the file says."""
    number, _, authors = printed.partition(" ")
    return ", ".join(part for part in (authors, PUBLISHED.get(number, "")) if part) or "not recorded"


def _english(group: str) -> str:
    return GROUPS.get(group, group)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "_", text.strip()).casefold()


def _find(name: object) -> str:
    """Return the code of a grouping.

    Raises
    ------
    UnknownNameError
        If there is none, or several could be meant.
    """
    asked = _plain(name) if isinstance(name, str) else ""
    for code, (key, _) in KEYS.items():
        if asked and asked in {_plain(key), _plain(code), _plain(_members(code).iloc[0]["system_name"])}:
            return code
    known = _catalogue()
    meant = {code: words for code in KEYS if asked and (words := _meant(asked, code))}
    if meant:
        different = len({_membership(code, words) for code, words in meant.items()})
        listed = "\n".join(f"  {KEYS[code][0]}: {_sizes(code)}" for code in meant)
        raise UnknownNameError(
            f"{name!r} does not say which grouping. {len(meant)} may be meant, with {different} different memberships; "
            f"name one:\n{listed}"
        )
    raise UnknownNameError(
        f"no grouping {name!r}.{did_you_mean(name, known.index)} sr.groupings() lists the {len(known)} there are."
    )


def _meant(asked: str, code: str) -> tuple[str, ...]:
    """Return the groups of a grouping that the words may mean: those they name, or all of a title that begins so."""
    labels = [str(label) for label in _members(code)["group"].unique()]
    named = {word: label for label in labels for word in (_plain(label), _plain(_english(label)))}
    whole = [named[asked]] if asked in named else [named.get(word, "") for word in asked.split("_")]
    if all(whole):
        return tuple(whole)
    titles = (_plain(KEYS[code][0]), _plain(KEYS[code][1]), _plain(_members(code).iloc[0]["system_name"]))
    return tuple(labels) if any(title.startswith(asked) for title in titles) else ()


def _membership(code: str, groups: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    members = _members(code)
    chosen = members[members["group"].isin(groups)]
    return frozenset(zip(chosen["group"], chosen["member"], strict=True))


def _sizes(code: str) -> str:
    sizes = _members(code).groupby("group", sort=False).size()
    facts = _catalogue().loc[KEYS[code][0]]
    parts = ", ".join(f"{_english(str(group))} {size}" for group, size in sizes.items())
    return f"{parts} ({'stated' if facts['stated'] else 'implied'}; {facts['source']})"
