"""The organisation's chain, folded into who may do what, at every point of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from goldenthread.promise.errors import GoldenthreadError, NotPermitted, SignatureInvalid
from goldenthread.record.principals.absences import Leave, check_leave, check_return
from goldenthread.record.principals.model import ChainRecord, Principal, Refused
from goldenthread.record.principals.roster import History, Moment, Principals
from goldenthread.record.principals.rules import Roster, check_administrator, check_grant, check_key, check_revoke
from goldenthread.record.principals.statements import (
    BOOTSTRAP,
    GRANT,
    KINDS,
    LEAVE,
    RETURN,
    REVOKE,
    roles_of,
    signed_statement,
)


def fold(records: Iterable[ChainRecord]) -> Principals:
    """
    Who may do what after these records of the organisation's chain, given from its first.

    A record whose signature does not verify, whose author had no right to it at that point, or that breaks a
    rule changes nothing; `Principals.problems` names it.
    """
    folding = Folding()
    for record in records:
        folding.apply(record)
    return folding.result()


class Folding:
    """The fold while it runs; `place` is where the next record would stand."""

    def __init__(self) -> None:
        self.roster = Roster()
        self.seq = 0
        self.hash = ""
        self._history: dict[str, list[Principal]] = {}
        self._moments: list[Moment] = []
        self._leaves: dict[int, Leave] = {}
        self._refused: list[Refused] = []
        self._organisation = ""

    def apply(self, record: ChainRecord) -> None:
        """Fold one record; kinds other than `principal:*` only move the place."""
        self.seq, self.hash = record.seq, record.hash
        if record.kind not in KINDS:
            return
        try:
            self._take(record)
        except GoldenthreadError as problem:
            self._refuse(record, str(problem))
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            self._refuse(record, f"The record is malformed: {type(problem).__name__}: {problem}.")

    @property
    def leaves(self) -> tuple[Leave, ...]:
        """Every absence on record so far, in the order of the chain."""
        return tuple(self._leaves.values())

    def result(self) -> Principals:
        """Who may do what, as of the last record applied."""
        return Principals(
            organisation=self._organisation,
            demo=self.roster.demo,
            problems=tuple(self._refused),
            history=History(
                versions={name: tuple(versions) for name, versions in self._history.items()},
                moments=tuple(self._moments),
                leaves=self.leaves,
            ),
            until=self.seq,
        )

    def _take(self, record: ChainRecord) -> None:
        moment = self.moment(_moment(record.at))
        if record.kind in (LEAVE, RETURN):
            self._absent(record, moment)
        else:
            changed = {BOOTSTRAP: self._bootstrap, GRANT: self._grant, REVOKE: self._revoke}[record.kind](record)
            changed = replace(changed, seq=record.seq)
            self.roster.current[changed.name] = changed
            self._history.setdefault(changed.name, []).append(changed)
        self._moments.append(Moment(at=moment, seq=record.seq))

    def moment(self, at: datetime) -> datetime:
        """When a record of that clock time takes effect: clocks step back; the order of the chain does not."""
        return max(self._moments[-1].at, at) if self._moments else at

    def _absent(self, record: ChainRecord, moment: datetime) -> None:
        speaker = self.roster.current[record.by]
        if not self.roster.demo:
            check_key(self.roster, speaker.public_key, speaker.name)
        statement = signed_statement(record, speaker.public_key)
        if record.kind == LEAVE:
            changed: tuple[Leave, ...] = (check_leave(self.roster.current, self.leaves, statement),)
        else:
            changed = check_return(self.roster.current, self.leaves, statement, moment)
        self._leaves.update({one.seq: one for one in changed})

    def _bootstrap(self, record: ChainRecord) -> Principal:
        if record.seq != 1:
            raise NotPermitted("A ledger begins once, with its first record. Have an administrator grant this.")
        statement = signed_statement(record, record.data["public_key"])
        if statement["by"] != statement["name"] or [role["role"] for role in statement["roles"]] != ["administrator"]:
            raise SignatureInvalid("A bootstrap names one administrator, who signs it. Begin another ledger.")
        roster = Roster(demo=statement["demo"] is True)
        check_grant(roster, statement)
        self.roster = roster
        self._organisation = record.hash
        return self._granted(statement)

    def _grant(self, record: ChainRecord) -> Principal:
        statement = self._by_administrator(record)
        check_grant(self.roster, statement)
        return self._granted(statement)

    def _granted(self, statement: Any) -> Principal:
        name, public_key = statement["name"], statement["public_key"]
        before = self.roster.current.get(name)
        if before is not None and before.public_key != public_key:
            self.roster.retired.add(before.public_key)
        self.roster.held[public_key] = name
        kept = before.roles if before is not None and not before.revoked else frozenset()
        return Principal(
            name=name,
            kind=statement["kind"],
            roles=kept | roles_of(statement),
            public_key=public_key,
            responsible=statement["responsible"],
        )

    def _revoke(self, record: ChainRecord) -> Principal:
        statement = self._by_administrator(record)
        check_revoke(self.roster, statement)
        principal = self.roster.current[statement["name"]]
        if statement["roles"] is not None:
            return replace(principal, roles=principal.roles - roles_of(statement))
        self.roster.retired.add(principal.public_key)
        return replace(principal, roles=frozenset(), revoked=True)

    def _by_administrator(self, record: ChainRecord) -> Any:
        granter = check_administrator(self.roster, record.by)
        if not self.roster.demo:
            check_key(self.roster, granter.public_key, granter.name)
        return signed_statement(record, granter.public_key)

    def _refuse(self, record: ChainRecord, words: str) -> None:
        self._refused.append(Refused(seq=record.seq, kind=record.kind, by=record.by, words=words))


def _moment(at: Any) -> datetime:
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
