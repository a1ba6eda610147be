"""
Audit: the whole record in files that somebody else can check without us.

Knows how the ledger's rows, keys, signatures and checkpoints are laid out in a folder or a zip file.
Refuses to know what the records mean to the guard; and never exports case content, which stays encrypted at home.
Invariants: rows leave as they lie in the database, believed or not; what is copied out for reading is derived from
them; the verifier that goes with them imports nothing of ours and finds what `ledger verify` finds.
"""

from goldenthread.record.audit.export import Exported, export, verifier_source

__all__ = ["Exported", "export", "verifier_source"]
