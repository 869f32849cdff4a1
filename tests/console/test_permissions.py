"""Every route, every role, from every place in the tree: who gets in, who is told what."""

from collections.abc import Callable

import pytest

from console.permissions import ACCESS
from console.web import Routes
from knowledge import faq
from nlu.understanding import INTENTS
from storage.database import Database
from storage.models import Attachment, Miss, Ticket
from storage.service_models import JobPosting, Notice
from tests.console.conftest import HOST, Browser, World

# Written down a second time on purpose: the table in console/permissions.py must not decide what is tested.
PUBLIC = {"static", "sign_in", "sign_in.submit"}
ANYBODY = {"home", "sign_out", "own", "own.password", "own.telegram"}
TICKET_WORK = {
    "ticket", "ticket.events", "ticket.accept", "ticket.reply", "ticket.draft", "ticket.material", "ticket.note", "ticket.transfer",
    "ticket.take_over", "ticket.hand_back", "ticket.close", "ticket.reveal", "ticket.extend", "file", "file.thumbnail",
    "ticket.papers", "ticket.paper_add", "ticket.not_accept", "ticket.decide", "ticket.pay", "ticket.date",
    "paper", "paper.save", "paper.send", "paper.open",
}  # fmt: skip
QUEUES = {"queue", "queue.body", "queue.events"}
KNOWLEDGE = {
    "faq", "faq.new", "faq.create", "faq.edit", "faq.save", "faq.publish", "faq.archive", "faq.versions",
    "faq.restore", "test_box", "test_box.ask", "misses", "misses.done",
}  # fmt: skip
ONE_ACCOUNT = {"account", "account.active", "account.password", "account.leave"}
ADMINISTRATION = KNOWLEDGE | ONE_ACCOUNT | {"accounts", "accounts.new", "accounts.create", "audit"}
JOBS = {"jobs", "jobs.upload", "jobs.check", "jobs.import", "jobs.active", "jobs.export"}
ONE_NOTICE = {"notice", "notice.save", "notice.publish", "notice.withdraw"}
NOTICES = {"notices", "notices.new", "notices.create"} | ONE_NOTICE
PUBLISHING = {"notice.publish", "notice.withdraw"}
RATINGS = {"ratings", "ratings.unit"}
DATA = {"jobs.export", "static", "queue.body", "queue.events", "ticket.events", "file", "file.thumbnail"}
STREAMS = {"queue.events", "ticket.events"}  # endless: looked at on their own
FORMS = {"faq.restore": {"old": 1}}  # else there is nothing to restore: 404 for another reason
PLACES = {"own": "county", "above": "city", "below": "township", "beside": "beside"}
SEES = {"own", "above"}


def role_allows(route: str, role: str) -> bool:
    if route in ANYBODY:
        return True
    if route in ADMINISTRATION:
        return role == "administrator"
    if route == "ticket.extend" or route in RATINGS:
        return role == "leader"
    if route in NOTICES:
        return role in {"leader", "administrator"} or route not in PUBLISHING
    return role in {"cadre", "leader"}


@pytest.fixture
async def things(database: Database, ticket: Ticket, world: World, now, deps) -> dict[str, object]:
    """One of everything that an address can name; all of it belongs to the county."""
    from bot.files import AcceptedFile

    deps.files.put(AcceptedFile(b"x", b"y", "a.png", "image/png", "b" * 64))
    fields = {
        "intent": next(iter(INTENTS)),
        "question": "问题问题",
        "answer": "答案答案",
        "id": "wage_arrears.one",
    }
    async with database.write() as session:
        session.add(
            Attachment(
                token="t1",
                conversation_id=ticket.conversation_id,
                ticket_id=ticket.id,
                sha256="b" * 64,
                filename="a.png",
                content_type="image/png",
                size=1,
                created_at=now,
            )
        )
        session.add(
            JobPosting(
                id=1,
                organization_id=ticket.organization_id,
                reference="A1",
                title="保安",
                trade="security",
                employer="恒泰",
                region="云南省昆明市官渡区",
                wage_unit="month",
                active=True,
                created_at=now,
                updated_at=now,
            )
        )
        session.add(Notice(
            id=1, organization_id=ticket.organization_id, title="通知", text="正文", status="draft", pushed=False,
            version=1, created_at=now, updated_at=now,
        ))  # fmt: skip
        session.add(Miss(id=1, text="没答好", reason="no_answer", state="new", created_at=now))
        await faq.create(session, None, fields, {}, now)
    return {
        "ticket_id": ticket.id,
        "token": "t1",
        "faq_id": "wage_arrears.one",
        "miss_id": 1,
        "posting_id": 1,
        "notice_id": 1,
        "unit_id": ticket.organization_id,
        "name": "console.css",
        "account_id": world.accounts["county.cadre"].id,
    }


