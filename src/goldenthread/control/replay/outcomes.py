"""Outcomes, derived again: that a reading speaks of the windows as they were, and each flag stands where it must."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from goldenthread.control.autonomy import Standing
from goldenthread.control.replay.flags import difference
from goldenthread.control.windows import ASK, FLAG, READ, STATUS_QUO, UNFLAG, flags_due, line_of
from goldenthread.record.ledger import Record


def outcome_problems(standing: Standing, record: Record) -> Iterator[tuple[str, str]]:
    """What is wrong with a record, given everything before it, as (kind of record, words)."""
    if record.kind == READ:
        found = _of_reading(standing, record)
    elif record.kind == ASK:
        found = _of_asking(standing, record)
    elif record.kind == STATUS_QUO:
        found = _of_work(standing, record)
    elif record.kind in (FLAG, UNFLAG):
        found = _of_flag(standing, record)
    else:
        return
    for words in found:
        yield record.kind, words


def _of_reading(standing: Standing, record: Record) -> Iterator[str]:
    """Whoever moved the end of a window in a reading would make any outcome met."""
    contract = standing.contract
    for path, said in record.data["measured"].items():
        shift = contract.shifts.get(path) if contract is not None else None
        if shift is None or str(shift) != said["line"]:
            yield f"it measures '{said['line']}', which the contract does not promise"
            continue
        line = line_of(path, shift, standing.windows, record.at)
        if said["due"] != line.due_text:
            yield f"it says that '{shift.metric}' is due {said['due']}, and that replays as {line.due_text}"


def _of_asking(standing: Standing, record: Record) -> Iterator[str]:
    contract, path = standing.contract, record.data["line"]
    shift = contract.shifts.get(path) if contract is not None else None
    line = line_of(path, shift, standing.windows, record.at) if shift is not None else None
    if line is None or line.state != "overdue" or line.shift.owner != record.data["owner"]:
        yield f"nothing is overdue for which '{record.data['owner']}' was to be asked"


def _of_work(standing: Standing, record: Record) -> Iterator[str]:
    """Whoever stated what people's work was beside another promise would make any agent look better."""
    workflow = standing.contract.workflow if standing.contract is not None else None
    for metric, said in record.data["lines"].items():
        clause = getattr(workflow, metric, None)
        if clause is None or clause.condition != said["line"]:
            yield f"it speaks of '{metric} {said['line']}', which the contract does not promise"


def _of_flag(standing: Standing, record: Record) -> Iterator[str]:
    name, contract = record.data["flag"], standing.contract
    as_of = datetime.fromisoformat(record.data["as_of"])
    if contract is None or not standing.now <= as_of <= record.at:
        yield f"it speaks as of {record.data['as_of']}, which is not when it was written"
        return
    due = flags_due(contract, standing.windows, as_of, climbed=standing.climbed).get(name)
    stands = name in standing.windows.flags
    if record.kind == UNFLAG:
        if due is not None or not stands:
            yield f"the flag '{name}' {'still stands' if due is not None else 'did not stand'}"
    elif due is None or stands:
        yield f"nothing demands the flag '{name}'"
    else:
        now = {**due.record(contract.version), "as_of": record.data["as_of"]}
        if dict(record.data) != now:
            yield difference(record.data, now)
