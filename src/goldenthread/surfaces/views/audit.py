"""The record for those who check it: chains with their heads and checkpoints, records in words, and one in full."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from goldenthread.promise.errors import CheckpointInvalid
from goldenthread.record.ledger import ORGANISATION, Ledger, load_checkpoints, open_checkpoint
from goldenthread.record.ledger.verification import Checkpoint
from goldenthread.record.principals import Principals
from goldenthread.surfaces.views.content import concealment
from goldenthread.surfaces.views.record_words import record_words
from goldenthread.surfaces.views.rows import select

PAGE = 50
"""Records a page."""

FAR = 20_000
"""Records that one page looks through at most; the next goes on from there."""

TELLING = frozenset({"action", "arguments", "cited", "clause", "key", "reason"})
"""Fields that say what an agent proposed."""


@dataclass(frozen=True, kw_only=True)
class ChainView:
    """A chain and where it ends. `sealed`: up to which record the last checkpoint that counts saw it, 0 for none."""

    name: str
    seq: int
    hash: str
    sealed: int
    last_at: datetime | None

    @property
    def beyond(self) -> int:
        """Records after the last checkpoint: of them nobody can tell whether they were changed since."""
        return max(0, self.seq - self.sealed)


@dataclass(frozen=True, kw_only=True)
class CheckpointView:
    """A checkpoint file; `problem` why it does not count, '' where it does."""

    number: int
    at: str
    chains: int
    custody: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class RecordRow:
    """A record in a list."""

    chain: str
    seq: int
    at: datetime
    kind: str
    by: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What is looked for in a chain; None and '' for anything."""

    chain: str
    kind: str = ""
    by: str = ""
    until: date | None = None
    below: int | None = None  # only records with a smaller number


@dataclass(frozen=True, kw_only=True)
class RecordList:
    """
    Records of a chain, the latest first.

    Attributes:
        after: Cursor of the next page; None where there is none.
        looked: How many records were looked through, where that was not enough to fill the page; else 0.
    """

    sought: Sought
    records: tuple[RecordRow, ...]
    after: int | None
    looked: int


def chain_views(ledger: Ledger, chains: Collection[str], checkpoints: Iterable[Checkpoint]) -> tuple[ChainView, ...]:
    """Some chains with their heads, the organisation's first."""
    heads = ledger.heads()
    last = max(checkpoints, key=lambda one: one.number, default=None)
    rows = select(
        ledger,
        "select h.chain, r.at from ledger_head h join ledger_record r on r.chain = h.chain and r.seq = h.seq"
        " where h.chain = any(%s)",
        sorted(chains),
    )
    ends = {row["chain"]: row["at"] for row in rows}
    named = sorted((name for name in heads if name in chains), key=lambda name: (name != ORGANISATION, name))
    return tuple(
        ChainView(
            name=name,
            seq=heads[name].seq,
            hash=heads[name].hash,
            sealed=last.heads[name].seq if last is not None and name in last.heads else 0,
            last_at=ends.get(name),
        )
        for name in named
    )


def checkpoint_views(
    folder: Path | None, principals: Principals
) -> tuple[tuple[Checkpoint, ...], tuple[CheckpointView, ...], str]:
    """The checkpoints of a home that a sealer signed; all of them as a page shows them; and why there is none."""
    if folder is None:
        return (), (), "This console was not told where checkpoints are."
    try:
        envelopes = load_checkpoints(folder)
    except CheckpointInvalid as problem:
        return (), (), problem.message
    keys = tuple(principals.keys_held("sealer"))
    counted, shown = [], []
    for number, envelope in enumerate(envelopes, start=1):
        try:
            one = open_checkpoint(envelope, keys)
        except CheckpointInvalid as problem:
            shown.append(CheckpointView(number=number, at="", chains=0, custody="", problem=problem.message))
            continue
        counted.append(one)
        shown.append(
            CheckpointView(number=one.number, at=one.at, chains=len(one.heads), custody=one.custody, problem="")
        )
    return tuple(counted), tuple(reversed(shown)), ""


