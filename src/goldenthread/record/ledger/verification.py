"""
Is what is stored what was written? Pure: over rows, heads and checkpoints that are given.

What the chain alone proves: no record was altered, dropped, inserted or moved without everything after it being
rehashed. What only a checkpoint held elsewhere proves: that nobody rehashed, cut the tail or restored an old backup.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, Literal

from goldenthread.record.ledger.records import VERSION, Head

FindingKind = Literal["altered", "moved", "unlinked", "missing", "head", "cut", "rewritten", "checkpoint"]

_MOST_FINDINGS_A_CHAIN = 20
_FIELDS = {"v", "chain", "seq", "at", "kind", "by", "data", "prev"}


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRecord:
    """A row of the ledger as it lies in the database, not yet believed."""

    chain: str
    seq: int
    at: datetime
    kind: str
    by: str
    hash: str
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """
    What a signed checkpoint says, its signature checked.

    Shapes: `number` counts from 1; `heads` by chain; `digest` of its own signed bytes, `previous` that of the
    checkpoint before ('' for none); `custody` says what kept the agent's process from the signing key.
    """

    number: int
    at: str
    heads: Mapping[str, Head]
    digest: str
    previous: str
    custody: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """
    Something that is not as it was written.

    Shapes: records `first` to `last` of `chain` (0 to 0 and '' where it concerns no record); `between` names the
    checkpoints around an interval, 0 for the ledger's beginning.
    """

    kind: FindingKind
    chain: str
    first: int
    last: int
    words: str
    between: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """
    The result: `findings` in order of chain and record, at most twenty a chain; `beyond_reach` says in words what
    could have been changed without being seen here.
    """

    findings: tuple[Finding, ...]
    records: int
    checkpoints: int
    beyond_reach: str

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def first(self) -> Finding | None:
        """The first finding, which names the first bad record or interval."""
        return self.findings[0] if self.findings else None


def verify_rows(
    rows: Iterable[StoredRecord],
    heads: Mapping[str, Head] | None,
    checkpoints: Sequence[Checkpoint],
) -> Verification:
    """
    Verify all chains.

    Args:
        rows: In order of chain, then seq.
        heads: What the head table says; None where there is none (an export).
        checkpoints: Their signatures checked before.
    """
    ordered = sorted(checkpoints, key=lambda checkpoint: checkpoint.number)
    findings = list(_succession(ordered))
    tails: dict[str, int] = {}
    count = 0
    for chain, of_chain in groupby(rows, key=lambda row: row.chain):
        reading = _Reading(chain, _anchors(chain, ordered))
        for row in of_chain:
            reading.take(row)
            count += 1
        findings += reading.finish(heads)
        tails[chain] = reading.seq
    for chain in sorted(_known_chains(heads, ordered) - set(tails)):
        findings += _Reading(chain, _anchors(chain, ordered)).finish(heads)
    findings.sort(key=lambda finding: (finding.chain, finding.first, finding.last))
    return Verification(
        findings=tuple(findings),
        records=count,
        checkpoints=len(ordered),
        beyond_reach=_beyond_reach(tails, ordered),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Anchor:
    """What one checkpoint says of one chain."""

    checkpoint: Checkpoint
    head: Head


class _Reading:
    """One chain, read from its beginning."""

    def __init__(self, chain: str, anchors: Sequence[_Anchor]) -> None:
        self.seq = 0
        self._chain = chain
        self._anchors = anchors
        self._hash = ""
        self._known = True  # Whether the record before is there, so that a link can be checked.
        self._break: tuple[int, int] | None = None  # A link that does not hold, until the next record is seen.
        self._found: dict[int, Finding] = {}
        self._hash_at: dict[int, str] = {}
        self._anchored = {anchor.head.seq for anchor in anchors}

    def take(self, row: StoredRecord) -> None:
        if row.seq != self.seq + 1:
            self._note_gap(row.seq)
        actual = hashlib.sha256(row.body).hexdigest()
        content = _parse(row.body)
        self._check_itself(row, actual, content)
        self._check_link(row.seq, content)
        self.seq, self._hash, self._known = row.seq, actual, True
        if row.seq in self._anchored:
            self._hash_at[row.seq] = actual

    def finish(self, heads: Mapping[str, Head] | None) -> list[Finding]:
        self._settle_break(broken_again=False)
        if heads is not None:
            self._check_head(heads.get(self._chain))
        findings = list(self._found.values())[:_MOST_FINDINGS_A_CHAIN]
        return [*findings, *self._against_checkpoints()]

    def _note(self, kind: FindingKind, first: int, words: str, *, last: int | None = None) -> None:
        name = f"{self._chain} {first}" if last is None or last == first else f"{self._chain} {first} to {last}"
        finding = Finding(
            kind=kind,
            chain=self._chain,
            first=first,
            last=last if last is not None else first,
            words=f"{name}: {words}",
        )
        self._found.setdefault(first, finding)

    def _note_gap(self, seq: int) -> None:
        if seq <= self.seq:
            self._note("moved", seq, "it is there twice, or out of order.")
        else:
            self._note("missing", self.seq + 1, f"dropped; the next one there is {seq}.", last=seq - 1)
        self._settle_break(broken_again=False)
        self._known = False

    def _check_itself(self, row: StoredRecord, actual: str, content: dict[str, Any] | None) -> None:
        if content is None:
            self._note("altered", row.seq, "its bytes are no record.")
        elif actual != row.hash:
            self._note("altered", row.seq, "its bytes do not have the hash that is stored with them.")
        elif (content["chain"], content["seq"]) != (row.chain, row.seq):
            self._note("moved", row.seq, f"its bytes say that it is {content['chain']} {content['seq']}.")
        else:
            for column in _wrong_columns(row, content):
                self._note("altered", row.seq, f"its column '{column}' says other than its bytes.")

    def _check_link(self, seq: int, content: dict[str, Any] | None) -> None:
        if content is None or not self._known:
            self._settle_break(broken_again=False)
            return
        broken = content["prev"] != self._hash
        consumed = self._settle_break(broken_again=broken)
        if broken and not consumed:
            self._break = (self.seq, _blamed_for_break(seq, content))

    def _settle_break(self, *, broken_again: bool) -> bool:
        """
        Say whose fault a broken link is, now that the next link is known; whether that one is explained too.

        Broken on both sides, the record between is the bad one. Broken once, the earlier record was changed and
        hashed anew, unless the later one says that records before it are gone.
        """
        if self._break is None:
            return False
        before, blamed = self._break
        self._break = None
        bad = before + 1 if broken_again else blamed
        how = f"it does not follow {before}, nor {before + 2} it" if broken_again else f"{before + 1} follows another"
        self._note("unlinked", max(bad, 1), f"it is not the record that was chained here; {how}.")
        return broken_again

    def _check_head(self, head: Head | None) -> None:
        if head is None:
            if self.seq:
                self._note("head", self.seq, "the head table does not know this chain.")
        elif head.seq > self.seq:
            self._note("missing", self.seq + 1, "cut off; the head table still counts them.", last=head.seq)
        elif head.seq < self.seq:
            self._note("head", head.seq + 1, "added past the head.", last=self.seq)
        elif head.hash != self._hash and self.seq not in self._found:
            self._note("head", self.seq, "the head table has another hash for it.")

    def _against_checkpoints(self) -> Iterator[Finding]:
        agreed, after = 0, 0
        for anchor in self._anchors:
            number, head = anchor.checkpoint.number, anchor.head
            if head.seq > self.seq:
                yield self._cut(anchor, (after, number))
                return
            if self._hash_at.get(head.seq) == head.hash:
                agreed, after = head.seq, number
            elif not any(agreed < seq <= head.seq for seq in self._found):
                yield self._rewritten(agreed + 1, anchor, (after, number))
                return

    def _cut(self, anchor: _Anchor, between: tuple[int, int]) -> Finding:
        first, last = self.seq + 1, anchor.head.seq
        words = (
            f"{self._chain} {first} to {last}: gone; checkpoint {anchor.checkpoint.number} of {anchor.checkpoint.at} "
            "saw them. The tail was cut, or an older backup restored."
        )
        return Finding(kind="cut", chain=self._chain, first=first, last=last, words=words, between=between)

    def _rewritten(self, first: int, anchor: _Anchor, between: tuple[int, int]) -> Finding:
        after, number = between
        since = f"after checkpoint {after}" if after else "since the beginning"
        words = (
            f"{self._chain} {first} to {anchor.head.seq}: something {since} and before checkpoint {number} of "
            f"{anchor.checkpoint.at} was changed and everything after it hashed anew."
        )
        return Finding(
            kind="rewritten", chain=self._chain, first=first, last=anchor.head.seq, words=words, between=between
        )


def _blamed_for_break(seq: int, content: dict[str, Any]) -> int:
    """Of the two records at a link that breaks once: the earlier, unless the later came from further down."""
    return seq if content["seq"] > seq else seq - 1


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    if not isinstance(content, dict) or set(content) != _FIELDS or content["v"] != VERSION:
        return None
    if type(content["seq"]) is not int:
        return None
    return content


def _wrong_columns(row: StoredRecord, content: dict[str, Any]) -> Iterator[str]:
    if content["kind"] != row.kind:
        yield "kind"
    if content["by"] != row.by:
        yield "by"
    try:
        at = datetime.fromisoformat(content["at"])
    except (ValueError, TypeError):
        at = None
    if at != row.at:
        yield "at"


def _anchors(chain: str, checkpoints: Sequence[Checkpoint]) -> list[_Anchor]:
    return [
        _Anchor(checkpoint=checkpoint, head=checkpoint.heads[chain])
        for checkpoint in checkpoints
        if chain in checkpoint.heads
    ]


def _known_chains(heads: Mapping[str, Head] | None, checkpoints: Sequence[Checkpoint]) -> set[str]:
    known = {chain for chain, head in (heads or {}).items() if head.seq}
    return known.union(*(checkpoint.heads for checkpoint in checkpoints))


def _succession(checkpoints: Sequence[Checkpoint]) -> Iterator[Finding]:
    """Checkpoints that contradict each other: a fork, or a ledger that shrank between two of them."""
    for earlier, later in pairwise(checkpoints):
        between = (earlier.number, later.number)
        if earlier.number == later.number:
            if earlier.digest != later.digest:
                yield _of_checkpoints(f"there are two different checkpoints {later.number}.", between)
            continue
        if later.number == earlier.number + 1 and later.previous != earlier.digest:
            yield _of_checkpoints(
                f"checkpoint {later.number} does not follow this checkpoint {earlier.number}.", between
            )
        for chain, head in earlier.heads.items():
            if chain not in later.heads or later.heads[chain].seq < head.seq:
                words = f"{chain} shrank between checkpoint {earlier.number} and checkpoint {later.number}."
                yield _of_checkpoints(words, between)


def _of_checkpoints(words: str, between: tuple[int, int] | None = None) -> Finding:
    return Finding(kind="checkpoint", chain="", first=0, last=0, words=f"checkpoints: {words}", between=between)


def _beyond_reach(tails: Mapping[str, int], checkpoints: Sequence[Checkpoint]) -> str:
    if not checkpoints:
        return (
            "No checkpoint was given. A change with everything after it hashed anew, a cut tail or a restored older "
            "backup cannot be seen without one that was held elsewhere."
        )
    last = checkpoints[-1]
    seen = {chain: last.heads[chain].seq if chain in last.heads else 0 for chain in tails}
    after = [f"{chain} {seen[chain] + 1} to {tail}" for chain, tail in sorted(tails.items()) if tail > seen[chain]]
    if not after:
        return (
            f"Checkpoint {last.number} of {last.at} covers every record there is. In what comes after it, a change "
            "with everything after it hashed anew, or a cut tail, cannot be seen until the next is held elsewhere."
        )
    return (
        f"After checkpoint {last.number} of {last.at} ({', '.join(after)}), a change with "
        "everything after it hashed anew, or a cut tail, cannot be seen. Take a checkpoint and hold it elsewhere."
    )
