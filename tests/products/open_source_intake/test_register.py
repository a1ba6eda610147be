"""The register has each decision once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from goldenthread.products.open_source_intake import Register, RegisterConflict

CASE: dict[str, Any] = {"request": "pypi/foo", "package": "foo", "licence": "MIT"}


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path / "home" / "register.sqlite")


def test_the_same_decision_twice_is_one(register: Register, tmp_path: Path) -> None:
    """Delivery after a crash repeats the call, in another process as well."""
    first = register.admit(**CASE)
    assert Register(tmp_path / "home" / "register.sqlite").admit(**CASE) == first
    assert register.entries() == (first,)
    assert first.state == "admitted"


def test_many_deliveries_at_once_are_one(register: Register) -> None:
    """Two workers may hold the same permit."""
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda _: register.refuse(**CASE).state, range(24)))
    assert set(states) == {"refused"}
    assert len(register.entries()) == 1


def test_another_decision_under_the_same_request_is_refused(register: Register) -> None:
    """The key stands for exactly one decision."""
    register.admit(**CASE)
    with pytest.raises(RegisterConflict) as conflict:
        register.refuse(**CASE)
    assert str(conflict.value) == (
        "request 'pypi/foo' cannot be refused as 'foo' under 'MIT'; it was admitted as 'foo' under 'MIT'. "
        "Undo that, then ask under a new request."
    )


def test_a_late_delivery_does_not_redo_what_was_undone(register: Register) -> None:
    """Otherwise a retry would quietly revert a person's withdrawal."""
    register.admit(**CASE)
    assert register.withdraw(request="pypi/foo").state == "withdrawn"
    assert register.withdraw(request="pypi/foo").state == "withdrawn"
    assert register.admit(**CASE).state == "withdrawn"


def test_a_refusal_can_be_reopened(register: Register) -> None:
    """refuse_package states reopen_request as its undo."""
    register.refuse(**CASE)
    assert register.reopen(request="pypi/foo").state == "reopened"


def test_only_what_was_decided_can_be_undone(register: Register) -> None:
    """An undo that changes nothing must say so."""
    with pytest.raises(RegisterConflict) as unknown:
        register.withdraw(request="pypi/foo")
    assert str(unknown.value) == (
        "request 'pypi/foo' cannot be withdrawn; it is unknown, and only what was admitted can be."
    )
    register.admit(**CASE)
    with pytest.raises(RegisterConflict, match="it is admitted, and only what was refused can be"):
        register.reopen(request="pypi/foo")
    assert register.entry("pypi/foo") is not None
    assert register.entry("pypi/bar") is None
