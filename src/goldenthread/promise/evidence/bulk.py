"""
Many rate gates at once: each is what `settle` makes of its cases one by one, at a few nanoseconds a gate.

For means and rollback detectors see `bulk_bets`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from goldenthread.promise.evidence.batches import (
    NEVER,
    all_in_order,
    impossible_states,
    looked_within,
    named_once,
    require_count_of_each,
    require_gates,
    require_labels,
    require_states,
    within,
)
from goldenthread.promise.evidence.boundary import LONGEST_TABLE
from goldenthread.promise.evidence.rate import RateState, RateTest, require_look

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROWS = 3


class RateGates:
    """
    Rate tests side by side, each with its own bar and alpha. Mutable, for one thread.

    Args:
        tests: One a gate; equal tests share one boundary.
        after: The states from which to go on, as `to_array` gave them.

    Attributes:
        tests: One a gate.
        successes: Labelled cases that succeeded, shape (gates,).
        failures: Labelled cases that failed, shape (gates,).
        passed_at: Number of cases at the first look that promoted, -1 where none did, shape (gates,).

    Raises:
        ImpossibleCounts: `after` is no state of so many gates.
    """

    def __init__(self, tests: Sequence[RateTest], after: NDArray[Any] | None = None) -> None:
        import numpy as np

        self.tests = tuple(tests)
        gates = len(self.tests)
        start = np.zeros((_ROWS, gates), dtype=np.int64)
        start[2] = NEVER
        if after is not None:
            start[:] = self._required(after)
        self.successes, self.failures, self.passed_at = start
        self._boundaries = _Boundaries(self.tests)
        self._boundaries.forget(np.flatnonzero(self.passed_at != NEVER))

    def __len__(self) -> int:
        return len(self.tests)

    @property
    def passed(self) -> NDArray[np.bool_]:
        """True for each gate of which some look promoted, shape (gates,)."""
        latched: NDArray[np.bool_] = self.passed_at != NEVER
        return latched

    def observe(self, gates: NDArray[Any], success: NDArray[Any]) -> NDArray[np.intp]:
        """
        Count labelled cases, each gate's in case order, and look after each.

        Args:
            gates: The place of each case's gate; may repeat. Whole numbers, shape (cases,).
            success: True or False, shape (cases,).

        Returns:
            Places of the gates that these cases made pass.

        Raises:
            ImpossibleCounts: A place that no gate has, or a label that is neither True nor False; nothing is counted.
        """
        import numpy as np

        places = require_gates(gates, len(self))
        labels = require_labels("success", success, len(places))
        if named_once(places, len(self)):
            return self._count(slice(None) if all_in_order(places, len(self)) else places, labels)
        order = np.argsort(places, kind="stable")
        return self._count_runs(places[order], labels[order])

    def add(self, successes: NDArray[Any], failures: NDArray[Any]) -> NDArray[np.intp]:
        """
        Count labelled cases of every gate, and look once, after all of them.

        With at most one case a gate this is `observe`; with more, the looks between are given away.

        Args:
            successes: How many succeeded; whole numbers >= 0 or True and False, shape (gates,).
            failures: How many failed, likewise.

        Returns:
            Places of the gates that these cases made pass.

        Raises:
            ImpossibleCounts: A count that is negative or not whole, or not one a gate; nothing is counted.
        """
        good = require_count_of_each("successes", successes, len(self))
        bad = require_count_of_each("failures", failures, len(self))
        successes, failures = self.successes + good, self.failures + bad
        cases = successes + failures
        if not within(cases):
            raise impossible_states(
                "what comes of these counts, more cases than are calculated with,", _ROWS, len(self)
            )
        self.successes[:], self.failures[:] = successes, failures
        return self._look(slice(None), cases, failures)

    def state(self, gate: int) -> RateState:
        """The state of one gate, as `settle` would have it. Raises IndexError where there is no such gate."""
        return _state_of([int(self.successes[gate]), int(self.failures[gate]), int(self.passed_at[gate])])

    def to_array(self) -> NDArray[np.int64]:
        """Successes, failures and the first look that promoted (-1: none), as three rows of 64-bit integers; a copy."""
        import numpy as np

        return np.array([self.successes, self.failures, self.passed_at])

    def _required(self, after: NDArray[Any]) -> NDArray[Any]:
        given = require_states(after, _ROWS, len(self))
        successes, failures, passed_at = given
        counted = given.dtype.kind == "i" and within(given[:2])
        if not (counted and looked_within(passed_at, successes + failures)):
            raise impossible_states("an array of impossible counts", _ROWS, len(self))
        for gate in (passed_at != NEVER).nonzero()[0].tolist():
            require_look(self.tests[gate], _state_of(given[:, gate].tolist()))
        return given

    def _count(self, gates: NDArray[np.intp] | slice, success: NDArray[np.bool_]) -> NDArray[np.intp]:
        """One case of each of these gates, none of which is named twice; the gates that pass."""
        successes = self.successes[gates] + success
        failures = self.failures[gates] + ~success
        self.successes[gates], self.failures[gates] = successes, failures
        return self._look(gates, successes + failures, failures)

    def _count_runs(self, gates: NDArray[np.intp], success: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Cases of gates in ascending order, each gate's in case order; the gates that pass."""
        import numpy as np

        first = np.flatnonzero(np.diff(gates, prepend=-1))
        length = np.diff(first, append=len(gates))
        good = np.cumsum(success)
        successes = self.successes[gates] + good - np.repeat(good[first] - success[first], length)
        cases = (self.successes + self.failures)[gates] + np.arange(1, len(gates) + 1) - np.repeat(first, length)
        failures = cases - successes
        last = first + length - 1
        self.successes[gates[last]], self.failures[gates[last]] = successes[last], failures[last]
        return self._look(gates, cases, failures)

    def _look(
        self, gates: NDArray[np.intp] | slice, cases: NDArray[np.int64], failures: NDArray[np.int64]
    ) -> NDArray[np.intp]:
        """Latch each gate's first look that promotes, the looks being in case order; the gates that it latched."""
        import numpy as np

        most = self._boundaries.most_failures(gates, cases)
        new = np.flatnonzero((failures <= most) & (self.passed_at[gates] == NEVER))
        if len(new):
            latched, earliest = np.unique(new if isinstance(gates, slice) else gates[new], return_index=True)
            self.passed_at[latched] = cases[new[earliest]]
            self._boundaries.forget(latched)
            return latched
        return new


