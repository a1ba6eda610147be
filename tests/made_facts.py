"""Facts of every combination, and what the standard metrics of them are by plain Python, written from their words."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from goldenthread.record.metrics.facts import TYPES, Fact

EPOCH = date(1970, 1, 1)
FIRST = (date(2026, 1, 30) - EPOCH).days
SLICES = ("refunds", "o'brien", "退款 \u00e9", "Refunds")
HUGE = 2**62


def made_facts(seed: int, count: int) -> list[Fact]:
    """Facts in which every column takes its values alone: ties, nulls, huge numbers, groups without a denominator."""
    rng = random.Random(seed)
    return [_fact(rng, number) for number in range(count)]


def _fact(rng: random.Random, number: int) -> Fact:
    values: dict[str, Any] = {name: _value(rng, name) for name, kind in TYPES.items() if kind != "string"}
    day = FIRST + rng.randrange(4)  # over the end of a month
    return Fact(
        **{
            **values,
            "slice": rng.choice(SLICES),
            "day": day,
            "closed_day": rng.choice((None, day, day + 1, day + 40)),
            "done_day": rng.choice((None, day, day + 2)),
            "run": f"run-{number}",
            "case": f"case-{number % 97}",
            "agent": "agent",
            "fingerprint": rng.choice(("fp-a", "fp-b")),
            "level": rng.choice(("shadow", "draft", "constrained")),
            "source": rng.choice(("live", "live", "shadow", "replay")),
            "status": "",
            "open_items": "",
            "currency": rng.choice(("EUR", "EUR", "EUR", "", "CHF")),
            "cases": int(rng.random() < 0.8),
            "ended": int(rng.random() < 0.7),
            "version": 1,
            "seq": number,
            "started_us": day * 86_400_000_000 + number,
        }
    )


def _value(rng: random.Random, name: str) -> int | None:
    if name in ("waits", "asked", "done", "agreement_asked", "approval_asked", "handed"):
        return rng.randrange(2)
    if rng.random() < 0.4:
        return None
    if name.endswith("_us"):
        return rng.choice((0, 1, 5, 5, 5, rng.randrange(10**12), HUGE))
    if name.endswith("_micros"):
        return rng.choice((0, 1, 2**20 - 1, 2**20, rng.randrange(10**9), HUGE))
    return rng.randrange(2)


@dataclass(kw_only=True)
class Expected:
    """One metric of one group, counted by hand."""

    known: int = 0
    pending: int = 0
    hits: int = 0
    amount: int = 0
    quantiles: Mapping[int, int | None] = field(default_factory=dict)


Key = tuple[str, Any]
Answers = dict[Key, dict[str, Expected]]


def expected(facts: Sequence[Fact], first: int, last: int, by: str | None) -> Answers:
    """Every metric but flows, of runs that began on these days."""
    groups: dict[Key, list[Fact]] = {}
    for fact in facts:
        if first <= fact.day <= last:
            groups.setdefault((fact.slice, getattr(fact, by) if by else None), []).append(fact)
    return {key: {name: _metric(name, group) for name in _WORDS} for key, group in groups.items()}


def expected_flows(facts: Sequence[Fact], first: int, last: int, slice_name: str) -> tuple[int, int]:
    """Cases done on these days, and cases open at their end."""
    live = [fact for fact in facts if fact.slice == slice_name and _live(fact)]
    finished = [fact for fact in live if fact.done == 1 and fact.done_day and first <= fact.done_day <= last]
    open_now = [
        fact for fact in live if fact.day <= last and not (fact.closed_day is not None and fact.closed_day <= last)
    ]
    return len(finished), len(open_now)


def expected_currencies(facts: Sequence[Fact], first: int, last: int, slice_name: str) -> tuple[str | None, str | None]:
    """The least and the greatest currency that any run of these days names."""
    named = sorted(
        {fact.currency for fact in facts if fact.slice == slice_name and first <= fact.day <= last and fact.currency}
    )
    return (named[0], named[-1]) if named else (None, None)


def _metric(name: str, group: Sequence[Fact]) -> Expected:
    column, belongs, awaited, percents = _WORDS[name]
    there = [fact for fact in group if belongs(fact)]
    values = sorted(value for fact in there if (value := getattr(fact, column)) is not None)
    pending = sum(1 for fact in there if getattr(fact, column) is None and awaited(fact))
    return Expected(
        known=len(values),
        pending=pending,
        hits=values.count(1) if not percents and not column.endswith("_micros") else 0,
        amount=sum(values) if column.endswith("_micros") else 0,
        quantiles={percent: _nearest_rank(values, percent) for percent in percents},
    )


def _nearest_rank(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least `percent` % of the values do not exceed."""
    return next(
        (value for place, value in enumerate(values, 1) if place * 100 >= percent * len(values)),
        None,
    )


def _case(fact: Fact) -> bool:
    return fact.cases == 1 and fact.fault != 1


def _live(fact: Fact) -> bool:
    return _case(fact) and fact.source == "live"


def _open(fact: Fact) -> bool:
    return fact.ended == 0


def _always(_: Fact) -> bool:
    return True


def _never(_: Fact) -> bool:
    return False


_Rule = tuple[str, Callable[[Fact], bool], Callable[[Fact], bool], tuple[int, ...]]
_WORDS: Mapping[str, _Rule] = {
    "agreement": ("agreed", _case, lambda fact: fact.agreement_asked == 1, ()),
    "approved_unedited": ("unedited", _live, lambda fact: fact.approval_asked == 1, ()),
    "ungrounded_rate": ("ungrounded", _case, _never, ()),
    "policy_violation": ("violation", _live, _open, ()),
    "escalation_rate": ("escalated", _case, _open, ()),
    "automation_rate": ("automated", _live, _open, ()),
    "rework_rate": ("reworked", lambda fact: _live(fact) and fact.done == 1, _always, ()),
    "task_success": ("succeeded", _case, _always, ()),
    "error_rate": ("erred", _live, _open, ()),
    "adoption": ("adopted", lambda fact: _case(fact) and fact.source in ("live", "shadow"), _open, ()),
    "faults": ("fault", _always, _open, ()),
    "agent_time": ("agent_us", _case, _open, (50, 90)),
    "cycle_time": ("cycle_us", _live, _always, (50, 90)),
    "latency": ("latency_us", _always, _open, (50, 95)),
    "waiting_time": (
        "waiting_us",
        lambda fact: _live(fact) and fact.asked == 1,
        lambda fact: fact.waits == 1,
        (50, 90),
    ),
    "review_time": ("review_us", _live, _never, (50, 90)),
    "cost": ("cost_micros", _case, _always, ()),
    "model_cost": ("model_cost_micros", _case, _never, ()),
    "tool_cost": ("tool_cost_micros", _case, _never, ()),
    "people_cost": ("people_cost_micros", _case, _never, ()),
}
METRIC_NAMES = tuple(_WORDS)
