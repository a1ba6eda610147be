"""Which records become events, and what of a record an event says: one table, from which the reference is made too."""

from __future__ import annotations

from goldenthread.record.ledger import Record
from goldenthread.work.events.asking import ASKING
from goldenthread.work.events.event_type import EventType
from goldenthread.work.events.incidents import INCIDENTS
from goldenthread.work.events.signing import SIGNING

_ACTION = ("decision", "run", "case", "action?", "level")
_UNDO = ("undo", "decision", "run", "case", "action?")
_STOPPED = "From here on nothing there has effect, until two people lift it."
_LIFT = "A person said that a stop may be lifted; it is, when two have."

TYPES: tuple[EventType, ...] = (
    EventType(
        name="run.started",
        kind="run:start",
        words="An agent began to work on a case.",
        fields=("run", "case", "fingerprint", "contract_version", "level", "source"),
    ),
    EventType(
        name="run.ended",
        kind="run:end",
        words="It ended its work on the case.",
        fields=("run", "case", "fingerprint", "status"),
    ),
    EventType(
        name="run.degraded",
        kind="path:fault",
        words="A way of doing a step was out of order, so the agent went on in another, or gave up.",
        fields=("run", "case", "step", "path"),
    ),
    EventType(
        name="case.escalated",
        kind="run:escalate",
        words="The agent handed the case over.",
        fields=("run", "case", "item?"),
    ),
    EventType(
        name="action.decided",
        kind="action:decide",
        words="The guard decided about an action.",
        fields=(*_ACTION, "call", "verdict", "clause?", "contract_version", "fingerprint", "mode", "replay"),
    ),
    EventType(
        name="action.effected",
        kind="action:effect",
        where={"outcome": "done"},
        words="The action was carried out.",
        fields=(*_ACTION, "permit"),
    ),
    EventType(
        name="action.failed",
        kind="action:effect",
        where={"outcome": "failed"},
        words="The tool failed; what it takes for the same effect is on record, so it may be tried again.",
        fields=(*_ACTION, "permit"),
    ),
    EventType(
        name="action.in-doubt",
        kind="action:effect",
        where={"outcome": "unknown"},
        words="Nobody knows whether the effect happened; a person is asked to look.",
        fields=(*_ACTION, "permit?"),
    ),
    EventType(
        name="undo.ordered",
        kind="undo:order",
        words="A person ordered an effect to be taken back.",
        fields=_UNDO,
    ),
    EventType(
        name="undo.done",
        kind="undo:end",
        where={"outcome": "done"},
        words="The effect was taken back.",
        fields=_UNDO,
    ),
    EventType(
        name="undo.failed",
        kind="undo:end",
        where={"outcome": "failed"},
        words="The effect could not be taken back; another order may be given.",
        fields=_UNDO,
    ),
    EventType(
        name="undo.expired",
        kind="undo:end",
        where={"outcome": "expired"},
        words="The order to take the effect back was not carried out in time.",
        fields=_UNDO,
    ),
    EventType(
        name="undo.in-doubt",
        kind="undo:end",
        where={"outcome": "unknown"},
        words="Nobody knows whether the effect was taken back; a person is asked to look.",
        fields=(*_UNDO, "item?"),
    ),
    *ASKING,
    EventType(
        name="level.changed",
        kind="level:change",
        words="An agent earned a level, or lost it.",
        fields=("fingerprint", "contract_version", "from", "to", "verdict", "tripwire?", "suspends"),
    ),
    EventType(
        name="coverage.lost",
        kind="coverage:lost",
        words="Nobody who may approve is there any more, so the agent falls back as its contract says.",
        fields=("agent?",),
    ),
    EventType(
        name="coverage.back",
        kind="coverage:back",
        words="People who may approve are there again, and the agent has back what it had.",
        fields=("agent?",),
    ),
    EventType(
        name="outcome.read",
        kind="outcome:read",
        words="The values of an outcome line were read from their owner's data.",
        fields=("metric", "rows", "refused"),
    ),
    EventType(
        name="outcome.asked",
        kind="outcome:ask",
        words="An outcome is overdue, and its data owner is asked for it. Until it is there no level rises.",
        fields=("metric", "line", "due"),
    ),
    EventType(
        name="outcome.flagged",
        kind="outcome:flag",
        words="A red flag: adoption, workflow and business tell different stories.",
        fields=("flag", "contract_version"),
    ),
    EventType(
        name="outcome.unflagged",
        kind="outcome:unflag",
        words="A red flag's ground has gone.",
        fields=("flag",),
    ),
    *INCIDENTS,
    EventType(name="slice.stopped", kind="stop:set", words=f"A slice was stopped. {_STOPPED}", fields=("tool?",)),
    EventType(name="slice.stopped", kind="slice:suspend", words=f"A slice was stopped. {_STOPPED}", fields=("tool?",)),
    EventType(name="slice.lift-said", kind="stop:lift", words=_LIFT, fields=("stop",)),
    EventType(
        name="organisation.stopped",
        kind="stop:set",
        organisation=True,
        words=f"Everything was stopped, or a tool or product everywhere. {_STOPPED}",
        fields=("tool?", "product?"),
    ),
    EventType(name="organisation.lift-said", kind="stop:lift", organisation=True, words=_LIFT, fields=("stop",)),
    *SIGNING,
    EventType(
        name="rules.committed",
        kind="rules:version:commit",
        organisation=True,
        words="A version of the organisation's rules is on record.",
        fields=("version", "digest"),
    ),
    EventType(
        name="rules.signed",
        kind="rules:version:sign",
        organisation=True,
        words="Somebody signed a version of the organisation's rules.",
        fields=("version", "digest", "role"),
    ),
    EventType(
        name="problems.committed",
        kind="problems:version:commit",
        organisation=True,
        words="A version of the problem map is in force.",
        fields=("version", "digest"),
    ),
    EventType(
        name="fit.decided",
        kind="fit:approach:decide",
        organisation=True,
        words="A person decided how free the agent of a slice may be, as recommended or otherwise.",
        fields=("slice",),
    ),
    EventType(
        name="agent.declared",
        kind="agent:fingerprint:declare",
        words="An agent came with a fingerprint that was not there before.",
        fields=("agent", "fingerprint"),
    ),
    EventType(
        name="agent.refused",
        kind="agent:fingerprint:refuse",
        words="An agent did not start: its tools are not those of the contract.",
        fields=("agent", "fingerprint", "contract_version"),
    ),
    EventType(
        name="tool.breached",
        kind="tool:breach",
        words="A tool broke what the contract says of it.",
        fields=("run", "case", "action?", "decision?", "breach"),
    ),
    EventType(
        name="decision.breached",
        kind="decision:breach",
        words="A decision of the agent broke what the contract says of it.",
        fields=("run", "case", "choice", "breach"),
    ),
    EventType(
        name="case.erased",
        kind="case:erase",
        words="The content of a case was erased; delete what you have of it.",
        fields=("case",),
    ),
)
"""Every type, the more special one of a kind first."""

NAMES: tuple[str, ...] = tuple(dict.fromkeys(one.name for one in TYPES))


def kinds_of(names: frozenset[str], *, organisation: bool) -> tuple[str, ...]:
    """The kinds of record, on that sort of chain, of which an event of these types may be made."""
    wanted = (one.kind for one in TYPES if one.name in names and one.organisation is organisation)
    return tuple(sorted(set(wanted)))


def type_of(record: Record) -> EventType | None:
    """The type of event that a record is; None for one that is none."""
    return next((one for one in TYPES if one.covers(record)), None)
