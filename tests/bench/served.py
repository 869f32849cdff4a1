"""The web chat of the real application on NIANGJIA_SERVER__PORT, without the limit per address.

All measured people share one address; in real life nobody sends hundreds of messages a second from one.
"""

import asyncio

import uvicorn
from fastapi import FastAPI

from bot import config
from bot.app import running
from bot.channels import webchat


async def main() -> None:
    """Serve until a signal comes."""
    settings = config.load()
    async with running(settings) as application:
        web = FastAPI()
        web.include_router(webchat.build_router(webchat.WebchatDeps(
            handler=application.turns, database=application.database, live=application.live,
            files=application.files, hotline=settings.local.hotline, address_messages_per_minute=0,
        )))  # fmt: skip
        server = uvicorn.Config(
            web, port=settings.server.port, log_config=None, access_log=False, lifespan="off"
        )
        await uvicorn.Server(server).serve()


if __name__ == "__main__":
    asyncio.run(main())
