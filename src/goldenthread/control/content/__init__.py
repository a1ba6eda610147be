"""
What stands in a text that should not leave, or should not be obeyed: personal data, secrets, injected orders.

Knows detectors and their measured recall. Refuses to know actions and verdicts. Invariants: pure and offline; what a
detector cannot read counts as found.
"""

from goldenthread.control.content.detectors import PERSONAL_DATA, SECRETS, find, looks_injected, redact

__all__ = ["PERSONAL_DATA", "SECRETS", "find", "looks_injected", "redact"]
