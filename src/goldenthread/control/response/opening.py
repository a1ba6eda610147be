"""Put on record which incidents are due, what adds to them, and which are over. Idempotent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import Desk, words_of_owners
from goldenthread.control.incidents import (
    ADD,
    FOLDED,
    OPEN,
    RECOVER,
    Ground,
    Incidents,
    add_record,
    grounds_due,
    may_add,
    open_record,
    recover_record,
    recoveries_due,
)
from goldenthread.record.ledger import Record


@dataclass(frozen=True, kw_only=True)
class Seen:
    """
    What a look at days and queues found, which the chain alone cannot show: grounds that stand, each with the incident
    that it adds to only where that is older, and why incidents are over, by their ground.
    """

    grounds: tuple[Ground, ...] = ()
    over: Mapping[str, str] = field(default_factory=dict)


NOTHING = Seen()
_Due = tuple[str, dict[str, Any]]


def load_incidents(desk: Desk) -> Incidents:
    """Every incident of a slice, as the ledger says now."""
    return _fold(desk).read(desk.ledger.read(desk.slice, kinds=FOLDED))


def tick_incidents(desk: Desk, seen: Seen = NOTHING) -> tuple[Record, ...]:
    """Put on record what is due of the chain, and of what a look has seen; nothing, where all of it stands there."""
    standing = desk.standing()
    if not any(_due(standing, load_incidents(desk), max(desk.ledger.clock(), standing.now), seen)):
        return ()
    with desk.transaction() as writing:
        incidents = _fold(desk).read(writing.tx.read(desk.slice, after=0, kinds=FOLDED))
        now = max(desk.ledger.clock(), writing.standing.now)
        found = []
        while (due := next(_due(writing.standing, incidents, now, seen), None)) is not None:
            record = writing.append(*due)
            incidents.apply(record)
            found.append(record)
    return tuple(found)


def _fold(desk: Desk) -> Incidents:
    return Incidents(slice=desk.slice, word_problem=words_of_owners(desk.slice, desk.principals))


def _due(standing: Standing, incidents: Incidents, now: datetime, seen: Seen) -> Iterator[_Due]:
    """The records that are due, one at a time: each changes what is due after it."""
    if standing.contract is None:
        return
    for incident, words in recoveries_due(standing, incidents, now):
        yield RECOVER, recover_record(incident, words, now)
    for key, words in sorted(seen.over.items()):
        open_one = incidents.standing.get(key)
        if open_one is not None and open_one.recovered is None:
            yield RECOVER, recover_record(open_one, words, now)
    for ground in (*grounds_due(standing, incidents, now), *_not_seen(incidents, seen)):
        stands = incidents.standing.get(ground.key)
        if stands is not None and may_add(stands, now):
            yield ADD, add_record(stands, ground, now)
        elif stands is None and incidents.may_open(now):
            yield OPEN, open_record(ground, standing.contract.version, now)


def _not_seen(incidents: Incidents, seen: Seen) -> Iterator[Ground]:
    """Grounds of a look that no incident has told of yet: by the day that told them, where they have one."""
    for ground in seen.grounds:
        told = str(ground.figures.get("told", ""))
        known = [one for one in incidents.by_seq.values() if one.ground == ground.key]
        stands = incidents.standing.get(ground.key)
        if not told:
            if stands is None or stands.recovered is not None:
                yield ground
        elif all(told > str(one.figures.get("told", "")) for one in known):
            yield ground
