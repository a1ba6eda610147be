"""
Metrics: what a run's record says about its case, as observations with their source, and the standard metrics of it all.

Knows how each standard metric is read from recorded facts (proposal, blind decision, escalation, citations,
time, violations), and the catalogue of them. Refuses to know gates, levels and pages; `facts`, which is an extra, keeps
them. Invariants: an agent's word about itself is no source; a value nobody has measured is absent, one that was asked
for and is still out is None, never zero.
"""

from goldenthread.record.metrics.observe import Observation, Proposal, RunFacts, agrees, observe_run
from goldenthread.record.metrics.places import folder_of
from goldenthread.record.metrics.standard import STANDARD, StandardMetric

__all__ = ["STANDARD", "Observation", "Proposal", "RunFacts", "StandardMetric", "agrees", "folder_of", "observe_run"]
