"""
Where a value came from: whether what decides an effect stands in a source that the contract trusts.

Knows values, sources and encodings. Refuses to know verdicts, who planned a step, and what an attack looks like.
Invariants: pure; a value found in no trusted source is never taken for trusted; work is bounded by what was read.
"""

from goldenthread.control.provenance.origins import Origins

__all__ = ["Origins"]
