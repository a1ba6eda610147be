from __future__ import annotations

import time
from typing import Any

from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.telemetry import Pace, Places, Retention, by_day_and_agent, damage
from goldenthread.record.telemetry import Telemetry as Stored
from goldenthread.surfaces.otlp import ANCHOR
from record.telemetry.emitted import request, span
from surfaces.otlp.conftest import posted
from surfaces.otlp.test_otlp_logs import ABOVE, ASKED, JUDGED, logs
from worlds import World

DAY_NS = 86_400 * 10**9
RETENTION = Retention(content=7, spans=30, actions=365)
WORDS = b"the customer wants it back"


def sent(world: World) -> None:
    """An action, a call that failed, one that cost, a step, an evaluation and a message; all of them with words."""
    said = {"gen_ai.input.messages": WORDS.decode(), "app": "stays"}
    spans = [
        span("pay", {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": WORDS.decode()}),
        span("failed", said, status=2),
        span("cost", {**said, "gen_ai.operation.name": "chat", "gen_ai.usage.cost": 0.5}, id=ABOVE),
        span("step", said, events=[("gen_ai.user.message", {"content": WORDS.decode()})]),
    ]
    spans[1].status.message = WORDS.decode()
    with posted(world, content=True, pace=Pace(piece_rows=1)) as post:
        assert post.send(request(*spans)).status_code == 200
        assert post.send(logs(ASKED, JUDGED), path="/v1/logs").status_code == 200


def after(world: World, days: int) -> list[str]:
    """Let so many days pass, with a receiver that looks after what is stored; the names of spans that are left."""
    places, before = Places.of(world.home), state(world)
    settings: dict[str, Any] = {"pace": Pace(tend_s=0.0), "retention": RETENTION}
    with posted(world, **settings, clock_ns=lambda: time.time_ns() + days * DAY_NS):
        deadline = time.monotonic() + 30
        while state(world) == before and time.monotonic() < deadline:
            time.sleep(0.05)  # what is begun then is ended before the receiver is
    with Stored(places) as stored:
        rows = stored.ask("select name from spans order by name")
        assert sum(one.spans for one in by_day_and_agent(stored)) == sum(
            row["name"] != "gen_ai.user.message" for row in rows
        )
    records: list[Any] = [record.data for record in world.ledger.read(ORGANISATION, kinds=[ANCHOR])]
    assert damage(places, records) == []
    return [row["name"] for row in rows]


def state(world: World) -> list[str]:
    """The segments that stand."""
    return sorted(path.name for path in Places.of(world.home).segments.glob("*.parquet"))


def everything(world: World) -> bytes:
    """Every byte that lies there."""
    return b"".join(file.read_bytes() for file in Places.of(world.home).folder.rglob("*") if file.is_file())


def test_retention_fires_by_class_and_the_ledger_says_so(sending: World) -> None:
    """What was said goes after a week, steps after a month, actions after a year; every digest still holds."""
    sent(sending)
    assert after(sending, 8) == ["cost", "failed", "gen_ai.evaluation.result", "gen_ai.user.message", "pay", "step"]
    with Stored(Places.of(sending.home)) as stored:
        rows = stored.ask("select * from spans")
    assert WORDS.decode() not in str(rows)
    assert "stays" in str(rows)
    assert WORDS not in everything(sending)
    assert after(sending, 40) == ["gen_ai.evaluation.result", "pay"]
    assert after(sending, 400) == []
    whys = [record.data["why"] for record in sending.ledger.read(ORGANISATION, kinds=[ANCHOR])]
    assert set(whys) == {"taken", "compacted", "retention"}


def test_sampling_over_the_wire_keeps_whatever_did_cost_or_failed(sending: World) -> None:
    """`serve --keep 0` still leaves a record of every action, error, cost and evaluation."""
    with posted(sending, share=0.0) as post:
        post.send(
            request(
                span("pay", {"gen_ai.operation.name": "execute_tool"}),
                span("ran", {"tool.name": "pay"}),
                span("failed", status=2),
                span("cost", {"operation.cost": 0.01}),
                span("spoke", {"llm.token_count.prompt": 5}),
                span("looked", {"openinference.span.kind": "RETRIEVER"}),
                span("event", events=[("exception", {"exception.type": "ValueError"})]),
                *(span(f"GET /{number}", trace=bytes(15) + bytes([number + 1])) for number in range(30)),
            )
        )
        post.send(logs(JUDGED), path="/v1/logs")
        with Stored(Places.of(sending.home)) as stored:
            names = {row["name"] for row in stored.ask("select name from spans")}
        assert names == {
            "pay", "ran", "failed", "cost", "spoke", "looked", "event", "gen_ai.evaluation.result",
        }  # fmt: skip
        assert post.receiver.collector.counts.shown()["sampled"] == 30
