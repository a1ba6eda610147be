"""The inbox of a slice: list, show, approve, edit, reject, escalate, answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from goldenthread.control.guard import (
    APPROVAL_LIFE,
    Caller,
    Desk,
    Seen,
    Sign,
    Writing,
    argument_problem,
    find_facts,
    issue_permit,
    redacted,
)
from goldenthread.control.spending import action_amounts, over_words, to_record, unsummable
from goldenthread.promise.contract import Contract
from goldenthread.promise.errors import AnswerInvalid, InboxItemClosed, InboxItemNotFound
from goldenthread.promise.values import Json
from goldenthread.record.metrics import Observation, Proposal, agrees

ANSWER_TYPE = "application/vnd.goldenthread.answer+json"
"""Payload type of a signed answer (DSSE)."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """
    One question to a person. `arguments` are the canonical ones that an approval would bind to; None for a
    blind question (the proposal stays hidden), for an escalation, and for an erased case, whose `case` is 'erased'.
    `stopped` says what holds the action still now: a yes to it permits nothing until that is lifted.
    """

    id: str
    slice: str
    kind: str
    state: str
    case: str
    given: Mapping[str, Json]
    reason: str
    run: str
    agent: str
    action: str | None
    action_id: str | None
    arguments: Mapping[str, Json] | None
    clause: str | None
    cited: tuple[str, ...]
    assigned: str | None
    answer: str | None
    answered_by: str | None
    asked_at: datetime
    stopped: str | None = None


class Inbox:
    """What waits for people in one slice; `sign` makes the envelope that binds an answer to who gave it."""

    def __init__(self, desk: Desk, sign: Sign) -> None:
        self.desk = desk
        self._sign = sign

    def items(self, *, state: str | None = "open") -> list[Item]:
        """Items, oldest first; `state` None gives the answered ones too."""
        with self.desk.transaction() as writing:
            rows = writing.rows(
                f"{_SELECT} where i.slice = %s and (%s::text is null or i.state = %s) order by i.asked_at, i.id",
                self.desk.slice,
                state,
                state,
            )
            return [_item(writing, row) for row in rows]

    def item(self, item: str) -> Item:
        """
        One item, by its id or a prefix that only it has.

        Raises:
            InboxItemNotFound: None, or several.
        """
        with self.desk.transaction() as writing:
            return _item(writing, _find(writing, item))

    def approve(self, item: str, *, by: str) -> Item:
        """Say yes to exactly the arguments shown: a permit for them, once."""
        with self.desk.transaction() as writing:
            row = self._take(writing, item, "approval", by)
            proposed = writing.content(row["action_arguments"])
            return self._permit(writing, row, by, "approve", row["action_arguments"], proposed)

    def edit(self, item: str, arguments: Mapping[str, Json], *, by: str) -> Item:
        """
        Say yes to other arguments: a new permit for these; the agent's own are not done.

        Raises:
            AnswerInvalid: An argument that the agent's proposal does not have or of another type, or nothing changed.
        """
        with self.desk.transaction() as writing:
            row = self._take(writing, item, "approval", by)
            proposed = writing.content(row["action_arguments"])
            unknown = [name for name in arguments if name not in proposed]
            if unknown:
                raise AnswerInvalid(
                    f"'{row['action_name']}' has no argument '{unknown[0]}'; it has {', '.join(proposed)}. "
                    "Change one of these."
                )
            changed = dict(redacted(writing.contract(), row["action_name"], {**proposed, **arguments}))
            _require_types(writing, row["action_name"], changed)
            edited = writing.tx.keep(row["case_ref"], changed)
            if edited == row["action_arguments"]:  # digests: to Python 1 equals true
                raise AnswerInvalid(
                    f"Item {row['id']} would be approved unchanged. Use `goldenthread inbox approve {row['id']}`."
                )
            return self._permit(writing, row, by, "edit", edited, changed)

    def reject(self, item: str, reason: str, *, by: str) -> Item:
        """Say no; the agent gets the reason, and the action does not happen."""
        with self.desk.transaction() as writing:
            row = self._take(writing, item, "approval", by)
            kept = writing.tx.keep(row["case_ref"], {"reason": reason})
            self._record(writing, row, by, "reject", {"content": kept})
            writing.execute(
                "update action set state = 'rejected', reason = %s, result = %s where id = %s",
                f"{by} said no",
                kept,
                row["action"],
            )
            self._observe_approvals(writing, row)
            return _item(writing, _find(writing, row["id"]))

    def escalate(self, item: str, *, by: str) -> Item:
        """
        Hand the item to the next step of the contract's escalation path; it stays open.

        Raises:
            AnswerInvalid: The path ends here.
        """
        with self.desk.transaction() as writing:
            row = self._take(writing, item, None, by)
            path = [step.to for step in _path(writing.contract())]
            assigned = row["assigned"] or (path[0] if path else None)
            later = path[path.index(assigned) + 1 :] if assigned in path else []
            if not later:
                raise AnswerInvalid(
                    f"Item {row['id']} is with '{assigned}', the last step of the escalation path. Answer it there."
                )
            self._sign_record(writing, row, by, "escalate", {"to": later[0]})
            writing.execute("update inbox set assigned = %s where id = %s", later[0], row["id"])
            return _item(writing, _find(writing, row["id"]))

    def answer(self, item: str, decision: Proposal, *, by: str) -> Item:
        """
        Decide a blind question or an escalation yourself.

        Raises:
            AnswerInvalid: The contract has no such action, or the agent's tool no such argument.
        """
        with self.desk.transaction() as writing:
            row = self._take(writing, item, ("blind question", "escalation"), by)
            actions = writing.contract().actions
            if decision.action not in actions:
                raise AnswerInvalid(
                    f"The contract declares no action '{decision.action}'; it declares {', '.join(actions)}. "
                    "Name one of these."
                )
            self._require_arguments(writing, row, decision)
            kept = writing.tx.keep(row["case_ref"], decision.record())
            self._record(writing, row, by, "answer", {"content": kept})
            if row["kind"] == "blind question":
                proposal = Proposal(action=row["action_name"], arguments=writing.content(row["action_arguments"]))
                value = float(agrees(proposal, decision))
                _observe(writing, row, Observation(metric="agreement", value=value, source="person"))
            return _item(writing, _find(writing, row["id"]))

    def settle(self, item: str, *, happened: bool, by: str) -> Item:
        """
        Say whether an in-doubt effect happened. If not, the action may be asked for again; if so, it counts
        as done and never repeats.
        """
        with self.desk.transaction() as writing:
            row = self._take(writing, item, "in-doubt effect", by)
            state = "done" if happened else "expired"
            self._record(writing, row, by, "happened" if happened else "did not happen", {})
            writing.execute("update action set state = %s where id = %s", state, row["action"])
            return _item(writing, _find(writing, row["id"]))

    def _require_arguments(self, writing: Writing, row: dict[str, Any], decision: Proposal) -> None:
        """A slip in an argument's name must not count as disagreement."""
        tools = writing.standing.agents[row["fingerprint"]].declaration["tools"]
        if decision.action not in tools:
            return
        known = [parameter["name"] for parameter in tools[decision.action]]
        unknown = [name for name in decision.arguments if name not in known]
        if unknown:
            raise AnswerInvalid(
                f"'{decision.action}' has no argument '{unknown[0]}'; it has {', '.join(known)}. Name one of these."
            )

    def _take(self, writing: Writing, item: str, kind: str | tuple[str, ...] | None, by: str) -> dict[str, Any]:
        """The open item, if `by` may answer it."""
        row = _find(writing, item)
        if row["state"] != "open":
            who = f" by {row['answered_by']}" if row["answered_by"] else ""
            raise InboxItemClosed(
                f"Item {row['id']} is closed: {row['answer'] or row['state']}{who}. "
                "See `goldenthread inbox list` for open ones."
            )
        kinds = (kind,) if isinstance(kind, str) else kind
        if kinds is not None and row["kind"] not in kinds:
            raise AnswerInvalid(
                f"Item {row['id']} is of kind '{row['kind']}', which this does not answer. "
                f"{_HOW[row['kind']].format(**row)}"
            )
        path = [step.to for step in _path(writing.contract())]
        self.desk.principals().require_approver(self.desk.slice, by, row["agent"], path=path)
        return row

    def _permit(
        self,
        writing: Writing,
        row: dict[str, Any],
        by: str,
        answer: str,
        arguments: str,
        proposed: Mapping[str, Json],
    ) -> Item:
        _require_another_person(writing, row, by)
        _require_content(writing, row["action_name"], proposed)
        action = writing.rows("select * from action where id = %s for update", row["action"])[0]
        action["contract_version"] = writing.contract().version
        permit = issue_permit(writing.desk, row["fingerprint"], action, arguments, APPROVAL_LIFE)
        spends = _spends(writing, row, proposed)
        self._record(writing, row, by, answer, {"permit": permit, **({"spends": spends} if spends else {})})
        writing.execute(
            "update action set state = 'permitted', permit = %s, permitted = %s, contract_version = %s, expires = %s"
            " where id = %s",
            permit["id"],
            arguments,
            action["contract_version"],
            permit["expires"],
            row["action"],
        )
        self._observe_approvals(writing, row)
        return _item(writing, _find(writing, row["id"]))

    def _record(self, writing: Writing, row: dict[str, Any], by: str, answer: str, more: dict[str, Any]) -> None:
        """The signed answer on the chain, and the item closed."""
        self._sign_record(writing, row, by, answer, more)
        writing.execute(
            "update inbox set state = 'answered', answer = %s, answered_by = %s, answered_at = %s where id = %s",
            answer,
            by,
            self.desk.ledger.clock(),
            row["id"],
        )

    def _sign_record(self, writing: Writing, row: dict[str, Any], by: str, answer: str, more: dict[str, Any]) -> None:
        said = {"slice": row["slice"], "item": row["id"], "action": row["action"], "answer": answer, **more}
        envelope = self._sign(by, ANSWER_TYPE, said)
        self.desk.principals().require_signed(by, envelope, ANSWER_TYPE, said)
        writing.append(
            "approval:answer", {**said, "run": row["run"], "case": row["case_ref"], "envelope": dict(envelope)}, by=by
        )

    def _observe_approvals(self, writing: Writing, row: dict[str, Any]) -> None:
        """The case's `approved_unedited`: no if any answer changed or refused an action, open while one waits."""
        answers = [
            answered["answer"]
            for answered in writing.rows(
                "select answer from inbox where run = %s and kind = 'approval' and state in ('open', 'answered')",
                row["run"],
            )
        ]
        value: float | None = 1.0
        if any(answer in ("edit", "reject") for answer in answers):
            value = 0.0
        elif None in answers:
            value = None
        _observe(writing, row, Observation(metric="approved_unedited", value=value, source="person"))


