"""
API tokens of agents, tools, and whoever gives tasks or sends telemetry: created and revoked by an administrator,
on record and signed.

A token's secret is shown once; the chain holds its SHA-256 alone. What a token may do ends with the rights of the
principal whose it is.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from goldenthread.promise.errors import NotPermitted, PrincipalError, PrincipalUnknown, ValueProblem
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.principals.grants import load_principals
from goldenthread.record.principals.keys import KeyRing
from goldenthread.record.principals.model import EVERYWHERE, ChainRecord
from goldenthread.record.principals.roster import Principals
from goldenthread.record.principals.statements import PRINCIPAL_TYPE, signed_statement

TOKEN_CREATE, TOKEN_REVOKE = "token:create", "token:revoke"
TOKEN_KINDS = (TOKEN_CREATE, TOKEN_REVOKE)

SCOPES: Mapping[str, str] = {"agent": "agent", "tool": "tool", "task": "task", "telemetry": "telemetry"}
"""What a token is for, and the role that its principal must hold: to act, own a tool, give tasks, send telemetry."""

LONGEST_LIFE = timedelta(days=366)

_PREFIX = "gt"


@dataclass(frozen=True, kw_only=True)
class Token:
    """
    A token on record. `hash` is the SHA-256 of the whole token in hex; `actions` are those that a tool owns.

    `slices` are names, or '*' for every slice that its principal's role reaches.
    """

    id: str
    hash: str
    scope: str
    name: str
    slices: tuple[str, ...]
    actions: tuple[str, ...]
    expires: datetime
    by: str
    seq: int
    revoked: bool = False

    def reaches(self, slice_name: str) -> bool:
        """Whether it was made for that slice."""
        return EVERYWHERE in self.slices or slice_name in self.slices

    def owns(self, slice_name: str, action: str) -> bool:
        """Whether it is a tool's, and that tool carries out the action there."""
        return self.scope == "tool" and self.reaches(slice_name) and action in self.actions

    def problem(self, principals: Principals, now: datetime) -> str | None:
        """Why it opens nothing now; None if it does."""
        if self.revoked:
            return "it was revoked"
        if now >= self.expires:
            return f"it expired at {self.expires.isoformat(timespec='seconds')}"
        try:
            _require_principal(principals, self.scope, self.name)
        except PrincipalError as problem:
            return problem.message
        return None

    def allowed(self, principals: Principals, slice_name: str) -> bool:
        """Whether token and principal both reach the slice."""
        principal = principals.find(self.name)
        return self.reaches(slice_name) and principal is not None and principal.has(SCOPES[self.scope], slice_name)


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Every token ever made, by id, with the principals of the same moment."""

    principals: Principals
    by_id: Mapping[str, Token] = field(default_factory=dict)

    def find(self, presented: str, now: datetime) -> Token | None:
        """The token that somebody presents, if it opens anything now; compared in constant time."""
        token = self.by_id.get(token_id(presented))
        known = token.hash if token is not None else _NOBODYS
        if not secrets.compare_digest(hash_of(presented), known) or token is None:
            return None
        return token if token.problem(self.principals, now) is None else None

    def owners(self, slice_name: str, action: str, now: datetime) -> tuple[str, ...]:
        """The tools that may carry out an action there now, by name."""
        found = {
            token.name
            for token in self.by_id.values()
            if token.owns(slice_name, action)
            and token.problem(self.principals, now) is None
            and token.allowed(self.principals, slice_name)
        }
        return tuple(sorted(found))


def load_tokens(ledger: Ledger) -> Tokens:
    """Every token as of now."""
    return fold_tokens(load_principals(ledger), ledger.read(ORGANISATION, kinds=TOKEN_KINDS))


def fold_tokens(principals: Principals, records: Iterable[ChainRecord]) -> Tokens:
    """The tokens that these records of the organisation's chain make; one that nobody had a right to is none."""
    found: dict[str, Token] = {}
    for record in records:
        try:
            _apply(found, principals.at(record.seq), record)
        except (PrincipalError, KeyError, TypeError, AttributeError, ValueError):
            continue  # What is not a signed word of an administrator at this place opens nothing, and closes nothing.
    return Tokens(principals=principals, by_id=found)


