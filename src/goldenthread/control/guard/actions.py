"""The table of actions, as `authorize` reads and writes it: a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from goldenthread.control.guard.desk import Writing
from goldenthread.control.guard.drafts import Request

Known = dict[str, list[dict[str, Any]]]
"""Actions on record, by case."""


def known_actions(
    writing: Writing, requests: Sequence[Request], digests: Sequence[str], keys: Sequence[str | None]
) -> Known:
    """What is on record of these calls, and of effects of these cases that a request would repeat."""
    known: Known = {}
    asked = (
        [request.run.id for request in requests],
        [request.call for request in requests],
        [request.run.case_ref for request in requests],
        [request.action for request in requests],
        list(digests),
        list(keys),
    )
    seen = set()
    for row in writing.rows(_KNOWN, *asked):
        if row["id"] not in seen:  # An action may be found by its call and by its effect.
            seen.add(row["id"])
            known.setdefault(row["case_ref"], []).append(row)
    return known


# Each request looks into two indexes. Asking for any of the runs with any of the calls would try all pairs of them.
_KNOWN = """
select found.*
from unnest(%b::text[], %b::int4[], %b::text[], %b::text[], %b::text[], %b::text[])
    as asked (run, call, case_ref, name, arguments, key)
cross join lateral (
    select * from action where run = asked.run and call = asked.call and state <> 'expired'
    union all
    select * from action
    where case_ref = asked.case_ref and name = asked.name and state in ('consumed', 'done', 'unknown')
        and (arguments = asked.arguments or permitted = asked.arguments or key = asked.key)
) as found
order by seq
"""

_COLUMNS: Mapping[str, str] = {
    "id": "text", "slice": "text", "run": "text", "case_ref": "text", "call": "int4", "name": "text",
    "arguments": "text", "permitted": "text", "state": "text", "verdict": "text", "reason": "text", "clause": "text",
    "level": "text", "cited": "text", "grounded": "bool", "keyed": "bool", "key": "text", "repeats": "text",
    "item": "text", "permit": "text", "contract_version": "int4", "expires": "timestamptz", "result": "text",
    "facts": "text", "seq": "int8", "at": "timestamptz",
}  # fmt: skip

_INSERT = (
    f"insert into action ({', '.join(_COLUMNS)}) "  # noqa: S608 - names of our own columns
    f"select {', '.join('cited::text[]' if name == 'cited' else name for name in _COLUMNS)} "
    f"from unnest({', '.join(f'%b::{kind}[]' for kind in _COLUMNS.values())}) as new ({', '.join(_COLUMNS)})"
)
"""A column at a time, so that a batch of any size is one statement, planned once."""


class NewActions:
    """Rows of new actions, sent together; before a row that refers to one of them, and with the commit."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        """One more row, not sent yet."""
        self._rows.append(row)

    def flush(self) -> None:
        """Send them now: a row that refers to one of them follows."""
        if self._rows:
            self._writing.execute(_INSERT, *self._columns())
            self._rows = []

    def send_at_the_end(self) -> None:
        """Send them in the trip of the commit."""
        if self._rows:
            self._writing.tx.later(_INSERT, *self._columns())
            self._rows = []

    def _columns(self) -> list[list[Any]]:
        columns = {name: [row[name] for row in self._rows] for name in _COLUMNS}
        columns["cited"] = [_array(cited) for cited in columns["cited"]]
        return list(columns.values())


def _array(words: Sequence[str]) -> str:
    """A row's own array as PostgreSQL writes it, since an array of arrays would have to be a rectangle."""
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words)
    return "{" + ",".join(f'"{word}"' for word in quoted) + "}"
