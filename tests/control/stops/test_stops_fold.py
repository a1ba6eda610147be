"""The fold of stops, record by record: what holds, and what does not lift it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from goldenthread.control.stops import ASK_LIFE, Stop, Stops, Voice, nobody
from goldenthread.record.ledger import Record

BEGIN = datetime(2026, 11, 2, 9, tzinfo=UTC)
WORTH = {
    "maya": Voice(problem=None, leads=True),
    "lee": Voice(problem=None),
    "kim": Voice(problem=None),
    "mallory": Voice(problem="she holds no role"),
}


def by_name(_stop: Stop, lift: Record, _when: Record) -> Voice:
    """A voice by who speaks."""
    return WORTH[lift.by]


class Chain:
    """A chain told record by record."""

    def __init__(self, chain: str = "refunds") -> None:
        self.chain = chain
        self.stops = Stops(chain, by_name)
        self.now = BEGIN
        self._seq = count(1)

    def tell(self, kind: str, data: Mapping[str, Any], by: str = "lee") -> str:
        """The next record; its place."""
        seq = next(self._seq)
        record = Record(chain=self.chain, seq=seq, at=self.now, kind=kind, by=by, data=data, prev="", hash="", body=b"")
        self.stops.apply(record)
        return f"{self.chain}#{seq}"

    def holds(self) -> list[str]:
        """The ids of what holds."""
        return [stop.id for stop in self.stops.in_force]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("stop:set", {"tool": None, "reason": "odd"}),
        ("stop:set", {}),
        ("stop:set", {"tool": 7}),
        ("stop:set", {"tool": ""}),
        ("stop:set", {"tool": None, "product": "claims"}),  # on a slice's own chain: the slice
        ("stop:set", "no object"),
        ("slice:suspend", {"reason": "as it was written before"}),
        ("level:change", {"suspends": True, "reason": "a tripwire"}),
    ],
)
def test_whatever_calls_itself_a_stop_stops_everything_in_its_chain(kind: str, content: Any) -> None:
    """Unsigned, by nobody known, malformed: better that work waits than that a stop was not heard."""
    chain = Chain()
    place = chain.tell(kind, content, by="nobody known")
    assert chain.holds() == [place]
    assert chain.stops.stopping("pay") is not None


def test_a_stop_of_a_tool_stops_that_tool_only() -> None:
    """Names are compared whole: a prefix stops nothing else."""
    chain = Chain("organisation")
    chain.tell("stop:set", {"tool": "pay", "reason": "odd"})
    found = chain.stops.stopping("pay")
    assert found is not None
    assert found.words == "The tool 'pay' is stopped everywhere, by lee: odd (stop organisation#1)"
    assert chain.stops.stopping("pay_out") is None


@pytest.mark.parametrize("product", [None, 7, "", " ", ["claims"], {}])
def test_a_stop_that_names_its_product_wrongly_reaches_every_slice(product: Any) -> None:
    """Whoever reads a broken stop narrowly lets go on what somebody meant to stop."""
    chain = Chain("organisation")
    chain.tell("stop:set", {"product": product, "reason": "odd"})
    (stop,) = chain.stops.in_force
    assert stop.reaches(frozenset())
    assert stop.subject == "Everything is stopped"


def test_a_stop_of_a_product_reaches_its_slices_however_it_is_written() -> None:
    """A capital letter or a blank is no reason to go on; another product is."""
    chain = Chain("organisation")
    chain.tell("stop:set", {"product": " Claims", "reason": "odd"})
    chain.tell("stop:set", {"product": "claims", "tool": "pay", "reason": "odd"})
    whole, tool = chain.stops.in_force
    assert whole.reaches({"claims"})
    assert not whole.reaches({"claims-desk", "refunds"})
    assert not whole.reaches(frozenset())
    assert (whole.covers("pay"), tool.covers("pay"), tool.covers("post")) == (True, True, False)
    assert tool.words == "The tool 'pay' is stopped in the product 'claims', by lee: odd (stop organisation#2)"


def test_two_people_lift_and_one_of_them_leads() -> None:
    """One pair of eyes must not undo what another saw."""
    chain = Chain()
    place = chain.tell("stop:set", {})
    chain.tell("stop:lift", {"stop": place}, by="lee")
    assert [record.by for record in chain.stops.asked(chain.stops.in_force[0])] == ["lee"]
    chain.tell("stop:lift", {"stop": place}, by="lee")
    assert chain.holds() == [place], "one person twice is one person"
    chain.tell("stop:lift", {"stop": place}, by="kim")
    assert chain.holds() == [place], "neither of the two leads"
    chain.tell("stop:lift", {"stop": place}, by="maya")
    assert chain.holds() == []


@pytest.mark.parametrize(
    ("kind", "content", "by"),
    [
        ("stop:lift", {"stop": "refunds#1"}, "mallory"),
        ("stop:lift", {"stop": "refunds#2"}, "lee"),
        ("stop:lift", {}, "lee"),
        ("stop:lift", "no object", "lee"),
        ("slice:resume", {"reason": "as one person could before"}, "lee"),
    ],
)
def test_what_does_not_count_lifts_nothing(kind: str, content: Any, by: str) -> None:
    """A word without a right, about something else, or of one person alone."""
    chain = Chain()
    place = chain.tell("stop:set", {})
    chain.tell("stop:lift", {"stop": place}, by="maya")
    chain.tell(kind, content, by=by)
    assert chain.holds() == [place]


def test_a_word_to_lift_waits_for_a_day() -> None:
    """What somebody thought yesterday of another situation is no second opinion."""
    chain = Chain()
    place = chain.tell("stop:set", {})
    chain.tell("stop:lift", {"stop": place}, by="maya")
    chain.now += ASK_LIFE + timedelta(seconds=1)
    chain.tell("stop:lift", {"stop": place}, by="lee")
    assert chain.holds() == [place]
    chain.tell("stop:lift", {"stop": place}, by="maya")
    assert chain.holds() == []


def test_each_stop_is_lifted_by_itself() -> None:
    """Whoever found a second reason must be heard when the first is gone."""
    chain = Chain()
    first, second = chain.tell("stop:set", {}), chain.tell("stop:set", {}, by="kim")
    for by in ("maya", "lee"):
        chain.tell("stop:lift", {"stop": first}, by=by)
    assert chain.holds() == [second]


def test_a_lift_is_judged_by_the_rights_of_the_moment_it_takes_effect() -> None:
    """Somebody who asked and was revoked since is no second person any more."""
    revoked = set[str]()

    def now(_stop: Stop, lift: Record, _when: Record) -> Voice:
        return Voice(problem="revoked") if lift.by in revoked else WORTH[lift.by]

    chain = Chain()
    chain.stops = Stops("refunds", now)
    place = chain.tell("stop:set", {})
    chain.tell("stop:lift", {"stop": place}, by="maya")
    revoked.add("maya")
    chain.tell("stop:lift", {"stop": place}, by="lee")
    assert chain.holds() == [place]


def test_who_cannot_judge_lifts_nothing() -> None:
    """Without the principals at hand, a word is only a word."""
    chain = Chain()
    chain.stops = Stops("refunds", nobody)
    place = chain.tell("stop:set", {})
    for by in ("maya", "lee"):
        chain.tell("stop:lift", {"stop": place}, by=by)
    assert chain.holds() == [place]
    assert set(chain.stops.refused.values()) == {"nobody here can judge who may lift a stop"}
