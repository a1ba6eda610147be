"""Facts follow from the ledger: whatever pieces it comes in, late or corrected, and after a kill."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from goldenthread.promise.errors import MetricsDamaged, MetricsForeign, MetricsUnwritable
from goldenthread.record.ledger import Ledger, Record
from goldenthread.record.metrics.facts import (
    FACT_KINDS,
    Days,
    Fact,
    Fold,
    Pace,
    facts_as_of,
    facts_in_memory,
    open_facts,
    read_manifest,
    rebuild,
    refresh,
    take_costs,
)
from goldenthread.record.metrics.facts import asking as asking_module
from made_chains import BEGAN, MadeChains, made_chains

SLICES = ("refunds", "o'brien's 退款")
KINDS = ("rows", "gone", "daily", "flows")
QUICK = Pace(records=41, changes=30, fresh_rows=60, fresh_parts=3)


def stored(folder: Path) -> list[Fact]:
    """What the files say."""
    with open_facts(folder, threads=1) as facts:
        return facts.facts()


def folded(chains: MadeChains) -> list[Fact]:
    """What the fold says of everything at once."""
    found = []
    for name in chains.chains:
        fold = Fold(name)
        for record in chains.read(name, kinds=FACT_KINDS):
            fold.apply(record)
        found += [fact for _, fact in fold.changed()]
    return sorted(found, key=lambda fact: (fact.slice, fact.day, fact.started_us, fact.run))


def test_facts_are_the_same_in_whatever_pieces_the_ledger_comes(tmp_path: Path) -> None:
    """A page must not depend on when somebody looked before."""
    rng = random.Random(1)
    chains = made_chains(1, 16, SLICES)
    every = sum(map(len, chains.chains.values()))
    for cut in sorted(rng.sample(range(1, every), 2)):
        refresh(tmp_path, chains.upto(cut), QUICK)
        assert stored(tmp_path) == folded(chains.upto(cut))
    done = refresh(tmp_path, chains, QUICK)
    assert stored(tmp_path) == folded(chains)
    assert done.rows == len(folded(chains))
    assert any(part.month for part in read_manifest(tmp_path).parts), "months were made on the way"
    assert refresh(tmp_path, chains, QUICK).changed == 0
    again = rebuild(tmp_path, chains)
    assert stored(tmp_path) == folded(chains)
    assert again.refused == done.refused > 0


@pytest.mark.parametrize("pace", [QUICK, Pace(records=41, changes=30)], ids=["months", "parts"])
def test_sums_made_on_the_way_are_those_made_at_once(pace: Pace, tmp_path: Path) -> None:
    """What a late record takes back must be gone from every sum: of months, and while it stands beside them."""
    chains = made_chains(3, 20, SLICES)
    for cut in (60, 120, 200):
        refresh(tmp_path, chains.upto(cut), pace)
    assert any(part.gone for part in read_manifest(tmp_path).parts) is (pace is not QUICK)
    days = Days.until(BEGAN.date() + timedelta(days=60), 90)
    with open_facts(tmp_path, threads=1) as facts, facts_in_memory(folded(chains.upto(200)), threads=1) as afresh:
        for by in (None, "day", "level"):
            assert [one.record() for one in facts.measure(days, by=by)] == [
                one.record() for one in afresh.measure(days, by=by)
            ]


class Crash(BaseException):
    """The machine stops."""


@pytest.mark.parametrize("steps", [1, 4, 9, 16, 22])
def test_a_refresh_that_stops_anywhere_stands_as_a_whole_or_not_at_all(
    steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks after a power cut sees one state of the ledger, and the next refresh mends the rest."""
    chains = made_chains(4, 6)
    half = chains.upto(25)
    refresh(tmp_path, half)
    left = steps

    def flush(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", flush)
        with pytest.raises(Crash):
            refresh(tmp_path, chains, Pace(records=9, changes=5, fresh_rows=10, fresh_parts=1))
    seen = stored(tmp_path)
    assert any(seen == folded(chains.upto(cut)) for cut in range(25, len(chains.chains["refunds"]) + 1))
    refresh(tmp_path, chains)
    assert stored(tmp_path) == folded(chains)
    named = {part.path(tmp_path, kind) for part in read_manifest(tmp_path).parts for kind in KINDS}
    assert set(tmp_path.glob("*.parquet")) <= named, "nothing of the refresh that died is left"


_ENDLESS = """
import sys
from pathlib import Path
from goldenthread.record.metrics.facts import Pace, rebuild
from made_chains import made_chains
chains = made_chains(5, 40)
print("ready", flush=True)
while True:
    rebuild(Path(sys.argv[1]), chains, Pace(records=41, changes=30, fresh_rows=60, fresh_parts=3))
"""


@pytest.mark.crash
def test_a_killed_process_leaves_nothing_twice(tmp_path: Path) -> None:
    """Signal 9 can't be caught, so nothing may depend on a process that ends in order."""
    paths = os.pathsep.join([*sys.path])
    child = subprocess.Popen(
        [sys.executable, "-c", _ENDLESS, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    deadline = time.monotonic() + 60
    while not any(read_manifest(tmp_path).parts) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    chains = made_chains(5, 40)
    refresh(tmp_path, chains)
    assert stored(tmp_path) == folded(chains)


def test_a_question_outlives_the_files_that_it_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refresh may take files into a month while a page reads them: the page asks again and is right."""
    chains = made_chains(6, 4)
    refresh(tmp_path, chains.upto(9))
    before = read_manifest(tmp_path)
    rebuild(tmp_path, chains)
    given = iter([before])
    monkeypatch.setattr(asking_module, "read_manifest", lambda folder: next(given, None) or read_manifest(folder))
    assert stored(tmp_path) == folded(chains)


def test_what_was_known_on_a_day_is_known_later(ledger: Ledger, tmp_path: Path) -> None:
    """A figure that moved since must be explainable by what was on record when it was read."""
    chains = made_chains(7, 8)
    records = chains.chains["refunds"]
    instant = records[len(records) // 2].at
    known = [record for record in records if record.at <= instant]
    ledger.clock = lambda: at
    for record in records:
        at = record.at
        ledger.append("refunds", record.kind, record.by, record.data)
    assert facts_as_of(ledger, "refunds", instant) == unsorted(known)
    assert facts_as_of(ledger, "refunds", BEGAN - timedelta(days=9)) == []
    refresh(tmp_path, ledger)
    assert stored(tmp_path) == folded(chains)


def unsorted(records: list[Record]) -> list[Fact]:
    """What the fold says of these records."""
    fold = Fold("refunds")
    for record in records:
        fold.apply(record)
    return [fact for _, fact in fold.changed()]


@dataclass(frozen=True, kw_only=True)
class Money:
    """What a case cost."""

    model_micros: int | None
    tool_micros: int | None = 0
    people_micros: int | None = 500_000
    currency: str = "EUR"


def test_costs_that_others_work_out_are_taken_in_and_stay(tmp_path: Path) -> None:
    """Prices and telemetry are no part of the fold: what they say of a case must outlive the next record of it."""
    chains = made_chains(11, 12)
    half = chains.upto(60)
    refresh(tmp_path, half)
    cases = sorted({fact.case for fact in stored(tmp_path)})
    costs = {case: Money(model_micros=250_000 if place else None) for place, case in enumerate(cases)}
    assert take_costs(tmp_path, "refunds", {**costs, "nobody": Money(model_micros=1)}) == len(cases)
    assert take_costs(tmp_path, "refunds", costs) == 0
    refresh(tmp_path, chains)
    counted = {fact.case: fact for fact in stored(tmp_path) if fact.model_cost_micros is not None}
    assert {fact.cost_micros for fact in counted.values() if fact.reported_cost_micros is None} == {750_000}
    assert all(fact.currency == "EUR" for fact in counted.values())
    first = [fact for fact in stored(tmp_path) if fact.case == cases[0] and fact.reported_cost_micros is None]
    assert {fact.cost_micros for fact in first} == {None}, "a part that nobody can tell makes the whole unknown"
    rebuild(tmp_path, chains)
    assert stored(tmp_path) == folded(chains)


def test_facts_of_another_ledger_are_refused(tmp_path: Path) -> None:
    """A home whose database was replaced must not mix two pasts."""
    refresh(tmp_path, made_chains(8, 3))
    other = made_chains(9, 6)
    with pytest.raises(MetricsForeign) as refused:
        refresh(tmp_path, other)
    seq = read_manifest(tmp_path).positions["refunds"].seq
    assert str(refused.value) == (
        f"metrics-foreign: The facts in {tmp_path} were made from another ledger: record {seq} of 'refunds' is not "
        "what they began from. Make them anew with `goldenthread metrics rebuild`."
    )
    rebuild(tmp_path, other)
    assert stored(tmp_path) == folded(other)


def test_damaged_facts_say_so_and_are_made_anew(tmp_path: Path) -> None:
    """Facts are never the only copy, so damage costs time and nothing else; it's never a number."""
    chains = made_chains(10, 3)
    refresh(tmp_path, chains)
    rows = next(tmp_path.glob("*-rows.parquet"))
    rows.write_bytes(b"no parquet at all")
    with pytest.raises(MetricsDamaged) as refused:
        stored(tmp_path)
    assert str(refused.value).startswith(f"metrics-damaged: The facts in {tmp_path} cannot be read: ")
    assert str(refused.value).endswith("Make them anew from the ledger with `goldenthread metrics rebuild`.")
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(MetricsDamaged):
        refresh(tmp_path, chains)
    rebuild(tmp_path, chains)
    assert stored(tmp_path) == folded(chains)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Whoever reads the message must know that nothing was lost."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MetricsUnwritable) as refused:
        refresh(tmp_path / "file" / "metrics", made_chains(1, 1))
    assert str(refused.value) == (
        f"metrics-unwritable: The folder {tmp_path}/file/metrics cannot be written: Not a directory. Mend that, then "
        "try again; the ledger has everything, so nothing is lost."
    )
