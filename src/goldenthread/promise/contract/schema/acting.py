"""The parts of a contract that say what the agent may do, as a JSON Schema."""

from __future__ import annotations

from goldenthread.promise.contract.acting import LINKS_IN
from goldenthread.promise.contract.acting_lines import NOTHING
from goldenthread.promise.contract.acting_reader import CONTENT, DECISION_KEYS
from goldenthread.promise.contract.action_reader import ACTION_KEYS, TOOL_NAME
from goldenthread.promise.contract.call_reader import MOST_TRIES
from goldenthread.promise.contract.cost_reader import COST_KEYS
from goldenthread.promise.contract.pieces import ARGUMENT_NAME, PRINCIPAL_NAME
from goldenthread.promise.contract.schema import lines
from goldenthread.promise.contract.schema.pieces import S
from goldenthread.promise.contract.schema.shapes import Schema, block, choice, form, named, one_or_many, ref, whole
from goldenthread.promise.values import Effect, Json, Level

_ARGUMENT = f"^{S}{ARGUMENT_NAME.pattern}{S}$"
_WITHOUT_PARTS = ("text", "number", "whole number", "yes or no")


def actions() -> Schema:
    """The actions by name."""
    return named("What the agent can do, by the name of the tool.", ARGUMENT_NAME.pattern, _action())


def _action() -> Schema:
    values = {**_effects(), **_arguments(), **_bounds()}
    return block(
        "One action.",
        ACTION_KEYS,
        values,
        required=["effect"],
        dependentRequired={"untrusted": ["decides"]},
        allOf=[_silent_read(), _tried_once(), _no_parts(), _nothing_given()],
    )


def _effects() -> dict[str, Schema]:
    return {
        "effect": choice("What it does to the world.", (effect.value for effect in Effect)),
        "egress": {"type": "boolean", "description": "Whether it sends data out, and so counts as an effect."},
        "undo": form("The tool that takes it back.", f"^{S}{TOOL_NAME.pattern}{S}$", "withdraw_package"),
        "key": form("The argument by which the tool knows a repetition.", _ARGUMENT, "request"),
        "within": {"description": "The longest time that a call may take, a day at most.", **ref("time")},
        "tries": whole("How often to call at most.", 1, MOST_TRIES, 2),
        "costs": {"description": "What one call costs.", **ref("price")},
    }


def _arguments() -> dict[str, Schema]:
    links = "".join(rf"{word}\s+" for word in LINKS_IN.split())
    argument = form("An argument, or the links in it.", rf"^{S}(?:{links})?{ARGUMENT_NAME.pattern}{S}$", "recipient")
    path: Schema = {**form("Where in the output it stands.", lines.PATH, "contacts.address"), "type": _PLAIN}
    deciding = "The arguments that decide where the effect goes."
    return {
        "takes": {"description": "Its arguments with their types; ? where one may be left out.", **ref("fields")},
        "gives": choice("The type of its output.", lines.OUTPUTS),
        "decides": {**one_or_many(argument, unique=True), "description": deciding},
        "untrusted": choice("What follows if a deciding value comes from no trusted source.", ("ask", "deny")),
        "trust": {
            "description": "Which part of its output is a trusted source: all, nothing or paths.",
            "anyOf": [{"enum": ["all", "nothing"]}, path, {**_list_of(path), "uniqueItems": True}],
        },
    }


_PLAIN: Json = ["string", "integer", "number", "boolean"]  # to YAML a path may look like a number


def _list_of(path: Schema) -> Schema:
    null: Json = {"type": "null"}  # and in a list like nothing
    return {"type": "array", "minItems": 1, "items": {"anyOf": [path, null]}}


def _bounds() -> dict[str, Schema]:
    limit = form("What its arguments are held to.", lines.LIMIT, "licence in allowed_licences", "amount <= 50 EUR")
    alone = (Level.CONSTRAINED.value, Level.EXPANDED.value)
    by_level = block("Limits by level.", alone, {name: one_or_many(limit) for name in alone})
    budget = form("How much of it there may be.", lines.ACTION_BUDGET, "20 calls per day", "500 EUR of amount per day")
    return {
        "limit": {
            "description": "Conditions on its arguments.",
            "anyOf": [*_alternatives(one_or_many(limit)), by_level],
        },
        "budget": one_or_many(budget, unique=True),
    }


