"""What the ledger says of permits and effects, read as plainly as can be: no code of the guard takes part."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from goldenthread.record.ledger import Ledger


@dataclass(kw_only=True)
class Recorded:
    """
    All slices together.

    Shapes: `permits` id -> its terms; `consumed` permit -> how often; `of_decision` decision -> permits consumed for
    it; `outcomes` decision -> what is on record of its effect; `doubts` decision -> inbox items; `asked` item -> kind;
    `said` item -> answers; `runs` (slice, case reference) -> run -> status, None while it is open; `decided` verdict ->
    how often.
    """

    permits: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    consumed: Counter[str] = field(default_factory=Counter)
    of_decision: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    outcomes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    doubts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    asked: dict[str, str] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    runs: dict[tuple[str, str], dict[str, str | None]] = field(default_factory=lambda: defaultdict(dict))
    decided: Counter[str] = field(default_factory=Counter)

    def take(self, chain: str, kind: str, data: Mapping[str, Any]) -> None:
        """One record."""
        if kind in ("action:decide", "approval:answer") and data.get("permit"):
            self.permits[data["permit"]["id"]] = data["permit"]
        if kind == "action:decide":
            self.decided[data["verdict"]] += 1
        elif kind == "permit:consume":
            self.consumed[data["permit"]] += 1
            self.of_decision[data["decision"]].append(data["permit"])
        elif kind == "action:effect":
            self.outcomes[data["decision"]].append(data["outcome"])
        elif kind == "approval:ask":
            self.asked[data["item"]] = data["kind"]
            if data["kind"] == "in-doubt effect":
                self.doubts[data["action"]].append(data["item"])
        elif kind == "approval:answer":
            self.said[data["item"]].append(data["answer"])
        elif kind == "run:start":
            self.runs[chain, data["case"]][data["run"]] = None
        elif kind == "run:end":
            self.runs[chain, data["case"]][data["run"]] = data["status"]


_KINDS = (
    "action:decide", "permit:consume", "action:effect", "approval:ask", "approval:answer", "run:start", "run:end"
)  # fmt: skip


def read(ledger: Ledger, slices: Sequence[str]) -> Recorded:
    """What the chains of these slices say."""
    found = Recorded()
    for chain in slices:
        for record in ledger.read(chain, kinds=_KINDS):
            found.take(chain, record.kind, record.data)
    return found
