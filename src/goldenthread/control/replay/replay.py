"""The fold over a whole chain, comparing as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenthread.control.autonomy import Standing, evaluate
from goldenthread.control.autonomy.standing import SignatureProblem
from goldenthread.control.guard import Policy, compile_policy, decide
from goldenthread.control.guard.desk import situation_of
from goldenthread.promise.errors import CaseErased
from goldenthread.promise.values import Json, TrustMode
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
    slice_name: str, records: Iterable[Record], open_content: Open, signature_problem: SignatureProblem
) -> Replay:
    """
    Derive every verdict and level of a slice again.

    Args:
        records: The whole chain, in order.
        open_content: Gives the kept arguments of an action.
        signature_problem: Judges contract signatures, as live.
    """
    found = Replay(slice=slice_name)
    standing = Standing(slice=slice_name, mode=TrustMode.COOPERATIVE, signature_problem=signature_problem)
    policies: dict[str, Policy] = {}
    due: dict[str, Any] | None = None
    for record in records:
        found.records += 1
        _check_due(found, record, due)
        if record.kind == "action:decide":
            _check_verdict(found, standing, record, policies, open_content)
        standing.apply(record)
        due = _due(standing, record)
    if due is not None:
        _say(found, standing.seq, "level:change", f"a change to {due['to']} was due and is not on record")
    return found


def _due(standing: Standing, record: Record) -> dict[str, Any] | None:
    """The level change that must come next, if the record brought evidence that demands one."""
    if record.kind not in ("case:observe", "level:change") or standing.contract is None:
        return None
    fingerprint = record.data["fingerprint"]
    evaluation = evaluate(standing, fingerprint)
    return evaluation.record(fingerprint, standing.contract.version) if evaluation.moves else None


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
            _say(found, record.seq, record.kind, _difference(record.data, due))
    elif due is not None:
        _say(found, record.seq, "level:change", f"a change to {due['to']} was due before this record and is not there")


def _check_verdict(
    found: Replay, standing: Standing, record: Record, policies: dict[str, Policy], open_content: Open
) -> None:
    found.verdicts += 1
    data = record.data
    try:
        arguments = open_content(data["arguments"])
    except CaseErased:
        found.gone += 1
        return
    version = standing.in_force or standing.latest
    if version is None or not isinstance(arguments, dict):
        _say(found, record.seq, record.kind, "no contract was on record when this was decided")
        return
    policy = policies.setdefault(version.digest, compile_policy(version.contract))
    situation = situation_of(standing, data["fingerprint"], replay=data["replay"])
    decision = decide(policy, situation, data["action"], arguments)
    now = {"verdict": decision.verdict.value, "reason": decision.reason, "clause": decision.clause}
    then = {name: data[name] for name in now}
    if now != then and not data.get("repeats"):
        _say(found, record.seq, record.kind, _difference(then, now))


def _difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    changed = [name for name in now if then.get(name) != now[name]]
    return "; ".join(f"{name} is {then.get(name)!r} on record, and replays as {now[name]!r}" for name in changed)


def _say(found: Replay, seq: int, kind: str, words: str) -> None:
    found.mismatches.append(Mismatch(slice=found.slice, seq=seq, kind=kind, words=words))
