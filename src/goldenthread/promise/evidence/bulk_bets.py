"""
Many means and many rollback detectors at once: what `MeanTest` and `RollbackDetector` make of each case one by one.

All tests of one array have the same number of bets. The arithmetic is theirs in the same order; only logarithms
and sums may differ in the last digit, as numpy's do from Python's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter, ValueOutsideCap
from goldenthread.promise.evidence.batches import (
    NEVER,
    as_array,
    impossible_states,
    looked_within,
    named,
    require_gates,
    require_labels,
    require_states,
    rounds,
    within,
)
from goldenthread.promise.evidence.bets import ConstantBets, MeanState
from goldenthread.promise.evidence.rollback import _LARGEST, RollbackDetector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BESIDE_CAPITALS = 3
_BESIDE_DETECTORS = 2


class MeanGates:
    """
    Tests by constant bets side by side: `MeanTest`, or differences. Mutable, for one thread.

    Args:
        tests: One a gate, all with the same number of bets.
        after: The states from which to go on, as `to_array` gave them.

    Attributes:
        tests: One a gate.
        cases: Observed cases, shape (gates,).
        passed_at: Number of cases at the first look that promoted, -1 where none did, shape (gates,).
        totals: Sum of the values, in the unit of each gate's bar, shape (gates,).
        log_capitals: Log of each bet's capital, shape (bets, gates).

    Raises:
        ImpossibleParameter: Tests with different numbers of bets.
        ImpossibleCounts: `after` is no state of so many gates.
    """

    def __init__(self, tests: Sequence[ConstantBets], after: NDArray[Any] | None = None) -> None:
        import numpy as np

        self.tests = tuple(tests)
        self._bets = _one_column_a_gate([test.bets for test in self.tests])
        self._bars = np.array([test.bar for test in self.tests], dtype=np.float64)
        self._signs = np.array([-1.0 if test.at_most else 1.0 for test in self.tests])
        self._thresholds = np.array([test.threshold for test in self.tests], dtype=np.float64)
        self._ends = np.array([(test.lowest, test.highest) for test in self.tests]).reshape(-1, 2).T
        start = np.zeros((_BESIDE_CAPITALS + len(self._bets), len(self.tests)))
        start[1] = NEVER
        if after is not None:
            start[:] = _required(after, len(start), len(self.tests))
        self.cases, self.passed_at = start[:2].astype(np.int64)
        self.totals, self.log_capitals = start[2].copy(), start[_BESIDE_CAPITALS:].copy()
        if after is not None:
            for gate, test in enumerate(self.tests):
                test.require_state(self.state(gate))

    def __len__(self) -> int:
        return len(self.tests)

    @property
    def passed(self) -> NDArray[np.bool_]:
        """True for each gate of which some look promoted, shape (gates,)."""
        latched: NDArray[np.bool_] = self.passed_at != NEVER
        return latched

    def observe(self, gates: NDArray[Any], values: NDArray[Any]) -> NDArray[np.intp]:
        """
        Take observed cases, each gate's in case order, and look after each.

        Args:
            gates: The place of each case's gate; may repeat. Whole numbers, shape (cases,).
            values: In the unit of that gate's bar, shape (cases,).

        Returns:
            Places of the gates that these cases made pass.

        Raises:
            ImpossibleCounts: A place that no gate has, or not one value a case; nothing is taken.
            ValueOutsideCap: A value that no case can take; nothing is taken.
        """
        import numpy as np

        places = require_gates(gates, len(self))
        given = self._require_values(places, values)
        parts = [self._take(each, given[part]) for each, part in rounds(places, len(self))]
        return np.concatenate([places[:0], *parts])

    def log_e(self) -> NDArray[np.float64]:
        """Natural log of the evidence, dimensionless, shape (gates,); 0 without cases."""
        return _log_mean_exp(self.log_capitals)

    def state(self, gate: int) -> MeanState:
        """The state of one gate, as `update` would have it. Raises IndexError where there is no such gate."""
        passed_at = int(self.passed_at[gate])
        return MeanState(
            cases=int(self.cases[gate]),
            total=float(self.totals[gate]),
            log_capitals=tuple(self.log_capitals[:, gate].tolist()),
            passed_at=None if passed_at == NEVER else passed_at,
        )

    def to_array(self) -> NDArray[np.float64]:
        """Cases, first look that promoted (-1: none), total, and a row a bet; 64-bit floats, a copy."""
        import numpy as np

        return np.array([self.cases, self.passed_at, self.totals, *self.log_capitals])

    def _require_values(self, gates: NDArray[np.intp], values: NDArray[Any]) -> NDArray[np.float64]:
        import numpy as np

        given = as_array("values", values)
        if given.shape != gates.shape or (len(gates) and given.dtype.kind not in "iuf"):
            raise ImpossibleCounts(
                f"values of shape {given.shape} and type {given.dtype} are no observations of {len(gates)} cases; "
                "each case must have one number. Leave a case without one out until it has one."
            )
        lowest, highest = self._ends[:, gates]
        for place in np.flatnonzero(~((lowest <= given) & (given <= highest))):  # NaN too is not inside
            self.tests[gates[place]].require(float(given[place]))
            raise ValueOutsideCap(f"A case was observed at {given[place]!r}; no case can. Correct the measurement.")
        return given.astype(np.float64, copy=False)

    def _take(self, gates: NDArray[np.intp] | slice, values: NDArray[np.float64]) -> NDArray[np.intp]:
        """One case of each of these gates, none of which is named twice."""
        import numpy as np

        gains = self._signs[gates] * (values - self._bars[gates])
        logs = self.log_capitals[:, gates] + np.log1p(self._bets[:, gates] * gains)
        self.log_capitals[:, gates] = logs
        self.cases[gates] += 1
        self.totals[gates] += values
        # A mean of capitals is at most the largest: mostly that settles it.
        thresholds = self._thresholds[gates]
        passing = (logs.max(axis=0) >= thresholds) & (self.passed_at[gates] == NEVER)
        passing[passing] = _log_mean_exp(logs[:, passing]) >= thresholds[passing]
        new = named(gates, passing)
        self.passed_at[new] = self.cases[new]
        return new


class RollbackGates:
    """
    Rollback detectors side by side, each with its own limit. Mutable, for one thread.

    Args:
        detectors: One a gate, all with the same number of bets.
        after: The states from which to go on, as `to_array` gave them.

    Attributes:
        detectors: One a gate.
        cases: Labelled cases, shape (gates,).
        alarmed_at: Number of cases at the first alarm, -1 where there was none, shape (gates,).
        states: A row a bet, shape (bets, gates).

    Raises:
        ImpossibleParameter: Detectors with different numbers of bets.
        ImpossibleCounts: `after` is no state of so many gates.
    """

    def __init__(self, detectors: Sequence[RollbackDetector], after: NDArray[Any] | None = None) -> None:
        import numpy as np

        self.detectors = tuple(detectors)
        self._on_failure = _one_column_a_gate([one._on_failure for one in self.detectors])
        self._on_success = _one_column_a_gate([one._on_success for one in self.detectors])
        self._false_alarms = np.array([one.false_alarm for one in self.detectors], dtype=np.float64)
        start = np.zeros((_BESIDE_DETECTORS + len(self._on_failure), len(self.detectors)))
        start[1] = NEVER
        if after is not None:
            start[:] = _required(after, len(start), len(self.detectors))
            statistics = start[_BESIDE_DETECTORS:]
            if not ((statistics >= 0.0) & (statistics <= _LARGEST)).all():
                words = "below 0" if (statistics < 0.0).any() else "beyond all bounds"
                found = f"an array with a statistic {words}"
                raise impossible_states(found, len(start), len(self.detectors))
        self.cases, self.alarmed_at = start[:2].astype(np.int64)
        self.states = start[_BESIDE_DETECTORS:].copy()

    def __len__(self) -> int:
        return len(self.detectors)

    def observe(self, gates: NDArray[Any], failed: NDArray[Any]) -> NDArray[np.intp]:
        """
        Take labelled cases, each gate's in order of arrival, and look after each.

        Args:
            gates: The place of each case's gate; may repeat. Whole numbers, shape (cases,).
            failed: True or False, shape (cases,).

        Returns:
            Places of the gates that these cases brought to their first alarm.

        Raises:
            ImpossibleCounts: A place that no gate has, or a label that is neither True nor False; nothing is taken.
        """
        import numpy as np

        places = require_gates(gates, len(self))
        labels = require_labels("failed", failed, len(places))
        parts = [self._take(each, labels[part]) for each, part in rounds(places, len(self))]
        return np.concatenate([places[:0], *parts])

    @property
    def statistics(self) -> NDArray[np.float64]:
        """What each detector compares with its `false_alarm`, dimensionless, shape (gates,)."""
        return _statistics(self.states)

    @property
    def alarms(self) -> NDArray[np.bool_]:
        """True for each gate that is in alarm now, shape (gates,)."""
        now: NDArray[np.bool_] = self.statistics >= self._false_alarms
        return now

    def state(self, gate: int) -> tuple[float, ...]:
        """The state of one detector, as `update` would have it. Raises IndexError where there is no such gate."""
        return tuple(self.states[:, gate].tolist())

    def to_array(self) -> NDArray[np.float64]:
        """Cases, first alarm (-1: none), and a row a bet; 64-bit floats, a copy."""
        import numpy as np

        return np.array([self.cases, self.alarmed_at, *self.states])

    def _take(self, gates: NDArray[np.intp] | slice, failed: NDArray[np.bool_]) -> NDArray[np.intp]:
        """One case of each of these gates, none of which is named twice."""
        import numpy as np

        ratios = np.where(failed, self._on_failure[:, gates], self._on_success[:, gates])
        states = np.minimum(_LARGEST, (1.0 + self.states[:, gates]) * ratios)
        self.states[:, gates] = states
        self.cases[gates] += 1
        alarmed = (_statistics(states) >= self._false_alarms[gates]) & (self.alarmed_at[gates] == NEVER)
        new = named(gates, alarmed)
        self.alarmed_at[new] = self.cases[new]
        return new


def _one_column_a_gate(bets: Sequence[tuple[float, ...]]) -> NDArray[np.float64]:
    import numpy as np

    numbers = sorted({len(of_one) for of_one in bets})
    if len(numbers) > 1:
        raise ImpossibleParameter(
            f"Gates with {numbers[0]} and with {numbers[-1]} bets cannot stand side by side; "
            "all of one array need the same number. Make an array for each."
        )
    return np.array(bets, dtype=np.float64).reshape(len(bets), -1 if bets else 1).T.copy()


def _required(after: NDArray[Any], rows: int, gates: int) -> NDArray[Any]:
    given = require_states(after, rows, gates)
    cases, looked = given[0], given[1]
    whole = (cases % 1.0 == 0.0).all() and (looked % 1.0 == 0.0).all() and (cases >= 0).all()
    if not (whole and within(cases) and looked_within(looked, cases)):
        raise impossible_states("an array of impossible counts", rows, gates)
    return given


def _statistics(states: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the bets, summed in their order, as `RollbackDetector.statistic` does."""
    total: NDArray[np.float64] = states.sum(axis=0)
    return total / len(states)


def _log_mean_exp(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log of the mean of exponentials over the bets, without overflow."""
    import numpy as np

    peaks: NDArray[np.float64] = logs.max(axis=0)
    means: NDArray[np.float64] = np.exp(logs - peaks).sum(axis=0) / len(logs)
    return np.log(means) + peaks
