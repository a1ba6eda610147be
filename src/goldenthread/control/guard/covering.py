"""
Whether people are there to answer for a slice's agents, kept by its desk and put on record as it changes.

Worked out anew only when something it rests on has changed, or an instant has come at which it may change by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from goldenthread.control.autonomy import Standing
from goldenthread.control.coverage import Alone, Cover, Presence, Question, Watch, presences, watch
from goldenthread.control.guard.situation import LeftAlone
from goldenthread.promise.contract import Contract, Fallback
from goldenthread.promise.values import Json, Level
from goldenthread.record.principals import Principals

if TYPE_CHECKING:
    from goldenthread.control.guard.desk import Desk, Writing
    from goldenthread.record.ledger import Record

LOST, BACK = "coverage:lost", "coverage:back"

_Rows = Callable[..., list[dict[str, Any]]]

_OLDEST = """
select r.fingerprint, min(i.asked_at) as asked from inbox i join run r on r.id = i.run
where i.slice = %s and i.state = 'open' and i.kind = 'approval' group by r.fingerprint
"""


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What was worked out, and what it rests on."""

    cover: Cover
    people: dict[str, tuple[Presence, ...]]
    organisation: int
    contract: Contract
    agents: int
    alone_seq: int
    answered: int

    def holds(self, standing: Standing, organisation: int | None, now: datetime) -> bool:
        """Whether it is still right; an answer moves it only while somebody is left alone."""
        return (
            self.cover.at <= now < self.cover.until
            and self.contract is standing.contract
            and organisation in (None, self.organisation)
            and self.alone_seq == standing.alone_seq
            and self.agents == len(standing.agents)
            and (self.answered == standing.answered or not (self.cover.alone or standing.alone))
        )


class Covering:
    """The people of one desk's slice, agent by agent."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: _Known | None = None

    def settle(self, writing: Writing) -> None:
        """Put on record, before anything else in this transaction, who was left alone, or is no longer."""
        standing = writing.standing
        if fallback_of(standing) is None:
            return
        known = self._look(standing, writing.tx.organisation, writing.rows)
        if known.cover.alone.keys() == standing.alone.keys():
            return
        for agent in sorted(known.cover.alone.keys() ^ standing.alone.keys()):
            alone = known.cover.alone.get(agent)
            said = _back(known, standing, agent) if alone is None else _lost(known, standing, alone)
            seen = {"as_of": _written(known.cover.at), "organisation": known.organisation}
            writing.append(BACK if alone is None else LOST, {**said, **seen})

    def unrecorded(self, standing: Standing, fingerprint: str) -> LeftAlone | None:
        """How the clock says that a fingerprint's agent is left alone now, on record yet or not; None if it isn't."""
        agent, fallback = standing.agents.get(fingerprint), fallback_of(standing)
        if agent is None or fallback is None:
            return None
        alone = self.alone_now(standing).get(agent.agent)
        return left_alone(standing, alone, fallback.level) if alone is not None else None

    def alone_now(self, standing: Standing) -> Mapping[str, Alone]:
        """Who is left alone by the clock, by the agent's name."""
        if fallback_of(standing) is None:
            return {}
        return self._look(standing, None, self._desk.read_rows).cover.alone

    def is_due(self) -> bool:
        """Whether the next transaction would put something on record."""
        standing = self._desk.standing()
        if fallback_of(standing) is None:
            return False
        organisation = self._desk.principals().until
        known = self._look(standing, organisation, self._desk.read_rows)
        return known.cover.alone.keys() != standing.alone.keys()

    def now(self, standing: Standing) -> datetime:
        """The instant that counts: a clock that steps back makes nobody younger."""
        clock: datetime = self._desk.ledger.clock()
        return max(clock, standing.now)

    def _look(self, standing: Standing, organisation: int | None, rows: _Rows) -> _Known:
        now, known = self.now(standing), self._known
        if known is None or not known.holds(standing, organisation, now):
            known = self._known = self._work_out(standing, organisation, rows, now)
        return known

    def _work_out(self, standing: Standing, organisation: int | None, rows: _Rows, now: datetime) -> _Known:
        principals, contract = self._desk.principals(), standing.contract
        assert contract is not None
        seen = principals.until if organisation is None else organisation
        people = people_of(standing, principals.at(seen))
        oldest = _oldest(standing, rows(_OLDEST, self._desk.slice))
        return _Known(
            cover=watch(watching(standing), questions(standing, people, oldest), now),
            people=people,
            organisation=seen,
            contract=contract,
            agents=len(standing.agents),
            alone_seq=standing.alone_seq,
            answered=standing.answered,
        )


