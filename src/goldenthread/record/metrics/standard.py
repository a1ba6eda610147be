"""
The standard metrics of a slice, each stated once: what is counted over what, and when it is known.

Names that a contract may hold an agent to have their words from there; the others are of this page alone. How each is
computed follows from `column`, `counted` and `owed`, which `facts/expressions.py` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from goldenthread.promise.contract import METRICS

Kind = Literal["rate", "quantile", "mean", "flow"]
Counted = Literal["cases", "live", "asked", "done", "work", "runs"]
Owed = Literal["open", "always", "agreement", "approval", "waits", "never"]

COUNTED: Mapping[Counted, str] = MappingProxyType(
    {
        "cases": "cases, each once; those that only faults ended so far are left out",
        "live": "live cases above shadow, each once; those that only faults ended so far are left out",
        "asked": "live cases above shadow in which an agent asked a person",
        "done": "live cases done",
        "work": "live cases, those at shadow too",
        "runs": "runs, on replay and at shadow too",
    }
)
"""What a metric is counted over."""

OWED: Mapping[Owed, str] = MappingProxyType(
    {
        "open": "its run has not ended",
        "always": "nobody has said it yet",
        "agreement": "a person was asked blind and has not answered",
        "approval": "an approver was asked and has not answered",
        "waits": "a person was asked and has not answered",
        "never": "",
    }
)
"""Which of what is counted is pending while it has no value; the rest of it has no part in the metric."""


@dataclass(frozen=True, kw_only=True)
class StandardMetric:
    """
    One standard metric.

    Attributes:
        kind: 'rate' (of what is counted, how much has the value 1), 'quantile' (nearest rank), 'mean' or 'flow'.
        unit: 's' for times, which are measured in whole microseconds; 'currency/case' in whole millionths.
        of: The unit of analysis.
        column: The fact that holds the value; null where nobody measured it.
        quantiles: In per cent.
    """

    name: str
    words: str
    numerator: str
    denominator: str
    unit: str
    direction: Literal["higher", "lower"]
    kind: Kind
    of: Literal["case", "run", "day", "moment"]
    source: str
    due: str
    column: str = ""
    counted: Counted = "cases"
    owed: Owed = "open"
    quantiles: tuple[int, ...] = ()

    @property
    def late(self) -> str:
        """When a day's figure can still change."""
        pending = f"while {OWED[self.owed]}" if OWED[self.owed] else ""
        return "; ".join(part for part in (self.due, pending) if part)


def _known(name: str, kind: Kind, column: str, words: str, **more: object) -> StandardMetric:
    """A metric that contracts know, with its words from there."""
    known = METRICS[name]
    said: dict[str, object] = {
        "of": "case",
        "numerator": known.numerator,
        "denominator": known.denominator,
        "unit": known.unit,
        "source": known.label_source,
        "due": known.due,
        **more,
    }
    return StandardMetric(name=name, words=words, direction=known.direction, kind=kind, column=column, **said)  # type: ignore[arg-type]


_NORMAL = (50, 90)

