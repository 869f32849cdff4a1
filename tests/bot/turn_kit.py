"""What the tests of the turn share: reading rows, sending the same message again, filling a form."""

import io
from typing import Any

from PIL import Image
from sqlalchemy import func, select

from bot.app import Application
from bot.messages import Inbound
from storage.base import Base
from storage.models import Account, Organization, Ticket
from tests.playing import Player
from tickets import service

PHONE = "13887123456"
DANGER = "我不想活了"


def inbound(player: Player, external_id: str, text: str = "", **message: Any) -> Inbound:
    """A message with an id of its own choosing, so that it can be sent again."""
    return Inbound(player.channel, player.address, external_id, text=text, **message)


async def rows(application: Application, table: type[Base], *where: Any) -> list[Any]:
    async with application.database.read() as session:
        return list(await session.scalars(select(table).where(*where).order_by(*table.__table__.primary_key)))


async def count(application: Application, *tables: type[Base]) -> list[int]:
    async with application.database.read() as session:
        return [await session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


async def to_review(player: Player, employer: str = "恒泰劳务", phone: str = PHONE) -> None:
    """Fill the form for unpaid wages up to the review screen."""
    await player.press("请工会帮我要工资")
    for words in ("官渡区", "两万八", "三个月", "5个人", employer):
        if "打电话" not in player.text:
            await player.say(words)
    await player.press("同意")
    await player.say(phone)


async def with_ticket(player: Player) -> Ticket:
    """Submit a form and return its ticket."""
    await to_review(player)
    await player.press("提交")
    return await player.ticket()


async def cadre_of(application: Application, ticket: Ticket) -> Account:
    """Somebody who may work on the ticket."""
    units = await rows(application, Organization, Organization.id == ticket.organization_id)
    people = await rows(application, Account, Account.organization_id == units[0].id, Account.role == "cadre")
    return people[0]


async def cadre_says(application: Application, ticket: Ticket, text: str) -> None:
    """A cadre answers: from now on the bot is silent."""
    cadre = await cadre_of(application, ticket)
    async with application.database.write() as session:
        await service.reply(session, cadre, ticket.id, text, [], application.clock())


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "JPEG")
    return out.getvalue()
