"""The values that a run has read, by where they came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal

from goldenthread.control.provenance.encodings import Contents
from goldenthread.control.provenance.figures import (
    accounts_in,
    as_account,
    as_date,
    dates_in,
    number,
    numbers_in,
    without_dates,
)
from goldenthread.control.provenance.folding import is_plain, lowered, tidy
from goldenthread.control.provenance.links import address, links
from goldenthread.control.provenance.passages import Passages
from goldenthread.promise.values import Json

Leaf = str | float | bool

MOST_LEAVES = 100_000
"""Values of one output that are looked at, and values that are kept in all; what comes later is not found."""

LONGEST_KEPT = 200_000
"""Characters of one text that are kept as a whole."""

MOST_TEXT = 1_000_000
"""Characters of trusted text that are kept; what comes later is not found."""

_LONGEST_LINK = 4_000
_LEAST = 10  # a number below, written without decimals or currency, is a word like any other in a text


class Origins:
    """
    What one run has read, and from which sources; grows while the run goes on.

    A value that decides an effect is good if it stands in a source that the contract trusts: the task a person gave,
    a list of the contract, the output of a tool that it trusts. It stands there if it is one of its values. Only what
    a person wrote is also read as prose, where a run of whole words may be a name, an amount, a date or an address:
    whoever can name a record could otherwise write a sentence there. Case, blanks and the ways to write a number or
    date do not matter. A value that stands in trusted and in untrusted sources is trusted. What is paraphrased,
    calculated, decoded or put together from pieces is not.
    """

    def __init__(self) -> None:
        self._whole: set[str] = set()  # texts exactly as they came, and their folded forms
        self._truths: set[bool] = set()
        self._numbers: set[Decimal] = set()  # values of their own, and clear amounts in texts
        self._bare: set[Decimal] = set()  # other numbers in texts: good for a number, not for a name made of digits
        self._dates: set[date] = set()
        self._accounts: set[str] = set()
        self._addresses: set[str] = set()
        self._passages = Passages()
        self._untrusted = Contents()
        self._room = MOST_LEAVES
        self._size = 0

    def read(self, source: str, value: Json, trust: tuple[str, ...] | None = (), *, prose: bool = False) -> None:
        """
        Take in what a source gave; never raises.

        Args:
            source: Its name as people read it: `get_page, call 2`.
            value: What it gave.
            trust: Paths of the value that are to be trusted, such as `contacts.address`; lists on the way are
                passed through, and `*` stands for any one key. () trusts none of it, None all of it.
            prose: A person wrote it: what is trusted counts by its words, too.
        """
        paths = None if trust is None else [tuple(path.split(".")) for path in trust]
        with suppress(_TooMuch):
            for path, leaf in _leaves(value):
                if paths is None or any(_is_under(path, wanted) for wanted in paths):
                    self._trust(leaf, prose=prose)
                else:
                    self._untrusted.add(source, leaf)

    def problem(self, value: Json, lists: Iterable[str] = ()) -> str | None:
        """
        Why a value that decides an effect is not trusted, in words that follow its name; None if it is.

        Every leaf of a nested value must be trusted, keys included; nothing at all (null, an empty list) is.

        Args:
            lists: Members of the contract's lists, which a value may equal.
        """
        members = frozenset(lists)
        return self._first_problem(value, lambda leaf: () if leaf in members else (leaf,))

    def problem_of_links(self, value: Json, lists: Iterable[str] = ()) -> str | None:
        """The same for a text that may say anything as long as it sends its reader nowhere else: for its `links`."""
        members = frozenset(lists)
        return self._first_problem(value, lambda leaf: _links_of(leaf) - members)

    def holds_some(self, value: Json) -> bool:
        """Whether any text in a value is trusted."""
        try:
            return any(isinstance(leaf, str) and self._is_trusted(leaf) for _, leaf in _leaves(value))
        except _TooMuch:
            return False

    def _first_problem(self, value: Json, parts: Callable[[Leaf], Iterable[Leaf]]) -> str | None:
        try:
            for _, leaf in _leaves(value):
                for part in parts(leaf):
                    if not self._is_trusted(part):
                        return self._words(part)
        except _TooMuch:
            return "holds more than can be looked up"
        return None

    def _words(self, leaf: Leaf) -> str:
        source = self._untrusted.source_of(leaf)
        return f"stands only in untrusted content ({source})" if source else "stands in no source of this run"

    def _trust(self, leaf: Leaf, *, prose: bool) -> None:
        if self._room <= 0:
            return
        self._room -= 1
        if isinstance(leaf, bool):
            self._truths.add(leaf)
            return
        worth = number(leaf)
        if worth is not None:
            self._numbers.add(worth)
        if isinstance(leaf, str):
            self._trust_text(leaf, prose=prose)

    def _trust_text(self, text: str, *, prose: bool) -> None:
        if len(text) > LONGEST_KEPT or self._size + len(text) > MOST_TEXT:
            return
        self._size += len(text)
        seen = tidy(text)
        self._whole.update((text, lowered(seen)))
        day, account = as_date(seen), as_account(seen)
        if day is not None:
            self._dates.add(day)
        if account is not None:
            self._accounts.add(account)
        if links(seen[:_LONGEST_LINK]) == (seen,):
            self._addresses.add(lowered(address(seen)))
        if prose:
            self._trust_prose(seen)

    def _trust_prose(self, text: str) -> None:
        self._passages.add(text)
        for worth, clear in numbers_in(without_dates(text)):
            (self._numbers if clear else self._bare).add(worth)
        self._dates.update(dates_in(text))
        self._accounts.update(accounts_in(text))
        self._addresses.update(lowered(address(link)) for link in links(text))

    def _is_trusted(self, leaf: Leaf) -> bool:
        if isinstance(leaf, bool):
            return leaf in self._truths
        worth = number(leaf)
        if not isinstance(leaf, str):
            return worth is not None and (worth in self._numbers or (worth in self._bare and abs(worth) >= _LEAST))
        if leaf in self._whole:
            return True
        if not is_plain(leaf) or not leaf.strip():
            return False  # it is not what it looks like, so only the very same text will do
        if worth is not None and worth in self._numbers:
            return True
        return self._holds_text(tidy(leaf))

    def _holds_text(self, text: str) -> bool:
        if lowered(text) in self._whole or self._passages.hold(text) or self._passages.fit(text):
            return True
        day = as_date(text)
        if day is not None and day in self._dates:
            return True
        account = as_account(text)
        if account is not None and (account in self._accounts or self._passages.hold(account)):
            return True
        return links(text) == (text,) and lowered(address(text)) in self._addresses


def _is_under(path: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return len(path) >= len(wanted) and all(want in ("*", key) for key, want in zip(path, wanted, strict=False))


def _links_of(leaf: Leaf) -> set[str]:
    if not isinstance(leaf, str):
        return set()
    if len(leaf) > LONGEST_KEPT:
        raise _TooMuch
    return set(links(tidy(leaf)))


class _TooMuch(Exception):
    """More than `MOST_LEAVES` values in one, or a text beyond `LONGEST_KEPT`."""


def _leaves(value: Json) -> Iterator[tuple[tuple[str, ...], Leaf]]:
    """Every value with the keys that lead to it, and every key as a value; `_TooMuch` after `MOST_LEAVES`."""
    waiting: list[tuple[tuple[str, ...], Json]] = [((), value)]
    for _ in range(MOST_LEAVES):
        if not waiting:
            return
        path, inner = waiting.pop()
        if isinstance(inner, dict):
            for key, member in reversed(inner.items()):
                waiting.append(((*path, str(key)), member))
            for key in inner:
                yield path, str(key)
        elif isinstance(inner, list | tuple):
            waiting.extend((path, member) for member in reversed(inner))
        elif inner is not None:
            yield path, inner
    if waiting:
        raise _TooMuch
