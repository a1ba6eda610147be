"""Many callers share a commit; each gets its own answer, or its own error."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from goldenthread.promise.errors import LedgerError, StoreUnavailable
from goldenthread.record.ledger import GroupCommit, Ledger, Transaction
from goldenthread.record.store import Home

CHAIN = "intake"


def _record(tx: Transaction, requests: Sequence[int]) -> list[int]:
    """Append one record a request; odd ones below zero are refused."""
    for request in requests:
        if request < 0:
            raise ValueError(request)
    return [tx.append(CHAIN, "k", "guard", {"n": request}).seq for request in requests]


def _at_once(work: Callable[[int], None], callers: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


def test_each_caller_gets_the_answer_to_its_own_request(ledger: Ledger) -> None:
    """A permit that went to somebody else's call would be worse than none."""
    batches: list[int] = []

    def handler(tx: Transaction, requests: Sequence[int]) -> list[int]:
        batches.append(len(requests))
        return _record(tx, requests)

    group = GroupCommit(ledger, CHAIN, handler)
    answers: dict[int, int] = {}

    def work(caller: int) -> None:
        for number in range(caller * 100, caller * 100 + 50):
            answers[number] = group.submit(number)

    _at_once(work, 16)
    assert {number: ledger.record(CHAIN, seq).data["n"] for number, seq in list(answers.items())[::40]} == {  # type: ignore[union-attr]
        number: number for number in list(answers)[::40]
    }
    assert sorted(answers.values()) == list(range(1, 801))
    assert sum(batches) == 800
    assert max(batches) > 1


def test_an_answer_is_given_only_when_it_is_durable(ledger: Ledger) -> None:
    """An effect must never run ahead of its permit."""
    group = GroupCommit(ledger, CHAIN, _record)
    for number in range(20):
        seq = group.submit(number)
        assert ledger.record(CHAIN, seq) is not None


def test_the_request_that_fails_fails_alone(ledger: Ledger) -> None:
    """One bad call must not deny the others that happened to wait beside it."""
    group = GroupCommit(ledger, CHAIN, _record)
    failed: list[tuple[int, ...]] = []
    done: list[int] = []

    def work(caller: int) -> None:
        for number in range(30):
            request = -caller - 1 if number % 3 == 0 else caller
            try:
                group.submit(request)
                done.append(request)
            except ValueError as problem:
                failed.append((request, *problem.args))

    _at_once(work, 8)
    assert (len(failed), len(done)) == (80, 160)
    assert all(request == named for request, named in failed)
    assert len(list(ledger.read(CHAIN))) == 160


def test_a_statement_that_the_database_refuses_fails_its_own_caller_only(ledger: Ledger) -> None:
    """Also when the refusal comes late, with the commit."""

    def handler(tx: Transaction, requests: Sequence[int]) -> list[int]:
        for request in requests:
            tx.connection.execute("select 1 / %s::int", (request,))
        return _record(tx, requests)

    group = GroupCommit(ledger, CHAIN, handler)
    outcomes: dict[int, str] = {}

    def work(caller: int) -> None:
        try:
            group.submit(caller)
            outcomes[caller] = "recorded"
        except Exception as problem:  # noqa: BLE001
            outcomes[caller] = type(problem).__name__

    _at_once(work, 6)
    assert outcomes == {0: "DivisionByZero"} | dict.fromkeys(range(1, 6), "recorded")
    assert len(list(ledger.read(CHAIN))) == 5


def test_a_handler_with_the_wrong_number_of_answers_records_nothing(ledger: Ledger) -> None:
    """Answers that don't line up would go to the wrong callers."""
    group: GroupCommit[int, int] = GroupCommit(ledger, CHAIN, lambda tx, requests: [])
    with pytest.raises(LedgerError) as caught:
        group.submit(1)
    assert str(caught.value) == (
        "ledger-error: A handler gave 0 results for 1 requests, so nothing was recorded. Mend the handler."
    )


def test_a_closed_writer_takes_nothing_more(ledger: Ledger) -> None:
    """Who closes must be able to rely on nothing being written after."""
    group = GroupCommit(ledger, CHAIN, _record)
    group.submit(1)
    group.close()
    with pytest.raises(StoreUnavailable) as caught:
        group.submit(2)
    assert str(caught.value) == ("store-unavailable: This writer was closed, so nothing was recorded. Connect again.")


