"""What telemetry is kept by: the detectors, what contracts say of content, and the ledger that its digests go to."""

from __future__ import annotations

import time
from collections.abc import Callable

from goldenthread.control.content import PERSONAL_DATA, SECRETS, redact
from goldenthread.control.content.sieve import SIEVE, speaks
from goldenthread.control.guard import GUARD, Desk
from goldenthread.promise.values import Json
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.telemetry import Detectors, Written

ANCHOR = "telemetry:segment"
"""Kind of the record that holds a segment's digest."""

_FRESH_S = 5.0
_KINDS = (SECRETS, PERSONAL_DATA)
_KEPT = (None, "allow", "redact")


def detectors() -> Detectors:
    """The detectors that actions are held to."""
    return Detectors(redact=_redacted, sieve=SIEVE, speaks=speaks)


def anchoring(ledger: Ledger) -> Callable[[Written], None]:
    """
    Puts segments on the organisation's chain; one that stands there already is not put there again.

    A home has one collector, so what stands is read once.
    """
    standing: set[tuple[str, str]] = set()

    def anchor(written: Written) -> None:
        name = written.segment.name
        if not standing:
            anchored = ledger.read(ORGANISATION, kinds=[ANCHOR])
            standing.update((record.data["segment"], record.data["digest"]) for record in anchored)
        if (name, written.digest) in standing:
            return
        with ledger.transaction(ORGANISATION) as tx:
            said: dict[str, Json] = {
                "segment": name,
                "digest": written.digest,
                "bytes": written.octets,
                "rows": written.rows,
                "first_ns": str(written.first_ns),
                "last_ns": str(written.last_ns),
                "replaces": list(written.replaces),
                "why": written.why,
            }
            tx.append(ORGANISATION, ANCHOR, GUARD, said)
        standing.add((name, written.digest))

    return anchor


def content_policy(
    ledger: Ledger, wanted: bool, monotonic: Callable[[], float] = time.monotonic
) -> Callable[[str], bool]:
    """
    Whether what was said may be kept, by slice.

    Off where nobody asked for it, and off where the slice's contract denies or asks about secrets or personal data:
    what may not leave in an action has no business in telemetry. What is kept has both taken out of it. Where the
    contract cannot be read, off.

    Args:
        ledger: Where contracts stand.
        wanted: Whether content is kept at all.
        monotonic: Seconds; a contract is read again after five.
    """
    known: dict[str, tuple[float, bool]] = {}

    def keeps(slice: str) -> bool:
        if not wanted:
            return False
        if not slice:
            return True
        at, answer = known.get(slice, (float("-inf"), False))
        if monotonic() - at > _FRESH_S:
            answer = _allowed(ledger, slice)
            if len(known) > 1000:
                known.clear()
            known[slice] = (monotonic(), answer)
        return answer

    return keeps


def _allowed(ledger: Ledger, slice: str) -> bool:
    try:
        if slice not in ledger.chains():
            return True
        latest = Desk(ledger, slice).standing().latest
    except Exception:  # noqa: BLE001 - whatever cannot be told counts as no
        return False
    return latest is None or all(latest.contract.content.get(kind) in _KEPT for kind in _KINDS)


def _redacted(text: str, name: str) -> str:
    return str(redact(text, _KINDS, name=name))
