"""A home of its own for each test, and a terminal beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from goldenthread.record.store import Home
from surfaces.cli.typed import Terminal
from worlds import World, contract_text, declare_tools, make_world

Written = Callable[..., Path]
Worked = Callable[..., list[str]]


@pytest.fixture
def terminal(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal in a folder of its own, beside an empty home."""
    monkeypatch.chdir(tmp_path)
    for name in ("GOLDENTHREAD_PASSPHRASE", "GOLDENTHREAD_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return Terminal()


@pytest.fixture
def world(home: Home) -> World:
    """The home with its people: see `worlds`."""
    return make_world(home.path)


@pytest.fixture
def contract(tmp_path: Path) -> Written:
    """A contract file, `payments.yaml` unless named; see `contract_text`."""

    def written(file: str = "payments.yaml", *, slice_name: str = "payments", **wanted: Any) -> Path:
        path = tmp_path / file
        path.write_text(contract_text(slice_name, **wanted))
        return path

    return written


@pytest.fixture
def work(world: World) -> Worked:
    """The agent pays for the cases given, and says how each run ended; it may do so in several slices."""

    def worked(*cases: str, slice_name: str = "payments", amount: Any = 10) -> list[str]:
        ended = []
        with world.connect() as thread:
            pay = declare_tools(thread)["pay"]
            for case in cases:
                with thread.run(slice_name, case=case, given={"text": f"please pay {case}"}) as run:
                    pay(f"order-{case}", amount)
                ended.append(run.status)
        return ended

    return worked
