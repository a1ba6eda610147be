"""A number leads to its runs, and a contract's line holds only where nothing pending could break it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from goldenthread.promise.contract import parse_clause, parse_contract
from goldenthread.promise.errors import MetricUnknown
from goldenthread.record.metrics import STANDARD
from goldenthread.record.metrics.facts import (
    FACT_KINDS,
    Days,
    Fact,
    Facts,
    Fold,
    Measured,
    facts_in_memory,
    line_states,
    standard,
)
from goldenthread.record.metrics.facts.expressions import compiled
from made_chains import BEGAN, MadeChains, made_chains
from made_facts import expected, made_facts
from worlds import contract_text

DAYS = Days.until(BEGAN.date() + timedelta(days=30), 28)
CONTRACT = parse_contract(contract_text("refunds"))


def facts_of(chains: MadeChains) -> list[Fact]:
    """All facts of the chain `refunds`."""
    fold = Fold("refunds")
    for record in chains.read("refunds", kinds=FACT_KINDS):
        fold.apply(record)
    return [fact for _, fact in fold.changed()]


@pytest.fixture(scope="module")
def facts() -> Iterator[Facts]:
    """Sixty cases of every fate."""
    with facts_in_memory(facts_of(made_chains(21, 60)), threads=1) as opened:
        yield opened


def test_the_runs_behind_a_number_are_exactly_those_that_it_counts(facts: Facts) -> None:
    """Whoever doubts a figure counts its runs; one more or less would lose all trust."""
    for one in facts.measure(DAYS, slice_name="refunds"):
        behind = facts.behind(one.metric.name, DAYS, slice_name="refunds")
        known = [run.value for run in behind if run.value is not None]
        assert (len(known), len(behind) - len(known)) == (one.known, one.pending), one.metric.name
        if one.metric.kind == "rate":
            assert sum(known) == one.hits
        if one.metric.kind == "mean":
            assert sum(known) == one.amount
        assert len({run.run for run in behind}) == len(behind)


@pytest.mark.parametrize("metric", ["rework_rate", "throughput", "backlog", "latency"])
def test_a_page_reads_the_latest_runs_and_knows_how_many_there_are(facts: Facts, metric: str) -> None:
    """A page of two hundred of a million runs says the million, and reads the two hundred."""
    behind = facts.behind(metric, DAYS, slice_name="refunds")
    for most in (1, len(behind) - 1, len(behind), len(behind) + 1):
        assert facts.latest_behind(metric, DAYS, slice_name="refunds", most=most) == (behind[:most], len(behind))


@pytest.mark.parametrize("metric", ["rework_rate", "throughput", "backlog", "latency"])
def test_the_runs_of_a_day_are_exactly_those_of_its_figure(facts: Facts, metric: str) -> None:
    """A chart's point leads to its runs as the whole does."""
    found = [one for one in facts.measure(DAYS, slice_name="refunds", by="day") if one.metric.name == metric]
    for one in found:
        assert one.part is not None
        behind = facts.behind(metric, DAYS, slice_name="refunds", part=("day", one.part))
        assert len(behind) == one.known + one.pending, one.part
    assert len(found) > 20


def test_names_that_are_none_are_refused(facts: Facts) -> None:
    """A typing error must not give an empty answer."""
    with pytest.raises(MetricUnknown) as refused:
        standard("rework")
    assert str(refused.value) == (
        "metric-unknown: No standard metric 'rework'. See them with `goldenthread metrics catalogue`."
    )
    with pytest.raises(MetricUnknown) as refused:
        facts.measure(DAYS, by="week")
    assert str(refused.value) == (
        "metric-unknown: Metrics are not kept apart by 'week'. Write one of day, level, fingerprint, source."
    )


class Counted(Facts):
    """Answers about the values 1 to `known` microseconds times a million: 1 s, 2 s, and so on."""

    def __init__(self, known: int) -> None:
        self._known = known

    def above(self, metric: str, days: Days, *, slice_name: str, limit: int) -> tuple[int, int]:
        """As of these values."""
        values = [value * 1_000_000 for value in range(1, self._known + 1)]
        return sum(value > limit for value in values), sum(value >= limit for value in values)

    def began(self, slice_name: str) -> Any:
        """Long ago."""
        return DAYS.first


def states(metric: str, clause: str, **counts: Any) -> str:
    """What a line is by these counts."""
    one = Measured(slice="refunds", metric=STANDARD[metric], days=28, **counts)
    contract = _with_line(metric, clause)
    return line_states(Counted(counts["known"]), contract, [one], DAYS)[0].state


def _with_line(metric: str, clause: str) -> Any:
    from dataclasses import replace

    assert CONTRACT.workflow is not None
    none = dict.fromkeys(("cycle_time", "throughput", "automation_rate", "escalation_rate", "rework_rate", "backlog"))
    workflow = replace(CONTRACT.workflow, **{**none, metric: parse_clause(f"{metric} {clause}")})  # type: ignore[arg-type]
    return replace(CONTRACT, workflow=workflow)


