"""
Approvals: the inbox, where people answer what the guard or an agent asks.

Knows items (approval, blind question, escalation, in-doubt effect), who may answer them, and what an answer
brings: a permit, an observation, a level change. Refuses to know how a question came about. Invariants: an
approval is signed, for exactly these arguments; an item is answered once; nobody answers for their own agent;
a blind question never shows the proposal; silence is never a yes.
"""

from goldenthread.control.approvals.inbox import ANSWER_TYPE, Inbox
from goldenthread.control.approvals.items import Item

__all__ = ["ANSWER_TYPE", "Inbox", "Item"]
