"""Durable runs from their submission to their end."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from goldenthread.promise.errors import SubmissionEnded, SubmissionUnknown, ValueProblem
from goldenthread.surfaces import withdrawing
from goldenthread.surfaces.withdrawing import cancel_submission
from goldenthread.work.runtime import Handed, Submissions
from workplace import Workplace, wait_for
from worlds import APPROVER, OWNER


def test_the_same_case_handed_in_twice_is_one_run(place: Workplace) -> None:
    """Messages are delivered twice; work must not be."""
    first = place.submit("payments", "case-1")
    assert place.submit("payments", "case-1").id == first.id
    place.start()
    place.until(first)
    assert place.submit("payments", "case-1").id != first.id, "it ended, so the case may be worked on again"


def test_an_answer_wakes_the_run(place: Workplace) -> None:
    """A person's yes is followed by the effect, with what they edited, in moments."""
    place.start()
    run = place.submit("approvals", "case-1", amount=5)
    place.until(run, "waiting")
    inbox = place.world.inbox("approvals")
    (item,) = inbox.items()
    inbox.edit(item.id, {"order": "case-1", "amount": 4}, by=APPROVER)
    answered = time.time()
    assert place.until(run).state == "done"
    assert place.happened("paid") == {"case-1 4": 1}
    assert place.when("turn", "case-1")[-1] - answered < 5, (
        "how fast it is on a quiet machine, `python -m bench runs` measures"
    )


def test_a_fault_is_tried_again_and_its_steps_are_kept(place: Workplace) -> None:
    """A model that is away for a moment costs a pause; what was found out before is not asked for again."""
    place.start()
    run = place.submit("payments", "case-1", fail=2)
    ended = place.until(run)
    assert (ended.state, ended.turn) == ("done", 3)
    assert place.happened("step") == {"case-1": 1}
    assert place.happened("paid") == {"case-1 7": 1}


def test_faults_end_when_the_tries_are_used_up(place: Workplace) -> None:
    """What fails each time is a fault in the end, said by its kind alone."""
    place.start()
    run = place.submit("payments", "case-1", fail=9)
    ended = place.until(run)
    assert (ended.state, ended.turn, ended.problem) == ("fault", 3, "RuntimeError")
    ends = [record.data["status"] for record in place.world.ledger.read("payments", kinds=["run:end"])]
    assert ends[-1] == "fault"
    assert ends.count("fault") == 1


def test_a_turn_that_takes_too_long_is_a_fault(place: Workplace) -> None:
    """A coroutine is cancelled when its time is over, tried again, and given up in the end."""
    place.start()
    run = place.submit("slow", "case-1", seconds=600)
    ended = place.until(run, within_s=15)
    assert (ended.state, ended.problem) == ("fault", "overdue")
    assert place.happened("turn") == {"case-1": 2}
    quick = place.submit("slow", "case-2", seconds=0.01)
    assert place.until(quick).state == "done"


def test_a_plain_function_that_takes_too_long_writes_nothing_more(place: Workplace) -> None:
    """A thread can't be killed, so what it still does has no effect, and the case goes on without it."""
    place.start(WITHIN="1 s", HANG_S="4")
    run = place.submit("payments", "hang.after-step")
    ended = place.until(run)
    assert (ended.state, ended.turn) == ("done", 2)
    time.sleep(4)
    assert place.happened("paid") == {"hang.after-step 7": 1}


def test_a_cancelled_run_does_nothing_more(place: Workplace) -> None:
    """Nothing is begun, what was asked is withdrawn, and the case may be handed in again."""
    place.start()
    waiting = place.submit("approvals", "case-1")
    place.until(waiting, "waiting")
    assert cancel_submission(place.submissions, waiting.id[:10]).state == "cancelled"
    assert place.world.inbox("approvals").items() == []
    hung = place.submit("payments", "hang.after-step")
    wait_for(lambda: place.happened("hung"))
    cancel_submission(place.submissions, hung.id)
    again = place.submit("payments", "hang.after-step")
    assert place.until(again).state == "done"
    assert place.happened("paid") == {"hang.after-step 7": 1}
    with pytest.raises(SubmissionEnded) as refused:
        cancel_submission(place.submissions, hung.id)
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


def test_a_case_waits_for_its_time(place: Workplace) -> None:
    """Not before `at`, by the database's clock; a time without a zone is refused."""
    place.start()
    at = datetime.now(UTC) + timedelta(seconds=2)
    run = place.submissions.submit("payments", Handed(case="case-1", given={"case": "case-1"}), at=at)
    assert run.state == "delayed"
    assert place.until(run).state == "done"
    assert place.when("turn", "case-1")[0] >= at.timestamp() - 0.05
    with pytest.raises(ValueProblem):
        place.submissions.submit("payments", Handed(case="case-2"), at=datetime(2030, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueProblem):
        place.submissions.submit("payments", Handed(case="case-2"), priority=-1)


def test_a_run_goes_on_when_what_stopped_it_is_lifted(place: Workplace) -> None:
    """A stop holds the permit; when two people lift it, the run goes on by itself."""
    place.start()
    stopped = place.world.stop("payments", tool="pay", by=OWNER)
    run = place.submit("payments", "case-1")
    wait_for(lambda: place.state(run) in ("waiting", "denied"))
    place.world.lift(stopped)
    assert place.until(run).state in ("done", "denied")


def test_a_lost_word_is_made_good_by_the_sweep(place: Workplace) -> None:
    """A notification that nobody heard costs seconds: the run that was answered is found."""
    place.start()
    run = place.submit("approvals", "case-1")
    place.until(run, "waiting")
    with place.world.ledger.store.connect_as_owner() as owner:
        owner.execute("alter table inbox disable trigger work_answered")
    inbox = place.world.inbox("approvals")
    inbox.approve(inbox.items()[0].id, by=APPROVER)
    assert place.until(run, within_s=8).state == "done"


def test_a_turn_that_stands_on_no_queue_is_put_there(place: Workplace) -> None:
    """Whatever is lost between our tables and the queue, the run is not."""
    run = place.submit("payments", "case-1")
    with place.world.ledger.store.connect_as_owner() as owner:
        owner.execute("delete from goldenthread_dbos.workflow_status")
    place.start()
    assert place.until(run, within_s=15).state == "done"
    assert place.happened("paid") == {"case-1 7": 1}


def test_nothing_of_a_case_stands_in_the_clear(place: Workplace) -> None:
    """Only ids go to the queue; input, results and errors are sealed under the case's key or not kept."""
    place.start()
    secret = "Erika Mustermann"
    run = place.submit("payments", f"case of {secret}", name=secret, fail=1)
    place.until(run)
    with place.world.ledger.store.connect_as_owner() as owner:
        for table in ("submission", "step_result", "goldenthread_dbos.workflow_status"):
            rows = owner.execute(f"select t::text from {table} t".encode()).fetchall()
            assert rows
            assert all(secret not in row[0] for row in rows)
        outputs = owner.execute("select output, error from goldenthread_dbos.workflow_status").fetchall()
        assert all(error is None for _, error in outputs)
