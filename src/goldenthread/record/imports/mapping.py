"""What the columns of a table stand for: written down in a small file, or told from their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from goldenthread.promise.errors import FileUnusable, ImportUnsure

MEANINGS: Mapping[str, str] = {
    "trace": "trace_id trace run_id run session_trace conversation_id conversation",
    "case": "case_id case ticket_id ticket case_number claim_id order_id issue_key",
    "span": "span_id span event_id step_id",
    "parent": "parent_id parent_span_id parent",
    "name": "name step activity event action span_name",
    "operation": "operation kind type span_kind operation_name",
    "start": "start start_time started_at began timestamp time created_at datetime started",
    "end": "end end_time ended_at finished_at completed_at finished",
    "duration_ms": "duration_ms latency_ms elapsed_ms",
    "duration_s": "duration_s latency_s duration_seconds latency_seconds",
    "model": "model model_name request_model llm",
    "input_tokens": "input_tokens prompt_tokens tokens_in",
    "output_tokens": "output_tokens completion_tokens tokens_out",
    "cost": "cost cost_usd total_cost price",
    "tool": "tool tool_name function",
    "agent": "agent agent_name assistant",
    "status": "status state outcome",
    "error": "error error_message exception error_type",
    "session": "session_id session thread_id",
    "user": "user_id user",
    "run": "",
    "slice": "slice",
    "input": "input prompt question request messages",
    "output": "output response answer completion",
    "arguments": "arguments tool_arguments tool_input",
    "result": "result tool_result tool_output",
    "score": "score evaluation_score",
    "score_name": "score_name metric evaluation_name",
}
"""What a column may stand for, and the names by which it is told."""

_LARGEST = 64 * 1024
_FAILED = ("error", "failed", "failure", "fail", "exception", "timeout", "false", "2", "status_code_error")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapped:
    """
    What columns stand for.

    Attributes:
        columns: By meaning, the column.
        operations: By what the operation's column says, in small letters: the operation by OpenTelemetry's name.
        failed: What the status's column says, in small letters, of a step that failed.
        zone: Of times that name none.
        given: Whether somebody wrote it down.
    """

    columns: Mapping[str, str]
    operations: Mapping[str, str] = field(default_factory=dict)
    failed: Sequence[str] = _FAILED
    zone: str = "UTC"
    given: bool = False

    def record(self) -> dict[str, Any]:
        """As it stands in the import's identity."""
        return {
            "columns": dict(sorted(self.columns.items())),
            "operations": dict(sorted(self.operations.items())),
            "failed": list(self.failed),
            "zone": self.zone,
        }


def guessed(columns: Sequence[str], name: str) -> Mapped:
    """
    What columns stand for by their names.

    Raises:
        ImportUnsure: No column says when, or none says to what a row belongs.
    """
    plain = {_plain(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for meaning, names in MEANINGS.items():
        column = next((plain[one] for one in names.split() if one in plain and plain[one] not in found.values()), None)
        if column is not None:
            found[meaning] = column
    if "start" not in found or not {"trace", "case"} & set(found):
        lacking = "when a row was" if "start" not in found else "which run or case a row belongs to"
        shown = ", ".join(column[:40] for column in columns[:20])
        raise ImportUnsure(
            f"{name}: none of its columns is known to say {lacking} ({shown}). "
            "Say it with `--mapping FILE`: `columns: {start: THAT_COLUMN, case: ANOTHER}`."
        )
    return Mapped(columns=found)


def read_mapping(path: Path, columns: Sequence[str]) -> Mapped:
    """
    What columns stand for by the word of a file.

    Args:
        path: YAML: `columns`, and if need be `operations`, `failed`, `zone`.
        columns: Those that there are.

    Raises:
        FileUnusable: It cannot be read.
        ImportUnsure: It is no such file, or names a column or a meaning that there is not.
    """
    try:
        with path.open("rb") as file:
            said = YAML(typ="safe", pure=True).load(file.read(_LARGEST).decode("utf-8"))
    except OSError as problem:
        raise FileUnusable(f"{path} cannot be read: {problem.strerror or problem}. Name another file.") from problem
    except (YAMLError, UnicodeDecodeError, RecursionError, ValueError) as problem:
        raise _wrong(path, f"it is no YAML ({type(problem).__name__})") from problem
    if not isinstance(said, dict) or not isinstance(said.get("columns"), dict):
        raise _wrong(path, "it has no 'columns'")
    return _checked(path, said, columns)


def _checked(path: Path, said: Mapping[str, Any], columns: Sequence[str]) -> Mapped:
    chosen = {str(meaning): str(column) for meaning, column in said["columns"].items()}
    for meaning, column in chosen.items():
        if meaning not in MEANINGS:
            raise _wrong(path, f"'{meaning[:40]}' is nothing that a column stands for; there are {', '.join(MEANINGS)}")
        if column not in columns:
            raise _wrong(path, f"there is no column '{column[:60]}'; there are {', '.join(columns[:30])}")
    if "start" not in chosen or not {"trace", "case"} & set(chosen):
        raise _wrong(path, "it must name a column for 'start', and one for 'trace' or 'case'")
    zone = str(said.get("zone", "UTC"))
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _wrong(path, f"'{zone[:40]}' is no time zone") from None
    operations, failed = said.get("operations") or {}, said.get("failed", list(_FAILED))
    if not isinstance(operations, dict) or not isinstance(failed, list) or set(said) - {*Mapped.__slots__}:
        raise _wrong(path, "besides 'columns' it may have 'operations' (names), 'failed' (a list) and 'zone'")
    return Mapped(
        columns=chosen,
        operations={str(key).lower(): str(value) for key, value in operations.items()},
        failed=tuple(str(one).lower() for one in failed),
        zone=zone,
        given=True,
    )


def _plain(column: str) -> str:
    return column.strip().lower().replace(" ", "_").replace("-", "_").replace(".", "_")


def _wrong(path: Path, words: str) -> ImportUnsure:
    return ImportUnsure(f"{path.name}: {words}. See docs/howto/import.md for a mapping that can be copied.")
