"""Whatever was done to the rows before the export, the stand-alone verifier says what `ledger verify` says."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_worlds import SLICE, World, changed, export_of, run_verifier
from goldenthread.promise.values import canonical
from goldenthread.record.audit import export, verifier
from goldenthread.record.ledger import ORGANISATION, Head, Snapshot, StoredRecord, verify
from goldenthread.record.principals import fold

Rows = list[StoredRecord]
Tampering = Callable[[Rows], Rows]


def rehashed(row: StoredRecord, **said: Any) -> StoredRecord:
    """The row with other content, and the hash that fits it."""
    body = canonical({**json.loads(row.body), **said})
    return replace(row, body=body, hash=hashlib.sha256(body).hexdigest())


def rehash_from(rows: Rows, first: int) -> Rows:
    """All rows from an index on, numbered, linked and hashed anew: what whoever has the database can do."""
    done = rows[:first]
    for row in rows[first:]:
        seq, prev = len(done) + 1, done[-1].hash if done else ""
        done.append(replace(rehashed(row, seq=seq, prev=prev), seq=seq))
    return done


def renumbered(rows: Rows) -> Rows:
    """The rows with the column `seq` made to fit, and nothing else."""
    return [replace(row, seq=seq) for seq, row in enumerate(rows, start=1)]


def at(index: int, change: Callable[[StoredRecord], StoredRecord]) -> Tampering:
    """A change to the row at an index, from 0."""
    return lambda rows: [*rows[:index], change(rows[index]), *rows[index + 1 :]]


def forged(row: StoredRecord) -> StoredRecord:
    """The row saying something else, in bytes that no longer have their hash."""
    return replace(row, body=canonical({**json.loads(row.body), "data": {"forged": True}}))


def inserted(index: int) -> Tampering:
    """A record that was never written, in between, the others moved down."""

    def tamper(rows: Rows) -> Rows:
        extra = rehashed(rows[index], data={"forged": True})
        return renumbered([*rows[:index], extra, *rows[index:]])

    return tamper


def swapped(index: int) -> Tampering:
    """Two neighbours in each other's place."""
    return lambda rows: renumbered([*rows[:index], rows[index + 1], rows[index], *rows[index + 2 :]])


def altered_and_rehashed(index: int) -> Tampering:
    """One record altered and everything after it hashed anew."""
    return lambda rows: rehash_from(at(index, lambda row: rehashed(row, data={"forged": True}))(rows), index)


# What is done to the slice's 23 rows, and the first bad record or interval. Checkpoints saw 12 and 20.
TAMPERINGS: list[tuple[str, Tampering, str]] = [
    ("bytes altered", at(4, forged), "refunds 5"),
    ("bytes altered, hash as well", at(4, lambda row: rehashed(row, by="eve")), "refunds 5"),
    ("bytes that are no record", at(4, lambda row: changed(row, body=b"{}")), "refunds 5"),
    ("column altered", at(6, lambda row: changed(row, by="eve")), "refunds 7"),
    ("kind altered", at(6, lambda row: changed(row, kind="run:end")), "refunds 7"),
    ("time altered", at(6, lambda row: changed(row, at=row.at.replace(year=2020))), "refunds 7"),
    ("first altered", at(0, forged), "refunds 1"),
    ("last altered", at(22, forged), "refunds 23"),
    ("dropped", lambda rows: rows[:7] + rows[8:], "refunds 8"),
    ("several dropped", lambda rows: rows[:7] + rows[10:], "refunds 8 to 10"),
    ("dropped, the gap closed", lambda rows: renumbered(rows[:7] + rows[8:]), "refunds 8"),
    ("inserted", inserted(9), "refunds 10"),
    ("swapped", swapped(5), "refunds 6"),
    ("altered and all hashed anew, before checkpoint 1", altered_and_rehashed(3), "refunds 1 to 12"),
    ("altered and all hashed anew, between checkpoints", altered_and_rehashed(15), "refunds 13 to 20"),
    ("dropped and all hashed anew", lambda rows: rehash_from(rows[:15] + rows[16:], 15), "refunds 13 to 20"),
    ("tail cut", lambda rows: rows[:18], "refunds 19 to 20"),
    ("all gone", lambda rows: [], "refunds 1 to 12"),
]


def tampered(world: World, tamper: Tampering, chain: str = SLICE) -> Snapshot:
    """The world's rows after tampering with one chain; the head table fits what is there now."""
    rows = [row for row in world.rows() if row.chain == chain]
    others = [row for row in world.rows() if row.chain != chain]
    left = tamper(rows)
    heads = {**world.book.heads(), chain: Head(seq=left[-1].seq, hash=left[-1].hash)} if left else {}
    if not left:
        heads = {name: head for name, head in world.book.heads().items() if name != chain}
    return Snapshot(rows=sorted([*others, *left], key=lambda row: (row.chain, row.seq)), heads=heads)


