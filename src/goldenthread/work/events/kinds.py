"""Which records become events, and what of a record an event says: one table, from which the reference is made too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from goldenthread.record.ledger import ORGANISATION, Record

PREFIX = "goldenthread."

FIELDS: Mapping[str, tuple[str, str]] = {
    "slice": ("string", "The slice; absent for what concerns the whole organisation."),
    "record": ("string", "Where it stands on the ledger, as `refunds#41`."),
    "link": ("string", "The console's page about it, where GOLDENTHREAD_CONSOLE_URL says where the console is."),
    "case": ("string", "The case's pseudonym on the ledger, 32 hex digits; never its own name."),
    "run": ("string", "The run's id."),
    "decision": ("string", "The id of the decision about one action; the action keeps it to its end."),
    "call": ("integer", "The action's ordinal in its run, from 0."),
    "action": ("string", "The action's name in the contract; absent where a person decides the case unseen."),
    "fingerprint": ("string", "What the agent is made of, as a digest."),
    "agent": ("string", "The agent's name."),
    "contract_version": ("integer", "The version of the contract that it was held to."),
    "level": ("string", "The level it was decided at."),
    "verdict": ("string", "`allow`, `ask`, `draft` or `deny`; of a gate `promote`, `hold` or `demote`."),
    "clause": ("string", "The clause of the contract that decided; absent where `action` is."),
    "mode": ("string", "The trust mode, `cooperative` or `enforcing`."),
    "replay": ("boolean", "Whether the case was decided by people before, so that nothing has effect."),
    "source": ("string", "Where the case comes from: `live`, or `replay`."),
    "status": ("string", "How the run ended: `done`, `fault`, `superseded` and others."),
    "item": ("string", "The id of the item in the inbox."),
    "kind": ("string", "`approval`, `blind question`, `escalation` or `in-doubt effect`."),
    "answer": ("string", "What the person said: `approve`, `edit`, `reject`, `answer`, `happened`, `did not happen`."),
    "due": ("string", "Until when it was to be answered, ISO 8601."),
    "permit": ("string", "The permit's id."),
    "from": ("string", "The level before."),
    "to": ("string", "The level after."),
    "tripwire": ("string", "The clause of the tripwire that rang."),
    "suspends": ("boolean", "Whether the slice stands still from here on."),
    "tool": ("string", "The only tool that is stopped, by its action's name; absent where everything there is."),
    "product": ("string", "The only product that is stopped."),
    "stop": ("string", "The stop that may be lifted, by its place."),
    "version": ("integer", "The version of the contract, or of the organisation's rules."),
    "digest": ("string", "The digest of that version."),
    "role": ("string", "The role under which it was signed."),
    "breach": ("string", "What was broken: `takes`, `gives`, `within` or `tries`."),
    "choice": ("string", "The agent's own decision that broke its contract, by name."),
}
"""Every field that an event's data may have: its JSON type, and what it says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventType:
    """
    One type of event. It stands for records of `kind` whose data has all of `where`, on a slice's chain or on the
    organisation's. `fields` beyond `slice`, `record` and `link`; what ends with '?' may be absent. `called` are fields
    that the record calls otherwise, `says` those that it has no word for.
    """

    name: str
    kind: str
    words: str
    fields: tuple[str, ...]
    where: Mapping[str, str] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    organisation: bool = False

    @property
    def full_name(self) -> str:
        """As the CloudEvents attribute `type` has it."""
        return PREFIX + self.name

    def covers(self, record: Record) -> bool:
        """Whether that record is an event of this type."""
        return (
            record.kind == self.kind
            and (record.chain == ORGANISATION) is self.organisation
            and all(record.data.get(name) == value for name, value in self.where.items())
        )


_ACTION = ("decision", "run", "case", "action?", "level")
_ASKED = ("item", "kind", "run?", "case?", "decision?", "action?", "level?")
_ANSWERED = ("item", "answer", "run?", "case?", "decision?")
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
        name="approval.asked",
        kind="approval:ask",
        words="Something waits for a person.",
        fields=_ASKED,
    ),
    EventType(
        name="approval.asked",  # a known case mixed in must look like any other
        kind="vigilance:ask",
        words="Something waits for a person.",
        fields=_ASKED,
        called={"action": "name"},
        says={"kind": "approval"},
    ),
    EventType(
        name="approval.claimed",
        kind="approval:claim",
        words="A person is at the item.",
        fields=("item", "run?", "case"),
    ),
    EventType(
        name="approval.released",
        kind="approval:release",
        words="Nobody is at the item any more.",
        fields=("item", "run?", "case"),
    ),
    EventType(
        name="approval.handed-over",
        kind="approval:handover",
        words="The item is with another person now.",
        fields=("item", "run?", "case"),
    ),
    EventType(
        name="approval.questioned",
        kind="approval:question",
        words="A person asked something back before they answer.",
        fields=("item", "run?", "case"),
    ),
    EventType(
        name="approval.replied",
        kind="approval:reply",
        words="Somebody replied to what a person asked back.",
        fields=("item", "run?", "case"),
    ),
    EventType(
        name="approval.reminded",
        kind="approval:remind",
        words="Half of the time to answer is over.",
        fields=("item", "kind?", "run?", "case"),
    ),
    EventType(
        name="approval.overdue",
        kind="approval:overdue",
        words="The time to answer is over; the item went to the next step of the contract's path, if there is one.",
        fields=("item", "kind?", "run?", "case", "due"),
    ),
    EventType(
        name="approval.expired",
        kind="approval:expire",
        words="Nobody answered in time. What was asked for does not happen.",
        fields=("item", "run?", "case", "decision?", "due?"),
    ),
    EventType(
        name="approval.escalated",
        kind="approval:answer",
        where={"answer": "escalate"},
        words="A person handed the item to the next step of the contract's path; it still waits.",
        fields=("item", "run?", "case", "decision?"),
    ),
    EventType(
        name="approval.answered",
        kind="approval:answer",
        words="A person answered the item.",
        fields=_ANSWERED,
    ),
    EventType(
        name="approval.answered",
        kind="vigilance:answer",
        words="A person answered the item.",
        fields=_ANSWERED,
    ),
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
    EventType(
        name="contract.committed",
        kind="contract:version:commit",
        words="A version of a contract is on record.",
        fields=("version", "digest"),
    ),
    EventType(
        name="contract.signed",
        kind="contract:version:sign",
        words="Somebody signed a version.",
        fields=("version", "digest", "role"),
    ),
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
