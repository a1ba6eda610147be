"""
The one-line forms of a contract, each with its parser; the records print the canonical form themselves.

    quantity   18 | 95 % | 0.40 EUR/case | 10 min | 40 cases | 120 cases per week
    shift      METRIC [STATISTIC] QUANTITY -> QUANTITY [of WORDS] in TIME, owned by NAME
    clause     METRIC [STATISTIC] COMPARISON QUANTITY [cap QUANTITY] [in TIME] | any METRIC
    budget     PERCENT of cases in TIME
    share      PERCENT of cases [at LEVEL]
    step       NAME within TIME
    fallback   fall back to LEVEL after TIME without an approver
    calendar   DAYS HH:MM-HH:MM ZONE
    alarm      once in COUNT cases
    limit      ARGUMENT in LIST | ARGUMENT not in LIST | ARGUMENT COMPARISON QUANTITY, joined by `and`

Whatever parses, prints, and parses to the same. Every parser raises LineInvalid, which says where in the
line and what to write instead.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.contract.model import (
    WEEKDAYS,
    Calendar,
    Clause,
    Comparison,
    ErrorBudget,
    EscalationStep,
    Fallback,
    Limit,
    Quantity,
    Shift,
)
from goldenthread.promise.contract.zones import ZONES
from goldenthread.promise.errors import LineInvalid
from goldenthread.promise.values import LADDER, Level

SECONDS: dict[str, Decimal] = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
    "weeks": Decimal(604800),
}
"""Length of each unit of time, in seconds."""

METRIC_NAME = re.compile(r"[a-z][a-z0-9_]*")
PRINCIPAL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@-]*")
ARGUMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_STATISTIC = re.compile(r"mean|p[1-9][0-9]?(?:\.[0-9]{1,3})?")
_RESERVED = re.compile(r"any|mean|median|and|in|of|cap|p[0-9.]+")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_GROUPED = re.compile(r"-?[0-9]+(?:[_,' ][0-9]+)+(?:[.,][0-9]+)?|-?[0-9]+,[0-9]+")
_CASES = re.compile(r"cases? +per +(day|week)\b|cases?/(day|week)\b")
_MONEY = re.compile(r"([A-Za-z]{3})(?:/(case|day|week)\b)?(?![A-Za-z0-9_/])")
_WORD = re.compile(r"[^\s,]+")
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

_T = TypeVar("_T")


# --- quantities ---------------------------------------------------------------------------------


def parse_quantity(text: str) -> Quantity:
    """A number with its unit, e.g. `0.40 EUR/case`, `95 %`, `10 min`, `120 cases per week`, `18`."""
    return _whole(text, _quantity)


def parse_time(text: str) -> Quantity:
    """A length of time above zero: a number and one of ms, s, min, h, d, weeks."""
    return _whole(text, lambda line: _time(line, "time", "4 h"))


def parse_duration(text: str) -> Decimal:
    """A length of time in seconds, exact; raises LineInvalid like `parse_time`."""
    return seconds(parse_time(text))


def parse_percent(text: str) -> Decimal:
    """A percentage from 0 to 100, as the number before the sign."""
    return _whole(text, _percent)


def parse_volume(text: str) -> Quantity:
    """How many cases come: `120 cases per week`, or per day."""
    return _whole(text, _volume)


def seconds(quantity: Quantity) -> Decimal:
    """The nominal length of a time in seconds (1 d = 86400), exact; KeyError for a unit that is no time."""
    return quantity.amount * SECONDS[quantity.unit]


def dimension(quantity: Quantity) -> str:
    """What may be compared with it: 'time', or the unit itself."""
    return "time" if quantity.unit in SECONDS else quantity.unit


def magnitude(quantity: Quantity) -> Decimal:
    """A number comparable within one dimension: seconds for times, else the amount."""
    return seconds(quantity) if quantity.unit in SECONDS else quantity.amount


# --- lines --------------------------------------------------------------------------------------


def parse_shift(text: str) -> Shift:
    """An outcome or adoption line: `cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops`."""
    return _whole(text, _shift)


def parse_clause(text: str, *, metric: str | None = None) -> Clause:
    """
    A condition on one metric: `agent_time p90 <= 10 min`, `cost <= 0.40 EUR/case cap 5 EUR`, `any policy_violation`.

    Args:
        text: The line; with `metric` given, the line without its metric (`p90 <= 2 d`), as in `workflow`.
        metric: The metric that the line's key names.
    """
    return _whole(text, lambda line: _clause(line, metric))


def parse_error_budget(text: str) -> ErrorBudget:
    """`1 % of cases in 28 d`."""
    return _whole(text, _error_budget)


def parse_share(text: str) -> tuple[Decimal, Level | None]:
    """`20 % of cases at draft`; without a level, None."""
    return _whole(text, _share)


def parse_step(text: str) -> EscalationStep:
    """`reviewer within 4 h`."""
    return _whole(text, _step)


def parse_fallback(text: str) -> Fallback:
    """`fall back to draft after 1 d without an approver`."""
    return _whole(text, _fallback)


def parse_calendar(text: str) -> Calendar:
    """`Mon-Fri 09:00-17:00 Europe/Berlin`; days may be listed: `Mon-Wed,Fri`."""
    return _whole(text, _calendar)


def parse_false_alarm(text: str) -> int:
    """`once in 10000 cases`, as the number of cases."""
    return _whole(text, _false_alarm)


def parse_limit(text: str) -> tuple[Limit, ...]:
    """`licence in allowed_licences and amount <= 100 EUR`: conditions that must all hold."""
    return _whole(text, _limits)


def parse_level(text: str) -> Level:
    """One of the five levels."""
    return _whole(text, _level)


# --- the cursor ---------------------------------------------------------------------------------


@dataclass
class _Line:
    """A line being read from left to right."""

    text: str
    at: int = 0

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at] == " ":
            self.at += 1

    def peek(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.skip()
        return pattern.match(self.text, self.at)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = self.peek(pattern)
        if found:
            self.at = found.end()
        return found

    def take_words(self, words: str) -> bool:
        """Take exactly these words, however many spaces between them."""
        return bool(self.take(re.compile(r" +".join(map(re.escape, words.split())) + r"(?![A-Za-z0-9_])")))

    def next_word(self) -> str:
        found = self.peek(_WORD)
        return found.group() if found else ""

    def chunk(self) -> str:
        """What stands here, up to the next comma or the end."""
        self.skip()
        return self.text[self.at :].split(",")[0].strip()

    def fail(self, words: str) -> LineInvalid:
        self.skip()
        return LineInvalid(words, offset=self.at)

    def fail_as(self, what: str, example: str) -> LineInvalid:
        """`'soon' is no window; write e.g. 'in 8 weeks'.`, or that it is missing."""
        found = self.chunk()
        if not found:
            return self.fail(f"the {what} is missing; write e.g. '{example}'.")
        return self.fail(f"'{_short(found)}' is no {what}; write e.g. '{example}'.")


def _whole(text: str, parse: Callable[[_Line], _T]) -> _T:
    line = _Line(text=text)
    result = parse(line)
    line.skip()
    if line.at < len(text):
        raise line.fail(f"'{_short(text[line.at :])}' is not understood here; remove it.")
    return result


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37].rstrip() + "..."


def _nearest(word: str, known: Iterable[str]) -> str | None:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


# --- pieces -------------------------------------------------------------------------------------


def _number(line: _Line, what: str, example: str) -> Decimal:
    grouped = line.peek(_GROUPED)
    if grouped:
        raise line.fail(_grouping_words(grouped.group()))
    found = line.peek(_NUMBER)
    if not found:
        raise line.fail_as(what, example)
    digits = found.group()
    if re.match(r"-?0[0-9]", digits):
        raise line.fail(f"'{digits}' begins with a zero; write {digits.lstrip('-').lstrip('0') or '0'}.")
    if len(digits) > 18:
        raise line.fail(f"'{_short(digits)}' has more than 18 digits; write a shorter number.")
    line.at = found.end()
    return Decimal(digits)


def _grouping_words(text: str) -> str:
    if re.fullmatch(r"-?[0-9]+,(?![0-9]{3}$)[0-9]+", text):
        return f"'{text}' has a decimal comma; write {text.replace(',', '.')}."
    plain = re.sub("[_, ']", "", text)
    return f"'{text}' groups digits; write {plain}."


def _quantity(line: _Line, what: str = "quantity", example: str = "0.40 EUR/case") -> Quantity:
    line.skip()
    start = line.at
    amount = _number(line, what, example)
    quantity = Quantity(amount=amount, unit=_unit(line))
    if amount < 0 and (quantity.unit in SECONDS or quantity.unit.startswith("cases")):
        line.at = start
        raise line.fail(f"'{quantity}' is below zero; write '{Quantity(amount=-amount, unit=quantity.unit)}'.")
    return quantity


def _unit(line: _Line) -> str:
    if line.take(re.compile("%")):
        return "%"
    cases = line.take(_CASES)
    if cases:
        return f"cases per {cases.group(1) or cases.group(2)}"
    if line.peek(re.compile(r"cases? +(?:per|a|an|each|every)\b|cases?/")):
        raise line.fail(f"'{_short(line.chunk())}' is no rate; write 'cases per day' or 'cases per week'.")
    if line.take(re.compile(r"cases?\b")):
        return "cases"
    time = line.peek(re.compile(r"[a-z]+(?![A-Za-z0-9_/])"))
    if time and time.group() in _SPELLED:
        line.at = time.end()
        return _SPELLED[time.group()]
    return _money_or_nothing(line)


def _money_or_nothing(line: _Line) -> str:
    money = line.peek(_MONEY)
    if money and money.group(1) in CURRENCIES:
        line.at = money.end()
        return f"{money.group(1)}/{money.group(2)}" if money.group(2) else money.group(1)
    word = line.next_word()
    if not re.match(r"[^\W\d_]|[€$£¥]", word) or word in _KEYWORDS:
        return ""
    raise line.fail(_unit_words(word))


def _unit_words(word: str) -> str:
    meant = _MEANT.get(word.lower())
    if meant:
        return f"'{word}' is no unit; write '{meant}'."
    code, _, per = word.partition("/")
    if re.fullmatch(r"[A-Za-z]{3}", code):
        nearest = code.upper() if code.upper() in CURRENCIES else "EUR"
        if code in CURRENCIES:
            return f"'{word}' is no rate of money; write '{code}/case', '{code}/day' or '{code}/week'."
        return f"'{code}' is no ISO 4217 code; write e.g. '{nearest}{'/' + per if per else ''}'."
    return f"'{_short(word)}' is no unit; write %, ms, s, min, h, d, weeks, cases or money like EUR or EUR/case."


def _time(line: _Line, what: str, example: str) -> Quantity:
    start = line.at
    if not line.peek(_NUMBER):
        raise line.fail_as(what, example)
    quantity = _quantity(line, what, example)
    if quantity.unit not in SECONDS or quantity.amount <= 0:
        line.at = start
        line.skip()
        raise line.fail(f"'{quantity}' is no {what}; write e.g. '{example}'.")
    return quantity


def _percent(line: _Line, example: str = "20 %") -> Decimal:
    start = line.at
    quantity = _quantity(line, "percentage", example)
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


def _volume(line: _Line) -> Quantity:
    example = "120 cases per week"
    start = line.at
    quantity = _quantity(line, "volume", example)
    if not quantity.unit.startswith("cases per") or quantity.amount <= 0:
        line.at = start
        raise line.fail(f"'{quantity}' is no volume; write e.g. '{example}'.")
    return quantity


def _metric(line: _Line, example: str = "cost_to_serve") -> str:
    found = line.peek(METRIC_NAME)
    word = line.next_word()
    if not found or found.group() != word:
        raise line.fail_as("metric", example) if not word else line.fail(_metric_words(word))
    if _RESERVED.fullmatch(word):
        raise line.fail(f"the metric's name is missing before '{word}'; write e.g. 'agent_time p90'.")
    line.at = found.end()
    return word


def _metric_words(word: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()).strip("_")
    example = plain if METRIC_NAME.fullmatch(plain) else "cost_to_serve"
    return f"'{_short(word)}' is no metric's name; write small letters and underscores, e.g. '{example}'."


def _statistic(line: _Line) -> str | None:
    found = line.peek(re.compile(r"[A-Za-z][A-Za-z0-9.]*"))
    if not found:
        return None
    if not _STATISTIC.fullmatch(found.group()):
        meant = "p50" if found.group() == "median" else "mean" if found.group() in ("average", "avg") else "p90"
        raise line.fail(f"'{_short(found.group())}' is no statistic; write e.g. '{meant}'.")
    line.at = found.end()
    return found.group()


def _name(line: _Line, what: str, example: str) -> str:
    found = line.peek(PRINCIPAL_NAME)
    if not found or found.group() != line.next_word():
        raise line.fail_as(what, example)
    line.at = found.end()
    return found.group()


def _level(line: _Line) -> Level:
    word = line.next_word()
    level = next((level for level in LADDER if level.value == word), None)
    if level is None:
        nearest = _nearest(word.lower(), [level.value for level in LADDER])
        hint = f"write '{nearest}'." if nearest else f"write one of {', '.join(level.value for level in LADDER)}."
        raise line.fail(f"'{_short(word)}' is no level; {hint}")
    line.take(_WORD)
    return level


# --- shift --------------------------------------------------------------------------------------


def _shift(line: _Line) -> Shift:
    metric = _metric(line)
    statistic = _statistic(line)
    baseline = _quantity(line, "baseline", "18 -> 6 EUR/case")
    if not line.take(re.compile("->")):
        raise line.fail(f"'{_short(line.next_word())}' is no arrow to the target; write e.g. '18 -> 6 EUR/case'.")
    start = line.at
    target = _quantity(line, "target", "18 -> 6 EUR/case")
    if not baseline.unit:
        baseline = Quantity(amount=baseline.amount, unit=target.unit)
    if dimension(baseline) != dimension(target):
        line.at = start
        raise line.fail(
            f"'{target}' cannot be compared with the baseline '{baseline}'; write both in one unit, "
            "e.g. '18 -> 6 EUR/case'."
        )
    of = _of(line)
    window = _window(line)
    owner = _owner(line)
    return Shift(
        metric=metric, statistic=statistic, baseline=baseline, target=target, of=of, window=window, owner=owner
    )


def _of(line: _Line) -> str | None:
    if not line.take_words("of"):
        return None
    found = line.peek(re.compile(r"[A-Za-z][A-Za-z-]*(?: +(?!in )[A-Za-z][A-Za-z-]*)*"))
    if not found or found.group() == "in":
        raise line.fail("'of' does not say of what; write e.g. 'of cases'.")
    line.at = found.end()
    return " ".join(found.group().split())


def _window(line: _Line) -> Quantity:
    example = "in 8 weeks"
    if not line.take_words("in"):
        raise line.fail_as("window", example)
    if not line.peek(_NUMBER):
        raise line.fail_as("window", "8 weeks")
    return _time(line, "window", "8 weeks")


def _owner(line: _Line) -> str:
    example = ", owned by finance-ops"
    line.skip()
    if line.text[line.at : line.at + 1] != ",":
        found = line.text[line.at :].strip()
        if not found:
            raise line.fail(f"the owner is missing; write e.g. '{example}'.")
        raise line.fail(f"'{_short(found)}' is no owner; write e.g. '{example}'.")
    line.at += 1
    if not line.take_words("owned by"):
        raise line.fail_as("owner", "owned by finance-ops")
    return _name(line, "owner", "finance-ops")


# --- clause -------------------------------------------------------------------------------------


def _clause(line: _Line, metric: str | None) -> Clause:
    if metric is None and line.take_words("any"):
        return Clause(metric=_metric(line, "policy_violation"), any=True)
    name = metric or _metric(line)
    statistic = _statistic(line)
    comparison = _comparison(line, name, statistic)
    bound = _quantity(line, "number", f"{comparison} 80 %")
    cap = _cap(line, bound)
    window = _window(line) if line.next_word() == "in" else None
    return Clause(metric=name, statistic=statistic, comparison=comparison, bound=bound, cap=cap, window=window)


def _comparison(line: _Line, metric: str, statistic: str | None) -> Comparison:
    found = line.take(re.compile(r">=|<=|>|<"))
    if found:
        return Comparison(found.group())
    meant = {"≥": ">=", "≤": "<=", "=>": ">=", "=<": "<=", "==": ">=", "=": ">="}
    for sign, instead in meant.items():
        if line.peek(re.compile(re.escape(sign))):
            raise line.fail(f"'{sign}' is no comparison; write e.g. '{instead}'.")
    head = f"{metric} {statistic}" if statistic else metric
    if not line.chunk():
        raise line.fail(f"'{head}' has no number; write e.g. '{head} >= 80 %'.")
    if line.peek(_NUMBER):
        bound = _short(line.chunk())
        raise line.fail(f"the comparison is missing before '{bound}'; write '<= {bound}' or '>= {bound}'.")
    raise line.fail_as("comparison", ">= 80 %")


def _cap(line: _Line, bound: Quantity) -> Quantity | None:
    if not line.take_words("cap"):
        return None
    start = line.at
    cap = _quantity(line, "cap", "cap 5 EUR")
    if _stem(cap) != _stem(bound):
        line.at = start
        raise line.fail(f"'{cap}' cannot cap '{bound}'; write it in the same unit, e.g. 'cap 5 {_stem(bound)}'.")
    return cap


def _stem(quantity: Quantity) -> str:
    """The currency of money, whatever it is counted per; the dimension of anything else."""
    return dimension(quantity).split("/")[0] if dimension(quantity) != "time" else "min"


# --- the smaller lines --------------------------------------------------------------------------


def _error_budget(line: _Line) -> ErrorBudget:
    share = _percent(line, "1 % of cases in 28 d")
    if not line.take_words("of cases"):
        raise line.fail_as("share of cases", "1 % of cases in 28 d")
    if not line.take_words("in"):
        raise line.fail_as("window", "in 28 d")
    return ErrorBudget(share=share, window=_time(line, "window", "28 d"))


def _share(line: _Line) -> tuple[Decimal, Level | None]:
    share = _percent(line, "20 % of cases at draft")
    if not line.take_words("of cases"):
        raise line.fail_as("share of cases", "20 % of cases at draft")
    level = _level(line) if line.take_words("at") else None
    return share, level


def _step(line: _Line) -> EscalationStep:
    if line.next_word() == "within":
        raise line.fail("the person or role is missing before 'within'; write e.g. 'reviewer within 4 h'.")
    to = _name(line, "person or role", "reviewer within 4 h")
    if not line.take_words("within"):
        raise line.fail_as("timer", "within 4 h")
    return EscalationStep(to=to, within=_time(line, "time", "4 h"))


def _fallback(line: _Line) -> Fallback:
    example = "fall back to draft after 1 d without an approver"
    if not line.take_words("fall back to"):
        raise line.fail_as("answer to people leaving", example)
    level = _level(line)
    if not line.take_words("after"):
        raise line.fail_as("time without an approver", "after 1 d without an approver")
    after = _time(line, "time", "1 d")
    if not line.take_words("without an approver"):
        raise line.fail_as("condition", "without an approver")
    return Fallback(level=level, after=after)


def _false_alarm(line: _Line) -> int:
    example = "once in 10000 cases"
    if not line.take_words("once in"):
        raise line.fail_as("rate of false alarms", example)
    start = line.at
    quantity = _quantity(line, "number of cases", "10000 cases")
    if quantity.unit != "cases" or quantity.amount != int(quantity.amount) or quantity.amount < 1:
        line.at = start
        raise line.fail(f"'{quantity}' is no number of cases; write e.g. '{example}'.")
    return int(quantity.amount)


def _calendar(line: _Line) -> Calendar:
    weekdays = _weekdays(line)
    opens, closes = _hours(line)
    return Calendar(weekdays=weekdays, opens=opens, closes=closes, zone=_zone(line))


def _weekdays(line: _Line) -> tuple[int, ...]:
    found = line.peek(re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)?(?:,[A-Za-z]+(?:-[A-Za-z]+)?)*"))
    if not found:
        raise line.fail_as("weekdays", "Mon-Fri 09:00-17:00 Europe/Berlin")
    days: set[int] = set()
    for span in found.group().split(","):
        first, _, last = span.partition("-")
        for name in (first, last or first):
            if name not in WEEKDAYS:
                raise line.fail(f"'{_short(name)}' is no weekday; write e.g. 'Mon-Fri' ({', '.join(WEEKDAYS)}).")
        if WEEKDAYS.index(last or first) < WEEKDAYS.index(first):
            raise line.fail(f"'{span}' runs backwards; write e.g. 'Mon,Sat-Sun'.")
        days.update(range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1))
    line.at = found.end()
    return tuple(sorted(days))


def _hours(line: _Line) -> tuple[int, int]:
    found = line.peek(re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])(?= |$)"))
    if not found:
        word = line.next_word()
        raise line.fail(f"'{_short(word)}' are no hours; write e.g. '09:00-17:00'.")
    opens = int(found.group(1)) * 60 + int(found.group(2))
    closes = int(found.group(3)) * 60 + int(found.group(4))
    if not opens < closes <= 24 * 60:
        raise line.fail(f"'{found.group()}' does not open before it closes on the same day; write e.g. '09:00-17:00'.")
    line.at = found.end()
    return opens, closes


def _zone(line: _Line) -> str:
    word = line.next_word()
    if word not in ZONES:
        nearest = _nearest(word, ZONES) or "Europe/Berlin"
        if not word:
            raise line.fail("the time zone is missing; write e.g. 'Europe/Berlin'.")
        raise line.fail(f"'{_short(word)}' is no time zone; write e.g. '{nearest}'.")
    line.take(_WORD)
    return word


# --- limits -------------------------------------------------------------------------------------


def _limits(line: _Line) -> tuple[Limit, ...]:
    limits = [_limit(line)]
    while line.take_words("and"):
        limits.append(_limit(line))
    return tuple(limits)


def _limit(line: _Line) -> Limit:
    found = line.take(ARGUMENT_NAME)
    if not found or found.group() in ("and", "in", "not"):
        raise line.fail_as("argument", "amount <= 100 EUR")
    operator = line.take(re.compile(r"not +in\b|in\b|<=|>=|==|<|>"))
    if not operator:
        raise line.fail_as("condition", f"{found.group()} in allowed_values")
    if operator.group().endswith("in"):
        return _membership(line, found.group(), " ".join(operator.group().split()))
    bound = _quantity(line, "bound", f"{found.group()} {operator.group()} 100 EUR")
    return Limit(argument=found.group(), operator=operator.group(), right=str(bound))


def _membership(line: _Line, argument: str, operator: str) -> Limit:
    name = line.peek(ARGUMENT_NAME)
    if not name or name.group() == "and":
        raise line.fail_as("list's name", f"{argument} {operator} allowed_values")
    line.at = name.end()
    return Limit(argument=argument, operator=operator, right=name.group())
