"""The pieces that the one-line forms share: numbers, quantities, times, shares, names and levels."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal

from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.contract.cursor import WORD, Line, nearest_of, short, unknown_words
from goldenthread.promise.contract.model import Quantity
from goldenthread.promise.contract.quantities import SECONDS
from goldenthread.promise.values import LADDER, Level

METRIC_NAME = re.compile(r"[a-z][a-z0-9_]*")


ARGUMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


PRINCIPAL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@-]*")


STATISTIC = re.compile(r"mean|p[1-9][0-9]?(?:\.[0-9]{1,3})?")


RESERVED = re.compile(r"any|mean|median|and|in|of|cap|p[0-9.]+")


NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


_GROUPED = re.compile(r"-?[0-9]+(?:[_,' ][0-9]+)+(?:[.,][0-9]+)?|-?[0-9]+,[0-9]+")


_CASES = re.compile(r"cases? +per +(day|week)\b|cases?/(day|week)\b")


_MONEY = re.compile(r"([A-Za-z]{3})(?:/(case|day|week)\b)?(?![A-Za-z0-9_/])")


_KEYWORDS = frozenset({"in", "of", "cap", "and", "at", "owned", "within", "after", "cases", "case", "per", "to"})


_SPELLED = {
    "ms": "ms", "s": "s", "min": "min", "h": "h", "d": "d", "week": "weeks", "weeks": "weeks",
}  # fmt: skip


_MEANT = {
    "msec": "ms", "millisecond": "ms", "milliseconds": "ms", "sec": "s", "secs": "s", "second": "s",
    "seconds": "s", "mins": "min", "minute": "min", "minutes": "min", "m": "min", "hr": "h", "hrs": "h",
    "hour": "h", "hours": "h", "day": "d", "days": "d", "w": "weeks", "wk": "weeks", "month": "weeks",
    "months": "weeks", "quarter": "weeks", "quarters": "weeks", "year": "weeks", "years": "weeks",
    "percent": "%", "pct": "%", "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "euro": "EUR",
    "euros": "EUR", "dollar": "USD", "dollars": "USD", "pound": "GBP", "pounds": "GBP",
}  # fmt: skip


# --- pieces ---------------------------------------------------------------------------------------


def take_number(line: Line, what: str, example: str) -> Decimal:
    """A number without digits in groups; what stands behind it is the caller's."""
    grouped = line.peek(_GROUPED)
    if grouped:
        raise line.fail(_grouping_words(grouped.group()))
    found = line.peek(NUMBER)
    if not found:
        raise line.fail_as(what, example)
    digits = found.group()
    if re.match(r"-?0[0-9]", digits):
        raise line.fail(f"'{digits}' begins with a zero; write {digits.lstrip('-').lstrip('0') or '0'}.")
    if len(digits) > 18:
        raise line.fail(f"'{short(digits)}' has more than 18 digits; write a shorter number.")
    line.at = found.end()
    return Decimal(digits)


def _grouping_words(text: str) -> str:
    if re.fullmatch(r"-?[0-9]+,(?![0-9]{3}$)[0-9]+", text):
        return f"'{text}' has a decimal comma; write {text.replace(',', '.')}."
    plain = re.sub("[_, ']", "", text)
    return f"'{text}' groups digits; write {plain}."


def take_quantity(line: Line, what: str = "quantity", example: str = "0.40 EUR/case") -> Quantity:
    """A number with its unit."""
    line.skip()
    start = line.at
    amount = take_number(line, what, example)
    quantity = Quantity(amount=amount, unit=_unit(line))
    if amount < 0 and (quantity.unit in SECONDS or quantity.unit.startswith("cases")):
        line.at = start
        raise line.fail(f"'{quantity}' is below zero; write '{Quantity(amount=-amount, unit=quantity.unit)}'.")
    return quantity


def _unit(line: Line) -> str:
    if line.take(re.compile("%")):
        return "%"
    cases = line.take(_CASES)
    if cases:
        return f"cases per {cases.group(1) or cases.group(2)}"
    if line.peek(re.compile(r"cases? +(?:per|a|an|each|every)\b|cases?/")):
        raise line.fail(f"'{short(line.chunk())}' is no rate; write 'cases per day' or 'cases per week'.")
    if line.take(re.compile(r"cases?\b")):
        return "cases"
    time = line.peek(re.compile(r"[a-z]+(?![A-Za-z0-9_/])"))
    if time and time.group() in _SPELLED:
        line.at = time.end()
        return _SPELLED[time.group()]
    return _money_or_nothing(line)


def _money_or_nothing(line: Line) -> str:
    money = line.peek(_MONEY)
    if money and money.group(1) in CURRENCIES:
        line.at = money.end()
        return f"{money.group(1)}/{money.group(2)}" if money.group(2) else money.group(1)
    word = line.next_word()
    if not re.match(r"[^\W\d_]|[€$£¥]", word) or word in _KEYWORDS:
        return ""
    raise line.fail(_unit_words(word))


def unit_meant(word: str) -> str | None:
    """The unit that a word in another spelling stands for."""
    return _MEANT.get(word.lower())


