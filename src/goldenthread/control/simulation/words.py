"""What plays of a contract came to, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from goldenthread.control.simulation.asked import asked_by
from goldenthread.control.simulation.quality import Nature, Quality, Rate
from goldenthread.control.simulation.summary import Falls, Reached, Share, Simulation, Spread
from goldenthread.promise.contract import METRICS, Contract


def simulation_words(contract: Contract, nature: Nature, found: Simulation) -> str:
    """The whole report, ready to print."""
    return "\n".join([*_setup(contract, nature, found), "", *_climbing(found), "", *_falling(found), "", *_ends(found)])


def percent(share: float, places: int = 1) -> str:
    """`4.5 %`."""
    text = f"{100 * share:.{places}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def quality_words(metric: str, quality: Quality) -> str:
    """`95 %`, `a mean of 0.2`, `a median of 600 s`."""
    if isinstance(quality, Rate):
        return percent(quality.share, 2)
    if METRICS[metric].kind == "quantile":
        return f"a median of {quality.centre:,.4g} s"
    return f"a mean of {quality.mean:,.4g}"


def _setup(contract: Contract, nature: Nature, found: Simulation) -> Iterator[str]:
    plays = f"{found.agents:,} agents" if found.agents != 1 else "1 agent"
    pace = f"{nature.cases_a_day:,.4g} cases a day"
    yield f"Played '{found.slice}', version {found.version}, with {plays} of {found.cases:,} cases each ({pace})."
    yield "Each agent is really so good:"
    for metric in asked_by(contract).metrics:
        yield f"  {metric}: {quality_words(metric, nature.agent[metric])}"
    for metric, quality in nature.people.items():
        yield f"  {metric} of people: {quality_words(metric, quality)}"
    for (metric, name, value), quality in nature.in_segment.items():
        yield f"  {metric} in {name} '{value}': {quality_words(metric, quality)}"
    for change in nature.changes:
        turns = "" if change.turns is None else f", {change.turns:,} cases so and {change.turns:,} as before"
        yield f"  {change.metric} from case {change.case:,} on: {quality_words(change.metric, change.quality)}{turns}"
    if nature.together:
        yield f"In {percent(nature.together)} of the cases what is hard for the agent is as hard for people."
    if nature.day_effect:
        yield f"Cases of one day are alike: {percent(nature.day_effect)} of what varies lies between days."
    if nature.delay.good or nature.delay.bad:
        yield (
            f"What others report is known {nature.delay.good:g} cases later on average if good, "
            f"{nature.delay.bad:g} if bad."
        )
    if nature.faults:
        yield f"Runs that end in a fault: {percent(nature.faults, 2)}; such a case is tried again."


def _climbing(found: Simulation) -> Iterator[str]:
    if not found.reached:
        yield "The contract has no gate above its start."
    for one in found.reached:
        yield from _reached(one)


def _reached(one: Reached) -> Iterator[str]:
    level = str(one.level).capitalize()
    if one.cases is None or one.weeks is None:
        yield f"{level} was reached in none of {one.reached.of:,} plays."
        return
    yield f"{level} was reached in {_plays(one.reached)}, after {_range(one.cases, 'cases')}, {_time(one.weeks)}."
    how_often = _plays(one.wrongly) if one.wrongly.plays else "none"
    yield f"  Wrongly, the true average by then being no better than a clause asks: in {how_often}."
    if one.stale.plays:
        yield (
            f"  In {_plays(one.stale)} the average was good enough, but the agent had just become worse; "
            "that is what tripwires are for."
        )


def _falling(found: Simulation) -> Iterator[str]:
    falls = found.falls
    yield from _rightful(falls)
    often = f"{falls.false_per_10k:.3g} in 10,000 cases (give or take {falls.false_error:.2g})"
    yield f"Rollbacks without cause, no limit being broken: {often}."


def _rightful(falls: Falls) -> Iterator[str]:
    if not falls.rightly.plays and not falls.missed.plays:
        yield "No agent broke the limit of a tripwire, and none fell for it."
        return
    if falls.delay is not None:
        after = f"{_range(falls.delay, 'cases')} after it began, {falls.mean_delay:,.0f} on average"
        yield f"A broken limit brought a rollback in {_plays(falls.rightly)}: {after}."
    elif falls.rightly.plays:
        yield f"A single event brought a rollback in {_plays(falls.rightly)}."
    if falls.missed.plays:
        yield f"In {_plays(falls.missed)} a limit was broken and no rollback came before the cases ended."


def _ends(found: Simulation) -> Iterator[str]:
    ended = ", ".join(f"{level} {count:,}" for level, count in found.ends.items())
    yield f"Level at the end, by number of agents: {ended}."
    yield f"Seed {found.seed}: the same seed gives the same plays."


def _plays(share: Share) -> str:
    error = f", give or take {percent(share.error)}" if share.of > 1 else ""
    return f"{share.plays:,} of {share.of:,} plays ({percent(share.value)}{error})"


def _range(spread: Spread, what: str) -> str:
    return f"{spread.median:,.0f} {what} (80 % range {spread.low:,.0f} to {spread.high:,.0f})"


def _time(weeks: Spread) -> str:
    unit, scale = ("weeks", 1.0) if weeks.median >= 2.0 else ("days", 7.0)
    return f"{scale * weeks.median:,.1f} {unit} ({scale * weeks.low:,.1f} to {scale * weeks.high:,.1f})"
