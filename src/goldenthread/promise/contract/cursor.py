"""A line of the contract, read from left to right; what cannot be read is told with its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

from goldenthread.promise.errors import LineInvalid

_T = TypeVar("_T")


WORD = re.compile(r"[^\s,]+")


# --- the cursor -----------------------------------------------------------------------------------


@dataclass
class Line:
    """A line being read from left to right."""

    text: str
    at: int = 0

    def skip(self) -> None:
        """Step over spaces."""
        while self.at < len(self.text) and self.text[self.at] == " ":
            self.at += 1

    def peek(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern finds here, without taking it."""
        self.skip()
        return pattern.match(self.text, self.at)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take what the pattern finds here, or nothing."""
        found = self.peek(pattern)
        if found:
            self.at = found.end()
        return found

    def take_words(self, words: str) -> bool:
        """Take exactly these words, however many spaces between them."""
        return bool(self.take(re.compile(r" +".join(map(re.escape, words.split())) + r"(?![A-Za-z0-9_])")))

    def next_word(self) -> str:
        """The word that stands here, or ''."""
        found = self.peek(WORD)
        return found.group() if found else ""

    def chunk(self) -> str:
        """What stands here, up to the next comma or the end."""
        self.skip()
        return self.text[self.at :].split(",")[0].strip()

    def fail(self, words: str) -> LineInvalid:
        """An error at this place."""
        self.skip()
        return LineInvalid(words, offset=self.at)

    def fail_as(self, what: str, example: str) -> LineInvalid:
        """`'soon' is no window; write e.g. 'in 8 weeks'.`, or that it is missing."""
        found = self.chunk()
        if not found:
            return self.fail(f"the {what} is missing; write e.g. '{example}'.")
        return self.fail(f"'{short(found)}' is no {what}; write e.g. '{example}'.")


def whole(text: str, parse: Callable[[Line], _T]) -> _T:
    """Parse the whole text; anything left over is an error."""
    line = Line(text=text)
    result = parse(line)
    line.skip()
    if line.at < len(text):
        raise line.fail(f"'{short(text[line.at :])}' is not understood here; remove it.")
    return result


def short(text: str) -> str:
    """At most 40 characters, for a message."""
    return text if len(text) <= 40 else text[:37].rstrip() + "..."


def nearest_of(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant, if any."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def unknown_words(name: str, known: Collection[str], what: str) -> str:
    """`there is no action 'send_mony'; did you mean 'send_money'?`."""
    nearest = nearest_of(name, known)
    if nearest:
        return f"there is no {what} '{short(name)}'; did you mean '{nearest}'?"
    return f"there is no {what} '{short(name)}'; {_there_are(list(known), what)}."


def _there_are(known: list[str], what: str) -> str:
    if not known:
        return f"write it under '{'takes' if what == 'argument' else 'actions'}'"
    if len(known) == 1:
        return f"there is only '{known[0]}'"
    rest = len(known) - _SHOWN
    return f"there are {', '.join(known[:_SHOWN])} and {rest} more" if rest > 0 else f"write one of {', '.join(known)}"


_SHOWN = 8  # names in a message
