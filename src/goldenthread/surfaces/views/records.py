"""Ledger records that name a run or an action, found by the index of what each is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from goldenthread.record.ledger import Ledger, Record, read_about


def records_about(ledger: Ledger, chain: str, ids: tuple[str, str]) -> list[Record]:
    """Records of a chain whose data hold one of two ids, a run's and an action's, in order."""
    return [record for record in _about(ledger, chain, ids) if _holds(record.data, ids)]


def records_of_runs(ledger: Ledger, chain: str, runs: Collection[str], kinds: Iterable[str]) -> list[Record]:
    """Records of a chain that name one of these runs, of these kinds, in order."""
    wanted, named = set(kinds), set(runs)
    return [one for one in _about(ledger, chain, named) if one.kind in wanted and one.data.get("run") in named]


def records_of(ledger: Ledger, chain: str, ids: Collection[str], kinds: Collection[str]) -> list[Record]:
    """Records of a chain that name one of these runs or actions, of these kinds, in order."""
    named = set(ids)
    return [
        one
        for one in _about(ledger, chain, named)
        if one.kind in kinds and any(one.data.get(name) in named for name in ("decision", "action", "run"))
    ]


def _about(ledger: Ledger, chain: str, ids: Collection[str]) -> list[Record]:
    with ledger.store.session() as connection:
        return read_about(connection, chain, ids)


def _holds(data: Mapping[str, Any], ids: tuple[str, str]) -> bool:
    return any(data.get(name) in ids for name in ("decision", "action", "run"))
