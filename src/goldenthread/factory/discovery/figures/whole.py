"""All figures of a log."""

from __future__ import annotations

from goldenthread.factory.discovery.figures import calendar, flow, people
from goldenthread.factory.discovery.figures.drift import drift
from goldenthread.factory.discovery.figures.model import Figures
from goldenthread.factory.discovery.figures.rework import rework
from goldenthread.factory.discovery.reading.logs import Log


def figures_of(log: Log, *, within_us: int | None = None, hide_people: bool = False) -> Figures:
    """
    What a log shows. May be asked once of an opened log.

    Args:
        log: As it was read.
        within_us: A cycle time that somebody promised, in microseconds.
        hide_people: Resources are numbered, and not named.
    """
    bench = log.bench
    flow.prepare(bench)
    if hide_people:
        people.hide_names(bench)
    meanings = {choice.meaning for choice in log.intake.choices}
    return Figures(
        overview=flow.overview(bench),
        activities=flow.activities(bench),
        edges=flow.edges(bench),
        timers=flow.timers(bench),
        variants=flow.variants(bench),
        rework=rework(bench),
        handovers=people.handovers(bench),
        resources=people.resources(bench),
        alone=people.alone(bench),
        named_ends=calendar.named_ends(bench),
        deadlines=calendar.deadlines(bench, ends_named="ended" in meanings),
        within=calendar.within(bench, within_us) if within_us is not None else None,
        seasons=calendar.seasons(bench, log.intake.zone),
        drift=drift(bench),
    )