def records(ledger: Ledger, sought: Sought) -> RecordList:
    """A page of a chain's records, the latest first; a fixed number of queries, and FAR rows at most."""
    top = min(filter(None, (sought.below, _until(ledger, sought))), default=2**62)
    kinds = sought.kind or None
    by = sought.by or None
    far = FAR if by is not None else PAGE + 1  # without an author to look for, the first are those that are shown
    rows = select(ledger, _RECORDS, sought.chain, top, kinds, kinds, far, far, by, by, PAGE + 1)
    shown = rows[:PAGE]
    lowest = rows[0]["lowest"] if rows else _lowest(ledger, sought.chain, top, kinds)
    more = len(rows) > PAGE
    after = shown[-1]["seq"] if more else lowest
    return RecordList(
        sought=sought,
        records=tuple(_rows(ledger, sought.chain, shown)),
        after=after,
        looked=0 if more or lowest is None else FAR,
    )


_RECORDS = """
with near as (
    select seq, at, kind, by, body from ledger_record
    where chain = %s and seq < %s and (%s::text is null or kind = %s) order by seq desc limit %s
), last as (select case when count(*) = %s then min(seq) end as lowest from near)
select near.*, last.lowest from near, last
where (%s::text is null or by = %s) order by seq desc limit %s
"""
_LOWEST = """
select min(seq) as lowest, count(*) as looked from (
    select seq from ledger_record where chain = %s and seq < %s and (%s::text is null or kind = %s)
    order by seq desc limit %s
) near
"""
# The instant of a record only grows along its chain, so the last one before a day is found by halving.
_LAST_BEFORE = """
with recursive half (low, high) as (
    select 0::bigint, seq from ledger_head where chain = %(chain)s
    union all
    select case when r.at < %(end)s then r.seq else low end, case when r.at < %(end)s then high else r.seq - 1 end
    from half join ledger_record r on r.chain = %(chain)s and r.seq = (low + high + 1) / 2 where low < high
)
select low from half order by high - low limit 1
"""


def _until(ledger: Ledger, sought: Sought) -> int | None:
    """One more than the number of the last record of a day, UTC, or before it."""
    if sought.until is None:
        return None
    end = datetime.combine(sought.until, datetime.min.time(), UTC) + timedelta(days=1)
    with ledger.store.session() as connection:
        row = connection.execute(_LAST_BEFORE, {"chain": sought.chain, "end": end}).fetchone()
    return int(row[0]) + 1 if row else 1


def _lowest(ledger: Ledger, chain: str, top: int, kind: str | None) -> int | None:
    """Where a page that found nothing left off; None where it came to the beginning."""
    row = select(ledger, _LOWEST, chain, top, kind, kind, FAR)[0]
    return row["lowest"] if row["looked"] == FAR else None


def _rows(ledger: Ledger, chain: str, rows: Iterable[Mapping[str, Any]]) -> Iterable[RecordRow]:
    read = [(row, parsed_body(row["body"]).get("data")) for row in rows]
    cases = {str(data["case"]) for _, data in read if isinstance(data, dict) and "case" in data}
    secret = concealment(ledger, chain, cases) if cases else None
    for row, data in read:
        known: Mapping[str, Any] = data if isinstance(data, dict) else {}
        why = secret.why(str(known["case"]), str(known.get("level", ""))) if secret and "case" in known else None
        shown = {name: why if why and name in TELLING else value for name, value in known.items()}
        yield RecordRow(
            chain=chain,
            seq=row["seq"],
            at=row["at"],
            kind=row["kind"],
            by=row["by"],
            words=record_words(row["kind"], shown),
        )


def parsed_body(body: bytes) -> dict[str, Any]:
    """What a record's bytes say; nothing where they are no record."""
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
