"""
The guard for agents and tools that are other processes: enforcing mode, without a word about HTTP.

Knows tokens, runs that a server works for others, signed permits and what tools report. Refuses to know transport,
and to believe an agent: what a run has seen comes from tools and from whoever gives the task. Invariants: only the
tool that a permit names consumes it and says what came of it; what was begun and never reported is in doubt;
a server that has not confirmed its state for a second answers nothing.
"""

from goldenthread.control.serving.access import FRESH_S, Access, Caller
from goldenthread.control.serving.acting import Answer, act
from goldenthread.control.serving.agents import Opened, declare_served, end, escalate_case, give_task, open_case, pause
from goldenthread.control.serving.effects import consume_permit, report_effect, report_read
from goldenthread.control.serving.house import FLIGHT_S, House
from goldenthread.control.serving.showing import show_run
from goldenthread.control.serving.tools import TOOL_DECLARE, declare_tool

__all__ = [
    "FLIGHT_S",
    "FRESH_S",
    "TOOL_DECLARE",
    "Access",
    "Answer",
    "Caller",
    "House",
    "Opened",
    "act",
    "consume_permit",
    "declare_served",
    "declare_tool",
    "end",
    "escalate_case",
    "give_task",
    "open_case",
    "pause",
    "report_effect",
    "report_read",
    "show_run",
]
