"""
Fit: how free an agent a piece of work needs, how free it may be, and how that is proved.

Knows facts of work and a table of rows with sources. Refuses to know logs and what happened: it recommends before there
is evidence. Invariants: the least free approach that can do the work; an unknown fact never gives more freedom; every
line names its row, the facts behind it and its source; whoever overrules it says why, on the record, with their key.
"""

from goldenthread.factory.fit.deciding import DECIDE, Decision, decide, decisions
from goldenthread.factory.fit.facts import ASKED, CHOICES, FACTS, FLAGS, NUMBERS, WorkFacts, fact_words
from goldenthread.factory.fit.facts_reader import parse_number, read_work
from goldenthread.factory.fit.proving import Pick, ProofPlan, ProofReach, Result, Variant, pick, proof_plan, variants
from goldenthread.factory.fit.recommend import OpenFact, Reason, Recommendation, recommend
from goldenthread.factory.fit.table import Approach, Row, Table
from goldenthread.factory.fit.table_reader import LARGEST_TABLE, our_table, parse_table
from goldenthread.factory.fit.words import recommendation_text, table_text

__all__ = [
    "ASKED",
    "CHOICES",
    "DECIDE",
    "FACTS",
    "FLAGS",
    "LARGEST_TABLE",
    "NUMBERS",
    "Approach",
    "Decision",
    "OpenFact",
    "Pick",
    "ProofPlan",
    "ProofReach",
    "Reason",
    "Recommendation",
    "Result",
    "Row",
    "Table",
    "Variant",
    "WorkFacts",
    "decide",
    "decisions",
    "fact_words",
    "our_table",
    "parse_number",
    "parse_table",
    "pick",
    "proof_plan",
    "read_work",
    "recommend",
    "recommendation_text",
    "table_text",
    "variants",
]
