"""Keep, find and throw away drafts; each is its author's alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from goldenthread.promise.errors import DraftChanged, DraftRefused, DraftUnknown
from goldenthread.record.store import Store

LARGEST = 256 * 1024
"""Bytes of a draft; a contract itself has 64 KB at most."""

MOST = 100
"""Drafts of one author."""

_FIND: LiteralString = """
    select id, author, slice, text, revision, begun_at, saved_at from contract_draft
    where id = %s and author = any(%s)
"""
_FIND_TO_CHANGE: LiteralString = f"{_FIND} for update"
_INSERT = (
    "insert into contract_draft (id, author, slice, text, revision, begun_at, saved_at) "
    "values (%s, %s, %s, %s, 1, %s, %s) returning id, author, slice, text, revision, begun_at, saved_at"
)
_UPDATE = (
    "update contract_draft set text = %s, revision = revision + 1, saved_at = %s where id = %s "
    "returning id, author, slice, text, revision, begun_at, saved_at"
)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """
    A text that is being written.

    Attributes:
        id: 16 hexadecimal digits.
        author: Whose it is; '' is whoever sits at the machine and acts as nobody.
        slice: Whose newest version it began from; None for a new contract.
        text: As it was last saved, lines ended by `\\n`.
        revision: How often it was saved, from 1.
        begun_at: UTC.
        saved_at: UTC.
    """

    id: str
    author: str
    slice: str | None
    text: str
    revision: int
    begun_at: datetime
    saved_at: datetime


@dataclass(frozen=True, kw_only=True)
class Line:
    """A draft in a list: `beginning` is its first 4,000 characters, `size` its bytes."""

    id: str
    author: str
    slice: str | None
    beginning: str
    size: int
    saved_at: datetime


class Drafts:
    """
    The drafts of one store.

    Args:
        store: Opened with `DRAFTS_SCHEMA` among its schemas.
        clock: Gives aware instants.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def begin(self, author: str, text: str, *, slice_name: str | None = None) -> Draft:
        """
        Keep a new text.

        Raises:
            DraftRefused: It is too large, or the author has too many.
        """
        text = _plain(text)
        with self._store.transaction() as connection:
            _require_room(connection, author)
            return self._insert(connection, author, slice_name, text)

    def find(self, draft: str, authors: Sequence[str]) -> Draft:
        """
        A draft of one of these authors.

        Raises:
            DraftUnknown: None of them has it.
        """
        with self._store.session() as connection:
            return _found(connection, draft, authors, lock=False)

    def of(self, authors: Sequence[str]) -> tuple[Line, ...]:
        """All drafts of these authors, the one saved last first."""
        query = (
            "select id, author, slice, left(text, 4000), octet_length(text), saved_at from contract_draft "
            "where author = any(%s) order by saved_at desc, id limit %s"
        )
        with self._store.session() as connection:
            rows = connection.execute(query, (list(authors), MOST * len(authors))).fetchall()
        names = ("id", "author", "slice", "beginning", "size", "saved_at")
        return tuple(Line(**dict(zip(names, row, strict=True))) for row in rows)

    def save(self, draft: str, authors: Sequence[str], text: str, *, revision: int) -> Draft:
        """
        Save a text over the revision that its author saw. The same text again changes nothing.

        Raises:
            DraftUnknown: None of the authors has it.
            DraftChanged: It was saved elsewhere since.
            DraftRefused: It is too large.
        """
        text = _plain(text)
        with self._store.transaction() as connection:
            there = _found(connection, draft, authors, lock=True)
            if there.text == text:
                return there
            if there.revision != revision:
                raise DraftChanged(
                    f"This draft was saved elsewhere meanwhile, at {there.saved_at:%H:%M:%S} UTC: it is at revision "
                    f"{there.revision}, and this page knows revision {revision}. Look at that one, or keep yours."
                )
            return self._update(connection, there, text)

    def keep(self, draft: str, authors: Sequence[str], text: str) -> Draft:
        """
        Save a text whatever was saved since; what stood there is kept as a draft of its own.

        Raises:
            DraftUnknown, DraftRefused: As `save`; or there is no room for the other.
        """
        text = _plain(text)
        with self._store.transaction() as connection:
            there = _found(connection, draft, authors, lock=True)
            if there.text == text:
                return there
            _require_room(connection, there.author)
            self._insert(connection, there.author, there.slice, there.text)
            return self._update(connection, there, text)

    def drop(self, draft: str, authors: Sequence[str]) -> None:
        """
        Throw a draft away.

        Raises:
            DraftUnknown: None of the authors has it.
        """
        with self._store.transaction() as connection:
            _found(connection, draft, authors, lock=True)
            connection.execute("delete from contract_draft where id = %s", (draft,))

    def _insert(self, connection: psycopg.Connection, author: str, slice_name: str | None, text: str) -> Draft:
        now = self._clock()
        values = (secrets.token_hex(8), author, slice_name, text, now, now)
        return _draft(connection.execute(_INSERT, values).fetchone())

    def _update(self, connection: psycopg.Connection, there: Draft, text: str) -> Draft:
        return _draft(connection.execute(_UPDATE, (text, self._clock(), there.id)).fetchone())


def _plain(text: str) -> str:
    """
    The text with the line ends of files, as browsers send others.

    Raises:
        DraftRefused: It is too large, or cannot be kept as text.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        size = len(plain.encode("utf-8"))
    except UnicodeEncodeError:
        raise DraftRefused("The text holds half a character, which is no UTF-8. Take it out, and save again.") from None
    if size > LARGEST:
        raise DraftRefused(
            f"The text has {size:,} bytes; a draft has at most {LARGEST:,}. Nothing was saved. Shorten it: a contract "
            "is one page."
        )
    if "\0" in plain:
        raise DraftRefused("The text holds a NUL character, which no file of text has. Take it out, and save again.")
    return plain


def _require_room(connection: psycopg.Connection, author: str) -> None:
    row = connection.execute("select count(*) from contract_draft where author = %s", (author,)).fetchone()
    if row is not None and row[0] >= MOST:
        raise DraftRefused(
            f"You have {row[0]} drafts, and {MOST} is the most. Nothing was saved. Throw away what you no longer need."
        )


def _found(connection: psycopg.Connection, draft: str, authors: Sequence[str], *, lock: bool) -> Draft:
    row = connection.execute(_FIND_TO_CHANGE if lock else _FIND, (draft, list(authors))).fetchone()
    if row is None:
        raise DraftUnknown(f"You have no draft '{draft[:40]}'. Open /author, which lists yours, or begin another.")
    return _draft(row)


def _draft(row: Any) -> Draft:
    names = ("id", "author", "slice", "text", "revision", "begun_at", "saved_at")
    return Draft(**dict(zip(names, row, strict=True)))
