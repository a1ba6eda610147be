"""
What a contract says of how tools and decisions are called, held against what is called and what comes back.

Pure: no I/O, no clock. A number is a number by its value, as in JSON: 3.0 and 3 are the same whole number, and a yes
or no is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from goldenthread.control.guard.annotations import kinds_of
from goldenthread.control.guard.situation import Arguments
from goldenthread.promise.contract import Action, Contract, DecisionContract, Field
from goldenthread.promise.errors import NotCanonical
from goldenthread.promise.values import Json, canonical

Shape = Callable[[Arguments], str | None]
"""What is wrong with named values, in words; None where they fit."""

NOTHING = "nothing"


def argument_problem(action: Action, arguments: Arguments) -> str | None:
    """What of an action's arguments breaks its `takes`, in words that hold no value; None where nothing does."""
    shape = compile_takes(action)
    return shape(arguments) if shape is not None else None


def compile_takes(action: Action) -> Shape | None:
    """`argument_problem` with the contract's part of the work done; None where the contract does not say."""
    return _compile(action.takes) if action.takes is not None else None


def output_problem(action: Action, output: Any) -> str | None:
    """What of a tool's output breaks the action's `gives`; None where nothing does, or nothing is said."""
    if action.gives is None or (action.gives == NOTHING and output is None):
        return None
    if action.gives == NOTHING or not _FITS[action.gives](output):
        return f"it gave {_words(_kind_of(output))}, and the contract says {_words(action.gives)}"
    return _json_problem(output)


def input_problem(decision: DecisionContract, inputs: Mapping[str, Any]) -> str | None:
    """What of a decision's inputs breaks its `takes`; a decision that states none is not held to any."""
    return _compile(decision.takes)(inputs) if decision.takes else None


def answer_problem(decision: DecisionContract, output: Any) -> str | None:
    """What of a decision's output breaks its `gives`: an object with just these parts."""
    if not isinstance(output, Mapping):
        return f"it gave {_words(_kind_of(output))}, and the contract says an object with {', '.join(decision.gives)}"
    return _compile(decision.gives)(output) or _json_problem(dict(output))


def tool_problems(contract: Contract, tools: Mapping[str, Json]) -> tuple[str, ...]:
    """
    Where a contract and the tools registered under its actions can't both be right.

    A tool that is missing, or more than the contract names, is none here: see `missing_tools` and `extra_tools`.

    Args:
        contract: Its `takes`, and the arguments that its limits, budgets, `key` and `decides` name.
        tools: By action, the parameters as `fingerprint.tool_schema` writes them; other forms say nothing.

    Returns:
        One sentence each, without a full stop, in the order of the contract.
    """
    found: list[str] = []
    for name, action in contract.actions.items():
        parameters = _parameters(tools.get(name))
        if parameters is not None:
            found += _disagreements(action, parameters)
    return tuple(found)


def missing_tools(contract: Contract, tools: Mapping[str, Json]) -> tuple[str, ...]:
    """Actions of the contract that no tool carries out."""
    return tuple(name for name in contract.actions if name not in tools)


def extra_tools(contract: Contract, tools: Mapping[str, Json]) -> tuple[str, ...]:
    """Tools that the contract does not name, each call of which is denied; what undoes an action is named."""
    named = {*contract.actions, *(action.undo for action in contract.actions.values())}
    return tuple(name for name in tools if name not in named)


# --- values -------------------------------------------------------------------------------------------


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return math.isfinite(value) if isinstance(value, float) else _is_whole(value)


def _is_whole(value: object) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_yes_or_no(value: object) -> bool:
    return isinstance(value, bool)


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)


_FITS: Mapping[str, Callable[[object], bool]] = {
    "text": _is_text,
    "number": _is_number,
    "whole number": _is_whole,
    "yes or no": _is_yes_or_no,
    "list": _is_list,
    "object": _is_object,
}
_KINDS = ("yes or no", "whole number", "number", "text", "list", "object")  # the narrowest that fits comes first


def _kind_of(value: object) -> str:
    if value is None:
        return NOTHING
    return next((kind for kind in _KINDS if _FITS[kind](value)), f"{type(value).__name__} of Python")


def _words(kind: str) -> str:
    if kind in (NOTHING, "yes or no"):
        return kind
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"


def _json_problem(output: Any) -> str | None:
    try:
        canonical(output)
    except (NotCanonical, TypeError):
        return "it gave something that JSON cannot carry"
    return None


_MISSING: Any = object()


def _compile(fields: Mapping[str, Field]) -> Shape:
    checks = tuple((name, field, _FITS[field.type]) for name, field in fields.items())

    def problem(values: Arguments) -> str | None:
        given = 0
        for name, field, fits in checks:
            value = values.get(name, _MISSING)
            given += value is not _MISSING
            if not (fits(value) or (field.optional and (value is _MISSING or value is None))):
                return _misfit(name, field, value)
        return None if given == len(values) else _unexpected(fields, values)

    return problem


def _misfit(name: str, field: Field, value: object) -> str:
    if value is _MISSING:
        return f"'{name}' is missing, and the contract says {_words(field.type)}"
    return f"'{name}' is {_words(_kind_of(value))}, and the contract says {_words(field.type)}"


def _unexpected(fields: Mapping[str, Field], values: Mapping[str, Any]) -> str:
    more = next(name for name in values if name not in fields)
    return f"'{more}' is none of {', '.join(fields)}" if fields else f"'{more}' is given, and it takes nothing"


# --- tools --------------------------------------------------------------------------------------------


def _parameters(schema: Json | None) -> Mapping[str, Mapping[str, Any]] | None:
    """Parameters by name; None for a tool whose form nobody here can read."""
    if not isinstance(schema, list):
        return None
    named = [one for one in schema if isinstance(one, dict) and isinstance(one.get("name"), str)]
    return {str(one["name"]): one for one in named} if len(named) == len(schema) else None


def _disagreements(action: Action, parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    takes = action.takes
    if takes is None:
        yield from _unknown_names(action, parameters)
        return
    for name, field in takes.items():
        if name not in parameters:
            yield f"'{action.name}' takes '{name}' by the contract, and the tool has no such parameter"
        else:
            yield from _misfits(action.name, name, field, parameters[name])
    for name in parameters:
        if name not in takes:
            yield f"the tool of '{action.name}' has the parameter '{name}', and the contract does not name it"


def _unknown_names(action: Action, parameters: Mapping[str, Any]) -> Iterator[str]:
    """Arguments that the contract rests on: under another name in the tool, nothing would be held to them."""
    limited = [limit.argument for limits in action.limits.values() for limit in limits]
    summed = [budget.of for budget in action.budget if budget.of is not None]
    keys = [action.key] if action.key is not None else []
    for name in dict.fromkeys([*keys, *action.decides, *limited, *summed]):
        if name not in parameters:
            yield f"the contract names '{name}' of '{action.name}', and the tool has no such parameter"


def _misfits(action: str, name: str, field: Field, parameter: Mapping[str, Any]) -> Iterator[str]:
    written = str(parameter.get("type"))
    kinds = kinds_of(written)
    fits = kinds is None or field.type in kinds or (field.type == "whole number" and "number" in kinds)
    if not fits:
        shown = written.strip("'\"")
        yield f"'{name}' of '{action}' is {_words(field.type)} by the contract, and the tool says '{shown}'"
    if field.optional and parameter.get("required") is True:
        yield f"'{name}' of '{action}' may be left out by the contract, and the tool requires it"
