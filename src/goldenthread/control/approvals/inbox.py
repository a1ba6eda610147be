"""The inbox of a slice: list, show, approve, edit, reject, escalate, answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goldenthread.control.approvals.items import ANSWER_TYPE, SELECT, Item, find_item, item_of, path_of
from goldenthread.control.approvals.required import (
    require_another_person,
    require_arguments,
    require_content,
    require_types,
    spends_of,
)
from goldenthread.control.approvals.vigilance import answer_apart, note_answered
from goldenthread.control.guard import (
    APPROVAL_LIFE,
    Desk,
    Sign,
    Writing,
    issue_permit,
    redacted,
)
from goldenthread.promise.errors import AnswerInvalid, InboxItemClosed
from goldenthread.promise.values import Json
from goldenthread.record.metrics import Observation, Proposal, agrees


class Inbox:
    """What waits for people in one slice; `sign` makes the envelope that binds an answer to who gave it."""

    def __init__(self, desk: Desk, sign: Sign) -> None:
        self.desk = desk
        self._sign = sign

    def items(self, *, state: str | None = "open") -> list[Item]:
        """Items, oldest first; `state` None gives the answered ones too."""
        with self.desk.transaction() as writing:
            rows = writing.rows(
                f"{SELECT} where i.slice = %s and (%s::text is null or i.state = %s) order by i.asked_at, i.id",
                self.desk.slice,
                state,
                state,
            )
            return [item_of(writing, row) for row in rows]

    def item(self, item: str) -> Item:
        """
        One item, by its id or a prefix that only it has.

        Raises:
            InboxItemNotFound: None, or several.
        """
        with self.desk.transaction() as writing:
            return item_of(writing, find_item(writing, item))

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
            require_types(writing, row["action_name"], changed)
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
            if row["purpose"] is not None:
                answer_apart(writing, row, by, "reject", self._sign, said={"content": kept})
                return item_of(writing, find_item(writing, row["id"]))
            self._record(writing, row, by, "reject", {"content": kept})
            writing.execute(
                "update action set state = 'rejected', reason = %s, result = %s where id = %s",
                f"{by} said no",
                kept,
                row["action"],
            )
            self._observe_approvals(writing, row, by)
            return item_of(writing, find_item(writing, row["id"]))

    def escalate(self, item: str, *, by: str) -> Item:
        """
        Hand the item to the next step of the contract's escalation path; it stays open.

        Raises:
            AnswerInvalid: The path ends here.
        """
        with self.desk.transaction() as writing:
            row = self._take(writing, item, None, by)
            path = [step.to for step in path_of(writing.contract())]
            assigned = row["assigned"] or (path[0] if path else None)
            later = path[path.index(assigned) + 1 :] if assigned in path else []
            if not later:
                raise AnswerInvalid(
                    f"Item {row['id']} is with '{assigned}', the last step of the escalation path. Answer it there."
                )
            self._sign_record(writing, row, by, "escalate", {"to": later[0]})
            writing.execute("update inbox set assigned = %s where id = %s", later[0], row["id"])
            return item_of(writing, find_item(writing, row["id"]))

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
            require_arguments(writing, row, decision)
            kept = writing.tx.keep(row["case_ref"], decision.record())
            self._record(writing, row, by, "answer", {"content": kept})
            if row["kind"] == "blind question":
                proposal = Proposal(action=row["action_name"], arguments=writing.content(row["action_arguments"]))
                value = float(agrees(proposal, decision))
                _observe(writing, row, Observation(metric="agreement", value=value, source="person"))
            return item_of(writing, find_item(writing, row["id"]))

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
            return item_of(writing, find_item(writing, row["id"]))

    def _take(self, writing: Writing, item: str, kind: str | tuple[str, ...] | None, by: str) -> dict[str, Any]:
        """The open item, if `by` may answer it."""
        row = find_item(writing, item)
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
        path = [step.to for step in path_of(writing.contract())]
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
        require_another_person(writing, row, by)
        require_content(writing, row["action_name"], proposed)
        if row["purpose"] is not None:
            said = {"arguments": arguments} if answer == "edit" else {}
            answer_apart(writing, row, by, answer, self._sign, said=said, arguments=proposed)
            return item_of(writing, find_item(writing, row["id"]))
        action = writing.rows("select * from action where id = %s for update", row["action"])[0]
        action["contract_version"] = writing.contract().version
        permit = issue_permit(writing.desk, row["fingerprint"], action, arguments, APPROVAL_LIFE)
        spends = spends_of(writing, row, proposed)
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
        self._observe_approvals(writing, row, by)
        return item_of(writing, find_item(writing, row["id"]))

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
        kind = "vigilance:escalate" if row["purpose"] is not None else "approval:answer"
        writing.append(kind, {**said, "run": row["run"], "case": row["case_ref"], "envelope": dict(envelope)}, by=by)

    def _observe_approvals(self, writing: Writing, row: dict[str, Any], by: str) -> None:
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
        seen = Observation(metric="approved_unedited", value=value, source="person")
        writing.observe(row["run"], row["case_ref"], row["fingerprint"], [seen], approver=by)
        note_answered(writing, row["id"])


_HOW = {
    "approval": "Use `goldenthread inbox approve {id}`, `edit` or `reject`.",
    "blind question": "Use `goldenthread inbox answer {id} ACTION NAME=VALUE ...`.",
    "escalation": "Use `goldenthread inbox answer {id} ACTION NAME=VALUE ...`.",
    "in-doubt effect": "Use `goldenthread inbox settle {id} --happened` or `--did-not-happen`.",
}


def _observe(writing: Writing, row: Mapping[str, Any], observation: Observation) -> None:
    writing.observe(row["run"], row["case_ref"], row["fingerprint"], [observation])
