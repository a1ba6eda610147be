"""Which action somebody means: by its id or the first digits, an inbox item, or a case."""

from __future__ import annotations

import re
from typing import Any

from goldenthread.promise.errors import ActionUnknown
from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.views.content import concealment, open_contents
from goldenthread.surfaces.views.rows import select
from goldenthread.surfaces.views.run_steps import refusal

_ID = re.compile(r"[0-9a-f]{1,16}")
_ACTIONS = """
select a.*, r.input, r.fingerprint, r.source, r.state as run_state, r.started_seq, r.started_at,
    d.decision as recorded
from action a join run r on r.id = a.run
left join recorded_decision d on d.slice = a.slice and d.case_ref = a.case_ref
"""
# Of hex digits, whatever begins with some is between these and these with a letter past 'f': an index finds it.
_BEGINS = "where {0}.id >= %s and {0}.id < %s || 'g' and starts_with({0}.id, %s) order by a.id limit 2"
_ACTION = _ACTIONS + _BEGINS.format("a")
_ACTION_OF_ITEM = _ACTIONS + "join inbox i on i.action = a.id " + _BEGINS.format("i")
_ACTION_OF_CASE = _ACTIONS + "where a.case_ref = any(%s) order by a.at desc, a.seq desc limit 1"
_REFUSED_IN_CASE = """
select s.content, r.slice, r.case_ref, r.level from step s join run r on r.id = s.run
where r.case_ref = any(%s) and s.kind = 'refuse' order by r.started_seq desc, s.ordinal desc limit 1
"""


def find_action(ledger: Ledger, action: str) -> dict[str, Any]:
    """
    The row of an action with its run's, by what a person typed.

    Raises:
        ActionUnknown: No such action, or several.
    """
    rows = select(ledger, _ACTION, action, action, action) if _ID.fullmatch(action) else []
    if not rows:
        rows = _meant_otherwise(ledger, action)
    if len(rows) == 1:
        return rows[0]
    refused = None if rows else _refused(ledger, action)
    if refused is not None:
        raise ActionUnknown(
            f"No action was asked for in case '{action}', but its run was refused something: {refused} "
            "See `goldenthread case list`."
        )
    what = "Several actions begin with" if rows else "No action"
    raise ActionUnknown(
        f"{what} '{action}'; ids have 16 hex digits, and any beginning that only one has will do. "
        "See `goldenthread case list`."
    )


def _meant_otherwise(ledger: Ledger, name: str) -> list[dict[str, Any]]:
    """The action that an inbox item asks about, or the newest action of a case of that name."""
    asked = select(ledger, _ACTION_OF_ITEM, name, name, name) if _ID.fullmatch(name) else []
    if asked:
        return asked
    return select(ledger, _ACTION_OF_CASE, _refs(ledger, name))


def _refused(ledger: Ledger, name: str) -> str | None:
    """What was refused last in a case of that name, as a reader may see it."""
    rows = select(ledger, _REFUSED_IN_CASE, _refs(ledger, name))
    if not rows:
        return None
    row = rows[0]
    content = open_contents(ledger, {row["content"]: row["case_ref"]})[row["content"]]
    secret = concealment(ledger, row["slice"], [row["case_ref"]])
    return refusal(content, secret.why(row["case_ref"], row["level"])).words


def _refs(ledger: Ledger, name: str) -> list[str]:
    return [ledger.vault.ref(chain, name) for chain in ledger.chains()]
