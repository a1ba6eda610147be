"""One record of the ledger in full: what it means, how it is sealed, and whose signature it carries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.promise.errors import RecordUnknown, SignatureInvalid
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.principals import Principals, open_envelope
from goldenthread.surfaces.views.audit import TELLING, parsed_body
from goldenthread.surfaces.views.content import concealment
from goldenthread.surfaces.views.record_words import record_words
from goldenthread.surfaces.views.rows import select


@dataclass(frozen=True, kw_only=True)
class RecordView:
    """
    One record in full.

    Attributes:
        stated: The hash that is stored with it; `actual` that of its bytes.
        follows: Whether it names the hash of the record before it; None for the first.
        signed: Who signed, in words; '' where nobody had to.
        genuine: Whether that signature was made with a key that they held; None where there is none.
        hidden: Why part of it is not shown, '' where all is.
        links: Where what it is about stands, as (words, address).
    """

    chain: str
    seq: int
    at: datetime
    kind: str
    by: str
    words: str
    data: Mapping[str, Any]
    size: int
    stated: str
    actual: str
    prev: str
    follows: bool | None
    signed: str
    genuine: bool | None
    hidden: str
    previous: int | None
    next: int | None
    links: tuple[tuple[str, str], ...]

    @property
    def whole(self) -> bool:
        """Whether its bytes have the hash that is stored with them."""
        return self.stated == self.actual


def record_view(ledger: Ledger, principals: Principals, chain: str, seq: int) -> RecordView:
    """
    One record.

    Raises:
        RecordUnknown: The chain has none of that number.
    """
    rows = {row["seq"]: row for row in select(ledger, _BESIDE, chain, [seq - 1, seq, seq + 1])}
    row = rows.get(seq)
    if row is None:
        raise RecordUnknown(f"'{chain[:60]}' has no record {seq}. See the list of its records.")
    said = parsed_body(row["body"])
    data: Mapping[str, Any] = said["data"] if isinstance(said.get("data"), dict) else {}
    hidden = _hidden(ledger, chain, data) if TELLING & data.keys() else ""
    shown = {name: hidden if hidden and name in TELLING else value for name, value in data.items()}
    signed, genuine = _signature(principals, row, data)
    prev = str(said.get("prev", ""))
    return RecordView(
        chain=chain,
        seq=seq,
        at=row["at"],
        kind=row["kind"],
        by=row["by"],
        words=record_words(row["kind"], shown),
        data=shown,
        size=len(row["body"]),
        stated=row["hash"],
        actual=hashlib.sha256(row["body"]).hexdigest(),
        prev=prev,
        follows=rows[seq - 1]["hash"] == prev if seq - 1 in rows else None,
        signed=signed,
        genuine=genuine,
        hidden=hidden,
        previous=seq - 1 if seq - 1 in rows else None,
        next=seq + 1 if seq + 1 in rows else None,
        links=tuple(_links(chain, row["kind"], data)),
    )


_BESIDE = "select seq, at, kind, by, hash, body from ledger_record where chain = %s and seq = any(%s)"


def _hidden(ledger: Ledger, chain: str, data: Mapping[str, Any]) -> str:
    """Why nobody may see what was proposed in it, or ''."""
    if "case" not in data:
        return ""
    secret = concealment(ledger, chain, [str(data["case"])])
    return secret.why(str(data["case"]), str(data.get("level", ""))) or ""


def _signature(principals: Principals, row: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[str, bool | None]:
    envelope = data.get("envelope")
    if not isinstance(envelope, dict):
        return "", None
    signer = str(row["by"])
    held = [version.public_key for version in principals.history.versions.get(signer, ())]
    if not held and row["kind"] == "principal:bootstrap":
        held = [str(data.get("public_key", ""))]
    for key in dict.fromkeys(held):
        try:
            open_envelope(envelope, key)
        except SignatureInvalid:
            continue
        return f"{signer}, with the key {key[:16]}…", True
    return f"Said to be {signer}; no key that they ever held made it", False


def _links(chain: str, kind: str, data: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if chain == ORGANISATION:
        return
    if isinstance(data.get("run"), str):
        yield "The run", f"/slices/{chain}/cases/{data['run']}"
    if isinstance(data.get("decision"), str) and kind.partition(":")[0] in ("action", "permit", "tool"):
        yield "The golden thread of the action", f"/actions/{data['decision']}"
