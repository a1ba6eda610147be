"""What goes on in a worker while its database comes and goes: no thread of it dies for good."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
import sqlalchemy

from goldenthread.promise.errors import StoreUnavailable
from goldenthread.record.ledger import Ledger
from goldenthread.record.store import Store
from goldenthread.work.runtime import Housekeeping, Limits, Worker
from goldenthread.work.runtime import dispatching as dispatching_module
from goldenthread.work.runtime.dispatching import Dispatcher
from goldenthread.work.runtime.listening import Listener
from goldenthread.work.runtime.submissions import CHANNEL
from workplace import Workplace, wait_for

WITHIN_S = 15.0


def test_a_word_that_cannot_be_followed_ends_no_hearing(store: Store) -> None:
    """The listener's thread died of an error of the database driver's wrapper, and no answer woke anybody after."""
    heard: list[str] = []
    again, listening = threading.Event(), threading.Event()

    def hear(word: str) -> None:
        heard.append(word)
        if len(heard) == 1:
            raise RuntimeError("as the wrapper's errors are: none of the driver's, none of ours")
        again.set()

    listener = Listener(store, hear, listening.set)
    listener.start()
    try:
        for word in ("answered 1", "answered 2"):
            assert listening.wait(WITHIN_S)
            listening.clear()
            with store.session() as connection:
                connection.execute("select pg_notify(%s, %s)", (CHANNEL, word))
        assert again.wait(WITHIN_S)
        assert heard == ["answered 1", "answered 2"]
    finally:
        listener.stop()


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (StoreUnavailable("The database is away. Try again."), "The database is away"),
        (psycopg.OperationalError("the connection is lost"), "The database went away: the connection is lost. Start"),
        (
            sqlalchemy.exc.OperationalError("insert ...", {"case": "secret"}, psycopg.errors.AdminShutdown("ended")),
            "The database went away: ended. Start",
        ),
    ],
)
def test_a_worker_that_cannot_start_says_why(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, problem: Exception, words: str
) -> None:
    """It said 'cannot join thread before it is started', or the statement with its values: faults of ours."""
    worker = Worker(
        ledger,
        {"payments": Limits()},
        work=lambda *_: pytest.fail("nothing is worked on"),
        overdue=lambda _: None,
        stopped=lambda _: False,
        lease_backend=lambda: 0,
        housekeeping=Housekeeping(ledger=ledger),
        schedules={},
    )

    def away() -> None:
        raise problem

    monkeypatch.setattr(worker, "_launch", away)
    with pytest.raises(StoreUnavailable, match=words):
        worker.start()


def test_a_turn_in_nobodys_hands_is_adopted(place: Workplace) -> None:
    """A worker that was told to end had taken a turn off the queue and not begun it: that run was lost."""
    run = place.submit("payments", "case-1")
    with place.world.ledger.store.connect_as_owner() as connection:
        connection.execute(
            "update goldenthread_dbos.workflow_status set status = 'PENDING', executor_id = 'ended'"
            " where workflow_uuid = %s",
            (f"{run.id}:1",),
        )
    place.start()
    assert place.until(run).state == "done"
    assert place.happened("paid") == {"case-1 7": 1}
    wait_for(lambda: not _is_listed(place, "ended"))


def test_a_turn_that_was_given_to_a_living_worker_unheard_is_given_again(place: Workplace) -> None:
    """The connection was lost with the answer: the turn stood as that worker's, and nobody was at it."""
    place.start()
    first = place.submit("payments", "case-1")
    assert place.until(first).state == "done"
    with place.world.ledger.store.connect_as_owner() as connection:
        (worker,) = connection.execute("select id from worker").fetchone() or pytest.fail("no worker")
        connection.execute(
            "create function unheard() returns trigger language plpgsql as $$ begin"
            f" new.status := 'PENDING'; new.executor_id := '{worker}'; return new; end $$;"
            "create trigger unheard before insert on goldenthread_dbos.workflow_status"
            " for each row execute function unheard()".encode()
        )
    run = place.submit("payments", "case-2")
    with place.world.ledger.store.connect_as_owner() as connection:
        connection.execute("drop trigger unheard on goldenthread_dbos.workflow_status; drop function unheard")
    assert place.until(run, within_s=WITHIN_S).state == "done"
    assert place.happened("paid") == {"case-1 7": 1, "case-2 7": 1}


def _is_listed(place: Workplace, worker: str) -> bool:
    with place.world.ledger.store.session() as connection:
        return connection.execute("select 1 from worker where id = %s", (worker,)).fetchone() is not None


def test_turns_are_taken_again_once_the_database_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice whose thread had died was worked on by nobody in that process, for as long as it lived."""
    looked: list[str] = []
    back = threading.Event()

    def take_turns(kick: Any, _dbos: Any, queue: Any) -> None:
        looked.append(queue)
        back.set()
        kick.wait(WITHIN_S)

    class Away:
        @staticmethod
        def retrieve_queue(name: str) -> str:
            if not looked:
                looked.append("away")
                raise RuntimeError("the database is away")
            return name

    monkeypatch.setattr("dbos.DBOS", Away)
    monkeypatch.setattr("dbos._queue.queue_worker_thread", take_turns)
    monkeypatch.setattr(dispatching_module, "LONGEST_PAUSE_S", 0.05)
    dispatcher = Dispatcher(None, "runs:payments")
    dispatcher.start()
    try:
        assert back.wait(WITHIN_S)
    finally:
        dispatcher.stop()
    assert looked == ["away", "runs:payments"]
