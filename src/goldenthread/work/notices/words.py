"""What a notice says: short, and nothing of a case's content or of a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from goldenthread.work.events import Event, page_of

MOST_LINES = 20

_ASKED = {
    "approval": "an approval waits",
    "blind question": "a case waits to be decided before the proposal is seen",
    "escalation": "a case that the agent handed over waits",
    "in-doubt effect": "somebody must look whether an effect happened",
    "in-doubt undo": "somebody must look whether an effect was taken back",
}
_SAID: Mapping[str, str] = {
    "approval.escalated": "an item was handed on, and waits",
    "approval.handed-over": "an item was handed over to another person",
    "approval.overdue": "an item is overdue",
    "approval.reminded": "half of the time to answer an item is over",
    "approval.expired": "nobody answered an item in time, so what it asked for does not happen",
    "approval.questioned": "somebody asked something back",
    "approval.replied": "somebody replied to what was asked back",
    "approval.answered": "an item was answered",
    "approval.claimed": "somebody is at an item",
    "approval.released": "nobody is at an item any more",
    "coverage.lost": "nobody who may approve is there, so the agent falls back",
    "coverage.back": "people who may approve are there again",
    "organisation.stopped": "everything, or one tool or product, was stopped in every slice",
    "slice.stopped": "the slice, or one tool in it, was stopped",
    "case.escalated": "the agent handed a case over",
    "undo.ordered": "an effect is to be taken back",
    "undo.failed": "an effect could not be taken back",
    "action.in-doubt": "nobody knows whether an effect happened",
    "action.failed": "an action failed",
    "outcome.asked": "an outcome is overdue, and no level rises until its owner has reported it",
    "outcome.flagged": "a red flag stands: adoption, workflow and business tell different stories",
    "incident.opened": "something is not as it must be, and its owner is asked to look",
    "incident.added": "the ground of an open incident showed itself again",
    "incident.taken": "somebody is at an incident",
    "incident.noted": "somebody said what they found of an incident",
    "incident.recovered": "an incident is over, and waits to be closed",
    "incident.closed": "an incident was closed",
    "contract.committed": "a version of the contract is on record, for those whom it names to sign",
    "contract.signed": "somebody signed a version of the contract",
    "contract.refused": "somebody refused to sign a version of the contract",
    "release.signed": "somebody signed a release of the agent",
    "release.refused": "somebody does not sign a release of the agent, so it goes no higher than draft",
}

ASKS_TO_SIGN = ("contract.asked", "contract.reminded", "release.asked", "release.reminded")
"""Told only to those whose signature is still waited for."""


Reach = Callable[[str], str | None]
"""The link to a page of the console; None where nobody said where the console is."""


def line(event: Event, reach: Reach) -> str:
    """One event in a line, with the way to look at it."""
    name = event.type.partition(".")[2]
    place = event.data.get("slice") or "everywhere"
    item = event.data.get("item")
    link = reach(page_of(event.chain, event.data))
    way = link or (f"`goldenthread inbox show {str(item)[:8]}`" if item else _look(name, event))
    return f"- {place}: {_words(name, event)}{f': {way}' if way else ''}"


def title(events: Sequence[Event]) -> str:
    """The subject: how much waits, and how much else is told."""
    waiting = sum(is_waiting(event) for event in events)
    other = len(events) - waiting
    parts = [f"{waiting} {'thing waits' if waiting == 1 else 'things wait'} for an answer"] if waiting else []
    parts += [f"{other} {'change' if other == 1 else 'changes'}"] if other else []
    return f"goldenthread: {', '.join(parts)}"


def body(events: Sequence[Event], reach: Reach) -> str:
    """All of it, what waits first; the oldest twenty where there are more."""
    ordered = [event for event in events if is_waiting(event)] + [event for event in events if not is_waiting(event)]
    lines = list(dict.fromkeys(line(event, reach) for event in ordered[:MOST_LINES]))
    more = len(ordered) - MOST_LINES
    if more > 0:
        lines.append(f"... and {more} more; `goldenthread inbox list` shows what waits.")
    return "\n".join([*lines, "", "A link shows a page, and answers nothing. Answer with the key that is yours."])


def is_waiting(event: Event) -> bool:
    """Whether an event says that an item, or a signature, waits for somebody."""
    name = event.type.partition(".")[2]
    return name in (
        "approval.asked",
        "approval.escalated",
        "approval.handed-over",
        "approval.overdue",
        "approval.reminded",
        *ASKS_TO_SIGN,
    )


def asks_to_sign(event: Event) -> bool:
    """Whether an event says that somebody's signature is waited for."""
    return event.type.partition(".")[2] in ASKS_TO_SIGN


def _look(name: str, event: Event) -> str:
    """The command that shows what is to be signed."""
    if name.startswith("incident."):
        return f"`goldenthread incident show {event.data.get('incident') or event.data.get('record')}`"
    if name.startswith("contract."):
        return f"`goldenthread contract show {event.chain} --version {event.data.get('version')}`"
    if name.startswith("release."):
        return f"`goldenthread release show {event.chain} {_short(event)}`"
    return ""


def _short(event: Event) -> str:
    return str(event.data.get("fingerprint", "")).removeprefix("sha256:")[:12]


def _words(name: str, event: Event) -> str:
    if name == "approval.asked":
        return _ASKED.get(str(event.data.get("kind")), "something waits for an answer")
    if name in ASKS_TO_SIGN:
        still = " still" if name.endswith("reminded") else ""
        of = f"version {event.data.get('version')} of the contract"
        what = f"release {_short(event)} of the agent" if name.startswith("release.") else of
        return f"{what}{still} waits for your signature"
    if name == "level.changed":
        agent, before, after = (str(event.data.get(key, "")) for key in ("fingerprint", "from", "to"))
        still = ", and the slice stands still" if event.data.get("suspends") else ""
        return f"the agent {agent[:19]} went from {before} to {after}{still}"
    return _SAID.get(name, name.replace(".", " "))
