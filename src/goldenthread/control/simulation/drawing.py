"""Everything random about one agent's cases: what each is worth in every metric, and when that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from goldenthread.control.simulation.quality import Amount, Nature, Quality, Rate
from goldenthread.promise.contract import METRICS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Generator: TypeAlias = np.random.Generator
    Floats: TypeAlias = NDArray[np.float64]
    Mask: TypeAlias = NDArray[np.bool_]

_AT_ONCE = ("at the end of the run", "at once")


@dataclass(kw_only=True, slots=True)
class Column:
    """What every case is worth in one metric, and how many days later it is known."""

    metric: str
    of: Literal["agent", "people"]
    values: Sequence[float]
    waits: Sequence[float]


class Drawing:
    """Everything random about one agent's cases, column by column, in a fixed order."""

    def __init__(self, rng: Generator, nature: Nature, cases: int) -> None:
        import numpy as np

        self.rng, self.nature, self.cases = rng, nature, cases
        self.days = (np.arange(cases) / nature.cases_a_day).astype(np.int64)
        self.in_segment: dict[tuple[str, str], NDArray[np.bool_]] = {}
        self._names = self._draw_segments()
        self._drawn: dict[str, Floats] = {}  # the agent's values, by metric

    def segments(self) -> list[Mapping[str, str]]:
        """What each case names."""
        columns = {name: drawn.tolist() for name, drawn in self._names.items()}
        return [{name: column[place] for name, column in columns.items()} for place in range(self.cases)]

    def column(self, metric: str, *, people: bool = False) -> Column:
        """The values of a metric, and the days until each is known."""
        import numpy as np

        values = self._of_people(metric) if people else self._of_agent(metric)
        delay, meaning = self.nature.delay, METRICS[metric]
        waits = np.zeros(self.cases)
        if (delay.good or delay.bad) and meaning.due not in _AT_ONCE:
            bad = values == (0.0 if meaning.direction == "higher" else 1.0) if meaning.kind == "rate" else False
            means = np.where(bad, delay.bad, delay.good)
            waits = self.rng.exponential(1.0, self.cases) * means / self.nature.cases_a_day
        return Column(metric=metric, of="people" if people else "agent", values=values.tolist(), waits=waits.tolist())

    def values(self, metric: str) -> Floats:
        """The values of a metric: its quality, that of segments set apart, then the changes."""
        return self._in_parts(metric, self._blank)

    def _of_agent(self, metric: str) -> Floats:
        self._drawn[metric] = self.values(metric)
        return self._drawn[metric]

    def _of_people(self, metric: str) -> Floats:
        """As many as said by the agent's luck, the others by luck of their own."""
        import numpy as np

        quality = self.nature.people[metric]
        own = self._blank(quality)
        if self.nature.together == 0.0:
            return own
        shared = self.rng.random(self.cases) < self.nature.together
        return np.where(shared, self._with_luck(quality, self._luck(metric)), own)

    def _luck(self, metric: str) -> Floats:
        """
        How lucky the agent was with each case, in (0, 1): the place of its value among all that it might have had.

        Where many cases have one value, as the yes and the no of a rate, their order among each other is drawn.
        """
        drawn, rank = self._drawn[metric], self.rng.random(self.cases)
        below = self._in_parts(metric, lambda quality: _share_up_to(quality, drawn, strictly=True))
        within = self._in_parts(metric, lambda quality: _share_up_to(quality, drawn, strictly=False)) - below
        return below + rank * within

    def _with_luck(self, quality: Quality, luck: Floats) -> Floats:
        import numpy as np

        if isinstance(quality, Rate):
            return np.asarray(luck >= 1.0 - quality.share, dtype=np.float64)
        point = NormalDist().inv_cdf
        normal = np.array([point(min(max(one, 1e-15), 1.0 - 1e-15)) for one in luck.tolist()])
        return _amounts_at(quality, -normal if quality.mirrored else normal)

    def _in_parts(self, metric: str, drawn: Callable[[Quality], Floats]) -> Floats:
        """What `drawn` gives for the quality of each case."""
        import numpy as np

        found = drawn(self.nature.agent[metric])
        for where, quality in self._parts(metric):
            found = np.where(where, drawn(quality), found)
        return found

    def _parts(self, metric: str) -> Iterator[tuple[Mask, Quality]]:
        """Where a metric is of another quality than usual, later ones above earlier ones."""
        import numpy as np

        for (name, attribute, value), quality in sorted(self.nature.in_segment.items(), key=lambda item: item[0]):
            if name == metric:
                yield self.in_segment[attribute, value], quality
        for change in self.nature.changes:
            if change.metric == metric:
                since = np.arange(1, self.cases + 1) - change.case
                turn = 0 if change.turns is None else since // change.turns % 2
                yield (since >= 0) & np.equal(turn, 0), change.quality

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
        return _amounts_at(quality, normal)

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


def _amounts_at(quality: Amount, normal: Floats) -> Floats:
    """The amounts that these draws from a standard normal stand for."""
    import numpy as np

    drawn = np.minimum(quality.centre * np.exp(quality.sigma * normal), quality.cap)
    return np.asarray(quality.cap - drawn if quality.mirrored else drawn)


def _share_up_to(quality: Quality, values: Floats, *, strictly: bool) -> Floats:
    """The share of cases of this quality whose value is at most (strictly: below) each of these."""
    import numpy as np

    if isinstance(quality, Rate):
        share = 1.0 - quality.share
        return np.where(values == 1.0, share if strictly else 1.0, 0.0 if strictly else share)
    return np.array([quality.share_below(one) if strictly else quality.share_within(one) for one in values.tolist()])
