"""The door to tickets: what the bot and the console call. All functions work in the caller's transaction."""

from tickets.briefs import brief, briefs_of, find_ticket
from tickets.delivery import live_topics
from tickets.handing import extend, hand_back, take_over, transfer
from tickets.opening import open_ticket
from tickets.placing import set_region
from tickets.worker import add_from_worker, rate, reopen, withdraw
from tickets.working import accept, add_note, ask_material, close, reply, reveal

__all__ = [
    "accept",
    "add_from_worker",
    "add_note",
    "ask_material",
    "brief",
    "briefs_of",
    "close",
    "extend",
    "find_ticket",
    "hand_back",
    "live_topics",
    "open_ticket",
    "rate",
    "reopen",
    "reply",
    "reveal",
    "set_region",
    "take_over",
    "transfer",
    "withdraw",
]
