"""Whatever is sent: the receiver goes on, stays small, answers others, and says what it refused."""

from __future__ import annotations

import gzip
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from goldenthread.record.principals import Role, grant
from goldenthread.record.store import Home
from goldenthread.record.telemetry import Limits, Places, overview
from goldenthread.surfaces.otlp.lines import Hurried
from record.telemetry.emitted import request, span
from surfaces.otlp.conftest import PROTOBUF, posted, token
from worlds import OWNER, World, make_world

ROOT = Path(__file__).parents[3]
MOST_MB = 900
"""What the receiver may grow to, Python, numpy, pyarrow and the database's client included: 170 MB at its start."""
SOON_S = 15.0
"""In which an honest sender must be answered meanwhile, on a machine that others use too."""


@dataclass
class Target:
    """A receiver in a process of its own, as `goldenthread telemetry serve` starts it."""

    url: str
    headers: dict[str, str]
    process: subprocess.Popen[str]
    line: httpx.Client

    def send(self, body: bytes, path: str = "/v1/traces", **headers: str) -> httpx.Response:
        """Send a body."""
        said = {**PROTOBUF, **self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.line.post(f"{self.url}{path}", content=body, headers=said)

    def peak_mb(self) -> float:
        """The most memory that it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def typed(*words: str) -> list[str]:
    """A command of the CLI, with this Python."""
    return [sys.executable, "-c", "from goldenthread.surfaces.cli import main; main()", *words]


@pytest.fixture(scope="module")
def target(shared_home: Home) -> Iterator[Target]:
    """One receiver for all that is sent here."""
    world = make_world(shared_home.path)
    with world.opened():
        grant(world.ledger, world.keyring, by=OWNER, name="collector", kind="service", roles=[Role.parse("telemetry")])
        headers = {"Authorization": f"Bearer {token(world, 'telemetry', 'collector')}"}
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(
        typed("telemetry", "serve", "--port", "0"), env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+?(?=/v1)", process.stdout.readline())
            assert found is not None
            with httpx.Client(timeout=60) as line:
                yield Target(url=found[0], headers=headers, process=process, line=line)
        finally:
            process.terminate()


def a_million_keys() -> bytes:
    """In two thousand spans, each of which has as many as it may."""
    return request(*[span(said={f"k{number}": 1 for number in range(500)})] * 2000)


def many(spans: int) -> bytes:
    """Spans of one id."""
    return request(*[span(id=b"12345678")] * spans)


def deep_json(depth: int) -> bytes:
    """A request whose value is nested so deep."""
    value = '{"arrayValue":{"values":[' * depth + "]}}" * depth
    said = f'{{"key":"x","value":{value}}}'
    return f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"attributes":[{said}]}}]}}]}}]}}'.encode()


def lying(length: bytes) -> bytes:
    """A message that says it is longer than it is."""
    return b"\x0a" + length + b"\x12\x10" + bytes(16)


PACKED = {"Content_Encoding": "gzip"}
AS_JSON = {"Content_Type": "application/json"}
NEXT_YEAR = time.time_ns() + 366 * 86_400 * 10**9

HOSTILE: dict[str, tuple[Callable[[], bytes], dict[str, str], int, dict[str, int]]] = {
    "an attribute of 10 MB": (lambda: request(span(said={"x": "a" * 10_000_000})), {}, 200, {"size": 1}),
    "the same, packed": (
        lambda: gzip.compress(request(span(said={"x": "a" * 10_000_000}))), PACKED, 200, {"size": 1},
    ),
    "a million keys": (a_million_keys, {}, 200, {"taken": 2000}),
    "more keys than a span may have": (
        lambda: request(span(said={f"k{n}": n for n in range(50_000)})), {}, 200, {"fields": 1},
    ),
    "a name of 100 kB": (lambda: request(span(said={"k" * 100_000: 1})), {}, 200, {"key-too-long": 1, "taken": 1}),
    "values nested deep": (lambda: deep_json(5000), AS_JSON, 400, {"malformed": 1}),
    "values of wrong types": (
        lambda: request(span(said={"gen_ai.usage.input_tokens": "many", "gen_ai.usage.cost": float("nan")})),
        {}, 200, {"taken": 1, "wrong-type": 2},
    ),
    "a future date": (lambda: request(span(start_ns=NEXT_YEAR)), {}, 200, {"times": 1}),
    "duplicate ids": (lambda: many(20_000), {}, 200, {"taken": 20_000}),
    "a gzip bomb": (lambda: gzip.compress(bytes(60_000_000), 1), PACKED, 413, {"too-large": 1}),
    "gzip in gzip": (lambda: gzip.compress(gzip.compress(request(span()))), PACKED, 400, {"malformed": 1}),
    "gzip cut short": (lambda: gzip.compress(request(span()))[:-5], PACKED, 400, {"malformed": 1}),
    "two gzips": (lambda: gzip.compress(request(span())) * 2, PACKED, 400, {"malformed": 1}),
    "a body of 40 MB": (lambda: bytes(40_000_000), {}, 413, {"too-large": 1}),
    "a length that lies": (lambda: lying(b"\x7f"), {}, 400, {"malformed": 1}),
    "a length of 2 GB": (lambda: lying(b"\xff\xff\xff\xff\x07"), {}, 400, {"malformed": 1}),
    "a length of 2^64": (lambda: lying(b"\xff" * 9 + b"\x01"), {}, 400, {"malformed": 1}),
    "a number without an end": (lambda: b"\xff" * 1_000_000, {}, 400, {"malformed": 1}),
    "JSON said to be protobuf": (lambda: b'{"resourceSpans":[]}', {}, 400, {"malformed": 1}),
    "protobuf said to be JSON": (lambda: request(span()), AS_JSON, 400, {"malformed": 1}),
    "a form": (lambda: b"a=b", {"Content_Type": "application/x-www-form-urlencoded"}, 415, {"encoding": 1}),
    "zstd": (lambda: b"x", {"Content_Encoding": "zstd"}, 415, {"encoding": 1}),
    "no token": (lambda: request(span()), {"Authorization": "Bearer gt_none"}, 401, {"credentials": 1}),
}  # fmt: skip


def test_whatever_is_sent_others_are_answered_and_each_refusal_is_counted(target: Target, shared_home: Home) -> None:
    """One table of harm against one receiver: it neither stops nor grows, and `status` accounts for all of it."""
    expected: dict[str, int] = {}
    slowest = 0.0
    for what, (make, headers, status, counts) in HOSTILE.items():
        answer = target.send(make(), **headers)
        assert answer.status_code == status, what
        began = time.monotonic()
        assert target.send(request(span("honest"))).status_code == 200, what
        slowest = max(slowest, time.monotonic() - began)
        for word, number in (*counts.items(), ("taken", 1)):
            expected[word] = expected.get(word, 0) + number
    print(f"slowest honest answer {slowest:.2f} s, peak {target.peak_mb():.0f} MB")
    assert slowest < SOON_S
    assert target.peak_mb() < MOST_MB
    deadline = time.monotonic() + 20
    said = Places.of(shared_home.path).counts
    while json.loads(said.read_text("utf-8")) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    assert overview(Places.of(shared_home.path)).counts == expected  # which `telemetry status` shows


def test_hundreds_of_idle_connections_keep_nobody_out(target: Target) -> None:
    """Whoever opens connections and says nothing has no token; honest senders come all the same."""
    host, port = target.url.removeprefix("http://").split(":")
    held = []
    try:
        for number in range(700):
            line = socket.create_connection((host, int(port)), timeout=10)
            line.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\n"[: number % 36])
            held.append(line)
        began = time.monotonic()
        assert target.send(request(span("honest"))).status_code == 200
        assert time.monotonic() - began < SOON_S
        open_now = [one for one in psutil.Process(target.process.pid).net_connections() if one.status == "ESTABLISHED"]
        assert len(open_now) < 560
    finally:
        for line in held:
            line.close()
    assert target.send(request(span("honest"))).status_code == 200


def slowly(url: str, *parts: bytes, pause_s: float = 0.15) -> bytes:
    """Send a request in parts, with a pause before each; what comes back until the other side hangs up."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        try:
            for part in parts:
                time.sleep(pause_s)
                line.sendall(part)
            found = b""
            while more := line.recv(4096):
                found += more
        except ConnectionError:
            return b""
        return found


def test_a_body_that_never_ends_is_given_up(sending: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that drips holds a place; it is told, counted, and hung up on."""
    monkeypatch.setattr(Hurried, "head_s", 0.6)
    with posted(sending, limits=Limits(body_s=0.3)) as post:
        head = (
            f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
            f"Authorization: Bearer {post.tokens['sender']}\r\nContent-Length: 1000\r\n\r\n"
        )
        answer = slowly(post.receiver.url, head.encode(), *[b"x"] * 4)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"telemetry-malformed: The body did not come within 0.3 seconds. Send it again." in answer
        assert post.receiver.collector.counts.shown() == {"slow": 1}
        assert post.send(request(span())).status_code == 200


def test_a_head_that_never_ends_is_hung_up_on(sending: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest trick: a header now and then, for ever, on a second request as on the first."""
    monkeypatch.setattr(Hurried, "head_s", 0.4)
    with posted(sending) as post:
        began = time.monotonic()
        assert slowly(post.receiver.url, b"POST /v1/traces HTTP/1.1\r\n", *[b"X-Y: z\r\n"] * 5) == b""
        whole = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = slowly(post.receiver.url, whole, b"GET /v1/health HTTP/1.1\r\n", *[b"X-Y: z\r\n"] * 5)
        assert answer in (b"", answer[: answer.find(b'{"status":"ok"}') + 15])
        assert time.monotonic() - began < SOON_S
        assert post.send(request(span())).status_code == 200


def test_what_is_being_read_is_bounded_together(sending: World) -> None:
    """Many bodies at once, each of which is small enough, must not be too much together."""
    with posted(sending, limits=Limits(reading_bytes=1000)) as post:
        answer = post.send(bytes(2000))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert b"bytes of telemetry are being read, and no more may. Send it again in a moment." in answer.content
        assert post.send(request(span())).status_code == 200
        assert post.receiver.collector.counts.shown() == {"busy": 1, "taken": 1}


def test_where_connections_are_too_many_the_idlest_goes(sending: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the newest, and never one whose request is under way."""
    monkeypatch.setattr(Hurried, "most", 3)
    with posted(sending) as post:
        host, port = post.receiver.url.removeprefix("http://").split(":")
        lines: list[Any] = []
        for _ in range(4):
            lines.append(socket.create_connection((host, int(port)), timeout=10))
            time.sleep(0.05)
        assert lines[0].recv(1) == b""
        lines[3].sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert lines[3].recv(15) == b"HTTP/1.1 200 OK"
        for line in lines:
            line.close()