def address_of(path: str, things: dict[str, object]) -> str:
    return "/console" + path.replace(":int", "").format_map(things)


def test_table_and_routes_name_the_same(routes: Routes) -> None:
    assert set(routes.registered) == set(ACCESS)
    assert set(ACCESS) == PUBLIC | ANYBODY | TICKET_WORK | QUEUES | ADMINISTRATION | JOBS | NOTICES | RATINGS


async def test_anonymous_is_sent_to_sign_in_or_told_401(
    browser: Browser, routes: Routes, things: dict[str, object]
) -> None:
    for route, (method, path) in routes.registered.items():
        if route in PUBLIC:
            continue
        answer = await browser.request(method, address_of(path, things), headers={"Origin": HOST})
        if route in DATA:
            assert answer.status_code == 401, route
        else:
            assert answer.status_code == 303, route
            assert answer.headers["location"].startswith("/console/sign-in"), route


@pytest.mark.parametrize("role", ["cadre", "leader", "administrator"])
@pytest.mark.parametrize("place", list(PLACES))
async def test_every_route(
    new_browser: Callable[[], Browser], routes: Routes, things: dict[str, object], place: str, role: str
) -> None:
    browser = new_browser()
    await browser.sign_in(f"{PLACES[place]}.{role}")
    ordered = sorted(
        routes.registered.items(), key=lambda item: (item[1][0] == "POST", item[0] == "sign_out")
    )
    for route, (method, path) in ordered:
        if route in PUBLIC | {"sign_out"} or (
            route in STREAMS and role_allows(route, role) and (route == "queue.events" or place in SEES)
        ):
            continue
        address = address_of(path, things)
        answer = await (
            browser.get(address) if method == "GET" else browser.submit(address, **FORMS.get(route, {}))
        )
        if not role_allows(route, role):
            expected = {403}
        elif (
            route in TICKET_WORK | ONE_ACCOUNT | ONE_NOTICE | {"jobs.active", "ratings.unit"}
            and place not in SEES
        ):
            expected = {404}
        elif method == "GET":
            expected = {200, 303} if route == "home" else {200}
        else:
            expected = {
                200,
                303,
                409,
                422,
                400,
            }  # empty forms: carried out or explained, never 403, 404 or 503
        assert answer.status_code in expected, (route, answer.status_code)


@pytest.mark.parametrize("role", ["cadre", "leader", "administrator"])
async def test_forms_without_the_token_change_nothing(
    new_browser: Callable[[], Browser], routes: Routes, things: dict[str, object], role: str
) -> None:
    browser = new_browser()
    await browser.sign_in(f"county.{role}")
    for route, (method, path) in routes.registered.items():
        if method == "POST" and route not in PUBLIC:
            for token in ({}, {"csrf": ""}, {"csrf": browser.csrf + "x"}, {"csrf": "令牌"}):
                answer = await browser.post(address_of(path, things), data=token, headers={"Origin": HOST})
                assert answer.status_code == 403, route


async def test_ids_that_no_row_can_have_are_not_found(browser: Browser, world: World) -> None:
    await browser.sign_in("county.cadre")
    for address in (
        "/console/tickets/0",
        f"/console/tickets/{10**30}",
        f"/console/tickets/{2**63}",
        "/console/files/%00",
    ):
        assert (await browser.get(address)).status_code == 404
