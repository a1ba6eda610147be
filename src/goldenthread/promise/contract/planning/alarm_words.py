"""A tripwire's plan in plain words: how soon it rings, and how often in vain."""

from __future__ import annotations

from collections.abc import Iterator

from goldenthread.promise.contract.planning.durations import about_days
from goldenthread.promise.contract.planning.outlook import AlarmPlan, Notice
from goldenthread.promise.contract.planning.records import Plan


def alarm_lines(plan: Plan, alarm: AlarmPlan) -> Iterator[str]:
    """A line for the tripwire, and one for each way to get worse."""
    head = f"'{alarm.clause}' takes it back to {alarm.level}"
    if alarm.insufficient is not None:
        yield f"'{alarm.clause}' cannot be watched: {alarm.insufficient}."
    elif alarm.share <= 0.0:
        yield f"{head}, but no case at {alarm.at} bears on it, so it would not ring there."
    elif alarm.limit is None:
        yield f"{head} at the first one."
        yield from (f"  {_first_words(plan, alarm, notice)}" for notice in alarm.notices)
    else:
        yield f"{head}. {_false_words(plan, alarm)}"
        yield from (f"  {_notice_words(plan, alarm, notice)}" for notice in alarm.notices)


def _false_words(plan: Plan, alarm: AlarmPlan) -> str:
    yearly = alarm.false_alarms_a_year
    rate = "" if yearly is None else f", {_rare(yearly)} a year at this volume"
    sight = f" It sees {alarm.share:.0%} of the cases at {alarm.at}.".replace("%", " %") if alarm.share < 1.0 else ""
    often = "once" if alarm.calibrated else "at most once"
    given = ", if cases are independent" if alarm.calibrated else ""
    return f"Without cause it rings {often} in {plan.false_alarm:,} cases on average{rate}{given}.{sight}"


def _notice_words(plan: Plan, alarm: AlarmPlan, notice: Notice) -> str:
    if notice.fresh is None or notice.fresh_range is None:
        return f"With {notice.words} it is not expected to ring."
    low, high = notice.fresh_range
    after = "" if notice.seasoned is None else f"; after 1,000 good cases {notice.seasoned:,.0f}"
    seen = _seen_words(plan, alarm, notice.fresh)
    return f"With {notice.words}, it rings after about {seen} (80 % range {low:,} to {high:,} cases{after})."


def _first_words(plan: Plan, alarm: AlarmPlan, notice: Notice) -> str:
    return f"With {notice.words} that takes about {_seen_words(plan, alarm, notice.fresh or 0.0)}."


def _seen_words(plan: Plan, alarm: AlarmPlan, cases: float) -> str:
    count = f"{max(1, round(cases)):,} cases"
    if plan.cases_a_week is None:
        return count
    return f"{count}, {about_days(cases / (plan.cases_a_week * alarm.share) * 7)}"


def _rare(times: float) -> str:
    return f"{times:.1f} times" if times >= 0.05 else "less than 0.1 times"
