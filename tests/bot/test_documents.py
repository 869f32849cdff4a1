"""The application for arbitration: sums by the calculators, every item of the law, and its way to the worker."""

import os
import re
import shutil
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
import yaml

from bot.app import FLOWS, Application
from bot.document_claims import FILE, words
from bot.documents import Composer, blanks, composer_for, message
from bot.serving import create_web
from dialogs.flow import load_flows
from knowledge.calculators.figures import load_figures
from knowledge.calculators.registry import CALCULATORS
from knowledge.content import load_statutes
from storage.models import Attachment, Ticket
from storage.service_models import Document
from tests.bot.turn_kit import rows
from tests.playing import Player
from tests.tickets.paper_case import ANSWERS, ID_NUMBER, TODAY
from tests.tickets.test_documents import BLANK, blanks_of, text_of
from tickets.documents import evidence
from tickets.documents.drafting import draft
from tickets.documents.errors import PreviewFailed, PreviewOff
from tickets.documents.preview import Preview


@pytest.fixture(scope="module")
def composer() -> Composer:
    return composer_for(load_flows(FLOWS), load_figures())


def counted(name: str, result: str = "amount", **inputs: Any) -> Decimal:
    """What the calculator itself gives."""
    from knowledge.calculators import forms

    spec = CALCULATORS[name]
    given = forms.parse(spec.inputs, spec.wording, inputs, TODAY)
    amount = spec.calculate(given, load_figures()).results[result]
    assert isinstance(amount, Decimal)
    return amount


def test_four_claims_have_the_sums_of_the_calculators(composer: Composer) -> None:
    job = {"monthly_wage": 6000, "region": ANSWERS["region"]}
    wanted = [
        counted("wage_arrears_total", months_owed=3, paid=2000, left="2026-10-08", **job),
        counted("economic_compensation", reason="illegal", started="2025-12-01", ended="2026-10-08", **job),
        counted("double_wage", hired="2025-12-01", left="2026-10-08", **job),
        counted("overtime_pay", paid_by="month", weekday_hours=100, rest_day_hours=80, months=10, **job),
    ]
    paper = composer.application(ANSWERS, TODAY)
    assert [claim.amount for claim in paper.claims] == wanted
    assert wanted[:2] == [Decimal(16000), Decimal(12000)]
    assert paper.total == sum(wanted)
    told = text_of(draft(paper, 1))
    for amount in (*wanted, sum(wanted)):
        assert f"{amount:,.2f}".removesuffix(".00") in told


def test_every_item_that_the_law_asks_for_is_there(composer: Composer) -> None:
    """劳动争议调解仲裁法 article 28; 仲裁办案规则 article 29. The employer's address was never said: a blank."""
    data = draft(composer.application(ANSWERS, TODAY), 1)
    told = text_of(data)
    for part in (
        "王建国", "男", "1988年3月5日", "38", ID_NUMBER, "钢筋工", "昭通市镇雄县乌峰街道幸福路12号", "13887123456",
        "云南恒泰劳务有限公司", "0871-63312345", "李四", "总经理",
        "1．请求裁决", "2．请求裁决", "3．请求裁决", "4．请求裁决", "违法解除劳动合同的赔偿金", "二倍工资差额",
        "2025年12月1日", "2026年10月8日", "每天早上七点半在门口刷脸进场", "老板叫我明天不用来了",
        "银行流水", "工资由谁发", "申请人从银行", "陈小明，住昆明市官渡区小板桥街道", "应当提供", "工资支付台账",
        "昆明市官渡区劳动人事争议仲裁委员会", "申请人（签名或者按手印）", "申请日期", "副本1份", "《劳动合同法》第八十七条",
    ):  # fmt: skip
        assert part in told, part
    assert blanks_of(data) == 2  # the employer's address, and its address for letters
    assert told.count(BLANK) == 2
    assert blanks(composer.compose(ANSWERS, TODAY)) == ["单位地址"]


