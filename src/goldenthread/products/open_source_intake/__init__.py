"""
The reference product open-source-intake: may this open-source package enter our product?

Knows: the packages installed here, their licence texts, what their authors declared, and past decisions.
Refuses to know: levels, gates, permits and the ledger; it uses goldenthread's public API only.
Invariants: the declaration never reaches the agent; a case sees only decisions made before it, and none of its
siblings'; the same machine gives the same cases in the same order; a malformed file is counted, never a crash.
"""

from goldenthread.products.open_source_intake.agent import CAREFUL, HASTY, Parameters, manifest, work
from goldenthread.products.open_source_intake.intake import AGENT, CODE, SLICE, connected
from goldenthread.products.open_source_intake.licences import ALLOWED, Decision, recorded_decision
from goldenthread.products.open_source_intake.machine import Places, Survey, places_here, survey
from goldenthread.products.open_source_intake.packages import Package
from goldenthread.products.open_source_intake.precedents import SOURCE, Precedent, Precedents, bears
from goldenthread.products.open_source_intake.register import Register, RegisterConflict

__all__ = [
    "AGENT",
    "ALLOWED",
    "CAREFUL",
    "CODE",
    "HASTY",
    "SLICE",
    "SOURCE",
    "Decision",
    "Package",
    "Parameters",
    "Places",
    "Precedent",
    "Precedents",
    "Register",
    "RegisterConflict",
    "Survey",
    "bears",
    "connected",
    "manifest",
    "places_here",
    "recorded_decision",
    "survey",
    "work",
]
