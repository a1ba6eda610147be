"""What this room refuses to calculate with, and in which words."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import TypeGuard

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter, ValueOutsideCap

MOST_CASES = 10**12
"""Beyond so many cases of one gate the log of the evidence loses its digits, and might promote by rounding."""

SMALLEST_SHARE = 1e-300
"""Below, the evidence that a test asks for is too large for a number, and would be met by overflow."""

_LARGEST = sys.float_info.max
_MOST_SHOWN = 80


def require_share(name: str, value: float, example: str) -> None:
    """
    Refuse a number that is not strictly between 0 and 1, or so near 0 that its inverse overflows.

    Raises:
        ImpossibleParameter: `value` is no number, or not in (0, 1), or below `SMALLEST_SHARE`.
    """
    if not is_number(value) or not SMALLEST_SHARE <= value < 1.0:
        raise ImpossibleParameter(
            f"{name}={shown(value)} is no share that evidence can be held against; "
            f"it must lie between 0 and 1, both excluded. Write e.g. {example}."
        )


def require_counts(successes: int, failures: int) -> None:
    """
    Refuse numbers of cases that nobody can have counted: up to `MOST_CASES` evidence keeps its digits.

    Raises:
        ImpossibleCounts: A count that is negative, above `MOST_CASES` or no whole number.
    """
    if not (is_count(successes) and is_count(failures)):
        most = f", and at most {MOST_CASES}" if _is_whole(successes) and _is_whole(failures) else ""
        raise ImpossibleCounts(
            f"successes={shown(successes)} and failures={shown(failures)} cannot be numbers of cases; "
            f"both must be whole numbers of at least 0{most}. Count the labelled cases again."
        )


def require_cases(name: str, value: int, least: int, most: int = MOST_CASES) -> None:
    """
    Refuse a number of cases below `least` or above `most`, or one that is not whole.

    Raises:
        ImpossibleCounts: `value` is below `least`, above `most` or no whole number.
    """
    if not _is_whole(value) or value < least:
        raise ImpossibleCounts(
            f"{name}={shown(value)} is no number of cases; it must be a whole number of at least {least}. Count again."
        )
    if value > most:
        raise ImpossibleCounts(
            f"{name}={shown(value)} is more than the {most} cases that are calculated with. "
            "Count again, or ask for fewer."
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
            f"horizon={shown(horizon)} looks further than {longest} cases, the longest that is calculated. "
            "Ask for a shorter horizon."
        )


def require_cap(bar: float, cap: float) -> None:
    """
    Refuse a mean whose bar does not lie strictly between nothing and the cap.

    Raises:
        ImpossibleParameter: Not 0 < bar < cap, or either is not finite.
    """
    if not (is_number(bar) and is_number(cap)) or not (0.0 < bar < cap and math.isfinite(cap)):
        raise ImpossibleParameter(
            f"bar={shown(bar)} with cap={shown(cap)} leaves nothing to prove; "
            "a mean's bar must lie above 0 and below its cap. Write e.g. 0.40 with a cap of 5."
        )


def require_false_alarm(value: float) -> None:
    """
    Refuse an average run length that would make a tripwire ring at once or never.

    Raises:
        ImpossibleParameter: Not a finite number above 1.
    """
    if not is_number(value) or not (1.0 < value < math.inf):
        raise ImpossibleParameter(
            f"false_alarm={shown(value)} is no average number of cases to a false alarm; "
            "it must be finite and above 1. Write e.g. 10000 for once in 10000 cases."
        )


def require_bet(bet: float, limit: float) -> None:
    """
    Refuse a failure rate that a detector cannot watch for.

    Raises:
        ImpossibleParameter: `bet` is not in (limit, 1).
    """
    if not is_number(bet) or not limit < bet < 1.0:
        raise ImpossibleParameter(
            f"bet={shown(bet)} is no failure rate to watch for; it must lie above the limit of {limit:g} and below 1. "
            "Leave the bets out to get the measured grid."
        )


def require_within_cap(value: float, cap: float) -> None:
    """
    Refuse an observation that breaks the promise the bound rests on.

    Raises:
        ValueOutsideCap: Below 0, above `cap`, or not finite.
    """
    if not is_number(value) or not 0.0 <= value <= cap:
        raise ValueOutsideCap(
            f"A case was observed at {shown(value)}; the bound holds only for values from 0 to the cap of {cap:g}. "
            "Correct the measurement, or commit a contract with a cap that is enforced."
        )


def require_several(name: str, values: object) -> tuple[float, ...]:
    """
    One or more numbers as a tuple; each is still to be looked at.

    Raises:
        ImpossibleParameter: None, or no list of numbers.
    """
    several = listed(values)
    if not several or not all(map(is_number, several)):
        raise ImpossibleParameter(
            f"{name}={shown(values)} is no list of one or more numbers. Write e.g. (0.1, 0.5), or leave it out."
        )
    return tuple(number for number in several if is_number(number))


def require_label(value: object) -> None:
    """
    Refuse what merely counts as true or false: NaN would be true.

    Raises:
        ImpossibleCounts: Neither True nor False.
    """
    if value is not True and value is not False:
        raise no_label(value)


def require_labels_or_none(labels: Sequence[object]) -> None:
    """
    Refuse labels of which one is neither True nor False, nor None for a pending one; fast where there are many.

    Raises:
        ImpossibleCounts: One is.
    """
    if not set(map(type, labels)) <= {bool, type(None)}:
        raise no_label(next(label for label in labels if type(label) not in {bool, type(None)}))


def no_label(value: object) -> ImpossibleCounts:
    """The error for what merely counts as true or false: NaN would be a success."""
    return ImpossibleCounts(
        f"{shown(value)} is no label of a case; it must be True for a success or False for a failure. "
        "Leave a case without a label out until it has one."
    )


def is_number(value: object) -> TypeGuard[float]:
    """True for a finite number that a float can hold; not for True and False, NaN, and whole numbers beyond that."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _LARGEST


def are_numbers(values: Sequence[object]) -> bool:
    """True where each `is_number`; fast where all are floats, as in a state that is folded case by case."""
    if set(map(type, values)) == {float} and math.isfinite(sum(values)):  # type: ignore[arg-type]
        return True
    return all(map(is_number, values))


def is_count(value: object) -> TypeGuard[int]:
    """True for a whole number from 0 to `MOST_CASES`."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_CASES


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_look(value: object, cases: int, least: int = 1) -> TypeGuard[int | None]:
    """True for None, and for the number of cases at a look that can have been: from `least` to `cases`."""
    return value is None or (is_count(value) and least <= value <= cases)


def listed(numbers: object) -> tuple[object, ...]:
    """The numbers of a stored state, whatever was stored in its place: then none."""
    return tuple(numbers) if isinstance(numbers, Sequence) and not isinstance(numbers, (str, bytes)) else ()


def shown(value: object) -> str:
    """A value for an error's words, short also where it is not."""
    try:
        words = repr(value)
    except ValueError:  # a whole number of more digits than Python writes
        words = f"a {type(value).__name__} of very many digits"
    return words if len(words) <= _MOST_SHOWN else f"{words[: _MOST_SHOWN - 3]}..."
