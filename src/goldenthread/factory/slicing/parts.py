"""
Parts of a process that an agent might own, cut out of a log in five ways, each with the numbers that it shows.

    activity   one step, from the step before to its own end
    decision   what to do next after a step that is followed by several
    run        steps that one person does in a row, from when the work came to them until they hand it on
    variant    the whole of a case that goes the usual way; cases that leave the way go back to people
    whole      every case, whatever it takes

A step that a timer brings about is nobody's work: it is no part, and a part ends before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from goldenthread.factory.candidates import LogFacts
from goldenthread.factory.discovery import Figures, Log, Report
from goldenthread.factory.slicing.counting import Counted, Cutter
from goldenthread.factory.slicing.filling import filled_share
from goldenthread.factory.slicing.naming import distinct, shown, slug
from goldenthread.factory.slicing.touching import Touch

KINDS = {
    "activity": "one step",
    "decision": "a decision",
    "run": "steps in one hand",
    "variant": "the usual way, whole",
    "whole": "every case, whole",
}
"""Every kind of part, in words."""

MOST = {"activity": 8, "decision": 4, "run": 4, "variant": 2}
FEWEST_CASES, FEWEST_SHARE = 20, 0.05
_PACE_US = 14 * 86_400_000_000
_WEEK_US = 7 * 86_400_000_000


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    One part.

    Attributes:
        slice: Small letters and hyphens.
        kind: One of KINDS.
        title: In words.
        steps: Names of its activities, in order; the options of a decision; none for the whole.
        passes: How often work went through it; a case may come again.
        log: Its numbers, as the ranking takes them.
        usual: Ways through it that make four fifths of its cases, a count.
        touch: People's time on one pass where the log tells it, or None.
    """

    slice: str
    kind: str
    title: str
    steps: tuple[str, ...]
    passes: int
    log: LogFacts
    usual: int
    touch: Touch | None


@dataclass(frozen=True, kw_only=True)
class Cut:
    """All parts, and what was not taken as one, with the reason."""

    parts: tuple[Part, ...]
    left: tuple[str, ...]


def parts_of(log: Log, report: Report) -> Cut:
    """
    Cut a log into parts. Needs a log of which the report was made already, and is asked once.

    Args:
        log: As it was opened.
        report: Of it.
    """
    figures = report.figures
    if figures.overview.cases < FEWEST_CASES:
        words = f"The log has {figures.overview.cases:,} cases; of fewer than {FEWEST_CASES} nothing can be proved"
        return Cut(parts=(), left=(words,))
    cutter = Cutter(log, figures, timed(figures))
    least = max(FEWEST_CASES, FEWEST_SHARE * figures.overview.cases)
    cutter.cut(MOST, least)
    names: set[str] = set()
    parts = tuple(_part(one, log, report, names) for one in cutter.counted())
    return Cut(parts=parts, left=tuple(_left(figures, cutter, least)))


def timed(figures: Figures) -> frozenset[str]:
    """Activities that mostly come about by a timer."""
    steps = {one.name: one.steps for one in figures.activities}
    timers = {(one.source, one.target): one.of for one in figures.timers}
    by_target: dict[str, int] = {}
    for (_, target), of in timers.items():
        by_target[target] = by_target.get(target, 0) + of
    return frozenset(name for name, of in by_target.items() if 2 * of >= steps[name])


def _part(one: Counted, log: Log, report: Report, names: set[str]) -> Part:
    figures, title = report.figures, _title(one)
    deadlines = figures.deadlines is not None
    span = figures.overview.last_us - figures.overview.first_us
    return Part(
        slice=distinct(slug(_slice(one)), names),
        kind=one.kind,
        title=title,
        steps=one.steps,
        passes=one.passes,
        log=LogFacts(
            cases=one.cases,
            weeks=None if span < _PACE_US else round(Decimal(span) / _WEEK_US, 2),
            done=_done(one),
            done_share=share(one.done, one.of),
            deadline_share=share(one.due, one.cases) if deadlines else Decimal(0),
            late_share=share(one.late, one.ended) if one.ended else None,
            filled_share=filled_share(log, None if one.kind == "whole" else one.entry),
            variants=one.ways,
            five_variants_share=share(one.in_five, one.passes),
            rework_share=share(figures.rework.cases if one.kind == "whole" else one.again, one.cases),
            cycle_p50=_seconds(one.p50_us),
            cycle_p90=_seconds(one.p90_us),
        ),
        usual=one.usual,
        touch=one.touch,
    )


def share(part: int, whole: int) -> Decimal:
    """Of a whole above 0, in [0, 1], to a hundredth of a percent."""
    return round(Decimal(part) / Decimal(whole), 4) if whole else Decimal(0)


def _seconds(micros: int | None) -> Decimal | None:
    return None if not micros else max(Decimal(1), round(Decimal(micros) / 1_000_000, 0))


def _title(one: Counted) -> str:
    first, last = _ends(one)
    return {
        "activity": f"the step {_quoted(one.entry)}",
        "decision": f"deciding what comes after {_quoted(one.entry)}",
        "run": f"{first} to {last} in one hand, {len(one.steps)} steps",
        "variant": f"the usual way from {first} to {last}, {len(one.steps)} steps",
        "whole": "every case from its first step to its last",
    }[one.kind]


def _slice(one: Counted) -> str:
    first, last = (one.steps[0], one.steps[-1]) if one.steps else ("", "")
    return {
        "activity": one.entry,
        "decision": f"next after {one.entry}",
        "run": f"{first} to {last}",
        "variant": f"usual way {first} to {last}",
        "whole": "every case",
    }[one.kind]


def _done(one: Counted) -> str:
    _, last = _ends(one)
    return {
        "activity": f"{_quoted(one.entry)} done once and not again",
        "decision": f"one of {len(one.steps)} usual next steps: {_listed(one.steps)}",
        "run": f"{last} and are not brought back",
        "variant": f"{last} without ever leaving the way",
        "whole": f"{_quoted(one.entry)} and nothing done twice",
    }[one.kind]


def _ends(one: Counted) -> tuple[str, str]:
    return (_quoted(one.steps[0]), _quoted(one.steps[-1])) if one.steps else ("", "")


def _quoted(name: str) -> str:
    return f"'{shown(name)}'"


def _left(figures: Figures, cutter: Cutter, least: float) -> Iterator[str]:
    for name in sorted(cutter.timed):
        yield f"{_quoted(name)} is brought about by a timer: an agent that did it sooner would save nobody's time"
    if cutter.arrivals:
        yield f"{_listed(cutter.arrivals)}: cases begin with it, so it is how work comes in, and no work that is seen"
    for name in cutter.unordered:
        yield f"what comes after {_quoted(name)}: in most cases its next steps all come, in one order or another"
    rare = [one.name for one in figures.activities if one.cases < least and one.name not in cutter.timed]
    if rare:
        yield f"{_listed(rare)}: in fewer than {least:,.0f} cases, too few to prove anything"
    if cutter.more:
        yield f"{_listed(cutter.more)}: less frequent than the {MOST['activity']} activities looked at"


def _listed(names: Sequence[str]) -> str:
    first = ", ".join(_quoted(name) for name in names[:4])
    return f"{first} and {len(names) - 4} more activities" if len(names) > 4 else first
