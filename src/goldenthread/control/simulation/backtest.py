"""How a contract would have served on recorded cases: what moved and when, beside what a naive rule would have done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from goldenthread.control.simulation.asked import asked_by
from goldenthread.control.simulation.naive import FEWEST, LAST, NaiveMove, naive_moves
from goldenthread.control.simulation.play import Moment, PlayedCase, Player, Source
from goldenthread.control.simulation.recorded import Recorded
from goldenthread.promise.contract import Claim, Contract
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import Level, TrustMode

_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """
    A contract on recorded cases.

    Attributes:
        moves: What the contract would have moved, in order.
        naive: What a naive rule would have.
        end: The level at the end.
        timed: Whether the record tells times; else only case numbers mean anything.
    """

    contract: Contract
    cases: int
    first: datetime
    last: datetime
    timed: bool
    moves: tuple[Moment, ...]
    naive: tuple[NaiveMove, ...]
    end: Level

    @property
    def naive_end(self) -> Level:
        """Where the naive rule would have ended."""
        assert self.contract.autonomy is not None
        return self.naive[-1].after if self.naive else self.contract.autonomy.start


def backtest(contract: Contract, recorded: Recorded, *, signed: datetime | None = None) -> Backtest:
    """
    Play recorded cases as if the contract had been in force; a label counts from the moment it was known, never before.

    Args:
        contract: With at least one gate.
        recorded: Cases in the order of their start.
        signed: When the contract was signed, UTC; None: just before the first case.

    Raises:
        EvidenceBeforeSignature: A case started before `signed`.
        ValueProblem: The contract has no gate, or it is about days or a moment of signing and the record has no times.
    """
    asked_by(contract)
    assert contract.autonomy is not None
    if contract.autonomy.claim is Claim.FUTURE_DAYS and not recorded.timed:
        raise ValueProblem(
            "The contract's claim is about future days, and the recorded cases have no times. "
            "Give a column 'started', or judge them by a contract that claims 'over the period'."
        )
    if signed is not None and not recorded.timed:
        raise ValueProblem("The recorded cases have no times to hold a signature against. Give a column 'started'.")
    cases = recorded.cases
    player = Player(contract, begin=signed or cases[0].at, agent="recorded", mode=TrustMode.ENFORCING)
    moves = tuple(player.play(_source(cases)))
    return Backtest(
        contract=contract,
        cases=len(cases),
        first=cases[0].at,
        last=cases[-1].at,
        timed=recorded.timed,
        moves=moves,
        naive=tuple(naive_moves(contract, cases)),
        end=player.level,
    )


def backtest_words(found: Backtest) -> str:
    """The whole report, ready to print."""
    return "\n".join([*_head(found), "", *_ours(found), "", *_naive(found), "", *_tail(found)])


def _source(cases: Sequence[PlayedCase]) -> Source:
    return lambda _level, number: cases[number - 1] if number <= len(cases) else None


def _head(found: Backtest) -> Iterator[str]:
    contract = found.contract
    cases = f"{found.cases:,} recorded {'case' if found.cases == 1 else 'cases'}"
    if found.timed:
        span = f"from {found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}; day 1 is the first"
    else:
        span = "by case number, since the record tells no times"
    yield f"'{contract.slice}', version {contract.version}, on {cases} ({span})."


def _ours(found: Backtest) -> Iterator[str]:
    yield "This contract would have:"
    lines = [
        f"{_when(found, one.at, one.cases)}: {_step(one.before, one.after, fell=one.fell)}. {one.change['reason']}."
        for one in found.moves
    ]
    yield from _listed(lines, "moved nothing")


def _naive(found: Backtest) -> Iterator[str]:
    yield (
        f"A naive threshold (up when the average is at the bar with at least {FEWEST} cases, looked at after every "
        f"case; down when the average of the last {LAST} is below) would have:"
    )
    lines = []
    for move in found.naive:
        why = f" The last {LAST} were below '{move.clause}'." if move.fell else ""
        lines.append(f"{_when(found, move.at, move.cases)}: {_step(move.before, move.after, fell=move.fell)}.{why}")
    yield from _listed(lines, "moved nothing")


def _tail(found: Backtest) -> Iterator[str]:
    up, down = sum(not one.fell for one in found.moves), sum(one.fell for one in found.moves)
    naive_up, naive_down = sum(not one.fell for one in found.naive), sum(one.fell for one in found.naive)
    naive = f"the naive rule {found.naive_end} ({naive_up} up, {naive_down} down)"
    yield f"At the end: {found.end} ({up} up, {down} down); {naive}."
    yield "A label counts from the moment it was known. Nothing was recorded, and no level was earned."


def _when(found: Backtest, at: datetime, cases: int) -> str:
    if not found.timed:
        return f"case {cases:,}"
    return f"day {(at.date() - found.first.date()).days + 1:,} ({at:%Y-%m-%d}, case {cases:,})"


def _step(before: Level, after: Level, *, fell: bool) -> str:
    if fell:
        return f"fallen from {before} to {after}" if after is not before else f"the evidence begun afresh at {after}"
    return f"promoted from {before} to {after}"


def _listed(lines: Sequence[str], nothing: str) -> Iterator[str]:
    if not lines:
        yield f"  {nothing}"
    yield from (f"  {line}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"  and {len(lines) - _SHOWN:,} more such changes"
