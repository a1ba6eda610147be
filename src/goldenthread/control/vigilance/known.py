"""Known cases: questions whose right answer is on record before anybody is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from goldenthread.promise.contract import Action
from goldenthread.promise.errors import ChecksInvalid
from goldenthread.promise.values import Json, canonical

LONGEST_VALUE = 60
"""Characters; a longer text is prose, and another prose may be just as right."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """
    One known case.

    Attributes:
        case: As it is shown.
        given: What the case says, as it is shown.
        action: What is proposed.
        arguments: With which arguments.
        right: What somebody who looks answers; 'reject' also covers an edit that mends what is wrong.
        wrong: The arguments that make it wrong; empty where it is wrong as a whole, and no edit mends it.
        because: Why, for whoever answered.
    """

    case: str
    given: Mapping[str, Json]
    action: str
    arguments: Mapping[str, Json]
    right: Literal["approve", "reject"]
    wrong: tuple[str, ...] = ()
    because: str = ""

    def record(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "case": self.case,
            "given": dict(self.given),
            "action": self.action,
            "arguments": dict(self.arguments),
            "right": self.right,
            "wrong": list(self.wrong),
            "because": self.because,
        }

    @classmethod
    def of_record(cls, data: Mapping[str, Any]) -> Known:
        """What `record` wrote."""
        return cls(**{**data, "wrong": tuple(data["wrong"])})

    def caught(self, answer: str, arguments: Mapping[str, Json] | None) -> bool | None:
        """Whether an answer shows that somebody looked; None where the case was fine."""
        if self.right == "approve":
            return None
        if answer == "edit" and arguments is not None:
            return bool(self.wrong) and all(not _same(arguments.get(name), self.arguments[name]) for name in self.wrong)
        return answer == "reject"


@dataclass(frozen=True, kw_only=True)
class Past:
    """A case that people decided before, as far as a check can be made of it."""

    case: str
    given: Mapping[str, Json]
    action: str
    arguments: Mapping[str, Json] = field(default_factory=dict)


def as_it_was(past: Past) -> Known:
    """The past case with what people decided: it is right."""
    return Known(
        case=past.case,
        given=past.given,
        action=past.action,
        arguments=past.arguments,
        right="approve",
        because="people decided exactly so before",
    )


def altered(past: Past, others: Sequence[Past], declared: Action | None) -> Known | None:
    """
    The past case with one argument as it was right in another case: what people decided here says otherwise.

    An argument that the contract names in a limit or as deciding comes first; the idempotency key and prose are left
    alone. None where no other case has another value.

    Args:
        past: The case.
        others: Cases to take a value from; the first that fits.
        declared: The action, as the contract declares it.
    """
    for name in _by_weight(past.arguments, declared):
        value = past.arguments[name]
        for other in others:
            found = other.arguments.get(name)
            if other.action != past.action or type(found) is not type(value) or _same(found, value) or _prose(found):
                continue
            return Known(
                case=past.case,
                given=past.given,
                action=past.action,
                arguments={**past.arguments, name: found},
                right="reject",
                wrong=(name,),
                because=f"people decided {name} = {_shown(value)} here, and it said {_shown(found)}",
            )
    return None


def read_known(lines: Sequence[str], place: str) -> list[Known]:
    """
    Known cases as an expert writes them: one JSON object a line, blank lines left out.

    `{"case": ..., "given": {...}, "action": ..., "arguments": {...}, "right": "reject", "because": ...}`, with
    `"wrong": [ARGUMENT]` where an edit of these mends it.

    Raises:
        ChecksInvalid: Which line, and what is wrong with it.
    """
    import json

    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except ValueError as error:
            raise _invalid(place, number, f"it is no JSON ({error})") from None
        found.append(_known(data, place, number))
    if not found:
        raise ChecksInvalid(f"{place} holds no known case. Write one JSON object a line, {_EXAMPLE}")
    return found


_EXAMPLE = (
    'e.g. {"case": "R-17", "given": {"order": "R-17"}, "action": "pay", "arguments": {"order": "R-17", "amount": 900}, '
    '"right": "reject", "wrong": ["amount"], "because": "the order was for 90"}.'
)

_TYPES: Mapping[str, tuple[type, str]] = {
    "case": (str, "a text"),
    "given": (dict, "an object"),
    "action": (str, "a text"),
    "arguments": (dict, "an object"),
    "right": (str, "'approve' or 'reject'"),
    "wrong": (list, "a list of arguments"),
    "because": (str, "a text"),
}


def _known(data: Json, place: str, number: int) -> Known:
    if not isinstance(data, dict):
        raise _invalid(place, number, "it is no object")
    for name, value in data.items():
        if name not in _TYPES:
            raise _invalid(place, number, f"'{name}' is no key here; keys are {', '.join(_TYPES)}")
        if not isinstance(value, _TYPES[name][0]):
            raise _invalid(place, number, f"'{name}' is not {_TYPES[name][1]}")
    missing = [name for name in ("case", "action", "arguments", "right", "because") if not data.get(name)]
    if missing:
        raise _invalid(place, number, f"'{missing[0]}' is missing or empty")
    if data["right"] not in ("approve", "reject"):
        raise _invalid(place, number, f"'right' is '{data['right']}' and must be 'approve' or 'reject'")
    known = Known.of_record({"given": {}, "wrong": [], **data})
    unknown = [name for name in known.wrong if name not in known.arguments]
    if unknown:
        raise _invalid(place, number, f"'wrong' names '{unknown[0]}', which is none of its arguments")
    if known.wrong and known.right == "approve":
        raise _invalid(place, number, "it is right to approve, so nothing of it is wrong")
    return known


def _invalid(place: str, number: int, why: str) -> ChecksInvalid:
    return ChecksInvalid(f"{place}, line {number}: {why}. Write {_EXAMPLE}")


def _by_weight(arguments: Mapping[str, Json], declared: Action | None) -> list[str]:
    """Names of arguments that may be altered, those that matter most first."""
    key = declared.key if declared is not None else None
    limits = (limit.argument for each in (declared.limits.values() if declared else ()) for limit in each)
    heavy = {*limits, *(declared.decides if declared is not None else ())}
    names = [name for name, value in arguments.items() if name != key and not _prose(value)]
    return sorted(names, key=lambda name: name not in heavy)


def _prose(value: Json) -> bool:
    return isinstance(value, (dict, list)) or value is None or (isinstance(value, str) and len(value) > LONGEST_VALUE)


def _same(one: Json, other: Json) -> bool:
    return canonical(one) == canonical(other)


def _shown(value: Json) -> str:
    return f"'{value}'" if isinstance(value, str) else canonical(value).decode()
