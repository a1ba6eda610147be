"""The actions of a contract: what each does, what limits it, and the contract of its tool."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.acting import LINKS_IN, Action, Budget, Field, Limit
from goldenthread.promise.contract.acting_lines import NOTHING
from goldenthread.promise.contract.autonomy_reader import level_of
from goldenthread.promise.contract.call_reader import argument_at, read_fields, read_tries, read_within
from goldenthread.promise.contract.cost_reader import read_price
from goldenthread.promise.contract.items import item_at, named_all, once
from goldenthread.promise.contract.named_lists import plain_name
from goldenthread.promise.contract.parts import Part, choice, named, read_part, truth
from goldenthread.promise.contract.pieces import ARGUMENT_NAME
from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.contract.tree import Scalar
from goldenthread.promise.values import Effect, Level, Verdict

ACTION_KEYS = (
    "effect", "egress", "undo", "takes", "gives", "decides", "untrusted", "trust", "limit", "budget", "key", "within",
    "tries", "costs",
)  # fmt: skip


TOOL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def read_actions(part: Part | None, lists: Mapping[str, tuple[str, ...]]) -> dict[str, Action]:
    """The actions by name, from the block `actions`."""
    if part is None:
        return {}
    named = [name for name in part.entries if plain_name(part, name, "action")]
    found = {name: _action(part, name, lists) for name in named}
    return {name: action for name, action in found.items() if action is not None}


def _action(part: Part, name: str, lists: Mapping[str, tuple[str, ...]]) -> Action | None:
    block = part.part(name, ACTION_KEYS, f"{name}: {{effect: read}}")
    if block is None:
        return None
    block.require("effect", "reversible")
    effect = choice(block, "effect", [effect.value for effect in Effect])
    undo = _name_at(block, "undo", TOOL_NAME, "tool's name", "withdraw_package")
    if undo == name:
        block.complain("undo", f"'{name}' cannot undo itself; write the tool that takes it back.")
    takes = read_fields(block, "takes")
    gives = block.line("gives", grammar.parse_output)
    egress = truth(block, "egress") or False
    action = Action(
        name=name,
        effect=Effect(effect or "irreversible"),
        egress=egress,
        undo=undo,
        limits=_limits(block, lists, takes),
        key=_key(block, takes),
        decides=_decides(block, takes),
        untrusted=_untrusted(block),
        trust=_trust(block, gives),
        budget=_budget(block, takes),
        takes=takes,
        gives=gives,
        within=read_within(block),
        tries=read_tries(block),
        costs=read_price(block),
    )
    if effect is not None:
        _check_whole(block, action)
    return action


def _check_whole(block: Part, action: Action) -> None:
    """What no key says alone."""
    if action.effect is Effect.READ and not action.egress and "egress" not in block.reported:
        silent = (
            ("decides", action.decides, "goes nowhere"),
            ("limit", action.limits, "needs no leave, so nothing would be held to it"),
            ("budget", action.budget, "needs no leave, so nobody would count it"),
        )
        for key, said, why in silent:
            if said:
                block.complain(key, f"a read that sends nothing out {why}; remove the line, or write 'egress: true'.")
    if action.tries > 1 and action.effect is not Effect.READ and "key" not in block.entries:
        words = (
            "after an error nobody knows whether it has happened, and a second try could do it twice; write 'key' with "
            "the argument by which the tool knows it again, or remove the line."
        )
        block.complain("tries", words)


def _name_at(part: Part, key: str, pattern: re.Pattern[str], what: str, example: str) -> str | None:
    node = part.node(key)
    return None if node is None else named(node, part.at(key), part.report, pattern, what, example)


# --- limits and budgets -----------------------------------------------------------------------------


def _limits(
    block: Part, lists: Mapping[str, tuple[str, ...]], takes: Mapping[str, Field] | None
) -> dict[Level | None, tuple[Limit, ...]]:
    node = block.node("limit")
    if node is None:
        return {}
    if not isinstance(node, Block):
        return {None: _limit_lines(block, "limit", lists, takes)}
    levels = read_part(node, block.at("limit"), block.report, None)
    found: dict[Level | None, tuple[Limit, ...]] = {}
    for name in levels.entries:
        level = level_of(levels, name)
        limits = _limit_lines(levels, name, lists, takes)
        if level is not None and level < Level.CONSTRAINED:
            words = f"at {level} nothing happens without a person; write the limit for constrained or expanded."
            levels.report.add(levels.entries[name][0].mark, levels.at(name), words)
        elif level is not None:
            found[level] = limits
    return found


def _limit_lines(
    part: Part, key: str, lists: Mapping[str, tuple[str, ...]], takes: Mapping[str, Field] | None
) -> tuple[Limit, ...]:
    lines = part.lines(key, lambda text: grammar.parse_limit(text, arguments=takes))
    limits = tuple(limit for line in lines for limit in line)
    for limit in limits:
        belongs = limit.operator in ("in", "not in")
        if belongs and limit.right not in lists:
            part.complain(key, _no_list_words(limit.right, lists))
        elif takes is not None:
            _check_limited(part, key, limit, takes[limit.argument].type, belongs=belongs)
    return limits


def _check_limited(part: Part, key: str, limit: Limit, kind: str, *, belongs: bool) -> None:
    """Whether a value of this type could ever keep the limit."""
    if belongs and kind != "text":
        part.complain(key, f"'{limit.argument}' is {_a_type(kind)}, and lists hold texts; write 'text' under 'takes'.")
    elif not belongs and kind not in _COUNTABLE:
        words = f"'{limit.argument}' is {_a_type(kind)} and never '{limit.operator}' a number; limit another argument."
        part.complain(key, words)


_COUNTABLE = ("number", "whole number", "text")  # a text may be a plain number, as money often is


def _a_type(kind: str) -> str:
    return {"yes or no": "yes or no", "object": "an object"}.get(kind, f"a {kind}")


def _no_list_words(name: str, lists: Collection[str]) -> str:
    nearest = difflib.get_close_matches(name, lists, n=1, cutoff=0.6)
    if nearest:
        return f"there is no list '{name}'; did you mean '{nearest[0]}'?"
    return f"there is no list '{name}'; write it under 'lists', e.g. '{name}: [MIT]'."


def _budget(block: Part, takes: Mapping[str, Field] | None) -> tuple[Budget, ...]:
    found = block.lines("budget", lambda text: grammar.parse_budget(text, arguments=takes))
    for number, budget in enumerate(found, start=1):
        words = _misplaced(budget, takes)
        if words is not None:
            block.complain("budget", words, item_at(block, "budget", number, len(found)))
    once(block, "budget", found, lambda budget: (budget.unit, budget.of, budget.per))
    return found


def _misplaced(budget: Budget, takes: Mapping[str, Field] | None) -> str | None:
    if budget.of is None and budget.unit != "calls":
        return f"'{budget}' is used up by the whole agent; write it under 'budgets', beside 'actions'."
    kind = takes[budget.of].type if takes is not None and budget.of is not None else "number"
    if kind not in _COUNTABLE:
        return f"'{budget.of}' is {_a_type(kind)} and cannot be summed; name a number."
    return None


# --- arguments and outputs --------------------------------------------------------------------------


def _key(block: Part, takes: Mapping[str, Field] | None) -> str | None:
    key = argument_at(block, "key", takes, "request")
    if key is not None and takes is not None and key in takes and takes[key].optional:
        words = f"'{key}' may be left out, and then nobody knows a repetition; write '{key}: {takes[key].type}' there."
        block.complain("key", words)
    return key


def _decides(block: Part, takes: Mapping[str, Field] | None) -> tuple[str, ...]:
    known = (
        None
        if takes is None
        else {*takes, *(f"{LINKS_IN}{name}" for name, field in takes.items() if field.type in _WORDED)}
    )
    return named_all(block, "decides", _DECIDING, "argument's name", "recipient", known)


_WORDED = ("text", "list", "object")
_DECIDING = re.compile(f"(?:{LINKS_IN})?{ARGUMENT_NAME.pattern}")


def _untrusted(block: Part) -> Verdict:
    said = choice(block, "untrusted", ("ask", "deny"), "verdict on a value from elsewhere")
    if "untrusted" in block.entries and "decides" not in block.entries:
        words = (
            "says what becomes of arguments that 'decides' names, and there are none; write e.g. 'decides: recipient'."
        )
        block.complain("untrusted", words)
    return Verdict(said) if said else Verdict.ASK


def _trust(block: Part, gives: str | None) -> tuple[str, ...] | None:
    node = block.node("trust")
    if isinstance(node, Scalar) and node.text in ("all", "nothing"):
        if gives == NOTHING and node.text == "all":
            block.complain("trust", "the action gives nothing that could be trusted; remove the line.")
        return None if node.text == "all" else ()
    paths = block.lines("trust", grammar.parse_path)
    if any(path in ("all", "nothing") for path in paths):
        block.complain("trust", "'all' and 'nothing' stand alone; write e.g. 'trust: all'.")
    elif paths and gives not in (None, "list", "object"):
        what = "gives nothing" if gives == NOTHING else f"gives {_a_type(gives or '')}"
        block.complain("trust", f"the action {what}, which has no parts; write 'trust: all' or remove the line.")
    once(block, "trust", paths, lambda path: path)
    return paths
