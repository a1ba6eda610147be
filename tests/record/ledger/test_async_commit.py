"""Many asyncio callers share a commit, written by one thread; each gets its own answer, or its own error."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise

import pytest

from goldenthread.promise.errors import LedgerError, StoreUnavailable
from goldenthread.record.ledger import Ahead, AsyncCommit, Ledger, Transaction
from goldenthread.record.store import Ask, Home, Statement, Wait

CHAIN = "intake"
Record = Callable[[Transaction, Sequence[int]], list[int]]


def _record(tx: Transaction, requests: Sequence[int]) -> list[int]:
    """Append one record a request; those below zero are refused."""
    for request in requests:
        if request < 0:
            raise ValueError(request)
    return [tx.append(CHAIN, "k", "guard", {"n": request}).seq for request in requests]


def _as_is(request: int) -> int:
    return request


def _commits(
    ledger: Ledger, handler: Record = _record, prepare: Callable[[int], int] = _as_is, most: int = 128
) -> AsyncCommit[int, int, int]:
    def hold(_: Sequence[int], wait: Wait) -> AbstractContextManager[Transaction]:
        return ledger.transaction(CHAIN, ahead=Ahead(wait=wait))

    return AsyncCommit(CHAIN, prepare, hold, handler, most=most)


def _run(commits: AsyncCommit[int, int, int], requests: Sequence[int]) -> list[int | BaseException]:
    """All of them at once, in order; the writer is closed afterwards."""

    async def all_of_them() -> list[int | BaseException]:
        return await asyncio.gather(*map(commits.submit, requests), return_exceptions=True)

    try:
        return asyncio.run(asyncio.wait_for(all_of_them(), 60))
    finally:
        commits.close()


def test_each_task_gets_the_answer_to_its_own_request_in_order(ledger: Ledger) -> None:
    """A permit that went to somebody else's call would be worse than none."""
    batches: list[int] = []

    def handler(tx: Transaction, requests: Sequence[int]) -> list[int]:
        batches.append(len(requests))
        return _record(tx, requests)

    answers = _run(_commits(ledger, handler), range(300))
    assert answers == list(range(1, 301))
    assert [record.data["n"] for record in ledger.read(CHAIN)] == list(range(300))
    assert 8 < max(batches) <= 128
    assert sum(batches) == 300


def test_one_task_after_another_is_answered_when_it_is_durable(ledger: Ledger) -> None:
    """An effect must never run ahead of its permit."""
    commits = _commits(ledger)

    async def one_by_one() -> None:
        for number in range(20):
            seq = await commits.submit(number)
            assert ledger.record(CHAIN, seq) is not None

    asyncio.run(one_by_one())
    commits.close()


def test_the_task_whose_request_fails_fails_alone(ledger: Ledger) -> None:
    """One bad call must not deny the others that happened to wait beside it."""
    answers = _run(_commits(ledger), [-1 if number % 5 == 0 else number for number in range(40)])
    failed = [answer for answer in answers if isinstance(answer, ValueError)]
    assert len(failed) == 8
    assert sorted(answer for answer in answers if isinstance(answer, int)) == list(range(1, 33))
    assert len(list(ledger.read(CHAIN))) == 32


def test_what_cannot_be_made_ready_never_reaches_the_chain(ledger: Ledger) -> None:
    """It is told at once, and the others don't notice."""

    def prepare(request: int) -> int:
        if request == 7:
            raise KeyError(request)
        return request * 10

    answers = _run(_commits(ledger, prepare=prepare), range(10))
    assert isinstance(answers[7], KeyError)
    assert [record.data["n"] for record in ledger.read(CHAIN)] == [0, 10, 20, 30, 40, 50, 60, 80, 90]


def test_a_statement_that_the_database_refuses_fails_its_own_task_only(ledger: Ledger) -> None:
    """Also when the refusal comes late, with the commit."""

    def handler(tx: Transaction, requests: Sequence[int]) -> list[int]:
        for request in requests:
            tx.connection.execute("select 1 / %s::int", (request,))
        return _record(tx, requests)

    answers = _run(_commits(ledger, handler), range(6))
    assert [type(answer).__name__ for answer in answers] == ["DivisionByZero", *["int"] * 5]


def test_a_handler_with_the_wrong_number_of_results_records_nothing(ledger: Ledger) -> None:
    """Answers that don't line up would go to the wrong tasks."""
    (answer,) = _run(_commits(ledger, lambda tx, requests: []), [1])
    assert isinstance(answer, LedgerError)
    assert ledger.chains() == ()


