"""What the owner of a process should know first, in sentences; each says its numbers, none says a cause."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from goldenthread.factory.discovery.figures.durations import duration
from goldenthread.factory.discovery.figures.model import Figures

_PACE_US = 14 * 86_400_000_000  # of a shorter log nobody tells what comes in a week
_CHANGES = 4


def findings(figures: Figures) -> tuple[str, ...]:
    """
    Sentences, what there is to the size of the work first.

    Args:
        figures: Of the log.
    """
    parts = (_size, _beyond, _timers, _longest, _variants, _rework, _late, _within, _handovers, _alone, _drift)
    return tuple(sentence for part in parts for sentence in part(figures))


def percent(part: float, whole: float) -> str:
    """`27 %`; one digit more below ten, so that little is not nothing."""
    share = 100 * part / whole if whole else 0.0
    return f"{share:.0f} %" if share >= 9.5 or share == 0 else f"{share:.1f} %"


def times(number: int) -> str:
    """`once`, `2 times`."""
    return "once" if number == 1 else f"{number:,} times"


def day(micros: int) -> str:
    """`2026-11-22`, UTC."""
    return datetime.fromtimestamp(micros // 1_000_000, UTC).date().isoformat()


def _size(figures: Figures) -> Iterator[str]:
    line = figures.overview
    long = line.last_us - line.first_us >= _PACE_US
    pace = f", {line.per_week:,.1f} a week" if line.per_week is not None and long else ""
    yield (
        f"{line.cases:,} cases from {day(line.first_us)} to {day(line.last_us)}{pace}. Half of them took at most "
        f"{duration(line.cycle.median_us)}; five in a hundred took more than {duration(line.cycle.p95_us)}."
    )


def _beyond(figures: Figures) -> Iterator[str]:
    ends, cycle = figures.named_ends, figures.overview.cycle
    if ends is None or ends.after_last is None or ends.from_first is None:
        return
    if ends.after_last.median_us > cycle.median_us:
        yield (
            f"The log shows a part of the work only: {ends.cases:,} cases end by their own end date after their last "
            f"event, {duration(ends.after_last.median_us)} later at the median, {duration(ends.from_first.median_us)} "
            "after their first."
        )


def _timers(figures: Figures) -> Iterator[str]:
    by_edge: dict[tuple[str, str], list[str]] = {}
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for timer in figures.timers:
        edge = (timer.source, timer.target)
        by_edge.setdefault(edge, []).append(f"{timer.days}")
        counts[edge] = (counts.get(edge, (0, 0))[0] + timer.count, timer.of)
    for (source, target), days in by_edge.items():
        count, of = counts[source, target]
        words = (
            f"'{target}' follows '{source}' after {' or '.join(days)} days to the quarter of an hour in "
            f"{percent(count, of)} of {of:,} times: that looks like a timer, not like work."
        )
        last = next((one for one in figures.activities if one.name == target), None)
        until = figures.overview.until_last
        if last is not None and until is not None and last.last > figures.overview.cases / 2:
            words += f" Until the step before the last, half of the cases took at most {duration(until.median_us)}."
        yield words


def _longest(figures: Figures) -> Iterator[str]:
    whole = sum(edge.total_us for edge in figures.edges)
    if not whole:
        return
    most = max(figures.edges, key=lambda edge: edge.total_us)
    yield (
        f"{percent(most.total_us, whole)} of all time passes between '{most.source}' and '{most.target}' "
        f"({times(most.count)}, median {duration(most.median_us)})."
    )


def _variants(figures: Figures) -> Iterator[str]:
    cases, first = figures.overview.cases, figures.variants[0]
    reached, needed = 0, 0
    for variant in figures.variants:
        reached, needed = reached + variant.cases, needed + 1
        if reached >= 0.8 * cases:
            break
    words = f"The most frequent of {figures.overview.variants:,} variants is {percent(first.cases, cases)} of the cases"
    if reached >= 0.8 * cases and needed > 1:
        words += f"; {needed:,} make {percent(reached, cases)}"
    yield f"{words}. It is {' -> '.join(first.activities[:12])}{' -> ...' if len(first.activities) > 12 else ''}."


def _rework(figures: Figures) -> Iterator[str]:
    cases, again = figures.overview.cases, figures.rework
    if not again.cases:
        yield "No case did an activity twice."
        return
    words = f"Rework in {percent(again.cases, cases)} of the cases ({again.cases:,}): {again.steps:,} steps came again."
    if again.median_with_us is not None and again.median_without_us is not None:
        took = duration(again.median_with_us), duration(again.median_without_us)
        words += f" The median is {took[0]} with rework and {took[1]} without."
    yield words
    most = again.loops[0]
    back = "at once" if most.back_from == most.activity else f"after '{most.back_from}'"
    yield (
        f"The most frequent loop: '{most.activity}' again {back}, {times(most.count)} in {most.cases:,} cases, "
        f"median {duration(most.median_us)} later."
    )


def _late(figures: Figures) -> Iterator[str]:
    due = figures.deadlines
    if due is None:
        return
    late = (
        f"{due.late:,} of {due.ended:,} cases that ended did so after their deadline ({percent(due.late, due.ended)})"
    )
    if due.lateness is not None:
        late += f", half of them by more than {duration(due.lateness.median_us)}"
    still = f" {due.open:,} have not ended, {due.open_late:,} of them past the deadline." if due.open else ""
    yield f"{late}.{still}"


def _within(figures: Figures) -> Iterator[str]:
    if figures.within is not None:
        held = figures.within
        yield f"{percent(held.held, held.cases)} of the cases took no longer than {duration(held.promised_us)}."


def _handovers(figures: Figures) -> Iterator[str]:
    hands = figures.handovers
    if hands is None:
        return
    words = f"Work changes hands at {percent(hands.changed, hands.known)} of the steps where both are known"
    if hands.median_changed_us is not None and hands.median_kept_us is not None:
        words += (
            f"; the gap is {duration(hands.median_changed_us)} there and {duration(hands.median_kept_us)} where it "
            "stays (medians)"
        )
    yield f"{words}."


def _alone(figures: Figures) -> Iterator[str]:
    if figures.alone:
        listed = ", ".join(f"'{one.activity}' ({one.resource})" for one in figures.alone[:3])
        yield f"{len(figures.alone):,} activities depend on one: nine of ten steps or more are by the same. {listed}."


def _drift(figures: Figures) -> Iterator[str]:
    drift = figures.drift
    if drift.insufficient is not None:
        return
    if not drift.changes:
        yield "No change of the process over time was found."
        return
    strongest = sorted(drift.changes, key=lambda one: (one.p_value, -min(one.cases_before, one.cases_after)))[:_CHANGES]
    listed = "; ".join(
        f"{day(one.at_us)}, {one.of} ({one.shifts[0].words} {one.shifts[0].before:.2f} -> {one.shifts[0].after:.2f})"
        for one in sorted(strongest, key=lambda one: one.at_us)
    )
    yield (
        f"The process changed over time, {len(drift.changes):,} times by this test: {listed}. Figures over the whole "
        "log mix what was before and after."
    )
