"""Workers that are killed, frozen and stopped: no run is lost, no effect comes twice."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from goldenthread.control.guard import Desk
from goldenthread.record.store import Home
from goldenthread.work.runtime import Submission
from workplace import Workplace, open_workplace, wait_for
from worlds import APPROVER

pytestmark = pytest.mark.crash

ADOPTED_WITHIN_S = 10.0
AFTERWARDS_S = 1.0
"""Long enough for a turn that nobody holds to write something, if it could."""


PLACES = ("before step", "after step", "after pay")
POSTED = "hang.after-posting"


@dataclass(kw_only=True)
class Killed:
    """A worker that was killed with four turns under way, and what became of these."""

    place: Workplace
    runs: dict[str, Submission]
    at: float


@pytest.fixture(scope="module")
def killed(shared_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    """Each turn stands still at another place when signal 9 comes; a second worker is there."""
    with open_workplace(shared_home.path, tmp_path_factory.mktemp("killed")) as place:
        first = place.start()
        runs = {where: place.submit("payments", f"hang.{where.replace(' ', '-')}") for where in PLACES}
        runs[POSTED] = place.submit("postings", POSTED)
        wait_for(lambda: len(place.happened("hung")) == len(runs))
        place.start()
        first.kill()
        yield Killed(place=place, runs=runs, at=time.time())


@pytest.mark.parametrize("where", PLACES)
def test_a_killed_workers_turn_is_adopted_and_its_effect_comes_once(killed: Killed, where: str) -> None:
    """Signal 9 at any point costs seconds, and neither a run nor a second payment."""
    place, case = killed.place, f"hang.{where.replace(' ', '-')}"
    assert place.until(killed.runs[where]).state == "done"
    assert place.happened("paid", case) == {f"{case} 7": 1}
    assert place.happened("step")[case] == (2 if where == "before step" else 1) - (where == "before step")
    assert place.when("turn", case)[-1] - killed.at < ADOPTED_WITHIN_S
    assert place.world.verify_ok()


def test_an_effect_without_a_key_that_was_begun_becomes_a_question(killed: Killed) -> None:
    """Nobody can tell whether it happened, so a person is asked, and the run ends with their word."""
    place, run = killed.place, killed.runs[POSTED]
    place.until(run, "waiting")
    (item,) = [one for one in place.asked("postings", POSTED) if one.kind == "in-doubt effect"]
    place.world.inbox("postings").settle(item.id, happened=True, by=APPROVER)
    ended = place.until(run)
    assert (ended.state, ended.problem) == ("done", None)
    assert place.happened("posted") == {POSTED: 1}


def test_a_run_that_waits_survives_the_end_of_every_worker(place: Workplace) -> None:
    """A restart costs nothing: the answer is given while nobody works, and the next worker goes on."""
    first = place.start()
    run = place.submit("approvals", "case-1", amount=5)
    place.until(run, "waiting")
    first.kill()
    inbox = place.world.inbox("approvals")
    (item,) = inbox.items()
    inbox.edit(item.id, {"order": "case-1", "amount": 4}, by=APPROVER)
    assert place.state(run) == "waiting"
    place.start()
    assert place.until(run).state == "done"
    assert place.happened("paid") == {"case-1 4": 1}
    assert place.happened("step") == {"case-1": 1}, "the step was given back, not done again"


def test_a_frozen_worker_that_comes_back_writes_nothing(place: Workplace) -> None:
    """A process that stood still while its turn was adopted finds that it lost it."""
    first = place.start(HANG_S="1")
    run = place.submit("payments", "hang.after-step")
    wait_for(lambda: place.happened("hung"))
    first.send_signal(signal.SIGSTOP)
    place.start()
    assert place.until(run).state == "done"
    first.send_signal(signal.SIGCONT)
    wait_for(lambda: place.happened("went on"))
    time.sleep(AFTERWARDS_S)
    assert place.happened("paid") == {"hang.after-step 7": 1}
    desk = Desk(place.world.ledger, "payments")
    consumed = list(desk.ledger.read("payments", kinds=["permit:consume"]))
    assert len({record.data["run"] for record in consumed}) == len(consumed)
    later = place.submit("payments", "case-2")
    assert place.until(later).state == "done"
    assert first.poll() is None


def test_a_worker_that_is_stopped_hands_on_what_it_does_not_finish(place: Workplace) -> None:
    """SIGTERM with a turn that takes too long: another worker goes on at once, without waiting for a death."""
    first = place.start(GRACE_S="0.5")
    run = place.submit("payments", "hang.after-step")
    wait_for(lambda: place.happened("hung"))
    place.start()
    first.terminate()
    assert place.until(run, within_s=8).state == "done"
    assert first.wait(timeout=15) == 0
    assert place.happened("paid") == {"hang.after-step 7": 1}


def test_two_workers_do_each_case_once(place: Workplace) -> None:
    """Two processes on one database share the cases and repeat none."""
    place.start()
    place.start()
    runs = [place.submit("payments", f"case-{number}") for number in range(20)]
    for run in runs:
        assert place.until(run, within_s=40).state == "done"
    assert place.happened("paid") == {f"case-{number} 7": 1 for number in range(20)}
    assert place.happened("turn") == {f"case-{number}": 1 for number in range(20)}
