"""
Where a value came from: whether what decides an effect stands in a source that the contract trusts.

Knows values, sources and encodings. Refuses to know verdicts, who planned a step, and what an attack looks like.
Invariants: pure; a value found in no trusted source is never taken for trusted, however it is spelled or put together;
reading never fails; work is bounded by what was read.
"""

from goldenthread.control.provenance.links import links
from goldenthread.control.provenance.origins import Origins

__all__ = ["Origins", "links"]
