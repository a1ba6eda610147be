"""Answers that close an item: a yes with its permit, a no, a decision of one's own, what became of an effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goldenthread.control.approvals.required import (
    require_another_person,
    require_arguments,
    require_content,
    require_permissible,
    require_types,
    spends_of,
)
from goldenthread.control.approvals.vigilance import answer_apart, note_answered
from goldenthread.control.approvals.voice import Voice
from goldenthread.control.guard import (
    APPROVAL_LIFE,
    IN_DOUBT,
    Writing,
    issue_permit,
    observe_approvals,
    redacted,
    settle_undo,
)
from goldenthread.promise.errors import AnswerInvalid
from goldenthread.promise.values import Json, canonical
from goldenthread.record.metrics import Observation, Proposal, agrees


def approve(
    voice: Voice, writing: Writing, row: dict[str, Any], by: str, more: Mapping[str, Json] | None = None
) -> None:
    """A yes to what was asked; `more` goes into the signed answer."""
    proposed = writing.content(row["action_arguments"])
    _permit(voice, writing, row, by, "approve", row["action_arguments"], proposed, more or {})


def edit(voice: Voice, writing: Writing, row: dict[str, Any], by: str, arguments: Mapping[str, Json]) -> None:
    """
    A yes to other arguments.

    Raises:
        AnswerInvalid: An argument that the proposal does not have or of another type, nothing changed, or what the
            contract lets nobody do; one is left empty that the tool needs; or another idempotency key.
    """
    proposed = writing.content(row["action_arguments"])
    unknown = [name for name in arguments if name not in proposed]
    if unknown:
        raise AnswerInvalid(
            f"'{row['action_name']}' has no argument '{unknown[0]}'; it has {', '.join(proposed)}. Change one of these."
        )
    _require_filled(writing, row["action_name"], proposed, arguments)
    _require_same_effect(writing, row, proposed, arguments)
    changed = dict(redacted(writing.contract(), row["action_name"], {**proposed, **arguments}))
    require_types(writing, row["action_name"], changed)
    edited = writing.tx.keep(row["case_ref"], changed)
    if edited == row["action_arguments"]:  # digests: to Python 1 equals true
        raise AnswerInvalid(
            f"Item {row['id']} would be approved unchanged. Use `goldenthread inbox approve {row['id']}`."
        )
    _permit(voice, writing, row, by, "edit", edited, changed, {})


def _require_filled(writing: Writing, action: str, proposed: Mapping[str, Json], arguments: Mapping[str, Json]) -> None:
    """An edit leaves no argument empty that was not, unless the contract says that the tool can do without it."""
    declared = writing.contract().actions.get(action)
    takes = (declared.takes if declared is not None else None) or {}
    for name, value in arguments.items():
        is_left_out = isinstance(value, str) and not value.strip() and proposed[name] not in ("", None)
        if is_left_out and not (name in takes and takes[name].optional):
            raise AnswerInvalid(f"The argument '{name}' would be empty. Fill it in, or reject the item with a reason.")


def _require_same_effect(
    writing: Writing, row: Mapping[str, Any], proposed: Mapping[str, Json], arguments: Mapping[str, Json]
) -> None:
    """Under another key it would be another effect than the one that was asked for, and is known as."""
    declared = writing.contract().actions.get(row["action_name"])
    key = declared.key if declared is not None else None
    if key is not None and key in arguments and canonical(arguments[key]) != canonical(proposed[key]):
        raise AnswerInvalid(
            f"'{key}' tells one effect of '{row['action_name']}' from another, so an edit leaves it as it "
            f"is. Reject item {row['id']} with a reason, and have the agent ask for the other."
        )


def reject(
    voice: Voice, writing: Writing, row: dict[str, Any], by: str, reason: str, more: Mapping[str, Json] | None = None
) -> None:
    """
    A no, with its reason.

    Raises:
        AnswerInvalid: No reason.
    """
    require_words(row, "reason", reason)
    kept = writing.tx.keep(row["case_ref"], {"reason": reason})
    if row["purpose"] is not None:
        answer_apart(writing, row, by, "reject", voice, said={"content": kept, **(more or {})})
        return
    voice.close(writing, row, by, "reject", {"content": kept, **(more or {})})
    writing.execute(
        "update action set state = 'rejected', reason = %s, result = %s where id = %s",
        f"{by} said no",
        kept,
        row["action"],
    )
    observe_approvals(writing, row, by)
    note_answered(writing, row["id"])


def answer(voice: Voice, writing: Writing, row: dict[str, Any], by: str, decision: Proposal) -> None:
    """
    A decision of their own.

    Raises:
        AnswerInvalid: The contract has no such action, or the agent's tool no such argument.
    """
    actions = writing.contract().actions
    if decision.action not in actions:
        raise AnswerInvalid(
            f"The contract declares no action '{decision.action}'; it declares {', '.join(actions)}. Name one of these."
        )
    require_arguments(writing, row, decision)
    kept = writing.tx.keep(row["case_ref"], decision.record())
    voice.close(writing, row, by, "answer", {"content": kept})
    if row["kind"] == "blind question":
        proposal = Proposal(action=row["action_name"], arguments=writing.content(row["action_arguments"]))
        value = float(agrees(proposal, decision))
        seen = Observation(metric="agreement", value=value, source="person")
        writing.observe(row["run"], row["case_ref"], row["fingerprint"], [seen])


def settle(voice: Voice, writing: Writing, row: dict[str, Any], by: str, *, happened: bool) -> None:
    """What became of an effect in doubt, or of taking one back."""
    voice.close(writing, row, by, "happened" if happened else "did not happen", {})
    if row["kind"] == IN_DOUBT:
        settle_undo(writing, row["action"], undone=happened, by=by)
        return
    state = "done" if happened else "expired"
    writing.execute("update action set state = %s where id = %s", state, row["action"])


def require_words(row: Mapping[str, Any], what: str, words: str) -> None:
    """
    Raises:
        AnswerInvalid: Nothing was said.
    """
    if not words.strip():
        raise AnswerInvalid(f"Item {row['id']} needs a {what}, and it is empty. Say it in a few words.")


def _permit(
    voice: Voice,
    writing: Writing,
    row: dict[str, Any],
    by: str,
    said: str,
    arguments: str,
    proposed: Mapping[str, Json],
    more: Mapping[str, Json],
) -> None:
    require_another_person(writing, row, by)
    require_content(writing, row["action_name"], proposed)
    if row["purpose"] is not None:
        edited = {"arguments": arguments} if said == "edit" else {}
        answer_apart(writing, row, by, said, voice, said={**edited, **more}, arguments=proposed)
        return
    require_permissible(writing, row, proposed)
    action = writing.rows("select * from action where id = %s for update", row["action"])[0]
    action["contract_version"] = writing.contract().version
    permit = issue_permit(writing.desk, row["fingerprint"], action, arguments, APPROVAL_LIFE)
    spends = spends_of(writing, row, proposed)
    voice.close(writing, row, by, said, {"permit": permit, **({"spends": spends} if spends else {}), **more})
    writing.execute(
        "update action set state = 'permitted', permit = %s, permitted = %s, contract_version = %s, expires = %s"
        " where id = %s",
        permit["id"],
        arguments,
        action["contract_version"],
        permit["expires"],
        row["action"],
    )
    observe_approvals(writing, row, by)
    note_answered(writing, row["id"])
