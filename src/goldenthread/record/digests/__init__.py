"""
Digests: answers that took long to work out, kept beside the place in the record up to which they are right.

Knows names, places and bytes. Refuses to know what an answer says, how it is made, and who reads it. Invariants: all of
it can be thrown away at any time, since all of it follows from the ledger; an answer of another version of the code is
no answer; an older one never takes the place of a newer.
"""

from goldenthread.record.digests.digests import Digest, Mark, forget_digests, keep_digest, load_digest, marks
from goldenthread.record.digests.schema import DIGESTS_SCHEMA

__all__ = ["DIGESTS_SCHEMA", "Digest", "Mark", "forget_digests", "keep_digest", "load_digest", "marks"]
