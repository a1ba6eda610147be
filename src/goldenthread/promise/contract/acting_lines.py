"""The one-line forms of acting: budgets, what must not follow what, types of arguments, paths of an output."""

from __future__ import annotations

import re
from collections.abc import Collection

from goldenthread.promise.contract.acting import Budget, Field, SequenceRule
from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.contract.cursor import WORD, Line, nearest_of, short
from goldenthread.promise.contract.pieces import take_known, take_number, unit_meant
from goldenthread.promise.values import Verdict

TYPES = ("text", "number", "whole number", "yes or no", "list", "object")
"""What an argument or an output can be; 'number' and 'whole number' are JSON numbers."""

NOTHING = "nothing"
"""The type of an output that there is none of."""


# --- budgets --------------------------------------------------------------------------------------


_SPANS = ("run", "day", "slice")


def take_budget(line: Line, arguments: Collection[str] | None = None) -> Budget:
    """An amount, of what, and in which span; `arguments` are those that may be summed, None for any."""
    line.skip()
    start = line.at
    amount = take_number(line, "budget", "20 calls per day")
    unit = _budget_unit(line)
    if amount <= 0 or (unit in _COUNTED and amount != int(amount)):
        line.at = start
        of_what = f"whole number of {unit} above zero" if unit in _COUNTED else "amount above zero"
        raise line.fail(f"'{amount:f}' is no {of_what}; write another, or remove the line.")
    of = _summed(line, unit, arguments)
    return Budget(amount=amount, unit=unit, of=of, per=_span(line))


_COUNTED = ("calls", "tokens")


def _budget_unit(line: Line) -> str:
    counted = line.take(re.compile(r"(call|token)s?(?![A-Za-z0-9_])"))
    if counted:
        return f"{counted.group(1)}s"
    money = line.peek(re.compile(r"([A-Z]{3})(?![A-Za-z0-9_])"))
    if money and money.group(1) in CURRENCIES:
        line.at = money.end()
        return money.group(1)
    word = line.next_word()
    if word == "of":
        return ""
    if word in ("", "per"):
        raise line.fail("the budget does not say of what; write e.g. '20 calls per day' or '5 EUR per run'.")
    raise line.fail(_unit_words(word))


def _unit_words(word: str) -> str:
    meant = unit_meant(word) or nearest_of(word, _COUNTED)
    if meant is None and re.fullmatch(r"[A-Za-z]{3}", word):
        return f"'{word}' is no ISO 4217 code; write e.g. '{word.upper() if word.upper() in CURRENCIES else 'EUR'}'."
    hint = f"write '{meant}'." if meant else "write calls, tokens, money like EUR, or the argument, e.g. 'of amount'."
    return f"'{short(word)}' is nothing that a budget counts; {hint}"


def _summed(line: Line, unit: str, arguments: Collection[str] | None) -> str | None:
    start = line.at
    if not line.take_words("of"):
        return None
    if unit in _COUNTED:
        line.at = start
        raise line.fail(f"{unit} are counted and not summed; write e.g. '20 {unit} per day'.")
    return take_known(line, arguments, "argument", "of amount")


def _span(line: Line) -> str:
    if not line.take_words("per"):
        raise line.fail_as("span", "per day")
    word = line.next_word()
    if word not in _SPANS:
        if not word:
            raise line.fail("the span is missing; write 'per run', 'per day' or 'per slice'.")
        raise line.fail(f"'{short(word)}' is no span of a budget; write 'per run', 'per day' or 'per slice'.")
    line.take(WORD)
    return word


# --- rules ----------------------------------------------------------------------------------------


_RULE = "after read_customer, never send_message"


