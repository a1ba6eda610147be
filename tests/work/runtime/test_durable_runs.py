"""Durable runs from their submission to their end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from goldenthread.promise.errors import SubmissionEnded, SubmissionUnknown, ValueProblem
from goldenthread.record.store import Home
from goldenthread.surfaces import withdrawing
from goldenthread.surfaces.withdrawing import cancel_submission
from goldenthread.work.runtime import Handed, Submissions
from workplace import Workplace, open_workplace, wait_for
from worlds import APPROVER, OWNER


@pytest.fixture(scope="module")
def desk(shared_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """One worker for all that only hand cases in, each of them its own."""
    with open_workplace(shared_home.path, tmp_path_factory.mktemp("desk")) as place:
        place.start()
        yield place


def test_the_same_case_handed_in_twice_is_one_run(place: Workplace) -> None:
    """Messages are delivered twice; work must not be."""
    first = place.submit("payments", "case-1")
    assert place.submit("payments", "case-1").id == first.id
    place.start()
    place.until(first)
    assert place.submit("payments", "case-1").id != first.id, "it ended, so the case may be worked on again"


def test_an_answer_wakes_the_run(desk: Workplace) -> None:
    """A person's yes is followed by the effect, with what they edited, in moments."""
    run = desk.submit("approvals", "woken", amount=5)
    desk.until(run, "waiting")
    (item,) = desk.asked("approvals", "woken")
    desk.world.inbox("approvals").edit(item.id, {"order": "woken", "amount": 4}, by=APPROVER)
    answered = time.time()
    assert desk.until(run).state == "done"
    assert desk.happened("paid", "woken") == {"woken 4": 1}
    assert desk.when("turn", "woken")[-1] - answered < 5, (
        "how fast it is on a quiet machine, `python -m bench runs` measures"
    )


def test_a_fault_is_tried_again_and_its_steps_are_kept(desk: Workplace) -> None:
    """A model that is away for a moment costs a pause; what was found out before is not asked for again."""
    run = desk.submit("payments", "tried-again", fail=2)
    ended = desk.until(run)
    assert (ended.state, ended.turn) == ("done", 3)
    assert desk.happened("step", "tried-again") == {"tried-again": 1}
    assert desk.happened("paid", "tried-again") == {"tried-again 7": 1}


def test_faults_end_when_the_tries_are_used_up(desk: Workplace) -> None:
    """What fails each time is a fault in the end, said by its kind alone."""
    run = desk.submit("payments", "used-up", fail=9)
    ended = desk.until(run)
    assert (ended.state, ended.turn, ended.problem) == ("fault", 3, "RuntimeError")
    ends = [record.data["status"] for record in desk.world.ledger.read("payments", kinds=["run:end"])]
    assert ends[-1] == "fault"
    assert ends.count("fault") == 1


def test_a_turn_that_takes_too_long_is_a_fault(desk: Workplace) -> None:
    """A coroutine is cancelled when its time is over, tried again, and given up in the end."""
    run = desk.submit("slow", "too-long", seconds=600)
    ended = desk.until(run, within_s=15)
    assert (ended.state, ended.problem) == ("fault", "overdue")
    assert desk.happened("turn", "too-long") == {"too-long": 2}
    quick = desk.submit("slow", "too-long-2", seconds=0.01)
    assert desk.until(quick).state == "done"


def test_a_plain_function_that_takes_too_long_writes_nothing_more(place: Workplace) -> None:
    """A thread can't be killed, so what it still does has no effect, and the case goes on without it."""
    place.start(WITHIN="1 s", HANG_S="2")
    run = place.submit("payments", "hang.after-step")
    ended = place.until(run)
    assert (ended.state, ended.turn) == ("done", 2)
    wait_for(lambda: place.happened("went on"))
    time.sleep(1.0)
    assert place.happened("paid") == {"hang.after-step 7": 1}


def test_a_cancelled_run_does_nothing_more(desk: Workplace) -> None:
    """Nothing is begun, what was asked is withdrawn, and the case may be handed in again."""
    waiting = desk.submit("approvals", "cancelled")
    desk.until(waiting, "waiting")
    assert cancel_submission(desk.submissions, waiting.id[:10]).state == "cancelled"
    assert desk.asked("approvals", "cancelled") == []
    hung = desk.submit("payments", "hang.after-step")
    wait_for(lambda: desk.happened("hung"))
    cancel_submission(desk.submissions, hung.id)
    again = desk.submit("payments", "hang.after-step")
    assert desk.until(again).state == "done"
    assert desk.happened("paid", "hang.after-step") == {"hang.after-step 7": 1}
    with pytest.raises(SubmissionEnded) as refused:
        cancel_submission(desk.submissions, hung.id)
    assert str(refused.value) == (
        f"submission-ended: The durable run {hung.id} ended before (cancelled). See `goldenthread run list --all`."
    )


