"""
Views: what people read, as plain frozen records; one for the command line, the console and the demo.

Knows which records answer a reader's question, and in which words. Refuses to write, to decide, and to know HTML.
Invariants: what nobody measured is unknown with its owner and due date, never zero; erased content reads erased;
a proposal stays hidden until the person who decides blind has decided; every part names its place in the ledger;
a page takes a fixed number of queries, however many rows it shows.
"""

from goldenthread.surfaces.views.answering import Answering, Choice, Found, Part, answering, final_among, find_waiting
from goldenthread.surfaces.views.approvers import ApproversView, ApproverView, FlagView, approver_text, approvers
from goldenthread.surfaces.views.budget import error_budget
from goldenthread.surfaces.views.cases import (
    STATUSES,
    ActionView,
    AnswerView,
    CasePage,
    CaseView,
    case,
    case_counts,
    case_page,
    cases,
    runs_before,
)
from goldenthread.surfaces.views.changes import ChangeView, evidence_words
from goldenthread.surfaces.views.content import Content
from goldenthread.surfaces.views.contracts import ContractView, Missing, Signature, contract_view
from goldenthread.surfaces.views.drift import DriftView, breach_lines, drift
from goldenthread.surfaces.views.inbox import ItemPage, WaitingItem, item_page, waiting
from goldenthread.surfaces.views.incidents import IncidentsView, IncidentView, incident_view, incidents_view, open_words
from goldenthread.surfaces.views.kept import KEPT, Kept, KeptDesk, ahead, code_version, kept, late_outlines
from goldenthread.surfaces.views.ladder import ClauseView, LadderView, Rung, ladder, ladder_of
from goldenthread.surfaces.views.outcome_status import OutcomeStatus, outcome_status
from goldenthread.surfaces.views.outcomes import OutcomeLine, outcome_lines, outcomes_of
from goldenthread.surfaces.views.people import AloneView, PeopleView, PersonView, QueueView, people_view
from goldenthread.surfaces.views.people_work import PeopleWork, WorkLine, people_work, work_of
from goldenthread.surfaces.views.plain import as_json
from goldenthread.surfaces.views.products import ProductView, product_of, products, slices
from goldenthread.surfaces.views.releases import ReleaseView, SignOffView, asked_for, release, releases
from goldenthread.surfaces.views.steps import NextStep, next_steps
from goldenthread.surfaces.views.text import thread_text
from goldenthread.surfaces.views.thread import ThreadView, thread
from goldenthread.surfaces.views.triage import Triage, TriageItem, Wanted, order_of, signatures_of, triage

__all__ = [
    "KEPT",
    "STATUSES",
    "ActionView",
    "AloneView",
    "AnswerView",
    "Answering",
    "ApproverView",
    "ApproversView",
    "CasePage",
    "CaseView",
    "ChangeView",
    "Choice",
    "ClauseView",
    "Content",
    "ContractView",
    "DriftView",
    "FlagView",
    "Found",
    "IncidentView",
    "IncidentsView",
    "ItemPage",
    "Kept",
    "KeptDesk",
    "LadderView",
    "Missing",
    "NextStep",
    "OutcomeLine",
    "OutcomeStatus",
    "Part",
    "PeopleView",
    "PeopleWork",
    "PersonView",
    "ProductView",
    "QueueView",
    "ReleaseView",
    "Rung",
    "SignOffView",
    "Signature",
    "ThreadView",
    "Triage",
    "TriageItem",
    "WaitingItem",
    "Wanted",
    "WorkLine",
    "ahead",
    "answering",
    "approver_text",
    "approvers",
    "as_json",
    "asked_for",
    "breach_lines",
    "case",
    "case_counts",
    "case_page",
    "cases",
    "code_version",
    "contract_view",
    "drift",
    "error_budget",
    "evidence_words",
    "final_among",
    "find_waiting",
    "incident_view",
    "incidents_view",
    "item_page",
    "kept",
    "ladder",
    "ladder_of",
    "late_outlines",
    "next_steps",
    "open_words",
    "order_of",
    "outcome_lines",
    "outcome_status",
    "outcomes_of",
    "people_view",
    "people_work",
    "product_of",
    "products",
    "release",
    "releases",
    "runs_before",
    "signatures_of",
    "slices",
    "thread",
    "thread_text",
    "triage",
    "waiting",
    "work_of",
]
