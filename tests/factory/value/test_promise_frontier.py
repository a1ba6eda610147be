"""Horizon 2: costs, gains and break-even points equal a calculation by hand; the page says what a decision needs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from factory.value.made import SERVICE
from goldenthread.factory.value import Frontier, Service, frontier, frontier_html, frontier_text, parse_service
from goldenthread.promise.errors import FactsInvalid


def service(*changes: tuple[str, str]) -> Service:
    text = SERVICE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_service(text)


def found(*changes: tuple[str, str]) -> Frontier:
    return frontier(service(*changes))


def test_costs_and_gains_are_those_of_a_calculation_by_hand() -> None:
    """
    A check costs people 6 min, 3 EUR. Served by the agent a case costs 0.05 for the run, 0.05 x 3 EUR handed over and
    0.95 x 0.1 x 0.50 EUR looked at: 0.2475 EUR; its upkeep 4 h, 120 EUR. A hit is worth 40 EUR in one of 100 orders.
    """
    weighed = found()
    today = weighed.today
    assert (today.cost.likely, today.net.likely) == (Decimal(300), Decimal(-262))
    by_name = {one.name: one for one in weighed.options}
    few, every = by_name["one-in-five by agent"], by_name["every-order by agent"]
    assert (few.cost.likely, few.net.likely) == (Decimal("367.5"), Decimal(320) - Decimal("367.5"))
    assert (every.cost.likely, every.net.likely) == (Decimal("1357.5"), 1600 - Decimal("1357.5"))
    people = by_name["every-order by people"]
    nights = 3 * 128 * 30 * Decimal("1.25")
    assert people.cost.likely == 5000 * 3 * Decimal(40) / 168 + nights
    assert weighed.best is every


def test_break_even_points_are_those_of_a_calculation_by_hand() -> None:
    """
    For 300 EUR the agent serves (300 - 120) / (5000 x 0.2475) of the orders. Every order is no worse than today up to
    0.05 + (242.5 + 262) / 5000 EUR a run, and from (1357.5 - 300) / (40 - 0.95) EUR a hit.
    """
    weighed = found()
    every = next(one for one in weighed.options if one.name == "every-order by agent")
    assert weighed.share.likely == Decimal(180) / Decimal("1237.5")
    assert every.run_cost is not None
    assert every.run_cost.likely == Decimal("0.1509")
    assert every.saved is not None
    assert round(every.saved, 6) == round(Decimal("1057.5") / Decimal("39.05"), 6)
    at_it = found(("run_cost: 0.05", "run_cost: 0.1509"))
    again = next(one for one in at_it.options if one.name == "every-order by agent")
    assert again.net.likely == at_it.today.net.likely


def test_ranges_reach_from_the_worst_corner_to_the_best() -> None:
    """One uncertain input is enough to see both ends."""
    weighed = found(("run_cost: 0.05 EUR", "run_cost: 0.05 to 0.25 EUR"), ("quality: 80 %", "quality: 60 to 90 %"))
    every = next(one for one in weighed.options if one.name == "every-order by agent")
    assert (every.cost.low, every.cost.high) == (Decimal("1357.5"), Decimal("2357.5"))
    assert (every.net.low, every.net.high) == (1200 - Decimal("2357.5"), 1800 - Decimal("1357.5"))
    assert every.net.low <= every.net.likely <= every.net.high


def test_a_promise_that_another_keeps_for_less_is_dominated() -> None:
    """Nobody should pay more for less."""
    by_name = {one.name: one for one in found().options}
    assert by_name["one-in-five by people"].dominated_by == "one-in-five by agent"
    assert by_name["every-order by people"].dominated_by == "every-order by agent"
    assert (by_name["one-in-five by agent"].dominated_by, by_name["every-order by agent"].dominated_by) == ("", "")


def test_more_people_are_there_at_night_where_one_could_not_do_the_work() -> None:
    """5,000 orders a week are 3,810 at night, 381 hours of work in 128."""
    day = found(("6 min", "0.6 min"))
    one = next(option for option in day.options if option.name == "every-order by people")
    assert one.cost.likely == 5000 * Decimal("0.3") * 40 / 168 + 128 * 30 * Decimal("1.25")


def test_an_option_that_brings_more_or_answers_sooner_is_not_dominated_by_a_cheaper_one() -> None:
    """Cheap and mostly wrong is no better than dear and right, and a promised time is part of the promise."""
    poor = found(("quality: 80 %", "quality: 1 %"), ("saved: 40 EUR", "saved: 4000 EUR"))
    assert (poor.best.name, poor.best.dominated_by) == ("every-order by people", "")
    slow = found(
        ("one-in-five: {share: 20 %, hours: office}", "some-day: {share: 100 %, hours: always}"), ("5000", "1")
    )
    by_name = {one.name: one for one in slow.options}
    assert by_name["every-order by people"].dominated_by != "some-day by agent"


def test_cases_that_cost_nothing_are_all_served() -> None:
    """A run for nothing, of which nothing is handed over or looked at, has no share that would be too dear."""
    free = (
        ("0.05 EUR/case", "0 EUR/case"),
        ("handed_over: 5 %", "handed_over: 0 %"),
        ("looked_at: 10 %", "looked_at: 0 %"),
    )
    assert found(*free).share.likely == 1
    assert found(*free, ("upkeep: 4 h", "upkeep: 40 h")).share.likely == 0


def test_nobody_is_paid_for_a_rounding() -> None:
    """1,920 cases of 21 minutes are 672 hours of 168, so four people at once, and no fifth for a last digit."""
    four = found(("5000", "1920"), ("minutes: 6 min", "minutes: 21 min"), ("open: 40 h", "open: 38 h"))
    every = next(one for one in four.options if one.name == "every-order by people")
    assert every.cost.likely == 672 * 30 * Decimal(38) / 168 + 4 * 130 * 30 * Decimal("1.25")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ("20 s", "kept for 95 % of the cases, nine times in ten; the rest waits for a person"),
        ("50 to 70 s", "in doubt: it takes 50 to 70 s"),
        ("70 s", "not kept: it takes 70 s"),
    ],
)
def test_a_promised_time_is_held_against_the_measured_one(seconds: str, words: str) -> None:
    """An answer in a minute is promised only where it takes less."""
    weighed = found(("seconds: 20 s", f"seconds: {seconds}"))
    assert next(one for one in weighed.options if one.name == "every-order by agent").kept == words


def test_where_nothing_is_gained_today_stays() -> None:
    """Checks that find nothing worth finding are not bought because they are cheap."""
    weighed = found(("saved: 40 EUR", "saved: 0 EUR"), ("share: 2 %", "share: 0.01 %"))
    assert weighed.best is weighed.today
    assert "Nothing weighed here brings more than what is promised today." in frontier_text(weighed)


def test_the_decision_says_whether_it_holds_at_the_worst() -> None:
    """A likely gain and a certain one are two decisions."""
    assert "also with every input at its worst" in frontier_text(found())
    doubtful = found(("quality: 80 %", "quality: 20 to 90 %, likely 80"))
    assert "but not with every input at its worst" in frontier_text(doubtful)


class Words(HTMLParser):
    """The text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def test_the_page_says_what_the_terminal_says_and_fetches_nothing() -> None:
    """Whoever decides from the page decides from the same numbers."""
    weighed = frontier(replace(service(), says="Every <b>order</b> & more."))
    page = frontier_html(weighed)
    words = Words()
    words.feed(page)
    text = " ".join(words.found)
    for option in weighed.options:
        assert option.name in text
        assert f"{option.cost.likely:,.0f} EUR" in text
    assert "Every <b>order</b> & more." in text
    assert not [word for word in ("http://", "https://", "<script", "<b>") if word in page]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("share: 2 %", "share: 0 %", "'0 %' is no share of the cases"),
        ("hours: office}\npromises", "hours: day}\npromises", "'day' is no hours"),
        ("within: 60 s", "within: soon", "soon"),
        ("  rate: 30 EUR/h (owner, finance)\n", "", "inputs.rate: is missing"),
        ("saved: 40 EUR", "saved: 40 USD", "money of several currencies cannot be added up"),
        ("volume: 5000", "volume: 0", "no cases cannot be promised anything"),
        ("40 h/week", "200 h/week", "is out of order"),
        ("kind: ServicePromise", "kind: Service", "'Service' is no kind"),
        ("owner: maya@example.com\n", "", "owner: is missing"),
        ("name: order-checks", "name: Order checks", "'Order checks' is no name of a service"),
        ("every-order:", '"<b>every":', "'<b>every' is no promise's name"),
        (
            "promises:\n  one-in-five: {share: 20 %, hours: office}\n"
            "  every-order: {share: 100 %, hours: always, within: 60 s}",
            "promises: {}",
            "has none to weigh",
        ),
        (
            "every-order:",
            "".join(f"p{number}: {{share: 1 %, hours: office}}\n  " for number in range(12)) + "x:",
            "has 14 to weigh",
        ),
    ],
)
def test_what_is_wrong_with_a_service_has_its_place(old: str, new: str, words: str) -> None:
    """Nobody decides by a file that was half understood."""
    with pytest.raises(FactsInvalid, match=r"service\.yaml:\d+:\d+") as problem:
        service((old, new))
    assert words in str(problem.value)


def test_what_is_no_service_is_refused() -> None:
    """An empty file is no promise."""
    for text in ("", "[]"):
        with pytest.raises(FactsInvalid, match="There is no service promise here"):
            parse_service(text)
