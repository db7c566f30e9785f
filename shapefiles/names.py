"""English names of China's provinces and prefecture-level units, made from pinyin and a hand-checked table.

Pinyin gives the name where the reading of every character is the usual one. The table below holds what pinyin
cannot know: names that come from Mongolian, Tibetan, Uyghur and other languages, names with a conventional
English form, and characters with a reading of their own in a place name (as 六 "lu" in Lu'an).
"""

from __future__ import annotations

from pypinyin import Style, lazy_pinyin

# Short Chinese name -> English name. Latin letters without the diacritics of official romanisation
# (Garze for Garzê, Urumqi for Ürümqi), as regional papers print them.
CONVENTIONAL = {
    # Provinces
    "内蒙古": "Inner Mongolia",
    "陕西": "Shaanxi",
    "西藏": "Tibet",
    "香港": "Hong Kong",
    "澳门": "Macao",
    # Names of Mongolian, Manchu and Evenki origin
    "呼和浩特": "Hohhot",
    "鄂尔多斯": "Ordos",
    "呼伦贝尔": "Hulunbuir",
    "巴彦淖尔": "Bayannur",
    "乌兰察布": "Ulanqab",
    "兴安": "Hinggan",
    "锡林郭勒": "Xilingol",
    "阿拉善": "Alxa",
    "哈尔滨": "Harbin",
    "齐齐哈尔": "Qiqihar",
    # Names of Tibetan origin
    "拉萨": "Lhasa",
    "日喀则": "Xigaze",
    "昌都": "Qamdo",
    "林芝": "Nyingchi",
    "那曲": "Nagqu",
    "阿里": "Ngari",
    "甘孜": "Garze",
    "果洛": "Golog",
    # Names of Uyghur, Mongolian, Kazakh and Kirgiz origin in Xinjiang
    "乌鲁木齐": "Urumqi",
    "克拉玛依": "Karamay",
    "吐鲁番": "Turpan",
    "博尔塔拉": "Bortala",
    "巴音郭楞": "Bayingolin",
    "阿克苏": "Aksu",
    "克孜勒苏": "Kizilsu",
    "喀什": "Kashgar",
    "和田": "Hotan",
    "伊犁": "Ili",
    "阿勒泰": "Altay",
    "阿拉尔": "Aral",
    "图木舒克": "Tumxuk",
    "可克达拉": "Kokdala",
    # Characters with a reading of their own in this place name; stated even where pinyin agrees today
    "六安": "Lu'an",
    "厦门": "Xiamen",
    "重庆": "Chongqing",
    "亳州": "Bozhou",
    "泸州": "Luzhou",
    "丽水": "Lishui",
    "丽江": "Lijiang",
    "蚌埠": "Bengbu",
    "长治": "Changzhi",
    "长春": "Changchun",
    "长沙": "Changsha",
    "朝阳": "Chaoyang",
    "乐山": "Leshan",
    "乐东": "Ledong",
    "台州": "Taizhou",
    "吕梁": "Lüliang",
    "漯河": "Luohe",
    "儋州": "Danzhou",
    "东莞": "Dongguan",
    "百色": "Baise",
    "濮阳": "Puyang",
    "莆田": "Putian",
    "宿州": "Suzhou",
    "宿迁": "Suqian",
    "衢州": "Quzhou",
    "枣庄": "Zaozhuang",
    "中卫": "Zhongwei",
    "白城": "Baicheng",
    "大兴安岭": "Daxing'anling",
    # Units outside GB/T 2260
    "山丹马场": "Shandan Horse Ranch",
    "莲花山": "Lianhuashan Nature Reserve",
    "太子山": "Taizishan Forest Reserve",
}


def english_name(short: str) -> str:
    """English name of a place from its short Chinese name."""
    if short in CONVENTIONAL:
        return CONVENTIONAL[short]
    syllables = lazy_pinyin(short, style=Style.NORMAL, v_to_u=True)
    joined = syllables[0] + "".join(("'" if s[0] in "aoe" else "") + s for s in syllables[1:])
    return joined.capitalize()
