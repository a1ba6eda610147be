"""
The whole climb: when each level is reached, all clauses and levels together.

Metrics are independent of each other given the quality. Evidence counts at whichever level it was seen, as in
production, so that what was shown in shadow is not shown again, and what two gates ask alike passes once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from goldenthread.promise.contract.planning.draws import DRAWS, Need, draw_needs
from goldenthread.promise.contract.planning.outlook import WEEKS, Reach
from goldenthread.promise.evidence import LEAST_DAYS
from goldenthread.promise.values import LADDER, Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def climb(
    gates: Mapping[Level, Sequence[Need] | None], start: Level, ceiling: Level, cases_a_week: float | None
) -> tuple[Reach, ...]:
    """
    When each level above the start is reached, up to the ceiling.

    Args:
        gates: What each gate needs; None, or no entry, where nobody can pass it.
        start: The level at the first case.
        ceiling: The last level that is earned.
        cases_a_week: The volume, or None.
    """
    import numpy as np

    entered: dict[Level, NDArray[np.float64]] = {start: np.zeros(DRAWS)}
    drawn = draw_needs([need for needs in gates.values() for need in needs or ()])
    reaches = []
    for level in LADDER[start.rank + 1 : ceiling.rank + 1]:
        needs = gates.get(level)
        below = LADDER[level.rank - 1]
        met = [_passed_at(need, drawn[id(need)], entered, cases_a_week) for need in needs or ()]
        entered[level] = np.max([entered[below], *(met or [np.full(DRAWS, np.inf)])], axis=0)
        last = needs[_last(met)].clause if needs else None
        reaches.append(_reach(level, entered[level], cases_a_week, last))
    return tuple(reaches)


def _passed_at(
    need: Need,
    wanted: NDArray[np.float64],
    entered: Mapping[Level, NDArray[np.float64]],
    cases_a_week: float | None,
) -> NDArray[np.float64]:
    """Number of all cases at which the need is met: its own cases, at the pace of each level passed through."""
    import numpy as np

    levels = sorted(entered, key=lambda level: level.rank)
    at = np.full(DRAWS, np.inf)
    for level, following in zip(levels, [*levels[1:], None], strict=True):
        share = need.shares[level]
        begins = entered[level]
        ends = entered[following] if following is not None else np.full(DRAWS, np.inf)
        here = ~np.isfinite(at) & np.isfinite(begins)
        if share <= 0.0:
            continue
        room = np.where(here, (ends - np.where(here, begins, 0.0)) * share, 0.0)  # its own cases at this level
        met = here & (wanted <= room) & np.isfinite(wanted)
        at[met] = begins[met] + wanted[met] / share
        wanted = wanted - np.where(here & ~met & np.isfinite(room), room, 0.0)
    if need.whole_days and cases_a_week is not None:
        at = np.maximum(at, LEAST_DAYS * cases_a_week / 7.0)
    return at


def _last(times: Sequence[NDArray[np.float64]]) -> int:
    """Which of the needs comes last most often."""
    import numpy as np

    return int(np.bincount(np.argmax(times, axis=0), minlength=len(times)).argmax())


def _reach(level: Level, entered: NDArray[np.float64], cases_a_week: float | None, last: str | None) -> Reach:
    import numpy as np

    ordered = np.sort(entered)

    def by(share: float) -> int | None:
        found = ordered[min(DRAWS - 1, int(np.ceil(share * DRAWS)) - 1)]
        return int(np.ceil(found - 1e-9)) if np.isfinite(found) else None

    def within(weeks: int) -> float:
        assert cases_a_week is not None
        return float(np.searchsorted(ordered, weeks * cases_a_week, side="right")) / DRAWS

    return Reach(
        level=level,
        chance=float(np.isfinite(ordered).sum()) / DRAWS,
        low=by(0.1),
        median=by(0.5),
        high=by(0.9),
        within={} if cases_a_week is None else {weeks: within(weeks) for weeks in WEEKS},
        percentiles=tuple(by(percent / 100) for percent in range(1, 100)),
        slowest=last,
    )