def test_a_cancellation_that_broke_off_is_finished_by_asking_again(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody may say yes to what was cancelled, whoever died in between."""
    ended: list[str] = []
    handed = place.submit("wait", "case-1")
    monkeypatch.setattr(withdrawing, "end_left_run", _broken_off)
    with pytest.raises(ConnectionError):
        cancel_submission(place.submissions, handed.id)
    monkeypatch.setattr(withdrawing, "end_left_run", lambda desk, case, state: ended.append(state))
    with pytest.raises(SubmissionEnded):
        cancel_submission(place.submissions, handed.id)
    assert ended == ["superseded"]
    monkeypatch.setattr(Submissions, "list", lambda *_, **__: pytest.fail("one case is asked about, not all listed"))
    place.submit("wait", "case-2")
    assert not place.submissions.is_open("wait", handed.case_ref)
    place.submit("wait", "case-1")  # anew: its run is another's now
    with pytest.raises(SubmissionEnded):
        cancel_submission(place.submissions, handed.id)
    assert ended == ["superseded"]


def _broken_off(*_: object) -> None:
    raise ConnectionError


def test_an_unknown_run_is_named(place: Workplace) -> None:
    """A slip in an id is told, not guessed."""
    with pytest.raises(SubmissionUnknown) as refused:
        place.submissions.find("nope")
    assert str(refused.value) == ("submission-unknown: There is no durable run 'nope'. See `goldenthread run list`.")


def test_a_case_waits_for_its_time(desk: Workplace) -> None:
    """Not before `at`, by the database's clock; a time without a zone is refused."""
    at = datetime.now(UTC) + timedelta(seconds=2)
    run = desk.submissions.submit("payments", Handed(case="in-time", given={"case": "in-time"}), at=at)
    assert run.state == "delayed"
    assert desk.until(run).state == "done"
    assert desk.when("turn", "in-time")[0] >= at.timestamp() - 0.05
    with pytest.raises(ValueProblem):
        desk.submissions.submit("payments", Handed(case="in-time-2"), at=datetime(2030, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueProblem):
        desk.submissions.submit("payments", Handed(case="in-time-2"), priority=-1)


def test_a_run_goes_on_when_what_stopped_it_is_lifted(desk: Workplace) -> None:
    """A stop holds the permit; when two people lift it, the run goes on by itself."""
    stopped = desk.world.stop("payments", tool="pay", by=OWNER)
    run = desk.submit("payments", "lifted")
    wait_for(lambda: desk.state(run) in ("waiting", "denied"))
    desk.world.lift(stopped)
    assert desk.until(run).state in ("done", "denied")


def test_a_lost_word_is_made_good_by_the_sweep(desk: Workplace) -> None:
    """A notification that nobody heard costs seconds: the run that was answered is found."""
    run = desk.submit("approvals", "unheard")
    desk.until(run, "waiting")
    with desk.world.ledger.store.connect_as_owner() as owner:
        owner.execute("alter table inbox disable trigger work_answered")
    (item,) = desk.asked("approvals", "unheard")
    desk.world.inbox("approvals").approve(item.id, by=APPROVER)
    assert desk.until(run, within_s=8).state == "done"
    with desk.world.ledger.store.connect_as_owner() as owner:
        owner.execute("alter table inbox enable trigger work_answered")


def test_a_turn_that_stands_on_no_queue_is_put_there(place: Workplace) -> None:
    """Whatever is lost between our tables and the queue, the run is not."""
    run = place.submit("payments", "case-1")
    with place.world.ledger.store.connect_as_owner() as owner:
        owner.execute("delete from goldenthread_dbos.workflow_status")
    place.start()
    assert place.until(run, within_s=15).state == "done"
    assert place.happened("paid") == {"case-1 7": 1}


def test_nothing_of_a_case_stands_in_the_clear(desk: Workplace) -> None:
    """Only ids go to the queue; input, results and errors are sealed under the case's key or not kept."""
    secret = "Erika Mustermann"
    run = desk.submit("payments", f"case of {secret}", name=secret, fail=1)
    desk.until(run)
    with desk.world.ledger.store.connect_as_owner() as owner:
        for table in ("submission", "step_result", "goldenthread_dbos.workflow_status"):
            rows = owner.execute(f"select t::text from {table} t".encode()).fetchall()
            assert rows
            assert all(secret not in row[0] for row in rows)
        outputs = owner.execute("select output, error from goldenthread_dbos.workflow_status").fetchall()
        assert all(error is None for _, error in outputs)
