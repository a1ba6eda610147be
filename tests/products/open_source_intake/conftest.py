"""Fake machines, and a run in memory that stands in for the SDK's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from goldenthread.products.open_source_intake import (
    CAREFUL,
    Decision,
    Package,
    Parameters,
    Places,
    Precedent,
    Precedents,
    bears,
    recorded_decision,
    work,
)


class HandedOver(Exception):
    """The fake run's escalation."""


@dataclass(kw_only=True)
class Notes:
    """A run in memory: what was asked, cited and proposed, or why a person was called."""

    known: Precedents
    retrieved: dict[str, Precedent] = field(default_factory=dict)
    queries: list[dict[str, Any]] = field(default_factory=list)
    cited: list[str] = field(default_factory=list)
    proposal: tuple[str, dict[str, str]] | None = None
    reason: str = ""

    def retrieve(self, source: str, *, query: dict[str, Any], top: int) -> Sequence[Precedent]:
        assert source == "past decisions"
        hits = self.known.search(query, top)
        self.queries.append(query)
        self.retrieved.update({hit.id: hit for hit in hits})
        return hits

    def cite(self, document: str, /) -> None:
        self.cited.append(document)

    def escalate(self, reason: str, /) -> NoReturn:
        raise HandedOver(reason)

    def agrees(self, package: Package, decision: Decision) -> bool:
        expected = decision.arguments(package.request, package.evidence.name)
        return self.proposal == (decision.action, expected)

    def grounded(self) -> bool:
        assert self.proposal is not None
        contents = [self.retrieved[id].content for id in self.cited if id in self.retrieved]
        return len(contents) == len(self.cited) > 0 and all(bears(content, *self.proposal) for content in contents)


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What an agent did on the cases with a recorded decision, in order."""

    cases: Sequence[tuple[Package, Decision, Notes]]

    @property
    def proposals(self) -> list[tuple[Package, Decision, Notes]]:
        return [case for case in self.cases if case[2].proposal]

    @property
    def escalation_rate(self) -> float:
        return 1 - len(self.proposals) / len(self.cases)

    @property
    def agreement(self) -> float:
        agreed = sum(notes.agrees(package, decision) for package, decision, notes in self.proposals)
        return agreed / len(self.proposals)

    @property
    def ungrounded_rate(self) -> float:
        return sum(not notes.grounded() for _, _, notes in self.proposals) / len(self.proposals)

    def words(self) -> str:
        return (
            f"{len(self.cases)} cases, escalated {self.escalation_rate:.1%}, agreement {self.agreement:.1%}, "
            f"ungrounded {self.ungrounded_rate:.1%}"
        )


def _attempt(package: Package, known: Precedents, parameters: Parameters = CAREFUL) -> Notes:
    notes = Notes(known=known)

    def act(action: str) -> Callable[..., None]:
        def proposed(*, request: str, package: str, licence: str) -> None:
            notes.proposal = (action, {"request": request, "package": package, "licence": licence})

        return proposed

    try:
        work(
            package.as_input(),
            notes,
            admit=act("admit_package"),
            refuse=act("refuse_package"),
            parameters=parameters,
        )
    except HandedOver as stop:
        notes.reason = str(stop)
    return notes


def _rehearse(packages: Sequence[Package], parameters: Parameters = CAREFUL) -> Rehearsal:
    known, cases = Precedents(), []
    for package in packages:
        if (decision := recorded_decision(package.declaration)) is not None:
            cases.append((package, decision, _attempt(package, known, parameters)))
            known.learn(package, decision)
    return Rehearsal(cases=cases)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A made-up machine below one folder, with the three ecosystems."""

    root: Path

    @property
    def places(self) -> Places:
        return Places(debian_root=self.root, python=(self.root / "site",), node=(self.root / "node",))

    def python(self, name: str, metadata: Mapping[str, str] | str = "", **licences: str) -> Path:
        folder = self.root / "site" / f"{name}-1.0.dist-info"
        (folder / "licenses").mkdir(parents=True)
        headers = {"Metadata-Version": "2.1", "Name": name, "Version": "1.0"}
        fields = headers if isinstance(metadata, str) else {**headers, **metadata}
        text = metadata if isinstance(metadata, str) and metadata else _headers(fields)
        (folder / "METADATA").write_text(text, encoding="utf-8")
        for number, licence in licences.items():
            (folder / "licenses" / f"LICENSE.{number}").write_text(licence, encoding="utf-8")
        return folder

    def debian(self, package: str, copyright: str | bytes, source: str = "") -> None:
        folder = self.root / "usr/share/doc" / package
        folder.mkdir(parents=True)
        content = copyright.encode() if isinstance(copyright, str) else copyright
        (folder / "copyright").write_bytes(content)
        status = self.root / "var/lib/dpkg/status"
        status.parent.mkdir(parents=True, exist_ok=True)
        stanza = f"Package: {package}\nStatus: install ok installed\nVersion: 1.0-1\nDescription: made up\n"
        stanza += f"Source: {source} (1.0)\n" if source else ""
        with status.open("a", encoding="utf-8") as opened:
            opened.write(stanza + "\n")

    def npm(self, name: str, manifest: object, licence: str = "", inside: str = "") -> Path:
        folder = self.root / "node" / inside / name
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
        if licence:
            (folder / "LICENSE").write_text(licence, encoding="utf-8")
        return folder


def _headers(fields: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items()) + "\nThe long description. License: MIT\n"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """An empty machine."""
    (tmp_path / "site").mkdir()
    (tmp_path / "node").mkdir()
    return Machine(root=tmp_path)


@pytest.fixture
def attempt() -> Callable[..., Notes]:
    """`attempt(package, known, parameters)`: one case by the agent, in memory."""
    return _attempt


@pytest.fixture(scope="session")
def rehearse() -> Callable[..., Rehearsal]:
    """`rehearse(packages, parameters)`: all cases in order, learning each decision after its case."""
    return _rehearse
