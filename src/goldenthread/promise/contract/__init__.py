"""
The contract: one page of YAML, read into a plain record, checked, compared, drawn and planned.

Knows the file's form and one-line grammar, the rules C1 to C6, and which evidence judges which clause.
Refuses to know cases, levels in force, signatures, clocks, files: text goes in, records and words come out.
Invariants: whatever parses, prints and parses to the same; every problem has its place and its cure;
the digest covers the file as read, so what people saw is what they sign.
"""

from goldenthread.promise.contract.autonomy_difference import loosened_gates
from goldenthread.promise.contract.change import Change
from goldenthread.promise.contract.difference import difference
from goldenthread.promise.contract.forms import bound_of, holds, wants_high
from goldenthread.promise.contract.grammar import (
    parse_calendar,
    parse_claim,
    parse_clause,
    parse_duration,
    parse_error_budget,
    parse_fallback,
    parse_false_alarm,
    parse_level,
    parse_limit,
    parse_percent,
    parse_quantity,
    parse_share,
    parse_shift,
    parse_step,
    parse_time,
    parse_volume,
)
from goldenthread.promise.contract.interview import answer_problem, contract_text, next_question
from goldenthread.promise.contract.judging import (
    ClauseEvidence,
    ClauseState,
    ClauseTest,
    Form,
    NotJudged,
    TripwireDetector,
    clause_test,
    tripwire_detector,
)
from goldenthread.promise.contract.margins import margin_of
from goldenthread.promise.contract.metric_names import is_health
from goldenthread.promise.contract.metrics import METRICS, Metric
from goldenthread.promise.contract.model import (
    PARTS,
    Action,
    Autonomy,
    Calendar,
    Claim,
    Clause,
    Comparison,
    Contract,
    ErrorBudget,
    EscalationStep,
    Fallback,
    FalseAlarm,
    Limit,
    Quantity,
    Shift,
    Technique,
    Workflow,
)
from goldenthread.promise.contract.page import COLUMNS, LINES, Page, Row, Section, page, page_text
from goldenthread.promise.contract.planning import (
    Belief,
    ClausePlan,
    GatePlan,
    Ladder,
    Likely,
    Plan,
    Reach,
    parse_belief,
    parse_segment_share,
    plan,
    plan_text,
)
from goldenthread.promise.contract.printing import page_html
from goldenthread.promise.contract.quantities import seconds
from goldenthread.promise.contract.questions import QUESTIONS, Question
from goldenthread.promise.contract.reader import parse_contract, read_contract
from goldenthread.promise.contract.refusals import Check, Refusal, check, refusals
from goldenthread.promise.contract.wording import ClauseSentences, clause_sentences, clause_words

__all__ = [
    "COLUMNS",
    "LINES",
    "METRICS",
    "PARTS",
    "QUESTIONS",
    "Action",
    "Autonomy",
    "Belief",
    "Calendar",
    "Change",
    "Check",
    "Claim",
    "Clause",
    "ClauseEvidence",
    "ClausePlan",
    "ClauseSentences",
    "ClauseState",
    "ClauseTest",
    "Comparison",
    "Contract",
    "ErrorBudget",
    "EscalationStep",
    "Fallback",
    "FalseAlarm",
    "Form",
    "GatePlan",
    "Ladder",
    "Likely",
    "Limit",
    "Metric",
    "NotJudged",
    "Page",
    "Plan",
    "Quantity",
    "Question",
    "Reach",
    "Refusal",
    "Row",
    "Section",
    "Shift",
    "Technique",
    "TripwireDetector",
    "Workflow",
    "answer_problem",
    "bound_of",
    "check",
    "clause_sentences",
    "clause_test",
    "clause_words",
    "contract_text",
    "difference",
    "holds",
    "is_health",
    "loosened_gates",
    "margin_of",
    "next_question",
    "page",
    "page_html",
    "page_text",
    "parse_belief",
    "parse_calendar",
    "parse_claim",
    "parse_clause",
    "parse_contract",
    "parse_duration",
    "parse_error_budget",
    "parse_fallback",
    "parse_false_alarm",
    "parse_level",
    "parse_limit",
    "parse_percent",
    "parse_quantity",
    "parse_segment_share",
    "parse_share",
    "parse_shift",
    "parse_step",
    "parse_time",
    "parse_volume",
    "plan",
    "plan_text",
    "read_contract",
    "refusals",
    "seconds",
    "tripwire_detector",
    "wants_high",
]
