"""What somebody needs who answers one item: their right to, its parts by type, and what no answer may go over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from goldenthread.control.approvals import SELECT, how_it_waits
from goldenthread.control.guard import Desk
from goldenthread.promise.contract import Action, Contract
from goldenthread.promise.errors import GoldenthreadError
from goldenthread.promise.values import Effect, Json
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import Principals
from goldenthread.surfaces.views.content import blind_among
from goldenthread.surfaces.views.inbox import ItemPage, item_page
from goldenthread.surfaces.views.rows import select
from goldenthread.surfaces.views.triage import urgency_of

TYPES = ("text", "number", "whole number", "yes or no", "list", "object")

_ANNOTATIONS: Mapping[str, str] = {
    "str": "text",
    "string": "text",
    "int": "whole number",
    "integer": "whole number",
    "float": "number",
    "number": "number",
    "Decimal": "number",
    "bool": "yes or no",
    "boolean": "yes or no",
    "list": "list",
    "array": "list",
    "dict": "object",
    "object": "object",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    One argument as it is asked for. `type` is of `TYPES`, or 'JSON' where nobody says; `shown` is its value as it is
    typed. `key`: the tool takes it as its idempotency key; `decides`: it decides where the effect goes.
    """

    name: str
    type: str
    shown: str
    optional: bool = False
    key: bool = False
    decides: bool = False

    @property
    def long(self) -> bool:
        """Whether it takes more than one line."""
        return self.type in ("list", "object", "JSON") or "\n" in self.shown or len(self.shown) > 80


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An action by which a person may decide a case themselves, with its arguments."""

    action: str
    effect: Effect
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Answering:
    """
    One item and how it is answered. `why_not`: why this visitor cannot, '' where they can; `parts` are those of an
    edit, `bounds` what no edit may go over; `choices` those of a decision of one's own. `hidden`: the id of the open
    blind question that must be answered first. `next_step` is who gets it if it is escalated.
    """

    page: ItemPage
    urgency: str
    due_words: str
    final: bool
    why_not: str
    parts: tuple[Part, ...]
    bounds: tuple[str, ...]
    choices: tuple[Choice, ...]
    colleagues: tuple[str, ...]
    next_step: str | None
    hidden: str | None


@dataclass(frozen=True, kw_only=True)
class Found:
    """Where an item is, and what has become of it."""

    id: str
    slice: str
    state: str


def find_waiting(ledger: Ledger, item: str) -> Found | None:
    """The item of a whole id; its content is not opened."""
    rows = select(ledger, "select id, slice, state from inbox where id = %s", item)
    return Found(**rows[0]) if rows else None


def answering(desk: Desk, item: str, *, name: str | None) -> Answering:
    """
    One item with all that somebody answers it by; the proposal of a case with an open blind question stays hidden.

    Raises:
        InboxItemNotFound: No such item in the slice.
    """
    page, row = item_page(desk, item), select(desk.ledger, f"{SELECT} where i.id = %s", item)[0]
    contract, principals = desk.held_to(), desk.principals()
    waits = how_it_waits(contract, row, desk.ledger.clock())
    hidden = _blind_before(desk, row)
    action = contract.actions.get(page.item.action) if page.item.action is not None else None
    urgency, words = urgency_of(waits, desk.ledger.clock()) if page.item.state == "open" else ("closed", "")
    path = contract.path
    tools = desk.outline().agents[row["fingerprint"]].declaration["tools"]
    own = row["kind"] in ("blind question", "escalation") and page.item.state == "open"
    turn = waits.turn
    return Answering(
        page=_concealed(page) if hidden is not None else page,
        urgency=urgency,
        due_words=words,
        final=action is not None and action.effect is Effect.IRREVERSIBLE,
        why_not=_why_not(principals, desk.slice, name, page.item.agent, path),
        parts=_parts(action, tools, page.item.arguments) if hidden is None else (),
        bounds=_bounds(contract, action) if hidden is None else (),
        choices=_choices(contract, tools, page.item.given) if own else (),
        colleagues=_colleagues(principals, desk, page.item.agent, path, name),
        next_step=path[turn.step + 1] if turn is not None and not turn.last else None,
        hidden=hidden,
    )


def _why_not(principals: Principals, slice_name: str, name: str | None, agent: str, path: Sequence[str]) -> str:
    if name is None:
        return "You act as nobody. Choose at the top of the page whom you act as."
    try:
        principals.require_approver(slice_name, name, agent, path=path)
    except GoldenthreadError as problem:
        return problem.message
    return ""


def _colleagues(
    principals: Principals, desk: Desk, agent: str, path: Sequence[str], name: str | None
) -> tuple[str, ...]:
    """Who else may answer it and is there."""
    now = desk.ledger.clock()
    return tuple(
        one.name
        for one in principals.all()
        if one.name != name
        and one.kind == "person"
        and any(one.has(role, desk.slice) for role in ("approver", "owner", "expert"))
        and not _why_not(principals, desk.slice, one.name, agent, path)
        and principals.on_leave(one.name, now) is None
    )


def _blind_before(desk: Desk, row: Mapping[str, Any]) -> str | None:
    """The open blind question on the case of another item; None where there is none."""
    if row["kind"] == "blind question" or not blind_among(desk.ledger, [row["case_ref"]]):
        return None
    blind = "select id from inbox where case_ref = %s and state = 'open' and kind = 'blind question' limit 1"
    return str(select(desk.ledger, blind, row["case_ref"])[0]["id"])


def _concealed(page: ItemPage) -> ItemPage:
    item = replace(page.item, action=None, arguments=None, clause=None, cited=(), level=None)
    return replace(
        page,
        item=item,
        clause=None,
        sources=(),
        doubts=(),
        before=(),
        would=None,
        precedents=(),
        messages=(),
        said=None,
    )


def _parts(action: Action | None, tools: Mapping[str, Any], arguments: Mapping[str, Json] | None) -> tuple[Part, ...]:
    if action is None or arguments is None:
        return ()
    known = _parameters(tools.get(action.name))
    return tuple(
        _part(action, name, _type_of(action, known, name, value), shown=_typed(value))
        for name, value in arguments.items()
    )


def _choices(contract: Contract, tools: Mapping[str, Any], given: Mapping[str, Json]) -> tuple[Choice, ...]:
    """Every action that does something, or all if none does; a part stands there already where the case names it."""
    found = []
    actions = list(contract.actions.values())
    for action in [one for one in actions if one.effect is not Effect.READ] or actions:
        known = _parameters(tools.get(action.name))
        names = list(action.takes) if action.takes is not None else list(known)
        parts = [
            _part(
                action,
                name,
                _type_of(action, known, name, None),
                shown=_typed(given[name]) if given.get(name) is not None else "",
                optional=_is_optional(action, known, name),
            )
            for name in names
        ]
        found.append(Choice(action=action.name, effect=action.effect, parts=tuple(parts)))
    return tuple(found)


def _part(action: Action, name: str, type_: str, *, shown: str, optional: bool = False) -> Part:
    return Part(
        name=name,
        type=type_,
        shown=shown,
        optional=optional,
        key=action.key == name,
        decides=name in action.decides,
    )


def _type_of(action: Action, known: Mapping[str, Mapping[str, Any]], name: str, value: Json) -> str:
    """By the contract, else by the value that is there, else by what the agent's tool says."""
    if action.takes is not None and name in action.takes:
        return action.takes[name].type
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int):
        return "whole number"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "text"
    if value is not None:
        return "list" if isinstance(value, list) else "object"
    annotated = str(known.get(name, {}).get("type", "")).strip("'\"")  # in quotes where annotations are put off
    return _ANNOTATIONS.get(annotated.partition("[")[0], "JSON")


