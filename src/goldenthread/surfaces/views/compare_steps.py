"""The steps of two runs side by side: what the one did and the other did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from goldenthread.control.guard import Desk
from goldenthread.surfaces.views.content import Content, open_contents
from goldenthread.surfaces.views.timeline_parts import KINDS, Entry, Totals
from goldenthread.surfaces.views.timeline_words import entry_words, one_line

MOST = 400
"""Steps of each run that are laid side by side, beyond those that begin and end alike."""

_ASIDE = frozenset({"run", "trace", "end"})


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """A step of the one beside that of the other; '' where it has none. `count` above 1: so many alike in a row."""

    kind: str
    left: str
    right: str
    left_key: str
    right_key: str
    same: bool
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class RunRead:
    """A run with everything that is compared of it."""

    desk: Desk
    row: Mapping[str, Any]
    entries: tuple[Entry, ...]
    totals: Totals
    given: Content
    declared: Mapping[str, Any]


def aligned(one: RunRead, two: RunRead) -> tuple[tuple[Aligned, ...], int]:
    """The steps of both in order, those alike beside each other, and how many were left out since too many differ."""
    left, right = _compared(one), _compared(two)
    heads = _alike(left, right)
    tails = _alike(left[heads:][::-1], right[heads:][::-1])
    ends = (left[len(left) - tails :], right[len(right) - tails :])
    middle = (left[heads : len(left) - tails], right[heads : len(right) - tails])
    left_out = sum(max(0, len(side) - MOST) for side in middle)
    pairs = [
        *zip(left[:heads], right[:heads], strict=True),
        *_matched(middle[0][:MOST], middle[1][:MOST]),
        *zip(*ends, strict=True),
    ]
    return tuple(_folded(_in_words(one, two, pairs))), left_out


def _compared(read: RunRead) -> list[Entry]:
    return [entry for entry in read.entries if entry.kind not in _ASIDE]


def _alike(left: Sequence[Entry], right: Sequence[Entry]) -> int:
    number = 0
    for one, two in zip(left, right, strict=False):
        if _signature(one) != _signature(two):
            break
        number += 1
    return number


def _signature(entry: Entry) -> tuple[str, str]:
    """What a step is, whatever was in it and came of it: steps of one signature stand side by side."""
    return entry.kind, str(entry.facts.get("name", ""))


def _matched(left: Sequence[Entry], right: Sequence[Entry]) -> Iterator[tuple[Entry | None, Entry | None]]:
    matcher = SequenceMatcher(None, [_signature(one) for one in left], [_signature(one) for one in right], False)
    for word, a, b, c, d in matcher.get_opcodes():
        if word == "equal":
            yield from zip(left[a:b], right[c:d], strict=True)
        else:
            yield from ((one, None) for one in left[a:b])
            yield from ((None, two) for two in right[c:d])


def _in_words(one: RunRead, two: RunRead, pairs: Sequence[tuple[Entry | None, Entry | None]]) -> Iterator[Aligned]:
    told = [_told(read, [pair[side] for pair in pairs]) for side, read in enumerate((one, two))]
    for left, right in pairs:
        shown = left or right
        assert shown is not None
        words = [told[side][entry.key] if entry is not None else "" for side, entry in enumerate((left, right))]
        yield Aligned(
            kind=KINDS[shown.kind],
            left=words[0],
            right=words[1],
            left_key=left.key if left is not None else "",
            right_key=right.key if right is not None else "",
            same=words[0] == words[1],
        )


def _told(read: RunRead, entries: Sequence[Entry | None]) -> dict[str, str]:
    """The lines of some steps of a run, by key."""
    there = [entry for entry in entries if entry is not None]
    digests = [digest for entry in there if not entry.hidden for _, digest in entry.digests]
    contents = open_contents(read.desk.ledger, dict.fromkeys(digests, read.row["case_ref"]))
    return {entry.key: entry_words(entry, contents) for entry in there}


def _folded(steps: Iterator[Aligned]) -> Iterator[Aligned]:
    """Steps alike in a row as one; what differs stands for itself."""
    alike: list[Aligned] = []
    for step in steps:
        if step.same:
            alike.append(step)
            continue
        yield from _together(alike)
        alike = []
        yield step
    yield from _together(alike)


def _together(alike: list[Aligned]) -> Iterator[Aligned]:
    if len(alike) <= 3:
        yield from alike
        return
    first, last = alike[0], alike[-1]
    words = f"{first.left} … {last.left}" if first.left != last.left else first.left
    yield Aligned(
        kind="Alike",
        left=one_line(words),
        right=one_line(words),
        left_key=first.left_key,
        right_key=first.right_key,
        same=True,
        count=len(alike),
    )
