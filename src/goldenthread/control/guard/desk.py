"""The desk of one slice: its standing kept level with the ledger, and every write under the chain's lock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from goldenthread.control.autonomy import FOLDED_KINDS, Standing, changes_due
from goldenthread.control.guard.policy import Arguments, Decision, Policy, Situation, compile_policy, decide
from goldenthread.promise.contract import Contract
from goldenthread.promise.errors import ContentMissing, ContractNotFound
from goldenthread.promise.values import TrustMode
from goldenthread.record.ledger import ORGANISATION, Ledger, Record, Transaction
from goldenthread.record.principals import Principals, contract_signature_problem, load_principals

GUARD = "goldenthread"
"""Author of the records that the guard itself writes."""


class Desk:
    """
    One slice in one process.

    The standing is a cache of the ledger: refreshed under the chain's lock before it is used to write, thrown
    away when a transaction fails.
    """

    def __init__(self, ledger: Ledger, slice_name: str, mode: TrustMode = TrustMode.COOPERATIVE) -> None:
        self.ledger = ledger
        self.slice = slice_name
        self.mode = mode
        self._lock = threading.RLock()
        self._standing: Standing | None = None
        self._head = 0
        self._policies: dict[str, Policy] = {}
        self._principals: tuple[int, Principals] | None = None

    @contextmanager
    def transaction(self) -> Iterator[Writing]:
        """A transaction that holds the slice's chain, with the standing as of now."""
        with self.holding() as tx:
            yield self.writing(tx)

    @contextmanager
    def holding(self) -> Iterator[Transaction]:
        """
        Hold the slice's chain, and this process's standing of it until the commit is through: nobody here sees
        a state that may yet be rolled back.
        """
        with self._lock:
            try:
                with self.ledger.transaction(self.slice) as tx:
                    yield tx
                    self._head = tx.head(self.slice)
            except BaseException:
                self._standing = None
                raise

    def writing(self, tx: Transaction) -> Writing:
        """What writes inside a transaction that `holding` opened."""
        return Writing(self, tx, self._refresh(tx))

    def standing(self) -> Standing:
        """The standing as the ledger says now, for reading."""
        with self._lock:
            standing = self._standing or self._fresh()
            for record in self.ledger.read(self.slice, after=standing.seq, kinds=FOLDED_KINDS):
                standing.apply(record)
            self._standing = standing
            self._head = max(self._head, standing.seq)
            return standing

    def principals(self) -> Principals:
        """Who may do what, as of now."""
        head = self.ledger.head(ORGANISATION).seq
        if self._principals is None or self._principals[0] != head:
            self._principals = (head, load_principals(self.ledger))
        return self._principals[1]

    def is_silent_read(self, action: str) -> bool:
        """Whether the contract declares the action as a read that sends nothing out: no permit is needed."""
        version = self.standing().in_force or self.standing().latest
        rule = self.policy(version.contract).rules.get(action) if version else None
        return rule is not None and rule.silent

    def hint(self, fingerprint: str, *, replay: bool) -> tuple[Contract, Situation] | None:
        """
        Contract and situation as far as this process knows, without waiting for whoever writes; None if it does not.

        Only to work something out early: under the chain's lock it must be compared with what holds by then.
        """
        standing = self._standing
        contract = standing.contract if standing is not None else None
        if standing is None or contract is None:
            return None
        return contract, situation_of(standing, fingerprint, replay=replay)

    def decide(self, fingerprint: str, action: str, arguments: Arguments, *, replay: bool) -> Decision:
        """Decide without a permit, as the ledger stands now: enough for a read, never for an effect."""
        standing = self.standing()
        version = standing.in_force or standing.latest
        if version is None:
            raise no_contract(self.slice)
        situation = situation_of(standing, fingerprint, replay=replay)
        return decide(self.policy(version.contract), situation, action, arguments)

    def policy(self, contract: Contract) -> Policy:
        """The contract's clauses, compiled once."""
        if contract.digest not in self._policies:
            self._policies[contract.digest] = compile_policy(contract)
        return self._policies[contract.digest]

    def _fresh(self) -> Standing:
        self._head = 0
        return Standing(slice=self.slice, mode=self.mode, signature_problem=self._signature_problem)

    def _signature_problem(self, contract: Contract, record: Record) -> str | None:
        return contract_signature_problem(self.principals(), contract, record)

    def _refresh(self, tx: Transaction) -> Standing:
        standing = self._standing or self._fresh()
        if tx.head(self.slice) != self._head:
            for record in tx.read(self.slice, after=standing.seq, kinds=FOLDED_KINDS):
                standing.apply(record)
            self._head = tx.head(self.slice)
        self._standing = standing
        return standing