def _is_optional(action: Action, known: Mapping[str, Mapping[str, Any]], name: str) -> bool:
    if action.takes is not None and name in action.takes:
        return action.takes[name].optional
    return not known.get(name, {}).get("required", True)


def _parameters(schema: Any) -> Mapping[str, Mapping[str, Any]]:
    """Parameters of an agent's tool by name, as it declared them; of a form that nobody here can read, none."""
    if isinstance(schema, list):
        return {str(one["name"]): one for one in schema if isinstance(one, dict) and "name" in one}
    if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
        required = schema.get("required") or ()
        return {
            name: {"type": one.get("type", ""), "required": name in required}
            for name, one in schema["properties"].items()
            if isinstance(one, dict)
        }
    return {}


def _typed(value: Json) -> str:
    """A value as it stands in a field: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _bounds(contract: Contract, action: Action | None) -> tuple[str, ...]:
    """What of the contract holds for whatever a person makes of it, in words."""
    if action is None:
        return ()
    found = [f"The contract's rule: {rule}" for rule in contract.rules if action.name in (*rule.first, *rule.then)]
    denied = [kind.replace("_", " ") for kind, verdict in contract.content.items() if verdict == "deny"]
    if denied:
        found.append(f"No {' and no '.join(denied)}: the contract denies that to everybody")
    found += [f"The budget '{budget}'" for budget in (*action.budget, *contract.budgets)]
    return tuple(found)


def final_among(desk: Desk, items: Sequence[str]) -> tuple[str, ...]:
    """The actions of some items that cannot be taken back."""
    rows = select(desk.ledger, f"{SELECT} where i.id = any(%s) and i.slice = %s", list(items), desk.slice)
    known = desk.held_to().actions
    return tuple(
        row["action_name"]
        for row in rows
        if row["action_name"] in known and known[row["action_name"]].effect is Effect.IRREVERSIBLE
    )
