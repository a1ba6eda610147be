"""
The outlines of a home's slices, kept level with the ledger: what a page asks that shows no evidence.

A look takes one query for where the chains end, and one more for what grew, however many slices there are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

from goldenthread.control.autonomy import RARE_KINDS, Outline
from goldenthread.control.rules import RULES_KINDS, InForce, judging
from goldenthread.control.stops import STOP_KINDS, Stops, voices
from goldenthread.promise.contract import Contract
from goldenthread.record.ledger import ORGANISATION, Head, Ledger, Record
from goldenthread.record.principals import Principals, contract_signature_problem, load_principals

_START = Head(seq=0, hash="")


class Outlines:
    """
    What rare records say of each slice of one ledger.

    A look moves the outlines that it gives: whoever looks from several threads holds a lock around look and use.

    Args:
        ledger: Read, never written.
        make: Makes an empty outline from the fields that it is given; by default a plain one.
    """

    def __init__(self, ledger: Ledger, make: Callable[..., Outline] = Outline) -> None:
        self.ledger = ledger
        self._make = make
        self._still: dict[str, Outline] | None = None
        self._heads: Mapping[str, Head] | None = None  # inside `still`, once somebody asked
        self._lock = threading.RLock()
        self._seen: dict[str, int] = {}
        self._known: dict[str, Outline] = {}
        self._principals: tuple[int, Principals] | None = None
        self._everywhere = Stops(ORGANISATION, voices(self._people))
        self._rules = judging(self._people)

    def look(self, slices: Collection[str] | None = None) -> Mapping[str, Outline]:
        """The outlines of these slices (None: of all), as the ledger says now; empty without a record."""
        with self._lock:
            heads = self._ends(None if slices is None else {*slices, ORGANISATION})
            self._look_round(heads.get(ORGANISATION, _START).seq)
            names = [name for name in (heads if slices is None else slices) if name != ORGANISATION]
            self._read(names, heads)
            found = {name: self._known[name] for name in names}
            if self._still is not None:
                self._still.update(found)
            return found

    def of(self, slice_name: str) -> Outline:
        """The outline of one slice, as the ledger says now; inside `still`, as it said when it was first asked for."""
        if self._still is None:
            return self.look((slice_name,))[slice_name]
        if slice_name not in self._still:
            self.look((slice_name,) if not self._still else None)  # who asks for a second will ask for more
        if slice_name not in self._still:
            self.look((slice_name,))
        return self._still[slice_name]

    @contextmanager
    def still(self) -> Iterator[None]:
        """For the length of a page one query says where all chains end: all of the page is of one moment."""
        self._still, self._heads = {}, None
        try:
            yield
        finally:
            self._still, self._heads = None, None

    def chains(self) -> tuple[str, ...]:
        """The names of the chains that hold a record, as the ledger says now; inside `still`, as it said first."""
        with self._lock:
            return tuple(self._ends(None))

    def seen(self, slice_name: str) -> int:
        """Where a slice's chain ended at the last look."""
        return self._seen.get(slice_name, 0)

    def principals(self) -> Principals:
        """Who may do what, as of now."""
        with self._lock:
            self._look_round_once()
            return self._people()

    def everywhere(self) -> Stops:
        """What is stopped everywhere, as the ledger says now."""
        with self._lock:
            self._look_round_once()
            return self._everywhere

    @property
    def rules(self) -> InForce | None:
        """The organisation's rules in force, as of the last look."""
        return self._rules.in_force

    def _people(self) -> Principals:
        seen = self._seen.get(ORGANISATION, 0)
        if self._principals is None or self._principals[0] != seen:
            self._principals = (seen, load_principals(self.ledger))
        return self._principals[1]

    def _look_round_once(self) -> None:
        self._look_round(self._ends((ORGANISATION,)).get(ORGANISATION, _START).seq)

    def _ends(self, chains: Collection[str] | None) -> Mapping[str, Head]:
        """Where at least these chains end (None: all)."""
        if self._still is None:
            return self.ledger.heads(chains)
        if self._heads is None:
            self._heads = self.ledger.heads()
        return self._heads

    def _look_round(self, head: int) -> None:
        """What holds everywhere; it is read before any slice is, since whose signature counts depends on it."""
        before = self._seen.get(ORGANISATION, 0)
        if head != before:
            self._seen[ORGANISATION] = head
            for record in self.ledger.read(ORGANISATION, after=before, kinds=(*STOP_KINDS, *RULES_KINDS)):
                self._everywhere.apply(record)
                self._rules.apply(record)

    def _read(self, names: Iterable[str], heads: Mapping[str, Head]) -> None:
        for name in names:
            if name not in self._known:
                self._known[name] = self._empty(name)
        grown = [name for name in names if heads.get(name, _START).seq > self._seen.get(name, 0)]
        if not grown:
            return
        try:
            for record in self.ledger.read_several({name: self._known[name].seq for name in grown}, kinds=RARE_KINDS):
                self._known[record.chain].apply(record)
        except BaseException:
            for name in grown:  # half a fold is never kept
                del self._known[name]
                self._seen.pop(name, None)
            raise
        self._seen.update({name: heads[name].seq for name in grown})

    def _empty(self, name: str) -> Outline:
        return self._make(slice=name, signature_problem=self._signature_problem, voice_of=voices(self._people))

    def _signature_problem(self, contract: Contract, record: Record) -> str | None:
        return contract_signature_problem(self._people(), contract, record)