def test_a_commission_reads_no_advice_to_the_worker(composer: Composer) -> None:
    every = {**ANSWERS, "claims": list(words()["claims"]), "leave_years": 12, "leave_continuous": "yes"}
    every |= {"insured": "no", "injury_grade": 9}
    for reason in words()["claims"]["ending"]["reasons_by"]:
        paper = composer.application({**every, "reason": reason}, TODAY)
        told = text_of(draft(paper, 1))
        assert len(paper.claims) == 7
        for word in ("您", "最好在", "可能过了", "请马上", "{", "None"):
            assert word not in told, (reason, word)


def test_what_was_not_said_is_blank_and_listed(composer: Composer) -> None:
    made = composer.compose({"claims": ["overtime", "annual_leave"], "monthly_wage": 5000}, TODAY)
    assert [claim.sum_missing for claim in made.application.claims] == [True, True]
    assert BLANK in made.application.claims[0].text
    told = message(made, 1)
    for part in ("您的姓名", "身份证号", "单位全称", "没算出来的金额", "干活的区县", "事情经过"):
        assert part in told
    assert "合计" not in told


def test_a_claim_that_comes_to_nothing_is_left_out_and_said(composer: Composer) -> None:
    soon = {**ANSWERS, "claims": ["double_wage"], "hired_date": "2026-11-10", "left_date": None}
    made = composer.compose(soon, TODAY)
    assert made.application.claims == ()
    assert "没签合同的双倍工资" in message(made, 1)
    assert "没有算出钱来" in message(made, 1)


def test_an_insured_injury_is_the_funds_matter(composer: Composer) -> None:
    answers = {**ANSWERS, "claims": ["injury"], "insured": "yes", "injury_grade": 9}
    made = composer.compose(answers, TODAY)
    assert made.application.claims[0].sum_missing
    assert "工伤保险基金" in message(made, 1)


def test_a_late_claim_is_warned_of_beside_the_paper_only(composer: Composer) -> None:
    late = {**ANSWERS, "hired_date": "2024-01-01", "left_date": "2024-12-31"}
    made = composer.compose(late, date(2026, 3, 1))
    assert "要留意" in message(made, 1)
    assert "时效" not in text_of(draft(made.application, 1))


def test_months_that_differ_are_added_up_row_by_row(composer: Composer) -> None:
    rows_owed = ["2026-08 6000 2000", "2026-09 6000"]
    answers = {**ANSWERS, "claims": ["wages"], "months_owed": None, "wage_rows": rows_owed}
    assert composer.application(answers, TODAY).claims[0].amount == Decimal(10000)


def test_the_questions_and_the_catalogues_name_the_same() -> None:
    flow = load_flows(FLOWS)["arbitration_papers"]
    claims = {option.value for option in flow.slots["claims"].options}
    assert claims == set(words()["claims"])
    pieces = [option.value for option in flow.slots["evidence"].options]
    assert pieces == list(evidence.catalogue().pieces)
    named = {key for piece in evidence.catalogue().pieces.values() for key in piece.helps}
    named |= {key for record in evidence.catalogue().held for key in record.helps}
    assert named - {"every"} <= claims
    assert {option.value for option in flow.slots["reason"].options} == set(
        words()["claims"]["ending"]["reasons_by"]
    )


def test_every_article_is_of_a_known_law() -> None:
    raw, known = yaml.safe_load(FILE.read_text(encoding="utf-8")), load_statutes()
    for plan in raw["claims"].values():
        for law, number in [
            *plan["basis"],
            *(pair for more in plan.get("bases", {}).values() for pair in more),
        ]:
            assert law in known
            assert number > 0


SAID = {
    "region": "官渡区", "employer": "云南恒泰劳务有限公司", "job": "钢筋工", "hired_date": "2025年12月1日",
    "left_date": "2026年10月8日", "monthly_wage": "六千", "months_owed": "三个月", "wages_paid": "给过两千",
    "story": "八月起就不发工资，工友刘大明的电话是13987654321", "evidence": "银行流水", "employer_address": "不知道",
    "employer_head": "不知道", "name": "王建国", "id_number": ID_NUMBER, "phone": "13887123456",
    "home": "昭通市镇雄县乌峰街道幸福路12号", "review": "提交",
}  # fmt: skip


async def on_the_page(application: Application, link: str) -> None:
    """Abroad the ID number is not typed into the chat: a link of one use opens the question."""
    transport = httpx.ASGITransport(create_web(application))
    async with httpx.AsyncClient(transport=transport, base_url="https://gh.example.cn") as phone:
        assert (await phone.post(link, data={"value": ID_NUMBER})).status_code == 200


