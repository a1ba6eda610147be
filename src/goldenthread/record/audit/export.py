"""Write the ledger's rows, keys, signatures and checkpoints into a folder or a zip file, with their verifier."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from goldenthread.promise.errors import ExportRefused
from goldenthread.record.ledger import ORGANISATION, Head, Ledger, Snapshot, StoredRecord, snapshot
from goldenthread.record.ledger.records import instant
from goldenthread.record.principals import Principals

FORMAT = 1
_HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written: where, how many records of how many chains, and the SHA-256 of the manifest in hex."""

    path: Path
    records: int
    chains: int
    manifest: str


def verifier_source() -> str:
    """The stand-alone verifier, as it goes into every export."""
    return (_HERE / "verifier.py").read_text(encoding="utf-8")


def export(
    source: Ledger | Snapshot,
    principals: Principals,
    checkpoints: Iterable[Mapping[str, Any]],
    destination: Path,
    *,
    made_at: datetime,
    only: Collection[str] | None = None,
) -> Exported:
    """
    Export the whole record, or some chains of it, so that somebody else can check it.

    Rows are written as they lie in the database, also those that would not verify: to find them is the auditor's.

    Args:
        source: A ledger, read as of one moment, or rows from elsewhere.
        principals: Who may do what, folded from the same ledger.
        checkpoints: DSSE envelopes, in their order.
        destination: A new folder, or a new file that ends in `.zip`.
        made_at: Now, aware.
        only: Slices; None: all. The organisation's chain comes with them, since rights are judged by it, and the
            manifest names what was left out.

    Raises:
        ExportRefused: The destination exists and holds something.
    """
    _refuse_occupied(destination)
    chains = None if only is None else frozenset((*only, ORGANISATION))
    if destination.suffix != ".zip":
        return _write(source, principals, list(checkpoints), destination, made_at, chains)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".export-") as draft:
        written = _write(source, principals, list(checkpoints), Path(draft) / destination.stem, made_at, chains)
        _zip(written.path, destination)
    return Exported(path=destination, records=written.records, chains=written.chains, manifest=written.manifest)


def _refuse_occupied(destination: Path) -> None:
    empty_folder = destination.is_dir() and not any(destination.iterdir()) and destination.suffix != ".zip"
    if destination.exists() and not empty_folder:
        raise ExportRefused(
            f"{destination} is there already, and an export never mixes with other files. "
            "Name a new folder or .zip file."
        )


def _write(
    source: Ledger | Snapshot,
    principals: Principals,
    checkpoints: Sequence[Mapping[str, Any]],
    folder: Path,
    at: datetime,
    only: frozenset[str] | None,
) -> Exported:
    (folder / "records").mkdir(parents=True, exist_ok=True)
    (folder / "checkpoints").mkdir()
    left_out: Sequence[str] = ()
    if isinstance(source, Snapshot):
        counts, heads = _write_records(source, folder), source.heads
    else:
        with snapshot(source, only) as taken:
            counts, heads = _write_records(taken, folder), taken.heads
        left_out = _left_out(source, checkpoints, only)
    _write_json(folder / "keys.json", _keys(principals))
    for number, envelope in enumerate(checkpoints, start=1):
        _write_json(folder / "checkpoints" / f"{number:06}.json", envelope)
    shutil.copyfile(_HERE / "verifier.py", folder / "verify.py")
    shutil.copyfile(_HERE / "README.export.txt", folder / "README.txt")
    manifest = _manifest(folder, counts, heads, principals, at)
    if left_out:
        manifest["left_out"] = left_out
    _write_json(folder / "manifest.json", manifest)
    return Exported(
        path=folder, records=sum(counts.values()), chains=len(counts), manifest=_sha256(folder / "manifest.json")
    )


def _left_out(ledger: Ledger, checkpoints: Sequence[Mapping[str, Any]], only: frozenset[str] | None) -> list[str]:
    """The chains that were not asked for, those that only a checkpoint still knows included."""
    if only is None:
        return []
    known = set(ledger.chains())
    for envelope in checkpoints:
        try:
            known |= set(json.loads(base64.b64decode(envelope["payload"]))["heads"])
        except (ValueError, KeyError, TypeError):
            continue  # what is no checkpoint is for the verifier to name
    return sorted(known - only)


def _manifest(
    folder: Path, counts: Mapping[str, int], heads: Mapping[str, Head] | None, principals: Principals, at: datetime
) -> dict[str, Any]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {
        "format": FORMAT,
        "made_at": at.isoformat(),
        "organisation": principals.organisation,
        "demo": principals.demo,
        "chains": [_chain_file(chain) for chain in counts],
        "heads": {chain: [head.seq, head.hash] for chain, head in (heads or {}).items()},
        "files": {file.relative_to(folder).as_posix(): _sha256(file) for file in files},
    }


def _write_records(taken: Snapshot, folder: Path) -> dict[str, int]:
    """The rows, one file a chain, and the envelopes they carry; how many rows each chain has."""
    counts: dict[str, int] = {}
    with (folder / "signatures.jsonl").open("w", encoding="utf-8") as signatures:
        for chain, rows in groupby(taken.rows, key=lambda row: row.chain):
            with (folder / _chain_file(chain)).open("w", encoding="utf-8") as records:
                counts[chain] = sum(_write_row(row, records, signatures) for row in rows)
    return counts


def _write_row(row: StoredRecord, records: TextIO, signatures: TextIO) -> int:
    columns = {"chain": row.chain, "seq": row.seq, "at": instant(row.at), "kind": row.kind, "by": row.by}
    _write_line(records, {**columns, "hash": row.hash, "body": base64.b64encode(row.body).decode()})
    for signature in _signatures(row):
        _write_line(signatures, signature)
    return 1


def _signatures(row: StoredRecord) -> Iterator[dict[str, Any]]:
    """The envelope in a row's bytes, if there is one; rows need not make sense."""
    try:
        said = json.loads(row.body)
        yield {key: said[key] for key in ("chain", "seq", "kind", "by")} | {"envelope": said["data"]["envelope"]}
    except (ValueError, KeyError, TypeError):
        return


def _keys(principals: Principals) -> dict[str, list[str]]:
    """Every key that each principal ever had, in the order of grants."""
    versions = principals.history.versions
    return {name: list(dict.fromkeys(version.public_key for version in versions[name])) for name in versions}


def _chain_file(chain: str) -> str:
    return f"records/{quote(chain, safe='')}.jsonl"


def _write_line(stream: TextIO, value: Mapping[str, Any]) -> None:
    stream.write(json.dumps(value, separators=(",", ":")) + "\n")


def _write_json(file: Path, value: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _zip(folder: Path, destination: Path) -> None:
    """Pack the folder under its own name; never over a file that appeared meanwhile."""
    with zipfile.ZipFile(destination, "x", compression=zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, Path(folder.name) / file.relative_to(folder))
