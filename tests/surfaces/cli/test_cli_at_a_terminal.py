"""What changes where a person really sits at a terminal: questions, tables and colour."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

from goldenthread.record.principals import Custody, KeyRing
from goldenthread.record.store import Home

COMMAND = [sys.executable, "-c", "from goldenthread.surfaces.cli import main; main()"]


def typed_at(words: list[str], *answers: tuple[str, str], **environment: str) -> str:
    """What the terminal shows of a command; each answer is typed when its question appears."""
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment}
    with subprocess.Popen([*COMMAND, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=settings) as process:
        os.close(theirs)
        shown, waiting = "", list(answers)
        while select.select([ours], [], [], 30)[0] and (read := _read(ours)):
            shown += read
            if waiting and waiting[0][0] in shown:
                os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
        process.kill()
    os.close(ours)
    return shown.replace("\r\n", "\n")


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 65536).decode()
    except OSError:  # Linux says so when the other side is closed.
        return ""


def test_a_passphrase_is_asked_for_and_not_shown(home: Home) -> None:
    """A passphrase among the arguments would stand in every list of processes."""
    shown = typed_at(["init", "--owner", "maya"], ("(empty: none)", "correct horse"), ("confirmation", "correct horse"))
    assert shown.startswith("Passphrase for the new key of maya (empty: none): \nRepeat for confirmation: \n")
    assert "correct horse" not in shown
    assert "The key is protected by its passphrase." in shown
    assert KeyRing(home).custody("maya") is Custody.PASSPHRASE
    words = ["principal", "grant", "bot", "--kind", "service", "--role", "sealer", "--by", "maya"]
    again = typed_at(words, ("of maya: ", "correct horse"), ("key of bot", ""), ("confirmation", ""))
    assert "bot is now a service with sealer." in again


def test_the_demo_asks_for_no_passphrase(home: Home, tmp_path: Path) -> None:
    """Its keys are published, and a question would stop it at the first person."""
    at = ["--home", str(tmp_path / "demo")]
    typed_at([*at, "init", "--owner", "maya", "--demo"])
    shown = typed_at([*at, "principal", "grant", "lee", "--kind", "person", "--role", "approver", "--by", "maya"])
    assert shown.startswith("lee is now a person with approver. Key ")
    assert "assphrase" not in shown.removesuffix(" made in this home without a passphrase.\n")


def test_nobody_is_asked_for_the_passphrase_of_an_agent(home: Home) -> None:
    """An agent works where nobody sits, so a passphrase would only lock it out."""
    typed_at(["init", "--owner", "maya"], ("(empty: none)", ""), ("confirmation", ""))
    shown = typed_at(["principal", "grant", "bot", "--kind", "agent", "--responsible", "maya", "--by", "maya"])
    assert shown.startswith("bot is now an agent, answered for by maya. Key ")
    assert shown.endswith(" made in this home without a passphrase.\n")


def test_a_table_has_colour_unless_somebody_says_no(home: Home) -> None:
    """See https://no-color.org: whoever cannot use colour must be able to turn it off."""
    typed_at(["init", "--owner", "maya"], ("(empty: none)", ""), ("confirmation", ""))
    assert "\x1b[1m" in typed_at(["principal", "list"], NO_COLOR="")
    plain = typed_at(["principal", "list"], NO_COLOR="1")
    assert "\x1b" not in plain
    assert plain.splitlines()[0].split() == ["name", "kind", "roles", "answered", "for", "by", "key"]
