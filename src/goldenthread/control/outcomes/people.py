"""The status quo that a log of people's work tells, held beside a contract's workflow lines, signed and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from goldenthread.control.guard import MAY_STATE_WORK, Desk, Writing
from goldenthread.control.outcomes.stating import say_signed
from goldenthread.control.windows import STATUS_QUO
from goldenthread.promise.contract import SECONDS, Clause, Workflow
from goldenthread.promise.errors import OutcomeUnknown
from goldenthread.promise.values import Json
from goldenthread.record.eventlogs import DEFINITIONS, EventLog, StatusQuo, status_quo
from goldenthread.record.ledger import Record
from goldenthread.record.principals import KeyRing

TOLD = ("cycle_time", "throughput", "rework_rate")
"""Workflow lines that a log of people's work can speak of."""

_DAY_US, _WEEK_DAYS = 86_400 * 1_000_000, 7
_PLACES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class FrozenWork:
    """A status quo as it was frozen. `new`: it was not on record before; `lines` are those of the contract."""

    record: Record
    new: bool
    found: StatusQuo
    lines: Mapping[str, Mapping[str, Any]]
    figures: Mapping[str, str]


def freeze_work(desk: Desk, ring: KeyRing, log: EventLog, *, by: str) -> FrozenWork:
    """
    Freeze what the workflow was before, as people's own log tells it. The same log again changes nothing.

    Args:
        desk: Of the slice.
        ring: Holds the key of `by`.
        log: Of the people's work.
        by: A data owner or an owner of the slice.

    Raises:
        ContractNotFound: The slice has no contract.
        OutcomeUnknown: No workflow line of it can be told from a log.
        EventLogInvalid: The log cannot be read to its end, or has no cases.
        NotPermitted, PrincipalUnknown, NotInitialised: `by` may not.
        KeyMissing, KeyLocked, SignatureInvalid: `by` cannot sign here.
    """
    desk.principals().require_role(by, MAY_STATE_WORK, desk.slice)
    found = status_quo(log)
    figures = _figures(found)
    with desk.transaction() as writing:
        lines = _lines(writing, found)
        content = _content(log, found, lines, figures)
        known = writing.standing.windows.work
        if known is not None and {**content, "name": known.data["name"]} == _without_signature(known.data):
            return FrozenWork(record=known, new=False, found=found, lines=lines, figures=figures)
        record = say_signed(writing, ring, by, STATUS_QUO, content)
    return FrozenWork(record=record, new=True, found=found, lines=lines, figures=figures)


def _without_signature(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "envelope"}


def _lines(writing: Writing, found: StatusQuo) -> dict[str, dict[str, Json]]:
    workflow = writing.contract().workflow
    lines: dict[str, dict[str, Json]] = {}
    for metric in TOLD:
        clause = getattr(workflow, metric) if isinstance(workflow, Workflow) else None
        value = _value(clause, found) if clause is not None else None
        if clause is not None and value is not None and clause.bound is not None:
            lines[metric] = {"line": clause.condition, "value": value, "unit": clause.bound.unit}
    if not lines:
        raise OutcomeUnknown(
            f"The contract of '{writing.desk.slice}' promises nothing of its workflow that a log can tell; that is "
            f"{', '.join(TOLD)}. State one of these under 'workflow' first."
        )
    return lines


def _value(clause: Clause, found: StatusQuo) -> str | None:
    """What a line was in the log, in the line's own unit and by its own statistic; None for what cannot be told."""
    unit = clause.bound.unit if clause.bound is not None else ""
    if clause.metric == "rework_rate":
        return _decimal(found.rework_share * 100) if unit == "%" else None
    if clause.metric == "cycle_time":
        if unit not in SECONDS:
            return None
        quantile = clause.statistic is not None and clause.statistic.startswith("p")
        share = Fraction(Decimal(str(clause.statistic)[1:])) / 100 if quantile else None
        taken = found.quantile_us(share) if share is not None else found.mean_us
        return _decimal(taken / (Fraction(SECONDS[unit]) * 1_000_000))
    per_week = found.per_week
    if per_week is None or unit not in ("cases per week", "cases per day"):
        return None
    return _decimal(per_week if unit == "cases per week" else per_week / _WEEK_DAYS)


def _figures(found: StatusQuo) -> dict[str, str]:
    per_week = found.per_week
    return {
        "cycle_median_d": _decimal(found.quantile_us(Fraction(1, 2)) / _DAY_US),
        "cycle_p90_d": _decimal(found.quantile_us(Fraction(9, 10)) / _DAY_US),
        "cycle_mean_d": _decimal(found.mean_us / _DAY_US),
        "rework_cases": str(found.reworked),
        "rework_percent": _decimal(found.rework_share * 100),
        **({"cases_per_week": _decimal(per_week)} if per_week is not None else {}),
    }


def _content(log: EventLog, found: StatusQuo, lines: Mapping[str, Json], figures: Mapping[str, str]) -> dict[str, Json]:
    tally = log.tally
    return {
        "file": log.digest,
        "name": log.path.name,
        "cases": tally.cases,
        "events": tally.events,
        "left_out": dict(sorted(tally.bad.items())),
        "from": found.begins.date().isoformat(),
        "to": found.ends.date().isoformat(),
        "lines": dict(lines),
        "figures": dict(figures),
        "definitions": {metric: DEFINITIONS[metric] for metric in TOLD},
    }


def _decimal(value: Fraction) -> str:
    return f"{(Decimal(round(value * _PLACES)) / _PLACES).normalize() + Decimal(0):f}"
