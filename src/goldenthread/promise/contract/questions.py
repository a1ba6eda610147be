"""The questions of `contract new`, in plain words, with examples and defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from goldenthread.promise.values import LADDER, Level

Answers: TypeAlias = Mapping[str, str]


def _always(_answers: Answers) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Question:
    """
    One question in plain words.

    `key` is the path of the answer in the file; `default` the answer that stands if none is given, or None;
    `many` true where the answer may hold several lines, split at `;`. `applies` says, from the answers so
    far, whether to ask at all.
    """

    key: str
    ask: str
    example: str
    default: str | None = None
    many: bool = False
    applies: Callable[[Answers], bool] = _always


def _climbs_to(level: Level) -> Callable[[Answers], bool]:
    return lambda answers: _ceiling(answers) >= level


def _ceiling(answers: Answers) -> Level:
    named = answers.get("autonomy.ceiling", "").strip()
    return next((level for level in LADDER if level.value == named), Level.SHADOW)


QUESTIONS: tuple[Question, ...] = (
    Question(
        key="slice",
        ask="What is the slice of work called? Small letters and hyphens.",
        example="open-source-intake",
    ),
    Question(key="owner", ask="Who answers for the business result?", example="maya@example.com"),
    Question(
        key="expert",
        ask="Which expert knows the work, labels its first cases and signs? Not the owner.",
        example="open-source-lead@example.com",
    ),
    Question(
        key="position",
        ask="Where does the work sit in workflow and organisation?",
        example="open-source office, first review of a package request",
    ),
    Question(key="volume", ask="How many cases come?", example="120 cases per week"),
    Question(
        key="problem",
        ask="Which problem does it solve? One sentence.",
        example="Requests to use an open-source package wait two days, and most are routine.",
    ),
    Question(key="for", ask="Whose problem is it?", example="developers who ask; the open-source office that answers"),
    Question(key="horizon", ask="Which horizon: 1 (today's work), 2 or 3?", example="1", default="1"),
    Question(
        key="approach",
        ask="Is the agent bound to fixed steps, or agentic?",
        example="bound",
        default="bound",
    ),
    Question(
        key="outcome.business",
        ask="What does the business get: before, after, window and data owner? One or two lines, split at ';'.",
        example="cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops",
        many=True,
    ),
    Question(
        key="outcome.customer",
        ask="What does the customer get: before, after, window and data owner? Lines split at ';'.",
        example="time_to_answer p50 2 d -> 1 h in 8 weeks, owned by developer-experience",
        many=True,
    ),
    Question(
        key="adoption",
        ask="How much of the work shall go this way: before, after, window and data owner?",
        example="agent_share 0 % -> 70 % of cases in 8 weeks, owned by open-source-office",
    ),
    Question(
        key="workflow.done",
        ask="When is a case done?",
        example="admitted or refused, with licence and reason on record",
    ),
    Question(key="workflow.cycle_time", ask="How long may a case take?", example="p90 <= 2 d"),
    Question(key="workflow.throughput", ask="How many cases must it get through?", example=">= 100 cases per week"),
    Question(
        key="workflow.automation_rate",
        ask="What share of cases shall be done without a person?",
        example=">= 60 %",
        default=">= 60 %",
    ),
    Question(
        key="workflow.escalation_rate",
        ask="What share may the agent hand to people at most? Every gate requires it.",
        example="<= 35 %",
    ),
    Question(
        key="workflow.rework_rate",
        ask="What share of done cases may come back at most?",
        example="<= 2 %",
    ),
    Question(
        key="workflow.error_budget",
        ask="How many cases may go wrong before promotions and releases stop?",
        example="1 % of cases in 28 d",
        default="1 % of cases in 28 d",
    ),
    Question(key="workflow.backlog", ask="How many open cases are too many?", example="<= 40 cases"),
    Question(
        key="workflow.fails_like",
        ask="What does failing look like?",
        example="a copyleft licence is admitted as permissive",
    ),
    Question(
        key="workflow.at_ten_products",
        ask="Would people, systems and money hold at ten such products? What would give first?",
        example="1200 requests a week; reviewers are the limit, at 20 h a week; nothing else grows",
    ),
    Question(
        key="autonomy.ceiling",
        ask="How far may the agent climb: shadow, draft, approval, constrained or expanded?",
        example="constrained",
        default="approval",
    ),
    Question(
        key="autonomy.gates.draft",
        ask="What must be proved before people see its proposals? Clauses split at ';'.",
        example="agreement >= 80 %",
        default="agreement >= 80 %",
        many=True,
        applies=_climbs_to(Level.DRAFT),
    ),
    Question(
        key="autonomy.gates.approval",
        ask="What must be proved before it may act after a person's yes? Clauses split at ';'.",
        example="agreement >= 85 %; ungrounded_rate <= 5 %",
        default="agreement >= 85 %",
        many=True,
        applies=_climbs_to(Level.APPROVAL),
    ),
    Question(
        key="autonomy.gates.constrained",
        ask="What must be proved before it may act alone within limits? Clauses split at ';'.",
        example="approved_unedited >= 95 %; cost <= 0.40 EUR/case cap 5 EUR",
        default="approved_unedited >= 95 %",
        many=True,
        applies=_climbs_to(Level.CONSTRAINED),
    ),
    Question(
        key="autonomy.gates.expanded",
        ask="What must be proved before its limits widen? Clauses split at ';'.",
        example="rework_rate <= 1 %",
        default="rework_rate <= 1 %",
        many=True,
        applies=_climbs_to(Level.EXPANDED),
    ),
    Question(
        key="autonomy.tripwires.shadow",
        ask="What takes it back to shadow? Clauses split at ';'.",
        example="any policy_violation",
        default="any policy_violation",
        many=True,
        applies=_climbs_to(Level.DRAFT),
    ),
    Question(
        key="autonomy.tripwires.draft",
        ask="What takes it back to draft? Clauses split at ';'.",
        example="rework_rate > 3 %",
        default="rework_rate > 5 %",
        many=True,
        applies=_climbs_to(Level.APPROVAL),
    ),
    Question(
        key="autonomy.blind",
        ask="In what share of cases does a person decide before seeing the proposal?",
        example="20 % of cases at draft",
        default="20 % of cases at draft",
        applies=_climbs_to(Level.APPROVAL),
    ),
    Question(
        key="autonomy.audit",
        ask="What share of the cases it does alone do people look at afterwards?",
        example="10 % of cases",
        default="10 % of cases",
        applies=_climbs_to(Level.CONSTRAINED),
    ),
    Question(
        key="autonomy.escalate",
        ask="Who answers when it is unsure, and within what time? Steps split at ';'.",
        example="reviewer within 4 h; open-source-lead within 1 d",
        many=True,
        applies=_climbs_to(Level.DRAFT),
    ),
    Question(
        key="autonomy.calendar",
        ask="When do these people work?",
        example="Mon-Fri 09:00-17:00 Europe/Berlin",
        applies=_climbs_to(Level.DRAFT),
    ),
    Question(
        key="autonomy.when_people_leave",
        ask="What happens when nobody is there to approve?",
        example="fall back to draft after 1 d without an approver",
        default="fall back to shadow after 1 d without an approver",
        applies=_climbs_to(Level.DRAFT),
    ),
    Question(
        key="actions",
        ask=(
            "What may it do? NAME EFFECT [undo TOOL] [key ARGUMENT], split at ';'; "
            "the effect is read, reversible or irreversible."
        ),
        example="read_package read; admit_package reversible undo withdraw_package key request",
        many=True,
    ),
    Question(
        key="technique.model",
        ask="What decides: which model, or which rule?",
        example="nearest precedent, no language model",
    ),
    Question(
        key="technique.grounding",
        ask="What are its answers grounded in?",
        example="retrieval, citations required",
        default="retrieval, citations required",
    ),
    Question(key="technique.knowledge.source", ask="Where does its knowledge come from?", example="past decisions"),
    Question(key="technique.memory", ask="What does it remember between cases?", example="none", default="none"),
)
"""Every question, in the order of asking."""
