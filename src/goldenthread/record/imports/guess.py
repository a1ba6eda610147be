"""What a file holds, told from the file and not from its name; said before anything is stored, refused when unsure."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from goldenthread.promise.errors import ImportInvalid, ImportUnsure
from goldenthread.record.imports.archive import Archive
from goldenthread.record.imports.document import Document
from goldenthread.record.imports.formats import inspect_logs, langfuse, otlp
from goldenthread.record.imports.model import FORMATS, Format
from goldenthread.record.imports.octets import opened
from goldenthread.record.imports.records import Holding, holding_of, records, snake

_HEAD = 64 * 1024
_LOOKED_AT = 20
_INNER = ("info", "context")
"""Fields whose own names tell what holds them."""

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a file holds, why that is thought, and for a table its columns."""

    format: Format
    holding: Holding
    why: str
    columns: tuple[str, ...] = ()


def told(path: Path, wanted: str | None = None) -> Told:
    """
    What a file holds.

    Args:
        path: The file.
        wanted: The format that somebody named; None: it is told from the file.

    Raises:
        FileUnusable: It cannot be read.
        ImportInvalid: It cannot be unpacked, or is empty.
        ImportUnsure: It is of no known format, of several, or not of the one that was named.
    """
    if wanted is not None and wanted not in FORMATS:
        raise ImportUnsure(f"'{wanted[:40]}' is no format; there are {', '.join(FORMATS)}. Name one of these.")
    with opened(path) as stream:
        head = stream.peek(_HEAD)[:_HEAD]
    if not head.strip():
        raise ImportInvalid(f"{path.name}: it is empty. Export it again.")
    if head.startswith(_UTF16):
        raise ImportInvalid(f"{path.name}: it is UTF-16. Save it as UTF-8, then import that.")
    found = _told(path, head)
    if wanted is None or wanted == found.format:
        return found
    if wanted == "table" and found.columns:
        return Told(format="table", holding=found.holding, why="as you say", columns=found.columns)
    if found.format == "table":
        return Told(format=cast(Format, wanted), holding=found.holding, why="as you say", columns=found.columns)
    raise ImportUnsure(f"{path.name}: it is not {wanted}: {found.why}. Use `--as {found.format}`, or name no format.")


def _told(path: Path, head: bytes) -> Told:
    if head.startswith(b"PK\x03\x04"):
        return _of_archive(path)
    if head.startswith(b"PAR1"):
        return _of_rows(path, "parquet", _columns(path), {})
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if plain.startswith((b"<?xml", b"<log", b"<!")):
        raise ImportUnsure(
            f"{path.name}: it is XML, such as an event log of people's work, and holds no telemetry. "
            "State a baseline by it with `goldenthread outcome baseline SLICE --log FILE`."
        )
    if otlp.is_protobuf(head):
        return Told(format="otlp", holding="lines", why="it holds messages of OTLP in protobuf")
    if b"\0" in head[:256] and plain[:1] not in (b"{", b"["):
        raise _unsure(path, "its bytes are no text, and no file that is known")
    holding = holding_of(path, head)
    if holding == "document":
        return _of_document(path)
    first = islice(records(path, holding, langfuse.LISTS), _LOOKED_AT)
    values = [row.value for row in first if isinstance(row.value, dict)]
    if values:
        columns = dict.fromkeys(name for value in values for name in value)
        return _of_rows(path, holding, tuple(columns), values[0])
    raise _unsure(path, f"none of its first {_LOOKED_AT} rows can be read")


