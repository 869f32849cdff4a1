"""Answers about region as people give them, against the value they mean."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from nlu.entities import parse_slot
from nlu.extractors.regions import workplace

NOW = date(2026, 11, 22)  # a Sunday

REGION = [
    ("官渡", "云南省昆明市官渡区"),
    ("我是昭通的,在官渡打工", "云南省昆明市官渡区"),
    ("昆明", "云南省昆明市"),
    ("版纳", "云南省西双版纳傣族自治州"),
    ("大理", "云南省大理白族自治州"),
    ("大理市下关", "云南省大理白族自治州大理市"),
    ("个旧", "云南省红河哈尼族彝族自治州个旧市"),
    ("斗南花市", "云南省昆明市呈贡区"),
    ("东莞", "广东省东莞市"),
    ("浙江义乌", "浙江省金华市义乌市"),
    ("义乌", "浙江省金华市义乌市"),
    ("上海浦东", "上海市浦东新区"),
    ("北京朝阳区", "北京市朝阳区"),
    ("在昆明上班,公司在北京", "云南省昆明市"),
    ("老家贵州毕节,现在在安宁", "云南省昆明市安宁市"),
    ("我是曲靖人", None),
    ("不知道", None),
    ("河口", "云南省红河哈尼族彝族自治州河口瑶族自治县"),
    ("红河州河口", "云南省红河哈尼族彝族自治州河口瑶族自治县"),
    ("新平", "云南省玉溪市新平彝族傣族自治县"),
    ("昆明呈贡大学城", "云南省昆明市呈贡区"),
    ("以前在大理,现在在丽江古城", "云南省丽江市古城区"),
    ("云南", "云南省"),
    ("昆明那边,官渡的", "云南省昆明市官渡区"),
    ("镇雄", "云南省昭通市镇雄县"),
    ("官渡,不对,是西山", "云南省昆明市西山区"),
    ("长水机场", "云南省昆明市官渡区"),
    ("广东深圳龙华", "广东省深圳市龙华区"),
    ("贵阳花溪", "贵州省贵阳市花溪区"),
    ("重庆万州", "重庆市万州区"),
    ("石河子", "新疆维吾尔自治区石河子市"),
    ("蒙自", "云南省红河哈尼族彝族自治州蒙自市"),
    ("我是大理的,在昆明盘龙江边那个工地", "云南省昆明市盘龙区"),
    ("芒市", "云南省德宏傣族景颇族自治州芒市"),
    ("成都高新区", "四川省成都市"),
    ("昆明市西山区马街", "云南省昆明市西山区"),
    ("曲靖沾益", "云南省曲靖市沾益区"),
    ("在版纳景洪", "云南省西双版纳傣族自治州景洪市"),
    ("北市区", "云南省昆明市盘龙区"),
    ("玉溪红塔区", "云南省玉溪市红塔区"),
    ("我户口在宣威,人在昆明打工", "云南省昆明市"),
    ("我老家四川宜宾,现在呈贡", "云南省昆明市呈贡区"),
    ("腾冲", "云南省保山市腾冲市"),
    ("普洱思茅", "云南省普洱市思茅区"),
    ("红河", "云南省红河哈尼族彝族自治州"),
    ("个旧锡矿", "云南省红河哈尼族彝族自治州个旧市"),
    ("香格里拉", "云南省迪庆藏族自治州香格里拉市"),
    ("德宏瑞丽", "云南省德宏傣族景颇族自治州瑞丽市"),
    ("云县", "云南省临沧市云县"),
    ("楚雄禄丰", "云南省楚雄彝族自治州禄丰市"),
    ("在家里", None),
    ("问这个干什么", None),
    ("深圳", "广东省深圳市"),
    ("浙江宁波鄞州", "浙江省宁波市鄞州区"),
    ("昆明高新区", "云南省昆明市五华区"),
    ("大理古城", "云南省大理白族自治州"),
    ("丽江", "云南省丽江市"),
    ("昭通大关", "云南省昭通市大关县"),
    ("我们公司在盘龙,工地在安宁", "云南省昆明市安宁市"),
    ("嵩明杨林", "云南省昆明市嵩明县"),
    ("澄江", "云南省玉溪市澄江市"),
]


@pytest.mark.parametrize(("text", "value"), REGION)
def test_region_is_read_from_an_answer(text, value):
    assert parse_slot("region", text, NOW) == value


def _official_names():
    table = yaml.safe_load(Path("nlu/regions.yml").read_text(encoding="utf-8"))
    return [
        (county, table["province"] + prefecture + county)
        for prefecture, entry in table["prefectures"].items()
        for county in entry["counties"]
    ]


def test_the_table_holds_16_prefectures_and_129_counties():
    table = yaml.safe_load(Path("nlu/regions.yml").read_text(encoding="utf-8"))
    assert (len(table["prefectures"]), len(_official_names())) == (16, 129)


@pytest.mark.parametrize(("county", "official"), _official_names())
def test_every_county_is_found_by_its_official_name(county, official):
    assert parse_slot("region", county, NOW) == official
    assert parse_slot("region", official, NOW) == official


@pytest.mark.parametrize(
    "text",
    [
        "这个工程有个大关要过",
        "他把门关上了",
        "经济平安无事",
        "老板是四川人",
        "安康杯是什么",
        "路口有家店",
        "我姓安,宁愿不要",
    ],
)
def test_everyday_words_are_not_places(text):
    assert workplace(text, volunteered=True) is None


def _yunnan_names():
    table = yaml.safe_load((Path(__file__).parents[2] / "nlu" / "regions.yml").read_text(encoding="utf-8"))
    for prefecture, entry in table["prefectures"].items():
        for county, detail in entry["counties"].items():
            official = table["province"] + prefecture + county
            names = [county, *detail["aliases"], *detail.get("careful", []), *detail.get("places", [])]
            yield official, names


@pytest.mark.parametrize(("official", "names"), list(_yunnan_names()))
def test_every_name_of_a_county_stands_for_it_as_an_answer(official, names):
    wrong = [n for n in names for text in (n, f"在{n}上班") if parse_slot("region", text, NOW) != official]
    assert not wrong
