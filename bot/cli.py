"""`python -m bot …`: serve, chat, ask, admin, tickets, doctor."""

import asyncio
import contextlib
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer
import yaml

from bot import accounts, config, logs
from bot.config import ConfigError, Settings

if TYPE_CHECKING:
    from bot.app import Application

TEXTS: dict[str, str] = yaml.safe_load(Path(__file__).with_name("cli.yml").read_text(encoding="utf-8"))
cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
admin = typer.Typer(no_args_is_help=True, help="Accounts of cadres, leaders and administrators.")
cli.add_typer(admin, name="admin")


def _settings() -> Settings:
    try:
        return config.load()
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


@cli.command()
def serve() -> None:
    """Serve the chat page, the API, the console and the configured channels."""
    settings = _settings()
    logs.configure()
    from bot.serving import AddressTakenError

    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how people stop it
        try:
            asyncio.run(_serve(settings))
        except AddressTakenError as error:
            typer.echo(TEXTS["address_taken"].format(detail=error), err=True)
            raise typer.Exit(1) from error


async def _serve(settings: Settings) -> None:
    from bot.app import running
    from bot.serving import serve as serve_until_stopped

    served = asyncio.Event()

    def started() -> None:
        address = f"http://{settings.server.host}:{settings.server.port}"
        typer.echo(TEXTS["serving"].format(address=address))
        served.set()

    async with running(settings, begin=served) as application:
        made = await accounts.first_start(application)
        for line in accounts.welcome(made, TEXTS):
            typer.echo(line)
        await serve_until_stopped(application, started)
    typer.echo(TEXTS["stopped"])


@cli.command()
def ask(
    text: str,
    session: Annotated[str, typer.Option(help="Conversation to continue; a new one by default")] = "",
    payload: Annotated[str, typer.Option(help="Press a button instead of sending text")] = "",
) -> None:
    """One message through the real turn; prints JSON."""
    logs.configure(logging.ERROR)
    print(
        json.dumps(asyncio.run(_ask(_settings(), text, session or uuid4().hex, payload)), ensure_ascii=False)
    )


async def _ask(settings: Settings, text: str, session: str, payload: str) -> dict[str, Any]:
    from bot.app import running
    from bot.messages import Inbound

    async with running(settings) as application:
        await accounts.ensure_tree(application)
        await _model_ready(application)
        inbound = Inbound(
            "terminal", session, uuid4().hex, kind="button" if payload else "text", text=text,
            payload=payload or None,
        )  # fmt: skip
        result = await application.turns.handle(inbound)
    about = result.understanding
    return {
        "intent": about.get("intent"),
        "confidence": about.get("confidence"),
        "entities": about.get("entities", {}),
        "reply": "\n\n".join(reply.text for reply in result.replies),
        "buttons": [button.to_json() for reply in result.replies for button in reply.buttons],
        "faq_id": about.get("faq_id"),
        "citations": about.get("citations", []),
        "ticket": result.ticket,
        "session": session,
    }


async def _model_ready(application: "Application") -> None:
    """Wait for model and vectors: a script wants their answer; keywords answer when the model does not come."""
    if application.rasa is not None:
        with contextlib.suppress(TimeoutError):
            await application.rasa.wait_ready()
    await application.knowledge.refresh()
    await application.knowledge.complete()


@cli.command()
def chat(session: Annotated[str, typer.Option(help="Conversation to continue")] = "") -> None:
    """A conversation in the terminal; a number presses that button, an empty line ends it."""
    logs.configure(logging.ERROR)
    asyncio.run(_chat(_settings(), session or uuid4().hex))


async def _chat(settings: Settings, session: str) -> None:
    from bot.app import running
    from bot.messages import Button, Inbound

    buttons: list[Button] = []
    async with running(settings) as application:
        await accounts.ensure_tree(application)
        await _model_ready(application)
        typer.echo(TEXTS["chat_begin"].format(session=session))
        while line := (await asyncio.to_thread(_read_line)).strip():
            pressed = buttons[int(line) - 1] if line.isdigit() and 0 < int(line) <= len(buttons) else None
            inbound = Inbound(
                "terminal", session, uuid4().hex, kind="button" if pressed else "text",
                text="" if pressed else line, payload=pressed.payload if pressed else None,
            )  # fmt: skip
            result = await application.turns.handle(inbound)
            buttons = [button for reply in result.replies for button in reply.buttons]
            typer.echo("\n\n".join(reply.text for reply in result.replies))
            typer.echo("  ".join(f"[{number}] {button.label}" for number, button in enumerate(buttons, 1)))


def _read_line() -> str:
    try:
        return input("> ")
    except EOFError:
        return ""


@admin.command("create")
def create_account(
    role: Annotated[str, typer.Option(help="cadre, leader or administrator")],
    organization: Annotated[str, typer.Option(help="Code of the unit, e.g. 530111")],
    username: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option(help="Name that workers see")] = "",
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input")] = False,
) -> None:
    """Create an account; without --password-stdin a random password is printed once."""
    logs.configure(logging.ERROR)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    try:
        made = asyncio.run(accounts.create(_settings(), role, organization, username, name, password))
    except accounts.AccountError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(TEXTS["created"].format(username=username, password="***" if password_stdin else made))


@cli.command()
def tickets(
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines for scripts")] = False,
    open_only: Annotated[bool, typer.Option("--open", help="Only open tickets")] = False,
) -> None:
    """The tickets, newest last; sensitive values are masked."""
    logs.configure(logging.ERROR)
    for row in asyncio.run(accounts.tickets(_settings(), open_only=open_only)):
        print(
            json.dumps(row, ensure_ascii=False)
            if as_json
            else f"{row['number']} {row['state']} {row['category']}"
        )


@cli.command("services-doc")
def services_doc(
    check: Annotated[bool, typer.Option("--check", help="Only tell whether the page is up to date")] = False,
) -> None:
    """Write docs/services.md from the flows; with --check exit 1 when it is stale."""
    from bot import services_doc as generator

    if check:
        raise typer.Exit(1 if generator.stale() else 0)
    generator.FILE.write_text(generator.shipped(), encoding="utf-8")


@cli.command()
def doctor() -> None:
    """Check configuration, database, model and knowledge; exit 1 when something is wrong."""
    logs.configure(logging.ERROR)
    lines, healthy = asyncio.run(accounts.doctor(_settings(), TEXTS))
    for line in lines:
        typer.echo(line)
    raise typer.Exit(0 if healthy else 1)