_SELECT = """
select i.*, r.fingerprint, r.input, a.name as action_name, a.arguments as action_arguments, a.clause, a.cited
from inbox i join run r on r.id = i.run left join action a on a.id = i.action
"""

_HOW = {
    "approval": "Use `goldenthread inbox approve {id}`, `edit` or `reject`.",
    "blind question": "Use `goldenthread inbox answer {id} ACTION NAME=VALUE ...`.",
    "escalation": "Use `goldenthread inbox answer {id} ACTION NAME=VALUE ...`.",
    "in-doubt effect": "Use `goldenthread inbox settle {id} --happened` or `--did-not-happen`.",
}


def _require_another_person(writing: Writing, row: Mapping[str, Any], by: str) -> None:
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


def _require_types(writing: Writing, action: str, arguments: Mapping[str, Json]) -> None:
    """
    Raises:
        AnswerInvalid: The tool does not take these, as the contract says.
    """
    declared = writing.contract().actions.get(action)
    problem = argument_problem(declared, arguments) if declared is not None else None
    if problem is not None:
        raise AnswerInvalid(f"The action '{action}' can't be done so: {problem}. Give it what the contract says.")


def _require_content(writing: Writing, action: str, arguments: Mapping[str, Json]) -> None:
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


def _spends(writing: Writing, row: Mapping[str, Any], proposed: Mapping[str, Json]) -> dict[str, Json]:
    """
    What the permit of an answer would use up, as its record holds it.

    Raises:
        AnswerInvalid: That is more than a budget of the contract leaves now.
    """
    contract, allotted = writing.contract(), _allotted(writing, row["run"])
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


