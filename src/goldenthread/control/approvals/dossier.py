"""The dossier of an item: everything to answer it by, on one page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from goldenthread.control.approvals.items import Item, find_item, item_of
from goldenthread.control.approvals.messages import Message, messages_of
from goldenthread.control.approvals.required import allotted_to
from goldenthread.control.approvals.said import Said, what_was_said
from goldenthread.control.approvals.similar import Precedent, alike_cases
from goldenthread.control.guard import NO_FACTS, Desk, Facts, Writing
from goldenthread.control.spending import action_amounts, budgets_of, over_words
from goldenthread.promise.errors import LedgerError
from goldenthread.promise.values import Json, Level


@dataclass(frozen=True, kw_only=True)
class Source:
    """
    A document that the agent cites. `retrieved` is False where it never came back from a source in this run; `says` is
    what stood in it, None where that was not kept.
    """

    id: str
    retrieved: bool
    source: str | None = None
    score: float | None = None
    says: Json = None


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """
    What speaks against an action beside its level. `kind`: 'origin' (an argument that decides where the effect goes,
    and its value stands in no trusted source), 'content' (what should not leave), 'budget' or 'ungrounded'.
    """

    kind: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Spend:
    """What a yes would use up of a budget, and what is left of it now, before the yes."""

    budget: str
    amount: Decimal
    left: Decimal


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A limit within which the agent would act alone, and whether these arguments keep it."""

    words: str
    kept: bool


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """
    What would happen after a yes. `effect`: 'read', 'reversible' or 'irreversible'.

    `undo` is the tool that undoes it.
    """

    level: str
    effect: str
    egress: bool
    undo: str | None
    limits: tuple[Limit, ...]
    spends: tuple[Spend, ...]


