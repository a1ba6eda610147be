"""Whatever the database's superuser does to the ledger, verify says so, or says that it can't see that far."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]

from goldenthread.promise.errors import CheckpointInvalid
from goldenthread.promise.values import Json, canonical
from goldenthread.record.ledger import (
    Ledger,
    Snapshot,
    checkpoint,
    load_checkpoints,
    open_checkpoint,
    snapshot,
    verify,
)
from goldenthread.record.store import Home

CHAIN = "intake"
Envelopes = list[dict[str, Any]]


class Sealer:
    """A key that the database's superuser does not have."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        self.public_key = self._private.public_key().public_bytes_raw().hex()

    def sign(self, payload_type: str, payload: Json) -> dict[str, Any]:
        key = SSlibKey(self.public_key, "ed25519", "ed25519", {"public": self.public_key})
        envelope = Envelope(canonical(payload), payload_type, {})
        envelope.sign(CryptoSigner(self._private, key))
        signed: dict[str, Any] = envelope.to_dict()
        return signed


@pytest.fixture
def sealer() -> Sealer:
    """Who signs checkpoints."""
    return Sealer()


@pytest.fixture
def tamperer(superuser: psycopg.Connection) -> psycopg.Connection:
    """The superuser, with the triggers out of the way."""
    for table in ("ledger_record", "ledger_head", "ledger_content"):
        superuser.execute(f"alter table {table} disable trigger all".encode())
    return superuser


@pytest.fixture
def held(ledger: Ledger, home: Home, sealer: Sealer) -> Envelopes:
    """Thirty records with a checkpoint after the 10th and the 20th, both held elsewhere."""
    envelopes: Envelopes = []
    numbers = count(1)
    for _ in range(2):
        _append(ledger, numbers, 10)
        envelopes.append(checkpoint(ledger, sealer.sign, folder=home.checkpoints))
    _append(ledger, numbers, 10)
    return envelopes


def _append(ledger: Ledger, numbers: Iterator[int], records: int) -> None:
    for _ in range(records):
        ledger.append(CHAIN, "action:decide", "guard", {"decision": next(numbers)})


def _body(connection: psycopg.Connection, seq: int) -> bytes:
    row = connection.execute("select body from ledger_record where chain = %s and seq = %s", (CHAIN, seq)).fetchone()
    assert row is not None
    return bytes(row[0])


def _write(connection: psycopg.Connection, seq: int, body: bytes) -> None:
    """Put a body in a row, with a hash and columns that fit it."""
    connection.execute(
        "update ledger_record set body = %s, hash = %s, at = %s, kind = %s, by = %s where chain = %s and seq = %s",
        (*_fitting(body), CHAIN, seq),
    )


def _fitting(body: bytes) -> tuple[bytes, str, str, str, str]:
    content = json.loads(body)
    columns = (str(content.get(name, default)) for name, default in (("at", "now"), ("kind", "k"), ("by", "b")))
    return (body, hashlib.sha256(body).hexdigest(), *columns)  # type: ignore[return-value]


def _forged(body: bytes, **changes: Json) -> bytes:
    return canonical({**json.loads(body), **changes})


def _rehash(connection: psycopg.Connection, after: int, to: int) -> None:
    """Chain everything after a record anew, the head too: what a careful forger does."""
    previous = hashlib.sha256(_body(connection, after)).hexdigest()
    for seq in range(after + 1, to + 1):
        body = _forged(_body(connection, seq), prev=previous)
        _write(connection, seq, body)
        previous = hashlib.sha256(body).hexdigest()
    connection.execute("update ledger_head set seq = %s, hash = %s where chain = %s", (to, previous, CHAIN))


def _drop(connection: psycopg.Connection, seq: int) -> None:
    connection.execute("delete from ledger_record where chain = %s and seq = %s", (CHAIN, seq))


def _shift(connection: psycopg.Connection, first: int, by: int) -> None:
    connection.execute("update ledger_record set seq = seq + 1000 where seq >= %s", (first,))
    connection.execute("update ledger_record set seq = seq - 1000 + %s where seq >= 1000", (by,))


