"""Two runs side by side: what they were made of, given and cost, and what the one did that the other did not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import CaseUnknown
from goldenthread.promise.values import Level
from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.views.compare_steps import Aligned, RunRead, aligned
from goldenthread.surfaces.views.content import Content, open_contents
from goldenthread.surfaces.views.rows import select
from goldenthread.surfaces.views.statuses import STATUS_WORDS, status_of
from goldenthread.surfaces.views.timeline import Timelines
from goldenthread.surfaces.views.timeline_words import one_line, took_words

_DEEPEST = 40


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two."""

    slice: str
    run: str
    case: Content
    words: str
    started_at: datetime


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """One thing said of both, as words; `same` where both say the same."""

    what: str
    left: str
    right: str
    same: bool


@dataclass(frozen=True, kw_only=True)
class CompareView:
    """
    Two runs. `made`: what the agent and contract were, `given`: inputs, `came`: results, time and cost.

    `left_out` steps were not laid side by side, since there are too many that differ.
    """

    left: Side
    right: Side
    made: tuple[Contrast, ...]
    given: tuple[Contrast, ...]
    came: tuple[Contrast, ...]
    steps: tuple[Aligned, ...]
    only_left: int
    only_right: int
    left_out: int


def slice_of(ledger: Ledger, run: str) -> str:
    """
    The slice of a run.

    Raises:
        CaseUnknown: No such run.
    """
    rows = select(ledger, "select slice from run where id = %s", run)
    if not rows:
        raise CaseUnknown(f"No run '{run[:60]}' in this home. Choose two of the list of cases.")
    return str(rows[0]["slice"])


def compare(timelines: Timelines, left: tuple[Desk, str], right: tuple[Desk, str]) -> CompareView:
    """
    Two runs, of one case or of two.

    Raises:
        CaseUnknown: One of them is unknown.
    """
    one, two = _read(timelines, *left), _read(timelines, *right)
    steps, left_out = aligned(one, two)
    return CompareView(
        left=_side(one),
        right=_side(two),
        made=(*_contrasts(_made(one), _made(two)), *_flat_contrasts(_manifest(one), _manifest(two))),
        given=_given(one, two),
        came=_contrasts(_came(one), _came(two)),
        steps=steps,
        only_left=sum(step.count for step in steps if step.left and not step.right),
        only_right=sum(step.count for step in steps if step.right and not step.left),
        left_out=left_out,
    )


def _read(timelines: Timelines, desk: Desk, run: str) -> RunRead:
    row, entries, totals = timelines.entries(desk, run)
    given = open_contents(desk.ledger, {row["input"]: row["case_ref"]})[row["input"]]
    declared: Mapping[str, Any] = {}
    for record in desk.ledger.read(desk.slice, kinds=("agent:fingerprint:declare",)):
        if record.data["fingerprint"] == row["fingerprint"]:
            declared = record.data
    return RunRead(desk=desk, row=row, entries=entries, totals=totals, given=given, declared=declared)


def _side(read: RunRead) -> Side:
    row = read.row
    status = status_of(row["state"], Level(row["level"]))
    return Side(
        slice=read.desk.slice,
        run=row["id"],
        case=read.given.part("case"),
        words=STATUS_WORDS.get(status, status),
        started_at=row["started_at"],
    )


def _made(read: RunRead) -> dict[str, str]:
    row = read.row
    return {
        "agent": str(read.declared.get("agent", "not on record")),
        "fingerprint": row["fingerprint"],
        "code": str(read.declared.get("code", "not on record")),
        "contract": f"{row['slice']}, version {row['contract_version']}",
        "level": row["level"],
        "source": "a case that people decided before" if row["source"] == "replay" else "live",
    }


def _manifest(read: RunRead) -> dict[str, str]:
    found = {f"manifest {path}": value for path, value in flat(read.declared.get("manifest", {}))}
    tools = read.declared.get("tools") or {}
    return {**found, **{f"tool {name}": one_line(_text(shape)) for name, shape in tools.items()}}


def _given(one: RunRead, two: RunRead) -> tuple[Contrast, ...]:
    left, right = one.given.part("input"), two.given.part("input")
    if not left.kept or not right.kept:
        return (Contrast(what="input", left=one_line(left.words), right=one_line(right.words), same=False),)
    return tuple(_flat_contrasts(dict(flat(left.value)), dict(flat(right.value)), all=True))


def _came(read: RunRead) -> dict[str, str]:
    row, totals = read.row, read.totals
    took = (row["ended_at"] - row["started_at"]).total_seconds() if row["ended_at"] is not None else None
    cost = f"{totals.cost_micros / 1e6:.6f}, as its senders say" if totals.cost_micros is not None else "unknown"
    return {
        "result": STATUS_WORDS.get(status_of(row["state"], Level(row["level"])), row["state"]),
        "actions asked for": f"{totals.actions:,}",
        "steps on record": f"{totals.steps:,}",
        "agent's own time": took_words(row["agent_time_s"]),
        "from beginning to end": took_words(took) or "not ended",
        "model calls seen": f"{totals.model_calls:,}" if totals.spans else "unknown",
        "tokens in": _number(totals.input_tokens),
        "tokens out": _number(totals.output_tokens),
        "cost of models": cost,
    }


def _contrasts(left: Mapping[str, str], right: Mapping[str, str]) -> tuple[Contrast, ...]:
    return tuple(
        Contrast(what=what, left=value, right=right[what], same=value == right[what]) for what, value in left.items()
    )


def _flat_contrasts(left: Mapping[str, str], right: Mapping[str, str], *, all: bool = False) -> Iterator[Contrast]:
    """What two flat mappings say otherwise; with `all`, also what they say alike."""
    for what in dict.fromkeys((*left, *right)):
        same = left.get(what) == right.get(what)
        if all or not same:
            yield Contrast(what=what, left=left.get(what, "not there"), right=right.get(what, "not there"), same=same)


def flat(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value of nested objects by its path, in words; lists as one value."""
    left: list[tuple[str, object, int]] = [(path, value, 0)]
    while left:
        name, one, depth = left.pop()
        if isinstance(one, Mapping) and one and depth < _DEEPEST:
            left += [(f"{name}.{key}".lstrip("."), inner, depth + 1) for key, inner in reversed(list(one.items()))]
        elif name or not isinstance(one, Mapping):
            yield one_line(name), one_line(_text(one))


def _number(value: int | None) -> str:
    return f"{value:,}" if value is not None else "unknown"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
