"""What pages show of views that rest on every case: what is kept, or worked out here where that is quick."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from goldenthread.control.guard import Desk, Outlines
from goldenthread.record.digests import Digest, Mark, load_digest
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.surfaces.views import Kept, KeptDesk, code_version
from goldenthread.surfaces.views.kept import HollowDesk

V = TypeVar("V")

A_PAGE = 2_500
"""New records that a page reads itself before it shows what is kept; a dozen microseconds each."""

AT_FIRST = 20_000
"""So many where nothing is kept yet."""

MOST_CASES = 100_000
"""Cases held in memory by all desks, about a kilobyte each; the desks that were used longest ago give theirs up."""

MOST_BYTES = 32_000_000
"""Of kept views that are remembered, as they are kept."""

MOST_SHARED = 1_000
"""Views that are remembered because they are of now, for whoever asks next."""

SHARED_FOR = timedelta(seconds=60)
"""So long is a view of now shared: what is late or due changes with the clock, without a record."""


@dataclass(frozen=True, kw_only=True)
class _Shared:
    """A view as of the places of its chain and the organisation's: the same for everybody who may see it."""

    of: tuple[int, int]
    at: datetime
    view: Any

    def holds(self, of: tuple[int, int], now: datetime) -> bool:
        """Whether it is what would be worked out now."""
        return self.of == of and timedelta() <= now - self.at < SHARED_FOR and now.date() == self.at.date()


@dataclass(frozen=True, kw_only=True)
class Aged:
    """That a slice's evidence is shown as of a record; None: none of it was read yet. `newer` came since."""

    slice: str
    head: int | None
    newer: int
    made_at: datetime | None


