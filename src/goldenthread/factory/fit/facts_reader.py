"""The block `work` of a file of facts, read with line and column."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from goldenthread.factory.fit.facts import CHOICES, FACTS, FLAGS, NUMBERS, WorkFacts
from goldenthread.promise.contract.parts import Part, choice, truth
from goldenthread.promise.errors import LineInvalid

_NUMBER = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)(?: +(.+))?")


def read_work(top: Part, key: str = "work") -> WorkFacts:
    """The facts under a key; what is left out is unknown, what is wrong stands in the report."""
    part = top.part(key, FACTS, f"{key}: {{rules_written: some, steps: one}}")
    if part is None:
        return WorkFacts()
    found: dict[str, Any] = {name: _value(part, name) for name in FACTS if name in part.entries}
    return WorkFacts(**found)


def _value(part: Part, name: str) -> str | bool | Decimal | None:
    if name in CHOICES:
        return choice(part, name, CHOICES[name])
    return truth(part, name) if name in FLAGS else part.line(name, lambda text: parse_number(name, text))


def parse_number(name: str, text: str) -> Decimal:
    """`3`, `3 systems`: a fact that is a number; raises LineInvalid, which says what to write."""
    found = _NUMBER.fullmatch(text)
    unit = NUMBERS[name]
    if found is None or found[2] not in (None, unit):
        raise LineInvalid(f"'{text}' is no number of {unit}; write e.g. '{name}: 3 {unit}'.")
    return Decimal(found[1])
