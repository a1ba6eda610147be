"""Stop a slice, a tool or everything at once, by one person; lift it again, by two. Signed by whoever says so."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from goldenthread.control.guard import Desk
from goldenthread.control.stops import (
    ASK_LIFE,
    LEADS,
    LIFT,
    MAY_LIFT,
    MAY_STOP,
    SET,
    STOP_KINDS,
    STOP_TYPE,
    Stop,
    Stops,
    extent,
    lift_statement,
    voices,
)
from goldenthread.promise.errors import NotPermitted, SecondRole, StopUnknown, ValueProblem
from goldenthread.promise.values import Json
from goldenthread.record.ledger import ORGANISATION, Ledger, Record, Transaction
from goldenthread.record.principals import KeyRing, Principals, load_principals


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A stop that holds, and whose word to lift it is on record already."""

    stop: Stop
    asked: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Lifted:
    """
    What came of one person's word to lift a stop. `lifted`: it was the second. `record`: where the word stands;
    None where the same person had said it before. `wanted`: who can complete it, by name.
    """

    stop: Stop
    lifted: bool
    record: Record | None
    wanted: tuple[str, ...] = ()


def stop(
    ledger: Ledger,
    ring: KeyRing,
    *,
    chain: str,
    by: str,
    reason: str,
    tool: str | None = None,
    product: str | None = None,
) -> Record | None:
    """
    Stop a slice, or with `chain` 'organisation' every slice, or those of one `product`; with `tool`, only the action
    of that name there.

    From this record on no permit for it can be consumed. One person is enough. A product that no contract names is
    stopped all the same, for the slice that will name it.

    Returns:
        The record, or None where the same person's stop of the same thing holds.

    Raises:
        NotPermitted, PrincipalUnknown, NotInitialised: `by` is neither owner nor approver there, nor administrator.
        ContractNotFound: The slice has no contract.
        ValueProblem: No reason, no name of a tool or a product, or a product of one slice.
        KeyMissing, KeyLocked: The key of `by` cannot be used here.
        SignatureInvalid, DemoKeyRefused: It is not the one on record.
    """
    _require_reason(reason)
    product = _product(chain, product)
    if tool is not None and not tool.strip():
        raise ValueProblem("The tool to stop has no name. Write the action as contracts declare it.")
    principals = load_principals(ledger)
    principals.require_role(by, MAY_STOP, extent(chain))
    with _holding(ledger, chain) as (tx, stops):
        if any((one.by, one.tool, one.product) == (by, tool, product) for one in stops.in_force):
            return None
        said: dict[str, Json] = {
            "record": SET,
            "organisation": principals.organisation,
            "chain": chain,
            "seq": tx.head(chain) + 1,  # signed with it, so that a copy further on proves nothing
            "tool": tool,
            "product": product,
            "reason": reason,
        }
        envelope = ring.sign(by, STOP_TYPE, said)
        principals.require_signed(by, envelope, STOP_TYPE, said)
        return tx.append(chain, SET, by, {"tool": tool, "product": product, "reason": reason, "envelope": envelope})


