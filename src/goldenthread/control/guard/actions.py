"""The table of actions, as `authorize` reads and writes it: a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from goldenthread.control.guard.desk import Writing
from goldenthread.control.guard.drafts import Ready, Request
from goldenthread.record.store import Answer, Ask, Statement
from goldenthread.record.store.arrays import bools, instants, int4s, int8s, texts

Known = dict[str, list[dict[str, Any]]]
"""Actions on record, by case."""


_Asked = tuple[str, int, str, str, str, str | None]  # run, call, case, action, arguments, key


@dataclass(frozen=True, slots=True)
class Looked:
    """What was asked for ahead, and what came of it."""

    asked: frozenset[_Asked]
    rows: Sequence[dict[str, Any]]


def ask_known(batch: Sequence[Ready]) -> Ask:
    """What asks for the known actions of requests, in the trip that takes the chain."""
    return _ask([_asked(ready.request, ready.sealed.digest, ready.key) for ready in batch])


def looked_up(batch: Sequence[Ready], answer: Answer) -> Looked:
    """The answer to `ask_known`."""
    asked = frozenset(_asked(ready.request, ready.sealed.digest, ready.key) for ready in batch)
    return Looked(asked, answer.dictionaries())


def known_actions(
    writing: Writing,
    requests: Sequence[Request],
    digests: Sequence[str],
    keys: Sequence[str | None],
    looked: Looked | None = None,
) -> Known:
    """
    What is on record of these calls, and of effects of these cases that a request would repeat.

    Args:
        looked: What was asked since the chain was held; only the rest is asked for.
    """
    known: Known = {}
    asked = list(map(_asked, requests, digests, keys))
    rows = list(looked.rows) if looked is not None else []
    rest = [one for one in asked if looked is None or one not in looked.asked]
    if rest:
        rows += writing.tx.ask(_ask(rest)).dictionaries()
    seen = set()
    for row in sorted(rows, key=_by_seq):
        if row["id"] not in seen:  # An action may be found by its call and by its effect.
            seen.add(row["id"])
            known.setdefault(row["case_ref"], []).append(row)
    return known


_by_seq = itemgetter("seq")


def _asked(request: Request, digest: str, key: str | None) -> _Asked:
    run = request.run
    return run.id, request.call, run.case_ref, request.action, digest, key


def _ask(asked: Sequence[_Asked]) -> Ask:
    runs, calls, cases, names, arguments, keys = zip(*asked, strict=True)
    return Ask(_KNOWN, (texts(runs), int4s(calls), texts(cases), texts(names), texts(arguments), texts(keys)))


_KNOWN = Statement(
    "guard_known_actions",
    """
select found.*
from unnest($1::text[], $2::int4[], $3::text[], $4::text[], $5::text[], $6::text[])
    as asked (run, call, case_ref, name, arguments, key)
cross join lateral (
    select * from action where run = asked.run and call = asked.call and state <> 'expired'
    union all
    select * from action
    where case_ref = asked.case_ref and name = asked.name and state in ('consumed', 'done', 'unknown')
        and (arguments = asked.arguments or permitted = asked.arguments or key = asked.key)
) as found
order by seq
""",
)

_Column = Callable[[Sequence[Any]], bytes]

_COLUMNS: Mapping[str, tuple[str, _Column]] = {
    "id": ("text", texts), "slice": ("text", texts), "run": ("text", texts), "case_ref": ("text", texts),
    "call": ("int4", int4s), "name": ("text", texts), "arguments": ("text", texts), "permitted": ("text", texts),
    "state": ("text", texts), "verdict": ("text", texts), "reason": ("text", texts), "clause": ("text", texts),
    "level": ("text", texts), "cited": ("text", texts), "grounded": ("bool", bools), "keyed": ("bool", bools),
    "key": ("text", texts), "repeats": ("text", texts), "item": ("text", texts), "permit": ("text", texts),
    "contract_version": ("int4", int4s), "expires": ("timestamptz", instants), "result": ("text", texts),
    "facts": ("text", texts), "seq": ("int8", int8s), "at": ("timestamptz", instants),
}  # fmt: skip

_INSERT = Statement(
    "guard_insert_actions",
    f"insert into action ({', '.join(_COLUMNS)}) "  # noqa: S608 - names of our own columns
    f"select {', '.join('cited::text[]' if name == 'cited' else name for name in _COLUMNS)} from unnest("
    + ", ".join(f"${number}::{kind}[]" for number, (kind, _) in enumerate(_COLUMNS.values(), start=1))
    + f") as new ({', '.join(_COLUMNS)})",
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
        """They are sent after what was changed before, and before what is changed from now on."""
        if self._rows:
            self._writing.tx.later(self._insert())

    def _insert(self) -> Ask:
        rows, self._rows = self._rows, []
        columns = {name: [row[name] for row in rows] for name in _COLUMNS}
        columns["cited"] = [_array(cited) for cited in columns["cited"]]
        return Ask(_INSERT, [column(columns[name]) for name, (_, column) in _COLUMNS.items()])


def _array(words: Sequence[str]) -> str:
    """A row's own array as PostgreSQL writes it, since an array of arrays would have to be a rectangle."""
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words)
    return "{" + ",".join(f'"{word}"' for word in quoted) + "}"
