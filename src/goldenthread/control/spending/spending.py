"""The fold: what of each budget is used up, or held by a permit that may still be used."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from goldenthread.control.spending.amounts import Amounts, budgets_of, of_record
from goldenthread.promise.contract import Budget, Contract

_ZERO = Decimal(0)
_NONE: Amounts = {}


class ChainRecord(Protocol):
    """What the fold needs of a ledger record."""

    @property
    def seq(self) -> int:
        """Position in the chain."""
        ...

    @property
    def at(self) -> datetime:
        """When it was written."""
        ...

    @property
    def kind(self) -> str:
        """What happened."""
        ...

    @property
    def data(self) -> Any:
        """The record's content."""
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    """Amounts that are reserved and may yet be given back."""

    run: str
    day: date
    amounts: Amounts
    expires: datetime | None  # None: only its own record ends it
    call: tuple[str, int] | None = None


class Spending:
    """
    What a slice has used up, folded from its chain.

    A permit reserves when it is given. It is given back if it expires unused, if another permit of the same call is
    used, if its run ends or its action never began; what was consumed stays spent, also if the tool failed.
    """

    def __init__(self) -> None:
        self.seq = 0
        self._runs: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self._days: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self._slice: dict[str, Decimal] = defaultdict(Decimal)
        self._held: dict[str, _Held] = {}  # by permit or reservation
        self._expiries: list[tuple[datetime, str]] = []  # a heap
        self._permits_of_call: dict[tuple[str, int], set[str]] = defaultdict(set)
        self._permit_of_decision: dict[str, str] = {}

    def apply(self, record: ChainRecord) -> None:
        """Take in the next record of the chain; kinds that spend nothing are passed over."""
        handler = _HANDLERS.get(record.kind)
        if handler is not None:
            handler(self, record)
        self.seq = record.seq

    def over(
        self,
        contract: Contract,
        action: str | None,
        amounts: Amounts,
        run: str,
        now: datetime,
        allotted: Amounts = _NONE,
    ) -> tuple[str, ...]:
        """
        Budgets, as printed, that these amounts would go over.

        Args:
            contract: Whose budgets.
            action: What would be done; None for a model call.
            amounts: What it would use up.
            run: Of which run.
            now: When; days are counted in UTC.
            allotted: What the run may use up in all, by whoever called it.
        """
        self._expire(now)
        over = [
            str(budget)
            for name, budget in budgets_of(contract, action)
            if name in amounts and self._used(budget, name, run, now) + amounts[name] > budget.amount
        ]
        spent = self._runs.get(run, {})
        over += [
            f"{limit:f} {name} allotted by the caller"
            for name, limit in allotted.items()
            if name in amounts and spent.get(name, _ZERO) + amounts[name] > limit
        ]
        return tuple(over)

    def over_when_used(self, contract: Contract, action: str, permit: str, now: datetime) -> tuple[str, ...]:
        """
        Budgets of a day, as printed, that a permit of an earlier day would go over if it were used now: a yes may wait
        for days, and the money goes on the day on which it is used.
        """
        self._expire(now)
        held, today = self._held.get(permit), _day(now)
        if held is None or held.day == today:
            return ()
        used: Amounts = self._days.get(today, {})
        return tuple(
            str(budget)
            for name, budget in budgets_of(contract, action)
            if budget.per == "day"
            and name in held.amounts
            and used.get(name, _ZERO) + held.amounts[name] > budget.amount
        )

    def left(self, contract: Contract, run: str, now: datetime, allotted: Amounts = _NONE) -> dict[str, Decimal]:
        """What the budgets of the whole slice, and what was allotted, leave to a run: the least of all that say so."""
        self._expire(now)
        spent = self._runs.get(run, {})
        found = {name: max(limit - spent.get(name, _ZERO), _ZERO) for name, limit in allotted.items()}
        for name, budget in budgets_of(contract, None):
            rest = max(budget.amount - self._used(budget, name, run, now), _ZERO)
            found[name] = min(found.get(name, rest), rest)
        return found

    def used_by(self, run: str) -> Amounts:
        """What a run that has not ended has used up or holds."""
        return dict(self._runs.get(run, {}))

    def used(self, budget: Budget, name: str, run: str, now: datetime) -> Decimal:
        """What of a budget is used up or held."""
        self._expire(now)
        return self._used(budget, name, run, now)

    def holds(self, reservation: str) -> Amounts | None:
        """The amounts of a reservation that was not settled; None if there is none such."""
        held = self._held.get(reservation)
        return held.amounts if held is not None else None

    def _used(self, budget: Budget, name: str, run: str, now: datetime) -> Decimal:
        if budget.per == "run":
            return self._runs[run][name] if run in self._runs else _ZERO
        if budget.per == "day":
            return self._days[_day(now)][name] if _day(now) in self._days else _ZERO
        return self._slice.get(name, _ZERO)

    def _add(self, run: str, day: date, amounts: Amounts, sign: int = 1) -> None:
        for name, amount in amounts.items():
            self._runs[run][name] += sign * amount
            self._slice[name] += sign * amount
        self._add_to_day(day, amounts, sign)

    def _add_to_day(self, day: date, amounts: Amounts, sign: int = 1) -> None:
        for name, amount in amounts.items():
            self._days[day][name] += sign * amount

    def _hold(self, key: str, held: _Held) -> None:
        self._add(held.run, held.day, held.amounts)
        self._held[key] = held
        if held.expires is not None:
            heapq.heappush(self._expiries, (held.expires, key))
        if held.call is not None:
            self._permits_of_call[held.call].add(key)

    def _give_back(self, key: str | None) -> None:
        held = self._held.pop(key, None) if key is not None else None
        if held is not None:
            if held.call is not None and key in self._permits_of_call.get(held.call, ()):
                self._permits_of_call[held.call].discard(key)
            self._add(held.run, held.day, held.amounts, -1)

    def _expire(self, now: datetime) -> None:
        while self._expiries and self._expiries[0][0] < now:
            _, key = heapq.heappop(self._expiries)
            if key in self._held and self._held[key].expires is not None:
                self._give_back(key)

    def _permitted(self, record: ChainRecord, permit: Mapping[str, Any], amounts: Amounts) -> None:
        call = (str(permit["run"]), int(permit["call"]))
        expires = datetime.fromisoformat(str(permit["expires"]))
        held = _Held(run=call[0], day=_day(record.at), amounts=amounts, expires=expires, call=call)
        self._hold(str(permit["id"]), held)

    def _decided(self, record: ChainRecord) -> None:
        data = record.data
        permit, amounts = data.get("permit"), of_record(data.get("spends"))
        if permit is not None and amounts:
            self._permitted(record, permit, amounts)
            self._permit_of_decision[data["decision"]] = str(permit["id"])

    def _answered(self, record: ChainRecord) -> None:
        permit, amounts = record.data.get("permit"), of_record(record.data.get("spends"))
        if permit is not None and amounts:
            self._permitted(record, permit, amounts)
            self._permit_of_decision[str(record.data["action"])] = str(permit["id"])

    def _consumed(self, record: ChainRecord) -> None:
        """
        Spent for good, unless the record of the effect says that it never began. Another permit of the same call, in
        other words, can't be used any more; until one of them is, any of them may be, and all are held.
        """
        permit = str(record.data["permit"])
        held = self._held.get(permit)
        if held is None:
            return
        today = _day(record.at)
        if held.day != today:  # it is spent on the day on which it is used
            self._add_to_day(held.day, held.amounts, -1)
            self._add_to_day(today, held.amounts)
        self._held[permit] = replace(held, day=today, expires=None, call=None)
        if held.call is not None:
            for other in self._permits_of_call.pop(held.call, set()) - {permit}:
                self._give_back(other)

    def _acted(self, record: ChainRecord) -> None:
        permit = self._permit_of_decision.pop(record.data["decision"], None)
        if record.data["outcome"] == "not begun":
            self._give_back(permit)
        elif permit is not None:
            self._held.pop(permit, None)

    def _ended(self, record: ChainRecord) -> None:
        """What a run did not use it cannot use any more; what it spent counts on for the day and the slice."""
        run = record.data["run"]
        for key in [key for key, held in self._held.items() if held.run == run and held.call is not None]:
            self._give_back(key)
        self._runs.pop(run, None)
        today = _day(record.at)
        for day in [day for day in self._days if day < today - timedelta(days=2)]:
            del self._days[day]

    def _reserved(self, record: ChainRecord) -> None:
        data = record.data
        expires = datetime.fromisoformat(data["expires"]) if data.get("expires") else None
        held = _Held(run=data["run"], day=_day(record.at), amounts=of_record(data["amounts"]), expires=expires)
        self._hold(str(data["reservation"]), held)

    def _settled(self, record: ChainRecord) -> None:
        data = record.data
        self._give_back(str(data["reservation"]))
        self._add(data["run"], _day(record.at), of_record(data["amounts"]))


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


_HANDLERS: Mapping[str, Callable[[Spending, ChainRecord], None]] = {
    "action:decide": Spending._decided,
    "approval:answer": Spending._answered,
    "permit:consume": Spending._consumed,
    "action:effect": Spending._acted,
    "run:end": Spending._ended,
    "budget:reserve": Spending._reserved,
    "budget:settle": Spending._settled,
}

SPENDING_KINDS: tuple[str, ...] = tuple(_HANDLERS)
"""The record kinds that move it; a reader may skip all others."""