def watching(standing: Standing) -> Watch:
    """What the contract in force says about people leaving; it must say something."""
    contract, fallback = standing.contract, fallback_of(standing)
    assert contract is not None
    assert contract.autonomy is not None
    assert fallback is not None
    return Watch(fallback=fallback, calendar=contract.autonomy.calendar, began=standing.began or standing.now)


def people_of(standing: Standing, principals: Principals) -> dict[str, tuple[Presence, ...]]:
    """Who may or once might answer for each agent of a slice, by the agent's name."""
    contract = standing.contract
    path = contract.path if contract is not None else ()
    names = sorted({one.agent for one in standing.agents.values()})
    return {name: presences(principals, standing.slice, name, path) for name in names}


def questions(
    standing: Standing, people: Mapping[str, tuple[Presence, ...]], oldest: Mapping[str, datetime]
) -> list[Question]:
    """What is known of each agent's people; `oldest` is when its oldest open approval was asked for."""
    return [
        Question(
            agent=name,
            people=people[name],
            asked=oldest.get(name),
            answered=last_answer(standing, people[name]),
            before=standing.alone.get(name),
        )
        for name in people
    ]


def tick_coverage(desk: Desk) -> tuple[Record, ...]:
    """Put on record what the clock has made of a slice's coverage; nothing, where that stands on record already."""
    if not desk.covering.is_due():
        return ()
    head = desk.ledger.head(desk.slice).seq
    with desk.transaction():
        pass  # a transaction begins with what is due
    return tuple(desk.ledger.read(desk.slice, after=head, kinds=(LOST, BACK)))


def left_alone(standing: Standing, alone: Alone, level: Level) -> LeftAlone:
    """The fallback as the guard says it."""
    fallback = fallback_of(standing)
    assert fallback is not None
    words = f"{_sentence(alone.words(fallback))}, so it falls back to {level} until somebody is"
    return LeftAlone(level=level, words=words)


def last_answer(standing: Standing, people: Sequence[Presence]) -> datetime | None:
    """When one of these people last answered anything in the slice."""
    return max((standing.answers[one.name] for one in people if one.name in standing.answers), default=None)


def fallback_of(standing: Standing) -> Fallback | None:
    """What the contract in force says about people leaving, if anything."""
    contract = standing.contract
    return contract.autonomy.when_people_leave if contract is not None and contract.autonomy is not None else None


def _oldest(standing: Standing, rows: Sequence[dict[str, Any]]) -> dict[str, datetime]:
    """When the oldest open approval of each agent was asked for, by its name."""
    found: dict[str, datetime] = {}
    for row in rows:
        agent = standing.agents[row["fingerprint"]].agent
        found[agent] = min(found.get(agent, row["asked"]), row["asked"])
    return found


def _lost(known: _Known, standing: Standing, alone: Alone) -> dict[str, Json]:
    fallback = fallback_of(standing)
    assert fallback is not None
    return {
        **alone.record(),
        "level": fallback.level.value,
        "contract_version": known.contract.version,
        "reason": _sentence(alone.words(fallback)),
    }


def _back(known: _Known, standing: Standing, agent: str) -> dict[str, Json]:
    """Why it is no longer alone: an answer, somebody who came, or other terms."""
    at, before = known.cover.at, standing.alone[agent]
    people = known.people[agent]
    answered = last_answer(standing, people)
    there: list[Json] = [one.name for one in people if one.is_there(at)]
    if answered is not None and answered > before.since and standing.answered > standing.alone_seq:
        by = next(one.name for one in people if standing.answers.get(one.name) == answered)
        why, reason = "answer", f"{by} answered"
    elif there:
        why, reason = "return", f"{', '.join(map(str, there))} {'is' if len(there) == 1 else 'are'} there"
    else:
        why, reason = "contract", "the contract in force allows more time"
    return {"agent": agent, "why": why, "there": there, "contract_version": known.contract.version, "reason": reason}


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
