"""The one-line forms: whatever parses, prints, and parses to the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.contract import (
    Calendar,
    Claim,
    Clause,
    Comparison,
    ErrorBudget,
    EscalationStep,
    Expiry,
    Fallback,
    FalseAlarm,
    Limit,
    Quantity,
    Shift,
    parse_calendar,
    parse_claim,
    parse_clause,
    parse_duration,
    parse_error_budget,
    parse_expiry,
    parse_fallback,
    parse_false_alarm,
    parse_level,
    parse_limit,
    parse_percent,
    parse_quantity,
    parse_share,
    parse_shift,
    parse_step,
    parse_time,
    parse_volume,
)
from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.contract.zones import ZONES
from goldenthread.promise.errors import LineInvalid
from goldenthread.promise.values import LADDER, Level

TIMES = ("ms", "s", "min", "h", "d", "weeks")
MONEY = sorted(CURRENCIES)


def _amounts(least: str = "0", most: str = "1000000") -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=Decimal(least), max_value=Decimal(most), places=2) | st.integers(
        int(Decimal(least)), int(Decimal(most))
    ).map(Decimal)


money_units = st.builds(
    lambda code, per: code + per, st.sampled_from(MONEY), st.sampled_from(["", "/case", "/day", "/week"])
)
units = st.sampled_from(["", "%", "cases", "cases per day", "cases per week", *TIMES]) | money_units
quantities = st.builds(lambda amount, unit: Quantity(amount=amount, unit=unit), _amounts(), units)
negatives = st.builds(
    lambda amount, unit: Quantity(amount=amount, unit=unit), _amounts("-1000"), st.sampled_from(["", "%"]) | money_units
)
times = st.builds(lambda amount, unit: Quantity(amount=amount, unit=unit), _amounts("1"), st.sampled_from(TIMES))
_RESERVED = {"any", "mean", "median", "and", "in", "of", "cap", "not", "hard"}
segments = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
metrics = st.from_regex(r"[a-z][a-z_]{0,20}", fullmatch=True).filter(lambda name: name not in _RESERVED and name != "p")
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+@-]{0,20}", fullmatch=True)
statistics = st.none() | st.sampled_from(["mean", "p1", "p50", "p90", "p99", "p99.9"])
levels = st.sampled_from(LADDER)


@st.composite
def shifts(draw: st.DrawFn) -> Shift:
    target = draw(quantities | negatives)
    unit = draw(st.sampled_from(TIMES)) if target.unit in TIMES else target.unit
    baseline = draw(_amounts() if unit in TIMES or unit.startswith("cases") else _amounts("-1000"))
    return Shift(
        metric=draw(metrics),
        statistic=draw(statistics),
        baseline=Quantity(amount=baseline, unit=unit),
        target=target,
        of=draw(st.none() | st.sampled_from(["cases", "all open requests"])),
        window=draw(times),
        owner=draw(names),
    )


@st.composite
def clauses(draw: st.DrawFn) -> Clause:
    if draw(st.booleans()):
        return Clause(metric=draw(metrics), any=True, hard=draw(st.booleans()))
    beside_people = draw(st.booleans())
    held = draw(quantities | negatives if beside_people else quantities)
    cap = Quantity(amount=draw(_amounts()), unit=held.unit.split("/", maxsplit=1)[0])
    sides = (Comparison.AT_LEAST, Comparison.AT_MOST) if beside_people else tuple(Comparison)
    return Clause(
        metric=draw(metrics),
        statistic=draw(statistics),
        comparison=draw(st.sampled_from(sides)),
        bound=None if beside_people else held,
        margin=held if beside_people else None,
        cap=draw(st.none() | st.just(cap)),
        window=draw(st.none() | times),
        segment=draw(st.none() | segments),
    )


@given(quantities | negatives)
def test_a_quantity_prints_and_parses_to_the_same(quantity: Quantity) -> None:
    """The guard, the page and the plan print quantities; a reader must get the signed number back."""
    assert parse_quantity(str(quantity)) == quantity


@given(shifts())
def test_an_outcome_line_prints_and_parses_to_the_same(shift: Shift) -> None:
    """The page shows the printed line, and the owner of the number signs the parsed one."""
    assert parse_shift(str(shift)) == shift


@given(clauses())
def test_a_clause_prints_and_parses_to_the_same(clause: Clause) -> None:
    """Level changes on record carry the printed clause."""
    assert parse_clause(str(clause)) == clause
    if not clause.any:
        assert parse_clause(clause.condition, metric=clause.metric) == clause


@given(
    st.lists(
        st.builds(
            lambda argument, operator, right: Limit(argument=argument, operator=operator, right=right),
            metrics,
            st.sampled_from(["in", "not in"]),
            metrics,
        )
        | st.builds(
            lambda argument, operator, right: Limit(argument=argument, operator=operator, right=str(right)),
            metrics,
            st.sampled_from(["<=", ">=", "<", ">", "=="]),
            quantities,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_limit_prints_and_parses_to_the_same(limits: list[Limit]) -> None:
    """A limit that reads differently the second time lets through what nobody signed."""
    assert parse_limit(" and ".join(map(str, limits))) == tuple(limits)


@given(names, times, levels, _amounts("0", "100"))
def test_the_smaller_lines_print_and_parse_to_the_same(name: str, time: Quantity, level: Level, share: Decimal) -> None:
    """Timers and fallbacks decide where work goes when people are away."""
    assert parse_time(str(time)) == time
    assert parse_step(str(EscalationStep(to=name, within=time))) == EscalationStep(to=name, within=time)
    assert parse_expiry(str(Expiry(after=time))) == Expiry(after=time)
    fallback = Fallback(level=level, after=time)
    assert parse_fallback(str(fallback)) == fallback
    budget = ErrorBudget(share=share, window=time)
    assert parse_error_budget(str(budget)) == budget
    assert parse_share(f"{share:f} % of cases at {level}") == (share, level)
    assert parse_level(str(level)) is level


@given(st.builds(FalseAlarm, cases=st.integers(1, 10**9), calibrated=st.booleans()), st.sampled_from(Claim))
def test_what_is_claimed_prints_and_parses_to_the_same(alarm: FalseAlarm, claim: Claim) -> None:
    """Both decide what a passed gate and a quiet tripwire are worth."""
    assert parse_false_alarm(str(alarm)) == alarm
    assert parse_claim(str(claim)) is claim


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(1, 1440),
    st.sampled_from(sorted(ZONES)),
)
def test_a_calendar_prints_and_parses_to_the_same(days: set[int], opens: int, closes: int, zone: str) -> None:
    """Working time decides when an escalation is late."""
    if opens < closes:
        calendar = Calendar(weekdays=tuple(sorted(days)), opens=opens, closes=closes, zone=zone)
        assert parse_calendar(str(calendar)) == calendar


_PIECES = st.sampled_from(
    [*"0159.,-%_/:", "18", "->", "<=", ">", "EUR", "EUR/case", "cases", "per", "week", "d", "in", "of", "any",
     "cap", "and", "owned by", "p90", "mean", "cost", "at", "draft", "within", "once", "not", "x", "é", "€", "≥",
     "Mon-Fri", "09:00-17:00", "not", "below", "people by", "people", "every", "hard", "calibrated", "future days"]
)  # fmt: skip
_PRINTED = (Shift, Clause, Quantity, EscalationStep, Expiry, Fallback, Calendar, ErrorBudget, FalseAlarm)
_PARSERS: tuple[Any, ...] = (
    parse_shift, parse_clause, parse_quantity, parse_limit, parse_step, parse_expiry, parse_fallback, parse_calendar,
    parse_error_budget, parse_share, parse_false_alarm, parse_claim, parse_volume, parse_level, parse_time,
    parse_percent,
)  # fmt: skip


@given(st.lists(_PIECES, max_size=14).map(" ".join) | st.text(max_size=40), st.sampled_from(_PARSERS))
def test_nonsense_is_refused_in_words_and_never_breaks_a_parser(text: str, parse: Any) -> None:
    """Whoever sends hostile text gets a place and a cure, not a traceback; what does parse, prints and parses again."""
    try:
        found = parse(text)
    except LineInvalid as problem:
        assert 0 <= problem.offset <= len(text)
        assert problem.message.endswith(".")
    else:
        if isinstance(found, _PRINTED):
            assert parse(str(found)) == found


@pytest.mark.parametrize(
    "line",
    [
        "csat mean >= 4.2",
        "csat mean >= 4.2 cap 5",
        "agreement >= 80 % in 28 d",
        "cycle_time p99.9 < 2 weeks",
        "cost <= 100 EUR/day",
        "backlog <= 40 cases in 1 week",
        "any policy_violation",
        "any hard rework_rate",
        "csat not below people by 0.1 cap 5",
        "rework_rate not above people by 1 %",
        "cost mean not above people by 0.10 EUR/case cap 5 EUR in 28 d in every region",
        "agreement >= 85 % in every language",
        "agreement >= 85 % in 28 d in every language",
    ],
)
def test_the_whole_grammar_parses_even_what_no_evidence_judges_yet(line: str) -> None:
    """A form that must wait for its evidence is 'insufficient' later, not a syntax error now."""
    assert str(parse_clause(line)) == line


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("95%", "95 %"),
        ("2d", "2 d"),
        ("1 week", "1 weeks"),
        ("120 cases/week", "120 cases per week"),
        ("  4   h ", "4 h"),
    ],
)
def test_what_people_write_is_taken(text: str, same: str) -> None:
    """A missing space is no reason to send somebody back."""
    assert parse_quantity(text) == parse_quantity(same)


def test_digits_stay_as_written() -> None:
    """0.40 EUR is what was signed; 0.4 would be another page."""
    assert str(parse_quantity("0.40 EUR/case")) == "0.40 EUR/case"
    assert str(parse_shift("cost 6.40 -> 3.80 EUR/case in 8 weeks, owned by x")).startswith(
        "cost 6.40 -> 3.80 EUR/case"
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250 ms", "0.25"),
        ("1 s", "1"),
        ("10 min", "600"),
        ("4 h", "14400"),
        ("1.5 d", "129600"),
        ("8 weeks", "4838400"),
    ],
)
def test_a_duration_is_exact_seconds(text: str, seconds: str) -> None:
    """Timers and quantile bounds are computed from it."""
    assert parse_duration(text) == Decimal(seconds)


def test_a_bare_baseline_takes_the_unit_of_its_target() -> None:
    """`18 -> 6 EUR/case` is how people write it."""
    shift = parse_shift("cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops")
    assert shift.baseline == Quantity(amount=Decimal(18), unit="EUR/case")
    assert parse_volume("120 cases per week") == Quantity(amount=Decimal(120), unit="cases per week")
    assert parse_false_alarm("once in 10000 cases") == FalseAlarm(cases=10000)
    assert parse_share("10 % of cases") == (Decimal(10), None)
    assert parse_percent("2.5 %") == Decimal("2.5")


@pytest.mark.parametrize(
    ("parse", "text", "words"),
    [
        (parse_duration, "0 h", "'0 h' is no time; write e.g. '4 h'."),
        (parse_duration, "5 EUR", "'5 EUR' is no time; write e.g. '4 h'."),
        (parse_duration, "soon", "'soon' is no time; write e.g. '4 h'."),
        (parse_quantity, "", "the quantity is missing; write e.g. '0.40 EUR/case'."),
        (parse_quantity, "1" * 19, "'1111111111111111111' has more than 18 digits; write a shorter number."),
        (parse_quantity, "$5", "'$5' is no quantity; write e.g. '0.40 EUR/case'."),
        (parse_quantity, "5 apples", "'apples' is no unit; "
         "leave it out where something is counted, or write %, ms, s, min, h, d, weeks, cases "
         "or money like EUR or EUR/case."),
        (parse_percent, "120 %", "'120 %' lies outside 0 to 100 %; write e.g. '20 %'."),
        (parse_step, "within 4 h", "the person or role is missing before 'within'; write e.g. 'reviewer within 4 h'."),
        (parse_fallback, "fall back to draft",
         "the time without an approver is missing; write e.g. 'after 1 d without an approver'."),
        (parse_calendar, "Fri-Mon 09:00-17:00 UTC", "'Fri-Mon' runs backwards; write e.g. 'Mon,Sat-Sun'."),
        (parse_calendar, "Mon 09:00-17:00", "the time zone is missing; write e.g. 'Europe/Berlin'."),
        (parse_clause, "p90 <= 10 min", "the metric's name is missing before 'p90'; write e.g. 'agent_time p90'."),
        (parse_clause, "csat not worse than people by 0.1",
         "'not worse than people by 0.1' is no comparison; write e.g. 'not below people by 1 %'."),
        (parse_clause, "csat below people by 0.1",
         "'below people by 0.1' is no comparison; write e.g. 'not below people by 1 %'."),
        (parse_clause, "csat not below 4",
         "'not below' is said of people; write e.g. '>= 4' or 'not below people by 1 %'."),
        (parse_clause, "rework_rate not above",
         "'not above' is said of people; write e.g. '<= 80 %' or 'not above people by 1 %'."),
        (parse_clause, "csat not below people", "the margin is missing; write e.g. 'by 1 %'."),
        (parse_clause, "csat not below people 0.1", "'0.1' is no margin; write e.g. 'by 1 %'."),
        (parse_clause, "csat not below people by much", "'much' is no margin; write e.g. 'people by 1 %'."),
        (parse_clause, "csat not below people by 0.1 cap 5 EUR",
         "'5 EUR' cannot cap '0.1'; write it in the same unit, e.g. 'cap 5'."),
        (parse_clause, "agreement >= 85 % in every", "the segment is missing; write e.g. 'in every language'."),
        (parse_clause, "agreement >= 85 % in every 5", "'5' is no segment; write e.g. 'in every language'."),
        (parse_clause, "agreement >= 85 % in each country",
         "'in each country' is no segment; write e.g. 'in every country'."),
        (parse_clause, "agreement >= 85 % in every language in 28 d",
         "'in every language' stands last; write 'in 28 d in every language'."),
        (parse_clause, "any hard", "the metric's name is missing after 'hard'; write e.g. 'any hard rework_rate'."),
        (parse_clause, "any policy_violation in every language",
         "a single event counts wherever it happens; remove 'in every'."),
        (parse_false_alarm, "once in 10000 cases, roughly",
         "'roughly' is not understood here; write e.g. 'once in 10000 cases, calibrated'."),
        (parse_claim, "", "the claim is missing; write 'over the period' or 'about future days'."),
        (parse_claim, "about the future", "'about the future' is no claim; write 'about future days'."),
        (parse_claim, "always", "'always' is no claim; write 'over the period' or 'about future days'."),
        (parse_limit, "amount <= 5 EUR or amount >= 2 EUR", "'or amount >= 2 EUR' is not understood here; remove it."),
        (parse_limit, "region in and", "'and' is no list's name; write e.g. 'region in allowed_values'."),
        (parse_shift, "a 1 -> 2 in 8 weeks, owned by ", "the owner is missing; write e.g. 'finance-ops'."),
        (parse_shift, "a 1 -> 2 of in 8 weeks, owned by x", "'of' does not say of what; write e.g. 'of cases'."),
        (parse_level, "boss", "'boss' is no level; write one of shadow, draft, approval, constrained, expanded."),
    ],
)  # fmt: skip
def test_a_line_that_does_not_read_says_what_to_write(parse: Any, text: str, words: str) -> None:
    """The cure stands in the same sentence as the complaint."""
    with pytest.raises(LineInvalid) as caught:
        parse(text)
    assert str(caught.value) == f"line-invalid: {words}"
