"""What a draft says without a source is marked, sentence by sentence."""

import pytest

from knowledge.draft_check import MARK, check, plain_name, references

GIVEN = {("劳动合同法", 30), ("劳动合同法", 38), ("劳动合同法", 46), ("保障农民工工资支付条例", 30)}
SOURCES = "打12333，或拨0871-12351，网址 www.12333.gov.cn。"
LAWS = ("劳动法", "劳动合同法", "工会法", "劳动合同法实施条例")


@pytest.mark.parametrize(
    "text",
    [
        "依据《劳动合同法》第三十条。",
        "依据《中华人民共和国劳动合同法》第三十条、第三十八条第一款。",
        "依据《劳动合同法》第三十、三十八条。",
        "依据《劳动合同法》第30条。",
        "按劳动合同法第三十八条，您可以走。该法第四十六条写明有补偿。",
        "依据《保障农民工工资支付条例》第三十条，由总包先付。",
        "请写一份《解除劳动合同通知书》寄给公司。",
        "请打12333，或者0871-12351。",
        "您2026年3月的工资28000元还没付，一共3条记录。",
        "",
    ],
)
def test_what_the_sources_say_is_not_marked(text: str) -> None:
    checked = check(text, GIVEN, SOURCES, LAWS)
    assert (checked.doubtful, checked.text) == (0, text)


@pytest.mark.parametrize(
    "sentence",
    [
        "依据《劳动合同法》第四十七条。",
        "依据《劳动合同法》第三十条、第四十七条。",
        "依据《劳动合同法》第三十至三十八条。",
        "依据《劳动合同法》第47条。",
        "依据《劳动合同法》第三十条之一。",
        "依据《劳动法》第三十条。",
        "依据劳动法第三十条。",
        "依据《云南省劳动合同法实施细则》第三十条。",
        "依据工资支付暂行规定第三十条。",
        "依据《工会法》。",
        "第八十五条写得很清楚。",
        "依据《劳动合同法》第３０条、第９９条。",
        "See Article 85.",
        "请加微信13887123456。",
        "请打开 http://evil.example/pay 付款。",
        "请登录 laowu-help.top 填卡号。",
    ],
)
def test_what_no_source_says_is_marked(sentence: str) -> None:
    checked = check(f"您好。{sentence}请留好证据。", GIVEN, SOURCES, LAWS)
    assert checked.doubtful == 1
    assert checked.text.count(MARK) == 1
    assert f"您好。{MARK}{sentence[:2]}" in checked.text
    assert checked.text.replace(MARK, "") == f"您好。{sentence}请留好证据。"


def test_a_longer_name_in_brackets_is_not_its_shorter_part() -> None:
    assert check("依据《劳动合同法实施条例》第三十条。", GIVEN, "", LAWS).doubtful == 1


def test_marks_of_the_model_itself_are_taken_out() -> None:
    assert check(f"{MARK}您好。", GIVEN).text == "您好。"


def test_articles_that_were_cited_are_told() -> None:
    checked = check("依据《劳动合同法》第三十条。再看第九十九条。", GIVEN)
    assert checked.cited == {("劳动合同法", 30)}


def test_references_need_a_law() -> None:
    assert references("依据《劳动法》第三条、第四条。") == {("劳动法", 3), ("劳动法", 4)}
    assert references("第三条很重要。") == frozenset()


@pytest.mark.parametrize("name", ["中华人民共和国劳动合同法", "劳动合同法（2012修正）", "劳动合同法 "])
def test_names_of_one_law_are_one(name: str) -> None:
    assert plain_name(name) == "劳动合同法"
