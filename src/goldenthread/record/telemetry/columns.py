"""The columns of a stored span: what the conventions name gets a typed column, all else stands in a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

Schema = Any
"""A pyarrow schema; the library has no types of its own."""

TEXT, WHOLE, NUMBER, FLAG, WORDS, MICROS = "text", "whole", "number", "flag", "words", "micros"
"""Types of typed columns. `words` is a list as JSON text; `micros` is money, in millionths of its unit."""

TYPED: Mapping[str, str] = {
    "operation": TEXT,
    "provider": TEXT,
    "request_model": TEXT,
    "response_model": TEXT,
    "response_id": TEXT,
    "finish_reasons": WORDS,
    "output_type": TEXT,
    "temperature": NUMBER,
    "top_p": NUMBER,
    "top_k": NUMBER,
    "max_tokens": WHOLE,
    "seed": WHOLE,
    "stream": FLAG,
    "input_tokens": WHOLE,
    "output_tokens": WHOLE,
    "total_tokens": WHOLE,
    "cache_read_tokens": WHOLE,
    "cache_write_tokens": WHOLE,
    "reasoning_tokens": WHOLE,
    "cost_micros": MICROS,
    "conversation_id": TEXT,
    "agent_id": TEXT,
    "agent_name": TEXT,
    "agent_version": TEXT,
    "workflow_name": TEXT,
    "entity_name": TEXT,
    "tool_name": TEXT,
    "tool_type": TEXT,
    "tool_call_id": TEXT,
    "data_source_id": TEXT,
    "user_id": TEXT,
    "error_type": TEXT,
    "server_address": TEXT,
    "server_port": WHOLE,
    "slice": TEXT,
    "case_id": TEXT,
    "run_id": TEXT,
    "evaluation_name": TEXT,
    "evaluation_score": NUMBER,
    "evaluation_label": TEXT,
    "system_instructions": TEXT,
    "input_messages": TEXT,
    "output_messages": TEXT,
    "tool_definitions": TEXT,
    "tool_arguments": TEXT,
    "tool_result": TEXT,
    "query_text": TEXT,
    "documents": TEXT,
    "evaluation_explanation": TEXT,
}
"""Columns that attributes become, with their types."""

CONTENT = (
    "system_instructions",
    "input_messages",
    "output_messages",
    "tool_definitions",
    "tool_arguments",
    "tool_result",
    "query_text",
    "documents",
    "evaluation_explanation",
)
"""Those that hold what people and models said: kept only where that is allowed."""

_ARROW = {
    TEXT: pa.string(),
    WHOLE: pa.int64(),
    NUMBER: pa.float64(),
    FLAG: pa.bool_(),
    WORDS: pa.string(),
    MICROS: pa.int64(),
}

VALUE = pa.struct(
    [
        ("text", pa.string()),
        ("whole", pa.int64()),
        ("number", pa.float64()),
        ("flag", pa.bool_()),
        ("json", pa.string()),
    ]
)
"""A value of an attribute without a column: one of its fields is set, the others are null."""

ATTRIBUTES = pa.map_(pa.string(), VALUE)
EVENT = pa.struct([("at_ns", pa.int64()), ("name", pa.string()), ("attributes", ATTRIBUTES)])
LINK = pa.struct([("trace_id", pa.binary()), ("span_id", pa.binary())])

FIXED: tuple[tuple[str, Any], ...] = (
    ("trace_id", pa.binary(16)),
    ("span_id", pa.binary(8)),
    ("parent_id", pa.binary(8)),
    ("name", pa.string()),
    ("kind", pa.int8()),
    ("start_ns", pa.int64()),
    ("duration_ns", pa.int64()),
    ("status", pa.int8()),
    ("status_message", pa.string()),
    ("service", pa.string()),
    ("resource", pa.string()),
    ("scope", pa.string()),
    ("source", pa.string()),
    ("received_ns", pa.int64()),
    ("content_bytes", pa.int64()),
    ("dropped", pa.int32()),
    ("again", pa.bool_()),
)
"""Columns that every span has, whatever its attributes; `again`: a span of these ids was taken before."""


def spans_schema() -> Schema:
    """The schema of a stored span, in the order of its columns."""
    typed = [(name, _ARROW[type]) for name, type in TYPED.items()]
    rest = [("attributes", ATTRIBUTES), ("events", pa.list_(EVENT)), ("links", pa.list_(LINK))]
    return pa.schema([*FIXED, *typed, *rest])


SPANS = spans_schema()
