"""How a simulated agent really stands to a clause, at a case or on the average of some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from goldenthread.control.simulation.asked import each_segment
from goldenthread.control.simulation.quality import Nature, distance, good_share
from goldenthread.promise.contract import Autonomy, Clause
from goldenthread.promise.contract.forms import stated_share

TIE = 1e-12
"""Within this of a bar an agent is exactly at it."""


@dataclass(frozen=True, kw_only=True)
class _Stretch:
    """Cases from `first` to before `end`, in which nothing changes."""

    first: int
    end: int


class Truth:
    """How the agent really stands to a clause, at a case or on the average of some."""

    def __init__(self, nature: Nature, autonomy: Autonomy) -> None:
        self.nature, self.autonomy = nature, autonomy
        self._known: dict[tuple[Clause, int], float] = {}

    def now(self, clause: Clause, case: int) -> float:
        """Distance to the bar at a case, in the worst segment that the clause speaks of."""
        at = self.nature.since(case)
        key = clause, at
        if key not in self._known:
            self._known[key] = self._average(clause, at, at)
        return self._known[key]

    def average(self, clause: Clause, first: int, last: int) -> float:
        """Distance to the bar on the average of the cases `first` to `last`, in the worst segment."""
        return self._average(clause, first, last)

    def is_broken(self, tripwire: Clause, case: int) -> bool:
        """Whether what a tripwire fears is really more frequent than it allows; an event that happened always is."""
        if tripwire.any:
            return True
        return self._bad(tripwire, case) > stated_share(tripwire) + TIE

    def _bad(self, tripwire: Clause, case: int) -> float:
        metric = tripwire.metric
        return sum(
            share * good_share(tripwire, self.nature.quality(metric, case, name, value))
            for name, value, share in self._mixture(metric)
        )

    def _average(self, clause: Clause, first: int, last: int) -> float:
        stretches = list(self._stretches(first, last + 1))
        whole = sum(one.end - one.first for one in stretches)
        return min(
            sum((one.end - one.first) / whole * self._in_part(clause, one.first, part) for one in stretches)
            for part in each_segment(self.autonomy, clause)
        )

    def _in_part(self, clause: Clause, case: int, part: tuple[str, str]) -> float:
        people = self.nature.people.get(clause.metric)
        if part[0]:
            return distance(clause, self.nature.quality(clause.metric, case, *part), people)
        return sum(
            share * distance(clause, self.nature.quality(clause.metric, case, name, value), people)
            for name, value, share in self._mixture(clause.metric)
        )

    def _mixture(self, metric: str) -> list[tuple[str, str, float]]:
        """The segments in which a metric differs, with their shares of all cases."""
        names = {name for one, name, _value in self.nature.in_segment if one == metric}
        if not names:
            return [("", "", 1.0)]
        name = min(names)
        return [(name, value, share) for (one, value), share in self.nature.shares.items() if one == name]

    def _stretches(self, first: int, end: int) -> Iterator[_Stretch]:
        cuts = [first, *self.nature.cuts(first, end), end]
        for start, stop in pairwise(cuts):
            yield _Stretch(first=start, end=stop)
