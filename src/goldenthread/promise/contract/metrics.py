"""The catalogue of metrics: what is counted over what, in which unit, which way is better, who says so and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Metric:
    """
    One metric, stated in full.

    `kind` is what one case gives: 'rate' (it happened or not), 'quantile' (a time), 'mean' (an amount), or
    'count' (nothing; it counts cases over a time). `due` says when the value is known. `people` is true where
    people's own work has the same metric, so that an agent can be held against it; `severity` where whoever
    reports it can say that it was hard. `wait` is how long after the end of a case a value that may never come
    is waited for; later ones don't count.
    """

    name: str
    numerator: str
    denominator: str
    unit: str
    direction: Literal["higher", "lower"]
    kind: Literal["rate", "quantile", "mean", "count"]
    label_source: str
    due: str
    health: bool = False
    people: bool = False
    wait: timedelta | None = None
    severity: bool = False


def _rate(
    name: str,
    numerator: str,
    denominator: str,
    direction: Literal["higher", "lower"],
    source: str,
    due: str,
    health: bool,
    *,
    people: bool = False,
    severity: bool = False,
) -> Metric:
    return Metric(
        name=name,
        numerator=numerator,
        denominator=denominator,
        unit="%",
        direction=direction,
        kind="rate",
        label_source=source,
        due=due,
        health=health,
        people=people,
        severity=severity,
    )


def _time(name: str, numerator: str, due: str, health: bool, *, people: bool = False) -> Metric:
    return Metric(
        name=name,
        numerator=numerator,
        denominator="cases",
        unit="s",
        direction="lower",
        kind="quantile",
        label_source="clock",
        due=due,
        health=health,
        people=people,
    )


_ALL = (
    _rate(
        "agreement",
        "blind decisions equal to the proposal",
        "cases with a proposal and a blind decision",
        "higher",
        "people who decide before they see the proposal",
        "when the person has decided",
        True,
    ),
    _rate(
        "approved_unedited",
        "approvals without edit",
        "actions asked",
        "higher",
        "approvers",
        "when the approver has answered",
        True,
    ),
    _rate(
        "ungrounded_rate",
        "proposals whose citation doesn't exist or doesn't bear the claim",
        "proposals",
        "lower",
        "our own check of the citation",
        "at the end of the run",
        True,
    ),
    _rate(
        "policy_violation",
        "cases with a forbidding rule hit above shadow",
        "cases above shadow",
        "lower",
        "guard",
        "at once",
        True,
        severity=True,
    ),
    _rate(
        "escalation_rate",
        "cases handed to a person by the agent",
        "cases",
        "lower",
        "guard",
        "at the end of the run",
        False,
    ),
    _rate(
        "automation_rate",
        "cases done without a person",
        "cases",
        "higher",
        "guard",
        "when the case is done",
        False,
    ),
    _rate(
        "rework_rate",
        "cases reopened, edited after the fact or undone",
        "cases done",
        "lower",
        "people and downstream systems",
        "when the window for reopening has closed",
        False,
        people=True,
        severity=True,
    ),
    _rate(
        "task_success",
        "cases whose end state a check outside of the agent found right",
        "cases",
        "higher",
        "checks and systems outside of the agent",
        "when the check has run",
        True,
        people=True,
    ),
    _rate(
        "faults",
        "runs that an outage, a quota or a timeout of the platform ended",
        "runs",
        "lower",
        "guard",
        "at the end of the run",
        True,
    ),
    _time("agent_time", "the agent's own time, waiting for people excluded", "at the end of the run", True),
    _time("cycle_time", "time from case start to done", "when the case is done", False, people=True),
    Metric(
        name="cost",
        numerator="money spent on models, tools and compute",
        denominator="cases",
        unit="currency/case",
        direction="lower",
        kind="mean",
        label_source="price list and usage",
        due="at the end of the run",
        people=True,
    ),
    Metric(
        name="csat",
        numerator="sum of the scores that customers gave",
        denominator="cases with a score",
        unit="",
        direction="higher",
        kind="mean",
        label_source="customers",
        due="when the customer has answered, within 14 days",
        wait=timedelta(days=14),
        people=True,
    ),
    Metric(
        name="throughput",
        numerator="cases done",
        denominator="days or weeks",
        unit="cases per week",
        direction="higher",
        kind="count",
        label_source="guard",
        due="at the end of the week",
    ),
    Metric(
        name="backlog",
        numerator="cases started and not done",
        denominator="one moment",
        unit="cases",
        direction="lower",
        kind="count",
        label_source="guard",
        due="at once",
    ),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})
"""Every metric that goldenthread measures itself, by name."""
