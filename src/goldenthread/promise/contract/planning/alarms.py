"""
How soon a tripwire rings once the agent has got worse, by simulation with a fixed seed of the shipped detector.

Between two failures the detector's recursion has a closed form, so that an alarm costs a few steps however rare
failures are: the sum over a run of successes is a geometric series.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from goldenthread.promise.contract.forms import NotJudged, wants_high
from goldenthread.promise.contract.model import Autonomy, Clause
from goldenthread.promise.contract.planning.beliefs import Belief
from goldenthread.promise.contract.planning.outlook import AlarmPlan, Notice
from goldenthread.promise.contract.planning.shares import bearing_share
from goldenthread.promise.contract.planning.truth import plain
from goldenthread.promise.contract.tripwires import tripwire_detector
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.evidence import DetectorPair
from goldenthread.promise.values import LADDER, Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GOOD_CASES = 1000
_WORSE = ((2, "twice"), (4, "four times"))
_RUNS = 4000
_SEED = 20261121
_LONGEST = 50  # times the average run to a false alarm: what has not rung by then is called never


def alarm_plans(
    autonomy: Autonomy, cases_a_week: float | None, fears: Iterable[Belief], handed_over: float = 0.0
) -> Iterator[AlarmPlan]:
    """
    What each tripwire takes, in the order of the file; `handed_over` is the share of cases given to a person.

    Raises:
        ValueProblem: A fear for a metric that no tripwire watches, or that is no percentage.
    """
    afraid = list(fears)
    watched = {clause.metric for clauses in autonomy.tripwires.values() for clause in clauses}
    for fear in afraid:
        _require_watched(fear, watched)
    for level, clauses in autonomy.tripwires.items():
        for clause in clauses:
            seen = _seen(autonomy, level, clause, handed_over)
            yield _alarm_plan(
                autonomy, level, clause, cases_a_week, [f for f in afraid if f.name == clause.metric], seen
            )


def run_to_alarm(pair: DetectorPair, rate: float, good: float | None = None) -> NDArray[np.float64]:
    """
    Cases to the alarm at a failure rate, in each of so many simulated runs; infinite where it does not ring.

    Args:
        pair: The detectors of a tripwire, watching the limit alone.
        rate: Failure rate from now on, in (0, 1].
        good: Failure rate of 1,000 cases before; runs that rang in those are left out. None: a fresh start.
    """
    import numpy as np

    random = np.random.default_rng([_SEED, round(rate * 1e9), round((good or 0.0) * 1e9)])
    states = np.zeros((_RUNS, len(pair.on_limit.bets)))
    if good is not None:
        states, rang = _season(pair, states, good, random)
        states = states[~rang]
    return _run(pair, states, rate, random)


def _require_watched(fear: Belief, watched: set[str]) -> None:
    if fear.name not in watched:
        names = ", ".join(sorted(watched)) or "no rate"
        raise ValueProblem(f"No tripwire watches '{fear.name}'; they watch {names}. Name one of these.")
    if fear.amount.unit != "%" or not 0 <= fear.amount.amount <= 100:
        raise ValueProblem(
            f"{fear.amount} is no rate that '{fear.name}' could fall to; "
            f"a tripwire watches percentages of cases. Write e.g. '{fear.name}=10 %'."
        )


def _alarm_plan(
    autonomy: Autonomy,
    level: Level,
    clause: Clause,
    cases_a_week: float | None,
    fears: list[Belief],
    seen: tuple[Level, float],
) -> AlarmPlan:
    watch = tripwire_detector(clause, autonomy.false_alarm, calibrated=autonomy.calibrated)
    if isinstance(watch, NotJudged):
        return AlarmPlan(level=level, clause=clause, insufficient=watch.reason)
    at, share = seen
    if watch.detector is None or watch.limit is None:
        events = tuple(_event(clause, float(fear.amount.amount / 100)) for fear in fears if fear.amount.amount > 0)
        return AlarmPlan(level=level, clause=clause, insufficient=None, at=at, share=share, notices=events)
    notices = tuple(_notices(watch.detector, clause, watch.limit, fears))
    yearly = None if cases_a_week is None else 52 * cases_a_week * share / autonomy.false_alarm
    return AlarmPlan(
        level=level,
        clause=clause,
        insufficient=None,
        limit=watch.limit,
        at=at,
        share=share,
        notices=notices,
        false_alarms_a_year=yearly,
        calibrated=autonomy.calibrated,
    )


def _seen(autonomy: Autonomy, level: Level, clause: Clause, handed_over: float) -> tuple[Level, float]:
    """The first level above the one fallen to at which the alarm sees any case, or the first of all."""
    above = LADDER[level.rank + 1 : autonomy.ceiling.rank + 1] or (level,)
    shares = [(each, bearing_share(autonomy, each, clause, handed_over)[0]) for each in above]
    return next((found for found in shares if found[1] > 0.0), shares[0])


def _notices(pair: DetectorPair, clause: Clause, limit: float, fears: list[Belief]) -> Iterator[Notice]:
    for times, words in _WORSE:
        if limit * times < 1.0:
            yield _notice(pair, limit, limit * times, f"{words} the limit ({_shown(clause, limit * times)})")
    for fear in fears:
        share = float(fear.amount.amount / 100)
        rate = share if wants_high(clause) or _is_share(clause) else 1.0 - share
        yield _notice(pair, limit, rate, _shown(clause, rate))


def _is_share(clause: Clause) -> bool:
    """Whether the percentage of a fear is that of cases as the tripwire says, as for times."""
    return clause.statistic is not None


def _shown(clause: Clause, rate: float) -> str:
    """A failure rate as the metric's own percentage."""
    percent = Decimal(str(round(100 * rate, 6)))
    if _is_share(clause):
        return f"{plain(percent)} % of cases {clause.comparison} {clause.bound}"
    return f"{clause.metric} at {plain(percent if wants_high(clause) else 100 - percent)} %"


