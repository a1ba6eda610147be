"""
A contract drafted from facts: what was measured stands in it, what only an owner can say is a marked question.

The draft is made of the same answers as `contract new`, so with every question answered it passes the same rules; with
one left it does not read, and nobody can sign it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from goldenthread.factory.candidates.drafted_gates import DraftedGates, Planned, drafted_gates
from goldenthread.factory.candidates.drafted_questions import DraftQuestion, drafted_questions, is_grounded
from goldenthread.factory.candidates.facts import LogFacts, SliceFacts
from goldenthread.factory.candidates.lengths import length_words
from goldenthread.factory.fit import Approach, Recommendation
from goldenthread.promise.contract import contract_text
from goldenthread.promise.contract.tree import ASKED
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import Level

_WEEK = Decimal(7 * 86400)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """
    A drafted contract.

    Attributes:
        slice: Of the contract.
        answers: What was measured or is a stated default, by path.
        questions: What is still to be answered, in the order of the file.
        gates: How they were chosen.
        notes: Where numbers are from, and how the gates were chosen; they stand above the contract as comments.
    """

    slice: str
    answers: Mapping[str, str]
    questions: tuple[DraftQuestion, ...]
    gates: DraftedGates
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """The file, with its questions marked."""
        whole = contract_text({**self.answers, **{one.key: one.example for one in self.questions}})
        asked = {one.key: one.asks for one in self.questions}
        comments = "".join(f"# {line}\n" for note in self.notes for line in note.splitlines())
        return comments + "\n".join(_marked(whole.splitlines(), asked)) + "\n"

    def answered(self, answers: Mapping[str, str]) -> str:
        """
        The file with answers in place of the questions.

        Raises:
            ValueProblem: A question is left without an answer.
            ContractInvalid, ContractRefused: An answer that does not read or that a rule refuses.
        """
        left = [one.key for one in self.questions if not answers.get(one.key, "").strip()]
        if left:
            raise ValueProblem(f"Questions of '{self.slice}' without an answer: {', '.join(left)}. Answer them all.")
        return contract_text({**self.answers, **answers})


def draft_contract(
    facts: SliceFacts,
    found: Recommendation,
    *,
    problem: str | None = None,
    sufferer: str | None = None,
    weeks: int = 26,
    planned: Planned | None = None,
) -> Draft:
    """
    Draft a contract for a slice.

    Args:
        facts: Of the slice; the number of cases a week must be known.
        found: What the table says of how free its agent may be.
        problem: The problem in a sentence, where it stands on a map.
        sufferer: Whose problem it is.
        weeks: In which its gates should be passed by an agent that is good, and its outcomes show; 4 to 52.
        planned: What drafts before it found of their gates; it is added to.

    Raises:
        ValueProblem: Nobody knows how many cases come, nothing may be built, or a window outside its range.
    """
    a_week = facts.log.a_week
    if a_week is None:
        raise ValueProblem(
            f"No contract can be drafted for '{facts.slice}': nobody knows how many cases come in a week, so nobody "
            "can tell what its gates take. State `cases` and `weeks`."
        )
    if a_week <= 0:
        raise ValueProblem(
            f"No contract can be drafted for '{facts.slice}': no case came in {facts.log.weeks} weeks. "
            "Take another slice."
        )
    if found.approach is None or found.ceiling is None:
        raise ValueProblem(f"No contract is drafted for '{facts.slice}': by the table nothing may be built for it.")
    if not 4 <= weeks <= 52:
        raise ValueProblem(f"A window of {weeks} weeks cannot be taken; name 4 to 52.")
    questions = drafted_questions(facts, found, problem=problem, sufferer=sufferer, weeks=weeks)
    answers = dict(_measured(facts, found, a_week, problem, sufferer))
    stand_ins = {**answers, **{one.key: one.example for one in questions}}
    gates = drafted_gates(stand_ins, found.ceiling, found.approach, a_week, weeks, planned)
    kept = tuple(one for one in questions if gates.ceiling > Level.SHADOW or one.key not in _NOT_IN_SHADOW)
    return Draft(
        slice=facts.slice,
        answers={**answers, **gates.answers},
        questions=kept,
        gates=gates,
        notes=tuple(_notes(facts, found, gates, len(kept))),
    )


_NOT_IN_SHADOW = frozenset({"autonomy.escalate", "autonomy.calendar"})
"""The questions that nobody asks of an agent that stays in shadow."""


def _measured(
    facts: SliceFacts, found: Recommendation, a_week: Decimal, problem: str | None, sufferer: str | None
) -> Iterator[tuple[str, str]]:
    log = facts.log
    yield "slice", facts.slice
    for key, said in (("owner", facts.owner), ("position", facts.position), ("problem", problem), ("for", sufferer)):
        if said is not None:
            yield key, said
    yield "volume", f"{_some(a_week, ROUND_HALF_EVEN)} cases per week"
    yield "horizon", "1"
    yield "approach", "bound" if found.approach is not None and found.approach.bound else "agentic"
    yield "workflow.done", f"ends with {log.done}" if log.done else "it is closed, with the reason on record"
    if log.cycle_p90 is not None and log.cycle_p90 > 0:
        yield "workflow.cycle_time", f"p90 <= {length_words(log.cycle_p90, up=True)}"
    yield "workflow.throughput", f">= {_some(a_week * Decimal('0.9'), ROUND_FLOOR)} cases per week"
    yield "workflow.escalation_rate", "<= 40 %"
    yield "workflow.backlog", f"<= {_backlog(log, a_week)} cases"
    grounded = is_grounded(found)
    yield "technique.grounding", "retrieval, citations required" if grounded else "the case itself"
    if not grounded:
        yield "technique.knowledge.source", "the case itself"
    if found.approach is Approach.RULES:
        yield "technique.model", "written rules, no language model"


def _some(a_week: Decimal, rounding: str) -> str:
    """Whole cases from ten on; below one to a hundredth, so that what comes rarely is not written as often."""
    step = Decimal(1) if a_week >= 10 else Decimal("0.1") if a_week >= 1 else Decimal("0.01")
    return f"{max(step, a_week.quantize(step, rounding)):f}"


def _backlog(log: LogFacts, a_week: Decimal) -> int:
    """
    Cases open at once by Little's law with the time that nine of ten take, else half as much again as the median; a
    month's cases if unknown. The mean, of which the law speaks, lies far above the median where a few take long.
    """
    weeks = (log.cycle_p90 or (log.cycle_p50 or 0) * Decimal("1.5") or 4 * _WEEK) / _WEEK
    return max(1, math.ceil(a_week * weeks))


def _notes(facts: SliceFacts, found: Recommendation, gates: DraftedGates, questions: int) -> Iterator[str]:
    yield f"Drafted from {facts.source}. {questions} questions are marked with '{ASKED.strip()}': with one open nobody"
    yield "can sign it. Volume, cycle time, throughput and backlog are as measured; what else stands here is a default."
    yield f"Approach: {found.approach}; by the table its ceiling is {found.ceiling}."
    yield from gates.notes


# --- marks ----------------------------------------------------------------------------------------

_LINE = re.compile(r'(?P<indent> *)(?P<key>[A-Za-z_"][^:]*):(?: .*)?')


def _marked(lines: list[str], asked: Mapping[str, str]) -> Iterator[str]:
    """The same lines with a marked question where a key is asked for; what stood below that key is left out."""
    path: list[tuple[int, str]] = []
    dropped: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if dropped is not None and indent > dropped:
            continue
        dropped = None
        found = _LINE.fullmatch(line)
        if found is None:
            yield line
            continue
        path = [one for one in path if one[0] < indent] + [(indent, found["key"].strip('"'))]
        asks = asked.get(".".join(key for _, key in path))
        if asks is None:
            yield line
        else:
            dropped = indent
            yield f"{found['indent']}{found['key']}: {json.dumps(ASKED + asks, ensure_ascii=False)}"
