"""A slice with business numbers: a clock set by hand, a data owner's table, and an agent that works through weeks."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from control.agents import SLICE, Agent, sign
from goldenthread.control.autonomy import Evaluation, evaluate
from goldenthread.control.guard import record_decisions, record_observation
from goldenthread.control.outcomes import OutcomeReading, freeze_baseline, read_outcome, state_source
from goldenthread.promise.values import GateVerdict, Level
from goldenthread.record.metrics import Proposal
from goldenthread.record.outcomes import make_source
from worlds import CUSTOMER, EXPERT, FINANCE, World

BEGIN = datetime(2099, 11, 23, 8, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
COST, ANSWER, SHARE = "cost_to_serve", "time_to_answer", "agent_share"
OWNERS = {COST: FINANCE, ANSWER: CUSTOMER, SHARE: CUSTOMER}
TWO_CLIMBS = {"approval": ["agreement >= 50 %"], "constrained": ["agreement >= 85 %"]}


class Hands:
    """A clock set by hand; a microsecond passes with each look."""

    def __init__(self) -> None:
        self.at = BEGIN

    def __call__(self) -> datetime:
        self.at += timedelta(microseconds=1)
        return self.at


class Business:
    """The slice `refunds` with tables of its data owners in a folder; begin it with `live` for its first live case."""

    def __init__(self, world: World, folder: Path, **wanted: Any) -> None:
        self.world = world
        self.folder = folder
        self.clock = Hands()
        world.ledger.clock = self.clock
        sign(world, **{"level": "draft", "gates": TWO_CLIMBS, **wanted})
        self.agent = Agent(world)
        self.desk = self.agent.desk
        self.past = 0

    def live(self, case: str = "live-1") -> None:
        """A live case, worked to its end."""
        run = self.agent.run(case)
        self.agent.ask(run, order=case)
        self.agent.end(run)

    def agree(self, cases: int = 1) -> None:
        """Cases that people decided before, and the agent decides alike: evidence for the gates."""
        for _ in range(cases):
            self.past += 1
            case, decision = f"past-{self.past}", Proposal(action="pay", arguments={"x": 1})
            record_decisions(self.desk, [(case, decision)], EXPERT, self.world.keyring.sign)
            run = self.agent.run(case)
            self.agent.ask(run, "pay", x=1)
            self.agent.end(run, "denied")

    def climb(self, level: Level) -> None:
        """Agree until the agent has a level."""
        for _ in range(60):
            if self.agent.level() is level:
                return
            self.agree()
        raise AssertionError(f"it is still at {self.agent.level()}")

    def judged(self) -> Evaluation:
        """Agree until the next gate is decided; how many cases that takes, hangs on which of them are drawn."""
        for _ in range(60):
            found = evaluate(self.desk.standing(), self.agent.declaration.fingerprint)
            if found.verdict is not GateVerdict.INSUFFICIENT:
                return found
            self.agree()
        raise AssertionError("nothing is decided")

    def table(self, metric: str, rows: Iterable[Mapping[str, object]]) -> Path:
        """Write the table of a metric and have its owner state it, unless they have."""
        found, path = list(rows), self.folder / f"{metric}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(found[0]))
            writer.writeheader()
            writer.writerows(found)
        stated = self.desk.standing().windows.sources.get(metric)
        source = make_source(metric, file=str(path), columns={name: name for name in found[0]})
        if stated is None or stated.digest != source.digest:
            state_source(self.desk, self.world.keyring, source, by=OWNERS[metric])
        return path

    def read(self, metric: str, rows: Iterable[Mapping[str, object]]) -> OutcomeReading:
        """Write the table and read it."""
        self.table(metric, rows)
        return read_outcome(self.desk, metric)

    def weeks(self, metric: str, values: Mapping[int, object]) -> OutcomeReading:
        """Read a table of one value a week, by weeks since the beginning."""
        named = ({"period": _week(number), "value": value} for number, value in values.items())
        return self.read(metric, named)

    def reach(self) -> None:
        """Every window is over, and every line reached."""
        self.clock.at = BEGIN + 8 * WEEK + timedelta(days=1)
        for metric, value in ((COST, 5), (ANSWER, "0.5"), (SHARE, 80)):
            self.weeks(metric, {6: value, 7: value})

    def baseline(self, metric: str, weeks: int) -> None:
        """Freeze the weeks before the beginning."""
        begins, ring = (BEGIN - weeks * WEEK).date(), self.world.keyring
        freeze_baseline(self.desk, ring, metric, begins=begins, ends=BEGIN.date(), by=OWNERS[metric])

    def report(self, case: str, metric: str, value: float, by: str | None = None) -> None:
        """A data owner reports the value of one case; that of the line, unless another is named."""
        record_observation(self.desk, case, metric, value, by or OWNERS[metric], self.world.keyring.sign)


def _week(number: int) -> str:
    year, week, _ = (BEGIN + number * WEEK).isocalendar()
    return f"{year}-W{week:02d}"


__all__ = ["ANSWER", "BEGIN", "COST", "SHARE", "SLICE", "WEEK", "Business", "Hands"]
