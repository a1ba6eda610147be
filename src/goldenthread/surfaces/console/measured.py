"""Standard metrics on pages: what stands in the facts, which a page never makes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date
from functools import partial
from typing import TYPE_CHECKING

from goldenthread.promise.errors import MetricsError, MetricUnknown
from goldenthread.record.metrics import STANDARD
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.views.marks import Happening, happenings

if TYPE_CHECKING:
    from goldenthread.promise.contract import Contract
    from goldenthread.record.metrics.facts import Days, Facts, Manifest
    from goldenthread.surfaces.console.gallery import Gallery
    from goldenthread.surfaces.views.charted import MetricChart
    from goldenthread.surfaces.views.standard import SliceMetrics

    Asking = Callable[[], AbstractContextManager[Facts]]

DAYS = 28
MOST_RUNS = 200
"""Runs on one page."""


@dataclass(frozen=True, kw_only=True)
class MetricRow:
    """One metric in words. `line` is the contract's, and whether it holds; '' where it has none."""

    metric: str
    words: str
    value: str
    known: int
    pending: int
    line: str
    state: str


@dataclass(frozen=True, kw_only=True)
class MetricsView:
    """
    The metrics of a slice over the last days.

    Attributes:
        why: Why there is none, in words; '' where there are.
        newer: Records of the slice that the facts don't know yet.
        charts: Of the metrics that have enough days, or enough cases.
    """

    slice: str
    first: date | None = None
    last: date | None = None
    rows: tuple[MetricRow, ...] = ()
    budget: str = ""
    newer: int = 0
    why: str = ""
    charts: tuple[MetricChart, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """A run behind a number; its value in words."""

    run: str
    case: str
    day: date
    agent: str
    level: str
    source: str
    value: str


@dataclass(frozen=True, kw_only=True)
class RunsBehind:
    """The runs that a metric counts, the latest first; `runs` holds the first of `count`."""

    slice: str
    metric: str
    words: str
    numerator: str
    denominator: str
    first: date | None = None
    last: date | None = None
    count: int = 0
    runs: tuple[RunRow, ...] = ()
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """
    What is asked of the facts about a slice, with what the answer needs of the ledger; any thread may ask it.

    Attributes:
        contract: Which the slice is held to.
        happened: To its agents.
        days: The days of the figures; charts end with their last.
        known: What the answer is kept under: it is the same until one of these changes.
    """

    contract: Contract
    happened: tuple[Happening, ...]
    days: Days
    known: tuple[str, ...]

    def figures(self, gallery: Gallery, asking: Asking) -> SliceMetrics:
        """The metrics over the days, by the facts that `asking` opens where nothing is kept yet."""
        from goldenthread.surfaces.views.standard import metrics_of

        def make() -> SliceMetrics:
            with asking() as facts:
                return metrics_of(facts, self.contract, self.days)

        return gallery.figures(self.known, make)

    def charts(self, gallery: Gallery, asking: Asking) -> tuple[MetricChart, ...]:
        """The charts, likewise."""
        from goldenthread.surfaces.views.charted import metric_charts

        def make() -> tuple[MetricChart, ...]:
            with asking() as facts:
                return metric_charts(facts, self.contract, self.happened, self.days.last)

        return gallery.charts(self.known, make)


def question_about(shelf: Shelf, name: str, manifest: Manifest) -> Question:
    """
    What to ask about a slice of the facts that stand.

    Raises:
        ContractNotFound: No such slice, or it has no contract.
    """
    desk, days = shelf.desk(name), _days(shelf)
    contract = desk.held_to()
    known = (name, str(manifest.number), days.last.isoformat(), contract.digest)
    return Question(contract=contract, happened=happenings(desk), days=days, known=known)


def metrics_view(shelf: Shelf, name: str) -> MetricsView:
    """
    The standard metrics of a slice over the last four weeks.

    Raises:
        ContractNotFound: No such slice.
    """
    desk = shelf.desk(name)
    if shelf.facts is None:
        return MetricsView(slice=name, why=_UNSAID)
    try:
        from goldenthread.record.metrics.facts import read_manifest
        from goldenthread.surfaces.views.standard import budget_now, budget_words, line_words, value_words

        manifest, asking = read_manifest(shelf.facts), partial(shelf.asking_facts, shelf.facts)
        position = manifest.positions.get(name)
        if position is None:
            return MetricsView(slice=name, why=_UNMADE)
        question = question_about(shelf, name, manifest)
        found, charts = question.figures(shelf.gallery, asking), question.charts(shelf.gallery, asking)
        budget = budget_now(desk, question.days)
    except MetricsError as problem:
        return MetricsView(slice=name, why=problem.message)
    rows = [
        MetricRow(
            metric=one.metric.name,
            words=one.metric.words,
            value=value_words(one),
            known=one.known,
            pending=one.pending,
            line=line_words(line),
            state=line.state if line is not None else "",
        )
        for one in found.whole
        for line in [found.line(one.metric.name)]
    ]
    return MetricsView(
        slice=name,
        first=question.days.first,
        last=question.days.last,
        rows=tuple(rows),
        budget=budget_words(budget) if budget is not None else "",
        newer=max(0, shelf.ledger.head(name).seq - position.seq),
        charts=charts,
    )


def charts_of(shelf: Shelf, name: str) -> tuple[MetricChart, ...]:
    """
    The charts of a slice's metrics; none where no facts are kept of it.

    Raises:
        ContractNotFound: No such slice.
        MetricsError: The facts cannot be used.
    """
    from goldenthread.record.metrics.facts import read_manifest

    shelf.desk(name)
    if shelf.facts is None or name not in (manifest := read_manifest(shelf.facts)).positions:
        return ()
    return question_about(shelf, name, manifest).charts(shelf.gallery, partial(shelf.asking_facts, shelf.facts))


def runs_behind(shelf: Shelf, name: str, metric: str) -> RunsBehind:
    """
    The runs behind one metric of the last four weeks.

    Raises:
        ContractNotFound: No such slice.
        MetricUnknown: No such metric.
    """
    shelf.desk(name)
    if metric not in STANDARD:
        raise MetricUnknown(f"No standard metric '{metric[:60]}'. See them with `goldenthread metrics catalogue`.")
    one = STANDARD[metric]
    blank = RunsBehind(slice=name, metric=metric, words=one.words, numerator=one.numerator, denominator=one.denominator)
    if shelf.facts is None:
        return _without(blank, _UNSAID)
    try:
        with shelf.asking_facts(shelf.facts) as facts:
            return _behind(facts, blank, _days(shelf))
    except MetricsError as problem:
        return _without(blank, problem.message)


def _behind(facts: Facts, blank: RunsBehind, days: Days) -> RunsBehind:
    from dataclasses import replace

    from goldenthread.surfaces.views.standard import worth

    found, count = facts.latest_behind(blank.metric, days, slice_name=blank.slice, most=MOST_RUNS)
    rows = [
        RunRow(
            run=one.run,
            case=one.case,
            day=one.day,
            agent=one.agent,
            level=one.level,
            source=one.source,
            value=worth(STANDARD[blank.metric], one.value),
        )
        for one in found
    ]
    return replace(blank, first=days.first, last=days.last, count=count, runs=tuple(rows))


def _without(blank: RunsBehind, why: str) -> RunsBehind:
    from dataclasses import replace

    return replace(blank, why=why)


def _days(shelf: Shelf) -> Days:
    from goldenthread.record.metrics.facts import Days

    return Days.until(shelf.ledger.clock().astimezone(UTC).date(), DAYS)


_UNSAID = "This console was not told where facts are."
_UNMADE = (
    "Nothing was made of this slice's record yet. A standing worker does so; or run `goldenthread metrics refresh`."
)
