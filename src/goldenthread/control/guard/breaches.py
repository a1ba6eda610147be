"""What a tool or a decision did against its contract, on the slice's chain: in words that hold no content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from goldenthread.control.guard.desk import Desk
from goldenthread.control.guard.runs import Run

TOOL_BREACH = "tool:breach"
DECISION_BREACH = "decision:breach"


@dataclass(frozen=True, kw_only=True)
class Called:
    """
    What was called: a tool under the name of its action, or a decision of the agent (`choice`).

    `decision` is the id of the action on record; None for a read, which needs none, and for a decision of the agent.
    """

    name: str
    decision: str | None = None
    choice: bool = False

    def record(self) -> dict[str, Any]:
        """As records name it."""
        return {"choice": self.name} if self.choice else {"action": self.name, "decision": self.decision}


@dataclass(frozen=True, kw_only=True)
class Breach:
    """
    One way in which a call broke its contract.

    `clause` is 'takes' (a decision's inputs), 'gives', 'within' or 'tries'; `words` name types, times and the class of
    an error, never a value.
    """

    clause: str
    words: str


def record_breaches(desk: Desk, run: Run, called: Called, breaches: Sequence[Breach]) -> None:
    """Put on record how a call in a run broke its contract; nothing is written where it did not."""
    if not breaches:
        return
    kind = DECISION_BREACH if called.choice else TOOL_BREACH
    with desk.transaction() as writing:
        for one in breaches:
            said = {**called.record(), "breach": one.clause, "words": one.words}
            writing.append(kind, {"run": run.id, "case": run.case_ref, **said}, by=run.agent)


def record_try(desk: Desk, run: Run, called: Called, number: int, error: str) -> None:
    """Try `number`, from 1, failed with an error of this class, and the call is made again."""
    kind = "decision:try" if called.choice else "tool:try"
    said = {**called.record(), "try": number, "error": error}
    with desk.transaction() as writing:
        writing.append(kind, {"run": run.id, "case": run.case_ref, **said}, by=run.agent)
