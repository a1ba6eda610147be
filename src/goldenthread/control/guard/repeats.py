"""What becomes of an action that may have taken effect before."""

from __future__ import annotations

from dataclasses import dataclass

from goldenthread.control.guard.situation import Decision
from goldenthread.promise.values import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """
    Where an action stands: the `ordinal`-th call of a run.

    `arguments` are the digests of what was proposed and, where a person edited it, of what was permitted; `done`
    says that the effect is on record.
    """

    run: str
    ordinal: int
    arguments: frozenset[str] = frozenset()
    done: bool = False


def decide_repeat(decision: Decision, action: str, this: Call, before: Call, *, keyed: bool) -> Decision:
    """
    What becomes of an action whose effect may already have happened, or whose call took effect otherwise.

    Args:
        decision: What `decide` says without regard to that.
        before: The call that may have happened.
        keyed: The tool takes an idempotency key, which is the same in both.
    """
    if decision.verdict not in (Verdict.ALLOW, Verdict.ASK):
        return decision
    if (this.run, this.ordinal) == (before.run, before.ordinal):
        return Decision(
            verdict=Verdict.DENY,
            reason=f"Call {this.ordinal} of this run already took effect with other arguments",
            clause=f"actions.{action}",
        )
    if keyed:
        return _under_the_same_key(decision, action, this, before)
    return Decision(
        verdict=Verdict.ASK,
        reason=f"The same action was done for this case before, in run {before.run}",
        clause=f"actions.{action}",
    )


def _under_the_same_key(decision: Decision, action: str, this: Call, before: Call) -> Decision:
    """The tool would take a second effect for the first: the same is given back, anything else goes to a person."""
    clause = f"actions.{action}.key"
    if not this.arguments & before.arguments:
        reason = f"The same key already had this effect, with other arguments, in run {before.run}"
        return Decision(verdict=Verdict.ASK, reason=reason, clause=clause)
    if before.done:
        reason = f"The same was done for this case in run {before.run}; its result is given back"
        return Decision(verdict=Verdict.ALLOW, reason=reason, clause=clause)
    return decision
