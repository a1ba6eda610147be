"""All versions of a slice's contract: who signed when, what changed in words, what had to be proved anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from goldenthread.control.autonomy import Standing, Version
from goldenthread.control.guard import Desk
from goldenthread.promise.contract import difference, loosened_gates
from goldenthread.promise.values import LADDER, Level
from goldenthread.record.ledger import Record
from goldenthread.surfaces.views.changes import ChangeView, change_view
from goldenthread.surfaces.views.contracts import Missing, Signature
from goldenthread.surfaces.views.rows import place

_COMMIT, _SIGN, _MOVE = "contract:version:commit", "contract:version:sign", "level:change"


@dataclass(frozen=True, kw_only=True)
class WordedChange:
    """One thing that a version changed. `direction`: 'loosens', 'tightens', 'changes', 'adds' or 'removes'."""

    direction: str
    path: str
    words: str


@dataclass(frozen=True, kw_only=True)
class VersionView:
    """
    One version.

    Attributes:
        by: Who put it on record, at `at`.
        state: 'in force', 'replaced', 'prototype' or 'unsigned'.
        in_force: From when on it was; None where it never was.
        until: When a newer version took its place.
        compared: With which version `changes` compare it; None for the first.
        afresh: Levels whose evidence began anew with it.
        moves: How the level of an agent moved while it was in force, oldest first.
    """

    version: int
    digest: str
    place: str
    by: str
    at: datetime
    state: str
    in_force: datetime | None
    until: datetime | None
    signatures: tuple[Signature, ...]
    missing: tuple[Missing, ...]
    refused: tuple[str, ...]
    compared: int | None
    changes: tuple[WordedChange, ...]
    afresh: tuple[Level, ...]
    moves: tuple[ChangeView, ...]
    text: str


@dataclass(frozen=True, kw_only=True)
class HistoryView:
    """Every version that was ever on record, the newest first."""

    slice: str
    versions: tuple[VersionView, ...]


def contract_history(desk: Desk) -> HistoryView:
    """Every version of a slice's contract: one read of the rare kinds of record."""
    standing = desk.standing()
    records = list(desk.ledger.read(desk.slice, kinds=(_COMMIT, _SIGN, _MOVE)))
    ordered = [standing.versions[number] for number in sorted(standing.versions)]
    terms = _terms(ordered, records)
    found = [_version(standing, one, ordered[at - 1] if at else None, records, terms) for at, one in enumerate(ordered)]
    return HistoryView(slice=desk.slice, versions=tuple(reversed(found)))


@dataclass(frozen=True, kw_only=True)
class _Term:
    """From which record on a version was in force, and until which; None where it is still."""

    begins: Record
    ends: Record | None


def _terms(versions: Sequence[Version], records: Sequence[Record]) -> dict[int, _Term]:
    """By version: a newer one that came into force ended its term; an older one that came later never had any."""
    by_seq = {record.seq: record for record in records}
    signed = sorted((one for one in versions if one.signed_seq is not None), key=lambda one: one.signed_seq or 0)
    reigned: list[Version] = []
    for one in signed:
        if not reigned or one.contract.version > reigned[-1].contract.version:
            reigned.append(one)
    ends: list[Record | None] = [by_seq[one.signed_seq or 0] for one in reigned[1:]]
    return {
        one.contract.version: _Term(begins=by_seq[one.signed_seq or 0], ends=end)
        for one, end in zip(reigned, [*ends, None], strict=False)
    }


def _version(
    standing: Standing, one: Version, before: Version | None, records: Sequence[Record], terms: dict[int, _Term]
) -> VersionView:
    contract, term = one.contract, terms.get(one.contract.version)
    committed = next(record for record in records if record.seq == one.seq)
    afresh = loosened_gates(before.contract, contract) if before is not None else set()
    return VersionView(
        version=contract.version,
        digest=one.digest,
        place=place(standing.slice, one.seq),
        by=committed.by,
        at=committed.at,
        state=_state(standing, one),
        in_force=term.begins.at if term is not None else None,
        until=term.ends.at if term is not None and term.ends is not None else None,
        signatures=_signatures(one, records),
        missing=() if term is not None else tuple(Missing(by=by, role=role) for by, role in one.missing.items()),
        refused=tuple(f"{name}: {words}" for name, words in one.refused.items() if name not in one.signatures),
        compared=before.contract.version if before is not None else None,
        changes=_changes(before, one),
        afresh=tuple(level for level in LADDER if level in afresh),
        moves=_moves(term, records),
        text=contract.text,
    )


def _state(standing: Standing, one: Version) -> str:
    if one is standing.in_force:
        return "in force"
    if one.contract.is_prototype:
        return "prototype"
    return "replaced" if one.signed_seq is not None else "unsigned"


def _changes(before: Version | None, one: Version) -> tuple[WordedChange, ...]:
    if before is None:
        return ()
    return tuple(
        WordedChange(direction=change.direction, path=change.path, words=change.words)
        for change in difference(before.contract, one.contract)
    )


def _signatures(one: Version, records: Sequence[Record]) -> tuple[Signature, ...]:
    """The first signature of each signer that counts, in the order of the chain."""
    first: dict[str, Record] = {}
    for record in records:
        mine = record.kind == _SIGN and record.data["version"] == one.contract.version
        if mine and one.signatures.get(record.by) == record.data["role"]:
            first.setdefault(record.by, record)
    return tuple(
        Signature(by=by, role=str(record.data["role"]), at=record.at, place=place(record.chain, record.seq))
        for by, record in first.items()
    )


def _moves(term: _Term | None, records: Sequence[Record]) -> tuple[ChangeView, ...]:
    if term is None:
        return ()
    last = term.ends.seq if term.ends is not None else float("inf")
    return tuple(
        change_view(record) for record in records if record.kind == _MOVE and term.begins.seq < record.seq < last
    )
