"""
Approvals: the inbox, where people answer what the guard or an agent asks.

Knows items (approval, blind question, escalation, in-doubt effect), who may answer them, and what an answer
brings: a permit, an observation, a level change. Refuses to know how a question came about. Invariants: an
approval is signed, for exactly these arguments; an item is answered once; nobody answers for their own agent;
a blind question never shows the proposal; silence is never a yes; nothing ever comes of a check but what it says
of who answered.
"""

from goldenthread.control.approvals.inbox import Inbox
from goldenthread.control.approvals.items import ANSWER_TYPE, Item
from goldenthread.control.approvals.known_cases import add_known
from goldenthread.control.approvals.vigilance import LONGEST_DELAY, Asked, ask_due, clear, tick
from goldenthread.control.approvals.vigilance_schema import VIGILANCE_SCHEMA

__all__ = [
    "ANSWER_TYPE",
    "LONGEST_DELAY",
    "VIGILANCE_SCHEMA",
    "Asked",
    "Inbox",
    "Item",
    "add_known",
    "ask_due",
    "clear",
    "tick",
]