_WORKFLOW = (
    _known(
        "cycle_time",
        "quantile",
        "cycle_us",
        "How long a case takes from its start to done",
        counted="live",
        owed="always",
        quantiles=_NORMAL,
        denominator="live cases done",
        source="guard; or who reports it",
    ),
    _known(
        "automation_rate",
        "rate",
        "automated",
        "Cases that nobody had to touch",
        counted="live",
        denominator="live cases that ended",
        source="guard; or who reports it",
    ),
    _known("escalation_rate", "rate", "escalated", "Cases that the agent handed over"),
    _known("rework_rate", "rate", "reworked", "Cases done that came back", counted="done", owed="always"),
    StandardMetric(
        name="adoption",
        words="Cases in which the agent's work was used",
        numerator="cases done by the agent, alone or after a yes, or drafted for people",
        denominator="live cases that ended, those at shadow too; work that never came to an agent is not on record",
        unit="%",
        direction="higher",
        kind="rate",
        of="case",
        source="guard",
        due="at the end of the run",
        column="adopted",
        counted="work",
    ),
    _known(
        "throughput",
        "flow",
        "",
        "How much gets done",
        of="day",
        counted="done",
        owed="never",
        denominator="weeks of the window",
        due="at the end of the day",
    ),
    _known(
        "backlog",
        "flow",
        "",
        "What was begun and has not ended",
        of="moment",
        counted="live",
        owed="never",
        numerator="cases begun whose run has not ended",
        denominator="the end of the last day",
    ),
    StandardMetric(
        name="waiting_time",
        words="How long cases waited for people",
        numerator="time from the first open question to a person until none was open",
        denominator="cases that asked",
        unit="s",
        direction="lower",
        kind="quantile",
        of="case",
        source="guard",
        due="when the person has answered",
        column="waiting_us",
        counted="asked",
        owed="waits",
        quantiles=_NORMAL,
    ),
    StandardMetric(
        name="review_time",
        words="How long people were at a case",
        numerator="people's own time, where it was measured",
        denominator="cases where it was measured",
        unit="s",
        direction="lower",
        kind="quantile",
        of="case",
        source="the inbox",
        due="when the person has answered",
        column="review_us",
        counted="live",
        owed="never",
        quantiles=_NORMAL,
    ),
)
_QUALITY = (
    _known("agreement", "rate", "agreed", "Proposals that equal what people decided blind", owed="agreement"),
    _known(
        "approved_unedited",
        "rate",
        "unedited",
        "Approvals without an edit",
        counted="live",
        owed="approval",
        numerator="cases whose approvals were all given without edit",
        denominator="cases with an action asked",
    ),
    _known("ungrounded_rate", "rate", "ungrounded", "Proposals whose citation bears nothing", owed="never"),
    _known("policy_violation", "rate", "violation", "Cases that hit a rule that forbids", counted="live"),
    _known("task_success", "rate", "succeeded", "Cases that an outside check found right", owed="always"),
    StandardMetric(
        name="error_rate",
        words="Cases that went wrong, of those that began on these days",
        numerator="cases reworked, with a violation, or that an outside check found wrong",
        denominator="live cases that ended",
        unit="%",
        direction="lower",
        kind="rate",
        of="case",
        source="guard, people and outside checks",
        due="as late as the latest of rework_rate and task_success",
        column="erred",
        counted="live",
    ),
)
_RELIABILITY = (
    _known("faults", "rate", "fault", "Runs that an outage ended", of="run", counted="runs"),
    _known("agent_time", "quantile", "agent_us", "The agent's own time", quantiles=_NORMAL),
    StandardMetric(
        name="latency",
        words="How long an agent takes to answer",
        numerator="time from the start of a run until it asked a person, handed over, or ended without a fault",
        denominator="runs that did",
        unit="s",
        direction="lower",
        kind="quantile",
        of="run",
        source="clock",
        due="at the end of the run",
        column="latency_us",
        counted="runs",
        quantiles=(50, 95),
    ),
)
_COST = (
    _known(
        "cost",
        "mean",
        "cost_micros",
        "What a case costs",
        owed="always",
        denominator="cases with a cost",
        numerator="as reported; else the sum of the parts below, where all are known",
    ),
    *(
        StandardMetric(
            name=name,
            words=words,
            numerator=numerator,
            denominator="cases with such a cost",
            unit="currency/case",
            direction="lower",
            kind="mean",
            of="case",
            source="price list and usage",
            due="at the end of the run",
            column=f"{name}_micros",
            owed="never",
        )
        for name, words, numerator in (
            ("model_cost", "What models cost a case", "money spent on models"),
            ("tool_cost", "What tools cost a case", "money spent on tools and compute"),
            ("people_cost", "What people's time costs a case", "people's time at its price"),
        )
    ),
)

STANDARD: Mapping[str, StandardMetric] = MappingProxyType(
    {one.name: one for one in (*_WORKFLOW, *_QUALITY, *_RELIABILITY, *_COST)}
)
"""Every standard metric by name, in the order of a page."""
