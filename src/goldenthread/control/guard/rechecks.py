"""An action that was decided before, decided again by what came since: whenever its permit is to be used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from goldenthread.control.guard.desk import Writing
from goldenthread.control.guard.facts import Seen, facts_since
from goldenthread.control.guard.policy import Policy, decide
from goldenthread.control.guard.runs import Run
from goldenthread.control.guard.situation import NO_FACTS, Arguments, Decision, Facts, Situation
from goldenthread.promise.values import Level, Verdict


def decide_again(
    writing: Writing, run: Run, row: Mapping[str, Any], arguments: Arguments, cap: Level | None, seen: Seen | None
) -> Decision:
    """
    What the guard says now to an action on record, whose contract still declares it.

    What was found then stands; what the run has done and read since is added, so that a permit fetched early is no way
    round a rule of what may follow what.
    """
    situation, contract = writing.situation(run.fingerprint, replay=run.replay, cap=cap), writing.contract()
    if rests_on_a_person(row):
        situation = replace(situation, alone=None)
    policy = writing.desk.policy(contract, situation)
    facts = Facts.of_record(json.loads(row["facts"])) if row["facts"] else NO_FACTS
    if row["name"] in policy.rules:
        came = _came_before(writing, policy, row)
        facts = facts_since(policy, contract, seen, row["name"], facts, came)
    return decide(policy, situation, row["name"], arguments, facts)


def rests_on_a_person(row: Mapping[str, Any]) -> bool:
    """Whether a person was asked about the action: what they said, or will say, stands though people left since."""
    return bool(row["verdict"] == Verdict.ASK.value)


def level_for(situation: Situation, row: Mapping[str, Any]) -> Level:
    """The level that must still be the one at which an action on record was decided."""
    if rests_on_a_person(row) and row["level"] != situation.effective_level.value:
        return situation.attended_level
    return situation.effective_level


def still_stands(row: Mapping[str, Any], decision: Decision) -> bool:
    """Whether a permit outlasts this decision: it allows, or asks for a person who has said yes."""
    return decision.verdict is Verdict.ALLOW or (rests_on_a_person(row) and decision.verdict is Verdict.ASK)


def _came_before(writing: Writing, policy: Policy, row: Mapping[str, Any]) -> list[str]:
    """Effects of the run that may have happened, as far as a rule asks for any."""
    if not policy.named:
        return []
    done = writing.rows(_DONE, row["run"], row["id"])
    return [one["name"] for one in done]


_DONE = """
select distinct name from action
where run = %s and id <> %s and state in ('consumed', 'done', 'unknown', 'failed')
"""
