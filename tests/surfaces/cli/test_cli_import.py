"""What the terminal says of imports and of people's logs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from control.agents import sign
from goldenthread.record.ledger import ORGANISATION
from record.imports.taken import SAMPLES
from surfaces.cli.typed import Terminal
from worlds import World

INSPECT = SAMPLES / "inspect-0.3.285.eval"
STEPS = "case,activity,timestamp\na,open,2026-10-01\na,close,2026-10-03\nb,open,2026-10-01\nb,open,2026-10-05\nb,,x\n"


def test_an_import_says_what_it_takes_the_file_for_and_what_it_came_to(terminal: Terminal, world: World) -> None:
    """Counts are of what is stored; the second time there is nothing to store; and it stands in the ledger."""
    said = terminal.done(f"telemetry import {INSPECT} --slice payments").splitlines()
    assert said == [
        "inspect-0.3.285.eval: Inspect: logs, .eval or .json; it is a zip archive with 'header.json' and samples.",
        "  14 spans in 4 traces: 4 actions (0 failed), 6 model calls, 3 evaluations; 1 traces failed.",
        "  4 recorded runs of 13 messages; 1 faults.",
    ]
    assert "mockllm/model" in terminal.done("telemetry runs --slice payments")
    (again,) = json.loads(terminal.done(f"telemetry import {INSPECT} --slice payments --json"))
    assert (again["new"], again["spans"], again["faults"]) == (False, 14, 1)
    assert terminal.done(f"telemetry import {INSPECT} --slice payments").splitlines()[1] == (
        f"  It was imported before, as {again['id']}; nothing was added."
    )
    with world.opened():
        (record,) = world.ledger.read(ORGANISATION, kinds=["telemetry:import"])
    assert (record.data["file"], record.data["spans"], record.data["refused"]) == (again["digest"], 14, {})


def test_a_dry_run_shows_how_rows_are_understood_and_stores_nothing(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    """A column that is taken for another is seen before it is a thousand rows."""
    rows = [
        {"run_id": "r1", "timestamp": "2026-10-01T10:00:00Z", "model": "gpt-4o", "prompt_tokens": 21},
        {"run_id": "r1", "timestamp": "2026-10-01T10:00:02Z", "tool_name": "pay", "error": "closed"},
        {"run_id": "r1", "timestamp": "soon"},
    ]
    file = tmp_path / "steps.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    said = terminal.done(f"telemetry import {file} --dry-run").splitlines()
    assert said[:3] == [
        "steps.jsonl: CSV, JSON lines or Parquet with a mapping of columns; it is a table of 6 columns (run_id, "
        "timestamp, model, prompt_tokens, tool_name, error).",
        "  Columns by their names: trace=run_id, start=timestamp, model=model, input_tokens=prompt_tokens, "
        "tool=tool_name, error=error.",
        "Nothing is stored: this is how its first spans are understood.",
    ]
    assert said[4].split()[:2] == ["2026-10-01", "10:00:00"]
    assert said[5].endswith("FAILED")
    assert said[6] == "line 3 would be refused: 'soon' is no time."
    assert not (world.home / "telemetry").exists()
    ran = terminal(f"telemetry import {file} --as mlflow")
    assert ran.code == 1
    assert ran.err.startswith(
        "import-invalid: steps.jsonl: none of its 3 units can be taken as mlflow; line 1: it is no"
    )


def test_what_is_not_taken_is_counted_and_its_first_places_are_named(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    """Whoever reads the summary must be able to mend the file."""
    file = tmp_path / "steps.jsonl"
    good = json.dumps({"run_id": "r1", "timestamp": 1_790_848_800})
    file.write_text("\n".join([good, *["{"] * 7, "[]"]))
    said = terminal.done(f"telemetry import {file}").splitlines()
    assert said[2].startswith("  1 spans in 1 traces")
    assert said[3] == "  NOT TAKEN, 7: it is no JSON, or is cut off."
    assert said[4].startswith("    line 2: column 2 is no JSON")
    assert said[9:] == ["  NOT TAKEN, 1: it is not what its format says.", "    line 9: it is no object"]


def test_a_log_of_people_is_stated_and_shown_beside_the_promises(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    """With its definitions, since rework means many things."""
    with world.opened():
        sign(world, level="draft")
    log = tmp_path / "people.csv.gz"
    log.write_bytes(gzip.compress(STEPS.encode()))
    said = terminal.done(f"outcome baseline refunds --log {log} --as finance-ops").splitlines()
    assert said[:3] == [
        "people.csv.gz: 2 cases, 4 events, 2 activities, 0 resources, 2 variants, 2026-10-01 to 2026-10-05.",
        "Cycle time: median 3.0 d, 90 % within 4.0 d. Rework in 1 cases, 50 %.",
        "LEFT OUT, 1 events: it has no time, or one that cannot be read.",
    ]
    assert said[3] == "4 times name no zone, and were read as UTC."
    assert [line.split()[0] for line in said[5:8]] == ["cycle_time", "throughput", "rework_rate"]
    assert said[10].startswith("  rework_rate: cases in which an activity is completed again, of all cases")
    assert said[11].startswith("finance-ops signed it, with the file's digest sha256:")
    again = terminal.done(f"outcome baseline refunds --log {log} --as finance-ops").splitlines()
    assert again[11].startswith("finance-ops signed just this before (record refunds#")
    status = terminal.done("outcome status refunds")
    assert "median cycle 3.0 d, rework in 50 % of cases" in status
    assert "  cycle_time was 4.00 d; promised is p90 <= 2 d." in status.splitlines()
    assert "--log speaks of the workflow" in terminal(f"outcome baseline refunds cost --log {log} --as x").err
    assert "Name METRIC, --from and --to" in terminal("outcome baseline refunds --as x").err
