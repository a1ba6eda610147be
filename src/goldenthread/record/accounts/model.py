"""What accounts are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

KINDS_WITH_ACCOUNT = ("person", "data-owner")
"""Kinds of principals who may have an account: agents and services come with tokens, never with a page."""

IDLE = timedelta(minutes=30)
"""How long a session lives unused (NIST SP 800-63B, 4.2.3: at most 30 minutes at its second level)."""

LONGEST = timedelta(hours=12)
"""How long a session lives at all (the same place: at most 12 hours, used or not)."""

INVITED_FOR = timedelta(days=3)
"""How long an invitation can be accepted."""

EVENTS_KEPT = timedelta(days=400)
"""How long sign-in events are kept: the year that auditors ask for, and the month in which they ask."""


@dataclass(frozen=True, kw_only=True)
class Where:
    """Where a request comes from: the network address, and what the browser says it is, in a word or two."""

    address: str = ""
    device: str = ""

    @classmethod
    def of(cls, address: str, device: str) -> Where:
        """The same, as it is kept: of what a browser says of itself no more than people tell devices apart by."""
        return cls(address=_kept(address, 64), device=_device(_kept(device, 400)))


@dataclass(frozen=True, kw_only=True)
class Passkey:
    """A passkey of somebody; `id` is in hex, `synced` says whether its maker copies it between devices."""

    id: str
    label: str
    synced: bool
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who somebody is at an identity provider."""

    issuer: str
    subject: str
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class Account:
    """
    How a principal comes in. `problem` says why it opens nothing now, None if it does.

    `invited_until` is the end of an invitation that nobody has accepted yet.
    """

    name: str
    made_at: datetime | None
    password_at: datetime | None
    passkeys: Sequence[Passkey]
    identities: Sequence[Identity]
    sessions: int
    signed_in_at: datetime | None
    invited_until: datetime | None
    problem: str | None

    @property
    def ways(self) -> tuple[str, ...]:
        """By what somebody may come in: 'password', 'passkey', 'identity provider'."""
        ways = (
            ("password", self.password_at is not None),
            ("passkey", bool(self.passkeys)),
            ("identity provider", bool(self.identities)),
        )
        return tuple(way for way, there in ways if there)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session of somebody, on the server; `id` names it and opens nothing. `how` is the way they came in."""

    id: str
    name: str
    how: str
    address: str
    device: str
    made_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A session that was just opened, and the secret that opens it from now on, which is kept nowhere."""

    session: Session
    secret: str


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """Somebody was invited, or their account is to begin afresh."""

    name: str
    by: str
    made_at: datetime
    expires: datetime


@dataclass(frozen=True, kw_only=True)
class SignInEvent:
    """
    Something that happened to an account. `name` is '' where nobody of the name that was given is on record: what
    people type there by mistake is often their password.
    """

    at: datetime
    name: str
    what: str
    how: str
    result: str
    address: str
    device: str


def _kept(text: str, longest: int) -> str:
    return "".join(one for one in text if one.isprintable())[:longest]


# In this order, since each says that it is those after it as well.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def _device(agent: str) -> str:
    browser = next((words for sign, words in _BROWSERS if sign in agent), "")
    system = next((words for sign, words in _SYSTEMS if sign in agent), "")
    return " on ".join(part for part in (browser, system) if part) or agent[:40]
