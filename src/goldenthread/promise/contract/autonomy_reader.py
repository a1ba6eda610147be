"""The part `autonomy`: the ladder, what is proved, and who watches."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.model import Approvers, Autonomy, Claim, Clause, FalseAlarm
from goldenthread.promise.contract.named_lists import read_named_lists
from goldenthread.promise.contract.parts import Part
from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.errors import LineInvalid
from goldenthread.promise.values import Level

AUTONOMY_KEYS = (
    "start", "ceiling", "confidence", "false_alarm", "claim", "segments", "gates", "tripwires", "blind", "audit",
    "escalate", "expire", "calendar", "when_people_leave", "approvers", "releases",
)  # fmt: skip


_DEFAULT_LEVELS: Mapping[str, tuple[Level, ...]] = {
    "blind": (Level.DRAFT,),
    "audit": (Level.CONSTRAINED, Level.EXPANDED),
}
"""Where a share without a level holds: people see proposals at draft, and the agent acts alone from constrained."""


SHARE_LEVELS: Mapping[str, tuple[Level, ...]] = {
    "blind": (Level.DRAFT, Level.APPROVAL, Level.CONSTRAINED, Level.EXPANDED),
    "audit": (Level.CONSTRAINED, Level.EXPANDED),
}


def read_autonomy(top: Part) -> Autonomy | None:
    """The autonomy part, or None."""
    part = top.part("autonomy", AUTONOMY_KEYS, "autonomy: {start: shadow, ceiling: shadow}")
    if part is None:
        return None
    alarm = part.line("false_alarm", grammar.parse_false_alarm) or FalseAlarm()
    return Autonomy(
        start=part.line("start", grammar.parse_level) or Level.SHADOW,
        ceiling=part.line("ceiling", grammar.parse_level) or Level.SHADOW,
        confidence=_confidence(part),
        false_alarm=alarm.cases,
        calibrated=alarm.calibrated,
        claim=part.line("claim", grammar.parse_claim) or Claim.PERIOD,
        segments=read_named_lists(part, "segments", "segment", "segments: {language: [de, en]}"),
        gates=_clauses_by_level(part, "gates", "gates: {draft: [agreement >= 80 %]}"),
        tripwires=_clauses_by_level(part, "tripwires", "tripwires: {draft: [any policy_violation]}"),
        blind=_shares(part, "blind"),
        audit=_shares(part, "audit"),
        escalate=part.lines("escalate", grammar.parse_step),
        expire=part.line("expire", grammar.parse_expiry),
        calendar=part.line("calendar", grammar.parse_calendar),
        when_people_leave=part.line("when_people_leave", grammar.parse_fallback),
        approvers=_approvers(part),
        releases=part.line("releases", grammar.parse_releases),
    )


def _confidence(part: Part) -> Decimal:
    confidence = part.line("confidence", grammar.parse_percent)
    if confidence is None:
        return Decimal(95)
    if not 50 <= confidence < 100:
        part.complain("confidence", f"'{confidence:f} %' lies outside 50 to 99.99 %; write e.g. '95 %'.")
    return confidence


def _approvers(part: Part) -> Approvers | None:
    block = part.part("approvers", ("shared", "checks"), "approvers: {shared: 5 % of approvals}")
    if block is None:
        return None
    node = part.node("approvers")
    if isinstance(node, Block) and not node.entries:
        part.complain("approvers", "names no share; write e.g. 'approvers: {shared: 5 % of approvals}'.")
    return Approvers(
        shared=block.line("shared", grammar.parse_approvals) or Decimal(0),
        checks=block.line("checks", grammar.parse_approvals) or Decimal(0),
    )


def _clauses_by_level(part: Part, key: str, example: str) -> dict[Level, tuple[Clause, ...]]:
    block = part.part(key, None, example)
    if block is None:
        return {}
    found: dict[Level, tuple[Clause, ...]] = {}
    for name in block.entries:
        level = level_of(block, name, gate=key == "gates")
        clauses = block.lines(name, grammar.parse_clause)
        if level is not None and name not in block.reported:
            found[level] = clauses
    return dict(sorted(found.items(), key=lambda entry: entry[0].rank))


def level_of(block: Part, name: str, *, gate: bool = False) -> Level | None:
    """The level that a key names, or None with its problem on the report."""
    try:
        level = grammar.parse_level(name)
    except LineInvalid as error:
        block.report.add(block.entries[name][0].mark, block.at(name), error.message)
        return None
    if gate and level is Level.SHADOW:
        words = "no gate leads to shadow, the lowest level; write the level that is entered, e.g. 'draft'."
        block.report.add(block.entries[name][0].mark, block.at(name), words)
    return level


def _shares(part: Part, key: str) -> dict[Level, Decimal]:
    found: dict[Level, Decimal] = {}
    for share, level in part.lines(key, grammar.parse_share):
        for each in (level,) if level else _DEFAULT_LEVELS[key]:
            if each not in SHARE_LEVELS[key]:
                part.complain(key, _share_words(key, each))
            elif each in found:
                part.complain(key, f"{each} has a share twice; write one line a level.")
            found[each] = share
    return dict(sorted(found.items(), key=lambda entry: entry[0].rank))


def _share_words(key: str, level: Level) -> str:
    if key == "blind":
        return "shadow is blind by nature; write e.g. '20 % of cases at draft'."
    return f"at {level} a person sees every action; write e.g. '10 % of cases at constrained'."
