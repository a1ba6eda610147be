"""What tools and decisions share: typed arguments, the longest time, how often to try."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.acting import Field
from goldenthread.promise.contract.cursor import unknown_words, whole
from goldenthread.promise.contract.named_lists import plain_name
from goldenthread.promise.contract.one_line import Quantity
from goldenthread.promise.contract.parts import Part, named, whole_number
from goldenthread.promise.contract.pieces import ARGUMENT_NAME, take_time
from goldenthread.promise.contract.quantities import seconds

LONGEST_S = Decimal(86400)
"""Seconds; a call that may take longer than a day is work for a queue."""
MOST_TRIES = 10


def read_fields(part: Part, key: str) -> dict[str, Field] | None:
    """The types of arguments by name; None where the key is missing or one of them does not read."""
    block = part.part(key, None, f"{key}: {{amount: number, note: text?}}")
    if block is None:
        return None
    found = {
        name: block.line(name, grammar.parse_field) for name in block.entries if plain_name(block, name, "argument")
    }
    fields = {name: field for name, field in found.items() if field is not None}
    return fields if len(fields) == len(block.entries) else None


def argument_at(part: Part, key: str, takes: Collection[str] | None, example: str) -> str | None:
    """The one argument that a key names."""
    node = part.node(key)
    if node is None:
        return None
    name = named(node, part.at(key), part.report, ARGUMENT_NAME, "argument's name", example)
    if name is not None and takes is not None and name not in takes:
        part.complain(key, unknown_words(name, takes, "argument"))
    return name


def read_within(part: Part) -> Quantity | None:
    """The longest time."""
    within = part.line("within", lambda text: whole(text, lambda line: take_time(line, "time", "5 s")))
    if within is not None and seconds(within) > LONGEST_S:
        part.complain("within", f"'{within}' is longer than a day, too long to wait for; write e.g. '5 s'.")
    return within


def read_tries(part: Part) -> int:
    """How often to call at most; 1 where nothing is said."""
    return whole_number(part, "tries", "2", least=1, most=MOST_TRIES) or 1
