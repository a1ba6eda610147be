"""Imports: stored whole, named by one record, read back as they were, and reached by an erasure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from goldenthread.promise.errors import (
    CaseErased,
    ContentMissing,
    NotPermitted,
    RunsConflict,
    RunsDamaged,
    SignatureInvalid,
    ValueProblem,
)
from goldenthread.record.ledger import Ledger, Transaction, verify
from goldenthread.record.runs import IMPORT, Imported, RunSet, import_runs, imported_runs, read_runs, storage
from goldenthread.record.store import Home
from record.runs.files import tau2_file, tau2_run, taubench_run, written
from worlds import AGENT, EXPERT, OWNER, World, contract_text, make_world

SLICE = "airline-service"


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """The home with its people, opened."""
    world = make_world(home.path)
    with world.opened():
        yield world


@pytest.fixture
def tau2(tmp_path: Path) -> RunSet:
    """Two cases, the first with two trials, the second a fault."""
    fault = tau2_run("1", 0, termination_reason="infrastructure_error")
    return read_runs(written(tmp_path, tau2_file(tau2_run("0", 0), tau2_run("0", 1, 0.0), fault), "tau2.json"))


def _import(world: World, home: Home, run_set: RunSet, by: str = OWNER) -> Imported:
    return import_runs(world.ledger, home, run_set, by=by, sign=world.keyring.sign)


def _stored(home: Home) -> list[Path]:
    folder = home.path / "runs"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_what_was_imported_comes_back_as_it_was(world: World, home: Home, tau2: RunSet, tmp_path: Path) -> None:
    """Evidence is computed from what comes back, so it must be what was read, to the last word."""
    bench = read_runs(written(tmp_path, [taubench_run(0, 0), taubench_run(0, 1, 0.5)], "bench.json"), agent="gpt-4o")
    _import(world, home, tau2)
    _import(world, home, bench, by=EXPERT)
    assert imported_runs(world.ledger, home, SLICE) == [tau2, bench]
    assert imported_runs(world.ledger, home, "other") == []


def test_the_record_says_who_vouches_and_holds_no_content(world: World, home: Home, tau2: RunSet) -> None:
    """A label is worth what its source is; the ledger itself never holds what a customer said, nor the case's name."""
    record = _import(world, home, tau2).record
    assert (record.kind, record.by, record.chain) == (IMPORT, OWNER, SLICE)
    assert (record.data["runs"], record.data["faults"], len(record.data["cases"])) == (3, 1, 2)
    assert record.data["cases"][0] == world.ledger.vault.ref(SLICE, "0")
    assert record.data["agent"]["name"] == "gpt-x"
    assert b"Cancel booking" not in record.body
    assert verify(world.ledger, (), {}).ok
    assert _stored(home)[0].stat().st_mode & 0o777 == 0o600


def test_the_stored_file_shows_nothing_that_was_said(world: World, home: Home, tau2: RunSet) -> None:
    """A copy of the folder alone must tell nobody what customers said."""
    _import(world, home, tau2)
    stored = "sha256:" + _stored(home)[0].name.split(".")[0]
    assert "Cancel booking" not in str(storage.load(home, stored))


def test_the_same_file_again_changes_nothing(world: World, home: Home, tau2: RunSet) -> None:
    """Imports are repeated by scripts and by doubt; evidence must not grow by it."""
    first = _import(world, home, tau2)
    again = _import(world, home, tau2)
    assert (first.new, again.new, again.record) == (True, False, first.record)
    assert len(_stored(home)) == 1
    assert len(list(world.ledger.read(SLICE, kinds=[IMPORT]))) == 1


def test_a_file_does_not_change_its_agent(world: World, home: Home, tau2: RunSet) -> None:
    """Otherwise the runs of a good agent could be lent to a bad one."""
    _import(world, home, tau2)
    with pytest.raises(RunsConflict) as caught:
        _import(world, home, replace(tau2, agent=replace(tau2.agent, name="gpt-y")))
    assert caught.value.message == (
        "This file was imported before as the runs of 'gpt-x' (record airline-service#1) and cannot become those of "
        "'gpt-y'. Use `--agent gpt-x`, or another file."
    )


def test_a_run_counts_once_whichever_file_brings_it(world: World, home: Home, tmp_path: Path) -> None:
    """A benchmark writes its file anew after every run; each version holds all the earlier runs."""
    part = [taubench_run(0), taubench_run(1)]
    _import(world, home, read_runs(written(tmp_path, part, "monday.json"), agent="gpt-4o"))
    longer = read_runs(written(tmp_path, [*part, taubench_run(2)], "tuesday.json"), agent="gpt-4o")
    with pytest.raises(RunsConflict) as caught:
        _import(world, home, longer)
    assert caught.value.message == (
        "Task 0, trial 0 of tuesday is on record already, from 'monday' (record airline-service#1); nothing was "
        "imported. Leave the runs that are on record out of the file."
    )
    assert len(_stored(home)) == 1
    rest = read_runs(written(tmp_path, [taubench_run(2)], "rest.json"), agent="gpt-4o")
    assert _import(world, home, rest).new


@pytest.mark.parametrize("slice", ["", "organisation", "Airline Service", "x" * 64])
def test_runs_need_a_slice_that_can_be(world: World, home: Home, tau2: RunSet, slice: str) -> None:
    """Records on the chain of the organisation, or on a chain no contract can have, would belong to nobody."""
    with pytest.raises(ValueProblem, match=r"write small letters and hyphens, e\.g\. `--slice airline-service`\."):
        _import(world, home, replace(tau2, slice=slice))
    assert _stored(home) == []


