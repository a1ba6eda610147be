"""
A gate's evidence folded as labels come, so that a look costs the same at the millionth case as at the first.

`gates` judges in full when a level is about to move or somebody looks; a meter only tells, cheaply, whether
that is worth while. Both must agree before anything moves.
"""

from __future__ import annotations

from datetime import datetime
from heapq import heappop, heappush

from goldenthread.control.autonomy.parts import Part, part
from goldenthread.control.autonomy.rows import Missing, Row, part_of
from goldenthread.control.autonomy.rules import Required
from goldenthread.promise.contract import Claim, ClauseTest
from goldenthread.promise.errors import EvidenceError


class ClauseMeter:
    """
    The evidence of one clause: settled up to the first case whose value is still to come, looked at beyond it.

    Attributes:
        position: Number of cases (of all in their order) that are settled.
        floor: Cases started up to this record do not count.
        error: What is on record that no evidence can take; keeps the clause from passing.
    """

    __slots__ = ("_declared", "_due", "_known", "_line", "_parts", "_touched", "clause", "error", "floor", "position")

    def __init__(self, required: Required, test: ClauseTest, claim: Claim, floor: int) -> None:
        self.clause = required.clause
        self.floor = floor
        self.position = 0
        self.error: str | None = None
        self._line = required.from_workflow
        self._declared = required.declared
        self._parts = {name: part(test, claim) for name in self._declared or ("",)}
        self._due: list[tuple[datetime, int]] = []  # a heap: when a pending case stops being waited for
        self._known = 0  # cases that were looked at, settled or not
        self._touched: set[int] = set()  # cases beyond `position` that changed since the last look

    def touch(self, index: int) -> None:
        """The case at this place, beyond `position`, changed."""
        self._touched.add(index)

    def passed(self, order: list[Row], now: datetime) -> bool:
        """Whether some look so far has promoted, and nothing known by `now` speaks against it, in every segment."""
        if self.error is None:
            try:
                self._settle(order, now)
                self._wait(order, now)
                return all(
                    (one.settled_pass or one.ahead_passes()) and one.stands(line=self._line)
                    for one in self._parts.values()
                )
            except EvidenceError as problem:
                self.error = problem.message
        return False

    def _settle(self, order: list[Row], now: datetime) -> None:
        """Count every case before the first pending one."""
        clause, floor, end, position = self.clause, self.floor, len(order), self.position
        try:
            while position < end:
                row = order[position]
                value = row.value(clause, now) if row.seq > floor else Missing.ABSENT
                if value is Missing.PENDING:
                    break
                if not isinstance(value, Missing):
                    self._part(row).add(value, row.at)
                position += 1
        finally:
            for one in self._parts.values():
                one.forget(position - self.position)
            self.position = position

    def _wait(self, order: list[Row], now: datetime) -> None:
        """Note what is known of the cases beyond: of the new ones, and of those that changed or are due."""
        fresh = range(max(self._known, self.position), len(order))
        while self._due and self._due[0][0] <= now:
            self._touched.add(heappop(self._due)[1])
        for index in sorted(self._touched):
            if self.position <= index < fresh.start:
                self._note(index, order[index], now)
        for index in fresh:
            self._note(index, order[index], now)
        self._known = len(order)
        self._touched.clear()

    def _note(self, index: int, row: Row, now: datetime) -> None:
        value = row.value(self.clause, now) if row.seq > self.floor else Missing.ABSENT
        due = row.due(self.clause.metric)
        if value is Missing.PENDING and due is not None and due > now:
            heappush(self._due, (due, index))
        own = None if value is Missing.ABSENT else self._part(row)
        for one in self._parts.values():
            one.note(index - self.position, value if one is own else Missing.ABSENT)

    def _part(self, row: Row) -> Part:
        return self._parts[part_of(row, self.clause.segment or "", self._declared) if self._declared else ""]
