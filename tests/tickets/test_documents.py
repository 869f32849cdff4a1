"""Drafted papers: the template filled in, who a number belongs to, which commission, which evidence."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from docx import Document as Word
from docx.oxml.ns import qn

from tickets.documents import evidence
from tickets.documents.drafting import draft
from tickets.documents.identity import identity_of
from tickets.documents.places import commission_of
from tickets.documents.values import Application, Claim, Employer, Worker

BLANK = "【待补充】"
EMPTY = Application(Worker(), (Employer(),), (), (), (), (), (), (), None, date(2026, 11, 24))


def text_of(data: bytes) -> str:
    """All text of the file, tables included, in order."""
    body = Word(io.BytesIO(data)).element.body
    return "\n".join("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in body.iter(qn("w:p")))


def blanks_of(data: bytes) -> int:
    """How many highlighted blanks there are."""
    runs = Word(io.BytesIO(data)).element.body.iter(qn("w:rStyle"))
    return sum(run.get(qn("w:val")) == "PaperBlank" for run in runs)


def test_an_empty_application_is_all_blanks_and_invents_nothing() -> None:
    data = draft(EMPTY, 1)
    told = text_of(data)
    for label in (
        "姓名",
        "性别",
        "出生日期",
        "年龄",
        "身份证号码",
        "职业",
        "工作单位",
        "住所",
        "通信地址",
        "联系电话",
    ):
        assert label in told
    assert blanks_of(data) == 18  # 10 of the worker, 6 of the employer, the reasons, the commission
    assert not re.search(r"\{[{%]|[%}]\}|None", told)


def test_what_was_said_stands_there_and_cannot_break_the_file() -> None:
    odd = "<w:p>&\x0b{{ worker }} {% if %} “引号”\n第二行"
    data = draft(replace(EMPTY, worker=Worker(name=odd), reasons=(odd,)), 1)
    assert "<w:p>&{{ worker }}" in text_of(data).replace("\x0b", "")


def test_draft_says_what_it_is_on_every_page_and_counts_them() -> None:
    with zipfile.ZipFile(io.BytesIO(draft(EMPTY, 3))) as file:
        heads = "".join(
            file.read(name).decode() for name in file.namelist() if "header" in name or "footer" in name
        )
    assert "草稿，请核对后签名" in heads
    assert "仅供参考" in heads
    assert "第3版" in heads
    assert "PAGE" in heads
    assert "NUMPAGES" in heads


def test_paper_is_a4_in_song() -> None:
    word = Word(io.BytesIO(draft(EMPTY, 1)))
    assert (round(word.sections[0].page_width.cm, 1), round(word.sections[0].page_height.cm, 1)) == (
        21.0,
        29.7,
    )
    assert word.styles["Normal"].element.rPr.rFonts.get(qn("w:eastAsia")) == "宋体"


def test_copies_are_as_many_as_respondents() -> None:
    two = replace(EMPTY, employers=(Employer(name="甲公司"), Employer(name="乙公司")))
    assert "副本2份" in text_of(draft(two, 1))
    assert "被申请人1" in text_of(draft(two, 1))
    assert "副本1份" in text_of(draft(EMPTY, 1))


def test_a_sum_that_cannot_be_counted_is_a_blank_and_not_added() -> None:
    claims = (
        Claim("wages", "支付工资16,000元。", Decimal(16000), steps=("一步",), basis="《劳动法》第五十条"),
        Claim("overtime", f"支付加班费{BLANK}元。", sum_missing=True, basis="《劳动法》第四十四条"),
    )
    paper = replace(EMPTY, claims=claims)
    assert paper.total == Decimal(16000)
    assert "合计16,000元" in text_of(draft(paper, 1))
    assert blanks_of(draft(paper, 1)) == blanks_of(draft(EMPTY, 1)) + 3


@pytest.mark.parametrize(
    ("number", "sex", "birth", "age"),
    [
        ("530102198803050019", "男", date(1988, 3, 5), 38),
        ("53010219900307852X", None, None, None),
        ("53010219880305001X", None, None, None),
        ("", None, None, None),
        (None, None, None, None),
    ],
)
def test_sex_and_birth_come_from_a_valid_number_only(
    number: str | None, sex: str | None, birth: date | None, age: int | None
) -> None:
    found = identity_of(number)
    assert (found.sex if found else None, found.birth if found else None) == (sex, birth)
    assert (found.age(date(2026, 11, 24)) if found else None) == age


def test_age_counts_from_the_birthday() -> None:
    found = identity_of("530102198803050019")
    assert found is not None
    assert [found.age(date(2026, 3, day)) for day in (4, 5)] == [37, 38]


@pytest.mark.parametrize(
    ("region", "commission"),
    [
        ("云南省昆明市官渡区", "昆明市官渡区劳动人事争议仲裁委员会"),
        ("云南省红河哈尼族彝族自治州弥勒市", "弥勒市劳动人事争议仲裁委员会"),
        ("云南省昆明市安宁市", "安宁市劳动人事争议仲裁委员会"),
        ("云南省昭通市镇雄县", "镇雄县劳动人事争议仲裁委员会"),
        ("云南省昆明市石林彝族自治县", "石林彝族自治县劳动人事争议仲裁委员会"),
        ("云南省昆明市", "昆明市劳动人事争议仲裁委员会"),
        ("云南省", None),
        (None, None),
    ],
)
def test_commission_is_that_of_the_place_of_work(region: str | None, commission: str | None) -> None:
    assert commission_of(region) == commission


def test_evidence_is_told_by_claim() -> None:
    assert "overtime_form" in {piece.key for piece in evidence.missing([], ["overtime"])}
    assert "overtime_form" not in {piece.key for piece in evidence.missing([], ["wages"])}
    assert "bank_flow" not in {piece.key for piece in evidence.missing(["bank_flow"], ["wages"])}
    assert [piece.key for piece in evidence.held_by_worker(["chat", "contract"])] == ["contract", "chat"]
    assert any("考勤" in name for name in evidence.held_by_employer(["overtime"]))
    assert evidence.held_by_employer([]) == ()
