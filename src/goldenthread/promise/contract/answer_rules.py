"""Rules on the five questions (C6): answered, by somebody, and measurable in weeks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

from goldenthread.promise.contract.model import Autonomy, Contract
from goldenthread.promise.contract.quantities import seconds
from goldenthread.promise.contract.working_time import LONGEST_WAIT, is_too_long, working_length
from goldenthread.promise.values import Level

_Broken: TypeAlias = tuple[str, str, str]  # rule, path, words


LONGEST_WINDOW_WEEKS = 52
"""A difference that shows later than this is not measurable in weeks (C6)."""


# --- C6: the five questions -----------------------------------------------------------------------


def questions_answered(contract: Contract) -> Iterator[_Broken]:
    """C6: each of the questions has an answer in it."""
    for path, question, answer in _questions(contract):
        if answer is None:
            if not contract.is_prototype:
                yield "C6", path, f"is missing; answer: {question}"
        elif _is_evasion(answer):
            yield "C6", path, f"'{answer}' is no answer; answer: {question}"
        elif len(answer.split()) < 2:
            yield "C6", path, f"'{answer}' is too short to be an answer; answer in a sentence: {question}"


def _questions(contract: Contract) -> Iterator[tuple[str, str, str | None]]:
    yield "problem", "which problem does it solve?", contract.problem
    yield "for", "whose problem is it?", contract.audience
    if contract.position is not None:
        yield "position", "where in workflow and organisation does the work sit?", contract.position
    workflow = contract.workflow
    if workflow is not None:
        yield "workflow.done", "when is a case done?", workflow.done
        yield "workflow.fails_like", "what does failing look like?", workflow.fails_like
        yield "workflow.at_ten_products", "do the foundations hold at ten products?", workflow.at_ten_products


def people_answered(contract: Contract) -> Iterator[_Broken]:
    """Where the human is, and what happens when they leave."""
    autonomy = contract.autonomy
    if autonomy is None or autonomy.ceiling is Level.SHADOW:
        return
    leaving = autonomy.when_people_leave
    if leaving is None:
        words = (
            "is missing; answer: what happens when people leave? Write e.g. 'fall back to draft after 1 d "
            "without an approver'."
        )
        yield "C6", "autonomy.when_people_leave", words
    elif leaving.level >= autonomy.ceiling:
        words = (
            f"{leaving.level} is no fall from {autonomy.ceiling}; write a lower level, e.g. 'fall back to shadow "
            "after 1 d without an approver'."
        )
        yield "C6", "autonomy.when_people_leave", words
    yield from _time_to_answer(autonomy)
    if autonomy.calendar is None:
        words = "is missing, and people's times are working time in it; write e.g. 'Mon-Fri 09:00-17:00 Europe/Berlin'."
        yield "C6", "autonomy.calendar", words


def _time_to_answer(autonomy: Autonomy) -> Iterator[_Broken]:
    """A question must not expire before everybody on the path had their time, and nobody has for ever."""
    times = [("autonomy.escalate", step.within) for step in autonomy.escalate]
    times += [("autonomy.expire", autonomy.expire.after)] if autonomy.expire else []
    times += [("autonomy.when_people_leave", autonomy.when_people_leave.after)] if autonomy.when_people_leave else []
    for path, length in times:
        if is_too_long(length):
            yield "C6", path, f"{length} is longer than {LONGEST_WAIT}; nobody waits that long for an answer."
    if autonomy.expire is None or is_too_long(autonomy.expire.after):
        return
    whole_path = sum((working_length(autonomy.calendar, step.within) for step in autonomy.escalate), timedelta())
    if working_length(autonomy.calendar, autonomy.expire.after) < whole_path:
        steps = ", then ".join(map(str, autonomy.escalate))
        words = (
            f"{autonomy.expire.after} is over before everybody had their time ({steps}); "
            "write a longer one, or leave it out."
        )
        yield "C6", "autonomy.expire", words


def measurable_in_weeks(contract: Contract) -> Iterator[_Broken]:
    """C6: the difference to today shows in weeks, not years."""
    longest = Decimal(LONGEST_WINDOW_WEEKS * 7 * 86400)
    for path, shift in contract.shifts.items():
        if seconds(shift.window) > longest:
            words = f"{shift.window} is longer than {LONGEST_WINDOW_WEEKS} weeks; write a first step that shows sooner."
            yield "C6", path, words
    if contract.volume is None and not contract.is_prototype:
        words = "is missing, so nobody can tell how long proof takes; write e.g. '120 cases per week'."
        yield "C6", "volume", words


def nobody_evades(contract: Contract) -> Iterator[_Broken]:
    """Names and short texts that only hold the place of an answer."""
    technique = contract.technique
    names = [("owner", contract.owner), ("expert", contract.expert), ("product", contract.product)]
    names += [(path, shift.owner) for path, shift in contract.shifts.items()]
    names += [("technique.model", technique.model if technique else None)]
    if contract.autonomy is not None:
        names += [("autonomy.escalate", step.to) for step in contract.autonomy.escalate]
    for path, name in names:
        if name is not None and _is_evasion(name):
            yield "C6", path, f"'{name}' is nobody and nothing; write who or what it is."


_EVASIONS = frozenset(
    """
    tbd tba tbc todo fixme xxx xx x na n/a none nil nobody noone unknown later pending open unclear undefined
    unspecified undecided placeholder example lorem foo bar test someone somebody nothing
    """.split()
)


_EVASIVE_STARTS = (
    "tbd ", "todo ", "tba ", "fixme ", "tbd:", "todo:", "lorem ipsum", "to be ", "not yet ", "n/a ", "not applicable",
    "don't know", "do not know", "will be ", "your answer", "fill in", "fill this",
)  # fmt: skip


def _is_evasion(text: str) -> bool:
    """True for what stands in place of an answer: 'TBD', '?', 'n/a', 'todo', '<your text>', '...'."""
    plain = text.strip().lower()
    bare = re.sub(r"[\s.!?…_<>\[\]()*-]+", " ", plain).strip()
    if not re.search(r"[^\W_]", plain) or bare in _EVASIONS or re.fullmatch(r"<[^>]*>|\[[^\]]*\]", plain):
        return True
    return plain.startswith(_EVASIVE_STARTS)
