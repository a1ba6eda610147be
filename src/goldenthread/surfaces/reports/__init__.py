"""
Reports: what a room of the factory found, as a page of its own and as JSON.

Knows records of the factory and how they are read by people. Refuses to know homes, the ledger and the console, so
that figures of a log load none of them. Invariants: a page fetches nothing and runs nothing; what came from a log is
escaped; the JSON has every figure that the page has.
"""

from goldenthread.surfaces.reports.discovery import page, plain, template

__all__ = ["page", "plain", "template"]
