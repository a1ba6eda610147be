"""How many more cases a clause takes: only where that can be told, and never against what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from goldenthread.promise.contract import Claim, ClauseEvidence, ClauseTest, Form
from goldenthread.promise.evidence import Forecast, RateTest, forecast, forecast_words
from goldenthread.surfaces.views.figures import count

_AHEAD = 2000
"""How many more cases a forecast looks at: months of most slices' work, and quick enough for a page."""


@dataclass(frozen=True, kw_only=True)
class MoreCases:
    """How many more cases a clause takes at the present rate: likely, and the ends of an 80 % range; None: unknown."""

    likely: int | None
    low: int | None
    high: int | None

    def weeks(self, a_week: float) -> str:
        """The same in time, for work that comes at a steady pace."""
        if self.likely is None:
            return ""
        if self.low is None or self.high is None:
            return f"about {_time(self.likely / a_week)}"
        low, high = _time(self.low / a_week), _time(self.high / a_week)
        return f"about {_time(self.likely / a_week)}" + (f", likely {low} to {high}" if low != high else "")


def more_cases(test: ClauseTest, evidence: ClauseEvidence, claim: Claim) -> MoreCases | None:
    """The forecast of a clause in numbers; None where `clause_forecast` tells none, or only open cases are missing."""
    if test.form is Form.MEAN or not isinstance(test.test, RateTest) or evidence.failures is None:
        return None
    if evidence.n == 0 or claim is Claim.FUTURE_DAYS:
        return None
    more = _forecast_of(test.test, evidence.n - evidence.failures, evidence.failures)
    return MoreCases(likely=more.point, low=more.low, high=more.high) if more.point != 0 else None


def clause_forecast(test: ClauseTest, evidence: ClauseEvidence, claim: Claim) -> str | None:
    """
    How many more cases a clause that is not proved takes, in a line; open cases are named where there are any.

    Returns:
        None where no number is known: no case was seen, a mean (its spread is unknown), or a claim about future days
        (how alike the cases of days to come will be is unknown, and days are needed whatever the cases).
    """
    if test.form is Form.MEAN or not isinstance(test.test, RateTest) or evidence.failures is None:
        return None
    if evidence.n == 0 or claim is Claim.FUTURE_DAYS:
        return None
    more, open_cases = _forecast_of(test.test, evidence.n - evidence.failures, evidence.failures), evidence.pending
    if more.point != 0:
        return f"{in_words(more)} {_among(open_cases)}" if open_cases else in_words(more)
    if not open_cases:
        return None  # It was proved once, and does not stand: no number of cases says when it will again.
    if open_cases == 1:
        return "What is known would prove it; 1 case is open, and taken for a failure until it is known."
    return f"What is known would prove it; {open_cases:,} cases are open, each taken for a failure until it is known."


def only_waits(test: ClauseTest, evidence: ClauseEvidence, claim: Claim) -> bool:
    """Whether what is known would prove the clause, and open cases alone hold it back."""
    if not isinstance(test.test, RateTest) or evidence.failures is None or claim is Claim.FUTURE_DAYS:
        return False
    proves = test.test.promotes(evidence.n - evidence.failures, evidence.failures)
    return not evidence.passed and evidence.pending > 0 and proves


def in_words(more: Forecast) -> str:
    """The forecast in a line; where most of its range lies beyond what it looks at, there is no range to tell."""
    if more.point is None or more.low is not None:
        return forecast_words(more)
    return (
        f"About {count(more.point, 'more case')} if all goes on like the few seen. They are little to go by: "
        f"it may well take more than {more.horizon:,}."
    )


def _time(weeks: float) -> str:
    """`3 days`, `2 weeks`; at least a day."""
    days = max(1, round(weeks * 7))
    if days < 14:
        return count(days, "day")
    return count(round(weeks), "week") if weeks < 26 else count(round(weeks / 4.345), "month")


def _among(open_cases: int) -> str:
    if open_cases == 1:
        return "The open case counts among them once it is known."
    return f"The {open_cases:,} open cases count among them once they are known."


@lru_cache(maxsize=256)
def _forecast_of(test: RateTest, successes: int, failures: int) -> Forecast:
    seen = successes + failures
    return forecast(test, successes, failures, horizon=-(-(seen + _AHEAD) // 1000) * 1000)
