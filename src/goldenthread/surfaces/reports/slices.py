"""Slices of a log as the page and JSON have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from goldenthread.control.problems import ProblemMap
from goldenthread.factory.candidates import number_words, reach_words
from goldenthread.factory.problems import map_svg
from goldenthread.factory.slicing import (
    TAKEN_INSTEAD,
    TO_BE_NAMED,
    TO_BEGIN_WITH,
    WHAT_IT_MUST_HAVE,
    Shortlist,
    SliceDraft,
    Taken,
    freedom,
    problem_of,
    worth_lines,
    worth_words,
)


def plain_slices(found: Shortlist, drafted: SliceDraft | None) -> dict[str, Any]:
    """
    The list and the draft as JSON has them: money and shares as text, so that no digit is lost.

    Args:
        found: The list.
        drafted: The draft, if one was made.
    """
    return {
        "source": found.source,
        "line": found.line,
        "slices": [_slice(one) for one in found.slices],
        "best": None if found.best is None else found.best.facts.slice,
        "left": list(found.left),
        "draft": None if drafted is None else _draft(drafted),
    }


def value_map(found: Shortlist) -> str | None:
    """The slices that were valued, drawn by tractability and people's time a year; None where none was."""
    valued = [one for one in found.slices if one.worth.value is not None]
    if not valued:
        return None
    problems = tuple(replace(problem_of(one, None), set_aside=None) for one in valued)
    drawn = ProblemMap(version=1, owner=TO_BE_NAMED, problems=problems)
    return map_svg(drawn, "Slices by tractability, and what people's time on them costs a year")


def slice_rows(found: Shortlist) -> list[dict[str, Any]]:
    """Rows of the page's table, best first."""
    return [
        {
            "one": one,
            "score": reach_words(one.scored),
            "worth": worth_words(one).removeprefix("worth ").replace(" a year", ""),
            "pace": "" if one.part.log.a_week is None else number_words(one.part.log.a_week),
            "why": one.scored.why[:3],
        }
        for one in found.slices
    ]


def draft_rows(drafted: SliceDraft, why_best: str) -> dict[str, Any]:
    """What the page says of the slice to begin with, or of one that somebody took instead."""
    told = list(freedom(drafted.taken))
    return {
        "taken": drafted.taken,
        "head": TO_BEGIN_WITH if why_best else TAKEN_INSTEAD,
        "why": why_best,
        "score": reach_words(drafted.taken.scored),
        "freedom": [_sentence(words) for words in told[: told.index(WHAT_IT_MUST_HAVE)]],
        "guardrails": drafted.taken.planned.guardrails,
        "worth": list(worth_lines(drafted.taken)),
        "gates": drafted.contract.gates.notes,
        "text": drafted.contract.text,
        "questions": drafted.contract.questions,
        "problem": drafted.problem,
    }


def _sentence(words: str) -> str:
    said = words.removeprefix("Bound or agentic: ").strip()
    return said[0].upper() + said[1:]


def _slice(one: Taken) -> dict[str, Any]:
    value = one.worth.value
    return {
        "slice": one.facts.slice,
        "place": one.scored.place,
        "kind": one.part.kind,
        "title": one.part.title,
        "steps": list(one.part.steps),
        "passes": one.part.passes,
        "above": one.scored.above,
        "low": one.scored.low,
        "high": one.scored.high,
        "scores": {
            score.criterion.name: {
                "low": score.low, "high": score.high, "weight": score.criterion.weight, "words": score.words,
                "adjusted": score.adjusted,
            }
            for score in one.scored.scores
        },
        "why": list(one.scored.why),
        "log": {name: _text(number) for name, number in asdict(one.part.log).items()},
        "known": _recommended(one.known),
        "planned": _recommended(one.planned),
        "assumed": list(one.assumed),
        "worth": None
        if value is None
        else {
            "low": str(value.low), "likely": str(value.likely), "high": str(value.high), "currency": value.currency,
            "weeks": value.weeks, "inputs": {name: str(span) for name, span in value.inputs.spans()},
            "pays_from_minutes": _text(one.worth.pays_from),
        },
        "worth_missing": one.worth.missing,
    }  # fmt: skip


def _draft(drafted: SliceDraft) -> dict[str, Any]:
    return {
        "slice": drafted.contract.slice,
        "text": drafted.contract.text,
        "questions": [asdict(one) for one in drafted.contract.questions],
        "ceiling": drafted.contract.gates.ceiling.value,
        "gates": list(drafted.contract.gates.notes),
        "guardrails": _guardrails(drafted.taken),
        "problem": {
            "name": drafted.problem.name,
            "says": drafted.problem.says,
            "evidence": dict(drafted.problem.evidence),
            "worth": _text(drafted.problem.worth),
        },
    }


def _recommended(found: Any) -> dict[str, Any]:
    return {
        "approach": None if found.approach is None else found.approach.value,
        "ceiling": None if found.ceiling is None else found.ceiling.value,
        "table_version": found.table_version,
        "reasons": [{"row": one.row, "does": one.does, "says": one.says, "because": list(one.because)}
                    for one in found.reasons],
    }  # fmt: skip


def _guardrails(one: Taken) -> Sequence[str]:
    return [reason.does for reason in one.planned.guardrails]


def _text(number: object) -> object:
    return number if number is None or isinstance(number, (int, str)) else str(number)
