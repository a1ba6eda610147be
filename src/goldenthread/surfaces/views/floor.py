"""The factory floor: every slice on one line, what its visitor has to know of all, and which of them are chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from goldenthread.promise.values import LADDER, Level
from goldenthread.surfaces.views.choosing import Chosen, SavedView
from goldenthread.surfaces.views.dangers import LATELY
from goldenthread.surfaces.views.products import Move, ProductView

CARDS = 6
"""More slices than these stand on a line each, unless somebody asks for cards."""


@dataclass(frozen=True, kw_only=True)
class Duty:
    """One thing that waits for the visitor: what to do, where, and since when."""

    slice: str
    words: str
    address: str
    since: datetime | None = None
    overdue: bool = False
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class News:
    """How the level of a slice's agent changed of late, and when it did last."""

    slice: str
    before: Level
    after: Level
    at: datetime

    @property
    def words(self) -> str:
        """What happened."""
        if self.after is self.before:
            return f"fell and rose again to {self.after}"
        return f"{'rose' if self.after > self.before else 'fell'} from {self.before} to {self.after}"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The whole floor in words: of every slice that the visitor may see, whatever is chosen."""

    slices: int
    alone: tuple[ProductView, ...]
    danger: tuple[ProductView, ...]
    duties: tuple[Duty, ...]
    news: tuple[News, ...]

    @property
    def mine(self) -> int:
        """How many things wait for the visitor."""
        return sum(one.count for one in self.duties)


@dataclass(frozen=True, kw_only=True)
class FloorView:
    """The factory floor as one visitor chose it."""

    at: datetime
    visitor: str | None
    summary: Summary
    chosen: Chosen
    form: str
    products: tuple[ProductView, ...]
    names: tuple[str, ...]  # of the products that slices belong to
    saved: tuple[SavedView, ...] = ()
    view: str = ""  # the saved view that is shown
    overdue: tuple[str, ...] = ()  # slices whose queue has waited too long


@dataclass(frozen=True, kw_only=True)
class Eyes:
    """Whose eyes look: their name, in which slices they may answer what an agent asks, and in which lift a stop."""

    name: str | None
    answers: Callable[[str, str | None], bool]
    lifts: Callable[[str], bool]


def floor_view(
    products: Sequence[ProductView],
    eyes: Eyes,
    chosen: Chosen,
    now: datetime,
    *,
    saved: Sequence[SavedView] = (),
    view: str = "",
) -> FloorView:
    """
    The factory floor.

    Args:
        products: Every slice that the visitor may see.
        eyes: Whose they are.
        chosen: Which of them to show.
        now: Aware.
        saved: The views that the visitor may choose.
        view: The name of the one that is chosen.
    """
    duties = tuple(duty for one in products for duty in _duties(one, eyes, now))
    mine = frozenset(duty.slice for duty in duties)
    overdue = frozenset(one.slice for one in products if one.queue.is_overdue(now))
    found = [one for one in products if _is_chosen(one, chosen, mine)]
    return FloorView(
        at=now,
        visitor=eyes.name,
        summary=_summary(products, duties, overdue, now),
        chosen=chosen,
        form=chosen.form or ("cards" if len(found) <= CARDS else "lines"),
        products=tuple(sorted(found, key=_ORDERS[chosen.sort])),
        names=tuple(sorted({one.product for one in products if one.product})),
        saved=tuple(saved),
        view=view,
        overdue=tuple(sorted(overdue)),
    )


def _is_chosen(one: ProductView, chosen: Chosen, mine: frozenset[str]) -> bool:
    words = " ".join(filter(None, (one.slice, one.product, one.problem, one.owner, one.agent))).casefold()
    return (
        all(word in words for word in chosen.q.casefold().split())
        and chosen.stage in ("", one.stage)
        and chosen.level in ("", one.level.value)
        and chosen.product in ("", one.product)
        and {"": True, "danger": bool(one.dangers), "mine": one.slice in mine, "waiting": one.waiting > 0}[chosen.only]
    )


def _summary(
    products: Sequence[ProductView], duties: tuple[Duty, ...], overdue: frozenset[str], now: datetime
) -> Summary:
    news = [one for product in products for one in _news(product.slice, product.moves, now)]
    return Summary(
        slices=len(products),
        alone=tuple(one for one in products if one.stage == "alone"),
        danger=tuple(one for one in sorted(products, key=_by_danger) if one.dangers or one.slice in overdue),
        duties=tuple(sorted(duties, key=lambda duty: (not duty.overdue, duty.since is None, duty.since or now))),
        news=tuple(sorted(news, key=lambda one: one.at, reverse=True)),
    )


def _news(slice_name: str, moves: tuple[Move, ...], now: datetime) -> Iterator[News]:
    late = [move for move in moves if now - move.at <= LATELY]
    if late:
        yield News(slice=slice_name, before=late[-1].before, after=late[0].after, at=late[0].at)


def _duties(one: ProductView, eyes: Eyes, now: datetime) -> Iterator[Duty]:
    """What waits for one visitor in one slice."""
    if eyes.name is None:
        return
    if one.waiting and eyes.answers(one.slice, one.agent):
        yield Duty(
            slice=one.slice,
            words=_queue_words(one, eyes.name),
            address=f"/slices/{one.slice}/inbox",
            since=one.queue.oldest,
            overdue=one.queue.is_overdue(now),
            count=one.waiting,
        )
    for missing in one.missing:
        if missing.by == eyes.name:
            words = f"your signature as {missing.role} under version {one.version}"
            yield Duty(slice=one.slice, words=words, address=f"/slices/{one.slice}/author/{one.version}")
    for danger in one.dangers:
        if danger.kind == "incident" and danger.owner == eyes.name:
            address = f"/slices/{one.slice}/incidents/{danger.place}"
            yield Duty(slice=one.slice, words="an incident that is yours", address=address, since=danger.since)
    yield from _owed(one, eyes.name)
    if one.stops and eyes.lifts(one.slice):
        yield Duty(slice=one.slice, words="a stop that two people lift", address="/stops")


def _owed(one: ProductView, name: str) -> Iterator[Duty]:
    """Outcomes that the visitor has to report."""
    for line in one.outcomes:
        if line.owner == name and line.due is not None and line.state in ("unknown", "overdue"):
            overdue = line.state == "overdue"
            words = f"{line.metric}, {'due since' if overdue else 'due'} {line.due.day} {line.due:%b %Y}"
            yield Duty(slice=one.slice, words=words, address="/outcomes", overdue=overdue)


def _queue_words(one: ProductView, name: str) -> str:
    """`17 cases wait for a yes or no, 3 were handed over, 2 of them to you`."""
    asks = {
        "approval": ("waits for your yes or no", "wait for your yes or no"),
        "blind question": ("is to be decided blind", "are to be decided blind"),
        "escalation": ("was handed over by the agent", "were handed over by the agent"),
    }
    parts = []
    for kind, count in sorted(one.queue.kinds.items(), key=lambda pair: -pair[1]):
        singular, plural = asks.get(kind, ("is in doubt", "are in doubt"))
        parts.append(f"{count:,} {singular if count == 1 else plural}")
    own = one.queue.handed.get(name, 0)
    return ", ".join(parts) + (f"; {own:,} handed to you by name" if own else "")


_GRAVITY = ("stop", "incident", "outcome", "flag", "people", "watching", "fall")


def _by_danger(one: ProductView) -> tuple[int, int, str]:
    gravest = min((_GRAVITY.index(danger.kind) for danger in one.dangers), default=len(_GRAVITY))
    return (gravest, -len(one.dangers), one.slice)


def _by_waiting(one: ProductView) -> tuple[bool, float, str]:
    oldest = one.queue.oldest
    return (oldest is None, oldest.timestamp() if oldest is not None else 0.0, one.slice)


def _by_level(one: ProductView) -> tuple[int, float, str]:
    return (-LADDER.index(Level(one.level)), -one.meter, one.slice)


_ORDERS: Mapping[str, Callable[[ProductView], tuple[object, ...]]] = {
    "danger": _by_danger,
    "waiting": _by_waiting,
    "level": _by_level,
    "evidence": lambda one: (-one.meter, one.slice),
    "slice": lambda one: (one.slice,),
}
