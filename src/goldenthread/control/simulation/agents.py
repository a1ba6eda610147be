"""A simulated agent: its cases are drawn beforehand, from one seed; the level decides who looks at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from goldenthread.control.simulation.drawing import Column, Drawing
from goldenthread.control.simulation.labelling import Labelling
from goldenthread.control.simulation.play import PlayedCase, PlayedLabel
from goldenthread.control.simulation.quality import Nature
from goldenthread.promise.values import Level


@dataclass(kw_only=True)
class SimulatedAgent:
    """
    A source of cases for `Player.play`.

    The same nature, seed and number give the same cases, whatever else is played and wherever: each agent's generator
    is the `number`-th child of the seed (numpy's SeedSequence).

    Args:
        nature: How good it really is.
        labelling: Who looks at what at which level.
        cases: How many.
        begin: UTC; the first case starts then.
        seed: At least 0.
        number: Which agent of that seed, from 0.
    """

    nature: Nature
    labelling: Labelling
    cases: int
    begin: datetime
    seed: int
    number: int
    _columns: list[Column] = field(init=False)
    _escalated: Sequence[bool] = field(init=False)
    _faulty: Sequence[bool] = field(init=False)
    _draws: Sequence[float] = field(init=False)
    _segments: list[Mapping[str, str]] = field(init=False)
    _retried: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        import numpy as np

        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(self.number,)))
        drawn = Drawing(rng, self.nature, self.cases)
        self._faulty = (rng.random(self.cases) < self.nature.faults).tolist()
        self._draws = rng.random(self.cases).tolist()
        self._segments = drawn.segments()
        self._escalated = [value == 1.0 for value in drawn.values("escalation_rate").tolist()]
        self._columns = [drawn.column(metric) for metric in sorted(self.nature.agent) if metric != "escalation_rate"]
        self._columns += [drawn.column(metric, people=True) for metric in sorted(self.nature.people)]

    def __call__(self, level: Level, number: int) -> PlayedCase | None:
        """The next case, with what would be known of it at this level; None after the last."""
        if number > self.cases:
            return None
        place = number - 1
        days = place / self.nature.cases_a_day
        at = self.begin + timedelta(days=days)
        case, self._retried = self._retried or f"case-{number}", None
        if self._faulty[place]:
            self._retried = case  # tried again: it counts by its first run that is no fault
            return PlayedCase(case=case, at=at, status="fault", segment=self._segments[place])
        escalated = self._escalated[place]
        worked = "drafted" if level is Level.DRAFT else "done"
        return PlayedCase(
            case=case,
            at=at,
            status="escalated" if escalated else worked,
            segment=self._segments[place],
            labels=tuple(self._labels(level, place, at, days, escalated=escalated)),
        )

    def _labels(self, level: Level, place: int, at: datetime, days: float, *, escalated: bool) -> list[PlayedLabel]:
        found = []
        share = self.labelling.shares[level]
        drawn = self._draws[place]
        for column in self._columns:
            seen = share.get((column.metric, column.of), 1.0)
            if drawn >= seen or (escalated and column.metric in self.labelling.of_proposals):
                continue
            wait = column.waits[place]
            known = at if wait == 0.0 else self.begin + timedelta(days=days + wait)
            found.append(PlayedLabel(metric=column.metric, value=column.values[place], known_at=known, of=column.of))
        return found
