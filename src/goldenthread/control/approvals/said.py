"""What somebody said beside the word that closed an item: changes, a reason, a decision of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from goldenthread.control.guard import Writing
from goldenthread.control.vigilance import ANSWER
from goldenthread.promise.errors import LedgerError
from goldenthread.promise.values import Json, canonical
from goldenthread.record.ledger import read_about


@dataclass(frozen=True, kw_only=True)
class Said:
    """
    Of a no its `reason`; of a yes with changes the `arguments` as changed, and the names of the `changed` ones; of a
    decision of one's own its `action` and `arguments`. None where it was not said, or its content is gone.
    """

    reason: str | None = None
    action: str | None = None
    arguments: Mapping[str, Json] | None = None
    changed: tuple[str, ...] = ()


def what_was_said(writing: Writing, row: Mapping[str, Any]) -> Said | None:
    """
    The words of who closed an item, by the record that they signed; None where a word alone closed it, and while a
    second person is asked the same apart.
    """
    if row["state"] != "answered" or row["answer"] not in ("edit", "reject", "answer"):
        return None
    if writing.rows(_ASKED_APART, row["case_ref"], row["id"]):
        return None
    data = _signed(writing, row)
    if row["answer"] == "edit":
        return _edit(writing, row, data)
    content = _opened(writing, data.get("content"))
    if row["answer"] == "reject":
        return Said(reason=str(content["reason"]) if "reason" in content else None)
    return Said(action=content.get("action"), arguments=content.get("arguments"))


_ASKED_APART = """
select 1 from inbox s join vigilance_item v on v.item = s.id
where s.case_ref = %s and s.state = 'open' and v.first_item = %s limit 1
"""


def _signed(writing: Writing, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record's data; of a question that nobody executes, it names the action alone."""
    about = [one for one in (row["run"], row["action"]) if one is not None]
    found = read_about(writing.tx.connection, row["slice"], about, kinds=("approval:answer", ANSWER))
    closing = [one.data for one in found if one.data.get("item") == row["id"] and one.data["answer"] == row["answer"]]
    return closing[-1] if closing else {}


def _edit(writing: Writing, row: Mapping[str, Any], data: Mapping[str, Any]) -> Said:
    proposed = _opened(writing, row["action_arguments"])
    arguments = _opened(writing, data.get("arguments") or row["permitted"])
    names = [name for name in arguments if canonical(arguments[name]) != canonical(proposed.get(name))]
    return Said(arguments=arguments or None, changed=tuple(names))


def _opened(writing: Writing, digest: str | None) -> dict[str, Any]:
    """Content, or nothing where it is gone."""
    try:
        value = writing.tx.open(digest) if digest is not None else None
    except LedgerError:
        return {}
    return value if isinstance(value, dict) else {}
