"""
The catalogue of metrics: what is counted over what, in which unit, which way is better, who says so and when.

Also tells which names are health metrics: they say how an agent runs, never what the work was worth, so none
of them may be an outcome (C5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Metric:
    """
    One metric, stated in full.

    `kind` is what one case gives: 'rate' (it happened or not), 'quantile' (a time), 'mean' (an amount), or
    'count' (nothing; it counts cases over a time). `due` says when the value is known.
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


def _rate(
    name: str,
    numerator: str,
    denominator: str,
    direction: Literal["higher", "lower"],
    source: str,
    due: str,
    health: bool,
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
    )


def _time(name: str, numerator: str, due: str, health: bool) -> Metric:
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
    _time("cycle_time", "time from case start to done", "when the case is done", False),
    Metric(
        name="cost",
        numerator="money spent on models, tools and compute",
        denominator="cases",
        unit="currency/case",
        direction="lower",
        kind="mean",
        label_source="price list and usage",
        due="at the end of the run",
    ),
    Metric(
        name="csat",
        numerator="sum of the scores that customers gave",
        denominator="cases with a score",
        unit="",
        direction="higher",
        kind="mean",
        label_source="customers",
        due="when the customer has answered",
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

_HEALTH = frozenset(
    """
    latency tokens token ttft uptime availability accuracy precision recall f1 auc bleu rouge perplexity
    win wins winrate error errors fault faults failure failures hallucination hallucinations groundedness
    grounding faithfulness benchmark eval evals confidence loss
    """.split()
)
_DRESSING = frozenset(
    """
    rate rates ratio score scores count counts total sum avg average mean median min max ms s sec seconds
    model agent llm ai bot prompt completion answer response request input output api per case cases run
    call tool usage used use percent pct number of the time to first
    """.split()
)
_PERCENTILE = re.compile(r"p[0-9]+")


def is_health(name: str) -> bool:
    """
    True for a metric of how the agent runs: latency, tokens, win rate, accuracy and their like, however dressed.

    `p95_latency_ms`, `token_count` and `model_accuracy` are; `invoice_accuracy` and `cost_to_serve` are not.
    """
    if name in METRICS:
        return METRICS[name].health
    if name in ("time_to_first_token", "tokens_per_second", "win_loss"):
        return True
    core = [word for word in name.split("_") if word not in _DRESSING and not _PERCENTILE.fullmatch(word)]
    return bool(core) and all(word in _HEALTH for word in core)


_BETTER_HIGHER = frozenset(
    """
    saved saving savings freed recovered reduction avoided revenue sales margin profit conversion csat nps
    satisfaction share adoption retention throughput yield resolved solved automation
    """.split()
)
_BETTER_LOWER = frozenset(
    """
    cost costs time backlog complaints complaint churn rework wait waiting delay delays defects defect returns
    refunds losses leakage overdue escalation escalations spend effort
    """.split()
)


def better(name: str) -> Literal["higher", "lower"] | None:
    """Which way a metric gets better, from the catalogue or from the words of its name; None where neither tells."""
    if name in METRICS:
        return METRICS[name].direction
    words = set(name.split("_"))
    if words & _BETTER_HIGHER:
        return "higher"
    return "lower" if words & _BETTER_LOWER else None
