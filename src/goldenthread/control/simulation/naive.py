"""
The rule that dashboards invite to, for comparison: promote when the average has reached the bar, fall when it sags.

Looked at after every label, in the order in which labels came: a gate opens when, with at least 100 of them, the
average of every clause is at or above its bar; the agent falls one level when the average of the last 50 of a clause
of the gate that it passed is below. After a fall it counts afresh.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from goldenthread.control.simulation.asked import Asked, asked_by
from goldenthread.control.simulation.play import PlayedCase
from goldenthread.promise.contract import Clause, ClauseTest, Contract, holds, wants_high
from goldenthread.promise.contract.forms import Form, bound_of, stated_share
from goldenthread.promise.contract.margins import margin_of
from goldenthread.promise.values import LADDER, Level

FEWEST, LAST = 100, 50
_TIE = 1e-9


@dataclass(frozen=True, kw_only=True)
class NaiveMove:
    """A level change of the naive rule: when, after how many cases started, and which clause's average sagged."""

    at: datetime
    cases: int
    before: Level
    after: Level
    clause: str | None = None

    @property
    def fell(self) -> bool:
        """True for a fall."""
        return self.after < self.before


@dataclass(kw_only=True)
class _Tally:
    """What is known of one clause: a sum of goodness (a share, or how far on the good side), and the last of it."""

    judged: ClauseTest
    count: int = 0
    total: float = 0.0
    last: deque[float] = field(default_factory=lambda: deque(maxlen=LAST))

    def add(self, value: float) -> None:
        good = _goodness(self.judged, value)
        self.count += 1
        self.total += good
        self.last.append(good)

    @property
    def reached(self) -> bool:
        return self.count >= FEWEST and self.total / self.count >= _bar(self.judged) - _TIE

    @property
    def sags(self) -> bool:
        return len(self.last) == LAST and sum(self.last) / LAST < _bar(self.judged) - _TIE


@dataclass(frozen=True, kw_only=True)
class _News:
    """A value that becomes known."""

    at: datetime
    case: int
    metric: str
    value: float
    margin: bool = False


def naive_moves(contract: Contract, cases: Sequence[PlayedCase]) -> list[NaiveMove]:
    """Every level change of the naive rule on these cases, which start in order."""
    assert contract.autonomy is not None
    asked, level = asked_by(contract), contract.autonomy.start
    tallies, moves, since = _tallies(asked), list[NaiveMove](), 0
    for news in sorted(_news(cases), key=lambda one: (one.at, one.case)):
        if news.case < since:
            continue
        for tally in tallies.get((news.metric, news.margin), ()):
            segment = cases[news.case].segment
            if tally.judged.clause.segment is None or tally.judged.clause.segment in segment:
                tally.add(news.value)
        move = _moved(level, contract.autonomy.ceiling, asked, tallies, news, _started(cases, news.at))
        if move is not None:
            moves.append(move)
            level = move.after
            if move.fell:
                tallies, since = _tallies(asked), move.cases
    return moves


def _moved(
    level: Level,
    ceiling: Level,
    asked: Asked,
    tallies: dict[tuple[str, bool], list[_Tally]],
    news: _News,
    started: int,
) -> NaiveMove | None:
    by_clause = {tally.judged.clause: tally for known in tallies.values() for tally in known}
    sagging = [one.clause for one in asked.gates.get(level, ()) if by_clause[one.clause].sags]
    if sagging:
        below = LADDER[max(0, level.rank - 1)]
        return NaiveMove(at=news.at, cases=started, before=level, after=below, clause=str(sagging[0]))
    target = level.next
    gate = asked.gates.get(target, ()) if target is not None and target <= ceiling else ()
    if target is not None and gate and all(by_clause[one.clause].reached for one in gate):
        return NaiveMove(at=news.at, cases=started, before=level, after=target)
    return None


def _tallies(asked: Asked) -> dict[tuple[str, bool], list[_Tally]]:
    found: dict[tuple[str, bool], dict[Clause, _Tally]] = {}
    for judged in asked.judged:
        key = judged.clause.metric, judged.form is Form.DIFFERENCE
        found.setdefault(key, {}).setdefault(judged.clause, _Tally(judged=judged))
    return {key: list(of_metric.values()) for key, of_metric in found.items()}


def _news(cases: Sequence[PlayedCase]) -> Iterator[_News]:
    for place, case in enumerate(cases):
        if case.status == "fault":
            continue
        ended = case.ended_at or case.at
        own = {label.metric: label for label in case.labels if label.of == "agent"}
        if "escalation_rate" not in own:
            yield _News(at=ended, case=place, metric="escalation_rate", value=float(case.status == "escalated"))
        for label in own.values():
            yield _News(at=label.known_at, case=place, metric=label.metric, value=label.value)
        for theirs in (label for label in case.labels if label.of == "people" and label.metric in own):
            mine = own[theirs.metric]
            at, gap = max(mine.known_at, theirs.known_at), mine.value - theirs.value
            yield _News(at=at, case=place, metric=theirs.metric, value=gap, margin=True)


def _started(cases: Sequence[PlayedCase], at: datetime) -> int:
    from bisect import bisect_right

    return bisect_right(cases, at, key=lambda case: case.at)


def _goodness(judged: ClauseTest, value: float) -> float:
    if judged.form in (Form.RATE, Form.QUANTILE):
        return float(holds(judged.clause, value))
    return value if wants_high(judged.clause) else -value


def _bar(judged: ClauseTest) -> float:
    if judged.form in (Form.RATE, Form.QUANTILE):
        return stated_share(judged.clause)
    if judged.form is Form.DIFFERENCE:
        return -margin_of(judged.clause)
    bound = bound_of(judged.clause)
    return bound if wants_high(judged.clause) else -bound
