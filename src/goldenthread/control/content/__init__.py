"""
What stands in a text that should not leave, or should not be obeyed: personal data, secrets, injected orders.

Knows detectors and their measured recall. Refuses to know actions and verdicts. Invariants: pure and offline; what a
detector cannot read counts as found; a finding never holds what was found.
"""

from goldenthread.control.content.detectors import find, findings, redact
from goldenthread.control.content.found import PERSONAL_DATA, SECRETS, Finding
from goldenthread.control.content.injection import looks_injected

__all__ = ["PERSONAL_DATA", "SECRETS", "Finding", "find", "findings", "looks_injected", "redact"]
