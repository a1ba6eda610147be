"""A simulated agent: its cases are drawn beforehand, from one seed; the level decides who looks at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from goldenthread.control.simulation.labelling import Labelling
from goldenthread.control.simulation.play import PlayedCase, PlayedLabel
from goldenthread.control.simulation.quality import Amount, Nature, Quality, Rate
from goldenthread.promise.contract import METRICS
from goldenthread.promise.values import Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Generator: TypeAlias = np.random.Generator
    Floats: TypeAlias = NDArray[np.float64]

_AT_ONCE = ("at the end of the run", "at once")


@dataclass(kw_only=True, slots=True)
class Column:
    """What every case is worth in one metric, and how many days later it is known."""

    metric: str
    of: Literal["agent", "people"]
    values: Sequence[float]
    waits: Sequence[float]


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
        drawn = _Drawing(rng, self.nature, self.cases)
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


class _Drawing:
    """Everything random about one agent's cases, column by column, in a fixed order."""

    def __init__(self, rng: Generator, nature: Nature, cases: int) -> None:
        import numpy as np

        self.rng, self.nature, self.cases = rng, nature, cases
        self.days = (np.arange(cases) / nature.cases_a_day).astype(np.int64)
        self.in_segment: dict[tuple[str, str], NDArray[np.bool_]] = {}
        self._names = self._draw_segments()

    def segments(self) -> list[Mapping[str, str]]:
        """What each case names."""
        columns = {name: drawn.tolist() for name, drawn in self._names.items()}
        return [{name: column[place] for name, column in columns.items()} for place in range(self.cases)]

    def column(self, metric: str, *, people: bool = False) -> Column:
        """The values of a metric, and the days until each is known."""
        import numpy as np

        values = self._blank(self.nature.people[metric]) if people else self.values(metric)
        delay, meaning = self.nature.delay, METRICS[metric]
        waits = np.zeros(self.cases)
        if (delay.good or delay.bad) and meaning.due not in _AT_ONCE:
            bad = values == (0.0 if meaning.direction == "higher" else 1.0) if meaning.kind == "rate" else False
            means = np.where(bad, delay.bad, delay.good)
            waits = self.rng.exponential(1.0, self.cases) * means / self.nature.cases_a_day
        return Column(metric=metric, of="people" if people else "agent", values=values.tolist(), waits=waits.tolist())

    def values(self, metric: str) -> Floats:
        """The values of a metric: its quality, that of segments set apart, then the changes."""
        import numpy as np

        found = self._blank(self.nature.agent[metric])
        for (name, attribute, value), quality in sorted(self.nature.in_segment.items(), key=lambda item: item[0]):
            if name == metric:
                found = np.where(self.in_segment[attribute, value], self._blank(quality), found)
        for change in self.nature.changes:
            if change.metric == metric:
                later = np.arange(1, self.cases + 1) >= change.case
                found = np.where(later, self._blank(change.quality), found)
        return found

    def _blank(self, quality: Quality) -> Floats:
        return self._happened(quality) if isinstance(quality, Rate) else self._amounts(quality)

    def _happened(self, quality: Rate) -> Floats:
        import numpy as np

        share, like = quality.share, self.nature.day_effect
        if like == 0.0 or share in (0.0, 1.0):
            return np.asarray(self.rng.random(self.cases) < share, dtype=np.float64)
        scale = (1.0 - like) / like
        of_day = self.rng.beta(share * scale, (1.0 - share) * scale, self._day_count)
        return np.asarray(self.rng.random(self.cases) < of_day[self.days], dtype=np.float64)

    def _amounts(self, quality: Amount) -> Floats:
        import numpy as np

        like = self.nature.day_effect
        normal = self.rng.standard_normal(self.cases)
        if like:
            of_day = self.rng.standard_normal(self._day_count)
            normal = np.sqrt(like) * of_day[self.days] + np.sqrt(1.0 - like) * normal
        drawn = np.minimum(quality.centre * np.exp(quality.sigma * normal), quality.cap)
        return np.asarray(quality.cap - drawn if quality.mirrored else drawn)

    @property
    def _day_count(self) -> int:
        return int(self.days[-1]) + 1 if self.cases else 0

    def _draw_segments(self) -> dict[str, NDArray[Any]]:
        import numpy as np

        names: dict[str, NDArray[Any]] = {}
        for attribute in sorted({name for name, _ in self.nature.shares}):
            values = [value for name, value in self.nature.shares if name == attribute]
            shares = np.array([self.nature.shares[attribute, value] for value in values])
            drawn = self.rng.choice(np.array(values, dtype=object), size=self.cases, p=shares / shares.sum())
            names[attribute] = drawn
            self.in_segment.update({(attribute, value): np.asarray(drawn == value) for value in values})
        return names
