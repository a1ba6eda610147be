"""Files of facts: what they say is read exactly, and what is wrong has its place."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from factory.candidates.slices import a_slice
from goldenthread.factory.candidates import facts_text, parse_facts
from goldenthread.factory.value import parse_span
from goldenthread.promise.errors import FactsInvalid

FILE = """\
apiVersion: goldenthread/v1
kind: SliceFacts
slice: help-desk-tickets
title: Tickets of a software company
source: helpdesk.xes.gz, 4580 cases
owner: maya@example.com
log:
  cases: 4580 cases
  weeks: 200 weeks
  done: Closed
  done_share: 99 %
  deadline_share: 0 %
  five_variants_share: 80 %
  variants: 226 variants
  wrong_case_cost: 10 EUR
  cycle_p50: 39.9 d
  handovers: 1.2 handovers
work:
  rules_written: some
  steps: fixed
  untrusted_input: true
  tools: 1 systems
value:
  minutes: 10 to 14 min (log, tickets of 2026)
"""


def test_a_file_reads_to_what_it_says() -> None:
    """Each line, followed into the record."""
    found = parse_facts(FILE)
    assert (found.slice, found.owner, found.position) == ("help-desk-tickets", "maya@example.com", None)
    assert (found.log.cases, found.log.a_week, found.log.variants) == (4580, Decimal("22.9"), 226)
    assert (found.log.done_share, found.log.deadline_share) == (Decimal("0.99"), Decimal(0))
    assert (found.log.cycle_p50, found.log.wrong_case_cost) == (Decimal("39.9") * 86400, Decimal(10))
    assert (found.log.rework_share, found.log.reversible_share) == (None, None)
    assert (found.work.steps, found.work.untrusted_input, found.work.effect) == ("fixed", True, None)
    assert found.work.tools == 1
    assert found.value["minutes"].likely == 12


def test_almost_nothing_is_a_file_of_facts() -> None:
    """One begins with a name."""
    found = parse_facts("\n".join(FILE.splitlines()[:5]))
    assert (found.log.a_week, found.work.unknown[0], found.value) == (None, "rules_written", {})


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("kind: SliceFacts", "kind: Facts", "2:7", "'Facts' is no kind"),
        ("slice: help-desk-tickets", "slice: Help Desk", "3:8", "is no slice's name"),
        ("title: Tickets of a software company\n", "", "1:1", "title: is missing"),
        ("4580 cases\n  weeks", "many\n  weeks", "8:10", "'many' is no count of cases; write e.g. '120 cases'."),
        ("200 weeks", "0 weeks", "9:10", "is no number of weeks above 0"),
        ("99 %", "0.99", "11:15", "0.99"),
        ("10 EUR", "10 Euro", "15:20", "'10 Euro' is no money; write e.g. '250 EUR'."),
        ("steps: fixed", "steps: fixt", "20:10", "'fixt' is no steps; write 'fixed'."),
        ("untrusted_input: true", "untrusted_input: yes", "21:20", "is neither true nor false"),
        ("tools: 1 systems", "tools: one", "22:10", "'one' is no number of systems"),
        ("10 to 14 min (log, tickets of 2026)", "12 min", "24:12", "It is people's time on a case today."),
        ("39.9 d", "long", "16:14", "long"),
        ("39.9 d", "39.9 d\n  cycle_p90: 3 d", "17:14", "'3 d' is shorter than half of the cases take"),
    ],
)
def test_what_is_wrong_has_its_place(old: str, new: str, place: str, words: str) -> None:
    """A wrong number is worse than none."""
    assert old in FILE
    with pytest.raises(FactsInvalid) as problem:
        parse_facts(FILE.replace(old, new, 1))
    assert f"facts.yaml:{place}" in str(problem.value), str(problem.value)
    assert words in str(problem.value)


@pytest.mark.parametrize("text", ["", "[]"])
def test_what_holds_no_facts_is_refused(text: str) -> None:
    """An empty file says nothing of any work."""
    with pytest.raises(FactsInvalid, match="There are no facts here"):
        parse_facts(text)


def test_facts_that_a_program_fills_can_be_written_changed_and_read_again() -> None:
    """Discovery writes the file, a person adds what no log knows, and nothing gets lost on the way."""
    found = parse_facts(FILE)
    assert parse_facts(facts_text(found)) == found
    whole = a_slice(handovers=Decimal("1.25"), late_share=Decimal("0.263001"), cycle_p50=Decimal("90.5"))
    strange = replace(whole, title='Say "no": #1', source="true", position="first look", owner="maya@example.com")
    assert parse_facts(facts_text(strange)) == strange
    assert "  cycle_p50: 90.5 s\n  cycle_p90: 60 d\n" in facts_text(strange)


@pytest.mark.parametrize("words", ["two days: with a watch", "says #4", 'maya\'s "estimate"', "a, b; c"])
def test_a_source_in_any_words_is_read_again(words: str) -> None:
    """People say where a number is from as they like, and the file that is written of it still reads."""
    found = replace(a_slice(handovers=Decimal(0)), value={"minutes": parse_span(f"8 min (owner, {words})", "min")})
    assert parse_facts(facts_text(found)) == found