def create_token(
    ledger: Ledger,
    ring: KeyRing,
    *,
    by: str,
    scope: str,
    name: str,
    slices: Sequence[str] = (EVERYWHERE,),
    actions: Sequence[str] = (),
    life: timedelta = timedelta(days=90),
) -> tuple[Token, str]:
    """
    Make a token for a principal.

    Args:
        by: The administrator, who signs.
        scope: 'agent', 'tool', 'task' or 'telemetry'.
        name: Whose it is: an agent, or a service with the role `tool`, `task` or `telemetry`.
        slices: Where it counts, at most as far as the principal's role.
        actions: For a tool: the actions that it carries out.
        life: Until it expires; at most a year.

    Returns:
        The token as it stands on record, and the text to present, which is kept nowhere.

    Raises:
        ValueProblem: No such scope, no action for a tool, or a life that is none.
        PrincipalUnknown, NotPermitted: `by` is no administrator, or `name` not what the scope asks for.
        KeyMissing, KeyLocked: The administrator's key cannot be used here.
    """
    _check(scope, actions, life)
    with ledger.transaction(ORGANISATION) as tx:
        principals = load_principals(ledger)
        principals.require_role(by, ("administrator",), EVERYWHERE)
        _require_principal(principals, scope, name)
        id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        text = f"{_PREFIX}_{id}_{secret}"
        said = {
            "token": id,
            "hash": hash_of(text),
            "scope": scope,
            "name": name,
            "slices": sorted(set(slices)),
            "actions": sorted(set(actions)),
            "expires": (ledger.clock() + life).astimezone(UTC).isoformat(timespec="seconds"),
        }
        record = tx.append(ORGANISATION, TOKEN_CREATE, by, _signed(ledger, ring, TOKEN_CREATE, by, said))
        return _token(record), text


def revoke_token(ledger: Ledger, ring: KeyRing, id: str, *, by: str, reason: str) -> Token:
    """
    Take a token back; from here on it opens nothing.

    Raises:
        PrincipalUnknown: No such token, or it was revoked before.
        NotPermitted, KeyMissing, KeyLocked: As `create_token`.
    """
    with ledger.transaction(ORGANISATION) as tx:
        tokens = load_tokens(ledger)
        tokens.principals.require_role(by, ("administrator",), EVERYWHERE)
        token = tokens.by_id.get(id)
        if token is None or token.revoked:
            raise PrincipalUnknown(f"No token '{id}' that could be revoked. See `goldenthread token list`.")
        said = {"token": id, "reason": reason}
        tx.append(ORGANISATION, TOKEN_REVOKE, by, _signed(ledger, ring, TOKEN_REVOKE, by, said))
        return replace(token, revoked=True)


def token_id(presented: str) -> str:
    """The id in a token's text, '' if it has none; the id is no secret."""
    parts = presented.split("_", 2)
    return parts[1] if len(parts) == 3 and parts[0] == _PREFIX else ""


def hash_of(presented: str) -> str:
    """What the chain holds of a token: 32 random bytes need no slow hash."""
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()


_NOBODYS = hash_of("")


def _check(scope: str, actions: Sequence[str], life: timedelta) -> None:
    if scope not in SCOPES:
        raise ValueProblem(f"'{scope}' is no scope of a token; scopes are {', '.join(SCOPES)}. Name one of these.")
    if (scope == "tool") is not bool(actions):
        raise ValueProblem(
            "A tool's token names the actions that the tool carries out, and no other token names any. "
            "Write e.g. `--tool payments --action send_money`."
        )
    if not timedelta(0) < life <= LONGEST_LIFE:
        raise ValueProblem(
            f"A token lives at most {LONGEST_LIFE.days} days, not {life}. Make a new one before it ends."
        )


def _require_principal(principals: Principals, scope: str, name: str) -> None:
    if scope == "agent":
        principals.require_agent(name)
        return
    principal = principals.active(name)
    if not any(role.name == SCOPES[scope] for role in principal.roles):
        raise NotPermitted(
            f"'{name}' does not hold the role {SCOPES[scope]}. Have an administrator run "
            f"`goldenthread principal grant {name} --kind service --role {SCOPES[scope]}`."
        )


def _signed(ledger: Ledger, ring: KeyRing, kind: str, by: str, said: dict[str, Any]) -> dict[str, Any]:
    """A statement of an administrator for exactly this place of the chain, with its envelope."""
    head = ledger.head(ORGANISATION)
    statement = {"record": kind, "seq": head.seq + 1, "prev": head.hash, "by": by, **said}
    return {**statement, "envelope": ring.sign(by, PRINCIPAL_TYPE, statement)}


def _apply(found: dict[str, Token], then: Principals, record: ChainRecord) -> None:
    granter = then.require_role(record.by, ("administrator",), EVERYWHERE)
    said = signed_statement(record, granter.public_key)
    if record.kind == TOKEN_REVOKE:
        found[said["token"]] = replace(found[said["token"]], revoked=True)
    elif said["token"] not in found and said["scope"] in SCOPES:
        found[said["token"]] = _token(record)


def _token(record: ChainRecord) -> Token:
    data = record.data
    return Token(
        id=str(data["token"]),
        hash=str(data["hash"]),
        scope=str(data["scope"]),
        name=str(data["name"]),
        slices=tuple(map(str, data["slices"])),
        actions=tuple(map(str, data["actions"])),
        expires=datetime.fromisoformat(data["expires"]),
        by=record.by,
        seq=record.seq,
    )