def _alternatives(schema: Schema) -> list[Json]:
    found = schema["anyOf"]
    assert isinstance(found, list)
    return found


# --- what no key says alone -----------------------------------------------------------------------


def _silent_read() -> Json:
    """A read that sends nothing out needs no leave, so nothing bounds it."""
    sends: Json = {"properties": {"egress": {"const": True}}, "required": ["egress"]}
    reads: Json = {"properties": {"effect": {"const": "read"}}, "required": ["effect"]}
    empty: Json = {"type": "object", "maxProperties": 0}
    return {
        "if": {"allOf": [reads, {"not": sends}]},
        "then": {"properties": {"decides": False, "budget": False, "limit": empty}},
    }


def _tried_once() -> Json:
    """Only where an error leaves no doubt is a second try made."""
    acts: Json = {"enum": [Effect.REVERSIBLE.value, Effect.IRREVERSIBLE.value]}
    again: Json = {"properties": {"effect": acts, "tries": {"minimum": 2}}, "required": ["effect", "tries"]}
    return {"if": again, "then": {"required": ["key"]}}


def _no_parts() -> Json:
    """An output without parts is trusted whole or not at all."""
    plain: Json = {"properties": {"gives": {"enum": list(_WITHOUT_PARTS)}}, "required": ["gives"]}
    return {"if": plain, "then": {"properties": {"trust": {"enum": ["all", "nothing"]}}}}


def _nothing_given() -> Json:
    none: Json = {"properties": {"gives": {"const": NOTHING}}, "required": ["gives"]}
    return {"if": none, "then": {"properties": {"trust": {"enum": ["nothing"]}}}}


# --- the whole agent ------------------------------------------------------------------------------


def budgets() -> Schema:
    """What all actions and model calls use together."""
    return one_or_many(
        form("What the agent uses at most.", lines.BUDGET, "5 EUR per run", "200000 tokens per run"), unique=True
    )


def rules() -> Schema:
    """What must not follow what."""
    examples = ("after read_customer, never send_message", "two people for add_payee and send_money")
    return one_or_many(form("What must not follow what in one run.", lines.RULE, *examples), unique=True)


def content() -> Schema:
    """What is looked for in arguments and outputs."""
    values = {kind: choice(f"What follows on {kind.replace('_', ' ')}.", answers) for kind, answers in CONTENT.items()}
    return block("What becomes of an action with such content.", tuple(CONTENT), values)


def decisions() -> Schema:
    """The steps at which the agent decides something."""
    values: dict[str, Schema] = {
        "takes": {"description": "What goes in.", **ref("fields")},
        "gives": {"description": "What comes out.", "minProperties": 1, **ref("fields")},
        "within": {"description": "How long it may take, a day at most.", **ref("time")},
        "tries": whole("How often to try.", 1, MOST_TRIES, 2),
        "otherwise": choice("What happens if it cannot be decided.", ("fail", "escalate")),
    }
    one = block("One decision.", DECISION_KEYS, values, required=["gives"])
    return named("What the agent decides, by name.", ARGUMENT_NAME.pattern, one)


def costs() -> Schema:
    """What makes up the cost of a case, beside models."""
    hourly = form("What an hour costs.", lines.HOURLY_LINE, "54 EUR/h")
    rates = named("What an hour costs, by a person's name or role.", PRINCIPAL_NAME.pattern, hourly)
    values: dict[str, Schema] = {
        "people": {"description": "What an hour of a person costs.", "anyOf": [hourly, rates]},
        "review": {"description": "What a review takes where it was not measured, 8 h at most.", **ref("time")},
        "longest": {"description": "How much of a review counts at most, 8 h at most.", **ref("time")},
        "tools": {"description": "What a call of an action costs that states no costs.", **ref("price")},
        "models": choice("That the agent calls no model that costs anything.", ("none",)),
    }
    needed: Json = {"review": ["people"], "longest": ["people"]}
    return block("What a case costs.", COST_KEYS, values, dependentRequired=needed)