def test_a_commit_whose_answer_is_lost_is_not_tried_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may stand; to write it again could permit an effect twice."""
    calls: list[int] = []

    def commit(tx: Transaction) -> None:
        calls.append(1)
        tx.connection.pgconn.finish()
        tx.connection.execute("commit")

    group = GroupCommit(ledger, CHAIN, _record)
    group.submit(1)
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "commit", commit)
        with pytest.raises(StoreUnavailable) as caught:
            group.submit(2)
    assert len(calls) == 1
    assert str(caught.value) == (
        "store-unavailable: The database went away during a commit (the connection is closed): it may or may not have "
        "been recorded. Look at the ledger before trying again."
    )
    assert group.submit(3) == 2


def test_an_interrupt_of_the_leading_caller_passes_the_lead_on(ledger: Ledger) -> None:
    """Ctrl-C in one thread must not hang the others for ever."""
    inside, go_on = threading.Event(), threading.Event()

    def handler(tx: Transaction, requests: Sequence[int]) -> list[int]:
        if requests[0] == 0:
            inside.set()
            go_on.wait(10)
            raise KeyboardInterrupt
        return _record(tx, requests)

    group = GroupCommit(ledger, CHAIN, handler)
    outcomes: dict[int, str] = {}

    def work(caller: int) -> None:
        try:
            outcomes[caller] = str(group.submit(caller))
        except BaseException as problem:  # noqa: BLE001
            outcomes[caller] = type(problem).__name__

    first = threading.Thread(target=work, args=(0,))
    first.start()
    inside.wait(10)
    second = threading.Thread(target=work, args=(1,))
    second.start()
    time.sleep(0.05)
    go_on.set()
    first.join(10)
    second.join(10)
    assert outcomes == {0: "KeyboardInterrupt", 1: "1"}


def test_nobody_waits_for_ever_behind_a_stream_of_others(ledger: Ledger) -> None:
    """Requests keep their order, so a slow caller is served in its turn."""
    group = GroupCommit(ledger, CHAIN, _record, most=2)
    stop = threading.Event()

    def flood(caller: int) -> None:
        while not stop.is_set():
            group.submit(caller)

    threads = [threading.Thread(target=flood, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    try:
        started = time.monotonic()
        for _ in range(10):
            group.submit(99)
        assert time.monotonic() - started < 10
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def test_an_outage_fails_all_who_wait_and_the_next_call_is_served_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail closed at once, and recover without a restart of the agent."""

    def unavailable(self: Ledger, *chains: str) -> None:
        time.sleep(0.05)
        raise StoreUnavailable("gone")

    group = GroupCommit(ledger, CHAIN, _record)
    outcomes: list[str] = []

    def work(caller: int) -> None:
        try:
            group.submit(caller)
        except StoreUnavailable as problem:
            outcomes.append(str(problem))

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "transaction", unavailable)
        _at_once(work, 6)
    assert outcomes == ["store-unavailable: gone"] * 6
    assert group.submit(1) == 1


def test_an_interrupt_while_waiting_for_the_head_leaves_the_line_in_order(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C may come at any moment; the next caller must not wait for a leader who left."""

    def interrupted(self: Ledger, *chains: str) -> None:
        raise KeyboardInterrupt

    group = GroupCommit(ledger, CHAIN, _record)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "transaction", interrupted)
        with pytest.raises(KeyboardInterrupt):
            group.submit(1)
    assert group.submit(2) == 1


_SUBMIT = """
import sys, threading
from goldenthread.record.ledger import GroupCommit, Ledger, LEDGER_SCHEMA, Vault
from goldenthread.record.store import Home, Store
with Store.open(Home(), schemas=[LEDGER_SCHEMA]) as store:
    ledger = Ledger(store, Vault(Home()))
    group = GroupCommit(ledger, "intake", lambda tx, ns: [tx.append("intake", "k", "guard", {"n": n}).seq for n in ns])
    def work():
        for n in range(40):
            group.submit(n)
    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""


def test_two_processes_with_many_callers_never_break_a_link(home: Home, ledger: Ledger) -> None:
    """A head kept in memory between commits would fork the chain."""
    children = [subprocess.Popen([sys.executable, "-c", _SUBMIT]) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    records = list(ledger.read(CHAIN))
    assert len(records) == 640
    assert all(later.prev == earlier.hash for earlier, later in pairwise(records))