def test_a_commit_whose_answer_is_lost_may_or_may_not_stand(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may stand; to write it again could permit an effect twice."""
    calls: list[int] = []

    def commit(tx: Transaction) -> None:
        calls.append(1)
        tx.connection.pgconn.finish()
        tx.connection.execute("commit")

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "commit", commit)
        answers = _run(_commits(ledger), range(4))
    assert len(calls) == 1
    assert {str(answer) for answer in answers} == {
        "store-unavailable: The database went away during a commit (the connection is closed): it may or may not have "
        "been recorded. Look at the ledger before trying again."
    }


def test_a_session_that_is_ended_in_the_midst_of_a_commit_is_unknown(ledger: Ledger) -> None:
    """The real thing: the server ends the session after the records were sent, and never answers."""

    def handler(tx: Transaction, requests: Sequence[int]) -> list[int]:
        seqs = _record(tx, requests)
        pid = tx.connection.info.backend_pid
        with ledger.store.connect_as_owner() as owner:
            owner.execute("select pg_terminate_backend(%s)", (pid,))
        return seqs

    (answer,) = _run(_commits(ledger, handler), [1])
    assert isinstance(answer, StoreUnavailable)
    assert "it may or may not have been recorded" in str(answer)
    assert list(ledger.read(CHAIN)) == []
    assert _run(_commits(ledger), [2]) == [1]


def test_an_outage_fails_all_who_wait_and_the_next_is_served_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail closed at once, and recover without a restart of the agent."""
    commits = _commits(ledger)

    def unavailable(*_: object, **__: object) -> None:
        raise StoreUnavailable("gone")

    async def through_it() -> int:
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "transaction", unavailable)
            answers = await asyncio.gather(*map(commits.submit, range(6)), return_exceptions=True)
        assert [str(answer) for answer in answers] == ["store-unavailable: gone"] * 6
        return await commits.submit(1)

    assert asyncio.run(through_it()) == 1
    commits.close()


def test_a_task_that_is_cancelled_in_the_line_leaves_it(ledger: Ledger) -> None:
    """Nobody would use what it asked for; those behind it move up."""
    inside, go_on = threading.Event(), threading.Event()

    def handler(tx: Transaction, requests: Sequence[int]) -> list[int]:
        inside.set()
        go_on.wait(10)
        return _record(tx, requests)

    commits = _commits(ledger, handler)

    async def cancel_one() -> list[int | BaseException]:
        first = asyncio.create_task(commits.submit(0))
        await asyncio.to_thread(inside.wait, 10)
        rest = [asyncio.create_task(commits.submit(number)) for number in (1, 2, 3)]
        await asyncio.sleep(0.05)
        rest[1].cancel()
        await asyncio.sleep(0)
        go_on.set()
        return await asyncio.gather(first, *rest, return_exceptions=True)

    answers = asyncio.run(cancel_one())
    commits.close()
    assert isinstance(answers[2], asyncio.CancelledError)
    assert [record.data["n"] for record in ledger.read(CHAIN)] == [0, 1, 3]


def test_a_task_that_is_cancelled_under_way_harms_nobody(ledger: Ledger) -> None:
    """What was sent can't be called back; it stands, unused, and the others get their answers."""
    inside, go_on = threading.Event(), threading.Event()

    def handler(tx: Transaction, requests: Sequence[int]) -> list[int]:
        inside.set()
        go_on.wait(10)
        return _record(tx, requests)

    commits = _commits(ledger, handler)

    async def cancel_one() -> list[int | BaseException]:
        both = [asyncio.create_task(commits.submit(number)) for number in (0, 1)]
        await asyncio.to_thread(inside.wait, 10)
        both[0].cancel()
        await asyncio.sleep(0)
        go_on.set()
        return await asyncio.gather(*both, return_exceptions=True)

    answers = asyncio.run(cancel_one())
    commits.close()
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1] == 2


def test_a_closed_writer_takes_nothing_more_and_ends_what_is_under_way(ledger: Ledger) -> None:
    """Who closes must be able to rely on nothing being written after."""
    commits = _commits(ledger)

    async def close_in_between() -> list[int | BaseException]:
        under_way = [asyncio.create_task(commits.submit(number)) for number in range(50)]
        await asyncio.sleep(0.01)
        await asyncio.to_thread(commits.close)
        answers = await asyncio.gather(*under_way, return_exceptions=True)
        with pytest.raises(StoreUnavailable, match="This writer was closed, so nothing was recorded"):
            await commits.submit(1)
        return answers

    answers = asyncio.run(close_in_between())
    assert answers == list(range(1, 51))
    assert len(list(ledger.read(CHAIN))) == 50
    assert not any(thread.name == "goldenthread-writer" for thread in threading.enumerate())
    commits.close()


