"""Imports: a file stored under the home, then the one record that makes it count; and the way back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from goldenthread.promise.errors import CaseErased, RunsConflict, ValueProblem
from goldenthread.promise.values import Json
from goldenthread.record.ledger import ORGANISATION, Ledger, Record, Transaction
from goldenthread.record.principals import load_principals
from goldenthread.record.runs.model import RecordedAgent, RunSet
from goldenthread.record.runs.sealing import open_run, seal_run
from goldenthread.record.runs.storage import load, store
from goldenthread.record.store import Home

Sign = Callable[[str, str, Json], Mapping[str, Any]]
"""(principal, payload type, payload) -> DSSE envelope."""

IMPORT = "runs:import"
IMPORT_TYPE = "application/vnd.goldenthread.runs+json"
MAY_IMPORT = ("administrator", "owner", "expert", "data-owner")
_SLICE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What became of an import: its record, and whether it is new (False: the same file was imported before)."""

    record: Record
    new: bool


def import_runs(ledger: Ledger, home: Home, run_set: RunSet, *, by: str, sign: Sign) -> Imported:
    """
    Put a set of runs on record, signed by whoever vouches for its labels. The same file again changes nothing.

    The file is on disk before the record stands, so a crash leaves a file that nothing names, never half an import.

    Raises:
        NotPermitted, PrincipalUnknown, NotInitialised: `by` holds none of `MAY_IMPORT` in the slice.
        ValueProblem: The set has no slice, or one that cannot be.
        RunsConflict: One of its runs is on record from another import, or the file under another agent's name.
        CaseErased: One of its cases was erased.
        KeyMissing, KeyLocked, SignatureInvalid: `by` cannot sign here.
        RunsDamaged: An earlier import of the slice is not what it was.
    """
    _require_slice(run_set.slice)
    principals = load_principals(ledger)
    principals.require_role(by, MAY_IMPORT, run_set.slice)
    earlier = list(ledger.read(run_set.slice, kinds=[IMPORT]))
    while True:
        same = next((record for record in earlier if record.data["source"] == run_set.digest), None)
        if same is not None:
            _require_same_agent(run_set, same)
            return Imported(record=same, new=False)
        lines = list(_sealed(ledger, run_set))
        _refuse_known(home, run_set, lines, earlier)
        said = _said(run_set, lines, store(home, lines))
        envelope = dict(sign(by, IMPORT_TYPE, said))
        principals.require_signed(by, envelope, IMPORT_TYPE, said)
        with ledger.transaction(run_set.slice) as tx:
            missed = tx.read(run_set.slice, after=earlier[-1].seq if earlier else 0, kinds=[IMPORT])
            if not missed:
                return Imported(record=tx.append(run_set.slice, IMPORT, by, {**said, "envelope": envelope}), new=True)
        earlier += missed  # Somebody else imported meanwhile: compare again.


def imported_runs(ledger: Ledger, home: Home, slice: str) -> list[RunSet]:
    """
    Every set of runs that was imported to a slice, in the order of its records.

    Raises:
        RunsDamaged: A stored file is missing or not what was imported.
        ContentMissing: The key of a case is gone without an erasure.
    """
    return [open_import(ledger, home, record) for record in ledger.read(slice, kinds=[IMPORT])]


def open_import(ledger: Ledger, home: Home, record: Record) -> RunSet:
    """The set of runs that one `runs:import` record names; errors as `imported_runs`."""
    said = record.data
    agent = RecordedAgent(
        name=said["agent"]["name"], manifest=said["agent"]["manifest"], stated=said["agent"]["stated"]
    )
    return RunSet(
        format=said["format"],
        label=said["label"],
        slice=record.chain,
        agent=agent,
        digest=said["source"],
        runs=tuple(open_run(ledger.vault, line, agent) for line in load(home, said["stored"])),
        notes=tuple(said["notes"]),
    )


def holds_imported(tx: Transaction, slice: str, case_ref: str) -> bool:
    """Whether any import of the slice has runs of the case of that pseudonym."""
    return any(case_ref in record.data["cases"] for record in tx.read(slice, 0, [IMPORT]))


def _require_slice(slice: str) -> None:
    if slice == ORGANISATION or not _SLICE.fullmatch(slice) or len(slice) > 63:
        what = f"'{slice}' is no slice's name" if slice else "Neither the file nor you named the slice of these runs"
        raise ValueProblem(f"{what}; write small letters and hyphens, e.g. `--slice airline-service`.")


def _require_same_agent(run_set: RunSet, record: Record) -> None:
    before = record.data["agent"]["name"]
    if run_set.agent.stated and run_set.agent.name != before:
        raise RunsConflict(
            f"This file was imported before as the runs of '{before}' (record {record.chain}#{record.seq}) and cannot "
            f"become those of '{run_set.agent.name}'. Use `--agent {before}`, or another file."
        )


def _sealed(ledger: Ledger, run_set: RunSet) -> Iterator[dict[str, Json]]:
    for run in run_set.runs:
        try:
            yield seal_run(ledger.vault, run_set.slice, run)
        except CaseErased as problem:
            raise CaseErased(
                f"Case '{run.case}' of '{run_set.slice}' was erased on request and takes nothing more; nothing was "
                f"imported. Leave its runs out of {run_set.label}, or name the case anew there."
            ) from problem


def _refuse_known(home: Home, run_set: RunSet, lines: list[dict[str, Json]], earlier: list[Record]) -> None:
    """No run counts twice, whichever file brings it again."""
    runs = {line["digest"]: run for line, run in zip(lines, run_set.runs, strict=True)}
    for record in earlier:
        for line in load(home, record.data["stored"]):
            again = runs.get(line["digest"])
            if again is not None:
                raise RunsConflict(
                    f"Task {again.case}, trial {again.trial} of {run_set.label} is on record already, from "
                    f"'{record.data['label']}' (record {record.chain}#{record.seq}); nothing was imported. "
                    "Leave the runs that are on record out of the file."
                )


def _said(run_set: RunSet, lines: list[dict[str, Json]], stored: str) -> dict[str, Json]:
    """What the record says and `by` signs; cases by their pseudonyms."""
    return {
        "slice": run_set.slice,
        "format": run_set.format,
        "label": run_set.label,
        "source": run_set.digest,
        "stored": stored,
        "agent": {
            "name": run_set.agent.name,
            "manifest": dict(run_set.agent.manifest),
            "stated": run_set.agent.stated,
        },
        "runs": len(lines),
        "faults": sum(run.status == "fault" for run in run_set.runs),
        "cases": list(dict.fromkeys(line["case"] for line in lines)),
        "notes": list(run_set.notes),
    }
