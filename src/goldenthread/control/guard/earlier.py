"""A yes that came to nothing, since the agent changed what it asks for: whoever is asked again is told."""

from __future__ import annotations

from typing import Any

from goldenthread.control.guard.desk import Writing


def unused_yes(writing: Writing, case_ref: str, action: str) -> str:
    """
    What to add to the reason of a question: that a person said yes to the same action in the same case before, and it
    did not happen. Empty where nobody did.
    """
    rows = writing.rows(_UNUSED, writing.desk.slice, case_ref, action)
    return f". {_words(rows[0])}" if rows else ""


def _words(row: dict[str, Any]) -> str:
    said = f"{row['answered_by']} said yes to '{row['name']}' in this case before (item {row['id']})"
    if row["state"] == "superseded":
        return f"{said}, and the agent was changed before it happened: a yes to one version is none to another"
    return f"{said}, to other arguments than the agent asks for now; that did not happen"


_UNUSED = """
select i.id, i.answered_by, a.name, r.state
from run r join action a on a.run = r.id join inbox i on i.id = a.item
where r.slice = %s and r.case_ref = %s and r.state in ('open', 'waiting', 'superseded')
    and a.name = %s and a.state = 'permitted' and i.answer in ('approve', 'edit')
order by i.answered_at desc limit 1
"""
