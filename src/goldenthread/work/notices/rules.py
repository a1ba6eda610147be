"""Who gets notices of what: rules as signed records of the organisation's chain, and their fold."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from goldenthread.promise.errors import (
    ContractNotFound,
    GoldenthreadError,
    NotPermitted,
    PrincipalError,
    SubscriptionUnknown,
    ValueProblem,
)
from goldenthread.promise.values import Json
from goldenthread.record.ledger import ORGANISATION, Ledger, Record
from goldenthread.record.principals import EVERYWHERE, KeyRing, Principals, load_principals
from goldenthread.work.events import Custody, Kept, chosen_types
from goldenthread.work.events.cursors import begin, forget
from goldenthread.work.events.custody import url_digest
from goldenthread.work.events.subscriptions import statement
from goldenthread.work.notices.products import require_products
from goldenthread.work.notices.services import service_of

NOTICE_TYPE = "application/vnd.goldenthread.notice+json"
"""Payload type of what somebody signs about a rule for notices (DSSE)."""

ADD, REMOVE = "notice:add", "notice:remove"
NOTICE_KINDS = (ADD, REMOVE)

DEFAULT_TYPES = (
    "approval.asked",
    "approval.escalated",
    "approval.handed-over",
    "approval.overdue",
    "contract.committed",
    "contract.asked",
    "contract.reminded",
    "release.asked",
    "release.reminded",
    "release.refused",
    "level.changed",
    "incident.opened",
    "incident.recovered",
    "slice.stopped",
    "organisation.stopped",
)
"""What is told where a rule names nothing: what waits for people, and what changed for the whole slice."""

EVERY: Mapping[str, timedelta] = {"now": timedelta(minutes=1), "hourly": timedelta(hours=1), "daily": timedelta(days=1)}
"""At most one message in so much time; what comes in between is told together."""

FOLDER = "notices"

_KNOWING = ("administrator", "owner", "expert", "data-owner", "approver", "auditor")
"""Whoever holds one of these in a slice is told what happens there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """
    A rule on record. `service` says how, as `mailto` or `slack`; `digest` tells another address. Where `products` are
    named, only what concerns these, in the `slices`.
    """

    id: str
    person: str
    service: str
    digest: str
    types: tuple[str, ...]
    slices: tuple[str, ...]
    every: str
    by: str
    at: datetime
    seq: int
    products: tuple[str, ...] = ()

    @property
    def outlet(self) -> str:
        """Under what name its cursors are kept, beside those of subscriptions."""
        return f"notice:{self.id}"

    def reaches(self, chain: str) -> bool:
        """Whether the rule speaks of that chain; what is stopped everywhere concerns everybody."""
        return chain == ORGANISATION or EVERYWHERE in self.slices or chain in self.slices


class Rules:
    """Every rule that holds, by id; what is not a signed word of somebody who might say it changes nothing."""

    def __init__(self, principals: Principals, records: Iterable[Record] = ()) -> None:
        self._principals = principals
        self.by_id: dict[str, Rule] = {}
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Fold one record."""
        try:
            self._take(record)
        except (GoldenthreadError, KeyError, TypeError, AttributeError, ValueError):
            return

    def find(self, id: str) -> Rule:
        """
        The one whose id begins so.

        Raises:
            SubscriptionUnknown: None, or several.
        """
        found = [one for key, one in self.by_id.items() if id and key.startswith(id)]
        if len(found) != 1:
            many = f"Several rules begin with '{id}'" if found else f"There is no rule '{id}'"
            raise SubscriptionUnknown(f"{many}. See `goldenthread notify list`.")
        return found[0]

    def _take(self, record: Record) -> None:
        data: Mapping[str, Any] = record.data
        known = self.by_id.get(data["rule"])
        said = {key: value for key, value in data.items() if key != "envelope"}
        then = self._principals.at(record.seq - 1)
        signed = statement(then, record.kind, record.seq, said)
        then.require_signed(record.by, data["envelope"], NOTICE_TYPE, signed)
        require_sayer(then, record.by, data["person"] if known is None else known.person)
        if record.kind == ADD and known is None:
            self.by_id[str(data["rule"])] = _made(record)
        elif record.kind == REMOVE and known is not None:
            del self.by_id[known.id]


def load_rules(ledger: Ledger, principals: Principals | None = None) -> Rules:
    """Every rule as the ledger says now."""
    known = principals if principals is not None else load_principals(ledger)
    return Rules(known, ledger.read(ORGANISATION, kinds=NOTICE_KINDS))


def require_sayer(principals: Principals, by: str, person: str) -> None:
    """
    Raises:
        NotPermitted, PrincipalUnknown, NotInitialised: `by` is neither the person nor an administrator, or the person
            is none.
    """
    if by != person:
        principals.require_role(by, ("administrator",), EVERYWHERE)
    if principals.active(person).kind != "person":
        raise NotPermitted(f"'{person}' is no person, and notices are for people. Subscribe systems to events.")


def may_know(principals: Principals, person: str, slice_name: str) -> bool:
    """Whether somebody has anything to do with a slice: only of those they hear."""
    if slice_name == ORGANISATION:
        return True
    found = principals.find(person)
    return found is not None and any(found.has(role, slice_name) for role in _KNOWING)


def may_answer(principals: Principals, person: str, slice_name: str) -> bool:
    """Whether somebody holds a role in the slice with which things can be answered, if the contract's path has them."""
    found = principals.find(person)
    return found is not None and any(found.has(role, slice_name) for role in ("approver", "owner", "expert"))


