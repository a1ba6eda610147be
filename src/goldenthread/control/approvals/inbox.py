"""The inbox of a slice: look, take, answer, ask back, pass on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from goldenthread.control.approvals import answers
from goldenthread.control.approvals.batches import Answered, Shown, answer_each, require_alike, require_seen
from goldenthread.control.approvals.claims import CLAIM_MINUTES, claim, release
from goldenthread.control.approvals.dossier import Dossier, dossier_of
from goldenthread.control.approvals.items import SELECT, Item, find_item, item_of
from goldenthread.control.approvals.messages import ask_back, reply
from goldenthread.control.approvals.passing import escalate, hand_over
from goldenthread.control.approvals.vigilance import try_vigilance
from goldenthread.control.approvals.voice import Voice
from goldenthread.control.guard import IN_DOUBT, Desk, Sign, Writing
from goldenthread.promise.values import Json
from goldenthread.record.metrics import Proposal

_Act = Callable[[Writing, dict[str, Any]], None]
_DECIDED = ("blind question", "escalation")


class Inbox:
    """
    What waits for people in one slice; `sign` makes the envelope that binds an answer to who gave it.

    Whoever answers, claims or passes on an item must be entitled to answer it; whose turn it is does not matter. All of
    them raise InboxItemNotFound, InboxItemClosed, InboxItemExpired, InboxItemClaimed, AnswerInvalid, NotPermitted,
    SecondRole, PrincipalUnknown and SignatureInvalid, and then nothing happened. An answer that is given with `seen`,
    the digest of what was shown, raises InboxItemChanged where the item changed since.
    """

    def __init__(self, desk: Desk, sign: Sign) -> None:
        self.desk = desk
        self._voice = Voice(desk=desk, sign=sign)

    # --- looking ------------------------------------------------------------------------------------------------------

    def items(self, *, state: str | None = "open") -> list[Item]:
        """Items, oldest first; `state` None gives the closed ones too."""
        wanted = None if state is None else ["open", "expired"] if state == "expired" else [state]
        with self.desk.transaction() as writing:
            rows = writing.rows(
                f"{SELECT} where i.slice = %s and (%s::text[] is null or i.state = any(%s)) order by i.asked_at, i.id",
                self.desk.slice,
                wanted,
                wanted,
            )
            principals = self.desk.principals()
            found = [item_of(writing, row, principals) for row in rows]
        return [item for item in found if state in (None, item.state)]

    def item(self, item: str) -> Item:
        """
        One item, by its id or a prefix that only it has.

        Raises:
            InboxItemNotFound: None, or several.
        """
        with self.desk.transaction() as writing:
            return item_of(writing, find_item(writing, item))

    def dossier(self, item: str) -> Dossier:
        """
        An item with all that somebody should see who answers it: grounds, doubts, consequences, messages, alike cases.

        Raises:
            InboxItemNotFound: None, or several.
        """
        return dossier_of(self.desk, item)

    # --- answers ------------------------------------------------------------------------------------------------------

    def approve(self, item: str, *, by: str, seen: str | None = None) -> Item:
        """
        Say yes to exactly the arguments shown: a permit for them, once.

        Args:
            item: Its id, or a prefix.
            by: Who says so.
            seen: The digest of what was shown to them; the item is refused if it changed since.
        """
        return self._do(item, "approval", by, lambda writing, row: answers.approve(self._voice, writing, row, by), seen)

    def edit(self, item: str, arguments: Mapping[str, Json], *, by: str, seen: str | None = None) -> Item:
        """
        Say yes to other arguments: a new permit for these; the agent's own are not done. A level's limit may be gone
        over, since limits only ask for a person; no rule that forbids, no budget, no type and no denied content.

        Raises:
            AnswerInvalid: Any of these; an argument that the agent's proposal does not have; or nothing changed.
        """
        return self._do(
            item, "approval", by, lambda writing, row: answers.edit(self._voice, writing, row, by, arguments), seen
        )

    def reject(self, item: str, reason: str, *, by: str, seen: str | None = None) -> Item:
        """
        Say no; the agent gets the reason, and the action does not happen.

        Raises:
            AnswerInvalid: No reason.
        """
        return self._do(
            item, "approval", by, lambda writing, row: answers.reject(self._voice, writing, row, by, reason), seen
        )

    def answer(self, item: str, decision: Proposal, *, by: str, seen: str | None = None) -> Item:
        """
        Decide a blind question or an escalation yourself.

        Raises:
            AnswerInvalid: The contract has no such action, or the agent's tool no such argument.
        """
        return self._do(
            item, _DECIDED, by, lambda writing, row: answers.answer(self._voice, writing, row, by, decision), seen
        )

    def settle(self, item: str, *, happened: bool, by: str, seen: str | None = None) -> Item:
        """
        Say whether an in-doubt effect happened. If not, the action may be asked for again; if so, it counts
        as done and never repeats. For an undo in doubt: whether the effect was taken back; if not, that may be ordered
        again.
        """
        return self._do(
            item,
            ("in-doubt effect", IN_DOUBT),
            by,
            lambda writing, row: answers.settle(self._voice, writing, row, by, happened=happened),
            seen,
        )

    def approve_each(self, shown: Sequence[Shown], *, by: str) -> tuple[Answered, ...]:
        """
        Say yes to several alike approvals, to each exactly as it was shown. Each is signed and stands by itself; what
        is refused is told, and keeps none of the others back.

        Raises:
            AnswerInvalid, InboxItemNotFound: They are not alike, or not there; none is answered then.
        """

        def act(writing: Writing, row: dict[str, Any], said: dict[str, Json]) -> Item:
            answers.approve(self._voice, writing, row, by, said)
            return item_of(writing, find_item(writing, row["id"]))

        return self._each(shown, by, act)

    def reject_each(self, shown: Sequence[Shown], reason: str, *, by: str) -> tuple[Answered, ...]:
        """Say no to several alike approvals, for one reason; otherwise as `approve_each`."""

        def act(writing: Writing, row: dict[str, Any], said: dict[str, Json]) -> Item:
            answers.reject(self._voice, writing, row, by, reason, said)
            return item_of(writing, find_item(writing, row["id"]))

        return self._each(shown, by, act)

    # --- passing on, asking back --------------------------------------------------------------------------------------

    def escalate(self, item: str, *, by: str) -> Item:
        """
        Hand the item to the next step of the contract's escalation path; it stays open.

        Raises:
            AnswerInvalid: The path ends here.
        """
        return self._do(item, None, by, lambda writing, row: escalate(self._voice, writing, row, by))

    def hand_over(self, item: str, to: str, *, by: str) -> Item:
        """
        Hand the item to a person by name; it stays open, and its clock keeps running.

        Raises:
            AnswerInvalid: They have it already, or are away.
            NotPermitted, SecondRole, PrincipalUnknown: They may not answer it.
        """
        return self._do(item, None, by, lambda writing, row: hand_over(self._voice, writing, row, to, by))

    def ask_back(self, item: str, question: str, *, by: str) -> Item:
        """
        Ask the agent, or whoever answers for it, before you answer; the item stays open, and its clock keeps running.

        Raises:
            AnswerInvalid: Nothing is asked, or the item is a blind question.
        """
        return self._do(item, None, by, lambda writing, row: ask_back(self._voice, writing, row, question, by))

    def reply(self, item: str, text: str, *, by: str) -> Item:
        """
        Reply to what was asked about an item: whoever answers for the agent, or has a role in the slice.

        Raises:
            AnswerInvalid: Nothing is said, or nothing was asked.
            NotPermitted, PrincipalUnknown: None of them.
        """
        with self.desk.transaction() as writing:
            row = self._voice.open_row(writing, item)
            reply(self._voice, writing, row, text, by)
            return item_of(writing, find_item(writing, row["id"]))

    # --- claims -------------------------------------------------------------------------------------------------------

    def claim(self, item: str, *, by: str, minutes: int = CLAIM_MINUTES) -> Item:
        """
        Take an item, so that nobody else works on it, or keep it for longer; it ends by itself.

        Raises:
            InboxItemClaimed: Somebody else was first.
            AnswerInvalid: For no time, or too long.
        """
        return self._do(item, None, by, lambda writing, row: claim(self._voice, writing, row, by, minutes))

    def release(self, item: str, *, by: str) -> Item:
        """
        Give a claim back; an owner of the slice may break anybody's.

        Raises:
            AnswerInvalid: Nobody is at it.
            InboxItemClaimed: Somebody else is, and `by` is no owner.
        """
        with self.desk.transaction() as writing:
            row = self._voice.open_row(writing, item)
            release(self._voice, writing, row, by)
            return item_of(writing, find_item(writing, row["id"]))

    def _do(self, item: str, kind: str | tuple[str, ...] | None, by: str, act: _Act, seen: str | None = None) -> Item:
        """Whatever one person does with one open item, in one transaction."""
        with self.desk.transaction() as writing:
            row = self._voice.take(writing, item, kind, by)
            if seen is not None:
                require_seen(writing, row, seen)
            act(writing, row)
            done = item_of(writing, find_item(writing, row["id"]))
        if kind == "approval":
            try_vigilance(self.desk)
        return done

    def _each(
        self, shown: Sequence[Shown], by: str, act: Callable[[Writing, dict[str, Any], dict[str, Json]], Item]
    ) -> tuple[Answered, ...]:
        found = answer_each(self._voice, shown, self._alike(shown), by, act)
        try_vigilance(self.desk)
        return found

    def _alike(self, shown: Sequence[Shown]) -> list[str]:
        with self.desk.transaction() as writing:
            return require_alike(writing, shown)
