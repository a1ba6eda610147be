"""
Metrics: what a run's record says about its case, as observations with their source.

Knows how each standard metric is read from recorded facts (proposal, blind decision, escalation, citations,
time, violations). Refuses to know gates, levels and storage. Invariants: an agent's word about itself is no
source; a value nobody has measured is absent, one that was asked for and is still out is None, never zero.
"""

from goldenthread.record.metrics.observe import Observation, Proposal, RunFacts, agrees, observe_run

__all__ = ["Observation", "Proposal", "RunFacts", "agrees", "observe_run"]
