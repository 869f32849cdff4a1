"""Alembic's entry: runs on the connection that storage.migrate hands over, or on `-x url=…` for authors."""

import asyncio
import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, types
from sqlalchemy.ext.asyncio import create_async_engine

from storage.base import Base
from storage.database import normalise_url
from storage.types import EncryptedJson, EncryptedText, UtcDateTime


def _render_item(kind: str, item: Any, _autogenerate: object) -> str | Literal[False]:
    """Write what is in the database, not our column classes: old migrations must not depend on later code."""
    if kind != "type":
        return False
    if isinstance(item, EncryptedText | EncryptedJson):
        return "sa.LargeBinary()"
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, types.BigInteger):
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    return False


def run_on(connection: Connection) -> None:
    """Run the migrations on this connection, in the transaction that it may already have."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=_render_item,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _run_from_command_line() -> None:
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get(
        "NIANGJIA_DATABASE__URL", ""
    )
    if not url:
        raise SystemExit("give the database: -x url=sqlite:///… or NIANGJIA_DATABASE__URL")
    engine = create_async_engine(normalise_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(run_on)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run_on(given)
else:
    asyncio.run(_run_from_command_line())
