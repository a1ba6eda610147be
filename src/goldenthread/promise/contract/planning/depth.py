"""The depth of a plan: each clause, and each quality of the agent."""

from __future__ import annotations

from collections.abc import Iterator

from goldenthread.promise.contract.forms import Form
from goldenthread.promise.contract.metrics import METRICS
from goldenthread.promise.contract.planning.durations import about_days, chance_words
from goldenthread.promise.contract.planning.outlook import Ladder, Reach
from goldenthread.promise.contract.planning.records import ClausePlan, DaysNeeded, Likely, Plan


def quality_lines(plan: Plan, ladder: Ladder) -> Iterator[str]:
    """The whole climb at one quality, a line a level."""
    yield f"  If it is {ladder.scenario} ({', '.join(ladder.quality)}):"
    for reach in ladder.reaches:
        yield f"    {reach.level}: {_reach_words(plan, reach)}."


def clause_lines(plan: Plan, clause: ClausePlan, *, again: bool = False) -> Iterator[str]:
    """One clause: the fewest cases, what it takes at likely qualities, and what that rests on."""
    source = " (the workflow's escalation line, required by every gate)" if clause.from_workflow else ""
    yield f"  {clause.clause}{source}{': as above' if again else ''}"
    if again:
        return
    if clause.insufficient is not None:
        yield f"    Insufficient: {clause.insufficient}."
        return
    yield f"    {_fewest_words(clause)}"
    for likely in clause.likely:
        yield f"    {_likely_words(likely, plan.horizon)}"
    yield from (f"    {note}" for note in _notes(clause))


def _notes(clause: ClausePlan) -> Iterator[str]:
    if clause.wrongly is not None:
        yield f"Exactly at its bar it would be passed wrongly with a chance of {chance_words(clause.wrongly)}."
    if clause.form is Form.MEAN:
        yield "Fewest if every case comes to the same, most if a few take the whole cap and the rest nothing."
    if clause.form is Form.DIFFERENCE:
        yield _difference_words(clause)
    if clause.segments:
        parts = ", ".join(f"{name} {share:.0%}".replace("%", " %") for name, share in clause.segments.items())
        yield f"Every {clause.clause.segment} needs that evidence of its own; the cases are taken to split so: {parts}."
    if clause.future_days:
        days = "; ".join(_days_words(needed) for needed in clause.future_days)
        yield f"It speaks about future days, so it takes at least 20. Days until half of such agents pass: {days}."
        yield "Nobody knows beforehand how alike a day's cases are; planned with a correlation of 0.02."
    if clause.share_words:
        yield f"Of the cases, {clause.share_words}."


def _difference_words(clause: ClausePlan) -> str:
    if METRICS[clause.clause.metric].kind == "rate":
        return "Taken that agent and people come to another result in one case of ten, unless you stated a spread."
    return "Taken that agent and people typically lie a fifth of the cap apart in a case, unless you stated a spread."


def _days_words(needed: DaysNeeded) -> str:
    alike = "not at all alike" if needed.likeness == 0.0 else f"correlation {needed.likeness:g}"
    if needed.median is None:
        return f"{alike} not within the cases looked at"
    high = f"{needed.high:,}" if needed.high is not None else "more"
    return f"{alike} {needed.median:,} ({needed.low:,} to {high})"


def _fewest_words(clause: ClausePlan) -> str:
    clean = "at the best possible value" if clause.form in (Form.MEAN, Form.DIFFERENCE) else "without a failure"
    return (
        f"No method could pass this clause before {clause.fewest_any:,} reviewed cases {clean}; "
        f"ours needs {clause.fewest_ours:,}."
    )


def _likely_words(likely: Likely, horizon: int) -> str:
    chance = f"{chance_words(likely.chance)} chance within {horizon:,}"
    if likely.mean is None:
        return f"If the truth is {likely.quality}: {chance}."
    low = "?" if likely.low is None else f"{likely.low:,}"
    high = f"more than {horizon:,}" if likely.high is None else f"{likely.high:,}"
    return f"If the truth is {likely.quality}: about {likely.mean:,.0f} cases ({low} to {high}); {chance}."


def _reach_words(plan: Plan, reach: Reach) -> str:
    if reach.median is None:
        return f"not expected, {chance_words(reach.chance)} chance within the cases looked at"
    high = f"{reach.high:,}" if reach.high is not None else "more than were looked at"
    words = f"about {reach.median:,} cases ({reach.low:,} to {high})"
    if plan.cases_a_week is None:
        return words
    year = f", {chance_words(reach.within[52])} within a year" if reach.within[52] <= 0.99 else ""
    return f"{about_days(reach.median / plan.cases_a_week * 7)}, {words}{year}"