def _notice(pair: DetectorPair, limit: float, rate: float, words: str) -> Notice:
    fresh, fresh_range = _delay(pair, rate, None)
    seasoned, seasoned_range = _delay(pair, rate, limit / 2.0)
    return Notice(
        words=words,
        rate=rate,
        fresh=fresh,
        fresh_range=fresh_range,
        seasoned=seasoned,
        seasoned_range=seasoned_range,
    )


def _event(clause: Clause, rate: float) -> Notice:
    """The first event rings: a geometric number of cases, whatever came before."""
    ends = [max(1, math.ceil(math.log1p(-share) / math.log1p(-rate))) if rate < 1.0 else 1 for share in (0.1, 0.9)]
    spread = (ends[0], ends[1])
    percent = plain(Decimal(str(round(100 * rate, 6))))
    return Notice(
        words=f"{clause.metric} in {percent} % of cases",
        rate=rate,
        fresh=1.0 / rate,
        fresh_range=spread,
        seasoned=1.0 / rate,
        seasoned_range=spread,
    )


@lru_cache(maxsize=256)
def _delay(pair: DetectorPair, rate: float, good: float | None) -> tuple[float | None, tuple[int, int] | None]:
    """Average cases to the alarm, and those by which a tenth and nine tenths have rung."""
    import numpy as np

    if rate <= pair.on_limit.limit:
        return None, None
    runs = run_to_alarm(pair, rate, good)
    if not len(runs) or not np.isfinite(runs).all():
        return None, None
    low, high = np.quantile(runs, [0.1, 0.9], method="inverted_cdf")
    return float(runs.mean()), (int(low), int(high))


def _run(
    pair: DetectorPair, states: NDArray[np.float64], rate: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """From failure to failure until all have rung; an alarm within a run of successes is told at its end."""
    import numpy as np

    on_failure = np.array(pair.on_limit.bets) / pair.on_limit.limit
    cases, rings = np.zeros(len(states)), np.full(len(states), np.inf)
    running = np.arange(len(states))
    while len(running):
        gaps = random.geometric(rate, len(running)) - 1
        after = _successes(pair, states[running], gaps)
        after = (1.0 + after) * on_failure
        cases[running] += gaps + 1
        states[running] = np.minimum(after, 1e300)
        rang = after.mean(axis=1) >= pair.threshold
        rings[running[rang]] = cases[running[rang]]
        running = running[~rang & (cases[running] < _LONGEST * pair.threshold)]
    return rings


def _season(
    pair: DetectorPair, states: NDArray[np.float64], rate: float, random: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The states after so many cases at this rate, and which have rung on the way."""
    import numpy as np

    on_failure = np.array(pair.on_limit.bets) / pair.on_limit.limit
    left, rang = np.full(len(states), GOOD_CASES), np.zeros(len(states), dtype=bool)
    while (left > 0).any():
        gaps = np.minimum(random.geometric(rate, len(states)) - 1, left)
        states = _successes(pair, states, gaps)
        fails = left > gaps
        states = np.where(fails[:, None], np.minimum((1.0 + states) * on_failure, 1e300), states)
        left = left - gaps - fails
        rang |= states.mean(axis=1) >= pair.threshold
    return states, rang


def _successes(pair: DetectorPair, states: NDArray[np.float64], gaps: NDArray[np.int64]) -> NDArray[np.float64]:
    """The recursion R <- (1 + R) * r, so many times at once."""
    import numpy as np

    ratio = (1.0 - np.array(pair.on_limit.bets)) / (1.0 - pair.on_limit.limit)
    shrunk = ratio ** gaps[:, None]
    return np.asarray(states * shrunk + ratio * (1.0 - shrunk) / (1.0 - ratio))
