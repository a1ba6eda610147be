"""A home of its own for each test, with people and contracts that were typed in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from goldenthread.record.store import Home
from surfaces.cli.typed import Terminal
from worlds import contract_text

PEOPLE = (
    ("maya@example.com", "person", "owner"),
    ("expert@example.com", "person", "expert"),
    ("finance-ops", "data-owner", "data-owner"),
    ("customer-desk", "data-owner", "data-owner"),
    ("reviewer@example.com", "person", "approver"),
    ("engineer@example.com", "person", "approver"),
)


@pytest.fixture
def terminal(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal in a folder of its own, beside an empty home."""
    monkeypatch.chdir(tmp_path)
    for name in ("GOLDENTHREAD_PASSPHRASE", "GOLDENTHREAD_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return Terminal()


@pytest.fixture
def people(terminal: Terminal) -> None:
    """Everybody that the contract names, an approver, and an agent for whom the engineer answers."""
    terminal.done("init --owner maya@example.com")
    for name, kind, role in PEOPLE:
        terminal.done(f"principal grant {name} --kind {kind} --role {role} --by maya@example.com")
    terminal.done("principal grant agent --kind agent --responsible engineer@example.com --by maya@example.com")


Written = Callable[..., Path]


@pytest.fixture
def contract(tmp_path: Path) -> Written:
    """A contract file `SLICE.yaml`; see `contract_text`."""

    def written(slice_name: str = "payments", **wanted: object) -> Path:
        file = tmp_path / f"{slice_name}.yaml"
        file.write_text(contract_text(slice_name, **wanted))  # type: ignore[arg-type]
        return file

    return written


@pytest.fixture
def signed(people: None, terminal: Terminal, contract: Written) -> Callable[..., None]:
    """A contract signed by everybody it asks."""

    def sign(slice_name: str = "payments", **wanted: object) -> None:
        file = contract(slice_name, **wanted)
        for name, _, role in PEOPLE:
            if role != "approver":
                terminal.done(f"contract sign {file.name} --as {name}")

    return sign
