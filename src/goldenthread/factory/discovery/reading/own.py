"""Our own record as a log: what agents did, by telemetry; what was decided on cases, by the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from goldenthread.factory.discovery.reading.rows import Rows
from goldenthread.promise.errors import EventLogInvalid

if TYPE_CHECKING:
    from goldenthread.record.ledger import Ledger
    from goldenthread.record.telemetry import Places

_COLUMNS = ("case_id", "activity", "start_timestamp", "timestamp", "resource")
_SPANS = """
select coalesce(case_id, conversation_id) as case_id,
    coalesce(tool_name, case when operation in ('chat', 'generate_content', 'text_completion') then 'model' end,
        operation, name) as activity,
    make_timestamp_ns(start_ns)::timestamp as begun, make_timestamp_ns(start_ns + duration_ns)::timestamp as done,
    agent_name as resource
from spans where coalesce(case_id, conversation_id) is not null and ($slice is null or slice = $slice)
order by start_ns, span_id
"""


def telemetry_rows(places: Places, slice_name: str | None) -> Rows:
    """
    Steps of agents, by the case or conversation that they belong to; a step is a tool, a model call, or by its name.

    Raises:
        EventLogInvalid: There is no span of a case.
        TelemetryDamaged: A segment cannot be read.
    """
    from goldenthread.record.telemetry import Telemetry

    with Telemetry(places) as stored:
        found = stored.ask(_SPANS, {"slice": slice_name})
    if not found:
        whose = f" of '{slice_name}'" if slice_name else ""
        raise EventLogInvalid(
            f"telemetry: no span{whose} names a case or a conversation. See `goldenthread telemetry`."
        )
    rows = ((one["case_id"], one["activity"], one["begun"].isoformat() + "Z", one["done"].isoformat() + "Z",
             one["resource"]) for one in found)  # fmt: skip
    return Rows("telemetry", _COLUMNS, rows)


def ledger_rows(ledger: Ledger, slice_name: str) -> Rows:
    """
    What is on record of the cases of a slice, by their pseudonyms.

    Raises:
        EventLogInvalid: No record names a case.
    """
    rows = Rows("ledger", ("case_id", "activity", "timestamp", "resource"), _records(ledger, slice_name))
    if not rows.sample():
        raise EventLogInvalid(f"ledger: no record of '{slice_name}' names a case. See `goldenthread contract list`.")
    return rows


def _records(ledger: Ledger, slice_name: str) -> Iterator[tuple[Any, ...]]:
    for record in ledger.read(slice_name):
        case = record.data.get("case")
        if isinstance(case, str) and case:
            yield case, _activity(record.kind, record.data), record.at.isoformat(), record.by


def _activity(kind: str, data: Mapping[str, Any]) -> str:
    action = data.get("action")
    return f"{kind} {action}" if isinstance(action, str) else kind
