"""`goldenthread ledger` and `goldenthread audit`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from goldenthread.control.guard import Decision
from surfaces.cli.conftest import Worked
from surfaces.cli.typed import Terminal, steady
from worlds import World

SEALER = "principal grant sealer --kind service --role sealer --by maya@example.com"


@pytest.fixture
def recorded(terminal: Terminal, world: World, work: Worked) -> None:
    """A slice with some work on record, and a sealer."""
    world.slice("payments", level="approval")
    work("case-1", "case-2")
    terminal.done(SEALER)


def test_verify_says_what_lies_beyond_its_reach(terminal: Terminal, recorded: None) -> None:
    """A check that promises more than it can see is worse than none."""
    lines = terminal.done("ledger verify").splitlines()
    assert lines[0].endswith(" records and 0 checkpoints read.")
    assert lines[1:] == [
        "Every record is as it was written, as far as can be seen here.",
        "No checkpoint was given. A change with everything after it hashed anew, a cut tail or a restored older "
        "backup cannot be seen without one that was held elsewhere.",
    ]


def test_a_checkpoint_is_signed_and_held_elsewhere(terminal: Terminal, recorded: None, tmp_path: Path) -> None:
    """What proves that nothing was cut must lie where the keeper of the ledger cannot reach it."""
    assert terminal.done("ledger checkpoint --as sealer --out monday.json") == (
        "Checkpoint written to monday.json, signed by sealer (custody of the key: cooperative).\n"
        "Hold a copy elsewhere: whoever can alter the ledger can replace one that lies beside it.\n"
    )
    lines = terminal.done("ledger verify --checkpoint monday.json").splitlines()
    assert lines[2:4] == [
        "The sealers' keys are those on this record.",
        "Whoever can alter the ledger can alter these; use --checkpoint and --key with copies held elsewhere.",
    ]
    key = next(one for one in json.loads(terminal.done("principal list --json")) if one["name"] == "sealer")
    (tmp_path / "sealer.pub").write_text(key["public_key"])
    trusted = terminal.done("ledger verify --checkpoint monday.json --key sealer.pub").splitlines()
    assert len(trusted) == 3
    assert re.fullmatch(r"Checkpoint 1 of \S+ covers every record there is\. In what comes after it, .*", trusted[2])


def test_only_a_sealer_takes_checkpoints(terminal: Terminal, recorded: None) -> None:
    """A checkpoint by whoever likes would be anybody's word."""
    assert terminal.refused("ledger checkpoint --as reviewer@example.com") == (
        "not-permitted: 'reviewer@example.com' is not sealer of everything; they hold approver. Ask sealer."
    )


def test_a_cut_tail_is_found_with_the_checkpoint(
    terminal: Terminal, recorded: None, superuser: psycopg.Connection
) -> None:
    """The one thing that a chain cannot show of itself."""
    terminal.done("ledger checkpoint --as sealer --out monday.json")
    for table in ("ledger_record", "ledger_head"):
        superuser.execute(f"alter table {table} disable trigger all".encode())
    superuser.execute("delete from ledger_record where chain = 'payments' and seq > 5")
    superuser.execute(
        "update ledger_head set seq = 5, hash = (select hash from ledger_record where chain = 'payments' and seq = 5)"
        " where chain = 'payments'"
    )
    ran = terminal("ledger verify --checkpoint monday.json")
    assert ran.code == 1
    lines = ran.err.splitlines()
    assert lines[0] == "ledger-tampered: The ledger is not as it was written:"
    assert lines[1].startswith("  payments 6 to ")
    assert lines[1].endswith(" saw them. The tail was cut, or an older backup restored.")
    assert lines[2] == "Stop, and keep what is there as it is."
    found = terminal("ledger verify --checkpoint monday.json --json")
    assert (found.code, json.loads(found.out)["ok"]) == (1, False)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("nonsense", "is no JSON (Expecting value: line 1 column 1 (char 0))."),
        ("[1]", "holds no JSON object."),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused(
    terminal: Terminal, recorded: None, tmp_path: Path, content: str, problem: str
) -> None:
    """A check against the wrong file must not pass for one."""
    (tmp_path / "monday.json").write_text(content)
    assert terminal.refused("ledger verify --checkpoint monday.json") == (
        f"checkpoint-invalid: monday.json {problem} Use the copy that was held elsewhere."
    )


def test_replay_derives_everything_again(terminal: Terminal, recorded: None) -> None:
    """What cannot be derived again was not decided by the rules."""
    said = terminal.done("ledger replay")
    assert said.startswith("payments: ")
    assert said.endswith(" records read; 2 verdicts and 0 level changes derived again, all the same.\n")


def test_replay_names_what_was_erased(terminal: Terminal, recorded: None) -> None:
    """A gap that is passed over looks like a proof."""
    terminal.done("case erase payments case-1 --by maya@example.com --yes")
    assert terminal.done("ledger replay payments").endswith(
        "; 1 verdict and 0 level changes derived again, all the same; 1 verdict on erased content could not be.\n"
    )
    assert terminal.done("ledger verify").splitlines()[1].startswith("Every record is as it was written")


def test_replay_with_other_code_says_so(terminal: Terminal, recorded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change the code that decides, and the record must not seem to agree."""
    other = Decision.__init__

    def decide_otherwise(self: Decision, **given: object) -> None:
        other(self, **{**given, "reason": "because"})  # type: ignore[arg-type]

    monkeypatch.setattr(Decision, "__init__", decide_otherwise)
    ran = terminal("ledger replay")
    assert ran.code == 1
    assert "derived again, not all the same." in ran.out
    lines = ran.err.splitlines()
    assert lines[0] == "replay-mismatch: 2 of the records replay otherwise:"
    assert lines[1].startswith("  payments#")
    assert lines[1].endswith("and replays as 'because'")
    assert lines[3] == (
        "Either the code that decides has changed since, or the record was. Run `goldenthread ledger verify`."
    )


def test_an_export_is_checked_without_us(terminal: Terminal, recorded: None, tmp_path: Path) -> None:
    """An auditor must not have to trust what is audited."""
    terminal.done("ledger checkpoint --as sealer --out monday.json")
    lines = steady(terminal.done("audit export handed")).splitlines()
    assert lines[0].startswith("handed: ")
    assert lines[0].endswith(" records of 2 chains, 1 checkpoint.")
    assert lines[1] == "Its manifest is sha256:<digest>; give the auditor that on another way."
    assert lines[2] == "Check it with: python handed/verify.py handed"
    command = [sys.executable, "-I", "handed/verify.py", "handed", "--checkpoint", "monday.json"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert terminal.refused("audit export handed") == (
        "export-refused: handed is there already, and an export never mixes with other files. "
        "Name a new folder or .zip file."
    )
    zipped = terminal.done("audit export handed.zip").splitlines()
    assert zipped[-1] == "Unpack it, then check it with: python handed/verify.py handed"
