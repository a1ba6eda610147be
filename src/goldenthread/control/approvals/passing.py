"""Passing an item on: to the next step of the path, or to a person by name."""

from __future__ import annotations

from typing import Any

from goldenthread.control.approvals.deputies import require_there
from goldenthread.control.approvals.turns import how_it_waits
from goldenthread.control.approvals.voice import Voice
from goldenthread.control.guard import Writing
from goldenthread.promise.errors import AnswerInvalid

_MOVE = """
update inbox set assigned = %s, step = %s, step_since = %s, claimed_by = null, claimed_until = null where id = %s
"""


def escalate(voice: Voice, writing: Writing, row: dict[str, Any], by: str) -> None:
    """
    Hand the item to the next step of the path, whose time begins now.

    Raises:
        AnswerInvalid: The path ends here.
    """
    now = voice.desk.ledger.clock()
    waits, path = how_it_waits(writing.contract(), row, now), writing.contract().path
    if waits.turn is None or waits.turn.last:
        raise AnswerInvalid(
            f"Item {row['id']} is with '{waits.assigned}', the last step of the escalation path. Answer it there."
        )
    step = waits.turn.step + 1
    voice.answer(writing, row, by, "escalate", {"to": path[step], "step": step})
    writing.execute(_MOVE, path[step], step, now, row["id"])


def hand_over(voice: Voice, writing: Writing, row: dict[str, Any], to: str, by: str) -> None:
    """
    Hand the item to a person who may answer it. The clock keeps running: it is due when the step's time is over, and
    then goes to the next step as it would have.

    Raises:
        AnswerInvalid: They have it already, or are away.
        NotPermitted, SecondRole, PrincipalUnknown: Whoever gets it may not answer it.
    """
    now = voice.desk.ledger.clock()
    waits = how_it_waits(writing.contract(), row, now)
    if waits.assigned == to:
        raise AnswerInvalid(f"Item {row['id']} is with '{to}' already. Name another person, or answer it.")
    voice.require_entitled(writing, row, to)
    require_there(voice.desk.principals(), row["id"], to, row["agent"], now)
    voice.say(writing, row, by, "approval:handover", {"to": to, "step": waits.turn.step if waits.turn else None})
    writing.execute(
        _MOVE,
        to,
        waits.turn.step if waits.turn else row["step"],
        waits.turn.since if waits.turn else row["step_since"],
        row["id"],
    )
