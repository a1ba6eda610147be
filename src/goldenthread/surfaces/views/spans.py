"""A rate beside what its clause asks for and what is proved of it, in numbers for a picture."""

from __future__ import annotations

from dataclasses import dataclass

from goldenthread.promise.contract import Clause, ClauseEvidence, Comparison, Form


@dataclass(frozen=True, kw_only=True)
class RateSpan:
    """
    A rate against what its clause asks for, all as shares in [0, 1]: `limit` it, `estimate` what was seen, `proved`
    what is proved so far, at least that where `at_least`, else at most; None while nothing is.
    """

    limit: float
    estimate: float
    proved: float | None
    at_least: bool


def span_of(clause: Clause, evidence: ClauseEvidence) -> RateSpan | None:
    """Of a rate that is held to a bound, and of which a case was seen."""
    if evidence.form is not Form.RATE or clause.bound is None or evidence.estimate is None:
        return None
    at_least = clause.comparison in (Comparison.AT_LEAST, Comparison.ABOVE)
    return RateSpan(
        limit=float(clause.bound.amount) / 100,
        estimate=evidence.estimate,
        proved=evidence.lower if at_least else evidence.upper,
        at_least=at_least,
    )
