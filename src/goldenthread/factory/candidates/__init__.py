"""
Candidates: slices of work as plain facts, ranked by how well an agent could earn them, and a contract drafted for one.

Knows what a log or a person says of a slice, in numbers. Refuses to read logs, and to decide: it ranks and drafts, and
marks what only an owner can say. Invariants: every score shows the numbers behind it and can be adjusted with a reason;
unknown is a range and no zero; a draft passes every check but for its marked questions, and cannot be signed with one.
"""

from goldenthread.factory.candidates.drafted_gates import Planned
from goldenthread.factory.candidates.drafted_questions import DraftQuestion
from goldenthread.factory.candidates.drafting import Draft, draft_contract
from goldenthread.factory.candidates.facts import LogFacts, SliceFacts
from goldenthread.factory.candidates.facts_reader import LARGEST_FACTS, parse_facts
from goldenthread.factory.candidates.facts_writer import facts_text
from goldenthread.factory.candidates.lengths import number_words
from goldenthread.factory.candidates.scoring import (
    CRITERIA,
    LINE,
    Adjustment,
    Candidate,
    Criterion,
    Score,
    rank_candidates,
    reach_words,
    score_candidate,
)
from goldenthread.factory.candidates.words import ranking_text

__all__ = [
    "CRITERIA",
    "LARGEST_FACTS",
    "LINE",
    "Adjustment",
    "Candidate",
    "Criterion",
    "Draft",
    "DraftQuestion",
    "LogFacts",
    "Planned",
    "Score",
    "SliceFacts",
    "draft_contract",
    "facts_text",
    "number_words",
    "parse_facts",
    "rank_candidates",
    "ranking_text",
    "reach_words",
    "score_candidate",
]
