"""
What a run did and read, beyond the process that worked it: for one that resumes it, and for the runs of its chain.

Only what a rule may ask for is kept: names of actions. Where values came from is not: after a resumption a value
stands in no source until it is read again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from goldenthread.control.guard.desk import Desk
from goldenthread.control.guard.facts import Seen

if TYPE_CHECKING:
    from goldenthread.control.guard.runs import Run


def remember_seen(desk: Desk, run: Run, seen: Seen) -> None:
    """Keep what the run did and read so far, before it goes on by it; a rule that asks for it may come later."""
    now = (frozenset(seen.before), frozenset(seen.injected))
    if now == seen.kept:
        return
    text = json.dumps({"before": sorted(now[0]), "injected": sorted(now[1])})
    with desk.ledger.store.session() as connection:
        connection.execute("update run set seen = %s where id = %s", (text, run.id))
    seen.kept = now


def recall_seen(desk: Desk, run: Run, seen: Seen) -> None:
    """Take in what earlier processes did and read in this run: one that goes on with it is no way to forget."""
    _take_in(desk, [run.id], seen)
    seen.calls.update(str(row["id"]) for row in desk.read_rows("select id from delegation where run = %s", run.id))


def seen_along(desk: Desk, run: Run, seen: Seen) -> None:
    """
    Take in what was done and read in the whole chain of calls that this run stands in: by those above, by those that
    it called, and by those that were called beside it.
    """
    if not seen.calls and run.caller is None:
        return
    first = run.caller.chain[0].rpartition("/")[2] if run.caller is not None else run.id
    rows = desk.read_rows(_CHAIN, first)
    for row in rows:
        _add(seen, row["before"])
    _take_in(desk, [first, *(str(row["called"]) for row in rows if row["called"] and row["called"] != run.id)], seen)


def _take_in(desk: Desk, runs: Sequence[str], seen: Seen) -> None:
    for row in desk.read_rows("select seen from run where id = any(%s)", list(runs)):
        _add(seen, row["seen"])
    seen.before.update(str(row["name"]) for row in desk.read_rows(_DONE, list(runs)))


def _add(seen: Seen, text: str | None) -> None:
    kept: dict[str, Any] = json.loads(text) if text else {}
    seen.before.update(kept.get("before", ()))
    seen.injected.update(kept.get("injected", ()))


_DONE = "select distinct name from action where run = any(%s) and state in ('consumed', 'done', 'unknown', 'failed')"

_CHAIN = """
with recursive chain as (
    select d.called, d.before from delegation d where d.run = %s
    union
    select d.called, d.before from delegation d join chain on d.run = chain.called
)
select called, before from chain
"""
