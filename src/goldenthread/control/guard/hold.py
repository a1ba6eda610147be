"""What a context must still hold while it writes: whoever lost it changes nothing any more."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from psycopg import Connection

    from goldenthread.promise.errors import GuardError, WorkError


class Hold(Protocol):
    """The right to go on with a run, as somebody above the guard keeps it."""

    @property
    def question(self) -> tuple[str, tuple[object, ...]]:
        """A query, and its parameters, that finds a row while it is held, and locks that until the transaction ends."""

    def lost(self) -> GuardError | WorkError:
        """The error of somebody who no longer holds it."""

    def require(self, connection: Connection) -> None:
        """Make sure of it inside a transaction, until that ends; raises GuardError if it is lost."""


HOLD: ContextVar[Hold | None] = ContextVar("goldenthread_hold", default=None)
"""Asked in each transaction of a slice in which this context writes; None where nobody else could take over."""