def take_rule(line: Line, actions: Collection[str] | None = None) -> SequenceRule:
    """What must not follow what, or two people for two actions; `actions` are those that there are, None for any."""
    if line.take_words("two people for"):
        return _two_people(line, actions)
    if not line.take_words("after"):
        raise line.fail_as("rule", _RULE)
    first = _names(line, actions, _RULE)
    if not line.take(re.compile(",")):
        found = f"'{short(line.chunk())}' is no comma" if line.chunk() else "what follows is missing"
        raise line.fail(f"{found}; write e.g. '{_RULE}', in brackets inside quotes.")
    verdict = Verdict.DENY if line.take_words("never") else Verdict.ASK
    line.skip()
    start = line.at
    then = _names(line, actions, "never send_message")
    both = next((name for name in then if name in first), None)
    if both is not None:
        line.at = start
        raise line.fail(f"'{both}' stands on both sides; write e.g. 'budget: 1 call per run' at the action itself.")
    if verdict is Verdict.ASK and not line.take_words("only with a person"):
        raise line.fail_as("end of a rule", "only with a person")
    return SequenceRule(first=first, then=then, verdict=verdict)


def _two_people(line: Line, actions: Collection[str] | None) -> SequenceRule:
    example = "two people for add_payee and send_money"
    one = take_known(line, actions, "action", example)
    if not line.take_words("and"):
        raise line.fail_as("second action", f"two people for {one} and send_money")
    line.skip()
    start = line.at
    other = take_known(line, actions, "action", example)
    if one == other:
        line.at = start
        raise line.fail(f"'{other}' stands here twice; name two actions, e.g. '{example}'.")
    return SequenceRule(first=(one,), then=(other,), verdict=None)


def _names(line: Line, actions: Collection[str] | None, example: str) -> tuple[str, ...]:
    """Actions joined by `or`, each once."""
    found = [take_known(line, actions, "action", example)]
    while line.take_words("or"):
        line.skip()
        start = line.at
        name = take_known(line, actions, "action", "or send_message")
        if name in found:
            line.at = start
            raise line.fail(f"'{name}' stands here twice; name it once.")
        found.append(name)
    return tuple(found)


# --- types and paths ------------------------------------------------------------------------------


_MEANT_TYPES = {
    "string": "text", "str": "text", "date": "text", "float": "number", "decimal": "number", "int": "whole number",
    "integer": "whole number", "bool": "yes or no", "boolean": "yes or no", "array": "list", "dict": "object",
    "map": "object", "none": NOTHING, "null": NOTHING, "void": NOTHING,
}  # fmt: skip


def take_field(line: Line) -> Field:
    """A type; with `?` behind it, the argument may be left out."""
    name = _take_type(line, TYPES)
    return Field(type=name, optional=bool(line.take(re.compile(r"\?"))))


def take_output(line: Line) -> str:
    """A type, or `nothing`."""
    name = _take_type(line, (*TYPES, NOTHING))
    if line.peek(re.compile(r"\?")):
        raise line.fail("an output is there or it is not; remove '?', or the line where it differs.")
    return name


def _take_type(line: Line, known: tuple[str, ...]) -> str:
    found = line.peek(re.compile(r"[^\s?,]+(?: +[^\s?,]+)*"))
    name = " ".join(found.group().split()) if found else ""
    if found is None or name not in known:
        if not line.chunk():
            raise line.fail(f"the type is missing; write one of {', '.join(known)}.")
        near = nearest_of(name.lower(), (*known, *_MEANT_TYPES)) or ""
        meant = _MEANT_TYPES.get(near, near)
        hint = f"write '{meant}'." if meant in known else f"write one of {', '.join(known)}."
        raise line.fail(f"'{short(line.chunk())}' is no type; {hint}")
    line.at = found.end()
    return name


_PATH = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


def take_path(line: Line) -> str:
    """Names joined by dots; whoever follows it walks through every element of a list."""
    word = line.next_word()
    found = line.peek(_PATH)
    if not found or found.group() != word:
        plain = ".".join(re.findall(r"[A-Za-z_-][A-Za-z0-9_-]*", word)) or "contacts.address"
        if not word:
            raise line.fail_as("path", "contacts.address")
        raise line.fail(f"'{short(word)}' is no path of an output; write names and dots, e.g. '{short(plain)}'.")
    line.at = found.end()
    return found.group()
