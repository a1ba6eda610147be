from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from goldenthread.record.telemetry import Pace, Places
from goldenthread.surfaces.otlp import anchoring
from record.telemetry.emitted import TRACE, collecting, request, sent, span
from surfaces.cli.typed import Terminal
from worlds import OWNER, World

NOON_NS = 1_790_251_200_000_000_000
AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "refund-agent"}
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 120,
    "gen_ai.usage.output_tokens": 30,
    "gen_ai.usage.cost": 0.0021,
}
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "pay"}
JUDGED = {"gen_ai.evaluation.name": "grounded", "gen_ai.evaluation.score.value": 0.5}


@pytest.fixture
def watched(world: World) -> World:
    """A home in which a run was watched, and a span refused."""
    with collecting(Places.of(world.home).folder) as collector:
        top = b"top-----"
        sent(
            collector,
            span("agent", AGENT, id=top, start_ns=NOON_NS, duration_ns=3 * 10**9),
            span("chat", CHAT, parent=top, start_ns=NOON_NS + 10**9, duration_ns=10**9),
            span(
                "tool",
                TOOL,
                parent=top,
                start_ns=NOON_NS + 2 * 10**9,
                duration_ns=10**9,
                status=2,
                events=[("gen_ai.evaluation.result", JUDGED)],
            ),
            span(id=bytes(8)),
        )
    return world


def test_runs_are_listed_with_what_they_cost(watched: World, terminal: Terminal) -> None:
    """One line a trace: who, how much was done, what it took."""
    assert terminal.done("telemetry runs") == (
        "trace                             began                agent         spans  actions  failed  seconds  "
        "tokens    cost\n"
        "4bf92f3577b34da6a3ce929d0e0e4736  2026-09-24 12:00:00  refund-agent  3      1        1       3.000    "
        "120 + 30  0.002100\n"
    )
    (one,) = json.loads(terminal.done("telemetry runs --json --agent refund-agent --day 2026-09-24 --limit 5"))
    assert (one["trace"], one["cost_micros"], one["slice"]) == (TRACE.hex(), 2100, None)
    assert json.loads(terminal.done("telemetry runs --json --day 2026-09-25")) == []
    assert json.loads(terminal.done("telemetry runs --json --slice refunds")) == []
    ran = terminal("telemetry runs --day yesterday")
    assert (ran.code, ran.out) == (2, "")
    assert "'yesterday' is no day; write e.g. 2026-11-21." in ran.err


def test_a_run_is_shown_step_by_step(watched: World, terminal: Terminal) -> None:
    """What it did, in the order in which it did it, with how long each took."""
    assert terminal.done("telemetry show 4bf9") == (
        "Trace 4bf92f3577b34da6a3ce929d0e0e4736 of refund-agent: 3 steps, 1 actions, did not fail, 3.000 s, "
        "120 + 30 tokens, cost 0.002100.\n"
        "  agent refund-agent  +0.000 s, 3.000 s\n"
        "    model gpt-4o  +1.000 s, 1.000 s\n"
        "    action pay  +2.000 s, 1.000 s  FAILED\n"
        "evaluated grounded: 0.5\n"
    )
    (run,) = json.loads(terminal.done("telemetry show 4bf9 --json"))
    assert [step["name"] for step in run["steps"]] == ["refund-agent", "gpt-4o", "pay"]
    assert terminal.refused("telemetry show 5bf9") == (
        "trace-unknown: No trace begins with '5bf9'. Give more digits, or see `goldenthread telemetry runs`."
    )


def test_status_says_what_was_refused_and_why(watched: World, terminal: Terminal) -> None:
    """Who misses spans finds here where they went."""
    said = terminal.done("telemetry status")
    assert re.sub(r"\d+ bytes", "<n> bytes", said) == (
        "3 spans in 0 segments (<n> bytes) and 1 pieces of the log (<n> bytes).\n"
        "3 spans were taken since counting began.\n"
        "\n"
        "Not taken, or taken without a part:\n"
        "count  reason  means\n"
        "1      ids     no trace or span id of the right length, or one of zeros only\n"
    )
    assert json.loads(terminal.done("telemetry status --json"))["counts"] == {"ids": 1, "taken": 3}


def test_what_was_altered_is_found(world: World, terminal: Terminal) -> None:
    """Stored telemetry is held to what the ledger says of it."""
    places = Places.of(world.home)
    with world.opened() as ledger:

        class Record(list):  # type: ignore[type-arg]
            append = staticmethod(anchoring(ledger))

        with collecting(places.folder, anchored=Record(), pace=Pace(piece_rows=1)) as collector:
            sent(collector, span())
        with collecting(places.folder, anchored=Record()):
            pass
    assert terminal.done("telemetry verify") == "Every segment is what the ledger says.\n"
    (file,) = places.segments.glob("*.parquet")
    file.write_bytes(file.read_bytes() + b"x")
    assert terminal.refused("telemetry verify") == (
        f"telemetry-damaged: The stored telemetry is not what the ledger says: {file.stem} is not what was put on "
        "record. Restore what is missing or altered from a backup."
    )


def test_without_its_libraries_telemetry_says_what_to_install(
    world: World, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are large, so most installations lack them; nobody should see an ImportError."""
    from importlib import util

    real = util.find_spec
    for name in [name for name in sys.modules if name.startswith("goldenthread.record.telemetry")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == "pyarrow" else real(name))
    assert terminal.refused("telemetry status") == (
        "telemetry-missing: Telemetry is stored with DuckDB and pyarrow, and not both are installed. "
        "Run `pip install 'goldenthread[telemetry]'`."
    )


def test_a_home_that_is_none_is_said(terminal: Terminal, tmp_path: Path) -> None:
    """Nothing is made where nobody asked for it."""
    assert terminal.refused(f"--home {tmp_path / 'none'} telemetry status").startswith("home-invalid: No home at ")
    assert not (tmp_path / "none").exists()


def test_telemetry_is_received_until_somebody_ends_it(world: World, terminal: Terminal) -> None:
    """From the grant to the run that is listed, as its how-to says."""
    terminal.done(f"principal grant otel-collector --kind service --role telemetry --by {OWNER}")
    token = terminal.done(f"token create --telemetry otel-collector --by {OWNER}").splitlines()[1]
    program = "from goldenthread.surfaces.cli import main; main()"
    command = [sys.executable, "-c", program, "--home", str(world.home), "telemetry", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        said = [served.stdout.readline() for _ in range(3)]
        found = re.search(r"http://127\.0\.0\.1:\d+/v1/traces", said[0])
        assert found, served.stderr.read() if served.stderr else said
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-protobuf"}
        assert httpx.post(found[0], content=request(span()), headers=headers, timeout=30).status_code == 200
        listed = json.loads(terminal.done("telemetry runs --json"))
        served.send_signal(signal.SIGTERM)
        rest, errors = served.communicate(timeout=60)
    assert said[1:] == ["What was said is not kept.\n", "Ctrl-C ends it.\n"]
    assert (rest, errors, served.returncode) == ("The receiver has ended.\n", "", 0)
    assert [one["trace"] for one in listed] == [TRACE.hex()]


def test_receiving_from_other_machines_in_the_clear_takes_a_word(world: World, terminal: Terminal) -> None:
    """A token that passes in the clear is anybody's."""
    assert terminal.refused("telemetry serve --host 0.0.0.0 --port 0").startswith(
        "address-refused: On 0.0.0.0 other machines can"
    )
    ran = terminal("telemetry serve --tls-key guard.key")
    assert (ran.code, ran.out) == (2, "")
