"""
Planning: what a contract asks for, before anything runs.

Knows the evidence behind each clause and plays no agent: what it says is calculated, or drawn from fixed seeds.
Refuses to know cases and levels in force. Invariants: a range goes with every time; what stands in the way comes first.
"""

from goldenthread.promise.contract.planning.beliefs import Belief, parse_belief, parse_segment_share
from goldenthread.promise.contract.planning.course import LIKELY
from goldenthread.promise.contract.planning.outlook import WEEKS, AlarmPlan, Ladder, Notice, Obstacle, Reach, Remedy
from goldenthread.promise.contract.planning.records import Afresh, ClausePlan, DaysNeeded, GatePlan, Likely, Plan
from goldenthread.promise.contract.planning.whole import likely_ladders, likely_reaches, plan
from goldenthread.promise.contract.planning.words import plan_text

__all__ = [
    "LIKELY",
    "WEEKS",
    "Afresh",
    "AlarmPlan",
    "Belief",
    "ClausePlan",
    "DaysNeeded",
    "GatePlan",
    "Ladder",
    "Likely",
    "Notice",
    "Obstacle",
    "Plan",
    "Reach",
    "Remedy",
    "likely_ladders",
    "likely_reaches",
    "parse_belief",
    "parse_segment_share",
    "plan",
    "plan_text",
]