def _unit_words(word: str) -> str:
    meant = unit_meant(word)
    if meant:
        return f"'{word}' is no unit; write '{meant}'."
    code, _, per = word.partition("/")
    if re.fullmatch(r"[A-Za-z]{3}", code):
        nearest = code.upper() if code.upper() in CURRENCIES else "EUR"
        if code in CURRENCIES:
            return f"'{word}' is no rate of money; write '{code}/case', '{code}/day' or '{code}/week'."
        return f"'{code}' is no ISO 4217 code; write e.g. '{nearest}{'/' + per if per else ''}'."
    units = "%, ms, s, min, h, d, weeks, cases or money like EUR or EUR/case"
    return f"'{short(word)}' is no unit; leave it out where something is counted, or write {units}."


def take_time(line: Line, what: str, example: str) -> Quantity:
    """A time above zero."""
    start = line.at
    if not line.peek(NUMBER):
        raise line.fail_as(what, example)
    quantity = take_quantity(line, what, example)
    if quantity.unit not in SECONDS or quantity.amount <= 0:
        line.at = start
        line.skip()
        raise line.fail(f"'{quantity}' is no {what}; write e.g. '{example}'.")
    return quantity


def take_window(line: Line) -> Quantity:
    """`in` and a time."""
    if not line.take_words("in"):
        raise line.fail_as("window", "in 8 weeks")
    if not line.peek(NUMBER):
        raise line.fail_as("window", "8 weeks")
    return take_time(line, "window", "8 weeks")


def take_percent(line: Line, example: str = "20 %") -> Decimal:
    """0 to 100 %."""
    start = line.at
    quantity = take_quantity(line, "percentage", example)
    if quantity.unit != "%":
        line.at = start
        percent = quantity.amount * 100 if 0 < quantity.amount <= 1 else quantity.amount
        raise line.fail(f"'{quantity}' is no percentage; write e.g. '{_plain(percent)} %'.")
    if not 0 <= quantity.amount <= 100:
        line.at = start
        raise line.fail(f"'{quantity}' lies outside 0 to 100 %; write e.g. '{example}'.")
    return quantity.amount


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def take_volume(line: Line) -> Quantity:
    """Cases per day or week."""
    example = "120 cases per week"
    start = line.at
    quantity = take_quantity(line, "volume", example)
    if not quantity.unit.startswith("cases per") or quantity.amount <= 0:
        line.at = start
        raise line.fail(f"'{quantity}' is no volume; write e.g. '{example}'.")
    return quantity


def take_metric(line: Line, example: str = "cost_to_serve") -> str:
    """A metric's name."""
    found = line.peek(METRIC_NAME)
    word = line.next_word()
    if not found or found.group() != word:
        raise line.fail_as("metric", example) if not word else line.fail(_metric_words(word))
    if RESERVED.fullmatch(word):
        raise line.fail(f"the metric's name is missing before '{word}'; write e.g. 'agent_time p90'.")
    line.at = found.end()
    return word


def _metric_words(word: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()).strip("_")
    example = plain if METRIC_NAME.fullmatch(plain) else "cost_to_serve"
    return f"'{short(word)}' is no metric's name; write small letters and underscores, e.g. '{example}'."


def take_statistic(line: Line) -> str | None:
    """p50, p90, mean, or nothing."""
    found = line.peek(re.compile(r"[A-Za-z][A-Za-z0-9.]*"))
    if not found:
        return None
    if not STATISTIC.fullmatch(found.group()):
        meant = "p50" if found.group() == "median" else "mean" if found.group() in ("average", "avg") else "p90"
        raise line.fail(f"'{short(found.group())}' is no statistic; write e.g. '{meant}'.")
    line.at = found.end()
    return found.group()


def take_name(line: Line, what: str, example: str) -> str:
    """The name of a person, team or role."""
    found = line.peek(PRINCIPAL_NAME)
    if not found or found.group() != line.next_word():
        raise line.fail_as(what, example)
    line.at = found.end()
    return found.group()


def take_known(line: Line, known: Collection[str] | None, what: str, example: str) -> str:
    """
    The name of an action or argument.

    Args:
        line: Where it stands.
        known: Those that there are; None where nobody says, and then every name will do.
        what: 'action' or 'argument'.
        example: For a complaint.
    """
    found = line.peek(ARGUMENT_NAME)
    if not found or found.group() in JOINING:
        raise line.fail_as(what, example)
    if known is not None and found.group() not in known:
        raise line.fail(unknown_words(found.group(), known, what))
    line.at = found.end()
    return found.group()


JOINING = frozenset({"and", "or", "in", "not", "of", "per", "never", "only", "after"})


def take_level(line: Line) -> Level:
    """One of the five levels."""
    word = line.next_word()
    level = next((level for level in LADDER if level.value == word), None)
    if level is None:
        nearest = nearest_of(word.lower(), [level.value for level in LADDER])
        hint = f"write '{nearest}'." if nearest else f"write one of {', '.join(level.value for level in LADDER)}."
        raise line.fail(f"'{short(word)}' is no level; {hint}")
    line.take(WORD)
    return level