class Writing:
    """One transaction on a slice: appends are folded into the standing at once."""

    def __init__(self, desk: Desk, tx: Transaction, standing: Standing) -> None:
        self.desk = desk
        self.tx = tx
        self.standing = standing

    def append(
        self, kind: str, data: dict[str, Any], by: str = GUARD, *, canonical_data: bytes | None = None
    ) -> Record:
        """Append a record to the slice's chain; `canonical_data` as in `Transaction.append`."""
        record = self.tx.append(self.desk.slice, kind, by, data, canonical_data)
        self.standing.apply(record)
        return record

    def rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """Rows of a query on the projection tables, as dictionaries."""
        cursor = self.tx.connection.execute(sql.encode(), parameters, prepare=True)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def content(self, digest: str) -> dict[str, Any]:
        """
        Kept content that is an object.

        Raises:
            CaseErased, ContentMissing: It is gone.
        """
        value = self.tx.open(digest)
        if not isinstance(value, dict):
            raise ContentMissing(f"The content {digest} is no object. Restore the table ledger_content from a backup.")
        return value

    def execute(self, sql: str, *parameters: object) -> None:
        """Change projection tables."""
        self.tx.connection.execute(sql.encode(), parameters)

    def execute_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """The same change for many rows, in one round trip."""
        with self.tx.connection.cursor() as cursor:
            cursor.executemany(sql.encode(), rows)

    def contract(self) -> Contract:
        """
        The contract to hold this slice to: the one in force, else the newest committed.

        Raises:
            ContractNotFound: None was committed.
        """
        version = self.standing.in_force or self.standing.latest
        if version is None:
            raise no_contract(self.desk.slice)
        return version.contract

    def situation(self, fingerprint: str, *, replay: bool) -> Situation:
        """What `decide` must know of this fingerprint now."""
        return situation_of(self.standing, fingerprint, replay=replay)

    def observe(
        self,
        run: str,
        case_ref: str,
        fingerprint: str,
        observations: list[Any],
        signed: dict[str, Any] | None = None,
    ) -> None:
        """Record observations of a case (signed, where reported from outside), and the level changes they bring."""
        self.append(
            "case:observe",
            {
                "run": run,
                "case": case_ref,
                "fingerprint": fingerprint,
                "observations": [observation.record() for observation in observations],
                **(signed or {}),
            },
        )
        contract = self.standing.contract
        for change in changes_due(self.standing, fingerprint):
            assert contract is not None
            self.append("level:change", change.record(fingerprint, contract.version))


def situation_of(standing: Standing, fingerprint: str, *, replay: bool) -> Situation:
    """What `decide` must know of a fingerprint, from a standing."""
    return Situation(
        level=standing.level(fingerprint),
        signed=standing.in_force is not None,
        replay=replay,
        suspended=standing.suspended,
        mode=standing.mode,
    )


def no_contract(slice_name: str) -> ContractNotFound:
    """The error of a slice without any contract."""
    return ContractNotFound(
        f"No contract '{slice_name}' in this home. Write one with `goldenthread contract new` "
        "and sign it with `goldenthread contract sign FILE`."
    )
