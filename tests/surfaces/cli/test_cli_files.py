"""Files that somebody names and that cannot be used: no fault of goldenthread, and said so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from control.problems.maps import a_problem, map_text
from factory.value.made import SERVICE
from surfaces.cli.typed import Terminal
from worlds import World, contract_text

MEND = "Name another place, or mend the cause, then try again."
COMMAND = [sys.executable, "-c", "from goldenthread.surfaces.cli import main; main()"]


def test_a_page_that_cannot_be_written_names_the_place(terminal: Terminal, tmp_path: Path) -> None:
    """Whoever mistyped a folder must see it."""
    (tmp_path / "payments.yaml").write_text(contract_text("payments"))
    assert terminal.refused("contract show payments.yaml --html nowhere/page.html") == (
        f"file-unusable: nowhere/page.html cannot be written: No such file or directory. {MEND}"
    )
    assert terminal.refused("contract show payments.yaml --html /dev/full") == (
        f"file-unusable: /dev/full cannot be written: No space left on device. {MEND}"
    )


def test_a_checkpoint_for_no_folder_is_not_taken(terminal: Terminal, world: World) -> None:
    """A checkpoint that is on record and not held elsewhere would look like one that is."""
    before = sorted(world.home.joinpath("checkpoints").iterdir())
    assert terminal.refused("ledger checkpoint --as sealer --out nowhere/monday.json") == (
        "file-unusable: nowhere/monday.json cannot be written: there is no folder nowhere. "
        "Make it, or name another place."
    )
    assert sorted(world.home.joinpath("checkpoints").iterdir()) == before


def test_an_export_to_an_impossible_place_names_it(terminal: Terminal, world: World, tmp_path: Path) -> None:
    """The system knows the path and the reason."""
    (tmp_path / "file").touch()
    refused = terminal.refused("audit export file/audit-2026")
    assert refused.startswith("file-unusable: ")
    assert refused.endswith(f" cannot be used: Not a directory. {MEND}")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["version"], ["--help"]])
def test_a_full_disk_behind_the_output_is_one_line(words: list[str], unbuffered: str) -> None:
    """Nothing of what was printed can be trusted, and it is nobody's fault here."""
    with Path("/dev/full").open("w") as full:
        settings = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        ran = subprocess.run(
            [*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=settings
        )
    assert (ran.returncode, ran.stderr) == (
        1,
        "file-unusable: What is printed, or a file of the home, cannot be written: No space left on device. "
        "Make room or print elsewhere, then try again.\n",
    )


def test_what_never_ends_is_not_read(terminal: Terminal) -> None:
    """A device gives bytes for ever."""
    assert terminal.refused("contract check /dev/zero") == (
        "file-unusable: /dev/zero cannot be read: it is no ordinary file. Name one that is."
    )


def test_a_file_that_is_too_large_is_read_no_further(terminal: Terminal, tmp_path: Path) -> None:
    """A terabyte by mistake must not fill the memory."""
    with (tmp_path / "large.yaml").open("wb") as large:
        large.truncate(1 << 40)
    assert terminal.refused("contract check large.yaml").startswith("contract-invalid: large.yaml:1:1")


def test_a_file_that_is_no_public_key_is_not_called_tampering(terminal: Terminal, world: World) -> None:
    """An alarm about the ledger that is only a typo costs trust in the next alarm."""
    assert terminal.refused(f"ledger verify --key {sys.executable}") == (
        f"value-problem: The file {sys.executable} holds no ed25519 public key. "
        "Write one with `openssl pkey -in private.pem -pubout -out public.pem`."
    )


def test_a_picture_or_page_is_never_written_over_what_it_is_made_of(terminal: Terminal, tmp_path: Path) -> None:
    """A name typed twice must not cost somebody's file."""
    (tmp_path / "map.yaml").write_text(map_text({"slow-requests": a_problem()}))
    (tmp_path / "service.yaml").write_text(SERVICE)
    (tmp_path / "payments.yaml").write_text(contract_text("payments"))
    for line, file in (
        ("problem list map.yaml --svg ./map.yaml", "map.yaml"),
        ("promise service.yaml --html service.yaml", "service.yaml"),
        ("contract show payments.yaml --html payments.yaml", "payments.yaml"),
        ("contract plan payments.yaml --svg payments.yaml", "payments.yaml"),
    ):
        before = (tmp_path / file).read_text()
        assert f"{file} is named twice, so one would be written over the other" in terminal.refused(line)
        assert (tmp_path / file).read_text() == before
