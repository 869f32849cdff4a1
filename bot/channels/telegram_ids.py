"""What is known of the bot's message counter.

In private chats and basic groups every message, in or out, takes the next number of one counter per
bot. The highest number seen before a send and the numbers seen after it bound where a message of
unknown outcome can be (docs/decisions/0003).
"""

from collections import OrderedDict

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.telegram_updates import Sighting
from storage.models import Cursor, OutboxRow

CURSOR = "telegram:highest_message_id"
REMEMBERED = 20_000
RECENT_ROWS = 200


class MessageIds:
    """The highest message id seen, and which recent ones are somebody else's."""

    def __init__(self) -> None:
        self.highest = 0
        self._inbound: OrderedDict[int, int] = OrderedDict()  # message id -> Unix second

    def saw_inbound(self, sighting: Sighting) -> None:
        """A person's message has this id, so no message of ours has it."""
        self._inbound[sighting.message_id] = sighting.date
        if len(self._inbound) > REMEMBERED:
            self._inbound.popitem(last=False)
        self.highest = max(self.highest, sighting.message_id)

    def saw_outbound(self, message_id: int) -> None:
        """The bot sent a message with this id."""
        self.highest = max(self.highest, message_id)

    def is_inbound(self, message_id: int) -> bool:
        """True when this id is known to be a person's message."""
        return message_id in self._inbound

    def first_after(self, second: float) -> int | None:
        """Return the lowest id given out later than this Unix second, as far as it was seen."""
        return min((number for number, date in self._inbound.items() if date > second), default=None)

    async def load(self, session: AsyncSession, channel: str) -> None:
        """Take over what was stored by this or another process."""
        cursor = await session.get(Cursor, CURSOR)
        if cursor is not None and cursor.value.isdigit():
            self.highest = max(self.highest, int(cursor.value))
        rows = await session.execute(
            select(OutboxRow.external_id, OutboxRow.after_external_id)
            .where(OutboxRow.channel == channel)
            .order_by(OutboxRow.id.desc())
            .limit(RECENT_ROWS)
        )
        for pair in rows:
            for value in pair:
                if value is not None and value.isdigit():
                    self.highest = max(self.highest, int(value))

    async def store(self, session: AsyncSession) -> None:
        """Write the highest id in the caller's transaction."""
        cursor = await session.get(Cursor, CURSOR)
        if cursor is None:
            session.add(Cursor(name=CURSOR, value=str(self.highest)))
        elif not cursor.value.isdigit() or int(cursor.value) < self.highest:
            cursor.value = str(self.highest)
