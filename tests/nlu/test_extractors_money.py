"""Answers about amount_yuan, monthly_wage as people give them, against the value they mean."""

from datetime import date

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.entities import parse_slot

NOW = date(2026, 11, 22)  # a Sunday

AMOUNT_YUAN = [
    ("两万八", 28000),
    ("一共欠三万,给过五千", 25000),
    ("还欠我两万八", 28000),
    ("三万不对两万八", 28000),
    ("不是三万,是两万八", 28000),
    ("四千二一个月欠了三个月", 12600),
    ("三千到五千", 3000),
    ("快两万了", 20000),
    ("我们十个人一共欠二十万,我的两万", 20000),
    ("我们五个人一共五万,一人一万", 10000),
    ("我们十个人一共二十万", None),
    ("工资两万,押金五百", 20500),
    ("工资三千加押金五百", 3500),
    ("150一天干了20天", 3000),
    ("总共五万,还了两万,还差三万", 30000),
    ("三万块钱只给了八千", 22000),
    ("壹万贰仟元整", 12000),
    ("12,500元", 12500),
    ("3.5", None),
    ("8000", 8000),
    ("五千多块吧", 5000),
    ("不知道", None),
    ("你们管不管", None),
    ("几千块", None),
    ("三个月,每个月4500", 13500),
    ("本来三万二,过年给了两千", 30000),
    ("应该发5000只发了3000", 2000),
    ("六个人总共六万,平分", 10000),
    ("三万,给了一半", 15000),
    ("1w2", 12000),
    ("欠工资18000,还有加班费2000", 20000),
    ("1个月5000,干了4个月就给了1个月", 15000),
    ("万把块", 10000),
    ("一天两百,干了四十五天,给了三千", 6000),
    ("没多少,三四千", 3000),
    ("280块一天,做了三十个工", 8400),
    ("大概欠我2万左右", 20000),
    ("¥3200", 3200),
    ("三千二百五十块五毛", 3250.5),
    ("2万8千6", 28600),
    ("一共三万二,已经结了一万二", 20000),
    ("大概两万来块", 20000),
    ("五千七百六", 5760),
    ("差不多小三万吧", 30000),
    ("老板欠我一万五,我工友欠两万", 15000),
    ("一万五左右吧,记不太清", 15000),
    ("说好一天260,干了38天,预支了2000", 7880),
    ("2.6万元", 26000),
    ("¥15,600.00", 15600),
    ("15600", 15600),
    ("大概一万六七", 16000),
    ("八千八百八十八", 8888),
    ("每个月四千,欠了五个月", 20000),
    ("五个月工资,一个月四千", 20000),
    ("工资一万二,押金一千,一共一万三", 13000),
    ("四万多一点", 40000),
    ("不多,就三百块", 300),
    ("还差九千没给", 9000),
    ("一分钱没拿到", None),
    ("他说给我八千我没同意,欠我一万二", 12000),
    ("多少钱才能立案?", None),
    ("哦不对是一万八", 18000),
    ("一万八,噢不,一万六", 16000),
    ("两千零五十元整", 2050),
    ("3千5", 3500),
    ("12万8", 128000),
    ("人均一万二,我们8个人", 12000),
    ("我和我老婆一共欠四万,我的两万二", 22000),
    ("陆仟伍佰元", 6500),
    ("4500", 4500),
    ("大概四五千", 4000),
    ("6k多", 6000),
    ("工资卡里只打了2000,应该是5500", 3500),
    ("欠3个月工资", None),
    ("半个月工资", None),
    ("总共干了2万6的活,给了1万,还有1万6没给", 16000),
]


@pytest.mark.parametrize(("text", "value"), AMOUNT_YUAN)
def test_amount_yuan_is_read_from_an_answer(text, value):
    assert parse_slot("amount_yuan", text, NOW) == value


MONTHLY_WAGE = [
    ("四千二", 4200),
    ("一年六万", 5000),
    ("一天200", 4350),
    ("年薪十二万", 10000),
    ("三千到四千", 3000),
    ("5k", 5000),
    ("底薪2000加提成1500", 3500),
    ("平均下来四千五", 4500),
    ("一天180,一个月干26天", 4680),
    ("不固定", None),
    ("每天150块,每个月干满30天", 4500),
    ("3500左右", 3500),
    ("包吃住3800", 3800),
    ("一千九百九", 1990),
    ("20块一小时", 3480),
    ("一个月三千八", 3800),
    ("每月5000元", 5000),
    ("8千", 8000),
    ("月薪六千五", 6500),
    ("年收入7万2", 6000),
    ("两百二一天", 4785),
    ("底薪1800,提成大概2000", 3800),
    ("四千到六千不等", 4000),
    ("平均每个月5200", 5200),
    ("没有固定工资", None),
    ("计件的,一个月差不多四千", 4000),
    ("干一天算一天,一天300,每个月二十五天左右", 7500),
    ("就三千块钱", 3000),
    ("你问这个干嘛", None),
    ("5500,包吃住", 5500),
    ("3k5", 3500),
    ("到手4300,交完社保", 4300),
    ("淡季3000旺季6000", 3000),
    ("最低工资", None),
    ("4000,不对,4200", 4200),
]


@pytest.mark.parametrize(("text", "value"), MONTHLY_WAGE)
def test_monthly_wage_is_read_from_an_answer(text, value):
    assert parse_slot("monthly_wage", text, NOW) == value


DIGITS = "零一二三四五六七八九"


@given(st.integers(min_value=100, max_value=99_999_999))
def test_a_sum_survives_chinese_numerals(value):
    assert parse_slot("amount_yuan", cn2an.an2cn(value) + "元", NOW) == value


@given(st.integers(min_value=100, max_value=99_999_999))
def test_a_sum_survives_capital_numerals(value):
    assert parse_slot("amount_yuan", cn2an.an2cn(value, "rmb"), NOW) == value


@given(st.integers(min_value=100, max_value=9_999_999))
def test_a_sum_survives_digits_commas_and_full_width(value):
    assert parse_slot("amount_yuan", f"{value:,}元", NOW) == value
    wide = str(value).translate(str.maketrans("0123456789", "0123456789"))
    assert parse_slot("amount_yuan", f"{wide}块", NOW) == value


@given(st.integers(min_value=1, max_value=9), st.integers(min_value=1, max_value=9))
def test_a_colloquial_tail_counts_in_tenths_of_the_unit(head, tail):
    for unit, size in (("万", 10_000), ("千", 1000), ("百", 100)):
        assert (
            parse_slot("amount_yuan", f"欠{DIGITS[head]}{unit}{DIGITS[tail]}", NOW)
            == head * size + tail * size // 10
        )


@given(st.integers(min_value=10, max_value=99), st.integers(min_value=1, max_value=9))
def test_part_payments_are_taken_off(total, paid):
    assert parse_slot("amount_yuan", f"一共欠{total}000,给了{paid}000", NOW) == (total - paid) * 1000


@pytest.mark.parametrize(
    ("ask", "text", "value"),
    [
        ("欠了您几万?", "三", 30_000),
        ("欠款金额(单位:万元)", "3.5", 35_000),
        ("你们一共被欠多少?", "我们十个人一共二十万", 200_000),
        ("您自己被欠多少?", "我们十个人一共二十万", None),
    ],
)
def test_the_question_gives_unit_and_perspective(ask, text, value):
    assert parse_slot("amount_yuan", text, NOW, ask) == value