def _allotted(writing: Writing, run: str) -> Mapping[str, Decimal]:
    """What a run may use up in all, by whoever called it."""
    caller = writing.rows("select caller from run where id = %s", run)[0]["caller"]
    return Caller.of_record(json.loads(caller)).allotted if caller else {}


def _find(writing: Writing, item: str) -> dict[str, Any]:
    rows = writing.rows(f"{_SELECT} where i.slice = %s and starts_with(i.id, %s) limit 2", writing.desk.slice, item)
    if len(rows) != 1 or not item:
        what = f"{len(rows)} items begin with" if len(rows) > 1 else "No item"
        raise InboxItemNotFound(f"{what} '{item}' in '{writing.desk.slice}'. See `goldenthread inbox list`.")
    rows[0]["agent"] = writing.standing.agents[rows[0]["fingerprint"]].agent
    return rows[0]


def _item(writing: Writing, row: dict[str, Any]) -> Item:
    erased = writing.desk.ledger.vault.is_erased(row["case_ref"])
    given: dict[str, Any] = {"case": "erased", "input": {}} if erased else writing.content(row["input"])
    blind = row["kind"] == "blind question" and row["state"] == "open"
    stop = writing.stopping(row["action_name"]) if row["action_name"] and not blind else None
    shown = row["content"] if row["kind"] == "in-doubt effect" else row["action_arguments"]
    return Item(
        id=row["id"],
        slice=row["slice"],
        kind=row["kind"],
        state=row["state"],
        case=given["case"],
        given=given["input"],
        reason="" if erased else _reason(writing, row),
        run=row["run"],
        agent=writing.standing.agents[row["fingerprint"]].agent,
        action=None if blind else row["action_name"],
        action_id=row["action"],
        arguments=None if blind or erased or shown is None else writing.content(shown),
        clause=row["clause"],
        cited=tuple(row["cited"] or ()) if not blind else (),
        assigned=row["assigned"],
        answer=row["answer"],
        answered_by=row["answered_by"],
        asked_at=row["asked_at"],
        stopped=stop.words if stop is not None else None,
    )


def _reason(writing: Writing, row: Mapping[str, Any]) -> str:
    """The guard's words, or for an escalation the agent's."""
    return str(writing.content(row["content"])["reason"]) if row["kind"] == "escalation" else str(row["reason"])


def _observe(writing: Writing, row: Mapping[str, Any], observation: Observation) -> None:
    writing.observe(row["run"], row["case_ref"], row["fingerprint"], [observation])


def _path(contract: Contract) -> tuple[Any, ...]:
    return contract.autonomy.escalate if contract.autonomy else ()
