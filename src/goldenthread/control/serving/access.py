"""Who asks: tokens as the ledger has them, at most a second old; and the hold of the one server of a home."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from goldenthread.control.guard.signed import holder_key
from goldenthread.control.serving.tools import Toolbox, load_toolbox
from goldenthread.promise.errors import CredentialsRefused, ScopeRefused, ServerRunning, StoreUnavailable
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.principals import Token, Tokens, load_tokens

FRESH_S = 1.0
"""How old, in seconds, what the server knows of tokens and of its hold may be when it answers."""

_HOLD = 0x676F6C64  # 'gold': the key of the lock that one server of a database has

_ARTICLE = {
    "agent": "an agent",
    "tool": "a tool",
    "task": "whoever gives tasks",
    "telemetry": "whoever sends telemetry",
}


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Whoever presented a good token, with what was known of tokens at that moment."""

    token: Token
    tokens: Tokens

    @property
    def name(self) -> str:
        """The principal."""
        return self.token.name

    def require(self, *scopes: str) -> None:
        """
        Raises:
            ScopeRefused: The token is for something else.
        """
        if self.token.scope not in scopes:
            wanted = " or ".join(_ARTICLE[scope] for scope in scopes)
            raise ScopeRefused(
                f"This takes the token of {wanted}; '{self.name}' came with that of {_ARTICLE[self.token.scope]}. "
                "Nothing happened; leave this to whoever it is for."
            )

    def require_slice(self, slice_name: str) -> None:
        """
        Raises:
            ScopeRefused: Token or principal does not reach the slice.
        """
        if not self.token.allowed(self.tokens.principals, slice_name):
            raise ScopeRefused(
                f"The token of '{self.name}' is not for the slice '{slice_name}'. "
                "Nothing happened; have an administrator make one that is."
            )


class Access:
    """
    Tokens and tools of one ledger, read again when the organisation's chain has grown; thread-safe.

    Args:
        ledger: Where they stand.
        monotonic: Seconds; tells how long ago they were confirmed.
    """

    def __init__(self, ledger: Ledger, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: tuple[int, Tokens, Toolbox] | None = None
        self._confirmed = float("-inf")
        self._holders: dict[str, bytes] = {}

    def caller(self, presented: str | None) -> Caller:
        """
        Whoever presents a token.

        Raises:
            CredentialsRefused: None was presented, or it opens nothing.
            StoreUnavailable: What is known of tokens cannot be confirmed.
        """
        tokens = self.tokens()
        token = tokens.find(presented, self._ledger.clock()) if presented else None
        if token is None or presented is None:
            shown = "no token" if not presented else "a token that is unknown, expired or revoked"
            raise CredentialsRefused(
                f"The request came with {shown}. Send `Authorization: Bearer TOKEN` with one that "
                "`goldenthread token create` printed."
            )
        if token.scope == "agent":
            self._holders[token.id] = holder_key(presented)
        return Caller(token=token, tokens=tokens)

    def holders(self, agent: str) -> list[bytes]:
        """What the tokens of an agent prove with, as far as they came here since this server began and are good."""
        tokens, now = self.tokens(), self._ledger.clock()
        return [
            key
            for id, key in list(self._holders.items())
            if (token := tokens.by_id.get(id)) is not None
            and token.name == agent
            and token.problem(tokens.principals, now) is None
        ]

    def tokens(self) -> Tokens:
        """Every token, as it stood a second ago at most."""
        return self._fresh()[0]

    def toolbox(self) -> Toolbox:
        """What tools have said of themselves, as it stood a second ago at most."""
        return self._fresh()[1]

    def forget(self) -> None:
        """Look again at the next question."""
        self._confirmed = float("-inf")

    def _fresh(self) -> tuple[Tokens, Toolbox]:
        with self._lock:
            now = self._monotonic()
            if self._known is None or now - self._confirmed > FRESH_S / 2:
                head = self._ledger.head(ORGANISATION).seq
                if self._known is None or self._known[0] != head:
                    self._known = (head, load_tokens(self._ledger), load_toolbox(self._ledger))
                self._confirmed = now
            return self._known[1:]


class Hold:
    """
    The hold of a home's one server: a lock of a database session, so that a dead server holds nothing.

    What is in flight is known to one process only; two servers would each doubt what the other lets happen.
    """

    def __init__(self, ledger: Ledger, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._connection: psycopg.Connection | None = None
        self._confirmed = float("-inf")

    def confirm(self) -> None:
        """
        Make sure that this process still is the one, by what is known for a second at most.

        Raises:
            ServerRunning: Another holds the home.
            StoreUnavailable: The database does not say.
        """
        with self._lock:
            if self._monotonic() - self._confirmed <= FRESH_S / 2:
                return
            began = self._monotonic()
            if not self._is_held():
                raise ServerRunning(
                    "Another server of the guard holds this home. Stop that one, or use it; there is one at a time."
                )
            self._confirmed = began

    def release(self) -> None:
        """Let another be the one."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()

    def _is_held(self) -> bool:
        try:
            if self._connection is not None and not self._connection.closed:
                self._connection.execute("select 1")
                return True
        except psycopg.Error:
            self._connection = None
        self._connection = self._ledger.store.connect()
        try:
            row = self._connection.execute("select pg_try_advisory_lock(%s)", (_HOLD,)).fetchone()
        except psycopg.Error as problem:
            raise StoreUnavailable(f"The database gives no lock: {problem}. Look into its log.") from problem
        if row and row[0]:
            return True
        self._connection.close()
        return False
