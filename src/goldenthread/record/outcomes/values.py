"""Keeping values: every version of each, sealed by case, and what of them was known on a day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.promise.errors import CaseErased, ContentMissing
from goldenthread.record.ledger import Ledger, Sealed, Transaction, Vault, unsealed
from goldenthread.record.outcomes.rows import Row

_LATEST = """
select distinct on (case_ref, arm) case_ref, arm, digest from outcome_value
where slice = %s and metric = %s order by case_ref, arm, seq desc
"""
_KNOWN = """
select v.case_ref, v.arm, v.seq, v.known_at, v.digest, c.sealed from (
    select distinct on (case_ref, arm) * from outcome_value
    where slice = %s and metric = %s and known_at <= %s and seq <= %s order by case_ref, arm, seq desc
) v left join ledger_content c on c.digest = v.digest order by v.case_ref, v.arm
"""
_INSERT = """
insert into outcome_value (slice, metric, case_ref, arm, seq, known_at, digest)
select %s, %s, new.case_ref, new.arm, %s, %s, new.digest
from unnest(%s::text[], %s::text[], %s::text[]) as new (case_ref, arm, digest)
"""
_NEWEST = 2**62


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What became of the rows of a reading; `erased` belong to cases that were erased, and are not kept."""

    new: int
    corrected: int
    same: int
    erased: int


@dataclass(frozen=True, kw_only=True)
class Known:
    """One value as known on a day: its pseudonym on record, since which record and instant, and under which digest."""

    case_ref: str
    seq: int
    since: datetime
    digest: str
    row: Row


@dataclass(frozen=True, kw_only=True)
class SealedRow:
    """A row, and its content as it is kept."""

    case_ref: str
    row: Row
    sealed: Sealed

    @property
    def place(self) -> tuple[str, str]:
        """Whose value it is."""
        return self.case_ref, self.row.arm


@dataclass(frozen=True, kw_only=True)
class SealedRows:
    """Rows sealed before the chain was held, and how many are of cases that were erased."""

    rows: tuple[SealedRow, ...]
    erased: int


def seal_rows(vault: Vault, slice_name: str, metric: str, rows: Iterable[Row]) -> SealedRows:
    """Seal rows by their cases; a period is sealed like a case of its own, which nobody can name."""
    sealed, erased = [], 0
    for row in rows:
        name = row.key if row.of_case else f"outcome:{metric}:{row.key}"
        ref = vault.ref(slice_name, name) if row.of_case else vault.ref(f"{slice_name}:outcome", name)
        try:
            sealed.append(SealedRow(case_ref=ref, row=row, sealed=vault.seal(ref, row.record())))
        except CaseErased:
            erased += 1
    return SealedRows(rows=tuple(sealed), erased=erased)


def keep_rows(tx: Transaction, slice_name: str, metric: str, found: SealedRows, *, seq: int, at: datetime) -> Kept:
    """Keep what is new or corrected, as known since `at` by record `seq`; what is the same again is not kept twice."""
    tx.send_changes()
    rows = tx.connection.execute(_LATEST, (slice_name, metric)).fetchall()
    latest: Mapping[tuple[str, str], str] = {(ref, arm): digest for ref, arm, digest in rows}
    changed = [one for one in found.rows if latest.get(one.place) != one.sealed.digest]
    for one in changed:
        tx.put(one.sealed)
    columns = (
        [one.case_ref for one in changed],
        [one.row.arm for one in changed],
        [one.sealed.digest for one in changed],
    )
    tx.change(_INSERT, slice_name, metric, seq, at, *columns)
    corrected = sum(one.place in latest for one in changed)
    return Kept(
        new=len(changed) - corrected, corrected=corrected, same=len(found.rows) - len(changed), erased=found.erased
    )


def known_rows(
    ledger: Ledger, slice_name: str, metric: str, *, as_of: datetime, through: int | None = None
) -> tuple[Known, ...]:
    """
    Every value of a metric as known at an instant (aware), in the order of pseudonyms; of erased cases, none.

    Args:
        ledger: Where.
        slice_name: The slice.
        metric: Of the outcome line.
        as_of: What was learned after it is left out.
        through: Likewise, what was learned after this record.
    """
    with ledger.store.session() as connection:
        parameters = (slice_name, metric, as_of, through if through is not None else _NEWEST)
        rows = connection.execute(_KNOWN, parameters, binary=True).fetchall()
    found = (_opened(ledger.vault, row) for row in rows)
    return tuple(one for one in found if one is not None)


def rows_digest(known: Iterable[Known]) -> str:
    """
    `sha256:...` over which version of which value: it freezes them.

    It is made of digests under the keys of cases, so that it tells nothing of them, and can be compared after erasure.
    """
    lines = sorted(f"{one.case_ref} {one.row.arm} {one.digest}\n" for one in known)
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def _opened(vault: Vault, row: tuple[Any, ...]) -> Known | None:
    case_ref, arm, seq, since, digest, sealed = row
    if sealed is None:
        return None
    try:
        content = unsealed(vault, Sealed(digest=digest, case_ref=case_ref, sealed=sealed))
    except (CaseErased, ContentMissing):
        return None
    assert isinstance(content, dict)
    row_of_case = Row.of_record(content, key=case_ref, arm=arm)
    return Known(case_ref=case_ref, seq=seq, since=since, digest=digest, row=row_of_case)


def with_rows(known: Iterable[Known], found: SealedRows, *, seq: int, at: datetime) -> tuple[Known, ...]:
    """What will be known once these rows are kept."""
    after = {(one.case_ref, one.row.arm): one for one in known}
    for one in found.rows:
        before = after.get(one.place)
        if before is None or before.digest != one.sealed.digest:
            digest = one.sealed.digest
            after[one.place] = Known(case_ref=one.case_ref, seq=seq, since=at, digest=digest, row=one.row)
    return tuple(after.values())
