"""Values that every wing shares: levels, effects, verdicts, canonical bytes and their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from enum import Enum, StrEnum
from functools import cache
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Level(Enum):
    """How much an agent may do, lowest first; comparable by rank."""

    SHADOW = "shadow"
    DRAFT = "draft"
    APPROVAL = "approval"
    CONSTRAINED = "constrained"
    EXPANDED = "expanded"

    @property
    def rank(self) -> int:
        """Position on the ladder, 0 (shadow) to 4 (expanded)."""
        return _RANK[self._value_]

    @property
    def next(self) -> Level | None:
        """The level above, or None at the top."""
        return LADDER[self.rank + 1] if self.rank + 1 < len(LADDER) else None

    def __lt__(self, other: Level) -> bool:
        return self.rank < other.rank

    def __le__(self, other: Level) -> bool:
        return self.rank <= other.rank

    def __gt__(self, other: Level) -> bool:
        return self.rank > other.rank

    def __ge__(self, other: Level) -> bool:
        return self.rank >= other.rank

    def __str__(self) -> str:
        return self.value


LADDER: tuple[Level, ...] = tuple(Level)
_UNSAFE = 2.0**53
_LARGEST = 2**53 - 1  # the largest integer that JSON carries exactly (RFC 7493)
_STRINGS = {str}
_RANK = {level.value: rank for rank, level in enumerate(LADDER)}


class Effect(StrEnum):
    """What an action does to the world."""

    READ = "read"
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"


class Verdict(StrEnum):
    """What the guard says to an action."""

    ALLOW = "allow"
    ASK = "ask"
    DRAFT = "draft"
    DENY = "deny"


class GateVerdict(StrEnum):
    """What the evidence says of a gate or tripwire."""

    PROMOTE = "promote"
    HOLD = "hold"
    DEMOTE = "demote"
    INSUFFICIENT = "insufficient"
    ERROR = "error"


class TrustMode(StrEnum):
    """Who holds the keys: the agent's own process, or a server it cannot read."""

    COOPERATIVE = "cooperative"
    ENFORCING = "enforcing"


def canonical(value: Json) -> bytes:
    """
    The canonical JSON bytes of a value (RFC 8785), the form that is hashed, signed and stored.

    Raises:
        NotCanonical: The value holds what JSON cannot carry exactly: NaN, an infinity, an integer
            beyond 2**53 - 1, a key that is no string, or a type that is not JSON.
    """
    try:
        if _is_plain(value):
            return _plain_encode()(value)
    except (UnicodeEncodeError, RecursionError):
        pass  # said below, in our words
    return _by_library(value)


def _by_library(value: Json) -> bytes:
    import rfc8785

    from goldenthread.promise.errors import NotCanonical

    try:
        _refuse_large_floats(value)
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, OverflowError, UnicodeEncodeError, RecursionError) as error:
        raise NotCanonical(
            f"A value cannot be written as canonical JSON: {error}. "
            "Pass only strings, booleans, null, finite numbers up to 2^53 - 1, lists and objects."
        ) from error


@cache
def _plain_encode() -> Callable[[Json], bytes]:
    import msgspec  # takes a while to import, and whoever only reads never encodes

    return msgspec.json.Encoder(order="sorted").encode


def _is_plain(value: Json) -> bool:
    """
    Whether the fast encoder provably writes the same bytes: without floats (RFC 8785 writes them as ECMAScript does),
    with ASCII keys (which sort alike by code point and by UTF-16 unit), and of JSON's own types alone.
    """
    if type(value) is dict:
        # Sets of types and joined keys, not a step for each: every record of the ledger passes here.
        if value and (set(map(type, value)) != _STRINGS or not "".join(value).isascii()):
            return False
        return _are_plain(value.values())
    return _are_plain(value if type(value) is list else (value,))


def _are_plain(items: Collection[Json]) -> bool:
    for item in items:
        kind = type(item)
        if kind is str or item is None or kind is bool:
            continue
        if kind is int:
            if not -_LARGEST <= item <= _LARGEST:  # type: ignore[operator]
                return False
        elif (kind is not dict and kind is not list) or not _is_plain(item):
            return False
    return True


def _refuse_large_floats(value: Json) -> None:
    """A whole float beyond 2^53 would be read back as an integer that JSON cannot carry exactly."""
    if isinstance(value, float) and abs(value) >= _UNSAFE:
        raise OverflowError(f"{value!r} is beyond 2^53")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_large_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_large_floats(item)


def digest(value: Json) -> str:
    """SHA-256 over the canonical bytes, as `sha256:<64 hex digits>`."""
    return digest_bytes(canonical(value))


def digest_bytes(content: bytes) -> str:
    """SHA-256 over bytes, as `sha256:<64 hex digits>`."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
