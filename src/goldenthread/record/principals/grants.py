"""Beginning a ledger, granting and revoking: load, check, sign, commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from goldenthread.promise.errors import AlreadyInitialised, NotInitialised
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals.fold import Folding, fold
from goldenthread.record.principals.keys import KeyRing
from goldenthread.record.principals.model import ChainRecord, Principal, Role
from goldenthread.record.principals.roster import Principals
from goldenthread.record.principals.rules import check_administrator, check_grant, check_revoke
from goldenthread.record.principals.statements import (
    BOOTSTRAP,
    GRANT,
    PRINCIPAL_TYPE,
    REVOKE,
    Place,
    bootstrap_statement,
    grant_statement,
    revoke_statement,
)


class Writer(Protocol):
    """What granting needs of a ledger transaction that holds the organisation's chain."""

    def append(self, chain: str, kind: str, by: str, data: dict[str, Any], /) -> ChainRecord:
        """Append a record."""
        ...


class GrantLedger(Protocol):
    """What granting needs of a ledger."""

    def read(self, chain: str, /) -> Iterator[ChainRecord]:
        """Records of the chain, first to last."""
        ...

    def transaction(self, chain: str, /) -> AbstractContextManager[Writer]:
        """A transaction that holds the chain."""
        ...


def load_principals(ledger: GrantLedger) -> Principals:
    """Who may do what now. A ledger that has not begun gives nobody; asking it for a right says so."""
    return fold(ledger.read(ORGANISATION))


def bootstrap(ledger: GrantLedger, ring: KeyRing, name: str, *, demo: bool = False) -> Principal:
    """
    Begin the ledger with its first administrator, who signs this record with their own key.

    Args:
        ledger: One whose organisation chain is empty.
        ring: Gets a new key of that name if it has none.
        name: The first administrator, a person.
        demo: The demo's ledger: keys are published ones, for good.

    Raises:
        AlreadyInitialised: The ledger began before; a demo's stays the demo's.
        DemoKeyRefused: The key in the ring is a demo key and this is not the demo.
    """
    with ledger.transaction(ORGANISATION) as tx:
        folding = folding_of(ledger)
        if folding.seq:
            raise _begun(folding.result())
        public_key = ring.public_key(name) if ring.has(name) else ring.generate(name, demo=demo)
        folding.roster.demo = demo
        statement = bootstrap_statement(name, public_key, demo=demo)
        check_grant(folding.roster, statement)
        return _append(tx, folding, ring, BOOTSTRAP, statement)


def grant(
    ledger: GrantLedger,
    ring: KeyRing,
    *,
    by: str,
    name: str,
    kind: str = "person",
    roles: Iterable[Role] = (),
    public_key: str | None = None,
    responsible: str | None = None,
    new_key: bool = False,
) -> Principal:
    """
    Add roles to a principal, new or known; another key supersedes theirs from here on.

    Args:
        ledger: One that has begun.
        ring: Holds the administrator's key, and gets one for a new principal who brings none.
        by: The administrator.
        name: Who.
        kind: What they are: 'person', 'agent', 'service' or 'data-owner'.
        roles: What is added.
        public_key: Their own, 64 hex digits. None keeps the one on record, else takes or makes one in `ring`.
        responsible: For an agent, the person who answers for it. None keeps the one on record.
        new_key: Rotate: make the next key in `ring`, which takes the place of the present one.

    Raises:
        NotInitialised: The ledger has not begun.
        NotPermitted, SecondRole, PrincipalUnknown, DemoKeyRefused, ValueProblem: What the rules refuse.
        KeyMissing, KeyLocked: The administrator's key cannot be used here.
    """
    with ledger.transaction(ORGANISATION) as tx:
        folding = begun(folding_of(ledger))
        check_administrator(folding.roster, by)
        _settle(folding, ring, by, name)
        before = folding.roster.current.get(name)
        rotating = new_key and public_key is None
        statement = grant_statement(
            _place(folding),
            by=by,
            name=name,
            kind=kind,
            roles=roles,
            public_key=public_key or _key(folding, ring, name, rotating=rotating),
            responsible=responsible or (before.responsible if before else None),
        )
        check_grant(folding.roster, statement)
        granted = _append(tx, folding, ring, GRANT, statement)
    if rotating:
        ring.finish_rotation(name, granted.public_key)
    return granted


def revoke(
    ledger: GrantLedger,
    ring: KeyRing,
    *,
    by: str,
    name: str,
    roles: Iterable[Role] | None = None,
    reason: str,
) -> Principal:
    """
    Take some roles from a principal, or (None) everything, their key included, from here on.

    What they signed while they held the right stays valid.

    Raises:
        NotInitialised, NotPermitted, PrincipalUnknown, KeyMissing, KeyLocked: As `grant`.
    """
    with ledger.transaction(ORGANISATION) as tx:
        folding = begun(folding_of(ledger))
        check_administrator(folding.roster, by)
        _settle(folding, ring, by)
        statement = revoke_statement(_place(folding), by=by, name=name, roles=roles, reason=reason)
        check_revoke(folding.roster, statement)
        return _append(tx, folding, ring, REVOKE, statement)


def folding_of(ledger: GrantLedger) -> Folding:
    """The organisation's chain, folded, with the place of its next record."""
    folding = Folding()
    for record in ledger.read(ORGANISATION):
        folding.apply(record)
    return folding


def _settle(folding: Folding, ring: KeyRing, *names: str) -> None:
    """Finish rotations that were granted but cut short before the new key took its place."""
    for name in names:
        principal = folding.roster.current.get(name)
        if principal is not None:
            ring.finish_rotation(name, principal.public_key)


def _place(folding: Folding) -> Place:
    return Place(seq=folding.seq + 1, prev=folding.hash)


def sign_and_append(tx: Writer, folding: Folding, ring: KeyRing, kind: str, statement: dict[str, Any]) -> None:
    """The statement on the chain, signed by who says it."""
    envelope = ring.sign(statement["by"], PRINCIPAL_TYPE, statement)
    folding.apply(tx.append(ORGANISATION, kind, statement["by"], {**statement, "envelope": envelope}))


def _append(tx: Writer, folding: Folding, ring: KeyRing, kind: str, statement: dict[str, Any]) -> Principal:
    sign_and_append(tx, folding, ring, kind, statement)
    return folding.result().get(statement["name"])


def _key(folding: Folding, ring: KeyRing, name: str, *, rotating: bool) -> str:
    before = folding.roster.current.get(name)
    if rotating:
        return ring.prepare_rotation(name)
    if before is not None and not before.revoked:
        return before.public_key
    if ring.has(name):
        return ring.public_key(name)
    return ring.generate(name, demo=folding.roster.demo)


def begun(folding: Folding) -> Folding:
    """
    The same, of a ledger that has begun.

    Raises:
        NotInitialised: Nothing was granted to anybody yet.
    """
    if not folding.result().organisation:
        raise NotInitialised("This ledger has no first administrator yet. Run `goldenthread init`.")
    return folding


def _begun(principals: Principals) -> AlreadyInitialised:
    if principals.demo:
        return AlreadyInitialised(
            "This home is the demo's, with keys that everybody can compute, and stays so. "
            "Set GOLDENTHREAD_HOME to a new folder for real work."
        )
    who = " or ".join(one.name for one in principals.holders("administrator"))
    return AlreadyInitialised(
        f"This ledger has begun; its administrator is {who or 'nobody'}. "
        "Have them grant you a role, or use another home."
    )
