"""Red flags: where adoption, workflow and business tell different stories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from goldenthread.control.windows.lines import Line, lines
from goldenthread.control.windows.windows import Windows
from goldenthread.promise.contract import Contract
from goldenthread.promise.values import Json

MOVED, STOOD = Fraction(1, 2), Fraction(1, 4)
"""A line has moved that made half of its way, and stands that made less than a fourth."""

FLAGS: Mapping[str, str] = {
    "adoption-without-outcome": "The agent is used, and the business number does not follow",
    "outcome-without-adoption": "The business number moves, and the agent is hardly used: something else moves it",
    "workflow-without-business": "A gate of the workflow passed, and the business number missed its window",
}


@dataclass(frozen=True, kw_only=True)
class Flag:
    """A red flag that stands now. `owner` is who has to look."""

    name: str
    owner: str
    words: str
    lines: tuple[str, ...]

    def record(self, version: int) -> dict[str, Json]:
        """As an `outcome:flag` record holds it."""
        shown: list[Json] = list(self.lines)
        return {
            "flag": self.name,
            "owner": self.owner,
            "words": self.words,
            "lines": shown,
            "contract_version": version,
        }


def flags_due(contract: Contract, windows: Windows, now: datetime, *, climbed: bool) -> dict[str, Flag]:
    """
    The flags that what is on record demands at an instant, by name.

    Two of them compare how far lines have come, from the middle of the window on; the third waits for its end.

    Args:
        contract: In force.
        windows: What is on record.
        now: Aware.
        climbed: Whether an agent of the slice passed a gate and still has the level.
    """
    found = lines(contract, windows, now)
    business = [one for one in found if one.path.startswith("outcome.business")]
    adoption = next((one for one in found if one.is_adoption), None)
    return {flag.name: flag for flag in _flags(contract, business, adoption, now, climbed=climbed)}


def _flags(
    contract: Contract, business: list[Line], adoption: Line | None, now: datetime, *, climbed: bool
) -> Iterator[Flag]:
    told = [one for one in (*business, *([adoption] if adoption is not None else [])) if _is_told(one, now)]
    if adoption is not None and adoption in told:
        known = [one for one in business if one in told]
        if known and _moved(adoption) and all(_stood(one) for one in known):
            yield _flag("adoption-without-outcome", contract.owner, [adoption, *known])
        if _stood(adoption) and any(_moved(one) for one in known):
            yield _flag("outcome-without-adoption", contract.owner, [adoption, *filter(_moved, known)])
    missed = [one for one in business if one.state == "missed"]
    if climbed and missed:
        yield _flag("workflow-without-business", contract.owner, missed)


def _flag(name: str, owner: str, about: list[Line]) -> Flag:
    said = "; ".join(f"'{one.shift}' is {one.words}" for one in about)
    return Flag(name=name, owner=owner, words=f"{FLAGS[name]}: {said}", lines=tuple(one.path for one in about))


def _is_told(line: Line, now: datetime) -> bool:
    """Whether its window is half over, and something is known that is no older than that."""
    if line.starts is None or line.due is None or line.measured is None or line.state == "overdue":
        return False
    return now >= line.starts + (line.due - line.starts) / 2


def _moved(line: Line) -> bool:
    return line.progress is not None and line.progress >= MOVED


def _stood(line: Line) -> bool:
    return line.progress is not None and line.progress < STOOD
