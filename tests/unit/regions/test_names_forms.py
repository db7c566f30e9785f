"""Single names and codes: what they stand for, and which are honestly left alone."""

from __future__ import annotations

import pandas as pd
import pytest

import spatial_region as sr
from spatial_region.errors import InputError, OptionError
from spatial_region.regions.clean import clean
from spatial_region.regions.names import resolve_one
from spatial_region.regions.resolve import Resolution

NO_REGION = {
    "below prefecture level": [
        "海淀区", "朝阳区", "北京市朝阳区", "北京朝阳", "承德县", "承德市双桥区", "大理市", "130802",
        "130802001", "Haidian District", "昌江区", "涪陵区", "山东济南莱芜",
    ],
    "above prefecture level": [
        "河北", "河北省", "130000",
    ],
    "no region": [
        "市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划", "承德市市辖区", "承德市（市辖区）",
        "429000", "500100", "其他", "新疆生产建设兵团", "南京都市圈",
    ],
    "total": [
        "合计", "总 计", "全国", "全省", "河北省合计", "中国", "Total", "100000", "東部",
    ],
    "note": [
        "注：数据来自统计年鉴", "资料来源：国家统计局", "Source: NBS",
    ],
    "blank": [
        "", "　", float("nan"), None,
    ],
    "unknown": [
        "承得市", "Chengdee", "139900", "延边市", "123", "大兴安岭市",
    ],
    "code and name differ": [
        "130800唐山市",
    ],
}  # fmt: skip


def resolve(name: object, time: object = None, province: object = None, level: str = "prefecture") -> Resolution:
    return resolve_one(name, level=level, time=time, province=province)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    [
        "承德", "承德市", "河北承德", "河北省承德市", "河北 承德", "河北-承德", "河北省／承德市", "　承 德\u200b市 ",
        "承德市[1]", "承德市①", "承德市*", "承德市（注1）", "承德市注", "承德市†", "承德市²", "承德市(1)", "承德市注2",
        "130800", "130800.0", 130800, 130800.0, "1308", 1308, "130800000000", "１３０８００",
        "130800 承德市", "130800承德", "承德市(130800)", "Chengde", "chengde", "CHENGDE CITY", "Chengde Shi",
        "Chengde, Hebei", "Hebei Chengde", "Chengde City, Hebei Province", "Chengdeshi", "Cheng-de",
    ],
)  # fmt: skip
def test_every_way_to_write_chengde(name: object) -> None:
    assert resolve(name) == Resolution("matched", "130800")


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("哈爾濱市", "230100"), ("烏魯木齊", "650100"), ("瀋陽", "210100"), ("廈門市", "350200"),
        ("廣東廣州", "440100"),
        ("锡林郭勒盟", "152500"), ("锡林郭勒", "152500"), ("锡盟", "152500"), ("Xilin Gol League", "152500"),
        ("延边朝鲜族自治州", "222400"), ("延边州", "222400"), ("延边", "222400"), ("延边朝鲜族", "222400"),
        ("Yanbian Korean Autonomous Prefecture", "222400"), ("凉山", "513400"), ("黔东南", "522600"),
        ("黔东南州", "522600"), ("伊犁哈萨克自治州", "654000"), ("伊犁州", "654000"), ("伊犁", "654000"),
        ("巴音郭楞蒙古自治州", "652800"), ("克孜勒苏", "653000"), ("博州", "652700"), ("大兴安岭地区", "232700"),
        ("Xi'an", "610100"), ("Xi’an City", "610100"), ("xian", "610100"), ("Ürümqi", "650100"), ("Lüliang", "141100"),
        ("Lvliang", "141100"), ("Hohhot", "150100"), ("Huhehaote", "150100"), ("Lu'an", "341500"), ("Harbin", "230100"),
        ("Yanbian Chaoxianzu Zizhizhou", "222400"), ("Xilinguole Meng", "152500"),
        ("Ngawa Tibetan and Qiang Autonomous Prefecture", "513200"), ("济源", "419001"), ("仙桃市", "429004"),
        ("神农架林区", "429021"), ("石河子市", "659001"), ("乐东黎族自治县", "469027"), ("北京", "110000"),
        ("重庆市", "500000"), ("台湾省", "710000"), ("Hong Kong", "810000"), ("新疆伊犁州", "654000"),
    ],
)  # fmt: skip
def test_short_long_traditional_and_english_forms(name: str, region: str) -> None:
    assert resolve(name) == Resolution("matched", region)


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("吉林", {"吉林市", "吉林省"}), ("Jilin", {"吉林市", "吉林省"}), ("海南", {"海南藏族自治州", "海南省"}),
        ("朝阳", {"朝阳市", "朝阳区"}), ("Chaoyang", {"朝阳市", "朝阳区"}), ("Suzhou", {"苏州市", "宿州市"}),
        ("Fuzhou", {"福州市", "抚州市"}), ("Taizhou", {"泰州市", "台州市"}), ("Yichun", {"宜春市", "伊春市"}),
        ("Yulin", {"榆林市", "玉林市"}), ("Hainan", {"海南藏族自治州", "海南省"}),
    ],
)  # fmt: skip
def test_a_name_of_two_places_is_left_to_the_reader(name: str, places: set[str]) -> None:
    found = resolve(name)
    assert (found.status, found.region) == ("ambiguous", "")
    assert all(any(place in candidate for candidate in found.candidates) for place in places)