def test_a_rates_line_holds_or_fails_only_whatever_becomes_of_the_pending() -> None:
    """Every way in which the pending can end is tried: a line says something only where all agree."""
    for known, pending, sign in itertools.product(range(5), range(4), ("<=", ">=", "<", ">")):
        for hits in range(known + 1):
            ends = {
                _compare(Fraction(hits + more, known + pending), sign, Fraction(1, 2))
                for more in range(pending + 1)
                if known + pending
            }
            wanted = {frozenset({True}): "holds", frozenset({False}): "fails"}.get(frozenset(ends), "unknown")
            found = states("rework_rate", f"{sign} 50 %", known=known, pending=pending, hits=hits)
            assert found == wanted, (known, pending, hits, sign)


def test_a_quantiles_line_holds_or_fails_only_whatever_becomes_of_the_pending() -> None:
    """A case that nobody has finished may take for ever, and a p90 of the finished ones alone would flatter."""
    for known, pending, sign, limit in itertools.product(range(1, 6), range(3), ("<=", ">=", "<", ">"), range(7)):
        ends = set()
        for big in range(pending + 1):
            values = sorted([*range(1, known + 1), *[0] * (pending - big), *[99] * big])
            ends.add(_compare(Fraction(values[-(-9 * len(values) // 10) - 1]), sign, Fraction(limit)))
        wanted = {frozenset({True}): "holds", frozenset({False}): "fails"}.get(frozenset(ends), "unknown")
        if pending and limit == 0 and sign in (">", "<="):
            continue  # a pending case that takes no time at all is as good as one at the limit
        found = states("cycle_time", f"p90 {sign} {limit} s", known=known, pending=pending)
        assert found == wanted, (known, pending, sign, limit)


def _compare(value: Fraction, sign: str, bound: Fraction) -> bool:
    return {"<=": value <= bound, ">=": value >= bound, "<": value < bound, ">": value > bound}[sign]


def test_counts_are_held_against_their_lines(facts: Facts) -> None:
    """Throughput a day and a week are the same line, and a slice that just began is not blamed for its first days."""
    assert states("throughput", ">= 100 cases per week", known=400) == "holds"
    assert states("throughput", ">= 15 cases per day", known=400) == "fails"
    assert states("throughput", ">= 14 cases per day", known=400) == "holds"
    assert states("backlog", "<= 40 cases", known=41) == "fails"
    young = [Measured(slice="refunds", metric=STANDARD["throughput"], days=28, known=1)]
    long = Days.until(DAYS.last, 90)
    (line,) = line_states(facts, _with_line("throughput", ">= 100 cases per week"), young, long)
    began = facts.began("refunds")
    assert began is not None
    assert (line.state, line.why) == ("unknown", f"the slice began on {began.isoformat()}, within these days")


def test_ranks_are_those_of_whole_numbers_at_every_count() -> None:
    """A share such as 0.95 has no exact binary form, and a rank that is off by one is another case's time."""
    import duckdb

    rows = (
        "select n::varchar as slice, 1 as cases, null::tinyint as fault, 'live' as source, 1 as asked, v::bigint as "
        "cycle_us, v::bigint as agent_us, v::bigint as latency_us, v::bigint as waiting_us, v::bigint as review_us "
        "from range(1, 301) as a(n), range(1, 301) as b(v) where v <= n"
    )
    with duckdb.connect() as connection:
        found: Any = connection.execute(
            f"with facts as ({rows}) select slice, latency, cycle_time from ({compiled('ranks_in_duckdb')})"
        ).fetchall()
    for name, (p50, p95), (_, p90) in found:
        count = int(name)
        assert (p50, p90, p95) == (-(-count // 2), -(-count * 9 // 10), -(-count * 95 // 100))
    assert len(found) == 300


def test_a_rates_range_is_what_it_can_still_become() -> None:
    """A figure of two known cases and a hundred pending must not look like a figure of a hundred and two."""
    one = Measured(slice="s", metric=STANDARD["rework_rate"], known=2, pending=2, hits=1)
    assert (one.value, one.range) == (Fraction(1, 2), (Fraction(1, 4), Fraction(3, 4)))
    nothing = Measured(slice="s", metric=STANDARD["rework_rate"], known=0)
    assert (nothing.value, nothing.range) == (None, None)


def test_money_of_two_currencies_has_no_mean() -> None:
    """Euros and francs added up are a number of nothing."""
    with facts_in_memory(made_facts(5, 200), threads=1) as opened:
        days = Days.until(BEGAN.date() + timedelta(days=9), 20)
        found = [one for one in opened.measure(days) if one.metric.name == "cost"]
    assert [one.value for one in found if one.currencies == ("CHF", "EUR")] == [None] * len(found)
    assert len(found) == len(expected(made_facts(5, 200), 0, 10**6, None))