@dataclass(frozen=True, kw_only=True)
class Before:
    """What the run did or asked for before: `state` as in the guard's `Outcome`."""

    action: str
    state: str
    arguments: Json
    result: Json
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """
    An item with its grounds. Of a blind question that is open, and of an erased case, nothing but the item and its
    messages; `would` is None where the contract no longer declares the action. `said` is what who closed it said.
    """

    item: Item
    sources: tuple[Source, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    before: tuple[Before, ...] = ()
    would: Consequence | None = None
    precedents: tuple[Precedent, ...] = ()
    messages: tuple[Message, ...] = ()
    said: Said | None = None


def dossier_of(desk: Desk, name: str) -> Dossier:
    """
    The dossier of an item, by its id or a prefix.

    Raises:
        InboxItemNotFound: None, or several.
    """
    with desk.looking() as writing:
        row = find_item(writing, name)
        item, messages = item_of(writing, row), messages_of(writing, row)
        if desk.ledger.vault.is_erased(row["case_ref"]):
            return Dossier(item=item, messages=messages)
        said = what_was_said(writing, row)
        if row["action"] is None or item.action is None or item.arguments is None:
            return Dossier(item=item, messages=messages, said=said)
        action = _asked_for(writing, row)
        found = Dossier(
            item=item,
            messages=messages,
            sources=tuple(_sources(writing, action)),
            doubts=tuple(_doubts(action)),
            before=tuple(_before(writing, action)),
            would=_consequence(writing, row, item.arguments),
            said=said,
        )
    if row["kind"] != "approval":
        return found
    # After the slice's chain was let go: it may take a while, and nothing is decided by it.
    return replace(found, precedents=alike_cases(desk, row, item.arguments))


def _asked_for(writing: Writing, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The action that is asked about; of a second question, the one that the first was about."""
    action = row["action"]
    if row["purpose"] == "check":
        return {"cited": row["cited"], "facts": None, "grounded": None, "run": row["run"], "seq": 0}
    if row["purpose"] == "shared":
        action = writing.rows("select action from inbox where id = %s", row["first_item"])[0]["action"]
    return writing.rows("select * from action where id = %s", action)[0]


def _sources(writing: Writing, action: Mapping[str, Any]) -> Iterator[Source]:
    """Each citation, with what the newest retrieval of it in this run gave."""
    hits: dict[str, tuple[str, Mapping[str, Any]]] = {}
    if action["cited"]:
        steps = "select content from step where run = %s and kind = 'retrieve' order by ordinal"
        for step in writing.rows(steps, action["run"]):
            content = _opened(writing, step["content"]).get("content", {})
            for hit in content.get("hits", ()):
                earlier = hits.get(hit["id"], ("", {}))[1]
                hits[hit["id"]] = (content["source"], {**earlier, **hit})
    for document in action["cited"]:
        source, hit = hits.get(document, (None, {}))
        yield Source(
            id=document, retrieved=document in hits, source=source, score=hit.get("score"), says=hit.get("says")
        )


def _doubts(action: Mapping[str, Any]) -> Iterator[Doubt]:
    facts = Facts.of_record(json.loads(action["facts"])) if action["facts"] else NO_FACTS
    for name, origin in facts.untrusted.items():
        yield Doubt(kind="origin", words=f"'{name}' decides where the effect goes, and its value {origin}")
    for kind, names in facts.content.items():
        where = ", ".join(f"'{name}'" for name in names)
        yield Doubt(kind="content", words=f"{_FOUND.get(kind, kind)} {where}")
    for over in facts.over:
        yield Doubt(kind="budget", words=f"It {over_words(over)[1]}")
    if action["grounded"] is False:
        words = "Its citations don't bear it: none, never retrieved in this run, or about something else"
        yield Doubt(kind="ungrounded", words=words)


_FOUND = {
    "secrets": "A secret stands in",
    "personal_data": "Personal data stand in",
    "injection": "What reads like an injected order came from",
}


def _before(writing: Writing, action: Mapping[str, Any]) -> Iterator[Before]:
    rows = writing.rows(
        "select * from action where run = %s and seq < %s and state <> 'expired' order by seq",
        action["run"],
        action["seq"],
    )
    for row in rows:
        yield Before(
            action=row["name"],
            state=row["state"],
            arguments=_opened(writing, row["permitted"] or row["arguments"]),
            result=_open(writing, row["result"]) if row["result"] else None,
            at=row["at"],
        )


def _consequence(writing: Writing, row: Mapping[str, Any], arguments: Mapping[str, Json]) -> Consequence | None:
    contract, name = writing.contract(), row["action_name"]
    declared = contract.actions.get(name)
    if declared is None:
        return None
    level = Level(row["action_level"])
    alone = max(level, Level.CONSTRAINED)
    limits = writing.desk.policy(contract).rules[name].limits[alone]
    return Consequence(
        level=level.value,
        effect=declared.effect.value,
        egress=declared.egress,
        undo=declared.undo,
        limits=tuple(Limit(words=words, kept=holds(arguments)) for words, holds in limits),
        spends=tuple(_spends(writing, row, arguments)),
    )


def _spends(writing: Writing, row: Mapping[str, Any], arguments: Mapping[str, Json]) -> Iterator[Spend]:
    contract, name, now = writing.contract(), row["action_name"], writing.desk.ledger.clock()
    allotted = allotted_to(writing, row["run"])
    spending = writing.add_up() if allotted else writing.spending
    if spending is None:
        return
    amounts = action_amounts(contract, name, arguments, also=allotted)
    for what, budget in budgets_of(contract, name):
        if what in amounts:
            left = max(budget.amount - spending.used(budget, what, row["run"], now), Decimal(0))
            yield Spend(budget=str(budget), amount=amounts[what], left=left)
    used = spending.used_by(row["run"])
    for what, limit in allotted.items():
        if what in amounts:
            left = max(limit - used.get(what, Decimal(0)), Decimal(0))
            yield Spend(budget=f"{limit:f} {what} allotted by the caller", amount=amounts[what], left=left)


def _open(writing: Writing, digest: str) -> Json:
    """Content, or nothing where it is gone: what stands beside a question must not keep it from being shown."""
    try:
        return writing.tx.open(digest)
    except LedgerError:
        return None


def _opened(writing: Writing, digest: str) -> dict[str, Any]:
    value = _open(writing, digest)
    return value if isinstance(value, dict) else {}
