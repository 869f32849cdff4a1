"""Who sees and does what: by the tree, by the role, in one place."""

import inspect
from datetime import timedelta

import pytest

from storage.models import Account
from tests.tickets.conftest import GUANDU, House
from tickets import handing, outcomes, papers, working
from tickets.access import (
    GRANTS,
    Action,
    access_account,
    access_organization,
    access_ticket,
    identity_hidden,
    may,
)
from tickets.errors import NotAllowed, WrongTarget
from tickets.lists import TicketFilter, counts, history, list_tickets
from tickets.organizations import create_organization
from tickets.service import reveal
from tickets.sla import DEFAULT_POLICY


@pytest.mark.parametrize(
    ("name", "sees"), [("zhang", True), ("li", True), ("city", True), ("yang", False), ("admin", False)]
)
async def test_a_ticket_is_seen_from_its_unit_and_above(house: House, name: str, sees: bool) -> None:
    ticket, account = await house.ticket(), house.accounts[name]
    if sees:
        assert (await house.do(access_ticket, account, ticket.id)).id == ticket.id
    else:
        with pytest.raises(NotAllowed):
            await house.do(access_ticket, account, ticket.id)
    page = await house.do(list_tickets, account, TicketFilter(), house.now)
    assert [one.id for one in page.tickets] == ([ticket.id] if sees else [])
    assert (await house.do(counts, account, house.now))["open"] == int(sees)


async def test_what_is_not_there_looks_like_what_is_not_allowed(house: House) -> None:
    ticket, yang = await house.ticket(), house.accounts["yang"]
    messages = []
    for ticket_id in (ticket.id, 999_999):
        with pytest.raises(NotAllowed) as caught:
            await house.do(access_ticket, yang, ticket_id)
        messages.append(caught.value.message)
    assert len(set(messages)) == 1


ARGUMENTS = {
    "text": "您好", "files": [], "what": "工资条", "result": "好", "code": "solved", "field": "phone", "reason": "约时间",
    "organization_id": None, "assignee_id": 1, "days": 3, "kind": "hearing", "amount": 100.0, "label": "工资条",
    "verdicts": [], "policy": DEFAULT_POLICY,
}  # fmt: skip
OPERATIONS = [
    work
    for module in (working, handing, outcomes, papers)
    for name, work in inspect.getmembers(module, inspect.iscoroutinefunction)
    if work.__module__ == module.__name__
    and not name.startswith("_")
    and "account" in inspect.signature(work).parameters
]


async def test_every_operation_is_closed_to_outsiders(house: House) -> None:
    gone = await house.person("gone", "cadre", GUANDU)
    async with house.database.write() as session:
        gone = await session.get_one(Account, gone.id)
        gone.active = False
    ticket = await house.ticket()
    later = house.now + timedelta(days=1)
    given = ARGUMENTS | {"now": house.now, "until": later, "when": later, "ticket_id": ticket.id}
    for work in OPERATIONS:
        wanted = [one for one in inspect.signature(work).parameters.values() if one.default is one.empty]
        named = {one.name: given[one.name] for one in wanted if one.name not in {"session", "account"}}
        for outsider in (house.accounts["yang"], house.accounts["admin"], gone):
            with pytest.raises(NotAllowed):
                await house.do(work, account=outsider, **named)
    assert await house.events(ticket.id) == ["opened"]


def test_all_operations_of_a_cadre_are_covered() -> None:
    assert {work.__name__ for work in OPERATIONS} == {
        "accept", "reply", "ask_material", "add_note", "close", "reveal", "transfer", "take_over", "hand_back", "extend",
        "not_accept", "decide", "pay", "set_date", "review", "add",
    }  # fmt: skip


def test_roles_are_told_apart() -> None:
    def person(role: str, active: bool = True) -> Account:
        return Account(role=role, active=active)

    assert may(person("cadre"), Action.WORK_TICKETS)
    assert not may(person("cadre"), Action.PUBLISH_KNOWLEDGE)
    assert may(person("leader"), Action.EXTEND_TICKETS)
    assert not may(person("administrator"), Action.SEE_TICKETS)
    assert not may(person("administrator"), Action.REVEAL_DETAILS)
    assert may(person("administrator"), "accounts.manage")
    assert not any(may(person("administrator", active=False), action) for action in Action)
    assert not any(may(person("nobody"), action) for action in Action)
    assert set().union(*GRANTS.values()) == set(Action)


