"""`goldenthread runs`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from record.runs.files import handing_over, tau2_file, tau2_run, taubench_run, written
from surfaces.cli.typed import Terminal
from worlds import World

BY = "--by maya@example.com"


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """Two tasks with two trials each, one of which broke off."""
    broken = taubench_run(1, 0, 0.0, info={"error": "rate limit"}, traj=[])
    runs = [taubench_run(0, 0), broken, taubench_run(0, 1, 0.0), taubench_run(1, 1)]
    return written(tmp_path, runs, "bench.json")


@pytest.fixture
def tau2(tmp_path: Path) -> Path:
    """Two cases with a real clock and costs; one was handed over."""
    return written(tmp_path, tau2_file(handing_over(tau2_run("0")), tau2_run("1", 1, 0.0)), "tau2.json")


def _name(said: str) -> str:
    found = re.search(r" as ([0-9a-f]{12}) ", said)
    assert found, said
    return found[1]


def test_an_import_says_what_it_found_and_what_is_next(terminal: Terminal, world: World, bench: Path) -> None:
    """Whoever imports wants to know how the agent did, on how many cases, and what was not believed."""
    said = terminal.done(f"runs import bench.json --format taubench {BY}")
    name = _name(said)
    assert said.splitlines() == [
        f"bench.json: 4 runs of 2 cases by unnamed-{name} imported into airline-service as {name} "
        "(record airline-service#1).",
        "Success by case, each by its first run: 2 of 2 (100.0 %).",
        "Of all runs: 2 of 3 (66.7 %); 1 case succeeded in every run.",
        "Broken off by a fault, and not counted: 1 run.",
        "The file does not name its agent, so its runs count for nobody else; name it with `--agent`.",
        "The file states no times.",
        f"Next: goldenthread runs show {name}",
    ]


def test_the_same_import_again_records_nothing(terminal: Terminal, world: World, tau2: Path) -> None:
    """A script that runs twice must neither fail nor double the evidence."""
    terminal.done(f"runs import tau2.json {BY}")
    assert terminal.done(f"runs import tau2.json {BY}") == (
        "tau2.json was imported before (record airline-service#1); nothing was recorded.\n"
    )
    again = json.loads(terminal.done(f"runs import tau2.json {BY} --json"))
    assert (again["new"], again["record"], again["cases_succeeded"]) == (False, "airline-service#1", 1)
    assert terminal.done("ledger verify").splitlines()[1].startswith("Every record is as it was written")


def test_what_cannot_be_read_is_refused_in_one_line(terminal: Terminal, world: World, bench: Path) -> None:
    """Nothing half imported, and the place of the damage."""
    (bench.parent / "half.json").write_text(bench.read_text()[:-9])
    refused = terminal.refused(f"runs import half.json {BY}")
    assert refused.startswith("runs-invalid: half.json: it ends in the middle, at line 1, column ")
    assert refused.endswith(". Mend the file or export it again; nothing was imported.")
    assert terminal.refused(f"runs import bench.json --format tau2 {BY}") == (
        "runs-invalid: bench.json: it is of the format taubench, not tau2. Use `--format taubench`. "
        "Mend the file or export it again; nothing was imported."
    )
    assert terminal.refused(f"runs import . {BY}") == (
        "file-unusable: . cannot be read: it is a folder. Name the file with the runs."
    )
    assert terminal.done("runs list") == "No run was imported yet.\n"
    assert json.loads(terminal.done("runs list --json")) == []


def test_somebody_must_vouch(terminal: Terminal, world: World, bench: Path) -> None:
    """Where several could, a guess would put a name under labels that its owner never saw."""
    refused = terminal.refused("runs import bench.json")
    assert refused.startswith("not-permitted: This home has keys of 4 who may vouch for these runs (")
    assert refused.endswith("Say who does with `--by NAME`: administrator, owner, expert, data-owner.")
    assert terminal.refused("runs import bench.json --by reviewer@example.com").startswith("not-permitted: ")


def test_alone_in_a_home_one_need_not_say_who(terminal: Terminal, bench: Path) -> None:
    """The first try is one command after `init`."""
    terminal.done("init --owner maya@example.com")
    assert "imported into airline-service" in terminal.done("runs import bench.json --format taubench")


def test_the_list_counts_by_case(terminal: Terminal, world: World, bench: Path, tau2: Path) -> None:
    """The rate that a contract counts stands first; the one by run beside it explains the difference."""
    first = _name(terminal.done(f"runs import bench.json --agent gpt-4o {BY}"))
    second = _name(terminal.done(f"runs import tau2.json --slice desk {BY}"))
    rows = [re.split(r"  +", line) for line in terminal.done("runs list").splitlines()]
    assert rows == [
        ["name", "slice", "agent", "cases", "runs", "success by case", "success by run", "faults"],
        [first, "airline-service", "gpt-4o", "2", "4", "2 of 2 (100.0 %)", "2 of 3 (66.7 %)", "1"],
        [second, "desk", "gpt-x", "2", "2", "1 of 2 (50.0 %)", "1 of 2 (50.0 %)", "0"],
    ]
    listed = json.loads(terminal.done("runs list desk --json"))
    assert [(one["id"], one["cost_usd"], one["handed_over"]) for one in listed] == [(second, 0.5, 1)]
    assert terminal.refused("runs list nowhere").startswith("contract-not-found: No slice 'nowhere' in this home")


def test_a_set_is_shown_case_by_case(terminal: Terminal, world: World, bench: Path) -> None:
    """Which cases failed is the first thing that an owner looks for."""
    name = _name(terminal.done(f"runs import bench.json --agent gpt-4o {BY}"))
    lines = terminal.done(f"runs show {name[:4]}").splitlines()
    assert lines[0] == "bench (taubench) in airline-service, by gpt-4o"
    assert lines[1].startswith(f"file sha256:{name}")
    assert lines[2].startswith("policy sha256:")
    assert [re.split(r"  +", line) for line in lines[-3:]] == [
        ["case", "runs", "counts as", "each run", "handed over", "steps", "actions"],
        ["0", "2", "success", "success failure", "16", "2"],
        ["1", "2", "success", "fault success", "8", "1"],
    ]
    shown = json.loads(terminal.done("runs show bench --json"))
    assert [run["succeeded"] for run in shown["cases"]["1"]] == [None, True]
    assert shown["cases"]["0"][0]["actions"] == ["cancel_reservation"]


def test_a_case_is_shown_with_all_that_was_said_and_done(terminal: Terminal, world: World, tau2: Path) -> None:
    """A label is trusted by whoever has read a few of the conversations."""
    terminal.done(f"runs import tau2.json {BY}")
    assert terminal.done("runs show tau2 --case 0 --trial 0").splitlines() == [
        "Case 0, trial 0 of tau2: success (user_stop), handed over to a person, 0.25 USD, 2025-10-06 19:00 UTC",
        "  1  customer: Cancel booking 0, please.",
        "  2  agent: get_user_details(id=mia)",
        "  3  agent: send_gift(e=5)  [action]",
        '  4  get_user_details answered: {"name": "Mia"}',
        "  5  send_gift answered an error: no budget",
        "  6  agent: Done.",
        "  7  agent: transfer_to_human_agents(summary=cannot help)",
        "  8  transfer_to_human_agents answered: Transfer successful",
    ]
    shown = json.loads(terminal.done("runs show tau2 --case 0 --json"))
    assert shown[0]["steps"][2]["arguments"] == {"e": 5}
    assert shown[0]["steps"][2]["action"] is True


def test_what_is_not_there_is_said_by_name(terminal: Terminal, world: World, tau2: Path) -> None:
    """A typing error must not look like an empty result."""
    name = _name(terminal.done(f"runs import tau2.json {BY}"))
    assert terminal.refused("runs show friday") == (
        "runs-not-found: No imported runs are called 'friday'. See `goldenthread runs list`."
    )
    assert terminal.refused("runs show tau2 --case 9") == (
        f"case-unknown: Case '9' is in none of these runs. See `goldenthread runs show {name}`."
    )
    assert terminal.refused("runs show tau2 --case 0 --trial 3") == (
        f"case-unknown: Case '0' has no trial 3; it has 0. See `goldenthread runs show {name}`."
    )
    assert terminal("runs show tau2 --trial 3").code == 2
    terminal.done(f"runs import tau2.json --slice desk {BY}")
    assert terminal.refused("runs show tau2") == (
        f"runs-not-found: 2 imports are called 'tau2': {name} in airline-service, {name} in desk. "
        "Give more letters, or name the --slice."
    )
    assert terminal.done("runs show tau2 --slice desk").startswith("tau2 (tau2) in desk, by gpt-x")


def test_an_erased_case_is_erased_here_too(terminal: Terminal, world: World, tau2: Path) -> None:
    """Whoever asked to be erased is not to be found in an import instead."""
    terminal.done(f"runs import tau2.json {BY}")
    assert terminal.done("case erase airline-service 0 --by maya@example.com --yes").startswith("Case 0 is erased")
    lines = terminal.done("runs show tau2").splitlines()
    assert re.match(r"[0-9a-f]{32} \(erased\)  1     success", lines[-2])
    case = lines[-2].split()[0]
    shown = terminal.done(f"runs show tau2 --case {case}")
    assert "The case was erased: what was said in it is gone for good." in shown
    assert "Cancel booking" not in shown
    assert "  3  agent: send_gift (erased)" in shown
    assert terminal.refused("case erase airline-service 77 --by maya@example.com --yes").startswith("case-unknown: ")


def test_a_stored_file_that_is_gone_is_an_error(terminal: Terminal, world: World, tau2: Path) -> None:
    """Counts that silently miss an import would be wrong with confidence."""
    terminal.done(f"runs import tau2.json {BY}")
    next((world.home / "runs").iterdir()).unlink()
    refused = terminal.refused("runs list")
    assert refused.startswith("runs-damaged: The imported runs in ")
    assert refused.endswith("Restore the folder from a backup of the home.")
