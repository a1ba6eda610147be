"""What a detector found: a kind, a type and a place, never the value itself."""

from __future__ import annotations

from dataclasses import dataclass

SECRETS, PERSONAL_DATA = "secrets", "personal_data"
KINDS = frozenset({SECRETS, PERSONAL_DATA})

UNREADABLE = "unreadable"
"""Type of a finding where a detector could not look: too long, too deep, no JSON, or it failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """
    One place in a value that should not leave.

    Attributes:
        kind: 'secrets' or 'personal_data'.
        type: 'iban', 'private key'; 'unreadable' where nobody could look.
        path: Which text of the value: '$.rows[2].note'; a key that holds a finding itself stands as its ordinal.
        start: First character in that text, 0-based. A number counts as its digits.
        end: One past the last character.
    """

    kind: str
    type: str
    path: str
    start: int
    end: int

    @property
    def label(self) -> str:
        """What stands in its place after redaction."""
        word = "secret" if self.kind == SECRETS else f"personal data: {self.type}"
        return f"[{word}]"


@dataclass(frozen=True, slots=True)
class Span:
    """A place in one text, as a detector names it."""

    start: int
    end: int
    type: str
