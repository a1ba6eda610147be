"""What held everywhere, followed to where each record of a slice says that it looked; nobody unlearns any of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from goldenthread.control.rules import RULES_KINDS, InForce, OrganisationRules, RulesProblem
from goldenthread.control.stops import STOP_KINDS, Stops, VoiceOf
from goldenthread.record.ledger import ORGANISATION, Record


class Everywhere:
    """Stops and rules of the organisation, as the last record that rests on them saw them."""

    def __init__(self, organisation: Iterable[Record], voice_of: VoiceOf, rules_problem: RulesProblem) -> None:
        chain = tuple(organisation)
        self.stops = Stops(ORGANISATION, voice_of)
        self.rules = OrganisationRules(rules_problem)
        self._stops_to_come = deque(record for record in chain if record.kind in STOP_KINDS)
        self._rules_to_come = deque(record for record in chain if record.kind in RULES_KINDS)

    def follow(self, record: Record) -> Iterator[str]:
        """Bring both to where a record says that it looked; in words what it says that cannot be."""
        yield from self._follow_stops(record.data.get("stops"))
        yield from self._follow_rules(record.data.get("rules"))

    def _follow_stops(self, named: object) -> Iterator[str]:
        seen = named if isinstance(named, int) else 0
        before = self.stops.seq
        while self._stops_to_come and self._stops_to_come[0].seq <= seen:
            self.stops.apply(self._stops_to_come.popleft())
        if seen < before:
            yield f"it knew what was stopped up to organisation#{seen}, and a record before it up to #{before}"
        elif seen != self.stops.seq:
            yield f"it names organisation#{seen}, where nothing was stopped or lifted"

    def _follow_rules(self, named: object) -> Iterator[str]:
        if named is None:
            if self.rules.in_force is not None:
                yield f"it knew no rules of the organisation, and a record before it {_words(self.rules.in_force)}"
            return
        said = dict(named) if isinstance(named, Mapping) else {}
        seen = said.get("seq")
        while self._rules_to_come and isinstance(seen, int) and self._rules_to_come[0].seq <= seen:
            self.rules.apply(self._rules_to_come.popleft())
        known = self.rules.in_force
        if known is None or known.record() != said:
            there = "no rules were in force there" if known is None else f"there, or before it, was {_words(known)}"
            yield f"it rests on rules of the organisation by organisation#{seen}, and {there}"


def _words(rules: InForce) -> str:
    return f"version {rules.version} (organisation#{rules.seq}, {rules.digest[:19]}...)"
