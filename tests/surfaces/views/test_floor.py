from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from goldenthread.promise.errors import PageNotFound
from goldenthread.promise.values import GateVerdict, Level
from goldenthread.surfaces.views import as_json, products
from goldenthread.surfaces.views.choosing import Chosen, chosen_of
from goldenthread.surfaces.views.dangers import Danger
from goldenthread.surfaces.views.floor import Eyes, FloorView, floor_view
from goldenthread.surfaces.views.products import Move, ProductView
from goldenthread.surfaces.views.queues import Queue
from surfaces.views.office import Office
from worlds import APPROVER, FINANCE, OWNER

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOBODY = Eyes(name=None, answers=lambda *_: True, lifts=lambda _: True)


def eyes(name: str = APPROVER, *, answers: bool = True, lifts: bool = False) -> Eyes:
    """Somebody's."""
    return Eyes(name=name, answers=lambda *_: answers, lifts=lambda _: lifts)


def slice_of(name: str, level: str = "approval", stage: str = "asking", **given: object) -> ProductView:
    """A slice of the floor, with what a test says of it."""
    plain = ProductView(
        slice=name,
        product=None,
        version=1,
        signed=True,
        missing=(),
        prototype=(),
        problem="Requests wait.",
        owner=OWNER,
        stage=stage,
        stage_words="",
        stage_why="",
        level=Level(level),
        since=None,
        ceiling=Level.CONSTRAINED,
        suspended=False,
        stops=(),
        agent="agent",
        fingerprint="sha256:1",
        connected=None,
        verdict=GateVerdict.INSUFFICIENT,
        target=None,
        reason="",
        meter=0.0,
        lacking=(),
        earned=None,
        moves=(),
        outcomes=(),
        dangers=(),
        cases=0,
        waiting=0,
        queue=Queue(kinds={}, handed={}),
    )
    return replace(plain, **given)  # type: ignore[arg-type]


def moved(before: str, after: str, days_ago: float) -> Move:
    """A change of level."""
    at = NOW - timedelta(days=days_ago)
    return Move(at=at, before=Level(before), after=Level(after), reason="", proved=(), place="")


def waiting(name: str, kinds: dict[str, int], hours: float = 1, due_in: float = 3, **handed: int) -> ProductView:
    """A slice where cases wait."""
    queue = Queue(
        count=sum(kinds.values()),
        kinds=kinds,
        handed=handed,
        oldest=NOW - timedelta(hours=hours),
        turn="reviewer",
        due=NOW + timedelta(hours=due_in),
    )
    return slice_of(name, waiting=queue.count, queue=queue)


def floor(*slices: ProductView, by: Eyes | None = None, **chosen: str) -> FloorView:
    """The floor of these slices."""
    return floor_view(slices, by or eyes(), chosen_of(chosen), NOW)


def names(view: FloorView) -> list[str]:
    """Which slices are shown, in their order."""
    return [one.slice for one in view.products]


def test_the_floor_is_chosen_by_what_the_address_says() -> None:
    """A choice that stands in the address can be sent to somebody, and kept."""
    slices = (
        slice_of("invoices", "constrained", "alone", product="Pay", dangers=(Danger(kind="flag", words="Odd"),)),
        slice_of("letters", "draft", "proving", problem="Letters wait", product="Mail"),
        waiting("refunds", {"approval": 2}),
    )
    assert names(floor(*slices)) == ["invoices", "letters", "refunds"]
    assert names(floor(*slices, stage="alone")) == names(floor(*slices, level="constrained")) == ["invoices"]
    assert names(floor(*slices, product="Mail")) == names(floor(*slices, q="LETTERS wait")) == ["letters"]
    assert names(floor(*slices, only="danger")) == ["invoices"]
    assert names(floor(*slices, only="mine")) == names(floor(*slices, only="waiting")) == ["refunds"]
    assert names(floor(*slices, only="mine", by=eyes(answers=False))) == []
    assert names(floor(*slices, q="nothing like it")) == []


def test_the_floor_is_put_in_the_order_that_was_asked() -> None:
    """What is wrong comes first unless somebody asks otherwise."""
    slices = (
        slice_of("a", "draft", meter=0.9),
        waiting("b", {"approval": 1}, hours=5),
        waiting("c", {"approval": 9}, hours=2),
        slice_of("d", "constrained", dangers=(Danger(kind="fall", words="It fell"),)),
        slice_of("e", "shadow", dangers=(Danger(kind="stop", words="Stopped"),)),
    )
    assert names(floor(*slices)) == ["e", "d", "a", "b", "c"]
    assert names(floor(*slices, sort="waiting"))[:2] == ["b", "c"]
    assert names(floor(*slices, sort="level")) == ["d", "b", "c", "a", "e"]
    assert names(floor(*slices, sort="evidence"))[0] == "a"
    assert names(floor(*slices, sort="slice")) == list("abcde")


def test_a_choice_of_what_there_is_none_of_is_named() -> None:
    """An empty floor would read as 'there is nothing'."""
    with pytest.raises(PageNotFound, match=r"No stage 'odd' to choose slices by\. Choose one of written, signed"):
        chosen_of({"stage": "odd"})
    with pytest.raises(PageNotFound, match=r"No sort '<b>x'"):
        chosen_of({"sort": "<b>x"})


