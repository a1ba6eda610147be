"""What a contract asks about cases: the clauses of its gates, its tripwires, and the segments that they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from goldenthread.promise.contract import Autonomy, Clause, ClauseTest, Contract, clause_test, tripwire_detector
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import LADDER, Level


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Everything that a contract asks about cases: its gates' clauses with their form, and its tripwires."""

    gates: Mapping[Level, tuple[ClauseTest, ...]]
    tripwires: tuple[tuple[Level, Clause], ...]

    @property
    def judged(self) -> tuple[ClauseTest, ...]:
        """Every clause of every gate."""
        return tuple(one for gate in self.gates.values() for one in gate)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is asked about, each metric once."""
        watched = [clause.metric for _level, clause in self.tripwires]
        return tuple(dict.fromkeys([*(one.clause.metric for one in self.judged), *watched]))


def asked_by(contract: Contract) -> Asked:
    """
    What a contract asks about cases.

    Raises:
        ValueProblem: It states no autonomy, or no gate whose clauses can be judged.
    """
    autonomy = contract.autonomy
    if autonomy is None or not any(autonomy.gates.values()):
        raise ValueProblem(
            f"The contract '{contract.slice}' has no gate, so there is nothing to play. Write `autonomy: gates:`."
        )
    line = contract.workflow.escalation_rate if contract.workflow else None
    gates = {
        level: tuple(_judged([*autonomy.gates[level], *([line] if line else [])], autonomy))
        for level in LADDER
        if autonomy.gates.get(level)
    }
    wires = tuple(
        (level, clause)
        for level, clauses in autonomy.tripwires.items()
        for clause in clauses
        if not hasattr(tripwire_detector(clause, autonomy.false_alarm), "reason")
    )
    return Asked(gates=gates, tripwires=wires)


def each_segment(autonomy: Autonomy, clause: Clause) -> list[tuple[str, str]]:
    """The segments that a clause speaks of; [('', '')] where it speaks of all cases together."""
    if clause.segment is None:
        return [("", "")]
    return list(product([clause.segment], autonomy.segments.get(clause.segment, ())))


def _judged(clauses: Sequence[Clause], autonomy: Autonomy) -> Iterator[ClauseTest]:
    for clause in dict.fromkeys(clauses):
        test = clause_test(clause, autonomy.alpha)
        if isinstance(test, ClauseTest):
            yield test
