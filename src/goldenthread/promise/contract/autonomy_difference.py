"""What a new version changes in autonomy, and which evidence starts afresh."""

from __future__ import annotations

from collections.abc import Iterator

from goldenthread.promise.contract.change import Change, Direction, clause_sets, demanded, numbers, texts, whole_part
from goldenthread.promise.contract.comparing import Demand, demand_of_quantity, still_asked
from goldenthread.promise.contract.model import Approvers, Autonomy, Claim, Contract, EscalationStep
from goldenthread.promise.contract.releases import RELEASE_ROLES
from goldenthread.promise.contract.waiting import DEFAULT_EXPIRY
from goldenthread.promise.values import LADDER, Level


def loosened_gates(old: Contract, new: Contract) -> set[Level]:
    """
    The gates of the new version whose evidence starts afresh, by the level entered.

    A gate that is new, that lost a clause or whose clause asks for less or for something else; every gate
    when the confidence fell, the claim is no longer about future days, or the workflow's escalation line, which
    all gates require, asks for less. Any changed cap counts too: the test's bets are scaled by it, so evidence
    under another cap proves nothing. So do segments that lost a value or are new: cases before them named none.
    """
    before, after = old.autonomy, new.autonomy
    if after is None:
        return set()
    if before is None or after.confidence < before.confidence or _claims_less(before, after):
        return set(after.gates)
    if _escalation_looser(old, new):
        return set(after.gates)
    return {level for level in after.gates if _gate_looser(before, after, level)}


def _claims_less(old: Autonomy, new: Autonomy) -> bool:
    return old.claim is Claim.FUTURE_DAYS and new.claim is Claim.PERIOD


def _gate_looser(old: Autonomy, new: Autonomy, level: Level) -> bool:
    before, after = old.gates.get(level, ()), new.gates[level]
    if not before or any(not still_asked(clause, after) for clause in before):
        return True
    named = {clause.segment for clause in after if clause.segment is not None}
    return any(name not in old.segments or _lost(old, new, name) for name in named)


def _lost(old: Autonomy, new: Autonomy, segment: str) -> list[str]:
    return [value for value in old.segments.get(segment, ()) if value not in new.segments.get(segment, ())]


def _escalation_looser(old: Contract, new: Contract) -> bool:
    before = old.workflow.escalation_rate if old.workflow else None
    after = new.workflow.escalation_rate if new.workflow else None
    return before is not None and not still_asked(before, (after,) if after else ())


# --- autonomy -------------------------------------------------------------------------------------


