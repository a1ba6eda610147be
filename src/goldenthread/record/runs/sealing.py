"""
A run as a line of a stored file: what stays readable, and what is sealed under the key of its case.

Sealed: the case's name, the run's id, and the content of every step. Readable: when, how it ended, labels, cost, and
of each step its kind, role, tool, time and error.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from goldenthread.promise.values import Json
from goldenthread.record.ledger import Sealed, Vault
from goldenthread.record.runs.model import RecordedAgent, RecordedOutcome, RecordedRun, RecordedStep


def seal_run(vault: Vault, slice: str, run: RecordedRun) -> dict[str, Json]:
    """
    The run's line.

    `case` is the case's pseudonym, the same as everywhere on the slice's chain; `digest` is keyed by the case, equal
    for the same run in whatever file it comes.

    Raises:
        CaseErased: The case was erased, so nothing can be added to it.
    """
    content: Json = {"case": run.case, "id": run.id, "contents": [step.content for step in run.steps]}
    sealed = vault.seal(vault.ref(slice, run.case), content)
    return {
        "case": sealed.case_ref,
        "digest": sealed.digest,
        "sealed": base64.b64encode(sealed.sealed).decode(),
        "trial": run.trial,
        "status": run.status,
        "reason": run.reason,
        "started_at": _text(run.started_at),
        "ended_at": _text(run.ended_at),
        "cost": run.cost,
        "reward": run.reward,
        "outcomes": [[outcome.metric, outcome.value, outcome.source] for outcome in run.outcomes],
        "steps": [[step.kind, step.role, step.name, _text(step.at), step.error] for step in run.steps],
    }


def open_run(vault: Vault, line: dict[str, Any], agent: RecordedAgent) -> RecordedRun:
    """
    The run of a line; of an erased case the pseudonym in place of its name, and no content.

    Raises:
        ContentMissing: The case's key is gone without an erasure.
    """
    erased = vault.is_erased(line["case"])
    content = _erased(line) if erased else _content(vault, line)
    return RecordedRun(
        id=content["id"],
        case=content["case"],
        trial=line["trial"],
        agent=agent,
        started_at=_instant(line["started_at"]),
        ended_at=_instant(line["ended_at"]),
        status=line["status"],
        reason=line["reason"],
        steps=tuple(map(_step, line["steps"], content["contents"])),
        cost=line["cost"],
        outcomes=tuple(RecordedOutcome(metric=m, value=float(v), source=s) for m, v, s in line["outcomes"]),
        reward=line["reward"],
        erased=erased,
    )


def _content(vault: Vault, line: dict[str, Any]) -> dict[str, Any]:
    box = Sealed(digest=line["digest"], case_ref=line["case"], sealed=base64.b64decode(line["sealed"]))
    content: dict[str, Any] = json.loads(vault.unseal(box))
    return content


def _erased(line: dict[str, Any]) -> dict[str, Any]:
    nothing = [None] * len(line["steps"])
    return {"case": line["case"], "id": f"{line['case']}/{line['trial']}", "contents": nothing}


def _step(said: list[Any], content: str | None) -> RecordedStep:
    kind, role, name, at, error = said
    return RecordedStep(kind=kind, role=role, name=name, content=content, at=_instant(at), error=error)


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
