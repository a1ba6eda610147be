"""
How alike two licence texts are: the overlap of their word triples, and of the marks that tell close kin apart.

The texts of one family differ in a few words ("version 2", "or any later version", "neither the name") among
hundreds that they share, so overlap alone takes one for the other. Names and years of copyright are left out.

Source:
    Broder (1997), On the resemblance and containment of documents, doi:10.1109/SEQUEN.1997.666900:
    resemblance is the Jaccard overlap of shingles, estimated by the smallest hashes when there are many.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

Shingles = frozenset[int]

WIDTH = 3
MOST_SHINGLES = 1_000
_COPYRIGHT = re.compile(r"(?i)copyright\s*(?:\(c\)|©|:|\d{4}|20|19)|©|\(c\)\s*\d|all rights reserved")
_VERSION = re.compile(r"\b(?:version|gplv?|license v?|licence v?) ?(\d(?:\.\d)?)\b")
_MARKS = (
    "above copyright notice and this permission notice",
    "advertising materials",
    "affero general public",
    "alternatively",
    "apache license",
    "artistic license",
    "at your choice",
    "dual",
    "exception",
    "free documentation",
    "later version",
    "lesser general public",
    "library general public",
    "mozilla public",
    "neither the name",
    "public domain",
    "redistributions in binary form",
    "under the terms of either",
    "used to endorse",
    "without fee",
)
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)*")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is compared of one licence text."""

    shingles: Shingles
    marks: frozenset[str]


@lru_cache(maxsize=4096)
def read(text: str, name: str = "") -> Reading:
    """
    Read a licence text for comparison.

    Args:
        text: The text; only its words count.
        name: The package's name; where the text speaks of it, it counts as "program".

    Returns:
        Word triples as 32-bit hashes, at most `MOST_SHINGLES`, the smallest; and the marks found.
    """
    words = _words(text, frozenset(_WORD.findall(name.lower())))
    triples = (" ".join(words[at : at + WIDTH]) for at in range(max(1, len(words) - WIDTH + 1)))
    hashes = {crc32(triple.encode()) for triple in triples if triple}
    return Reading(shingles=frozenset(sorted(hashes)[:MOST_SHINGLES]), marks=_marks(" ".join(words)))


def likeness(one: Reading, other: Reading, *, by_marks: bool = True) -> float:
    """Overlap of triples, times the overlap of marks unless they are left out; in [0, 1]."""
    alike = _overlap(one.shingles, other.shingles)
    return alike * (_overlap(one.marks, other.marks) if by_marks and (one.marks or other.marks) else 1.0)


def likeness_of_sets(some: Sequence[Reading], others: Sequence[Reading], *, by_marks: bool = True) -> float:
    """The likeness of the text, of either side, that the other side matches worst; in [0, 1], 0 without texts."""
    if not some or not others:
        return 0.0
    table = [[likeness(one, other, by_marks=by_marks) for other in others] for one in some]
    lines: list[list[float]] = [*table, *(list(column) for column in zip(*table, strict=True))]
    return min(max(line) for line in lines)


def _overlap(one: frozenset[int] | frozenset[str], other: frozenset[int] | frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def _marks(words: str) -> frozenset[str]:
    versions = {f"version {number.removesuffix('.0')}" for number in _VERSION.findall(words)}
    return frozenset(versions.union(mark for mark in _MARKS if mark in words))


def _words(text: str, name: frozenset[str]) -> list[str]:
    kept = (line for line in text.lower().splitlines() if _COPYRIGHT.search(line) is None)
    return ["program" if word in name and len(word) > 2 else word for line in kept for word in _WORD.findall(line)]
