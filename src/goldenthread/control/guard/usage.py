"""What model calls use up: reserved before a call, settled after it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from goldenthread.control.guard.desk import Desk
from goldenthread.control.guard.drafts import allotted_of
from goldenthread.control.guard.priced import CallPrice, price_at_most, price_of
from goldenthread.control.guard.runs import Run, new_id
from goldenthread.control.spending import to_record
from goldenthread.promise.contract import Contract
from goldenthread.promise.errors import BudgetSpent, ValueProblem

RESERVATION_LIFE = timedelta(hours=1)
"""How long a model call may take before what it reserved is given back to others; what it reports later counts then."""

_COST = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?) ([A-Z]{3})")


@dataclass(kw_only=True)
class Usage:
    """
    What one model call used: `tokens`, in and out together, and `cost` as '0.05 EUR'.

    It begins as what was reserved; whoever made the call puts in what it really was. Where no cost is said and the
    model is named, money is counted by its price: exactly where `input_tokens` and `output_tokens` are put in
    (`cached_tokens` of those that went in were read from a cache), else as much as `tokens` may cost at most.
    """

    reservation: str
    tokens: int
    cost: str
    model: str = ""
    provider: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0


def reserve(desk: Desk, run: Run, *, tokens: int = 0, cost: str = "", model: str = "", provider: str = "") -> Usage:
    """
    Reserve what a model call may use at most, so that many of them together never go over a budget.

    Args:
        desk: Of the slice.
        run: Of which run.
        tokens: In and out together.
        cost: '0.05 EUR'; where it is left out, the price of `model` is looked up if a budget counts money.
        model: Its name.
        provider: Who answers; '' where the name says it.

    Raises:
        BudgetSpent: A budget of the contract leaves less.
        ValueProblem: A negative number, or no amount of money; or a budget counts money, and what the call may cost is
            neither said nor known.
    """
    amounts = _amounts(tokens, cost)
    used = Usage(reservation=new_id(), tokens=tokens, cost=cost, model=model, provider=provider)
    priced = _price(desk, run, used)
    amounts = {**amounts, **priced.amounts}
    with desk.transaction() as writing:
        now = desk.ledger.clock()
        if run.caller is not None and run.caller.allotted and run.caller.is_over(now):
            raise BudgetSpent(
                "What was allotted to this run is its caller's again, since too long ago. Have the caller call again."
            )
        if writing.spending is None:
            return used
        _require_known_money(writing.contract(), run, amounts)
        over = writing.spending.over(writing.contract(), None, amounts, run.id, now, allotted_of(run))
        if over:
            wanted = " and ".join(f"{amount:f} {name}" for name, amount in amounts.items() if amount)
            raise BudgetSpent(
                f"A model call that may use {wanted} goes over the budget '{over[0]}'. "
                "Nothing was called; end the run, or call a cheaper model."
            )
        if not cost:
            _require_priced(writing.contract(), run, amounts, used, priced)
        record = {"reservation": used.reservation, "run": run.id, "amounts": to_record(amounts), **_by(priced)}
        writing.append("budget:reserve", {**record, "expires": (now + RESERVATION_LIFE).isoformat()}, by=run.agent)
    return used


def settle(desk: Desk, run: Run, used: Usage) -> None:
    """
    Put on record what a model call used; more than was reserved counts too, and is missing afterwards.

    Raises:
        ValueProblem: A negative number, or no amount of money.
    """
    amounts = _amounts(_tokens_of(used), used.cost)
    priced = _price(desk, run, used)
    with desk.transaction() as writing:
        if writing.spending is not None:
            held = writing.spending.holds(used.reservation) or {}
            if _foreign_money(writing.contract(), run, amounts):
                amounts = {**amounts, **held}  # what was held is spent
            if not used.cost:
                kept = {name: held[name] for name in _money(writing.contract(), run) if name in held}
                amounts = {**kept, **amounts, **priced.amounts}
            record = {"reservation": used.reservation, "run": run.id, "amounts": to_record(amounts), **_by(priced)}
            writing.append("budget:settle", record, by=run.agent)


def allotment(*, calls: int | None, tokens: int | None, cost: str) -> dict[str, Decimal] | None:
    """
    What a called run may use up, of what is stated; None where nothing is.

    Raises:
        ValueProblem: A negative number, or no amount of money.
    """
    found = _amounts(tokens or 0, cost)
    if tokens == 0:
        found["tokens"] = Decimal(0)
    if calls is not None:
        if calls < 0:
            raise ValueProblem(f"{calls} is no number of calls. Pass a whole number from 0.")
        found["calls"] = Decimal(calls)
    return found or None


def _price(desk: Desk, run: Run, used: Usage) -> CallPrice:
    """By the price of its model, where nobody says the cost and somebody names the model."""
    currencies = _money(desk.contract(), run) if used.model and not used.cost else ()
    if not currencies:
        return CallPrice()
    if used.input_tokens is None or used.output_tokens is None:
        return price_at_most(desk, currencies, tokens=used.tokens, model=used.model, provider=used.provider)
    return price_of(
        desk,
        currencies,
        given_in=used.input_tokens,
        given_out=used.output_tokens,
        cached=used.cached_tokens,
        model=used.model,
        provider=used.provider,
    )


def _tokens_of(used: Usage) -> int:
    """In and out together."""
    if used.input_tokens is None or used.output_tokens is None:
        return used.tokens
    for tokens in (used.input_tokens, used.output_tokens, used.cached_tokens):
        _amounts(tokens, "")
    return used.input_tokens + used.output_tokens


def _require_priced(
    contract: Contract, run: Run, amounts: Mapping[str, Decimal], used: Usage, priced: CallPrice
) -> None:
    """A call whose cost nobody can tell would be free, however dear it is."""
    uncounted = [name for name in sorted(_money(contract, run)) if name not in amounts]
    if uncounted or (used.model and not used.tokens and _money(contract, run)):
        reason = f": {priced.unknown}" if priced.unknown else ""
        raise ValueProblem(
            f"A budget counts money, and what this model call may cost is not known{reason}. Nothing was called; pass "
            "cost='0.05 EUR', or tokens and a model that has a price."
        )


def _by(priced: CallPrice) -> dict[str, list[str]]:
    return {"prices": list(priced.by)} if priced.by else {}


def _require_known_money(contract: Contract, run: Run, amounts: Mapping[str, Decimal]) -> None:
    foreign, known = _foreign_money(contract, run, amounts), _money(contract, run)
    if foreign:
        raise ValueProblem(
            f"{foreign[0]} can't be added up against a budget in {' or '.join(sorted(known))}. "
            "Say what the call may cost in that."
        )


def _foreign_money(contract: Contract, run: Run, amounts: Mapping[str, Decimal]) -> list[str]:
    """Currencies that no budget counts, where one counts another."""
    known = _money(contract, run)
    return [name for name in amounts if name != "tokens" and known and name not in known]


def _money(contract: Contract, run: Run) -> set[str]:
    counted = {*(budget.unit for budget in contract.budgets), *allotted_of(run)}
    return {name for name in counted if re.fullmatch("[A-Z]{3}", name)}


def _amounts(tokens: int, cost: str) -> dict[str, Decimal]:
    if type(tokens) is not int or tokens < 0:
        raise ValueProblem(f"{tokens!r} is no number of tokens. Pass a whole number from 0, in and out together.")
    found = {"tokens": Decimal(tokens)} if tokens else {}
    if cost:
        money = _COST.fullmatch(cost)
        if money is None:
            raise ValueProblem(f"{cost!r} is no amount of money. Write e.g. '0.05 EUR'.")
        found[money[2]] = Decimal(money[1])
    return found
