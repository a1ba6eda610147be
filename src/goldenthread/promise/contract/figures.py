"""Figures of a clause in the unit that its author wrote."""

from __future__ import annotations

import math

from goldenthread.promise.contract.forms import quantile_of, wants_high
from goldenthread.promise.contract.margins import scale_of
from goldenthread.promise.contract.metrics import METRICS
from goldenthread.promise.contract.model import Clause, Quantity
from goldenthread.promise.contract.quantities import SECONDS, readable_unit


def beside(clause: Clause, difference: float) -> str:
    """Where the agent's value lies: `0.08 below people's`."""
    if abs(difference) < 1e-12 * scale_of(clause):
        return "where people's does"
    amount = of_cases(clause, None, abs(difference))
    return f"{amount} {'above' if difference > 0 else 'below'} people's"


def good_share(clause: Clause) -> str:
    """Of how many cases a quantile's bound must hold: `90 %`."""
    q = quantile_of(clause)
    assert q is not None
    return f"{format((100 * (1 - q if wants_high(clause) else q)).normalize(), 'f')} %"


def figure(clause: Clause, value: float) -> str:
    """A value as the observations come, in the unit in which the author wrote the bound or margin, or a smaller."""
    written = clause.bound or clause.margin
    unit = written.unit if written is not None else ""
    if METRICS[clause.metric].kind == "rate":
        return f"{_short(value * 100)} %"
    if unit in SECONDS:
        unit = readable_unit(value, unit)
        value /= float(SECONDS[unit])
    return f"{_short(value)} {unit}".rstrip()


def of_cases(clause: Clause, written: Quantity | None, value: float = 0.0) -> str:
    """A difference, as `written` or else `value`; of a rate it is so many cases of a hundred."""
    amount = figure(clause, value) if written is None else str(written)
    return f"{amount} of cases" if METRICS[clause.metric].kind == "rate" else amount


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def whole_percent(share: float) -> str:
    """A share of the evidence needed, rounded down: 100 % only where it is there."""
    return f"{math.floor(share * 100 + 1e-9)} %"
