"""The one-line forms themselves, each taken from a line; `grammar` has the rules and the public parsers."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal

from goldenthread.promise.contract.cursor import WORD, Line, nearest_of, short, unknown_words
from goldenthread.promise.contract.model import (
    WEEKDAYS,
    Calendar,
    Claim,
    ErrorBudget,
    EscalationStep,
    Expiry,
    Fallback,
    FalseAlarm,
    Limit,
    Quantity,
    Shift,
)
from goldenthread.promise.contract.pieces import (
    ARGUMENT_NAME,
    take_level,
    take_metric,
    take_name,
    take_percent,
    take_quantity,
    take_statistic,
    take_time,
    take_window,
)
from goldenthread.promise.contract.quantities import dimension
from goldenthread.promise.contract.zones import ZONES
from goldenthread.promise.values import Level

# --- shift ----------------------------------------------------------------------------------------


def take_shift(line: Line) -> Shift:
    """Metric, before, after, window and owner."""
    metric = take_metric(line)
    statistic = take_statistic(line)
    baseline = take_quantity(line, "baseline", "18 -> 6 EUR/case")
    if not line.take(re.compile("->")):
        raise line.fail(f"'{short(line.next_word())}' is no arrow to the target; write e.g. '18 -> 6 EUR/case'.")
    start = line.at
    target = take_quantity(line, "target", "18 -> 6 EUR/case")
    if not baseline.unit:
        baseline = Quantity(amount=baseline.amount, unit=target.unit)
    if dimension(baseline) != dimension(target):
        line.at = start
        raise line.fail(
            f"'{target}' cannot be compared with the baseline '{baseline}'; write both in one unit, "
            "e.g. '18 -> 6 EUR/case'."
        )
    of = _of(line)
    window = take_window(line)
    owner = _owner(line)
    return Shift(
        metric=metric, statistic=statistic, baseline=baseline, target=target, of=of, window=window, owner=owner
    )


def _of(line: Line) -> str | None:
    if not line.take_words("of"):
        return None
    found = line.peek(re.compile(r"[A-Za-z][A-Za-z-]*(?: +(?!in )[A-Za-z][A-Za-z-]*)*"))
    if not found or found.group() == "in":
        raise line.fail("'of' does not say of what; write e.g. 'of cases'.")
    line.at = found.end()
    return " ".join(found.group().split())


def _owner(line: Line) -> str:
    example = ", owned by finance-ops"
    line.skip()
    if line.text[line.at : line.at + 1] != ",":
        found = line.text[line.at :].strip()
        if not found:
            raise line.fail(f"the owner is missing; write e.g. '{example}'.")
        raise line.fail(f"'{short(found)}' is no owner; write e.g. '{example}'.")
    line.at += 1
    if not line.take_words("owned by"):
        raise line.fail_as("owner", "owned by finance-ops")
    return take_name(line, "owner", "finance-ops")


# --- the smaller lines ----------------------------------------------------------------------------


def take_error_budget(line: Line) -> ErrorBudget:
    """A share of cases in a window."""
    share = take_percent(line, "1 % of cases in 28 d")
    if not line.take_words("of cases"):
        raise line.fail_as("share of cases", "1 % of cases in 28 d")
    if not line.take_words("in"):
        raise line.fail_as("window", "in 28 d")
    return ErrorBudget(share=share, window=take_time(line, "window", "28 d"))


def take_share(line: Line) -> tuple[Decimal, Level | None]:
    """A share of cases, perhaps at a level."""
    share = take_percent(line, "20 % of cases at draft")
    if not line.take_words("of cases"):
        raise line.fail_as("share of cases", "20 % of cases at draft")
    level = take_level(line) if line.take_words("at") else None
    return share, level


def take_approvals(line: Line) -> Decimal:
    """A share of what people are asked to approve."""
    share = take_percent(line, "5 % of approvals")
    if not line.take_words("of approvals"):
        raise line.fail_as("share of approvals", "5 % of approvals")
    return share


def take_step(line: Line) -> EscalationStep:
    """Somebody and their time to answer."""
    if line.next_word() == "within":
        raise line.fail("the person or role is missing before 'within'; write e.g. 'reviewer within 4 h'.")
    to = take_name(line, "person or role", "reviewer within 4 h")
    if not line.take_words("within"):
        raise line.fail_as("timer", "within 4 h")
    return EscalationStep(to=to, within=take_time(line, "time", "4 h"))


def take_expiry(line: Line) -> Expiry:
    """How long a question may wait for a yes."""
    if not line.take_words("after"):
        raise line.fail_as("time to expire", "after 5 d")
    return Expiry(after=take_time(line, "time", "5 d"))


def take_fallback(line: Line) -> Fallback:
    """A level and the time until it."""
    example = "fall back to draft after 1 d without an approver"
    if not line.take_words("fall back to"):
        raise line.fail_as("answer to people leaving", example)
    level = take_level(line)
    if not line.take_words("after"):
        raise line.fail_as("time without an approver", "after 1 d without an approver")
    after = take_time(line, "time", "1 d")
    if not line.take_words("without an approver"):
        raise line.fail_as("condition", "without an approver")
    return Fallback(level=level, after=after)


def take_false_alarm(line: Line) -> FalseAlarm:
    """A number of cases, perhaps calibrated."""
    example = "once in 10000 cases"
    if not line.take_words("once in"):
        raise line.fail_as("rate of false alarms", example)
    start = line.at
    quantity = take_quantity(line, "number of cases", "10000 cases")
    if quantity.unit != "cases" or quantity.amount != int(quantity.amount) or quantity.amount < 1:
        line.at = start
        raise line.fail(f"'{quantity}' is no number of cases; write e.g. '{example}'.")
    return FalseAlarm(cases=int(quantity.amount), calibrated=_calibrated(line))


def _calibrated(line: Line) -> bool:
    if not line.take(re.compile(",")):
        return False
    if not line.take_words("calibrated"):
        found = short(line.chunk())
        raise line.fail(f"'{found}' is not understood here; write e.g. 'once in 10000 cases, calibrated'.")
    return True


def take_claim(line: Line) -> Claim:
    """One of the two claims."""
    for claim in Claim:
        if line.take_words(claim.value):
            return claim
    nearest = nearest_of(line.chunk().lower(), [claim.value for claim in Claim])
    hint = f"write '{nearest}'." if nearest else f"write '{Claim.PERIOD}' or '{Claim.FUTURE_DAYS}'."
    if not line.chunk():
        raise line.fail(f"the claim is missing; {hint}")
    raise line.fail(f"'{short(line.chunk())}' is no claim; {hint}")


def take_calendar(line: Line) -> Calendar:
    """Days, hours and zone."""
    weekdays = _weekdays(line)
    opens, closes = _hours(line)
    return Calendar(weekdays=weekdays, opens=opens, closes=closes, zone=_zone(line))


def _weekdays(line: Line) -> tuple[int, ...]:
    found = line.peek(re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)?(?:,[A-Za-z]+(?:-[A-Za-z]+)?)*"))
    if not found:
        raise line.fail_as("weekdays", "Mon-Fri 09:00-17:00 Europe/Berlin")
    days: set[int] = set()
    for span in found.group().split(","):
        first, _, last = span.partition("-")
        for name in (first, last or first):
            if name not in WEEKDAYS:
                raise line.fail(f"'{short(name)}' is no weekday; write e.g. 'Mon-Fri' ({', '.join(WEEKDAYS)}).")
        if WEEKDAYS.index(last or first) < WEEKDAYS.index(first):
            raise line.fail(f"'{span}' runs backwards; write e.g. 'Mon,Sat-Sun'.")
        days.update(range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1))
    line.at = found.end()
    return tuple(sorted(days))


def _hours(line: Line) -> tuple[int, int]:
    found = line.peek(re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])(?= |$)"))
    if not found:
        word = line.next_word()
        raise line.fail(f"'{short(word)}' are no hours; write e.g. '09:00-17:00'.")
    opens = int(found.group(1)) * 60 + int(found.group(2))
    closes = int(found.group(3)) * 60 + int(found.group(4))
    if not opens < closes <= 24 * 60:
        raise line.fail(f"'{found.group()}' does not open before it closes on the same day; write e.g. '09:00-17:00'.")
    line.at = found.end()
    return opens, closes


def _zone(line: Line) -> str:
    word = line.next_word()
    if word not in ZONES:
        nearest = nearest_of(word, ZONES) or "Europe/Berlin"
        if not word:
            raise line.fail("the time zone is missing; write e.g. 'Europe/Berlin'.")
        raise line.fail(f"'{short(word)}' is no time zone; write e.g. '{nearest}'.")
    line.take(WORD)
    return word


# --- limits ---------------------------------------------------------------------------------------


def take_limits(line: Line, arguments: Collection[str] | None = None) -> tuple[Limit, ...]:
    """Conditions joined by `and`; `arguments` are those that there are, None for any."""
    limits = [_limit(line, arguments)]
    while line.take_words("and"):
        limits.append(_limit(line, arguments))
    return tuple(limits)


def _limit(line: Line, arguments: Collection[str] | None) -> Limit:
    name = _limited(line, arguments)
    operator = line.take(re.compile(r"not +in\b|in\b|<=|>=|==|<|>"))
    if not operator:
        raise line.fail_as("condition", f"{name} in allowed_values")
    if operator.group().endswith("in"):
        return _membership(line, name, " ".join(operator.group().split()))
    bound = take_quantity(line, "bound", f"{name} {operator.group()} 100 EUR")
    return Limit(argument=name, operator=operator.group(), right=str(bound))


def _limited(line: Line, arguments: Collection[str] | None) -> str:
    found = line.peek(ARGUMENT_NAME)
    if not found or found.group() in ("and", "in", "not"):
        line.take(ARGUMENT_NAME)
        raise line.fail_as("argument", "amount <= 100 EUR")
    if arguments is not None and found.group() not in arguments:
        raise line.fail(unknown_words(found.group(), arguments, "argument"))
    line.at = found.end()
    return found.group()


def _membership(line: Line, argument: str, operator: str) -> Limit:
    name = line.peek(ARGUMENT_NAME)
    if not name or name.group() == "and":
        raise line.fail_as("list's name", f"{argument} {operator} allowed_values")
    line.at = name.end()
    return Limit(argument=argument, operator=operator, right=name.group())
