"""A slice's ledger as a story told record by record: no database, the same fold as live and on replay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from goldenthread.control.autonomy import Evaluation, Qualification, Standing, changes_due, evaluate
from goldenthread.control.stops import Voice
from goldenthread.promise.contract import ClauseEvidence, parse_contract
from goldenthread.promise.values import Level
from goldenthread.record.ledger import Record
from worlds import contract_text

SLICE = "refunds"
FIRST = "sha256:first"
SECOND = "sha256:second"
BEGIN = datetime(2026, 11, 2, 9, tzinfo=UTC)


def anybody(*_: object) -> Voice:
    """Every word to lift counts."""
    return Voice(problem=None, leads=True)


class Story:
    """One slice: people sign versions, agents work cases, and levels move when the evidence says so."""

    def __init__(self, **wanted: Any) -> None:
        self.standing = Standing(slice=SLICE, signature_problem=lambda _contract, _record: None, voice_of=anybody)
        self.changes: list[dict[str, Any]] = []
        self.pace: timedelta = wanted.pop("pace", timedelta(minutes=1))
        self._seq = count(1)
        self._names = count(1)
        if wanted.pop("signed", True):
            self.sign(contract_text(SLICE, **wanted))
        self.declare(FIRST)

    def tell(self, kind: str, data: dict[str, Any], by: str = "goldenthread") -> Record:
        """The next record of the slice."""
        seq = next(self._seq)
        at = BEGIN + self.pace * seq
        record = Record(chain=SLICE, seq=seq, at=at, kind=kind, by=by, data=data, prev="", hash="", body=b"")
        self.standing.apply(record)
        return record

    def sign(self, text: str, *, leave_out: tuple[str, ...] = ()) -> None:
        """A version committed and signed by everybody whom it names."""
        contract = parse_contract(text)
        said = {"version": contract.version, "digest": contract.digest}
        self.tell("contract:version:commit", {**said, "text": text}, by=contract.owner)
        for name, role in contract.signers.items():
            if name not in leave_out:
                self.tell("contract:version:sign", {**said, "role": role}, by=name)

    def declare(self, fingerprint: str) -> None:
        """A release of the agent begins to work here."""
        said = {"fingerprint": fingerprint, "agent": "agent", "manifest": {}, "tools": {}, "code": ""}
        self.tell("agent:fingerprint:declare", said, by="agent")

    def start(
        self,
        case: str | None = None,
        *,
        fingerprint: str = FIRST,
        source: str = "live",
        level: str = "shadow",
        segment: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """A run begins."""
        name = case or f"case-{next(self._names)}"
        run = {"run": f"run-{next(self._names)}", "case": name, "fingerprint": fingerprint}
        said = {**run, "source": source, "level": level, "contract_version": 1, "input": ""}
        self.tell("run:start", {**said, **({"segment": segment} if segment else {})})
        return run

    def end(self, run: dict[str, Any], status: str = "done") -> None:
        """The run ends."""
        self.tell("run:end", {**run, "status": status, "steps": []})

    def observe(self, run: dict[str, Any], how: Mapping[str, str] | None = None, /, **values: float | None) -> None:
        """Values of the run's case, and every level change that they bring; `how`: of whom, how severe."""
        manner = dict(how or {})
        seen = [{"metric": metric, "value": value, "source": "person", **manner} for metric, value in values.items()]
        self.tell("case:observe", {**run, "observations": seen})
        for change in changes_due(self.standing, run["fingerprint"]):
            data = change.record(run["fingerprint"], self.standing.contract.version if self.standing.contract else 0)
            self.changes.append(data)
            self.tell("level:change", data)

    def case(
        self,
        case: str | None = None,
        *,
        fingerprint: str = FIRST,
        status: str = "done",
        segment: Mapping[str, str] | None = None,
        **values: float | None,
    ) -> dict[str, Any]:
        """One case worked from start to end."""
        run = self.start(case, fingerprint=fingerprint, segment=segment)
        self.end(run, status)
        if status != "fault":
            self.observe(run, None, **{"escalation_rate": 0.0, **values})
        return run

    def cases(self, number: int, *, fingerprint: str = FIRST, **values: float | None) -> None:
        """Many cases, all the same."""
        for _ in range(number):
            self.case(None, fingerprint=fingerprint, status="done", segment=None, **values)

    def until(self, level: Level, *, fingerprint: str = FIRST, most: int = 600) -> int:
        """Clean cases until the agent has that level; how many that took."""
        for worked in range(most + 1):
            if self.level(fingerprint) == level:
                return worked
            self.case(fingerprint=fingerprint, agreement=1.0, approved_unedited=1.0, ungrounded_rate=0.0)
        raise AssertionError(f"{most} clean cases did not lead to {level}")

    def level(self, fingerprint: str = FIRST) -> Level:
        """The level that the fingerprint may use now."""
        return self.standing.level(fingerprint)

    def agent(self, fingerprint: str = FIRST) -> Qualification:
        """What the fingerprint has earned."""
        return self.standing.agents[fingerprint]

    def verdict(self, fingerprint: str = FIRST) -> Evaluation:
        """What the evidence says now."""
        return evaluate(self.standing, fingerprint)

    def evidence(self, fingerprint: str = FIRST) -> ClauseEvidence:
        """What is proved of the first clause of the gate above."""
        found = self.verdict(fingerprint).readings[0].evidence
        assert found is not None
        return found

    def moves(self) -> list[tuple[str, str]]:
        """Every level change so far, from and to."""
        return [(change["from"], change["to"]) for change in self.changes]
