"""The fold over a whole chain, comparing as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from goldenthread.control.autonomy import Standing, Version, changes_due
from goldenthread.control.autonomy.outline import SignatureProblem
from goldenthread.control.guard import (
    Call,
    Decision,
    Facts,
    Policy,
    Situation,
    compile_policy,
    decide,
    decide_repeat,
)
from goldenthread.control.guard.desk import situation_of
from goldenthread.control.incidents import Incidents
from goldenthread.control.replay.everywhere import Everywhere
from goldenthread.control.replay.flags import Flags, difference
from goldenthread.control.replay.incidents import incident_problems
from goldenthread.control.replay.outcomes import outcome_problems
from goldenthread.control.replay.people import People
from goldenthread.control.replay.readable import unreadable
from goldenthread.control.rules import RulesProblem, unjudged
from goldenthread.control.stops import VoiceOf, nobody
from goldenthread.control.vigilance import WordProblem, unheard
from goldenthread.promise.errors import CaseErased, ContentMissing, GoldenthreadError
from goldenthread.promise.values import Json, Level, TrustMode
from goldenthread.record.ledger import Record

Open = Callable[[str], Json]
"""Digest of kept content -> the content; raises CaseErased."""


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """A record that the code of today would not have written."""

    slice: str
    seq: int
    kind: str
    words: str


@dataclass(kw_only=True)
class Replay:
    """What a replay of one slice found."""

    slice: str
    records: int = 0
    verdicts: int = 0
    levels: int = 0
    gone: int = 0  # verdicts whose arguments were erased
    mismatches: list[Mismatch] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True when everything that could be derived again came out the same."""
        return not self.mismatches


def replay_slice(
    slice_name: str,
    records: Iterable[Record],
    open_content: Open,
    signature_problem: SignatureProblem,
    *,
    organisation: Iterable[Record] = (),
    voice_of: VoiceOf = nobody,
    rules_problem: RulesProblem = unjudged,
    word_problem: WordProblem = unheard,
) -> Replay:
    """
    Derive every verdict and level of a slice again, up to the first record that cannot be read or makes no sense, and
    hold every permit that was used against what was stopped.

    Args:
        records: The whole chain, in order.
        open_content: Gives the kept arguments of an action.
        signature_problem: Judges contract signatures, as live.
        organisation: The organisation's chain, in order: its stops, lifts and rules, and who was there.
        voice_of: Judges words to lift a stop, as live; by default none of them lifts anything.
        rules_problem: Judges signatures under the organisation's rules, as live; by default none of them counts.
        word_problem: Judges an owner's word that clears an approver, as live; by default none of them counts.
    """
    chain, everywhere = tuple(records), tuple(organisation)
    replaying = _Replaying(
        found=Replay(slice=slice_name),
        standing=Standing(
            slice=slice_name,
            mode=TrustMode.COOPERATIVE,
            signature_problem=signature_problem,
            voice_of=voice_of,
            word_problem=word_problem,
        ),
        everywhere=Everywhere(everywhere, voice_of, rules_problem),
        people=People(everywhere),
        incidents=Incidents(slice=slice_name, word_problem=word_problem),
        open_content=open_content,
        erased=frozenset(_erased(chain)),
    )
    for record in chain:
        words = _stopped_at(replaying, record)
        if words is not None:
            _say(replaying.found, record.seq, record.kind, f"{words}, so nothing after it was replayed")
            return replaying.found
    for kind, words in replaying.flags.missing():
        _say(replaying.found, replaying.standing.seq, kind, words)
    if replaying.due is not None:
        words = f"a change to {replaying.due['to']} was due and is not on record"
        _say(replaying.found, replaying.standing.seq, "level:change", words)
    return replaying.found


@dataclass(kw_only=True)
class _Replaying:
    """A replay under way."""

    found: Replay
    standing: Standing
    everywhere: Everywhere
    people: People
    incidents: Incidents
    open_content: Open
    erased: frozenset[str]  # cases
    policies: dict[tuple[str, str | None], Policy] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)  # by decision
    actions: dict[str, str] = field(default_factory=dict)  # by decision
    due: dict[str, Any] | None = None
    flags: Flags = field(default_factory=Flags)

    def step(self, record: Record) -> None:
        """Hold one record against what came before it, then apply it."""
        self.found.records += 1
        _check_due(self.found, record, self.due)
        self.due = None
        for words in self.people.follow(self.standing, record):
            _say(self.found, record.seq, record.kind, words)
        if record.kind in ("action:decide", "permit:consume"):
            for words in self.everywhere.follow(record):
                _say(self.found, record.seq, record.kind, words)
        if record.kind == "action:decide":
            self.actions[record.data["decision"]] = record.data["action"]
            _check_verdict(self, record)
        elif record.kind == "permit:consume":
            self._check_use(record)
        elif record.kind in ("action:effect", "approval:answer"):
            self._follow(record)
        problems = [*self.flags.before(record), *outcome_problems(self.standing, record)]
        problems += incident_problems(self.standing, self.incidents, record)
        self.standing.apply(record)
        self.incidents.apply(record)
        self.due = _due(self.standing, record)
        if record.seq in self.standing.windows.refused:
            problems.append((record.kind, self.standing.windows.refused[record.seq]))
        if record.seq in self.incidents.refused:
            problems.append((record.kind, self.incidents.refused[record.seq]))
        for kind, words in (*problems, *self.flags.after(record, self.standing)):
            _say(self.found, record.seq, kind, words)

    def _check_use(self, record: Record) -> None:
        action = self.actions[record.data["decision"]]
        stops = self.standing.reached_by(self.everywhere.stops.in_force)
        stop = next((one for one in stops if one.covers(action)), None)
        if stop is not None:
            words = f"a permit for '{action}' was used while it was stopped ({stop.id})"
            _say(self.found, record.seq, record.kind, words)

    def _follow(self, record: Record) -> None:
        """What became of a call: what a person permitted instead, and whether its effect is on record."""
        data = record.data
        name = data["decision"] if record.kind == "action:effect" else data["action"]
        if name not in self.calls:
            return
        call = self.calls[name]
        permitted = data["permit"]["arguments"] if isinstance(data.get("permit"), dict) else None
        happened = data.get("outcome") == "done" or data.get("answer") == "happened"
        self.calls[name] = replace(
            call, arguments=call.arguments | ({permitted} if permitted else set()), done=call.done or happened
        )


