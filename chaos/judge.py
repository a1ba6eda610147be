"""
The judge: what the world outside wrote into its book, held against the ledger. It believes no process of the scene.

Every check says how much it looked at; one that had nothing to look at is a finding of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos.book import Delivery
from chaos.record import Recorded, read
from goldenthread.control.replay import replay_slice
from goldenthread.control.rules import RULES_KINDS, rules_signatures
from goldenthread.control.stops import STOP_KINDS, voices
from goldenthread.record.audit import export
from goldenthread.record.ledger import ORGANISATION, Ledger, load_checkpoints, verify
from goldenthread.record.principals import contract_signature_problem, load_principals
from goldenthread.record.store import Home

ENDED = ("done", "drafted", "denied", "escalated", "fault", "cancelled")
_ANSWERS = frozenset({"approve", "edit", "reject", "answer", "happened", "did not happen"})


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that must hold: how much was looked at, and what was found against it."""

    name: str
    looked_at: int
    findings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether it holds, and there was something to look at."""
        return not self.findings and self.looked_at > 0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """
    What is judged.

    Args:
        deliveries: The book.
        recorded: The ledger's word.
        digest: (case reference, arguments) -> as permits name them.
        states: (slice, case) -> where it stands, for every case that was handed in.
        case_ref: (slice, case) -> as the ledger names it.
        open_items: Inbox items that nobody answered.
        findings: What people noticed while they answered.
    """

    deliveries: Sequence[Delivery]
    recorded: Recorded
    digest: Callable[[str, Mapping[str, object]], str]
    states: Mapping[tuple[str, str], str]
    case_ref: Callable[[str, str], str]
    open_items: Sequence[str]
    findings: Sequence[str]


def judge(seen: Seen) -> list[Check]:
    """Everything that the book and the ledger say about effects and runs."""
    effects = [one for one in seen.deliveries if one.effect]
    keyed = [one for one in effects if one.key is not None]
    unkeyed = [one for one in effects if one.key is None]
    done = [case for case, state in seen.states.items() if state == "done"]
    return [
        _check("every effect has a permit, consumed for exactly these arguments", effects, _unpermitted(seen)),
        _check("no effect twice under one idempotency key", keyed, _twice_keyed(keyed)),
        _check("no effect twice without a key", unkeyed, _twice_unkeyed(unkeyed)),
        _check("no permit used twice", seen.recorded.consumed, _used_twice(seen.recorded)),
        _check("every case handed in has ended", seen.states, _lost(seen)),
        _check("what ended as done happened", done, _missing(seen, done)),
        _check("every run in the ledger has its end", seen.recorded.runs, _open_runs(seen.recorded)),
        _check("every effect begun has an outcome, or was a question", seen.recorded.of_decision, _silent(seen)),
        _check("every question was answerable, and answered once", seen.recorded.said, _answers(seen)),
    ]


def judge_ledger(ledger: Ledger, slices: Sequence[str], folder: Path) -> list[Check]:
    """The ledger verifies, replays to the same verdicts and levels, and an auditor's copy of it verifies alone."""
    principals = load_principals(ledger)
    checkpoints = load_checkpoints(Home(folder / "home").checkpoints)
    verified = verify(ledger, checkpoints, list(principals.keys_held("sealer")))
    checks = [_check("the ledger verifies", range(verified.records), (one.words for one in verified.findings))]
    organisation = list(ledger.read(ORGANISATION, kinds=(*STOP_KINDS, *RULES_KINDS)))
    replays = [
        replay_slice(
            name,
            ledger.read(name),
            ledger.open,
            lambda contract, record: contract_signature_problem(principals, contract, record),
            organisation=organisation,
            voice_of=voices(lambda: principals),
            rules_problem=rules_signatures(lambda: principals),
        )
        for name in slices
    ]
    mismatches = [f"{one.slice}#{one.seq} ({one.kind}): {one.words}" for found in replays for one in found.mismatches]
    verdicts = range(sum(found.verdicts for found in replays))
    checks.append(_check("every verdict and level replays the same", verdicts, mismatches))
    written = export(ledger, principals, checkpoints, folder / "audit", made_at=ledger.clock())
    said = subprocess.run(
        [sys.executable, str(written.path / "verify.py"), str(written.path)],
        check=False,
        capture_output=True,
        text=True,
    )
    words = [] if said.returncode == 0 else [(said.stdout + said.stderr).strip()[-2000:]]
    checks.append(_check("the auditor's copy verifies", range(written.records), words))
    return checks


