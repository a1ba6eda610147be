"""
Simulation: a contract played against cases that never were, or against runs on record, by the engine of production.

Knows how a case becomes ledger records, and hands them to the same fold that moves levels live. Refuses to know
storage, people and wall clocks: nothing is written, nothing has effect. Invariants: a label is seen when it is
known and never before; the same seed gives the same play; what is earned here counts nowhere.
"""

from goldenthread.control.simulation.play import Moment, PlayedCase, PlayedLabel, Player, Source, play

__all__ = ["Moment", "PlayedCase", "PlayedLabel", "Player", "Source", "play"]
