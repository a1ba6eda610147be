"""What the steps of a run gave, kept under its case's key: a run that goes on gets it back and does them no more."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from goldenthread.control.guard import HOLD
from goldenthread.promise.values import Json, canonical
from goldenthread.record.ledger import Ledger
from goldenthread.record.ledger.vault import Sealed
from goldenthread.work.runtime.turns import Hold


class Memo:
    """
    Results of one run by (name, ordinal): the n-th step of a name in it. Thread-safe.

    Args:
        ledger: Of the home.
        run: The guard's run.
        case_ref: Its case, under whose key results are sealed.
        resumed: Whether there may be results of an earlier process.
    """

    def __init__(self, ledger: Ledger, run: str, case_ref: str, *, resumed: bool) -> None:
        self._ledger = ledger
        self._run = run
        self._case_ref = case_ref
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._known: Mapping[tuple[str, int], Sealed] = self._kept() if resumed else {}

    def next(self, name: str) -> int:
        """The ordinal of the next step of that name, from 0."""
        with self._lock:
            ordinal = self._counts.get(name, 0)
            self._counts[name] = ordinal + 1
            return ordinal

    def find(self, name: str, ordinal: int) -> Sealed | None:
        """What that step gave before; `open` it."""
        return self._known.get((name, ordinal))

    def open(self, sealed: Sealed) -> Json:
        """
        The result itself.

        Raises:
            CaseErased, ContentMissing: It is gone.
        """
        result: Json = json.loads(self._ledger.vault.unseal(sealed))
        return result

    def keep(self, name: str, ordinal: int, result: Any) -> Json:
        """
        Keep what a step gave, durably.

        Returns:
            The result as it will be given back: that of another process, if one was first.

        Raises:
            TurnLost: Another worker has the turn by now; nothing was kept.
            NotCanonical: JSON can't carry the result.
            CaseErased: The case was erased.
        """
        given: Json = json.loads(canonical(result))
        sealed = self._ledger.vault.seal(self._case_ref, given)
        row = (self._run, name, ordinal, self._case_ref, sealed.digest, sealed.sealed)
        hold = HOLD.get()
        with self._ledger.store.session() as connection:
            if isinstance(hold, Hold):
                kept = connection.execute(_KEEP_HELD, (hold.submission, hold.token, *row), prepare=True).rowcount
            else:
                kept = connection.execute(_KEEP, row, prepare=True).rowcount
        return given if kept else self._of_another(name, ordinal, hold)

    def _of_another(self, name: str, ordinal: int, hold: object) -> Json:
        if isinstance(hold, Hold):
            with self._ledger.store.transaction() as connection:
                hold.require(connection)
        return self.open(self._kept()[name, ordinal])

    def _kept(self) -> dict[tuple[str, int], Sealed]:
        with self._ledger.store.session() as connection:
            rows = connection.execute(
                "select name, ordinal, digest, sealed from step_result where run = %s", (self._run,)
            ).fetchall()
        return {
            (name, ordinal): Sealed(digest=digest, case_ref=self._case_ref, sealed=bytes(box))
            for name, ordinal, digest, box in rows
        }


_KEEP = """
insert into step_result (run, name, ordinal, case_ref, digest, sealed) values (%s, %s, %s, %s, %s, %s)
on conflict do nothing
"""
_KEEP_HELD = """
with held as materialized (select 1 from submission where id = %s and token = %s for share)
insert into step_result (run, name, ordinal, case_ref, digest, sealed)
select %s, %s, %s, %s, %s, %s from held on conflict do nothing
"""