def first_by_ledger(world: World, taken: Snapshot) -> str:
    """The first bad record or interval as `ledger verify` names it."""
    found = verify(taken, world.checkpoints, world.principals().keys_held("sealer")).first
    assert found is not None
    return (
        f"{found.chain} {found.first}" if found.first == found.last else f"{found.chain} {found.first} to {found.last}"
    )


@pytest.mark.parametrize(
    ("tamper", "expected"), [case[1:] for case in TAMPERINGS], ids=[case[0] for case in TAMPERINGS]
)
def test_the_first_bad_record_or_interval_is_the_one_that_the_ledger_names(
    whole: World, tmp_path: Path, tamper: Tampering, expected: str
) -> None:
    """Two verifiers that disagree are worth less than one."""
    taken = tampered(whole, tamper)
    verdict = run_verifier(export_of(whole, tmp_path / "export", taken))
    assert verdict.code == 1
    assert verdict.first == expected
    assert first_by_ledger(whole, taken) == expected


def test_what_was_not_touched_holds(whole: World, tmp_path: Path) -> None:
    """A verifier that always finds something finds nothing."""
    assert verify(whole.snapshot(), whole.checkpoints, whole.principals().keys_held("sealer")).ok
    verdict = run_verifier(export_of(whole, tmp_path / "export"))
    assert verdict.code == 0
    assert verdict.wrong == []


def test_the_whole_report_in_words(whole: World, tmp_path: Path) -> None:
    """An auditor who is no programmer reads this."""
    verdict = run_verifier(export_of(whole, tmp_path / "export"))
    assert verdict.lines == [
        f"Organisation {whole.principals().organisation}, 7 principals; made 2026-11-02T09:32:00+00:00.",
        "organisation: 9 records, 0 of them after the last checkpoint.",
        "refunds: 23 records, 3 of them after the last checkpoint.",
        "  Version 1 signed by bob as owner.",
        "  Version 1 signed by ann as expert.",
        "  Version 1 signed by finance as data-owner.",
        "  Signed answers of people: 1. Permits: 2.",
        "Checkpoints counted: 1, 2.",
        "No checkpoint of your own was given: whoever made this export could have made all of it to fit.",
        "What stands after the last checkpoint could have been rewritten or cut without being seen here.",
        "VERDICT: it all holds.",
    ]


def test_an_interval_is_named_by_the_checkpoints_around_it(whole: World, tmp_path: Path) -> None:
    """Everything between two signed moments is in doubt, and nothing else."""
    taken = tampered(whole, altered_and_rehashed(15))
    verdict = run_verifier(export_of(whole, tmp_path / "export", taken))
    first, second = (json.loads(base64.b64decode(one["payload"]))["at"] for one in whole.checkpoints)
    assert verdict.wrong[0] == (
        f"refunds 13 to 20: something between checkpoint 1 of {first} and checkpoint 2 of {second} was changed and "
        "everything after it hashed anew."
    )
    assert verdict.lines[-1].startswith("VERDICT: ")
    assert verdict.lines[-1].endswith(" found wrong; the first is named first.")


def test_an_old_backup_is_found_by_the_checkpoint_that_saw_more(whole: World, tmp_path: Path) -> None:
    """A restored backup is sound in itself; only a checkpoint knows that there was more."""
    rows = [row for row in whole.rows() if row.seq <= (7 if row.chain == ORGANISATION else 12)]
    heads = {row.chain: Head(seq=row.seq, hash=row.hash) for row in rows}
    taken = Snapshot(rows=rows, heads=heads)
    folder = export_of(whole, tmp_path / "export", taken)
    assert run_verifier(folder).first == first_by_ledger(whole, taken) == "organisation 8 to 9"
    assert any(one.startswith("refunds 13 to 20: gone; checkpoint 2 of ") for one in run_verifier(folder).wrong)


def test_an_old_backup_with_its_old_checkpoints_needs_one_held_elsewhere(whole: World, tmp_path: Path) -> None:
    """The export's own checkpoints can be cut as well; the auditor's cannot."""
    rows = [row for row in whole.rows() if row.seq <= (7 if row.chain == ORGANISATION else 12)]
    heads = {row.chain: Head(seq=row.seq, hash=row.hash) for row in rows}
    principals = fold(whole.book.chains[ORGANISATION][:7])
    taken = Snapshot(rows=rows, heads=heads)
    folder = export(taken, principals, whole.checkpoints[:1], tmp_path / "export", made_at=whole.book.now).path
    assert run_verifier(folder).code == 0
    held = tmp_path / "mine.json"
    held.write_text(json.dumps(whole.checkpoints[1]))
    verdict = run_verifier(folder, "--checkpoint", held)
    assert verdict.code == 1
    assert verdict.first == "organisation 8 to 9"