def _insert(connection: psycopg.Connection, seq: int, body: bytes) -> None:
    connection.execute(
        "insert into ledger_record (chain, seq, body, hash, at, kind, by) values (%s, %s, %s, %s, %s, %s, %s)",
        (CHAIN, seq, *_fitting(body)),
    )


def test_an_untouched_ledger_verifies(ledger: Ledger, held: Envelopes, sealer: Sealer) -> None:
    """Alarms on honest records would teach people to ignore them."""
    result = verify(ledger, held, [sealer.public_key])
    assert (result.ok, result.first, result.records, result.checkpoints) == (True, None, 30, 2)


def test_verify_says_what_is_beyond_its_reach(ledger: Ledger, held: Envelopes, sealer: Sealer) -> None:
    """Silence about what was not checked would be read as a pass."""
    at = json.loads(ledger.record(CHAIN, 20).body)["at"]  # type: ignore[union-attr]
    assert verify(ledger, held, [sealer.public_key]).beyond_reach.startswith("After checkpoint 2 of ")
    assert at[:10] in verify(ledger, held, [sealer.public_key]).beyond_reach
    assert verify(ledger, held, [sealer.public_key]).beyond_reach.endswith(
        " (intake 21 to 30), a change with everything after it hashed anew, or a cut tail, cannot be seen. "
        "Take a checkpoint and hold it elsewhere."
    )
    assert verify(ledger).beyond_reach == (
        "No checkpoint was given. A change with everything after it hashed anew, a cut tail or a restored older "
        "backup cannot be seen without one that was held elsewhere."
    )


def _alter_bytes(tamperer: psycopg.Connection) -> None:
    body = _forged(_body(tamperer, 7), by="somebody")
    tamperer.execute("update ledger_record set body = %s where seq = 7", (body,))


def _alter_bytes_and_hash(tamperer: psycopg.Connection) -> None:
    _write(tamperer, 7, _forged(_body(tamperer, 7), data={"decision": 0}))


def _replace_by_no_record(tamperer: psycopg.Connection) -> None:
    _write(tamperer, 7, b"{}")


def _alter_column(tamperer: psycopg.Connection) -> None:
    tamperer.execute("update ledger_record set kind = 'run:end' where seq = 7")


def _alter_time_column(tamperer: psycopg.Connection) -> None:
    tamperer.execute("update ledger_record set at = at - interval '1 day' where seq = 7")


def _drop_one(tamperer: psycopg.Connection) -> None:
    _drop(tamperer, 7)


def _drop_one_and_close_the_gap(tamperer: psycopg.Connection) -> None:
    _drop(tamperer, 7)
    _shift(tamperer, 8, -1)


def _insert_one(tamperer: psycopg.Connection) -> None:
    forged = _forged(_body(tamperer, 7), data={"decision": 0})
    _shift(tamperer, 7, 1)
    _insert(tamperer, 7, forged)


def _swap(tamperer: psycopg.Connection) -> None:
    seventh, ninth = _body(tamperer, 7), _body(tamperer, 9)
    _write(tamperer, 7, ninth)
    _write(tamperer, 9, seventh)


def _swap_and_renumber(tamperer: psycopg.Connection) -> None:
    seventh, ninth = _body(tamperer, 7), _body(tamperer, 9)
    _write(tamperer, 7, _forged(ninth, seq=7))
    _write(tamperer, 9, _forged(seventh, seq=9))


