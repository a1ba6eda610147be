"""Turns that ended long ago leave the queue's tables; of runs that go on, and of what is on record, nothing does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from goldenthread.promise.errors import WorkerInvalid
from goldenthread.work.runtime import Housekeeping, Limits, Submissions, Worker
from goldenthread.work.runtime import forgetting as forgetting_module
from goldenthread.work.runtime.forgetting import KEPT_DAYS, Forgetting, forget, kept_for
from workplace import Workplace, wait_for

TABLES = ("workflow_status", "workflow_input", "workflow_output", "operation_outputs")


def rows(place: Workplace, table: str = "workflow_status") -> list[str]:
    """Whose turns the queue still knows."""
    with place.world.ledger.store.connect_as_owner() as connection:
        found = connection.execute(f"select workflow_uuid from goldenthread_dbos.{table} order by 1".encode())
        return [name for (name,) in found.fetchall()]


def age(place: Workplace, days: float, *names: str) -> None:
    """Let turns have ended so long ago."""
    at = datetime.now(UTC) - timedelta(days=days)
    with place.world.ledger.store.connect_as_owner() as connection:
        connection.execute(
            "update goldenthread_dbos.workflow_status set completed_at = %s"
            " where completed_at is not null and (cardinality(%s::text[]) = 0 or workflow_uuid = any(%s))",
            (int(at.timestamp() * 1000), list(names), list(names)),
        )


def long_ago(days: float = KEPT_DAYS) -> datetime:
    """What ended before is forgotten."""
    return datetime.now(UTC) - timedelta(days=days)


def test_turns_that_ended_long_ago_are_forgotten_and_no_other(place: Workplace) -> None:
    """The newest stay for whoever looks into a fault; a run that waits for a person keeps all its turns."""
    place.start()
    old, new = place.submit("payments", "case-1"), place.submit("payments", "case-2")
    waits = place.submit("approvals", "case-3")
    place.until(old)
    place.until(new)
    place.until(waits, "waiting")
    wait_for(lambda: finished(place) == 3)
    age(place, 6, f"{new.id}:1")
    age(place, 8, f"{old.id}:1", f"{waits.id}:1")
    assert forget(place.submissions, long_ago()) <= 1, "the worker forgets, too, and may have been first"
    wait_for(lambda: rows(place) == sorted([f"{new.id}:1", f"{waits.id}:1"]))
    for table in TABLES:
        assert f"{old.id}:1" not in rows(place, table)
    assert forget(place.submissions, long_ago()) == 0
    assert place.state(old) == "done", "what is on record stays"
    assert place.world.verify_ok()


def finished(place: Workplace) -> int:
    """How many turns have ended, for the queue."""
    with place.world.ledger.store.connect_as_owner() as connection:
        query = "select count(*) from goldenthread_dbos.workflow_status where completed_at is not null"
        row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0


def test_a_run_goes_on_after_its_neighbours_were_forgotten(place: Workplace) -> None:
    """Turns that are queued or under way are no matter of age."""
    first = place.submit("payments", "case-1")
    with place.world.ledger.store.connect_as_owner() as connection:
        connection.execute("update goldenthread_dbos.workflow_status set created_at = 0, updated_at = 0")
        connection.execute("update submission set submitted_at = now() - interval '1 year'")
    assert forget(place.submissions, long_ago()) == 0
    place.start()
    assert place.until(first).state == "done"


def ended(place: Workplace, count: int) -> list[str]:
    """Turns of runs that were cancelled long ago, oldest first."""
    runs = [place.submit("payments", f"case-{number}") for number in range(count)]
    for run in runs:
        place.submissions.cancel(run.id)
    age(place, 30)
    return [f"{run.id}:1" for run in runs]


def test_they_are_forgotten_the_oldest_first_and_not_all_at_once(place: Workplace) -> None:
    """A home that ran for years must not stand still for it."""
    names = ended(place, 5)
    assert forget(place.submissions, long_ago(), most=2) == 2
    assert rows(place) == sorted(names[2:])
    assert forget(place.submissions, long_ago(), most=2) == 2
    assert forget(place.submissions, long_ago(), most=2) == 1
    assert rows(place) == []


def test_many_turns_of_runs_that_go_on_keep_none_of_the_others_back(place: Workplace) -> None:
    """What must stay is passed over, however much of it is older."""
    names = ended(place, 4)
    with place.world.ledger.store.connect_as_owner() as connection:
        going = [name.partition(":")[0] for name in names[:3]]
        connection.execute("update submission set state = 'waiting' where id = any(%s)", (going,))
    assert forget(place.submissions, long_ago(), most=2) == 1
    assert rows(place) == sorted(names[:3])


def test_it_looks_once_an_hour_and_at_once_again_while_there_are_more(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look costs a query over all that ended."""
    now, looks = [0.0], list[int]()
    found = iter([forgetting_module.MOST_AT_ONCE, 3, 0])

    def look(_: Submissions, before: datetime) -> int:
        assert timedelta(days=7) <= datetime.now(UTC) - before < timedelta(days=7, minutes=1)
        looks.append(1)
        return next(found)

    monkeypatch.setattr(forgetting_module, "forget", look)
    one = Forgetting(place.submissions, kept_for(), lambda: now[0])
    assert [one.tick(), one.tick(), one.tick()] == [500, 3, 0]
    assert len(looks) == 2
    now[0] += 3601
    one.tick()
    assert len(looks) == 3


def test_a_worker_forgets_as_part_of_its_housekeeping(place: Workplace) -> None:
    """Nobody has to remember it."""
    names = ended(place, 2)
    assert rows(place) == sorted(names)
    place.start()
    wait_for(lambda: not rows(place))


@pytest.mark.parametrize("said", ["0", "-1", "7.5", "soon", "3651", "\u0667"])
def test_a_setting_that_cannot_be_is_told_before_anything_begins(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """To keep them for no time would take away what is still under way elsewhere."""
    monkeypatch.setenv("GOLDENTHREAD_KEEP_TURNS_DAYS", said)
    ledger: Any = place.world.ledger
    with pytest.raises(WorkerInvalid) as refused:
        Worker(
            ledger,
            {"payments": Limits()},
            work=lambda *_: pytest.fail("nothing is worked on"),
            overdue=lambda _: None,
            stopped=lambda _: False,
            lease_backend=lambda: 0,
            housekeeping=Housekeeping(ledger=ledger),
            schedules={},
        )
    assert str(refused.value) == (
        f"worker-invalid: GOLDENTHREAD_KEEP_TURNS_DAYS says '{said}', and turns are kept for 1 to 3650 whole days. "
        "Write such a number, or unset it for 7."
    )


@pytest.mark.parametrize(("said", "days"), [("", 7), (" 30 ", 30), ("1", 1), ("3650", 3650)])
def test_how_long_turns_are_kept_is_a_setting(monkeypatch: pytest.MonkeyPatch, said: str, days: int) -> None:
    """Without one it is a week."""
    monkeypatch.setenv("GOLDENTHREAD_KEEP_TURNS_DAYS", said)
    assert kept_for() == timedelta(days=days)
