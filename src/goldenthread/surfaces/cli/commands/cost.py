"""`goldenthread cost`: what cases cost, all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import emit, say, table

if TYPE_CHECKING:
    from goldenthread.control.costs import CaseCost, Part
    from goldenthread.record.costs import Figure
    from goldenthread.surfaces.views.costs import CaseCostView, CostView


@click.command()
@click.argument("slice_name", metavar="SLICE")
@click.option("--case", "case_name", metavar="CASE", help="One case, with each of its model calls.")
@click.option("--days", type=click.IntRange(1, 3660), default=28, show_default=True, help="Days until today, UTC.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; money in millionths.")
@click.pass_obj
def cost(home: str | None, slice_name: str, case_name: str | None, days: int, as_json: bool) -> None:
    """
    Add up what cases cost: model calls, tools, and people's reviews; and name what of it is unknown.

    \b
    Example:
      goldenthread cost refunds --days 7
      goldenthread cost refunds --case order-4711
    """
    from goldenthread.record.costs import added_up
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views.costs import case_cost_view, cost_view

    with opened(home) as place:
        desk = place.desk(slice_name)
        if case_name is not None:
            of_case = case_cost_view(desk, place.home.path, case_name)
            emit(of_case) if as_json else say(*_case_lines(of_case))
            amounts = of_case.cost.amounts
        else:
            found = cost_view(desk, place.home.path, days=days, now=place.ledger.clock())
            emit(found) if as_json else _print_slice(found)
            amounts = found.all.amounts
    if not as_json:
        added_up(amounts)  # says which rate is missing, where the parts could not be added up


def money(amounts: Mapping[str, int]) -> str:
    """`0.40 EUR`; of several currencies each by itself; `0` for none."""
    from goldenthread.record.costs import as_money

    there = {currency: micros for currency, micros in sorted(amounts.items()) if micros}
    return " and ".join(f"{as_money(micros)} {currency}" for currency, micros in there.items()) or "0"


def part_words(part: Part) -> str:
    """What is known of a part, and whether that is all."""
    if not part.unknown:
        return money(part.amounts)
    return f"{money(part.amounts)} and unknown" if any(part.amounts.values()) else "unknown"


def parts_words(found: CaseCost) -> str:
    """The three parts in one line."""
    named = (("models", found.models), ("tools", found.tools), ("people", found.people))
    return ", ".join(f"{name} {part_words(part)}" for name, part in named)


def _print_slice(found: CostView) -> None:
    if not found.cases:
        say(f"No case of '{found.slice}' began since {found.begins:%Y-%m-%d}.")
        return
    table(
        ("day", "cases", "known whole", "models", "tools", "people", "all that is known"),
        [
            (
                one.day.isoformat(),
                one.cases,
                one.whole,
                part_words(one.models),
                part_words(one.tools),
                part_words(one.people),
                money(one.amounts),
            )
            for one in found.days
        ],
    )
    say("", *_slice_lines(found))


def _slice_lines(found: CostView) -> Iterator[str]:
    from goldenthread.record.costs import as_money

    cases = f"{found.cases:,} case{'s' if found.cases > 1 else ''} since {found.begins:%Y-%m-%d}"
    if found.a_case_micros is not None:
        yield f"{cases}: {as_money(found.a_case_micros)} {found.currency} a case, all of it."
    else:
        yield (
            f"{cases}, {found.whole:,} known whole: together at least {money(found.all.amounts)}. "
            "What a case costs is not known while a part of one is not."
        )
    yield from _unknown_lines(found.all.unknown)
    if found.reviews["measured"] or found.reviews["stated"]:
        yield (
            f"Reviews: {found.reviews['measured']:,} measured from taking to answering, {found.reviews['stated']:,} as "
            "long as the contract says."
        )
    if found.stray.count:
        yield f"Not in it: {_calls(found.stray.count)} of models that name no run here, {part_words(found.stray)}."
    yield from _ground_lines(found.tables, found.differing)


def _case_lines(found: CaseCostView) -> Iterator[str]:
    from goldenthread.record.costs import as_money

    known = found.cost
    runs = f"{len(known.runs)} run{'s' if len(known.runs) > 1 else ''}"
    if found.total_micros is not None:
        yield f"Case {found.case} cost {as_money(found.total_micros)} {known.fact.currency}, all of it ({runs})."
    else:
        yield f"Case {found.case} cost at least {money(known.amounts)} ({runs}); the rest is unknown."
    yield f"  models  {part_words(known.models)}  ({_calls(known.models.count)})"
    for call in found.calls:
        yield f"    {_call_words(call)}"
    yield f"  tools   {part_words(known.tools)}  ({_calls(known.tools.count)})"
    ways = ", ".join(f"{count} {way}" for way, count in known.reviews.items()) or "no review"
    yield f"  people  {part_words(known.people)}  ({ways})"
    yield from _unknown_lines(known.unknown)
    yield from _ground_lines(known.tables, known.differing)


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count:,} calls"


def _call_words(call: Figure) -> str:
    from goldenthread.record.costs import as_money

    counts = call.counts
    tokens = ""
    if counts is not None:
        cached = f", {counts.cache_read:,} of it cached" if counts.cache_read else ""
        cached += f", {counts.cache_write:,} written to the cache" if counts.cache_write else ""
        thought = f", {counts.reasoning:,} of it reasoning" if counts.reasoning else ""
        way = f" (counted by {counts.by})" if counts.cache or counts.reasoning_was else ""
        tokens = f": {counts.input:,} in{cached}; {counts.output:,} out{thought}{way}"
    price = f"{as_money(call.micros)} {call.currency}" if call.micros is not None else f"unknown, {call.unknown}"
    said = f"; its sender says {as_money(call.said_micros)} USD" if call.said_micros is not None else ""
    differs = ", which differs" if call.differs else ""
    guessed = ", its provider guessed from the name" if call.guessed else ""
    return f"{call.model}{tokens}: {price}{guessed}{said}{differs}"


def _unknown_lines(unknown: Mapping[str, int]) -> Iterator[str]:
    for words, count in unknown.items():
        yield f"Unknown, {count:,} times: {words}." if count > 1 else f"Unknown: {words}."


def _ground_lines(tables: tuple[str, ...], differing: int) -> Iterator[str]:
    if differing:
        yield f"Of {_calls(differing)} of models the sender says another cost, over 5 % apart; --case shows which."
    for one in tables:
        yield f"By {one}."
