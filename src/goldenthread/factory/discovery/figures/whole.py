"""All figures of a log. Questions that do not need each other's answers are asked at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from goldenthread.factory.discovery.figures import calendar, flow, people
from goldenthread.factory.discovery.figures.drift import drift
from goldenthread.factory.discovery.figures.model import Edge, Figures
from goldenthread.factory.discovery.figures.rework import rework
from goldenthread.factory.discovery.reading.logs import Log


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Figures that are being counted: what follows what comes first; `whole` waits for all of them."""

    edges: Future[tuple[Edge, ...]]
    whole: Callable[[], Figures]


def figures_of(log: Log, *, within_us: int | None = None, hide_people: bool = False) -> Figures:
    """
    What a log shows. May be asked once of an opened log.

    Args:
        log: As it was read.
        within_us: A cycle time that somebody promised, in microseconds.
        hide_people: Resources are numbered, and not named.
    """
    with asking(log, within_us=within_us, hide_people=hide_people) as asked:
        return asked.whole()


@contextmanager
def asking(log: Log, *, within_us: int | None = None, hide_people: bool = False) -> Iterator[Asked]:
    """As `figures_of`, for who has something else to do meanwhile."""
    bench = log.bench
    flow.prepare(bench)
    if hide_people:
        people.hide_names(bench)
    meanings = {choice.meaning for choice in log.intake.choices}
    with ThreadPoolExecutor(bench.threads) as pool:
        edges = pool.submit(flow.edges, bench)
        drifted = pool.submit(drift, bench)  # The longest begin first.
        activities = pool.submit(flow.activities, bench)
        handovers = pool.submit(people.handovers, bench)
        again = pool.submit(rework, bench)
        overview = pool.submit(flow.overview, bench)
        seasons = pool.submit(calendar.seasons, bench, log.intake.zone)
        alone = pool.submit(people.alone, bench)
        timers = pool.submit(flow.timers, bench)
        resources = pool.submit(people.resources, bench)
        variants = pool.submit(flow.variants, bench)
        named_ends = pool.submit(calendar.named_ends, bench)
        deadlines = pool.submit(calendar.deadlines, bench, ends_named="ended" in meanings)
        within = pool.submit(calendar.within, bench, within_us) if within_us is not None else None
        yield Asked(
            edges=edges,
            whole=lambda: Figures(
                overview=overview.result(),
                activities=activities.result(),
                edges=edges.result(),
                timers=timers.result(),
                variants=variants.result(),
                rework=again.result(),
                handovers=handovers.result(),
                resources=resources.result(),
                alone=alone.result(),
                named_ends=named_ends.result(),
                deadlines=deadlines.result(),
                within=within.result() if within is not None else None,
                seasons=seasons.result(),
                drift=drifted.result(),
            ),
        )
