"""What an answer must hold to: the contract, as it stands now, also where a person says yes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from goldenthread.control.guard import (
    NO_FACTS,
    Caller,
    Facts,
    Seen,
    Writing,
    argument_problem,
    decide,
    find_facts,
    redacted,
)
from goldenthread.control.spending import action_amounts, over_words, to_record, unsummable
from goldenthread.promise.errors import AnswerInvalid
from goldenthread.promise.values import Json, Verdict
from goldenthread.record.metrics import Proposal


def require_another_person(writing: Writing, row: Mapping[str, Any], by: str) -> None:
    """
    Who said yes to one of two actions that the contract keeps apart cannot say yes to the other, in the same case.

    Raises:
        AnswerInvalid: They did.
    """
    name = row["action_name"]
    for rule in writing.contract().rules:
        if rule.verdict is not None or name not in (*rule.first, *rule.then):
            continue
        others = [other for other in (rule.then if name in rule.first else rule.first) if other != name]
        said = writing.rows(
            "select a.name from inbox i join action a on a.id = i.action where i.case_ref = %s and a.name = any(%s)"
            " and i.answered_by = %s and i.answer in ('approve', 'edit') limit 1",
            row["case_ref"],
            others,
            by,
        )
        if said:
            raise AnswerInvalid(
                f"{by} said yes to '{said[0]['name']}' in this case, and the contract says '{rule}'. "
                f"Hand item {row['id']} to another person."
            )


def require_types(writing: Writing, action: str, arguments: Mapping[str, Json]) -> None:
    """
    Raises:
        AnswerInvalid: The tool does not take these, as the contract says.
    """
    declared = writing.contract().actions.get(action)
    problem = argument_problem(declared, arguments) if declared is not None else None
    if problem is not None:
        raise AnswerInvalid(f"The action '{action}' can't be done so: {problem}. Give it what the contract says.")


def require_content(writing: Writing, action: str, arguments: Mapping[str, Json]) -> None:
    """
    Raises:
        AnswerInvalid: Something stands in them that the contract lets nobody send.
    """
    contract = writing.contract()
    if dict(redacted(contract, action, arguments)) != dict(arguments):  # asked under an earlier version
        raise AnswerInvalid(
            f"The action '{action}' can't be done so: the contract in force takes out some of what stands in its "
            "arguments. Reject it, and have the agent ask anew."
        )
    found = find_facts(writing.desk.policy(contract), contract, Seen(), action, arguments).content
    for kind, names in found.items():
        if contract.content.get(kind) == "deny":
            where = ", ".join(f"'{name}'" for name in names)
            raise AnswerInvalid(
                f"The action '{action}' can't be done so: {kind.replace('_', ' ')} stand in {where}, and the contract "
                "denies that to everybody. Leave it out."
            )


def require_permissible(writing: Writing, row: Mapping[str, Any], arguments: Mapping[str, Json]) -> None:
    """
    A person may go over a level's limit, since limits only ask for one; no yes goes over what forbids.

    What is stopped may be approved: the permit is held until the stop is lifted.

    Raises:
        AnswerInvalid: A rule of the contract or of the organisation forbids it.
    """
    contract = writing.contract()
    situation = writing.situation(row["fingerprint"], replay=False)
    found = writing.rows("select facts from action where id = %s", row["action"])[0]["facts"]
    facts = Facts.of_record(json.loads(found)) if found else NO_FACTS
    policy = writing.desk.policy(contract, situation)
    decision = decide(policy, situation, row["action_name"], arguments, replace(facts, over=(), content={}))
    if decision.verdict is Verdict.DENY and decision.clause.startswith(_FORBIDS):
        raise AnswerInvalid(
            f"The action '{row['action_name']}' can't be done so: {decision.reason.rstrip('.')} (clause "
            f"{decision.clause}), and no yes goes over that. Edit it to what is allowed, or reject item {row['id']}."
        )


_FORBIDS = ("organisation.", "rules ")


def require_arguments(writing: Writing, row: dict[str, Any], decision: Proposal) -> None:
    """
    A slip in an argument's name must not count as disagreement.

    Raises:
        AnswerInvalid: The agent's tool has no such argument.
    """
    tools = writing.standing.agents[row["fingerprint"]].declaration["tools"]
    if decision.action not in tools:
        return
    known = [parameter["name"] for parameter in tools[decision.action]]
    unknown = [name for name in decision.arguments if name not in known]
    if unknown:
        raise AnswerInvalid(
            f"'{decision.action}' has no argument '{unknown[0]}'; it has {', '.join(known)}. Name one of these."
        )


def spends_of(writing: Writing, row: Mapping[str, Any], proposed: Mapping[str, Json]) -> dict[str, Json]:
    """
    What the permit of an answer would use up, as its record holds it.

    Raises:
        AnswerInvalid: That is more than a budget of the contract leaves now.
    """
    contract, allotted = writing.contract(), allotted_to(writing, row["run"])
    spending = writing.add_up() if allotted else writing.spending
    if spending is None:
        return {}
    amounts = action_amounts(contract, row["action_name"], proposed, also=allotted)
    over = (
        *unsummable(contract, row["action_name"], proposed),
        *spending.over(contract, row["action_name"], amounts, row["run"], writing.desk.ledger.clock(), allotted),
    )
    if over:
        raise AnswerInvalid(
            f"Item {row['id']} {over_words(over[0])[1]} of the contract. "
            "Reject it, edit it to what is left, or answer it when the budget allows."
        )
    return to_record(amounts)


def allotted_to(writing: Writing, run: str) -> Mapping[str, Decimal]:
    """What a run may use up in all, by whoever called it."""
    rows = writing.rows("select caller from run where id = %s", run)
    caller = rows[0]["caller"] if rows else None
    return Caller.of_record(json.loads(caller)).allotted if caller else {}
