"""
Response: incidents are opened for what is due, and people say what they do about them.

Knows the slice's chain, its counts by day, and its telemetry where that is installed. Refuses to know how anybody is
told. Invariants: what is due is put on record once, whoever looks and how often; a day is judged when it is over; what
people say is signed for exactly its place; nothing here holds a level, since what holds one is derived without it.
"""

from goldenthread.control.response.days import Looked, look, series_of
from goldenthread.control.response.opening import Seen, load_incidents, tick_incidents
from goldenthread.control.response.saying import close_incident, note_incident, recover_incident, take_incident
from goldenthread.control.response.watcher import Watcher

__all__ = [
    "Looked",
    "Seen",
    "Watcher",
    "close_incident",
    "load_incidents",
    "look",
    "note_incident",
    "recover_incident",
    "series_of",
    "take_incident",
    "tick_incidents",
]
