"""
Anomalies: whether a day of a slice is other than its days before, at a stated rate of false alarms.

Knows series by day (counts, shares, amounts), weekdays, slopes and what is usual; when a change is told, when it began,
how large it is and when it was over. Refuses to know where days come from and what is done about it: no I/O, no clock.
Invariants: a slice has one false alarm in the stated time on average, all its series together; the same days give
the same anomalies, whenever anybody looks; a day without data says nothing.
"""

from goldenthread.promise.evidence.anomalies.novelty import new_kinds, novelty
from goldenthread.promise.evidence.anomalies.series import FEWEST, Point, Series
from goldenthread.promise.evidence.anomalies.watching import Anomaly, Pace, watch

__all__ = ["FEWEST", "Anomaly", "Pace", "Point", "Series", "new_kinds", "novelty", "watch"]