def test_an_address_says_only_what_was_chosen_and_reads_back_the_same() -> None:
    """What a view keeps is what its address says, and nothing that came along with it."""
    chosen = chosen_of({"q": "  two   words ", "only": "danger", "sort": "level", "csrf": "secret", "x": "y"})
    assert chosen.query == "q=two+words&only=danger&sort=level"
    assert chosen.address == "/?q=two+words&only=danger&sort=level"
    assert Chosen().address == "/?all=1", "else the first view that somebody keeps would be shown"
    assert chosen.but(only="", q="") == "/?sort=level"


def test_many_slices_stand_on_a_line_each() -> None:
    """A leader takes in two hundred at one look, a newcomer understands one."""
    few, many = [slice_of(f"s{i}") for i in range(6)], [slice_of(f"s{i}") for i in range(200)]
    assert (floor(*few).form, floor(*many).form) == ("cards", "lines")
    assert (floor(*few, form="lines").form, floor(*many, form="cards").form) == ("lines", "cards")


def test_the_summary_speaks_of_every_slice_whatever_is_chosen() -> None:
    """Who looks at one product must still see that another burns."""
    slices = (
        slice_of("alone", "constrained", "alone", moves=(moved("approval", "constrained", 2),)),
        slice_of("burns", dangers=(Danger(kind="incident", words="Odd"),)),
        waiting("late", {"approval": 1}, hours=9, due_in=-1),
        slice_of("old", moves=(moved("shadow", "draft", 40),)),
        slice_of("fell", moves=(moved("constrained", "draft", 1), moved("approval", "constrained", 5))),
    )
    view = floor(*slices, q="old")
    assert names(view) == ["old"]
    assert [one.slice for one in view.summary.alone] == ["alone"]
    assert [one.slice for one in view.summary.danger] == ["burns", "late"]
    assert [(one.slice, one.words) for one in view.summary.news] == [
        ("fell", "fell from approval to draft"),
        ("alone", "rose from approval to constrained"),
    ]
    assert (view.overdue, view.summary.mine) == (("late",), 1)


def test_what_waits_for_somebody_is_theirs_alone() -> None:
    """An approver sees what they may answer, a data owner what they owe, and nobody sees nothing."""
    slices = (
        waiting("refunds", {"approval": 2, "escalation": 1}, **{APPROVER: 1}),
        slice_of("burns", dangers=(Danger(kind="incident", words="Odd", owner=OWNER, place="41"),)),
    )
    mine = floor(*slices).summary.duties
    assert [(one.words, one.count) for one in mine] == [
        ("2 wait for your yes or no, 1 was handed over by the agent; 1 handed to you by name", 3)
    ]
    owners = floor(*slices, by=eyes(OWNER, answers=False)).summary.duties
    assert [(one.words, one.address) for one in owners] == [("an incident that is yours", "/slices/burns/incidents/41")]
    assert floor(*slices, by=NOBODY).summary.duties == ()


def test_every_slice_of_the_office_has_a_stage_that_follows_from_its_record(office: Office) -> None:
    """A stage that somebody typed in would be a wish."""
    found = {one.slice: one for one in products(office.ledger)}
    assert {name: one.stage for name, one in found.items()} == {
        "claims": "proving",
        "letters": "proving",
        "refunds": "asking",
        "visas": "written",
    }
    assert found["visas"].stage_why == f"{FINANCE} must still sign the contract"
    assert [danger.kind for danger in found["claims"].dangers] == ["incident"]
    assert found["claims"].dangers[0].words == "Live runs: twice as many"
    agreement = next(one for one in found["claims"].lacking if one.text == "agreement >= 80 %")
    assert agreement.words == "91.7 % in 12 cases, not proved yet"
    assert 0 < agreement.meter < 1
    assert as_json(found["claims"])["queue"]["count"] == found["claims"].waiting


def test_a_queue_knows_its_oldest_and_whose_turn_that_is(office: Office) -> None:
    """How long people have waited is the first thing that an owner asks."""
    found = next(one for one in products(office.ledger) if one.slice == "refunds")
    assert found.queue.kinds == {"approval": 2, "escalation": 1}
    assert found.waiting == 3
    assert found.queue.turn == "reviewer"
    assert found.queue.oldest is not None
    assert found.queue.due is not None
    assert not found.queue.is_overdue(found.queue.oldest)
    assert found.queue.is_overdue(found.queue.due)


def test_a_stop_and_its_lifting_change_the_stage(office: Office) -> None:
    """Whoever stops a slice sees so on the first page, and whose it is to lift. It comes last: it leaves a trace."""
    record = office.world.stop("refunds")
    stopped = next(one for one in products(office.ledger) if one.slice == "refunds")
    assert (stopped.stage, stopped.dangers[0].kind, stopped.suspended) == ("stopped", "stop", True)
    assert "an odd payment" in stopped.stage_why
    duties = floor(stopped, by=eyes(lifts=True)).summary.duties
    assert "a stop that two people lift" in [one.words for one in duties]
    office.world.lift(record)
    assert next(one for one in products(office.ledger) if one.slice == "refunds").stage == "asking"
