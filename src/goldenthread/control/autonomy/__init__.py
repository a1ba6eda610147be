"""
Autonomy: which level a (slice, fingerprint) has earned, and why.

Knows contracts in force, fingerprints, who signed them, the cases that count, gates and tripwires; all is a fold over
ledger records. Refuses to know what an action is, who asks, and where records are kept: no I/O, no clock.
Invariants: a level moves only by a record that carries its evidence; a case counts once, by its first run
that did not end in a fault; after a fall, evidence starts afresh; no data is never a pass; no release that
the contract wants signed goes above draft unsigned.
"""

from goldenthread.control.autonomy.case_rows import CASE_KINDS, case_rows
from goldenthread.control.autonomy.gates import Evaluation, changes_due, evaluate, read_gate
from goldenthread.control.autonomy.late import LateStanding
from goldenthread.control.autonomy.outline import RARE_KINDS, Outline, Version
from goldenthread.control.autonomy.readings import ClauseReading
from goldenthread.control.autonomy.releases import HIGHEST_UNSIGNED, Release, unsigned_words
from goldenthread.control.autonomy.rows import Qualification, Row
from goldenthread.control.autonomy.standing import FOLDED_KINDS, Standing

__all__ = [
    "CASE_KINDS",
    "FOLDED_KINDS",
    "HIGHEST_UNSIGNED",
    "RARE_KINDS",
    "ClauseReading",
    "Evaluation",
    "LateStanding",
    "Outline",
    "Qualification",
    "Release",
    "Row",
    "Standing",
    "Version",
    "case_rows",
    "changes_due",
    "evaluate",
    "read_gate",
    "unsigned_words",
]
