"""A run step by step: a tree of what the record and telemetry say, shown a window at a time."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import PageNotFound
from goldenthread.surfaces.views.content import Content, concealment, open_contents
from goldenthread.surfaces.views.timeline_parts import (
    KINDS,
    SHOWS,
    Bar,
    Entry,
    StepDetail,
    Timeline,
    TimelineRow,
    Totals,
)
from goldenthread.surfaces.views.timeline_record import RunRecord, run_row
from goldenthread.surfaces.views.timeline_spans import Traced, traced
from goldenthread.surfaces.views.timeline_tree import Tree, places_of
from goldenthread.surfaces.views.timeline_words import entry_facts, entry_words, took_words

WINDOW = 200
"""Rows of a page without script, and the most of a window."""

_KEPT = 4


class Timelines:
    """The trees of the runs that were looked at last; kept between requests, made again when their runs go on."""

    def __init__(self, home: Path | None) -> None:
        self._home = home
        self._kept: OrderedDict[str, Tree] = OrderedDict()

    def window(
        self,
        desk: Desk,
        run: str,
        *,
        begin: int = 1,
        count: int = WINDOW,
        show: str = "all",
        find: str = "",
        closed: Collection[str] = (),
        afresh: bool = False,
    ) -> Timeline:
        """
        Rows `begin` and following of a run's timeline.

        Args:
            desk: Of the slice.
            run: The run's id.
            begin: From 1.
            count: Rows at most, up to WINDOW.
            show: One of SHOWS.
            find: Only entries that hold this text, in whatever case.
            closed: Keys of entries below which nothing is shown.
            afresh: Ask telemetry again, even though the run did not go on.

        Raises:
            CaseUnknown: No such run in the slice.
            PageNotFound: Nothing can be narrowed so, or no row has that number.
        """
        if show not in SHOWS:
            raise PageNotFound(f"A timeline cannot be narrowed to '{show[:40]}'. Choose one of {', '.join(SHOWS)}.")
        row, tree = self._tree(desk, run, afresh=afresh)
        places = self._shown(desk, row, tree, show=show, find=find, closed=frozenset(closed))
        if begin < 1 or (begin > len(places) and begin != 1):
            raise PageNotFound(f"This timeline has {len(places):,} rows, and none has the number {begin}. Begin at 1.")
        count = max(1, min(count, WINDOW))
        chosen = places[begin - 1 : begin - 1 + count]
        contents = _opened(desk, row, [tree.entries[place] for place in chosen])
        flat = show != "all" or bool(find)
        rows = tuple(
            _row(tree, place, number, contents, row, flat=len(places) if flat else 0, closed=closed)
            for number, place in enumerate(chosen, start=begin)
        )
        return Timeline(
            slice=desk.slice,
            run=run,
            show=show,
            find=find,
            total=len(tree.entries),
            shown=len(places),
            begin=begin,
            before=max(1, begin - count) if begin > 1 else None,
            after=begin + count if begin + count <= len(places) else None,
            rows=rows,
            totals=tree.totals,
            why=tree.why,
        )

    def step(self, desk: Desk, run: str, key: str) -> StepDetail:
        """
        One entry in full.

        Raises:
            CaseUnknown: No such run in the slice.
            PageNotFound: It has no such entry.
        """
        row, tree = self._tree(desk, run)
        place = next((place for place, entry in enumerate(tree.entries) if entry.key == key), None)
        if place is None:
            raise PageNotFound(f"Run '{run}' has no step '{key[:60]}'. Begin at its timeline.")
        entry = tree.entries[place]
        contents = _opened(desk, row, [entry])
        beside = [tree.entries[at].key if 0 <= at < len(tree.entries) else None for at in (place - 1, place + 1)]
        shown = () if entry.hidden else entry.digests
        return StepDetail(
            slice=desk.slice,
            run=run,
            row=_row(tree, place, place + 1, contents, row),
            place=entry.place,
            facts=entry_facts(entry),
            contents=tuple((name, _inner(name, contents[digest])) for name, digest in shown),
            action=entry.facts.get("action") if entry.kind in ("propose", "verdict", "effect") else None,
            previous=beside[0],
            next=beside[1],
        )

    def entries(self, desk: Desk, run: str) -> tuple[Mapping[str, Any], tuple[Entry, ...], Totals]:
        """The run's row, all of its entries in order, and what it used."""
        row, tree = self._tree(desk, run)
        return row, tree.entries, tree.totals

    def _tree(self, desk: Desk, run: str, *, afresh: bool = False) -> tuple[Mapping[str, Any], Tree]:
        row = run_row(desk.ledger, desk.slice, run)
        erased = desk.ledger.vault.is_erased(row["case_ref"])
        hidden = concealment(desk.ledger, desk.slice, [row["case_ref"]]).why(row["case_ref"], row["level"]) or ""
        mark = (row["state"], row["steps"], erased, hidden)
        tree, now = self._kept.pop(run, None), monotonic()
        if tree is None or tree.mark != mark or now - tree.made_at > _fresh(row, afresh=afresh):
            tree = _made(desk, row, mark, self._home, made_at=now)
        self._kept[run] = tree
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return row, tree

    def _shown(
        self, desk: Desk, row: Mapping[str, Any], tree: Tree, *, show: str, find: str, closed: frozenset[str]
    ) -> Sequence[int]:
        if find:
            found = self._found(desk, row, tree, find.casefold())
            return [place for place in tree.narrowed(show) if place in found]
        return tree.unfolded(closed) if closed and show == "all" else tree.narrowed(show)

    def _found(self, desk: Desk, row: Mapping[str, Any], tree: Tree, text: str) -> frozenset[int]:
        """Entries that hold a text: in their lines, in kept content, or in what their spans say."""
        if text not in tree.matches:
            contents = _opened(desk, row, tree.entries)
            while len(tree.matches) >= 16:
                tree.matches.pop(next(iter(tree.matches)))
            tree.matches[text] = frozenset(
                place for place, entry in enumerate(tree.entries) if text in _searched(entry, contents)
            )
        return tree.matches[text]


