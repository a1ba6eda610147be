"""One call of a tool under the contract's line of its action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from goldenthread.control import guard
from goldenthread.control.guard import Breach, Called, Desk
from goldenthread.promise.errors import NotCanonical, ToolBreach
from goldenthread.promise.values import Json, canonical
from goldenthread.surfaces.sdk.tries import Tries, cause_of

__all__ = ["ToolCall", "cause_of", "recordable"]


class ToolCall(Tries):
    """
    A tool that is called, as often and as long as its action's contract allows.

    Args:
        name: The action's.
        decision: The id of the action on record; None for a read that stays here.
        again: Asked before each further try.
    """

    def __init__(
        self,
        desk: Desk,
        run: guard.Run,
        name: str,
        *,
        decision: str | None = None,
        again: Callable[[], None] | None = None,
    ) -> None:
        self._declared = desk.declared(name)
        super().__init__(desk, run, Called(name=name, decision=decision), self._declared, again)

    def require_output(self, result: Any) -> None:
        """
        Hold what came back against `gives`; a breach is on record.

        Raises:
            ToolBreach: It is something else, and must not be handed on.
        """
        problem = guard.output_problem(self._declared, result) if self._declared is not None else None
        if problem is None:
            return
        self.breaches.append(Breach(clause="gives", words=problem))
        self.record_breaches()
        done = "The effect is on record as done, and n" if self.called.decision is not None else "N"
        raise ToolBreach(
            f"'{self.name}' broke its contract: {problem} (clause actions.{self.name}.gives). "
            f"{done}othing of what it gave is handed on. Mend the tool, or sign a contract that says what it gives."
        )


def recordable(result: Any) -> Json:
    """The result if JSON can carry it; else None, and a resumed run gets None for it."""
    try:
        canonical(result)
    except (NotCanonical, TypeError):
        return None
    return cast(Json, result)