@pytest.mark.parametrize(("tamper", "kind", "words"), [
    (_alter_bytes, "altered", "intake 7: its bytes do not have the hash that is stored with them."),
    (_alter_bytes_and_hash, "unlinked", "intake 7: it is not the record that was chained here; 8 follows another."),
    (_replace_by_no_record, "altered", "intake 7: its bytes are no record."),
    (_alter_column, "altered", "intake 7: its column 'kind' says other than its bytes."),
    (_alter_time_column, "altered", "intake 7: its column 'at' says other than its bytes."),
    (_drop_one, "missing", "intake 7: dropped; the next one there is 8."),
    (_drop_one_and_close_the_gap, "moved", "intake 7: its bytes say that it is intake 8."),
    (_insert_one, "unlinked", "intake 7: it is not the record that was chained here; 8 follows another."),
    (_swap, "moved", "intake 7: its bytes say that it is intake 9."),
    (
        _swap_and_renumber,
        "unlinked",
        "intake 7: it is not the record that was chained here; it does not follow 6, nor 8 it.",
    ),
])  # fmt: skip
def test_the_first_bad_record_is_named(
    ledger: Ledger,
    held: Envelopes,
    sealer: Sealer,
    tamperer: psycopg.Connection,
    tamper: Callable[[psycopg.Connection], None],
    kind: str,
    words: str,
) -> None:
    """Who investigates begins there; with checkpoints or without."""
    tamper(tamperer)
    for result in (verify(ledger, held, [sealer.public_key]), verify(ledger)):
        assert result.first is not None
        assert (result.first.kind, result.first.chain, result.first.first, result.first.words) == (
            kind,
            CHAIN,
            7,
            words,
        )
    if tamper in (_alter_bytes, _alter_bytes_and_hash, _replace_by_no_record, _alter_column, _drop_one):
        assert len(verify(ledger, held, [sealer.public_key]).findings) == 1


def test_a_rehash_of_everything_after_an_alteration_is_found_between_two_checkpoints(
    ledger: Ledger, held: Envelopes, sealer: Sealer, tamperer: psycopg.Connection
) -> None:
    """A forger with all the ledger's tables still does not have what is held elsewhere."""
    _alter_bytes_and_hash_of(tamperer, 15)
    _rehash(tamperer, 15, 30)
    assert verify(ledger).ok
    result = verify(ledger, held, [sealer.public_key])
    (finding,) = result.findings
    assert (finding.kind, finding.first, finding.last, finding.between) == ("rewritten", 11, 20, (1, 2))
    at = json.loads(_payload(held[1]))["at"]
    assert finding.words == (
        f"intake 11 to 20: something after checkpoint 1 and before checkpoint 2 of {at} was changed and everything "
        "after it hashed anew."
    )


def test_a_rehash_from_the_beginning_is_found_before_the_first_checkpoint(
    ledger: Ledger, held: Envelopes, sealer: Sealer, tamperer: psycopg.Connection
) -> None:
    """The interval is the smallest that the checkpoints prove."""
    _alter_bytes_and_hash_of(tamperer, 3)
    _rehash(tamperer, 3, 30)
    (finding,) = verify(ledger, held, [sealer.public_key]).findings
    assert (finding.first, finding.last, finding.between) == (1, 10, (0, 1))
    assert "something since the beginning and before checkpoint 1 of " in finding.words


def test_a_rehash_after_the_last_checkpoint_is_out_of_reach(
    ledger: Ledger, held: Envelopes, sealer: Sealer, tamperer: psycopg.Connection
) -> None:
    """What verify can't see it must say, and not claim."""
    _alter_bytes_and_hash_of(tamperer, 25)
    _rehash(tamperer, 25, 30)
    result = verify(ledger, held, [sealer.public_key])
    assert result.ok
    assert "(intake 21 to 30)" in result.beyond_reach


def test_a_cut_tail_is_found(ledger: Ledger, held: Envelopes, sealer: Sealer, tamperer: psycopg.Connection) -> None:
    """The last records are those that somebody most wants gone."""
    tamperer.execute("delete from ledger_record where seq > 15")
    (by_head, *_) = verify(ledger).findings
    assert by_head.words == "intake 16 to 30: cut off; the head table still counts them."
    _rehash(tamperer, 15, 15)
    assert verify(ledger).ok
    (finding,) = verify(ledger, held, [sealer.public_key]).findings
    assert (finding.kind, finding.first, finding.last, finding.between) == ("cut", 16, 20, (1, 2))
    assert finding.words.endswith(" saw them. The tail was cut, or an older backup restored.")