def autonomy_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Everything about climbing, falling and the people who watch."""
    before, after = old.autonomy, new.autonomy
    if before is None or after is None:
        yield from whole_part("autonomy", before, after)
        return
    yield from _ladder_ends(before, after)
    alarm = "a tripwire may cry wolf once in {new} cases instead of once in {old}: it falls {how}."
    how = (
        "later, and less often in vain" if after.false_alarm > before.false_alarm else "sooner, and more often in vain"
    )
    yield from numbers(
        "autonomy.false_alarm", before.false_alarm, after.false_alarm, alarm.replace("{how}", how), tight_up=False
    )
    yield from _claims(before, after)
    yield from _segments(before, after)
    yield from _gates(old, new)
    for level in LADDER:
        path, where = f"autonomy.tripwires.{level}", f"the tripwire to {level} "
        yield from clause_sets(
            path, where, before.tripwires.get(level, ()), after.tripwires.get(level, ()), tripwire=True
        )
    yield from _shares(before, after)
    yield from _people(before, after)


def _ladder_ends(old: Autonomy, new: Autonomy) -> Iterator[Change]:
    for key, words in (("start", "the agent begins at"), ("ceiling", "the agent may climb to")):
        before, after = getattr(old, key), getattr(new, key)
        if before is not after:
            direction: Direction = "loosens" if after > before else "tightens"
            yield Change(direction=direction, path=f"autonomy.{key}", words=f"{words} {after} instead of {before}.")
    confidence = "gates are proved at {new} % confidence instead of {old} %."
    yield from numbers("autonomy.confidence", old.confidence, new.confidence, confidence, tight_up=True)


def _claims(old: Autonomy, new: Autonomy) -> Iterator[Change]:
    if old.calibrated is not new.calibrated:
        words = "tripwires fall sooner: false alarms are exactly as rare as stated if cases are independent."
        if old.calibrated:
            words = "tripwires fall later: false alarms are at most as often as stated, whatever the cases."
        yield Change(direction="tightens" if new.calibrated else "loosens", path="autonomy.false_alarm", words=words)
    if old.claim is not new.claim:
        direction: Direction = "loosens" if _claims_less(old, new) else "tightens"
        words = f"what a gate claims is '{new.claim}' instead of '{old.claim}'."
        yield Change(direction=direction, path="autonomy.claim", words=words)


def _segments(old: Autonomy, new: Autonomy) -> Iterator[Change]:
    """What a clause in every segment must hold for; where no clause asks, nothing is loosened or tightened."""
    used = {clause.segment for side in (old, new) for gate in side.gates.values() for clause in gate}
    for name in dict.fromkeys((*old.segments, *new.segments)):
        gained, lost = _lost(new, old, name), _lost(old, new, name)
        path = f"autonomy.segments.{name}"
        if gained:
            words = f"{'now also names' if name in old.segments else 'names'} {', '.join(gained)}."
            yield Change(direction="tightens" if name in used else "changes", path=path, words=words)
        if lost:
            words = f"no longer names {', '.join(lost)}."
            yield Change(direction="loosens" if name in used else "changes", path=path, words=words)


def _gates(old: Contract, new: Contract) -> Iterator[Change]:
    assert old.autonomy is not None
    assert new.autonomy is not None
    afresh = loosened_gates(old, new)
    for level in LADDER:
        before, after = old.autonomy.gates.get(level), new.autonomy.gates.get(level)
        path = f"autonomy.gates.{level}"
        if before is None and after is not None:
            words = f"a gate to {level} is new; only cases that start after signing count."
            yield Change(direction="adds", path=path, words=words)
        elif before is not None and after is None:
            yield Change(direction="removes", path=path, words=f"the gate to {level} is gone: nobody can climb there.")
        elif before is not None and after is not None:
            yield from clause_sets(path, f"the gate to {level} ", before, after, tripwire=False)
            if level in afresh:
                words = f"the evidence for {level} starts afresh with the signing of this version."
                yield Change(direction="changes", path=path, words=words)


def _shares(old: Autonomy, new: Autonomy) -> Iterator[Change]:
    shares = (
        (
            "blind",
            old.blind,
            new.blind,
            "people decide {new} % of cases at LEVEL before they see the proposal instead of {old} %.",
        ),
        ("audit", old.audit, new.audit, "people look at {new} % of cases at LEVEL afterwards instead of {old} %."),
    )
    for key, before, after, words in shares:
        for level in LADDER:
            path = f"autonomy.{key}"
            at_level = words.replace("LEVEL", level.value)
            yield from numbers(path, before.get(level), after.get(level), at_level, tight_up=True)


def _approvers(old: Autonomy, new: Autonomy) -> Iterator[Change]:
    before, after = old.approvers or Approvers(), new.approvers or Approvers()
    shared = "{new} % of approvals are asked of a second person too instead of {old} %."
    checks = "{new} % of approvals come with a check whose right answer is known instead of {old} %."
    yield from numbers("autonomy.approvers.shared", before.shared, after.shared, shared, tight_up=True)
    yield from numbers("autonomy.approvers.checks", before.checks, after.checks, checks, tight_up=True)


def _people(old: Autonomy, new: Autonomy) -> Iterator[Change]:
    yield from _approvers(old, new)
    yield from _escalation(old.escalate, new.escalate)
    yield from _expiry(old, new)
    yield from texts("autonomy.calendar", old.calendar, new.calendar)
    yield from _releases(old, new)
    before, after = old.when_people_leave, new.when_people_leave
    path = "autonomy.when_people_leave"
    if before is None or after is None or before == after:
        yield from texts(path, before, after)
        return
    later = demand_of_quantity(before.after, after.after)
    looser = after.level > before.level or later is Demand.MORE
    tighter = after.level < before.level or later is Demand.LESS
    direction: Direction = "changes" if looser is tighter else "loosens" if looser else "tightens"
    yield Change(direction=direction, path=path, words=f"says '{after}' instead of '{before}'.")


def _releases(old: Autonomy, new: Autonomy) -> Iterator[Change]:
    """Somebody more who must sign asks more; somebody less, less."""
    before, after = (one.releases.roles if one.releases is not None else () for one in (old, new))
    for words, role in RELEASE_ROLES.items():
        who = f"the {words}"
        if role in after and role not in before:
            told = f"{who} must sign each release before it goes above draft."
            yield Change(direction="tightens", path="autonomy.releases", words=told)
        elif role in before and role not in after:
            told = f"a release goes above draft without the signature of {who}."
            yield Change(direction="loosens", path="autonomy.releases", words=told)


def _expiry(old: Autonomy, new: Autonomy) -> Iterator[Change]:
    """A question that expires later leaves more time for a yes; what the contract does not say is the default."""
    before, after = (one.expire.after if one.expire is not None else DEFAULT_EXPIRY for one in (old, new))
    if old.expire == new.expire:
        return
    demand = demand_of_quantity(before, after)
    direction: Direction = "changes" if demand is Demand.SAME else demanded(demand.reversed)
    instead = ", as before" if demand is Demand.SAME else f" instead of {before}"
    words = f"a question expires after {after}{instead}."
    yield Change(direction=direction, path="autonomy.expire", words=words)


def _escalation(old: tuple[EscalationStep, ...], new: tuple[EscalationStep, ...]) -> Iterator[Change]:
    path = "autonomy.escalate"
    before, after = {step.to: step for step in old}, {step.to: step for step in new}
    for name, step in before.items():
        if name not in after:
            yield Change(direction="loosens", path=path, words=f"{name} is no longer called.")
            continue
        demand = demand_of_quantity(step.within, after[name].within)
        if demand is not Demand.SAME:
            words = f"{name} has {after[name].within} to answer instead of {step.within}."
            yield Change(direction=demanded(demand.reversed), path=path, words=words)
    for name, step in after.items():
        if name not in before:
            yield Change(
                direction="tightens", path=path, words=f"{name} is now called, and has {step.within} to answer."
            )
    kept_before = [name for name in before if name in after]
    kept_after = [name for name in after if name in before]
    if kept_before != kept_after:
        words = f"the order is {', '.join(kept_after)} instead of {', '.join(kept_before)}."
        yield Change(direction="changes", path=path, words=words)
