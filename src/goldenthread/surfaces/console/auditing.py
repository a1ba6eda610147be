"""The jobs of an audit: verify the record, replay a slice, export for somebody who trusts nobody here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from goldenthread.promise.errors import ExportRefused
from goldenthread.record.audit import export
from goldenthread.record.ledger import Ledger, StoredRecord, load_checkpoints, snapshot, verify
from goldenthread.record.principals import load_principals
from goldenthread.surfaces.console.jobs import Job
from goldenthread.surfaces.views.replayed import replayed

LARGEST_EXPORT = 200_000_000
"""Bytes of an export that a browser may fetch; a larger one is written on the command line."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What verifying or replaying found: `wrong` in words, the first thing first; `said` whatever else there is."""

    ok: bool
    said: tuple[str, ...]
    wrong: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Made:
    """An export that can be fetched: its file, the folder in it, and the digest of its manifest."""

    file: Path
    name: str
    records: int
    chains: int
    size: int
    manifest: str


def verified(ledger: Ledger, folder: Path | None, chain: str | None, job: Job) -> Checked:
    """Check every record, link, head and checkpoint, of one chain or of all."""
    keys = list(load_principals(ledger).keys_held("sealer"))
    checkpoints = load_checkpoints(folder) if folder is not None else []
    only = None if chain is None else (chain,)
    with snapshot(ledger, only) as taken:
        found = verify(replace(taken, rows=_ticking(taken.rows, job)), checkpoints, keys, only=only)
    said = [f"{found.records:,} records and {found.checkpoints:,} checkpoints were read."]
    if found.checkpoints:
        said.append("The checkpoints are those that lie in this home; hold copies where its keeper cannot reach them.")
    wrong = tuple(finding.words for finding in found.findings)
    return Checked(ok=found.ok, said=(*said, found.beyond_reach), wrong=wrong)


def replay(ledger: Ledger, slice_name: str, job: Job) -> Checked:
    """Derive every verdict and level of a slice again, with the code that is installed now."""
    found = replayed(ledger, slice_name, job.tick)
    derived = f"{found.verdicts - found.gone:,} verdicts and {found.levels:,} changes of level were derived again."
    said = [f"{found.records:,} records were read; {derived}"]
    if found.gone:
        said.append(f"{found.gone:,} verdicts rest on content that was erased, and could not be.")
    wrong = tuple(f"{one.slice}#{one.seq} ({one.kind}): {one.words}" for one in found.mismatches)
    return Checked(ok=found.ok, said=tuple(said), wrong=wrong)


def exported(ledger: Ledger, folder: Path | None, slice_name: str | None, job: Job) -> Made:
    """
    A zip file with the records of a slice, or of all, and the verifier that needs nothing of ours.

    Raises:
        ExportRefused: It is larger than a browser should fetch.
    """
    name = f"goldenthread-{slice_name or 'everything'}"
    file = job.place(f"{name}.zip")
    checkpoints = load_checkpoints(folder) if folder is not None else []
    only: Collection[str] | None = None if slice_name is None else (slice_name,)
    made = export(ledger, load_principals(ledger), checkpoints, file, made_at=ledger.clock(), only=only)
    size = file.stat().st_size
    if size > LARGEST_EXPORT:
        file.unlink()
        raise ExportRefused(
            f"The export has {size:,} bytes, and a page hands out {LARGEST_EXPORT:,} at most. "
            "Run `goldenthread audit export` where the home is."
        )
    return Made(file=file, name=name, records=made.records, chains=made.chains, size=size, manifest=made.manifest)


def _ticking(rows: Iterable[StoredRecord], job: Job) -> Iterator[StoredRecord]:
    for number, row in enumerate(rows, start=1):
        if number % 1_000 == 0:
            job.tick(number)
        yield row
