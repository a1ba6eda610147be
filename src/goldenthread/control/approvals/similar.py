"""Past cases like this one, and what people decided: the same slice and action, nearest by arguments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import CaseErased, ContentMissing
from goldenthread.promise.values import Json, canonical
from goldenthread.record.ledger import Sealed

NEAREST = 5
"""How many are shown."""

_LOOKED_THROUGH = 200
"""The newest answers that are compared; older ones say less of how people decide now."""

_LONGEST_TEXT = 400
"""Characters of a text that are compared."""


@dataclass(frozen=True, kw_only=True)
class Precedent:
    """
    A past approval of the same action. `likeness` is in [0, 1], 1 where every argument is equal; `equal` names those
    that are. `answer` is 'approve', 'edit' or 'reject'; `edited` are the arguments of an edit, `reason` of a no.
    """

    item: str
    case: str
    arguments: Mapping[str, Json]
    likeness: float
    equal: tuple[str, ...]
    answer: str
    by: str
    at: datetime
    edited: Mapping[str, Json] | None = None
    reason: str | None = None


def alike_cases(
    desk: Desk, row: Mapping[str, Any], arguments: Mapping[str, Json], k: int = NEAREST
) -> tuple[Precedent, ...]:
    """
    The past approvals nearest to an item, the nearest first, the newer before the older.

    Cases that were erased, and cases that a person is still to decide blind, are left out; so is the item's own.
    """
    past = desk.read_rows(_PAST, desk.slice, row["action_name"], row["case_ref"], _LOOKED_THROUGH)
    opened = _opened(desk, [one["arguments"] for one in past])
    nearest = sorted(
        ((likeness(arguments, known), one) for one in past if isinstance(known := opened.get(one["arguments"]), dict)),
        key=lambda found: (found[0], found[1]["answered_at"]),
        reverse=True,
    )[:k]
    return tuple(_precedents(desk, nearest, opened, arguments))


def likeness(one: Mapping[str, Json], other: Mapping[str, Json]) -> float:
    """How alike two calls' arguments are, in [0, 1]: the mean over all their names; a missing one is unlike."""
    names = {*one, *other}
    if not names:
        return 1.0
    return sum(_alike(one[name], other[name]) for name in names if name in one and name in other) / len(names)


_PAST = """
select i.id, i.run, i.answer, i.answered_by, i.answered_at, i.case_ref, a.arguments, a.permitted, a.result
from inbox i join action a on a.id = i.action
where i.slice = %s and i.state = 'answered' and i.kind = 'approval' and a.name = %s and i.case_ref <> %s
    and not exists (
        select 1 from inbox b where b.case_ref = i.case_ref and b.kind = 'blind question' and b.state = 'open'
    )
order by i.answered_at desc limit %s
"""


def _precedents(
    desk: Desk,
    nearest: Sequence[tuple[float, dict[str, Any]]],
    opened: Mapping[str, Json],
    arguments: Mapping[str, Json],
) -> Iterator[Precedent]:
    rows = desk.read_rows("select id, input from run where id = any(%s)", [one["run"] for _, one in nearest])
    inputs = {row["id"]: row["input"] for row in rows}
    wanted = [one[name] for _, one in nearest for name in ("permitted", "result") if one[name]]
    opened = {**opened, **_opened(desk, [*wanted, *inputs.values()])}
    for near, one in nearest:
        known, given = _object(opened, one["arguments"]), _object(opened, inputs.get(one["run"]))
        edited = one["answer"] == "edit"
        said = _object(opened, one["result"]).get("reason") if one["answer"] == "reject" else None
        yield Precedent(
            item=one["id"],
            case=str(given.get("case", "")),
            arguments=known,
            likeness=round(near, 4),
            equal=tuple(name for name in arguments if name in known and _same(arguments[name], known[name])),
            answer=one["answer"],
            by=one["answered_by"],
            at=one["answered_at"],
            edited=_object(opened, one["permitted"]) if edited else None,
            reason=str(said) if said is not None else None,
        )


def _opened(desk: Desk, digests: Sequence[str]) -> dict[str, Json]:
    """Content by digest, in one query; what is erased or missing is left out."""
    rows = desk.read_rows(
        "select digest, case_ref, sealed from ledger_content where digest = any(%s)", list(set(digests))
    )
    found: dict[str, Json] = {}
    for row in rows:
        try:
            found[row["digest"]] = json.loads(desk.ledger.vault.unseal(Sealed(**row)))
        except (CaseErased, ContentMissing):
            continue
    return found


def _object(opened: Mapping[str, Json], digest: str | None) -> dict[str, Json]:
    value = opened.get(digest) if digest is not None else None
    return value if isinstance(value, dict) else {}


def _same(one: Json, other: Json) -> bool:
    return canonical(one) == canonical(other)


def _alike(one: Json, other: Json) -> float:
    """1 for equal, the ratio of two numbers of one sign, the likeness of two texts, else 0."""
    if _same(one, other):
        return 1.0
    if _is_number(one) and _is_number(other):
        small, large = sorted((abs(float(one)), abs(float(other))))  # type: ignore[arg-type]
        return small / large if float(one) * float(other) > 0 else 0.0  # type: ignore[arg-type]
    if isinstance(one, str) and isinstance(other, str):
        return SequenceMatcher(None, one[:_LONGEST_TEXT], other[:_LONGEST_TEXT]).ratio()
    return 0.0


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