def lift(ledger: Ledger, ring: KeyRing, stop_id: str, *, by: str, reason: str) -> Lifted:
    """
    Say that a stop may be lifted. The first person asks; the second, another, lifts it, within a day.

    Raises:
        StopUnknown: No such stop holds.
        NotPermitted, PrincipalUnknown, NotInitialised: `by` is neither owner nor approver there, nor administrator.
        SecondRole: Both words are there, and neither is of whom it takes.
        ValueProblem: No reason.
        KeyMissing, KeyLocked, SignatureInvalid, DemoKeyRefused: As `stop`.
    """
    _require_reason(reason)
    chain = stop_id.partition("#")[0]
    principals = load_principals(ledger)
    if chain not in ledger.chains():
        raise _unknown(stop_id)
    principals.require_role(by, MAY_LIFT, extent(chain))
    with _holding(ledger, chain) as (tx, stops):
        found = stops.find(stop_id)
        if found is None:
            raise _unknown(stop_id)
        now = ledger.clock()
        fresh = {one.by for one in stops.asked(found) if now - one.at <= ASK_LIFE}
        if by in fresh:
            return Lifted(stop=found, lifted=False, record=None, wanted=who_completes(principals, found, fresh))
        place = tx.head(chain) + 1
        said = lift_statement(principals.organisation, found.id, chain=chain, seq=place, reason=reason)
        envelope = ring.sign(by, STOP_TYPE, said)
        principals.require_signed(by, envelope, STOP_TYPE, said)
        record = tx.append(chain, LIFT, by, {"stop": found.id, "reason": reason, "envelope": envelope})
        stops.apply(record)
        if record.seq in stops.refused:  # the fold's own judgement: what it would not count is rolled back
            raise NotPermitted(f"The word of '{by}' would not count, so it was not recorded: {stops.refused[place]}")
        lifted = stops.find(found.id) is None
        wanted = () if lifted else who_completes(principals, found, fresh | {by})
        if not lifted and fresh and not wanted:
            raise SecondRole(
                f"Neither {' nor '.join(sorted(fresh | {by}))} is {_leader(chain)}, and one of the two must be. "
                f"Have an administrator grant that role to somebody, who then lifts it."
            )
        return Lifted(stop=found, lifted=lifted, record=record, wanted=wanted)


def standing_stops(ledger: Ledger) -> list[Standing]:
    """Every stop that holds, those of everything first, then by slice, the oldest first."""
    slices = sorted(chain for chain in ledger.chains() if chain != ORGANISATION)
    found = [load_stops(ledger), *(Desk(ledger, name).standing().stops for name in slices)]
    return [
        Standing(stop=one, asked=tuple(record.by for record in stops.asked(one)))
        for stops in found
        for one in stops.in_force
    ]


def load_stops(ledger: Ledger) -> Stops:
    """What is stopped everywhere now."""
    principals = load_principals(ledger)
    return Stops(ORGANISATION, voices(lambda: principals), ledger.read(ORGANISATION, kinds=STOP_KINDS))


def who_completes(principals: Principals, found: Stop, asked: Collection[str]) -> tuple[str, ...]:
    """Who can complete what these have asked: anybody who may, if one of these leads; else somebody who does."""
    where, leading = extent(found.chain), LEADS[found.chain == ORGANISATION]
    led = any(one.has(role, where) for one in principals.all() if one.name in asked for role in leading)
    roles = MAY_LIFT if led else leading
    able = {one.name for role in roles for one in principals.holders(role, where) if one.kind == "person"}
    return tuple(sorted(able - set(asked)))


@contextmanager
def _holding(ledger: Ledger, chain: str) -> Iterator[tuple[Transaction, Stops]]:
    """A transaction that holds the chain, and the stops of it as they stand."""
    if chain == ORGANISATION:
        with ledger.transaction(ORGANISATION) as tx:
            yield tx, load_stops(ledger)
        return
    with Desk(ledger, chain).transaction() as writing:
        writing.contract()
        yield writing.tx, writing.standing.stops


def _product(chain: str, product: str | None) -> str | None:
    if product is None:
        return None
    if not product.strip():
        raise ValueProblem("The product to stop has no name. Write it as contracts name it.")
    if chain != ORGANISATION:
        raise ValueProblem(
            f"A product is stopped in all its slices, and '{chain}' is one. Stop that slice, or the product."
        )
    return product.strip()


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ValueProblem("What is stopped or let go on is so for a reason, and none was given. Say why.")


def _unknown(stop_id: str) -> StopUnknown:
    return StopUnknown(f"No stop '{stop_id}' holds. Run `goldenthread stop list` for those that do.")


def _leader(chain: str) -> str:
    return "an administrator" if chain == ORGANISATION else f"an owner of '{chain}'"
