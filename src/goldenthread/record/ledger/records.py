"""A record, and the bytes that are hashed and stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from goldenthread.promise.values import Json, canonical

VERSION = 1
ORGANISATION = "organisation"


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """Where a chain ends: `seq` of its last record (0: none) and that record's hash ('' for none)."""

    seq: int
    hash: str


START = Head(seq=0, hash="")


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """
    One thing that happened.

    Shapes: `chain` is a slice or 'organisation'; `seq` counts from 1 in its chain; `at` is UTC; `prev` is the hash
    of the record before ('' for the first); `hash` is SHA-256 of `body`, 64 hex digits; `body` is the canonical JSON
    (RFC 8785) of all the others, and the truth of them.
    """

    chain: str
    seq: int
    at: datetime
    kind: str
    by: str
    data: Mapping[str, Any]
    prev: str
    hash: str
    body: bytes


def seal(
    chain: str,
    head: Head,
    *,
    at: datetime,
    kind: str,
    by: str,
    data: Mapping[str, Json],
    canonical_data: bytes | None = None,
) -> Record:
    """
    The record that follows `head` in its chain; `canonical_data` is `canonical(data)`, where that is known already.

    Raises:
        NotCanonical: JSON can't carry the data exactly.
    """
    seq = head.seq + 1
    # One level of canonical JSON written by hand, in the order of its keys: the data, which is most of it, is walked
    # once, and nothing is built around it.
    body = b'{"at":"%b","by":%b,"chain":%b,"data":%b,"kind":%b,"prev":"%b","seq":%d,"v":%d}' % (
        instant(at).encode(),
        _quoted(by),
        _quoted(chain),
        canonical_data or canonical(dict(data)),
        _quoted(kind),
        head.hash.encode(),
        seq,
        VERSION,
    )
    return Record(
        chain=chain,
        seq=seq,
        at=at if at.tzinfo is UTC else at.astimezone(UTC),
        kind=kind,
        by=by,
        data=data,
        prev=head.hash,
        hash=hashlib.sha256(body).hexdigest(),
        body=body,
    )


def from_body(body: bytes, hash_of_body: str) -> Record:
    """Read a stored record back. The hash is taken as stored: `verify` is what compares it."""
    content = _read(body)
    return Record(
        chain=content["chain"],
        seq=content["seq"],
        at=datetime.fromisoformat(content["at"]),
        kind=content["kind"],
        by=content["by"],
        data=content["data"],
        prev=content["prev"],
        hash=hash_of_body,
        body=body,
    )


def _read(body: bytes) -> dict[str, Any]:
    import msgspec  # takes a while to import

    try:
        return cast("dict[str, Any]", msgspec.json.decode(body))
    except msgspec.DecodeError:
        return cast("dict[str, Any]", json.loads(body))  # which says in its own words what is wrong, or is more lenient


def instant(at: datetime) -> str:
    """UTC with microseconds, always of one length: 2026-11-21T05:42:00.123456Z."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


@lru_cache(maxsize=4096)
def _quoted(word: str) -> bytes:
    """Names of chains, kinds and authors as canonical JSON: few, and in every record."""
    return canonical(word)
