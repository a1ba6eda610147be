"""In how many cases something occurs, and how often in each, of events that stand by case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]
_CELLS = 2_000_000
_DENSE = 64


def in_cases(case: Numbers, code: Numbers, kinds: int) -> Numbers:
    """
    In how many cases each code occurs, shape (kinds,).

    Args:
        case: By event, the number of its case, rising from 0. Shape (events,).
        code: By event, at least 0 and below `kinds`. Shape (events,).
        kinds: Codes that there may be.
    """
    if _is_sparse(case, kinds):
        keys = np.unique(case.astype(np.int64) * kinds + code)
        return np.bincount(keys % kinds, minlength=kinds)
    found = np.zeros(kinds, np.int64)
    for _, cases, keys in _blocks(case, code, kinds):
        there = np.zeros(cases * kinds, np.bool_)
        there[keys] = True
        found += there.reshape(cases, kinds).sum(axis=0)
    return found


def repeated(case: Numbers, code: Numbers, kinds: int) -> tuple[Numbers, Numbers, Numbers]:
    """What occurs more than once in a case: case, code and how often, by case and code. Arguments as above."""
    if _is_sparse(case, kinds):
        keys, times = np.unique(case.astype(np.int64) * kinds + code, return_counts=True)
        again = times > 1
        return keys[again] // kinds, keys[again] % kinds, times[again]
    parts: list[tuple[Numbers, Numbers, Numbers]] = []
    for base, cases, keys in _blocks(case, code, kinds):
        counts = np.bincount(keys, minlength=cases * kinds)
        places = np.flatnonzero(counts > 1)
        parts.append((base + places // kinds, places % kinds, counts[places]))
    cases_of, codes, times = (np.concatenate(one) for one in zip(*parts, strict=True))
    return cases_of, codes, times


def coded(values: Numbers, kinds: int) -> tuple[Numbers, Numbers]:
    """The values that occur, rising, and by event the place of its value among them; all below `kinds`."""
    if kinds > len(values) + _CELLS:
        known, places = np.unique(values, return_inverse=True)
        return known, places
    known = np.flatnonzero(np.bincount(values, minlength=kinds))
    places = np.zeros(kinds, np.int32)
    places[known] = np.arange(len(known))
    return known, places[values]


def _is_sparse(case: Numbers, kinds: int) -> bool:
    """Whether a table of all cases by all codes would be much larger than the events."""
    return len(case) == 0 or (int(case[-1]) + 1) * kinds > _DENSE * len(case) + _CELLS


def _blocks(case: Numbers, code: Numbers, kinds: int) -> Iterator[tuple[int, int, Numbers]]:
    """So many cases at a time that their table is small: the first, how many, and by event its place in the table."""
    cases = int(case[-1]) + 1
    size = max(1, _CELLS // kinds)
    for base in range(0, cases, size):
        low, high = np.searchsorted(case, (base, base + size))
        yield base, min(size, cases - base), (case[low:high] - base) * kinds + code[low:high]
