"""A release that the contract wants signed: its declaration asks for the signatures, and so does a new contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from goldenthread.control.autonomy import Outline, Release
from goldenthread.control.autonomy.releases import ASK
from goldenthread.record.ledger import Record

if TYPE_CHECKING:
    from goldenthread.control.guard.desk import Writing


def newest_releases(outline: Outline) -> list[Release]:
    """Of each agent of a slice the release declared last: what came before it is no longer to go live."""
    newest: dict[str, Release] = {}
    for one in sorted(outline.agents.values(), key=lambda agent: agent.seq):
        newest[one.agent] = one
    return list(newest.values())


def ask_for_releases(writing: Writing) -> None:
    """
    Ask, on record, everybody who must sign an agent's newest release and was not asked for it yet.

    In the transaction of the record that made it so: a declaration, or the signature that put a contract in force.
    """
    standing = writing.standing
    waiting = [(one, missing) for one in newest_releases(standing) if (missing := standing.unsigned(one.fingerprint))]
    if not waiting or standing.contract is None:
        return
    asked = set(_asked(writing.tx.read(writing.desk.slice, 0, (ASK,))))
    for one, missing in waiting:
        signers = {name: role for name, role in missing.items() if (one.fingerprint, name, role) not in asked}
        if signers:
            about = {"fingerprint": one.fingerprint, "agent": one.agent, "version": standing.contract.version}
            writing.append(ASK, {**about, "signers": signers})


def _asked(records: Iterable[Record]) -> Iterator[tuple[str, str, str]]:
    """Which release of whom, and as what."""
    for record in records:
        data = record.data
        signers = data["signers"] if "signers" in data else {data["name"]: data["role"]}
        for name, role in signers.items():
            yield data["fingerprint"], name, role