def _of_document(path: Path) -> Told:
    """By the names at the top, as far as they are read; else by the first element of a list."""
    names: dict[str, Any] = {}
    inner: Any = None
    lists = ("simulations", "samples", "resourceSpans", "resource_spans", "data", "traces", "spans", "scores")
    with opened(path) as stream:
        for place, one in enumerate(Document(stream, path.name).elements(lists)):
            names.setdefault(one.key, one.value if one.key in _INNER else None)
            inner = one.value if one.number and inner is None else inner
            if place >= _LOOKED_AT or (inner is not None and not one.key):
                break
    known: list[tuple[Format, bool, str]] = [
        ("tau2", {"info", "simulations"} <= set(names), "it has 'info' and 'simulations'"),
        ("inspect", "eval" in names and ("samples" in names or "version" in names), "it has 'eval' and 'samples'"),
        ("otlp", "resourceSpans" in names or "resource_spans" in names, "it has 'resourceSpans'"),
    ]
    for format, fits, why in known:
        if fits:
            return Told(format=format, holding="document", why=why)
    inner = names if inner is None else inner
    if not isinstance(inner, dict) or not inner:
        raise _unsure(path, "it holds no list of objects")
    return _of_rows(path, "document", tuple(inner), inner)


def _of_rows(path: Path, holding: Holding, columns: Sequence[str], row: Mapping[str, Any]) -> Told:
    """By the names of the columns; a table where they are of no tool that is known."""
    names, snakes = set(columns), set(snake(dict.fromkeys(columns)))
    context, info = row.get("context"), row.get("info")
    known: list[tuple[Format, bool, str]] = [
        ("otlp", bool(names & {"resourceSpans", "resource_spans"}), "its lines are requests of OTLP"),
        ("taubench", {"task_id", "traj"} <= names, "its runs have 'task_id' and 'traj'"),
        ("tau2", {"info", "simulations"} <= names, "it has 'info' and 'simulations'"),
        ("inspect", {"eval", "samples"} <= names, "it has 'eval' and 'samples'"),
        ("mlflow", _is_mlflow(names, info), "its rows are traces of MLflow: 'info' and 'data'"),
        (
            "phoenix",
            "context.trace_id" in names
            or (isinstance(context, dict) and "trace_id" in context and "span_kind" in names),
            "its rows are spans of Phoenix: 'context.trace_id', 'span_kind'",
        ),
        (
            "langfuse",
            (
                {"trace_id", "type", "start_time"} <= snakes
                and bool(snakes & {"parent_observation_id", "level", "model_parameters", "usage_details"})
            )
            or (
                {"id", "timestamp", "session_id", "name"} <= snakes
                and bool(snakes & {"observations", "public", "bookmarked", "html_path", "release"})
            )
            or {"trace_id", "name", "value", "data_type"} <= snakes,
            "its rows are observations, traces or scores of Langfuse",
        ),
    ]
    fitting = [(format, why) for format, fits, why in known if fits]
    if len(fitting) > 1:
        raise _unsure(path, f"it could be {' or '.join(format for format, _ in fitting)}")
    if fitting:
        return Told(format=fitting[0][0], holding=holding, why=fitting[0][1], columns=tuple(columns))
    shown = ", ".join(column[:30] for column in columns[:8])
    return Told(
        format="table",
        holding=holding,
        why=f"it is a table of {len(columns)} columns ({shown})",
        columns=tuple(columns),
    )


def _is_mlflow(names: set[str], info: Any) -> bool:
    if isinstance(info, dict) and "data" in names:
        return bool({"trace_id", "request_id"} & set(info))
    return {"trace", "trace_id", "execution_duration"} <= names


def _of_archive(path: Path) -> Told:
    if not zipfile.is_zipfile(path):
        raise ImportInvalid(f"{path.name}: it begins as a zip archive and is none. Export it again.")
    archive = Archive(path)
    try:
        names = set(archive.names())
    finally:
        archive.close()
    if not inspect_logs.is_archive(names):
        raise _unsure(path, "it is a zip archive, and no log of Inspect; unpack it and import what it holds")
    return Told(format="inspect", holding="document", why="it is a zip archive with 'header.json' and samples")


def _columns(path: Path) -> tuple[str, ...]:
    try:
        return tuple(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as problem:
        raise ImportInvalid(
            f"{path.name}: it begins as Parquet and is none that can be read ({type(problem).__name__}). "
            "Export it again."
        ) from problem


def _unsure(path: Path, words: str) -> ImportUnsure:
    return ImportUnsure(f"{path.name}: {words}. Say what it is with `--as`: {', '.join(FORMATS)}.")
