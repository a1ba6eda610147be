"""
From a slice of the list to two drafts: a contract with marked questions, and its problem for the problem map.

Both wait for people. The contract cannot be signed before every question is answered; the problem is set aside, so that
it lets no contract in, until somebody who owns it takes that line away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from goldenthread.control.problems import Problem, Rating, Worth
from goldenthread.factory.candidates import Draft, DraftQuestion, number_words, reach_words
from goldenthread.factory.slicing.shortlist import Said, Taken, planned_alone
from goldenthread.promise.errors import ValueProblem

TO_BE_NAMED = "to-be-named"
_MATTERS = Decimal("0.05")
_WEEKS = 52


@dataclass(frozen=True, kw_only=True)
class SliceDraft:
    """What is written for the best slice: a contract's draft, and its problem as a draft for the map."""

    taken: Taken
    contract: Draft
    problem: Problem


def draft_of(one: Taken, said: Said, mapped: tuple[str, str] | None = None) -> SliceDraft:
    """
    Draft a contract and its problem.

    Args:
        one: Of the list.
        said: What people said.
        mapped: The slice's problem and who suffers, where the map in force knows them.

    Raises:
        ValueProblem: No contract can be drafted for it, with the reason.
    """
    taken = planned_alone(one, said)
    if taken.draft is None:
        raise ValueProblem(taken.worth.missing)
    problem = problem_of(taken, said.owner)
    return SliceDraft(taken=taken, contract=_contract(taken, taken.draft, problem, mapped), problem=problem)


# --- the contract ---------------------------------------------------------------------------------


def _contract(one: Taken, draft: Draft, problem: Problem, mapped: tuple[str, str] | None) -> Draft:
    known = {} if mapped is None else {"problem": mapped[0], "for": mapped[1]}
    kept = [question for question in draft.questions if question.key not in known]
    asked = [_with_log(question, problem) for question in kept]
    asked += _of_freedom(one, draft)
    notes = [f"{len(asked)} questions are marked with '?': with one open nobody can sign it.", *_notes(one)]
    return replace(draft, answers={**draft.answers, **known}, questions=tuple(asked), notes=tuple(notes))


def _with_log(question: DraftQuestion, problem: Problem) -> DraftQuestion:
    if question.key != "problem":
        return question
    return replace(question, asks=f"{question.asks} By the log: {problem.says}", example=problem.says)


def _of_freedom(one: Taken, draft: Draft) -> Iterator[DraftQuestion]:
    """Approach and ceiling rest on what nobody has said yet, so they are questions with a planned answer."""
    if not one.assumed:
        return
    known = "nothing" if one.known.approach is None else f"{one.known.approach}, up to {one.known.ceiling}"
    approach, ceiling = draft.answers["approach"], draft.gates.ceiling.value
    yield DraftQuestion(
        key="approach",
        asks=f"{approach} ({one.planned.approach}), if the assumptions above hold; by the log alone: {known}.",
        example=approach,
    )
    yield DraftQuestion(
        key="autonomy.ceiling",
        asks=f"{ceiling}, if the assumptions above hold; the gates are planned for it. Check the facts first.",
        example=ceiling,
    )


def _notes(one: Taken) -> Iterator[str]:
    draft = one.draft
    assert draft is not None
    yield f"Drafted from {one.facts.source}: {one.part.title}, score {reach_words(one.scored)}."
    for score in one.scored.scores:
        yield f"  {score.criterion.name}: {score.words}"
    yield "Volume, cycle time, throughput and backlog are as measured; what else stands here is a default."
    yield f"Approach: {one.planned.approach}, up to {one.planned.ceiling}."
    if one.assumed:
        yield "Assumed, for nobody has said: " + "; ".join(one.assumed) + "."
        yield "Say it with --work, e.g. --work regulation=none --work effect=irreversible, and draft again."
    yield from draft.gates.notes
    yield "What its contract must then have:"
    for reason in one.planned.guardrails:
        yield f"  {reason.row} {reason.does} ({reason.says})"


# --- the problem ----------------------------------------------------------------------------------


def problem_of(one: Taken, owner: str | None) -> Problem:
    """The problem behind a slice, by the log's numbers, set aside; nobody owns it yet where `owner` is None."""
    log, scored = one.part.log, one.scored
    category, says = _says(one)
    seen = "a deadline stands on the cases" if (log.deadline_share or 0) > 0 else "the log has the times of every case"
    return Problem(
        name=one.facts.slice,
        says=says,
        owner=owner or TO_BE_NAMED,
        sufferer="to be named: who waits for it, or does it twice?",
        category=category,
        horizon=1,
        worth=_worth(one),
        evidence={one.facts.source: "; ".join(_evidence(one))},
        tractability=Rating(
            score=1 + round(4 * scored.low), because=f"{reach_words(scored)} of 1 by the log's numbers"
        ),
        measurability=Rating(score=5 if (log.deadline_share or 0) > 0 else 4, because=seen),
        slices=(one.facts.slice,),
        set_aside=f"Drafted from {one.facts.source}; whoever owns it names themselves and takes this line away.",
    )


def _says(one: Taken) -> tuple[str, str]:
    log, title = one.part.log, one.part.title
    if (log.late_share or 0) >= _MATTERS:
        return "waiting", f"{_percent(log.late_share)} of the cases with {title} end after their deadline."
    if (log.rework_share or 0) >= _MATTERS:
        again = "something is done twice" if one.part.kind == "whole" else f"{title} comes again"
        return "errors", f"In {_percent(log.rework_share)} of its cases, {again}."
    if log.cycle_p90:
        return "waiting", f"In one of ten cases, {title} takes more than {_length(log.cycle_p90)}."
    return "effort", f"{title[0].upper()}{title[1:]} takes people's time, {log.cases or 0:,} times in the log."


def _evidence(one: Taken) -> Iterator[str]:
    log = one.part.log
    yield f"{one.part.passes:,} times in {log.cases:,} cases"
    if log.cycle_p50 and log.cycle_p90:
        yield f"half within {_length(log.cycle_p50)}, nine of ten within {_length(log.cycle_p90)}"
    if log.rework_share:
        yield f"{_percent(log.rework_share)} done again"
    if log.late_share is not None:
        yield f"{_percent(log.late_share)} of these cases late"


def _worth(one: Taken) -> Worth | None:
    """People's time on it in a year, where that is known."""
    value = one.worth.value
    if value is None:
        return None
    inputs = value.inputs
    low, high = (
        volume * minutes * rate / 60 * _WEEKS
        for volume, minutes, rate in (
            (inputs.a_week.low, inputs.minutes.low, inputs.rate.low),
            (inputs.a_week.high, inputs.minutes.high, inputs.rate.high),
        )
    )
    return Worth(low=round(low, 0), high=round(high, 0), currency=inputs.currency)


def _percent(share: Decimal | None) -> str:
    return f"{number_words((share or 0) * 100, 2)} %"


def _length(seconds: Decimal) -> str:
    from goldenthread.factory.discovery import duration

    return duration(float(seconds) * 1e6)
