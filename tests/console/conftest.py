"""The console's routes over ASGI, with a small union tree, accounts in every place of it, and a ticket."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from bot.channels import webchat_page
from bot.files import FileStore
from console.deps import ConsoleDeps
from console.routes import build_routes
from console.web import Routes
from knowledge.search import KnowledgeBase, Thresholds
from nlu.understanding import Ranked, Understanding
from storage.database import Database
from storage.live import LocalLive
from storage.models import Account, Conversation, Message, Organization, Ticket
from tickets import service
from tickets.organizations import create_organization
from tickets.passwords import hash_password
from tickets.sla import SlaPolicy
from tickets.values import NewTicket

HOST = "http://console.test"
PASSWORD = "long enough to be right"


class OneIntent:
    """An understander that always hears the same."""

    async def understand(self, text: str) -> Understanding:
        ranking = (Ranked("wage_arrears", 0.9), Ranked("overtime_pay", 0.05))
        return Understanding("wage_arrears", 0.9, ranking, {}, None, "model", unsure=False)


@dataclass
class World:
    """province > city > county (own) > enterprise, with a second county beside."""

    units: dict[str, Organization] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)


@pytest.fixture(scope="session")
def password_hash() -> str:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(hash_password(PASSWORD))).result()


@pytest.fixture
async def world(database: Database, now: datetime, password_hash: str) -> World:
    """Units and one account of each role in each of them: names like county.cadre."""
    made = World()
    tree = [
        ("province", "云南省总工会", "province", "云南省", None),
        ("city", "昆明市总工会", "city", "云南省昆明市", "province"),
        ("county", "昆明市官渡区总工会", "county", "云南省昆明市官渡区", "city"),
        ("beside", "昆明市五华区总工会", "county", "云南省昆明市五华区", "city"),
        ("township", "官渡街道总工会", "township", "云南省昆明市官渡区官渡街道", "county"),
    ]
    async with database.write() as session:
        for code, name, level, region, parent in tree:
            made.units[code] = await create_organization(
                session, code=code, name=name, level=level, region=region,
                parent=made.units[parent] if parent else None,
            )  # fmt: skip
        for code, unit in made.units.items():
            for role in ("cadre", "leader", "administrator"):
                account = Account(
                    username=f"{code}.{role}", display_name=f"{unit.name[:2]}{role}", password_hash=password_hash,
                    role=role, organization=unit, active=True, created_at=now,
                )  # fmt: skip
                session.add(account)
                made.accounts[f"{code}.{role}"] = account
    return made


@pytest.fixture
def deps(database: Database, now: datetime, tmp_path: Path) -> ConsoleDeps:
    return ConsoleDeps(
        database=database,
        knowledge=KnowledgeBase(database, None, Thresholds(0.62, 0.42)),
        understander=OneIntent(),
        live=LocalLive(),
        policy=SlaPolicy(),
        files=FileStore(tmp_path / "files"),
        clock=lambda: now,
        heartbeat_seconds=0.2,
        poll_seconds=0.1,
    )


@pytest.fixture
def routes(deps: ConsoleDeps) -> Routes:
    return build_routes(deps)


@pytest.fixture
def app(routes: Routes) -> FastAPI:
    application = FastAPI()
    application.include_router(routes.router)
    application.mount("/static", StaticFiles(directory=webchat_page.STATIC))
    return application


class Browser(httpx.AsyncClient):
    """A client that posts forms as a browser does: with the token of the page it saw."""

    csrf = ""

    async def sign_in(
        self, username: str, password: str = PASSWORD, follow: str = "/console/"
    ) -> httpx.Response:
        self.cookies.clear()
        page = await self.get("/console/sign-in", params={"next": follow})
        form = {"username": username, "password": password, "csrf": hidden(page.text, "csrf"), "next": follow}
        answer = await self.post("/console/sign-in", data=form, headers={"Origin": HOST})
        if answer.status_code == 303:
            own = await self.get("/console/own")
            self.csrf = hidden(own.text, "csrf")
        return answer

    async def submit(self, address: str, **values: object) -> httpx.Response:
        data = {"csrf": self.csrf, **{name: str(value) for name, value in values.items()}}
        return await self.post(address, data=data, headers={"Origin": HOST})


def hidden(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(transport=httpx.ASGITransport(app), base_url=HOST) as client:
        yield client


@pytest.fixture
async def new_browser(app: FastAPI) -> AsyncIterator[Callable[[], Browser]]:
    """Makes further browsers."""
    made: list[Browser] = []

    def make() -> Browser:
        made.append(Browser(transport=httpx.ASGITransport(app), base_url=HOST))
        return made[-1]

    yield make
    for client in made:
        await client.aclose()


async def make_ticket(
    database: Database,
    now: datetime,
    *,
    address: str = "person-1",
    region: str = "云南省昆明市官渡区",
    **changes: object,
) -> Ticket:
    """A conversation with three messages, and a ticket opened by the last of them."""
    async with database.write() as session:
        conversation = Conversation(channel="telegram", address=address, created_at=now, last_inbound_at=now)
        session.add(conversation)
        await session.flush()
        messages = [
            Message(
                conversation_id=conversation.id, direction=direction, author=author, text=text, created_at=now
            )
            for direction, author, text in (
                ("in", "worker", "老板欠我工资"),
                ("out", "bot", "您在哪里干活?"),
                ("in", "worker", "我叫张三丰,电话13887123456,<b>身份证530102199003078515</b>"),
            )
        ]
        for message in messages:
            session.add(message)
            await session.flush()
        values = {
            "category": "wage_arrears",
            "title": "欠薪28000元",
            "facts": {"months_owed": 3, "boss_unreachable": True},
            "sensitive": {"name": "张三丰", "phone": "13887123456", "id_number": "530102199003078515"},
            "region": region,
            "employer": "恒泰劳务",
            "amount_yuan": 28000.0,
            "people_count": "10+",
            **changes,
        }
        new = NewTicket(conversation_id=conversation.id, opened_by_message_id=messages[-1].id, **values)
        return await service.open_ticket(session, new, now, SlaPolicy())


@pytest.fixture
async def ticket(database: Database, world: World, now: datetime) -> Ticket:
    """An open ticket of county.cadre."""
    return await make_ticket(database, now)
