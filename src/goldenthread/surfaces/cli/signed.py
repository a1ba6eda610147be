"""What a terminal says of a signature, on a contract or on the rules of the organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from goldenthread.control.rules import SignedRules
    from goldenthread.control.signing import SignedVersion


def signed_lines(signed: SignedVersion | SignedRules, name: str, by: str) -> list[str]:
    """Who signed what, as what, and where that stands; `name` as in 'version 2 of the organisation's rules'."""
    if signed.record is None:
        lines = [f"{by} signed {name} before, as {signed.role}; nothing was recorded."]
    else:
        where = f"record {signed.record.chain}#{signed.record.seq}"
        lines = [f"{by} signed {name} as {signed.role} ({where}), {signed.digest}."]
    if signed.committed:
        lines.append("It is the first signature, so the version is committed: from now on this text only.")
    return lines
