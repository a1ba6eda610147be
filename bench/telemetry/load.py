"""
What is sent: requests of 512 spans as an agent's OpenTelemetry sends them, 0.7 kB and 15 attributes a span.

Every span that is sent is another: its ids are drawn anew before each request, as are the ids in its attributes.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue

SPANS = 512
BODIES = 128
_OF_A_TRACE = 12
_MODELS = ("gpt-4o-mini", "gpt-4o", "claude-sonnet-4", "gemini-2.5-pro")
_DAY_NS = 86_400 * 10**9


@dataclass(frozen=True, kw_only=True)
class Template:
    """A request, and where its ids are: bytes of span and trace ids, and hex digits of ids in attributes."""

    octets: NDArray[np.uint8]
    spans: NDArray[np.int64]
    traces: NDArray[np.int64]
    digits: NDArray[np.int64]

    def fresh(self, chance: np.random.Generator) -> bytes:
        """The request with other ids; those that were alike still are."""
        octets = self.octets.copy()
        octets[self.spans[:, None] + np.arange(8)] ^= chance.integers(0, 256, 8, np.uint8)
        octets[self.traces[:, None] + np.arange(16)] ^= chance.integers(0, 256, 16, np.uint8)
        table = np.arange(256, dtype=np.uint8)
        hexadecimal = np.frombuffer(b"0123456789abcdef", np.uint8)
        table[hexadecimal] = chance.permutation(hexadecimal)
        octets[self.digits] = table[octets[self.digits]]
        return octets.tobytes()


def templates(seed: int = 7, days: int = 7) -> list[Template]:
    """Requests over the last days."""
    chance = random.Random(seed)
    now = time.time_ns()
    return [_template(chance, now - chance.randrange(days) * _DAY_NS - 10**10) for _ in range(BODIES)]


def conversation(trace: bytes, spans: int = 5000) -> list[bytes]:
    """One trace of many spans, as requests."""
    chance = random.Random(11)
    now = time.time_ns() - 10**10
    return [_request(chance, now, SPANS, lambda _: trace)[0].SerializeToString() for _ in range(-(-spans // SPANS))]


def _template(chance: random.Random, began: int) -> Template:
    traces = [chance.randbytes(16) for _ in range(SPANS // _OF_A_TRACE + 1)]
    request, digits = _request(chance, began, SPANS, lambda place: traces[place // _OF_A_TRACE])
    body = request.SerializeToString()
    spans = request.resource_spans[0].scope_spans[0].spans
    return Template(
        octets=np.frombuffer(body, np.uint8),
        spans=_places(body, {span.span_id for span in spans}),
        traces=_places(body, set(traces)),
        digits=(_places(body, {text.encode() for text in digits})[:, None] + np.arange(24)).ravel(),
    )


def _places(body: bytes, wanted: set[bytes]) -> NDArray[np.int64]:
    found = []
    for one in wanted:
        at = body.find(one)
        while at >= 0:
            found.append(at)
            at = body.find(one, at + 1)
    return np.array(found, np.int64)


def _request(
    chance: random.Random, began: int, count: int, trace_of: Any
) -> tuple[ExportTraceServiceRequest, set[str]]:
    made = ExportTraceServiceRequest()
    resource = made.resource_spans.add()
    said = {"service.name": "refund-service", "telemetry.sdk.language": "python", "service.instance.id": "i-0ab31"}
    resource.resource.attributes.extend(_pair(key, value) for key, value in said.items())
    scope = resource.scope_spans.add()
    scope.scope.name, scope.scope.version = "opentelemetry.instrumentation.openai", "2.1"
    digits: set[str] = set()
    root, talk, agent = b"", "", ""
    for place in range(count):
        if place % _OF_A_TRACE == 0:
            root, talk, agent = b"", chance.randbytes(12).hex(), f"agent-{chance.randrange(20)}"
        span = scope.spans.add(trace_id=trace_of(place), span_id=chance.randbytes(8), parent_span_id=root, kind=3)
        root = root or span.span_id
        span.start_time_unix_nano = began + chance.randrange(10**9)
        span.end_time_unix_nano = span.start_time_unix_nano + min(int(chance.lognormvariate(20, 1)), 5 * 10**9)
        own = chance.randbytes(12).hex()
        digits |= {talk, own}
        name, about = _tool(chance, own) if place % 3 == 1 else _model(chance, own)
        span.name = name
        about |= {"gen_ai.agent.name": agent, "gen_ai.conversation.id": f"conv_{talk}"}
        span.attributes.extend(_pair(key, value) for key, value in about.items())
        span.status.code = 1
    return made, digits


def _model(chance: random.Random, own: str) -> tuple[str, dict[str, Any]]:
    model = chance.choice(_MODELS)
    return f"chat {model}", {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
        "gen_ai.response.model": f"{model}-2025-08-07",
        "gen_ai.response.id": f"chatcmpl-{own}",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": chance.randrange(100, 9000),
        "gen_ai.usage.output_tokens": chance.randrange(5, 900),
        "gen_ai.usage.cost": chance.random() / 50,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 1024,
        "server.address": "api.openai.com",
        "app.prompt.version": f"v{chance.randrange(40)}",
    }


def _tool(chance: random.Random, own: str) -> tuple[str, dict[str, Any]]:
    return "execute_tool get_order", {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_order",
        "gen_ai.tool.call.id": f"call_{own}",
        "gen_ai.tool.type": "function",
        "code.function.name": "shop.tools.orders.get_order",
        "thread.id": chance.randrange(10**6),
        "app.tenant": f"tenant-{chance.randrange(50)}",
        "http.response.status_code": 200,
        "server.address": "orders.internal.example.net",
        "server.port": 443,
        "url.path": f"/v2/orders/{chance.randrange(10**6)}",
        "network.protocol.version": "1.1",
        "user_agent.original": "shop-agent/3.2-linux-x86_64-httpx/0.28.1",
    }


def _pair(key: str, value: Any) -> KeyValue:
    if isinstance(value, list):
        listed = ArrayValue(values=[AnyValue(string_value=one) for one in value])
        return KeyValue(key=key, value=AnyValue(array_value=listed))
    if isinstance(value, float):
        return KeyValue(key=key, value=AnyValue(double_value=value))
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(string_value=value))