def look(
    ledger: Ledger,
    slices: Sequence[str],
    deliveries: Sequence[Delivery],
    *,
    states: Mapping[tuple[str, str], str],
    open_items: Sequence[str],
    findings: Sequence[str],
) -> Seen:
    """What there is to judge."""
    vault = ledger.vault
    return Seen(
        deliveries=deliveries,
        recorded=read(ledger, slices),
        digest=lambda case_ref, arguments: vault.digest(case_ref, dict(arguments)),  # type: ignore[arg-type]
        states=states,
        case_ref=vault.ref,
        open_items=open_items,
        findings=findings,
    )


def _check(name: str, looked_at: object, findings: Iterator[str] | Sequence[str]) -> Check:
    return Check(name=name, looked_at=len(looked_at), findings=tuple(findings))  # type: ignore[arg-type]


def _unpermitted(seen: Seen) -> Iterator[str]:
    recorded = seen.recorded
    for one in seen.deliveries:
        permits = [one.permit] if one.permit else recorded.of_decision.get(one.decision or "", [])
        used = [recorded.permits[id] for id in permits if recorded.consumed[id] and id in recorded.permits]
        if not used:
            yield f"delivery {one.number} ({one.action}) has no permit that was consumed"
        elif not any(_fits(seen, one, terms) for terms in used):
            yield f"delivery {one.number} ({one.action}) is not what its permit was given for: {dict(one.arguments)}"


def _fits(seen: Seen, one: Delivery, terms: Mapping[str, object]) -> bool:
    return terms["action"] == one.action and seen.digest(str(terms["case"]), one.arguments) == terms["arguments"]


def _twice_keyed(effects: Sequence[Delivery]) -> Iterator[str]:
    for (action, key), count in Counter((one.action, one.key) for one in effects).items():
        if count > 1:
            yield f"{action} took effect {count} times under the key {key}"


def _twice_unkeyed(effects: Sequence[Delivery]) -> Iterator[str]:
    """A subject is one customer's one request."""
    by_subject: dict[str, list[Delivery]] = defaultdict(list)
    for one in effects:
        by_subject[str(one.arguments["subject"])].append(one)
    for subject, several in by_subject.items():
        if len(several) > 1:
            where = ", ".join(f"delivery {one.number} on {one.decision or one.permit}" for one in several)
            yield f"money was sent {len(several)} times for {subject}: {where}"


def _used_twice(recorded: Recorded) -> Iterator[str]:
    for permit, count in recorded.consumed.items():
        if count > 1:
            yield f"permit {permit} was consumed {count} times"
        if permit not in recorded.permits:
            yield f"permit {permit} was consumed, and nobody gave it"


def _lost(seen: Seen) -> Iterator[str]:
    for (slice_name, case), state in seen.states.items():
        if state not in ENDED:
            yield f"case {case} of {slice_name} is {state}"


def _missing(seen: Seen, done: Sequence[tuple[str, str]]) -> Iterator[str]:
    happened = {
        str(one.arguments.get("request", one.arguments.get("subject"))) for one in seen.deliveries if one.effect
    }
    for slice_name, case in done:
        if case not in happened:
            yield f"case {case} of {slice_name} ended as done, and nothing happened"


def _open_runs(recorded: Recorded) -> Iterator[str]:
    for (slice_name, case), runs in recorded.runs.items():
        for run, status in runs.items():
            if status is None:
                yield f"run {run} of {slice_name} (case {case}) never ended"


def _silent(seen: Seen) -> Iterator[str]:
    """A keyed effect that was begun by a process that died is done again; without a key a person is asked."""
    recorded = seen.recorded
    for decision in recorded.of_decision:
        if not recorded.outcomes.get(decision):
            yield f"action {decision} was begun, and nothing on record says what came of it"
        elif "unknown" in recorded.outcomes[decision] and not recorded.doubts.get(decision):
            yield f"action {decision} is in doubt, and nobody was asked"


def _answers(seen: Seen) -> Iterator[str]:
    yield from seen.findings
    for item in seen.open_items:
        yield f"item {item} ({seen.recorded.asked.get(item, 'not on record')}) is still open"
    for item, answers in seen.recorded.said.items():
        last = [answer for answer in answers if answer in _ANSWERS]
        if len(last) > 1:
            yield f"item {item} was answered {len(last)} times: {', '.join(last)}"


def as_json(checks: Sequence[Check]) -> str:
    """For whoever wants to keep it."""
    return json.dumps([{"name": one.name, "looked_at": one.looked_at, "findings": one.findings} for one in checks])
