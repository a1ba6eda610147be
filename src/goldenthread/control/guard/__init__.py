"""
The guard: what an agent may do now, decided by contract and level, permitted once, and written down.

Knows policies, runs, permits and effects. Refuses to know how a level is earned (autonomy), who answers
(approvals) and how an agent calls it (surfaces). Invariants: no effect without a permit that was durable
before; a permit is consumed once; whatever fails inside is a deny; every write holds the slice's chain.
"""

from goldenthread.control.guard.authorize import Outcome, authorize, authorize_batch
from goldenthread.control.guard.authorizers import AsyncAuthorizer, Authorizer
from goldenthread.control.guard.breaches import (
    DECISION_BREACH,
    TOOL_BREACH,
    Breach,
    Called,
    record_breaches,
    record_try,
)
from goldenthread.control.guard.covering import (
    BACK,
    LOST,
    fallback_of,
    last_answer,
    left_alone,
    people_of,
    questions,
    tick_coverage,
    watching,
)
from goldenthread.control.guard.delegation import Caller, delegate
from goldenthread.control.guard.desk import FRESH_S, GUARD, Desk, Writing
from goldenthread.control.guard.drafts import APPROVAL_LIFE, Draft, Ready, Request, issue_permit, prepare
from goldenthread.control.guard.drift import REFUSED
from goldenthread.control.guard.effects import consume, put_back, record_effect, record_failure, repeat
from goldenthread.control.guard.facts import Seen, find_facts, redacted
from goldenthread.control.guard.fingerprint import Declaration, code_digest, declare, tool_schema
from goldenthread.control.guard.hold import HOLD, Hold
from goldenthread.control.guard.interfaces import (
    answer_problem,
    argument_problem,
    extra_tools,
    input_problem,
    missing_tools,
    output_problem,
    tool_problems,
)
from goldenthread.control.guard.labels import Sign, record_decisions, record_observation
from goldenthread.control.guard.lease import Lease, Leases
from goldenthread.control.guard.outlines import Outlines
from goldenthread.control.guard.owners import (
    CLEAR_TYPE,
    INCIDENT_TYPE,
    MAY_CLEAR,
    MAY_HOLD_OUT,
    MAY_STATE,
    MAY_STATE_WORK,
    OUTCOME_TYPE,
    clear_statement,
    outcome_statement,
    require_may_say,
    words_of_owners,
)
from goldenthread.control.guard.paths import PathFault, record_path, record_path_fault
from goldenthread.control.guard.policy import Policy, compile_policy, decide
from goldenthread.control.guard.recall import Calls, recall
from goldenthread.control.guard.releases import ask_for_releases, newest_releases
from goldenthread.control.guard.remembering import remember_seen
from goldenthread.control.guard.repeats import Call, decide_repeat
from goldenthread.control.guard.returning import (
    Redeemed,
    abandoned_cases,
    call_number,
    doubt_begun,
    issue_ticket,
    redeem_ticket,
)
from goldenthread.control.guard.runs import (
    Run,
    Step,
    declare_agent,
    end_left_run,
    end_run,
    escalate,
    new_id,
    open_run,
    pause_run,
    waiting_cases,
)
from goldenthread.control.guard.schema import CONTROL_SCHEMA
from goldenthread.control.guard.situation import NO_FACTS, Decision, Facts, OrganisationRule, Situation, plain
from goldenthread.control.guard.undoing import (
    IN_DOUBT,
    Effect,
    Undo,
    begin_undo,
    effects_of,
    end_undo,
    order_undo,
    refuse_undo,
    settle_undo,
    undos,
)
from goldenthread.control.guard.usage import Usage, allotment, reserve, settle
from goldenthread.control.guard.waiting import expire_item, expired_words, has_expired, observe_approvals

__all__ = [
    "APPROVAL_LIFE",
    "BACK",
    "CLEAR_TYPE",
    "CONTROL_SCHEMA",
    "DECISION_BREACH",
    "FRESH_S",
    "GUARD",
    "HOLD",
    "INCIDENT_TYPE",
    "IN_DOUBT",
    "LOST",
    "MAY_CLEAR",
    "MAY_HOLD_OUT",
    "MAY_STATE",
    "MAY_STATE_WORK",
    "NO_FACTS",
    "OUTCOME_TYPE",
    "REFUSED",
    "TOOL_BREACH",
    "AsyncAuthorizer",
    "Authorizer",
    "Breach",
    "Call",
    "Called",
    "Caller",
    "Calls",
    "Decision",
    "Declaration",
    "Desk",
    "Draft",
    "Effect",
    "Facts",
    "Hold",
    "Lease",
    "Leases",
    "OrganisationRule",
    "Outcome",
    "Outlines",
    "PathFault",
    "Policy",
    "Ready",
    "Redeemed",
    "Request",
    "Run",
    "Seen",
    "Sign",
    "Situation",
    "Step",
    "Undo",
    "Usage",
    "Writing",
    "abandoned_cases",
    "allotment",
    "answer_problem",
    "argument_problem",
    "ask_for_releases",
    "authorize",
    "authorize_batch",
    "begin_undo",
    "call_number",
    "clear_statement",
    "code_digest",
    "compile_policy",
    "consume",
    "decide",
    "decide_repeat",
    "declare",
    "declare_agent",
    "delegate",
    "doubt_begun",
    "effects_of",
    "end_left_run",
    "end_run",
    "end_undo",
    "escalate",
    "expire_item",
    "expired_words",
    "extra_tools",
    "fallback_of",
    "find_facts",
    "has_expired",
    "input_problem",
    "issue_permit",
    "issue_ticket",
    "last_answer",
    "left_alone",
    "missing_tools",
    "new_id",
    "newest_releases",
    "observe_approvals",
    "open_run",
    "order_undo",
    "outcome_statement",
    "output_problem",
    "pause_run",
    "people_of",
    "plain",
    "prepare",
    "put_back",
    "questions",
    "recall",
    "record_breaches",
    "record_decisions",
    "record_effect",
    "record_failure",
    "record_observation",
    "record_path",
    "record_path_fault",
    "record_try",
    "redacted",
    "redeem_ticket",
    "refuse_undo",
    "remember_seen",
    "repeat",
    "require_may_say",
    "reserve",
    "settle",
    "settle_undo",
    "tick_coverage",
    "tool_problems",
    "tool_schema",
    "undos",
    "waiting_cases",
    "watching",
    "words_of_owners",
]