def test_what_came_after_the_last_checkpoint_is_beyond_reach_and_it_says_so(whole: World, tmp_path: Path) -> None:
    """Nobody may take more comfort from it than there is."""
    taken = tampered(whole, altered_and_rehashed(21))
    verdict = run_verifier(export_of(whole, tmp_path / "export", taken))
    assert verdict.code == 0
    assert "refunds: 23 records, 3 of them after the last checkpoint." in verdict.lines
    assert (
        "What stands after the last checkpoint could have been rewritten or cut without being seen here."
        in verdict.lines
    )
    assert verify(taken, whole.checkpoints, whole.principals().keys_held("sealer")).ok


def test_a_head_that_counts_more_than_there_is_names_the_missing(whole: World, tmp_path: Path) -> None:
    """A tail cut after the last checkpoint is seen where the head table was forgotten."""
    taken = Snapshot(
        rows=[row for row in whole.rows() if (row.chain, row.seq) != (SLICE, 23)], heads=whole.book.heads()
    )
    assert run_verifier(export_of(whole, tmp_path / "export", taken)).first == "refunds 23"
    assert first_by_ledger(whole, taken) == "refunds 23"


# --- any tampering at all, in one process ----------------------------------------------------------------------------

_STEPS = st.one_of(
    st.tuples(st.just("forge"), st.integers(0, 22)),
    st.tuples(st.just("rehash"), st.integers(0, 22)),
    st.tuples(st.just("rehash all"), st.integers(0, 22)),
    st.tuples(st.just("drop"), st.integers(0, 22)),
    st.tuples(st.just("insert"), st.integers(0, 22)),
    st.tuples(st.just("swap"), st.integers(0, 21)),
    st.tuples(st.just("cut"), st.integers(0, 22)),
    st.tuples(st.just("renumber"), st.just(0)),
    st.tuples(st.just("column"), st.integers(0, 22)),
)


def step(rows: Rows, what: str, index: int) -> Rows:
    """One step of somebody who has the database."""
    if index >= len(rows) - 1:
        return rows
    steps: dict[str, Tampering] = {
        "forge": at(index, forged),
        "rehash": at(index, lambda row: rehashed(row, by="eve")),
        "rehash all": altered_and_rehashed(index),
        "drop": lambda rows: rows[:index] + rows[index + 1 :],
        "insert": inserted(index),
        "swap": swapped(index),
        "cut": lambda rows: rows[: index + 1],
        "renumber": renumbered,
        "column": at(index, lambda row: changed(row, by="eve")),
    }
    return steps[what](rows)


@settings(max_examples=300, deadline=None)
@given(steps=st.lists(_STEPS, min_size=1, max_size=3), counted=st.booleans())
def test_every_finding_is_the_same_whatever_was_done(whole: World, steps: list[tuple[str, int]], counted: bool) -> None:
    """Agreement is not a matter of the cases that somebody thought of."""

    def tamper(rows: Rows) -> Rows:
        for what, index in steps:
            rows = step(rows, what, index)
        return rows

    taken = tampered(whole, tamper)
    if not counted:
        taken = replace(taken, heads=whole.book.heads())
    expected = verify(taken, whole.checkpoints, whole.principals().keys_held("sealer"))
    rows = [row for row in taken.rows if row.chain == SLICE]
    head = (taken.heads or {})[SLICE]
    payloads = [json.loads(base64.b64decode(one["payload"])) for one in whole.checkpoints]
    heads = [(one["number"], one["at"], one["heads"][SLICE]) for one in payloads]
    found, _ = verifier.check_chain(SLICE, [as_exported(row) for row in rows], [head.seq, head.hash], heads)
    places = sorted((chain, first, last) for chain, first, last, _ in found)
    named = [(one.chain, one.first, one.last) for one in expected.findings]
    assert places[:1] == named[:1]
    if len(named) < 20:  # The ledger stops counting there.
        assert places == named


def as_exported(row: StoredRecord) -> dict[str, Any]:
    """The line of a row in the export."""
    columns = {"chain": row.chain, "seq": row.seq, "kind": row.kind, "by": row.by, "hash": row.hash}
    instant = row.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {**columns, "at": instant, "body": base64.b64encode(row.body).decode()}


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [(at(3, forged), "organisation 4"), (altered_and_rehashed(3), "organisation 1 to 7")],
    ids=["bytes altered", "altered and all hashed anew"],
)
def test_the_chain_of_rights_is_held_to_the_same_with_a_key_known_from_elsewhere(
    whole: World, tmp_path: Path, tamper: Tampering, expected: str
) -> None:
    """Who rewrites the rights cannot thereby choose whose checkpoints count."""
    taken = tampered(whole, tamper, ORGANISATION)
    folder = export_of(whole, tmp_path / "export", taken)
    verdict = run_verifier(folder, "--key", whole.ring.public_key("seal-service"))
    assert verdict.code == 1
    assert verdict.first == first_by_ledger(whole, taken) == expected
