"""
The fold: records of a slice, in order, into facts; the same whatever pieces they come in.

Pure. A record changes only the runs that it names, and which run counts for a case follows from the case's runs, so
whoever knows the runs of the cases that new records name can go on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from goldenthread.promise.values import LADDER, Level
from goldenthread.record.ledger import Record
from goldenthread.record.metrics.facts.columns import DAY_US, Fact

_ACTING = frozenset(level.value for level in (Level.APPROVAL, Level.CONSTRAINED, Level.EXPANDED))
_LEVELS = frozenset(level.value for level in LADDER)
_WAITED_FOR = frozenset({"approval", "escalation", "in-doubt effect"})
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND = timedelta(microseconds=1)
_LARGEST = 2**63 - 1


class Fold:
    """
    Facts of some cases of one slice.

    Args:
        slice_name: Whose.
        known: All facts so far of the cases that the records to come name.
    """

    def __init__(self, slice_name: str, known: Iterable[Fact] = ()) -> None:
        self._slice = slice_name
        self._cases: dict[str, dict[str, Fact]] = {}
        self.refused = 0
        for fact in known:
            self._cases.setdefault(fact.case, {})[fact.run] = fact
        self._before = {run: replace(fact) for runs in self._cases.values() for run, fact in runs.items()}

    def apply(self, record: Record) -> None:
        """Take in the next record; one that cannot be read is counted and changes nothing."""
        handler = _HANDLERS.get(record.kind)
        if handler is None:
            return
        try:
            handler(self, record)  # each reads all that it needs before it changes anything
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
            self.refused += 1

    def changed(self) -> list[tuple[Fact | None, Fact]]:
        """Each run that is other than before, with what was known of it before; in the order of cases and runs."""
        found = []
        for case in sorted(self._cases):
            runs = self._cases[case]
            _settle(runs)
            found += [(self._before.get(run), runs[run]) for run in sorted(runs) if self._before.get(run) != runs[run]]
        return found

    def _fact(self, record: Record) -> Fact | None:
        """The run that a record names; None where it has no part in a run."""
        run = record.data.get("run")
        if run is None:
            return None
        fact = self._cases[str(record.data["case"])][str(run)]
        fact.seq = max(fact.seq, record.seq)
        return fact

    def _start(self, record: Record) -> None:
        data, at = record.data, _micros(record.at)
        level, source = str(data["level"]), str(data["source"])
        if level not in _LEVELS or source not in ("live", "replay"):
            raise ValueError(level, source)
        run, case = str(data["run"]), str(data["case"])
        self._cases.setdefault(case, {}).setdefault(
            run,
            Fact(
                slice=self._slice,
                day=at // DAY_US,
                run=run,
                case=case,
                agent=str(record.by),
                fingerprint=str(data["fingerprint"]),
                version=int(data["contract_version"]),
                level=level,
                source="shadow" if source == "live" and level == Level.SHADOW.value else source,
                seq=record.seq,
                started_us=at,
            ),
        )

    def _end(self, record: Record) -> None:
        status = str(record.data["status"])
        fact = self._fact(record)
        if fact is None or fact.ended:
            return
        at = _micros(record.at)
        fact.status, fact.ended, fact.ended_us, fact.closed_day = status, 1, at, at // DAY_US
        fact.fault = int(status == "fault")
        if status not in ("fault", "superseded") and fact.latency_us is None:
            fact.latency_us = at - fact.started_us
        if status == "superseded":
            _answered(fact, fact.open_items.split(), at)

    def _escalate(self, record: Record) -> None:
        fact = self._fact(record)
        if fact is not None:
            fact.handed = 1
            _respond(fact, record)

    def _ask(self, record: Record) -> None:
        item, kind = str(record.data["item"]), record.data["kind"]
        fact = self._fact(record)
        if fact is None:
            return
        _respond(fact, record)
        if kind in _WAITED_FOR and item not in fact.open_items.split():
            fact.asked = 1
            if not fact.open_items:
                fact.waits, fact.waits_since_us = 1, _micros(record.at)
            fact.open_items = " ".join(sorted([*fact.open_items.split(), item]))

    def _answer(self, record: Record) -> None:
        item = str(record.data["item"])
        fact = self._fact(record)
        if fact is not None and record.data.get("answer") != "escalate":
            _answered(fact, [item], _micros(record.at))

    def _observe(self, record: Record) -> None:
        said: list[tuple[str, int | None]] = []
        for seen in record.data["observations"]:
            if seen["metric"] in _OBSERVED and seen.get("of", "agent") == "agent":
                said += _OBSERVED[seen["metric"]](_number(seen["value"]))
        fact = self._fact(record)
        for name, value in said if fact is not None else ():
            setattr(fact, name, value)


def _respond(fact: Fact, record: Record) -> None:
    if fact.latency_us is None:
        fact.latency_us = _micros(record.at) - fact.started_us


def _answered(fact: Fact, items: Iterable[str], at: int) -> None:
    open_now = fact.open_items.split()
    left = [item for item in open_now if item not in set(items)]
    if open_now and not left and fact.waits_since_us is not None:
        fact.waited_us += max(0, at - fact.waits_since_us)
        fact.waits, fact.waits_since_us = 0, None
    fact.open_items = " ".join(left)


def _settle(runs: Mapping[str, Fact]) -> None:
    """What follows from all runs of a case: which one counts, and what it comes to."""
    ordered = sorted(runs.values(), key=lambda fact: (fact.started_us, fact.run))
    counted = _counted(ordered)
    began = min((fact.started_us for fact in ordered if fact.source == "live"), default=0)
    for fact in ordered:
        fact.cases = int(fact is counted)
        _derive(fact, began)


def _counted(ordered: list[Fact]) -> Fact:
    """
    The run by which a case is counted: the first under its release that neither a fault nor another release ended.

    Of several releases that which did the case last, else the last one; where no run counts yet, the last run.
    """
    first: dict[tuple[str, bool], Fact] = {}
    for fact in ordered:
        if fact.status not in ("fault", "superseded"):
            first.setdefault((fact.fingerprint, fact.source == "replay"), fact)
    did = [fact for fact in first.values() if _did(fact)]
    live = [fact for fact in first.values() if fact.source != "replay"]
    return (did or live or list(first.values()) or ordered)[-1]


def _did(fact: Fact) -> bool:
    return fact.status == "done" and fact.source == "live" and fact.level in _ACTING


def _derive(fact: Fact, began: int) -> None:
    own = fact.ended_us - began if _did(fact) and fact.ended_us is not None else None
    fact.cycle_us = fact.reported_cycle_us if fact.reported_cycle_us is not None else own
    fact.done = int(fact.cycle_us is not None and fact.source == "live")
    done_us = began + fact.reported_cycle_us if fact.reported_cycle_us is not None else fact.ended_us
    fact.done_day = done_us // DAY_US if fact.done and done_us is not None else None
    worked = fact.ended and not fact.fault
    fact.escalated = int(fact.status == "escalated" or fact.handed == 1) if worked else None
    alone = int(_did(fact) and not fact.asked and not fact.handed) if worked else None
    fact.automated = fact.reported_automated if fact.reported_automated is not None else alone
    fact.adopted = int(_did(fact) or fact.status == "drafted") if worked else None
    wrong = fact.reworked == 1 or fact.violation == 1 or fact.succeeded == 0
    fact.erred = 1 if wrong else 0 if worked else None
    fact.waiting_us = fact.waited_us if fact.asked and not fact.waits else None
    derive_cost(fact)


def derive_cost(fact: Fact) -> None:
    """What a case costs: as reported, else the sum of its parts; unknown while one of these is."""
    parts = (fact.model_cost_micros, fact.tool_cost_micros, fact.people_cost_micros)
    known = [part for part in parts if part is not None]
    whole = sum(known) if len(known) == len(parts) else None
    fact.cost_micros = fact.reported_cost_micros if fact.reported_cost_micros is not None else whole


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(value)
    return value


def _whole(value: float) -> int:
    """Millionths, exactly as the number is written."""
    made = int((Decimal(repr(value)) * 1_000_000).to_integral_value())
    if made > _LARGEST:
        raise ValueError(value)
    return made


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


_Said = list[tuple[str, "int | None"]]


def _flag(name: str, asked: str = "") -> Callable[[float | None], _Said]:
    def read(value: float | None) -> _Said:
        if value is not None and value not in (0, 1):
            raise ValueError(value)
        return [*([(asked, 1)] if asked else []), (name, None if value is None else int(value))]

    return read


def _amount(name: str) -> Callable[[float | None], _Said]:
    def read(value: float | None) -> _Said:
        return [(name, None if value is None else _whole(value))]

    return read


_OBSERVED: Mapping[str, Callable[[float | None], _Said]] = {
    "agreement": _flag("agreed", "agreement_asked"),
    "approved_unedited": _flag("unedited", "approval_asked"),
    "ungrounded_rate": _flag("ungrounded"),
    "policy_violation": _flag("violation"),
    "rework_rate": _flag("reworked"),
    "task_success": _flag("succeeded"),
    "automation_rate": _flag("reported_automated"),
    "agent_time": _amount("agent_us"),
    "cycle_time": _amount("reported_cycle_us"),
    "cost": _amount("reported_cost_micros"),
}

_HANDLERS: Mapping[str, Callable[[Fold, Record], None]] = {
    "run:start": Fold._start,
    "run:end": Fold._end,
    "run:escalate": Fold._escalate,
    "approval:ask": Fold._ask,
    "approval:answer": Fold._answer,
    "approval:expire": Fold._answer,
    "case:observe": Fold._observe,
}

FACT_KINDS: tuple[str, ...] = tuple(_HANDLERS)
"""The record kinds that facts are made from; a reader may skip all others."""
