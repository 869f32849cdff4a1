"""A question that no entry answers is shown what the law says, and said to be that."""

from pathlib import Path

import pytest

from bot import jobs
from knowledge import laws
from knowledge.content import load_statutes
from storage.models import Miss
from tests.bot.turn_kit import rows
from tests.knowledge.law_kit import LABOUR, write_laws

QUESTION = "对从事有职业危害作业的劳动者，要不要定期健康检查，要不要劳动防护用品"
LONG = "延长工作时间的，休息日安排工作又不能安排补休的，法定休假日安排工作的，按照什么标准支付工资报酬"


@pytest.fixture
async def with_laws(application, few_answers, tmp_path: Path):
    """The application with one law imported while it runs."""
    async with application.database.write() as session:
        folder = write_laws(tmp_path / "laws", 劳动法=LABOUR)
        await laws.import_folder(session, folder, load_statutes(few_answers))
    return application


@pytest.fixture
def nothing_curated(monkeypatch):
    """No entry is near enough to anything."""
    monkeypatch.setattr("knowledge.ranking._outcome", lambda *_: "none")


async def test_the_law_is_shown_as_the_law_and_a_person_is_offered(with_laws, person, nothing_curated):
    await person.say(QUESTION)
    assert "没有现成的解答" in person.text
    assert "《劳动法》第五十四条（2018-12-29起施行）：用人单位必须为劳动者提供" in person.text
    assert "不是对您这件事的答复" in person.text
    assert "以主管部门解释为准" in person.text
    assert "找工会的人" in person.buttons
    assert [miss.reason for miss in await rows(with_laws, Miss)] == ["no_answer"]


async def test_a_long_article_is_cut_and_unfolds_at_a_button(with_laws, person, nothing_curated):
    await person.say(LONG)
    assert "百分之三百的工资报酬。还有很长" not in person.text
    assert "…" in person.text
    await person.press("展开《劳动法》第四十四条")
    assert "好让这一条超过一百二十个字。" in person.text
    assert "依据：《劳动法》第四十四条（2018-12-29起施行）。以主管部门解释为准。" in person.text


async def test_the_button_still_works_in_a_process_that_has_just_started(
    with_laws, person, nothing_curated, another
):
    await person.say(LONG)
    person.application = await another()
    await person.press("展开《劳动法》第四十四条")
    assert "好让这一条超过一百二十个字。" in person.text


async def test_what_is_not_for_us_and_what_is_answered_show_no_law(with_laws, person, monkeypatch):
    await person.say("明天天气怎么样，适合去钓鱼吗")
    assert "《劳动法》" not in person.text
    await person.say("加班费怎么算")
    assert "没有现成的解答" not in person.text


async def test_before_an_import_it_is_as_it_was(application, person, nothing_curated):
    await person.say(QUESTION)
    assert "没有现成的解答" not in person.text
    assert "没有把握" in person.text or "找工会的人" in person.buttons


async def test_the_loop_that_keeps_the_laws_is_one_of_the_background(with_laws):
    assert "statutes" in jobs.loops(with_laws)
