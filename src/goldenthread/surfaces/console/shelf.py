"""Desks kept between requests, so that a page reads only what is new in the ledger."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import ContractNotFound
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import load_principals
from goldenthread.surfaces.views import slices


class Shelf:
    """
    A ledger's desks; one page is drawn at a time, because a desk's standing moves as it is read.

    `facts`: the folder that standard metrics are asked of; None where nobody said.
    """

    def __init__(self, ledger: Ledger, facts: Path | None = None) -> None:
        self.ledger = ledger
        self.facts = facts
        self._desks: dict[str, Desk] = {}
        self._lock = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Shelf]:
        """Hold the desks still for the length of a page."""
        with self._lock:
            yield self

    def desk(self, slice_name: str) -> Desk:
        """
        The desk of a slice.

        Raises:
            ContractNotFound: No such slice.
        """
        if slice_name not in self._desks:
            known = slices(self.ledger)
            if slice_name not in known:
                raise ContractNotFound(
                    f"No slice '{slice_name}' in this home; it has {', '.join(known) or 'none'}. "
                    "Run `goldenthread contract list`."
                )
            self._desks[slice_name] = Desk(self.ledger, slice_name)
        return self._desks[slice_name]

    @cached_property
    def notice(self) -> str | None:
        """What every page of a demo home says; None elsewhere."""
        return load_principals(self.ledger).notice
