"""Who stands in while somebody is away: their work moves to a deputy, who answers by rights of their own."""

from __future__ import annotations

from datetime import datetime

from goldenthread.control.approvals.turns import moment
from goldenthread.promise.errors import AnswerInvalid
from goldenthread.record.principals import Principals


def deputies_of(principals: Principals, assigned: str | None, agent: str, at: datetime) -> tuple[str, ...]:
    """
    Who gets what is assigned to a person who is away now; nobody for a step that is a role, which others hold too.

    Whoever answers for the agent is left out: nobody approves their own agent, nor for somebody else.
    """
    person = _person(principals, assigned) if assigned is not None else None
    return principals.deputies(person, at, agent=agent) if person is not None else ()


def require_there(principals: Principals, item: str, to: str, agent: str, at: datetime) -> None:
    """
    Raises:
        AnswerInvalid: Who shall get the item is away.
    """
    leave = principals.on_leave(to, at)
    if leave is None:
        return
    deputies = principals.deputies(to, at, agent=agent)
    until = f"until {moment(leave.until)}" if leave.until is not None else "until they return"
    instead = f"Hand it to {' or '.join(deputies)}, who stands in." if deputies else "Hand it to somebody who is there."
    raise AnswerInvalid(f"'{to}' is away {until}, so item {item} would wait there. {instead}")


def _person(principals: Principals, step: str) -> str | None:
    """The one person whom a step of the path names, by name or by the part before '@'."""
    named = [
        one.name
        for one in principals.all()
        if one.kind == "person" and not one.revoked and step in (one.name, one.name.partition("@")[0])
    ]
    return named[0] if len(named) == 1 else None