async def test_an_administrator_manages_only_below(house: House) -> None:
    district = await house.person("gdadmin", "administrator", GUANDU)
    assert (await house.do(access_account, district, house.accounts["zhang"].id)).username == "zhang"
    for outside in ("yang", "city", "admin"):
        with pytest.raises(NotAllowed):
            await house.do(access_account, district, house.accounts[outside].id)
    with pytest.raises(NotAllowed):
        await house.do(access_account, house.accounts["li"], house.accounts["zhang"].id)
    with pytest.raises(NotAllowed):
        await house.do(access_organization, district, (await house.unit("530100")).id)


async def test_the_employers_own_union_does_not_learn_who_complained(house: House) -> None:
    async with house.database.write() as session:
        unit = await create_organization(
            session,
            code="factory",
            name="某厂工会",
            level="enterprise",
            region="",
            parent=await house.unit(GUANDU),
        )
        unit_id = unit.id
    boss = await house.person("boss", "cadre", "factory")
    ticket = await house.ticket()
    async with house.database.write() as session:
        (await session.get_one(type(ticket), ticket.id)).organization_id = unit_id
    assert identity_hidden(boss, ticket)
    with pytest.raises(NotAllowed):
        await house.do(reveal, boss, ticket.id, "phone", "问问是谁", house.now)
    other = await house.ticket()
    with pytest.raises(WrongTarget):
        await house.do(handing.transfer, house.accounts["li"], other.id, unit_id, None, "x", house.now)


async def test_lists_are_cut_and_sorted_by_the_database(house: House) -> None:
    later = [await house.ticket(now=house.now + timedelta(hours=n)) for n in (5, 1, 2)]
    urgent = await house.ticket(category="safety_hazard", now=house.now + timedelta(hours=3))
    zhang = house.accounts["zhang"]
    expected = [urgent.id, later[1].id, later[2].id, later[0].id]
    pages = [
        await house.do(list_tickets, zhang, TicketFilter(), house.now, page=number, per_page=3)
        for number in (1, 2, 9)
    ]
    assert [one.id for one in pages[0].tickets] == expected[:3]
    assert [one.id for one in pages[1].tickets] == expected[3:]
    assert (pages[0].total, pages[0].pages, pages[2].page) == (4, 2, 2)


async def test_lists_are_filtered(house: House) -> None:
    zhang, li = house.accounts["zhang"], house.accounts["li"]
    wage = await house.ticket(employer="云南红土建筑公司")
    job = await house.ticket(category="job_seek", sensitive={}, now=house.now - timedelta(days=7))
    for wanted, expected in (
        (TicketFilter(category="job_seek"), [job.id]),
        (TicketFilter(overdue=True), [job.id]),
        (TicketFilter(mine=True), [job.id, wage.id]),
        (TicketFilter(search="红土"), [wage.id]),
        (TicketFilter(search=wage.number.lower()), [wage.id]),
        (TicketFilter(search="+86 138-1234-5678"), [wage.id]),
        (TicketFilter(search="5678"), []),
        (TicketFilter(search="%"), []),
        (TicketFilter(state="closed"), []),
        (TicketFilter(open=False), []),
        (TicketFilter(open=None, order="newest"), [wage.id, job.id]),
        (TicketFilter(urgency="critical"), []),
        (TicketFilter(unassigned=True), []),
        (TicketFilter(region="云南省昆明市官渡区"), [job.id, wage.id]),
    ):
        page = await house.do(list_tickets, zhang, wanted, house.now)
        assert [one.id for one in page.tickets] == expected, wanted
    assert (await house.do(list_tickets, li, TicketFilter(mine=True), house.now)).total == 0
    assert await house.do(counts, zhang, house.now) == {"open": 2, "mine": 2, "unassigned": 0, "overdue": 1}
    assert [event.kind for event in await house.do(history, wage)] == ["opened"]
