"""The desk of one slice: its standing kept level with the ledger, and every write under the chain's lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from operator import is_
from typing import TYPE_CHECKING, Any, TypeVar, cast

from goldenthread.control.autonomy import FOLDED_KINDS, Outline, Standing, Version, changes_due
from goldenthread.control.guard.covering import Covering, left_alone
from goldenthread.control.guard.facts import Seen, find_facts
from goldenthread.control.guard.hold import HOLD
from goldenthread.control.guard.outlines import Outlines
from goldenthread.control.guard.owners import words_of_owners
from goldenthread.control.guard.pieces import Piece, Read, Rows, do_all
from goldenthread.control.guard.policy import Policy, compile_policy, decide
from goldenthread.control.guard.situation import NO_FACTS, Arguments, Decision, Facts, Situation
from goldenthread.control.rules import RULES_KINDS, InForce, judging
from goldenthread.control.spending import SPENDING_KINDS, Spending, has_budgets
from goldenthread.control.stops import STOP_KINDS, Stop, Stops, voices
from goldenthread.promise.contract import Action, Contract
from goldenthread.promise.errors import ContentMissing, ContractNotFound, StopInForce, StopUnconfirmed
from goldenthread.promise.values import Json, Level, TrustMode, Verdict
from goldenthread.record.ledger import ORGANISATION, Ahead, GroupCommit, Ledger, Record, Since, Transaction
from goldenthread.record.principals import Principals, contract_signature_problem, load_principals
from goldenthread.record.store import Ask, Wait, until_readable

if TYPE_CHECKING:
    from psycopg import Connection

T = TypeVar("T")

GUARD = "goldenthread"
"""Author of the records that the guard itself writes."""

_EVERYWHERE_KINDS = (*STOP_KINDS, *RULES_KINDS)
_KINDS_HERE = frozenset((*FOLDED_KINDS, *SPENDING_KINDS))

_Marks = tuple[int, int, Standing, tuple[Stop, ...], "InForce | None"]
"""What a situation was worked out from."""

_MOST_REMEMBERED = 10_000

FRESH_S = 1.0
"""How old, in seconds, what a process knows of stops may be when an effect begins."""


def uptime() -> float:
    """Seconds that no clock change moves, and that a machine asleep counts too where the system can."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Desk:
    """
    One slice in one process.

    The standing is a cache of the ledger: refreshed under the chain's lock before it is used to write, thrown
    away when a transaction fails. What is stopped everywhere, and which rules of the organisation are in force, is
    read in the same trip that takes the lock.

    Args:
        ledger: Where to.
        slice_name: The slice.
        mode: The trust mode of this process.
        uptime: Seconds; tells how long ago the state of stops was confirmed.
        outlines: Shared by the desks of a process that reads many slices; by default this desk keeps its own.
    """

    def __init__(
        self,
        ledger: Ledger,
        slice_name: str,
        mode: TrustMode = TrustMode.COOPERATIVE,
        uptime: Callable[[], float] = uptime,
        outlines: Outlines | None = None,
    ) -> None:
        self._outlines = outlines
        self.ledger = ledger
        self.slice = slice_name
        self.mode = mode
        self.uptime = uptime
        self._lock = threading.RLock()
        self._standing: Standing | None = None
        self._head = 0
        self._spending: Spending | None = None
        self._spent_head = 0
        self.agreed: set[tuple[str, str]] = set()  # (contract, fingerprint) whose tools were found to agree
        self.allotted = False  # whether a run here was allotted what it may use up: then it is added up
        self._beside: dict[str, Desk] = {}
        self._policies: dict[tuple[str, str | None], Policy] = {}
        self._last_policy: tuple[Contract, InForce | None, Policy] | None = None
        self._situations: dict[tuple[str, bool, Level | None], tuple[_Marks, Situation]] = {}
        self._draws: dict[str, float] = {}
        self._principals: tuple[int, Principals] | None = None
        self._everywhere = Stops(ORGANISATION, voices(self.principals))
        self._rules = judging(self.principals)
        self._organisation = 0
        self._commits: GroupCommit[Piece, Any] = GroupCommit(_Held(self), slice_name, self._do)
        self.covering = Covering(self)

    @contextmanager
    def transaction(self) -> Iterator[Writing]:
        """A transaction that holds the slice's chain, with the standing as of now."""
        with self.holding() as tx:
            yield self.writing(tx)

    @contextmanager
    def looking(self) -> Iterator[Writing]:
        """As `transaction`, for a block that writes nothing; a desk that only reads may do without the chain."""
        with self.transaction() as writing:
            yield writing

    def together(self, work: Callable[[Writing, Sequence[Rows]], T], *reads: Read, about: str) -> T:
        """
        As a transaction around `work`, whose result is returned once it is durable. Threads that come while one
        commits share the next, and what all of them read first is read in one trip.

        Args:
            work: Called with the rows of each of `reads`. It changes nothing but through what it is given: it may be
                called again after somebody's raised. Never call this inside a transaction of this desk.
            reads: What it must know, as (query, its parameters).
            about: Its case; of pieces of one case, each reads what the one before it wrote.
        """
        piece = Piece(work=work, reads=reads, about=about, hold=HOLD.get())
        return cast(T, self._commits.submit(piece))

    def _do(self, tx: Transaction, pieces: Sequence[Piece]) -> list[Any]:
        return do_all(self.writing(tx), pieces)

    @contextmanager
    def holding(
        self, asks: Sequence[Ask] = (), wait: Wait = until_readable, *, for_others: bool = False
    ) -> Iterator[Transaction]:
        """
        Hold the slice's chain, and this process's standing of it until the commit is through: nobody here sees
        a state that may yet be rolled back.

        Args:
            asks: What to ask in the trip that takes the chain.
            wait: How to wait for the database.
            for_others: Whoever writes here does it for other contexts too, and asks for the hold of each itself.
        """
        with self._lock:
            try:
                ahead = Ahead(since=self._since(), asks=asks, wait=wait)
                with self.ledger.transaction(self.slice, ahead=ahead) as tx:
                    hold = HOLD.get()
                    if hold is not None and not for_others:
                        hold.require(tx.connection)
                    yield tx
                    self._head = tx.head(self.slice)
                    self._spent_head = self._head if self._spending is not None else 0
            except BaseException:
                self._standing = self._spending = None
                raise

    def writing(self, tx: Transaction) -> Writing:
        """What writes inside a transaction that `holding` opened."""
        standing = self._refresh(tx)
        writing = Writing(self, tx, standing, self._stops_everywhere(tx), self.spent(tx, standing))
        if standing.contract is not None:
            self.covering.settle(writing)
        return writing

    def standing(self) -> Standing:
        """The standing as the ledger says now, for reading."""
        with self._lock:
            standing, self._standing = self._standing or self._fresh(), None  # half a fold is never kept
            for record in self.ledger.read(self.slice, after=standing.seq, kinds=FOLDED_KINDS):
                standing.apply(record)
            self._standing = standing
            self._head = max(self._head, standing.seq)
            return standing

    @property
    def outlines(self) -> Outlines:
        """Where outlines come from."""
        if self._outlines is None:
            self._outlines = Outlines(self.ledger)
        return self._outlines

    def outline(self) -> Outline:
        """What the rare records say as the ledger says now: no case is read for it, so it is quick in any slice."""
        return self.outlines.of(self.slice)

    def held_to(self) -> Contract:
        """As `contract`, by the outline."""
        outline = self.outline()
        version = outline.in_force or outline.latest
        if version is None:
            raise no_contract(self.slice)
        return version.contract

    @property
    def has_standing(self) -> bool:
        """Whether the standing is in memory, so that only what is new is read."""
        return self._standing is not None

    @property
    def read_up_to(self) -> int:
        """The last record that the standing in memory rests on; 0 where none is in memory."""
        return self._standing.seq if self._standing is not None else 0

    def forget(self) -> int:
        """Give up the standing, which is read again when it is asked for; returns how many cases it held."""
        with self._lock:
            standing, self._standing = self._standing, None
            self._head = 0
            self._situations.clear()
            self._spending, self._spent_head = None, 0
            return cases_in(standing)

    def cases_in_memory(self) -> int:
        """How many cases the standing in memory holds."""
        return cases_in(self._standing)

    def everywhere(self) -> Stops:
        """What is stopped everywhere, as the ledger says now."""
        with self._lock:
            self._fold_everywhere(self.ledger.read(ORGANISATION, after=self._seen_there, kinds=_EVERYWHERE_KINDS))
            return self._everywhere

    @property
    def rules(self) -> InForce | None:
        """The organisation's rules in force, as far as this process has read: as fresh as the stops it knows."""
        return self._rules.in_force

    def stops(self) -> tuple[Stop, ...]:
        """Every stop that reaches this slice, as the ledger says now."""
        everywhere = self.everywhere().in_force
        return self.standing().reached_by(everywhere)

    def confirm(self, action: str, since: float, *, whole: bool = True) -> None:
        """
        Make sure that an action is not stopped, by what is known for a second at most; reads again what is older.

        Args:
            action: What is about to begin.
            since: When (`uptime`, seconds) the stops were last read.
            whole: As in `Writing.stopping`.

        Raises:
            StopInForce: It was stopped in the meantime.
            StopUnconfirmed: The answer took longer than a second.
            StoreUnavailable: There was none.
        """
        if self.uptime() - since <= FRESH_S:
            return
        since = self.uptime()
        stops = (one for one in self.stops() if whole or one.tool is not None)
        stop = next((one for one in stops if one.covers(action)), None)
        if stop is not None:
            raise StopInForce(f"'{action}' does not begin: {stop.words}. Open the case again once that is lifted.")
        took = self.uptime() - since
        if took > FRESH_S:
            raise StopUnconfirmed(
                f"Whether '{action}' is stopped was answered after {took:.1f} s, and after {FRESH_S:g} s an answer is "
                "no news, so it does not begin. Look why this process or the database is so slow; open the case again."
            )

    def principals(self) -> Principals:
        """Who may do what, as of now."""
        if self._outlines is not None:
            return self._outlines.principals()
        head = self.ledger.head(ORGANISATION).seq
        if self._principals is None or self._principals[0] != head:
            self._principals = (head, load_principals(self.ledger))
        return self._principals[1]

    def contract(self) -> Contract:
        """
        The contract to hold this slice to, as the ledger says now: the one in force, else the newest committed.

        Raises:
            ContractNotFound: None was committed.
        """
        standing = self.standing()
        version = standing.in_force or standing.latest
        if version is None:
            raise no_contract(self.slice)
        return version.contract

    def _version_known(self) -> Version:
        """The version to hold to, as far as this process knows."""
        standing = self._standing or self.standing()
        version = standing.in_force or standing.latest
        if version is None:
            raise no_contract(self.slice)
        return version

    def facts(self, seen: Seen, action: str, arguments: Arguments) -> Facts:
        """What of an action itself speaks for a rule, a finding or a doubt, under the contract of now."""
        contract = self.contract()
        return find_facts(self.policy(contract), contract, seen, action, arguments)

    def saw(self, seen: Seen, action: str, result: Json) -> None:
        """An action was carried out in a run; what came back may be where later values come from."""
        contract = self._version_known().contract
        screen = contract.content.get("injection", "allow") != "allow"
        seen.did(contract.actions.get(action), action, result, screen=screen)

    def declared(self, action: str) -> Action | None:
        """An action as the contract declares it, as far as this process knows; None where it doesn't."""
        standing = self._standing or self.standing()
        version = standing.in_force or standing.latest
        return version.contract.actions.get(action) if version else None

    def is_silent_read(self, action: str) -> bool:
        """
        Whether the contract declares the action as a read that sends nothing out, and no rule of the organisation may
        ask a person about it: no permit is needed.
        """
        standing = self._standing or self.standing()  # a read is decided by the ledger of now, an effect under its lock
        version = standing.in_force or standing.latest
        rule = self.policy(version.contract).rules.get(action) if version else None
        return rule is not None and rule.silent and all(law.verdict is not Verdict.ASK for law in rule.organisation)

    def beside(self, slice_name: str) -> Desk:
        """The desk of another slice, of the same ledger; for the runs that called this one's."""
        if slice_name == self.slice:
            return self
        with self._lock:
            if slice_name not in self._beside:
                self._beside[slice_name] = Desk(self.ledger, slice_name, self.mode, self.uptime)
            return self._beside[slice_name]

    def read_rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """Rows of a query on the projection tables as committed, without the chain."""
        with self.ledger.store.session() as connection:
            return _rows(connection, sql, parameters)

    def hint(self, fingerprint: str, *, replay: bool, cap: Level | None = None) -> tuple[Contract, Situation] | None:
        """
        Contract and situation as far as this process knows, without waiting for whoever writes; None if it does not.

        Only to work something out early: under the chain's lock it must be compared with what holds by then.
        """
        standing = self._standing
        contract = standing.contract if standing is not None else None
        if standing is None or contract is None:
            return None
        return contract, self.known_situation(standing, fingerprint, replay=replay, cap=cap)

    def known_situation(
        self, standing: Standing, fingerprint: str, *, replay: bool, cap: Level | None = None
    ) -> Situation:
        """As `situation_of`, by what this process knows; the same object as long as nothing has moved."""
        everywhere, rules = self._everywhere, self.rules
        key = (fingerprint, replay, cap)
        marks = (standing.moves, everywhere.seq, standing, everywhere.in_force, rules)
        known = self._situations.get(key)
        if known is not None and known[0][:2] == marks[:2] and all(map(is_, known[0][2:], marks[2:])):
            return known[1]
        found = situation_of(standing, fingerprint, replay=replay, everywhere=everywhere, rules=rules, cap=cap)
        if len(self._situations) >= _MOST_REMEMBERED:
            self._situations.clear()
        self._situations[key] = (marks, found)
        return found

    def drawn(self, case_ref: str) -> float:
        """A number from 0 to below 1, the same for a case on every look, that nobody can foresee without the vault."""
        draw = self._draws.get(case_ref)
        if draw is None:
            draw = int(self.ledger.vault.ref("blind", case_ref), 16) / 16**32
            if len(self._draws) >= _MOST_REMEMBERED:
                self._draws.clear()
            self._draws[case_ref] = draw
        return draw

    def held_out(self, case_ref: str) -> bool:
        """Whether a case stays with people, so that work without the agent can be compared: drawn by its key."""
        standing = self._standing or self.standing()
        holdout = standing.windows.holdout
        if holdout is None:
            return False
        return int(self.ledger.vault.ref("holdout", case_ref), 16) / 16**32 < holdout.share / 100

    def decide(
        self, fingerprint: str, action: str, arguments: Arguments, *, replay: bool, facts: Facts = NO_FACTS
    ) -> Decision:
        """Decide without a permit, as the ledger stands now: enough for a read, never for an effect."""
        standing = self.standing()
        version = standing.in_force or standing.latest
        if version is None:
            raise no_contract(self.slice)
        situation = self.situation(fingerprint, replay=replay)
        return decide(self.policy(version.contract, situation), situation, action, arguments, facts)

    def situation(self, fingerprint: str, *, replay: bool, cap: Level | None = None) -> Situation:
        """What `decide` must know of a fingerprint as the ledger and the clock say now, on record yet or not."""
        standing, everywhere = self.standing(), self.everywhere()
        situation = situation_of(standing, fingerprint, replay=replay, everywhere=everywhere, rules=self.rules, cap=cap)
        left = self.covering.unrecorded(standing, fingerprint)
        return situation if left is None else replace(situation, alone=left)

    def policy(self, contract: Contract, situation: Situation | None = None) -> Policy:
        """The contract's clauses with the organisation's rules of a situation, else those of now; compiled once."""
        rules = situation.rules if situation is not None else self.rules
        last = self._last_policy
        if last is not None and last[0] is contract and last[1] is rules:
            return last[2]
        key = (contract.digest, rules.digest if rules is not None else None)
        if key not in self._policies:
            self._policies[key] = compile_policy(contract, rules.laws if rules is not None else ())
        self._last_policy = (contract, rules, self._policies[key])
        return self._policies[key]

    def _fresh(self) -> Standing:
        self._head = 0
        return Standing(
            slice=self.slice,
            mode=self.mode,
            signature_problem=self._signature_problem,
            voice_of=voices(self.principals),
            word_problem=words_of_owners(self.slice, self.principals),
        )

    def _signature_problem(self, contract: Contract, record: Record) -> str | None:
        return contract_signature_problem(self.principals(), contract, record)

    def _since(self) -> Since | None:
        """What others may have written that this process folds; not asked ahead where it is the whole chain."""
        if self._standing is None or (self._spending is not None and not self._spending.seq):
            return None
        after = min(self._head, self._spent_head) if self._spending is not None else self._head
        return Since(chain=self.slice, after=after, kinds=_KINDS_HERE)

    def _refresh(self, tx: Transaction) -> Standing:
        standing = self._standing or self._fresh()
        if tx.head(self.slice) != self._head:
            for record in tx.read(self.slice, after=max(standing.seq, self._head), kinds=FOLDED_KINDS):
                standing.apply(record)
            self._head = tx.head(self.slice)
        self._standing = standing
        return standing

    def spent(self, tx: Transaction, standing: Standing) -> Spending | None:
        """What is used up, if the contract has budgets at all: folded from the chain once, then kept level with it."""
        version = standing.in_force or standing.latest
        if version is None or not (has_budgets(version.contract) or self.allotted):
            self._spending = None
            return None
        spending, self._spending = self._spending, None  # half a fold is never kept
        spending = spending if spending is not None else Spending()
        if tx.head(self.slice) != self._spent_head or spending.seq == 0:
            after = max(spending.seq, self._spent_head) if spending.seq else 0
            for record in tx.read(self.slice, after=after, kinds=SPENDING_KINDS):
                spending.apply(record)
            self._spent_head = tx.head(self.slice)
        self._spending = spending
        return spending

    def _stops_everywhere(self, tx: Transaction) -> Stops:
        """What was stopped everywhere when the slice's chain was taken, and the rules; read only if it grew."""
        if tx.organisation != self._organisation:
            self._fold_everywhere(tx.read(ORGANISATION, after=self._seen_there, kinds=_EVERYWHERE_KINDS))
            self._organisation = tx.organisation
        return self._everywhere

    @property
    def _seen_there(self) -> int:
        """The last record of the organisation's chain that was folded here."""
        return max(self._everywhere.seq, self._rules.seq)

    def _fold_everywhere(self, records: Iterable[Record]) -> None:
        for record in records:
            self._everywhere.apply(record)
            self._rules.apply(record)


