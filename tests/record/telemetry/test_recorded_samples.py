from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from goldenthread.record.telemetry import Body, Places, Policy, Telemetry, TracedRun, assemble
from record.telemetry.emitted import collecting, request, span, stored

SAMPLES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path(__file__).with_name("samples").glob("*.json"))
}
"""
What each library really sent for one case: look an order up, fail to pay, give up or answer. `library` and `version`
name it; ids are short, times are from the first span, and long texts are cut.
"""
SAID = ("refund it", "refunded it", '"state', "went dead")
"""What people, models and tools said in every sample."""


def trace_of(number: int) -> bytes:
    """The id of a sample's trace."""
    return bytes(15) + bytes([number])


def sample(name: str) -> bytes:
    """The request that a sample makes."""
    found, now = SAMPLES[name], time.time_ns() - 3600 * 10**9
    spans = []
    for one in found["spans"]:
        made = span(
            one["name"], one["attributes"], trace=trace_of(one["trace"]), id=_id(one["id"]), parent=_id(one["parent"]),
            start_ns=now + one["after_us"] * 1000, duration_ns=one["took_us"] * 1000,
            status=one["status"][0], events=one["events"],
        )  # fmt: skip
        made.kind, made.status.message = one["kind"], one["status"][1]
        spans.append(made)
    return request(*spans, resource=found["resource"])


def _id(short: str) -> bytes:
    return bytes.fromhex(short.rjust(16, "0")) if short else b""


def taken(folder: Path, name: str, *, content: bool = False) -> TracedRun:
    """The run that a sample is; of several traces the last."""
    with collecting(folder, policy=Policy(content=lambda _: content)) as collector:
        outcome = collector.submit(Body(octets=sample(name))).result(timeout=30)
        assert (outcome.taken, dict(outcome.refused)) == (len(SAMPLES[name]["spans"]), {})
    with Telemetry(Places(folder=folder)) as telemetry:
        (run,) = assemble(telemetry, trace_of(max(one["trace"] for one in SAMPLES[name]["spans"])))
    return run


LOOP = [("model", "gpt-4o"), ("action", "get_order"), ("model", "gpt-4o"), ("action", "pay FAILED")]
EXPECTED: dict[str, tuple[str, tuple[int, int], int | None, list[tuple[str, str]]]] = {
    "google-adk": (
        "refund_agent",
        (320, 50),
        None,
        [
            ("workflow", "refund_agent FAILED"),
            ("agent", "refund_agent FAILED"),
            *((kind, name.replace("gpt-4o", "gemini-2.5-pro")) for kind, name in LOOP),
        ],
    ),
    "langfuse": (
        "refund-agent",
        (420, 40),
        2100,
        [
            ("agent", "refund-agent"),
            *LOOP[:2],
            LOOP[3],
            LOOP[2],
            ("retrieval", "past decisions"),
            ("evaluation", "tone"),
        ],
    ),
    "openinference-openai-agents": (
        "refund-agent",
        (620, 60),
        None,
        [
            ("agent", "Agent workflow"),
            ("workflow", "Agent workflow"),
            ("agent", "refund-agent"),
            ("workflow", "turn"),
            *LOOP[:2],
            ("workflow", "turn"),
            *LOOP[2:],
            ("workflow", "turn"),
            LOOP[0],
        ],
    ),
    "pydantic-ai": ("refund-agent", (320, 50), 1300, [("agent", "refund-agent FAILED"), *LOOP]),
    "pydantic-ai-v2": ("refund-agent", (320, 50), 1300, [("agent", "refund-agent FAILED"), *LOOP]),
    "traceloop-langchain": (
        "refund-agent",
        (320, 50),
        None,
        [
            ("agent", "refund-agent FAILED"),
            ("agent", "refund-agent FAILED"),
            ("step", "model"),
            ("model", "unknown"),
            ("step", "tools"),
            LOOP[1],
            ("step", "model"),
            ("model", "unknown"),
            ("step", "tools FAILED"),
            LOOP[3],
        ],
    ),
    "traceloop-openai": ("", (120, 30), None, [LOOP[0]]),
    "vercel-ai": ("refund-agent", (620, 60), None, [("agent", "refund-agent"), *LOOP, LOOP[0]]),
}
"""By sample: agent, tokens read and written, cost in millionths, steps."""


@pytest.mark.parametrize("name", SAMPLES)
def test_what_a_library_really_sends_is_the_run_that_it_was(tmp_path: Path, name: str) -> None:
    """Conventions say what should be sent; a sample holds us to what is."""
    run = taken(tmp_path, name)
    agent, tokens, cost, steps = EXPECTED[name]
    assert [(step.kind, step.name + " FAILED" * step.failed) for step in run.steps] == steps
    assert (run.agent, (run.input_tokens, run.output_tokens), run.cost_micros) == (agent, tokens, cost)
    assert run.whole
    errors = {step.said.get("error_type") for step in run.actions if step.failed}
    assert errors <= {"RuntimeError", "Error", None}
    assert errors != {None} or name.startswith("openinference")  # which says it in words only


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_that_was_said_is_kept_unless_it_may_be(tmp_path: Path, name: str) -> None:
    """Each library has names of its own for prompts, arguments, results and what an error says."""
    taken(tmp_path, name)
    rows = stored(tmp_path)
    text = json.dumps([str(row) for row in rows]).replace("\\", "")
    assert [word for word in SAID if word in text] == []
    if name != "google-adk":  # which sends them as logs
        assert sum(row["content_bytes"] for row in rows) > 100


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in ("google-adk", "traceloop-openai")])
def test_arguments_and_results_of_tools_are_where_people_look_for_them(tmp_path: Path, name: str) -> None:
    """Whether a library says arguments or input, and whether it tells the tool's schema besides."""
    order, pay = taken(tmp_path, name, content=True).actions
    for one in (order, pay):
        words = str(one.said["tool_arguments"]).replace("'", '"').replace(" ", "").replace("\\", "")
        assert '"id":7' in words
        assert "properties" not in words
    assert "sent" in str(order.said["tool_result"])