def _erased(chain: Iterable[Record]) -> Iterator[str]:
    """The cases that were erased, by the records of it that can be read."""
    for record in chain:
        if record.kind == "case:erase" and unreadable(record) is None:
            yield record.data["case"]


def _stopped_at(replaying: _Replaying, record: Record) -> str | None:
    """Why a record cannot be followed, in words; None where it was."""
    problem = unreadable(record)
    if problem is not None:
        return f"this record cannot be read: {problem}"
    try:
        replaying.step(record)
    except (KeyError, AssertionError, GoldenthreadError) as error:
        return f"this record speaks of something that no record before it names ({type(error).__name__}: {error})"
    except (ArithmeticError, AttributeError, IndexError, RecursionError, TypeError, ValueError) as error:
        return f"this record cannot be read ({type(error).__name__}: {error})"
    return None


def _due(standing: Standing, record: Record) -> dict[str, Any] | None:
    """The level change that must come next, if the record brought evidence that demands one."""
    if record.kind not in ("case:observe", "level:change", "release:sign") or standing.contract is None:
        return None
    fingerprint = record.data["fingerprint"]
    due = next(changes_due(standing, fingerprint), None)
    return due.record(fingerprint, standing.contract.version) if due is not None else None


def _check_due(found: Replay, record: Record, due: Mapping[str, Any] | None) -> None:
    if record.kind == "level:change":
        found.levels += 1
        if due is None:
            _say(
                found,
                record.seq,
                record.kind,
                f"the evidence demands no change, but one to {record.data['to']} is on record",
            )
        elif dict(record.data) != dict(due):
            _say(found, record.seq, record.kind, difference(record.data, due))
    elif due is not None:
        _say(found, record.seq, "level:change", f"a change to {due['to']} was due before this record and is not there")


def _check_verdict(replaying: _Replaying, record: Record) -> None:
    found, data = replaying.found, record.data
    found.verdicts += 1
    replaying.calls[data["decision"]] = Call(
        run=data["run"], ordinal=data["call"], arguments=frozenset({data["arguments"]})
    )
    if data["case"] in replaying.erased:
        found.gone += 1
        return
    try:
        arguments = replaying.open_content(data["arguments"])
    except CaseErased:  # A crash came between the erasure and its record.
        found.gone += 1
        return
    except ContentMissing:
        _say(found, record.seq, record.kind, "its arguments are not stored, and its case was not erased")
        return
    version = replaying.standing.in_force or replaying.standing.latest
    if version is None or not isinstance(arguments, dict):
        _say(found, record.seq, record.kind, "no contract was on record when this was decided")
        return
    situation = situation_of(
        replaying.standing,
        data["fingerprint"],
        replay=data["replay"],
        everywhere=replaying.everywhere.stops,
        rules=replaying.everywhere.rules.in_force,
        cap=Level(data["cap"]) if data.get("cap") is not None else None,
    )
    # By the mode of the process that decided: an agent may be served, and people answer at a terminal.
    situation = replace(situation, mode=TrustMode(data.get("mode", TrustMode.COOPERATIVE)))
    decision = _decide_again(replaying, version, situation, data, arguments)
    now = {
        "level": situation.effective_level.value,
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "clause": decision.clause,
    }
    then = {name: data[name] for name in now}
    if now != then:
        _say(found, record.seq, record.kind, difference(then, now))


def _decide_again(
    replaying: _Replaying,
    version: Version,
    situation: Situation,
    data: Mapping[str, Any],
    arguments: Mapping[str, Json],
) -> Decision:
    rules = situation.rules
    key = (version.digest, rules.digest if rules is not None else None)
    if key not in replaying.policies:
        replaying.policies[key] = compile_policy(version.contract, rules.laws if rules is not None else ())
    policy = replaying.policies[key]
    facts = Facts.of_record(data.get("facts") or {})
    decision = decide(policy, situation, data["action"], arguments, facts)
    if data["repeats"] is None:
        return decision
    declared = version.contract.actions.get(data["action"])
    this, before = replaying.calls[data["decision"]], replaying.calls[data["repeats"]]
    keyed = declared is not None and declared.key is not None
    return decide_repeat(decision, data["action"], this, before, keyed=keyed)


def _say(found: Replay, seq: int, kind: str, words: str) -> None:
    found.mismatches.append(Mismatch(slice=found.slice, seq=seq, kind=kind, words=words))
