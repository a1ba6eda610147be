"""A standing whose cases are read only when somebody asks for what only they tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from goldenthread.control.autonomy.outline import Outline, release_fields
from goldenthread.control.autonomy.releases import Release
from goldenthread.control.autonomy.standing import Standing
from goldenthread.promise.values import Level, TrustMode
from goldenthread.record.ledger import Record


@dataclass(kw_only=True)
class LateRelease(Release):
    """A release; asked for its cases, it asks the whole standing."""

    of: LateStanding = field(repr=False, compare=False)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.of.whole().agents[self.fingerprint], name)


@dataclass(kw_only=True)
class LateStanding(Outline):
    """
    An outline that stands where a standing is asked for: what both know, it says at once, and the rest by `whole`.

    For reading. It is right because outline and whole say the same of all that both know, whichever is asked.
    """

    whole: Callable[[], Standing] = field(repr=False, compare=False)

    def add_release(self, record: Record, mode: TrustMode, level: Level) -> None:
        """A fingerprint that nobody declared before."""
        found = release_fields(record, mode, level)
        self.agents = {**self.agents, record.data["fingerprint"]: LateRelease(**found, of=self)}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.whole(), name)
