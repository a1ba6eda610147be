"""Libraries as people install them, with models that follow a script, send to a receiver that runs."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from goldenthread.record.principals import EVERYWHERE, Role, create_token, grant
from surfaces.adapters.bench import installed
from worlds import OWNER, World


def _emits(framework: str) -> bool:
    return importlib.util.find_spec(f"surfaces.adapters.frameworks.emits_{framework}") is not None


def _module(framework: str) -> Any:
    return importlib.import_module(f"surfaces.adapters.frameworks.emits_{framework}")


EMITTING = [framework for framework in installed() if _emits(framework)]
TWICE = [one for one in EMITTING if one != "langchain"]  # Traceloop's cannot be put on again once it is off


@contextmanager
def receiving(world: World, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Iterator[Callable[[Any], None]]:
    """A receiver for the length of the block, and what lets a library work that sends to it."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from goldenthread.surfaces.otlp import receive

    monkeypatch.delenv("OTEL_SDK_DISABLED")
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "0")
    grant(world.ledger, world.keyring, by=OWNER, name="collector", kind="service", roles=[Role.parse("telemetry")])
    created = create_token(
        world.ledger, world.keyring, by=OWNER, scope="telemetry", name="collector", slices=(EVERYWHERE,)
    )
    with receive(world.ledger, **settings) as receiver:
        exporter = OTLPSpanExporter(
            endpoint=f"{receiver.url}/v1/traces", headers={"Authorization": f"Bearer {created[1]}"}
        )

        def let(work: Callable[[Any], None]) -> None:
            provider = TracerProvider()
            provider.add_span_processor(BatchSpanProcessor(exporter))
            work(provider)
            provider.shutdown()  # sends what is left
            assert "malformed" not in receiver.collector.counts.shown()

        yield let


@pytest.mark.parametrize(
    ("framework", "content"), [*((one, False) for one in EMITTING), *((one, True) for one in TWICE)]
)
def test_a_run_that_a_real_library_sends_is_the_run_that_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch, framework: str, content: bool
) -> None:
    """Steps, tools, tokens, errors and parenthood, over HTTP and from disk; words only where they may be kept."""
    from goldenthread.record.telemetry import Places, Telemetry, assemble, list_traces

    with receiving(world, monkeypatch, content=content) as let:
        let(_module(framework).work)
    with Telemetry(Places.of(world.home)) as stored:
        (trace,) = (one for one in list_traces(stored) if one.actions)
        (run,) = assemble(stored, bytes.fromhex(trace.trace))
        text = json.dumps([str(row) for row in stored.ask("select * from spans")])
    steps = [f"{step.kind} {step.name}{' FAILED' * step.failed}" for step in run.steps]
    assert steps == _module(framework).STEPS
    assert run.agent == "refund-agent"
    assert run.whole
    models = [(step.said["input_tokens"], step.said["output_tokens"]) for step in run.steps if step.kind == "model"]
    assert models == [(120, 30), (200, 20), (300, 10)][: len(models)]
    assert (trace.input_tokens, trace.output_tokens) == (run.input_tokens, run.output_tokens)
    assert [step.depth for step in run.actions] == [run.steps[-1].depth] * 2
    assert ("tool_arguments" in run.actions[0].said) is content
    assert ("refund it" in text) is content
    assert content or "went dead" not in text


@pytest.mark.parametrize("framework", [one for one in EMITTING if one == "pydantic_ai"])
def test_what_a_real_library_says_that_it_cost_is_known(
    world: World, monkeypatch: pytest.MonkeyPatch, framework: str
) -> None:
    """It says so under a name that stands in no convention."""
    from goldenthread.record.telemetry import Places, Telemetry, list_traces

    with receiving(world, monkeypatch) as let:
        let(_module(framework).work)
    with Telemetry(Places.of(world.home)) as stored:
        (trace,) = list_traces(stored)
    assert trace.cost_micros is not None
    assert trace.cost_micros > 0


@pytest.mark.parametrize("framework", [one for one in EMITTING if one == "openai_agents"])
def test_one_call_of_a_model_is_a_run_by_itself(world: World, monkeypatch: pytest.MonkeyPatch, framework: str) -> None:
    """Traceloop's instrumentation of OpenAI's library, with no agent above it."""
    from goldenthread.record.telemetry import Places, Telemetry, assemble, list_traces

    with receiving(world, monkeypatch) as let:
        let(_module(framework).call)
    with Telemetry(Places.of(world.home)) as stored:
        (trace,) = list_traces(stored)
        (run,) = assemble(stored, bytes.fromhex(trace.trace))
    assert [(step.kind, step.name) for step in run.steps] == [("model", "gpt-4o")]
    assert (run.input_tokens, run.output_tokens) == (120, 30)
    assert run.steps[0].said["response_model"] == "gpt-4o-2024-08-06"
