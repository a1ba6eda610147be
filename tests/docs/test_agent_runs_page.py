"""The page about the recorded runs says what the command says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from docs.pages import DOCS, ROOT
from goldenthread.promise.evidence import RateTest
from goldenthread.surfaces.cli import application

PAGE = (DOCS / "agent-runs.md").read_text(encoding="utf-8")
LINES = [line.strip() for line in PAGE.splitlines()]
WORDS = " ".join(PAGE.split())
EXAMPLES = ROOT / "examples" / "agent-runs"
_FOLDER = ROOT.parent / "shared" / "data" / "agent-runs"

RETAIL = ("tau2-toolorchestra-retail",)
AIRLINE = (
    "tau2-toolorchestra-airline",
    "taubench-gpt4o-airline",
    "tau2-grok3mini-airline",
    "tau2-grok4fast-airline",
)

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def folder() -> Path:
    """The folder with the recorded runs; without it skipped, and said so, but required where CI is set."""
    if not _FOLDER.is_dir():
        words = f"the shared data are not at {_FOLDER}"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return _FOLDER


def told(folder: Path, contract: str, names: tuple[str, ...], *more: str) -> str:
    """What the command prints."""
    files = [word for name in names for word in ("--runs", str(folder / f"{name}.json"))]
    done = CliRunner().invoke(application, ["evidence", "--contract", str(EXAMPLES / contract), *files, *more])
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def agents(folder: Path) -> dict[str, dict[str, Any]]:
    """What the command says of each agent, by its file."""
    found = [
        *json.loads(told(folder, "retail.yaml", RETAIL, "--json"))["agents"],
        *json.loads(told(folder, "airline.yaml", AIRLINE, "--json"))["agents"],
    ]
    return {agent["files"][0]: agent for agent in found}


def success(agent: dict[str, Any], gate: str = "draft") -> dict[str, Any]:
    """The clause about success at a gate."""
    clauses: list[dict[str, Any]] = agent["gates"][gate]["clauses"]
    return next(clause for clause in clauses if clause["clause"].startswith("task_success"))


def test_the_table_is_what_the_command_says(agents: dict[str, dict[str, Any]]) -> None:
    """Figures about other people's agents must be such that anybody can count them again."""
    for name, agent in agents.items():
        clause = success(agent)
        right = agent["counted"] - clause["failures"]
        certain = f"{clause['lower']:.1%}".replace("%", " %") if clause["lower"] else "nothing"
        share = f"{right / agent['counted']:.1%}".replace("%", " %")
        row = f"| {name} | {agent['counted']} | {agent['runs']} | {right} ({share}) | {certain} | {_earned(agent)} |"
        assert row in LINES


def _earned(agent: dict[str, Any]) -> str:
    rises = [change for change in agent["changes"] if change["verdict"] == "promote"]
    falls = [change for change in agent["changes"] if change["verdict"] == "demote"]
    if rises:
        return f"{rises[-1]['to']}, at case {rises[-1]['cases']}"
    return f"nothing; a tripwire was hit at case {falls[0]['cases']}" if falls else "nothing"


def test_retail_is_proved_at_70_and_not_at_75_percent(agents: dict[str, dict[str, Any]]) -> None:
    """The page's main claim; 96 of 114 looks like more than it proves."""
    agent = agents["tau2-toolorchestra-retail"]
    at_70, at_75 = success(agent, "draft"), success(agent, "approval")
    assert (agent["earned"], at_70["passed"], at_75["passed"]) == ("draft", True, False)
    assert (at_70["cases"], at_70["failures"]) == (114, 18)
    assert at_70["lower"] == pytest.approx(0.728, abs=0.0005)
    assert f"has {int(100 * at_75['meter'])} % of the evidence" in WORDS
    assert "At least 11 more cases without a failure would" in at_75["words"]
    handed = agent["gates"]["draft"]["clauses"][1]
    assert (handed["clause"], handed["passed"], handed["failures"]) == ("escalation_rate <= 25 %", True, 12)


def test_tasks_count_and_not_their_runs(agents: dict[str, dict[str, Any]]) -> None:
    """Counted by run, the same file would claim a certainty that is not there."""
    agent, other = agents["taubench-gpt4o-airline"], agents["tau2-toolorchestra-airline"]
    assert (agent["tasks"], agent["counted"], agent["runs"]) == (50, 50, 200)
    assert other["gates"]["draft"]["clauses"][0]["lower"] == pytest.approx(0.356, abs=0.0005)
    by_run = RateTest(bar=0.5, alpha=0.05).lower_bound(84, 116)
    assert f"would have claimed at least {by_run:.1%}".replace("%", " %") in WORDS
    assert not any(gate["proved"] for one in (agent, other) for gate in one["gates"].values())


def test_no_sensible_bar_is_cleared_by_50_tasks_with_21_successes(agents: dict[str, dict[str, Any]]) -> None:
    """Whatever bar from 25 % up somebody had written, nothing would have been earned."""
    clause = success(agents["taubench-gpt4o-airline"])
    right, wrong = clause["cases"] - clause["failures"], clause["failures"]
    for percent in range(25, 100, 5):
        test = RateTest(bar=percent / 100, alpha=0.05)
        assert wrong > test.boundary(right + wrong)


def test_none_of_four_airline_agents_stands_out(folder: Path) -> None:
    """Compared with each other none may be named, and the command says why it is careful."""
    words = told(folder, "airline.yaml", AIRLINE)
    assert "50 tasks, not 200 runs: a task counts once, by its first run that did not end in a fault." in words
    assert "4 agents were compared. The more one tries, the more look good by chance" in words
    assert "  Gate to draft: none clears it." in words
    assert words.rstrip().endswith("they earn no level, and nothing was recorded.")
