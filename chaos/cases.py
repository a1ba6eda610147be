"""The cases: packages that are installed here, as often as needed, and payments that customers ask for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from chaos.place import Place
from goldenthread.products import open_source_intake as intake
from goldenthread.products.open_source_intake.live import cases as installed
from goldenthread.products.open_source_intake.packages import Declaration, Evidence

_PRECEDENTS = 60
_LONGEST = 20_000
"""Letters of licence text in a case; longer ones only cost time here."""


def keep_packages(place: Place) -> int:
    """Look at what is installed here, once; how many packages are kept."""
    decided, undecided, _ = installed()
    known = [{"package": asdict(package), "decision": asdict(decision)} for package, decision in decided[:_PRECEDENTS]]
    rest = [package for package, _ in decided[_PRECEDENTS:]] + undecided
    small = [package for package in rest if sum(map(len, package.evidence.texts)) <= _LONGEST]
    place.write("precedents.json", known)
    place.write("packages.json", [package.as_input() for package in small])
    return len(known) + len(small)


def known_decisions(place: Place) -> list[tuple[intake.Package, intake.Decision]]:
    """What people decided before."""
    return [(_package(one["package"]), intake.Decision(**one["decision"])) for one in place.read("precedents.json")]


def known_precedents(place: Place) -> intake.Precedents:
    """The same, to be searched."""
    precedents = intake.Precedents()
    for package, decision in known_decisions(place):
        precedents.learn(package, decision)
    return precedents


def package_cases(place: Place) -> Iterator[dict[str, Any]]:
    """Requests without end: the packages again and again, each time under another request."""
    packages = place.read("packages.json")
    number = 0
    while True:
        for package in packages:
            number += 1
            yield {**package, "request": f"{package['request']}.{number}", "rules": number % 20 != 0}


def payment(number: int, draw: random.Random, prefix: str = "payment") -> dict[str, Any]:
    """What a customer asks for; the subject is the case."""
    return {
        "recipient": f"DE{draw.randrange(10**10):010d}",
        "amount": draw.choice([12.5, 40, 120, 249.99, 300, 900]),
        "subject": f"{prefix}-{number}",
        "date": "2026-11-02",
        "rules": number % 20 != 0,
    }


def _package(fields: dict[str, Any]) -> intake.Package:
    seen, said = fields["evidence"], fields["declaration"]
    evidence = Evidence(**{**seen, "files": tuple(seen["files"]), "texts": tuple(seen["texts"])})
    declaration = Declaration(**{**said, "statements": tuple(said["statements"])})
    return replace(intake.Package(request=fields["request"], evidence=evidence, declaration=declaration))
