"""The agent at its post, against a thread in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from goldenthread.products.open_source_intake import (
    AGENT,
    SLICE,
    Decision,
    Package,
    Precedents,
    Register,
    bears,
    connected,
)
from goldenthread.products.open_source_intake.packages import Declaration, evidence


class Run:
    """A run at a level where every action is allowed."""

    def __init__(self, sources: Mapping[str, Any]) -> None:
        self.sources = sources
        self.cited: list[str] = []

    def retrieve(self, source: str, *, query: dict[str, Any], top: int) -> Any:
        return self.sources[source]["search"](query, top)

    def cite(self, document: str, /) -> None:
        self.cited.append(document)

    def escalate(self, reason: str, /) -> Any:
        raise AssertionError(reason)


class Thread:
    """What the agent declares, kept."""

    def __init__(self) -> None:
        self.actions: dict[str, Callable[..., Any]] = {}
        self.sources: dict[str, Any] = {}
        self.given: list[tuple[str, str, Mapping[str, Any]]] = []

    def action(self, name: str, /) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return lambda tool: self.actions.setdefault(name, tool)

    def source(self, name: str, /, *, search: Any, bears: Any) -> None:
        self.sources[name] = {"search": search, "bears": bears}

    @contextmanager
    def run(self, slice_name: str, /, *, case: str, given: Mapping[str, Any]) -> Iterator[Run]:
        self.given.append((slice_name, case, given))
        yield Run(self.sources)


def package(name: str) -> Package:
    seen = evidence(
        name=name, ecosystem="npm", version="1", summary="", homepage="", files=(), texts=("Use it as you please.",)
    )
    return Package(request=f"npm/{name}", evidence=seen, declaration=Declaration(statements=("MIT",), dialect="spdx"))


def test_a_permitted_proposal_reaches_the_register(tmp_path: Path) -> None:
    """The whole product in one line: seen, retrieved, cited, proposed, done once."""
    thread, known, register = Thread(), Precedents(), Register(tmp_path / "register.sqlite")
    known.learn(package("old"), Decision(action="admit_package", licence="MIT"))
    intake = connected(thread, known, register)
    assert [intake(package("new")).cited, intake(package("new")).cited] == [["npm/old"], ["npm/old"]]
    assert [(entry.request, entry.licence, entry.state) for entry in register.entries()] == [
        ("npm/new", "MIT", "admitted")
    ]
    assert thread.given[0] == (SLICE, "npm/new", package("new").as_input())


def test_it_declares_what_the_contract_names(tmp_path: Path) -> None:
    """An action or source under another name would be denied."""
    thread = Thread()
    connected(thread, Precedents(), Register(tmp_path / "register.sqlite"))
    assert sorted(thread.actions) == ["admit_package", "refuse_package"]
    assert sorted(thread.sources) == ["past decisions"]
    assert AGENT == "open-source-intake-agent"
    assert bears({"action": "admit_package", "licence": "MIT"}, "admit_package", {"licence": "MIT"})