async def fill(person: Player, *, agree: bool = True) -> None:
    """The shortest way through the questions: unpaid wages. What was said before is not asked again."""
    await person.press("写仲裁申请书")
    await person.press("拖欠的工资")
    await person.press("选好了")
    said = {**SAID, "consent:identity": "同意" if agree else "不同意"}
    while (frame := (await person.state()).frame) is not None:
        link = re.search(r"https://\S+/private/\S+", person.text)
        if frame.asked == "id_number" and link is not None:
            await on_the_page(person.application, link.group())
        else:
            await person.say(said[frame.asked or ""])


@pytest.fixture
async def telegram(application: Application, clock: Any) -> Player:
    return Player(application, clock, channel="telegram")


async def test_the_worker_gets_the_file_and_the_ticket_keeps_it(
    person: Player, application: Application
) -> None:
    await fill(person)
    replies = person.last.replies
    assert [len(reply.files) for reply in replies] == [0] * (len(replies) - 1) + [1]
    assert "请核对后签名" in replies[-1].text
    assert "合计16,000元" in replies[-1].text
    sent = replies[-1].files[0]
    (file,) = await rows(application, Attachment)
    assert (file.token, file.ticket_id) == (sent.token, (await person.ticket()).id)
    assert ID_NUMBER not in sent.filename
    told = text_of(application.files.read(file.sha256))
    assert ID_NUMBER in told
    assert "16,000元" in told
    ticket = await person.ticket()
    assert ticket.category == "arbitration"
    assert "story" not in ticket.facts
    assert set(ticket.sensitive) == {"name", "id_number", "phone", "home"}
    (document,) = await rows(application, Document)
    assert (document.ticket_id, document.version, document.token) == (ticket.id, 1, file.token)
    assert "刘大明" in document.data["story"]


async def test_said_again_it_is_the_same_matter_in_a_second_version(
    person: Player, application: Application
) -> None:
    await fill(person)
    first = await person.ticket()
    await fill(person, agree=False)
    assert (await person.ticket()).id == first.id
    assert len(await rows(application, Ticket)) == 1
    (document,) = await rows(application, Document)
    assert document.version == 2
    assert document.data["id_number"] == ID_NUMBER  # said before, and still true
    assert "第2版" in person.last.replies[-1].text
    assert len(await rows(application, Attachment)) == 2


async def test_a_refusal_leaves_blanks(person: Player, application: Application) -> None:
    await fill(person, agree=False)
    (file,) = await rows(application, Attachment)
    told = text_of(application.files.read(file.sha256))
    assert "王建国" not in told
    assert "您的姓名" in person.last.replies[-1].text


async def test_no_id_number_goes_abroad(telegram: Player, application: Application) -> None:
    object.__setattr__(application.private, "public_url", "https://gh.example.cn")
    await fill(telegram)
    (sent,) = telegram.last.replies[-1].files
    kept, copy = await rows(application, Attachment)
    assert copy.token == sent.token
    assert ID_NUMBER not in text_of(application.files.read(copy.sha256))
    assert ID_NUMBER in text_of(application.files.read(kept.sha256))
    assert "没有写身份证号" in telegram.last.replies[-1].text


async def test_without_libreoffice_there_is_no_pdf() -> None:
    with pytest.raises(PreviewOff):
        await Preview(lambda: None).pdf(b"")


async def test_a_program_that_fails_or_hangs_is_ended() -> None:
    for program, seconds in ((shutil.which("false"), 5.0), (shutil.which("yes"), 0.2)):
        with pytest.raises(PreviewFailed):
            await Preview(lambda program=program: program, timeout_seconds=seconds).pdf(b"x")


@pytest.mark.slow
async def test_libreoffice_opens_the_paper(composer: Composer) -> None:
    preview = Preview()
    if not preview.available:
        if os.environ.get("CI"):
            pytest.fail("soffice must be there in CI: tests/system_packages.sh installs it")
        pytest.skip("LibreOffice (soffice) is not installed")
    pdf = await preview.pdf(draft(composer.application(ANSWERS, TODAY), 1))
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 20_000