def test_tasks_of_several_loops_share_the_writer(ledger: Ledger) -> None:
    """Each loop is told of its own."""
    commits, answers = _commits(ledger), dict[int, list[int]]()

    async def some(first: int) -> None:
        answers[first] = await asyncio.gather(*map(commits.submit, range(first, first + 40)))

    threads = [threading.Thread(target=asyncio.run, args=(some(first),)) for first in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    commits.close()
    said = {record.seq: record.data["n"] for record in ledger.read(CHAIN)}
    assert all(said[seq] == first + place for first in answers for place, seq in enumerate(answers[first]))
    assert len(said) == 120


def test_a_loop_that_is_gone_does_not_end_the_writer(ledger: Ledger) -> None:
    """Its tasks asked, and nobody waits for the answers any more."""
    commits = _commits(ledger)
    loop = asyncio.new_event_loop()
    lost = loop.create_task(commits.submit(1))
    loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(asyncio.sleep(0))
    lost.cancel()
    loop.run_until_complete(asyncio.gather(lost, return_exceptions=True))
    loop.close()
    answers = _run(commits, [2])
    assert answers in ([1], [2])


_SLEEP = Ask(Statement("test_sleep", "select 1 from pg_sleep(0.3)"))


def test_who_comes_while_the_database_works_is_made_ready_meanwhile(ledger: Ledger) -> None:
    """That is what makes room: under the chain's lock nothing is left to be prepared."""
    made_ready: list[tuple[int, bool]] = []
    committing = threading.Event()

    def prepare(request: int) -> int:
        made_ready.append((request, committing.is_set()))
        return request

    def slow(tx: Transaction, requests: Sequence[int]) -> list[int]:
        if 0 in requests:
            committing.set()
            tx.ask(_SLEEP)
            committing.clear()
        return _record(tx, requests)

    commits = _commits(ledger, slow, prepare)

    async def two() -> list[int]:
        first = asyncio.create_task(commits.submit(0))
        await asyncio.to_thread(committing.wait, 10)
        second = asyncio.create_task(commits.submit(1))
        return list(await asyncio.gather(first, second))

    assert asyncio.run(two()) == [1, 2]
    commits.close()
    assert made_ready == [(0, False), (1, True)]


def test_a_child_of_fork_has_a_writer_of_its_own(ledger: Ledger) -> None:
    """The parent's thread does not exist there: whoever waited for it would wait for ever."""
    commits = _commits(ledger)
    assert asyncio.run(commits.submit(1)) == 1
    child = os.fork()
    if child == 0:
        done = 1
        try:
            done = 0 if asyncio.run(asyncio.wait_for(commits.submit(2), 20)) == 2 else 2
        finally:
            os._exit(done)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert asyncio.run(commits.submit(3)) == 3
    commits.close()


_SUBMIT = """
import asyncio, sys
from goldenthread.record.ledger import AsyncCommit, Ahead, Ledger, LEDGER_SCHEMA, Vault
from goldenthread.record.store import Home, Store
with Store.open(Home(), schemas=[LEDGER_SCHEMA]) as store:
    ledger = Ledger(store, Vault(Home()))
    commits = AsyncCommit(
        "intake", lambda n: n, lambda ns, wait: ledger.transaction("intake", ahead=Ahead(wait=wait)),
        lambda tx, ns: [tx.append("intake", "k", "guard", {"n": n}).seq for n in ns])
    async def work(caller):
        for n in range(int(sys.argv[1])):
            seq = await commits.submit(n)
            if len(sys.argv) > 2:
                print(seq, flush=True)
    async def main():
        await asyncio.gather(*map(work, range(16)))
    asyncio.run(main())
    commits.close()
"""


def test_two_processes_with_many_tasks_never_break_a_link(home: Home, ledger: Ledger) -> None:
    """A head kept in memory between commits would fork the chain."""
    children = [subprocess.Popen([sys.executable, "-c", _SUBMIT, "25"]) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    records = list(ledger.read(CHAIN))
    assert len(records) == 800
    assert all(later.prev == earlier.hash for earlier, later in pairwise(records))


def test_whatever_was_answered_before_a_kill_is_on_record(home: Home, ledger: Ledger) -> None:
    """`kill -9` in the midst of it: no answer without its record, and the chain goes on whole."""
    child = subprocess.Popen([sys.executable, "-c", _SUBMIT, "100000", "say"], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = [child.stdout.readline() for _ in range(200)]
    child.send_signal(signal.SIGKILL)
    said += child.stdout.readlines()
    child.wait(10)
    child.stdout.close()
    answered = {int(line) for line in said if line.endswith("\n")}
    ledger.append(CHAIN, "after", "guard", {})  # once the server has noticed, the head is free
    records = list(ledger.read(CHAIN))
    assert answered <= {record.seq for record in records}
    assert [record.seq for record in records] == list(range(1, len(records) + 1))
    assert all(later.prev == earlier.hash for earlier, later in pairwise(records))