@dataclass(frozen=True)
class _Held:
    """A desk as the ledger that group commit writes to: its standing is held until the commit is through."""

    desk: Desk

    def transaction(self, *_chains: str) -> AbstractContextManager[Transaction]:
        return self.desk.holding(for_others=True)


class Writing:
    """One transaction on a slice: appends are folded into the standing at once."""

    def __init__(
        self, desk: Desk, tx: Transaction, standing: Standing, everywhere: Stops, spending: Spending | None = None
    ) -> None:
        self.spending = spending  # None: no budgets, nothing is added up
        self.desk = desk
        self.tx = tx
        self.standing = standing
        self.everywhere = everywhere

    def append(
        self, kind: str, data: dict[str, Any], by: str = GUARD, *, canonical_data: bytes | None = None
    ) -> Record:
        """Append a record to the slice's chain; `canonical_data` as in `Transaction.append`."""
        record = self.tx.append(self.desk.slice, kind, by, data, canonical_data)
        self.standing.apply(record)
        if self.spending is not None:
            self.spending.apply(record)
        return record

    def add_up(self) -> Spending:
        """What is used up, also where no budget of the contract asks for it: something was allotted to a run."""
        if self.spending is None:
            self.desk.allotted = True
            self.spending = self.desk.spent(self.tx, self.standing)
        assert self.spending is not None
        return self.spending

    def rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """Rows of a query on the projection tables, as dictionaries; what was changed here before is seen."""
        self.tx.send_changes()
        return _rows(self.tx.connection, sql, parameters)

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
        """Change projection tables; sent with the records, or before the next query here."""
        self.tx.change(sql, *parameters)

    def execute_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """The same change for many rows, in one round trip."""
        self.tx.send_changes()
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

    def situation(self, fingerprint: str, *, replay: bool, cap: Level | None = None) -> Situation:
        """What `decide` must know of this fingerprint now; `cap` is the level of whoever called the run."""
        return self.desk.known_situation(self.standing, fingerprint, replay=replay, cap=cap)

    def stopping(self, action: str, *, whole: bool = True) -> Stop | None:
        """The stop that holds an action of this slice now, if any; without `whole`, only one of that very tool."""
        stops = (one for one in self.standing.reached_by(self.everywhere.in_force) if whole or one.tool is not None)
        return next((one for one in stops if one.covers(action)), None)

    def stops_seen(self) -> dict[str, Any]:
        """For a record that rests on what holds everywhere: the last stop or lift, and the rules, known to it."""
        rules = self.desk.rules
        return {
            **({"stops": self.everywhere.seq} if self.everywhere.seq else {}),
            **({"rules": rules.record()} if rules is not None else {}),
        }

    def observe(
        self,
        run: str,
        case_ref: str,
        fingerprint: str,
        observations: list[Any],
        signed: dict[str, Any] | None = None,
        approver: str | None = None,
    ) -> None:
        """
        Record observations of a case (signed, where reported from outside), and the level changes they bring.

        `approver`: whose answer brought them; what it is worth as a label depends on whether they still look.
        """
        self.append(
            "case:observe",
            {
                "run": run,
                "case": case_ref,
                "fingerprint": fingerprint,
                "observations": [observation.record() for observation in observations],
                **({"approver": approver} if approver is not None else {}),
                **(signed or {}),
            },
        )
        self.move(fingerprint)

    def move(self, fingerprint: str) -> None:
        """Record the level changes that the evidence demands now."""
        contract = self.standing.contract
        for change in changes_due(self.standing, fingerprint):
            assert contract is not None
            self.append("level:change", change.record(fingerprint, contract.version))


