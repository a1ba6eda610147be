"""
Values that stand inside a longer text: a name, an address or a file in the task that a person wrote.

A value counts only as a run of whole words, and only if it looks like somebody's or something's name. Otherwise
whoever may choose a name (of an account, a channel, a file) could choose a word that stands in every task.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from goldenthread.control.provenance.folding import lowered
from goldenthread.control.provenance.links import links

LONGEST = 4_000
"""Characters of a value that is looked for inside a text."""

_MOST_PLACES = 200  # at which a value is looked at, before it is taken for a common word
_WALL = "\n\x00\n"  # between two texts: no value stands across, for no value holds it
_AROUND = frozenset(".,;:!?()[]{}<>\"'`*«»“”„‘’‹›…|=_~#–—-")  # noqa: RUF001
_MOST_AROUND = 8  # punctuation marks on either side
_QUOTES = dict(zip("\"'`“„«»‘‹‚", "\"'`”“»«’›‘", strict=True))  # noqa: RUF001
_BULLET = re.compile(r"(?:[-*•–—]|[0-9]{1,3}[.)])[ ]*")  # noqa: RUF001
_TEMPLATE = re.compile(r"(?<![^\s(])([\"'`])(?P<phrase>[^\"'`\n]{1,300}\{[^{}\n]{1,40}\}[^\"'`\n]{0,300})\1")
_BLANK = re.compile(r"\{[^{}\n]{1,40}\}")
_MOST_TEMPLATES = 50
_LEAST_FIXED = 6  # characters that a person wrote themselves
_OWN = ("'s", "’s")  # noqa: RUF001


class Passages:
    """Trusted texts, searched for values."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._text = ""
        self._lowered = ""
        self._templates: list[re.Pattern[str]] = []

    def add(self, text: str) -> None:
        """Take a text in, `tidy`."""
        self._waiting.append(text)
        self._templates += _templates(text, _MOST_TEMPLATES - len(self._templates))

    def hold(self, value: str) -> bool:
        """Whether a value, `tidy`, stands in one of the texts by itself and as a name."""
        if not value or len(value) > LONGEST or "\x00" in value:
            return False
        self._settle()
        wanted = lowered(value)
        start = self._lowered.find(wanted)
        for _ in range(_MOST_PLACES):
            if start < 0:
                return False
            if _stands(self._text, start, start + len(wanted)):
                return True
            start = self._lowered.find(wanted, start + 1)
        return False

    def fit(self, value: str) -> bool:
        """Whether a value, `tidy`, is a phrase with blanks that a text quotes, filled in: 'Dinner at {place}'."""
        return len(value) <= LONGEST and any(
            (filled := template.fullmatch(value)) is not None and not links(" ".join(filled.groups()))
            for template in self._templates
        )

    def _settle(self) -> None:
        if self._waiting:
            self._text = _WALL.join([*([self._text] if self._text else []), *self._waiting])
            self._lowered = lowered(self._text)
            self._waiting = []


def _templates(text: str, most: int) -> Iterator[re.Pattern[str]]:
    """Quoted phrases of two words and more beside their blanks, each of which takes a few words and no line break."""
    for match in itertools.islice(_TEMPLATE.finditer(text), max(most, 0)):
        fixed = _BLANK.split(match["phrase"])
        if 2 <= len(fixed) <= 6 and len(" ".join(fixed).split()) >= 2 and sum(map(len, fixed)) >= _LEAST_FIXED:
            yield re.compile(r"([^\n{}]{1,80})".join(re.escape(part) for part in fixed), re.IGNORECASE)


def _stands(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is a run of whole words, and one that names something."""
    left, right = start, end
    while left > max(0, start - _MOST_AROUND) and text[left - 1] in _AROUND:
        left -= 1
    while right < min(len(text), end + _MOST_AROUND) and text[right] in _AROUND:
        right += 1
    if left > 0 and not text[left - 1].isspace():
        return False
    if right < len(text) and not text[right].isspace():
        own = text[end : end + 2] in _OWN and (end + 2 == len(text) or not text[end + 2].isalnum())
        if not own or any(mark in "\"'\u2018\u2019" for mark in text[left:start]):
            return False
    value = text[start:end]
    if _is_quoted(text, start, end) or _is_line(text, start, end):
        return any(character.isalnum() for character in value)
    return _is_name(value, begins=_begins_sentence(text, left))


def _is_quoted(text: str, start: int, end: int) -> bool:
    return start > 0 and end < len(text) and _QUOTES.get(text[start - 1]) == text[end]


def _is_line(text: str, start: int, end: int) -> bool:
    """Whether it is a line of its own, such as an entry of a list."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    before, after = text[first:start], text[end : last if last >= 0 else len(text)]
    return (not before or _BULLET.fullmatch(before) is not None) and not after.strip(".,;")


def _begins_sentence(text: str, place: int) -> bool:
    before = text[:place].rstrip(" ")[-1:]
    return not before or before in ".!?\n"


def _is_name(value: str, *, begins: bool) -> bool:
    """Whether it is more than common words, as the trusted text writes it."""
    words = value.split()
    if len(words) >= 4:
        return True
    return any(_is_proper(word, begins=begins and place == 0) for place, word in enumerate(words))


def _is_proper(word: str, *, begins: bool) -> bool:
    core = word.strip("".join(_AROUND))
    if core.isdecimal():
        return len(core) >= 5
    if any(character.isdigit() for character in core):
        return len(core) >= 3
    if any(mark in core for mark in "@_\\:") or ("." in core and len(core) >= 4):
        return len(core) >= 3
    if len(core) < 2 or not any(character.isalpha() for character in core):
        return False
    if core[1:] != core[1:].lower():
        return True
    if core[0].isupper() and not begins:
        return True
    return core.lower() == core.upper()  # a script that knows no capitals
