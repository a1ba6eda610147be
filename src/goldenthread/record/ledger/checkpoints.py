"""Signed statements of where every chain ends, to be held where the ledger's administrator can't reach them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from goldenthread.promise.errors import CheckpointInvalid
from goldenthread.promise.values import Json, digest_bytes
from goldenthread.record.ledger.ledger import Ledger
from goldenthread.record.ledger.reading import read_heads
from goldenthread.record.ledger.records import Head, instant
from goldenthread.record.ledger.verification import (
    Checkpoint,
    Finding,
    StoredRecord,
    Verification,
    verify_rows,
)
from goldenthread.record.store import exclusive, write_whole

CHECKPOINT_TYPE = "application/vnd.goldenthread.checkpoint+json"
COOPERATIVE = "cooperative"

Sign = Callable[[str, Json], dict[str, Any]]
"""(payload type, payload) -> DSSE envelope."""

_LOCK_TIMEOUT_S = 30.0
_FETCH = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """All of a ledger at one moment: rows in order of chain and seq, and the head table (None: there is none)."""

    rows: Iterable[StoredRecord]
    heads: Mapping[str, Head] | None


def checkpoint(ledger: Ledger, sign: Sign, *, folder: Path, custody: str = COOPERATIVE) -> dict[str, Any]:
    """
    Sign where every chain ends now, save that in the folder as `checkpoint-000001.json` and return it.

    Copy the file elsewhere: one that whoever can alter the ledger can replace too proves nothing.

    Args:
        ledger: Whose heads.
        sign: Makes the DSSE envelope.
        folder: Where the earlier ones are; the new one names the last of them.
        custody: What keeps the agent's process from the signing key; 'cooperative': nothing.
    """
    with exclusive(folder / ".lock", timeout_s=_LOCK_TIMEOUT_S):
        files = _files(folder)
        previous = _payload_bytes(_load(files[-1])) if files else None
        number = _number(files[-1]) + 1 if files else 1
        heads: dict[str, Json] = {chain: [head.seq, head.hash] for chain, head in ledger.heads().items()}
        payload: dict[str, Json] = {
            "v": 1,
            "number": number,
            "at": instant(ledger.clock()),
            "heads": heads,
            "previous": digest_bytes(previous) if previous is not None else "",
            "custody": custody,
        }
        envelope = sign(CHECKPOINT_TYPE, payload)
        _save(folder / f"checkpoint-{number:06}.json", envelope)
        return envelope


def load_checkpoints(folder: Path) -> list[dict[str, Any]]:
    """
    The checkpoint files of a folder, by number.

    Raises:
        CheckpointInvalid: One is no JSON object.
    """
    return [_load(file) for file in _files(folder)]


def open_checkpoint(envelope: Mapping[str, Any], public_keys: Iterable[str]) -> Checkpoint:
    """
    What a checkpoint says, if one of the keys signed it.

    Args:
        envelope: DSSE.
        public_keys: Ed25519, 64 hex digits each.

    Raises:
        CheckpointInvalid: Malformed, of another type, or signed by none of the keys.
    """
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError

    try:
        opened = Envelope.from_dict(deepcopy(dict(envelope)))  # from_dict rewrites what it is given.
        keys = [_library_key(key) for key in public_keys]
        if not keys:
            raise VerificationError("no key")
        opened.verify(keys, threshold=1)
        if opened.payload_type != CHECKPOINT_TYPE:
            raise ValueError(f"it holds '{opened.payload_type}'")
        return _read(opened.payload)
    except VerificationError as problem:
        raise CheckpointInvalid(
            "The checkpoint is signed by none of the sealers' keys, or was altered since. "
            "Use the copy that was held elsewhere, and the key of the sealer at that time."
        ) from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise CheckpointInvalid(
            f"What should be a checkpoint is none ({type(problem).__name__}: {problem}). "
            f"Expected a DSSE envelope of type {CHECKPOINT_TYPE}, as `goldenthread ledger checkpoint` writes it."
        ) from problem


def verify(
    source: Ledger | Snapshot,
    checkpoints: Iterable[Mapping[str, Any]] = (),
    public_keys: Iterable[str] = (),
    *,
    only: Collection[str] | None = None,
) -> Verification:
    """
    Check every record, link, head and checkpoint, and say what lies beyond reach.

    Args:
        source: A ledger, read as of one moment, or rows from elsewhere (an export).
        checkpoints: DSSE envelopes, best those that were held elsewhere. One that does not verify is a finding.
        public_keys: Whose checkpoints count; Ed25519, 64 hex digits each.
        only: The chains that the source holds, where it does not hold all; of checkpoints no other counts.
    """
    keys = tuple(public_keys)
    opened: list[Checkpoint] = []
    refused: list[Finding] = []
    for envelope in checkpoints:
        try:
            opened.append(open_checkpoint(envelope, keys))
        except CheckpointInvalid as problem:
            refused.append(Finding(kind="checkpoint", chain="", first=0, last=0, words=problem.message))
    if only is not None:
        opened = [replace(one, heads={name: one.heads[name] for name in one.heads if name in only}) for one in opened]
    if isinstance(source, Snapshot):
        result = verify_rows(source.rows, source.heads, opened)
    else:
        with snapshot(source, only) as taken:
            result = verify_rows(taken.rows, taken.heads, opened)
    return replace(result, findings=(*refused, *result.findings))


@contextmanager
def snapshot(ledger: Ledger, only: Collection[str] | None = None) -> Iterator[Snapshot]:
    """
    Everything stored, as of one moment, whatever is appended meanwhile. Rows are read once, as they are needed.

    `only`: these chains and no others.
    """
    with ledger.store.transaction() as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        heads = {name: head for name, head in read_heads(connection).items() if only is None or name in only}
        with connection.cursor("verification", binary=True) as cursor:
            cursor.itersize = _FETCH
            cursor.execute(_ROWS, {"only": None if only is None else sorted(only)})
            yield Snapshot(rows=(_stored(row) for row in cursor), heads=heads)


_ROWS = """
select chain, seq, at, kind, by, hash, body from ledger_record
where %(only)s::text[] is null or chain = any(%(only)s) order by chain collate "C", seq
"""


def _stored(row: tuple[Any, ...]) -> StoredRecord:
    chain, seq, at, kind, by, hash_of_body, body = row
    return StoredRecord(chain=chain, seq=seq, at=at, kind=kind, by=by, hash=hash_of_body, body=body)


def _read(payload: bytes) -> Checkpoint:
    content = json.loads(payload)
    if content["v"] != 1:
        raise ValueError(f"version {content['v']}")
    return Checkpoint(
        number=int(content["number"]),
        at=str(content["at"]),
        heads={chain: Head(seq=int(seq), hash=str(of_last)) for chain, (seq, of_last) in content["heads"].items()},
        digest=digest_bytes(payload),
        previous=str(content["previous"]),
        custody=str(content["custody"]),
    )


def _library_key(public_key: str) -> Any:
    from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]  # named in its __init__, not in __all__

    return SSlibKey(public_key, "ed25519", "ed25519", {"public": public_key})


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint-*.json"), key=_number)


def _number(file: Path) -> int:
    digits = file.stem.removeprefix("checkpoint-")
    if not digits.isdecimal():
        raise CheckpointInvalid(
            f"{file} is not named like a checkpoint. Expected e.g. checkpoint-000001.json; move it."
        )
    return int(digits)


def _load(file: Path) -> dict[str, Any]:
    try:
        envelope = json.loads(file.read_text())
    except (OSError, ValueError) as problem:
        raise CheckpointInvalid(
            f"{file} cannot be read ({type(problem).__name__}: {problem}). Use the copy that was held elsewhere."
        ) from problem
    if not isinstance(envelope, dict):
        raise CheckpointInvalid(f"{file} holds no JSON object. Use the copy that was held elsewhere.")
    return envelope


def _payload_bytes(envelope: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(envelope["payload"])
    except (KeyError, TypeError, ValueError) as problem:
        raise CheckpointInvalid(
            "The last checkpoint in the folder is no DSSE envelope. Replace it by the copy that was held elsewhere."
        ) from problem


def _save(file: Path, envelope: Mapping[str, Any]) -> None:
    write_whole(file, json.dumps(envelope, indent=1, sort_keys=True) + "\n", mode=0o666)
