"""A cadre sends the one-time code of the console to the bot: notices of new tickets come to this chat from then on."""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from bot.messages import Inbound
from dialogs.replies import Replies
from dialogs.state import State
from dialogs.step import Step
from dialogs.values import Reply
from tickets.accounts import link_telegram

CODE = re.compile(r"/start\s+([A-Za-z0-9_-]{16,64})")


async def linked(session: AsyncSession, inbound: Inbound, state: State, replies: Replies) -> Step | None:
    """Return the confirmation when the message was a valid code, else None (it is an ordinary /start then)."""
    match = CODE.fullmatch(inbound.text.strip()) if inbound.channel == "telegram" else None
    if match is None:
        return None
    account = await link_telegram(session, match.group(1), inbound.address)
    if account is None:
        return None
    return Step(state, (Reply(replies("cadre_linked", name=account.display_name)),), ())
