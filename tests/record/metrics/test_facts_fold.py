"""What records make of a case: which run counts, what was done, what waited, and what is unknown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from goldenthread.promise.values import Json
from goldenthread.record.metrics.facts import FACT_KINDS, Fact, Fold
from made_chains import BEGAN, MadeChains

S = 1_000_000


class Story:
    """A chain told in seconds after it began."""

    def __init__(self) -> None:
        self.chain = MadeChains()

    def start(self, at: float, run: str = "r1", *, level: str = "constrained", **more: Json) -> Story:
        """A run begins."""
        said = {"fingerprint": "fp", "contract_version": 1, "level": level, "source": "live", **more}
        return self.tell(at, "run:start", run, **said)

    def end(self, at: float, run: str = "r1", status: str = "done") -> Story:
        """It ends."""
        return self.tell(at, "run:end", run, fingerprint="fp", status=status)

    def ask(self, at: float, item: str, run: str = "r1", kind: str = "approval") -> Story:
        """A person is asked."""
        return self.tell(at, "approval:ask", run, item=item, kind=kind)

    def answer(self, at: float, item: str, run: str = "r1", said: str = "approve") -> Story:
        """They answer."""
        return self.tell(at, "approval:answer", run, item=item, answer=said)

    def see(self, at: float, metric: str, value: Any, run: str = "r1", **more: Json) -> Story:
        """Somebody observes."""
        return self.tell(at, "case:observe", run, observations=[{"metric": metric, "value": value, **more}])

    def tell(self, at: float, what: str, run: str, **data: Json) -> Story:
        """Anything."""
        self.chain.append("refunds", what, BEGAN + timedelta(seconds=at), {"run": run, "case": "c", **data})
        return self

    def facts(self) -> dict[str, Fact]:
        """What comes of it, by run."""
        fold = Fold("refunds")
        for record in self.chain.read("refunds", kinds=FACT_KINDS):
            fold.apply(record)
        self.refused = fold.refused
        return {fact.run: fact for _, fact in fold.changed()}

    def fact(self) -> Fact:
        """Of the one run by which the case counts."""
        (found,) = [fact for fact in self.facts().values() if fact.cases]
        return found


def test_a_case_takes_from_its_first_start_to_done() -> None:
    """A fault in between costs the customer the time, so it counts; the run that failed doesn't count as a case."""
    fact = Story().start(0).end(5, status="fault").start(60, "r2").end(100, "r2").fact()
    assert (fact.run, fact.cycle_us, fact.done, fact.automated, fact.erred) == ("r2", 100 * S, 1, 1, 0)


def test_an_open_case_is_unknown_not_zero() -> None:
    """What has not ended has neither been done nor failed."""
    fact = Story().start(0).fact()
    unknown = (fact.automated, fact.escalated, fact.adopted, fact.erred, fact.fault, fact.latency_us, fact.cycle_us)
    assert (fact.ended, unknown) == (0, (None,) * 7)


def test_a_case_counts_once_by_the_release_that_did_it() -> None:
    """A second run, by another release that did nothing, takes neither the credit nor hides it."""
    facts = Story().start(0).end(9).start(20, "r2", level="draft", fingerprint="other").end(30, "r2", "drafted").facts()
    assert {run: fact.cases for run, fact in facts.items()} == {"r1": 1, "r2": 0}
    facts = Story().start(0).end(9, status="superseded").start(9, "r2").facts()
    assert {run: fact.cases for run, fact in facts.items()} == {"r1": 0, "r2": 1}


def test_waiting_is_while_anything_is_open() -> None:
    """Two questions at once are one wait; passing a question on is no answer; a blind one holds nobody up."""
    story = Story().start(0).ask(10, "b", kind="blind question").ask(20, "x").ask(30, "y")
    assert story.fact().waiting_us is None
    story.answer(40, "x").answer(50, "y", said="escalate")
    assert (story.fact().waits, story.fact().waiting_us) == (1, None)
    fact = story.answer(80, "y").ask(90, "z").tell(95, "approval:expire", "r1", item="z").end(99).fact()
    assert (fact.waits, fact.waiting_us, fact.automated, fact.latency_us) == (0, 65 * S, 0, 10 * S)


def test_who_reports_from_outside_goes_before_us() -> None:
    """The owner of the case system knows when it was done, also where people did it; a later word corrects."""
    fact = Story().start(0, level="draft").end(9, status="drafted").see(10, "cycle_time", 3600).fact()
    assert (fact.done, fact.cycle_us, fact.adopted, fact.automated) == (1, 3600 * S, 1, 0)
    fact = Story().start(0).end(9).see(10, "rework_rate", 1).see(11, "rework_rate", 0.0).see(12, "cost", 0.1).fact()
    assert (fact.reworked, fact.erred, fact.cost_micros) == (0, 0, 100_000)
    assert Story().start(0).end(9).see(10, "cost", 9, of="people").fact().cost_micros is None


def test_what_was_asked_for_and_is_still_out_is_known_as_such() -> None:
    """A blind question without an answer makes agreement pending, not smaller."""
    fact = Story().start(0, level="draft").see(1, "agreement", None).fact()
    assert (fact.agreement_asked, fact.agreed) == (1, None)


@pytest.mark.parametrize(
    "value",
    [True, "1", -1.0, float("nan"), float("inf"), 0.5, 2**70],
    ids=["bool", "text", "below", "nan", "inf", "half", "huge"],
)
def test_what_cannot_be_read_is_counted_and_changes_nothing(value: Any) -> None:
    """A page must not stand still, nor guess, because of one record that says something impossible."""
    metric = "cost" if value == 2**70 else "rework_rate"
    story = Story().start(0).end(9)
    before = story.facts()
    assert story.see(10, metric, value).facts() == before
    assert story.refused == 1


def test_a_record_of_a_run_that_nobody_began_is_refused() -> None:
    """What has no beginning on record belongs to no case."""
    story = Story().start(0).end(9, "nobody").tell(10, "run:start", "r3", level="high", source="live")
    assert (set(story.facts()), story.refused) == ({"r1"}, 2)