def test_no_agent_vouches_for_runs(world: World, home: Home, tau2: RunSet) -> None:
    """Self-report never counts."""
    with pytest.raises(NotPermitted, match=r"'agent' is not administrator or owner or expert or data-owner of"):
        _import(world, home, tau2, by=AGENT)
    assert _stored(home) == []


def test_a_signature_for_something_else_puts_nothing_on_record(world: World, home: Home, tau2: RunSet) -> None:
    """Whoever vouches must have signed exactly this import."""

    def other(by: str, payload_type: str, _payload: Any) -> dict[str, Any]:
        return world.keyring.sign(by, payload_type, {"slice": "other"})

    with pytest.raises(SignatureInvalid):
        import_runs(world.ledger, home, tau2, by=OWNER, sign=other)
    assert imported_runs(world.ledger, home, SLICE) == []


def test_a_file_is_there_before_its_record(
    world: World, home: Home, tau2: RunSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in between, an import must leave a file that nothing names, never a record of a file that is not there."""
    seen: list[int] = []

    def killed(self: Transaction, *_: Any) -> Any:
        seen.append(len(_stored(home)))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            _import(world, home, tau2)
    assert seen == [1]
    assert imported_runs(world.ledger, home, SLICE) == []
    assert _import(world, home, tau2).new
    assert imported_runs(world.ledger, home, SLICE) == [tau2]


def test_a_file_that_cannot_be_written_leaves_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk must not leave half a file under a name that looks whole, nor a draft."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            storage.store(home, [{"a": 1}])
    assert _stored(home) == []


def test_who_imports_at_the_same_time_is_compared_with(
    world: World, home: Home, tau2: RunSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people import the same file in the same second: it counts once."""
    original = Ledger.transaction
    first: list[Imported] = []

    @contextmanager
    def overtaken(self: Ledger, *chains: str) -> Iterator[Transaction]:
        monkeypatch.setattr(Ledger, "transaction", original)
        first.append(_import(world, home, tau2, by=EXPERT))
        with original(self, *chains) as tx:
            yield tx

    monkeypatch.setattr(Ledger, "transaction", overtaken)
    second = _import(world, home, tau2)
    assert (first[0].new, second.new) == (True, False)
    assert second.record.by == EXPERT
    assert len(imported_runs(world.ledger, home, SLICE)) == 1


@pytest.mark.parametrize("damage", ["gone", "longer", "other"])
def test_a_stored_file_that_changed_is_refused(world: World, home: Home, tau2: RunSet, damage: str) -> None:
    """A reward that was altered on disk would be evidence that nobody measured."""
    _import(world, home, tau2)
    file = _stored(home)[0]
    if damage == "gone":
        file.unlink()
    elif damage == "longer":
        file.write_bytes(file.read_bytes() + b"\0")
    else:
        stored = storage.store(home, [{"reward": 1}])
        (home.path / "runs" / f"{stored.removeprefix('sha256:')}.jsonl.gz").replace(file)
    with pytest.raises(RunsDamaged) as caught:
        imported_runs(world.ledger, home, SLICE)
    how = (
        "cannot be read (No such file or directory)"
        if damage == "gone"
        else ("is not what was imported: its bytes have another digest than the one on record")
    )
    assert caught.value.message == (
        f"The imported runs in {file}: the file {how}. Restore the folder from a backup of the home."
    )


def test_an_erased_case_keeps_its_labels_and_loses_its_words(world: World, home: Home, tau2: RunSet) -> None:
    """Erasing on request must reach imports; what was already proved must not change by it."""
    _import(world, home, tau2)
    ref = world.ledger.vault.ref(SLICE, "0")
    world.ledger.erase(SLICE, ref, OWNER)
    found = imported_runs(world.ledger, home, SLICE)[0]
    assert [(run.case, run.trial, run.succeeded, run.erased) for run in found.runs] == [
        (ref, 0, True, True),
        (ref, 1, False, True),
        ("1", 0, None, False),
    ]
    assert {step.content for step in found.cases[ref][0].steps} == {None}
    assert [step.digest for step in found.cases[ref][0].steps] == [None] * 6
    assert [step.name for step in found.cases[ref][0].actions] == ["send_gift"]
    assert found.cases["1"] == tau2.cases["1"]


def test_an_erased_case_takes_nothing_more(world: World, home: Home, tau2: RunSet, tmp_path: Path) -> None:
    """Somebody asked that nothing be kept; a new file of the same case must not bring it back."""
    _import(world, home, tau2)
    world.ledger.erase(SLICE, world.ledger.vault.ref(SLICE, "0"), OWNER)
    again = read_runs(written(tmp_path, tau2_file(tau2_run("0", 5)), "again.json"))
    with pytest.raises(CaseErased) as caught:
        _import(world, home, again)
    assert caught.value.message == (
        "Case '0' of 'airline-service' was erased on request and takes nothing more; nothing was imported. "
        "Leave its runs out of again, or name the case anew there."
    )
    assert _import(world, home, tau2).new is False


def test_a_lost_key_is_no_erasure(world: World, home: Home, tau2: RunSet) -> None:
    """A vault that was not restored must not look like a request to erase."""
    _import(world, home, tau2)
    (home.vault / "cases" / f"{world.ledger.vault.ref(SLICE, '0')}.key").unlink()
    with pytest.raises(ContentMissing):
        imported_runs(world.ledger, home, SLICE)


def test_an_import_moves_no_level(world: World, home: Home, tau2: RunSet) -> None:
    """Recorded runs earn nothing: what counts starts after the signature, under the guard."""
    world.sign(contract_text(SLICE))
    before = world.desk(SLICE).standing().agents
    _import(world, home, tau2)
    assert world.desk(SLICE).standing().agents == before
    assert world.replay(SLICE).ok
