"""The agent at its post in one home: past decisions replayed in shadow, live work, and work that waited."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

import goldenthread
from goldenthread.products.open_source_intake.agent import CAREFUL, Parameters, manifest
from goldenthread.products.open_source_intake.intake import AGENT, CODE, SLICE, connected
from goldenthread.products.open_source_intake.licences import Decision, recorded_decision
from goldenthread.products.open_source_intake.machine import places_here, survey
from goldenthread.products.open_source_intake.packages import Package
from goldenthread.products.open_source_intake.precedents import Precedents
from goldenthread.products.open_source_intake.register import Register
from goldenthread.surfaces.sdk import Run, Thread

EXPERT = "open-source-lead@example.com"
"""Who made the past decisions and answers for them."""

Seen = Callable[[Package, Run], None]


class Post:
    """One release of the agent, connected, with what it has learned."""

    def __init__(self, thread: Thread, parameters: Parameters, register: Register) -> None:
        self.thread = thread
        self.precedents = Precedents()
        self.actions: list[str] = []  # asked for in live work
        self._intake = connected(thread, self.precedents, register, parameters)

    @property
    def level(self) -> str:
        """The level that this release has earned."""
        return self.thread.level(SLICE).value

    def record(self, decided: Sequence[tuple[Package, Decision]]) -> None:
        """Put past decisions on record, in the name of whoever made them."""
        past = [(package.request, decision.action, _arguments(package, decision)) for package, decision in decided]
        self.thread.record_decisions(SLICE, past, by=EXPERT)

    def replay(self, decided: Sequence[tuple[Package, Decision]], seen: Seen) -> None:
        """Work cases that people decided before: each sees the decisions made before it, and is then learned."""
        for package, decision in decided:
            seen(package, self._intake(package))
            self.precedents.learn(package, decision)

    def learn(self, decided: Sequence[tuple[Package, Decision]]) -> None:
        """Learn past decisions without working them again."""
        for package, decision in decided:
            self.precedents.learn(package, decision)

    def work(self, packages: Sequence[Package]) -> Counter[str]:
        """Work live cases; how many ended how."""
        runs = [self._intake(package) for package in packages]
        self.actions += [action for run in runs for action in run.actions]
        return Counter(run.status for run in runs)


def cases() -> tuple[list[tuple[Package, Decision]], list[Package], int]:
    """Packages with their recorded decision, those whose declaration decides nothing, and how many were skipped."""
    found = survey(places_here())
    decided, undecided = [], []
    for package in found.packages:
        decision = recorded_decision(package.declaration)
        if decision is None:
            undecided.append(package)
        else:
            decided.append((package, decision))
    return decided, undecided, sum(found.skipped.values())


@contextmanager
def post(parameters: Parameters = CAREFUL) -> Iterator[Post]:
    """A release of the agent, connected to the home of GOLDENTHREAD_HOME."""
    home = Path(os.environ.get("GOLDENTHREAD_HOME") or ".goldenthread")
    with goldenthread.connect(home, agent=AGENT, manifest=manifest(parameters), code=CODE) as thread:
        yield Post(thread, parameters, Register(home / "register.sqlite"))


def go_on() -> None:
    """Open again the cases that waited, with everything learned; say how each stands now."""
    decided, undecided, _ = cases()
    known = {package.request: package for package in [*(package for package, _ in decided), *undecided]}
    with post() as here:
        waiting = here.thread.waiting(SLICE)
        gone = [case for case in waiting if case not in known]
        live = set(waiting)
        here.learn([(package, decision) for package, decision in decided if package.request not in live])
        ended = here.work([known[case] for case in waiting if case in known])
    words = ", ".join(f"{count} {status}" for status, count in sorted(ended.items())) or "none waited"
    click.echo(f"{len(waiting)} cases that waited were opened again: {words}.")
    for case in gone:
        click.echo(f"{case} is no longer installed here, so its run stays open.")


def _arguments(package: Package, decision: Decision) -> dict[str, str]:
    return decision.arguments(package.request, package.evidence.name)
