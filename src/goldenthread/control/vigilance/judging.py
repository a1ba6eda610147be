"""When an approver is flagged and when cleared: evidence on checks and on shared questions, at a stated error rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from goldenthread.promise.contract import Approvers
from goldenthread.promise.evidence import LapseTest, RateTest

TOLERATED_MISSES = 0.20
"""Of the wrong checks, what an approver who looks may let through: whoever catches at least 80 % does look."""

TOLERATED_ALONE = 0.50
"""Of what a colleague refused, what an approver who looks may let through: people differ, and the colleague may err."""

Missed = Sequence[bool]
Noes = Sequence[tuple[str, bool]]
"""(the colleague who said no, whether this approver had let it through), in order."""


@dataclass(frozen=True, kw_only=True)
class Test:
    """What a contract asks for. `alpha` is the chance that an approver who looks is ever flagged, in all."""

    approvers: Approvers
    alpha: float

    @property
    def each(self) -> float:
        """The share of alpha that each of the two tests may use: all of it where only one is asked for."""
        return self.alpha / 2 if self.approvers.checks and self.approvers.shared else self.alpha


def flagging(test: Test, missed: Missed, noes: Noes) -> dict[str, Any] | None:
    """What a flag says, if one is due: on checks first, which know the right answer; then on shared questions."""
    if test.approvers.checks:
        checks = LapseTest(tolerated=TOLERATED_MISSES, alpha=test.each)
        log_e = checks.log_e(missed)
        if log_e >= checks.threshold:
            return _said("checks", test, TOLERATED_MISSES, missed, log_e, _missed_words(missed))
    if test.approvers.shared:
        shared = LapseTest(tolerated=TOLERATED_ALONE, alpha=test.each)
        log_e = least_without_one(shared, noes)
        if log_e >= shared.threshold:
            through = [one for _other, one in noes]
            return _said("agreement", test, TOLERATED_ALONE, through, log_e, _alone_words(through))
    return None


def clearing(test: Test, ground: str, missed: Missed, noes: Noes) -> dict[str, Any] | None:
    """What clears a flag, if the evidence since does: that they catch what the flag said they did not."""
    caught = [not one for one in missed]
    if _proved(1.0 - TOLERATED_MISSES, test.each, caught):
        words = f"Since the flag they caught {sum(caught)} of {len(caught)} checks that were wrong"
        return _said("checks", test, TOLERATED_MISSES, missed, None, words)
    if ground != "agreement":
        return None
    agreed = [not one for _other, one in noes]
    without = [[not one for who, one in noes if who != other] for other in {who for who, _ in noes}]
    if without and all(_proved(1.0 - TOLERATED_ALONE, test.each, part) for part in without):
        words = f"Since the flag they too said no to {sum(agreed)} of {len(agreed)} that a colleague refused"
        return _said("agreement", test, TOLERATED_ALONE, [not one for one in agreed], None, words)
    return None


def least_without_one(test: LapseTest, noes: Noes) -> float:
    """
    Log of the evidence with the one colleague left out whose noes say most.

    With one colleague only it is 0: of two people who differ, nobody can know which of them does not look.
    """
    others = {other for other, _ in noes}
    if len(others) < 2:
        return 0.0
    return min(test.log_e([missed for who, missed in noes if who != other]) for other in sorted(others))


def _proved(bar: float, alpha: float, caught: Sequence[bool]) -> bool:
    good = sum(caught)
    return bool(caught) and RateTest(bar=bar, alpha=alpha).promotes(good, len(caught) - good)


def _said(
    ground: str, test: Test, tolerated: float, missed: Sequence[bool], log_e: float | None, words: str
) -> dict[str, Any]:
    evidence = {
        "items": len(missed),
        "missed": sum(missed),
        "tolerated": tolerated,
        "alpha": round(test.each, 6),
        **({} if log_e is None else {"log_e": round(log_e, 6)}),
    }
    return {"ground": ground, "evidence": evidence, "reason": words}


def _missed_words(missed: Missed) -> str:
    return f"They let through {sum(missed)} of {len(missed)} checks that should have been refused"


def _alone_words(through: Missed) -> str:
    return f"They let through {sum(through)} of {len(through)} that a colleague, asked apart, refused or changed"