def add_rule(
    ledger: Ledger,
    ring: KeyRing,
    custody: Custody,
    person: str,
    url: str,
    *,
    by: str,
    types: Sequence[str] = (),
    slices: Sequence[str] = (EVERYWHERE,),
    products: Sequence[str] = (),
    every: str = "now",
) -> Rule:
    """
    Tell a person what happens, from now on.

    Args:
        person: Who is told, of slices in which they hold a role.
        url: Where, as Apprise writes it; kept in this home alone.
        by: The person, or an administrator; signs.
        types: As `chosen_types`; `DEFAULT_TYPES` where there are none.
        slices: Only of these.
        products: Only of slices of these, and of what is stopped in them or everywhere; of all where none is named.
        every: 'now', 'hourly' or 'daily'.

    Raises:
        NotifyMissing: The extra `notify` isn't installed.
        ReceiverRefused: Nothing can be sent to that address.
        ValueProblem: No such type or time.
        ContractNotFound: No such slice or product.
        NotPermitted, PrincipalUnknown, NotInitialised, KeyMissing, KeyLocked: `by` may not, or can't sign here.
    """
    if every not in EVERY:
        raise ValueProblem(f"'{every}' is no time for notices; there are {', '.join(EVERY)}. Write one of these.")
    known = set(ledger.chains()) - {ORGANISATION}
    missing = next((name for name in slices if name != EVERYWHERE and name not in known), None)
    if missing is not None:
        raise ContractNotFound(f"No slice '{missing}' in this home; it has {', '.join(sorted(known)) or 'none'}.")
    named = require_products(ledger, products)
    id, service = secrets.token_hex(4), service_of(url)
    about: dict[str, Json] = {
        "rule": id,
        "person": person,
        "service": service,
        "digest": url_digest(id, url),
        "types": list(chosen_types(types or DEFAULT_TYPES)),
        "slices": list(dict.fromkeys(slices)) or [EVERYWHERE],
        **({"products": list(named)} if named else {}),
        "every": every,
    }
    custody.keep(id, Kept(url=url, insecure=True, secrets=()))
    try:
        _say(ledger, ring, ADD, about, person, by=by)
    except BaseException:
        custody.forget(id)
        raise
    return load_rules(ledger).find(id)


def remove_rule(ledger: Ledger, ring: KeyRing, custody: Custody, id: str, *, by: str) -> Rule:
    """
    End a rule, by the person it is for or an administrator.

    Raises:
        SubscriptionUnknown: No such rule.
        NotPermitted, PrincipalUnknown, KeyMissing, KeyLocked: As `add_rule`.
    """
    found = load_rules(ledger).find(id)
    _say(ledger, ring, REMOVE, {"rule": found.id}, found.person, by=by)
    custody.forget(found.id)
    return found


def _say(ledger: Ledger, ring: KeyRing, kind: str, about: Mapping[str, Json], person: str, *, by: str) -> None:
    with ledger.transaction(ORGANISATION) as tx:
        principals = load_principals(ledger)
        require_sayer(principals, by, person)
        said = statement(principals, kind, tx.head(ORGANISATION) + 1, about)
        envelope = ring.sign(by, NOTICE_TYPE, said)
        principals.require_signed(by, envelope, NOTICE_TYPE, said)
        tx.append(ORGANISATION, kind, by, {**about, "envelope": envelope})
        outlet = f"notice:{about['rule']}"
        if kind == ADD:
            begin(tx.connection, outlet)
        else:
            forget(tx.connection, outlet)


def problem_of(rule: Rule, principals: Principals) -> str | None:
    """Why nothing is told now; None if it is: somebody who holds nothing any more is told nothing."""
    try:
        principals.active(rule.person)
    except PrincipalError as problem:
        return problem.message
    return None


def _made(record: Record) -> Rule:
    data: Mapping[str, Any] = record.data
    return Rule(
        id=str(data["rule"]),
        person=str(data["person"]),
        service=str(data["service"]),
        digest=str(data["digest"]),
        types=tuple(map(str, data["types"])),
        slices=tuple(map(str, data["slices"])),
        every=str(data["every"]),
        by=record.by,
        at=record.at,
        seq=record.seq,
        products=tuple(map(str, data.get("products", ()))),
    )
