"""`outcome explain`: why a number moved since its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from goldenthread.control.guard import Desk
from goldenthread.control.outcomes.joining import compared, counted
from goldenthread.control.windows import Line, Span
from goldenthread.promise.errors import OutcomeNotExplained
from goldenthread.promise.evidence import Explanation, explain_mean


@dataclass(frozen=True, kw_only=True)
class Explained:
    """
    A change of a line's mean from its baseline to the days since. Amounts are millionths of the target's unit.

    `kinds` tells whether the values name kinds of case: without them mix cannot be told and stays in the rest.
    """

    slice: str
    line: Line
    span: Span
    before_cases: int
    after_cases: int
    explanation: Explanation
    kinds: bool


def explain_outcome(desk: Desk, metric: str, *, as_of: datetime | None = None) -> Explained:
    """
    Split the change of a line since its baseline into mix, automation, rework, unit price and rest, adding up exactly.

    Args:
        desk: Of the slice.
        metric: Of the outcome line.
        as_of: By what was known at this instant; by default now.

    Raises:
        OutcomeUnknown: No such line, no baseline, or no value since.
        OutcomeNotExplained: The line is a quantile, which is no sum of parts; or a price of nothing.
    """
    found = compared(desk, metric, as_of=as_of)
    statistic = found.line.shift.statistic
    if statistic not in (None, "mean"):
        raise OutcomeNotExplained(
            f"'{metric}' is a {statistic}, and a quantile is no sum of parts: no split of it adds up. "
            "Look at `goldenthread outcome delta`, or promise a mean."
        )
    before, after = [one.piece for one in counted(found.before)], [one.piece for one in counted(found.after)]
    return Explained(
        slice=desk.slice,
        line=found.line,
        span=found.span,
        before_cases=len(before),
        after_cases=len(after),
        explanation=explain_mean(before, after),
        kinds=any(piece.kind for piece in (*before, *after)),
    )
