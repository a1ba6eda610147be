"""How many more cases a clause needs at the least, from the evidence it has."""

from __future__ import annotations

import math

from goldenthread.promise.contract.forms import NotJudged
from goldenthread.promise.contract.judging import ClauseEvidence, clause_test
from goldenthread.promise.evidence import RateTest

NO_MORE_THAN = 1_000_000  # cases; beyond that nobody waits


def fewest_more(evidence: ClauseEvidence) -> int | None:
    """
    Fewest further cases at their best, or None beyond `NO_MORE_THAN`; nothing is open.

    Exact for rates and quantiles. For means and differences no fewer can do, but more may be needed: of the bets
    only their mean is known.
    """
    judged = clause_test(evidence.clause, evidence.alpha)
    if isinstance(judged, NotJudged):
        return None
    test = judged.test
    if isinstance(test, RateTest):
        failures = evidence.failures or 0
        return _fewest_successes(test, evidence.n - failures, failures)
    growth = math.log1p(max(test.bets) * test.gain(test.best))
    return max(1, math.ceil((test.threshold - evidence.log_e) / growth - 1e-9))


def _fewest_successes(test: RateTest, successes: int, failures: int) -> int | None:
    low, high = 0, 1
    while test.log_e(successes + high, failures) < test.threshold:
        low, high = high, high * 2
        if low > NO_MORE_THAN:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        enough = test.log_e(successes + middle, failures) >= test.threshold
        low, high = (low, middle) if enough else (middle, high)
    return high
