"""A run of five thousand steps: on record, and as the spans that its agent sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from goldenthread.record.telemetry import Pace
from record.telemetry.emitted import collecting, sent, span
from surfaces.views.office import MARKUP, Office, sign

SLICE = "marathon"
CASE = "a long one"
NEEDLE = "needle-in-the-hay"
LOOKS, PAYS, SPANS = 2_300, 30, 2_600
TRACE = bytes.fromhex("5bf92f3577b34da6a3ce929d0e0e4736")


def long_run(office: Office, folder: Path, *, looks: int = LOOKS, spans: int = SPANS) -> str:
    """Work a case in thousands of steps, tell telemetry of it, and give the id of the run."""
    sign(office.world, SLICE, level="approval")
    with office.agent.run(SLICE, case=CASE, given={"text": "many"}) as run:
        for number in range(looks):
            run.retrieve("past decisions", query=f"{number}", top=1)
        for number in range(PAYS):
            try:
                office.pay(order=NEEDLE if number == 17 else f"order-{number}", amount=number, country="DE")
            except Exception:  # noqa: BLE001 - each waits for a person, and the run asks on
                continue
    send(folder, spans_of(run.id, spans))
    return run.id


def spans_of(run: str, count: int, *, trace: bytes = TRACE, more: Mapping[str, Any] | None = None) -> list[Any]:
    """An agent's span with so many calls of models and tools below it, two deep."""
    ids = [trace[:4] + number.to_bytes(4, "big") for number in range(1, count + 1)]
    said = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "agent", "goldenthread.run": run}
    made = [span("invoke_agent agent", {**said, **(more or {})}, trace=trace, id=ids[0], duration_ns=9 * 10**9)]
    for number, id in enumerate(ids[1:], start=1):
        parent = ids[0] if number % 5 == 1 else ids[number - 1 - (number - 2) % 5]
        tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": f"look {MARKUP}"}
        used = {"gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 3, "gen_ai.usage.cost": 0.0001}
        model = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", **used}
        made.append(
            span(
                "call",
                model if number % 5 == 1 else tool,
                trace=trace,
                id=id,
                parent=parent,
                status=2 * (number % 50 == 0),
            )
        )
    return made


def send(folder: Path, spans: list[Any]) -> None:
    """Store spans in the telemetry of a home."""
    with collecting(folder / "telemetry", pace=Pace(piece_rows=10_000)) as collector:
        sent(collector, *spans)
