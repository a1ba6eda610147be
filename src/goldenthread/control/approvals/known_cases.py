"""Where checks come from: cases that an expert gives, and cases that people decided before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from goldenthread.control.guard import Decision, Desk, Seen, Sign, Writing, argument_problem, decide, find_facts, new_id
from goldenthread.control.vigilance import Known, Past, altered, as_it_was
from goldenthread.promise.errors import CaseErased, ChecksInvalid, ContentMissing
from goldenthread.promise.values import Effect, Json, Verdict, digest
from goldenthread.record.metrics import Proposal

CHECKS_TYPE = "application/vnd.goldenthread.checks+json"
"""Payload type of an expert's signature under known cases (DSSE)."""

MAY_GIVE = ("expert", "owner", "data-owner")

FINE = 4
"""Of checks made of past cases, one in so many is left as people decided it: else every check would be a no."""

_TRIED = 20  # past cases looked at to make one check


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """
    A known case that the guard would ask about now, and in which words.

    `excluded` are people whose own word the right answer is: theirs does not count.
    """

    key: str
    case_ref: str
    known: Known
    decision: Decision
    excluded: tuple[str, ...]


def add_known(desk: Desk, cases: Sequence[Known], by: str, sign: Sign) -> int:
    """
    Put known cases on record, sealed, for checks to be made of. One signature of `by` covers all of them.

    Returns:
        How many are new.

    Raises:
        NotPermitted: `by` is no expert, owner or data owner of the slice.
        ChecksInvalid: The contract has no such action, or only reads by it, or the tool takes other arguments.
        KeyMissing, KeyLocked, SignatureInvalid: `by` cannot sign here.
    """
    desk.principals().require_role(by, MAY_GIVE, desk.slice)
    with desk.transaction() as writing:
        new = dict(_new(writing, cases))
        if not new:
            return 0
        listed: list[Json] = [[identity, *content] for identity, content in new.items()]
        said: dict[str, Json] = {"slice": desk.slice, "count": len(new), "checks": digest(listed)}
        envelope = dict(sign(by, CHECKS_TYPE, said))
        desk.principals().require_signed(by, envelope, CHECKS_TYPE, said)
        record = writing.append("vigilance:add", {**said, "cases": listed, "envelope": envelope}, by=by)
        for identity, (case_ref, content) in new.items():
            writing.execute(
                "insert into vigilance_known (id, slice, case_ref, content, given_by, seq)"
                " values (%s, %s, %s, %s, %s, %s)",
                identity,
                desk.slice,
                case_ref,
                content,
                by,
                record.seq,
            )
        return len(new)


def candidate(writing: Writing, fingerprint: str, seed: str) -> Candidate | None:
    """A known case that was never asked and that the guard would ask about now; an expert's before a past one."""
    for found in (*_given(writing), *_past(writing, seed)):
        decision = _decided(writing, fingerprint, found.known)
        if decision.verdict is Verdict.ASK:
            return Candidate(
                key=found.key,
                case_ref=found.case_ref,
                known=found.known,
                decision=decision,
                excluded=found.excluded,
            )
    return None


@dataclass(frozen=True, kw_only=True)
class _Found:
    key: str
    case_ref: str
    known: Known
    excluded: tuple[str, ...]


def _new(writing: Writing, cases: Sequence[Known]) -> Iterator[tuple[str, tuple[str, str]]]:
    rows = writing.rows("select content from vigilance_known where slice = %s", writing.desk.slice)
    before = {row["content"] for row in rows}
    for known in cases:
        _require_askable(writing, known)
        case_ref = writing.desk.ledger.vault.ref(writing.desk.slice, known.case)
        content = writing.tx.keep(case_ref, known.record())
        if content not in before:
            before.add(content)
            yield new_id(), (case_ref, content)


def _require_askable(writing: Writing, known: Known) -> None:
    declared = writing.contract().actions.get(known.action)
    if declared is None or declared.effect is Effect.READ:
        acting = ", ".join(name for name, one in writing.contract().actions.items() if one.effect is not Effect.READ)
        raise ChecksInvalid(
            f"Case '{known.case}' proposes '{known.action}', and nobody is asked about that; the contract's actions "
            f"with an effect are {acting or 'none'}. Name one of these."
        )
    problem = argument_problem(declared, known.arguments)
    if problem is not None:
        raise ChecksInvalid(
            f"Case '{known.case}': '{known.action}' can't be done so: {problem}. Give it what the contract says."
        )


def _given(writing: Writing) -> Iterator[_Found]:
    rows = writing.rows(
        "select * from vigilance_known k where slice = %s and not exists"
        " (select 1 from vigilance_item v where v.slice = k.slice and v.known = k.id) order by seq, id limit %s",
        writing.desk.slice,
        _TRIED,
    )
    for row in rows:
        if not writing.desk.ledger.vault.is_erased(row["case_ref"]):
            known = Known.of_record(writing.content(row["content"]))
            yield _Found(key=row["id"], case_ref=row["case_ref"], known=known, excluded=(row["given_by"],))


def _past(writing: Writing, seed: str) -> Iterator[_Found]:
    """Checks made of cases that were decided before and that the agent has worked since: of these the task is known."""
    rows = writing.rows(
        "select d.case_ref, d.decision, d.seq, min(r.input) as input from recorded_decision d"
        " join run r on r.slice = d.slice and r.case_ref = d.case_ref and r.source = 'replay'"
        " where d.slice = %s and not exists"
        " (select 1 from vigilance_item v where v.slice = d.slice and v.known = d.case_ref)"
        " group by d.case_ref, d.decision, d.seq order by md5(d.case_ref || %s) limit %s",
        writing.desk.slice,
        seed,
        _TRIED,
    )
    opened = [(row, past) for row in rows if (past := _open(writing, row)) is not None]
    every = [past for _row, past in opened]
    for number, (row, past) in enumerate(opened):
        declared = writing.contract().actions.get(past.action)
        fine = int(writing.desk.ledger.vault.ref("vigilance:fine", row["case_ref"]), 16) % FINE == 0
        others = every[number + 1 :] + every[:number]
        known = as_it_was(past) if fine else altered(past, others, declared)
        if known is not None:
            yield _Found(key=row["case_ref"], case_ref=row["case_ref"], known=known, excluded=_said_by(writing, row))


def _open(writing: Writing, row: dict[str, Any]) -> Past | None:
    try:
        task, decided = writing.content(row["input"]), writing.content(row["decision"])
    except (CaseErased, ContentMissing):
        return None
    return Past(case=str(task["case"]), given=task["input"], action=decided["action"], arguments=decided["arguments"])


def _said_by(writing: Writing, row: dict[str, Any]) -> tuple[str, ...]:
    """Who put the decision on record."""
    records = writing.tx.read(writing.desk.slice, after=row["seq"] - 1, kinds=("case:decision:record",))
    return tuple(record.by for record in records if record.seq == row["seq"])


def _decided(writing: Writing, fingerprint: str, known: Known) -> Decision:
    """What the guard would say now if an agent proposed this: a check that it would not ask about gives itself away."""
    contract, situation = writing.contract(), writing.situation(fingerprint, replay=False)
    policy = writing.desk.policy(contract, situation)
    proposal = Proposal(action=known.action, arguments=known.arguments)
    facts = find_facts(policy, contract, Seen(dict(known.given)), proposal.action, proposal.arguments)
    return decide(policy, situation, proposal.action, proposal.arguments, facts)