def cases_in(standing: Standing | None) -> int:
    """How many cases a standing holds."""
    return sum(len(agent.order) for agent in standing.agents.values()) if standing is not None else 0


def situation_of(
    standing: Standing,
    fingerprint: str,
    *,
    replay: bool,
    everywhere: Stops,
    rules: InForce | None,
    cap: Level | None = None,
) -> Situation:
    """What `decide` must know of a fingerprint, from a standing, what is stopped everywhere, and the rules in force."""
    left = standing.fallback(fingerprint) if standing.alone else None
    return Situation(
        level=standing.level(fingerprint),
        signed=standing.in_force is not None,
        replay=replay,
        stops=standing.reached_by(everywhere.in_force),
        stops_seen=everywhere.seq,
        rules=rules,
        mode=standing.mode,
        cap=cap,
        alone=left_alone(standing, *left) if left is not None else None,
        held=standing.held(fingerprint),
    )


def _rows(connection: Connection, sql: str, parameters: Sequence[object]) -> list[dict[str, Any]]:
    cursor = connection.execute(sql.encode(), parameters, prepare=True)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def no_contract(slice_name: str) -> ContractNotFound:
    """The error of a slice without any contract."""
    return ContractNotFound(
        f"No contract '{slice_name}' in this home. Write one with `goldenthread contract new` "
        "and sign it with `goldenthread contract sign FILE`."
    )
