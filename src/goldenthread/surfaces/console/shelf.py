"""Desks kept between requests, so that a page reads only what is new in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import ContractNotFound, KeyMissing
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.principals import KeyRing, Principals, load_principals
from goldenthread.record.store import Home
from goldenthread.surfaces.console.gallery import Gallery
from goldenthread.surfaces.console.keeper import PageKeeper, aged_words
from goldenthread.surfaces.console.lanes import Lane, Turns
from goldenthread.surfaces.console.rights import ROLE_RIGHTS
from goldenthread.surfaces.console.sessions import Session
from goldenthread.surfaces.views import KeptDesk, late_outlines

if TYPE_CHECKING:
    from goldenthread.record.metrics.facts import Facts

T = TypeVar("T")


class Shelf:
    """
    A ledger's desks; one page is drawn at a time, because a desk's standing moves as it is read.

    `facts`: the folder that standard metrics are asked of; None where nobody said. `home`: where keys are, likewise.
    """

    def __init__(self, ledger: Ledger, facts: Path | None = None, home: Home | None = None) -> None:
        self.ledger = ledger
        self.facts = facts
        self.home = home
        self.gallery = Gallery()
        self.outlines = late_outlines(ledger, lambda name: self._desks[name].whole())
        self.keeper = PageKeeper(ledger, self.outlines)
        self._desks: dict[str, KeptDesk] = {}
        self._facts: tuple[ExitStack, Facts] | None = None
        self._names: frozenset[str] = frozenset()
        self._turns = Turns()
        self._remembered: dict[tuple[str, str], tuple[int, int, Any]] = {}

    @contextmanager
    def reading(self, lane: Lane = Lane.OPENED) -> Iterator[Shelf]:
        """Hold the desks still for the length of a page, all of which is of one moment."""
        with self._turns.turn(lane):
            self.keeper.begin()
            try:
                with self.outlines.still():
                    yield self
            finally:
                self.keeper.end()

    @contextmanager
    def acting(self) -> Iterator[Shelf]:
        """Hold the desks still for the length of a deed, which sees what it has done itself."""
        with self._turns.turn(Lane.DEED):
            self.keeper.begin()
            try:
                yield self
            finally:
                self.keeper.end()

    @contextmanager
    def asking_facts(self, folder: Path) -> Iterator[Facts]:
        """The facts, for questions; opened once, since that takes as long as an answer, and again after a failure."""
        from goldenthread.record.metrics.facts import open_facts

        if self._facts is None:
            stack = ExitStack()
            self._facts = (stack, stack.enter_context(open_facts(folder)))
        try:
            yield self._facts[1]
        except BaseException:
            (stack, _), self._facts = self._facts, None
            stack.close()
            raise

    def aged(self) -> str | None:
        """How old what this page has shown of the evidence is, in a sentence; None where all of it is of now."""
        return aged_words(tuple(self.keeper.aged.values()), self.ledger.clock())

    def slices(self) -> tuple[str, ...]:
        """Every slice that has a record, by name."""
        return tuple(sorted(name for name in self.outlines.chains() if name != ORGANISATION))

    def desk(self, slice_name: str) -> Desk:
        """
        The desk of a slice.

        Raises:
            ContractNotFound: No such slice.
        """
        if slice_name not in self._desks:
            if slice_name not in self._names:
                self._names = frozenset(self.slices())
            if slice_name not in self._names:
                known = sorted(self._names)
                raise ContractNotFound(
                    f"No slice '{slice_name}' in this home; it has {', '.join(known) or 'none'}. "
                    "Run `goldenthread contract list`."
                )
            self._desks[slice_name] = KeptDesk(self.ledger, slice_name, self.outlines, self.keeper)
        return self._desks[slice_name]

    def principals(self) -> Principals:
        """Who may do what, as of now."""
        return self.outlines.principals()

    def stops(self, slice_name: str | None) -> tuple[str, ...]:
        """What is stopped of a slice, in words; without one, what is stopped of everything."""
        everywhere = self.outlines.everywhere().in_force
        if slice_name is not None:
            found = self.desk(slice_name).outline().reached_by(everywhere)
        else:
            found = tuple(one for one in everywhere if one.tool is None and one.product is None)
        return tuple(one.words for one in found)

    def remembered(self, what: str, names: Sequence[str], make: Callable[[Desk], T]) -> tuple[T, ...]:
        """
        What `make` gives of each of these slices, made again once its chain or the organisation's has grown.

        Args:
            what: Its name here.
            names: The slices.
            make: Makes it of records alone: what changes with the clock is nothing to remember.
        """
        heads = self.ledger.heads({*names, ORGANISATION})
        everywhere = heads[ORGANISATION].seq if ORGANISATION in heads else 0
        found = []
        for name in names:
            head = heads[name].seq if name in heads else 0
            known = self._remembered.get((what, name))
            if known is None or known[:2] != (head, everywhere):
                known = self._remembered[what, name] = (head, everywhere, make(self.desk(name)))
            found.append(known[2])
        return tuple(found)

    def actors(self) -> tuple[str, ...]:
        """Whom whoever sits at this machine may act as: those with pages of their own whose keys are in this home."""
        if self.home is None:
            return ()
        ring = KeyRing(self.home)
        return tuple(
            one.name
            for one in self.principals().all()
            if not one.revoked and any(role.name in ROLE_RIGHTS for role in one.roles) and ring.has(one.name)
        )

    def ring(self, session: Session) -> KeyRing:
        """
        The keys of the home, opened by what a session was told.

        Raises:
            KeyMissing: Nobody said where keys are.
        """
        if self.home is None:
            raise KeyMissing("This console was not told where keys are, so nobody can sign here. Use the command line.")
        return KeyRing(self.home, session.passphrases.get)

    @cached_property
    def notice(self) -> str | None:
        """What every page of a demo home says; None elsewhere."""
        return load_principals(self.ledger).notice
