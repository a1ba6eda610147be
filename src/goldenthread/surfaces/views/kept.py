"""
Views that rest on every case of a slice: worked out apart from requests and kept, and read from there by pages.

`kept` marks such a view. Asked with a plain desk it works itself out, as the command line wants it; asked with a
`KeptDesk` it says what is kept, and the desk's keeper notes how old that is.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast, get_type_hints

from goldenthread.control.autonomy import RARE_KINDS, LateStanding, Standing
from goldenthread.control.guard import Desk, Outlines, Writing
from goldenthread.control.spending import has_budgets
from goldenthread.control.windows import WINDOW_KINDS
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Ledger, Record, Transaction
from goldenthread.record.store import Ask, Wait, until_readable

if TYPE_CHECKING:
    from psycopg import Connection

V = TypeVar("V")


@dataclass(frozen=True, kw_only=True)
class Kept(Generic[V]):
    """
    A view that is kept.

    Attributes:
        make: Works it out from all cases.
        blank: Says, in what was worked out without any case, that cases are still to be read.
        fresh: Puts what is known of now into what was kept: a stop shows at once, however old the evidence is.
    """

    name: str
    make: Callable[[Desk], V]
    blank: Callable[[V], V] | None = None
    fresh: Callable[[Desk, V], V] | None = None

    def view(self, desk: MakingDesk) -> V:
        """Worked out, or what was worked out in this round already."""
        if self.name not in desk.made:
            desk.made[self.name] = self.make(desk)
        return cast(V, desk.made[self.name])

    def encode(self, view: V) -> bytes:
        """As bytes: JSON, its fields in the order of the record."""
        import msgspec

        return msgspec.json.encode(view)

    def decode(self, content: bytes) -> V:
        """From such bytes."""
        return cast(V, _decoder(self.make).decode(content))


class Keeper(Protocol):
    """Who knows what is kept."""

    def view(self, desk: Desk, kept: Kept[V]) -> V:
        """What to show of a view."""
        ...

    def use(self, desk: KeptDesk) -> None:
        """A desk is about to hold every case in memory."""
        ...

    def ahead(self, slices: Sequence[str], name: str) -> None:
        """Fetch a view of several slices at once."""
        ...


KEPT: dict[str, Kept[Any]] = {}
"""Every view that is kept, by name: a maker makes each of them."""


class KeptDesk(Desk):
    """
    A desk for pages: what rests on every case it has from its keeper, and its standing reads cases only when something
    asks for them.
    """

    def __init__(self, ledger: Ledger, slice_name: str, outlines: Outlines, keeper: Keeper) -> None:
        super().__init__(ledger, slice_name, outlines=outlines)
        self.keeper = keeper

    def standing(self) -> Standing:
        """As the ledger says now; every case is read only once something asks for what only cases tell."""
        return cast(Standing, self.outline())

    @contextmanager
    def holding(
        self, asks: Sequence[Ask] = (), wait: Wait = until_readable, *, for_others: bool = False
    ) -> Iterator[Transaction]:
        """As of any desk; what is not in memory is read before the chain is held, and not while all others wait."""
        self.whole()
        with super().holding(asks, wait, for_others=for_others) as tx:
            yield tx

    @contextmanager
    def looking(self) -> Iterator[Writing]:
        """As of any desk, by what is committed, and nobody waits for it; with budgets, what is used up is added up."""
        version = self.outline().in_force or self.outline().latest
        if version is None or has_budgets(version.contract):
            with super().looking() as writing:
                yield writing
            return
        with self.ledger.store.session() as connection:
            looked = cast(Transaction, _Looked(connection=connection, ledger=self.ledger))
            yield Writing(self, looked, self.standing(), self.everywhere())

    def whole(self) -> Standing:
        """The standing with every case."""
        self.keeper.use(self)
        found = super().standing()
        late = self.outline()
        late.now = max(late.now, found.now)
        return found


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """What a block that writes nothing asks of a transaction."""

    connection: Connection
    ledger: Ledger

    def send_changes(self) -> None:
        """There are none."""

    def open(self, digest: str) -> Json:
        """Kept content."""
        return self.ledger.open(digest)

    def head(self, chain: str) -> int:
        """Where a chain ends."""
        return self.ledger.head(chain).seq

    def read(self, chain: str, after: int, kinds: Sequence[str]) -> Iterator[Record]:
        """Records of a chain."""
        return self.ledger.read(chain, after, kinds)


class MakingDesk(Desk):
    """A desk for the maker: a view that others are made of is worked out once; `made` is emptied before each round."""

    def __init__(self, ledger: Ledger, slice_name: str, outlines: Outlines) -> None:
        super().__init__(ledger, slice_name, outlines=outlines)
        self.made: dict[str, Any] = {}


class HollowDesk(Desk):
    """A desk whose standing knows no case: what a page shows before any was read."""

    def standing(self) -> Standing:
        """What the rare records say, as a standing."""
        hollow = self._fresh()
        for record in self.ledger.read(self.slice, kinds=(*RARE_KINDS, *WINDOW_KINDS)):
            hollow.apply(record)
        return hollow


def whole(desk: Desk) -> Standing:
    """The standing with every case, read once: what asks it for much must not look at the ledger for each."""
    return desk.whole() if isinstance(desk, KeptDesk) else desk.standing()


def ahead(desks: Sequence[Desk], name: str) -> None:
    """Several slices are about to be asked for the same view: fetch it for all of them at once."""
    of_pages = [desk for desk in desks if isinstance(desk, KeptDesk)]
    if of_pages:
        of_pages[0].outlines.look([desk.slice for desk in of_pages])
        of_pages[0].keeper.ahead([desk.slice for desk in of_pages], name)


def late_outlines(ledger: Ledger, whole: Callable[[str], Standing]) -> Outlines:
    """Outlines that stand where standings are asked for; `whole` gives the one of a slice."""
    return Outlines(ledger, lambda **fields: LateStanding(**fields, whole=lambda: whole(fields["slice"])))


def kept(
    name: str,
    *,
    blank: Callable[[Any], Any] | None = None,
    fresh: Callable[[Desk, Any], Any] | None = None,
) -> Callable[[Callable[[Desk], V]], Callable[[Desk], V]]:
    """Mark a view as one that is kept under a name."""

    def mark(make: Callable[[Desk], V]) -> Callable[[Desk], V]:
        known = KEPT[name] = Kept(name=name, make=make, blank=blank, fresh=fresh)

        @functools.wraps(make)
        def view(desk: Desk) -> V:
            if isinstance(desk, KeptDesk):
                return cast(V, desk.keeper.view(desk, known))
            return known.view(desk) if isinstance(desk, MakingDesk) else make(desk)

        return view

    return mark


@cache
def code_version() -> str:
    """Changes with the code that makes views: what another version kept is not read."""
    found = hashlib.sha256()
    for package in _MADE_BY:
        _add(found, files(f"goldenthread.{package}"))
    return found.hexdigest()[:16]


_MADE_BY = (
    "promise.contract",
    "promise.evidence",
    "control.autonomy",
    "control.coverage",
    "control.vigilance",
    "control.windows",
    "control.workflow",
    "surfaces.views",
)


def _add(found: Any, package: Any) -> None:
    for file in sorted(package.iterdir(), key=lambda one: str(one.name)):
        if file.name.endswith(".py"):
            found.update(file.read_bytes())


@cache
def _decoder(make: Callable[[Desk], Any]) -> Any:
    import msgspec

    return msgspec.json.Decoder(get_type_hints(make)["return"])
