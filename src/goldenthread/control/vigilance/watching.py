"""What is known of each approver of a slice: a fold over its records. The same code runs live and on replay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenthread.control.vigilance.judging import Test, clearing, flagging
from goldenthread.promise.contract import Contract
from goldenthread.record.ledger import Record

ASK, ANSWER, FLAG, CLEAR = "vigilance:ask", "vigilance:answer", "approver:flag", "approver:clear"

WordProblem = Callable[[Record], "str | None"]
"""Why an owner's word that clears an approver does not count, or None when it does."""


def unheard(_record: Record) -> str | None:
    """No word counts: what a fold does that was not told who may speak."""
    return "nobody said whose word counts"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One question that two people answered apart: who the other was, and whether either said no."""

    other: str
    own_no: bool
    other_no: bool


@dataclass(kw_only=True)
class Watched:
    """
    One approver in one slice.

    Attributes:
        missed: By wrong check, in order: whether they let it through. Since they were last cleared.
        since_flag: The same, since they were flagged.
        fine: By check that was fine: whether they let it through, as is right.
        pairs: Shared questions, in order of the second answer. Since they were last cleared.
        pairs_since_flag: The same, since they were flagged.
        seen: Checks of both kinds that count, over all time.
        caught: Wrong checks caught, over all time; `wrong` is of how many.
        flag: The record that flagged them, while it stands.
        past: Earlier flags, each with what cleared it.
    """

    name: str
    missed: list[bool] = field(default_factory=list)
    since_flag: list[bool] = field(default_factory=list)
    fine: list[bool] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    pairs_since_flag: list[Pair] = field(default_factory=list)
    all_pairs: list[Pair] = field(default_factory=list)
    wrong: int = 0
    caught: int = 0
    flag: Record | None = None
    past: list[tuple[Record, Record]] = field(default_factory=list)

    @property
    def weight(self) -> float:
        """What a yes of theirs counts as a label: 1, or 0 while they are flagged."""
        return 0.0 if self.flag is not None else 1.0


@dataclass(kw_only=True)
class Vigilance:
    """Everybody who answered a check or a shared question in one slice."""

    word_problem: WordProblem = unheard
    people: dict[str, Watched] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)  # words that do not count, by record

    def of(self, name: str) -> Watched:
        """What is known of one approver; a blank page for somebody new."""
        return self.people.get(name) or Watched(name=name)

    @property
    def flagged(self) -> tuple[Watched, ...]:
        """Whoever is flagged now, by name."""
        return tuple(one for _name, one in sorted(self.people.items()) if one.flag is not None)

    def apply(self, record: Record) -> None:
        """Fold one record of the slice; other kinds change nothing."""
        if record.kind == ANSWER:
            self._answered(record.data)
        elif record.kind == FLAG:
            one = self._known(record.data["approver"])
            one.flag, one.since_flag, one.pairs_since_flag = record, [], []
        elif record.kind == CLEAR:
            self._cleared(record)

    def due(self, contract: Contract | None, approver: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """
        The record that the evidence demands about one approver now, if any: its kind and data.

        Nothing is demanded by a contract that does not ask to watch people; a flag that stands goes on standing.
        """
        autonomy = contract.autonomy if contract is not None else None
        if contract is None or autonomy is None or autonomy.approvers is None:
            return
        one = self.of(approver)
        test = Test(approvers=autonomy.approvers, alpha=autonomy.alpha)
        said = {"approver": approver, "contract_version": contract.version}
        if one.flag is None:
            found = flagging(test, one.missed, _noes(one.pairs))
            if found is not None:
                yield FLAG, {**said, **found}
        else:
            found = clearing(test, str(one.flag.data["ground"]), one.since_flag, _noes(one.pairs_since_flag))
            if found is not None:
                yield CLEAR, {**said, "flag": one.flag.seq, **found}

    def _known(self, name: str) -> Watched:
        return self.people.setdefault(name, Watched(name=name))

    def _answered(self, data: Mapping[str, Any]) -> None:
        if not data["counts"]:
            return
        own_no = data["answer"] != "approve"
        if data["purpose"] == "shared":
            other_no = data["first_answer"] != "approve"
            self._paired(data["by"], Pair(other=data["first_by"], own_no=own_no, other_no=other_no))
            self._paired(data["first_by"], Pair(other=data["by"], own_no=other_no, other_no=own_no))
            return
        one = self._known(data["by"])
        if data["right"] == "approve":
            one.fine.append(not own_no)
            return
        missed = not data["caught"]
        one.wrong, one.caught = one.wrong + 1, one.caught + (not missed)
        (one.missed if one.flag is None else one.since_flag).append(missed)

    def _paired(self, name: str, pair: Pair) -> None:
        one = self._known(name)
        one.all_pairs.append(pair)
        (one.pairs if one.flag is None else one.pairs_since_flag).append(pair)

    def _cleared(self, record: Record) -> None:
        one = self._known(record.data["approver"])
        if one.flag is None or record.data["flag"] != one.flag.seq:
            return
        if record.data["ground"] == "word":
            own = record.by == one.name
            problem = "nobody clears themselves" if own else self.word_problem(record)
            if problem is not None:
                self.refused[record.seq] = problem
                return
        one.past.append((one.flag, record))
        one.flag = None
        one.missed, one.since_flag, one.pairs, one.pairs_since_flag = [], [], [], []


def _noes(pairs: list[Pair]) -> list[tuple[str, bool]]:
    """Of the shared questions to which the other person said no: who that was, and whether this one let it through."""
    return [(pair.other, not pair.own_no) for pair in pairs if pair.other_no]
