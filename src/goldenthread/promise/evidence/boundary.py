"""
The boundary of a rate test: how many failures may stand among n cases and still promote.

Compiled once per (bar, alpha, prior) and process, extended on demand, read by index. Whoever opens an installation may
name a store that keeps compiled boundaries between processes; what comes from there is proved before use (`cache`).
"""

from __future__ import annotations

import math
import sys
import threading
from array import array
from dataclasses import dataclass
from enum import Enum

from goldenthread.promise.evidence.beta import log_tail
from goldenthread.promise.evidence.cache import BoundaryParameters, BoundaryStore

LONGEST_TABLE = 1 << 21  # beyond two million cases the boundary is searched, not tabulated
_FIRST_CHUNK = 2048
_WORTH_KEEPING = 4096  # cases; a shorter boundary is compiled sooner than a file is opened
_WORTH_AN_IMPORT = 1 << 19  # cases; a shorter boundary is compiled sooner than numpy is imported to prove a kept one


class Prior(Enum):
    """Which rates above the bar the test expects: Beta(shape, shape), cut off below the bar."""

    UNIFORM = 1.0
    JEFFREYS = 0.5

    @property
    def shape(self) -> float:
        """Both parameters of the Beta distribution, dimensionless."""
        return self.value


def log_e(bar: float, prior: Prior, successes: int, failures: int) -> float:
    """
    Log of the truncated Beta mixture's e-value against "the success rate is at most `bar`".

    Args:
        bar: Rate in (0, 1).
        prior: Beta(1, 1) or Beta(1/2, 1/2), cut off below the bar.
        successes: Count >= 0.
        failures: Count >= 0.

    Returns:
        Natural log, dimensionless; 0 without cases.

    Source:
        evidence.md, "Promotion"; Howard et al., arXiv 1810.08240.
    """
    shape = prior.shape
    return log_tail(bar, successes + shape, failures + shape) - log_tail(bar, shape, shape)


def boundary_table(bar: float, alpha: float, prior: Prior) -> BoundaryTable:
    """The table of this test, shared by the whole process."""
    key = (bar, alpha, prior)
    with _tables_lock:
        table = _tables.get(key)
        if table is None:
            table = _tables[key] = BoundaryTable(bar=bar, alpha=alpha, prior=prior)
        return table


def keep_boundaries_in(store: BoundaryStore | None) -> None:
    """
    Let this process keep its compiled boundaries in a store, and take from there what it finds right.

    Nothing in the store can change a verdict: a kept boundary is proved entry by entry, or compiled again.

    Args:
        store: The store, or None to keep nothing.
    """
    _kept.store = store


@dataclass
class _Kept:
    """Where this process keeps its boundaries."""

    store: BoundaryStore | None = None


@dataclass
class _Front:
    """Where the table ends: the fewest failures that do not promote, and the e-value there."""

    cases: int = 0
    failures: int = 0
    e: float = 1.0


class BoundaryTable:
    """Most failures that promote, by number of cases; -1 where none do. Grows under a lock, read without one."""

    def __init__(self, *, bar: float, alpha: float, prior: Prior) -> None:
        self._bar, self._shape, self._threshold = bar, prior.shape, 1.0 / alpha
        self._unit = math.exp(-log_tail(bar, prior.shape, prior.shape))
        self._parameters = BoundaryParameters(bar=bar, alpha=alpha, shape=prior.shape)
        self._most = array("i", [-1])
        self._front = _Front()
        self._lock = threading.Lock()

    def most_failures(self, cases: int) -> int:
        """Most failures among `cases` (at most LONGEST_TABLE) that promote, or -1."""
        if cases >= len(self._most):
            self._extend(cases)
        return self._most[cases]

    def covering(self, cases: int) -> array[int]:
        """The table itself, which covers `cases` and more; to read, never to write. A longer one replaces it whole."""
        self.most_failures(cases)
        return self._most

    def upto(self, cases: int) -> array[int]:
        """The table for 0 to `cases` cases, as 32-bit integers, a copy."""
        self.most_failures(cases)
        return self._most[: cases + 1]

    def _extend(self, cases: int) -> None:
        """Put a longer array in place whole: a reader without the lock never sees a resize."""
        with self._lock:
            have = len(self._most)
            if cases < have:
                return
            end = min(LONGEST_TABLE, max(cases, 2 * have, _FIRST_CHUNK))
            store = _worthwhile_store(end)
            found = self._found(store, cases) if store else None
            if found is None:
                found = self._compiled(end)
                if store:
                    store.save(self._parameters.key, self._parameters.write(found))
            self._most = found

    def _found(self, store: BoundaryStore, cases: int) -> array[int] | None:
        """A kept boundary that is right and covers `cases`, or None."""
        kept = store.load(self._parameters.key)
        found = self._parameters.read(kept, self._unit) if kept else None
        return found if found is not None and cases < len(found) <= LONGEST_TABLE + 1 else None

    def _compiled(self, end: int) -> array[int]:
        """The boundary up to `end` cases, from the last case that was compiled here (not taken from a store)."""
        longer = self._most[: self._front.cases + 1]
        longer.extend(self._walk(end))
        return longer

    def _walk(self, end: int) -> array[int]:
        """
        Follow the boundary case by case.

        Integrating p^a (1-p)^b by parts gives both neighbours of an e-value from itself; along the
        boundary, where E is near 1/alpha, neither loses digits. It moves by at most one failure a case:
        a success never lowers E, a failure never raises it.
        """
        front, unit, bar, shape = self._front, self._unit, self._bar, self._shape
        rest, threshold = 1.0 - bar, self._threshold
        cases, failures, e = front.cases, front.failures, front.e
        found = array("i")
        for _ in range(end - cases):
            a, b = cases - failures + shape, failures + shape
            after_success = (a * e + unit) / ((a + b) * bar)
            if after_success >= threshold:
                e = (b * e - unit) / ((a + b) * rest)
                failures += 1
            else:
                e = after_success
            cases += 1
            found.append(failures - 1)
        self._front = _Front(cases=cases, failures=failures, e=e)
        return found


def _worthwhile_store(cases: int) -> BoundaryStore | None:
    proof_is_cheap = "numpy" in sys.modules or cases >= _WORTH_AN_IMPORT
    return _kept.store if cases >= _WORTH_KEEPING and proof_is_cheap else None


_kept = _Kept()
_tables: dict[tuple[float, float, Prior], BoundaryTable] = {}
_tables_lock = threading.Lock()
