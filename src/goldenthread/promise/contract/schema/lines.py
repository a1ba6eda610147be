"""The one-line forms of a contract as patterns of a JSON Schema; `grammar` has the parsers that they agree with."""

from __future__ import annotations

from goldenthread.promise.contract.acting_lines import NOTHING, TYPES
from goldenthread.promise.contract.model import WEEKDAYS
from goldenthread.promise.contract.releases import RELEASE_ROLES
from goldenthread.promise.contract.schema.pieces import (
    AMOUNT,
    ARGUMENT,
    CASES,
    COUNT,
    HOURLY,
    KNOWN,
    METRIC,
    MONEY,
    NAME,
    PERCENT,
    PRICE,
    QUANTITY,
    STATISTIC_OR_NONE,
    TIME,
    VOLUME,
    WORD_ENDS,
    ZONE,
    S,
    joined,
    line,
    maybe,
    one_of,
    words,
)
from goldenthread.promise.values import LADDER, Level

# --- outcomes and clauses -------------------------------------------------------------------------

_OF_WORD = "[A-Za-z][A-Za-z-]*(?![A-Za-z-])"
_OF = joined(words("of"), one_of(rf"{_OF_WORD}(?:\s+(?!in\s){_OF_WORD})+", rf"(?!in(?![A-Za-z-])){_OF_WORD}"))
SHIFT = line(
    METRIC, STATISTIC_OR_NONE, QUANTITY, "->", QUANTITY, f"(?:{_OF})?", words("in"), TIME, ",", words("owned by"), NAME
)

_BOUND = joined("(?:>=|<=|>|<)", QUANTITY)
_MARGIN = joined(words("not"), one_of("below", "above") + WORD_ENDS, words("people by"), QUANTITY)
_EVENT = joined(words("any"), one_of(joined(words("hard"), METRIC), f"(?!{words('hard')}){METRIC}"))
_BEHIND = joined(
    maybe(words("cap"), QUANTITY), maybe(words("in"), TIME), maybe(words("in every"), ARGUMENT + WORD_ENDS)
)
CONDITION = line(STATISTIC_OR_NONE, one_of(_BOUND, _MARGIN), _BEHIND)
CLAUSE = line(one_of(_EVENT, joined(METRIC, STATISTIC_OR_NONE, one_of(_BOUND, _MARGIN), _BEHIND)))

# --- the smaller lines ----------------------------------------------------------------------------


def share(*levels: Level) -> str:
    """A share of cases, perhaps at one of these levels."""
    at = one_of(*(level.value for level in levels)) + WORD_ENDS
    return line(PERCENT, words("of cases"), maybe(words("at"), at))


_LEVEL = one_of(*(level.value for level in LADDER)) + WORD_ENDS
ERROR_BUDGET = line(PERCENT, words("of cases"), words("in"), TIME)
APPROVALS = line(PERCENT, words("of approvals"))
STEP = line(f"(?!within{WORD_ENDS}){NAME}", words("within"), TIME)
EXPIRY = line(words("after"), TIME)
FALLBACK = line(words("fall back to"), _LEVEL, words("after"), TIME, words("without an approver"))
FALSE_ALARM = line(words("once in"), CASES, maybe(",", words("calibrated")))
VOLUME_LINE = line(VOLUME)
TIME_LINE = line(TIME)
PRICE_LINE = line(PRICE)
HOURLY_LINE = line(HOURLY)

_ROLES = [words(role) for role in RELEASE_ROLES]
_ONCE = "".join(rf"(?!.*(?:and|by)\s+{role}.*and\s+{role})" for role in _ROLES)
RELEASES = line(f"{_ONCE}{words('signed by')}", one_of(*_ROLES), f"(?:{S}{joined(words('and'), one_of(*_ROLES))})*")


def _from(day: int) -> str:
    return f"{WEEKDAYS[day]}(?:-{one_of(*WEEKDAYS[day:])})?"


_DAYS = one_of(*(_from(day) for day in range(len(WEEKDAYS))))
_OPENS = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_CLOSES = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)(?=\s|$)"
CALENDAR = line(f"{_DAYS}(?:,{_DAYS})*(?![A-Za-z,-])", f"{_OPENS}-{_CLOSES}", ZONE)

# --- acting ---------------------------------------------------------------------------------------

_SPAN = joined(words("per"), one_of("run", "day", "slice") + WORD_ENDS)
_CALLS = joined(COUNT, r"calls?(?![A-Za-z0-9_])")
_TOKENS = joined(COUNT, r"tokens?(?![A-Za-z0-9_])")
ACTION_BUDGET = line(one_of(_CALLS, joined(AMOUNT, words("of"), KNOWN)), _SPAN)
BUDGET = line(one_of(_CALLS, _TOKENS, MONEY), _SPAN)

_LIMITED = f"(?!(?:and|in|not)(?![A-Za-z0-9_])){ARGUMENT}"
_LIMIT = joined(
    _LIMITED,
    one_of(joined(r"(?:not\s+in\b|in\b)", f"(?!and(?![A-Za-z0-9_])){ARGUMENT}"), joined("(?:<=|>=|==|<|>)", QUANTITY)),
)
LIMIT = line(_LIMIT, f"(?:{S}{joined(words('and'), _LIMIT)})*")

_ACTIONS = f"{KNOWN}(?:{S}{joined(words('or'), KNOWN)})*"
RULE = line(
    one_of(
        joined(words("two people for"), KNOWN, words("and"), KNOWN),
        joined(
            words("after"),
            _ACTIONS,
            ",",
            one_of(joined(words("never"), _ACTIONS), joined(_ACTIONS, words("only with a person"))),
        ),
    )
)
FIELDS = (*TYPES, *(f"{name}?" for name in TYPES))
OUTPUTS = (*TYPES, NOTHING)
PATH = rf"^{S}(?!(?:all|nothing){S}$)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*{S}$"
