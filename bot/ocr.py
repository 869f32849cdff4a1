"""Reads photos on this machine and offers what they say for the open form; the worker confirms each by a button.

Optional (requirements-ocr.lock) and off by default. Nothing that was read is kept but what is offered, encrypted with
the conversation's state, until the worker has pressed a button or said something else.
"""

import asyncio
import io
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import yaml
from PIL import Image

from bot.files import AcceptedFile
from dialogs import buttons, slots
from dialogs.engine import Engine
from dialogs.flow import SlotStep
from dialogs.forms import Forms
from dialogs.state import Frame, State
from dialogs.step import Step, Talk
from dialogs.values import Choice, Facts, Heard, Reply
from tickets.documents.store import ABROAD

log = logging.getLogger(__name__)
CATALOGUE: Final = Path(__file__).with_name("ocr.yml")
KIND: Final = "read"
NONE_OF_THEM: Final = "none"
LONGEST_SIDE: Final = 2000  # pixels; more costs time and reads no better
SECONDS: Final = 20.0
SURE: Final = 0.8


class Reader(Protocol):
    """Lines of text on a picture, from top to bottom. May take seconds: call it in a thread."""

    def read(self, picture: bytes) -> tuple[str, ...]: ...


class RapidReader:
    """RapidOCR; its models lie inside its wheel, nothing is fetched."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        logging.getLogger("RapidOCR").setLevel(logging.WARNING)
        self._engine: Any = RapidOCR()
        logging.getLogger("RapidOCR").setLevel(logging.WARNING)

    def read(self, picture: bytes) -> tuple[str, ...]:
        """Return the lines that were read with confidence."""
        found = self._engine(_smaller(picture))
        pairs = zip(found.txts or (), found.scores or (), strict=True)
        return tuple(str(text) for text, score in pairs if score >= SURE)


def _smaller(picture: bytes) -> bytes:
    """The file was cleaned before: it is one of ours, and no larger than we write them."""
    with Image.open(io.BytesIO(picture)) as image:
        small = image.convert("RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=90)
    return out.getvalue()


def reader_for(*, enabled: bool) -> Reader | None:
    """Return the reader, None while it is off or the extra is not installed."""
    if not enabled:
        return None
    try:
        return RapidReader()
    except ImportError:
        log.warning("ocr.enabled is set, but requirements-ocr.lock is not installed: photos are not read")
        return None


@cache
def texts() -> dict[str, Any]:
    """Return patterns and texts."""
    loaded: dict[str, Any] = yaml.load(CATALOGUE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def found_in(lines: Sequence[str], step: SlotStep, facts: Facts) -> Any | None:
    """Return the value that the lines give this question, checked as if the worker had typed it."""
    for pattern in texts()["slots"].get(step.slot, ()):
        for line in lines:
            match = re.search(pattern, line.replace(" ", ""))
            value = slots.parse(step, match.group(1), facts.today) if match is not None else None
            if value is not None:
                return value
    return None


@dataclass(frozen=True)
class PhotoReading:
    """Built once; `reader` is None while photos are not read."""

    engine: Engine
    reader: Reader | None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)  # it takes every core it gets

    async def with_lines(self, accepted: Sequence[AcceptedFile]) -> tuple[AcceptedFile, ...]:
        """Return the files with what stands on the photos; nothing when it takes too long or fails."""
        read = []
        for file in accepted:
            wanted = self.reader is not None and file.kind == "photo" and file.scan != "waiting"
            read.append(replace(file, lines=await self._read(file.data)) if wanted else file)
        return tuple(read)

    async def _read(self, picture: bytes) -> tuple[str, ...]:
        assert self.reader is not None
        try:
            async with asyncio.timeout(SECONDS), self._one:
                return await asyncio.to_thread(self.reader.read, picture)
        except Exception as error:  # noqa: BLE001 - reading is an offer; whatever went wrong, the photo is kept
            log.warning("photo not read: %s", type(error).__name__)
            return ()

    def offer(self, step: Step, lines: Sequence[str], facts: Facts) -> Step:
        """Return the step with what was read, to be confirmed; as it was where the open form needs none of it."""
        frame = step.state.frame
        if frame is None or not lines:
            return step
        found = {
            one.slot: value
            for one in self._open_questions(frame, facts)
            if (value := found_in(lines, one, facts)) is not None
        }
        if not found:
            return step
        named = self.engine.flows[frame.flow].slots
        told = [
            texts()["say"]["line"].format(label=named[slot].label, value=slots.show(named[slot], value))
            for slot, value in found.items()
        ]
        text = str(texts()["say"]["offer"]).strip().format(lines="\n".join(told))
        take = [
            Choice(texts()["buttons"]["take"].format(label=named[slot].label), self._payload(frame, slot))
            for slot in found
        ]
        reply = Reply(text, (*take, Choice(texts()["buttons"]["drop"], self._payload(frame, NONE_OF_THEM))))
        return replace(step, state=replace(step.state, read=found), replies=(*step.replies, reply))

    def _payload(self, frame: Frame, slot: str) -> str:
        return buttons.make(KIND, frame.run, slot)

    def _open_questions(self, frame: Frame, facts: Facts) -> list[SlotStep]:
        """Those that may be asked here and now: consent was given, and nothing private goes abroad."""
        forms = Forms(self.engine.flows, self.engine.replies)
        return [
            step
            for step in self.engine.flows[frame.flow].slots.values()
            if step.slot not in frame.values
            and forms.applies(frame, step)
            and (step.consent is None or frame.consents.get(step.consent))
            and not (step.private and facts.channel in ABROAD)
        ]

    def pressed(self, state: State, heard: Heard, facts: Facts) -> Step | None:
        """Return what a button under the offer leads to, None for every other message."""
        press = buttons.parse(heard.payload or "")
        if press is None or press.kind != KIND:
            return None
        run, slot = press.args
        engine, frame = self.engine, state.frame
        talk = Talk(state, heard, facts, engine.flows, engine.replies, sums=engine.sums)
        if frame is None or str(frame.run) != run or (slot not in state.read and slot != NONE_OF_THEM):
            return talk.say(texts()["say"]["gone"]).ask_again().finish()
        if slot == NONE_OF_THEM:
            return talk.with_state(read={}).say(texts()["say"]["dropped"]).ask_again().finish()
        step, value = engine.flows[frame.flow].slots[slot], state.read[slot]
        left = {name: other for name, other in state.read.items() if name != slot}
        said = texts()["say"]["taken"].format(label=step.label, value=slots.show(step, value))
        talk = talk.with_state(read=left).say(said)
        return talk.ask_next(talk.forms.put(frame, {slot: value}, answered=slot)).finish()
