"""
Replay: derive every verdict and level again from the ledger, with the code of today.

Knows records and the pure code that decided live. Refuses to write anything. Invariants: what replays must
give the same verdict, reason, clause, level and figures, or it is named; what was erased is named as gone, not
passed over; a level change that the evidence demanded and nobody recorded is a mismatch too.
"""

from goldenthread.control.replay.replay import Mismatch, Replay, replay_slice

__all__ = ["Mismatch", "Replay", "replay_slice"]
