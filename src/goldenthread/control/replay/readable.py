"""Whether a record can be read at all: what its kind must say, in which form. Replay reads what anybody may change."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from goldenthread.control.incidents import CAUSES
from goldenthread.promise.values import LADDER
from goldenthread.record.ledger import Record

_Form = tuple[Callable[[Any], bool], str]
"""(whether a value has the form, the form in words)."""


def unreadable(record: Record) -> str | None:
    """What of a record cannot be read, in words; None where replay can follow it. A field left out counts as None."""
    data: object = record.data
    if not isinstance(data, Mapping):
        return f"its data are {_shown(data)}, not an object"
    return next(_problems(data, _FORMS.get(record.kind, {})), None)


def _problems(data: Mapping[str, Any], forms: Mapping[str, _Form]) -> Iterator[str]:
    for name, (fits, words) in forms.items():
        if not fits(data.get(name)):
            yield f"its {name} is {_shown(data.get(name))}, not {words}"


def _shown(value: object) -> str:
    """A value as short as a message needs it; Python refuses to write out whole numbers of thousands of digits."""
    if isinstance(value, Mapping | list):
        return "an object" if isinstance(value, Mapping) else "a list"
    return "a very large number" if isinstance(value, int) and abs(value) >= 2**63 else reprlib.repr(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _is_number(value: object) -> bool:
    """Also a yes or no, which ledgers from before values were checked may hold as 1 and 0."""
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**1023)


def _maps(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """None, or an object whose values all fit."""
    return lambda value: value is None or (isinstance(value, Mapping) and all(map(fits, value.values())))


def _is_observations(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(seen, Mapping)
        and _is_text(seen.get("metric"))
        and _is_text(seen.get("source"))
        and "value" in seen
        and (seen["value"] is None or _is_number(seen["value"]))
        for seen in value
    )


def _is_facts(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, Mapping):
        return False
    texts = [value.get("before", []), value.get("over", []), *_values(value.get("content", {}))]
    lists = all(isinstance(one, list) and all(map(_is_text, one)) for one in texts)
    return lists and all(map(_is_text, _values(value.get("untrusted", {}))))


def _values(value: object) -> list[object]:
    """The values of an object; something that no form fits, if it is none."""
    return list(value.values()) if isinstance(value, Mapping) else [None]


def _is_source(value: object) -> bool:
    return isinstance(value, Mapping) and _is_text(value.get("metric"))


def _is_decimal(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}(?:\.[0-9]{1,6})?", value) is not None


def _is_measured(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(one, Mapping)
        and all(_is_text(one.get(name)) for name in ("line", "due", "from", "to"))
        and _is_whole(one.get("cases"))
        and (one.get("value") is None or _is_decimal(one.get("value")))
        for one in value.values()
    )


def _is_work(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(one, Mapping)
        and all(_is_text(one.get(name)) for name in ("line", "unit"))
        and _is_decimal(one.get("value"))
        for one in value.values()
    )


_TEXT: _Form = (_is_text, "text")
_TEXT_OR_NONE: _Form = (lambda value: value is None or _is_text(value), "text or nothing")
_WHOLE: _Form = (_is_whole, "a whole number")
_WHOLE_OR_NONE: _Form = (lambda value: value is None or _is_whole(value), "a whole number or nothing")
_CAUSE: _Form = (lambda value: _is_text(value) and value in CAUSES, "a cause of incidents")
_FIGURES: _Form = (lambda value: isinstance(value, Mapping), "an object of figures")
_DECIMAL: _Form = (_is_decimal, "a number of at most six places, as text")
_FLAG: _Form = (lambda value: isinstance(value, bool), "true or false")
_LEVEL: _Form = (lambda value: _is_text(value) and value in {level.value for level in LADDER}, "a level of the ladder")
_LEVEL_OR_NONE: _Form = (lambda value: value is None or _LEVEL[0](value), "a level of the ladder or nothing")
_SOURCE: _Form = (lambda value: value in ("live", "replay"), "'live' or 'replay'")
_OF_RUN: dict[str, _Form] = {"run": _TEXT, "case": _TEXT, "fingerprint": _TEXT}
_BASELINES: _Form = (_maps(_is_number), "an object of numbers")

_FORMS: Mapping[str, Mapping[str, _Form]] = {
    "contract:version:commit": {"version": _WHOLE, "digest": _TEXT, "text": _TEXT},
    "contract:version:sign": {"version": _WHOLE, "role": _TEXT},
    "agent:fingerprint:declare": {"fingerprint": _TEXT, "agent": _TEXT},
    "release:sign": {"fingerprint": _TEXT, "version": _WHOLE, "role": _TEXT},
    "release:refuse": {"fingerprint": _TEXT, "name": _TEXT},
    "run:start": {
        **_OF_RUN,
        "level": _LEVEL,
        "source": _SOURCE,
        "segment": (_maps(_is_text), "an object of texts"),
    },
    "run:end": {**_OF_RUN, "status": _TEXT},
    "case:observe": {**_OF_RUN, "observations": (_is_observations, "a list of metrics, sources and values")},
    "case:erase": {"case": _TEXT},
    "level:change": {"fingerprint": _TEXT, "from": _LEVEL, "to": _LEVEL, "verdict": _TEXT, "baselines": _BASELINES},
    "action:decide": {
        **_OF_RUN,
        "decision": _TEXT,
        "call": _WHOLE,
        "action": _TEXT,
        "arguments": _TEXT,
        "replay": _FLAG,
        "repeats": _TEXT_OR_NONE,
        "cap": _LEVEL_OR_NONE,
        "facts": (_is_facts, "an object of what was found out"),
    },
    "action:effect": {"decision": _TEXT},
    "approval:answer": {"action": _TEXT_OR_NONE},
    "vigilance:ask": {"item": _TEXT, "purpose": _TEXT, "case": _TEXT},
    "vigilance:answer": {"item": _TEXT, "by": _TEXT, "purpose": _TEXT, "answer": _TEXT, "counts": _FLAG},
    "approver:flag": {"approver": _TEXT, "ground": _TEXT, "reason": _TEXT},
    "approver:clear": {"approver": _TEXT, "ground": _TEXT, "reason": _TEXT, "flag": _WHOLE},
    "outcome:source": {"digest": _TEXT, "source": (_is_source, "a source with its metric")},
    "outcome:baseline": {"metric": _TEXT, "from": _TEXT, "to": _TEXT, "cases": _WHOLE, "value": _DECIMAL},
    "outcome:holdout": {"share": _DECIMAL},
    "outcome:status-quo": {
        "file": _TEXT,
        "cases": _WHOLE,
        "lines": (_is_work, "an object of what each workflow line was"),
    },
    "outcome:read": {
        "metric": _TEXT,
        "source": _TEXT,
        "refused": _WHOLE,
        "measured": (_is_measured, "an object of what was measured by line"),
    },
    "outcome:ask": {"metric": _TEXT, "line": _TEXT, "owner": _TEXT, "due": _TEXT},
    "outcome:flag": {"flag": _TEXT, "owner": _TEXT, "words": _TEXT, "as_of": _TEXT},
    "outcome:unflag": {"flag": _TEXT, "as_of": _TEXT},
    "incident:open": {
        "ground": _TEXT,
        "cause": _CAUSE,
        "owner": _TEXT,
        "words": _TEXT,
        "onset": _TEXT_OR_NONE,
        "record": _WHOLE_OR_NONE,
        "figures": _FIGURES,
        "as_of": _TEXT,
    },
    "incident:add": {"incident": _TEXT, "words": _TEXT, "record": _WHOLE_OR_NONE, "figures": _FIGURES, "as_of": _TEXT},
    "incident:recover": {"incident": _TEXT, "words": _TEXT},
    "incident:take": {"incident": _TEXT},
    "incident:note": {"incident": _TEXT, "words": _TEXT},
    "incident:close": {"incident": _TEXT, "words": _TEXT, "usual": _FLAG},
    "agent:fingerprint:refuse": {"fingerprint": _TEXT, "agent": _TEXT, "contract_version": _WHOLE},
    "tool:breach": {"run": _TEXT, "action": _TEXT, "decision": _TEXT_OR_NONE, "breach": _TEXT, "words": _TEXT},
    "tool:try": {"run": _TEXT, "action": _TEXT, "decision": _TEXT_OR_NONE, "try": _WHOLE, "error": _TEXT},
    "decision:breach": {"run": _TEXT, "choice": _TEXT, "breach": _TEXT, "words": _TEXT},
    "decision:try": {"run": _TEXT, "choice": _TEXT, "try": _WHOLE, "error": _TEXT},
}
"""By kind, the form of each field that replay reads; other kinds it only counts."""
