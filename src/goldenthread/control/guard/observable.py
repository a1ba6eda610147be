"""What somebody outside may report of a case: which metrics, and which values of them."""

from __future__ import annotations

import math
from itertools import chain

from goldenthread.promise.contract import METRICS, Contract
from goldenthread.promise.errors import ObservationRefused

MEASURED_BY_THE_GUARD = ("agreement", "approved_unedited", "escalation_rate", "ungrounded_rate", "agent_time")
"""Nobody reports these: the guard sees them for itself."""

CARRY_SEVERITY = frozenset(name for name, metric in METRICS.items() if metric.severity)
"""Reported harm that may be hard."""

SCORES = ("csat",)
"""Metrics whose values people give on a scale, which a clause states as its cap."""

LARGEST = 2**53 - 1
"""The largest whole number that JSON carries exactly."""


def require_observable(contract: Contract, metric: str, value: float) -> None:
    """
    Refuse what nobody outside can have measured on one case.

    Raises:
        ObservationRefused: The guard measures this itself, nobody knows the metric, or the value is none of its.
    """
    _require_known(contract, metric)
    _require_number(metric, value)
    known = METRICS.get(metric)
    if known is not None and known.kind == "rate" and value not in (0.0, 1.0):
        raise ObservationRefused(
            f"'{metric}' of one case is 1 or 0 (it happened, or did not), not {value!r}. Report one of these."
        )
    if metric == "policy_violation" and value != 1.0:
        raise ObservationRefused(
            "That there was no policy_violation is nothing to report. Report one that happened, as 1."
        )
    if not math.isfinite(value) or value < 0:
        raise ObservationRefused(f"'{metric}' cannot be {value!r}. Report a number of at least 0.")
    _require_on_scale(contract, metric, value)


def require_manner(metric: str, value: float, of: str, severity: str) -> None:
    """
    Refuse whose work and how bad, where they make no sense of this value.

    Raises:
        ObservationRefused: Nobody's work, no known severity, or none that this value can have.
    """
    if of not in ("agent", "people"):
        raise ObservationRefused(f"of={of!r} is nobody whose work is measured. Write of='agent' or of='people'.")
    if severity not in ("", "hard"):
        raise ObservationRefused(
            f"severity={severity!r} is none that a contract names. Write severity='hard', or none."
        )
    if severity and (of == "people" or value != 1.0 or metric not in CARRY_SEVERITY):
        raise ObservationRefused(
            f"'{metric}' {value:g} of {of} cannot be hard; only harm by the agent can: "
            f"{', '.join(sorted(CARRY_SEVERITY))}, as 1. Leave the severity out."
        )


def _require_known(contract: Contract, metric: str) -> None:
    if metric in MEASURED_BY_THE_GUARD:
        raise ObservationRefused(
            f"'{metric}' is measured by the guard and cannot be reported. Report what only others can know, "
            "such as rework_rate or cost."
        )
    if metric not in METRICS and metric not in {shift.metric for shift in contract.shifts.values()}:
        named = ", ".join(shift.metric for shift in contract.shifts.values())
        raise ObservationRefused(
            f"Nobody knows a metric '{metric}'; the contract '{contract.slice}' promises {named}. "
            "Report one of these, or a standard metric such as rework_rate."
        )


def _require_number(metric: str, value: object) -> None:
    """A value that every reader can count with: no yes or no, no text, no whole number that JSON cannot carry."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        said = repr(value) if isinstance(value, bool) else f"a value of type {type(value).__name__}"
        raise ObservationRefused(f"'{metric}' is measured as a number, not {said}. Report a number, such as 1.0.")
    if math.inf > abs(value) > LARGEST:
        said = repr(value) if isinstance(value, float) else _magnitude(value)
        raise ObservationRefused(
            f"'{metric}' cannot be {said}: numbers are kept up to {LARGEST}. Report one that a case can have."
        )


def _magnitude(value: int) -> str:
    """Around which power of two it is; Python refuses to write out whole numbers of thousands of digits."""
    return f"a whole number around {'-' if value < 0 else ''}2**{abs(value).bit_length() - 1}"


def _require_on_scale(contract: Contract, metric: str, value: float) -> None:
    """A score above its scale cannot have been given; a cost above its cap can, so it stays a fact for the gate."""
    if metric not in SCORES or contract.autonomy is None:
        return
    promised = chain(*contract.autonomy.gates.values(), *contract.autonomy.tripwires.values())
    for clause in promised:
        if clause.metric == metric and clause.cap is not None and value > float(clause.cap.amount):
            raise ObservationRefused(
                f"'{metric}' cannot be {value!r}: by '{clause}' its scale ends at {clause.cap}. "
                f"Report a number between 0 and {clause.cap}."
            )
