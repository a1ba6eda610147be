"""What this room refuses to calculate with, and in which words."""

from __future__ import annotations

import math

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter, ValueOutsideCap


def require_share(name: str, value: float, example: str) -> None:
    """
    Refuse a number that is not strictly between 0 and 1.

    Raises:
        ImpossibleParameter: `value` is no number, or not in (0, 1).
    """
    if not _is_number(value) or not 0.0 < value < 1.0:
        raise ImpossibleParameter(
            f"{name}={value!r} is no share that evidence can be held against; "
            f"it must lie between 0 and 1, both excluded. Write e.g. {example}."
        )


def require_counts(successes: int, failures: int) -> None:
    """
    Refuse numbers of cases that nobody can have counted.

    Raises:
        ImpossibleCounts: A count that is negative or no whole number.
    """
    if not (_is_count(successes) and _is_count(failures)):
        raise ImpossibleCounts(
            f"successes={successes!r} and failures={failures!r} cannot be numbers of cases; "
            "both must be whole numbers of at least 0. Count the labelled cases again."
        )


def require_cases(name: str, value: int, least: int) -> None:
    """
    Refuse a number of cases below `least`, or one that is not whole.

    Raises:
        ImpossibleCounts: `value` is below `least` or no whole number.
    """
    if not _is_count(value) or value < least:
        raise ImpossibleCounts(
            f"{name}={value!r} is no number of cases; it must be a whole number of at least {least}. Count again."
        )


def require_horizon(horizon: int, longest: int) -> None:
    """
    Refuse a horizon that is no number of cases, or longer than is tabulated.

    Raises:
        ImpossibleCounts: Not a whole number from 1 to `longest`.
    """
    require_cases("horizon", horizon, 1)
    if horizon > longest:
        raise ImpossibleCounts(
            f"horizon={horizon!r} looks further than {longest} cases, the longest that is calculated. "
            "Ask for a shorter horizon."
        )


def require_cap(bar: float, cap: float) -> None:
    """
    Refuse a mean whose bar does not lie strictly between nothing and the cap.

    Raises:
        ImpossibleParameter: Not 0 < bar < cap, or either is not finite.
    """
    if not (_is_number(bar) and _is_number(cap)) or not (0.0 < bar < cap and math.isfinite(cap)):
        raise ImpossibleParameter(
            f"bar={bar!r} with cap={cap!r} leaves nothing to prove; "
            "a mean's bar must lie above 0 and below its cap. Write e.g. 0.40 with a cap of 5."
        )


def require_false_alarm(value: float) -> None:
    """
    Refuse an average run length that would make a tripwire ring at once or never.

    Raises:
        ImpossibleParameter: Not a finite number above 1.
    """
    if not _is_number(value) or not (1.0 < value < math.inf):
        raise ImpossibleParameter(
            f"false_alarm={value!r} is no average number of cases to a false alarm; "
            "it must be finite and above 1. Write e.g. 10000 for once in 10000 cases."
        )


def require_bet(bet: float, limit: float) -> None:
    """
    Refuse a failure rate that a detector cannot watch for.

    Raises:
        ImpossibleParameter: `bet` is not in (limit, 1).
    """
    if not _is_number(bet) or not limit < bet < 1.0:
        raise ImpossibleParameter(
            f"bet={bet!r} is no failure rate to watch for; it must lie above the limit of {limit:g} and below 1. "
            "Leave the bets out to get the measured grid."
        )


def require_within_cap(value: float, cap: float) -> None:
    """
    Refuse an observation that breaks the promise the bound rests on.

    Raises:
        ValueOutsideCap: Below 0, above `cap`, or not finite.
    """
    if not _is_number(value) or not 0.0 <= value <= cap:
        raise ValueOutsideCap(
            f"A case was observed at {value!r}; the bound holds only for values from 0 to the cap of {cap:g}. "
            "Correct the measurement, or commit a contract with a cap that is enforced."
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