def _state_of(numbers: Sequence[int]) -> RateState:
    successes, failures, passed_at = numbers
    return RateState(successes=successes, failures=failures, passed_at=None if passed_at == NEVER else passed_at)


class _Boundaries:
    """The boundaries of all gates in one array, each as long as its gates need."""

    def __init__(self, tests: tuple[RateTest, ...]) -> None:
        import numpy as np

        self._tests = tests
        of_identity = {id(test): test for test in tests}  # a test is hashed once, not once a gate
        distinct = {test: place for place, test in enumerate(dict.fromkeys(of_identity.values()))}
        places = {identity: distinct[test] for identity, test in of_identity.items()}
        self._distinct = list(distinct)
        self._which = np.fromiter((places[id(test)] for test in tests), dtype=np.intp, count=len(tests))
        self._longest = np.zeros(len(distinct), dtype=np.int64)
        self._forgotten = np.zeros(len(tests), dtype=np.bool_)
        self._lay()

    def forget(self, gates: NDArray[np.intp]) -> None:
        """These gates have passed, and are not looked up any more: what is returned for them means nothing."""
        import numpy as np

        self._forgotten[gates] = True
        self._covered[gates] = np.iinfo(np.int64).max

    def most_failures(
        self, gates: NDArray[np.intp] | slice, cases: NDArray[np.int64]
    ) -> NDArray[np.signedinteger[Any]]:
        """Most failures among these numbers of cases that promote these gates, -1 where none do."""
        import numpy as np

        if (cases > self._covered[gates]).any():
            self._cover(gates, cases)
        most = np.take(self._laid, self._start[gates] + cases, mode="clip")
        if self._any_full:  # a gate beyond the longest table: its boundary is searched
            most = most.astype(np.int64)
            for place in np.flatnonzero(cases > self._covered[gates]):
                gate = place if isinstance(gates, slice) else gates[place]
                most[place] = self._tests[gate].boundary(int(cases[place]))
        return most

    def _cover(self, gates: NDArray[np.intp] | slice, cases: NDArray[np.int64]) -> None:
        import numpy as np

        beyond = cases > self._covered[gates]
        longest = self._longest.copy()
        np.maximum.at(longest, self._which[gates][beyond], np.minimum(cases[beyond], LONGEST_TABLE))
        if (longest > self._longest).any():
            self._longest = longest
            self._lay()

    def _lay(self) -> None:
        """Lay the tables one after the other; each covers at least what was asked of it."""
        import numpy as np

        tables = [
            np.frombuffer(test.table.covering(int(cases)), dtype=np.int32)
            for test, cases in zip(self._distinct, self._longest, strict=True)
        ]
        lengths = np.array([len(table) for table in tables], dtype=np.int64)
        self._longest = lengths - 1
        self._laid = np.concatenate([*tables, np.full(1, NEVER, dtype=np.int32)])
        self._start = (np.cumsum(lengths) - lengths)[self._which]
        self._covered = self._longest[self._which]
        self._covered[self._forgotten] = np.iinfo(np.int64).max
        self._any_full = bool((lengths > LONGEST_TABLE).any())
