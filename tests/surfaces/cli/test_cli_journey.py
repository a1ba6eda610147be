"""From an empty folder to an audited action: every command in a process of its own, as people work."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from goldenthread.promise.contract import next_question
from goldenthread.record.store import Home
from surfaces.cli.typed import steady

SLICE = "open-source-intake"
PEOPLE = {
    "maya@example.com": "person --role owner",
    "open-source-lead@example.com": "person --role expert@open-source-intake",
    "finance-ops": "data-owner --role data-owner",
    "developer-experience": "data-owner --role data-owner",
    "open-source-office": "data-owner --role data-owner",
    "reviewer@example.com": "person --role approver@open-source-intake",
    "engineer@example.com": "person --role auditor",
    "sealer": "service --role sealer",
}
AGENT = """
import sys
import goldenthread

with goldenthread.connect(agent="intake-agent", manifest={"model": "always MIT"}) as thread:

    @thread.action("admit_package")
    def admit(request: str, package: str, licence: str) -> str:
        with open("admitted.txt", "a") as effects:
            effects.write(f"{package} {licence}\\n")
        return "admitted"

    past = [f"past-{number}" for number in range(40)]
    if sys.argv[1] == "past":
        decided = {name: {"package": name, "licence": "MIT"} for name in past}
        thread.record_decisions(
            "open-source-intake",
            [(name, "admit_package", arguments) for name, arguments in decided.items()],
            by="open-source-lead@example.com",
        )
    for name in past if sys.argv[1] == "past" else sys.argv[2:]:
        with thread.run("open-source-intake", case=name, given={"text": f"may we use {name}?"}) as run:
            admit(f"request-{name}", name, "MIT")
        if sys.argv[1] == "live":
            print(name, run.status)
"""


class Machine:
    """A folder, and commands typed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def type(self, line: str, *, code: int = 0) -> str:
        """`goldenthread LINE`; what it printed."""
        main = "from goldenthread.surfaces.cli import main; main()"
        return self.run([sys.executable, "-c", main, *shlex.split(line)], code=code)

    def agent(self, *words: str) -> str:
        """The agent's own script."""
        return self.run([sys.executable, "agent.py", *words])

    def run(self, command: list[str], *, code: int = 0) -> str:
        """A process that ends as expected."""
        environment = {**os.environ, "COLUMNS": "100", "PYTHONWARNINGS": "error"}
        ran = subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, env=environment, timeout=120, check=False
        )
        assert ran.returncode == code, (command, ran.stdout, ran.stderr)
        return ran.stdout if code == 0 else ran.stderr

    def read(self, line: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.type(f"{line} --json"))


@pytest.fixture
def machine(home: Home, tmp_path: Path) -> Machine:
    """An empty home, answers and an agent."""
    answers: dict[str, str] = {}
    while (question := next_question(answers)) is not None:
        answers[question.key] = question.default or question.example
    (tmp_path / "answers.json").write_text(json.dumps(answers))
    (tmp_path / "agent.py").write_text(AGENT)
    return Machine(tmp_path)


def test_a_whole_journey(machine: Machine) -> None:
    """The idea in one run: promise, evidence, a person's yes, an effect, and the proof of all of it."""
    machine.type("init --owner maya@example.com")
    for name, what in PEOPLE.items():
        machine.type(f"principal grant {name} --kind {what} --by maya@example.com")
    machine.type("principal grant intake-agent --kind agent --responsible engineer@example.com --by maya@example.com")

    assert machine.type("contract new intake.yaml --answers answers.json").startswith("Wrote intake.yaml.\n")
    assert "insufficient" not in machine.type("contract plan intake.yaml").lower()
    signed = [machine.type(f"contract sign intake.yaml --as {name}") for name in list(PEOPLE)[:5]]
    assert signed[-1].endswith("Everybody has signed: it is in force.\n")

    machine.agent("past")
    ladder = machine.read(f"ladder {SLICE}")
    assert [change["after"] for change in ladder["changes"]] == ["draft", "approval"]
    assert not (machine.folder / "admitted.txt").exists()

    assert machine.agent("live", "click", "rich") == "click waiting\nrich waiting\n"
    item = next(one["id"] for one in machine.read("inbox list") if one["case"]["value"] == "click")
    machine.type(f"inbox approve {item[:12]} --as reviewer@example.com")
    assert machine.agent("live", "click", "rich") == "click done\nrich waiting\n"
    assert (machine.folder / "admitted.txt").read_text() == "click MIT\n"

    listed = machine.read(f"case list {SLICE} --status done")
    (done,) = [one for one in listed["cases"] if one["case"]["value"] == "click"]
    why = steady(machine.type(f"why {done['actions'][0]['id']}"))
    for part in ("promise", "contract", "level", "agent", "run", "action", "person", "permit", "effect"):
        assert f"\no {part} " in f"\n{why}"

    machine.type("ledger checkpoint --as sealer --out elsewhere.json")
    machine.type(f"case erase {SLICE} click --by finance-ops --yes")
    assert "click" not in machine.type("case list --limit 5")
    assert "erased" in machine.type(f"why {done['actions'][0]['id']}")
    assert machine.read("ledger verify --checkpoint elsewhere.json")["ok"]
    assert machine.type("ledger replay").endswith("all the same; 1 verdict on erased content could not be.\n")

    machine.type("audit export handed")
    verdict = machine.run([sys.executable, "-I", "handed/verify.py", "handed", "--checkpoint", "elsewhere.json"])
    assert verdict.splitlines()[-1].startswith("VERDICT: ")
    assert machine.type(f"inbox approve {item} --as reviewer@example.com", code=1).startswith("inbox-item-closed: ")
