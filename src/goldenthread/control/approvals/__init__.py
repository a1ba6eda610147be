"""
Approvals: the inbox, where people answer what the guard or an agent asks.

Knows items (approval, blind question, escalation, in-doubt effect), whose turn they are, who may answer them, and what
an answer brings: a permit, an observation, a level change. Refuses to know how a question came about. Invariants: an
approval is signed, for exactly these arguments; an item is answered once, by one person at a time; nobody answers for
their own agent; a blind question never shows the proposal; what is due is derived, and silence is never a yes;
nothing comes of a check but what it says of who answered.
"""

from goldenthread.control.approvals.batches import LARGEST_BATCH, Answered, Shown
from goldenthread.control.approvals.claims import CLAIM_MINUTES
from goldenthread.control.approvals.clearing import clear
from goldenthread.control.approvals.deputies import deputies_of
from goldenthread.control.approvals.dossier import Before, Consequence, Dossier, Doubt, Limit, Source, Spend
from goldenthread.control.approvals.inbox import Inbox
from goldenthread.control.approvals.items import SELECT, Item, claim_of, seen_of
from goldenthread.control.approvals.known_cases import add_known
from goldenthread.control.approvals.messages import Message, reply_of_agent, unanswered
from goldenthread.control.approvals.moot import moot_words
from goldenthread.control.approvals.said import Said
from goldenthread.control.approvals.similar import Precedent
from goldenthread.control.approvals.ticking import Due, Ticked, due, tick
from goldenthread.control.approvals.turns import Waits, how_it_waits
from goldenthread.control.approvals.vigilance import LONGEST_DELAY, Asked, ask_due, tick_vigilance
from goldenthread.control.approvals.vigilance_schema import VIGILANCE_SCHEMA
from goldenthread.control.approvals.voice import ANSWER_TYPE, INBOX_TYPE

__all__ = [
    "ANSWER_TYPE",
    "CLAIM_MINUTES",
    "INBOX_TYPE",
    "LARGEST_BATCH",
    "LONGEST_DELAY",
    "SELECT",
    "VIGILANCE_SCHEMA",
    "Answered",
    "Asked",
    "Before",
    "Consequence",
    "Dossier",
    "Doubt",
    "Due",
    "Inbox",
    "Item",
    "Limit",
    "Message",
    "Precedent",
    "Said",
    "Shown",
    "Source",
    "Spend",
    "Ticked",
    "Waits",
    "add_known",
    "ask_due",
    "claim_of",
    "clear",
    "deputies_of",
    "due",
    "how_it_waits",
    "moot_words",
    "reply_of_agent",
    "seen_of",
    "tick",
    "tick_vigilance",
    "unanswered",
]
