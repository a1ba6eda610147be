"""What somebody means who types a few letters: slices by their words, cases, runs, actions and inbox items by id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.views.rows import select

MOST = 20
_ID = re.compile(r"[0-9a-f]{6,16}")


@dataclass(frozen=True, kw_only=True)
class Found:
    """One place to go. `kind` is 'slice', 'page', 'case', 'run', 'action', 'question' or 'deed'."""

    kind: str
    words: str
    beside: str
    address: str


@dataclass(frozen=True, kw_only=True)
class FoundView:
    """What was found, the likeliest first."""

    q: str
    found: tuple[Found, ...]


def find_ids(ledger: Ledger, q: str, slices: Sequence[str]) -> list[Found]:
    """
    Cases by their exact name, and runs, actions and questions by the first digits of their id; in slices whose cases
    the visitor may look at.

    Args:
        ledger: Asked four questions at most, whatever it holds.
        q: What was typed, trimmed.
        slices: Those slices.
    """
    if not q or not slices:
        return []
    refs = [ledger.vault.ref(name, q) for name in slices]
    found = [_case(row, q) for row in select(ledger, _CASES, list(slices), refs, MOST)]
    if _ID.fullmatch(q):
        for kind, sql, address in _BY_ID:
            found += [
                Found(
                    kind=kind,
                    words=row["id"],
                    beside=row["slice"],
                    address=address.format(slice=row["slice"], id=row["id"], run=row["run"]),
                )
                for row in select(ledger, sql, q, f"{q}g", list(slices))  # g comes after every hex digit
            ]
    return found


def rank(q: str, candidates: Iterable[Found]) -> list[Found]:
    """Those whose words hold every word typed, those that begin with it first, then the shorter."""
    words = q.casefold().split()

    def place(one: Found) -> tuple[int, int, str]:
        said = one.words.casefold()
        return (0 if said.startswith(q.casefold()) else 1 if q.casefold() in said else 2, len(said), said)

    hits = [one for one in candidates if all(word in f"{one.words} {one.beside}".casefold() for word in words)]
    return sorted(hits, key=place)


def _case(row: dict[str, str], q: str) -> Found:
    return Found(
        kind="case",
        words=q,
        beside=f"{row['slice']}, {row['state']}",
        address=f"/slices/{row['slice']}/cases/{row['id']}",
    )


_CASES = """
select run.id, run.slice, run.state from unnest(%s::text[], %s::text[]) as wanted (slice, case_ref)
join run on run.slice = wanted.slice and run.case_ref = wanted.case_ref
order by run.started_seq desc limit %s
"""
_RUNS = "select id, slice, id as run from run where id >= %s and id < %s and slice = any(%s) order by id limit 5"
_ACTIONS = "select id, slice, run from action where id >= %s and id < %s and slice = any(%s) order by id limit 5"
_ITEMS = "select id, slice, run from inbox where id >= %s and id < %s and slice = any(%s) order by id limit 5"
_BY_ID = (
    ("run", _RUNS, "/slices/{slice}/cases/{id}"),
    ("action", _ACTIONS, "/actions/{id}"),
    ("question", _ITEMS, "/slices/{slice}/inbox"),
)
