"""What leaves the house has no phone, number, account, employer or name in it."""

import pytest

from tickets.masking import HIDDEN
from tickets.scrubbing import scrubber

KNOWN = [{"name": "张三丰", "phone": "13887123456", "id_number": "530102199003078515"}, "恒泰劳务", None]


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("我叫张三丰，电话13887123456", ["张", "三丰", "138", "3456"]),
        ("１３８８７１２３４５６", ["138", "１３８", "56"]),
        ("138 8712 3456 打不通", ["138", "8712", "3456"]),
        ("幺三八八七一二三四五六", ["幺三八", "五六"]),
        ("身份证53010219900307851X", ["5301", "1X"]),
        ("银行卡6222 0212 3456 7890 123", ["6222", "123"]),
        ("座机0871-63123456，或者6312345", ["0871", "6312345"]),
        ("微信号abc_12345，邮箱li.ming@example.com", ["abc_", "li.ming"]),
        ("包工头马建国跑了", ["马建国"]),
        ("张伟欠我们李丽华两万块钱", ["张伟", "李丽华"]),
        ("工头叫老马，王经理不接电话", ["老马", "王经理"]),
        ("带班的是普文兵和陶小红", ["普文兵", "陶小红"]),
        ("我和我老婆杨春燕都在恒泰劳务干活", ["杨春燕", "恒泰"]),
        ("我在昆明宏达建筑有限公司干活", ["宏达"]),
        ("买买提·艾力和欧阳娜娜也在", ["买买提", "艾力", "欧阳"]),
    ],
)
def test_what_is_personal_is_hidden(text: str, gone: list[str]) -> None:
    hidden = scrubber(KNOWN)(text)
    assert HIDDEN in hidden
    for part in gone:
        assert part not in hidden, hidden


@pytest.mark.parametrize(
    "text",
    [
        "工地上欠我28000元,3个月没发,2026-06-30结束",
        "养老金、仲裁委、童工、法律援助、金秋助学怎么办",
        "老板高兴就发,包工头马上就走",
        "请问小时工有没有加班费",
        "依据《保障农民工工资支付条例》第三十条",
    ],
)
def test_what_the_matter_is_about_stays(text: str) -> None:
    assert scrubber(KNOWN)(text) == text


def test_details_in_lists_are_known_too() -> None:
    hide = scrubber([{"family": [{"name": "阿依诺"}], "card": 62220001, "agreed": True}])
    assert hide("阿依诺 62220001") == f"{HIDDEN} {HIDDEN}"


def test_a_person_is_hidden_under_the_given_name_too() -> None:
    hide = scrubber([], ["张三丰", "买买提·艾力", "欧阳小红", "李明", ""])
    for text in ("三丰说", "艾力说", "小红说", "李明说"):
        assert hide(text) == f"{HIDDEN}说"
    assert hide("明天说") == "明天说"
