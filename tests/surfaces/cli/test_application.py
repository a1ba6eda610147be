"""The top command: help, errors, and what an unexpected fault looks like."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from goldenthread import __version__
from surfaces.cli.typed import Terminal

HELP = """\
Usage: goldenthread [OPTIONS] COMMAND [ARGS]...

  goldenthread: agents that earn their autonomy under a one-page contract.

  Example:
    goldenthread init --owner maya@example.com
    goldenthread contract check intake.yaml
    goldenthread why 3f9a

Options:
  --home FOLDER  The home folder. By default GOLDENTHREAD_HOME, else
                 .goldenthread in this folder.
  -h, --help     Show this message and exit.

Commands:
  init       Make a home and its first principal, the bootstrap owner.
  principal  Say who may do what, and who is away: grant, revoke, leave, list.
  problem    Keep the map of problems that contracts start from.
  rank       Rank slices of work by how well an agent could earn them.
  fit        Tell how free an agent a slice of work needs, and may be.
  value      Estimate what a slice of work is worth, as a range.
  promise    Tell which service promises become affordable.
  contract   Write, check, plan, show, compare and sign contracts.
  release    Sign releases of agents; see what is other in each.
  discover   Show how work is really done, by an event log.
  rules      Check, sign, show and compare the rules of the whole
             organisation.
  inbox      Answer what waits for people.
  people     Tell who answers for a slice, when, and what their queue will be.
  outcome    See what the work was worth: sources, baselines, what is due.
  metrics    See the standard metrics of a slice, and the runs behind each.
  ladder     Show the level an agent has earned, and what the next one takes.
  simulate   Play a contract against agents of a stated quality.
  backtest   Tell how a contract would have served on recorded cases.
  evidence   Judge a contract on recorded runs of agents.
  runs       Import recorded runs of an agent, and look at them.
  incident   See what is not as it must be, and say what is done about it.
  watch      Look at each day that is over: what is other than usual?
  work       Work on the cases that are handed in, until Ctrl-C.
  run        Hand cases to workers; list and cancel their durable runs.
  case       List the cases of a slice; erase one.
  cost       Add up what cases cost: models, tools and people.
  prices     State prices of models and exchange rates; look up what counts.
  thread     Follow a business number to the runs behind it, or a run up to
             it.
  why        Show why an action was allowed, or was not.
  stop       Stop everything, a product, a slice or a tool, at once.
  lift       Let go on what was stopped: two people, one after the other.
  slice      Stop a slice and let it go on; the same as stop and lift.
  ledger     Verify, checkpoint and replay the record of everything.
  audit      Hand the record to an auditor.
  gateway    Put an MCP server's tools under contract, for any MCP client.
  events     Tell other systems what happens: signed webhooks.
  notify     Tell people what waits: e-mail, Slack, Teams, and others.
  account    Say how people sign in: invite, bind, remove, list.
  token      Make and revoke tokens for agents, tools, task givers, telemetry.
  serve      Serve the guard to other processes: enforcing mode.
  telemetry  Take in OpenTelemetry spans of agents, and look at them.
  undo       Take back what agents did.
  up         Serve the console on this machine.
  version    Print the version.
"""


def goldenthread(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A process of its own, as at a terminal."""
    command = [sys.executable, "-c", "from goldenthread.surfaces.cli import main; main()", *words]
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=60, check=False)


def test_help_lists_every_command_in_the_order_of_work(tmp_path: Path) -> None:
    """Help is where a stranger starts."""
    ran = goldenthread("--help", folder=tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, HELP, "")


def test_help_is_fast(tmp_path: Path) -> None:
    """
    A command line that makes one wait for its help isn't asked twice. Its processor time counts, the best of three: how
    long a process waits for its turn is the affair of whatever runs beside it.
    """
    took = []
    for _ in range(3):
        before = os.times()
        goldenthread("--help", folder=tmp_path)
        after = os.times()
        took.append(after.children_user - before.children_user + after.children_system - before.children_system)
    assert 0 < min(took) < 0.3


def test_every_command_has_help_with_an_example(terminal: Terminal) -> None:
    """An example says more than a list of options."""
    for path, text in helps(terminal, []):
        assert "Example:\n" in text, path
        assert f"    goldenthread {' '.join(path)}" in text, path


def helps(terminal: Terminal, path: list[str]) -> list[tuple[list[str], str]]:
    """The help of every command below `path`."""
    text = terminal.done(" ".join([*path, "--help"]))
    lines = text.partition("Commands:\n")[2].splitlines()
    names = [line.split()[0] for line in lines if line[:2] == "  " != line[1:3]]
    return [*([(path, text)] if path else []), *(found for name in names for found in helps(terminal, [*path, name]))]


def test_version_names_itself(terminal: Terminal) -> None:
    """A report of a fault begins with the version."""
    assert terminal.done("version") == f"goldenthread {__version__}\n"


def test_an_error_is_one_line_with_its_code(terminal: Terminal, tmp_path: Path) -> None:
    """People and scripts both read errors; the code is for scripts."""
    missing = tmp_path / "nowhere"
    assert terminal.refused(f"--home {missing} inbox list") == (
        f"home-invalid: No home at {missing}. "
        "Run `goldenthread init` there, or set GOLDENTHREAD_HOME to the right folder."
    )
    assert not missing.exists()


def test_a_home_without_an_owner_says_what_to_run(terminal: Terminal) -> None:
    """A home that was prepared and never begun isn't a dead end."""
    assert terminal.refused("principal revoke lee --by maya") == (
        "key-missing: No private key of 'maya' in "
        f"{os.environ['GOLDENTHREAD_HOME']}/keys. Sign where it is kept, or have an administrator grant a new one."
    )


def test_wrong_usage_ends_with_2(terminal: Terminal) -> None:
    """A script must tell wrong usage from a refusal."""
    ran = terminal("inbox approve")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith("Error: Missing argument 'ITEM[:SEEN]...'.\n")


def test_an_unexpected_fault_is_one_line(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback tells a product owner nothing, and may tell others too much."""
    monkeypatch.setattr("goldenthread.record.store.Home.identity", break_down)
    assert terminal.refused("inbox list") == (
        "unexpected: RuntimeError: the disk is on fire. This is a fault of goldenthread. "
        "Run it again with GOLDENTHREAD_DEBUG=1 for the traceback, and report that."
    )


def test_debug_shows_the_traceback(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reports a fault must be able to say where it is."""
    monkeypatch.setattr("goldenthread.record.store.Home.identity", break_down)
    monkeypatch.setenv("GOLDENTHREAD_DEBUG", "1")
    assert "Traceback (most recent call last)" in terminal.refused("inbox list")


def break_down(self: object) -> None:
    """Fail as nobody expects."""
    raise RuntimeError("the disk is on fire")
