"""Whether people were there, followed through a chain: what it says of that, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from goldenthread.control.autonomy import Standing
from goldenthread.control.coverage import SILENCE, Alone, Cover, watch
from goldenthread.control.guard import BACK, LOST, fallback_of, people_of, questions, watching
from goldenthread.promise.values import Level
from goldenthread.record.ledger import Record
from goldenthread.record.principals import Principals, fold

_AWARE = timedelta(minutes=1)
"""How long after a record of the organisation a decision may still not have known it: it began before."""


@dataclass(frozen=True, kw_only=True)
class _Followed:
    """Who was left alone by the people alone, and what that rests on."""

    cover: Cover
    until: int
    contract: object
    rests_on: tuple[int, int, int]


class People:
    """What the organisation's chain says of who was there, held against what a slice's chain says."""

    def __init__(self, organisation: Iterable[Record]) -> None:
        self._chain = tuple(organisation)
        self._principals: Principals | None = None
        self._followed: _Followed | None = None

    def follow(self, standing: Standing, record: Record) -> Iterator[str]:
        """What is wrong with a record, given everything before it, in words."""
        if record.kind in (LOST, BACK):
            yield from self._check_claim(standing, record)
        elif record.kind == "action:decide" and record.data["verdict"] in ("allow", "ask"):
            yield from self._check_silence(standing, record)

    def _check_claim(self, standing: Standing, record: Record) -> Iterator[str]:
        name, fallback = record.data["agent"], fallback_of(standing)
        if fallback is None or (name in standing.alone) is (record.kind == LOST):
            yield f"nothing was to be said of people who answer for '{name}'"
            return
        known = self._known(record.data["organisation"])
        (asked,) = [one for one in questions(standing, people_of(standing, known), {}) if one.agent == name]
        claimed = Alone.of_record(record.data) if record.kind == LOST else None
        if claimed is not None and claimed.why == SILENCE:
            asked = replace(asked, asked=claimed.since)
        at = datetime.fromisoformat(record.data["as_of"])
        found = watch(watching(standing), [asked], at).alone.get(name)
        if found != claimed:
            now = f"since {found.since.isoformat()} ({found.why})" if found is not None else "not at all"
            yield f"'{name}' replays as left alone {now}"
        if claimed is not None and record.data["level"] != fallback.level.value:
            yield f"it falls back to {record.data['level']}, and the contract says {fallback.level}"

    def _check_silence(self, standing: Standing, record: Record) -> Iterator[str]:
        """An action that went ahead although, by the organisation's chain, nobody was there any more."""
        fallback, agent = fallback_of(standing), standing.agents.get(record.data["fingerprint"])
        if fallback is None or agent is None or agent.agent in standing.alone or not self._chain:
            return
        if "people" not in record.data:  # written before anybody looked for them
            return
        if Level(record.data["level"]) <= fallback.level:
            return
        at = max(record.at, standing.now)
        alone = self._follow(standing, at).alone.get(agent.agent)
        if alone is not None and agent.agent in _alone(standing, self._known(None).as_of(at - _AWARE), at).alone:
            words = alone.words(fallback)
            yield f"{words}, and that is not on record"

    def _follow(self, standing: Standing, at: datetime) -> Cover:
        known = self._known(None).as_of(at)
        rests_on = (standing.answered, standing.alone_seq, len(standing.agents))
        before = self._followed
        if before is None or not (
            before.cover.at <= at < before.cover.until
            and (before.until, before.rests_on) == (known.until, rests_on)
            and before.contract is standing.contract
        ):
            cover = _alone(standing, known, at)
            before = _Followed(cover=cover, until=known.until, contract=standing.contract, rests_on=rests_on)
            self._followed = before
        return before.cover

    def _known(self, seq: int | None) -> Principals:
        if self._principals is None:
            self._principals = fold(self._chain)
        return self._principals if seq is None else self._principals.at(seq)


def _alone(standing: Standing, principals: Principals, at: datetime) -> Cover:
    """Who is left alone at an instant by who is there, whatever was asked."""
    return watch(watching(standing), questions(standing, people_of(standing, principals), {}), at)