def test_a_tail_cut_after_the_last_checkpoint_is_out_of_reach_once_the_head_was_moved_too(
    ledger: Ledger, held: Envelopes, sealer: Sealer, tamperer: psycopg.Connection
) -> None:
    """Only a later checkpoint, or the head table, could tell."""
    tamperer.execute("delete from ledger_record where seq > 25")
    assert not verify(ledger, held, [sealer.public_key]).ok
    _rehash(tamperer, 25, 25)
    result = verify(ledger, held, [sealer.public_key])
    assert result.ok
    assert "(intake 21 to 25)" in result.beyond_reach


def test_a_restored_old_backup_is_found_also_when_work_went_on(
    ledger: Ledger, home: Home, sealer: Sealer, tamperer: psycopg.Connection
) -> None:
    """A restore is the quietest way to make a level or a refusal not have happened."""
    numbers = count(1)
    _append(ledger, numbers, 12)
    for table in ("ledger_record", "ledger_head"):
        tamperer.execute(f"create table backup_{table} as select * from {table}".encode())
    _append(ledger, numbers, 8)
    held = [checkpoint(ledger, sealer.sign, folder=home.checkpoints)]
    for table in ("ledger_record", "ledger_head"):
        tamperer.execute(f"truncate {table}".encode())
        tamperer.execute(f"insert into {table} select * from backup_{table}".encode())
    (finding,) = verify(ledger, held, [sealer.public_key]).findings
    assert (finding.kind, finding.first, finding.last) == ("cut", 13, 20)
    _append(ledger, numbers, 20)
    assert verify(ledger).ok
    (finding,) = verify(ledger, held, [sealer.public_key]).findings
    assert (finding.kind, finding.first, finding.last, finding.between) == ("rewritten", 1, 20, (0, 1))


def test_a_chain_that_is_gone_altogether_is_found(
    ledger: Ledger, held: Envelopes, sealer: Sealer, tamperer: psycopg.Connection
) -> None:
    """An empty ledger has no broken link."""
    tamperer.execute("truncate ledger_record, ledger_head")
    assert verify(ledger).ok
    (finding,) = verify(ledger, held, [sealer.public_key]).findings
    assert (finding.kind, finding.first, finding.last) == ("cut", 1, 10)


def test_a_head_that_disagrees_with_its_records_is_found(
    ledger: Ledger, held: Envelopes, tamperer: psycopg.Connection
) -> None:
    """The next append would chain to it."""
    tamperer.execute("update ledger_head set hash = 'ff'")
    assert [finding.words for finding in verify(ledger).findings] == [
        "intake 30: the head table has another hash for it."
    ]
    tamperer.execute("update ledger_head set seq = 28")
    assert [finding.words for finding in verify(ledger).findings] == ["intake 29 to 30: added past the head."]
    tamperer.execute("delete from ledger_head")
    assert [finding.words for finding in verify(ledger).findings] == [
        "intake 30: the head table does not know this chain."
    ]


def test_an_export_without_a_head_table_verifies_the_same_way(
    ledger: Ledger, held: Envelopes, sealer: Sealer, tamperer: psycopg.Connection
) -> None:
    """An auditor has the rows and the checkpoints, and no database."""
    with snapshot(ledger) as taken:
        rows = list(taken.rows)
    assert verify(Snapshot(rows=rows, heads=None), held, [sealer.public_key]).ok
    cut = verify(Snapshot(rows=rows[:15], heads=None), held, [sealer.public_key])
    assert [finding.kind for finding in cut.findings] == ["cut"]


def test_a_snapshot_is_of_one_moment(ledger: Ledger, held: Envelopes) -> None:
    """Records that are appended while verify reads must not look like records past the head."""
    with snapshot(ledger) as taken:
        ledger.append(CHAIN, "k", "guard", {})
        assert verify(taken).ok


def _payload(envelope: dict[str, Any]) -> bytes:
    return Envelope.from_dict(deepcopy(envelope)).payload


def _alter_bytes_and_hash_of(tamperer: psycopg.Connection, seq: int) -> None:
    _write(tamperer, seq, _forged(_body(tamperer, seq), data={"decision": 0}))


