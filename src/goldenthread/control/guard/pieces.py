"""What several callers do in one transaction: what they must know is read in one trip, while the chain is held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from goldenthread.control.guard.hold import Hold

if TYPE_CHECKING:
    from psycopg import Cursor

    from goldenthread.control.guard.desk import Writing

Read: TypeAlias = tuple[str, tuple[object, ...]]
"""A query and its parameters."""
Rows: TypeAlias = Sequence[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One caller's share, what it reads first, and what that caller must still hold; see `Desk.together`."""

    work: Callable[[Writing, Sequence[Rows]], Any]
    reads: Sequence[Read]
    about: str
    hold: Hold | None

    @property
    def questions(self) -> Sequence[Read]:
        """What is asked for it: its hold first."""
        return self.reads if self.hold is None else (self.hold.question, *self.reads)


def do_all(writing: Writing, pieces: Sequence[Piece]) -> list[Any]:
    """The results of all pieces, in their order; whatever one raises ends all of them."""
    first: dict[str, Piece] = {}
    for piece in pieces:
        first.setdefault(piece.about, piece)
    together = [piece for piece in pieces if first[piece.about] is piece]
    known = dict(zip(map(id, together), _ask(writing, together), strict=True))
    results = []
    for piece in pieces:
        found = known.get(id(piece))
        if found is None:
            writing.tx.send_changes()
            (found,) = _ask(writing, [piece])
        if piece.hold is not None:
            held, *found = found
            if not held:
                raise piece.hold.lost()
        results.append(piece.work(writing, found))
    return results


def _ask(writing: Writing, pieces: Sequence[Piece]) -> list[list[Rows]]:
    """The rows of all that the pieces ask, in one trip."""
    connection = writing.tx.connection
    with connection.pipeline():
        asked = [
            [connection.execute(sql.encode(), given, prepare=True) for sql, given in piece.questions]
            for piece in pieces
        ]
    return [[_rows(cursor) for cursor in cursors] for cursors in asked]


def _rows(cursor: Cursor[Any]) -> Rows:
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
