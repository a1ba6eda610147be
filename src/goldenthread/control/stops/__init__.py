"""
Stops: what stands still now, and whose word would let it go on. A fold over the records of one chain.

Knows stops, lifts and who may say them. Refuses to know contracts, levels, actions and how anything is written.
Invariants: a stop holds whoever set it, signed or not; only two people lift it, each with a signature of their own
under exactly this stop and place, one of them who leads there; what cannot be read stops everything in its chain.
"""

from goldenthread.control.stops.fold import Stops
from goldenthread.control.stops.model import (
    ASK_LIFE,
    LIFT,
    SET,
    STOP_KINDS,
    STOP_TYPE,
    Stop,
    Voice,
    VoiceOf,
    nobody,
    product_key,
)
from goldenthread.control.stops.voices import LEADS, MAY_LIFT, MAY_STOP, extent, lift_statement, voices

__all__ = [
    "ASK_LIFE",
    "LEADS",
    "LIFT",
    "MAY_LIFT",
    "MAY_STOP",
    "SET",
    "STOP_KINDS",
    "STOP_TYPE",
    "Stop",
    "Stops",
    "Voice",
    "VoiceOf",
    "extent",
    "lift_statement",
    "nobody",
    "product_key",
    "voices",
]
