"""What people ask an agent about what waits for them, and its replies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from goldenthread.control.guard import Desk, Run, Step

if TYPE_CHECKING:
    from goldenthread.control.approvals import Message


class Talking(ABC):
    """What of a run talks with the people who answer for its actions."""

    def questions(self) -> tuple[Message, ...]:
        """What people asked back about open items of this run and nobody has replied to, oldest first."""
        from goldenthread.control.approvals import unanswered

        desk, run, _ = self._under_contract()
        return unanswered(desk, run.id)

    def reply(self, item: str, text: str) -> None:
        """
        Reply to what somebody asked about an item; it stands beside the question, as the agent's word and no more.

        Raises:
            InboxItemNotFound, InboxItemClosed: There is no such open item.
            NotPermitted: It is another run's.
            AnswerInvalid: Nothing is said, or nothing was asked.
        """
        from goldenthread.control.approvals import reply_of_agent

        desk, run, _ = self._under_contract()
        reply_of_agent(desk, run, item, text)

    @abstractmethod
    def _under_contract(self) -> tuple[Desk, Run, list[Step]]:
        """The desk, the run and its steps so far."""
