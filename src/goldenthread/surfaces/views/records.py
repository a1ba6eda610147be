"""Ledger records that name a run or an action, found by the index of what each is about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from goldenthread.record.ledger import Ledger, Record, read_about

NEAR = 40
"""Records a run, of all kinds, that the end of a chain may be long to be read in one piece."""


def records_about(ledger: Ledger, chain: str, ids: tuple[str, str]) -> list[Record]:
    """Records of a chain whose data hold one of two ids, a run's and an action's, in order."""
    return [record for record in _about(ledger, chain, ids) if _holds(record.data, ids)]


def records_of_runs(ledger: Ledger, chain: str, runs: Mapping[str, int], kinds: Collection[str]) -> list[Record]:
    """
    Records of a chain that name one of these runs, of these kinds, in order.

    The latest runs stand together at the chain's end, which is read in one piece: records sought run by run lie all
    over the disk. What is older is sought so.

    Args:
        ledger: The ledger.
        chain: Its chain.
        runs: Where each began, by id.
        kinds: What is asked for.
    """
    end = ledger.head(chain).seq - NEAR * len(runs) if runs else 0
    late = {run: start for run, start in runs.items() if start > end}
    early = set(runs) - set(late)
    found = _about(ledger, chain, early) if early else []
    found += ledger.read(chain, min(late.values()) - 1, kinds) if late else ()
    named = [one for one in found if one.kind in kinds and one.data.get("run") in runs]
    return list({one.seq: one for one in sorted(named, key=lambda one: one.seq)}.values())


def records_of(ledger: Ledger, chain: str, ids: Collection[str], kinds: Collection[str]) -> list[Record]:
    """Records of a chain that name one of these runs or actions, of these kinds, in order."""
    named = set(ids)
    return [
        one
        for one in _about(ledger, chain, named, kinds)
        if any(one.data.get(name) in named for name in ("decision", "action", "run"))
    ]


def _about(ledger: Ledger, chain: str, ids: Collection[str], kinds: Collection[str] | None = None) -> list[Record]:
    with ledger.store.session() as connection:
        return read_about(connection, chain, ids, kinds)


def _holds(data: Mapping[str, Any], ids: tuple[str, str]) -> bool:
    return any(data.get(name) in ids for name in ("decision", "action", "run"))
