from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from goldenthread.promise.errors import CaseUnknown
from goldenthread.record.metrics import Proposal
from goldenthread.record.store import Store
from goldenthread.surfaces.views import as_json, case, case_page, cases, records, waiting
from surfaces.views.office import GONE, MARKUP, SECRET, Office, dumped
from worlds import APPROVER


def test_cases_come_newest_first_with_what_became_of_them(office: Office) -> None:
    """A product owner sees fates, not states of a machine."""
    assert [(one.case.words, one.status, one.words) for one in cases(office.desk("refunds"))] == [
        ("escalated", "escalated", "handed to a person by the agent"),
        (MARKUP, "waiting", "waits for a person's yes"),
        ("erased", "done", "done"),
        ("rejected", "denied", "refused; nothing happened"),
        ("edited", "done", "done"),
        ("approved", "done", "done"),
        ("waits", "waiting", "waits for a person's yes"),
    ]


def test_pages_of_cases_meet_without_gap_or_double(office: Office) -> None:
    """Paging must not lose a case."""
    desk = office.desk("claims")
    seen, after = [], None
    while True:
        page = case_page(desk, limit=5, after=after)
        seen += [one.case.words for one in page.cases]
        after = page.after
        if after is None:
            break
    assert seen == ["live", *(f"claim-{i}" for i in reversed(range(12)))]


def test_cases_are_counted_and_filtered_by_status(office: Office) -> None:
    """Who looks for what waits finds only that."""
    page = case_page(office.desk("refunds"), status="waiting")
    assert page.counts == {"waiting": 2, "done": 3, "denied": 1, "escalated": 1}
    assert [one.case.words for one in page.cases] == [MARKUP, "waits"]


def test_a_replayed_case_counts_as_shadow_not_as_denied(office: Office) -> None:
    """In shadow nothing was meant to happen, so nothing was refused."""
    page = case_page(office.desk("claims"))
    assert page.counts == {"shadow": 13}
    first = page.cases[-1]
    assert (first.words, first.agreement, first.source) == ("worked in shadow, without effect", False, "replay")
    assert page.cases[-2].agreement is True


def test_a_page_takes_as_many_queries_for_many_cases_as_for_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that asks the database for each row gets slow exactly when it matters."""
    desk, counted = office.desk("claims"), []
    desk.outline()
    session = Store.session

    @contextmanager
    def counting(store: Store) -> Iterator[Any]:
        counted.append(store)
        with session(store) as connection:
            yield connection

    monkeypatch.setattr(Store, "session", counting)
    case_page(desk, limit=1)
    one = len(counted)
    case_page(desk, limit=13)
    assert len(counted) == 2 * one
    assert one <= 12


@pytest.mark.parametrize("near", [0, 1, 4])
def test_a_case_says_the_same_however_far_its_runs_lie_back(
    office: Office, monkeypatch: pytest.MonkeyPatch, near: int
) -> None:
    """Runs at a chain's end are read in one piece, older ones by an index; some of each must make one truth."""
    by_end = {name: cases(office.desk(name)) for name in ("claims", "refunds", "letters")}
    assert any(one.seen for one in by_end["claims"])
    monkeypatch.setattr(records, "NEAR", near)
    assert {name: cases(office.desk(name)) for name in by_end} == by_end


def test_an_erased_case_reads_erased_everywhere(office: Office) -> None:
    """Erasure is not done while a list still shows the name."""
    desk = office.desk("refunds")
    found = next(one for one in cases(desk) if one.case.state == "erased")
    assert (found.case.words, found.given.words) == ("erased", "erased")
    assert [(one.arguments.words, one.why) for one in found.actions] == [("erased", "erased")]
    assert GONE not in dumped(as_json(found))


def test_a_blind_case_keeps_its_proposal_to_itself(office: Office) -> None:
    """One glimpse of the proposal, and the blind decision is worth nothing."""
    desk = office.desk("letters")
    found = next(one for one in cases(desk) if one.case.words == "blind")
    assert found.proposal is not None
    assert found.proposal.words == "hidden: a person decides this case before seeing the proposal"
    assert [(one.name, one.why, one.cited) for one in found.actions] == [("", "", ())]
    assert SECRET not in dumped(as_json([*cases(desk), *waiting(desk)]))


def test_a_blind_case_shows_its_proposal_once_a_person_has_decided(busy_office: Office) -> None:
    """Then it is what the person learns from."""
    item = next(one for one in waiting(busy_office.desk("letters")) if one.kind == "blind question")
    decision = Proposal(action="pay", arguments={"order": "blind", "amount": 10, "country": "DE"})
    busy_office.world.inbox("letters").answer(item.id, decision, by=APPROVER)
    found = next(one for one in cases(busy_office.desk("letters")) if one.case.words == "blind")
    assert found.actions[0].arguments.value == {"order": "blind", "amount": 10, "country": SECRET}
    assert (found.agreement, [(one.answer, one.by) for one in found.answers]) == (False, [("answer", APPROVER)])


def test_a_case_is_found_by_its_run(office: Office) -> None:
    """A link to a case stays good."""
    desk = office.desk("refunds")
    shown = cases(desk)[0]
    assert case(desk, shown.run) == shown


def test_an_unknown_run_is_named(office: Office) -> None:
    """A wrong address gets an answer."""
    with pytest.raises(CaseUnknown) as refused:
        case(office.desk("refunds"), "nope")
    assert str(refused.value) == ("case-unknown: No run 'nope' in 'refunds'. See `goldenthread case list refunds`.")


def test_inbox_gives_the_exact_command_for_each_kind(office: Office) -> None:
    """The console only shows; the answer is one paste away."""
    asked = {one.case.words: one for one in waiting(office.desk("refunds"))}
    assert asked["waits"].commands == (
        f"goldenthread inbox approve {asked['waits'].id} --as NAME",
        f"goldenthread inbox edit {asked['waits'].id} NAME=VALUE --as NAME",
        f'goldenthread inbox reject {asked["waits"].id} --reason "..." --as NAME',
        f'goldenthread inbox ask-back {asked["waits"].id} "..." --as NAME',
    )
    assert asked["waits"].arguments is not None
    assert asked["waits"].arguments.value == {"order": "waits", "amount": 10, "country": "DE"}
    assert (asked["escalated"].reason, asked["escalated"].commands) == (
        "no precedent is near enough",
        (f"goldenthread inbox answer {asked['escalated'].id} ACTION NAME=VALUE --as NAME",),
    )


def test_inbox_of_an_erased_case_tells_nothing_of_it(busy_office: Office) -> None:
    """A reason written by the agent may hold what was erased."""
    busy_office.erase("refunds", "escalated")
    found = next(one for one in waiting(busy_office.desk("refunds")) if one.kind == "escalation")
    assert (found.case.words, found.given.words, found.reason) == ("erased", "erased", "erased")
