"""A run's entries as a tree, of which parts are folded away or left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from goldenthread.surfaces.views.timeline_parts import Entry, Totals

_TOOLS = frozenset({"propose", "verdict", "effect", "breach", "try", "read", "span-action"})
_MODELS = frozenset({"usage", "span-model"})
_PEOPLE = frozenset({"question", "answer", "escalate"})


@dataclass(kw_only=True)
class Tree:
    """
    A run's entries with their places in the tree.

    Attributes:
        mark: What it was made of; another mark means that it is stale.
        made_at: When, in seconds of a clock that only goes forward.
        siblings: (place from 1, how many) of each entry.
        below: How many are under each.
        matches: Entries that hold a text, by the text: what was looked for is not looked for again.
    """

    mark: object
    made_at: float
    entries: tuple[Entry, ...]
    totals: Totals
    why: str
    siblings: tuple[tuple[int, int], ...]
    below: tuple[int, ...]
    matches: dict[str, frozenset[int]] = field(default_factory=dict)

    def narrowed(self, show: str) -> Sequence[int]:
        """Places of the entries that `show` of SHOWS leaves."""
        places = range(len(self.entries))
        return places if show == "all" else [place for place in places if _is_shown(self.entries[place], show)]

    def unfolded(self, closed: Collection[str]) -> Sequence[int]:
        """Places of the entries that are not below one of these."""
        found, place = [], 0
        while place < len(self.entries):
            found.append(place)
            place += 1 + (self.below[place] if self.entries[place].key in closed else 0)
        return found


def places_of(entries: Sequence[Entry]) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    """Of each entry its place among its siblings with their number, and how many are below it."""
    parents: list[int] = []
    path: list[int] = []
    children: dict[int, list[int]] = {}
    below = [0] * len(entries)
    for place, entry in enumerate(entries):
        while path and entries[path[-1]].depth >= entry.depth:
            path.pop()
        parents.append(path[-1] if path else -1)
        children.setdefault(parents[-1], []).append(place)
        for above in path:
            below[above] += 1
        path.append(place)
    siblings = [(0, 0)] * len(entries)
    for beside in children.values():
        for number, place in enumerate(beside, start=1):
            siblings[place] = (number, len(beside))
    return tuple(siblings), tuple(below)


def _is_shown(entry: Entry, show: str) -> bool:
    if show in ("record", "telemetry"):
        return entry.source == show
    if show == "failed":
        return entry.state in ("failed", "denied")
    return entry.kind in {"tools": _TOOLS, "models": _MODELS, "people": _PEOPLE}[show]
