"""Changes of level as they stand on record, with the evidence that caused them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.promise.values import Level
from goldenthread.record.ledger import Record
from goldenthread.surfaces.views.figures import count
from goldenthread.surfaces.views.rows import place


@dataclass(frozen=True, kw_only=True)
class ChangeView:
    """One change of level, with the evidence that caused it, as recorded."""

    place: str
    at: datetime
    fingerprint: str
    before: Level
    after: Level
    verdict: str
    reason: str
    tripwire: str | None
    evidence: tuple[Mapping[str, Any], ...]


def change_view(record: Record) -> ChangeView:
    """A `level:change` record."""
    data: Mapping[str, Any] = record.data
    return ChangeView(
        place=place(record.chain, record.seq),
        at=record.at,
        fingerprint=data["fingerprint"],
        before=Level(data["from"]),
        after=Level(data["to"]),
        verdict=data["verdict"],
        reason=data["reason"],
        tripwire=data["tripwire"],
        evidence=tuple(data["evidence"]),
    )


def evidence_words(evidence: Mapping[str, Any]) -> str:
    """One clause's recorded evidence in a line: `agreement >= 85 %: 131 cases, 4 against, evidence 100 %`."""
    if "missing" in evidence:
        return f"{evidence['clause']}: {evidence['missing']}"
    against = "" if evidence["failures"] is None else f", {evidence['failures']:,} against"
    pending = f", {evidence['pending']:,} pending" if evidence["pending"] else ""
    proved = "proved" if evidence["passed"] else f"evidence {int(evidence['meter'] * 100)} %"
    return f"{evidence['clause']}: {count(evidence['cases'], 'case')}{against}{pending}, {proved}"