def _made(
    desk: Desk, row: Mapping[str, Any], mark: tuple[Any, Any, bool, str], home: Path | None, *, made_at: float
) -> Tree:
    erased, hidden = mark[2:]
    record = RunRecord(desk.ledger, desk.slice, row["id"], hidden=hidden, erased=erased)
    if erased:
        spans = Traced(why="The case was erased, and what telemetry says of it is not shown.")
    elif hidden:
        spans = Traced(why=f"What telemetry says is {hidden}.")
    else:
        spans = traced(home, row, _case(desk, row))
    entries = (*record.entries(), *spans.entries())
    siblings, below = places_of(entries)
    span_ns = spans.total("duration_ns")
    totals = Totals(
        steps=len(record.steps),
        actions=len(record.actions),
        spans=spans.spans,
        model_calls=spans.model_calls,
        input_tokens=spans.total("input_tokens"),
        output_tokens=spans.total("output_tokens"),
        cost_micros=spans.total("cost_micros"),
        agent_time_s=row["agent_time_s"],
        span_time_s=span_ns / 1e9 if span_ns is not None else None,
    )
    return Tree(
        mark=mark, made_at=made_at, entries=entries, totals=totals, why=spans.why, siblings=siblings, below=below
    )


def _fresh(row: Mapping[str, Any], *, afresh: bool) -> float:
    """For how many seconds a tree counts as fresh: less for who opens a page, and for a run that goes on."""
    if row["ended_at"] is None:
        return 1.0 if afresh else 5.0
    return 10.0 if afresh else 300.0  # telemetry of a run that ended may still come


def _inner(name: str, content: Content) -> Content:
    """What a step says, without the word for what it is."""
    return content.part("content") if name == "step" else content


def _case(desk: Desk, row: Mapping[str, Any]) -> str | None:
    case = open_contents(desk.ledger, {row["input"]: row["case_ref"]})[row["input"]].part("case")
    return case.value if case.kept and isinstance(case.value, str) else None


def _opened(desk: Desk, row: Mapping[str, Any], entries: Sequence[Entry]) -> dict[str, Content]:
    digests = [digest for entry in entries if not entry.hidden for _, digest in entry.digests]
    return open_contents(desk.ledger, dict.fromkeys(digests, row["case_ref"]))


def _searched(entry: Entry, contents: Mapping[str, Content]) -> str:
    if entry.hidden:
        return entry.hidden.casefold()
    kept = [contents[digest].words for _, digest in entry.digests if digest in contents]
    said = json.dumps(entry.facts.get("said", {}), ensure_ascii=False, default=str)
    return "\n".join([KINDS[entry.kind], entry_words(entry, contents), *kept, said]).casefold()


def _row(
    tree: Tree,
    place: int,
    number: int,
    contents: Mapping[str, Content],
    run: Mapping[str, Any],
    *,
    flat: int = 0,
    closed: Collection[str] = (),
) -> TimelineRow:
    entry, below = tree.entries[place], tree.below[place]
    position, siblings = (number, flat) if flat else tree.siblings[place]
    # A step of the record is kept when its run pauses or ends, so its instant says nothing of when it happened.
    timed = entry.at is not None and not entry.key.startswith("step-") and entry.kind != "run"
    after = (entry.at - run["started_at"]).total_seconds() if timed and entry.at is not None else None
    return TimelineRow(
        number=number,
        key=entry.key,
        level=1 if flat else entry.depth + 1,
        position=position,
        siblings=siblings,
        below=below,
        open=None if flat or not below else entry.key not in closed,
        kind=entry.kind,
        kind_words=KINDS[entry.kind],
        words=entry_words(entry, contents),
        state=entry.state,
        source=entry.source,
        at=entry.at,
        after=_after(after),
        took=took_words(entry.lasted_s),
        bar=_bar(entry),
    )


def _after(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{'+' if seconds >= 0 else '-'}{took_words(abs(seconds))}"


def _bar(entry: Entry) -> Bar | None:
    whole = entry.facts.get("of_ns")
    if not whole:
        return None
    begin = max(0, min(999, entry.facts["begin_ns"] * 1000 // whole))
    return Bar(begin=begin, length=max(4, min(1000 - begin, entry.facts["duration_ns"] * 1000 // whole)))
