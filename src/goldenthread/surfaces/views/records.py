"""Ledger records that name an id, found by their bytes in one query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goldenthread.record.ledger import Ledger, Record
from goldenthread.record.ledger.records import from_body
from goldenthread.surfaces.views.rows import select

# Whatever a run or an action may be named in; the kinds keep the search on the index.
_KINDS = (
    "action:decide",
    "action:effect",
    "approval:answer",
    "approval:ask",
    "approval:expire",
    "case:observe",
    "permit:consume",
    "run:end",
    "run:escalate",
    "run:start",
    "tool:breach",
    "tool:try",
)
_NAMING = """
select body, hash from ledger_record
where chain = %s and seq > %s and kind = any(%s)
    and (position(%s::bytea in body) > 0 or position(%s::bytea in body) > 0)
order by seq
"""


def records_about(ledger: Ledger, chain: str, ids: tuple[str, str], *, after: int = 0) -> list[Record]:
    """Records of a chain past `after` whose data hold one of two ids, in order."""
    first, second = (f'"{one}"'.encode() for one in ids)
    rows = select(ledger, _NAMING, chain, after, list(_KINDS), first, second)
    records = [from_body(bytes(row["body"]), row["hash"]) for row in rows]
    return [record for record in records if _holds(record.data, ids)]


def _holds(data: Mapping[str, Any], ids: tuple[str, str]) -> bool:
    return any(data.get(name) in ids for name in ("decision", "action", "run"))
