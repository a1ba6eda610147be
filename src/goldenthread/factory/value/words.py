"""Values and frontiers as one reads them at a terminal; the page for a decision is made of the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from goldenthread.factory.value.inputs import SAYS
from goldenthread.factory.value.promises import INPUTS, Frontier, Option, Range
from goldenthread.factory.value.worth import Value
from goldenthread.promise.values import Level


def money(amount: Decimal, currency: str = "", *, digits: int = 0) -> str:
    """`12,300 EUR`; never `-0`."""
    rounded = round(amount, digits) + 0
    return f"{rounded:,.{digits}f} {currency}".rstrip()


def range_words(found: Range, currency: str, *, digits: int = 0) -> str:
    """`100 to 300 EUR, likely 200`."""
    low, high = money(found.low, digits=digits), money(found.high, currency, digits=digits)
    if found.low == found.high:
        return high
    return f"{low} to {high}, likely {money(found.likely, digits=digits)}"


def value_text(found: Value) -> str:
    """The value of a slice in plain lines, ended by a line feed."""
    most = money(found.high, found.currency)
    lines = [
        f"Worth {money(found.low)} to {most} over {_weeks(found.weeks)}, likely {money(found.likely)}.",
        *(f"Not counted: {words}." for words in found.not_counted),
        _paid(found),
        "",
        "A case at each level",
        *_levels(found),
        "",
        "When levels are entered, in cases",
        *(_climb(name, entered) for name, entered in _climbs(found)),
    ]
    return (
        "\n".join([*lines, "", "What moves it most, and is worth measuring", *_swings(found), *_made_of(found)]) + "\n"
    )


def frontier_text(found: Frontier) -> str:
    """A frontier in plain lines, ended by a line feed."""
    currency, today = found.service.currency, found.today
    net = range_words(today.net, currency)
    lines = [
        f"{found.service.name}: {found.service.says} Owner: {found.service.owner}.",
        "",
        decision_words(found),
        f"For what people cost today, the agent serves {share_words(found.share)} of the cases.",
        "",
        f"Today, {promise_words(today)}: {range_words(today.cost, currency)} a week, net {net}.",
    ]
    for one in found.options:
        lines += ["", f"{one.name}: {promise_words(one)}", *(f"  {words}" for words in option_lines(one, currency))]
    lines += ["", "Made of", *(f"  {name}: {span}. {INPUTS[name][1]}" for name, span in found.service.inputs.items())]
    return "\n".join(lines) + "\n"


def decision_words(found: Frontier) -> str:
    """The answer in a sentence: which option brings most, and whether that is beyond doubt."""
    best = found.best
    if best is found.today:
        return "Nothing weighed here brings more than what is promised today."
    sure = best.net.low > found.today.net.high
    beyond = "also with every input at its worst" if sure else "but not with every input at its worst"
    currency = found.service.currency
    more = money(best.net.likely - found.today.net.likely, currency)
    still = "" if best.net.likely >= 0 else " It still costs more than it brings."
    return f"{best.name} brings most: likely {more} a week more than today, {beyond}.{still}"


def promise_words(option: Option) -> str:
    """`100 % of the cases, at all hours, within 60 s`."""
    promise = option.promise
    hours = "at all hours" if promise.hours == "always" else "in office hours"
    within = "" if promise.within is None else f", within {promise.within:f} s"
    return f"{_percent(promise.share)} of the cases, {hours}{within}"


def option_lines(option: Option, currency: str) -> Iterator[str]:
    """What there is to say of an option."""
    yield f"costs {range_words(option.cost, currency)} a week; net {range_words(option.net, currency)}"
    if option.run_cost is not None:
        yield _run_words(option.run_cost, currency)
    if option.saved is None:
        yield "no worth of what is found would make it better than today"
    elif option.saved > 0:
        yield f"no worse than today if what is found is worth {money(option.saved, currency, digits=2)} or more"
    yield option.kept
    if option.dominated_by:
        yield f"dominated: {option.dominated_by} promises no less for less money"


def _run_words(found: Range, currency: str) -> str:
    if found.high < 0:
        return "worse than today whatever a run costs"
    doubt = ", with every input at its worst at no cost at all" if found.low < 0 else ""
    known = replace(found, low=max(found.low, Decimal(0)), likely=max(found.likely, Decimal(0)))
    return f"no worse than today up to {range_words(known, currency, digits=4)} for a run{doubt}"


def share_words(share: Range) -> str:
    """`10 to 15 %, likely 12 %`."""
    if share.low == share.high:
        return _percent(share.high)
    return f"{_percent(share.low)} to {_percent(share.high)}, likely {_percent(share.likely)}"


def _percent(share: Decimal) -> str:
    return f"{(share * 100).quantize(Decimal('0.1')):f} %".replace(".0 %", " %")


def _paid(found: Value) -> str:
    if found.pays_after is None:
        return f"It doesn't pay for itself within {_weeks(found.weeks)}, at likely values."
    return f"It pays for itself after {_weeks(found.pays_after)}, at likely values."


def _weeks(weeks: int) -> str:
    return f"{weeks} week{'' if weeks == 1 else 's'}"


def _levels(found: Value) -> Iterator[str]:
    for one in found.levels:
        likely = f"likely {money(one.likely, digits=2)}"
        amounts = f"{money(one.low, digits=2)} to {money(one.high, found.currency, digits=2)}, {likely}"
        yield f"  {one.level.value:<12} {amounts}; {one.cases:,.0f} cases"


def _climbs(found: Value) -> Iterator[tuple[str, tuple[tuple[Level, Decimal], ...]]]:
    for climb in (found.climbs.slow, found.climbs.likely, found.climbs.fast):
        yield climb.words, climb.entered


def _climb(words: str, entered: tuple[tuple[Level, Decimal], ...]) -> str:
    return f"  {words}: " + ", ".join(f"{level} at {at:,.0f}" for level, at in entered)


def _swings(found: Value) -> Iterator[str]:
    if not found.swings:
        yield "  Nothing: every input is stated without a range."
    for one in found.swings:
        yield f"  {one.name:<15} {money(one.at_low)} to {money(one.at_high, found.currency)}: {SAYS[one.name]}"


def _made_of(found: Value) -> Iterator[str]:
    yield from ("", "Made of")
    for name, span in found.inputs.spans():
        yield f"  {name:<15} {span}"
