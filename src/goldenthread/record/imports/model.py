"""What readers of files hand on: spans as plain records, unit by unit, each with its place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Format: TypeAlias = Literal["otlp", "langfuse", "phoenix", "mlflow", "inspect", "taubench", "tau2", "table"]

FORMATS: Mapping[Format, str] = {
    "otlp": "OTLP: JSON lines or protobuf, as the OpenTelemetry collector's file exporter writes them",
    "langfuse": "Langfuse: traces, observations and scores, from its blob export, its API or its pages",
    "phoenix": "Phoenix: spans as a dataframe (Parquet, JSON records) or from its API",
    "mlflow": "MLflow: traces as JSON, one or one a line",
    "inspect": "Inspect: logs, .eval or .json",
    "taubench": "tau-bench: results",
    "tau2": "tau2-bench: results",
    "table": "CSV, JSON lines or Parquet with a mapping of columns",
}
"""What is read, in words."""

REASONS: Mapping[str, str] = {
    "broken": "it is no JSON, or is cut off",
    "encoding": "it is no UTF-8",
    "long": "it is longer than is read at once",
    "deep": "it is nested too deep",
    "shape": "it is not what its format says",
    "packed": "what it is packed in cannot be unpacked",
    "name": "its name in the archive leads elsewhere",
}
"""Why a unit of a file is refused before its spans are looked at; REASONS of telemetry say why a span is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """An event of a span, such as an evaluation."""

    name: str
    at_ns: int
    said: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """
    One span. Ids are 16 and 8 bytes, `parent_id` is empty at the top; times are nanoseconds since 1970, UTC.

    `status` is 0 (nothing said), 1 (well) or 2 (failed); `said` are attributes by the names of OpenTelemetry.
    """

    trace_id: bytes
    span_id: bytes
    name: str
    start_ns: int
    end_ns: int
    parent_id: bytes = b""
    status: int = 0
    message: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Happening, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """
    What stands at one place of a file: a line, a row, a run, a trace.

    Either `refused` says why nothing of it is taken (a word of REASONS) and `words` what is wrong, or it has `spans`,
    or `body`: an OTLP request as protobuf. `messages` are those of a conversation, where the format has them; `runs`
    and `faults` count recorded runs, and those that broke off for a cause outside the agent.
    """

    place: str
    spans: tuple[Span, ...] = ()
    body: bytes = b""
    messages: int = 0
    runs: int = 0
    faults: int = 0
    refused: str = ""
    words: str = ""


def refusal(place: str, reason: str, words: str) -> Unit:
    """A unit of which nothing is taken."""
    return Unit(place=place, refused=reason, words=words)