@pytest.mark.parametrize(
    ("name", "province", "region"),
    [
        ("吉林", "吉林省", "220200"), ("海南", "青海", "632500"), ("朝阳", "辽宁", "211300"),
        ("Suzhou", "Jiangsu", "320500"), ("Suzhou", "安徽", "341300"), ("Fuzhou", "36", "361000"),
        ("Taizhou", 330000, "331000"), ("Yulin", "陝西", "610800"),
        ("Yichun", "黑龙江省", "230700"), ("Yulin", "Guangxi", "450900"), ("Fuzhou", "Fujian Province", "350100"),
    ],
)  # fmt: skip
def test_the_province_decides(name: str, province: object, region: str) -> None:
    assert resolve(name, province=province) == Resolution("matched", region)


def test_a_full_name_or_prefix_decides_too() -> None:
    assert resolve("吉林市").region == resolve("Jilin City").region == resolve("吉林吉林").region == "220200"
    assert resolve("海南州").region == resolve("Hainan Prefecture").region == resolve("青海海南").region == "632500"
    assert resolve("朝阳市").region == resolve("辽宁朝阳").region == "211300"


def test_a_province_in_brackets_decides() -> None:
    assert resolve("苏州（江苏）").region == resolve("Suzhou (Jiangsu)").region == "320500"
    assert resolve("海南(青海省)").region == "632500"
    assert resolve("承德（山东）").region == resolve("承德(原热河)").region == ""


def test_the_level_of_the_layer_decides() -> None:
    assert resolve("吉林", level="province") == Resolution("matched", "220000")
    assert resolve("海南", level="province") == Resolution("matched", "460000")
    assert resolve("吉林市", level="province").reason == "below province level"
    for name in ("新疆维吾尔自治区", "新疆", "Xinjiang", "Xinjiang Uygur Autonomous Region", "65", "新", "新疆省"):
        assert resolve(name, level="province").region == "650000"
    assert resolve("Shaanxi", level="province").region == resolve("陕西", level="province").region == "610000"
    assert resolve("Shanxi", level="province").region == "140000"


@pytest.mark.parametrize(("name", "reason"), [(name, reason) for reason, names in NO_REGION.items() for name in names])
def test_what_is_no_region_is_called_by_its_name(name: object, reason: str) -> None:
    found = resolve(name)
    assert (found.status, found.region, found.reason) == ("unmatched", "", reason)


def test_a_near_name_is_suggested_and_not_taken() -> None:
    table = sr.resolve_regions(["承得市", "Chengdee"])
    assert table["region"].tolist() == ["", ""]
    assert all("承德市" in near for near in table["suggestions"])


def test_a_region_of_another_province_is_not_taken() -> None:
    assert resolve("承德", province="山东").reason == "other province"
    assert resolve("130800", province="山东").reason == "other province"
    assert resolve("承德", province="火星").reason == "unknown province"
    assert resolve("承德", province=None).region == resolve("承德", province=float("nan")).region == "130800"


def test_districts_as_a_whole_stand_for_a_municipality_without_counties() -> None:
    assert resolve("110100").region == resolve("110100", 2020).region == "110000"
    assert resolve("110100", 2005).reason == resolve("500100", 2020).reason == "no region"


def test_cleaning_keeps_what_carries_meaning() -> None:
    assert clean("承德市（市辖区）") == "承德市(市辖区)"
    assert clean("乾县") == "乾县"  # 乾 is simplified to 干 in other words, not in this name
    assert clean("Xi’an ") == "Xi’an"


def test_bad_arguments() -> None:
    with pytest.raises(OptionError, match="'prefecture', 'province'"):
        sr.resolve_regions(["承德"], level="county")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="2 values for 1 names"):
        sr.resolve_regions(["承德"], time=[2000, 2001])
    with pytest.raises(InputError, match="must be a year"):
        sr.resolve_regions(["承德"], time="soon")


def test_table_of_many_names() -> None:
    table = sr.resolve_regions(pd.Series(["襄樊", "承德"]), time=[2005, 2005])
    assert table["status"].tolist() == ["renamed", "matched"]
    assert table["region_name"].tolist() == ["襄阳市", "承德市"]
