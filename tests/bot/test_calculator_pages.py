"""The calculator pages as HTML: without JavaScript, with everything escaped, and nothing kept."""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from html import unescape

import httpx
import pytest
from fastapi import FastAPI

from bot import serving
from bot.channels import calculator_form, calculator_pages, calculator_view
from bot.channels.calculator_pages import CalculatorDeps, build_router
from bot.channels.webchat_errors import WebchatError
from knowledge.calculators.figures import load_figures
from knowledge.calculators.registry import CALCULATORS
from storage.database import Database
from tests.bot.test_webchat_page import EVIL, PAGE_BYTES, Tags
from tests.bot.webchat_standin import Site

TODAY = datetime(2026, 11, 22, 4, tzinfo=UTC)
DISMISSED = {
    "reason": "illegal", "started": "2020-03-01", "ended": "2026-10-31", "monthly_wage": "6,000",
    "region": "云南省昆明市官渡区",
}  # fmt: skip


def app(**settings: object) -> FastAPI:
    made = FastAPI()
    deps = CalculatorDeps(load_figures(), "0871-12351", clock=lambda: TODAY, **settings)  # type: ignore[arg-type]
    made.include_router(build_router(deps))
    return made


def browser(made: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://test")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app()) as opened:
        yield opened


def result_of(html: str) -> str:
    """The text of the result's card; empty when there is none."""
    found = re.search(r'<article class="card result">(.*?)</article>', html, re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", found[1])) if found else ""


def beside(html: str, field: str) -> str:
    """Everything that stands at one question."""
    return html.partition(f'id="ask-{field}"')[2].partition('id="ask-')[0]


async def test_the_list_leads_to_every_calculator_once_in_plain_words(client):
    html = (await client.get("/calculators")).text
    links = [link["href"] for link in Tags(html).named("a") if link.get("class") == "entry"]
    assert sorted(links) == sorted(f"/calculators/{name}" for name in CALCULATORS)
    for spec in CALCULATORS.values():
        assert spec.wording.title in html
        assert spec.wording.intro in html


def test_a_calculator_without_a_topic_is_listed_under_others(monkeypatch):
    monkeypatch.setitem(calculator_form.texts(), "topics", [])
    assert [(title, len(specs)) for title, specs in calculator_pages.topics()] == [("其他", len(CALCULATORS))]


def test_every_topic_names_known_calculators_and_none_is_left_over():
    names = [name for topic in calculator_form.texts()["topics"] for name in topic["names"]]
    assert sorted(names) == sorted(CALCULATORS)


@pytest.mark.parametrize("name", sorted(CALCULATORS))
async def test_a_page_asks_for_every_field_and_ties_a_label_to_every_input(client, name):
    html = (await client.get(f"/calculators/{name}")).text
    tags = Tags(html)
    asked = {tag["name"] for kind in ("input", "textarea") for tag in tags.named(kind)}
    assert {field.name for field in CALCULATORS[name].wording.fields} <= asked
    labelled = {label["for"] for label in tags.named("label") if "for" in label}
    for tag in [*tags.named("input"), *tags.named("textarea")]:
        if "id" in tag:  # all others lie inside their label
            assert tag["id"] in labelled
        else:
            assert tag.get("type") in {"radio", "hidden"} or "." in tag["name"]


@pytest.mark.parametrize(
    ("field", "type_", "inputmode"),
    [("monthly_wage", "text", "decimal"), ("started", "date", None), ("region", "text", None)],
)
async def test_a_phone_shows_the_right_keyboard(client, field, type_, inputmode):
    tags = Tags((await client.get("/calculators/economic_compensation")).text)
    (control,) = [tag for tag in tags.named("input") if tag["name"] == field]
    assert (control["type"], control.get("inputmode")) == (type_, inputmode)


async def test_the_result_comes_first_with_numbered_steps_notes_basis_and_disclaimer(client):
    html = (await client.post("/calculators/economic_compensation", data=DISMISSED)).text
    shown = result_of(html)
    order = [
        "84,000元", "怎么算的", "6,000元 × 7个月 = 42,000元", "请您留意", "《劳动合同法》第八十七条", "仅供参考",
        "把这件事交给工会",
    ]  # fmt: skip
    assert [place for place in map(shown.find, order) if place < 0] == []
    assert sorted(order, key=shown.find) == order
    assert html.index('class="card result"') < html.index("<form")
    assert html.count("<ol") == 1


async def test_what_was_filled_in_stays_filled_in(client):
    html = (await client.post("/calculators/economic_compensation", data=DISMISSED)).text
    tags = Tags(html)
    values = {tag["name"]: tag["value"] for tag in tags.named("input") if tag.get("type") in {"text", "date"}}
    chosen = [tag["value"] for tag in tags.named("input") if "checked" in tag]
    assert values | DISMISSED == values | {"reason": "illegal"}
    assert chosen == ["illegal", ""]  # the second is the optional question that does not apply


async def test_a_short_name_of_a_place_is_completed(client):
    answer = await client.post("/calculators/economic_compensation", data={**DISMISSED, "region": "官渡"})
    assert 'value="云南省昆明市官渡区"' in answer.text


async def test_every_error_stands_beside_its_field_and_nothing_typed_is_lost(client):
    wrong = {"reason": "illegal", "started": "2020年2月30日", "monthly_wage": "三千左右"}
    html = (await client.post("/calculators/economic_compensation", data=wrong)).text
    assert result_of(html) == ""
    assert "“入职日期”看不懂" in beside(html, "started")
    assert 'type="text" value="2020年2月30日"' in beside(html, "started")
    assert "“每个月应发工资（元）”要填数字" in beside(html, "monthly_wage")
    assert 'value="三千左右"' in beside(html, "monthly_wage")
    assert html.count('aria-invalid="true"') == 2
    assert "有2处要改" in html


async def test_an_error_of_the_sum_itself_stands_beside_its_field(client):
    html = (
        await client.post("/calculators/economic_compensation", data={**DISMISSED, "ended": "2019-01-01"})
    ).text
    assert "离职日期比入职日期早" in beside(html, "ended") + beside(html, "started")


async def test_a_required_field_that_was_left_out_is_asked_for(client):
    html = (await client.post("/calculators/economic_compensation", data={"reason": "illegal"})).text
    assert "请填“每个月应发工资（元）”" in beside(html, "monthly_wage")
    assert "请填" not in beside(html, "reason")


def hidden_questions(html: str) -> set[str]:
    sets = Tags(html).named("fieldset")
    return {tag["id"].removeprefix("ask-") for tag in sets if "data-when" in tag and "hidden" in tag}


async def test_without_javascript_a_question_appears_when_an_answer_asks_for_it(client):
    basic = {"monthly_wage": "5000", "appraised": "yes", "insured": "yes", "region": "云南省昆明市官渡区"}
    first = (await client.get("/calculators/work_injury")).text
    assert hidden_questions(first) == {"injury_grade", "leaving", "work_arranged"}
    second = (await client.post("/calculators/work_injury", data=basic)).text
    assert hidden_questions(second) == set()
    assert "还要再问您几样" in second
    assert "请接着填" in beside(second, "injury_grade")
    assert 'aria-invalid="true"' not in second  # nobody did anything wrong yet
    answered = {
        **basic,
        "injury_grade": "10",
        "leaving": "no",
        "asked": ["injury_grade", "leaving", "work_arranged"],
    }
    third = (await client.post("/calculators/work_injury", data=answered)).text
    assert "10级伤残" in result_of(third)
    assert "请接着填" not in third


async def test_a_question_that_was_asked_and_left_open_is_an_error(client):
    sent = {
        "monthly_wage": "5000", "appraised": "yes", "insured": "yes", "region": "云南省昆明市官渡区",
        "asked": ["injury_grade", "leaving", "work_arranged"],
    }  # fmt: skip
    html = (await client.post("/calculators/work_injury", data=sent)).text
    assert "请填“伤残等级（1到10级）”" in beside(html, "injury_grade")


async def test_an_optional_question_that_appears_does_not_hold_back_the_result(client):
    sent = {**DISMISSED, "reason": "no_fault_dismissal"}
    html = (await client.post("/calculators/economic_compensation", data=sent)).text
    assert "42,000元" in result_of(html)
    assert "填上会算得更准" in html
    assert "请接着填" in beside(html, "noticed")


async def test_an_answer_to_a_question_that_no_longer_applies_is_not_looked_at(client):
    html = (
        await client.post("/calculators/economic_compensation", data={**DISMISSED, "last_month_wage": "x"})
    ).text
    assert "84,000元" in result_of(html)


async def test_rows_come_as_lines_of_text_without_javascript(client):
    html = (
        await client.post(
            "/calculators/wage_arrears_total", data={"months": "2026-07 6000 2000\n2026-08 6000"}
        )
    ).text
    assert "一共还欠您10,000元" in result_of(html)
    assert "2026-07 6000 2000\n2026-08 6000</textarea>" in html


async def test_rows_come_as_cells_with_javascript_and_empty_ones_do_not_count(client):
    cells = {
        "months.month": ["2026-07", "", "2026-08"], "months.due": ["6000", "", "6000"], "months.paid": ["2000", "", ""],
    }  # fmt: skip
    html = (await client.post("/calculators/wage_arrears_total", data=cells)).text
    assert "一共还欠您10,000元" in result_of(html)
    assert (
        'data-rows="[[&#34;2026-07&#34;, &#34;6000&#34;, &#34;2000&#34;], [&#34;2026-08&#34;, &#34;6000&#34;, &#34;&#34;]]"'
        in html
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("2026-07 6000\n2026-08 很多", "第2行：“应发（元）”要填数字"),
        ("2026-07 6000\n2026-13 6000", "第2行：“月份”看不懂"),
        ("2026-07", "第1行不完整"),
    ],
)
async def test_a_wrong_row_is_named(client, lines, said):
    html = (await client.post("/calculators/wage_arrears_total", data={"months": lines})).text
    assert said in beside(html, "months")
    assert f"{lines}</textarea>" in html


async def test_a_problem_with_several_fields_is_told_above_the_form(client):
    html = (await client.post("/calculators/wage_arrears_total", data={"monthly_wage": ""})).text
    assert "请填每月工资和欠了几个月" in html


@pytest.mark.parametrize("name", sorted(CALCULATORS))
async def test_an_empty_form_is_answered_kindly(client, name):
    answer = await client.post(f"/calculators/{name}")
    assert answer.status_code == 200
    assert 'class="notice' in answer.text


HOSTILE = [
    EVIL, "9" * 10_000, "长" * 10_000, "0000-00-00", "9999-12-31", "2199-12-31", "1900-01", "1900-01-01", "1E-999999",
    "0E+999999999", "NaN", "-1", "１２３", "\x00", "{{7*7}}", "true", "1\n2\n3", "a\ud800", " ", "99999", "0",
]  # fmt: skip


def hostile_form(name: str, value: str, choice: int) -> dict[str, str]:
    """Everything that can be typed is `value`; what is tapped is a real choice, so that all questions come up."""
    form = {}
    for field in CALCULATORS[name].wording.fields:
        options = [c.value for c in field.choices] or (["yes", "no"] if field.kind == "yes_no" else [])
        form[field.name] = options[choice % len(options)] if options else value
        form |= {f"{field.name}.{column.name}": value for column in field.columns}
    return {
        key: said.encode("utf-8", "surrogatepass").decode("latin-1") if "\ud800" in said else said
        for key, said in form.items()
    }


@pytest.mark.parametrize("name", sorted(CALCULATORS))
async def test_hostile_input_gives_a_page_and_stays_text(client, name):
    for value in HOSTILE:
        for choice in (0, 1):
            answer = await client.post(f"/calculators/{name}", data=hostile_form(name, value, choice))
            assert answer.status_code == (
                413 if len(answer.request.content) > calculator_pages.FORM_BYTES else 200
            ), value
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text


DAYS = ("1900-01-01", "1950-06-15", "1999-12-31", "2007-12-31", "2026-11-22", "2026-11-23", "2199-12-31")
NUMBERS = ("0", "0.01", "1", "3.5", "10", "300", "99999")


def edge_forms(name: str) -> Iterator[dict[str, str]]:
    """Forms that can be read, at the edges of what their kinds allow."""
    for turn in range(len(DAYS) * len(NUMBERS)):
        form = {}
        for place, field in enumerate(CALCULATORS[name].wording.fields):
            options = [c.value for c in field.choices] or (["yes", "no"] if field.kind == "yes_no" else [])
            day, number = (
                DAYS[(turn + place) % len(DAYS)],
                NUMBERS[(turn // len(DAYS) + place) % len(NUMBERS)],
            )
            by_kind = {
                "date": day,
                "month": day[:7],
                "region": "云南省昆明市官渡区",
                "rows": f"{day[:7]} {number} 1",
            }
            whole = number.partition(".")[0]
            form[field.name] = options[(turn + place) % len(options)] if options else by_kind.get(
                field.kind, whole if field.kind == "integer" else number
            )  # fmt: skip
        yield form


@pytest.mark.parametrize("name", sorted(CALCULATORS))
async def test_odd_dates_and_numbers_never_break_a_page(client, name):
    for form in edge_forms(name):
        answer = await client.post(f"/calculators/{name}", data=form)
        assert answer.status_code == 200, form


async def test_a_form_that_is_far_too_long_is_refused(client):
    answer = await client.post("/calculators/overtime_pay", data={"wage": "9" * calculator_pages.FORM_BYTES})
    assert answer.status_code == 413
    assert "太长" in answer.text
    assert 'id="form"' in answer.text


async def test_a_form_that_is_no_form_is_refused(client):
    kind = {"content-type": "multipart/form-data; boundary=x"}
    answer = await client.post("/calculators/overtime_pay", content=b"--y nothing", headers=kind)
    assert answer.status_code in {200, 400}
    assert 'id="form"' in answer.text
    files = await client.post("/calculators/overtime_pay", files={"wage": b"a file"})
    assert files.status_code == 400
    assert "没有传完整" in files.text


@pytest.mark.parametrize("name", ["nothing", "..%2Fcalculators", "overtime_pay%00", "__init__"])
async def test_an_unknown_calculator_is_a_page_with_a_way_back(client, name):
    answer = await client.get(f"/calculators/{name}")
    assert answer.status_code == 404
    assert "overtime" not in answer.text


async def test_answers_in_the_address_are_not_looked_at(client):
    plain = await client.get("/calculators/overtime_pay")
    asked = await client.get("/calculators/overtime_pay?wage=6543")
    assert asked.text == plain.text


async def test_nothing_is_logged_and_no_cookie_is_set(client, caplog):
    caplog.set_level(logging.DEBUG)
    answer = await client.post("/calculators/economic_compensation", data=DISMISSED)
    assert "set-cookie" not in answer.headers
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert not [record for record in ours if "6,000" in record.getMessage() or "官渡" in record.getMessage()]


async def test_the_pages_carry_the_headers_of_the_channel_and_nothing_inline(client):
    pages = [
        await client.get("/calculators"),
        await client.get("/calculators/work_injury"),
        await client.post("/calculators/economic_compensation", data=DISMISSED),
    ]
    for page in pages:
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        tags = Tags(page.text)
        assert all("src" in script for script in tags.named("script"))
        assert not tags.named("style")
        assert not [
            tag for tag, given in tags.found if any(a.startswith("on") or a == "style" for a in given)
        ]


async def test_more_sums_than_the_limit_get_a_friendly_wait_with_everything_kept():
    async with browser(app(sums_per_minute=2)) as client:
        for _ in range(2):
            assert (
                await client.post("/calculators/economic_compensation", data=DISMISSED)
            ).status_code == 200
        answer = await client.post("/calculators/economic_compensation", data=DISMISSED)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert "您填的都还在" in answer.text
    assert 'value="6,000"' in answer.text


async def test_the_sum_is_done_on_the_day_of_kunming():
    made = FastAPI()
    late = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # the 23rd in Kunming
    made.include_router(build_router(CalculatorDeps(load_figures(), "12351", clock=lambda: late)))
    async with browser(made) as client:
        html = (await client.post("/calculators/economic_compensation", data={**DISMISSED, "ended": ""})).text
    assert "到2026年11月23日" in result_of(html)


async def test_the_chat_links_here_and_the_whole_page_is_small(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    site = Site(database, tmp_path)
    site.app.include_router(build_router(CalculatorDeps(load_figures(), "12351")))
    async with site.browser() as client:
        assert 'href="/calculators"' in (await client.get("/")).text
        html = (await client.get("/calculators/limitation")).text
        total = len(html.encode())
        for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', html):
            total += len((await client.get(address)).content)
    await database.close()
    assert total < PAGE_BYTES


def test_every_kind_that_is_typed_has_a_control():
    kinds = {field.kind for spec in CALCULATORS.values() for field in spec.wording.fields}
    assert kinds - {"choice", "yes_no", "rows"} <= set(calculator_view.CONTROLS)


def test_an_unknown_name_is_not_found():
    with pytest.raises(WebchatError, match="not_found"):
        calculator_pages.spec_of("nothing")


async def test_the_application_serves_the_pages(application):
    async with browser(serving.create_web(application)) as client:
        assert (await client.get("/calculators/overtime_pay")).status_code == 200
        assert 'href="/calculators"' in (await client.get("/")).text