class PageKeeper:
    """
    The keeper of one console. Used by one page at a time.

    Args:
        ledger: Read, never written.
        outlines: Tell where chains end.
    """

    def __init__(self, ledger: Ledger, outlines: Outlines) -> None:
        self._ledger = ledger
        self._outlines = outlines
        self._found: dict[tuple[str, str], Digest | None] = {}
        self._views: OrderedDict[tuple[str, str], tuple[Mark, Any, int]] = OrderedDict()
        self._bytes = 0
        self._blanks: dict[tuple[str, str], tuple[tuple[int, int], Any]] = {}
        self._used: OrderedDict[str, KeptDesk] = OrderedDict()
        self._shared: OrderedDict[tuple[str, str], _Shared] = OrderedDict()
        self._left = self._left_at_first = 0
        self.aged: dict[str, Aged] = {}

    def begin(self) -> None:
        """A page begins."""
        self._found.clear()
        self.aged = {}
        self._left, self._left_at_first = A_PAGE, AT_FIRST

    def end(self) -> None:
        """A page has ended: memory is given back."""
        self._found.clear()
        held = sum(desk.cases_in_memory() for desk in self._used.values())
        while held > MOST_CASES and len(self._used) > 1:
            _, desk = self._used.popitem(last=False)
            held -= desk.forget()

    def ahead(self, slices: Sequence[str], name: str) -> None:
        """Fetch a view of several slices at once, where it is not known as of now."""
        wanted = [one for one in slices if self._of_now(one, name) is None]
        found = load_digest(self._ledger.store, code_version(), name, wanted) if wanted else {}
        self._found.update({(one, name): found.get(one) for one in wanted})

    def view(self, desk: Desk, kept: Kept[V]) -> V:
        """What to show of a view."""
        assert isinstance(desk, KeptDesk)
        desk.outline()
        shared = self._of_now(desk.slice, kept.name)
        return shared.view if shared is not None else self._found_out(desk, kept)

    def use(self, desk: KeptDesk) -> None:
        """A desk is about to hold every case."""
        self._use(desk)

    def _of_now(self, slice_name: str, name: str) -> _Shared | None:
        """What somebody before was shown of a view, if it is of now."""
        found = self._shared.get((slice_name, name))
        return found if found is not None and found.holds(self._place(slice_name), self._ledger.clock()) else None

    def _share(self, desk: Desk, kept: Kept[V], of: tuple[int, int], view: V) -> V:
        key = (desk.slice, kept.name)
        self._shared[key] = _Shared(of=of, at=self._ledger.clock(), view=view)
        self._shared.move_to_end(key)
        while len(self._shared) > MOST_SHARED:
            self._shared.popitem(last=False)
        return view

    def _place(self, slice_name: str) -> tuple[int, int]:
        return self._outlines.seen(slice_name), self._outlines.seen(ORGANISATION)

    def _found_out(self, desk: KeptDesk, kept: Kept[V]) -> V:
        of = head, _ = self._place(desk.slice)
        key = (desk.slice, kept.name)
        if key not in self._found:
            of_others = any(name == kept.name for _, name in self._found)  # who asks for a second will ask for more
            self.ahead([*{desk.slice, *(self._ledger.chains() if of_others else ())}], kept.name)
        digest = self._found[key]
        if digest is not None and (digest.mark.head, digest.mark.organisation) == of:
            return self._share(desk, kept, of, self._decoded(kept, digest))
        if self._is_quick(desk, head, at_first=digest is None):
            self._use(desk)
            return self._share(desk, kept, of, kept.make(desk))
        return self._as_of(desk, kept, digest, head)

    def _as_of(self, desk: KeptDesk, kept: Kept[V], digest: Digest | None, head: int) -> V:
        if digest is None:
            self.aged[desk.slice] = Aged(slice=desk.slice, head=None, newer=head, made_at=None)
            return self._blank(desk, kept)
        mark = digest.mark
        self.aged[desk.slice] = Aged(
            slice=desk.slice, head=mark.head, newer=max(0, head - mark.head), made_at=mark.made_at
        )
        found = self._decoded(kept, digest)
        return kept.fresh(desk, found) if kept.fresh is not None else found

    def _blank(self, desk: KeptDesk, kept: Kept[V]) -> V:
        """What is known without any case; the same until a rare record comes."""
        key, moves = (desk.slice, kept.name), (desk.outline().moves, self._outlines.seen(ORGANISATION))
        known = self._blanks.get(key)
        if known is None or known[0] != moves:
            found = kept.make(HollowDesk(self._ledger, desk.slice, outlines=desk.outlines))
            known = self._blanks[key] = (moves, kept.blank(found) if kept.blank is not None else found)
        view: V = known[1]
        return view

    def _is_quick(self, desk: KeptDesk, head: int, *, at_first: bool) -> bool:
        """Whether few records are new to the desk; what a page reads is counted over all of its slices."""
        new = head - desk.read_up_to
        if at_first and new <= self._left_at_first:
            self._left_at_first -= new
            return True
        if new <= self._left:
            self._left -= new
            return True
        return False

    def _use(self, desk: KeptDesk) -> None:
        self._used[desk.slice] = desk
        self._used.move_to_end(desk.slice)

    def _decoded(self, kept: Kept[V], digest: Digest) -> V:
        key = (digest.chain, digest.name)
        known = self._views.get(key)
        if known is not None and known[0] == digest.mark:
            self._views.move_to_end(key)
            view: V = known[1]
            return view
        view = kept.decode(digest.content)
        self._blanks.pop(key, None)
        self._bytes += len(digest.content) - (known[2] if known is not None else 0)
        self._views[key] = (digest.mark, view, len(digest.content))
        self._views.move_to_end(key)
        while self._bytes > MOST_BYTES:
            _, (_, _, size) = self._views.popitem(last=False)
            self._bytes -= size
        return view


def aged_words(aged: Sequence[Aged], now: datetime) -> str | None:
    """How old what a page shows of the evidence is, in a sentence; None where all of it is of now."""
    if not aged:
        return None
    unread = [one for one in aged if one.head is None]
    if len(aged) == 1:
        one = aged[0]
        if one.head is None:
            return f"The cases of '{one.slice}' are being read for the first time: what rests on them is not shown yet."
        if not one.newer:
            return f"The evidence of '{one.slice}' is as of {one.made_at:%H:%M} UTC, and is being worked out again."
        newer = f"{one.newer:,} newer {'record is' if one.newer == 1 else 'records are'} being read."
        return f"The evidence of '{one.slice}' is as of its record {one.head:,}; {newer}"
    slices = "one slice" if len(unread) == 1 else f"{len(unread)} slices"
    first = f"The cases of {slices} are being read for the first time. " if unread else ""
    older = [one for one in aged if one.made_at is not None]
    if not older:
        return first.strip()
    oldest = max(int((now - one.made_at).total_seconds() // 60) for one in older if one.made_at is not None)
    return (
        f"{first}The evidence of {len(older)} slices is up to {max(oldest, 1)} min old; newer records are being read."
    )