def test_a_checkpoint_names_heads_custody_and_the_one_before(
    ledger: Ledger, held: Envelopes, home: Home, sealer: Sealer
) -> None:
    """A reader sees what the signature is worth, and that none is missing in between."""
    first, second = (open_checkpoint(envelope, [sealer.public_key]) for envelope in held)
    assert (first.number, first.previous, second.number, second.previous) == (1, "", 2, first.digest)
    assert first.custody == "cooperative"
    assert first.heads[CHAIN].seq == 10
    third = checkpoint(ledger, sealer.sign, folder=home.checkpoints, custody="passphrase")
    assert open_checkpoint(third, [sealer.public_key]).custody == "passphrase"
    assert load_checkpoints(home.checkpoints) == [*held, third]


def test_a_checkpoint_by_another_key_is_a_finding(ledger: Ledger, held: Envelopes, sealer: Sealer) -> None:
    """Anybody can write a checkpoint that fits a forged ledger; only the sealer can sign it."""
    words = (
        "The checkpoint is signed by none of the sealers' keys, or was altered since. "
        "Use the copy that was held elsewhere, and the key of the sealer at that time."
    )
    altered = deepcopy(held[0])
    altered["payload"] = Envelope(b"{}", "", {}).to_dict()["payload"]
    for envelope, keys in ((held[0], [Sealer().public_key]), (held[0], []), (altered, [sealer.public_key])):
        with pytest.raises(CheckpointInvalid) as caught:
            open_checkpoint(envelope, keys)
        assert str(caught.value) == f"checkpoint-invalid: {words}"
        result = verify(ledger, [envelope], keys)
        assert [(finding.kind, finding.words) for finding in result.findings] == [("checkpoint", words)]


def test_something_else_that_the_sealer_signed_is_no_checkpoint(sealer: Sealer) -> None:
    """A signature counts only for what it was given."""
    with pytest.raises(CheckpointInvalid) as caught:
        open_checkpoint(sealer.sign("text/plain", {"heads": {}}), [sealer.public_key])
    assert str(caught.value) == (
        "checkpoint-invalid: What should be a checkpoint is none (ValueError: it holds 'text/plain'). Expected a DSSE "
        "envelope of type application/vnd.goldenthread.checkpoint+json, as `goldenthread ledger checkpoint` writes it."
    )
    with pytest.raises(CheckpointInvalid):
        open_checkpoint({}, [sealer.public_key])


def test_checkpoints_that_contradict_each_other_are_found(
    ledger: Ledger, held: Envelopes, sealer: Sealer, tmp_path: Path
) -> None:
    """Somebody who deletes checkpoints at home and starts to count anew is seen by who holds the old ones."""
    (tmp_path / "fork").mkdir()
    forked = checkpoint(ledger, sealer.sign, folder=tmp_path / "fork")
    result = verify(ledger, [*held, forked], [sealer.public_key])
    words = {finding.words for finding in result.findings}
    assert "checkpoints: there are two different checkpoints 1." in words
    assert "checkpoints: intake shrank between checkpoint 1 and checkpoint 2." in words


def test_a_checkpoint_file_that_cannot_be_read_is_refused(home: Home) -> None:
    """A damaged file must not count as none."""
    (home.checkpoints / "checkpoint-000001.json").write_text("[]")
    with pytest.raises(CheckpointInvalid) as caught:
        load_checkpoints(home.checkpoints)
    assert str(caught.value) == (
        f"checkpoint-invalid: {home.checkpoints / 'checkpoint-000001.json'} holds no JSON object. "
        "Use the copy that was held elsewhere."
    )
    (home.checkpoints / "checkpoint-000001.json").write_text("{")
    with pytest.raises(CheckpointInvalid, match=r"000001.json cannot be read \(JSONDecodeError: .* held elsewhere\.$"):
        load_checkpoints(home.checkpoints)
    (home.checkpoints / "checkpoint-last.json").write_text("{}")
    with pytest.raises(
        CheckpointInvalid, match=r"is not named like a checkpoint\. Expected e\.g\. checkpoint-000001\.json"
    ):
        load_checkpoints(home.checkpoints)
