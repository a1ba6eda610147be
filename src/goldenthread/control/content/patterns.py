"""How a pattern is stated and searched for; `secrets` and `personal` hold the tables."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from goldenthread.control.content.found import Span

NEAR = 48
"""Characters before a value in which a word may stand that says what it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """
    One form that a value has.

    Attributes:
        type: What it is, as a finding names it.
        regex: The form; the group `value`, if there is one, is what is found. Linear in the text.
        hints: One of these stands in every text that has it; those in lower case stand for either case.
        around: Where to look at all: near digits, or near a sign; None for everywhere.
        after: Words of which one must come shortly before it; None if the form alone says enough.
        holds: A check on the value, its spaces, dots and dashes taken out: check digits, for example.
    """

    type: str
    regex: re.Pattern[str]
    hints: tuple[str, ...] = ()
    around: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None
    holds: Callable[[str], bool] | None = None


def search(patterns: Iterable[Pattern], text: str) -> Iterator[Span]:
    """Every place in a text that has one of the forms."""
    lowered = text.lower()
    near: dict[re.Pattern[str] | None, list[tuple[int, int]]] = {None: [(0, len(text))]}
    for pattern in patterns:
        if pattern.hints and not any(hint in (lowered if hint.islower() else text) for hint in pattern.hints):
            continue
        if pattern.around not in near:
            near[pattern.around] = regions(pattern.around, text)
        for start, end in near[pattern.around]:
            for match in pattern.regex.finditer(text, start, end):
                yield from _held(pattern, text, match)


def _held(pattern: Pattern, text: str, match: re.Match[str]) -> Iterator[Span]:
    start, end = match.span("value" if "value" in pattern.regex.groupindex else 0)
    if pattern.holds is not None and not pattern.holds(bare(text[start:end])):
        return
    if pattern.after is None or pattern.after.search(text, max(0, start - NEAR), start):
        yield Span(start, end, pattern.type)


def regions(sign: re.Pattern[str] | None, text: str, before: int = 72, after: int = 72) -> list[tuple[int, int]]:
    """The parts of a text around a sign, merged where they touch: most forms need looking at nowhere else."""
    found: list[tuple[int, int]] = []
    for match in sign.finditer(text) if sign is not None else ():
        start, end = max(0, match.start() - before), min(len(text), match.end() + after)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def bare(value: str) -> str:
    """A value without the spaces, dots, slashes and dashes that group it."""
    return re.sub(r"[\s./-]", "", value)


def entropy_bits(text: str) -> float:
    """Shannon entropy of a text's characters, bits a character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def words(*stems: str) -> re.Pattern[str]:
    """Any of these stems at the beginning of a word, in either case."""
    return re.compile(rf"(?i)(?<![^\W_])(?:{'|'.join(stems)})")
