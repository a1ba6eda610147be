"""What a context must still hold while it writes: whoever lost it changes nothing any more."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from psycopg import Connection


class Hold(Protocol):
    """The right to go on with a run, as somebody above the guard keeps it."""

    def require(self, connection: Connection) -> None:
        """Make sure of it inside a transaction, until that ends; raises GuardError if it is lost."""


HOLD: ContextVar[Hold | None] = ContextVar("goldenthread_hold", default=None)
"""Asked in each transaction of a slice in which this context writes; None where nobody else could take over."""
