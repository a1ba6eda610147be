"""
The one-line forms of a contract, each with its parser; the records print the canonical form themselves.

    quantity   18 | 95 % | 0.40 EUR/case | 10 min | 40 cases | 120 cases per week
    shift      METRIC [STATISTIC] QUANTITY -> QUANTITY [of WORDS] in TIME, owned by NAME
    clause     METRIC [STATISTIC] HELD [cap QUANTITY] [in TIME] [in every SEGMENT] | any [hard] METRIC
    held       COMPARISON QUANTITY | not below people by QUANTITY | not above people by QUANTITY
    budget     PERCENT of cases in TIME
    share      PERCENT of cases [at LEVEL]
    approvals  PERCENT of approvals
    step       NAME within TIME
    expiry     after TIME
    fallback   fall back to LEVEL after TIME without an approver
    calendar   DAYS HH:MM-HH:MM ZONE
    alarm      once in COUNT cases [, calibrated]
    claim      over the period | about future days
    limit      ARGUMENT in LIST | ARGUMENT not in LIST | ARGUMENT COMPARISON QUANTITY, joined by `and`
    spending   COUNT calls SPAN | COUNT tokens SPAN | AMOUNT [CURRENCY] of ARGUMENT SPAN | AMOUNT CURRENCY SPAN
    span       per run | per day | per slice
    releases   signed by ROLE [and ROLE ...]; role: owner | expert | data owners
    rule       after ACTIONS, never ACTIONS | after ACTIONS, ACTIONS only with a person
               | two people for ACTION and ACTION; ACTIONS joined by `or`
    field      TYPE [?]; type: text | number | whole number | yes or no | list | object
    output     TYPE | nothing
    path       NAME[.NAME ...]
    price      AMOUNT CURRENCY
    hourly     AMOUNT CURRENCY/h

Whatever parses, prints, and parses to the same. Every parser raises LineInvalid, which says where in the
line and what to write instead.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from goldenthread.promise.contract.acting import Budget, Field, SequenceRule
from goldenthread.promise.contract.acting_lines import take_budget, take_field, take_output, take_path, take_rule
from goldenthread.promise.contract.clause_lines import take_clause
from goldenthread.promise.contract.cost_lines import take_hourly, take_price
from goldenthread.promise.contract.cursor import whole
from goldenthread.promise.contract.lines import (
    take_approvals,
    take_calendar,
    take_claim,
    take_error_budget,
    take_expiry,
    take_fallback,
    take_false_alarm,
    take_limits,
    take_share,
    take_shift,
    take_step,
)
from goldenthread.promise.contract.model import (
    Calendar,
    Claim,
    Clause,
    ErrorBudget,
    EscalationStep,
    Expiry,
    Fallback,
    FalseAlarm,
    Limit,
    Quantity,
    Shift,
)
from goldenthread.promise.contract.pieces import take_level, take_percent, take_quantity, take_time, take_volume
from goldenthread.promise.contract.quantities import seconds
from goldenthread.promise.contract.releases import Releases, take_releases
from goldenthread.promise.values import Level

# --- quantities -----------------------------------------------------------------------------------


def parse_quantity(text: str) -> Quantity:
    """A number with its unit, e.g. `0.40 EUR/case`, `95 %`, `10 min`, `120 cases per week`, `18`."""
    return whole(text, take_quantity)


def parse_time(text: str) -> Quantity:
    """A length of time above zero: a number and one of ms, s, min, h, d, weeks."""
    return whole(text, lambda line: take_time(line, "time", "4 h"))


def parse_duration(text: str) -> Decimal:
    """A length of time in seconds, exact; raises LineInvalid like `parse_time`."""
    return seconds(parse_time(text))


def parse_percent(text: str) -> Decimal:
    """A percentage from 0 to 100, as the number before the sign."""
    return whole(text, take_percent)


def parse_volume(text: str) -> Quantity:
    """How many cases come: `120 cases per week`, or per day."""
    return whole(text, take_volume)


# --- lines ----------------------------------------------------------------------------------------


def parse_shift(text: str) -> Shift:
    """An outcome or adoption line: `cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops`."""
    return whole(text, take_shift)


def parse_clause(text: str, *, metric: str | None = None) -> Clause:
    """
    A condition on one metric: `agent_time p90 <= 10 min`, `cost <= 0.40 EUR/case cap 5 EUR`, `any policy_violation`,
    `csat not below people by 0.1 cap 5`, `agreement >= 85 % in every language`.

    Args:
        text: The line; with `metric` given, the line without its metric (`p90 <= 2 d`), as in `workflow`.
        metric: The metric that the line's key names.
    """
    return whole(text, lambda line: take_clause(line, metric))


def parse_error_budget(text: str) -> ErrorBudget:
    """`1 % of cases in 28 d`."""
    return whole(text, take_error_budget)


def parse_share(text: str) -> tuple[Decimal, Level | None]:
    """`20 % of cases at draft`; without a level, None."""
    return whole(text, take_share)


def parse_approvals(text: str) -> Decimal:
    """`5 % of approvals`, as the number before the sign."""
    return whole(text, take_approvals)


def parse_step(text: str) -> EscalationStep:
    """`reviewer within 4 h`."""
    return whole(text, take_step)


def parse_expiry(text: str) -> Expiry:
    """`after 5 d`."""
    return whole(text, take_expiry)


def parse_fallback(text: str) -> Fallback:
    """`fall back to draft after 1 d without an approver`."""
    return whole(text, take_fallback)


def parse_releases(text: str) -> Releases:
    """`signed by expert and data owners`."""
    return whole(text, take_releases)


def parse_calendar(text: str) -> Calendar:
    """`Mon-Fri 09:00-17:00 Europe/Berlin`; days may be listed: `Mon-Wed,Fri`."""
    return whole(text, take_calendar)


def parse_false_alarm(text: str) -> FalseAlarm:
    """`once in 10000 cases`, or `once in 10000 cases, calibrated`."""
    return whole(text, take_false_alarm)


def parse_claim(text: str) -> Claim:
    """`over the period` or `about future days`."""
    return whole(text, take_claim)


def parse_limit(text: str, *, arguments: Collection[str] | None = None) -> tuple[Limit, ...]:
    """
    `licence in allowed_licences and amount <= 100 EUR`: conditions that must all hold.

    Args:
        text: The line.
        arguments: The names that it may hold; None for any.
    """
    return whole(text, lambda line: take_limits(line, arguments))


def parse_budget(text: str, *, arguments: Collection[str] | None = None) -> Budget:
    """
    `20 calls per day`, `500 EUR of amount per day`, `200000 tokens per run`, `5 EUR per run`.

    Args:
        text: The line.
        arguments: The names of arguments that may be summed; None for any.
    """
    return whole(text, lambda line: take_budget(line, arguments))


def parse_rule(text: str, *, actions: Collection[str] | None = None) -> SequenceRule:
    """
    `after read_customer, send_message only with a person`, `after read_claim or read_customer, never post_publicly`,
    `two people for add_payee and send_money`.

    Args:
        text: The line.
        actions: The names of actions that it may hold; None for any.
    """
    return whole(text, lambda line: take_rule(line, actions))


def parse_field(text: str) -> Field:
    """The type of an argument: `text`, or `text?` where it may be left out."""
    return whole(text, take_field)


def parse_output(text: str) -> str:
    """The type of an output: `object`, or `nothing`."""
    return whole(text, take_output)


def parse_path(text: str) -> str:
    """Where in an output something stands: `contacts.address`."""
    return whole(text, take_path)


def parse_price(text: str) -> Quantity:
    """What a call of a tool costs: `0.02 EUR`, and `0 EUR` where it is free."""
    return whole(text, take_price)


def parse_hourly(text: str) -> Quantity:
    """What an hour of a person's work costs: `54 EUR/h`."""
    return whole(text, take_hourly)


def parse_level(text: str) -> Level:
    """One of the five levels."""
    return whole(text, take_level)
